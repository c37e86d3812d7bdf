"""Storage: the order of each region's numbers that lets inner loops run along memory.

A table of rows is recorded row by row, and what is computed for each row lies ``m`` numbers apart:
vectors would have to be gathered.  Turned, the rows lie last: cell ``(i, j)`` of ``N`` rows of
``m`` numbers moves from ``i * m + j`` to ``j * N + i``.

Nobody says which sizes are rows.  The sizes of outer axes are tried, those with most work first;
a region is turned where all that reads or writes it can follow, and a try is kept where more of
the work then runs along memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from autograd_nn.jit.lifting.axes import joined, split_axis
from autograd_nn.jit.plan.nests import VALUES, Access, Item, Lines, Loop, Nest, walk
from autograd_nn.jit.plan.plan import Guards, Place, Plan

__all__ = ["turned"]

_TRIED: Final = 3  # sizes of rows
_FEWEST: Final = 4  # rows
_WELL: Final = 0.6  # of a vector: what runs so along memory asks for no other order
_VECTOR: Final = 8  # numbers at once, where work runs along memory
_REDUCED: Final = 2  # vectors that take about as long as to add up the numbers of one
_GATHER: Final = 3  # vectors that take about as long as to gather the numbers of one
_WORTH: Final = 0.9  # of the work, at most
_SCATTERED: Final = -1  # in the place of a stride, where a table says where numbers lie


class Turn(NamedTuple):
    """How a region is turned: blocks of ``rows`` rows of ``width`` numbers."""

    rows: int
    width: int


@dataclass
class _Zones:
    """The regions of buffer 0, and how each is turned.

    Attributes:
        starts, ends: of each region.
        turns: of each region; None where it stays.
    """

    starts: Any
    ends: Any
    turns: list[Turn | None]

    def at(self, cell: int) -> int:
        """The region of a cell; -1 if it is in none."""
        k = int(np.searchsorted(self.starts, cell, side="right")) - 1
        return k if k >= 0 and cell < self.ends[k] else -1

    def moved(self, cells: Any) -> Any:
        """Where cells have gone."""
        cells = np.asarray(cells, dtype=np.int64)
        rows = np.array([turn.rows if turn else 1 for turn in self.turns])
        widths = np.array([turn.width if turn else 1 for turn in self.turns])
        zone = np.maximum(np.searchsorted(self.starts, cells, side="right") - 1, 0)
        inside = (cells >= self.starts[zone]) & (cells < self.ends[zone])
        moved = _moved(cells - self.starts[zone], rows[zone], widths[zone])
        return np.where(inside, self.starts[zone] + moved, cells)


def _moved(positions: Any, rows: Any, width: Any) -> Any:
    """Where positions in a region go that is turned."""
    block, rest = np.divmod(positions, rows * width)
    row, column = np.divmod(rest, width)
    return block * (rows * width) + column * rows + row


class _CannotTurnError(Exception):
    """An access cannot follow the turn of a region; the region's number."""


def turned(plan: Plan, regions: Sequence[tuple[int, int]]) -> Plan:
    """The plan with its regions in the best order that is found.

    Args:
        regions: the first cell and the size of each region of buffer 0, in order.
    """
    starts = np.array([start for start, _ in regions], dtype=np.int64)
    ends = np.array([start + size for start, size in regions], dtype=np.int64)
    best, least = None, _WORTH * _work(plan.items)
    for rows in _candidates(plan.items):
        zones = _Zones(starts, ends, [None] * len(regions))
        _propose(plan.items, zones, rows)
        items = _follow(plan.items, zones)
        work = _work(items) + _carried(plan, zones)
        if any(zones.turns) and work < least:
            best, least = (items, zones), work
    if best is None:
        return plan
    items, zones = best
    cells, numbers = plan.constants
    return replace(
        plan,
        items=items,
        leaves=[_place(place, zones) for place in plan.leaves],
        constants=(zones.moved(cells), numbers),
        guards=[
            Guards(g.symbol, zones.moved(g.left), zones.moved(g.right), g.outcomes)
            for g in plan.guards
        ],
        roots=zones.moved(plan.roots),
    )


def _carried(plan: Plan, zones: _Zones) -> int:
    """How many numbers of arguments and results are to be put into another order at each call."""
    leaves = [place for place in plan.leaves if place.buffer == VALUES and place.size]
    leaves = [place for place in leaves if zones.turns[zones.at(place.start)]]
    roots = np.searchsorted(zones.starts, plan.roots.ravel(), side="right") - 1
    turned_roots = [root for root in roots.tolist() if root >= 0 and zones.turns[root]]
    return sum(place.size for place in leaves) + len(turned_roots)


def _place(place: Place, zones: _Zones) -> Place:
    if place.buffer != VALUES or not place.size:
        return place
    cells = zones.moved(place.cells)
    if (cells == place.cells).all():
        return place
    return replace(place, order=cells - place.start)


# -- what to try -------------------------------------------------------------------------------


