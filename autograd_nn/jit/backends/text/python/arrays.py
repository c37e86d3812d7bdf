"""The arrays of a plan: cells of its buffers, sorted into arrays with shapes that people would use.

A plan numbers its cells.  Here they become arrays again: an argument keeps its shape, the result
of a nest has the shape of its axes, and what one access reads together (the steps of a loop, the
neurons of a layer that were computed one by one) is one array with an axis more.  Where a
function runs over rows, the rows are the first axis of every array that has them.

Every access is then described by an offset and by strides in *its* array, which is checked for
every cell that it touches; what has no strides is described by a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.python.shapes import refine
from autograd_nn.jit.plan import PADDING, VALUES, Access, Item, Lines, Loop, Nest, Plan

__all__ = ["Array", "Arrays", "Given", "Place", "cells_of_all", "nests_of"]

_PADDING: Final = np.array(PADDING)


@dataclass(eq=False)
class Given:
    """Numbers that the caller gives: an argument's, or some of the parameters'.

    Attributes:
        name: what to call them.
        cells: of the plan, in the order of the array; of the buffers one after another.
        shape: of the array; the first axis is that of the rows where ``by_row``.
    """

    name: str
    cells: Any
    shape: tuple[int, ...]
    by_row: bool = False


@dataclass(eq=False)
class _Member:
    """Cells that belong together, in the order of an array of some shape."""

    cells: Any
    shape: tuple[int, ...]
    by_row: bool
    given: Given | None = None


@dataclass(eq=False)
class Array:
    """One array of the text.

    Attributes:
        shape: with the rows first, where ``by_row``.
        cells: of the plan, in the array's own order.
        given: the parts that the caller gives, each with the place of its first number and
            whether it is the whole array.
        name: what it is called.
    """

    shape: tuple[int, ...]
    cells: Any
    by_row: bool
    given: list[tuple[Given, int]]
    name: str = ""

    @property
    def inner(self) -> tuple[int, ...]:
        """The shape without the axis of rows."""
        return self.shape[1:] if self.by_row else self.shape

    @property
    def is_given(self) -> bool:
        """Whether it is one argument, under its own name."""
        return len(self.given) == 1 and len(self.given[0][0].cells) == len(self.cells)


@dataclass(eq=False)
class Place:
    """Where an access reads or writes, in an array or among the constants.

    Attributes:
        array: the array; None where only constants are read.
        offset: of the first cell, without rows.
        strides: along the axes of the nest; of the axis of rows it is not meant.
        steps: along the loops around.
        table: in the place of offset and strides, the places for every point, as an array of the
            rounds of ``looped`` loops and the axes, or None.
        looped: whether the table changes from round to round.
        numbers: of constants, by rounds and axes.
    """

    array: Array | None
    offset: int = 0
    strides: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()
    table: Any = None
    looped: bool = False
    numbers: Any = None


def cells_of_all(access: Access, axes: Sequence[int], counts: Sequence[int], base: Any) -> Any:
    """The cells of an access in all rounds, as an array of rounds and axes."""
    found = np.full((), access.start + int(base[access.buffer // 2]), dtype=np.int64)
    for count, step in zip(counts, access.steps, strict=True):
        found = found[..., None] + step * np.arange(count)
    for size, stride in zip(axes, access.strides, strict=True):
        found = found[..., None] + stride * np.arange(size)
    if access.table is not None:
        found = found + access.table
    return np.broadcast_to(found, (*counts, *axes))


def nests_of(
    items: Sequence[Item], counts: tuple[int, ...] = ()
) -> Iterator[tuple[Nest | Lines, tuple[int, ...]]]:
    """All nests and lines, with the counts of the loops around them."""
    for item in items:
        if isinstance(item, Loop):
            yield from nests_of(item.items, (*counts, item.count))
        else:
            yield item, counts


@dataclass(eq=False)
class Arrays:
    """All arrays of a plan.

    Args:
        plan: with as many rows as no axis has points, if it has rows at all.
        back: the items of the way back.
        given: what the caller gives.

    Attributes:
        arrays: in the order in which they are first set.
    """

    plan: Plan
    back: Sequence[Item]
    given: Sequence[Given]
    arrays: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        sizes = self.plan.sizes
        self._places: dict[Any, Place] = {}
        self.base = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        self._member_of = np.full(sum(sizes), -1, dtype=np.int64)
        self._members: list[_Member] = []
        self._numbers = np.full(sum(sizes), np.nan)
        self._is_constant = np.zeros(sum(sizes), dtype=bool)
        cells, numbers = self.plan.constants
        self._numbers[cells], self._is_constant[cells] = numbers, True
        self._numbers[: len(_PADDING)], self._is_constant[: len(_PADDING)] = _PADDING, True
        for each in self.given:
            self._add(each.cells, each.shape, each.by_row, each)
        self._own_writes(self.plan.items)
        self._parent = list(range(len(self._members)))
        self._join(self.plan.items)
        self._join(self.back)
        self._lay_out()
        refine(self)

    # -- members -------------------------------------------------------------------------

    def _add(self, cells: Any, shape: tuple[int, ...], by_row: bool, given: Any = None) -> None:
        self._member_of[cells] = len(self._members)
        self._members.append(_Member(np.asarray(cells), shape, by_row, given))

    def rows_axis(self, axes: Sequence[int]) -> int:
        """The axis of rows; -1 if there is none."""
        rows = self.plan.rows
        return list(axes).index(rows) if rows > 1 and rows in axes else -1

    def _own_writes(self, items: Sequence[Item]) -> None:
        """Members for what is computed: the cells that one nest sets in one round."""
        for item, counts in nests_of(items):
            if isinstance(item, Lines):
                for cell in item.out.tolist():
                    if self._member_of[cell] < 0:
                        self._add(np.array([cell]), (), False)
                continue
            axes = item.axes if item.writes_all else item.axes[: item.kept]
            if item.kind == "drop":
                continue
            write = _without_summed(item.write, len(axes))
            every = cells_of_all(write, axes, counts, self.base)
            at = self.rows_axis(axes)
            for one in every.reshape(-1, *axes):
                cells = np.moveaxis(one, at, 0) if at > 0 else one
                self._own(cells, at >= 0)

    def _own(self, cells: Any, by_row: bool) -> None:
        flat = cells.ravel()
        free = self._member_of[flat] < 0
        if free.all() and len(np.unique(flat)) == len(flat):
            self._add(flat, cells.shape, by_row)
        elif free.any():  # some were set before: the others are cells of their own
            left = np.unique(flat[free])
            if by_row:
                rows = cells.shape[0]
                own = cells.reshape(rows, -1)
                columns = [k for k in range(own.shape[1]) if self._member_of[own[0, k]] < 0]
                self._add(own[:, columns].ravel(), (rows, len(columns)), True)
            else:
                self._add(left, (len(left),), False)

    # -- which members are one array -------------------------------------------------------

    def _find(self, k: int) -> int:
        while self._parent[k] != k:
            self._parent[k] = self._parent[self._parent[k]]
            k = self._parent[k]
        return k

    def _touch(self, cells: Any) -> None:
        """What is touched together is one array, but for constants alone."""
        constant = self._is_constant[cells]
        if constant.all():
            return
        if constant.any():
            for cell in np.unique(cells[constant]).tolist():
                if self._member_of[cell] < 0:
                    self._add(np.array([cell]), (), False)
                    self._parent.append(len(self._parent))
        owners = self._member_of[cells]
        for cell in np.unique(cells[owners < 0]).tolist():  # read, and never set: a 0
            self._add(np.array([cell]), (), False)
            self._parent.append(len(self._parent))
        found = [self._find(int(k)) for k in np.unique(self._member_of[cells])]
        for k in found[1:]:
            self._parent[self._find(k)] = self._find(found[0])

    def _join(self, items: Sequence[Item]) -> None:
        for item, counts in nests_of(items):
            if isinstance(item, Lines):
                for cell in np.concatenate([item.a, item.b[item.b >= 0], item.out]).tolist():
                    self._touch(np.array([cell]))
                continue
            for access, axes in self.accesses(item):
                self._touch(cells_of_all(access, axes, counts, self.base).ravel())
            if item.entries is not None:
                entries = item.entries
                if item.entry_steps is not None:
                    rows = np.arange(self.plan.rows).reshape(-1, 1, 1)
                    entries = entries + item.entry_steps * rows
                self._touch(entries.ravel())

    @staticmethod
    def nests(items: Sequence[Item]) -> Iterator[tuple[Nest | Lines, tuple[int, ...]]]:
        """All nests and lines of some items, with the counts of the loops around them."""
        return nests_of(items)

    @staticmethod
    def accesses(nest: Nest) -> list[tuple[Access, tuple[int, ...]]]:
        """What a nest reads and then what it writes, each with the axes."""
        kept = nest.axes if nest.writes_all else nest.axes[: nest.kept]
        found = [(read, nest.axes) for read in nest.reads]
        if nest.kind != "drop":
            found.append((_without_summed(nest.write, len(kept)), kept))
        return found

    # -- arrays ----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        groups: dict[int, list[_Member]] = {}
        for k, member in enumerate(self._members):
            groups.setdefault(self._find(k), []).append(member)
        size = len(self._member_of)
        self.array_of = np.full(size, -1, dtype=np.int64)
        self.place_of = np.zeros(size, dtype=np.int64)
        for members in groups.values():
            self._one_array(sorted(members, key=lambda m: int(m.cells.min(initial=0))))

    def _one_array(self, members: list[_Member]) -> None:
        by_row = any(m.by_row for m in members)
        rows = self.plan.rows if by_row else 1
        parts = [
            m.cells.reshape(rows, -1) if m.by_row or not by_row else np.tile(m.cells, (rows, 1))
            for m in members
        ]
        inner = [m.shape[1:] if m.by_row else m.shape for m in members]
        cells = np.concatenate(parts, axis=1)
        if len(members) == 1:
            shape = inner[0]
        elif len(set(inner)) == 1:
            shape = (len(members), *inner[0])
        else:
            shape = (cells.shape[1],)
        given, start = [], 0
        for member, part in zip(members, parts, strict=True):
            if member.given is not None:
                given.append((member.given, start))
            start += part.shape[1]
        array = Array((rows, *shape) if by_row else shape, cells.ravel(), by_row, given)
        self.array_of[cells] = len(self.arrays)
        self.place_of[cells] = np.arange(cells.shape[1])
        self.arrays.append(array)

    # -- accesses --------------------------------------------------------------------------

    def place(self, access: Access, axes: Sequence[int], counts: Sequence[int]) -> Place:
        """Where an access lies, for a nest with these axes inside of loops with these counts."""
        key = (*_key(access), tuple(axes), tuple(counts))
        if key not in self._places:
            self._places[key] = self._place(access, axes, counts)
        return self._places[key]

    def _place(self, access: Access, axes: Sequence[int], counts: Sequence[int]) -> Place:
        cells = cells_of_all(access, axes, counts, self.base)
        if access.buffer % 2 == VALUES and self._is_constant[cells].all():
            return Place(None, numbers=self._numbers[cells])
        array = self.arrays[int(self.array_of[cells.flat[0]])] if cells.size else self.arrays[0]
        places = self.place_of[cells]
        first = int(places.flat[0])
        every = (*counts, *axes)
        slopes = []
        for axis, n in enumerate(every):
            one = [0] * len(every)
            one[axis] = min(1, n - 1)
            slopes.append(int(places[tuple(one)]) - first)
        fitted = np.full((), first)
        for n, slope in zip(every, slopes, strict=True):
            fitted = fitted[..., None] + slope * np.arange(n)
        loops = len(counts)
        if (places == fitted).all():
            return Place(array, first, tuple(slopes[loops:]), tuple(slopes[:loops]))
        at = self.rows_axis(axes)
        if at >= 0:
            places = places.take([0], loops + at)
        start = places[(0,) * loops]
        moved = start + sum(
            np.reshape(step * np.arange(n), [n if k == j else 1 for j in range(places.ndim)])
            for k, (n, step) in enumerate(zip(counts, slopes[:loops], strict=True))
        )
        if loops and (places == moved).all():
            return Place(array, 0, (), tuple(slopes[:loops]), _narrow(start))
        if not loops:
            return Place(array, 0, (), (), _narrow(places))
        return Place(array, 0, (), (0,) * loops, _narrow(places, loops), True)

    def cell(self, cell: int) -> tuple[Array, int]:
        """The array of a cell of the values, and the place there."""
        return self.arrays[int(self.array_of[cell])], int(self.place_of[cell])

    def constants(self, cells: Any) -> Any:
        """The numbers of cells that are all constants; else None."""
        return self._numbers[cells] if self._is_constant[cells].all() else None

    def number(self, cell: int) -> float | None:
        """The number of a constant cell; None if it is none."""
        return float(self._numbers[cell]) if self._is_constant[cell] else None


def _key(access: Access) -> tuple[Any, ...]:
    table = access.table
    content = None if table is None else (table.shape, table.tobytes())
    return access.buffer, access.start, access.strides, access.steps, content


def _without_summed(access: Access, kept: int) -> Access:
    table = access.table
    if table is not None and table.ndim > kept:
        table = table.reshape(table.shape[:kept])
    return Access(access.buffer, access.start, access.strides[:kept], access.steps, table)


def _narrow(table: Any, first: int = 0) -> Any:
    """A table without repetition along axes where it does not change."""
    for axis in range(first, table.ndim):
        one = table.take([0], axis)
        if (table == one).all():
            table = one
    return table
