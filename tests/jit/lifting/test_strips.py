"""Strips: the same numbers, in another order of work.

A nest that joins a loop over strips of rows though another row's numbers are needed, or that is
moved over one it depends on, gives a user wrong numbers at sizes that no small example has.
"""

import os
from math import prod
from random import Random

import numpy as np
import pytest
from lifted import plan_of

from autograd_nn import functions as fn
from autograd_nn.jit.lifting import strips as module
from autograd_nn.jit.lifting.adjoint import adjoint, whole_way
from autograd_nn.jit.lifting.strips import strips
from autograd_nn.jit.plan import PADDING, Access, Loop, Nest, cells_of
from autograd_nn.jit.plan.reference import evaluate
from autograd_nn.ops import CODES

COUNT = int(os.environ.get("AUTOGRAD_NN_FUZZ_PLANS", "300"))
ROWS = 32
SIZE = 4500  # of each buffer


@pytest.fixture
def small(monkeypatch):
    """Strips of so few rows that small plans are cut."""
    monkeypatch.setattr(module, "_FEWEST", 8)


def cut(items, cells=64):
    return strips(items, cells, lambda item: False)


def loops(items):
    return [item for item in items if isinstance(item, Loop)]


def assert_same_numbers(items, found, buffers, what):
    """The reference interpreter leaves the same in all buffers, up to the order of sums."""
    before, after = [x.copy() for x in buffers], [x.copy() for x in buffers]
    with np.errstate(all="ignore"):
        evaluate(items, before)
        evaluate(found, after)
    for k, (x, y) in enumerate(zip(after, before, strict=True)):
        scale = 1e-9 * np.abs(y[np.isfinite(y)]).max(initial=1.0)
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=scale, err_msg=f"{what}, buffer {k}")


# -- random nests, row by row, across rows, and neither ------------------------------------------


def random_access(random, axes, axis, moves, write):
    """Cells of one of few tables of rows, mostly: a column for each row, or several columns."""
    buffer = random.choice([0, 0, 1, 2] if not write else [0, 0, 1])
    start = 8 + 160 * random.randrange(6) + ROWS * random.choice([0, 0, 0, 1, 2])
    strides = [0] * len(axes)
    if moves:
        strides[axis] = 1
    others = [k for k in range(len(axes)) if k != axis]
    if others and random.random() < 0.7:
        strides[random.choice(others)] = ROWS
    table = None
    if random.random() < 0.15:  # something else
        start += random.choice([0, 1, 7, 100])
        strides[random.randrange(len(axes))] = random.choice([0, 1, 2, 8, 40])
    if random.random() < 0.1:
        shape = [size if k != axis and random.random() < 0.5 else 1 for k, size in enumerate(axes)]
        if random.random() < 0.2:
            shape[axis] = axes[axis]  # rows that a table leads to
        unit = random.choice([1, ROWS])
        table = np.array([unit * random.randrange(4) for _ in range(prod(shape))]).reshape(shape)
    return Access(buffer, start, tuple(strides), (), table)


def random_nest(random):
    """A nest with an axis of rows, or without; sums over it, or over columns."""
    rows = random.choice([ROWS, ROWS, ROWS, ROWS, 2 * ROWS, 3])
    axes = [rows, *[random.randint(2, 4) for _ in range(random.randint(0, 2))]]
    random.shuffle(axes)
    axis, summed = axes.index(rows), random.choice([0, 0, 1])
    kind = random.choice(["sum", "sum", "sum", "row", "extreme"])
    summed = {"row": 0, "extreme": 1}.get(kind, summed)
    kept = len(axes) - summed
    count = {"sum": random.randint(1, 2), "row": 2, "extreme": 1}[kind]
    reads = [random_access(random, axes, axis, random.random() < 0.7, False) for _ in range(count)]
    write = random_access(random, axes, axis, axis < kept, True)
    table = None if write.table is None else write.table[(..., *[slice(0, 1)] * summed)]
    strides = (*write.strides[:kept], *[0] * summed)
    write = Access(write.buffer, write.start, strides, (), table)
    add = random.random() < 0.5
    nest = Nest(kind, tuple(axes), tuple(reads), write, summed, add=add, scatter=add)
    if kind == "sum":
        nest.factor = random.choice([1.0, 0.5, -1.0])
        nest.plus = random.choice([None, None, 0.25])
    else:
        nest.code = CODES["maximum"]
    return nest


def reads_its_own(nest):
    """Whether it reads what it writes: what that means depends on who runs it."""
    written = np.unique(cells_of(nest.write, nest.axes))
    kept = nest.axes[: nest.kept]
    twice = len(written) < prod(kept) and not nest.add
    own = [x for x in nest.reads if x.buffer == nest.write.buffer]
    return twice or any(len(np.intersect1d(cells_of(x, nest.axes), written)) for x in own)


