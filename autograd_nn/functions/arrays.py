"""Arrays of Values: what becomes one, what is asked of it, and what is read from it.

What is left out: arithmetic, which NumPy does with the operators of Values.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import as_numpy, is_foreign, is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["as_array", "grads", "interp", "isfinite", "isnan", "operand", "values", "where"]


def as_array(x: Any, name: str = "this function") -> Any:
    """``x`` as an array: of floats if it holds only numbers, else of objects.

    Raises:
        TypeError: an element is neither a number nor a Value.
        ValueError: the rows differ in length.
        OverflowError: an element is an integer beyond the largest float.
    """
    if is_foreign(x):
        x = as_numpy(x)
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return x.astype(float)
    held = np.empty((), dtype=object)
    if isinstance(x, Value):
        held[()] = x
        return held
    held = np.array(x, dtype=object)
    any_value = False
    for element in held.flat:
        if isinstance(element, Value):
            any_value = True
        elif isinstance(element, (list, tuple, np.ndarray)):
            raise BadArgumentError(
                f"{name}: the rows of {describe(x)} differ in length; "
                "give rows of equal length, or one row at a time"
            )
        elif not is_number(element):
            raise WrongTypeError(
                f"{name}: expected numbers, Values, or arrays or lists of them, "
                f"got {describe(element)}"
            )
    if any_value:
        return held
    return np.array([to_float(element) for element in held.flat], dtype=float).reshape(held.shape)


def operand(x: Any, name: str) -> Any:
    """``x`` for a formula: a float, a Value or an array."""
    if isinstance(x, Value):
        return x
    return to_float(x) if is_number(x) else as_array(x, name)


def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``; slopes flow to the chosen one only.

    Args:
        condition: a bool, a Value (true unless 0), or an array of either.
        a, b: numbers, Values, or arrays of them; with a single condition, anything.

    Returns:
        ``a`` or ``b`` itself for a single condition; else an array, of floats where all are.

    Raises:
        TypeError: with an array of conditions: something else than numbers and Values.
        ValueError: the shapes do not fit together.

    >>> where(2.0 > 1.0, "yes", "no")
    'yes'
    >>> where([True, False], [1.0, 2.0], 0.0)
    array([1., 0.])
    """
    if not isinstance(condition, (np.ndarray, list, tuple)):
        return a if condition else b
    picked = np.frompyfunc(lambda c, x, y: x if c else y, 3, 1)(
        np.array(condition, dtype=object), as_array(a, "where"), as_array(b, "where")
    )
    return as_array(picked, "where")


def interp(x: Any, xp: Any, fp: Any) -> Any:
    """The line through the points (xp, fp) at ``x``, as ``np.interp``; flat outside of them.

    Args:
        x: a number or a Value, or an array of them.
        xp: where the points are, rising; numbers or Values.
        fp: the height of each; numbers or Values.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.  Slopes flow to the
        ``xp`` and ``fp`` on either side.

    Raises:
        ValueError: ``xp`` and ``fp`` differ in length, are empty, or ``xp`` does not rise.
        TypeError: something else than numbers and Values.

    >>> h = Value(6.0)
    >>> y = interp(1.5, [1.0, 2.0], [4.0, h])
    >>> y.backward()
    >>> y.data, h.grad
    (5.0, 0.5)
    """
    places, heights = as_array(xp, "interp").tolist(), as_array(fp, "interp").tolist()
    if len(places) != len(heights) or not places:
        raise BadArgumentError(
            f"interp needs as many xp as fp, got {len(places)} and {len(heights)}"
        )
    if any(not a < b for a, b in pairwise(places)):
        raise BadArgumentError("interp: xp has to rise from each point to the next")

    def at(v: Any) -> Any:
        k = bisect_right(places, v)
        if k == 0 or k == len(places):
            return heights[0] if k == 0 else heights[-1]
        run = (v - places[k - 1]) / (places[k] - places[k - 1])
        return heights[k - 1] + (heights[k] - heights[k - 1]) * run

    if isinstance(x, Value) or is_number(x):
        return at(x if isinstance(x, Value) else to_float(x))
    return as_array(np.frompyfunc(at, 1, 1)(as_array(x, "interp")), "interp")


def isfinite(x: Any) -> Any:
    """Whether numbers are neither nan nor infinite: a bool, or an array of them.

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        A bool for one number, else an array of bools of the shape of ``x``.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> isfinite([Value(1.0), math.inf])
    array([ True, False])
    """
    return _asked(x, "isfinite", lambda v: -math.inf < v < math.inf)


def isnan(x: Any) -> Any:
    """Whether numbers are nan: a bool, or an array of them.

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        A bool for one number, else an array of bools of the shape of ``x``.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> isnan(Value(1.0))
    False
    """
    return _asked(x, "isnan", lambda v: v != v)


def _asked(x: Any, name: str, question: Callable[[Any], Any]) -> Any:
    if isinstance(x, Value) or is_number(x):
        return bool(question(x))
    array = as_array(x, name)
    return np.array([bool(question(v)) for v in array.flat], dtype=bool).reshape(array.shape)


def values(x: Any) -> Any:
    """The numbers of Values: a float for one, an array of floats for an array or list.

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        A float for one, else an array of floats of the shape of ``x``.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> values([Value(1.0), 2.0])
    array([1., 2.])
    """
    return _read(x, "values", lambda v: v.data if isinstance(v, Value) else to_float(v))


def grads(x: Any) -> Any:
    """The slopes of Values: a float for one, an array of floats for an array or list.

    A plain number, which has no slope, gives 0.

    Args:
        x: a number, a Value, or an array or list of them.

    Returns:
        A float for one, else an array of floats of the shape of ``x``, in the units of
        what ``backward()`` was called on, over those of ``x``.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> w = np.array([Value(1.0), Value(2.0)])
    >>> (w * w).sum().backward()
    >>> grads(w)
    array([2., 4.])
    """
    return _read(x, "grads", lambda v: v.grad if isinstance(v, Value) else 0.0)


def _read(x: Any, name: str, read: Callable[[Any], Any]) -> Any:
    if isinstance(x, Value) or is_number(x):
        return read(x if isinstance(x, Value) else to_float(x))
    array = as_array(x, name)
    numbers = [read(v) for v in array.flat]
    # In a recording a number is no float yet: it says where it goes.
    exact = all(type(number) is float for number in numbers)
    return np.array(numbers, dtype=float if exact else object).reshape(array.shape)
