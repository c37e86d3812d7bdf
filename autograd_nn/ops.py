"""The table of primitives: every operation a graph can hold, each written once.

A row says what an operation computes, what its partial derivatives are, where
it is not smooth, and how it is spelled.  The engine, the jit, the checks and
the drawings all read this one table.

* ``scalar`` maps floats to a float by IEEE 754: it never raises for a float
  and never returns a complex number (``log(0.0)`` is ``-inf``).
* ``array`` does the same for NumPy arrays, element by element.
* ``partials`` takes the operands and then the result, and returns one slope
  per operand.  It is written in arithmetic that works for floats, arrays and
  ``Value`` alike; a ``Value`` makes the slope itself differentiable.
* ``switch`` is a number that changes sign where the operation has a kink.
* ``formulas`` spells the partials for people: ``{a}`` and ``{b}`` are the
  operands, ``{y}`` is the result.

What is left out: recording, which is the engine's, and names that are sums or
products of rows (``softmax``, ``clip``), which are in ``functions``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from autograd_nn import special
from autograd_nn.checks import shown
from autograd_nn.errors import WrongTypeError

__all__ = [
    "CODES",
    "CONSTANT",
    "LEAF",
    "MADE",
    "PARAMETER",
    "PRIMITIVES",
    "Primitive",
    "handmade_row",
    "own_row",
    "primitive",
]

INF: Final = math.inf
_LOG_TWO: Final = math.log(2.0)
_LOG_TEN: Final = math.log(10.0)
NAN: Final = math.nan


_OPERATORS: Final = {"**": operator.pow, "//": operator.floordiv, "%": operator.mod}


class Primitive(NamedTuple):
    """One row of the table; the module's docstring explains each column."""

    name: str
    arity: int
    scalar: Callable[..., float]
    array: Callable[..., Any]
    partials: Callable[..., tuple[Any, ...]]
    symbol: str
    latex: str
    formulas: tuple[str, ...]
    switch: Callable[..., Any] | None = None

    def __call__(self, *operands: Any) -> Any:
        """Apply the operation to floats, arrays or anything that has a method of this name."""
        if all(type(x) is float for x in operands):
            return self.scalar(*operands)
        if all(type(x) in (float, np.float64, np.ndarray) for x in operands):
            return self.array(*operands)
        if self.symbol in _OPERATORS:
            return _OPERATORS[self.symbol](*operands)
        first, *rest = operands
        return getattr(first, self.name)(*rest)


# ---------------------------------------------------------------------------
# Forward, on floats.  Python's math module raises where IEEE 754 has a value.


