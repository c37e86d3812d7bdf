"""Folding: constants are written into what reads them, and no number changes by that."""

import math

import numpy as np
import pytest
from lifted import assert_means, plan_of, shown

from autograd_nn.jit.plan import Loop
from autograd_nn.jit.plan.printing import printed

ELEVEN = np.arange(1.0, 12.0)


@pytest.mark.parametrize(
    ("f", "line"),
    [
        (lambda x: [v / 64.0 for v in x], "div 1[11] = 0.015625 * a0[11]"),
        (lambda x: [v / -0.5 for v in x], "div 1[11] = -2 * a0[11]"),
        (lambda x: [v * 0.25 for v in x], "sum 1[11] = 0.25 * a0[11]"),
        (lambda x: [v * 1.0 for v in x], "sum 1[11] = a0[11]"),
        (lambda x: [3.0 * v + 2.0 for v in x], "sum 1[11] = 3 * a0[11] + 2"),
        (lambda x: [2.0 - v for v in x], "sum 1[11] = -a0[11] + 2"),
    ],
)
def test_one_number_for_all_points_is_written_into_the_nest(f, line):
    """Else every point would read a constant: a table more for nothing."""
    plan = plan_of(f, ELEVEN)
    assert shown(plan) == [line]
    assert_means(plan, f, ELEVEN)


@pytest.mark.parametrize("number", [49.0, 0.0, math.inf, 3.0, 1e-300])
def test_only_exact_reciprocals_stand_for_a_division(number):
    """1/49 rounds: ``x / 49`` and ``x * (1/49)`` differ in the last bit."""
    plan = plan_of(lambda x: [v / number for v in x], ELEVEN)
    assert shown(plan) == ["div 1[11] = div(a0[11], constants)"]


def test_what_is_added_keeps_the_sign_of_a_zero():
    """``-0.0 + 0.0`` is 0.0; without the addition, the user's ``1 / y`` would be -inf."""
    zeros = [-0.0] * 11
    plan = plan_of(lambda x: [v + 0.0 for v in x], zeros)
    assert shown(plan) == ["sum 1[11] = a0[11] + 0"]
    assert not np.signbit(plan.run([zeros, [], []][: len(plan.leaves)]).numbers).any()
    plan = plan_of(lambda x: [v - 0.0 for v in x], zeros)
    assert np.signbit(plan.run([zeros, []]).numbers).all()


def test_a_number_for_each_point_is_read():
    """A data set that is closed over."""

    def f(x):
        return [v * (0.5 + k) for k, v in enumerate(x)]

    plan = plan_of(f, ELEVEN)
    assert shown(plan) == ["sum 1[11] = a0[11] * constants[11]"]
    assert_means(plan, f, ELEVEN)


def test_zeros_ones_and_repeated_numbers_in_data_do_not_change_the_pattern():
    """A row of a data set with a 0 in it must not fall out of the loop over the rows."""

    def loss(data):
        return lambda w: sum(
            (sum((a * b for a, b in zip(w, row, strict=True)), 0.0)).relu() for row in data
        )

    rows = np.random.default_rng(0).normal(size=(12, 4))
    plain = plan_of(loss(rows.tolist()), np.ones(4))
    rows[0], rows[1], rows[2:5, 1], rows[6:9], rows[:, 3] = 1.0, 0.0, 0.0, rows[9], 0.0
    special = plan_of(loss(rows.tolist()), np.ones(4))
    assert shown(special) == shown(plain)
    assert len(shown(special)) == 3
    assert_means(special, loss(rows.tolist()), [0.5, -0.25, 2.0, 1.0])


def test_numbers_that_differ_from_round_to_round_stay_apart():
    """A schedule: each step has a step size of its own."""

    def f(sizes):
        def run(x):
            at = list(x)
            for size in sizes:
                at = [v - size * v.sin() for v in at]
            return sum(at)

        return run

    x = ELEVEN / 10
    schedule = np.linspace(0.1, 0.5, 9).tolist()
    for sizes, read in (([0.125] * 9, "-0.125 * sin"), (schedule, "constants")):
        plan = plan_of(f(sizes), x)
        (loop,) = [item for item in plan.items if isinstance(item, Loop)]
        assert read in printed(loop.items, plan.names)
        assert_means(plan, f(sizes), x)
