"""Slopes kept from growing too large, with PyTorch's names."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from autograd_nn.engine import Value
from autograd_nn.optim.settings import check_parameters, check_setting
from autograd_nn.parameters import gather_slopes

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_norm"]


Floats = NDArray[np.float64]


def clip_grad_norm_(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all slopes together so that their Euclidean norm is at most ``max_norm``.

    Args:
        parameters: the Values, such as ``model.parameters()``.
        max_norm: the largest norm that is left as it is, at least 0.

    Returns:
        The norm before.

    Raises:
        TypeError: something else than Values, or ``max_norm`` is no number.
        ValueError: no parameters, one of them twice, or ``max_norm`` is negative.

    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 3.0, 4.0
    >>> clip_grad_norm_([x, y], max_norm=1.0)
    5.0
    >>> round(x.grad, 4), round(y.grad, 4)
    (0.6, 0.8)
    """
    owned = check_parameters(parameters, "clip_grad_norm_")
    gradient = gather_slopes(owned)
    norm = clip_norm(gradient, check_setting("max_norm", max_norm, 0.0))
    for p, slope in zip(owned, gradient.tolist(), strict=True):
        p.grad = slope
    return norm


def clip_grad_value_(parameters: Iterable[Value], clip_value: float) -> None:
    """Move every slope into the range from ``-clip_value`` to ``clip_value``.

    Args:
        parameters: the Values, such as ``model.parameters()``.
        clip_value: the largest size of a slope, at least 0.

    Raises:
        TypeError: something else than Values, or ``clip_value`` is no number.
        ValueError: no parameters, one of them twice, or ``clip_value`` is negative.

    >>> x = Value(0.0)
    >>> x.grad = -7.0
    >>> clip_grad_value_([x], 2.0)
    >>> x.grad
    -2.0
    """
    bound = check_setting("clip_value", clip_value, 0.0)
    for p in check_parameters(parameters, "clip_grad_value_"):
        p.grad = p.grad if p.grad != p.grad else min(max(p.grad, -bound), bound)


def clip_norm(gradient: Floats, max_norm: float) -> float:
    """As ``clip_grad_norm_``, on an array, in place."""
    norm = math.hypot(*gradient.tolist())
    # PyTorch adds the same small number, so that both give the same slopes.
    gradient *= min(max_norm / (norm + 1e-6), 1.0)
    return norm
