"""What a nest looks like to the one who writes its code: fewer axes, and which one runs in vectors.

Axes of one point go, and neighbours along which all cells step alike become one.  Then an axis is
chosen whose neighbours are computed side by side, in vectors: one along which most cells lie side
by side too.  Axes of results whose sums share what they read are jammed: a few results at once,
so that what is read is used several times and several sums are under way.

What is left out: the text (``nests``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.native.rules import is_cheap
from autograd_nn.jit.plan.nests import Access, Nest
from autograd_nn.ops import PRIMITIVES

__all__ = ["Form", "adds_to", "form_of", "offsets", "simplified"]

#: What it takes to get a vector of numbers, in loads of neighbours.
_BROADCAST, _GATHER, _BY_TABLE = 0.3, 5.0, 6.0
#: The same for putting one, and for doing so one number at a time.
_SCATTER, _ONE_BY_ONE = 8.0, 12.0
_FUNCTION: Final = 12.0
_ADDING_UP: Final = 6.0
#: From so many terms on it matters more what a sum reads than how its vector is added up.
_LONG_SUM: Final = 128


@dataclass
class Form:
    """A nest with as few axes as can be.

    Attributes:
        nest: with these axes; all of them have at least two points.
        also: sums of single terms that are added to the same results.
        vector: the axis that runs in vectors, or None.
        width: how many numbers they hold.
        jam: how many results at once, by axis.
    """

    nest: Nest
    also: list[Nest]
    vector: int | None
    width: int
    jam: dict[int, int]


def form_of(nest: Nest, width: int, also: Sequence[Nest] = ()) -> Form:
    """The form of a nest.

    Args:
        nest: any that is no look-up.
        width: how many numbers the processor's vectors hold.
        also: nests that add single terms to the same results, see ``adds_to``.
    """
    whole = simplified(_with_reads(nest, also))
    vector, lanes = _vector_axis(whole, width)
    jam = _jams(whole, vector, width)
    own, reads = len(nest.reads), whole.reads
    terms = []
    for other in also:
        of_other = reads[own : own + len(other.reads)]
        terms.append(replace(other, axes=whole.axes, reads=of_other, write=whole.write))
        reads = (*reads[:own], *reads[own + len(other.reads) :])
    return Form(replace(whole, reads=reads), terms, vector, lanes, jam)


def adds_to(nest: Nest, other: Nest) -> bool:
    """Whether a nest adds single terms to just the results of the one before it.

    Args:
        nest: the one before.
        other: the one in question.
    """
    if other.kind != "sum" or other.summed or not other.add or other.exact or other.scatter:
        return False
    if nest.kind not in ("sum", "row", "slope") or nest.exact or nest.scatter:
        return False
    to, also = nest.write, other.write
    return (
        other.axes == nest.axes[: nest.kept]
        and to.table is None
        and also.table is None
        and (to.buffer, to.start, to.steps) == (also.buffer, also.start, also.steps)
        and to.strides[: nest.kept] == also.strides
    )


def _with_reads(nest: Nest, also: Sequence[Nest]) -> Nest:
    """A nest that also reads what others do, which have no summed axes."""
    found = [*nest.reads]
    for read in (read for other in also for read in other.reads):
        table = read.table
        if table is not None:
            table = table.reshape(*table.shape, *[1] * nest.summed)
        found.append(replace(read, strides=(*read.strides, *[0] * nest.summed), table=table))
    return replace(nest, reads=tuple(found))


def simplified(nest: Nest) -> Nest:
    """The same with fewer axes."""
    return _merged(_without_ones(nest))


# -- fewer axes ----------------------------------------------------------------------------


def _with_axes(nest: Nest, axes: Sequence[int], kept: int, accesses: list[Access]) -> Nest:
    write, *reads = accesses
    summed = len(axes) - kept
    return replace(nest, axes=tuple(axes), summed=summed, reads=tuple(reads), write=write)


def _without_ones(nest: Nest) -> Nest:
    left = [k for k, size in enumerate(nest.axes) if size > 1]
    if len(left) == len(nest.axes):
        return nest
    kept = sum(k < nest.kept for k in left)
    accesses = [_along(access, left) for access in (nest.write, *nest.reads)]
    return _with_axes(nest, [nest.axes[k] for k in left], kept, accesses)


def _along(access: Access, axes: Sequence[int]) -> Access:
    """An access without the other axes, which have one point."""
    table, start = access.table, access.start
    if table is not None:
        table = table.reshape([table.shape[k] for k in axes])
        if table.size == 1:
            start, table = start + int(table.flat[0]), None
    strides = tuple(access.strides[k] for k in axes)
    return replace(access, start=start, strides=strides, table=table)


def _merged(nest: Nest) -> Nest:
    """Neighbouring axes as one where every cell steps on alike from one to the next."""
    k = len(nest.axes) - 2
    while k >= 0:
        accesses = [nest.write, *nest.reads]
        if k + 1 != nest.kept and all(_is_one(access, k, nest.axes[k + 1]) for access in accesses):
            axes = (*nest.axes[:k], nest.axes[k] * nest.axes[k + 1], *nest.axes[k + 2 :])
            kept = nest.kept - (k + 1 < nest.kept)
            order = [j for j in range(len(nest.axes)) if j != k]
            nest = _with_axes(nest, axes, kept, [_along(access, order) for access in accesses])
        k -= 1
    return nest


def _is_one(access: Access, k: int, size: int) -> bool:
    """Whether the axes ``k`` and ``k + 1``, of so many points, could be one."""
    if access.table is not None and max(access.table.shape[k : k + 2]) > 1:
        return False
    return access.strides[k] == access.strides[k + 1] * size


# -- the vector axis -----------------------------------------------------------------------


def _vector_axis(nest: Nest, width: int) -> tuple[int | None, int]:
    """The axis that runs in vectors, and how many numbers they hold."""
    best, chosen, lanes = _scalar_cost(nest), None, 1
    for axis, size in enumerate(nest.axes):
        if axis >= nest.kept and (nest.exact or nest.writes_all):
            continue  # the order of the terms matters
        w = min(width, 1 << (size - 1).bit_length())
        cost = _cost(nest, axis, w)
        if cost < best:
            best, chosen, lanes = cost, axis, w
    return chosen, lanes


def _body(nest: Nest) -> float:
    if nest.kind in ("row", "slope") and not is_cheap(PRIMITIVES[nest.code]):
        return _FUNCTION
    return 1.0


def _scalar_cost(nest: Nest) -> float:
    return len(nest.reads) + _body(nest) + nest.kept / max(1, len(nest.axes))


def _cost(nest: Nest, axis: int, width: int) -> float:
    """Of a point, if an axis runs in vectors."""
    size = nest.axes[axis]
    vectors = -(-size // width) / size
    cost = _body(nest)
    for read in nest.reads:
        if not read.changes(axis):
            cost += _BROADCAST
        elif read.table is not None and read.table.shape[axis] > 1:
            cost += _BY_TABLE
        else:
            cost += 1.0 if read.strides[axis] == 1 else _GATHER
    cost *= vectors
    terms = prod(nest.axes[nest.kept :])
    if axis >= nest.kept:
        return cost + _ADDING_UP / terms
    write = nest.write
    if nest.scatter:
        return cost + _ONE_BY_ONE * vectors / (1 if nest.writes_all else terms)
    apart = write.strides[axis] != 1 or (write.table is not None and write.table.shape[axis] > 1)
    return cost + (_SCATTER if apart else 1.0) * vectors / (1 if nest.writes_all else terms)


# -- jams ----------------------------------------------------------------------------------


def _jams(nest: Nest, vector: int | None, width: int) -> dict[int, int]:
    """How many results at once, by axis: at most two axes, at most 16 results."""
    if not nest.summed or nest.scatter or nest.kind not in ("sum", "slope") or _body(nest) > 1.0:
        return {}
    axes = [
        axis
        for axis in reversed(range(nest.kept))
        if axis != vector and (nest.kept == 1 or any(not read.changes(axis) for read in nest.reads))
    ]
    # An addition takes four rounds, and two are begun in each: eight sums keep a core busy.
    most = 8 if len(axes) == 1 and width >= 8 else 4
    second = 4 if width >= 8 else 2
    found: dict[int, int] = {}
    if vector is not None and vector >= nest.kept and axes and axes[0] == nest.kept - 1:
        axis = axes.pop(0)  # sums of vectors that lie side by side are made together
        # A square of sums reads least; a line of them is added up quickest, which counts in short
        # ones.
        many = width if nest.axes[vector] < _LONG_SUM else most
        found[axis] = min(many, 1 << nest.axes[axis].bit_length() - 1)
        second = 16 // many if width >= 8 else 2
    for axis in axes:
        factor = _factor(nest.axes[axis], second if found else most, not found)
        if factor > 1:
            found[axis] = factor
        if len(found) == 2:
            break
    return found


def _factor(size: int, most: int, rest: bool) -> int:
    """How many at once of so many; with a rest, they need not come out even."""
    even = next((k for k in (8, 4, 3, 2) if k <= most and size % k == 0), 1)
    return most if even == 1 and rest and size > most else even


def offsets(access: Access, axes: Sequence[int], last: int | None) -> tuple[Any, dict[int, int]]:
    """The table of an access as one line of offsets, and how far its axes step there.

    Args:
        access: one with a table.
        axes: the sizes of all axes.
        last: the axis whose neighbours are to lie side by side, if the table has it.
    """
    table = access.table
    changing = [k for k in range(len(axes)) if table.shape[k] > 1]
    if last in changing:
        changing = [*(k for k in changing if k != last), last]
    others = [k for k in range(len(axes)) if k not in changing]
    line = np.ascontiguousarray(table.transpose([*others, *changing]))
    steps, step = {}, 1
    for k in reversed(changing):
        steps[k] = step
        step *= axes[k]
    return line.ravel(), steps
