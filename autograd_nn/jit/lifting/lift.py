"""All passes in order: from packs to a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from autograd_nn.codes import TAKE
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.capture.trace import Trace
from autograd_nn.jit.lifting.flatten import Needs
from autograd_nn.jit.lifting.lines import roll
from autograd_nn.jit.lifting.merge import merged
from autograd_nn.jit.lifting.nests import items_of
from autograd_nn.jit.lifting.packs import Packing
from autograd_nn.jit.lifting.pieces import FAR, Cells, Piece, pieces
from autograd_nn.jit.lifting.reroll import Repeat, reroll
from autograd_nn.jit.lifting.storage import turned
from autograd_nn.jit.plan.nests import PADDING, VALUES, Access, Item, Lines, Nest
from autograd_nn.jit.plan.plan import Guards, Place, Plan

__all__ = ["lift", "lift_lines", "readable"]

_MANY: Final = 100  # pieces and loops that are left, beyond which like ones are merged
LARGE: Final = 4096  # numbers of an argument; below, a copy is cheaper


def lift(packing: Packing, rows: int = 1) -> Plan:
    """The plan of packs.

    Args:
        rows: how many rows are computed at once.
    """
    plan, cells, packing = _planned(packing, rows, True)
    if rows > 1:
        return plan
    inside = [
        k for k, region in enumerate(packing.regions) if region.size and k not in cells.outside
    ]
    return turned(plan, [(cells.base[k], _size(packing, k, rows)) for k in inside])


def readable(packing: Packing, rows: int = 1) -> tuple[Plan, Any]:
    """The plan of packs as it is for people: nothing is cut into lines or laid out for speed.

    Returns:
        The plan, and of every node its cell of the first row; -1 for those that have none.
    """
    plan, cells, packing = _planned(packing, rows, False)
    return plan, np.where(packing.region >= 0, cells.cells, -1)


def _planned(packing: Packing, rows: int, fast: bool) -> tuple[Plan, Cells, Packing]:
    """The plan with its regions in the order of the packs, the cells, and the packs in it."""
    constants = np.array(packing.constants, dtype=float)
    leaves = packing.fixed
    large = list(_large(packing, rows))

    def laid_out(packing: Packing) -> tuple[Packing, Cells, list[Piece | Repeat]]:
        cells = Cells(packing.regions, rows, large, leaves, constants)
        return packing, cells, reroll(list(pieces(packing, cells)))

    packing, cells, found = laid_out(packing)
    if fast and len(found) > _MANY:
        packing, cells, found = min(
            (packing, cells, found), laid_out(merged(packing)), key=lambda entry: len(entry[2])
        )
    regions, items = packing.regions, items_of(found, cells, fast)

    def of(nodes: list[int]) -> Any:
        """The cells of nodes, one line a node and one column a row."""
        chosen = np.array(nodes, dtype=np.int64)
        return cells.cells[chosen][:, None] + cells.moves[chosen][:, None] * np.arange(rows)

    plan = Plan(
        rows,
        [cells.size + 1, *(_size(packing, k, rows) for k in cells.outside)],
        [_place(cells, k, rows) for k in range(leaves)],
        (cells.base[leaves] + np.arange(len(constants)), constants),
        items,
        _guards(packing.guards, of),
        of(packing.roots),
        [
            (cells.base[k], f"{region.name} {k - leaves}" if k > leaves else region.name)
            for k, region in enumerate(regions)
            if region.size and k not in cells.outside
        ],
    )
    return plan, cells, packing


def lift_lines(trace: Trace, needs: Needs, regions: list[Region], rolled: bool) -> Plan:
    """The plan of a trace without packs: its operations one by one.

    Args:
        regions: of the leaves: the groups that the caller gives numbers for, then the constants.
        rolled: whether to look for loops.
    """
    base, size = [], len(PADDING)
    for region in regions:
        base.append(size)
        size += region.size
    cells = np.arange(len(trace.codes)) + len(PADDING)
    uses = np.array(needs.uses) > 0
    uses[: trace.leaves] = False
    places = np.flatnonzero(uses)
    exact = np.array(needs.exact)
    codes = np.array(trace.codes)
    right = np.array(trace.rights)
    lines = Lines(
        codes[places],
        cells[places],
        cells[np.array(trace.lefts)[places]],
        np.where(right[places] < 0, -1, cells[right[places]]),
    )
    items: list[Item] = []
    first = 0
    for k in [*np.flatnonzero(lines.codes == TAKE).tolist(), len(places)]:
        if k > first:
            part = Lines(*(x[first:k] for x in (lines.codes, lines.out, lines.a, lines.b)))
            part.exact = bool(exact[places[first:k]].any())
            items += roll(part, exact[places[first:k]]) if rolled else [part]
        if k < len(places):
            items.append(_look(trace, int(places[k]), cells))
        first = k + 1
    return Plan(
        1,
        [len(PADDING) + len(trace.codes) + 1],
        [Place(r.name, 0, base[k], r.size) for k, r in enumerate(regions[:-1])],
        (base[-1] + np.arange(len(trace.constants)), np.array(trace.constants, dtype=float)),
        items,
        _guards(
            [(g.symbol, g.left, g.right, g.outcome) for g in trace.guards],
            lambda nodes: cells[nodes][:, None],
        ),
        cells[np.array(trace.roots, dtype=np.int64)][:, None],
        [(start, region.name) for start, region in zip(base, regions, strict=True) if region.size]
        + [(len(PADDING) + trace.leaves, "v")],
    )


def _look(trace: Trace, node: int, cells: Any) -> Nest:
    table, column = trace.lookups[node]
    width, entries = trace.tables[table]
    return Nest(
        "look",
        (),
        (Access(VALUES, int(cells[trace.lefts[node]]), ()),),
        Access(VALUES, int(cells[node]), ()),
        entries=cells[np.array(entries)].reshape(-1, width),
        columns=np.array(column),
    )


def _guards(guards: list[tuple[str, Any, Any, bool]], of: Callable[[Any], Any]) -> list[Guards]:
    """The guards, those of one kind together.

    Args:
        of: the cells of the sides of guards, one line a guard and one column a row.
    """
    found = []
    for symbol in dict.fromkeys(symbol for symbol, *_ in guards):
        _, left, right, outcomes = zip(*(g for g in guards if g[0] == symbol), strict=True)
        sides = of(list(left)), of(list(right))
        found.append(Guards(symbol, *sides, np.array(outcomes)[:, None]))
    return found


def _size(packing: Packing, k: int, rows: int) -> int:
    region = packing.regions[k]
    return region.size * (rows if region.rows else 1)


def _large(packing: Packing, rows: int) -> Iterator[int]:
    """The arguments that are read where they lie: large ones of which no single number is asked."""
    nodes = [*packing.roots, *(side for _, *sides, _ in packing.guards for side in sides)]
    single = set(packing.region[np.array(nodes, dtype=np.int64)].tolist())
    for each in packing.packs:
        if each.table is not None:
            single |= set(packing.region[each.table.nodes.ravel()].tolist())
    for k in range(packing.fixed):
        if _size(packing, k, rows) >= LARGE and k not in single:
            yield k


def _place(cells: Cells, k: int, rows: int) -> Place:
    region = cells.regions[k]
    by_row = region.rows and rows > 1
    size = region.size * (rows if by_row else 1)
    if cells.base[k] >= FAR:
        return Place(region.name, 2 * (cells.base[k] // FAR), 0, size, None, by_row)
    order = None
    if by_row:
        order = (np.arange(region.size) * rows + np.arange(rows)[:, None]).ravel()
    return Place(region.name, 0, cells.base[k], size, order, by_row)
