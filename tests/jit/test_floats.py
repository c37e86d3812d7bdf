"""Programs on floats: loops found and written as loops, with the same numbers as the engine."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import functions as fn
from autograd_nn import value_and_grad
from autograd_nn.jit import jit

rng = np.random.default_rng(0)


def pendulum(start, steps=300):
    """Two numbers carried on, two that stay, and a sum over all steps."""
    angle, speed, length, friction = start
    total = 0.0
    for _ in range(steps):
        speed = speed + (-9.81 / length * fn.sin(angle) - friction * speed) * 0.01
        angle = angle + speed * 0.01
        total = total + (angle - 0.1) ** 2
    return total


def measured(p, data):
    """A filter: a measurement is read at each step, and what is left is weighed."""
    level, gain = p
    total = 0.0
    for k in range(len(data)):
        error = data[k] - level
        level = level + gain * error
        total = total + error * error * (1.0 + 0.01 * k)
    return total


def fibonacci(p):
    """Two and three steps back."""
    xs = [p[0], p[1], p[2]]
    for _ in range(200):
        xs.append(fn.tanh(xs[-1] * 0.5 + xs[-2] * p[1] - xs[-3] * 0.25))
    return xs[-1] * xs[-2] + xs[-7]


def backwards(p, data):
    """Read from the end to the beginning."""
    x = p[0]
    for k in range(len(data) - 1, -1, -1):
        x = x * 0.9 + fn.sin(x + data[k] * p[1])
    return x


def bounce(p):
    """A ball: each step compares, and the path is the same while the numbers are close."""
    height, speed = p
    lost = 0.0
    for _ in range(150):
        speed = speed - 0.0981
        height = height + speed * 0.01
        if height < -100.0:
            height, speed = -height, -speed * 0.9
        lost = lost + fn.maximum(height, 0.5) ** 2
    return lost


def twice(p):
    """Two loops, the second on the results of the first."""
    x, kept = p[0], []
    for _ in range(120):
        x = x * p[1] + fn.exp(-x * x)
        kept.append(x)
    y = 0.0
    for k in range(120):
        y = y * 0.5 + kept[k] * kept[119 - k] * p[2]
    return y + sum(kept)


def written(p):
    """All results of a loop are returned."""
    x = p[0]
    out = []
    for _ in range(100):
        x = x + fn.sin(x) * p[1]
        out.append(x)
    return out


def nested(p):
    """A loop in a loop, recorded one after the other."""
    x = p[0]
    for k in range(30):
        for _ in range(12):
            x = x * 0.99 + fn.cos(x) * p[1]
        x = x * p[2] + k
    return x


P3 = np.array([0.4, 0.7, 0.3])
DATA = rng.normal(size=200)
CASES = {
    "pendulum": (pendulum, (np.array([1.0, 0.0, 1.0, 0.1]),)),
    "measured": (measured, (np.array([0.1, 0.3]), DATA)),
    "fibonacci": (fibonacci, (P3,)),
    "backwards": (backwards, (P3, DATA)),
    "bounce": (bounce, (np.array([2.0, 0.1]),)),
    "twice": (twice, (P3,)),
    "nested": (nested, (P3,)),
}


def check(f, args, argnums):
    jitted = jit(f)
    expected = value_and_grad(f, argnums)(*args)
    found = jitted.value_and_grad(*args, argnums=argnums)
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13 * np.abs(b).max())
    return jitted.program(*args)


@pytest.mark.parametrize("name", CASES)
def test_a_loop_is_a_loop_again(name):
    f, args = CASES[name]
    program = check(f, args, tuple(range(len(args))))
    assert program.floats.loops
    assert program.floats.lines < program.recorded / 4
    assert "times" in str(program)
    assert pickle.loads(pickle.dumps(program))(*args) == program(*args)


@pytest.mark.parametrize("name", ["measured", "backwards"])
def test_slopes_along_one_of_the_arguments_only(name):
    f, args = CASES[name]
    for argnums in ((0,), (1,)):
        check(f, args, argnums)


def test_all_results_of_a_loop():
    np.testing.assert_allclose(jit(written)(P3), [x.data for x in written(values(P3))], rtol=1e-13)


def values(numbers):
    from autograd_nn import Value

    return [Value(float(x)) for x in numbers]


def test_another_path_through_a_loop_is_noticed():
    """The comparisons of all repetitions are made at once."""
    jitted = jit(bounce)
    low, high = np.array([-99.5, -3.0]), np.array([2.0, 0.1])
    for at in (high, low, high, low):
        assert jitted(at) == pytest.approx(bounce(values(at)).data, rel=1e-12)


def test_a_loop_that_ends_in_infinity():
    def explode(x):
        for _ in range(400):
            x = x * x + 1.0 / x
        return 1.0 / x

    expected = value_and_grad(explode)(3.0)
    found = jit(explode).value_and_grad(3.0)
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("+-*stm"), st.integers(1, 9), st.integers(1, 9)),
        min_size=1,
        max_size=7,
    ),
    st.integers(40, 90),
    st.integers(0, 99),
    st.booleans(),
)
def test_random_bodies(body, repeats, seed, with_input):
    """Whatever a body does with what came before it, and with a number read at each step."""
    operations = {
        "+": lambda a, b, c: a * 0.5 + b * 0.5,
        "-": lambda a, b, c: a * 0.4 - b * c * 0.4,
        "*": lambda a, b, c: fn.atan(a * b),
        "s": lambda a, b, c: fn.sin(a + b),
        "t": lambda a, b, c: fn.tanh(a * c),
        "m": lambda a, b, c: fn.maximum(a, b) * 0.9,
    }

    def f(p, data):
        made = list(p)
        for k in range(repeats):
            for name, i, j in body:
                third = data[k] if with_input else p[0]
                made.append(operations[name](made[-i], made[-j], third))
        return sum(made[-3:]) + sum(x * x for x in made[10 :: len(body)]) * 0.01

    random = np.random.default_rng(seed)
    args = random.uniform(-1, 1, 10), random.uniform(-1, 1, repeats)
    jitted = jit(f)
    expected = value_and_grad(f, (0, 1))(*args)
    found = jitted.value_and_grad(*args, argnums=(0, 1))
    assert found[0] == pytest.approx(expected[0], rel=1e-11, abs=1e-13)
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-11 * max(np.abs(b).max(), 1e-2))


@pytest.mark.parametrize(("n", "step"), [(16, 1), (40, 1), (40, 3), (100, -2)])
def test_long_sums_over_arguments(n, step):
    """Added up in passing: plain, products, squares, and with a common factor."""
    xs, ys = rng.normal(size=300), rng.normal(size=300)

    def f(xs, ys, c):
        at = range(150, 150 + n * step, step)
        plain = sum(xs[k] for k in at)
        products = sum(xs[k] * ys[k + 1] for k in at)
        squares = -sum(xs[k] ** 2 for k in at)
        scaled = sum(xs[k] * c for k in at)
        return plain * products + squares - scaled + fn.sin(c)

    check(f, (xs.tolist(), ys.tolist(), 0.3), (0, 1, 2)[:2])
    found = jit(f).value_and_grad(xs.tolist(), ys.tolist(), 0.3, argnums=2)
    assert found[1] == pytest.approx(
        value_and_grad(f, 2)(xs.tolist(), ys.tolist(), 0.3)[1], rel=1e-12
    )


def test_comparisons_of_many_numbers_are_made_in_passing():
    def f(xs):
        return sum(x for x in xs if x > 0.0) + sum(a for a, b in itertools.pairwise(xs) if a < b)

    up, other = np.linspace(0.1, 1, 50).tolist(), np.linspace(1, 0.1, 50).tolist()
    mixed = [0.5, -0.5] * 25
    jitted = jit(f)
    for xs in (up, other, mixed, up):
        assert jitted(xs) == pytest.approx(f(values(xs)).data, rel=1e-13)
