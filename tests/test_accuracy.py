"""Values and slopes of every operation against mpmath, and the table of slopes at kinks.

If one of these fails, a user's gradient is wrong or loses digits.
"""

import math

import mpmath as mp
import numpy as np
import pytest

from autograd_nn import Value, functions
from autograd_nn.ops import CODES, CONSTANT, PRIMITIVES, primitive

INF, NAN = math.inf, math.nan
ULPS = 4
WELL_CONDITIONED = 100.0  # |x f'/f|: how much one ulp of the input moves the result, in ulps


def flat(*operands):
    """The slope of what is constant between its jumps."""
    return mp.mpf(0) if len(operands) == 1 else (mp.mpf(0), mp.mpf(0))


def quotient(a, b):
    """``a // b``, with digits enough for 1e300 // 1e-300."""
    with mp.workdps(700):
        return mp.floor(a / b)


def remainder(a, b):
    with mp.workdps(700):
        return a - b * mp.floor(a / b)


def tiny_exp(x):
    """``e**x`` without numbers that mpmath cannot hold."""
    return mp.exp(min(max(x, mp.mpf(-1e6)), mp.mpf(1e6)))


ORACLES = {
    "neg": (lambda x: -x, lambda x: mp.mpf(-1)),
    "abs": (abs, mp.sign),
    "relu": (lambda x: max(x, mp.mpf(0)), lambda x: mp.mpf(1 if x > 0 else 0)),
    "exp": (mp.exp, mp.exp),
    "expm1": (mp.expm1, mp.exp),
    "log": (mp.log, lambda x: 1 / x),
    "log1p": (mp.log1p, lambda x: 1 / (1 + x)),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x))),
    "tanh": (mp.tanh, lambda x: mp.sech(x) ** 2),
    "sigmoid": (
        lambda x: 1 / (1 + mp.exp(-x)),
        lambda x: mp.exp(-abs(x)) / (1 + mp.exp(-abs(x))) ** 2,
    ),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), lambda x: 1 / (1 + mp.exp(-x))),
    "sin": (mp.sin, mp.cos),
    "cos": (mp.cos, lambda x: -mp.sin(x)),
    "tan": (mp.tan, lambda x: mp.sec(x) ** 2),
    "asin": (mp.asin, lambda x: 1 / mp.sqrt((1 - x) * (1 + x))),
    "acos": (mp.acos, lambda x: -1 / mp.sqrt((1 - x) * (1 + x))),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x)),
    "sinh": (mp.sinh, mp.cosh),
    "cosh": (mp.cosh, mp.sinh),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "log2": (lambda x: mp.log(x, 2), lambda x: 1 / (x * mp.log(2))),
    "log10": (mp.log10, lambda x: 1 / (x * mp.log(10))),
    "exp2": (lambda x: mp.mpf(2) ** x, lambda x: mp.log(2) * mp.mpf(2) ** x),
    "cbrt": (
        lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2),
    ),
    "asinh": (lambda x: mp.sign(x) * mp.asinh(abs(x)), lambda x: 1 / mp.sqrt(1 + x * x)),
    "acosh": (mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1))),
    "atanh": (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x))),
    "erfc": (mp.erfc, lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x)),
    "lgamma": (lambda x: mp.re(mp.loggamma(x)), mp.digamma),
    "digamma": (mp.digamma, lambda x: mp.polygamma(1, x)),
    "log_ndtr": (
        lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2),
        lambda x: mp.npdf(x) / (mp.erfc(-x / mp.sqrt(2)) / 2),
    ),
    "mills": (
        lambda x: mp.npdf(x) / (mp.erfc(-x / mp.sqrt(2)) / 2),
        lambda x: -mp.npdf(x) / mp.ncdf(x) * (x + mp.npdf(x) / mp.ncdf(x)),
    ),
    "step": (lambda x: mp.mpf(x > 0), flat),
    "sign": (mp.sign, flat),
    "floor": (mp.floor, flat),
    "ceil": (mp.ceil, flat),
    "trunc": (lambda x: mp.sign(x) * mp.floor(abs(x)), flat),
    "rint": (mp.nint, flat),
}
# Where the value is asked: not outside the domain, nor where it is ill conditioned, as lgamma is
# beside its zeros at 1 and 2, and the normal tail at numbers above 2.
IN_REACH = {
    **dict.fromkeys(("log", "log2", "log10"), lambda x: x > 0.0),
    "acosh": lambda x: x > 1.0 + 1e-6,
    "atanh": lambda x: abs(x) < 1.0,
    "erfc": lambda x: abs(x) < 2.5,
    "lgamma": lambda x: 0.0 < x < 0.7 or x > 2.1,
    "digamma": lambda x: 0.0 < x < 1e100 and x > 1e-100,
    "log_ndtr": lambda x: -1e6 < x < 2.5,
    "mills": lambda x: -0.4 < x < 2.5,
}
BINARY = {
    "add": (lambda a, b: a + b, lambda a, b: (mp.mpf(1), mp.mpf(1))),
    "sub": (lambda a, b: a - b, lambda a, b: (mp.mpf(1), mp.mpf(-1))),
    "mul": (lambda a, b: a * b, lambda a, b: (b, a)),
    "div": (lambda a, b: a / b, lambda a, b: (1 / b, -a / b**2)),
    "pow": (lambda a, b: a**b, lambda a, b: (b * a ** (b - 1), a**b * mp.log(a))),
    "maximum": (max, lambda a, b: (mp.mpf(a > b), mp.mpf(b > a))),
    "minimum": (min, lambda a, b: (mp.mpf(a < b), mp.mpf(b < a))),
    "first_max": (max, lambda a, b: (mp.mpf(a >= b), mp.mpf(b > a))),
    "first_min": (min, lambda a, b: (mp.mpf(a <= b), mp.mpf(b < a))),
    "share": (lambda a, b: mp.mpf(a > b), flat),
    "greater": (lambda a, b: mp.mpf(a > b), flat),
    "floordiv": (quotient, flat),
    "mod": (remainder, lambda a, b: (mp.mpf(1), -quotient(a, b))),
    "hypot": (mp.hypot, lambda a, b: (a / mp.hypot(a, b), b / mp.hypot(a, b))),
    "atan2": (mp.atan2, lambda a, b: (b / (a * a + b * b), -a / (a * a + b * b))),
    "logaddexp": (
        lambda a, b: max(a, b) + mp.log1p(tiny_exp(-abs(a - b))),
        lambda a, b: (1 / (1 + tiny_exp(b - a)), 1 / (1 + tiny_exp(a - b))),
    ),
    "leaky_relu": (
        lambda x, k: x if x > 0 else k * x,
        lambda x, k: (mp.mpf(1), mp.mpf(0)) if x > 0 else (k, x),
    ),
}
GRID = sorted(
    {
        sign * digits * 10.0**exponent
        for exponent in (*range(-300, 301, 20), *range(-8, 9))
        for digits in (1.0, 2.345678)
        for sign in (1, -1)
    }
    | {sign * x for x in (5e-324, 1e-310, 0.5, 0.99, 1.5, 20.0, 36.0, 700.0) for sign in (1, -1)}
)
PAIRS = [
    (a, b)
    for a in (1e-300, 1e-8, 0.7, 1.0, 2.5, 33.0, 1e8, 1e150, 1e300)
    for b in (-1e150, -3.0, -0.5, 1e-8, 0.3, 2.0, 5.0, 1e10)
]


