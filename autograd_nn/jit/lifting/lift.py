"""All passes in order: from packs to a plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from autograd_nn.jit.capture.trace import Trace
from autograd_nn.jit.lifting.nests import items_of
from autograd_nn.jit.lifting.packs import Packing
from autograd_nn.jit.lifting.pieces import FAR, Cells, pieces
from autograd_nn.jit.lifting.reroll import reroll
from autograd_nn.jit.plan.plan import Guards, Place, Plan

__all__ = ["lift"]

LARGE: Final = 4096  # numbers of an argument; below, a copy is cheaper


def lift(trace: Trace, packing: Packing, leaves: int, rows: int = 1) -> Plan:
    """The plan of a packed trace.

    Args:
        leaves: how many groups of leaves the caller gives numbers for; the next is the constants.
        rows: how many rows are computed at once.
    """
    regions = packing.regions
    cells = Cells(regions, rows, list(_large(trace, packing, leaves, rows)))
    items = items_of(reroll(list(pieces(packing, cells))), cells)
    constants = cells.of(leaves, np.arange(len(trace.constants)))

    def of(nodes: list[int]) -> Any:
        """The cells of nodes, one line a node and one column a row."""
        region = np.array([packing.region[node] for node in nodes], dtype=np.int64)
        base, steps, row_steps = (
            np.array(x, dtype=np.int64)[region]
            for x in (cells.base, cells.steps, cells.row_steps)
        )
        at = base + packing.position[nodes] * steps
        return at[:, None] + row_steps[:, None] * np.arange(rows)

    guards = []
    for symbol in dict.fromkeys(guard.symbol for guard in trace.guards):
        chosen = [guard for guard in trace.guards if guard.symbol == symbol]
        left, right = of([g.left for g in chosen]), of([g.right for g in chosen])
        guards.append(Guards(symbol, left, right, np.array([[g.outcome] for g in chosen])))
    return Plan(
        rows,
        [cells.size, *(_size(packing, k, rows) for k in cells.outside)],
        [_place(cells, k, rows) for k in range(leaves)],
        (constants, np.array(trace.constants)),
        items,
        guards,
        of(trace.roots),
        [
            (cells.base[k], f"{region.name} {k - leaves}" if k > leaves else region.name)
            for k, region in enumerate(regions)
            if region.size and k not in cells.outside
        ],
    )


def _size(packing: Packing, k: int, rows: int) -> int:
    region = packing.regions[k]
    return region.size * (rows if region.rows else 1)


def _large(trace: Trace, packing: Packing, leaves: int, rows: int) -> Iterator[int]:
    """The arguments that are read where they lie: large ones of which no single number is asked."""
    single = {packing.region[node] for node in trace.roots}
    for guard in trace.guards:
        single |= {packing.region[guard.left], packing.region[guard.right]}
    for each in packing.packs:
        if each.table is not None:
            single |= set(np.unique(each.table.regions).tolist())
    for k in range(leaves):
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
