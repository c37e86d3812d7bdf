"""The table of primitives column by column: strict accuracy, spelling, kinks, second slopes.

``test_accuracy`` asks for 4 ulp wherever the table gives a finite number.  Here the truth
decides what is asked: where mpmath has a finite number the table must have it too, and a
slope that should be infinite or nan may not come out as a number.
"""

import math

import mpmath as mp
import numpy as np
import pytest

from autograd_nn import Value, functions, grad, special
from autograd_nn.engine import require
from autograd_nn.ops import CODES, CONSTANT, PRIMITIVES, Trait, primitive

INF, NAN = math.inf, math.nan
ULPS = 4
ROWS = [row for row in PRIMITIVES if row.name]
SMALLEST_NORMAL = 2.2250738585072014e-308

# From 1e-300 to 1e300, and the ends of the floats.
SIZES = [
    *(d * 10.0**e for e in (*range(-300, 301, 25), *range(-8, 9)) for d in (1.0, 2.345678)),
    *(5e-324, 1e-310, SMALLEST_NORMAL, 0.5, 0.99, 1.5, 7.0, 18.5, 36.0, 700.0, 1.7e308),
]
GRID = [*sorted({s * x for x in SIZES for s in (1, -1)}), 0.0, -0.0]
PAIR_SIZES = [1e-300, 1e-160, 1e-8, 0.3, 1.0, 2.0, 2.5, 3.0, 33.0, 1e8, 1e160, 1e300]
PAIRS = [(s * a, t * b) for a in PAIR_SIZES for b in PAIR_SIZES for s in (1, -1) for t in (1, -1)]


def sech_squared(x):
    return 4 / (mp.exp(x) + mp.exp(-x)) ** 2 if abs(x) < 1e6 else mp.mpf(0)


def logistic(x):
    return 1 / (1 + mp.exp(-x)) if x > -1e6 else mp.mpf(0)


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


# name: value, slope, and the inputs that are asked about.  Left out: trigonometry of numbers
# above 1e30 (the C library decides), and exponentials too large for mpmath to hold.
def always(x):
    return True


def moderate(x):
    return abs(x) < 1e6


UNARY = {
    "neg": (lambda x: -x, lambda x: mp.mpf(-1), always),
    "abs": (abs, mp.sign, always),
    "relu": (lambda x: max(x, mp.mpf(0)), lambda x: mp.mpf(x > 0), always),
    "exp": (mp.exp, mp.exp, moderate),
    "expm1": (mp.expm1, mp.exp, moderate),
    "log": (mp.log, lambda x: 1 / x, lambda x: x > 0),
    "log1p": (mp.log1p, lambda x: 1 / (1 + x), lambda x: x > -1),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), lambda x: x > 0),
    "tanh": (mp.tanh, sech_squared, moderate),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x), moderate),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), logistic, moderate),
    "sin": (mp.sin, mp.cos, lambda x: abs(x) < 1e30),
    "cos": (mp.cos, lambda x: -mp.sin(x), lambda x: abs(x) < 1e30),
    "tan": (mp.tan, lambda x: mp.sec(x) ** 2, lambda x: abs(x) < 1e30),
    "asin": (mp.asin, lambda x: 1 / mp.sqrt(1 - x * x), lambda x: abs(x) < 1),
    "acos": (mp.acos, lambda x: -1 / mp.sqrt(1 - x * x), lambda x: abs(x) < 1),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x), always),
    "sinh": (mp.sinh, mp.cosh, moderate),
    "cosh": (mp.cosh, mp.sinh, moderate),
    "erf": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x), lambda x: abs(x) < 7),
    "log2": (lambda x: mp.log(x, 2), lambda x: 1 / (x * mp.log(2)), lambda x: x > 0),
    "log10": (mp.log10, lambda x: 1 / (x * mp.log(10)), lambda x: x > 0),
    "exp2": (lambda x: mp.mpf(2) ** x, lambda x: mp.log(2) * mp.mpf(2) ** x, moderate),
    "cbrt": (
        lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2),
        lambda x: x != 0,
    ),
    "asinh": (
        lambda x: mp.sign(x) * mp.asinh(abs(x)),
        lambda x: 1 / mp.sqrt(1 + x * x),
        always,
    ),
    "erfc": (
        mp.erfc,
        lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
        lambda x: -2 < x < 2,
    ),
    "step": (lambda x: mp.mpf(x > 0), flat, always),
    "sign": (mp.sign, flat, always),
    "floor": (mp.floor, flat, always),
    "ceil": (mp.ceil, flat, always),
    "trunc": (lambda x: mp.sign(x) * mp.floor(abs(x)), flat, always),
    "rint": (mp.nint, flat, always),
}
BINARY = {
    "add": (lambda a, b: a + b, lambda a, b: (1, 1)),
    "sub": (lambda a, b: a - b, lambda a, b: (1, -1)),
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
    "leaky_relu": (
        lambda x, k: x if x > 0 else k * x,
        lambda x, k: (1, 0) if x > 0 else (k, x),
    ),
}


