"""Packs of look-ups: entries of tables by indices that are known only when they run.

An index that is not in the table (a guard says so afterwards) reads the nearest entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.jit.lifting.packs import Pack

if TYPE_CHECKING:
    from autograd_nn.jit.runner import Runner

__all__ = ["LookUp", "add_at"]


class LookUp:
    """The calls of one pack of look-ups; the forward call is added to the runner's."""

    def __init__(self, runner: Runner, p: Pack) -> None:
        assert p.table is not None
        block, regions = p.blocks[0], runner.packing.regions
        base = np.array(runner.base[: len(regions)])
        steps = np.array([r.size if r.rows else 0 for r in regions])
        entry_steps = steps[p.table.regions].ravel()
        self._values = runner.values
        self._rows = np.arange(runner.rows_of(p))[:, None]
        self._entries = (base[p.table.regions] + p.table.positions).ravel()
        self._steps = entry_steps if entry_steps.any() else None
        self._last, self._width = len(p.table.regions) - 1, p.table.regions.shape[1]
        self._columns = p.table.columns
        self._index = base[block.a_region] + block.a[:, 0] + self._rows * steps[block.a_region]
        self._out = runner.values[runner.cells(p.region)].reshape(self._index.shape)
        self._cells = np.empty(self._index.shape, dtype=np.int64)  # what the last run has read
        end = self._entries + (len(self._rows) - 1) * entry_steps
        self.span = slice(int(self._entries.min()), int(end.max()) + 1)
        runner.calls.append(self._forward)

    def _forward(self) -> None:
        index = np.clip(self._values[self._index].astype(np.int64), 0, self._last)
        chosen = index * self._width + self._columns
        np.take(self._entries, chosen, out=self._cells)
        if self._steps is not None:
            self._cells += self._rows * self._steps[chosen]
        np.take(self._values, self._cells, out=self._out)

    def backward(self, adjoints: Any, results: slice) -> None:
        """Add the results' adjoints to those of the entries that were read."""
        add_at(adjoints, self.span, self._cells.ravel() - self.span.start, adjoints[results], 1.0)


def add_at(adjoints: Any, span: slice, positions: Any, weights: Any, factor: float) -> None:
    """Add ``factor * weights`` to the numbers of a span; a position may occur more than once.

    A position at the end of the span is no place: what belongs there is dropped.
    """
    target = adjoints[span]
    if len(target) > 8 * len(positions):
        held = np.flatnonzero(positions < len(target))
        np.add.at(target, positions[held], factor * weights[held])
    else:
        target += factor * np.bincount(positions, weights, len(target) + 1)[: len(target)]