def ulps(got, want):
    """The distance in units in the last place; 0 where the truth is no normal float."""
    nearest = float(want)
    if math.isinf(nearest) or abs(nearest) < 2.3e-308:
        return 0.0
    return float(abs(mp.mpf(got) - want) / mp.mpf(math.ulp(nearest)))


@pytest.mark.parametrize("name", ORACLES)
def test_value_and_slope_of_one_operand_are_within_4_ulp(name):
    row, (value, slope) = primitive(name), ORACLES[name]
    checked = 0
    with mp.workdps(60):
        for x in GRID:
            y, (d,) = row.scalar(x), row.partials(x, row.scalar(x))
            if not math.isfinite(y) or (name in ("sin", "cos", "tan") and abs(x) > 1e30):
                continue
            if not IN_REACH.get(name, lambda x: True)(x):
                continue
            big = mp.mpf(x)
            assert ulps(y, value(big)) <= ULPS, (name, x)
            if math.isfinite(d) and not (name == "erf" and 2 * x * x > WELL_CONDITIONED):
                assert ulps(d, slope(big)) <= ULPS, (name, x)
            checked += 1
    assert checked >= 20


@pytest.mark.parametrize("name", BINARY)
def test_value_and_slopes_of_two_operands_are_within_4_ulp(name):
    row, (value, slopes) = primitive(name), BINARY[name]
    checked = 0
    with mp.workdps(60):
        for a, b in PAIRS:
            y = row.scalar(a, b)
            conditioned = name != "pow" or abs(b * math.log(a)) < WELL_CONDITIONED
            if not math.isfinite(y) or abs(y) < 1e-290 or not conditioned:
                continue
            big = mp.mpf(a), mp.mpf(b)
            assert ulps(y, value(*big)) <= ULPS, (name, a, b)
            for d, truth in zip(row.partials(a, b, y), slopes(*big), strict=True):
                cancels = name == "pow" and abs(b) < 1e-6  # b - 1 rounds to -1
                cancels |= name == "logaddexp" and abs(a - b) > 20.0  # e**(a - b)
                if math.isfinite(d) and not cancels:
                    assert ulps(d, truth) <= ULPS, (name, a, b)
            checked += 1
    assert checked >= 15


