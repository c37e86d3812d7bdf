"""Cells as arrays of JAX: reading what an access means, and writing it anew.

An access without a table is a view of a run of cells: slices and reshapes, which XLA puts into
what reads them.  Only one whose cells follow no such order is a gather.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from autograd_nn.jit.backends.jax.layout import Key, Layout, cells_or_ends
from autograd_nn.jit.lifting.marks import touched
from autograd_nn.jit.plan import Access

__all__ = ["Store", "gathered"]

_SPARSE: Final = 16  # cells beside each one that is written, beyond which a scatter is cheaper
_INSIDE: Final = "promise_in_bounds"


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
            return _strided(self.arrays[keys[0]], start, sizes, access.strides)
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
        plan = None if access.table is not None or scatter else _Nested.of(axes, access.strides)
        if plan is None:
            still = touched(Access(0, start, access.strides, (), access.table), axes, ())
            still = np.broadcast_to(still, tuple(axes))
            if isinstance(moved, int):
                self.arrays[key] = _put(array, still, numbers, add, scatter)
            else:
                at = array.at[jnp.asarray(still, jnp.int32) + moved]
                self.arrays[key] = (
                    at.add(numbers, mode=_INSIDE) if add else at.set(numbers, mode=_INSIDE)
                )
            return
        self.arrays[key] = plan.put(array, start + moved, numbers, add)

    def _moved(self, access: Access) -> Any:
        """How far the rounds have moved an access on: 0 outside of loops."""
        moved: Any = 0
        for step, t in zip(access.steps, self.rounds, strict=True):
            moved = moved + step * t if step else moved
        return moved


def gathered(array: Any, places: Any) -> Any:
    """The numbers at some places of an array, all of which it has."""
    index = jnp.asarray(places, jnp.int32)
    numbers = jax.lax.GatherDimensionNumbers((), (0,), (0,))
    return jax.lax.gather(
        array,
        index.reshape(*index.shape, 1),
        numbers,
        (1,),
        mode=_INSIDE,
    )


def _put(array: Any, places: Any, numbers: Any, add: bool, scatter: bool) -> Any:
    """Known places of an array anew.

    Where they are many, each cell takes its number, rather than each number its cell: XLA does the
    first for all cells at once.
    """
    flat, numbers = places.ravel(), jnp.broadcast_to(numbers, places.shape).ravel()
    times = np.bincount(flat, minlength=len(array)) if scatter else np.ones(1, dtype=np.int64)
    if len(array) * int(times.max()) > _SPARSE * len(flat):
        at = array.at[flat]
        if add:
            return at.add(numbers, mode=_INSIDE)
        return at.set(numbers, mode=_INSIDE)
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


# ---------------------------------------------------------------------------
# Views.


class _Nested:
    """Strides of which each passes over all that the smaller ones reach, and no cell comes twice.

    Attributes:
        axes: which axes, the largest stride first.
        sizes, strides: of these; strides are positive.
        flipped: axes that run down.
        down: how far the first cell lies above the lowest.
    """

    def __init__(self, axes: list[int], sizes: Sequence[int], strides: Sequence[int]) -> None:
        self.rank, self.axes = len(sizes), axes
        self.sizes = [sizes[k] for k in axes]
        self.strides = [abs(strides[k]) for k in axes]
        self.flipped = [place for place, k in enumerate(axes) if strides[k] < 0]
        self.down = sum(-strides[k] * (sizes[k] - 1) for k in axes if strides[k] < 0)

    @staticmethod
    def of(sizes: Sequence[int], strides: Sequence[int]) -> _Nested | None:
        """None where strides are not nested like that."""
        axes = [k for k, n in enumerate(sizes) if n > 1]
        axes.sort(key=lambda k: -abs(strides[k]))
        found = _Nested(axes, sizes, strides)
        reach = 1
        for size, stride in zip(reversed(found.sizes), reversed(found.strides), strict=True):
            if stride < reach:
                return None
            reach = stride * size
        return found

    @property
    def span(self) -> int:
        """How many cells from the first to the last."""
        moves = zip(self.sizes, self.strides, strict=True)
        return 1 + sum((size - 1) * stride for size, stride in moves)

    def _inner(self, place: int) -> int:
        """How many cells of a step along an axis are read."""
        return self.sizes[place] * self.strides[place] if place < len(self.sizes) else 1

    def view(self, window: Any) -> Any:
        """The points in a run of cells that starts with the lowest; sorted axes that run up."""
        if not self.sizes:
            return window.reshape(())
        window = _padded(window, self._inner(0))
        for place, (size, stride) in enumerate(zip(self.sizes, self.strides, strict=True)):
            window = window.reshape(*window.shape[:-1], size, stride)
            window = _first(window, self._inner(place + 1))
        return window.reshape(window.shape[:-1])

    def filled(self, window: Any, numbers: Any, place: int = 0) -> Any:
        """A run of cells with other numbers at the points; the other way round than ``view``."""
        if place == len(self.sizes):
            rest = _last(window, 1)
            return jnp.concatenate([numbers.reshape(*numbers.shape, 1), rest], axis=-1)
        size, stride = self.sizes[place], self.strides[place]
        shape = window.shape
        window = window.reshape(*shape[:-1], size, stride)
        inner = self._inner(place + 1)
        inside = self.filled(_first(window, inner), numbers, place + 1)
        return jnp.concatenate([inside, _last(window, inner)], axis=-1).reshape(shape)

    def grid(self, low: int, length: int) -> tuple[int, list[int], list[int]] | None:
        """A run of cells that is a table in which the points are a block.

        Args:
            low: the lowest point.
            length: of the array.

        Returns:
            The run's first cell, the sizes of the table, and where in it the block starts; None
            where the array has no such run.
        """
        if any(a % b for a, b in pairwise(self.strides)):
            return None
        units = [*self.strides[1:], 1]
        inside = [a // b for a, b in zip(self.strides, units, strict=True)]
        whole = self._inner(0)
        for before in (max(0, low + whole - length), low % self.strides[0]):
            if before > low or low - before + whole > length:
                continue
            at, rest = [], before
            for unit in units:
                at.append(rest // unit)
                rest %= unit
            counts = [*self.sizes[1:], 1]
            if all(k + n <= size for k, n, size in zip(at, counts, inside, strict=True)):
                return low - before, [self.sizes[0], *inside], [0, *at]
        return None

    def sorted(self, numbers: Any) -> Any:
        """Numbers by the sorted axes that run up."""
        others = [k for k in range(self.rank) if k not in self.axes]
        shape = [numbers.shape[k] for k in self.axes]
        order = [*self.axes, *others]
        if order != sorted(order):
            numbers = numbers.transpose(order)
        numbers = numbers.reshape(shape)
        return jnp.flip(numbers, self.flipped) if self.flipped else numbers

    def put(self, array: Any, start: Any, numbers: Any, add: bool) -> Any:
        """An array with other numbers at the points, the first of which is at ``start``."""
        numbers, low = self.sorted(numbers), start - self.down
        dense = self.span == prod(self.sizes)
        if dense and self.span == len(array):
            numbers = numbers.reshape(-1)
            return array + numbers if add else numbers
        grid = self.grid(low, len(array)) if isinstance(low, int) and not dense else None
        if grid is not None:
            base, dims, at = grid
            whole = prod(dims)
            window = _slice(array, base, whole).reshape(dims)
            if add:
                numbers = self.view(_slice(array, low, self.span)) + numbers
            window = jax.lax.dynamic_update_slice(
                window, numbers.reshape(*numbers.shape, 1), at
            ).reshape(-1)
            if whole == len(array):
                return window
            return jax.lax.dynamic_update_slice(array, window, (base,))
        if dense or self.span <= _SPARSE * prod(self.sizes):
            window = _slice(array, low, self.span)
            if add:
                numbers = self.view(window) + numbers
            if dense:
                window = numbers.reshape(-1)
            else:
                padded = _padded(window, self._inner(0))
                window = _first(self.filled(padded, numbers), self.span)
            return jax.lax.dynamic_update_slice(array, window, (low,))
        places = touched(Access(0, 0, tuple(self.strides)), self.sizes, ())
        at = array.at[jnp.asarray(places, jnp.int32) + low]
        return at.add(numbers, mode=_INSIDE) if add else at.set(numbers, mode=_INSIDE)


def _padded(window: Any, size: int) -> Any:
    if len(window) >= size:
        return _first(window, size)
    return jax.lax.pad(window, jnp.zeros((), window.dtype), [(0, size - len(window), 0)])


def _first(window: Any, size: int) -> Any:
    """The first numbers along the last axis."""
    if size == window.shape[-1]:
        return window
    return jax.lax.slice_in_dim(window, 0, size, axis=window.ndim - 1)


def _last(window: Any, start: int) -> Any:
    """The numbers along the last axis from one on."""
    return jax.lax.slice_in_dim(window, start, window.shape[-1], axis=window.ndim - 1)


def _slice(array: Any, start: Any, size: int) -> Any:
    if isinstance(start, int):
        return jax.lax.slice(array, (start,), (start + size,))
    return jax.lax.dynamic_slice(array, (start,), (size,))


def _strided(array: Any, start: Any, sizes: Sequence[int], strides: Sequence[int]) -> Any:
    """The numbers at ``start + sum(strides * point)``."""
    nested = _Nested.of(sizes, strides)
    if nested is None:
        still = touched(Access(0, 0, tuple(strides)), sizes, ())
        return gathered(array, np.broadcast_to(still, tuple(sizes)) + start)
    low, span = start - nested.down, nested.span
    if isinstance(low, int) and nested.sizes:
        span = max(span, min(nested.sizes[0] * nested.strides[0], len(array) - low))
    found = nested.view(_slice(array, low, span))
    found = jnp.flip(found, nested.flipped) if nested.flipped else found
    back = np.argsort([*nested.axes, *(k for k, n in enumerate(sizes) if n <= 1)])
    found = found.reshape([*nested.sizes, *(1,) * (len(sizes) - len(nested.axes))])
    return found if back.tolist() == list(range(len(back))) else found.transpose(back)
