"""``jit(f)`` means ``f``: what was frozen at the first call follows the arguments of each call.

Every case was once the first call's answer for ever, an error of the recorder's own, or a crash.
Where a number can be worked out by hand, the test says it; all are compared with the engine.
"""

import copy
import math
import subprocess
import sys
import warnings
from collections import Counter, OrderedDict, namedtuple
from dataclasses import dataclass
from enum import Enum
from functools import partial, reduce
from pathlib import Path

import numpy as np
import pytest
from engine_oracle import check, value_by_engine

import autograd_nn
from autograd_nn import Value, grad, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.jit import jit

# -- numbers by hand ------------------------------------------------------------------------

BY_HAND = {
    "range(int(n))": (
        lambda x, n: sum((x**i for i in range(int(n))), 0.0),
        [((2.0, 3), 7.0), ((2.0, 5), 31.0), ((2.0, 0), 0.0)],
    ),
    "E[int(t)]": (
        lambda E, t: E[int(t)] * 2,
        [(([1.0, 2.0, 3.0], 0), 2.0), (([1.0, 2.0, 3.0], 2), 6.0)],
    ),
    "E[t]": (
        lambda E, t: E[t] * 2,
        [(([1.0, 2.0, 3.0], 0), 2.0), (([1.0, 2.0, 3.0], 2), 6.0), (([1.0, 2.0, 3.0], -1), 6.0)],
    ),
    "np.arange(n).sum()": (lambda n: np.arange(n).sum(), [((3,), 3), ((5,), 10), ((0,), 0)]),
    "x - math.floor(x)": (
        lambda x: x - math.floor(x),
        [((2.5,), 0.5), ((7.25,), 0.25), ((-0.5,), 0.5)],
    ),
    "x - np.floor(x)": (
        lambda x: x - np.floor(x),
        [((2.5,), 0.5), ((7.25,), 0.25), ((-0.5,), 0.5)],
    ),
    "round(x) * x": (lambda x: round(x) * x, [((2.5,), 5.0), ((3.5,), 14.0), ((-1.25,), 1.25)]),
    "if x.data > 0": (lambda x: x * x if x.data > 0 else -x, [((2.0,), 4.0), ((-3.0,), 3.0)]),
    "max by key": (
        lambda xs: max(xs, key=lambda v: v.data) * 1.0,
        [(([1.0, 5.0, 2.0],), 5.0), (([7.0, 5.0, 2.0],), 7.0), (([1.0, 2.0, 9.0],), 9.0)],
    ),
    "sum of those above 0": (
        lambda xs: sum(x for x in xs if x.data > 0),
        [(([1.0, -5.0, 2.0],), 3.0), (([-1.0, 5.0, 2.0],), 7.0)],
    ),
    "math.sqrt": (math.sqrt, [((4.0,), 2.0), ((9.0,), 3.0), ((25.0,), 5.0)]),
    "a regression by float()": (
        lambda rows, w: sum((float(a) * w - float(b)) ** 2 for a, b in rows),
        [(([[1.0, 2.0], [2.0, 3.0]], 1.0), 2.0), (([[1.0, 0.0], [2.0, 0.0]], 3.0), 45.0)],
    ),
    "float(x) behind m == 5.0": (
        lambda m, x: x * float(x) if m == 5.0 else x * m,
        [((5.0, 2.0), 4.0), ((5.0, 3.0), 9.0), ((4.0, 3.0), 12.0)],
    ),
    "argmax of floats": (
        lambda xs: xs[int(np.argmax([float(v) for v in xs]))],
        [(([1.0, 5.0, 2.0],), 5.0), (([7.0, 5.0, 2.0],), 7.0)],
    ),
    "flag is True": (
        lambda t, flag: t * 2 if flag is True else -t,
        [((2.0, True), 4.0), ((2.0, False), -2.0), ((2.0, 1), -2.0), ((2.0, 1.0), -2.0)],
    ),
    "look-up by float(x)": (
        lambda x: x * {1.0: 3.0, 2.0: 4.0}[float(x)],
        [((1.0,), 3.0), ((2.0,), 8.0)],
    ),
    "logsumexp of nothing": (
        fn.logsumexp,
        [(([-math.inf],), -math.inf), (([1.0],), 1.0), (([-math.inf, 2.0],), 2.0)],
    ),
    "math.exp(w)": (lambda w: math.exp(w) * 2, [((0.0,), 2.0), ((1.0,), 2 * math.e)]),
    "x / 49": (lambda x: x / 49.0, [((49.0,), 1.0), ((98.0,), 2.0)]),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_numbers_worked_out_by_hand(name):
    """Otherwise a call returns the number of an earlier call, without a word."""
    f, calls = BY_HAND[name]
    for order in (calls, calls[::-1]):
        jitted = jit(f)
        for args, expected in [*order, *order]:
            assert jitted(*args) == pytest.approx(expected, rel=1e-12), args
    check(f, [args for args, _ in calls])


def test_a_division_by_a_constant_rounds_as_the_engine_does():
    """``x * (1 / 49)`` is not ``x / 49``: a guard on it would choose the other branch."""
    jitted = jit(lambda x: x / 49.0)
    assert [jitted(49.0), jitted(49.0), jitted(49.0 * 3)] == [1.0, 1.0, 3.0]
    step = jit(lambda x: 2.0 * x if x / 49.0 >= 1.0 else 0.0 * x, rows="x", reduce=None)
    np.testing.assert_array_equal(step([49.0, 1.0]), [98.0, 0.0])
    np.testing.assert_array_equal(step([49.0, 1.0]), [98.0, 0.0])
    for divisor in (3.0, 10.0, 41.0, 47.0, 49.0, 55.0, 61.0, 82.0, 83.0, 98.0):
        branch = jit(lambda x, d=divisor: x if x / d >= 1.0 else -x)
        for x in (divisor, np.nextafter(divisor, 0.0), divisor):
            assert branch(float(x)) == (x if x / divisor >= 1.0 else -x)


def test_a_sum_that_a_branch_reads_is_added_in_the_order_of_f():
    """Ten times 0.1 from left to right is below 1; added in pairs it is not."""
    f = lambda xs: sum(xs) * 2 if sum(xs) >= 1.0 else sum(xs) * 0
    table = [[0.1] * 10, [0.2] * 10]
    found = jit(f, rows="xs", reduce=None)(table)
    np.testing.assert_allclose(found, [f(row) for row in table], rtol=1e-12)
    jitted = jit(f)
    for n in (10, 16, 33, 100):
        for total in (1.0, 1.0 + 2e-16, 1.0 - 2e-16):
            xs = [total / n] * n
            assert jitted(xs) == pytest.approx(f(xs), rel=1e-12), (n, total)


SLOPES = {
    "relu": (lambda v: v.relu() * v, [1.5, -1.5, 0.0]),
    "abs": (lambda v: abs(v) * v * v, [1.5, -1.5, 0.0]),
    "leaky_relu": (lambda v: v.leaky_relu(0.1) * v, [1.5, -1.5]),
    "maximum": (lambda v: fn.maximum(v, 1.0) * v, [1.5, -1.5, 1.0]),
    "minimum": (lambda v: fn.minimum(v, 1.0) * v, [1.5, -1.5, 1.0]),
    "clip": (lambda v: fn.clip(v, -1.0, 1.0) * v, [1.5, -1.5, 0.5, 1.0]),
    "if": (lambda v: v * v if v > 0 else -v, [1.5, -1.5]),
    "if on .data": (lambda v: v * v if v.data > 0 else -v, [1.5, -1.5]),
    "tanh": (fn.tanh, [1.5, -1.5]),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_inside_a_jitted_function(name):
    """A slope that depends on a sign was frozen at the sign of the first call."""
    g, points = SLOPES[name]
    calls = [(x,) for x in points]
    check(lambda x: grad(g)(x) * 1.0, calls)
    check(lambda x: grad(grad(g))(x) * x, calls)
    check(lambda x: g(x) + 0.1 * grad(g)(x) ** 2, calls)  # a penalty on the slope
    for order in (points, points[::-1]):
        first, second = jit(grad(g)), jit(grad(grad(g)))
        for x in [*order, *order]:
            assert first(x) == pytest.approx(grad(g)(x), rel=1e-12)
            assert second(x) == pytest.approx(grad(grad(g))(x), rel=1e-12)


def test_the_slope_of_relu_inside_a_jitted_function_by_hand():
    g = grad(lambda v: v.relu() * v)
    jitted = jit(lambda x: g(x) * 1.0)
    assert [jitted(1.5), jitted(-1.5), jitted(1.5), jitted(-1.5)] == [3.0, 0.0, 3.0, 0.0]


# -- errors ---------------------------------------------------------------------------------


def entropy(p):
    """Checks its argument, as people do."""
    assert abs(sum(p) - 1) < 1e-9, "the probabilities do not add up to 1"
    return -sum(q * fn.log(q) for q in p)


def test_a_check_of_the_arguments_is_run_at_the_numbers_given_and_no_others():
    jitted = jit(entropy)
    for p in ([0.25, 0.25, 0.5], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]):
        assert jitted(p) == pytest.approx(-sum(q * math.log(q) for q in p))
    with pytest.raises(AssertionError, match="add up to 1"):
        jitted([0.5, 0.25, 0.5])
    assert jitted([0.25, 0.25, 0.5]) == pytest.approx(1.5 * math.log(2))
    check(entropy, [([0.25, 0.25, 0.5],), ([0.2, 0.3, 0.5],), ([0.5, 0.25, 0.5],)])


def _refuses_negative(x):
    if x < 0:
        raise ValueError(f"{x:.1f} is below 0")
    return x.sqrt()


def _recursion(x):
    return _recursion(x)


ERRORS = {
    "IndexError": (lambda E, t: E[t] * 2, [([1.0, 2.0], 1), ([1.0, 2.0], 2), ([1.0, 2.0], 0)]),
    "KeyError": (lambda x: x * {1.0: 3.0}[float(x)], [(1.0,), (2.0,), (1.0,)]),
    "ValueError": (_refuses_negative, [(4.0,), (-4.0,), (9.0,), (-1.0,)]),
    "ValueError first": (_refuses_negative, [(-4.0,), (4.0,)]),
    "math domain error": (lambda x: math.sqrt(x) + x, [(4.0,), (-4.0,)]),
    "OverflowError": (lambda x: math.exp(x) + x, [(1.0,), (1000.0,)]),
    "ZeroDivisionError": (lambda x: x + 1 / x.data, [(2.0,), (0.0,), (4.0,)]),
    "ZeroDivisionError of int": (lambda x, n: x + 1 // n, [(2.0, 1), (2.0, 0)]),
    "int of nan": (lambda x: x * int(x), [(2.5,), (math.nan,), (3.5,)]),
    "int of inf": (lambda x: x * int(x), [(math.inf,), (2.5,)]),
    "AssertionError": (entropy, [([0.5, 0.5],), ([0.5, 0.6],)]),
    "AttributeError": (lambda x: x.nothing, [(1.0,), (1.0,)]),
    "TypeError": (lambda x: x + "text", [(1.0,), (1.0,)]),
    "RecursionError": (_recursion, [(1.0,)]),
    "StopIteration": (lambda xs: next(x for x in xs if x > 0), [([1.0],), ([-1.0],)]),
    "empty max": (lambda xs: max(x for x in xs if x > 0), [([1.0, 2.0],), ([-1.0, -2.0],)]),
    "statistics": (
        lambda xs: __import__("statistics").fmean([float(x) for x in xs]) * xs[0],
        [([1.0, 2.0],), ([2.0, 5.0],)],
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_the_errors_of_f_are_raised_and_no_others(name):
    """The error of the user's own line, at the numbers that bring it, and at no others."""
    f, calls = ERRORS[name]
    check(f, calls)


def test_an_error_has_the_users_traceback():
    def f(x):
        return x * {1.0: 3.0}[float(x)]  # the line

    jitted = jit(f)
    jitted(1.0)
    for _ in range(3):
        with pytest.raises(KeyError) as caught:
            jitted(2.0)
        assert caught.traceback[-1].path == Path(__file__)
        assert "the line" in str(caught.traceback[-1].statement)
    assert jitted(1.0) == 3.0


# -- integers, text, bools ------------------------------------------------------------------


class Colour(Enum):
    RED = 1
    BLUE = 2


class Point(namedtuple("Point", "x y")):
    @property
    def norm(self):
        return (self.x * self.x + self.y * self.y) ** 0.5


@dataclass
class Body:
    mass: float
    speed: float
    name: str = "body"

    def energy(self):
        return 0.5 * self.mass * self.speed * self.speed


def _matched(n):
    match n:
        case 0:
            return 5.0
        case 1 | 2:
            return 7.0
    return 9.0


def _newton(c):
    x = c * 0.5
    for _ in range(50):
        step = (x * x - c) / (2 * x)
        x = x - step
        if abs(float(step)) < 1e-12:
            break
    return x


def _bisection(c):
    low, high = 0.0 * c, c + 1.0
    for _ in range(30):
        mid = (low + high) / 2
        if float(mid * mid) < float(c):
            low = mid
        else:
            high = mid
    return low + c * 0.5


def _halve(x):
    while float(x) > 1.0:
        x = x / 2
    return x * x


def _interpolate(x):
    from bisect import bisect

    xs, ys = [0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 4.0, 9.0]
    k = bisect(xs, x) - 1
    t = (x - xs[k]) / (xs[k + 1] - xs[k])
    return ys[k] * (1 - t) + ys[k + 1] * t


KINDS = {
    "range(n)": (lambda x, n: sum(x**i for i in range(n)) + 0 * x, [(2.0, 3), (2.0, 5), (2.0, 0)]),
    "range(n + 1)": (lambda x, n: sum(x * i for i in range(n + 1)), [(2.0, 3), (2.0, 5)]),
    "range(a, b)": (
        lambda x, a, b: sum(x * i for i in range(a, b)) + x,
        [(2.0, 1, 3), (2.0, 0, 5), (2.0, 3, 3)],
    ),
    "range of a step": (
        lambda x, n: sum(x * i for i in range(10, 0, -n)),
        [(2.0, 1), (2.0, 3), (2.0, 4)],
    ),
    "x[:n]": (lambda xs, n: sum(xs[:n]), [([1.0, 2.0, 3.0], 1), ([1.0, 2.0, 3.0], 3)]),
    "x[-n:]": (lambda xs, n: sum(xs[-n:]), [([1.0, 2.0, 3.0], 1), ([1.0, 2.0, 3.0], 2)]),
    "x[n]: array": (
        lambda xs, n: xs[n] * xs[n - 1],
        [(np.array([1.0, 2.0, 3.0]), 1), (np.array([1.0, 2.0, 3.0]), 2)],
    ),
    "x[i, j]": (
        lambda xs, i, j: xs[i, j] * 2,
        [(np.arange(6.0).reshape(2, 3), 0, 1), (np.arange(6.0).reshape(2, 3), 1, 2)],
    ),
    "[x] * n": (lambda x, n: sum([x] * n) + x, [(2.0, 3), (2.0, 5), (2.0, 0)]),
    "np.arange(n)": (lambda x, n: (np.arange(n) * x).sum(), [(2.0, 3), (2.0, 5)]),
    "np.zeros(n)": (lambda x, n: x * len(np.zeros(n)), [(2.0, 3), (2.0, 5)]),
    "np.eye(n)": (lambda x, n: (np.eye(n) * x).sum(), [(2.0, 3), (2.0, 5)]),
    "{1: ...}[n]": (lambda x, n: x * {1: 3.0, 2: 4.0}[n], [(2.0, 1), (2.0, 2), (2.0, 3)]),
    "dict.get(n)": (lambda x, n: x * {1: 3.0}.get(n, 9.0), [(2.0, 1), (2.0, 2)]),
    "len(set(ids))": (lambda x, ids: x * len(set(ids)), [(2.0, [1, 1, 2]), (2.0, [1, 2, 3])]),
    "Counter(ids)": (
        lambda x, ids: x * Counter(ids)[1] + Counter(ids).most_common(1)[0][1],
        [(2.0, [1, 1, 2]), (2.0, [1, 2, 3]), (2.0, [1, 1, 1])],
    ),
    "i in {3, 4}": (lambda x, i: x if i in {3, 4} else -x, [(2.0, 3), (2.0, 5), (2.0, 4)]),
    "i in [3, 4]": (lambda x, i: x if i in [3, 4] else -x, [(2.0, 3), (2.0, 5)]),
    "i in range": (lambda x, i: x if i in range(4) else -x, [(2.0, 3), (2.0, 5)]),
    "n % 2": (lambda x, n: x if n % 2 == 0 else -x, [(2.0, 4), (2.0, 5), (2.0, -3)]),
    "x * (n % 3)": (lambda x, n: x * (n % 3), [(2.0, 4), (2.0, 5), (2.0, -4), (2.0, 6)]),
    "n // 2": (lambda x, n: x * (n // 2), [(2.0, 4), (2.0, 5), (2.0, -5)]),
    "divmod(n, 3)": (lambda x, n: x * divmod(n, 3)[0] + divmod(n, 3)[1], [(2.0, 7), (2.0, -5)]),
    "n & 1": (lambda x, n: x if n & 1 else -x, [(2.0, 7), (2.0, 4)]),
    "n | 1, n ^ 3": (lambda x, n: x * (n | 1) + (n ^ 3), [(2.0, 7), (2.0, 4)]),
    "1 << n": (lambda x, n: x * (1 << n) + (n >> 1), [(2.0, 3), (2.0, 4)]),
    "~n": (lambda x, n: x * ~n, [(2.0, 3), (2.0, 4)]),
    "math.comb": (lambda x, n: x * math.comb(n, 2), [(2.0, 4), (2.0, 6)]),
    "math.factorial": (lambda x, n: x * math.factorial(n), [(2.0, 4), (2.0, 6)]),
    "math.gcd": (lambda x, n: x * math.gcd(n, 6), [(2.0, 4), (2.0, 9)]),
    "bin(n)": (lambda x, n: x * bin(n).count("1"), [(2.0, 7), (2.0, 8)]),
    "n.bit_length()": (lambda x, n: x * n.bit_length(), [(2.0, 7), (2.0, 8)]),
    "str(n)": (lambda x, n: x * len(str(n)), [(2.0, 7), (2.0, 18)]),
    "f'{n}'": (lambda x, n: x * {"w3": 1.0, "w4": 2.0}[f"w{n}"], [(2.0, 3), (2.0, 4), (2.0, 5)]),
    "'%d' % n": (lambda x, n: x * {"w3": 1.0, "w4": 2.0}["w%d" % n], [(2.0, 3), (2.0, 4)]),  # noqa: UP031
    "bool(n)": (lambda x, n: x if n else -x, [(2.0, 3), (2.0, 0)]),
    "not n": (lambda x, n: -x if not n else x, [(2.0, 3), (2.0, 0)]),
    "n == 3": (lambda x, n: x if n == 3 else -x, [(2.0, 3), (2.0, 0)]),
    "x * n, x**n": (lambda x, n: x * n + x**n, [(2.0, 3), (2.0, 0), (-2.0, 2), (2.0, -1)]),
    "isinstance(n, int)": (
        lambda x, n: x * 2 if isinstance(n, int) else x * 3,
        [(2.0, 3), (2.0, 3.0), (2.0, 4)],
    ),
    "isinstance(x.data, float)": (
        lambda x: x * 2 if isinstance(x.data, float) else x * 3,
        [(2.0,), (3.0,)],
    ),
    "match": (
        lambda x, n: _matched(n) * x,
        [(2.0, 0), (2.0, 1), (2.0, 7)],
    ),
    "operator.index(n)": (
        lambda x, n: x * __import__("operator").index(n),
        [(2.0, 3), (2.0, 4)],
    ),
    "int(n) % 2": (lambda x, n: x if int(n) % 2 else -x, [(2.0, 3), (2.0, 4), (2.0, 5.0)]),
    "t[int(x * 2)]": (lambda t, x: t[int(x * 2)] * x, [([1.0, 2.0, 3.0], 0.6), ([1.0, 2.0], 0.2)]),
    "enumerate(start=n)": (
        lambda xs, n: sum(k * x for k, x in enumerate(xs, n)),
        [([1.0, 2.0], 1), ([1.0, 2.0], 4)],
    ),
    "np.roll": (lambda xs, n: np.roll(xs, n)[0] * 2, [(np.arange(3.0), 1), (np.arange(3.0), 2)]),
    "np.linspace": (lambda x, n: sum(np.linspace(0, 1, n)) * x, [(2.0, 3), (2.0, 5)]),
    "an array of indices": (
        lambda table, ids: sum(table[i] for i in ids),
        [(np.arange(4.0), np.array([0, 1])), (np.arange(4.0), np.array([3, 3]))],
    ),
    "np.take by a list": (
        lambda table, ids: np.asarray(table)[list(map(int, ids))].sum(),
        [(np.arange(4.0), [0, 1]), (np.arange(4.0), [3, 3])],
    ),
    "labels": (
        lambda rows, labels: sum(row[int(o)] for row, o in zip(rows, labels, strict=True)),
        [
            (np.arange(6.0).reshape(2, 3), np.array([0, 2])),
            (np.arange(6.0).reshape(2, 3), np.array([1, 0])),
        ],
    ),
    "one-hot": (
        lambda xs, k: sum(x for i, x in enumerate(xs) if i == k),
        [([1.0, 2.0, 3.0], 0), ([1.0, 2.0, 3.0], 2)],
    ),
    "text": (lambda x, mode: x * 2 if mode == "double" else -x, [(2.0, "double"), (2.0, "no")]),
    "None": (lambda x, y: x if y is None else x * y, [(2.0, None), (2.0, 3.0), (2.0, 4.0)]),
    "bool": (lambda x, up: x if up else -x, [(2.0, True), (2.0, False)]),
    "enum": (
        lambda x, c: x if c is Colour.RED else -x,
        [(2.0, Colour.RED), (2.0, Colour.BLUE)],
    ),
    "1, True and 1.0": (
        lambda x, flag: x * 2 if flag is True else x * 3 if flag == 1 else x * 5,
        [(2.0, True), (2.0, 1), (2.0, 1.0), (2.0, 2)],
    ),
    "0.0 and -0.0": (
        lambda x, z: x * math.copysign(1.0, z),
        [(2.0, 0.0), (2.0, -0.0), (2.0, 1.0)],
    ),
    "text in a list": (
        lambda kinds, xs: reduce(
            lambda t, step: t * step[1] if step[0] == "mul" else t + step[1],
            zip(kinds, xs, strict=True),
            1.0,
        ),
        [(["mul", "add"], [2.0, 3.0]), (["add", "mul"], [2.0, 3.0]), (["add", "add"], [2.0, 3.0])],
    ),
    "a named tuple": (lambda p: p.norm * p.x, [(Point(3.0, 4.0),), (Point(6.0, 8.0),)]),
    "bytes and frozenset": (
        lambda x, tag, allowed: x if tag in allowed else -x,
        [(2.0, b"a", frozenset({b"a"})), (2.0, b"b", frozenset({b"a"}))],
    ),
    "a function as an argument": (
        lambda x, g: g(x) * 2,
        [(2.0, fn.exp), (2.0, fn.sin)],
    ),
    "missing measurements": (
        lambda w, ys: sum((w * k - y) ** 2 for k, y in enumerate(ys) if not math.isnan(y)),
        [(2.0, [1.0, math.nan, 3.0]), (2.0, [math.nan, 1.5, 3.0]), (2.0, [1.0, 5.0, 3.0])],
    ),
    "y != y": (
        lambda w, ys: sum((w - y) ** 2 for y in ys if y == y),
        [(2.0, [1.0, math.nan, 3.0]), (2.0, [math.nan, 1.5, 7.0])],
    ),
    "np.isnan": (
        lambda w, ys: sum((w - y) ** 2 for y in ys if not np.isnan(float(y))),
        [(2.0, [1.0, math.nan, 3.0]), (2.0, [math.nan, 1.5, 7.0])],
    ),
    "isfinite, isinf": (
        lambda x: x * 2 if math.isfinite(x) else (x if math.isinf(x) else x * 0),
        [(2.0,), (math.inf,), (math.nan,), (-math.inf,)],
    ),
    "copysign": (
        lambda x, y: x * math.copysign(2.0, y) + math.copysign(x, -1.0),
        [(2.0, 3.0), (2.0, -3.0), (2.0, 0.0), (2.0, -0.0), (-2.0, 3.0)],
    ),
    "np.sign": (lambda x: x * np.sign(x.data), [(2.0,), (-2.0,), (0.0,)]),
    "Newton's stop": (_newton, [(2.0,), (9.0,), (2.25,), (1e6,)]),
    "bisection": (_bisection, [(2.0,), (9.0,), (2.25,)]),
    "while float(x) > 1": (_halve, [(9.0,), (17.0,), (0.5,)]),
    "f-string of a number": (
        lambda x: x * float(f"{x.data:.1f}"),
        [(2.04,), (3.04,)],
    ),
    "median by sorted": (
        lambda xs: sorted(xs)[len(xs) // 2] * xs[0],
        [([1.0, 5.0, 3.0],), ([5.0, 1.0, 3.0],), ([5.0, 3.0, 1.0],)],
    ),
    "max(xs)": (
        lambda xs: max(xs) * xs[0],
        [([1.0, 5.0, 3.0],), ([5.0, 1.0, 3.0],), ([2.0, 2.0, 2.0],), ([math.nan, 1.0, 2.0],)],
    ),
    "max of nan behind": (lambda xs: max(xs) * 2, [([1.0, math.nan, 2.0],), ([1.0, 3.0, 2.0],)]),
    "min(a, b)": (lambda a, b: min(a, b) * a, [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0)]),
    "max(x, 0)": (lambda x: max(x, 0) * 2 + x, [(1.0,), (-1.0,), (0.0,), (-0.0,)]),
    "max(0, x)": (lambda x: max(0, x) * 2 + x, [(1.0,), (-1.0,), (0.0,)]),
    "max with default": (
        lambda xs: max([x for x in xs if x > 0], default=7.0) + xs[0],
        [([1.0, -5.0],), ([-1.0, -5.0],), ([1.0, 5.0],)],
    ),
    "max by a bound name": (
        lambda xs: reduce(max, xs) * 2 + xs[1],
        [([1.0, 5.0, 3.0],), ([5.0, 1.0, 3.0],)],
    ),
    "max minus an operand": (lambda a, b: (max(a, b) - a) * b, [(1.0, 2.0), (2.0, 1.0)]),
    "max of a dict": (
        lambda p: p[max(p, key=lambda k: p[k])] * 2,
        [({"a": 1.0, "b": 2.0},), ({"a": 3.0, "b": 2.0},)],
    ),
    "clamp": (
        lambda x: max(-1.0, min(1.0, x)) * x,
        [(0.5,), (2.0,), (-3.0,), (1.0,), (-1.0,)],
    ),
    "sum of ints and floats": (lambda x, n: sum([x, n, 1, 2.5]), [(1.0, 2), (2.0, 3)]),
    "x % 1": (lambda x: (x % 1.0) * x, [(2.5,), (7.25,), (-0.25,)]),
    "x // 1": (lambda x: (x // 1.0) * x, [(2.5,), (7.25,), (-0.25,)]),
    "divmod(x, 2)": (
        lambda x: divmod(x, 2.0)[0] * x + divmod(x, 2.0)[1],
        [(2.5,), (7.25,), (-0.25,)],
    ),
    "x % y": (lambda x, y: (x % y) * y, [(7.5, 2.0), (7.5, -2.0), (-7.5, 2.0), (7.5, 2.25)]),
    "ceil and trunc": (
        lambda x: math.ceil(x) * x + math.trunc(x),
        [(2.5,), (-2.5,), (3.0,), (-0.25,), (0.25,)],
    ),
    "np.ceil, np.trunc, np.rint": (
        lambda x: np.ceil(x) * x + np.trunc(x.data) + np.rint(float(x)),
        [(2.5,), (-2.5,), (3.0,), (3.5,)],
    ),
    "round to one digit": (
        lambda x: round(x, 1) * x,
        [(2.54,), (2.57,), (-1.25,), (2.54,)],
    ),
    "round to tens": (lambda x: round(x, -1) * x, [(24.0,), (26.0,), (25.0,), (35.0,)]),
    "round to n digits": (lambda x, n: round(x, n) * x, [(2.546, 1), (2.546, 2)]),
    "round(.5)": (lambda x: round(x) + x, [(0.5,), (1.5,), (2.5,), (-0.5,), (-1.5,), (0.49,)]),
    "half a cell": (
        lambda grid, x: grid[int(x)] * (1 - x % 1) + grid[int(x) + 1] * (x % 1),
        [([1.0, 2.0, 4.0], 0.25), ([1.0, 2.0, 4.0], 1.75), ([1.0, 2.0, 4.0], 1.0)],
    ),
    "interpolation by bisect": (
        _interpolate,
        [(0.5,), (1.5,), (2.75,), (1.0,)],
    ),
    "dict comprehension": (
        lambda xs: sum({k: v * k for k, v in enumerate(xs) if v > 0}.values()) + xs[0],
        [([1.0, -2.0, 3.0],), ([1.0, 2.0, -3.0],)],
    ),
    "piecewise constant alone": (
        lambda x, y: y * (1.0 if x.data > 0 else 2.0),
        [(1.0, 3.0), (-1.0, 3.0)],
    ),
    "x.grad": (lambda x: x * (1.0 + x.grad), [(1.0,), (2.0,)]),
    "a new Value of the number": (lambda x: x * Value(x.data * 2), [(1.5,), (2.5,)]),
    "a new Value of float(x)": (lambda x: x * Value(float(x)), [(1.5,), (2.5,)]),
    "detach": (lambda x: x * x.detach() * float(x.detach()), [(1.5,), (2.5,)]),
    "math.exp mixed": (lambda x, y: math.exp(x) * y + x, [(0.0, 2.0), (1.0, 3.0)]),
    "numpy of floats": (
        lambda xs: xs[0] * float(np.std([float(x) for x in xs])),
        [([1.0, 2.0],), ([3.0, 7.0],)],
    ),
    "np.array(xs, float)": (
        lambda xs: xs[0] * np.array(xs, dtype=float).sum(),
        [([1.0, 2.0],), ([3.0, 7.0],)],
    ),
    "an array of bools": (
        lambda w, mask: sum(w * k for k, m in enumerate(mask) if m),
        [(2.0, np.array([True, False, True])), (2.0, np.array([False, True, True]))],
    ),
    "bools in an array are numbers": (
        lambda w, mask: w * 3 if mask[0] is True else w * mask[0],
        [(2.0, np.array([True, False])), (2.0, np.array([False, True]))],
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_follows_the_arguments(name):
    """Integers, text, flags, roundings and decisions of one call do not stay for the next."""
    f, calls = KINDS[name]
    check(f, calls)


def test_integers_work_at_the_first_call():
    """Several of these were wrong before there was anything to replay."""
    assert jit(lambda x, n: x if n in {3, 4} else -x)(2.0, 3) == 2.0
    assert jit(lambda n: len({n, 3}))(3) == 1
    assert jit(lambda ids: len(set(ids)))([1, 1, 2]) == 2
    assert jit(lambda ids: Counter(ids).most_common(1)[0][1])([5, 5, 1]) == 2
    assert jit(lambda x, n: x * {1: 3.0}.get(n, 0.0))(2.0, 1) == 6.0


def test_dataclasses_of_numbers_are_structures():
    """A gradient has the structure of its argument, so a dataclass gives a dataclass."""

    def f(body, h):
        return body.energy() + body.mass * h

    jitted = jit(f)
    for body, h in ((Body(2.0, 3.0), 1.0), (Body(4.0, 1.0), 2.0), (Body(2.0, 3.0, "moon"), 1.0)):
        by_hand = 0.5 * body.mass * body.speed**2 + body.mass * h
        assert jitted(body, h) == pytest.approx(by_hand)
        value, slope = jitted.value_and_grad(body, h, argnums=0)
        assert value == pytest.approx(by_hand)
        assert isinstance(slope, Body)
        assert (slope.mass, slope.speed) == (0.5 * body.speed**2 + h, body.mass * body.speed)


def test_a_text_of_a_dataclass_is_read_at_every_call():
    f = jit(lambda b: b.mass * (2.0 if b.name == "moon" else 3.0))
    assert [f(Body(1.0, 0.0)), f(Body(1.0, 0.0, "moon")), f(Body(1.0, 0.0))] == [3.0, 2.0, 3.0]


def test_results_keep_what_they_are():
    """Flags, text and integers beside the numbers come back as they went in."""

    def f(x, flag, name):
        return {"flag": flag, "none": None, "count": 3, "x": (x * 2, x.data)}

    jitted = jit(f)
    for x, flag in ((2.0, True), (3.0, False), (2.0, True)):
        found = jitted(x, flag, "name")
        assert found == {"flag": flag, "none": None, "count": 3, "x": (2 * x, x)}
        assert found["flag"] is flag
        assert type(found["x"][0]) is type(found["x"][1]) is float
        assert type(found["count"]) is int


def test_plain_numbers_that_leave_are_floats():
    """A caller must never get hold of what a recording uses in place of a float."""
    kept = []

    def f(x):
        kept.append(type(float(x)))
        kept.append(type(int(x)))
        kept.append(type(math.exp(x)))
        kept.append(type(round(x.data, 1) + 0.0 if False else float(x.data)))
        return x * 2

    jit(f)(1.5)
    assert set(kept) <= {float, int}
    found = jit(lambda x: [x.data, x.data * 2, float(x), math.floor(x), round(x)])(2.6)
    assert found == [2.6, 5.2, 2.6, 2, 3]
    assert all(type(x) in (float, int) for x in found)


# -- crashes --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 15, 16, 17, 40, 200])
def test_many_equal_comparisons(count):
    """Sixteen of them were a SyntaxError at the second call."""

    def f(w, xs):
        t = 0.0
        for x in xs:
            t = t + (w * x if w > 0 else x)
        return t

    jitted = jit(f)
    for w in (2.0, 2.0, -1.0, 2.0, -1.0):
        assert jitted(w, [1.0] * count) == pytest.approx(w * count if w > 0 else count)
    check(f, [(2.0, [1.0] * count), (-1.0, [1.0] * count)])


# -- lifted arguments in every way into the engine ------------------------------------------


def test_narrow_types_do_not_overflow():
    value, slope = jit(lambda w, x: w**0.5 + x[0] * x[0]).value_and_grad(
        0.0, np.array([100], np.int8)
    )
    assert (value, slope) == (10000.0, math.inf)
    f = jit(lambda w, x: x[0] * x[0] + w.log())
    for dtype in (np.int8, np.uint8, np.int16, np.int64, np.float16, np.float32):
        assert f(0.0, np.array([100], dtype)) == -math.inf
        assert f(1.0, np.array([100], dtype)) == 10000.0
    small = jit(lambda x: (x[0] + 1e-9 - x[0]) * 1e9 + x[1])
    assert small(np.array([1.0, math.inf], np.float32)) == math.inf
    assert small(np.array([1.0, 0.0], np.float32)) == pytest.approx(1.0, rel=1e-6)


def test_plain_numbers_in_the_fallback_follow_ieee():
    """``1 / 0`` is inf, whether the numbers are differentiated or not."""
    f = jit(lambda w, x, y: w * (x / y))
    assert f.value_and_grad(1.0, 1.0, 0.0) == (math.inf, math.inf)
    assert f(1.0, 1.0, 0.0) == math.inf
    assert f(1.0, -1.0, 0.0) == -math.inf
    value, slope = jit(lambda w, y: w * y**0.5).value_and_grad(1.0, -1.0)
    assert math.isnan(value)
    assert math.isnan(slope)
    assert jit(lambda w, y: w * y**0.5)(1.0, 4.0) == 2.0


NON_FINITE = {
    "1 / x": (lambda x: 1 / x, [(0.0,), (-0.0,), (2.0,), (math.inf,)]),
    "x / x": (lambda x: x / x, [(0.0,), (2.0,), (math.inf,)]),
    "log": (lambda x: x.log() * x, [(0.0,), (2.0,), (-1.0,)]),
    "inf - inf": (lambda a, b: a - b + a * 0.0, [(math.inf, math.inf), (1.0, 2.0)]),
    "exp": (lambda x: (x * 1000).exp() * x, [(1.0,), (0.5,), (-1.0,)]),
    "1e308": (lambda a, b, c: a + (b - c), [(1e308, 1e308, 1e308), (1e308, -1e308, 1e308)]),
    "1e308 left": (lambda a, b, c: a + b - c, [(1e308, 1e308, 1e308), (1.0, 2.0, 3.0)]),
    "nan compare": (lambda x: x * 2 if x > 0 else x * 3, [(math.nan,), (1.0,), (-1.0,)]),
    "int args": (
        lambda x, n: x[n] / x[0],
        [([0.0, 1.0, 2.0], 1), ([0.0, 1.0, 2.0], 2), ([2.0, 1.0, 2.0], 2)],
    ),
    "range with 1 / 0": (
        lambda x, n: sum(x / i for i in range(n)) if n < 1 else sum(1 / x for _ in range(n)),
        [(0.0, 3), (2.0, 2), (0.0, 1)],
    ),
    "lists": (lambda xs: sum(1 / x for x in xs), [([0.0, 1.0],), ([2.0, 4.0],)]),
    "dicts": (lambda p: p["a"] / p["b"], [({"a": 1.0, "b": 0.0},), ({"a": 1.0, "b": 2.0},)]),
    "text": (
        lambda x, how: 1 / x if how == "inverse" else x,
        [(0.0, "inverse"), (0.0, "plain"), (2.0, "inverse")],
    ),
    "named tuple": (lambda p: p.x / p.y, [(Point(1.0, 0.0),), (Point(1.0, 2.0),)]),
}


@pytest.mark.parametrize("name", NON_FINITE)
def test_results_that_are_not_finite(name):
    """nan and infinity stand where the engine has them; the gradient keeps its structure."""
    f, calls = NON_FINITE[name]
    check(f, calls)


def test_arguments_as_grad_passes_them():
    f = jit(lambda x: x.exp())
    assert f(np.array(1.0)) == pytest.approx(math.e)
    assert f(np.float64(1.0)) == pytest.approx(math.e)
    value, slope = f.value_and_grad(np.array(1.0))
    assert (value, np.ndim(slope)) == (pytest.approx(math.e), 0)
    assert f(np.array(2.0)) == pytest.approx(math.e**2)
    assert f(np.float32(0.5)) == pytest.approx(math.exp(0.5))


# -- forms ----------------------------------------------------------------------------------


def decorated_class():
    class Decorated:
        """A class whose methods are jitted."""

        scale = 3.0

        def __init__(self, scale):
            self.scale = scale

        @jit
        def loss(self, x):
            return self.scale * x * x

        @jit(rows="x")
        def mean(self, x):
            return self.scale * x

        @staticmethod
        @jit
        def square(x):
            return x * x

        @classmethod
        @jit
        def of_class(cls, x):
            return x * cls.scale

    return Decorated


def test_methods():
    """``self`` is bound as Python binds it, and what it holds is read at each call."""
    Decorated = decorated_class()
    two, five = Decorated(2.0), Decorated(5.0)
    for _ in range(2):
        assert two.loss(3.0) == 18.0
        assert five.loss(3.0) == 45.0
    two.scale = 7.0
    assert two.loss(3.0) == 63.0
    assert two.loss.value_and_grad(3.0) == (63.0, 42.0)
    assert Decorated.loss(five, 2.0) == 20.0
    assert five.mean([1.0, 2.0, 3.0]) == pytest.approx(10.0)
    assert Decorated.square(3.0) == two.square(3.0) == 9.0
    assert Decorated.of_class(2.0) == 6.0


def test_a_decorator_with_arguments():
    @jit(rows="x", reduce="sum")
    def f(w, x):
        """A docstring."""
        return w * x

    assert f(2.0, [1.0, 2.0]) == 6.0
    assert (f.__name__, f.__doc__) == ("f", "A docstring.")

    @jit()
    def g(x):
        return x * x

    assert g.value_and_grad(3.0) == (9.0, 6.0)


def test_keyword_only_arguments():
    """They are arguments like any other."""

    def f(x, *, power=2, offset=0.0, name="a"):
        return x**power + offset if name == "a" else -x

    jitted = jit(f)
    for _ in range(2):
        assert jitted(3.0) == 9.0
        assert jitted(3.0, power=3) == 27.0
        assert jitted(3.0, offset=1.5) == 10.5
        assert jitted(3.0, power=3, offset=1.0) == 28.0
        assert jitted(3.0, name="b") == -3.0
        assert jitted.value_and_grad(3.0, power=3) == (27.0, 27.0)
        assert jitted.value_and_grad(3.0, offset=4.0) == (13.0, 6.0)
    with pytest.raises(TypeError):
        jitted(3.0, powre=3)


def test_variable_arguments():
    def f(*xs, **options):
        return sum(xs) * options.get("scale", 1.0)

    jitted = jit(f)
    for _ in range(2):
        assert jitted(1.0, 2.0) == 3.0
        assert jitted(1.0, 2.0, 3.0) == 6.0
        assert jitted(1.0, 2.0, scale=2.0) == 6.0
        assert jitted(1.0, 2.0, scale=3.0) == 9.0


def test_arguments_named_as_options_are():
    """``vector`` and ``argnums`` are options of value_and_grad; f's own go by position."""
    f = jit(lambda vector, argnums: sum(v * argnums for v in vector))
    assert f([1.0, 2.0], 3.0) == 9.0
    assert f(vector=[1.0, 2.0], argnums=3.0) == 9.0
    value, slope = f.value_and_grad([1.0, 2.0], 3.0)
    assert (value, slope) == (9.0, [3.0, 3.0])


def test_an_argument_named_vector_by_name():
    def f(x, vector):
        return x * vector[0]

    assert jit(f)(2.0, vector=[3.0]) == 6.0
    value, slope = value_and_grad(f)(2.0, vector=[3.0])
    found = jit(f).value_and_grad(2.0, vector=[3.0])
    assert found == (value, slope)


def test_argnums_are_refused_as_eagerly():
    f = lambda x, y: x * y
    for argnums in ((0, 0), (0, -2), 2, -3, "x", 1.5, True):
        with pytest.raises((TypeError, ValueError)) as eager:
            value_and_grad(f, argnums)(1.0, 2.0)
        with pytest.raises(type(eager.value)):
            jit(f).value_and_grad(1.0, 2.0, argnums=argnums)
    assert jit(f).value_and_grad(2.0, 3.0, argnums=-1) == (6.0, 2.0)
    assert jit(f).value_and_grad(2.0, 3.0, argnums=()) == value_and_grad(f, ())(2.0, 3.0)


def test_ordered_dicts_stay():
    f = jit(lambda p: sum(p.values()) * p["a"])
    for numbers in ((1.0, 2.0), (3.0, 4.0)):
        p = OrderedDict(a=numbers[0], b=numbers[1])
        _, slope = f.value_and_grad(p)
        assert type(slope) is OrderedDict
        assert list(slope) == ["a", "b"]
    given = []
    jit(lambda p: (given.append(type(p)), p["a"])[1])(OrderedDict(a=1.0))
    assert given[0] is OrderedDict


def test_the_order_of_a_dict_is_the_callers():
    f = jit(lambda p: reduce(lambda t, v: t / v, p.values()))
    assert f({"a": 1.0, "b": 2.0}) == 0.5
    assert f({"b": 1.0, "a": 4.0}) == 0.25


def test_partial_and_callable_objects():
    class Scale:
        def __init__(self, by):
            self.by = by

        def __call__(self, x):
            return x * self.by

    held = Scale(2.0)
    for f in (partial(lambda a, x: a * x, 2.0), held):
        jitted = jit(f)
        assert [jitted(3.0), jitted(4.0)] == [6.0, 8.0]
        assert jitted.value_and_grad(3.0) == (6.0, 2.0)
    jitted = jit(held)
    assert jitted(3.0) == 6.0
    held.by = 5.0
    assert jitted(3.0) == 15.0


SPAWNED = """
import pickle
from multiprocessing import get_context
from autograd_nn import jit, value_and_grad

@jit
def decorated(x):
    return x * x if float(x) > 1.5 else -x

@jit(rows="x", reduce="sum")
def over_rows(x):
    return x * int(x)

def cube(x):
    return x * x * x

if __name__ == "__main__":
    decorated(1.0)
    with get_context("spawn").Pool(2) as pool:
        print(pool.map(decorated, [1.0, 2.0, 3.0]), pool.map(jit(cube), [1.0, 2.0, 3.0]))
        print(pool.map(jit(value_and_grad(cube)), [1.0, 2.0]), pool.map(over_rows, [[1.5, 2.5]]))
"""


def test_jitted_functions_of_a_script_go_to_other_processes(tmp_path):
    """With ``@jit`` in ``__main__``, as a script's pool or joblib sends them."""
    script = tmp_path / "pool.py"
    script.write_text(SPAWNED)
    path = {"PYTHONPATH": str(Path(autograd_nn.__file__).parents[1])}
    environment = {**__import__("os").environ, **path}
    run = subprocess.run(
        [sys.executable, "-P", str(script)], capture_output=True, text=True, env=environment
    )
    assert run.stdout.splitlines() == [
        "[-1.0, 4.0, 9.0] [1.0, 8.0, 27.0]",
        "[(1.0, 3.0), (8.0, 12.0)] [6.5]",
    ], run.stderr


def test_copies_of_jitted_functions():
    import pickle

    for made in (jit(value_and_grad(entropy)), jit(grad(entropy)), jit(entropy)):
        made([0.5, 0.5])
        for copied in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
            found, expected = copied([0.25, 0.75]), made([0.25, 0.75])
            assert repr(found) == repr(expected)


def test_a_function_is_run_once_to_record_it():
    """Not at other numbers, and not a second time."""
    runs = []

    def f(x, n):
        runs.append((float(x), n))
        return sum(x * i for i in range(n)) if x > 0 else x * int(x)

    jitted = jit(f)
    jitted(2.0, 3)
    assert len(runs) == 1
    jitted(2.5, 3)
    assert len(runs) <= 2
    counted = []

    def g(x):
        counted.append(1)
        return x * x if x > 1 else -x

    jitted = jit(g)
    assert [jitted(3.0), len(counted)] == [9.0, 1]
    assert jitted(0.5) == -0.5
    assert len(counted) == 2
    before = [jitted(x) for x in (3.0, 0.5, 3.0, 0.5)]  # each path is compiled by now
    assert before == [9.0, -0.5, 9.0, -0.5]
    ran = len(counted)
    assert [jitted(x) for x in (4.0, 0.25, 5.0, -2.0)] == [16.0, -0.25, 25.0, 2.0]
    assert len(counted) == ran
    assert jitted.value_and_grad(3.0) == (9.0, 6.0)
    assert len(counted) == ran


def test_a_function_is_never_run_at_numbers_that_were_not_given():
    seen = set()

    def f(x, y):
        seen.add((float(x), float(y)))
        return x * math.exp(y) if x > 1 else x / y

    jitted = jit(f)
    given = {(2.0, 0.5), (0.5, 4.0), (3.0, 0.25)}
    for args in given:
        jitted(*args)
        jitted.value_and_grad(*args)
    assert seen == given


def test_nothing_warns_where_nothing_is_amiss():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f = jit(lambda x, n: x[n] * int(n) if float(x[0]) > 1 else x[0])
        for args in (([2.0, 3.0], 0), ([2.0, 3.0], 1), ([0.5, 3.0], 1)) * 2:
            f(*args)


def test_the_oracle_of_these_tests_is_f():
    """The comparison itself: on plain numbers f gives what the oracle gives."""
    for name in ("range(int(n))", "x - math.floor(x)", "flag is True", "np.arange(n).sum()"):
        f, calls = BY_HAND[name]
        for args, expected in calls:
            assert value_by_engine(f, args).result == pytest.approx(expected)
            assert f(*args) == pytest.approx(expected)
    with pytest.raises(AssertionError):
        check(lambda x: x * 2, [(1.0,)], make=lambda f: lambda *args: 3.0)
    with pytest.raises(AssertionError):
        check(lambda x: x * 2, [(math.nan,)], make=lambda f: lambda *args: 3.0)