def test_every_operation_of_the_table_has_an_oracle():
    assert {row.name for row in PRIMITIVES if row.name} == {
        *(*ORACLES, *BINARY),
        *("detach", "take", "polygamma"),  # the last in test_special
    }


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 5e-324, 1e300, -1e300, INF, -INF, NAN]


def same(a, b):
    return a == b or (a != a and b != b)


@pytest.mark.parametrize("row", [r for r in PRIMITIVES if r.name], ids=lambda r: r.name)
def test_engine_table_and_arrays_agree_and_never_raise(row):
    """The engine spells hot operations itself; learners must get the table's numbers."""
    operands = (
        [(x,) for x in SPECIAL] if row.arity == 1 else [(a, b) for a in SPECIAL for b in SPECIAL]
    )
    operators = {"add": "__add__", "sub": "__sub__", "mul": "__mul__", "div": "__truediv__"}
    operators |= {"pow": "__pow__", "neg": "__neg__"}
    operators |= {"mod": "__mod__", "floordiv": "__floordiv__"}
    for xs in operands:
        y = row.scalar(*xs)
        assert isinstance(y, float)
        slopes = row.partials(*xs, y)
        if row.name not in ("detach", "take"):
            first, *rest = map(Value, xs)
            node = getattr(first, operators.get(row.name, row.name))(*rest)
            assert same(node.data, y), (row.name, xs)
            assert all(map(same, node.partials, slopes)), (row.name, xs, node.partials, slopes)
        with np.errstate(all="ignore"):
            arrays = [np.array([x, x]) for x in xs]
            column = row.array(*arrays)
            assert np.allclose(column, y, rtol=1e-14, atol=0, equal_nan=True), (row.name, xs)
            for d, batch in zip(slopes, row.partials(*arrays, column), strict=True):
                assert np.allclose(batch, d, rtol=1e-13, atol=0, equal_nan=True), (row.name, xs)


def slope(f, *xs):
    values = [Value(x) for x in xs]
    f(*values).backward()
    return tuple(v.grad for v in values)


