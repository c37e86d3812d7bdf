"""Nests that add up products.

An ``exact`` sum rounds as the engine's does, one term after another: its terms are computed side
by side, a line each, and added up line after line.  A matrix product would add in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.numpy.contract import contract, reduce_to
from autograd_nn.jit.backends.numpy.operands import Target, operand
from autograd_nn.jit.backends.numpy.views import (
    Calls,
    Named,
    View,
    constant,
    memory_axes,
    overlap,
    spread,
    stretched,
)
from autograd_nn.jit.plan import Item, Nest

__all__ = ["add_products", "add_up", "difference", "sum_in_order"]

_SIDE_BY_SIDE: Final = 1 << 16  # terms of an exact sum that are computed at once


def add_up(nest: Nest, calls: Calls) -> None:
    """Calls for a nest of the kind ``sum``."""
    reads: list[Named] = []
    for k, read in enumerate(nest.reads):
        before = next((j for j in range(k) if nest.reads[j].same(read)), None)
        reads.append(operand(read, nest.axes, calls) if before is None else reads[before])
    if nest.exact:
        sum_in_order(nest, reads, calls)
    else:
        add_products(nest, reads, calls)


def add_products(nest: Nest, reads: list[Named], calls: Calls) -> None:
    """Calls that set or add the sum of products of some operands, times the nest's factor."""
    target = Target(nest, reads, calls)
    present = {a for x in reads for a in x.axes}
    factor = nest.factor
    for axis in range(nest.kept, len(nest.axes)):
        factor *= 1.0 if axis in present else nest.axes[axis]  # as many equal terms
    if nest.plus is None and len(reads) == 1 and present <= set(target.axes):
        _plain(reads[0], target, factor, nest.add, calls)
        return
    out = target.room()
    _products(reads, out, calls)
    sign = -1.0 if nest.add and factor == -1.0 and nest.plus is None else 1.0
    if factor != sign:
        # Not np.negative: that of NumPy 2.4 is wrong where both arrays have steps of 64 bytes.
        calls.add(np.multiply, out.view, constant(factor), out.view)
    if nest.plus is not None:
        calls.add(np.add, out.view, constant(nest.plus), out.view)
    target.put(out, sign)


def _plain(x: Named, target: Target, factor: float, add: bool, calls: Calls) -> None:
    """Calls for numbers as they are, or times a factor."""
    if add and abs(factor) == 1.0 and target.direct is not None:
        target.put(x, factor)
        return
    if not add and factor == 1.0 and target.direct is not None:
        target.put(x)
        return
    out = target.room()
    view = stretched(spread(x, out.axes), out.view.shape)
    if factor == 1.0:
        calls.add(np.copyto, out.view, view)
    else:
        calls.add(np.multiply, view, constant(factor), out.view)
    target.put(out)


def _products(reads: list[Named], out: Named, calls: Calls) -> None:
    """Calls for ``out = sum of the products over the axes that out lacks``."""
    while len(reads) > 2:  # the pair whose product is smallest, first
        a, b = min(combinations(range(len(reads)), 2), key=lambda pair: _size(reads, pair))
        product = _elementwise([reads[a], reads[b]], calls)
        reads = [product, *(x for k, x in enumerate(reads) if k not in (a, b))]
    if len(reads) == 1:
        reduce_to(reads[0], out, calls)
    else:
        contract(reads[0], reads[1], out, calls)


def _size(reads: list[Named], pair: tuple[int, int]) -> int:
    return prod((reads[pair[0]].sizes | reads[pair[1]].sizes).values())


def _elementwise(reads: list[Named], calls: Calls) -> Named:
    sizes = reads[0].sizes | reads[1].sizes
    axes = memory_axes(reads)
    room = calls.room([sizes[a] for a in axes])
    calls.add(np.multiply, *(stretched(spread(x, axes), room.shape) for x in reads), room)
    return Named(room, axes)