def _div(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a or b != b:
        return NAN
    return math.copysign(INF, a) * math.copysign(1.0, b)


def _is_odd(b: float) -> bool:
    return b % 2.0 == 1.0


def _pow(a: float, b: float) -> float:
    if b == 2.0:
        return a * a
    if b == 0.5 and 0.0 < a < INF:
        return math.sqrt(a)
    if b == -1.0 and a != 0.0:
        return 1.0 / a
    try:
        return math.pow(a, b)
    except OverflowError:
        return -INF if a < 0.0 and _is_odd(b) else INF
    except ValueError:  # a negative base with a fraction, or zero with a negative exponent
        if a != 0.0:
            return NAN
        return math.copysign(INF, a) if _is_odd(b) else INF


def _relu(x: float) -> float:
    return 0.0 if x <= 0.0 else x


def _leaky_relu(x: float, slope: float) -> float:
    return slope * x if x <= 0.0 else x


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return INF


def _expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return INF


def _log(x: float) -> float:
    if x > 0.0:
        return math.log(x)
    return -INF if x == 0.0 else NAN


def _log1p(x: float) -> float:
    if x > -1.0:
        return math.log1p(x)
    return -INF if x == -1.0 else NAN


def _sqrt(x: float) -> float:
    return math.sqrt(x) if x >= 0.0 else NAN


def _log2(x: float) -> float:
    if x > 0.0:
        return math.log2(x)
    return -INF if x == 0.0 else NAN


def _log10(x: float) -> float:
    if x > 0.0:
        return math.log10(x)
    return -INF if x == 0.0 else NAN


def _exp2(x: float) -> float:
    try:
        return math.exp2(x)
    except OverflowError:
        return INF


def _atanh(x: float) -> float:
    if -1.0 < x < 1.0:
        return math.atanh(x)
    return math.copysign(INF, x) if abs(x) == 1.0 else NAN


def _polygamma(x: float, n: float) -> float:
    return special.polygamma(n, x)


def _logaddexp(a: float, b: float) -> float:
    if a == b:
        return a + _LOG_TWO
    return max(a, b) + math.log1p(math.exp(-abs(a - b))) if a == a and b == b else NAN


def _sigmoid(x: float) -> float:
    e = math.exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


def _softplus(x: float) -> float:
    return math.log1p(math.exp(-abs(x))) + (0.0 if x <= 0.0 else x)


def _or_nan(f: Callable[[float], float]) -> Callable[[float], float]:
    """``f``, but nan where the math module raises: outside the domain, or at infinity."""

    def total(x: float) -> float:
        try:
            return f(x)
        except ValueError:
            return NAN

    return total


def _sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(INF, x)


def _cosh(x: float) -> float:
    try:
        return math.cosh(x)
    except OverflowError:
        return INF


def _maximum(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    return a if a >= b else b


def _minimum(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    return a if a <= b else b


def _first_max(a: float, b: float) -> float:
    return b if b > a else a


def _first_min(a: float, b: float) -> float:
    return b if b < a else a


def _step(x: float) -> float:
    return 1.0 if x > 0.0 else (0.0 if x <= 0.0 else NAN)


def _sign(x: float) -> float:
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else (0.0 if x == 0.0 else NAN))


def _greater(a: float, b: float) -> float:
    return 1.0 if a > b else 0.0


def _share(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    return 1.0 if a > b else (0.0 if a < b else 0.5)


def _whole(f: Callable[[float], int]) -> Callable[[float], float]:
    """``f``, such as ``math.floor``, as a float; a nan, an infinity and a zero stay themselves."""

    def total(x: float) -> float:
        return math.copysign(float(f(x)), x) if x - x == 0.0 else x

    return total


def _mod(a: float, b: float) -> float:
    return a % b if b != 0.0 else NAN


def _floordiv(a: float, b: float) -> float:
    return a // b if b != 0.0 else _div(a, b)


def _identity(x: Any) -> Any:
    return x


# ---------------------------------------------------------------------------
# Forward, on arrays, where NumPy has no function of that name.


def _relu_array(x: Any) -> Any:
    return np.maximum(x, 0.0)


def _leaky_relu_array(x: Any, slope: Any) -> Any:
    return np.where(np.less_equal(x, 0.0), np.multiply(slope, x), x)


def _sigmoid_array(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0.0), 1.0, e) / (1.0 + e)


def _softplus_array(x: Any) -> Any:
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0.0)


def _one_by_one(scalar: Callable[..., float], arity: int = 1) -> Callable[..., Any]:
    """A function of floats, on arrays."""
    each = np.frompyfunc(scalar, arity, 1)

    def function(*arrays: Any) -> Any:
        return np.asarray(each(*arrays), dtype=float)

    return function


def _step_array(x: Any) -> Any:
    return np.heaviside(x, 0.0)


def _share_array(a: Any, b: Any) -> Any:
    known = np.where(np.greater(a, b), 1.0, np.where(np.less(a, b), 0.0, 0.5))
    return np.where(np.isnan(a) | np.isnan(b), NAN, known)


def _greater_array(a: Any, b: Any) -> Any:
    return np.where(np.greater(a, b), 1.0, 0.0)


def _mod_array(a: Any, b: Any) -> Any:
    return np.where(np.equal(b, 0.0), NAN, np.mod(a, b))


def _first_max_array(a: Any, b: Any) -> Any:
    return np.where(np.greater(b, a), b, a)


def _first_min_array(a: Any, b: Any) -> Any:
    return np.where(np.less(b, a), b, a)


# ---------------------------------------------------------------------------
# The vocabulary of the partials: generic over floats, arrays and Values.


def _generic(name: str, scalar: Callable[..., float]) -> Callable[..., Any]:
    """The operation on anything; floats, which the engine asks for most, take a short way."""

    def function(x: Any, *rest: Any) -> Any:
        if type(x) is float and (not rest or type(rest[0]) is float):
            return scalar(x, *rest)
        return primitive(name)(x, *rest)

    return function


exp = _generic("exp", _exp)
log = _generic("log", _log)
sqrt = _generic("sqrt", _sqrt)
sin = _generic("sin", _or_nan(math.sin))
cos = _generic("cos", _or_nan(math.cos))
sinh = _generic("sinh", _sinh)
cosh = _generic("cosh", _cosh)
digamma = _generic("digamma", special.digamma)
polygamma = _generic("polygamma", _polygamma)
mills = _generic("mills", special.mills)
relu = _generic("relu", _relu)
sigmoid = _generic("sigmoid", _sigmoid)


def div(a: Any, b: Any) -> Any:
    """``a / b`` by IEEE 754 whatever the operands are."""
    try:
        return a / b
    except ZeroDivisionError:
        return _div(float(a), float(b))


step = _generic("step", _step)
sign = _generic("sign", _sign)
share = _generic("share", _share)
greater = _generic("greater", _greater)
floordiv = _generic("floordiv", _floordiv)


def choose(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b()``; ``b`` is not computed for a plain ``True``."""
    if isinstance(condition, (bool, np.bool_)):
        return a if condition else b()
    if isinstance(condition, np.ndarray):
        return np.where(condition, a, b())
    return condition.choose(a, b())  # of numbers whose formula is being written down


def _pow_partials(a: Any, b: Any, y: Any) -> tuple[Any, Any]:
    # a**0 is flat in a, even near a = 0 where a**(b-1) is infinite; 0**b is flat in b >= 0,
    # where log(0) is infinite.  Where b - 1 is rounded, y/a keeps the digits that a**(b-1) loses.
    flat = (b == 0.0) & ((abs(a) <= 1e-300) | (a != a))
    lowered = b - 1.0
    by_power = (lowered + 1.0 == b) | (a == 0.0) | (y == 0.0) | (abs(y) == INF)
    power = choose(by_power, primitive("pow")(a, lowered), lambda: div(y, a))
    # Beside 0 y/a is infinite, where its product with a tiny b is not.
    apart = (abs(a) > 1e-300) | (abs(b) > 1e-10) | (a == 0.0)
    base = choose(flat, 0.0, lambda: choose(apart, b * power, lambda: y * div(b, a)))
    exponent = choose((a == 0.0) & (b >= 0.0), 0.0, lambda: y * log(a))
    return base, exponent


def _leaky_relu_partials(x: Any, k: Any, y: Any) -> tuple[Any, Any]:
    # Without a comparison of x where k is finite: in a recording it would be a guard.
    slope = choose(
        k - k == 0.0, step(x) + (1.0 - step(x)) * k, lambda: choose(x > 0.0, 1.0, lambda: k)
    )
    return slope, -relu(-x)


def _bump(x: Any, scale: float) -> Any:
    # e / (1 + e)**2 with e = exp(-|x|): y * (1 - y) would lose every digit where y rounds to 1.
    e = exp(-scale * abs(x))
    return scale * scale * e / ((1.0 + e) * (1.0 + e))


def _cbrt_slope(x: Any, y: Any) -> Any:
    # y / (3*x) has fewer roundings than 1 / (3*y*y), but neither a slope at 0 nor at infinity.
    edge = (x == 0.0) | (abs(x) == INF)
    return choose(edge, div(1.0, y * y), lambda: div(div(y, x), 3.0))


def _hypot_partials(a: Any, b: Any, y: Any) -> tuple[Any, Any]:
    at_origin = y == 0.0
    return choose(at_origin, 0.0, lambda: div(a, y)), choose(at_origin, 0.0, lambda: div(b, y))


def _atan2_partials(a: Any, b: Any, y: Any) -> tuple[Any, Any]:
    # Divided twice by the distance: its square would overflow or vanish.
    r = primitive("hypot")(a, b)
    at_origin = r == 0.0
    return (
        choose(at_origin, 0.0, lambda: div(div(b, r), r)),
        choose(at_origin, 0.0, lambda: div(div(-a, r), r)),
    )


def _arc_slope(x: Any) -> Any:
    # (1-x)*(1+x), not 1-x*x, which cancels near the ends of the domain.
    return div(1.0, sqrt((1.0 - x) * (1.0 + x)))


def _atan_slope(x: Any) -> Any:
    s = div(1.0, primitive("hypot")(x, 1.0))  # x*x would overflow
    return s * s


def _function(name: str) -> str:
    return rf"\operatorname{{{{{name}}}}}\left({{a}}\right)"


_P = Primitive
_TWO_OVER_ROOT_PI: Final = 2.0 / math.sqrt(math.pi)


def _no_forward(*_: Any) -> Any:
    raise WrongTypeError("a leaf of the graph holds a number; it is not an operation")


def _leaf() -> Primitive:
    return _P("", 0, _no_forward, _no_forward, _no_forward, "", "", ())


# fmt: off
PRIMITIVES: Final[tuple[Primitive, ...]] = (
    # Three kinds of node that are no operation: an input, a parameter of a model, a plain number.
    _leaf(), _leaf(), _leaf(),
    #  name     arity  scalar              array        partials(operands..., y)                 symbol  latex                formulas
    _P("add",      2, lambda a, b: a + b,  np.add,      lambda a, b, y: (1.0, 1.0),              "+",    "{a} + {b}",         ("1", "1")),
    _P("sub",      2, lambda a, b: a - b,  np.subtract, lambda a, b, y: (1.0, -1.0),             "-",    "{a} - {b}",         ("1", "-1")),
    _P("mul",      2, lambda a, b: a * b,  np.multiply, lambda a, b, y: (b, a),                  "*",    r"{a} \cdot {b}",    ("{b}", "{a}")),
    _P("div",      2, _div,                np.divide,   lambda a, b, y: (div(1.0, b), div(-y, b)), "/",  r"\frac{{{a}}}{{{b}}}", ("1/{b}", "-{a}/{b}**2")),
    _P("pow",      2, _pow,                np.power,    _pow_partials,                           "**",   "{{{a}}}^{{{b}}}",   ("{b}*{a}**({b} - 1)", "{y}*log({a})")),
    _P("neg",      1, lambda x: -x,        np.negative, lambda x, y: (-1.0,),                    "neg",  "-{a}",              ("-1",)),
    _P("abs",      1, abs,                 np.abs,      lambda x, y: (sign(x),),                 "abs",  r"\left|{a}\right|", ("sign({a})",), _identity),
    _P("relu",     1, _relu,               _relu_array, lambda x, y: (step(x),),                 "relu", _function("relu"),   ("1 if {a} > 0 else 0",), _identity),
    _P("leaky_relu", 2, _leaky_relu, _leaky_relu_array,
       _leaky_relu_partials, "leaky_relu",
       r"\operatorname{{leaky\_relu}}\left({a}, {b}\right)", ("1 if {a} > 0 else {b}", "min({a}, 0)"), lambda x, k: x),
    _P("exp",      1, _exp,                np.exp,      lambda x, y: (y,),                       "exp",  "e^{{{a}}}",         ("{y}",)),
    _P("expm1",    1, _expm1,              np.expm1,    lambda x, y: (exp(x),),     "expm1", "e^{{{a}}} - 1",    ("exp({a})",)),
    _P("log",      1, _log,                np.log,      lambda x, y: (div(1.0, x),),             "log",  r"\ln\left({a}\right)", ("1/{a}",)),
    _P("log1p",    1, _log1p,              np.log1p,    lambda x, y: (div(1.0, 1.0 + x),),       "log1p", r"\ln\left(1 + {a}\right)", ("1/(1 + {a})",)),
    _P("sqrt",     1, _sqrt,               np.sqrt,     lambda x, y: (div(0.5, y + 0.0),),       "sqrt", r"\sqrt{{{a}}}",     ("1/(2*{y})",)),
    _P("tanh",     1, math.tanh,           np.tanh,     lambda x, y: (_bump(x, 2.0),),           "tanh", r"\tanh\left({a}\right)", ("1 - {y}**2",)),
    _P("sigmoid",  1, _sigmoid,        _sigmoid_array,  lambda x, y: (_bump(x, 1.0),),           "sigmoid", r"\sigma\left({a}\right)", ("{y}*(1 - {y})",)),
    _P("softplus", 1, _softplus,       _softplus_array, lambda x, y: (sigmoid(x),), "softplus", _function("softplus"), ("sigmoid({a})",)),
    _P("sin",      1, _or_nan(math.sin),   np.sin,      lambda x, y: (cos(x),),     "sin",  r"\sin\left({a}\right)", ("cos({a})",)),
    _P("cos",      1, _or_nan(math.cos),   np.cos,      lambda x, y: (-sin(x),),    "cos",  r"\cos\left({a}\right)", ("-sin({a})",)),
    _P("tan",      1, _or_nan(math.tan),   np.tan,      lambda x, y: (1.0 + y * y,),             "tan",  r"\tan\left({a}\right)", ("1 + {y}**2",)),
    _P("asin",     1, _or_nan(math.asin),  np.arcsin,   lambda x, y: (_arc_slope(x),),           "asin", r"\arcsin\left({a}\right)", ("1/sqrt(1 - {a}**2)",)),
    _P("acos",     1, _or_nan(math.acos),  np.arccos,   lambda x, y: (-_arc_slope(x),),          "acos", r"\arccos\left({a}\right)", ("-1/sqrt(1 - {a}**2)",)),
    _P("atan",     1, math.atan,           np.arctan,   lambda x, y: (_atan_slope(x),),          "atan", r"\arctan\left({a}\right)", ("1/(1 + {a}**2)",)),
    _P("sinh",     1, _sinh,               np.sinh,     lambda x, y: (cosh(x),),    "sinh", r"\sinh\left({a}\right)", ("cosh({a})",)),
    _P("cosh",     1, _cosh,               np.cosh,     lambda x, y: (sinh(x),),    "cosh", r"\cosh\left({a}\right)", ("sinh({a})",)),
    _P("erf",      1, math.erf,            _one_by_one(math.erf),  lambda x, y: (_TWO_OVER_ROOT_PI * exp(-x * x),), "erf", _function("erf"), ("2/sqrt(pi)*exp(-{a}**2)",)),
    _P("log2",     1, _log2,               np.log2,     lambda x, y: (div(1.0 / _LOG_TWO, x),),  "log2", r"\log_2\left({a}\right)", ("1/({a}*log(2))",)),
    _P("log10",    1, _log10,              np.log10,    lambda x, y: (div(1.0 / _LOG_TEN, x),),  "log10", r"\log_{{10}}\left({a}\right)", ("1/({a}*log(10))",)),
    _P("exp2",     1, _exp2,               np.exp2,     lambda x, y: (_LOG_TWO * y,),            "exp2", "2^{{{a}}}",         ("log(2)*{y}",)),
    _P("cbrt",     1, math.cbrt,           np.cbrt,     lambda x, y: (_cbrt_slope(x, y),),   "cbrt", r"\sqrt[3]{{{a}}}",  ("1/(3*{y}**2)",)),
    _P("asinh",    1, math.asinh,          np.arcsinh,  lambda x, y: (div(1.0, primitive("hypot")(x, 1.0)),), "asinh", _function("arsinh"), ("1/sqrt({a}**2 + 1)",)),
    _P("acosh",    1, _or_nan(math.acosh), np.arccosh,  lambda x, y: (div(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),), "acosh", _function("arcosh"), ("1/sqrt({a}**2 - 1)",)),
    _P("atanh",    1, _atanh,              np.arctanh,  lambda x, y: (div(1.0, (1.0 - x) * (1.0 + x)),), "atanh", _function("artanh"), ("1/(1 - {a}**2)",)),
    _P("erfc",     1, math.erfc,           _one_by_one(math.erfc), lambda x, y: (-_TWO_OVER_ROOT_PI * exp(-x * x),), "erfc", _function("erfc"), ("-2/sqrt(pi)*exp(-{a}**2)",)),
    _P("lgamma",   1, special.lgamma,      _one_by_one(special.lgamma), lambda x, y: (digamma(x),), "lgamma", r"\ln\left|\Gamma\left({a}\right)\right|", ("digamma({a})",)),
    _P("digamma",  1, special.digamma,     _one_by_one(special.digamma), lambda x, y: (polygamma(x, 1.0),), "digamma", r"\psi\left({a}\right)", ("polygamma(1, {a})",)),
    _P("polygamma", 2, _polygamma,         _one_by_one(_polygamma, 2),
       lambda x, n, y: (polygamma(x, n + 1.0), NAN * y), "polygamma", r"\psi^{{({b})}}\left({a}\right)", ("polygamma({b} + 1, {a})", "nan")),
    _P("log_ndtr", 1, special.log_ndtr,    _one_by_one(special.log_ndtr), lambda x, y: (mills(x),), "log_ndtr", r"\ln\Phi\left({a}\right)", ("mills({a})",)),
    _P("mills",    1, special.mills,       _one_by_one(special.mills), lambda x, y: (-y * (x + y),), "mills", r"\frac{{\varphi\left({a}\right)}}{{\Phi\left({a}\right)}}", ("-{y}*({a} + {y})",)),
    _P("logaddexp", 2, _logaddexp,         np.logaddexp, lambda a, b, y: (sigmoid(a - b), sigmoid(b - a)), "logaddexp",
       r"\ln\left(e^{{{a}}} + e^{{{b}}}\right)", ("sigmoid({a} - {b})", "sigmoid({b} - {a})")),
    _P("maximum",  2, _maximum,            np.maximum,  lambda a, b, y: (share(a, b), share(b, a)), "max", r"\max\left({a}, {b}\right)", ("1 if {a} > {b} else 0", "1 if {b} > {a} else 0"), lambda a, b: a - b),
    _P("minimum",  2, _minimum,            np.minimum,  lambda a, b, y: (share(b, a), share(a, b)), "min", r"\min\left({a}, {b}\right)", ("1 if {a} < {b} else 0", "1 if {b} < {a} else 0"), lambda a, b: a - b),
    _P("atan2",    2, math.atan2,          np.arctan2,  _atan2_partials,                         "atan2", r"\operatorname{{atan2}}\left({a}, {b}\right)", ("{b}/({a}**2 + {b}**2)", "-{a}/({a}**2 + {b}**2)")),
    _P("hypot",    2, math.hypot,          np.hypot,    _hypot_partials,                         "hypot", r"\sqrt{{{a}^2 + {b}^2}}", ("{a}/{y}", "{b}/{y}")),
    # Flat: their slopes are 0 wherever they have one.
    _P("step",     1, _step,               _step_array, lambda x, y: (0.0,),                     "step", _function("step"),   ("0",), _identity),
    _P("sign",     1, _sign,               np.sign,     lambda x, y: (0.0,),                     "sign", _function("sign"),   ("0",), _identity),
    _P("share",    2, _share,              _share_array, lambda a, b, y: (0.0, 0.0),             "share", r"\operatorname{{share}}\left({a}, {b}\right)", ("0", "0"), lambda a, b: a - b),
    _P("greater",  2, _greater,            _greater_array, lambda a, b, y: (0.0, 0.0),           ">",    r"\left[{a} > {b}\right]", ("0", "0"), lambda a, b: a - b),
    _P("floor",    1, _whole(math.floor),  np.floor,    lambda x, y: (0.0,),                     "floor", r"\left\lfloor {a} \right\rfloor", ("0",)),
    _P("ceil",     1, _whole(math.ceil),   np.ceil,     lambda x, y: (0.0,),                     "ceil", r"\left\lceil {a} \right\rceil", ("0",)),
    _P("trunc",    1, _whole(math.trunc),  np.trunc,    lambda x, y: (0.0,),                     "trunc", _function("trunc"), ("0",)),
    _P("rint",     1, _whole(round),       np.rint,     lambda x, y: (0.0,),                     "round", _function("round"), ("0",)),
    _P("floordiv", 2, _floordiv,           np.floor_divide, lambda a, b, y: (0.0, 0.0),          "//",   r"\left\lfloor \frac{{{a}}}{{{b}}} \right\rfloor", ("0", "0")),
    _P("mod",      2, _mod,                _mod_array,  lambda a, b, y: (1.0, -floordiv(a, b)),  "%",    r"{a} \bmod {b}",    ("1", "-({a}//{b})")),
    # Python's own max and min, recorded where the jit runs a function: the first of equal ones wins.
    _P("first_max", 2, _first_max,         _first_max_array, lambda a, b, y: (1.0 - greater(b, a), greater(b, a)), "max", r"\max\left({a}, {b}\right)", ("0 if {b} > {a} else 1", "1 if {b} > {a} else 0"), lambda a, b: a - b),
    _P("first_min", 2, _first_min,         _first_min_array, lambda a, b, y: (1.0 - greater(a, b), greater(a, b)), "min", r"\min\left({a}, {b}\right)", ("0 if {b} < {a} else 1", "1 if {b} < {a} else 0"), lambda a, b: a - b),
    # The next two are recorded only in a trace, where a constant would be wrong: the identity whose
    # slope is zero, and the entry of a table that an index chose, with the index as second operand.
    _P("detach",   1, _identity,           np.positive, lambda x, y: (0.0,),                     "detach", _function("detach"), ("0",)),
    _P("take",     2, lambda a, i: a,      lambda a, i: np.positive(a), lambda a, i, y: (1.0, 0.0),      "take", "{{{a}}}_{{{b}}}", ("1", "0")),
    # An operation of the user's own: its node brings its row.
    _leaf(),
)
# fmt: on

LEAF: Final = 0
PARAMETER: Final = 1
CONSTANT: Final = 2
MADE: Final = len(PRIMITIVES) - 1
CODES: Final[dict[str, int]] = {row.name: code for code, row in enumerate(PRIMITIVES) if row.name}


def primitive(name: str) -> Primitive:
    """The row of the operation ``name``.

    >>> primitive("tanh").partials(0.0, 0.0)
    (1.0,)
    """
    return PRIMITIVES[CODES[name]]


def own_row(
    name: str,
    arity: int,
    scalar: Callable[..., float],
    array: Callable[..., Any],
    partials: Callable[..., tuple[Any, ...]],
) -> Primitive:
    """A row for an operation that is not in the table, written ``name(a, b)``."""
    operands = ", ".join(("{a}", "{b}")[:arity])
    word = "".join(c if c.isalnum() else rf"\{c}" if c in "_%$&#{}" else c for c in name)
    word = word.replace("{", "{{").replace("}", "}}")
    latex = rf"\operatorname{{{{{word}}}}}\left({operands}\right)"
    spelled = name.replace("{", "{{").replace("}", "}}")
    formulas = tuple(f"d {spelled}/d {x}" for x in ("{a}", "{b}")[:arity])
    return Primitive(name, arity, scalar, array, partials, name, latex, formulas)


def handmade_row(name: str, arity: int) -> Primitive:
    """The row of a node that was made by hand: its name is known, its formulas are not."""

    def unknown(*_: Any) -> Any:
        raise WrongTypeError(
            f"the node {shown(name)} was made by hand, so it has slopes but no formula, which another "
            "derivative or another argument needs; make it with custom_op instead"
        )

    return own_row(name, arity, unknown, unknown, unknown)
