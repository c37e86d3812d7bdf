"""Activation functions that are formulas of the table's rows."""

from __future__ import annotations

import math
from typing import Any

from autograd_nn.checks import check_choice
from autograd_nn.functions.arrays import operand
from autograd_nn.functions.table import (
    abs,
    apply,
    clip,
    erfc,
    expm1,
    relu,
    sigmoid,
    softplus,
    tanh,
)

__all__ = ["elu", "gelu", "hardtanh", "leaky_relu", "mish", "selu", "silu", "softsign"]


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """``x`` where positive, else ``slope * x``; the slope at 0 is ``slope``.

    Args:
        x: a number, a Value, or an array or list of them.
        slope: the slope below 0, a number or a Value.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> leaky_relu([-2.0, 3.0])
    array([-0.02,  3.  ])
    """
    return apply("leaky_relu", x, slope)


def gelu(x: Any, approximate: str = "none") -> Any:
    """``x`` times the normal distribution's probability below ``x`` (Hendrycks, Gimpel 2016).

    Args:
        x: a number, a Value, or an array or list of them.
        approximate: ``"tanh"`` for the older formula with a tanh, as in PyTorch.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        ValueError: another ``approximate``.
        TypeError: ``x`` holds something else than numbers and Values.

    >>> round(gelu(1.0), 6), round(gelu(1.0, approximate="tanh"), 6)
    (0.841345, 0.841192)
    """
    check_choice("gelu: approximate", approximate, ("none", "tanh"))
    x = operand(x, "gelu")
    if approximate == "tanh":
        return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * erfc(-math.sqrt(0.5) * x)


def silu(x: Any) -> Any:
    """``x * sigmoid(x)``, also known as swish.

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> round(silu(1.0), 6)
    0.731059
    """
    x = operand(x, "silu")
    return x * sigmoid(x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` where positive, else ``alpha * (e**x - 1)``; the slope at 0 is ``alpha``.

    Args:
        x: a number, a Value, or an array or list of them.
        alpha: the curve tends to ``-alpha`` far below 0.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> elu(2.0), round(elu(-2.0), 6)
    (2.0, -0.864665)
    """
    x = operand(x, "elu")
    return relu(x) + alpha * expm1(apply("first_min", x, 0.0))


def selu(x: Any) -> Any:
    """``elu`` scaled so that layers keep mean 0 and variance 1 (Klambauer et al. 2017).

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> round(selu(1.0), 6)
    1.050701
    """
    return 1.0507009873554804934 * elu(x, 1.6732632423543772848)


def mish(x: Any) -> Any:
    """``x * tanh(softplus(x))`` (Misra 2019).

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> round(mish(1.0), 6)
    0.865098
    """
    x = operand(x, "mish")
    return x * tanh(softplus(x))


def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``.

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> softsign(-3.0)
    -0.75
    """
    x = operand(x, "softsign")
    return x / (1.0 + abs(x))


def hardtanh(x: Any, low: float = -1.0, high: float = 1.0) -> Any:
    """``x`` kept between -1 and 1, or other bounds; at an edge the slope is 1/2.

    Args:
        x: a number, a Value, or an array or list of them.
        low, high: the bounds, in the unit of ``x``.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> hardtanh([-3.0, 0.25])
    array([-1.  ,  0.25])
    """
    return clip(x, low, high)
