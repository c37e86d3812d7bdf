"""Strips: nests over the same many rows run together, some rows at a time.

Where each nest goes through all of a thousand rows before the next begins, its numbers have left
the processor's cache when they are read again.  Nests that a row of one meets the same row of the
others in become a loop over strips of rows, so that what one computes the next finds at hand:

    repeat 5 times:
        sum 2[200] = -a0 * x[200]
        exp 3[200] = exp(sum 2[200])
        sum 4 += sum of 200: exp 3[200]

What is added up over the rows is set before the loop, and each strip adds to it.  Nests that stand
between such nests and have nothing to do with them are put before the loop, or after it.

What is left out: rows that a table leads to, whose cells a loop cannot move on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.axes import is_by_table, split_axis
from autograd_nn.jit.lifting.uses import Use, Uses, uses_of
from autograd_nn.jit.plan.nests import LINE, PADDING, VALUES, Access, Item, Loop, Nest

__all__ = ["strips"]

_FEWEST: Final = 16  # rows of a strip
_LINES_OF_A_PAGE: Final = 64
_WAYS: Final = 96  # so many lines at the same place of their pages find room
_TRIED: Final = 2  # numbers of rows
_NESTS: Final = 3  # of a loop, at least
_REUSED: Final = 2  # times that a cell is touched by them, at least
_MOST: Final = 400  # items that are looked at together


def strips(items: Sequence[Item], cells: int, alone: Callable[[Item], bool]) -> list[Item]:
    """Items in an order that gives the same results up to the order of sums, in strips.

    Args:
        items: what is done, in order; no loop around them.
        cells: so many may be touched by a strip; what touches fewer altogether stays as it is.
        alone: whether an item is to stay as it is.
    """
    found = [*items]
    for rows in _candidates(items, cells):
        found = [*_Cutter(rows, cells, alone).cut(found)]
    return found


def _candidates(items: Sequence[Item], cells: int) -> list[int]:
    """Numbers of rows, those with most work first."""
    votes: Counter[int] = Counter()
    for nest in items:
        if isinstance(nest, Nest):
            for size in set(nest.axes):
                votes[size] += nest.points if size >= 2 * _FEWEST else 0
    many = [rows for rows, points in votes.most_common() if points > cells]
    # Where rows and columns have become one axis, the rows are a part of it.
    many = [n for n in many if not any(n % m == 0 and n > m for m in many)]
    return many[:_TRIED]


# -- rows ----------------------------------------------------------------------------------------


@dataclass
class _Row:
    """Cells that move on with the rows.

    Attributes:
        use: in all rows.
        step: how far a row moves on.
        cells: of the first row, each once, in order.
    """

    use: Use
    step: int
    cells: Any

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for the same cells, touched alike."""
        return self.use.access.buffer, self.use.writes, self.step, self.cells.tobytes()


@dataclass
class _ByRows:
    """A nest with an axis of rows.

    Attributes:
        moving: what moves on with the rows.
        staying: what does not; what is written last.
        total: whether what is written is added up over the rows.
    """

    nest: Nest
    axis: int
    moving: list[_Row]
    staying: list[Use]
    total: bool

    @property
    def uses(self) -> list[Use]:
        """All that it touches."""
        return [row.use for row in self.moving] + self.staying