@pytest.mark.parametrize(
    ("case", "f", "at", "expected"),
    [
        ("relu(0)", lambda x: x.relu(), (0.0,), (0.0,)),
        ("relu(-0.0)", lambda x: x.relu(), (-0.0,), (0.0,)),
        ("relu(nan)", lambda x: x.relu(), (NAN,), (NAN,)),
        ("abs(0)", abs, (0.0,), (0.0,)),
        ("maximum tie", functions.maximum, (2.0, 2.0), (0.5, 0.5)),
        ("minimum tie", functions.minimum, (2.0, 2.0), (0.5, 0.5)),
        ("maximum of itself", lambda x: functions.maximum(x, x), (2.0,), (1.0,)),
        ("sqrt(0)", lambda x: x.sqrt(), (0.0,), (INF,)),
        ("sqrt(-0.0)", lambda x: x.sqrt(), (-0.0,), (INF,)),
        ("x**0.5 at 0", lambda x: x**0.5, (0.0,), (INF,)),
        ("x**0 at 0", lambda x: x**0, (0.0,), (0.0,)),
        ("x**1 at 0", lambda x: x**1, (0.0,), (1.0,)),
        ("x**2 at 0", lambda x: x**2, (0.0,), (0.0,)),
        ("x**3 at -2", lambda x, y: x**y, (-2.0, 3.0), (12.0, NAN)),
        ("x**2 at -2", lambda x, y: x**y, (-2.0, 2.0), (-4.0, NAN)),
        ("0**y", lambda x, y: x**y, (0.0, 3.0), (0.0, 0.0)),
        ("sigmoid(1000)", lambda x: x.sigmoid(), (1000.0,), (0.0,)),
        ("sigmoid(-1000)", lambda x: x.sigmoid(), (-1000.0,), (0.0,)),
        ("tanh(1000)", lambda x: x.tanh(), (1000.0,), (0.0,)),
        ("softplus(1000)", lambda x: x.softplus(), (1000.0,), (1.0,)),
        ("atan2(0, 0)", functions.atan2, (0.0, 0.0), (0.0, 0.0)),
        ("hypot(0, 0)", functions.hypot, (0.0, 0.0), (0.0, 0.0)),
        ("relu(0) by a product", lambda x: x * x.step(), (0.0,), (0.0,)),
        ("abs(0) by a product", lambda x: x * x.sign(), (0.0,), (0.0,)),
        ("Python's max at a tie", lambda x, y: x.first_max(y), (2.0, 2.0), (1.0, 0.0)),
        ("Python's min at a tie", lambda x, y: x.first_min(y), (2.0, 2.0), (1.0, 0.0)),
        ("Python's max of a nan", lambda x, y: x.first_max(y), (NAN, 2.0), (1.0, 0.0)),
        ("Python's min after a nan", lambda x, y: x.first_min(y), (2.0, NAN), (1.0, 0.0)),
        ("floor at a jump", lambda x: x * math.floor(x), (2.0,), (2.0,)),
        ("round at a half", lambda x: x * round(x), (2.5,), (2.0,)),
        ("x % y", lambda x, y: x % y, (7.5, 2.0), (1.0, -3.0)),
        ("x % y below 0", lambda x, y: x % y, (-7.5, 2.0), (1.0, 4.0)),
        ("x // y", lambda x, y: x * (x // y), (7.5, 2.0), (3.0, 0.0)),
        ("leaky_relu(1) of an infinite slope", lambda x: x.leaky_relu(INF), (1.0,), (1.0,)),
        (
            "the smallest float to its own power",
            lambda x, y: x**y,
            (5e-324, 5e-324),
            (1.0, math.log(5e-324)),
        ),
        ("cbrt(0)", lambda x: x.cbrt(), (0.0,), (INF,)),
        ("clip at an edge", lambda x: functions.clip(x, 0.0, 1.0), (1.0,), (0.5,)),
    ],
)
def test_slopes_at_kinks_follow_the_convention(case, f, at, expected):
    assert all(map(same, slope(f, *at), expected)), (case, slope(f, *at))


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (functions.log, 0.0, -INF),
        (lambda x: 1 / x, 0.0, INF),
        (lambda x: 1 / x, -0.0, -INF),
        (functions.exp, 1000.0, INF),
        (functions.sqrt, -1.0, NAN),
        (lambda x: x ** (1 / 3), -8.0, NAN),
        (lambda x: x**0.5, -1.0, NAN),
        (lambda x: x**-1, 0.0, INF),
        (lambda x: 2**x, 5000.0, INF),
        (functions.sin, INF, NAN),
        (functions.cosh, 1e6, INF),
        (lambda x: 7 / x, 3.0, 7.0 / 3),
        (lambda x: x % 0.0, 3.0, NAN),
        (lambda x: x // 0.0, 3.0, INF),
        (lambda x: x // 0.0, -3.0, -INF),
        (lambda x: x // 0.0, 0.0, NAN),
        (lambda x: x % INF, -3.0, INF),
        (math.floor, INF, INF),
        (math.ceil, -INF, -INF),
        (round, NAN, NAN),
        (math.trunc, -0.5, -0.0),
    ],
)
def test_numbers_follow_ieee_and_never_become_complex(f, x, expected):
    y = f(Value(x))
    assert isinstance(y.data, float)
    assert same(y.data, expected)


def test_a_wrong_partial_would_be_seen(monkeypatch):
    """The check on 4 ulp must be able to fail."""
    wrong = primitive("tanh")._replace(partials=lambda x, y: (1.0 - y,))
    table = list(PRIMITIVES)
    table[CODES["tanh"]] = wrong
    monkeypatch.setattr("autograd_nn.ops.PRIMITIVES", tuple(table))
    with pytest.raises(AssertionError):
        test_value_and_slope_of_one_operand_are_within_4_ulp("tanh")


def test_the_three_kinds_of_leaf_are_no_operations():
    for code in range(CONSTANT + 1):
        with pytest.raises(TypeError, match="holds a number"):
            PRIMITIVES[code].scalar(1.0)
