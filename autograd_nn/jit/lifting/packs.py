"""What packing finds: packs of operations that run together, by the numbers of nodes.

Plain descriptions, which can be pickled; ``pack`` makes them, ``merge`` joins some, and
``pieces`` gives them cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_nn.jit.capture.leaves import Region
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["Block", "Pack", "Packing", "Table"]
MAXIMUM, MINIMUM = CODES["maximum"], CODES["minimum"]


@dataclass
class Block:
    """Terms of one kind in a pack of sums, or one list of operands of an operation.

    Attributes:
        sign: 1.0 or -1.0.
        a, b: nodes, one row per result and one column per term; -1 where a result has fewer
            terms than others.  ``b`` is None where there is no product.
    """

    sign: float
    a: Any
    b: Any

    @property
    def ragged(self) -> bool:
        """Whether some results have fewer terms than others."""
        return bool((self.a < 0).any())

    @property
    def nodes(self) -> Any:
        """All operands, in no order; -1 for missing ones."""
        return self.a.ravel() if self.b is None else np.concatenate([self.a, self.b]).ravel()


@dataclass
class Table:
    """What a ``take`` looks into.

    Attributes:
        nodes: the entries, one row per index, one column per column of the table.
        columns: for every result of the pack, its column.
    """

    nodes: Any
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
        has_adjoint: whether a result, and not only a guard, depends on it.
    """

    code: int
    region: int
    size: int
    blocks: list[Block]
    exact: bool = False
    table: Table | None = None
    has_adjoint: bool = True

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
    def name(self) -> str:
        """The operation, for people."""
        return PRIMITIVES[self.code].name if self.code else "sum"


@dataclass
class Packing:
    """All regions and packs, and what is asked of them.

    Attributes:
        regions: those of the leaves, of which the last are the constants, and one for each pack.
        packs: in an order in which they can be run.
        region, position: of every node its region and its place there, as arrays; -1 for nodes
            that became terms of a sum or are not needed.
        constants: the numbers of the region of constants.
        roots: the nodes of the results.
        guards: the symbol, both sides and the outcome of every comparison.
    """

    regions: list[Region]
    packs: list[Pack]
    region: Any
    position: Any
    constants: list[float]
    roots: list[int]
    guards: list[tuple[str, int, int, bool]]

    @property
    def fixed(self) -> int:
        """The region of the constants."""
        return len(self.regions) - len(self.packs) - 1

    def read_by(self, each: Pack) -> Any:
        """The regions that a pack reads, in order."""
        nodes = [block.nodes for block in each.blocks]
        if each.table is not None:
            nodes.append(each.table.nodes.ravel())
        every = np.concatenate(nodes)
        return np.unique(self.region[every[every >= 0]])
