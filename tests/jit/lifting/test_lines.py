"""Single operations: few are written out, and steps of few operations become a loop."""

import numpy as np
import pytest
from lifted import assert_means, plan_of, plan_of_lines, shown

from autograd_nn.jit.plan import Lines, Loop, Nest, walk


def pendulum(steps):
    def f(start):
        angle, speed = start
        total = 0.0
        for t in range(steps):
            speed = speed - 0.01 * (9.81 * angle.sin() + 0.1 * speed)
            angle = angle + speed * 0.01
            total = total + (angle - 0.001 * t) ** 2
        return total

    return f


@pytest.mark.parametrize("steps", [50, 400])
def test_a_simulation_becomes_a_loop_of_its_steps(steps):
    """Machine code of 400 steps written out takes seconds to compile."""
    plan = plan_of_lines(pendulum(steps), [1.0, 0.2], rolled=True)
    loops = [item for item, _ in walk(plan.items) if isinstance(item, Loop)]
    assert sum(loop.count for loop in loops) >= steps - 4
    assert len(list(walk(plan.items))) < 60
    assert_means(plan, pendulum(steps), [1.0, 0.2])


def test_without_rolling_lines_stay_as_they_were_recorded():
    """A backend that runs them as a list has nothing of a loop."""
    plan = plan_of_lines(pendulum(50), [1.0, 0.2], rolled=False)
    (lines,) = plan.items
    assert isinstance(lines, Lines)
    assert_means(plan, pendulum(50), [1.0, 0.2])


def test_loops_inside_of_loops():
    """A solver's iterations inside of the steps of a simulation."""

    def f(start):
        x, total = start[0], 0.0
        for _ in range(12):
            y = x
            for _ in range(8):
                y = y - (y * y * y - x).tanh() * 0.1
            x = y * 1.25
            total = total + x * x
        return total

    plan = plan_of_lines(f, [0.7], rolled=True)
    assert max(depth for _, depth in walk(plan.items)) >= 1
    assert len(list(walk(plan.items))) < 100
    assert_means(plan, f, [0.7])


def test_what_has_no_pattern_stays_lines():
    """Nothing is forced into loops, and the numbers are the engine's."""

    def f(x):
        rng, values = np.random.default_rng(3), list(x)
        for _ in range(200):
            a, b = (values[k] for k in rng.integers(0, len(values), 2))
            values.append([a + b, a * b * 0.5, (a - b).sin(), a.tanh()][rng.integers(4)])
        return sum(values[-9:])

    plan = plan_of_lines(f, [0.5, -1.0, 0.25], rolled=True)
    assert any(isinstance(item, Lines) for item in plan.items)
    assert_means(plan, f, [0.5, -1.0, 0.25])


def test_a_chain_that_shrinks_is_read_in_the_right_order():
    """A recurrence that looks two and three results back."""

    def f(x):
        a, b, c = x
        for _ in range(60):
            a, b, c = b, c, (a * 0.5 + c * b).sin()
        return a + b + c

    assert_means(plan_of_lines(f, [0.3, 0.4, 0.5], rolled=True), f, [0.3, 0.4, 0.5])


def test_small_packs_between_large_ones_are_written_out():
    """A mean and a few scalars between two layers are not worth a nest each."""

    def f(x):
        mean = sum(x) * (1.0 / len(x))
        scale = (mean * mean + 1.0).sqrt()
        return [(v - mean) / scale for v in x]

    x = np.random.default_rng(0).normal(size=200)
    plan = plan_of(f, x)
    (lines,) = [item for item in plan.items if isinstance(item, Lines)]
    assert len(lines.codes) < 8
    assert any(isinstance(item, Nest) and item.axes == (200,) for item in plan.items)
    assert_means(plan, f, x)


def test_a_jump_of_look_ups_stays_between_its_lines():
    """What is looked up is computed before, and used after."""
    plan = plan_of_lines(lambda x: (x[0] * x[1]).exp() - x[0], [0.5, 2.0], rolled=True)
    assert shown(plan) == ["3 single operations: exp, mul, sub"]
