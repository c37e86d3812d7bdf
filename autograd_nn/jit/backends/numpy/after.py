"""What a loop only adds up is done after it, for all rounds at once.

The slopes of a recurrent net's weights get a term in every step: an outer product and an addition.
After the loop they are one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from autograd_nn.jit.plan import Access, Loop, Nest, cells_of

__all__ = ["split"]

_MANY: Final = 1 << 22  # cells of all rounds, up to which it is looked into


def split(loop: Loop) -> tuple[Loop, list[Nest]]:
    """A loop without what can be done after it, and that.

    A nest can if it adds to cells that nothing else in the loop reads or sets, and what it reads
    is still there when the loop ends.
    """
    nests = [x for x in loop.items if isinstance(x, Nest) and x.kind not in ("look", "drop")]
    points = sum(x.points for x in nests)
    if len(nests) < len(loop.items) or loop.count * points > _MANY or loop.count < 2:
        return loop, []
    found = [k for k, x in enumerate(nests) if _adds_up(x)]
    if not found:
        return loop, []
    uses = _Uses(loop, nests)
    found = [k for k in found if uses.can_wait(k)]
    kept = [x for k, x in enumerate(nests) if k not in found]
    return Loop(loop.count, [*kept], loop.reverse), [_over_rounds(nests[k], loop) for k in found]


def _adds_up(nest: Nest) -> bool:
    """Whether a nest adds something to the same cells in every round."""
    plain = nest.kind in ("sum", "slope") and nest.add and not (nest.exact or nest.scatter)
    return plain and nest.plus is None and not any(nest.write.steps)


class _Uses:
    """When the cells are read and written, counted over all rounds and nests."""

    def __init__(self, loop: Loop, nests: Sequence[Nest]) -> None:
        self._loop, self._nests = loop, nests
        self._written: dict[int, Any] = {}
        for k, nest in enumerate(nests):
            cells = self._cells(nest.write, _kept(nest))
            np.maximum.at(self._last(nest.write.buffer, cells), cells, self._times(k))

    def _cells(self, access: Access, axes: Sequence[int]) -> Any:
        """The cells of an access, a line for each round."""
        every = _with_rounds(access, 0)
        return cells_of(every, (self._loop.count, *axes)).reshape(self._loop.count, -1)

    def _times(self, k: int) -> Any:
        """When a nest is run, in each round."""
        rounds = np.arange(self._loop.count)[:: -1 if self._loop.reverse else 1]
        return (rounds * len(self._nests) + k)[:, None]

    def _last(self, buffer: int, cells: Any) -> Any:
        """For each cell of a buffer when it is last written; -1 for never."""
        known = self._written.get(buffer, np.zeros(0, dtype=np.int64))
        missing = int(cells.max()) + 1 - len(known)
        if missing > 0:
            known = np.concatenate([known, np.full(missing, -1)])
            self._written[buffer] = known
        return known

    def can_wait(self, k: int) -> bool:
        """Whether a nest may add up its terms after the loop."""
        nest = self._nests[k]
        for read in nest.reads:
            cells = self._cells(read, nest.axes)
            if (self._last(read.buffer, cells)[cells] >= self._times(k)).any():
                return False
        own = np.unique(self._cells(nest.write, _kept(nest)))
        return not any(np.isin(own, cells).any() for cells in self._others(nest))

    def _others(self, nest: Nest) -> Iterator[Any]:
        """The cells of that buffer that are read or set."""
        buffer = nest.write.buffer
        for other in self._nests:
            for read in other.reads:
                if read.buffer == buffer:
                    yield self._cells(read, other.axes)
            if other.write.buffer == buffer and not other.add:
                yield self._cells(other.write, _kept(other))


def _kept(nest: Nest) -> tuple[int, ...]:
    if nest.writes_all:
        return nest.axes
    return (*nest.axes[: nest.kept], *[1] * nest.summed)


def _with_rounds(access: Access, axis: int) -> Access:
    """The same with the rounds of the loop as an axis of the nest."""
    strides, table = access.strides, access.table
    if table is not None:
        table = np.expand_dims(table, axis)
    strides = (*strides[:axis], access.steps[0], *strides[axis:])
    return Access(access.buffer, access.start, strides, (), table)


def _over_rounds(nest: Nest, loop: Loop) -> Nest:
    """A nest that also adds up over the rounds."""
    axis = nest.kept
    return replace(
        nest,
        axes=(*nest.axes[:axis], loop.count, *nest.axes[axis:]),
        reads=tuple(_with_rounds(x, axis) for x in nest.reads),
        write=_with_rounds(nest.write, axis),
        summed=nest.summed + 1,
    )
