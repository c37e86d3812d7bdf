"""Merging: small packs of like operations, whatever regions they read.

Packing keeps operations together whose operands lie in the same regions.  Code that picks its
operands here and there, a mesh or a skeleton, leaves many small packs that differ by nothing
else.  Packs of equal *height*, the longest way from them to a result, cannot depend on each
other; so of these the like ones become one, with tables that say where the operands lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.packs import Block, Pack, Packing

__all__ = ["merged"]

_SMALL: Final = 512  # terms of a pack that is merged with others


def merged(packing: Packing) -> Packing:
    """The packing with small packs merged, in the order of falling heights."""
    heights = _heights(packing)
    groups: dict[Any, list[Pack]] = {}
    for number, each in enumerate(packing.packs):
        groups.setdefault(_key(packing, each, heights[number], number), []).append(each)
    order = sorted(groups.items(), key=lambda entry: (-entry[0][0], entry[1][0].region))
    first = packing.fixed + 1
    regions, packs = packing.regions[:first], []
    region, position = packing.region.copy(), packing.position.copy()
    members = _members(packing)
    for _, group in order:
        made = group[0] if len(group) == 1 else _joined(group)
        nodes = np.concatenate([members[each.region] for each in group])
        region[nodes], position[nodes] = len(regions), np.arange(len(nodes))
        packs.append(replace(made, region=len(regions), size=len(nodes)))
        regions.append(replace(packing.regions[group[0].region], size=len(nodes)))
    return replace(packing, regions=regions, packs=packs, region=region, position=position)


def _heights(packing: Packing) -> list[int]:
    """For each pack the longest way to one that nothing reads."""
    first = packing.fixed + 1
    found = [0] * len(packing.packs)
    for number in range(len(found) - 1, -1, -1):
        for region in packing.read_by(packing.packs[number]).tolist():
            if region >= first:
                found[region - first] = max(found[region - first], found[number] + 1)
    return found


def _key(packing: Packing, each: Pack, height: int, number: int) -> tuple[Any, ...]:
    """What packs have in common that become one; a large one, or a look-up, stays by itself."""
    if each.terms > _SMALL or each.table is not None or any(block.ragged for block in each.blocks):
        return height, number
    blocks = tuple(
        (block.sign, block.a.shape[1], block.b is None, *_rows(packing, block))
        for block in each.blocks
    )
    return height, -1, each.code, each.exact, each.has_adjoint, blocks


def _rows(packing: Packing, block: Block) -> Sequence[bool]:
    """Whether the operands of a block have rows, and whether they are constants."""
    found = []
    for nodes in (block.a, block.b):
        region = -1 if nodes is None else int(packing.region[nodes[0, 0]])
        found += [region >= 0 and packing.regions[region].rows, region == packing.fixed]
    return found


def _joined(group: list[Pack]) -> Pack:
    """Packs as one; the terms of blocks that stand in the same place come together."""
    blocks = []
    for same in zip(*(each.blocks for each in group), strict=True):
        a = np.concatenate([block.a for block in same])
        b = None if same[0].b is None else np.concatenate([block.b for block in same])
        blocks.append(Block(same[0].sign, a, b))
    return replace(group[0], blocks=blocks)


def _members(packing: Packing) -> dict[int, Any]:
    """The nodes of each pack, in the order of their positions."""
    order = np.lexsort((packing.position, packing.region))
    ends = np.searchsorted(packing.region[order], np.arange(len(packing.regions) + 1))
    return {each.region: order[ends[each.region] : ends[each.region + 1]] for each in packing.packs}
