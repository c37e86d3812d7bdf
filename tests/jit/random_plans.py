"""Random plans, by a seed: every kind of nest, loops, lines, and a way back made by hand.

What is computed is evaluated while it is made, so that most reads are of moderate numbers; every
read is of cells that hold something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from random import Random
from typing import Any

import numpy as np

from autograd_nn.jit.plan import (
    ADJOINTS,
    PADDING,
    VALUES,
    Access,
    Backward,
    Item,
    Lines,
    Loop,
    Nest,
    Place,
    Plan,
    cells_of,
)
from autograd_nn.jit.plan.reference import evaluate
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["RandomPlan", "random_plan"]

LARGE = 2  # the buffer of the large argument
OPERATIONS = [code for code, row in enumerate(PRIMITIVES) if row.name]
#: What may be repeated on its own results: a little error stays little.
SMOOTH = [CODES[name] for name in ("tanh", "sigmoid", "sin", "relu", "abs", "maximum", "atan")]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e-300, 1e200, 40.0]


@dataclass
class RandomPlan:
    """A plan, the numbers of its leaves, and a way back."""

    plan: Plan
    numbers: list[Any]
    back: Backward


@dataclass
class _Region:
    """Cells that can be read; ``steps`` of those that each round of the loops around has anew."""

    buffer: int
    start: int
    size: int
    steps: tuple[int, ...] = ()


def random_plan(seed: int, items: int = 6) -> RandomPlan:
    """A plan of some items, and the way back through them."""
    return _Maker(seed).make(items)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        r = self.random
        special, self.index_rows = r.random() < 0.3, r.randint(1, 6)
        sizes = [r.randint(30, 400), r.randint(1, 40), r.choice([300, 5000])]
        self.numbers = [self._numbers(size, special) for size in sizes]
        self.numbers[1] = [float(r.randrange(self.index_rows)) for _ in range(sizes[1])]
        if special:
            self.numbers[1][0] = r.choice([-1.0, 99.0, np.nan, np.inf, -np.inf, 0.5])
        self.end = len(PADDING)
        self.names: list[tuple[int, str]] = []
        x, index = self._region(sizes[0], "x"), self._region(sizes[1], "index")
        self.index = index
        self.readable = [x, _Region(LARGE, 0, sizes[2])]
        self.leaves = [
            Place("x", VALUES, x.start, sizes[0]),
            Place("index", VALUES, index.start, sizes[1]),
            Place("large", LARGE, 0, sizes[2]),
        ]
        self.buffers = [np.zeros(1 << 18) for _ in range(2)] + [np.zeros(sizes[2]) for _ in "va"]
        self.buffers[VALUES][: len(PADDING)] = PADDING
        for place, numbers in zip(self.leaves, self.numbers, strict=True):
            self.buffers[place.buffer][place.cells] = numbers
        self.counts: tuple[int, ...] = ()  # of the loops around
        self.made: list[_Region] = []  # by the loop that is being made

    def _numbers(self, size: int, special: bool) -> list[float]:
        r = self.random
        return [
            r.choice(SPECIAL)
            if special and r.random() < 0.05
            else float(r.randint(-2, 2)) / 2.0  # for ties
            if r.random() < 0.3
            else r.uniform(-2.0, 2.0)
            for _ in range(size)
        ]

    def _region(self, size: int, name: str) -> _Region:
        self.names.append((self.end, name))
        self.end += size
        return _Region(VALUES, self.end - size, size)

    def make(self, count: int) -> RandomPlan:
        items: list[Item] = []
        while len(items) < count and self.end < 100_000:
            items += self._items()
        self._evaluate(items[-1:])
        root = self._region(1, "result")
        last = self._read((), [k for k in self.readable if k.buffer == VALUES])
        items.append(Nest("sum", (), (last,), Access(VALUES, root.start, ())))
        sizes = [self.end, self.leaves[2].size]
        roots = np.array([[root.start]])
        plan = Plan(1, sizes, self.leaves, (np.zeros(0, int), []), items, [], roots, self.names)
        # Every result is sent a slope, so that each item's way back does something.
        cells = np.arange(self.index.start + self.index.size, self.end)
        cleared = [(ADJOINTS, 0, sizes[0]), (LARGE + 1, 0, sizes[1])]
        back = Backward(_way_back(items), cleared, (cells, np.ones(len(cells))), (0, 2))
        return RandomPlan(plan, self.numbers, back)

    def _evaluate(self, items: Sequence[Item]) -> None:
        with np.errstate(all="ignore"):
            evaluate(items, self.buffers)

    # -- items ---------------------------------------------------------------------------

    def _items(self) -> list[Item]:
        found: list[Item]
        kind = self.random.random()
        if kind < 0.25:
            found = self._loop()
        elif kind < 0.35:
            found = [self._lines()]
        else:
            found = [self._nest()]
            if self.random.random() < 0.2:
                found += self._added(found[0])
        self._evaluate(found)
        return found

    def _nest(self) -> Nest:
        r = self.random
        kind = r.choice(["sum"] * 4 + ["row"] * 4 + ["extreme", "look"])
        axes = self._axes()
        exact = r.random() < 0.2
        if kind == "look":
            return self._look(axes)
        if kind == "extreme":
            axes = (*axes, r.randint(2, 9))
            reads = (self._read(axes),)
            write = self._write(axes, 1)
            code = CODES[r.choice(["maximum", "minimum"])]
            return Nest("extreme", axes, reads, write, summed=1, code=code, exact=exact)
        if kind == "row":
            code = r.choice(SMOOTH if self.made else OPERATIONS)
            reads = tuple(self._read(axes) for _ in range(PRIMITIVES[code].arity))
            return Nest("row", axes, reads, self._write(axes, 0), code=code, exact=exact)
        summed = min(r.randint(0, 3), len(axes))
        reads = tuple(self._read(axes) for _ in range(r.randint(1, 3)))
        if len(reads) == 2 and r.random() < 0.1:
            reads = (reads[0], reads[0])
        factor = r.choice([1.0, 1.0, -1.0, 2.0, 0.3])
        if self.made:
            factor /= max(1.0, prod(axes) * 2.0 ** len(reads))
        sum_of = Nest("sum", axes, reads, self._write(axes, summed), summed, 0, 0, factor)
        if exact:
            sum_of.exact, sum_of.factor = True, r.choice([1.0, -1.0])
        elif r.random() < 0.2:
            sum_of.plus = r.choice([0.0, 0.5, -1.0])
        return sum_of

    def _added(self, nest: Nest) -> list[Item]:
        """More terms, which are added to the results of a sum."""
        if nest.kind != "sum":
            return []
        reads = tuple(self._read(nest.axes) for _ in range(self.random.randint(1, 2)))
        factor = self.random.choice([1.0, -1.0] if nest.exact else [1.0, -1.0, 0.5])
        return [replace(nest, reads=reads, factor=factor, add=True)]

    def _look(self, axes: tuple[int, ...]) -> Nest:
        r = self.random
        region = next((k for k in self.readable if k.buffer == VALUES), self.readable[0])
        columns = r.randint(1, 4)
        shape = (self.index_rows, columns)
        steps = None
        if axes and r.random() < 0.3:
            largest = max(0, (region.size - 1) // max(1, axes[0] - 1) // 2)
            steps = self._whole(0, min(3, largest), shape)
        slack = region.size - 1 - (int(steps.max()) * (axes[0] - 1) if steps is not None else 0)
        entries = region.start + self._whole(0, slack, shape)
        fits = tuple(n if r.random() < 0.7 else 1 for n in axes)
        chosen = self._whole(0, columns - 1, fits)
        read = self._read(axes, [self.index])
        write = self._write(axes, 0)
        nest = Nest("look", axes, (read,), write, entries=entries, columns=chosen)
        nest.entry_steps = steps
        return nest

    def _lines(self) -> Lines:
        r, region = self.random, self.readable[0]
        count = r.randint(1, 40)
        out = self._region(count, "lines")
        cells = list(range(out.start, out.start + count))
        r.shuffle(cells)
        known = list(range(region.start, region.start + region.size))
        codes, a, b = [], [], []
        for cell in cells:
            codes.append(r.choice(OPERATIONS))
            a.append(r.choice(known[-30:]))
            b.append(r.choice(known[-30:]) if PRIMITIVES[codes[-1]].arity == 2 else -1)
            known.append(cell)
        return Lines(*(np.array(x, dtype=np.int64) for x in (codes, cells, a, b)))

    def _loop(self, depth: int = 1) -> list[Item]:
        """A loop, and what comes before it so that its first round has something to read."""
        r = self.random
        count = r.choice([1, 2, 3, 7, 20])
        before, outer, made = [], self.counts, self.made
        self.counts = (*outer, count)
        self.made = [k for k in made if len(k.steps) == len(outer)]
        self.made = [_Region(k.buffer, k.start, k.size, (*k.steps, 0)) for k in self.made]
        if not outer:
            state = self._region(r.randint(1, 14) * (count + 1), "state")
            size = state.size // (count + 1)
            first = Access(VALUES, state.start, (1,))
            self.counts = ()
            before.append(Nest("sum", (size,), (self._read((size,)),), first))
            self.counts = (count,)
            self._evaluate(before)
            self.made.append(_Region(VALUES, state.start, size, (size,)))
        items: list[Item] = []
        for _ in range(r.randint(1, 3)):
            if depth == 1 and r.random() < 0.25:
                items += self._loop(depth + 1)
            else:
                items.append(self._nest())
        if not outer:  # the state of the next round
            read = self._read((size,), [self.made[0]])
            write = Access(VALUES, state.start + size, (1,), (size,))
            items.append(Nest("row", (size,), (read,), write, code=CODES["tanh"]))
        self.counts, self.made = outer, made
        return [*before, Loop(count, items)]

    # -- accesses ------------------------------------------------------------------------

    def _axes(self) -> tuple[int, ...]:
        r, axes = self.random, []
        for _ in range(r.randint(0, 4)):
            axes.append(r.choice([1, 2, 3, r.randint(1, 17), r.randint(1, 40)]))
        while prod(axes) > (300 if self.counts else 3000):
            axes.remove(max(axes))
        return tuple(axes)

    def _read(self, axes: tuple[int, ...], regions: Sequence[_Region] = ()) -> Access:
        """Cells of a region: affine, by a table, or both."""
        r = self.random
        regions = regions or [*self.readable, *self.made * 3]
        region = r.choice(regions)
        low, high = self._extent(region)
        if not -1e3 < low <= high < 1e3:  # not often
            region = r.choice(regions)
        sizes = (*self.counts, *axes)
        steps = list(region.steps) or [
            r.choice([0, 1, 2, -1, r.randint(0, 20)]) for _ in self.counts
        ]
        strides = self._strides(axes)
        fixed = len(self.counts) if region.steps else 0
        every = [*([0] * fixed), *steps[fixed:], *strides]
        while _span(every, sizes) >= region.size:
            every[max(range(len(every)), key=lambda k: abs(every[k]) * (sizes[k] - 1))] = 0
        table, slack = None, region.size - 1 - _span(every, sizes)
        if axes and r.random() < 0.3:
            shape = tuple(n if r.random() < 0.5 else 1 for n in axes)
            reach = r.randint(0, slack)
            table = self._whole(0, reach, shape)
            unit = next((n for n, s in zip(axes[::-1], strides[::-1], strict=True) if s), 1)
            if r.random() < 0.5:
                table = table // unit * unit
            slack -= reach
        lowest = sum(min(0, s * (n - 1)) for s, n in zip(every, sizes, strict=True))
        start = region.start - lowest + r.randint(0, slack)
        steps = [*region.steps[:fixed], *every[fixed : len(self.counts)]]
        return Access(region.buffer, start, tuple(every[len(self.counts) :]), tuple(steps), table)

    def _extent(self, region: _Region) -> tuple[float, float]:
        found = self.buffers[region.buffer][region.start : region.start + region.size]
        return float(found.min()), float(found.max())

    def _strides(self, axes: Sequence[int]) -> list[int]:
        """Strides in one of many layouts: transposed, broadcast, backwards, windows, apart."""
        r = self.random
        if r.random() < 0.15:
            return [r.choice([0, 1, 1, -1, 2]) for _ in axes]
        strides, order, step = [0] * len(axes), list(range(len(axes)))[::-1], 1
        if r.random() < 0.4:
            r.shuffle(order)
        step = r.choice([1, 1, 1, 1, 2])
        for k in order:
            if r.random() < 0.75:
                strides[k] = step * (-1 if r.random() < 0.1 else 1)
                step *= axes[k]
        return strides

    def _write(self, axes: Sequence[int], summed: int) -> Access:
        """New cells, one for each point that is not summed, in each round."""
        r = self.random
        kept = list(axes[: len(axes) - summed])
        order = list(range(len(kept)))
        if r.random() < 0.3:
            r.shuffle(order)
        apart = r.choice([1, 1, 1, 1, 1, 2])
        sizes = [*self.counts, *(kept[k] for k in order)]
        products = list(accumulate([apart, *sizes[:0:-1]], lambda a, b: a * b))[::-1]
        region = self._region(products[0] * sizes[0] if sizes else 1, "v")
        steps = tuple(products[: len(self.counts)])
        strides = [0] * len(axes)
        for place, k in enumerate(order):
            strides[k] = products[len(self.counts) + place]
        start, table = region.start, None
        if kept and r.random() < 0.15:  # the cells along one axis in another order
            k = r.randrange(len(kept))
            table = np.array(r.sample(range(kept[k]), kept[k]), dtype=np.int64) * strides[k]
            table = table.reshape([kept[k] if j == k else 1 for j in range(len(axes))])
            strides[k] = 0
        elif kept and r.random() < 0.1:
            k = r.randrange(len(kept))
            start += strides[k] * (kept[k] - 1)
            strides[k] *= -1
        if apart == 1:
            size = prod(kept)
            if self.counts:
                self.made.append(_Region(VALUES, region.start, size, steps))
            self.readable += [] if self.counts else [region]
        return Access(VALUES, start, tuple(strides), steps, table)

    def _whole(self, low: int, high: int, shape: tuple[int, ...]) -> Any:
        numbers = [self.random.randint(low, high) for _ in range(prod(shape))]
        return np.array(numbers, dtype=np.int64).reshape(shape)


def _span(strides: Sequence[int], sizes: Sequence[int]) -> int:
    return sum(abs(s) * (n - 1) for s, n in zip(strides, sizes, strict=True))


# -- the way back ----------------------------------------------------------------------------


def _way_back(items: Sequence[Item]) -> list[Item]:
    found: list[Item] = []
    for item in reversed(items):
        if isinstance(item, Loop):
            found.append(Loop(item.count, _way_back(item.items), reverse=True))
        elif isinstance(item, Lines):
            wanted = np.where(item.b >= 0, 3, 1)
            found.append(Lines(item.codes, item.out, item.a, item.b, wanted))
        else:
            found += _back_through(item)
    return found


def _back_through(nest: Nest) -> list[Item]:
    d, reads = nest.write.adjoint, nest.reads
    if nest.kind == "look":
        drop = Nest("drop", nest.axes, (d, reads[0]), d, entries=nest.entries)
        drop.columns, drop.entry_steps = nest.columns, nest.entry_steps
        return [drop]
    found: list[Item] = []
    for k, read in enumerate(reads):
        if nest.kind == "extreme":
            share = Nest("share", nest.axes, (d, read, nest.write), read.adjoint)
            share.summed, share.code, share.add, share.scatter = nest.summed, nest.code, True, True
            found.append(share)
            continue
        # The axes along which the operand does not change are summed, and come last.
        order = sorted(range(len(nest.axes)), key=lambda axis: not read.changes(axis))
        axes = tuple(nest.axes[axis] for axis in order)
        others = reads[:k] + reads[k + 1 :] if nest.kind == "sum" else (*reads, nest.write)
        back = Nest(
            "sum" if nest.kind == "sum" else "slope",
            axes,
            tuple(x.turned(order) for x in (d, *others)),
            read.adjoint.turned(order),
            summed=sum(not read.changes(axis) for axis in order),
            code=nest.code,
            operand=k,
            factor=nest.factor,
            add=True,
        )
        cells = cells_of(back.write, (*axes[: back.kept], *[1] * back.summed), [0] * len(d.steps))
        back.scatter = len(np.unique(cells)) < cells.size
        found.append(back)
    return found
