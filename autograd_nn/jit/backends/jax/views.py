"""Numbers at constant strides in an array, as slices and reshapes, and written there.

XLA puts slices and reshapes into what reads them.  Only where strides are not nested, or what they
reach is far apart, are numbers gathered and scattered.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from autograd_nn.jit.lifting.marks import touched
from autograd_nn.jit.plan import Access

__all__ = ["INSIDE", "SPARSE", "Nested", "gathered", "strided"]

#: Cells for each one that is written, beyond which a scatter is cheaper than all of them anew.
SPARSE: Final = 16
INSIDE: Final = "promise_in_bounds"  # a place that is looked up is one of the array's


def gathered(array: Any, places: Any) -> Any:
    """The numbers at some places of an array, all of which it has."""
    index = jnp.asarray(places, jnp.int32)
    numbers = jax.lax.GatherDimensionNumbers((), (0,), (0,))
    return jax.lax.gather(
        array,
        index.reshape(*index.shape, 1),
        numbers,
        (1,),
        mode=INSIDE,
    )


class Nested:
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
    def of(sizes: Sequence[int], strides: Sequence[int]) -> Nested | None:
        """None where strides are not nested like that."""
        axes = [k for k, n in enumerate(sizes) if n > 1]
        axes.sort(key=lambda k: -abs(strides[k]))
        found = Nested(axes, sizes, strides)
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

    def in_order(self, numbers: Any) -> Any:
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
        numbers, low = self.in_order(numbers), start - self.down
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
        if dense or self.span <= SPARSE * prod(self.sizes):
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
        return at.add(numbers, mode=INSIDE) if add else at.set(numbers, mode=INSIDE)


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


def strided(array: Any, start: Any, sizes: Sequence[int], strides: Sequence[int]) -> Any:
    """The numbers at ``start + sum(strides * point)``."""
    nested = Nested.of(sizes, strides)
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