def _weighted(items: Sequence[Item], times: int = 1) -> Iterator[tuple[Nest, int]]:
    """All nests, and how often each is run."""
    for item in items:
        if isinstance(item, Loop):
            yield from _weighted(item.items, times * item.count)
        elif isinstance(item, Nest):
            yield item, times


def _work(items: Sequence[Item]) -> float:
    """The points of all nests, as many at once as lie side by side."""
    total = 0.0
    for nest, times in _weighted(items):
        total += times * nest.points / _at_once(nest)
    return total


def _at_once(nest: Nest) -> float:
    accesses, best = (*nest.reads, nest.write), 1.0
    for axis, size in enumerate(nest.axes):
        if size < _FEWEST:
            continue
        steps = [
            a.strides[axis] if a.table is None or a.table.shape[axis] == 1 else -1 for a in accesses
        ]
        vectors = -(-size // _VECTOR)
        if axis < nest.kept and steps[-1] == 1:
            gathered = sum(step not in (0, 1) for step in steps)
            best = max(best, size / (vectors * (1 + _GATHER * gathered)))
        if axis >= nest.kept and set(steps[:-1]) <= {0, 1} and nest.kind == "sum":
            best = max(best, size / (vectors + _REDUCED))
    return best


def _row_axis(nest: Nest, rows: int) -> int:
    """The outermost axis of a nest that may be that of rows; -1 if there is none."""
    for axis in range(nest.kept):
        if nest.axes[axis] == rows and nest.write.strides[axis] >= 1:
            return axis
    return -1


def _joint_axis(nest: Nest, rows: int) -> tuple[int, int]:
    """The outermost axis of a nest that may be that of rows and columns, and how many columns."""
    for axis in range(nest.kept):
        if nest.axes[axis] % rows == 0 and nest.write.strides[axis] >= 1:
            return axis, nest.axes[axis] // rows
    return -1, 1


def _candidates(items: Sequence[Item]) -> list[int]:
    votes: Counter[int] = Counter()
    for nest, times in _weighted(items):
        if _at_once(nest) < _WELL * _VECTOR:
            for axis in range(nest.kept):
                if nest.axes[axis] >= _FEWEST and nest.write.strides[axis] > 1:
                    votes[nest.axes[axis]] += times * nest.points
    return [rows for rows, _ in votes.most_common(_TRIED)]


def _propose(items: Sequence[Item], zones: _Zones, rows: int) -> None:
    """Turn every region whose accesses agree how far rows lie apart."""
    widths: dict[int, set[int]] = {}
    implied: dict[int, set[int]] = {}  # by nests where rows and columns are one axis
    for nest, _ in _weighted(items):
        axis = _row_axis(nest, rows)
        columns, noted = 1, widths
        if axis < 0:
            axis, columns = _joint_axis(nest, rows)
            noted = implied
        if axis < 0:
            continue
        for access in (*nest.reads, nest.write):
            zone = zones.at(access.start) if access.buffer == VALUES else -1
            if zone >= 0 and access.strides[axis]:
                for k in _all_zones(access, zones, _counts(items, nest)):
                    noted.setdefault(k, set()).add(columns * abs(access.strides[axis]))
    widths = {**implied, **widths}
    for zone, found in widths.items():
        width = max(found)
        size = int(zones.ends[zone] - zones.starts[zone])
        if len(found) == 1 and width > 1 and size % (rows * width) == 0:
            zones.turns[zone] = Turn(rows, width)


def _counts(items: Sequence[Item], nest: Nest) -> tuple[int, ...]:
    """The counts of the loops around a nest."""
    for item in items:
        if item is nest:
            return ()
        if isinstance(item, Loop) and any(inner is nest for inner, _ in walk(item.items)):
            return (item.count, *_counts(item.items, nest))
    return ()


def _all_zones(access: Access, zones: _Zones, counts: Sequence[int]) -> list[int]:
    """The regions that an access begins in, over all rounds, and that its table leads to."""
    starts = np.array([access.start])
    for count, step in zip(counts, access.steps, strict=True):
        if step:
            starts = (starts[:, None] + step * np.arange(count)).ravel()
    if access.table is not None:
        starts = np.concatenate([starts, access.start + access.table.ravel()])
    found = np.searchsorted(zones.starts, starts, side="right") - 1
    return [int(k) for k in np.unique(found) if k >= 0]


# -- following ---------------------------------------------------------------------------------


def _follow(items: Sequence[Item], zones: _Zones) -> list[Item]:
    """The items after the turns; regions that an access cannot follow are turned back."""
    while True:
        try:
            return _all(items, zones, ())
        except _CannotTurnError as error:
            for zone in error.args[0]:
                zones.turns[zone] = None


def _all(items: Sequence[Item], zones: _Zones, counts: tuple[int, ...]) -> list[Item]:
    found: list[Item] = []
    for item in items:
        if isinstance(item, Loop):
            inner = _all(item.items, zones, (*counts, item.count))
            found.append(Loop(item.count, inner, item.reverse))
        elif isinstance(item, Lines):
            out, a = zones.moved(item.out), zones.moved(item.a)
            b = np.where(item.b < 0, -1, zones.moved(np.maximum(item.b, 0)))
            found.append(replace(item, out=out, a=a, b=b))
        else:
            found.append(_nest(item, zones, counts))
    return found


def _nest(nest: Nest, zones: _Zones, counts: tuple[int, ...]) -> Nest:
    while True:
        accesses = []
        for access in (*nest.reads, nest.write):
            found = _access(access, nest, zones, counts)
            if isinstance(found, tuple):
                nest = split_axis(nest, *found)
                break
            accesses.append(found)
        else:
            break
    *reads, write = accesses
    made = replace(nest, reads=tuple(reads), write=write)
    if nest.entries is not None:
        made.entries = zones.moved(nest.entries)
        if nest.entry_steps is not None and any(zones.turns):
            touched = np.searchsorted(zones.starts, nest.entries.ravel(), side="right") - 1
            back = [int(k) for k in np.unique(touched) if k >= 0 and zones.turns[k]]
            if back:
                raise _CannotTurnError(back)
    return joined(made)


def _access(
    access: Access, nest: Nest, zones: _Zones, counts: tuple[int, ...]
) -> Access | tuple[int, int]:
    """An access after the turns; or the axis that is to be cut first, and the inner size."""
    if access.buffer != VALUES or not any(zones.turns):
        return access
    if access.table is not None and not any(access.strides) and not any(access.steps):
        return replace(access, table=zones.moved(access.start + access.table) - access.start)
    reached = _all_zones(access, zones, counts)
    turns = {zones.turns[k] for k in reached}
    if turns <= {None}:
        return access
    if len(turns) > 1:
        raise _CannotTurnError(reached)
    (turn,) = turns
    assert turn is not None
    zone = zones.at(access.start)
    position = access.start - int(zones.starts[zone])
    rounds = []
    if len(reached) == 1:
        rounds = [(count, step) for count, step in zip(counts, access.steps, strict=True) if step]
    else:
        starts = np.array([access.start])
        for count, step in zip(counts, access.steps, strict=True):
            starts = (starts[:, None] + step * np.arange(count if step else 1)).ravel()
        which = np.searchsorted(zones.starts, starts, side="right") - 1
        if (starts - zones.starts[which] != position).any():
            raise _CannotTurnError(reached)
    found = _digits(access, position, nest, rounds, turn)
    if found is None:
        raise _CannotTurnError(reached)
    if isinstance(found, tuple):
        return found
    steps = access.steps
    if len(reached) == 1:
        steps = tuple(_step(step, turn) if step else 0 for step in access.steps)
    start = int(zones.starts[zone]) + int(_moved(position, *turn))
    found = replace(found, start=start, steps=steps)
    if access.table is not None and not _is_same(access, found, nest, zones, counts):
        raise _CannotTurnError(reached)
    return found


def _is_same(old: Access, new: Access, nest: Nest, zones: _Zones, counts: tuple[int, ...]) -> bool:
    """Whether all entries of a table lead to where their cells have gone.

    They do not where they lead out of the region, as those of padding.
    """
    for last_point in (0, 1):
        for last_round in (0, 1):
            cells = [
                x.start
                + x.table
                + last_point * sum(s * (n - 1) for s, n in zip(x.strides, nest.axes, strict=True))
                + last_round * sum(s * (n - 1) for s, n in zip(x.steps, counts, strict=True))
                for x in (old, new)
            ]
            if (zones.moved(cells[0]) != cells[1]).any():
                return False
    return True


def _step(stride: int, turn: Turn) -> int:
    """How far a step that moves one digit only reaches after the turn."""
    block = turn.rows * turn.width
    if stride % block == 0:
        return stride
    return stride // turn.width if stride % turn.width == 0 else stride * turn.rows


def _digits(
    access: Access, position: int, nest: Nest, rounds: list[tuple[int, int]], turn: Turn
) -> Access | tuple[int, int] | None:
    """The access with strides that move one digit each: the block, the row, or the column."""
    block = turn.rows * turn.width
    base = position + (0 if access.table is None else access.table)
    row, column = np.divmod(base % block, turn.width)
    highest_row, highest_column = int(np.max(row)), int(np.max(column))
    if min(access.strides, default=0) < 0 or any(step < 0 for _, step in rounds):
        return None
    axes = list(zip(range(len(nest.axes)), nest.axes, access.strides, strict=True))
    for axis, size, stride in [*axes, *((-1, count, step) for count, step in rounds)]:
        if not stride or size == 1 or stride % block == 0:
            continue
        reach = stride * (size - 1)
        if stride % turn.width == 0:
            highest_row += reach // turn.width
            limit, over = block, highest_row >= turn.rows
        else:
            highest_column += reach
            limit, over = turn.width, highest_column >= turn.width
        if over:
            inner = limit // stride
            if axis >= 0 and limit % stride == 0 and 1 < inner < size and size % inner == 0:
                return axis, inner
            return None
    table = access.table
    if table is not None:
        table = _moved(base, *turn) - int(_moved(position, *turn))
    return replace(access, strides=tuple(_step(s, turn) for s in access.strides), table=table)
