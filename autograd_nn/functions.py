"""Functions over floats, Values, and arrays or lists of either.

A float gives a float, a Value gives a Value, an array gives an array of the
same shape, and a list counts as an array.  ``exp(x)`` of this module keeps the
graph whatever ``x`` is; ``math.exp(x)`` takes the number out of it.

What is left out: the formulas themselves, which are rows of the table in ``ops``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd_nn.conversion import describe, is_number, to_float
from autograd_nn.engine import Value, record, record_dot, require
from autograd_nn.ops import CODES, primitive

__all__ = [
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "clip",
    "cos",
    "cosh",
    "dot",
    "erf",
    "exp",
    "expm1",
    "hypot",
    "leaky_relu",
    "log",
    "log1p",
    "logsumexp",
    "maximum",
    "minimum",
    "relu",
    "sigmoid",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
    "where",
]


def __dir__() -> list[str]:
    return __all__


def _apply(name: str, *operands: Any) -> Any:
    """The operation ``name`` on scalars or, element by element, on arrays."""
    if all(isinstance(x, Value) or is_number(x) for x in operands):
        if any(isinstance(x, Value) for x in operands):
            return record(CODES[name], *map(require, operands))
        return primitive(name).scalar(*map(to_float, operands))
    arrays = [as_array(x, name) for x in operands]
    with np.errstate(all="ignore"):  # inf and nan are results here, not accidents
        if all(a.dtype != object for a in arrays):
            return primitive(name).array(*arrays)
        return np.frompyfunc(lambda *xs: _apply(name, *xs), len(arrays), 1)(*arrays)


def as_array(x: Any, name: str = "this function") -> Any:
    """``x`` as an array: of floats if it holds only numbers, else of objects.

    Raises:
        TypeError: an element is neither a number nor a Value.
        ValueError: the rows differ in length.
        OverflowError: an element is an integer beyond the largest float.
    """
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
            raise ValueError(
                f"{name}: the rows of {describe(x)} differ in length; "
                "give rows of equal length, or one row at a time"
            )
        elif not is_number(element):
            raise TypeError(
                f"{name}: expected numbers, Values, or arrays or lists of them, "
                f"got {describe(element)}"
            )
    if any_value:
        return held
    return np.array([to_float(element) for element in held.flat], dtype=float).reshape(held.shape)


def _unary(name: str, says: str) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        return _apply(name, x)

    _document(function, name, says, "x")
    return function


def _binary(name: str, says: str) -> Callable[[Any, Any], Any]:
    def function(a: Any, b: Any) -> Any:
        return _apply(name, a, b)

    _document(function, name, says, "a, b")
    return function


def _document(function: Callable[..., Any], name: str, says: str, operands: str) -> None:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{says}  ``{name}({operands})`` takes floats, Values, arrays and lists."


abs = _unary("abs", "``|x|``, with slope 0 at 0.")
relu = _unary("relu", "``max(x, 0)``, with slope 0 at 0.")
exp = _unary("exp", "``e**x``.")
expm1 = _unary("expm1", "``e**x - 1``, exact for small ``x``.")
log = _unary("log", "The natural logarithm; -inf at 0, nan below.")
log1p = _unary("log1p", "``log(1 + x)``, exact for small ``x``.")
sqrt = _unary("sqrt", "The square root; nan below 0, slope inf at 0.")
tanh = _unary("tanh", "The hyperbolic tangent.")
sigmoid = _unary("sigmoid", "``1 / (1 + e**-x)``, without overflow.")
softplus = _unary("softplus", "``log(1 + e**x)``, without overflow.")
sin = _unary("sin", "The sine of ``x`` radians.")
cos = _unary("cos", "The cosine of ``x`` radians.")
tan = _unary("tan", "The tangent of ``x`` radians.")
asin = _unary("asin", "The angle in radians whose sine is ``x``; nan outside -1 to 1.")
acos = _unary("acos", "The angle in radians whose cosine is ``x``; nan outside -1 to 1.")
atan = _unary("atan", "The angle in radians whose tangent is ``x``.")
sinh = _unary("sinh", "The hyperbolic sine.")
cosh = _unary("cosh", "The hyperbolic cosine.")
erf = _unary("erf", "The error function.")
maximum = _binary("maximum", "The larger; at a tie each operand has slope 1/2.")
minimum = _binary("minimum", "The smaller; at a tie each operand has slope 1/2.")
atan2 = _binary("atan2", "The angle in radians of the point (b, a).")
hypot = _binary("hypot", "``sqrt(a**2 + b**2)``, without overflow.")


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """``x`` where positive, else ``slope * x``; the slope at 0 is ``slope``.

    >>> leaky_relu([-2.0, 3.0])
    array([-0.02,  3.  ])
    """
    return _apply("leaky_relu", x, slope)


def clip(x: Any, low: Any, high: Any) -> Any:
    """``x`` kept between ``low`` and ``high``; at an edge the slope is 1/2.

    >>> clip(5.0, 0.0, 1.0)
    1.0
    """
    return minimum(maximum(x, low), high)


def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``; slopes flow to the chosen one only.

    Args:
        condition: a bool, a Value (true unless 0), or an array of either.

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


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """``a[0]*b[0] + a[1]*b[1] + ...``, added from left to right.

    Raises:
        TypeError: an argument is no list or array, or an element no number.
        ValueError: the lengths differ, or both are empty.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    for given in (a, b):
        if isinstance(given, Value) or not hasattr(given, "__len__"):
            raise TypeError(f"dot takes two lists or arrays of numbers, got {describe(given)}")
    if len(a) != len(b):
        raise ValueError(f"dot needs equal lengths, got {len(a)} and {len(b)}")
    if len(a) == 0:
        raise ValueError("dot of two empty sequences: give at least one element each")
    if not any(isinstance(x, Value) for x in (*a, *b)):
        return add_up([to_float(x) * to_float(y) for x, y in zip(a, b, strict=True)])
    left, right = [require(x) for x in a], [require(x) for x in b]
    return record_dot(left[1:], right[1:], left[0] * right[0], ())


def add_up(terms: Sequence[Any]) -> Any:
    """The sum from left to right, without the 0 that Python's ``sum`` starts from."""
    return reduce(lambda total, term: total + term, terms)


def logsumexp(xs: Any) -> Any:
    """``log(e**x0 + e**x1 + ...)`` without overflow, over all elements.

    Raises:
        ValueError: ``xs`` is empty.

    >>> round(logsumexp([1000.0, 1000.0]) - 1000.0, 6)  # log(2)
    0.693147
    """
    shift, exponentials = _shifted_exponentials(xs, "logsumexp")
    return log(add_up(exponentials.ravel().tolist())) + shift


def softmax(xs: Any) -> Any:
    """``e**xi / (e**x0 + e**x1 + ...)`` without overflow: positive numbers that add up to 1.

    Returns:
        An array of the shape of ``xs``; the sum is over all elements.

    Raises:
        ValueError: ``xs`` is empty.

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
        raise ValueError(f"{name} of nothing: give at least one number")
    shift = reduce(maximum, array.ravel().tolist())
    if isinstance(shift, Value):
        shift = shift.detach()
    # inf - inf would be nan.  In a recording a finite shift is no guard: where another call's is
    # infinite, its result is not finite, and the engine finds it.
    if math.isinf(shift._data if isinstance(shift, Value) else shift) and abs(shift) == math.inf:
        shift = 0.0
    return shift, exp(array - shift)
