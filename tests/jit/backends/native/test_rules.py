"""Every row of the table as machine code: its value and its slopes, at every kink and edge.

A row that disagrees with the table in one place of a vector gives a user's jitted function other
numbers, slopes or nans than the function has, and only for some of its rows.
"""

import math
from functools import cache

import numpy as np
import pytest
from native_rows import Compiled

from autograd_nn.jit.backends.native import rules
from autograd_nn.jit.backends.native.lane import Lane
from autograd_nn.jit.backends.native.machine import Target, host
from autograd_nn.ops import PRIMITIVES, own_row

ROWS = [row for row in PRIMITIVES if row.arity]
WIDTHS = (1, 2, 4, 8)
#: Rows that ask Python, for the C library does not have them, or has other last digits.
ASKED = {"digamma", "polygamma", "log_ndtr", "mills"}
ASKED_IF_EXACT = ASKED | {"hypot", "lgamma"}

EDGES = [
    0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, math.inf, -math.inf, math.nan, 5e-324, -5e-324,
    1e-310, 2.3e-308, 1e-300, 1e-17, 1e-8, 0.7, 1.0 - 2.0**-53, 1.0 + 2.0**-52, 1.5, 2.5, -2.5, 3.0,
    -3.0, 4.0, 4.5, 30.0, -30.0, 709.7, 710.0, -745.0, -750.0, 1e5, -1e8, 1e22, 1e300, 1.7e308,
    -1.7e308,
]  # fmt: skip


