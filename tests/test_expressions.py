"""Random expressions over all operators: the engine's gradient against mpmath's derivative."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import Value, functions, grad

# Kinks lie at odd numbers, each its own, which hypothesis's round ones do not hit.
ODD = [0.1234567, 0.2345671, 0.3456712, 0.4567123, 0.5671234, 0.6712345, 0.7123456]
HIGH = mp.mpf(0.9)
LARGE = 100

UNARY = {
    "neg": (lambda x: -x, lambda x: -x),
    "square": (lambda x: x**2, lambda x: x**2),
    "tanh": (functions.tanh, mp.tanh),
    "sigmoid": (functions.sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "softplus": (functions.softplus, lambda x: mp.log1p(mp.exp(x))),
    "sin": (functions.sin, mp.sin),
    "cos": (functions.cos, mp.cos),
    "atan": (functions.atan, mp.atan),
    "erf": (functions.erf, mp.erf),
    "bell": (lambda x: functions.exp(-x * x), lambda x: mp.exp(-x * x)),
    "root": (lambda x: functions.sqrt(x * x + 1), lambda x: mp.sqrt(x * x + 1)),
    "log": (lambda x: functions.log(x * x + 1), lambda x: mp.log(x * x + 1)),
    "log1p": (lambda x: functions.log1p(x * x), lambda x: mp.log1p(x * x)),
    "exp": (lambda x: functions.exp(functions.sin(x)), lambda x: mp.exp(mp.sin(x))),
    "expm1": (lambda x: functions.expm1(functions.sin(x)), lambda x: mp.expm1(mp.sin(x))),
    "tan": (lambda x: functions.tan(functions.sin(x)), lambda x: mp.tan(mp.sin(x))),
    "asin": (lambda x: functions.asin(0.9 * functions.sin(x)), lambda x: mp.asin(HIGH * mp.sin(x))),
    "acos": (lambda x: functions.acos(0.9 * functions.cos(x)), lambda x: mp.acos(HIGH * mp.cos(x))),
    "sinh": (lambda x: functions.sinh(functions.sin(x)), lambda x: mp.sinh(mp.sin(x))),
    "cosh": (lambda x: functions.cosh(functions.sin(x)), lambda x: mp.cosh(mp.sin(x))),
    "power of two": (lambda x: 2 ** functions.sin(x), lambda x: mp.mpf(2) ** mp.sin(x)),
    "reciprocal": (lambda x: 3 / (x * x + 2), lambda x: 3 / (x * x + 2)),
    "abs": (lambda x: abs(x + ODD[0]), lambda x: abs(x + ODD[0])),
    "relu": (lambda x: functions.relu(x + ODD[1]), lambda x: max(x + ODD[1], mp.mpf(0))),
    "leaky_relu": (
        lambda x: functions.leaky_relu(x - ODD[2], 0.25),
        lambda x: x - ODD[2] if x > ODD[2] else (x - ODD[2]) / 4,
    ),
    "clip": (
        lambda x: functions.clip(x, -1 - ODD[3], 1 + ODD[3]),
        lambda x: min(max(x, mp.mpf(-1 - ODD[3])), mp.mpf(1 + ODD[3])),
    ),
}
BINARY = {
    "maximum": (lambda a, b: functions.maximum(a, b + ODD[4]), lambda a, b: max(a, b + ODD[4])),
    "minimum": (lambda a, b: functions.minimum(a, b - ODD[5]), lambda a, b: min(a, b - ODD[5])),
    "where": (lambda a, b: functions.where(a > ODD[6], b, a),) * 2,
    "add": (lambda a, b: a + b,) * 2,
    "sub": (lambda a, b: a - b,) * 2,
    "mul": (lambda a, b: a * b,) * 2,
    "div": (lambda a, b: a / (b * b + 1),) * 2,
    "pow": (lambda a, b: (a * a + 1) ** b,) * 2,
    "hypot": (lambda a, b: functions.hypot(a, b + 3), lambda a, b: mp.hypot(a, b + 3)),
    "atan2": (lambda a, b: functions.atan2(a, b * b + 1), lambda a, b: mp.atan2(a, b * b + 1)),
}
# What is near 0 where an operation of two nears its kink: x and tanh(x) are one float at 1e-8.
TIES = {
    "maximum": lambda a, b: a - b - ODD[4],
    "minimum": lambda a, b: a - b + ODD[5],
    "where": lambda a, b: a - ODD[6],
}
POSITIONS = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(UNARY)), POSITIONS),
        st.tuples(st.sampled_from(sorted(BINARY)), POSITIONS, POSITIONS),
    ),
    min_size=1,
    max_size=12,
)
NUMBERS = st.floats(-2, 2, allow_subnormal=False)


def run(steps, xs, side):
    """The expression on Values (side 0) or on mpmath numbers (side 1)."""
    made = list(xs)
    for name, *at in steps:
        operation = (UNARY if len(at) == 1 else BINARY)[name][side]
        made.append(operation(*[made[i % len(made)] for i in at]))
    return made[-1]


def is_tame(steps, xs):
    """Whether floats see what is there: no large number, whose sine has few digits, and no tie."""
    made = list(xs)
    for name, *at in steps:
        operands = [made[i % len(made)] for i in at]
        if name in TIES and abs(TIES[name](*operands)) < 1e-9:
            return False
        made.append((UNARY if len(at) == 1 else BINARY)[name][1](*operands))
    return all(abs(x) < LARGE for x in made)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_the_gradient_of_a_random_expression_is_mpmaths(steps, at):
    with mp.workdps(50):
        big = [mp.mpf(x) for x in at]
        if not is_tame(steps, big):
            return
        truth = run(steps, big, 1)
        slopes = [
            mp.diff(lambda t, i=i: run(steps, [*big[:i], t, *big[i + 1 :]], 1), big[i])
            for i in range(3)
        ]
    xs = [Value(x) for x in at]
    y = run(steps, xs, 0)
    if isinstance(y, Value):
        y.backward()
    scale = max(1.0, *(abs(float(s)) for s in slopes))
    assert float(y) == pytest.approx(float(truth), rel=1e-11, abs=1e-11)
    for x, s in zip(xs, slopes, strict=True):
        assert x.grad == pytest.approx(float(s), rel=1e-9, abs=1e-11 * scale)


@settings(max_examples=60, deadline=None)
@given(STEPS, NUMBERS)
def test_the_second_derivative_of_a_random_expression_is_mpmaths(steps, at):
    with mp.workdps(60):
        if not is_tame(steps, [mp.mpf(at)]):
            return
        truth = mp.diff(lambda t: run(steps, [t], 1), mp.mpf(at), 2)
    if abs(truth) > 1e6:
        return
    found = grad(grad(lambda x: run(steps, [x], 0)))(at)
    assert found == pytest.approx(float(truth), rel=1e-7, abs=1e-8)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_backward_twice_doubles_exactly(steps, at):
    xs = [Value(x) for x in at]
    y = run(steps, xs, 0)
    y.backward()
    once = [x.grad for x in xs]
    y.backward()
    # A slope may be infinity times 0, which is nan both times.
    np.testing.assert_array_equal([x.grad for x in xs], [2 * g for g in once])


def test_a_planted_wrong_slope_is_seen():
    """The comparison with mpmath must be able to fail."""
    UNARY["planted"] = (lambda x: x.tanh() * 1.01, mp.tanh)
    try:
        with pytest.raises(AssertionError):
            test_the_gradient_of_a_random_expression_is_mpmaths.hypothesis.inner_test(
                [("planted", 0)], (0.5, 0.0, 0.0)
            )
    finally:
        del UNARY["planted"]


def test_math_exp_leaves_the_graph_and_functions_exp_does_not():
    x = Value(1.0)
    assert isinstance(math.exp(x), float)
    assert functions.exp(x).operands == (x,)