def test_random_nests_keep_their_numbers(small, monkeypatch):
    """Many of these cannot be cut, for one of many reasons; those that are must be right."""
    monkeypatch.setattr(module, "_REUSED", 0)
    many = 0
    for seed in range(COUNT):
        random = Random(seed)
        items = [random_nest(random) for _ in range(random.randint(3, 12))]
        items = [nest for nest in items if not reads_its_own(nest)]
        found = cut(items, random.choice([200, 400]))
        many += len(loops(found)) > 0
        numbers = np.random.default_rng(seed)
        buffers = [numbers.normal(size=SIZE) for _ in range(4)]
        buffers[0][: len(PADDING)] = PADDING
        assert_same_numbers(items, found, buffers, f"seed {seed}")
    assert many > COUNT / 20


# -- functions of rows ---------------------------------------------------------------------------


def layer(x, w):
    """A dense layer and a soft maximum for each row."""
    total, width = 0.0, len(w) // 3
    for k in range(0, len(x), width):
        row = x[k : k + width]
        units = [sum(w[j * width + i] * row[i] for i in range(width)).tanh() for j in range(3)]
        total = total + fn.logsumexp(units)
    return total * total


def neighbours(x, w):
    """Every row needs the next one's result."""
    rows = [x[k] * w[0] + w[1] for k in range(len(x))]
    inner = [rows[k].exp() + rows[k + 1].exp() * w[0] for k in range(len(x) - 1)]
    return sum(r * r for r in inner)


def running(x, w):
    """Every row needs all those before."""
    total, state = 0.0, w[0]
    for a in x:
        state = (state * w[1] + a).tanh()
        total = total + state * state
    return total


@pytest.mark.parametrize(
    ("f", "size", "count"), [(layer, 256, 6), (neighbours, 64, 2), (running, 64, 2)]
)
def test_functions_there_and_back(f, size, count, small):
    numbers = np.random.default_rng(1)
    vectors = [numbers.normal(size=size).tolist(), numbers.normal(size=count).tolist()]
    if f is layer:
        vectors[1] = numbers.normal(size=3 * 4).tolist()
    plan = plan_of(f, *vectors)
    items = [*plan.items, *whole_way(plan, adjoint(plan, (0, 1)))]
    found = cut(items, 600)
    buffers = plan.buffers()
    plan.load(buffers, [*vectors, []])
    assert_same_numbers(items, found, buffers, f.__name__)
    assert bool(loops(found)) == (f is layer or bool(loops(items)))


def test_a_layer_there_and_back_is_one_loop(small):
    """What does not depend on the total, as the slopes of a sum, needs no second loop."""

    def f(x, w):
        return sum((fn.exp(a * w[0]) + w[1]).tanh() for a in x)

    plan = plan_of(f, [0.1 * k for k in range(64)], [0.3, 0.4])
    items = [*plan.items, *whole_way(plan, adjoint(plan, (0, 1)))]
    (loop,) = loops(cut(items, 150))
    assert loop.count * loop.items[0].axes[0] == 64
    assert len(loop.items) > len(plan.items)


def test_a_number_of_rows_that_is_no_multiple_leaves_a_rest(monkeypatch):
    monkeypatch.setattr(module, "_FEWEST", 16)

    def f(x, w):
        return sum((fn.exp(a * w[0]) + w[1]).tanh() for a in x)

    plan = plan_of(f, [0.1 * k for k in range(136)], [0.3, 0.4])
    found = cut(plan.items, cells=250)
    (loop,) = loops(found)
    size = loop.items[0].axes[0]
    assert size % 8 == 0
    rest = [item.axes[0] for item in found[found.index(loop) + 1 :] if item.axes]
    assert set(rest) == {136 - loop.count * size}
    buffers = plan.buffers()
    plan.load(buffers, [[0.1 * k for k in range(136)], [0.3, 0.4], []])
    assert_same_numbers(plan.items, found, buffers, "rest")


def test_what_is_small_or_stands_alone_stays_as_it_is(small):
    plan = plan_of(layer, [0.1] * 256, [0.2] * 12)
    assert cut(plan.items, cells=1 << 20) == plan.items
    assert strips(plan.items, 64, lambda item: True) == plan.items


def test_rows_that_lie_in_each_others_way_stay_as_they_are(small):
    """Rows 512 numbers apart begin at the same place of a page: a cache has few places for it."""
    total = Access(1, 0, (512, 1))
    reads = [Access(0, k * 102400, (512, 1)) for k in range(3)]
    nests = [Nest("sum", (200, 512), (read,), total, add=True) for read in reads]
    assert loops(cut(nests, cells=8192)) == []
