"""Which cells of a buffer lie in one array of JAX: those that some nest writes together.

JAX's arrays do not change, so a write makes a new one.  Were a buffer one array, each nest would
copy all of it; so it is cut into *segments*, between which no write reaches, and most nests make
the whole of one.  A loop carries only the segments that it writes.

What is left out: reading and writing them (``store``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from autograd_nn.jit.lifting.marks import entries_of, touched
from autograd_nn.jit.plan import ADJOINTS, VALUES, Access, Item, Lines, Loop, Nest

__all__ = [
    "Key",
    "Layout",
    "Use",
    "cells_or_ends",
    "kept_axes",
    "read_and_written",
    "uses",
    "written_to",
]

Key = tuple[int, int]  # of a segment: its buffer, and its first cell
Span = tuple[int, int]  # the first cell and the last


@dataclass(frozen=True)
class Use:
    """Cells that an item reads or writes.

    Attributes:
        buffer: which.
        cells: all of them, or their first and last where all between may be meant.
        is_write: whether they are written.
        loop: the number of the outermost loop around it; -1 for none.
        together: whether what is written is to be one segment.
        access, axes, counts: of a nest's operand or result: its access and axes, and the loops
            around it.
    """

    buffer: int
    cells: Any
    is_write: bool
    loop: int
    together: bool = True
    access: Access | None = None
    axes: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def span(self) -> Span:
        """The first cell and the last."""
        return int(self.cells.min()), int(self.cells.max())


class Layout:
    """The segments of all buffers.

    Args:
        sizes: of every even buffer, how many cells; its adjoints have as many.
        found: what items read and write.
        apart: more runs of cells, by buffer, first and end, that are to lie in one segment each.
    """

    def __init__(
        self, sizes: Sequence[int], found: Sequence[Use], apart: Sequence[tuple[int, int, int]] = ()
    ) -> None:
        self.sizes = [size for size in sizes for _ in range(2)]
        spans: list[list[Span]] = [[] for _ in self.sizes]
        for buffer, first, end in apart:
            if end > first:
                spans[buffer].append((first, end - 1))
        self._settle(spans, found)

    def _settle(self, spans: list[list[Span]], found: Sequence[Use]) -> None:
        """Cut the buffers so that these spans, and what is written together, are in one segment."""
        for use in found:
            if use.is_write and use.together and use.cells.size:
                spans[use.buffer].append(use.span)
        while True:
            self._starts = [_cut(part, size) for part, size in zip(spans, self.sizes, strict=True)]
            wide = list(self._too_wide(found))
            if not wide:
                break
            for buffer, span in wide:
                spans[buffer].append(span)

    def inside(self, windows: Sequence[tuple[Key, int, int]], found: Sequence[Use]) -> Layout:
        """The same segments but for some, of which only a window is left, cut anew.

        Args:
            windows: segments, and the first and last cell of the window in each.
            found: what is read and written inside, which of those segments is in the windows.
        """
        cut = {key: (first, last) for key, first, last in windows}
        other = Layout(self.sizes[::2], ())
        spans: list[list[Span]] = [[] for _ in self.sizes]
        for buffer, starts in enumerate(self._starts):
            for start in starts:
                end = start + self.size((buffer, start)) - 1
                first, last = cut.get((buffer, start), (end + 1, end))
                spans[buffer] += [
                    (a, b) for a, b in ((start, first - 1), (last + 1, end)) if a <= b
                ]
        other._settle(spans, found)
        return other

    def with_adjoints(self, found: Sequence[Use], apart: Sequence[tuple[int, int, int]]) -> Layout:
        """The same segments of values, and those of adjoints that a way back needs."""
        other = Layout(self.sizes[::2], [u for u in found if u.buffer % 2], apart)
        other._starts[::2] = self._starts[::2]
        return other

    def _too_wide(self, found: Sequence[Use]) -> Iterator[tuple[int, Span]]:
        """Reads in loops from several segments of which one is carried: joined anew each round."""
        carried = {
            (use.loop, key)
            for use in found
            if use.is_write
            for key in self.keys(use.buffer, use.cells)
        }
        for use in found:
            if use.loop >= 0 and not use.is_write:
                keys = self.keys(use.buffer, use.cells)
                if len(keys) > 1 and any((use.loop, key) in carried for key in keys):
                    yield use.buffer, use.span

    def keys(self, buffer: int, cells: Any) -> list[Key]:
        """The segments that some cells lie in."""
        starts = self._starts[buffer]
        if not cells.size:
            return []
        if cells.size > 2:
            at = np.unique(np.searchsorted(starts, cells, side="right") - 1).tolist()
        else:
            at = range(
                bisect_right(starts, int(cells.min())) - 1, bisect_right(starts, int(cells.max()))
            )
        return [(buffer, starts[k]) for k in at]

    def size(self, key: Key) -> int:
        """How many cells a segment has."""
        buffer, start = key
        k = bisect_right(self._starts[buffer], start)
        starts = self._starts[buffer]
        return (starts[k] if k < len(starts) else self.sizes[buffer]) - start


def _cut(spans: list[Span], size: int) -> list[int]:
    """Where segments start: spans that overlap are one, and what lies between is one each."""
    starts, end = {0}, -1
    for first, last in sorted(spans):
        if first > end:
            starts |= {first, end + 1}
        end = max(end, last)
    return sorted(start for start in {*starts, end + 1} if start < size)


def uses(items: Sequence[Item], counts: tuple[int, ...] = ()) -> list[Use]:
    """What items read and write.

    Args:
        counts: of the loops around them.
    """
    found: list[Use] = []
    for number, item in enumerate(items):
        _note(item, counts, number if isinstance(item, Loop) else -1, found)
    return found


def written_to(items: Sequence[Item], counts: tuple[int, ...], layout: Layout) -> list[Key]:
    """The segments that items write to, in order.

    Args:
        counts: of the loops around them.
    """
    found = uses(items, counts)
    return sorted({key for u in found if u.is_write for key in layout.keys(u.buffer, u.cells)})


def _note(item: Item, counts: tuple[int, ...], loop: int, found: list[Use]) -> None:
    if isinstance(item, Loop):
        for inner in item.items:
            _note(inner, (*counts, item.count), loop, found)
        return
    if isinstance(item, Lines):
        operands = np.concatenate([item.a, item.b[item.b >= 0]])
        found.append(Use(VALUES, operands, False, loop))
        found.append(Use(VALUES, np.asarray(item.out), item.wanted is None, loop, False))
        if item.wanted is not None:
            both = np.concatenate([operands, item.out])
            found.append(Use(ADJOINTS, both, True, loop, False))
        return
    for read in item.reads:
        found.append(_used(read, item.axes, counts, False, loop))
    if item.kind == "look":
        found.append(Use(VALUES, entries_of(item), False, loop))
    if item.kind == "drop":
        found.append(Use(ADJOINTS, entries_of(item), True, loop))
    else:
        found.append(_used(item.write, kept_axes(item), counts, True, loop))


def _used(
    access: Access, axes: tuple[int, ...], counts: tuple[int, ...], is_write: bool, loop: int
) -> Use:
    cells = cells_or_ends(access, axes, counts)
    return Use(access.buffer, cells, is_write, loop, True, access, axes, counts)


def kept_axes(nest: Nest) -> tuple[int, ...]:
    """The axes of what a nest writes; those that are summed have size 1."""
    if nest.writes_all:
        return nest.axes
    return (*nest.axes[: nest.kept], *(1,) * nest.summed)


def cells_or_ends(access: Access, axes: Sequence[int], counts: tuple[int, ...]) -> Any:
    """The cells of an access in all rounds; of one without a table only the first and the last."""
    if not prod(axes):
        return np.zeros(0, dtype=np.int64)
    if access.table is not None:
        return touched(access, axes, counts)
    moves = [
        step * (size - 1)
        for size, step in zip((*counts, *axes), (*access.steps, *access.strides), strict=True)
    ]
    down, up = sum(x for x in moves if x < 0), sum(x for x in moves if x > 0)
    return np.array([access.start + down, access.start + up])


def read_and_written(found: Sequence[Use], layout: Layout) -> tuple[list[Key], list[Key]]:
    """The segments whose numbers matter before some items are run, and those that they change.

    A segment that is written is read before, too: it may be written in part.
    """
    written = {key for use in found if use.is_write for key in layout.keys(use.buffer, use.cells)}
    every = {key for use in found for key in layout.keys(use.buffer, use.cells)}
    return sorted(every), sorted(written)
