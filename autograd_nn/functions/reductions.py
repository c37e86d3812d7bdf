"""Functions of many numbers that give one, or as many that hang together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import to_float
from autograd_nn.engine import Value, record_dot, require
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.functions.arrays import as_array
from autograd_nn.functions.table import exp, log, maximum

__all__ = ["add_up", "dot", "logsumexp", "softmax"]


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """``a[0]*b[0] + a[1]*b[1] + ...``, added from left to right.

    Args:
        a, b: lists or arrays of numbers or Values, of equal length, at least one.

    Returns:
        A Value where one is among them, else a float.

    Raises:
        TypeError: an argument is no list or array, or an element no number.
        ValueError: the lengths differ, or both are empty.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    for given in (a, b):
        if isinstance(given, Value) or not hasattr(given, "__len__"):
            raise WrongTypeError(f"dot takes two lists or arrays of numbers, got {describe(given)}")
    if len(a) != len(b):
        raise BadArgumentError(f"dot needs equal lengths, got {len(a)} and {len(b)}")
    if len(a) == 0:
        raise BadArgumentError("dot of two empty sequences: give at least one element each")
    if not any(isinstance(x, Value) for x in (*a, *b)):
        return add_up([to_float(x) * to_float(y) for x, y in zip(a, b, strict=True)])
    left, right = [require(x) for x in a], [require(x) for x in b]
    return record_dot(left[1:], right[1:], left[0] * right[0], ())


def add_up(terms: Sequence[Any]) -> Any:
    """The sum from left to right, without the 0 that Python's ``sum`` starts from."""
    return reduce(lambda total, term: total + term, terms)


def logsumexp(xs: Any) -> Any:
    """``log(e**x0 + e**x1 + ...)`` without overflow, over all elements.

    Args:
        xs: numbers or Values, in an array or list of any shape.

    Returns:
        A Value where one is among them, else a float.

    Raises:
        ValueError: ``xs`` is empty.
        TypeError: something else than numbers and Values.

    >>> round(logsumexp([1000.0, 1000.0]) - 1000.0, 6)  # log(2)
    0.693147
    """
    shift, exponentials = _shifted_exponentials(xs, "logsumexp")
    return log(add_up(exponentials.ravel().tolist())) + shift


def softmax(xs: Any) -> Any:
    """``e**xi / (e**x0 + e**x1 + ...)`` without overflow: positive numbers that add up to 1.

    Args:
        xs: numbers or Values, in an array or list of any shape.

    Returns:
        An array of the shape of ``xs``; the sum is over all elements.

    Raises:
        ValueError: ``xs`` is empty.
        TypeError: something else than numbers and Values.

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5])
    """
    _, exponentials = _shifted_exponentials(xs, "softmax")
    with np.errstate(all="ignore"):
        return exponentials / add_up(exponentials.ravel().tolist())


def _shifted_exponentials(xs: Any, name: str) -> tuple[Any, Any]:
    # Subtracting the largest changes nothing but the range, so it is a constant to the slopes.
    array = np.atleast_1d(as_array(xs, name))
    if array.size == 0:
        raise BadArgumentError(f"{name} of nothing: give at least one number")
    shift = reduce(maximum, array.ravel().tolist())
    if isinstance(shift, Value):
        shift = shift.detach()
    # inf - inf would be nan.  In a recording a finite shift is no guard: where another call's is
    # infinite, its result is not finite, and the engine finds it.
    if math.isinf(shift._data if isinstance(shift, Value) else shift) and abs(shift) == math.inf:
        shift = 0.0
    return shift, exp(array - shift)
