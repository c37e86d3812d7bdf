"""The way back: from the items of a plan to those that pass adjoints on, in the opposite order.

A nest hands each operand that a wanted leaf reaches its slope times the nest's adjoint; slopes of
operations are those of the table.  ``marks`` says which operands those are, ``turns`` which
deposits set a cell and which add.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_nn.jit.lifting.marks import Marks
from autograd_nn.jit.lifting.nests import without_idle
from autograd_nn.jit.lifting.turns import Turns
from autograd_nn.jit.plan.nests import Item, Lines, Loop, Nest
from autograd_nn.jit.plan.plan import Backward, Plan

__all__ = ["adjoint"]


def adjoint(plan: Plan, wanted: Sequence[int]) -> Backward:
    """The way back from the first result to some groups of leaves.

    Args:
        wanted: their numbers.
    """
    marks = Marks(plan, wanted)
    items = list(_backwards(plan.items, marks, ()))
    cells, counts = np.unique(plan.roots[0], return_counts=True)
    turns = Turns(plan.sizes, cells)
    turns.note(items)
    for k in wanted:
        place = plan.leaves[k]
        turns.need(place.buffer, place.cells)
    return Backward(items, turns.settle(), (cells, counts.astype(float)), tuple(wanted))


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
    turned = [read.turned(order) for read in (target.adjoint, *reads)]
    sizes = tuple(nest.axes[axis] for axis in order)
    sizes, kept, (write, *reads), times = without_idle(sizes, len(along), turned)
    summed = len(sizes) - kept
    return Nest(kind, sizes, tuple(reads), write, summed, nest.code, k, factor * times)
