"""Turns: a deposit sets the cells that it is the first to touch, in the right round of a loop."""

import numpy as np
from lifted import assert_means, plan_of

from autograd_nn.jit.lifting.turns import Turns
from autograd_nn.jit.plan import Access, Loop, Nest

CELLS = 40


def deposit(start, size, steps=(), stride=1):
    """A nest that adds ones' adjoint, cell 0, to some adjoints."""
    read = Access(1, 0, (0,), (0,) * len(steps))
    return Nest("sum", (size,), (read,), Access(1, start, (stride,), steps))


def settled(items):
    """What each nest was decided to do, and which cells must be cleared."""
    turns = Turns([CELLS], np.array([0]))
    turns.note(items)
    return turns.settle()


def test_the_first_sets_and_the_second_adds():
    first, second = deposit(10, 5), deposit(12, 2)
    assert settled([first, second]) == []
    assert (first.add, second.add) == (False, True)


def test_a_deposit_that_reaches_farther_than_what_was_set_adds_to_cleared_cells():
    """Otherwise the part that overlaps would lose the first deposit."""
    first, second = deposit(10, 5), deposit(12, 6)
    assert settled([first, second]) == [(1, 15, 18)]
    assert (first.add, second.add) == (False, True)


def test_the_seed_is_added_to():
    """The result's own adjoint is set before all."""
    only = deposit(0, 1)
    settled([only])
    assert only.add


def test_rounds_that_write_apart_set():
    """Each step of a loop has states of its own."""
    inside = deposit(30, 4, (-5,))
    assert settled([Loop(4, [inside])]) == []
    assert not inside.add


def test_rounds_that_write_to_the_same_cells_add():
    """The weights of a recurrent net: each step adds its share."""
    inside = deposit(30, 4, (0,))
    assert settled([Loop(4, [inside])]) == [(1, 30, 34)]
    assert inside.add


def test_a_loop_backwards_has_its_last_round_first():
    """What round 3 deposits into round 2's state comes before round 2's own deposit."""
    own, before = deposit(20, 2, (2,)), deposit(18, 2, (2,))
    settled([Loop(4, [before, own], reverse=True)])
    assert (before.add, own.add) == (False, True)
    own, before = deposit(20, 2, (2,)), deposit(18, 2, (2,))
    assert settled([Loop(4, [before, own])]) == [(1, 18, 20)]
    assert (before.add, own.add) == (True, False)


def test_several_points_in_one_cell_are_noted():
    """NumPy's ``+=`` by an index would keep only one of them."""
    once, twice = deposit(10, 5), deposit(20, 5, stride=0)
    settled([once, twice])
    assert (once.scatter, twice.scatter) == (False, True)
    assert twice.add


def test_a_state_that_is_read_by_later_steps_too():
    """Skip connections between the steps: slopes from two later steps meet."""

    def f(w, x):
        states = [list(x)]
        for t in range(12):
            older = states[max(t - 2, 0)]
            states.append(
                [
                    (sum(w[4 * i + j] * states[-1][j] for j in range(4)) + older[i]).tanh()
                    for i in range(4)
                ]
            )
        return sum(sum(state) for state in states)

    rng = np.random.default_rng(0)
    w, x = rng.normal(size=16), rng.normal(size=4)
    assert_means(plan_of(f, w, x), f, w, x)
