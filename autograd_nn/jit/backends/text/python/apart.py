"""Nests that run over several arguments at once, cut where one argument ends.

A penalty on all parameters of a model is one nest over all of their numbers.  People write it as
a sum over ``W1``, ``b1`` ...; as one nest it would make one array of them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_nn.jit.backends.text.python.arrays import Given, cells_of_all
from autograd_nn.jit.plan import VALUES, Access, Item, Lines, Loop, Nest, Plan

__all__ = ["apart"]


def apart(plan: Plan, given: Sequence[Given]) -> Plan:
    """The plan with a nest for each argument, where one nest read several along its one axis."""
    base = np.concatenate([[0], np.cumsum(plan.sizes)])[:-1]
    owner = np.full(sum(plan.sizes), -1, dtype=np.int64)
    place = np.zeros(sum(plan.sizes), dtype=np.int64)
    for k, each in enumerate(given):
        owner[each.cells], place[each.cells] = k, np.arange(len(each.cells))
    items = [new for item in plan.items for new in _cut(item, owner, place, base)]
    return replace(plan, items=items)


def _cut(item: Item, owner: Any, place: Any, base: Any) -> list[Item]:
    """The nests that an item becomes; those in loops stay."""
    if isinstance(item, (Lines, Loop)) or len(item.axes) != 1 or item.exact:
        return [item]
    if item.kind not in ("sum", "row"):
        return [item]
    cells = [cells_of_all(read, item.axes, (), base) for read in item.reads]
    owners = [owner[x] for x in cells]
    spread = [k for k, found in enumerate(owners) if len(set(found.tolist())) > 1]
    if not spread or any((owners[k] < 0).any() for k in spread):
        return [item]
    first = owners[spread[0]]
    if any((owners[k] != first).any() for k in spread):
        return [item]
    made: list[Item] = []
    for k in dict.fromkeys(first.tolist()):
        chosen = np.flatnonzero(first == k)
        chosen = chosen[np.argsort(place[cells[spread[0]][chosen]], kind="stable")]
        reads = tuple(
            _chosen(x - _offset(read, base), read, chosen) for x, read in _both(cells, item)
        )
        write = item.write
        if not item.summed:
            to = cells_of_all(write, item.axes, (), base) - _offset(write, base)
            write = _chosen(to, write, chosen)
        later = bool(made) and bool(item.summed)
        made.append(
            replace(
                item,
                axes=(len(chosen),),
                reads=reads,
                write=write,
                add=item.add or later,
                plus=None if later else item.plus,
            )
        )
    return made


def _both(cells: list[Any], nest: Nest) -> list[tuple[Any, Access]]:
    return list(zip(cells, nest.reads, strict=True))


def _offset(access: Access, base: Any) -> int:
    return int(base[access.buffer // 2])


def _chosen(cells: Any, access: Access, points: Any) -> Access:
    """The access to the cells of some points."""
    assert access.buffer % 2 == VALUES
    found = cells[points]
    if (found == found[0]).all():
        return Access(access.buffer, int(found[0]), (0,))
    return Access(access.buffer, int(found[0]), (0,), (), found - found[0])
