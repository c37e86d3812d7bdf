"""Which deposits set a cell of the adjoints, and which add to it.

The first deposit into a cell sets it and later ones add, so nothing need be cleared but cells
that are read, or added to, before anything was set.

Every nest of the way back has its turn in the whole run, counted over all rounds of loops.  Each
cell notes the lowest turn of those that touch it.  A deposit sets if it is the first on all its
cells, in all rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from autograd_nn.jit.lifting.marks import entries_of, touched
from autograd_nn.jit.plan.nests import ADJOINTS, Access, Item, Lines, Loop, Nest

__all__ = ["Turns"]

_NEVER: Final = np.iinfo(np.int64).max


class _Around(NamedTuple):
    """A loop around: its rounds, how many turns each takes, and whether it is reversed."""

    rounds: int
    turns: int
    reverse: bool


class _Deposit(NamedTuple):
    nest: Nest
    cells: Any
    turns: Any


class Turns:
    """The turns of the items of a way back.

    Args:
        sizes: of every even buffer, how many cells.
        seeds: the adjoint cells that hold something before the first turn.
    """

    def __init__(self, sizes: list[int], seeds: Any) -> None:
        self._first = [np.full(size, _NEVER) for size in sizes]
        self._first[0][seeds] = -1
        self._held = [np.zeros(size, dtype=bool) for size in sizes]
        self._held[0][seeds] = True
        self._deposits: list[_Deposit] = []

    def note(self, items: Sequence[Item]) -> None:
        """Go through all items, and note who touches which cell when."""
        self._note(items, (), 0)

    def need(self, buffer: int, cells: Any) -> None:
        """Note that cells are read at the end."""
        first = self._first[buffer // 2]
        first[cells] = np.minimum(first[cells], _NEVER - 1)

    def settle(self) -> list[tuple[int, int, int]]:
        """Decide for every deposit; returns what is to be cleared, as in ``Backward``."""
        for nest, cells, turns in self._deposits:
            first = self._first[nest.write.buffer // 2]
            nest.add = turns is None or bool((first[cells] != turns).any())
            if not nest.add:
                self._held[nest.write.buffer // 2][cells] = True
        found = []
        for k, (first, held) in enumerate(zip(self._first, self._held, strict=True)):
            at = np.flatnonzero((first != _NEVER) & ~held)
            for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(at) else []:
                found.append((2 * k + ADJOINTS, int(run[0]), int(run[-1]) + 1))
        return found

    # -- the walk ------------------------------------------------------------------------

    def _note(self, items: Sequence[Item], around: tuple[_Around, ...], turn: int) -> None:
        for item in items:
            if isinstance(item, Loop):
                inside = _Around(item.count, _length(item.items), item.reverse)
                self._note(item.items, (*around, inside), turn)
            elif isinstance(item, Lines):
                for cells in (item.out, item.a, item.b[item.b >= 0]):
                    self._touch(0, cells, turn)
            else:
                self._note_nest(item, around, turn)
            turn += _length([item])

    def _note_nest(self, nest: Nest, around: tuple[_Around, ...], turn: int) -> None:
        for read in nest.reads:
            if read.buffer % 2 == ADJOINTS:
                self._touch_access(read, nest.axes, around, turn)
        if nest.kind == "drop":
            self._touch(0, entries_of(nest), turn)
            return
        cells, turns = self._touch_access(nest.write, nest.axes, around, turn)
        counts = [1] * len(around)
        once = touched(nest.write, nest.axes, counts)
        points = nest.axes if nest.writes_all else nest.axes[: nest.kept]
        nest.scatter = len(np.unique(once)) < int(np.prod(points, dtype=np.int64))
        again = any(
            loop.rounds > 1 and not step
            for loop, step in zip(around, nest.write.steps, strict=True)
        )
        if nest.scatter or again:
            turns = None
        self._deposits.append(_Deposit(nest, cells, turns))

    def _touch_access(
        self, access: Access, axes: Sequence[int], around: tuple[_Around, ...], turn: int
    ) -> tuple[Any, Any]:
        """Note a touch in all rounds; returns the cells and the turns."""
        cells = touched(access, axes, [loop.rounds for loop in around])
        turns: Any = np.full((1,) * cells.ndim, turn)
        for k, (loop, step) in enumerate(zip(around, access.steps, strict=True)):
            rounds = np.arange(loop.rounds if step else 1)
            if loop.reverse:
                rounds = loop.rounds - 1 - rounds if step else rounds
            shape = [1] * cells.ndim
            shape[k] = len(rounds)
            turns = turns + (rounds * loop.turns).reshape(shape)
        self._touch(access.buffer // 2, cells, turns)
        return cells, turns

    def _touch(self, k: int, cells: Any, turns: Any) -> None:
        first = self._first[k]
        if np.size(turns) == 1:
            first[cells] = np.minimum(first[cells], turns)
        else:
            np.minimum.at(first, cells, np.broadcast_to(turns, cells.shape))


def _length(items: Sequence[Item]) -> int:
    """How many turns items take."""
    return sum(item.count * _length(item.items) if isinstance(item, Loop) else 1 for item in items)
