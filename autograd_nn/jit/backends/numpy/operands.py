"""How a nest reads and writes its cells: views where they follow a pattern, else gathers."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.numpy.views import (
    Calls,
    Named,
    View,
    constant,
    in_memory,
    named,
    overlap,
    spread,
    stretched,
)
from autograd_nn.jit.plan import Access, Nest, cells_of

__all__ = ["Target", "add_at", "operand"]

_LINE: Final = 4  # numbers that are gathered together rather than one by one
_SPARSE: Final = 8  # cells to each number, from which on adding one by one is faster


def operand(access: Access, axes: Sequence[int], calls: Calls) -> Named:
    """What a nest reads: a view, or an array into which it was gathered."""
    access = _folded(access)
    if access.table is None:
        return named(access.buffer, access.start, axes, access.strides, access.steps)
    lines, length = _lines(access, axes)
    rest = [k for k, n in enumerate(axes) if n > 1 and access.changes(k) and k not in lines]
    offsets = _offsets(access, axes, rest)
    low = int(offsets.min())
    order = (*rest, *lines)
    room = calls.room([axes[k] for k in order])
    chosen = np.ascontiguousarray(offsets - low)
    span = int(chosen.max()) + 1
    if lines and not (chosen % length).any():
        shape, strides = (span // length + 1, length), (length, 1)
        table = View(access.buffer, access.start + low, shape, strides, access.steps)
        into = room.reshaped((*chosen.shape, length))
        calls.add(_take, table, chosen // length, 0, into, "clip")
        return Named(room, order)
    order = tuple(k for k, n in enumerate(axes) if n > 1 and access.changes(k))
    room = room.reshaped(tuple(axes[k] for k in order))
    offsets = _offsets(access, axes, order)
    low = int(offsets.min())
    chosen = np.ascontiguousarray(offsets - low)
    table = View(access.buffer, access.start + low, (int(chosen.max()) + 1,), (1,), access.steps)
    calls.add(_take, table, chosen, None, room, "clip")
    return Named(room, order)


def _folded(access: Access) -> Access:
    """The same without a table of one number."""
    if access.table is None or access.table.size > 1:
        return access
    start = access.start + int(access.table.ravel()[0])
    return Access(access.buffer, start, access.strides, access.steps)


_take = np.ndarray.take


def _lines(access: Access, axes: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """Axes along which neighbours are read together, outermost first, and how many numbers."""
    found: list[int] = []
    length = 1
    affine = [k for k, n in enumerate(axes) if n > 1 and access.table.shape[k] == 1]
    for k in sorted(affine, key=lambda k: access.strides[k]):
        if access.strides[k] == length:
            found.insert(0, k)
            length *= axes[k]
    return (tuple(found), length) if length >= _LINE else ((), 1)


def _offsets(access: Access, axes: Sequence[int], along: Sequence[int]) -> Any:
    """How far the cells lie from the first, along some of the axes, one after another."""
    sizes = [n if k in along else 1 for k, n in enumerate(axes)]
    strides = tuple(s if k in along else 0 for k, s in enumerate(access.strides))
    cells = cells_of(Access(access.buffer, 0, strides, (), access.table), sizes)
    return cells.reshape([axes[k] for k in along])


class Target:
    """Where the results of a nest go.

    Attributes:
        axes: those of the nest that the results have, without those of size 1.
        direct: the results' view, where they can be written as they come; else None.
    """

    def __init__(self, nest: Nest, reads: Sequence[Named], calls: Calls) -> None:
        self._write, self._calls, self._add = _folded(nest.write), calls, nest.add
        kept = nest.axes if nest.writes_all else nest.axes[: nest.kept]
        self._sizes = (*kept, *[1] * (len(nest.axes) - len(kept)))
        self.axes = tuple(k for k, n in enumerate(kept) if n > 1)
        self._scatter = nest.scatter and nest.add
        self.direct: Named | None = None
        self._place: Named | None = None
        write = self._write
        if write.table is None and not self._scatter:
            self._place = named(write.buffer, write.start, self._sizes, write.strides, write.steps)
            # The axes along which it does not change are missing in the view.
            assert self._place.axes == self.axes, "several points write to one cell"
            if not any(overlap(self._place.view, x.view, calls.counts) for x in reads):
                self.direct = self._place

    def room(self) -> Named:
        """Where to compute the results: in place if nothing is there yet, else beside it."""
        if self.direct is not None and not self._add:
            return self.direct
        axes = in_memory(self._place).axes if self._place is not None else self.axes
        return Named(self._calls.room([self._sizes[k] for k in axes]), axes)

    def put(self, found: Named, sign: float = 1.0) -> None:
        """Calls that set or add the results, computed in ``room()``; ``sign`` if they are added."""
        if self._place is not None:
            place = self._place.view
            x = stretched(spread(found, self.axes), place.shape)
            if self._add:
                self._calls.add(np.add if sign > 0.0 else np.subtract, place, x, place)
            elif x != place:
                self._calls.add(np.copyto, place, x)
            return
        if sign < 0.0:
            self._calls.add(np.multiply, found.view, constant(-1.0), found.view)
        offsets = _offsets(self._write, self._sizes, self.axes)
        low = int(offsets.min())
        cells = np.ascontiguousarray(offsets - low).ravel()
        span = int(cells.max()) + 1
        write = self._write
        place = View(write.buffer, write.start + low, (span,), (1,), write.steps)
        if not self._add:
            self._calls.add(operator.setitem, place, cells, found.view.flat)
        elif self._scatter:
            self._calls.add(add_at, place, cells, found.view.flat)
        else:
            self._calls.add(_add_once, place, cells, found.view.flat)


def _add_once(place: Any, cells: Any, x: Any) -> None:
    place[cells] += x


def add_at(place: Any, cells: Any, x: Any) -> None:
    """Add numbers to cells; a cell may occur more than once."""
    if len(place) > _SPARSE * len(cells):
        np.add.at(place, cells, x)
    else:
        place += np.bincount(cells, x, len(place))
