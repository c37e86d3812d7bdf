"""Functions over floats, Values, and arrays or lists of either.

A float gives a float, a Value gives a Value, an array gives an array of the
same shape, and a list counts as an array.  ``exp(x)`` of this module keeps the
graph whatever ``x`` is; ``math.exp(x)`` takes the number out of it.

What is left out: the formulas themselves, which are rows of the table in ``ops``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_nn.conversion import describe, is_number, to_float
from autograd_nn.engine import Value, record, record_dot, require
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.ops import CODES, primitive

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "clip",
    "cos",
    "cosh",
    "digamma",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "gelu",
    "grads",
    "hardtanh",
    "hypot",
    "interp",
    "isfinite",
    "isnan",
    "leaky_relu",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_ndtr",
    "logaddexp",
    "logsumexp",
    "maximum",
    "minimum",
    "mish",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "tan",
    "tanh",
    "values",
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


def _unary(name: str, says: str) -> Callable[[Any], Any]:
    method = getattr(Value, name)

    def function(x: Any) -> Any:
        return method(x) if type(x) is Value else _apply(name, x)

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
log2 = _unary("log2", "The logarithm to base 2; ``-inf`` at 0, nan below.")
log10 = _unary("log10", "The logarithm to base 10; ``-inf`` at 0, nan below.")
exp2 = _unary("exp2", "``2**x``.")
cbrt = _unary("cbrt", "The cube root, of negative numbers too; slope inf at 0.")
asinh = _unary("asinh", "The number whose hyperbolic sine is ``x``.")
acosh = _unary("acosh", "The number whose hyperbolic cosine is ``x``; nan below 1.")
atanh = _unary("atanh", "The number whose hyperbolic tangent is ``x``; nan outside -1 to 1.")
erfc = _unary("erfc", "``1 - erf(x)``, exact where that is small.")
lgamma = _unary("lgamma", "The logarithm of ``|gamma(x)|``.")
digamma = _unary("digamma", "The slope of ``lgamma``.")
log_ndtr = _unary("log_ndtr", "The logarithm of the normal distribution's probability below ``x``.")
logaddexp = _binary("logaddexp", "``log(e**a + e**b)``, without overflow.")
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


def gelu(x: Any, approximate: str = "none") -> Any:
    """``x`` times the normal distribution's probability below ``x`` (Hendrycks, Gimpel 2016).

    Args:
        approximate: ``"tanh"`` for the older formula with a tanh, as in PyTorch.

    Raises:
        ValueError: another ``approximate``.

    >>> round(gelu(1.0), 6), round(gelu(1.0, approximate="tanh"), 6)
    (0.841345, 0.841192)
    """
    if approximate not in ("none", "tanh"):
        raise BadArgumentError(f"gelu: approximate is 'none' or 'tanh', got {approximate!r}")
    x = _operand(x, "gelu")
    if approximate == "tanh":
        return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * erfc(-math.sqrt(0.5) * x)


def silu(x: Any) -> Any:
    """``x * sigmoid(x)``, also known as swish.

    >>> round(silu(1.0), 6)
    0.731059
    """
    x = _operand(x, "silu")
    return x * sigmoid(x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` where positive, else ``alpha * (e**x - 1)``; the slope at 0 is ``alpha``.

    >>> elu(2.0), round(elu(-2.0), 6)
    (2.0, -0.864665)
    """
    x = _operand(x, "elu")
    return relu(x) + alpha * expm1(_apply("first_min", x, 0.0))


def selu(x: Any) -> Any:
    """``elu`` scaled so that layers keep mean 0 and variance 1 (Klambauer et al. 2017).

    >>> round(selu(1.0), 6)
    1.050701
    """
    return 1.0507009873554804934 * elu(x, 1.6732632423543772848)


def mish(x: Any) -> Any:
    """``x * tanh(softplus(x))`` (Misra 2019).

    >>> round(mish(1.0), 6)
    0.865098
    """
    x = _operand(x, "mish")
    return x * tanh(softplus(x))


def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``.

    >>> softsign(-3.0)
    -0.75
    """
    x = _operand(x, "softsign")
    return x / (1.0 + abs(x))


def hardtanh(x: Any, low: float = -1.0, high: float = 1.0) -> Any:
    """``x`` kept between -1 and 1, or other bounds; at an edge the slope is 1/2.

    >>> hardtanh([-3.0, 0.25])
    array([-1.  ,  0.25])
    """
    return clip(x, low, high)


def _operand(x: Any, name: str) -> Any:
    """``x`` for a formula: a float, a Value or an array."""
    if isinstance(x, Value):
        return x
    return to_float(x) if is_number(x) else as_array(x, name)


def isfinite(x: Any) -> Any:
    """Whether numbers are neither nan nor infinite: a bool, or an array of them.

    >>> isfinite([Value(1.0), math.inf])
    array([ True, False])
    """
    return _asked(x, "isfinite", lambda v: -math.inf < v < math.inf)


def isnan(x: Any) -> Any:
    """Whether numbers are nan: a bool, or an array of them.

    >>> isnan(Value(1.0))
    False
    """
    return _asked(x, "isnan", lambda v: v != v)


def _asked(x: Any, name: str, question: Callable[[Any], Any]) -> Any:
    if isinstance(x, Value) or is_number(x):
        return bool(question(x))
    array = as_array(x, name)
    return np.array([bool(question(v)) for v in array.flat], dtype=bool).reshape(array.shape)


def interp(x: Any, xp: Any, fp: Any) -> Any:
    """The line through the points (xp, fp) at ``x``, as ``np.interp``; flat outside of them.

    Args:
        x: a number or a Value, or an array of them.
        xp: where the points are, rising; numbers or Values.
        fp: the height of each; numbers or Values.

    Raises:
        ValueError: ``xp`` and ``fp`` differ in length, are empty, or ``xp`` does not rise.

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


def values(x: Any) -> Any:
    """The numbers of Values: a float for one, an array of floats for an array or list.

    >>> values([Value(1.0), 2.0])
    array([1., 2.])
    """
    return _read(x, "values", lambda v: v.data if isinstance(v, Value) else to_float(v))


def grads(x: Any) -> Any:
    """The slopes of Values: a float for one, an array of floats for an array or list.

    A plain number, which has no slope, gives 0.

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
        raise BadArgumentError(f"{name} of nothing: give at least one number")
    shift = reduce(maximum, array.ravel().tolist())
    if isinstance(shift, Value):
        shift = shift.detach()
    # inf - inf would be nan.  In a recording a finite shift is no guard: where another call's is
    # infinite, its result is not finite, and the engine finds it.
    if math.isinf(shift._data if isinstance(shift, Value) else shift) and abs(shift) == math.inf:
        shift = 0.0
    return shift, exp(array - shift)
