"""Programs of floats: as one function, between NumPy calls, and where a line raises."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import MLP, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.jit import JitWarning, jit

rng = np.random.default_rng(0)


def scalar(a, b):
    return fn.log(a * b + 1) / (a - b) + fn.sqrt(b) * fn.maximum(a, fn.minimum(b, 2.0)) ** 3


def pendulum(start, steps=60):
    angle, speed, length = start
    for _ in range(steps):
        speed = speed - 9.81 / length * angle.sin() * 0.01
        angle = angle + speed * 0.01
    return angle * angle


def mixed(w, x):
    """A matrix product, then single numbers, then a large sum again."""
    hidden = [sum(a * b for a, b in zip(r, x, strict=True)) for r in w]
    scale = fn.log(hidden[0]) / hidden[1]
    return sum(fn.tanh(h * scale) for h in hidden)


SPECIAL = [1.0, 0.0, -1.0, 2.0, 0.5, -0.5, 1e300, 1e-300, math.inf, -math.inf, math.nan]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SPECIAL), st.sampled_from(SPECIAL))
def test_infinities_and_nan_as_in_the_engine(a, b):
    """log(0), 1 / 0 and overflow raise in Python: the numbers of IEEE 754 come all the same."""
    jitted = jit(scalar)
    jitted.value_and_grad(3.0, 1.5)  # recorded where nothing is special
    for _ in range(2):
        np.testing.assert_array_equal(jitted(a, b), value_and_grad(scalar)(a, b)[0])
        found = jitted.value_and_grad(a, b, argnums=(0, 1))
        expected = value_and_grad(scalar, (0, 1))(a, b)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-13)


def test_a_long_chain():
    start = np.array([1.0, 0.3, 1.2])
    found, expected = jit(pendulum).value_and_grad(start), value_and_grad(pendulum)(start)
    assert found[0] == pytest.approx(expected[0], rel=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


@pytest.mark.parametrize("special", [None, 0.0, -1.0])
def test_single_numbers_between_matrix_products(special):
    w, x = rng.uniform(0.1, 1, size=(40, 30)), rng.uniform(0.1, 1, size=30)
    jitted = jit(mixed)
    jitted(w, x)
    if special is not None:
        w[0] = special
    expected = value_and_grad(mixed, (0, 1))(w, x)
    for _ in range(2):
        found = jitted.value_and_grad(w, x, argnums=(0, 1))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
        for slopes, others in zip(found[1], expected[1], strict=True):
            np.testing.assert_allclose(slopes, others, rtol=1e-11)


def test_a_raising_line_in_the_way_back_leaves_no_trace_in_the_adjoints():
    """sqrt(0) has the slope inf, by a division by 0: what the fast form did is done over."""

    def f(w, x):
        parts = [sum(a * b for a, b in zip(r, x, strict=True)) for r in w]
        return parts[0] * 2 + fn.sqrt(parts[1]) * 0.0 + sum(parts)

    w, x = np.ones((40, 30)), np.linspace(0.1, 1, 30)
    w[1] = 0.0
    expected = value_and_grad(f, (0, 1))(w, x)
    jitted = jit(f)
    for _ in range(3):
        found = jitted.value_and_grad(w, x, argnums=(0, 1))
        for slopes, others in zip(found[1], expected[1], strict=True):
            np.testing.assert_allclose(slopes, others, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 30, 200])
def test_arguments_of_any_length(n):
    xs = rng.normal(size=n)
    value, slopes = jit(lambda xs: sum(x * x for x in xs)).value_and_grad(xs)
    assert value == pytest.approx(xs @ xs, rel=1e-13)
    np.testing.assert_allclose(slopes, 2 * xs, rtol=1e-15)
    value, slopes = jit(lambda xs: sum(x * x for x in xs)).value_and_grad(xs.tolist())
    assert slopes == (2 * xs).tolist()


def test_a_result_that_is_an_argument_or_a_number():
    f = jit(lambda x, y: x)
    assert f.value_and_grad(3.0, 4.0, argnums=(0, 1)) == (3.0, (1.0, 0.0))
    assert jit(lambda x: (x, 2.0, x))(5.0) == (5.0, 2.0, 5.0)


def test_paths_of_float_programs():
    f = jit(lambda x, y: x / y if y != 0 else x * 3)
    assert [f(6.0, 2.0), f(6.0, 0.0), f(8.0, 4.0), f(1.0, 0.0)] == [3.0, 18.0, 2.0, 3.0]


def test_what_would_take_too_long_to_compile_runs_in_the_engine():
    """Said once; the numbers are the same."""

    turns = np.random.default_rng(0).integers(0, 4, 110_000).tolist()

    def walk(x):
        for turn in turns:
            x = [x.sin, x.cos, x.tanh, x.atan][turn]() * 1.01
        return x

    f = jit(walk)
    expected = value_and_grad(walk)(0.3)
    assert f.value_and_grad(0.3) == expected  # recorded, and compiled when it comes again
    with pytest.warns(JitWarning, match="follow no pattern") as caught:
        assert f.value_and_grad(0.3) == expected
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f.value_and_grad(0.3) == expected
        assert f(0.3) == expected[0]


def test_a_model_whose_slopes_are_not_finite_is_the_engines():
    model = MLP(1, [1], seed=0)

    def loss(x):
        return fn.log(model([x]) * 0.0)

    value, slopes = jit(loss).value_and_grad(2.0, argnums=model)
    assert value == -math.inf
    model.zero_grad()
    loss(2.0).backward()
    np.testing.assert_array_equal(slopes, [p.grad for p in model.parameters()])


def test_whole_numbers_become_floats():
    """Python's integers would go on beyond what a float holds."""
    f = jit(lambda xs: (xs[0] * xs[0] * xs[0] * xs[0]) * xs[1] / (xs[1] + 0.5))
    found = f(np.array([10**8, 3]))
    assert found == 1e32 * 3 / 3.5
    assert type(found) is float
