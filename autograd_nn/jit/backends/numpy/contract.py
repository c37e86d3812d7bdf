"""NumPy calls for ``out = sum over terms of x * y``, by the axes of the nest.

An axis that both factors and the result have is a batch axis, one that only one factor and the
result have is a row or column, one that the result lacks is summed.  That makes it a matrix
product (``np.matmul``) wherever something is summed, and an elementwise product elsewhere.

No term is left out and none is merged with another before it is multiplied, so an infinity or
nan comes out where it does one operation after another.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd_nn.jit.backends.numpy.views import (
    Calls,
    Named,
    View,
    contiguous,
    memory_axes,
    spread,
    stretched,
)

__all__ = ["contract", "reduce_to"]

Axes = tuple[int, ...]

_FEW = 512  # multiplications of a point, up to which points beside each other are done at once
_BATCH = 64  # points, from which on that is faster
_BY_COLUMNS = 16  # numbers in a line, from which on ones times a matrix beat adding up its lines


def reduce_to(x: Named, out: Named, calls: Calls) -> None:
    """Calls for ``out = sum of x over the axes that out lacks``."""
    summed = tuple(a for a in x.axes if a not in out.axes)
    order = tuple(a for a in out.axes if a in x.axes)
    if not summed:
        calls.add(np.copyto, out.view, stretched(spread(x, out.axes), out.view.shape))
        return
    kept = spread(x, (*order, *summed))
    target = out.view
    if order != out.axes:
        target = calls.room(kept.shape[: len(order)])
    if not order:  # in loops, single numbers are arrays of one
        kept = kept._replace(shape=(1, *kept.shape), strides=(0, *kept.strides))
    first = len(kept.shape) - len(summed)
    by_columns = (
        len(kept.shape) == 2 and order and kept.strides[0] == 1 and kept.shape[1] >= _BY_COLUMNS
    )
    if by_columns and abs(kept.strides[1]) >= kept.shape[0] and kept.strides[1] > 0:
        # Ones times a matrix: about three times as fast as adding up its rows.
        product = np.ndarray.dot if target.is_contiguous else np.matmul
        calls.add(product, np.ones(kept.shape[1]), _turned(kept), target)
    else:
        axes = tuple(range(first, len(kept.shape)))
        calls.add(np.add.reduce, kept, axes, None, target.lined)
    if order != out.axes:
        calls.add(np.copyto, out.view, spread(Named(target, order), out.axes))


def contract(x: Named, y: Named, out: Named, calls: Calls) -> None:
    """Calls for ``out = sum of x * y over the axes that out lacks``."""
    lone = [a for a in (*x.axes, *y.axes) if (a in x.axes) != (a in y.axes) and a not in out.axes]
    summed = tuple(a for a in x.axes if a in y.axes and a not in out.axes)
    sizes = {**x.sizes, **y.sizes}
    if lone:  # a factor has terms of its own: their products come first
        axes = memory_axes([x, y])
        product = Named(calls.room([sizes[a] for a in axes]), axes)
        contract(x, y, product, calls)
        reduce_to(product, out, calls)
        return
    if not summed:
        factors = (stretched(spread(n, out.axes), out.view.shape) for n in (x, y))
        calls.add(np.multiply, *factors, out.view)
        return
    batch = tuple(a for a in out.axes if a in x.axes and a in y.axes)
    rows = tuple(a for a in out.axes if a in x.axes and a not in y.axes)
    columns = tuple(a for a in out.axes if a in y.axes and a not in x.axes)
    if len(batch) + len(rows) + len(columns) < len(out.axes):  # the result is repeated
        kept = (*batch, *rows, *columns)
        once = Named(calls.room([sizes[a] for a in kept]), kept)
        contract(x, y, once, calls)
        calls.add(np.copyto, out.view, spread(once, out.axes))
        return
    few = prod(sizes[a] for a in (*rows, *columns, *summed)) <= _FEW
    beside = any(_lies_beside(n, batch) for n in (x, y)) and prod(sizes[a] for a in batch) >= _BATCH
    if batch and few and beside:
        _by_points(x, y, out, calls)
    elif batch and not rows and not columns:
        _dots(x, y, out, (batch, summed), calls)
    else:
        _matrices(x, y, out, (batch, rows, columns, summed), calls)


def _dots(x: Named, y: Named, out: Named, groups: tuple[Axes, Axes], calls: Calls) -> None:
    """One inner product for each point."""
    batch, summed = groups
    if len(summed) == 1 and hasattr(np, "vecdot"):
        calls.add(np.vecdot, spread(x, (*batch, *summed)), spread(y, (*batch, *summed)), out.view)
        return
    _by_points(x, y, out, calls)


def _lies_beside(x: Named, batch: Axes) -> bool:
    """Whether neighbours along a batch axis lie beside each other."""
    return any(a in batch and s == 1 for a, s in zip(x.axes, x.view.strides, strict=True))


def _by_points(x: Named, y: Named, out: Named, calls: Calls) -> None:
    """Small products of many points, whose numbers lie beside each other: all points at once."""
    letters = {a: chr(ord("a") + k) for k, a in enumerate({**x.sizes, **y.sizes})}
    left, right, result = ("".join(letters[a] for a in n.axes) for n in (x, y, out))
    calls.add(_einsum, f"{left},{right}->{result}", x.view, y.view, out.view)


def _einsum(spec: str, x: Any, y: Any, out: Any) -> None:
    np.einsum(spec, x, y, out=out)


def _matrices(
    x: Named, y: Named, out: Named, groups: tuple[Axes, Axes, Axes, Axes], calls: Calls
) -> None:
    batch, rows, columns, summed = groups
    left, right = _grouped(x, (batch, rows, summed), calls), None
    right = _grouped(y, (batch, summed, columns), calls)
    product = _merged(out, (batch, rows, columns))
    if product is not None and _is_plain(product):
        _matmul(left, right, product, calls)
        return
    turned = _merged(out, (batch, columns, rows))
    if turned is not None and _is_plain(turned):
        _matmul(_turned(right), _turned(left), turned, calls)
        return
    sizes = {**x.sizes, **y.sizes}
    axes = (*batch, *rows, *columns)
    temporary = Named(calls.room([sizes[a] for a in axes]), axes)
    flat = _merged(temporary, (batch, rows, columns))
    assert flat is not None
    _matmul(left, right, flat, calls)
    calls.add(np.copyto, out.view, spread(temporary, out.axes))


def _matmul(left: View, right: View, out: View, calls: Calls) -> None:
    """A product of (stacks of) matrices; one column or row alone is a vector, which is faster."""
    if len(out.shape) == 2 and out.shape[1] == 1 and out.shape[0] > 1:
        right, out = _without(right, 1), _without(out, 1)
    elif len(out.shape) == 2 and out.shape[0] == 1:
        left, out = _without(left, 0), _without(out, 0)
    if len(out.shape) < 3 and out.is_contiguous:  # takes half as long for small ones
        calls.add(np.ndarray.dot, left, right, out)
    else:
        calls.add(np.matmul, left, right, out)


def _without(x: View, axis: int) -> View:
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    return x._replace(shape=shape, strides=(*x.strides[:axis], *x.strides[axis + 1 :]))


def _turned(x: View) -> View:
    """The transposed matrices."""
    *shape, rows, columns = x.shape
    *strides, down, along = x.strides
    return x._replace(shape=(*shape, columns, rows), strides=(*strides, along, down))


def _is_plain(x: View) -> bool:
    """Whether a matrix product can write it: its rows lie apart and without gaps."""
    (rows, columns), (down, along) = x.shape[-2:], x.strides[-2:]
    return (columns == 1 or along == 1) and (rows == 1 or down >= columns)


def _merged(x: Named, groups: tuple[Axes, Axes, Axes]) -> View | None:
    """``x`` as (batch axes, rows, columns) without a copy, or None."""
    sizes, steps = x.sizes, dict(zip(x.axes, x.view.strides, strict=True))
    shape = [sizes[a] for a in groups[0]]
    strides = [steps[a] for a in groups[0]]
    for group in groups[1:]:
        step, size = 1, 1
        for a in reversed(group):
            if size == 1:
                step = steps[a]
            elif steps[a] != step * size:
                return None
            size *= sizes[a]
        shape.append(size)
        strides.append(step)
    return x.view._replace(shape=tuple(shape), strides=tuple(strides))


def _grouped(x: Named, groups: tuple[Axes, Axes, Axes], calls: Calls) -> View:
    """``x`` as a stack of matrices that the matrix product takes as they are."""
    matrix = _merged(x, groups)
    if matrix is not None and (_is_plain(matrix) or _is_plain(_turned(matrix))):
        return matrix
    axes = tuple(a for group in groups for a in group)
    sizes = x.sizes
    shape = tuple(sizes[a] for a in axes)
    copy = Named(calls.room(shape), axes)
    assert copy.view.strides == contiguous(shape)
    calls.add(np.copyto, copy.view, spread(x, axes))
    found = _merged(copy, groups)
    assert found is not None
    return found
