"""The way back: from the items of a plan to those that pass adjoints on, in the opposite order.

A nest hands each operand that a wanted leaf reaches its slope times the nest's adjoint; slopes of
operations are those of the table.  ``marks`` says which operands those are, ``turns`` which
deposits set a cell and which add.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.marks import Marks
from autograd_nn.jit.lifting.nests import without_idle
from autograd_nn.jit.lifting.turns import Turns
from autograd_nn.jit.plan.nests import (
    ADJOINTS,
    PADDING,
    VALUES,
    Access,
    Item,
    Lines,
    Loop,
    Nest,
)
from autograd_nn.jit.plan.plan import Backward, Plan

__all__ = ["adjoint", "clearing", "whole_way"]

_FEW: Final = 4  # runs of cells that are cleared one by one


def adjoint(plan: Plan, wanted: Sequence[int]) -> Backward:
    """The way back from the first result to some groups of leaves.

    Args:
        wanted: their numbers.
    """
    marks = Marks(plan, wanted)
    items = list(_backwards(plan.items, marks, ()))
    first = plan.roots[0] if len(plan.roots) else np.zeros(0, dtype=np.int64)
    cells, counts = np.unique(first, return_counts=True)
    turns = Turns(plan.sizes, cells)
    turns.note(items)
    for k in wanted:
        place = plan.leaves[k]
        turns.need(place.buffer, place.cells)
    return Backward(items, turns.settle(), (cells, counts.astype(float)), tuple(wanted))


def clearing(way: Backward) -> list[Item]:
    """Nests that clear what a way back adds to; few runs of cells one by one, many by a table."""
    found: list[Item] = []
    for buffer in dict.fromkeys(buffer for buffer, _, _ in way.cleared):
        runs = [(first, end) for k, first, end in way.cleared if k == buffer]
        if len(runs) <= _FEW:
            found += [_filled(buffer, first, end - first, 0.0) for first, end in runs]
        else:
            cells = np.concatenate([np.arange(first, end) for first, end in runs])
            nest = _filled(buffer, int(cells[0]), len(cells), 0.0)
            nest.write = replace(nest.write, strides=(0,), table=cells - cells[0])
            found.append(nest)
    return found


def whole_way(plan: Plan, way: Backward) -> list[Item]:
    """A way back with what comes before and after it; without rows.

    Cells are cleared and the result's adjoint is set before.  After it the spare cell of the
    plan is 0 if the result and all slopes are finite, and else nan.
    """
    found = clearing(way)
    if len(plan.roots):
        root = int(plan.roots[0, 0])
        found.append(_filled(ADJOINTS, root, 1, 1.0))
        found += [*way.items, _times_nothing(plan, VALUES, root, 1, False)]
    else:
        found.append(_filled(VALUES, plan.sizes[0] - 1, 1, 0.0))
    for place in (plan.leaves[k] for k in way.wanted):
        if place.size:
            found.append(_times_nothing(plan, place.buffer + 1, place.start, place.size, True))
    return found


def _filled(buffer: int, first: int, size: int, number: float) -> Nest:
    """A nest that sets cells to a number."""
    one = Access(VALUES, PADDING.index(1.0), (0,))
    return Nest("sum", (size,), (one,), Access(buffer, first, (1,)), factor=number)


def _times_nothing(plan: Plan, buffer: int, first: int, size: int, add: bool) -> Nest:
    """A nest that adds 0 to the spare cell for finite numbers, and nan for others."""
    spare = Access(VALUES, plan.sizes[0] - 1, (0,))
    numbers = Access(buffer, first, (1,))
    return Nest("sum", (size,), (numbers,), spare, 1, factor=0.0, add=add)


def _backwards(items: Sequence[Item], marks: Marks, counts: tuple[int, ...]) -> Iterator[Item]:
    for item in reversed(items):
        if isinstance(item, Loop):
            inner = list(_backwards(item.items, marks, (*counts, item.count)))
            if inner:
                yield Loop(item.count, inner, not item.reverse)
        elif isinstance(item, Lines):
            yield from _lines(item, marks)
        elif marks.reaches(item, counts):
            yield from _nest(item, marks.takes(item, counts))


def _lines(lines: Lines, marks: Marks) -> Iterator[Lines]:
    wanted = marks.wanted(lines)
    kept = np.flatnonzero(wanted)
    if len(kept):
        codes, out, a, b = (x[kept] for x in (lines.codes, lines.out, lines.a, lines.b))
        yield Lines(codes, out, a, b, wanted[kept])


def _nest(nest: Nest, takes: list[int]) -> Iterator[Nest]:
    d = nest.write.adjoint
    if nest.kind == "look":
        if takes:
            yield Nest(
                "drop",
                nest.axes,
                (d, *nest.reads),
                d,
                add=True,
                scatter=True,
                entries=nest.entries,
                columns=nest.columns,
                entry_steps=nest.entry_steps,
            )
        return
    square = nest.kind == "sum" and len(nest.reads) == 2 and nest.reads[0].same(nest.reads[1])
    for k in takes[:1] if square else takes:
        target = nest.reads[k]
        if nest.kind == "extreme":
            reads = (d, target, nest.write)
            yield Nest("share", nest.axes, reads, target.adjoint, nest.summed, nest.code)
        elif nest.kind == "row":
            yield _deposit("slope", nest, k, [d, *nest.reads, nest.write], 1.0)
        else:
            others = [read for j, read in enumerate(nest.reads) if j != k]
            yield _deposit("sum", nest, k, [d, *others], nest.factor * (2.0 if square else 1.0))


def _deposit(kind: str, nest: Nest, k: int, reads: list[Any], factor: float) -> Nest:
    """What operand ``k`` of a nest gets: added up along the axes where it does not change."""
    target = nest.reads[k]
    axes = range(len(nest.axes))
    along = [axis for axis in axes if target.changes(axis)]
    order = [*along, *(axis for axis in axes if axis not in along)]
    turned = [read.turned(order) for read in (_without_queue(target.adjoint), *reads)]
    sizes = tuple(nest.axes[axis] for axis in order)
    sizes, kept, (write, *reads), times = without_idle(sizes, len(along), turned)
    summed = len(sizes) - kept
    return Nest(kind, sizes, tuple(reads), write, summed, nest.code, k, factor * times)


def _without_queue(access: Access) -> Access:
    """A write whose missing terms go to all cells of the padding in turn.

    Nobody reads what comes there; but in one cell each deposit would wait for the one before.
    """
    table = access.table
    if table is None or access.buffer != ADJOINTS or any((*access.strides, *access.steps)):
        return access
    cells = access.start + table
    turns = np.arange(table.size).reshape(table.shape) % len(PADDING)
    table = np.where(cells < len(PADDING), turns - access.start, table)
    return Access(access.buffer, access.start, access.strides, access.steps, table)
