"""Prepared NumPy calls for ``out[...] = sum over terms of x * y``, by named axes.

Every pack of sums, and the adjoint of each of its operands, is such a
contraction.  An axis that both factors and the result have is a batch axis, one
that only one factor and the result have is a row or column, one that the
result lacks is summed.  That makes it a matrix product (``np.matmul``) wherever
something is summed, and an elementwise product elsewhere.

A call is prepared once, with its arrays, and run many times: ``functools.partial``
of a NumPy function costs about 1 us a call and allocates nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

__all__ = ["Call", "Named", "contract", "named", "reduce_to"]

Call = Callable[[], Any]


class Named(NamedTuple):
    """An array and the names of its axes."""

    array: Any
    axes: tuple[int, ...]

    def sizes(self) -> dict[int, int]:
        """The size of each named axis."""
        return dict(zip(self.axes, self.array.shape, strict=True))


def named(buffer: Any, start: int, sizes: tuple[int, ...], strides: tuple[int, ...]) -> Named:
    """The view of a flat buffer with one axis per nonzero stride; axes are numbered by place."""
    keep = [k for k, (size, s) in enumerate(zip(sizes, strides, strict=True)) if s and size > 1]
    view = as_strided(
        buffer[start:], [sizes[k] for k in keep], [buffer.itemsize * strides[k] for k in keep]
    )
    return Named(view, tuple(keep))


def spread(x: Named, axes: tuple[int, ...]) -> Any:
    """``x`` with its axes in the order of ``axes``, of size 1 where it has none."""
    have = [a for a in axes if a in x.axes]
    moved = x.array.transpose([x.axes.index(a) for a in have])
    # The ellipsis keeps a 0-d array a view: indexing it with () would copy out a scalar.
    return moved[(*(slice(None) if a in have else None for a in axes), ...)]


def reduce_to(x: Named, out: Named) -> list[Call]:
    """Calls for ``out = sum of x over the axes that out lacks``."""
    summed = tuple(a for a in x.axes if a not in out.axes)
    order = tuple(a for a in out.axes if a in x.axes)
    target = out.array
    if not summed:
        return [partial(np.copyto, target, spread(x, out.axes))]
    kept = spread(x, (*order, *summed))
    axes = tuple(range(len(order), len(order) + len(summed)))
    by_columns = kept.ndim == 2 and kept.strides[0] == kept.itemsize and kept.shape[1] >= 16
    if by_columns and order == out.axes:
        # Ones times a matrix: about three times as fast as adding up its rows.
        return [partial(np.matmul, np.ones(kept.shape[1]), kept.T, target)]
    if order == out.axes:
        return [partial(np.add.reduce, kept, axes, None, target)]
    temporary = np.empty(kept.shape[: len(order)])
    copied = spread(Named(temporary, order), out.axes)
    return [
        partial(np.add.reduce, kept, axes, None, temporary),
        partial(np.copyto, target, copied),
    ]


def contract(x: Named, y: Named, out: Named) -> list[Call]:
    """Calls for ``out = sum of x * y over the axes that out lacks``."""
    calls: list[Call] = []
    x, y = _presum(x, y, out, calls), _presum(y, x, out, calls)
    summed = tuple(a for a in x.axes if a in y.axes and a not in out.axes)
    if not summed:
        calls.append(partial(np.multiply, spread(x, out.axes), spread(y, out.axes), out.array))
        return calls
    batch = tuple(a for a in out.axes if a in x.axes and a in y.axes)
    rows = tuple(a for a in out.axes if a in x.axes and a not in y.axes)
    columns = tuple(a for a in out.axes if a in y.axes and a not in x.axes)
    missing = [a for a in out.axes if a not in (*batch, *rows, *columns)]
    if missing:  # neither factor has them: the result is repeated
        sizes = out.sizes()
        kept = tuple(a for a in out.axes if a not in missing)
        temporary = Named(np.empty([sizes[a] for a in kept]), kept)
        calls += contract(x, y, temporary)
        return [*calls, partial(np.copyto, out.array, spread(temporary, out.axes))]
    if batch and not rows and not columns:
        calls.append(partial(_row_dots, x, y, out, (*batch, *summed)))
        if len(batch) == len(summed) == 1:
            left, right = spread(x, (*batch, *summed)), spread(y, (*batch, *summed))
            calls[-1] = partial(np.einsum, "ij,ij->i", left, right, out=out.array)
        return calls
    x_sizes, y_sizes = x.sizes(), y.sizes()
    left = _grouped(x, (batch, rows, summed), calls)
    right = _grouped(y, (batch, summed, columns), calls)
    shape = (batch, rows, columns)
    sizes = {**y_sizes, **x_sizes}
    product = _merged(out, shape)
    if product is not None and product.strides[-1] == product.itemsize:
        calls.append(partial(np.matmul, left, right, product))
        return calls
    turned = _merged(out, (batch, columns, rows))
    if turned is not None and turned.strides[-1] == turned.itemsize:
        calls.append(partial(np.matmul, right.swapaxes(-1, -2), left.swapaxes(-1, -2), turned))
        return calls
    axes = (*batch, *rows, *columns)
    temporary_array = np.empty([sizes[a] for a in axes])
    flat = _merged(Named(temporary_array, axes), shape)
    calls.append(partial(np.matmul, left, right, flat))
    calls.append(partial(np.copyto, out.array, spread(Named(temporary_array, axes), out.axes)))
    return calls


def _row_dots(x: Named, y: Named, out: Named, axes: tuple[int, ...]) -> None:
    np.einsum(x.array, list(x.axes), y.array, list(y.axes), list(out.axes), out=out.array)


def _presum(x: Named, other: Named, out: Named, calls: list[Call]) -> Named:
    """``x`` without the axes that neither the other factor nor the result has."""
    kept = tuple(a for a in x.axes if a in other.axes or a in out.axes)
    if kept == x.axes:
        return x
    sizes = x.sizes()
    summed = Named(np.empty([sizes[a] for a in kept]), kept)
    calls += reduce_to(x, summed)
    return summed


Groups = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def _merged(x: Named, groups: Groups) -> Any:
    """``x`` as (batch, rows, columns) without a copy, or None; no batch axis if there is none."""
    sizes = x.sizes()
    steps = dict(zip(x.axes, x.array.strides, strict=True))
    shape, strides = [], []
    for k, group in enumerate(groups):
        if k == 0 and not group:
            continue
        step, size = x.array.itemsize, 1
        for a in reversed(group):
            if size == 1:
                step = steps[a]
            elif steps[a] != step * size:
                return None
            size *= sizes[a]
        shape.append(size)
        strides.append(step)
    return as_strided(x.array, shape, strides)


def _grouped(x: Named, groups: Groups, calls: list[Call]) -> Any:
    """``x`` as a stack of matrices that the matrix product takes as they are."""
    matrix = _merged(x, groups)
    if matrix is not None:
        unit = x.array.itemsize
        steps = matrix.strides[-2:]
        if all(s >= 0 for s in steps) and unit in steps and prod(steps):
            return matrix
    axes = tuple(a for group in groups for a in group)
    sizes = x.sizes()
    copy = Named(np.empty([sizes[a] for a in axes]), axes)
    calls.append(partial(np.copyto, copy.array, spread(x, axes)))
    return _merged(copy, groups)
