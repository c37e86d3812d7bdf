"""Random expressions over all operators: the engine's gradient against mpmath's derivative."""

import math

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import Value, functions, grad

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
}
BINARY = {
    "add": (lambda a, b: a + b,) * 2,
    "sub": (lambda a, b: a - b,) * 2,
    "mul": (lambda a, b: a * b,) * 2,
    "div": (lambda a, b: a / (b * b + 1),) * 2,
    "pow": (lambda a, b: (a * a + 1) ** b,) * 2,
    "hypot": (lambda a, b: functions.hypot(a, b + 3), lambda a, b: mp.hypot(a, b + 3)),
    "atan2": (lambda a, b: functions.atan2(a, b * b + 1), lambda a, b: mp.atan2(a, b * b + 1)),
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


@settings(max_examples=150, deadline=None)
@given(STEPS, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_the_gradient_of_a_random_expression_is_mpmaths(steps, at):
    with mp.workdps(50):
        big = [mp.mpf(x) for x in at]
        truth = run(steps, big, 1)
        if abs(truth) > 1e6:
            return
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
    assert [x.grad for x in xs] == [2 * g for g in once]


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