def _by_rows(item: Item, rows: int) -> Iterator[_ByRows]:
    """A nest over so many rows, in all ways in which they are an axis and can be taken apart."""
    if not isinstance(item, Nest) or item.entries is not None or not item.points:
        return
    for axis, size in enumerate(item.axes):
        if size % rows:
            continue
        forms = [(item, axis)]
        if size > rows and not any(is_by_table(x, axis) for x in (*item.reads, item.write)):
            inner, outer = split_axis(item, axis, rows), split_axis(item, axis, size // rows)
            forms = [(inner, axis + 1), (outer, axis)]
        for nest, axis_of_rows in forms:
            if nest.axes[axis_of_rows] == rows and _is_apart(nest, axis_of_rows):
                yield _with_uses(nest, axis_of_rows)


def _is_apart(nest: Nest, axis: int) -> bool:
    """Whether an axis can be cut: a loop can move on what is touched, and parts be added up."""
    accesses = (*nest.reads, nest.write)
    if any(is_by_table(x, axis) or x.strides[axis] < 0 for x in accesses):
        return False
    if axis >= nest.kept:
        adds_once = nest.add and nest.plus is not None  # and each strip would
        return nest.kind in ("sum", "slope") and not nest.exact and not adds_once
    return nest.write.strides[axis] > 0 or (nest.add and not nest.exact)


def _with_uses(nest: Nest, axis: int) -> _ByRows:
    found = _ByRows(nest, axis, [], [], not nest.write.strides[axis])
    for access in (*nest.reads, nest.write):
        use = Use(access, nest.axes, (), access is nest.write)
        if access.strides[axis]:
            found.moving.append(_Row(use, access.strides[axis], _first_row(access, nest, axis)))
        else:
            found.staying.append(use)
    return found


def _first_row(access: Access, nest: Nest, axis: int) -> Any:
    """The cells of the first row."""
    cells: Any = np.full((), access.start, dtype=np.int64)
    for k, (size, stride) in enumerate(zip(nest.axes, access.strides, strict=True)):
        cells = cells[..., None] + stride * np.arange(size if stride and k != axis else 1)
    if access.table is not None:
        cells = cells + access.table
    return np.unique(cells)


def _apart(cells: Any, step: int, rows: int) -> bool:
    """Whether no cell of a row, each ``step`` after the last, is one of another row's.

    Args:
        cells: of the first row.
    """
    rest = cells % step
    order = np.lexsort((cells, rest))
    cells, rest = cells[order], rest[order]
    near = np.diff(cells) < step * rows
    return not (near & (np.diff(rest) == 0)).any()


class _Together:
    """Nests that can run strip by strip, one after another in each.

    Args:
        rows: how many there are.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.members: list[_ByRows] = []
        self.uses = Uses()
        self._moving: dict[tuple[Any, ...], _Row] = {}
        self._staying, self._read = Uses(), Uses()
        self._touched = 0

    def take(self, member: _ByRows) -> bool:
        """Take a nest in, if the order of rows does not matter to it and those before."""
        fresh = [row for row in member.moving if row.key not in self._moving]
        if not all(self._fits(row, fresh) for row in fresh):
            return False
        if not all(self._stays(use, fresh, member) for use in member.staying):
            return False
        self._moving |= {row.key: row for row in fresh}
        self._staying.add(member.staying)
        self._read.add(use for use in member.staying if not use.writes)
        self._touched += sum(row.cells.size for row in member.moving)
        self.members.append(member)
        self.uses.add(member.uses)
        return True

    def _fits(self, row: _Row, fresh: list[_Row]) -> bool:
        """Whether cells that move are those of the same row wherever else they are touched."""
        if self._staying.meet(row.use):
            return False
        others = [x for x in (*self._moving.values(), *fresh) if x.use.meets(row.use)]
        if not others:
            return True
        if any(other.step != row.step for other in others):
            return False
        cells = np.unique(np.concatenate([row.cells, *(other.cells for other in others)]))
        return _apart(cells, row.step, self._rows)

    def _stays(self, use: Use, fresh: list[_Row], member: _ByRows) -> bool:
        """Whether cells that do not move are only read, or only added to."""
        if any(row.use.meets(use) for row in (*self._moving.values(), *fresh)):
            return False
        if any(other.meets(use) for other in member.staying if other is not use):
            return False
        added = use.writes and not _is_set(member)
        return not (self._read if added else self._staying).meet(use)

    # -- cutting -------------------------------------------------------------------------------

    def _first_rows(self) -> Iterator[tuple[int, Any]]:
        """The different cells of the first row, by how far a row moves on."""
        found: dict[tuple[int, int], list[Any]] = {}
        for row in self._moving.values():
            found.setdefault((row.use.access.buffer, row.step), []).append(row.cells)
        for (_, step), each in found.items():
            yield step, np.unique(np.concatenate(each))

    def loop(self, most: int) -> Iterator[Item]:
        """What is to be set before, the loop, and the rows that are left; nothing if it is no gain.

        Args:
            most: so many cells may be touched by a strip.
        """
        firsts = [*self._first_rows()]
        each = sum(cells.size for _, cells in firsts)
        if (
            len(self.members) < _NESTS
            or self._touched < _REUSED * each
            or each * self._rows <= most
        ):
            return
        size = _strip(self._rows, most // each)
        if not size or _crowded([cells for step, cells in firsts if step == 1], size):
            return
        count = self._rows // size
        rest = self._rows - count * size
        yield from (_set_before(member) for member in self.members if _is_set(member))
        yield Loop(count, [_strip_of(member, size, None) for member in self.members])
        if rest:
            yield from (_strip_of(member, rest, count * size) for member in self.members)


def _strip(rows: int, most: int) -> int:
    """How many rows a strip has, at most so many: whole vectors; 0 where that cannot be."""
    if rows % LINE or most < _FEWEST or rows < 2 * _FEWEST:
        return 0  # in a number of rows that is odd, nothing begins with a line of the cache
    most = min(most, rows // 2) // LINE * LINE
    sizes = range(most, max(_FEWEST, most // 3) - 1, -LINE)
    return next((size for size in sizes if rows % size == 0), most)


def _crowded(firsts: Sequence[Any], size: int) -> bool:
    """Whether strips of so many rows get into each other's way in the cache.

    Lines at the same place of a page compete for a few places there.

    Args:
        firsts: of each buffer the cells of the first row, whose neighbours are in the next row.
    """
    found = np.zeros(_LINES_OF_A_PAGE, dtype=np.int64)
    for cells in firsts:
        lines = np.unique(cells[:, None] // LINE + np.arange(-(-size // LINE)))
        found += np.bincount(lines % _LINES_OF_A_PAGE, minlength=_LINES_OF_A_PAGE)
    return bool(found.max() > _WAYS)


def _is_set(member: _ByRows) -> bool:
    return member.total and not member.nest.add


def _set_before(member: _ByRows) -> Nest:
    """What a sum over rows begins with, before the loop over strips."""
    nest = member.nest
    kept = [k for k in range(nest.kept) if k != member.axis]
    start = -0.0 if nest.plus is None else nest.plus  # -0.0 changes no sum
    one = Access(VALUES, PADDING.index(1.0), (0,) * len(kept))
    write = nest.write
    table = write.table
    if table is not None:
        table = table.reshape([table.shape[k] for k in kept])
    write = replace(write, strides=tuple(write.strides[k] for k in kept), table=table)
    return Nest("sum", tuple(nest.axes[k] for k in kept), (one,), write, factor=start)


def _strip_of(member: _ByRows, size: int, first: int | None) -> Nest:
    """A nest for a strip of rows: that of a round of a loop, or from a row on."""
    nest, axis = member.nest, member.axis

    def moved(access: Access) -> Access:
        step = access.strides[axis]
        if first is None:
            return replace(access, steps=(step * size,))
        return replace(access, start=access.start + step * first)

    return replace(
        nest,
        axes=(*nest.axes[:axis], size, *nest.axes[axis + 1 :]),
        reads=tuple(map(moved, nest.reads)),
        write=moved(nest.write),
        add=nest.add or member.total,
        plus=None if _is_set(member) else nest.plus,
    )


# -- order ---------------------------------------------------------------------------------------


class _Cutter:
    """Goes through items in order, and cuts what can run together.

    Args:
        rows: how many there are.
        most: so many cells may be touched by a strip.
        alone: whether an item is to stay as it is.
    """

    def __init__(self, rows: int, most: int, alone: Callable[[Item], bool]) -> None:
        self._rows, self._most, self._alone = rows, most, alone
        self._begin()

    def _begin(self) -> None:
        self._together = _Together(self._rows)
        self._given: list[Item] = []
        self._before: list[Item] = []
        self._after: list[Item] = []
        self._later = Uses()  # of those after

    def cut(self, items: Sequence[Item]) -> Iterator[Item]:
        """The items in their new order."""
        for item in items:
            forms = [] if self._alone(item) else [*_by_rows(item, self._rows)]
            taken = self._takes(forms)
            if forms and not taken and self._together.members:
                yield from self._end()
                taken = self._takes(forms)
            if not taken:
                self._put(item)
            self._given.append(item)
            if len(self._given) == _MOST:
                yield from self._end()
        yield from self._end()

    def _takes(self, forms: Sequence[_ByRows]) -> bool:
        """Whether a nest joins those that run together, in one of its forms."""
        return any(
            not any(map(self._later.meet, form.uses)) and self._together.take(form)
            for form in forms
        )

    def _put(self, item: Item) -> None:
        """An item goes before those that run together, or after them where it must."""
        uses = [*uses_of(item)]
        if any(self._together.uses.meet(use) or self._later.meet(use) for use in uses):
            self._after.append(item)
            self._later.add(uses)
        else:
            self._before.append(item)

    def _end(self) -> Iterator[Item]:
        """Whatever has been gone through: in strips, or as it was where that does not pay."""
        loop = [*self._together.loop(self._most)]
        yield from [*self._before, *loop, *self._after] if loop else self._given
        self._begin()