def is_asked(name, a, b):
    if name in ("maximum", "minimum", "share"):
        return a != b  # a tie is a kink
    if name == "pow":  # a**b is ill conditioned in b where b*log(a) is large
        return (a > 0 or b == int(b)) and abs(b * math.log(abs(a))) < 100
    return True


def ulps(found, truth):
    """The distance in units in the last place of the truth, at least the smallest subnormal's."""
    nearest = float(truth)
    if math.isinf(nearest):  # beyond the floats: the largest float is as near as inf
        return 0.0 if abs(found) > 1.79e308 and found * nearest > 0 else INF
    if not math.isfinite(found):
        return INF
    return float(abs(mp.mpf(found) - truth) / mp.mpf(math.ulp(nearest)))


@pytest.mark.parametrize("name", UNARY)
def test_one_operand_is_within_4_ulp_wherever_the_truth_is_finite(name):
    value, slope, asked = UNARY[name]
    row = primitive(name)
    points = [x for x in GRID if asked(x)]
    assert len(points) >= 40
    with mp.workdps(400 if name in ("expm1", "log1p", "atan") else 60):
        for x in points:
            y = row.scalar(x)
            (d,) = row.partials(x, y)
            assert ulps(y, mp.mpf(value(mp.mpf(x)))) <= ULPS, (x, y)
            assert ulps(d, mp.mpf(slope(mp.mpf(x)))) <= ULPS, (x, d)


@pytest.mark.parametrize("name", BINARY)
def test_two_operands_are_within_4_ulp_wherever_the_truth_is_finite(name):
    value, slopes = BINARY[name]
    row = primitive(name)
    points = [(a, b) for a, b in PAIRS if is_asked(name, a, b)]
    assert len(points) >= 60
    with mp.workdps(60):
        for a, b in points:
            big = mp.mpf(a), mp.mpf(b)
            y = row.scalar(a, b)
            assert ulps(y, mp.mpf(value(*big))) <= ULPS, (a, b, y)
            for d, truth in zip(row.partials(a, b, y), slopes(*big), strict=True):
                if isinstance(truth, mp.mpc):  # the logarithm of a negative base
                    assert math.isnan(d), (a, b, d)
                else:
                    assert ulps(d, mp.mpf(truth)) <= ULPS, (a, b, d)


def test_the_yardstick_measures():
    """A wrong infinity, a nan and a fifth ulp count as wrong."""
    one = mp.mpf(1)
    assert ulps(1.0, one) == 0.0
    assert ulps(1.0 + 5 * math.ulp(1.0), one) == 5.0
    assert ulps(INF, one) == ulps(NAN, one) == INF
    assert ulps(-INF, mp.mpf(10) ** 400) == INF
    assert ulps(INF, mp.mpf(10) ** 400) == 0.0


