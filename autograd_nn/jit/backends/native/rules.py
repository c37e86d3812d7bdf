"""How each row of the table is computed with Lanes: its value, and its slopes.

``value`` takes a row of ``ops`` and Lanes.  Arithmetic is written as code; exp, log and their kin
are polynomials; what has no such rule calls the C library where it computes what ``row.scalar``
does, and ``row.scalar`` itself everywhere else, one number at a time: a user's own operation too.
``slopes`` asks the row for its partials, so there is no second table of derivatives.

Where the code is exact (``Code.exact``), every value has the bits that ``row.scalar`` gives, for
nothing but IEEE arithmetic, the functions that Python's ``math`` takes from the C library, and
Python itself is used.

What is left out: where the numbers come from and go to (``nests``, ``tape``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_nn.jit.backends.native import elementary
from autograd_nn.jit.backends.native.callbacks import Callbacks
from autograd_nn.jit.backends.native.code import Code
from autograd_nn.jit.backends.native.lane import Lane, choose
from autograd_nn.ops import CODES, PRIMITIVES, Primitive

__all__ = [
    "ARITHMETIC",
    "COMPOSED",
    "FROM_C",
    "FROM_MATH",
    "IN_VECTORS",
    "POLYNOMIALS",
    "Rule",
    "has_vectors",
    "is_cheap",
    "is_of_table",
    "register",
    "slopes",
    "value",
]

Rule = Callable[..., Any]


def value(code: Code, row: Primitive, operands: Sequence[Any]) -> Lane:
    """The result of an operation.

    Args:
        code: the function under way.
        row: of the table, or of a user's own operation.
        operands: Lanes, or floats, which are constants.
    """
    given = [x if isinstance(x, Lane) else Lane.of(code, x) for x in operands]
    if all(x.constant is not None for x in given):
        return Lane.of(code, row.scalar(*(x.constant for x in given)))
    found = _rule(code, row)(*given)
    return found if isinstance(found, Lane) else Lane.of(code, found)


def slopes(code: Code, row: Primitive, operands: Sequence[Lane], y: Lane) -> list[Lane]:
    """The partial of an operation by each operand.

    Args:
        code: the function under way.
        row: of the table, or of a user's own operation.
        operands: what it was applied to.
        y: the result.
    """
    try:
        found = [*row.partials(*operands, y)]
    except Exception:  # whatever a rule for plain numbers does with a number that is not known
        found = []
    if len(found) != row.arity or not all(isinstance(x, (Lane, float, int)) for x in found):
        found = [_asked(row, k, operands, y) for k in range(row.arity)]
    return [x if isinstance(x, Lane) else Lane.of(code, x) for x in found]


def is_cheap(row: Primitive) -> bool:
    """Whether an operation is but a few instructions."""
    return row.name in _CHEAP


def has_vectors(code: Code, row: Primitive) -> bool:
    """Whether several results of a function at once take about as long as one."""
    return code.target.fused and not code.exact and row.name in IN_VECTORS


def register(callbacks: Callbacks) -> None:
    """Make known all functions of Python's that the rows of the table need."""
    for row in PRIMITIVES:
        if row.arity and row.name not in {*ARITHMETIC, *COMPOSED, *FROM_MATH}:
            callbacks.name(row.name, row.scalar, row.arity)


def _rule(code: Code, row: Primitive) -> Rule:
    name = row.name
    if not is_of_table(row):
        return _python(row)
    if name in ARITHMETIC:
        return ARITHMETIC[name]
    if name in POLYNOMIALS and code.target.fused and not code.exact:
        return POLYNOMIALS[name]
    if name in COMPOSED:
        return COMPOSED[name]
    if name in FROM_MATH or (name in FROM_C and not code.exact):
        return lambda x, *others: x.library(name, *others)
    return _python(row)


def is_of_table(row: Primitive) -> bool:
    """A user's own operation is not, whatever its name."""
    return PRIMITIVES[CODES.get(row.name, 0)] is row


def _python(row: Primitive) -> Rule:
    """A call of the row's rule for floats."""

    def call(x: Lane, *others: Lane) -> Lane:
        return x.python(row.name if is_of_table(row) else row.scalar, row.scalar, *others)

    return call


def _asked(row: Primitive, operand: int, operands: Sequence[Lane], y: Lane) -> Lane:
    """A slope by a call of the row's rule for floats."""

    def slope(*numbers: float) -> float:
        return float(row.partials(*numbers)[operand])

    return operands[0].python((row.partials, operand), slope, *operands[1:], y)


# ---------------------------------------------------------------------------
# Rules that are arithmetic.


def _ordered(a: Lane, b: Lane) -> Any:
    """Whether neither is nan."""
    return (a == a) & (b == b)


def _pow(a: Lane, b: Lane) -> Any:
    if b.constant is not None:
        easy = _SAME_BITS if a.code.exact else _SAME_BITS | _EASY_POWERS
        found = next((rule for power, rule in easy.items() if power == b.constant), None)
        return found(a) if found else a.library("pow", b)
    return (a * a).unless(b != 2.0, lambda: _any_power(a, b))


def _any_power(a: Lane, b: Lane) -> Any:
    y = a.library("pow", b)
    for power, rule in _SAME_BITS.items():
        y = choose(b == power, rule(a), y)
    return y


def _root_as_power(a: Lane) -> Any:
    """The root as a power has it: 0.0 for -0.0, and inf for -inf."""
    below = choose(a == -math.inf, math.inf, choose(a == 0.0, 0.0, math.nan))
    return choose(a > 0.0, a.intrinsic("sqrt"), below)


def _inverse_square(a: Lane) -> Any:
    inverse = 1.0 / a  # a * a might overflow
    return inverse * inverse


