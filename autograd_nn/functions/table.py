"""The rows of the table as functions over floats, Values, and arrays or lists of either.

What is left out: the formulas themselves, which are in ``ops``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn.conversion import is_number, to_float
from autograd_nn.engine import Value, record, require
from autograd_nn.functions.arrays import as_array
from autograd_nn.ops import CODES, primitive

__all__ = [
    "abs",
    "acos",
    "acosh",
    "apply",
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
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_ndtr",
    "logaddexp",
    "maximum",
    "minimum",
    "relu",
    "sigmoid",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
]


def apply(name: str, *operands: Any) -> Any:
    """The operation ``name`` on scalars or, element by element, on arrays."""
    if all(isinstance(x, Value) or is_number(x) for x in operands):
        if any(isinstance(x, Value) for x in operands):
            return record(CODES[name], *map(require, operands))
        return primitive(name).scalar(*map(to_float, operands))
    arrays = [as_array(x, name) for x in operands]
    with np.errstate(all="ignore"):  # inf and nan are results here, not accidents
        if all(a.dtype != object for a in arrays):
            return primitive(name).array(*arrays)
        return np.frompyfunc(lambda *xs: apply(name, *xs), len(arrays), 1)(*arrays)


def _unary(name: str, says: str, at: str = "", gives: str = "") -> Callable[[Any], Any]:
    method = getattr(Value, name)

    def function(x: Any) -> Any:
        return method(x) if type(x) is Value else apply(name, x)

    function.__doc__ = _documented(name, says, "x", at, gives)
    function.__name__ = function.__qualname__ = name
    return function


def _binary(name: str, says: str, at: str = "", gives: str = "") -> Callable[[Any, Any], Any]:
    def function(a: Any, b: Any) -> Any:
        return apply(name, a, b)

    function.__doc__ = _documented(name, says, "a, b", at, gives)
    function.__name__ = function.__qualname__ = name
    return function


def _documented(name: str, says: str, operands: str, at: str, gives: str) -> str:
    """The docstring of a function; its example is that ``name(at)`` gives ``gives``."""
    example = f"\n    >>> {name}({at})\n    {gives}\n" if at else ""
    return f"""{says}

    Args:
        {operands}: a number, a Value, or an array or list of them.

    Returns:
        A float, a Value where a Value was given, or an array of them.

    Raises:
        TypeError: something else than numbers and Values.
        ValueError: rows of different lengths, or shapes that do not fit together.
{example}    """


abs = _unary("abs", "``|x|``, with slope 0 at 0.", "-2.0", "2.0")
relu = _unary("relu", "``max(x, 0)``, with slope 0 at 0.", "[-2.0, 3.0]", "array([0., 3.])")
exp = _unary("exp", "``e**x``.", "0.0", "1.0")
expm1 = _unary("expm1", "``e**x - 1``, exact for small ``x``.", "1e-20", "1e-20")
log = _unary(
    "log", "The natural logarithm; -inf at 0, nan below.", "[1.0, 0.0]", "array([  0., -inf])"
)
log1p = _unary("log1p", "``log(1 + x)``, exact for small ``x``.", "1e-20", "1e-20")
sqrt = _unary("sqrt", "The square root; nan below 0, slope inf at 0.", "9.0", "3.0")
tanh = _unary("tanh", "The hyperbolic tangent.", "0.0", "0.0")
sigmoid = _unary(
    "sigmoid", "``1 / (1 + e**-x)``, without overflow.", "[0.0, -800.0]", "array([0.5, 0. ])"
)
softplus = _unary("softplus", "``log(1 + e**x)``, without overflow.", "800.0", "800.0")
sin = _unary("sin", "The sine of ``x`` radians.", "0.0", "0.0")
cos = _unary("cos", "The cosine of ``x`` radians.", "0.0", "1.0")
tan = _unary("tan", "The tangent of ``x`` radians.", "0.0", "0.0")
asin = _unary(
    "asin",
    "The angle in radians whose sine is ``x``; nan outside -1 to 1.",
    "[0.0, 2.0]",
    "array([ 0., nan])",
)
acos = _unary(
    "acos", "The angle in radians whose cosine is ``x``; nan outside -1 to 1.", "1.0", "0.0"
)
atan = _unary("atan", "The angle in radians whose tangent is ``x``.", "0.0", "0.0")
sinh = _unary("sinh", "The hyperbolic sine.", "0.0", "0.0")
cosh = _unary("cosh", "The hyperbolic cosine.", "0.0", "1.0")
erf = _unary("erf", "The error function.", "0.0", "0.0")
log2 = _unary("log2", "The logarithm to base 2; ``-inf`` at 0, nan below.", "8.0", "3.0")
log10 = _unary("log10", "The logarithm to base 10; ``-inf`` at 0, nan below.", "1000.0", "3.0")
exp2 = _unary("exp2", "``2**x``.", "3.0", "8.0")
cbrt = _unary("cbrt", "The cube root, of negative numbers too; slope inf at 0.", "-8.0", "-2.0")
asinh = _unary("asinh", "The number whose hyperbolic sine is ``x``.", "0.0", "0.0")
acosh = _unary("acosh", "The number whose hyperbolic cosine is ``x``; nan below 1.", "1.0", "0.0")
atanh = _unary(
    "atanh", "The number whose hyperbolic tangent is ``x``; nan outside -1 to 1.", "0.0", "0.0"
)
erfc = _unary("erfc", "``1 - erf(x)``, exact where that is small.", "0.0", "1.0")
lgamma = _unary("lgamma", "The logarithm of ``|gamma(x)|``.", "1.0", "0.0")
digamma = _unary("digamma", "The slope of ``lgamma``.", "1e17", "39.14394658089878")
log_ndtr = _unary(
    "log_ndtr",
    "The logarithm of the normal distribution's probability below ``x``.",
    "40.0",
    "-0.0",
)
logaddexp = _binary("logaddexp", "``log(e**a + e**b)``, without overflow.", "0.0, -800.0", "0.0")
maximum = _binary(
    "maximum",
    "The larger; at a tie each operand has slope 1/2.",
    "[1.0, 5.0], 3.0",
    "array([3., 5.])",
)
minimum = _binary(
    "minimum",
    "The smaller; at a tie each operand has slope 1/2.",
    "[1.0, 5.0], 3.0",
    "array([1., 3.])",
)
atan2 = _binary("atan2", "The angle in radians of the point (b, a).", "0.0, 1.0", "0.0")
hypot = _binary("hypot", "``sqrt(a**2 + b**2)``, without overflow.", "3.0, 4.0", "5.0")


def clip(x: Any, low: Any, high: Any) -> Any:
    """``x`` kept between ``low`` and ``high``; at an edge the slope is 1/2.

    Args:
        x: a number, a Value, or an array or list of them.
        low, high: the bounds, numbers, Values or arrays that fit ``x``.

    Returns:
        What ``x`` is: a float, a Value, or an array of its shape.

    Raises:
        TypeError: ``x`` holds something else than numbers and Values.
        ValueError: rows of different lengths.

    >>> clip(5.0, 0.0, 1.0)
    1.0
    """
    return minimum(maximum(x, low), high)