@pytest.mark.parametrize(
    ("name", "xs", "expected"),
    [
        # At infinity every operation has its limit, and slopes their limits.
        ("exp", (INF,), (INF, INF)),
        ("exp", (-INF,), (0.0, 0.0)),
        ("expm1", (-INF,), (-1.0, 0.0)),
        ("log", (INF,), (INF, 0.0)),
        ("log", (0.0,), (-INF, INF)),
        ("log", (-1.0,), (NAN, -1.0)),
        ("log1p", (-1.0,), (-INF, INF)),
        ("log1p", (-2.0,), (NAN, -1.0)),
        ("sqrt", (INF,), (INF, 0.0)),
        ("sqrt", (0.0,), (0.0, INF)),
        ("sqrt", (-0.0,), (-0.0, INF)),
        ("sqrt", (-4.0,), (NAN, NAN)),
        ("tanh", (INF,), (1.0, 0.0)),
        ("tanh", (-INF,), (-1.0, 0.0)),
        ("sigmoid", (INF,), (1.0, 0.0)),
        ("sigmoid", (-INF,), (0.0, 0.0)),
        ("softplus", (INF,), (INF, 1.0)),
        ("softplus", (-INF,), (0.0, 0.0)),
        ("sin", (INF,), (NAN, NAN)),
        ("cos", (-INF,), (NAN, NAN)),
        ("tan", (INF,), (NAN, NAN)),
        ("asin", (1.0,), (math.pi / 2, INF)),
        ("asin", (1.5,), (NAN, NAN)),
        ("acos", (-1.0,), (math.pi, -INF)),
        ("atan", (INF,), (math.pi / 2, 0.0)),
        ("sinh", (-INF,), (-INF, INF)),
        ("cosh", (-INF,), (INF, -INF)),
        ("erf", (INF,), (1.0, 0.0)),
        ("abs", (-INF,), (INF, -1.0)),
        ("abs", (-0.0,), (0.0, 0.0)),
        ("relu", (-INF,), (0.0, 0.0)),
        ("relu", (INF,), (INF, 1.0)),
        ("div", (1.0, 0.0), (INF, INF, -INF)),
        ("div", (1.0, -0.0), (-INF, -INF, -INF)),
        ("div", (0.0, 0.0), (NAN, INF, NAN)),
        ("div", (1.0, INF), (0.0, 0.0, 0.0)),
        ("pow", (0.0, -1.0), (INF, -INF, -INF * -0.0)),
        ("pow", (-8.0, 1 / 3), (NAN, NAN, NAN)),
        ("pow", (2.0, 5000.0), (INF, INF, INF)),
        ("pow", (-2.0, 5001.0), (-INF, INF, NAN)),
        ("pow", (1.0, INF), (1.0, INF, 0.0 * INF)),
        ("hypot", (INF, 1.0), (INF, NAN, 0.0)),
        ("atan2", (0.0, -1.0), (math.pi, -1.0, 0.0)),
        ("atan2", (0.0, 0.0), (0.0, 0.0, 0.0)),
        ("maximum", (INF, -INF), (INF, 1.0, 0.0)),
        ("maximum", (0.0, -0.0), (0.0, 0.5, 0.5)),
        ("minimum", (NAN, 1.0), (NAN, NAN, NAN)),
        # Python's max and min: a nan is never larger, so the first one stays.
        ("first_max", (INF, -INF), (INF, 1.0, 0.0)),
        ("first_max", (NAN, 1.0), (NAN, 1.0, 0.0)),
        ("first_max", (1.0, NAN), (1.0, 1.0, 0.0)),
        ("first_max", (-0.0, 0.0), (-0.0, 1.0, 0.0)),
        ("first_min", (0.0, -0.0), (0.0, 1.0, 0.0)),
        ("first_min", (1.0, -INF), (-INF, 0.0, 1.0)),
        ("step", (0.0,), (0.0, 0.0)),
        ("step", (-INF,), (0.0, 0.0)),
        ("step", (NAN,), (NAN, 0.0)),
        ("sign", (-INF,), (-1.0, 0.0)),
        ("sign", (NAN,), (NAN, 0.0)),
        ("share", (2.0, 2.0), (0.5, 0.0, 0.0)),
        ("share", (NAN, 2.0), (NAN, 0.0, 0.0)),
        ("greater", (2.0, 2.0), (0.0, 0.0, 0.0)),
        ("greater", (NAN, 2.0), (0.0, 0.0, 0.0)),
        ("floor", (-0.5,), (-1.0, 0.0)),
        ("floor", (INF,), (INF, 0.0)),
        ("ceil", (-0.5,), (-0.0, 0.0)),
        ("trunc", (-2.5,), (-2.0, 0.0)),
        ("trunc", (NAN,), (NAN, 0.0)),
        ("rint", (0.5,), (0.0, 0.0)),
        ("rint", (1.5,), (2.0, 0.0)),
        ("rint", (-2.5,), (-2.0, 0.0)),
        ("rint", (-INF,), (-INF, 0.0)),
        ("mod", (-7.0, 3.0), (2.0, 1.0, 3.0)),
        ("mod", (7.0, -3.0), (-2.0, 1.0, 3.0)),
        ("mod", (7.0, 0.0), (NAN, 1.0, -INF)),
        ("mod", (INF, 3.0), (NAN, 1.0, NAN)),
        ("mod", (-1.0, INF), (INF, 1.0, 1.0)),
        ("floordiv", (-7.0, 3.0), (-3.0, 0.0, 0.0)),
        ("floordiv", (-7.0, -0.0), (INF, 0.0, 0.0)),
        ("floordiv", (0.0, 0.0), (NAN, 0.0, 0.0)),
    ],
)
def test_the_ends_of_the_number_line(name, xs, expected):
    row = primitive(name)
    y = row.scalar(*xs)
    found = (y, *row.partials(*xs, y))
    if name == "pow" and xs[0] in (0.0, 1.0):  # the exponent's slope there is a limit nobody fixed
        found, expected = found[:2], expected[:2]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_arrays_give_the_floats_numbers_on_the_whole_grid(row):
    """The eager engine and the jit are fed by the two columns; they may differ by 4 ulp."""
    points = [(x,) for x in GRID if abs(x) < 1e15] if row.arity == 1 else PAIRS
    columns = [np.array(column) for column in zip(*points, strict=True)]
    scalars = [row.scalar(*xs) for xs in points]
    slopes = [row.partials(*xs, y) for xs, y in zip(points, scalars, strict=True)]
    with np.errstate(all="ignore"):
        y = row.array(*columns)
        batches = row.partials(*columns, y)
    tolerance = {"rtol": 2e-14 if row.name == "pow" else 4 * 2.3e-16, "atol": 4 * 5e-324}
    np.testing.assert_allclose(y, scalars, **tolerance)
    for k, batch in enumerate(batches):
        single = [d[k] for d in slopes]
        np.testing.assert_allclose(np.broadcast_to(batch, len(points)), single, **tolerance)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_formulas_for_people_say_what_the_partials_compute(row):
    """A picture shows the formula, the engine uses the function: they must not part ways."""
    names = {f.__name__: f for f in (math.exp, math.log, math.sqrt, math.cos, math.sin, math.cosh)}
    names |= {"sinh": math.sinh, "pi": math.pi, "min": min, "sigmoid": functions.sigmoid}
    names |= {"digamma": special.digamma, "polygamma": special.polygamma, "mills": special.mills}
    names |= {"nan": NAN}
    names["sign"] = lambda x: math.copysign(1.0, x)
    assert len(row.spelling.formulas) == row.arity
    points = [(0.3, 0.7), (0.9, 0.2), (0.5, 2.0)]
    for xs in {"acosh": [(1.5,), (7.0,)], "polygamma": [(0.7, 1.0), (3.0, 2.0)]}.get(
        row.name, points
    ):
        operands = xs[: row.arity]
        y = row.scalar(*operands)
        spelled = dict(zip("ab", operands, strict=False)) | {"y": y}
        for formula, slope in zip(row.spelling.formulas, row.partials(*operands, y), strict=True):
            text = formula.format(**{k: f"({v!r})" for k, v in spelled.items()})
            spelled_out = eval(text, names)
            assert spelled_out == pytest.approx(slope, rel=1e-12, nan_ok=True), (formula, text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_complete(row):
    assert PRIMITIVES[CODES[row.name]] is row
    assert row.spelling.symbol
    latex = row.spelling.latex.format(a="A", b="B")
    assert latex.count("{") == latex.count("}")  # a label of its own, braces and all
    assert "A" in latex
    assert ("B" in latex) == (row.arity == 2)


def somewhere(row):
    """Operands at which nearly every operation is a number, some of them whole."""
    points = [(0.3, 0.7), (0.9, 0.2), (0.5, 2.0), (-0.4, 1.0), (1.5, -2.0), (3.0, 2.0), (-7.0, 3.0)]
    return [point[: row.arity] for point in points]


def agree(a, b):
    return a == b or (a != a and b != b)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_traits_are_true_and_none_is_left_out(row):
    """The jit rewrites by them: one that is wrong changes a result, one that is missing costs."""
    points = somewhere(row)
    pairs = [*points, (NAN, 1.0)] if row.arity == 2 else []
    commutes = row.arity == 2 and all(agree(row.scalar(*p), row.scalar(*p[::-1])) for p in pairs)
    assert (Trait.COMMUTES in row.traits) == commutes

    def is_sum(xs):
        y = row.scalar(*xs)
        slopes = row.partials(*xs, y)
        return all(type(s) is float for s in slopes) and y == sum(
            s * x for s, x in zip(slopes, xs, strict=True)
        )

    linear = all(map(is_sum, points)) and len({row.partials(*xs, 0.0) for xs in points}) == 1
    assert (Trait.LINEAR in row.traits) == linear
    assert (Trait.ZERO_AT_ZERO in row.traits) == (row.scalar(*[0.0] * row.arity) == 0.0)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_keeps_wholes_keeps_them(row):
    """An index computed by such operations is still an index."""
    wholes = [(a, b) for a in (-7.0, -1.0, 2.0, 5.0) for b in (-3.0, 1.0, 4.0)]
    keeps = all(row.scalar(*xs[: row.arity]).is_integer() for xs in wholes)
    if Trait.KEEPS_WHOLE in row.traits:
        assert keeps
    elif keeps:  # of anything, of some numbers only, or of what is no index
        known = {"relu", "floor", "ceil", "trunc", "rint", "step", "sign", "greater", "share"}
        assert row.name in known | {"leaky_relu", "maximum", "minimum", "take"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_traits_of_the_bits_hold(row):
    """``jit`` gives the bits of the engine where it relies on these."""
    columns = [(a, b) for a in GRID[::7] for b in (-3.0, 0.5, 2.0, 1e300)]
    operands = [xs[: row.arity] for xs in columns]
    if Trait.SAME_BITS in row.traits:
        with np.errstate(all="ignore"):
            found = row.array(*np.array(operands).T)
        wanted = np.array([row.scalar(*xs) for xs in operands])
        np.testing.assert_array_equal(found, wanted)
    if Trait.OF_MATH in row.traits:
        for xs in operands:
            try:
                wanted = getattr(math, row.name)(*xs)
            except (ValueError, OverflowError):
                continue
            assert agree(row.scalar(*xs), wanted), xs


def test_an_operation_with_a_kink_has_a_switch_that_changes_sign_there():
    kinks = {row.name: row.switch for row in ROWS if row.switch is not None}
    corners = {"abs", "relu", "leaky_relu", "maximum", "minimum", "first_max", "first_min"}
    jumps = {"step", "sign", "share", "greater"}
    assert set(kinks) == corners | jumps
    for name, switch in kinks.items():
        rest = (0.0,) * (primitive(name).arity - 1)
        assert switch(-1.0, *rest) < 0.0 < switch(1.0, *rest)


SMOOTH_AT = {"acos": 0.3, "asin": 0.3, "log": 1.7, "sqrt": 1.7}


@pytest.mark.parametrize("name", sorted(UNARY))
def test_the_slope_of_the_slope_of_one_operand(name):
    """Partials written on Values can be differentiated again."""
    at = SMOOTH_AT.get(name, 0.8)
    function = (lambda x: -x) if name == "neg" else getattr(Value, name)
    with mp.workdps(50):
        truth = mp.diff(UNARY[name][0], mp.mpf(at), 2)
    assert grad(grad(function))(at) == pytest.approx(float(truth), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", sorted(BINARY))
def test_the_mixed_second_slopes_of_two_operands(name):
    operators = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b,
        "mod": lambda a, b: a % b,
        "floordiv": lambda a, b: a // b,
    }
    function = operators.get(name) or (lambda a, b: getattr(require(a), name)(b))
    at = (1.3, 0.7)
    for i in (0, 1):
        for j in (0, 1):
            with mp.workdps(50):
                orders = tuple((i == k) + (j == k) for k in (0, 1))
                truth = mp.diff(BINARY[name][0], tuple(map(mp.mpf, at)), orders)
            found = grad(grad(function, i), j)(*at)
            assert found == pytest.approx(float(truth), rel=1e-12, abs=1e-15), (i, j)


def test_leaves_are_the_first_rows_and_have_no_name():
    assert [PRIMITIVES[code].name for code in range(CONSTANT + 1)] == ["", "", ""]
    assert "" not in CODES
    with pytest.raises(KeyError):
        primitive("no such operation")


def test_every_operation_has_a_method_or_an_operator():
    """So that ``np.exp(array_of_values)`` and the table's partials on Values find it."""
    spelled = {"add", "sub", "mul", "div", "pow", "neg", "mod", "floordiv"}
    spelled |= {"take"}  # only jit.take records it
    for row in ROWS:
        assert row.name in spelled or hasattr(Value, row.name), row.name
