"""Cells as arrays of JAX: reading what an access means, and writing it anew.

What is left out: which cells are one array (``layout``), and strides (``views``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from autograd_nn.jit.backends.jax.layout import Key, Layout, cells_or_ends
from autograd_nn.jit.backends.jax.views import INSIDE, SPARSE, Nested, gathered, strided
from autograd_nn.jit.lifting.marks import touched
from autograd_nn.jit.plan import Access

__all__ = ["Store"]


class Store:
    """The numbers of all segments.

    Args:
        layout: the segments.
        arrays: their numbers.
        counts: of the loops that are being run.
        rounds: in which round of each.
    """

    def __init__(
        self,
        layout: Layout,
        arrays: dict[Key, Any],
        counts: tuple[int, ...] = (),
        rounds: tuple[Any, ...] = (),
    ) -> None:
        self.layout, self.arrays, self.counts, self.rounds = layout, arrays, counts, rounds

    # -- cells without a pattern ---------------------------------------------------------

    def take(self, buffer: int, cells: Any) -> Any:
        """The numbers of some cells, in their shape."""
        if not cells.size:
            return jnp.zeros(cells.shape, next(iter(self.arrays.values())).dtype)
        pool, place = self.pool(buffer, cells)
        return gathered(pool, place(cells))

    def put(self, buffer: int, cells: Any, numbers: Any) -> None:
        """Set some cells, each of which comes once, in any segments."""
        keys = self.layout.keys(buffer, cells)
        starts = np.array([start for _, start in keys])
        which = np.searchsorted(starts, cells, side="right") - 1
        for k, key in enumerate(keys):
            own = np.flatnonzero(which == k)
            part = gathered(numbers, own) if len(keys) > 1 else numbers
            places = cells[own] - key[1]
            self.arrays[key] = _put(self.arrays[key], places, part, False, False)

    def pool(self, buffer: int, cells: Any) -> tuple[Any, Callable[[Any], Any]]:
        """An array that holds some cells, and where in it cells of the same segments are."""
        keys = self.layout.keys(buffer, cells)
        if len(keys) == 1:
            key, place = self.segment(buffer, cells)
            return self.arrays[key], place
        starts = np.array([start for _, start in keys])
        sizes = np.array([self.layout.size(key) for key in keys])
        moved = np.cumsum(sizes) - sizes - starts

        def place_in_pool(cells: Any) -> Any:
            return cells + moved[np.searchsorted(starts, cells, side="right") - 1]

        return jnp.concatenate([self.arrays[key] for key in keys]), place_in_pool

    def segment(self, buffer: int, cells: Any) -> tuple[Key, Callable[[Any], Any]]:
        """The segment that some cells lie in, and where in it cells are."""
        (key,) = self.layout.keys(buffer, cells)
        return key, lambda cells: cells - key[1]

    # -- accesses ------------------------------------------------------------------------

    def read(self, access: Access, axes: Sequence[int]) -> Any:
        """What an access means: an array with all axes, of size 1 where nothing changes."""
        sizes = [n if access.changes(k) else 1 for k, n in enumerate(axes)]
        keys = self.layout.keys(access.buffer, cells_or_ends(access, sizes, self.counts))
        if len(keys) == 1 and access.table is None:
            start = access.start - keys[0][1] + self._moved(access)
            return strided(self.arrays[keys[0]], start, sizes, access.strides)
        cells = touched(access, sizes, self.counts)
        pool, place = self.pool(access.buffer, cells)
        keys = self.layout.keys(access.buffer, cells)
        if len(keys) == 1:
            start = access.start - keys[0][1]
            still = touched(Access(0, start, access.strides, (), access.table), sizes, ())
            return gathered(pool, still + self._moved(access))
        table = jnp.asarray(place(cells), jnp.int32)
        for t in self.rounds:
            table = table[t if table.shape[0] > 1 else 0]
        return gathered(pool, table)

    def write(
        self, access: Access, axes: Sequence[int], numbers: Any, add: bool, scatter: bool
    ) -> None:
        """Put numbers, which have the shape of the axes, where an access means.

        Args:
            add: to what is there.
            scatter: several points may be one cell.
        """
        ends = cells_or_ends(access, axes, self.counts)
        key, _ = self.segment(access.buffer, ends)
        array, moved = self.arrays[key], self._moved(access)
        start = access.start - key[1]
        plan = None if access.table is not None or scatter else Nested.of(axes, access.strides)
        if plan is None:
            still = touched(Access(0, start, access.strides, (), access.table), axes, ())
            still = np.broadcast_to(still, tuple(axes))
            if isinstance(moved, int):
                self.arrays[key] = _put(array, still, numbers, add, scatter)
            else:
                at = array.at[jnp.asarray(still, jnp.int32) + moved]
                self.arrays[key] = (
                    at.add(numbers, mode=INSIDE) if add else at.set(numbers, mode=INSIDE)
                )
            return
        self.arrays[key] = plan.put(array, start + moved, numbers, add)

    def _moved(self, access: Access) -> Any:
        """How far the rounds have moved an access on: 0 outside of loops."""
        moved: Any = 0
        for step, t in zip(access.steps, self.rounds, strict=True):
            moved = moved + step * t if step else moved
        return moved


def _put(array: Any, places: Any, numbers: Any, add: bool, scatter: bool) -> Any:
    """Known places of an array anew.

    Where they are many, each cell takes its number, rather than each number its cell: XLA does the
    first for all cells at once.
    """
    flat, numbers = places.ravel(), jnp.broadcast_to(numbers, places.shape).ravel()
    times = np.bincount(flat, minlength=len(array)) if scatter else np.ones(1, dtype=np.int64)
    if len(array) * int(times.max()) > SPARSE * len(flat):
        at = array.at[flat]
        if add:
            return at.add(numbers, mode=INSIDE)
        return at.set(numbers, mode=INSIDE)
    order = np.argsort(flat, kind="stable")
    found = np.flatnonzero(np.bincount(flat, minlength=len(array)))
    first = np.searchsorted(flat[order], np.arange(len(array)))
    total = array
    for k in range(int(times.max())):
        has = np.zeros(len(array), dtype=bool)
        has[found] = (times[found] > k) if scatter else True
        at = order[np.minimum(first + k, len(flat) - 1)]
        taken = gathered(numbers, np.where(has, at, 0))
        total = jnp.where(has, total + taken if add else taken, total)
    return total
