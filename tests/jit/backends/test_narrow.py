"""Narrow items: the same numbers as NumPy's calls, as operations on floats."""

import numpy as np
import pytest
from plan_agreement import assert_agrees
from random_plans import random_plan

from autograd_nn.jit.backends import narrow as narrow_module
from autograd_nn.jit.backends import numpy as backend
from autograd_nn.jit.backends import tape
from autograd_nn.jit.backends.narrow import narrow, saving
from autograd_nn.jit.plan import Access, Loop, Nest
from autograd_nn.ops import CODES, PRIMITIVES


class _Code:
    """Items as operations on floats where they can be, else as NumPy's calls."""

    def __init__(self, items, sizes):
        self.found = narrow(items)
        self.other = backend.compile(items, sizes)

    def bind(self, buffers):
        if self.found is None:
            return self.other.bind(buffers)
        return lambda: self.found.run(*(buffers[k] for k in self.found.buffers))


@pytest.mark.parametrize("first", range(0, 150, 50))
def test_any_nest_can_be_operations_on_floats(first, monkeypatch):
    """Whatever is narrow or wide, the numbers are those of the reference."""
    monkeypatch.setattr(narrow_module, "LARGEST", 20_000)
    for seed in range(first, first + 50):
        assert_agrees(_Code, seed)


def test_the_random_plans_are_done_that_way():
    """A comparison of NumPy's calls with themselves would show nothing."""
    items = [x for seed in range(20) for x in random_plan(seed).plan.items]
    assert sum(narrow([x]) is not None for x in items) > len(items) // 2


@pytest.mark.parametrize("code", [c for c, row in enumerate(PRIMITIVES) if row.name])
def test_the_hot_operations_are_those_of_the_table(code):
    """Some rows are spelled again where they must be fast."""
    special = [0.0, -0.0, 1.0, -1.0, 0.5, float("inf"), float("-inf"), float("nan"), 3.0]
    row = PRIMITIVES[code]
    for a in special:
        for b in special if row.arity == 2 else [0.0]:
            operands = (a, b)[: row.arity]
            second = 1 if row.arity == 2 else -1
            y = row.scalar(*operands)
            numbers = [a, b, 0.0]
            tape.run([tape.ROW + code], [2], [0], [second], [-1], numbers)
            np.testing.assert_equal(numbers[2], y)
            numbers = [a, b]
            tape.run_forward([code], [0], [second], numbers)
            np.testing.assert_equal(numbers[2], y)
            slopes = row.partials(*operands, y)
            adjoints = [0.0, 0.0, 2.0]
            tape.run_backward([code], [0], [second], [3], [a, b, y], adjoints)
            np.testing.assert_equal(adjoints[: row.arity], [0.0 + 2.0 * s for s in slopes])


def pendulum(rounds):
    """A scalar recurrence: an angle and a speed."""

    def cell(start):
        return Access(0, start, (), (2,))

    sine = Access(0, 8, (), (0,))
    return Loop(
        rounds,
        [
            Nest("row", (), (cell(10),), sine, code=CODES["sin"]),
            Nest("sum", (), (cell(11),), cell(13)),
            Nest("sum", (), (sine,), cell(13), factor=-0.01, add=True),
            Nest("sum", (), (cell(10),), cell(12)),
            Nest("sum", (), (cell(13),), cell(12), factor=0.01, add=True),
        ],
    )


def test_a_scalar_recurrence_is_narrow():
    """A pendulum of 10,000 steps would spend its time calling NumPy."""
    assert saving(pendulum(10_000)) > 0.0
    buffers = [np.full(20_020, 0.5), np.zeros(20_020)]
    code = backend.compile([pendulum(10_000)], [20_020])
    assert len(code.calls) == 1
    code.bind(buffers)()
    angle, speed = 0.5, 0.5
    for _ in range(10_000):
        speed = speed - 0.01 * np.sin(angle)
        angle = angle + 0.01 * speed
    assert buffers[0][10 + 20_000] == pytest.approx(angle, rel=1e-9)


def test_what_would_be_too_many_operations_stays_calls():
    """A loop of a million rounds must not fill the memory with operations."""
    assert narrow([pendulum(1_000_000)]) is None


def test_wide_items_are_not_narrow():
    """A matrix product on floats would be a hundred times slower."""
    reads = (Access(0, 4, (50, 0, 1)), Access(0, 4, (0, 1, 50)))
    wide = Nest("sum", (50, 50, 50), reads, Access(0, 3000, (50, 1, 0)), summed=1)
    assert saving(wide) < 0.0


def test_everything_is_read_before_anything_is_written():
    """Numbers that change places must not overwrite each other."""
    items = [Nest("sum", (4,), (Access(0, 4, (1,)),), Access(0, 7, (-1,)))]
    found = narrow(items)
    values = np.arange(10.0)
    found.run(values)
    assert values.tolist() == [0.0, 1.0, 2.0, 3.0, 7.0, 6.0, 5.0, 4.0, 8.0, 9.0]
