"""The operations as JavaScript, for pages that compute: written from the table in ``ops``.

The partials are the table's own, applied to operands that write down what is done to them.  So is
the forward rule where it is arithmetic; the others have a name in JavaScript's ``Math`` or in the
few lines of ``math.js``.  An operation with neither has no formula here: its value stays fixed.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_nn.errors import WrongTypeError
from autograd_nn.ops import PRIMITIVES, Primitive
from autograd_nn.written import Condition, Written

__all__ = ["operation", "operations"]

#: Rows whose forward rule is a function of JavaScript's own, or of ``math.js``.
_FUNCTIONS = {
    **{
        name: f"Math.{name}"
        for name in (
            "abs", "exp", "expm1", "log", "log1p", "sqrt", "tanh", "sin", "cos", "tan",
            "asin", "acos", "atan", "sinh", "cosh", "atan2", "hypot", "floor", "ceil", "trunc",
            "log2", "log10", "cbrt", "asinh", "acosh", "atanh",
        )
    },
    **{
        name: f"math.{name}"
        for name in (
            "div", "pow", "relu", "leaky_relu", "sigmoid", "softplus", "erf", "maximum", "minimum",
            "step", "sign", "share", "greater", "rint", "floordiv", "mod", "first_max", "first_min",
            "exp2", "logaddexp",
        )
    },
}  # fmt: skip


class _Written(Written):
    """A number as a formula of JavaScript."""

    def __init__(self, text: str) -> None:
        self.text = text

    def infix(self, sign: str, a: Any, b: Any) -> _Written:
        return _Written(f"({_text(a)} {sign} {_text(b)})")

    def compared(self, sign: str, a: Any, b: Any) -> _Condition:
        sign = {"==": "===", "!=": "!=="}.get(sign, sign)
        return _Condition(f"({_text(a)} {sign} {_text(b)})")

    def call(self, name: str, *operands: Any) -> _Written:
        if name == "neg":
            return _Written(f"(-{_text(operands[0])})")
        if name not in _FUNCTIONS:
            raise AttributeError(f"no operation {name!r} in JavaScript")
        return _Written(f"{_FUNCTIONS[name]}({', '.join(map(_text, operands))})")


class _Condition(Condition):
    """A comparison as a formula of JavaScript."""

    def __init__(self, text: str) -> None:
        self.text = text

    def joined(self, sign: str, other: Any) -> _Condition:
        return _Condition(f"({self.text} {2 * sign} {other.text})")

    def choose(self, a: Any, b: Any) -> _Written:
        return _Written(f"({self.text} ? {_text(a)} : {_text(b)})")


def _text(x: Any) -> str:
    if isinstance(x, _Written):
        return x.text
    if not isinstance(x, (int, float)):
        raise WrongTypeError(f"{type(x).__name__} has no formula")
    x = float(x)
    if math.isfinite(x):
        return repr(x) if math.copysign(1.0, x) > 0.0 else f"({x!r})"
    return "NaN" if x != x else ("Infinity" if x > 0.0 else "(-Infinity)")


def operation(row: Primitive) -> str | None:
    """A row of the table as a JavaScript object ``{f, d}``, or None where it has no formula.

    ``f`` is the function of the operands; ``d`` holds a function of the operands and the result
    for the slope along each operand.

    >>> from autograd_nn.ops import primitive
    >>> print(operation(primitive("mul")))
    {f: (a, b) => (a * b), d: [(a, b, y) => b, (a, b, y) => a]}
    """
    names = "ab"[: row.arity]
    operands = [_Written(name) for name in names]
    arguments = ", ".join(names)
    try:
        if row.name in _FUNCTIONS:
            forward = f"{_FUNCTIONS[row.name]}({arguments})"
        else:
            forward = _text(row.scalar(*operands))
        slopes = [_text(slope) for slope in row.partials(*operands, _Written("y"))]
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return None  # it does with its operands what only a number can do
    written = ", ".join(f"({arguments}, y) => {slope}" for slope in slopes)
    return f"{{f: ({arguments}) => {forward}, d: [{written}]}}"


def operations() -> str:
    """A JavaScript array with the object of each row of the table, or null, by the row's code."""
    rows = ((operation(row) if row.name else None) or "null" for row in PRIMITIVES)
    return "const OPERATIONS = [\n" + ",\n".join(rows) + "\n];\n"