@cache
def pairs():
    """All pairs of edges, so that each edge meets each place of a vector, and ordinary numbers."""
    random = np.random.default_rng(0)
    normal = 3.0 * random.normal(size=(2, 1000))
    edges = np.array([(x, y) for x in EDGES for y in EDGES]).T
    shifted = np.roll(edges, 1, axis=1)  # other places of the vector
    shifted[:, 0] = 0.25
    found = np.concatenate([edges, shifted, normal, np.exp(normal)], axis=1)
    return tuple(np.ascontiguousarray(x[: x.size // 8 * 8]) for x in found)


@cache
def compiled(target=None):
    made = Compiled(target)
    for exact in (False, True):
        for width in WIDTHS:
            for row in ROWS:

                def both(code, *operands, row=row):
                    y = rules.value(code, row, operands)
                    return [y, *rules.slopes(code, row, operands, y)]

                made.add(
                    f"{row.name}_{width}_{exact}", both, row.arity, 1 + row.arity, width, exact
                )
    return made


@cache
def wanted(name):
    """Value and slopes by the table's rules for floats."""
    row = next(row for row in ROWS if row.name == name)
    found = []
    for pair in zip(*(x.tolist() for x in pairs()), strict=True):
        operands = pair[: row.arity]
        y = row.scalar(*operands)
        found.append((y, *row.partials(*operands, y)))
    return np.array(found, dtype=float).T


def same_bits(found, want):
    bits = found.view(np.int64) == want.view(np.int64)
    return bits | (np.isnan(found) & np.isnan(want))


#: Distances that are right where terms may cancel; the C library's lgamma is nearer the truth.
SLACK = {"lgamma": 1e-14, "logaddexp": 1e-15}


def close(found, want, ulp, slack=0.0):
    """Within some spacings of the doubles; nan, infinities and signs of zeros in their places."""
    finite = np.isfinite(want) & (want != 0.0)
    spacing = np.spacing(np.abs(np.where(finite, want, 1.0)))
    with np.errstate(invalid="ignore", over="ignore"):
        near = finite & (np.abs(found - want) <= np.maximum(ulp * spacing, slack))
    return near | same_bits(found, want)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_table_holds_in_every_place_of_every_vector(row, exact):
    operands = pairs()[: row.arity]
    for width in WIDTHS:
        found = compiled()(f"{row.name}_{width}_{exact}", *operands)
        for k, (ours, want) in enumerate(zip(found, wanted(row.name), strict=True)):
            if k == 0 and exact:
                right = same_bits(ours, want)
            else:
                right = close(ours, want, 8, SLACK.get(row.name, 0.0) if k == 0 else 0.0)
            wrong = np.flatnonzero(~right)[:3]
            at = [(*(x[i] for x in operands), ours[i], want[i]) for i in wrong]
            assert not at, (width, k, at)


@pytest.mark.parametrize("exact", [False, True])
def test_only_rows_that_need_it_ask_python(exact):
    for row in ROWS:
        made = Compiled()

        def both(code, *operands, row=row):
            y = rules.value(code, row, operands)
            return [y, *rules.slopes(code, row, operands, y)]

        made.add("f", both, row.arity, 1 + row.arity, 4, exact)
        asks = "call double @python" in made.text()
        needs = ASKED_IF_EXACT if exact else ASKED
        own = {"asinh", "atan", "atan2"} if exact else set()  # their slopes have a hypot
        own |= {"lgamma"}  # its slope is a digamma
        assert asks == (row.name in needs | own), row.name


@pytest.mark.parametrize(
    ("cpu", "features", "fused"),
    [("x86-64", "", False), ("haswell", "", True), ("x86-64", "+avx", False)],
)
def test_older_processors_compute_the_same(cpu, features, fused):
    flags = host().features
    if cpu == "haswell" and not ("+avx2" in flags and "+fma" in flags):
        pytest.skip("this processor cannot run the code")
    if "+avx" not in flags:
        pytest.skip("this processor cannot run the code")
    made = Compiled(Target(cpu, features, 4, fused))
    rows = [row for row in ROWS if row.name not in ASKED]
    for row in rows:
        made.add(row.name, lambda code, *x, row=row: [rules.value(code, row, x)], row.arity, 1, 4)
    for row in rows:
        found = made(row.name, *pairs()[: row.arity])[0]
        right = close(found, wanted(row.name)[0], 8, SLACK.get(row.name, 0.0))
        assert right.all(), row.name


def test_constants_are_folded_as_the_table_computes():
    made = Compiled()

    def folded(code, x):
        two, zero = Lane.of(code, 2.0), Lane.of(code, -0.0)
        return [
            rules.value(code, row("pow"), [x, two]),
            rules.value(code, row("div"), [two, zero]),
            rules.value(code, row("tanh"), [two]),
        ]

    def row(name):
        return next(row for row in ROWS if row.name == name)

    made.add("f", folded, 1, 3, 1)
    assert "@pow" not in made.text()
    x = np.array([3.0, -0.0, math.nan])
    squares, infinite, constant = made("f", x)
    np.testing.assert_array_equal(squares, x * x)
    np.testing.assert_array_equal(infinite, -math.inf)
    np.testing.assert_array_equal(constant, math.tanh(2.0))


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0, 3.0, 4.0, 0.5, -0.5, -1.0, -2.0, 2.5, -3.0])
def test_powers_that_are_known_while_code_is_written(power):
    made = Compiled()
    row = next(row for row in ROWS if row.name == "pow")

    def both(code, x):
        exponent = Lane.of(code, power)
        y = rules.value(code, row, [x, exponent])
        return [y, rules.slopes(code, row, [x, exponent], y)[0]]

    made.add("f", both, 1, 2, 8)
    edges = np.resize(np.array(EDGES), len(EDGES) // 8 * 8 + 8)
    x = np.concatenate([edges, pairs()[0]])
    y, slope = made("f", x)
    want = np.array([row.scalar(v, power) for v in x.tolist()])
    slopes = [row.partials(v, power, w)[0] for v, w in zip(x.tolist(), want.tolist(), strict=True)]
    assert close(y, want, 4).all()
    assert close(slope, np.array(slopes, dtype=float), 8).all()


# -- operations of the user's own ----------------------------------------------------------


def arithmetic(a, b, y):
    return (b * y, a - y)


def branching(a, b, y):
    return (1.0, 0.0) if a > b else (0.0, math.exp(b))


@pytest.mark.parametrize(("partials", "asks"), [(arithmetic, 1), (branching, 3)])
def test_an_operation_of_the_users_own(partials, asks):
    row = own_row("mine", 2, lambda a, b: a * b + 1.0, lambda a, b: a * b + 1.0, partials)
    made = Compiled()

    def both(code, *operands):
        y = rules.value(code, row, operands)
        return [y, *rules.slopes(code, row, operands, y)]

    made.add("f", both, 2, 3, 4)
    a, b = np.random.default_rng(0).normal(size=(2, 8))
    y, *slopes = made("f", a, b)
    np.testing.assert_array_equal(y, a * b + 1.0)
    want = [partials(*each) for each in zip(a.tolist(), b.tolist(), y.tolist(), strict=True)]
    np.testing.assert_array_equal(np.array(slopes).T, want)
    assert len(made.callbacks) == asks


def test_an_operation_named_like_a_row_is_not_taken_for_it():
    row = own_row("tanh", 1, lambda x: x + 1.0, lambda x: x + 1.0, lambda x, y: (2.0,))
    made = Compiled()
    made.add("f", lambda code, x: [rules.value(code, row, [x])], 1, 1, 2)
    np.testing.assert_array_equal(made("f", np.array([1.0, 2.0]))[0], [2.0, 3.0])


def test_an_exception_in_an_operation_of_the_users_own_comes_out():
    def scalar(x):
        if x > 2.0:
            raise ValueError(f"{x} is too large")
        return x

    row = own_row("careful", 1, scalar, scalar, lambda x, y: (1.0,))
    made = Compiled()
    made.add("f", lambda code, x: [rules.value(code, row, [x])], 1, 1, 2)
    with pytest.raises(ValueError, match=r"3\.0 is too large"):
        made("f", np.array([1.0, 3.0, 4.0, 5.0]))
    np.testing.assert_array_equal(made("f", np.array([1.0, 2.0]))[0], [1.0, 2.0])
