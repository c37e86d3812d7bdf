"""Nests that look into tables by indices that are known only when they run, and the way back.

An index that is not in the table (a guard says so afterwards) reads the nearest row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_nn.jit.backends.numpy.operands import Target, add_at, operand
from autograd_nn.jit.backends.numpy.views import Calls, Named, View, spread
from autograd_nn.jit.plan import ADJOINTS, VALUES, Nest

__all__ = ["drop_down", "look_up"]


@dataclass(frozen=True)
class _Entries:
    """The cells of a table, counted from the first.

    Attributes:
        cells: of all entries, row after row.
        width: how many columns.
        columns: of each point its column.
        steps: for all entries how far a point of the first axis moves on, or None.
        points: those of the first axis.
    """

    cells: Any
    width: int
    columns: Any
    steps: Any
    points: Any

    def chosen(self, index: Any) -> Any:
        """The cells that indices choose; nan chooses the first row."""
        last = len(self.cells) // self.width - 1
        rows = np.fmin(np.fmax(index, 0.0), last).astype(np.int64)
        entries = rows * self.width + self.columns
        cells = self.cells.take(entries)
        if self.steps is not None:
            cells = cells + self.steps.take(entries) * self.points
        return cells


def _entries(nest: Nest, buffer: int, counts: tuple[int, ...]) -> tuple[_Entries, View]:
    """A nest's table, and the part of a buffer in which it lies."""
    cells = np.asarray(nest.entries, dtype=np.int64)
    low, high, steps, points = int(cells.min()), int(cells.max()), None, None
    if nest.entry_steps is not None:
        ends = cells + nest.entry_steps * (nest.axes[0] - 1)
        low, high = min(low, int(ends.min())), max(high, int(ends.max()))
        steps = np.asarray(nest.entry_steps, dtype=np.int64).ravel()
        points = np.arange(nest.axes[0]).reshape(-1, *[1] * (len(nest.axes) - 1))
    found = _Entries((cells - low).ravel(), cells.shape[1], nest.columns, steps, points)
    return found, View(buffer, low, (high - low + 1,), (1,), (0,) * len(counts))


def look_up(nest: Nest, calls: Calls) -> None:
    """Calls for a nest of the kind ``look``."""
    index = operand(nest.reads[0], nest.axes, calls)
    entries, part = _entries(nest, VALUES, calls.counts)
    target = Target(nest, [index, Named(part, (-1,))], calls)
    out, every = target.room(), tuple(range(len(nest.axes)))
    calls.add(_look, part, entries, spread(index, every), spread(out, every))
    target.put(out)


def _look(part: Any, entries: _Entries, index: Any, out: Any) -> None:
    out[...] = part.take(entries.chosen(index))


def drop_down(nest: Nest, calls: Calls) -> None:
    """Calls for a nest of the kind ``drop``."""
    d, index = (operand(read, nest.axes, calls) for read in nest.reads)
    entries, part = _entries(nest, ADJOINTS, calls.counts)
    every = tuple(range(len(nest.axes)))
    calls.add(_drop, part, entries, spread(d, every), spread(index, every), nest.axes or (1,))


def _drop(part: Any, entries: _Entries, d: Any, index: Any, shape: tuple[int, ...]) -> None:
    cells = np.broadcast_to(entries.chosen(index), shape)
    add_at(part, cells.ravel(), np.broadcast_to(d, shape).ravel())
