"""What packing finds: regions of numbers, and the packs that compute them.

Plain descriptions, which can be pickled; ``pack`` makes them, ``runner`` and
``adjoint`` run them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from autograd_nn.jit.capture.leaves import Region
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["PADDING", "PADS", "Block", "Pack", "Packing", "Region", "Table", "dependents"]
MAXIMUM, MINIMUM, DETACH = CODES["maximum"], CODES["minimum"], CODES["detach"]

#: The first cells of every buffer, and which of them a missing term reads: nothing to a sum (its
#: code is 0), nothing to a largest, nothing to a smallest.
PADDING = (0.0, -np.inf, np.inf)
PADS = {0: 0, MAXIMUM: 1, MINIMUM: 2}


@dataclass
class Block:
    """Terms of one kind in a pack of sums, or one list of operands of an operation.

    Attributes:
        sign: 1.0 or -1.0.
        a_region, b_region: where the operands lie; b_region is -1 where there is no product.
        a, b: positions within the regions, one row per result and one column per term; -1
            where a result has fewer terms than others.  ``b`` is None where there is no product.
    """

    sign: float
    a_region: int
    b_region: int
    a: Any
    b: Any

    @property
    def ragged(self) -> bool:
        """Whether some results have fewer terms than others."""
        return bool((self.a < 0).any())


@dataclass
class Table:
    """What a ``take`` looks into: the region and position of each entry, and the chosen columns.

    Attributes:
        regions, positions: one row per index, one column per column of the table.
        columns: for every result of the pack, its column.
    """

    regions: Any
    positions: Any
    columns: Any


@dataclass
class Pack:
    """Operations of one kind that run together.

    Attributes:
        code: the operation's row in the table, or 0 for a sum of terms.
        region: where the results lie.
        size: how many results.
        blocks: of a sum, its kinds of terms; of a largest or smallest of several, runs of its
            operands in order; of another operation, one block with its operands.
        exact: whether its numbers must round as the engine's do, because a guard reads them.
        table: of a look-up, what it looks into.
    """

    code: int
    region: int
    size: int
    blocks: list[Block]
    exact: bool = False
    table: Table | None = None

    @property
    def terms(self) -> int:
        """How many scalar terms a run computes."""
        return sum(int(np.size(block.a)) for block in self.blocks)

    @property
    def is_reduction(self) -> bool:
        """Whether it is the largest or smallest of several numbers, in one pack."""
        return self.code in (MAXIMUM, MINIMUM) and (
            len(self.blocks) > 1 or self.blocks[0].b is None
        )

    @property
    def operands(self) -> set[int]:
        """The regions that are read."""
        regions = {block.a_region for block in self.blocks}
        return (regions | self.sources | {block.b_region for block in self.blocks}) - {-1}

    @property
    def sources(self) -> set[int]:
        """The regions that slopes flow back to."""
        if self.code == DETACH:
            return set()
        if self.table is not None:
            return set(np.unique(self.table.regions).tolist())
        regions = {block.a_region for block in self.blocks}
        return (regions | {block.b_region for block in self.blocks}) - {-1}

    @property
    def name(self) -> str:
        """The operation, for people."""
        return PRIMITIVES[self.code].name if self.code else "sum"


@dataclass
class Packing:
    """All regions and packs, and where each node of the trace has gone.

    Attributes:
        region, position: for every node, its region and its place there (an array); -1 for
            nodes that became terms of a sum or are not needed.
    """

    regions: list[Region]
    packs: list[Pack]
    region: list[int]
    position: Any

    def base(self, rows: int) -> list[int]:
        """Where each region begins in a buffer for a number of rows, and at last the end."""
        sizes = [r.size * (rows if r.rows else 1) for r in self.regions]
        return list(accumulate([len(PADDING), *sizes]))


def dependents(packs: list[Pack], wanted: Iterable[int]) -> set[int]:
    """The regions whose numbers depend on the wanted ones, and these."""
    active = set(wanted)
    for p in packs:
        if p.sources & active:
            active.add(p.region)
    return active