def difference(first: Item, second: Item, calls: Calls) -> bool:
    """One call for two nests in the same cells, where the second adds to what the first sets.

    Returns:
        Whether there is one: ``a + b``, ``a - b`` and ``b - a`` are.
    """
    if not (isinstance(first, Nest) and isinstance(second, Nest)):
        return False
    fits = (
        first.kind == second.kind == "sum"
        and first.axes == second.axes
        and first.write.same(second.write)
        and second.add
        and not (first.add or first.scatter or second.scatter or first.summed or second.summed)
        and first.write.table is None
        and first.plus is second.plus is None
        and len(first.reads) == len(second.reads) == 1
        and sorted((first.factor, second.factor)) in ([1.0, 1.0], [-1.0, 1.0])
    )
    if not fits:
        return False
    reads = [operand(nest.reads[0], nest.axes, calls) for nest in (first, second)]
    target = Target(first, reads, calls)
    out = target.direct
    if out is None or any(_shares(x, out, calls.counts) for x in reads):
        calls.found.clear()
        return False
    a, b = (stretched(spread(x, out.axes), out.view.shape) for x in reads)
    if first.factor == second.factor:
        calls.add(np.add, a, b, out.view)
    else:
        calls.add(np.subtract, *((a, b) if first.factor > 0.0 else (b, a)), out.view)
    return True


def _shares(x: Named, out: Named, counts: tuple[int, ...]) -> bool:
    """Whether an operand lies where the result goes."""
    return x.view == out.view or overlap(x.view, out.view, counts)


# -- sums that round as the engine's ---------------------------------------------------------


def sum_in_order(nest: Nest, reads: Sequence[Named], calls: Calls) -> None:
    """Calls for a sum that rounds as one operation after another does."""
    target = Target(replace(nest, add=False), reads, calls)
    terms, size = nest.axes[nest.kept :], prod(nest.axes[: nest.kept])
    axes = (*range(nest.kept, len(nest.axes)), *range(nest.kept))
    arrays = [spread(x, axes) for x in reads]
    pieces = list(_pieces(arrays, terms, size))
    most = max(count for _, count in pieces)
    lines, start = calls.room((1 + most, size)), 1  # the first is the sum of the pieces before
    if nest.add:
        before = operand(nest.write, (*nest.axes[: nest.kept], *[1] * nest.summed), calls)
        first = _part(lines, 0, 1).reshaped(tuple(nest.axes[: nest.kept]))
        calls.add(np.copyto, first, spread(before, tuple(range(nest.kept))))
        start = 0
    for cut, count in pieces:
        inner = (count // max(1, prod(terms[1:])), *terms[1:]) if terms else ()
        into = _part(lines, 1, 1 + count).reshaped((*inner, *nest.axes[: nest.kept]))
        if len(cut) == 1:
            calls.add(np.copyto, into, cut[0])
        else:
            calls.add(np.multiply, cut[0], cut[1], into)
        for x in cut[2:]:
            calls.add(np.multiply, into, x, into)
        if nest.factor != 1.0:
            calls.add(np.multiply, constant(nest.factor), into, into)
        if start == 0 or len(pieces) > 1 or count > 1:
            summed = _part(lines, start, 1 + count)
            calls.add(np.add.accumulate, summed, 0, None, summed)
            calls.add(np.copyto, _part(lines, 0, 1), _part(lines, count, 1 + count))
            start = 0
    total = _part(lines, 0 if start == 0 else 1, 1 if start == 0 else 2)
    sizes = [n for n in nest.axes[: nest.kept] if n > 1]
    target.put(Named(total.reshaped(tuple(sizes)), target.axes))


def _part(lines: View, start: int, stop: int) -> View:
    width = lines.shape[1]
    return lines._replace(start=lines.start + start * width, shape=(stop - start, width))


def _pieces(arrays: list[View], terms: tuple[int, ...], size: int) -> Any:
    """The operands in pieces that fit side by side, cut along the first axis of terms."""
    count = prod(terms)
    if count * size <= _SIDE_BY_SIDE or not terms:
        yield arrays, count
        return
    inner, length = prod(terms[1:]), terms[0]
    step = max(1, _SIDE_BY_SIDE // (inner * size))
    for start in range(0, length, step):
        stop = min(start + step, length)
        yield [_cut(x, start, stop) for x in arrays], (stop - start) * inner


def _cut(x: View, start: int, stop: int) -> View:
    if x.shape[0] == 1:
        return x
    return x._replace(start=x.start + start * x.strides[0], shape=(stop - start, *x.shape[1:]))
