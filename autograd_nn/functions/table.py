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


def _unary(name: str, says: str) -> Callable[[Any], Any]:
    method = getattr(Value, name)

    def function(x: Any) -> Any:
        return method(x) if type(x) is Value else apply(name, x)

    _document(function, name, says, "x")
    return function


def _binary(name: str, says: str) -> Callable[[Any, Any], Any]:
    def function(a: Any, b: Any) -> Any:
        return apply(name, a, b)

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


def clip(x: Any, low: Any, high: Any) -> Any:
    """``x`` kept between ``low`` and ``high``; at an edge the slope is 1/2.

    >>> clip(5.0, 0.0, 1.0)
    1.0
    """
    return minimum(maximum(x, low), high)
