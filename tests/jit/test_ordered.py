"""Sums that a comparison reads round as the engine's, bit for bit.

If the program added in another order, as a matrix product does, a comparison could come out
otherwise than in the function itself: another branch, and so another number.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import functions as fn
from autograd_nn import value_and_grad
from autograd_nn.jit import jit
from autograd_nn.jit.ordered import _LIMIT


def guarded(sums):
    """The sums, each of which a comparison reads."""
    for s in sums:
        assert not s > 1e300
    return sums


def dots(w, x):
    return [sum(a * b for a, b in zip(row, x, strict=True)) for row in w]


def totals(w, x):
    return [sum(row) for row in w]


def with_a_bias(w, x):
    return [x[0] + sum(a * b for a, b in zip(row, x, strict=True)) for row in w]


def signs(w, x):
    return [
        sum((a if k % 3 else -a) * b for k, (a, b) in enumerate(zip(row, x, strict=True)))
        for row in w
    ]


def alternating(w, x):
    found = []
    for row in w:
        s = 0.0
        for k, (a, b) in enumerate(zip(row, x, strict=True)):
            s = s + a if k % 2 else s - a * b
        found.append(s)
    return found


def gathers(w, x):
    n = len(x)
    return [sum(row[(7 * k + 3) % n] * x[(k * k) % n] for k in range(n)) for row in w]


def squares(w, x):
    return [sum((a - b) ** 2 for a, b in zip(row, x, strict=True)) for row in w]


def backwards(w, x):
    return [sum(row[k] * x[k] for k in reversed(range(len(x)))) for row in w]


def two_axes(w, x):
    """One sum over a whole table."""
    return [sum(a * b for row in w for a, b in zip(row, x, strict=True))]


def windows(w, x):
    return [
        sum(w[i + p][j + q] * x[3 * p + q] for p in range(3) for q in range(3))
        for i in range(len(w) - 2)
        for j in range(len(x) - 2)
    ]


def sums_of_sums(w, x):
    rows = dots(w, x)
    return [sum(rows), sum(r * r for r in rows) - sum(x)]


def prefixes(w, x):
    return [sum(x[: k + 2]) for k in range(len(x) - 1)]


def functions_between(w, x):
    return [sum(fn.tanh(a) * b for a, b in zip(row, x, strict=True)) for row in w]


SUMS = [dots, totals, with_a_bias, signs, alternating, gathers, squares, backwards, two_axes]
SUMS += [windows, sums_of_sums, prefixes, functions_between]


def numbers(seed, *shape):
    """Of very different sizes, so that every order of adding rounds in its own way."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) * 10.0 ** rng.integers(-6, 7, shape)


def by_engine(f, *args):
    """Each result as the engine computes it."""
    count = len(f(*args))
    return [value_and_grad(lambda *a, k=k: f(*a)[k])(*args)[0] for k in range(count)]


def exact(f):
    return lambda w, x: guarded(f(w, x))


@pytest.mark.parametrize("f", SUMS, ids=lambda f: f.__name__)
@settings(max_examples=12, deadline=None)
@given(st.sampled_from([(2, 9), (5, 30), (17, 12), (3, 100)]), st.integers(0, 1000))
def test_to_the_last_bit(f, shape, seed):
    w, x = numbers(seed, *shape), numbers(seed + 1, shape[1])
    program = jit(exact(f)).program(w, x)
    assert program(w, x) == by_engine(f, w, x)
    others = numbers(seed + 2, *shape), numbers(seed + 3, shape[1])
    assert program(*others) == by_engine(f, *others)


@pytest.mark.parametrize("f", [dots, totals, squares], ids=lambda f: f.__name__)
def test_the_loops_stay_packs(f):
    """Not one line of Python a number."""
    w, x = numbers(0, 40, 30), numbers(1, 30)
    assert jit(exact(f)).program(w, x).packs <= 4


def test_another_order_would_be_seen():
    """The numbers above do not add up alike in any order."""
    w, x = numbers(0, 40, 30), numbers(1, 30)
    assert (w @ x).tolist() != by_engine(dots, w, x)


@pytest.mark.parametrize("shape", [(1, _LIMIT + 1000), (1, 2 * _LIMIT), (50, 3000), (300, 300)])
def test_large_sums_are_added_in_pieces(shape):
    """Also where the pieces do not come out even; the sum so far is carried on."""
    w, x = numbers(3, *shape), numbers(4, shape[1])
    one_row = sum_in_order(w * x)
    assert jit(exact(dots)).program(w, x)(w, x) == one_row


def sum_in_order(terms):
    found = []
    for row in terms.tolist():
        total = 0.0
        for term in row:
            total += term
        found.append(total)
    return found


@pytest.mark.parametrize("count", [1, 7, 600])
def test_rows(count):
    """The terms of all rows lie side by side."""

    def f(w, x):
        s = sum(a * b for a, b in zip(w, x, strict=True))
        return s * 2 if s >= 1.0 else s

    w, X = numbers(5, 20), numbers(6, count, 20)
    sums = np.array(sum_in_order(w * X))
    expected = np.where(sums >= 1.0, sums * 2, sums)
    jitted = jit(f, rows="x", reduce=None)
    for _ in range(3):
        np.testing.assert_array_equal(jitted(w, X), expected)


def test_a_sum_right_at_the_threshold():
    """0.1 ten times is 0.9999999999999999 in this order, and 1.0 in another."""
    f = jit(lambda xs: sum(xs) * 2 if sum(xs) >= 1.0 else sum(xs) * 0, rows="xs", reduce=None)
    X = [[0.1] * 10, [0.2] * 10, [0.1] * 10]
    for _ in range(3):
        assert f(X).tolist() == [0.0, 2 * sum([0.2] * 10), 0.0]


def test_the_slopes_are_those_of_the_engine():
    w, x = numbers(7, 12, 40), numbers(8, 40)

    def f(w, x):
        return sum(s * s for s in guarded(signs(w, x)))

    jitted = jit(f)
    expected = value_and_grad(f, (0, 1))(w, x)
    for _ in range(3):
        value, slopes = jitted.value_and_grad(w, x, argnums=(0, 1))
        assert value == pytest.approx(expected[0], rel=1e-12)
        for found, slope in zip(slopes, expected[1], strict=True):
            np.testing.assert_allclose(found, slope, rtol=1e-9, atol=1e-9 * np.abs(slope).max())


def test_numbers_that_are_not_finite():
    w, x = numbers(9, 6, 20), numbers(10, 20)
    program = jit(exact(dots)).program(w, x)
    w[1, 3], w[2, 4], w[3, 0] = np.inf, np.nan, -np.inf
    w[3, 19] = np.inf
    x[3] = x[19] = 1.0
    with np.errstate(invalid="ignore"):
        found = [f"{s}" for s in jit(dots)(w, x)]
        again = [f"{s}" for s in by_engine(dots, w, x)]
    assert found == again
    finite = numbers(11, 6, 20)
    assert program(finite, x) == by_engine(dots, finite, x)
