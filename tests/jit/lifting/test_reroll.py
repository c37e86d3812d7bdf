"""Rerolling: what repeats with constant shifts is a loop, and the loop means the same."""

import numpy as np
import pytest
from lifted import assert_means, pieces_of, plan_of, shown, shown_back

from autograd_nn.jit.lifting.reroll import Repeat, reroll
from autograd_nn.jit.plan import Loop, walk

rng = np.random.default_rng(0)
W, X = rng.normal(size=36) * 0.4, rng.normal(size=6)


def steps(count):
    """A small recurrent net."""

    def f(w, x):
        h = list(x)
        for _ in range(count):
            h = [
                sum(w[6 * i + j] * h[j] for j in range(6)).tanh() + w[7 * i] * x[i]
                for i in range(6)
            ]
        return sum(h)

    return f


@pytest.mark.parametrize("count", [5, 12, 60])
def test_steps_become_a_loop(count):
    """Else the plan of a recurrent net has as many nests as it has steps, each to be compiled."""
    plan = plan_of(steps(count), W, X)
    assert sum(isinstance(item, Loop) for item, _ in walk(plan.items)) == 1
    assert len(list(walk(plan.items))) < 16
    assert_means(plan, steps(count), W, X)


def test_the_plan_does_not_grow_with_the_steps():
    """Nor does what has to be compiled."""
    few, many = (shown(plan_of(steps(count), W, X)) for count in (12, 60))
    assert len(few) == len(many)


def test_the_way_back_is_a_loop_backwards():
    """A step's adjoint is needed by the step before it."""
    back = shown_back(plan_of(steps(20), W, X), 0, 1)
    (loop,) = [line for line in back if line.startswith("repeat")]
    assert loop.endswith("from the last to the first:")


def test_two_steps_are_no_loop():
    """A loop is not worth its overhead there."""
    plan = plan_of(steps(2), W, X)
    assert not any(isinstance(item, Loop) for item, _ in walk(plan.items))
    assert_means(plan, steps(2), W, X)


def nested(w, x):
    """Layers inside of steps: the weights of the layers are used again in each step."""
    h = list(x)
    for _ in range(7):
        for layer in range(3):
            h = [sum(w[12 * layer + 3 * i + j] * h[j] for j in range(3)).tanh() for i in range(3)]
        h = [v.exp() * 0.5 for v in h]
    return sum(h)


def test_loops_inside_of_loops_mean_the_same():
    """Layers inside of steps."""
    plan = plan_of(nested, W, X[:3])
    assert max(depth for _, depth in walk(plan.items)) >= 1
    assert len(list(walk(plan.items))) < 25
    assert_means(plan, nested, W, X[:3])


def test_what_breaks_the_rhythm_stays_in_its_place():
    """A step that does something else lies between two loops, in order."""

    def f(w, x):
        h = list(x)
        for t in range(40):
            h = [(sum(w[6 * i + j] * h[j] for j in range(6))).tanh() for i in range(6)]
            if t == 19:
                h = [v.exp() * 0.25 for v in h]
        return sum(h)

    plan = plan_of(f, W, X)
    loops = [item for item in plan.items if isinstance(item, Loop)]
    assert len(loops) == 2
    assert sum(loop.count for loop in loops) >= 34
    assert_means(plan, f, W, X)


def test_pieces_of_a_round_are_those_of_every_round():
    """What a loop runs in round t are the cells of the piece t rounds on."""
    flat, _ = pieces_of(steps(10), W, X)
    before = [(piece.code, piece.starts.copy()) for piece in flat]
    rolled = reroll(list(flat))
    assert any(isinstance(item, Repeat) for item in rolled)

    def unrolled(items, moved):
        for item in items:
            if isinstance(item, Repeat):
                for t in range(item.count):
                    yield from unrolled(item.items, (*moved, t))
                continue
            shift = [
                sum(step * t for step, t in zip(x.steps, moved, strict=True)) for x in item.operands
            ]
            yield item.code, item.starts + shift

    after = list(unrolled(rolled, ()))
    assert len(after) == len(before)
    for (code, starts), (expected, where) in zip(after, before, strict=True):
        assert code == expected
        np.testing.assert_array_equal(starts, where)