#: Powers that are arithmetic: as the table has them, and others within 2 ulp.
_SAME_BITS: Final[dict[float, Rule]] = {
    2.0: lambda a: a * a,
    0.5: _root_as_power,
    -1.0: lambda a: 1.0 / a,
}
_EASY_POWERS: Final[dict[float, Rule]] = {
    0.0: lambda a: 1.0,
    1.0: lambda a: a,
    3.0: lambda a: a * a * a,
    4.0: lambda a: (a * a) * (a * a),
    -0.5: lambda a: 1.0 / _root_as_power(a),
    -2.0: _inverse_square,
}


def _maximum(a: Lane, b: Lane) -> Any:
    return choose(_ordered(a, b), choose(a >= b, a, b), math.nan)


def _minimum(a: Lane, b: Lane) -> Any:
    return choose(_ordered(a, b), choose(a <= b, a, b), math.nan)


def _one(condition: Any) -> Any:
    """1 where it holds, else 0."""
    return choose(condition, 1.0, 0.0)


def _step(x: Lane) -> Any:
    return choose(x == x, _one(x > 0.0), math.nan)


def _sign(x: Lane) -> Any:
    return choose(x > 0.0, 1.0, choose(x < 0.0, -1.0, choose(x == 0.0, 0.0, x)))


def _share(a: Lane, b: Lane) -> Any:
    known = choose(a > b, 1.0, choose(a < b, 0.0, 0.5))
    return choose(_ordered(a, b), known, math.nan)


def _remainder(a: Lane, b: Lane) -> tuple[Lane, Any]:
    """C's remainder, and whether Python's has the other sign (Python's floatobject.c)."""
    rest = a.library("fmod", b)
    differ: Any = choose(b < 0.0, _one(rest >= 0.0), _one(rest < 0.0)) > 0.5
    return rest, (rest != 0.0) & differ


def _mod(a: Lane, b: Lane) -> Any:
    rest, other = _remainder(a, b)
    y = choose(other, rest + b, choose(rest == 0.0, _signed_zero(b), rest))
    return choose(b == 0.0, math.nan, y)


def _signed_zero(x: Lane) -> Lane:
    return (x.bits() & -(2**63)).number()


def _floordiv(a: Lane, b: Lane) -> Any:
    rest, other = _remainder(a, b)
    quotient = (a - rest) / b
    quotient = choose(other, quotient - 1.0, quotient)
    floor = quotient.intrinsic("floor")
    floor = choose(quotient - floor > 0.5, floor + 1.0, floor)
    exact = a / b
    return choose(b == 0.0, exact, choose(quotient == 0.0, _signed_zero(exact), floor))


ARITHMETIC: Final[dict[str, Rule]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": _pow,
    "neg": lambda x: -x,
    "abs": abs,
    "relu": lambda x: choose(x <= 0.0, 0.0, x),
    "leaky_relu": lambda x, slope: choose(x <= 0.0, slope * x, x),
    "sqrt": lambda x: x.intrinsic("sqrt"),
    "maximum": _maximum,
    "minimum": _minimum,
    "first_max": lambda a, b: choose(b > a, b, a),
    "first_min": lambda a, b: choose(b < a, b, a),
    "step": _step,
    "sign": _sign,
    "share": _share,
    "greater": lambda a, b: _one(a > b),
    "floor": lambda x: x.intrinsic("floor"),
    "ceil": lambda x: x.intrinsic("ceil"),
    "trunc": lambda x: x.intrinsic("trunc"),
    "rint": lambda x: x.intrinsic("rint"),
    "floordiv": _floordiv,
    "mod": _mod,
    "detach": lambda x: x,
    "take": lambda x, index: x,
}
_CHEAP: Final = frozenset(ARITHMETIC) - {"pow", "floordiv", "mod"}

# ---------------------------------------------------------------------------
# Functions: as polynomials, composed of others as the table does, or called.

POLYNOMIALS: Final[dict[str, Rule]] = {
    name: getattr(elementary, name) for name in elementary.__all__
}

#: Rows whose functions are the same for a whole vector.
IN_VECTORS: Final = frozenset(POLYNOMIALS) | {"logaddexp", "pow"}


def _sigmoid(x: Lane) -> Any:
    e = (-abs(x)).library("exp")
    return choose(x >= 0.0, 1.0, e) / (1.0 + e)


def _softplus(x: Lane) -> Any:
    return (-abs(x)).library("exp").library("log1p") + choose(x <= 0.0, 0.0, x)


def _logaddexp(a: Any, b: Any) -> Any:
    grown = choose(b > a, b, a) + (-abs(a - b)).exp().log1p()
    y = choose(a == b, a + math.log(2.0), grown)
    return choose(_ordered(a, b), y, math.nan)


COMPOSED: Final[dict[str, Rule]] = {
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "logaddexp": _logaddexp,
}
#: Where the table is Python's ``math``, which calls the C library and keeps its values.
FROM_MATH: Final = {
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "cbrt", "erf", "erfc",
    "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
}  # fmt: skip
#: Where Python's own way has other last digits.
FROM_C: Final = {"hypot", "lgamma"}


def _method(row: Primitive) -> Rule:
    def method(x: Lane, *others: Any) -> Lane:
        return value(x.code, row, [x, *others])

    return method


# The table's partials call other rows as methods, or by these operators.
for _row in PRIMITIVES:
    if _row.name and not hasattr(Lane, _row.name):
        setattr(Lane, _row.name, _method(_row))
for _operator, _name in (("pow", "pow"), ("mod", "mod"), ("floordiv", "floordiv")):
    _rule_of = _method(PRIMITIVES[CODES[_name]])
    setattr(Lane, f"__{_operator}__", _rule_of)
    setattr(Lane, f"__r{_operator}__", lambda x, other, rule=_rule_of: rule(x._other(other), x))
