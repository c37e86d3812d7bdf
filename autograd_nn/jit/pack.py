"""Stages 2 and 3, flattening and packing: many scalars, few packs.

Flattening: a chain of ``+``, ``-`` and negation whose inner results are used
once becomes one sum of many terms; a product used once inside it becomes a
term.  A term is (sign, a, b), with b = -1 where it is no product.

Packing: one pass in order.  A node's key is its operation and the regions its
operands lie in; equal keys share a pack.  Keys are made of earlier regions, so
packs come out in an order that can be run.  Grouping operations by signature is
Neubig, Goldberg and Dyer, "On-the-fly operation batching in dynamic computation
graphs" (2017); packing isomorphic statements is Larsen and Amarasinghe,
"Exploiting superword level parallelism" (2000).

What is left out: where the operands lie within a region (``address``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_nn.jit.trace import ADD, MUL, NEG, SUB, Trace
from autograd_nn.ops import PRIMITIVES

__all__ = ["Block", "Pack", "Packing", "Region", "pack"]


@dataclass
class Region:
    """Numbers that lie together: one argument, the constants, or the results of one pack.

    Attributes:
        name: for people.
        size: how many numbers (for each row, where ``rows``).
        rows: whether there is such a set for every row.
    """

    name: str
    size: int
    rows: bool = False


@dataclass
class Block:
    """Terms of one kind in a pack of sums, or one list of operands of an operation.

    Attributes:
        sign: 1.0 or -1.0.
        a_region, b_region: where the operands lie; b_region is -1 where there is no product.
        a, b: positions within the regions, one row per sum and one column per term.
    """

    sign: float
    a_region: int
    b_region: int
    a: Any = field(default_factory=list)
    b: Any = field(default_factory=list)


@dataclass
class Pack:
    """Operations of one kind that run together.

    Attributes:
        code: the operation's row in the table, or 0 for a sum of terms.
        region: where the results lie.
        size: how many results.
        blocks: of a sum, its kinds of terms; of an operation, one block with its operands.
    """

    code: int
    region: int
    size: int
    blocks: list[Block]

    @property
    def terms(self) -> int:
        """How many scalar terms a run computes."""
        return sum(int(np.size(block.a)) for block in self.blocks)

    @property
    def operands(self) -> set[int]:
        """The regions that are read."""
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
        region, position: for every node, its region and its place there; -1 for nodes that
            became terms of a sum or are not needed.
    """

    regions: list[Region]
    packs: list[Pack]
    region: list[int]
    position: list[int]


Term = tuple[float, int, int]
_SUMS = (ADD, SUB, NEG)
_FLIP_LIMIT = 64  # flipping the signs of ever longer sums would take quadratic time


def _uses(trace: Trace, ends: list[int]) -> list[int]:
    """How often each node is used on the way to one of ``ends``; 0: not needed."""
    uses = [0] * len(trace.codes)
    for end in ends:
        uses[end] += 2  # it must exist by itself
    lefts, rights = trace.lefts, trace.rights
    for i in range(len(uses) - 1, trace.leaves - 1, -1):
        if uses[i]:
            uses[lefts[i]] += 1
            if rights[i] >= 0:
                uses[rights[i]] += 1
    return uses


def pack(trace: Trace, groups: list[Region], group_of: list[int]) -> Packing:
    """Sort the needed nodes of a trace into packs.

    Args:
        groups: the regions of the leaves.
        group_of: for every leaf, its region.
    """
    sides = [side for guard in trace.guards for side in (guard.left, guard.right)]
    uses = _uses(trace, trace.roots + sides)
    # What only a guard needs has no adjoint.  In one pack with nodes that have one, its adjoint
    # would be 0, and 0 times an infinite slope is nan.
    shared = _uses(trace, trace.roots) if sides else uses
    codes, lefts, rights = trace.codes, trace.lefts, trace.rights
    absorbed = _absorbed(trace, uses)
    regions = list(groups)
    packs: list[Pack] = []
    by_key: dict[Any, Pack] = {}
    region = group_of + [-1] * (len(codes) - len(group_of))
    position = [-1] * len(codes)
    filled = [0] * len(groups)
    for leaf, g in enumerate(group_of):
        position[leaf] = filled[g]
        filled[g] += 1
    sums: dict[int, list[Term]] = {}

    def place(
        node: int, key: Any, kinds: list[tuple[Kind, list[tuple[int, int]]]], code: int
    ) -> None:
        """Put a node into the pack of its key, which may be new."""
        found = by_key.get(key)
        if found is None:
            blocks = [Block(*kind) for kind, _ in kinds]
            found = by_key[key] = Pack(code, len(regions), 0, blocks)
            packs.append(found)
            rows = any(regions[r].rows for r in found.operands)
            regions.append(Region(found.name, 0, rows))
        for block, (_, pairs) in zip(found.blocks, kinds, strict=True):
            for a, b in pairs:
                block.a.append(a)
                block.b.append(b)
        region[node] = found.region
        position[node] = found.size
        found.size += 1

    for i in range(trace.leaves, len(codes)):
        if not uses[i]:
            continue
        code, has_adjoint = codes[i], shared[i] > 0
        if code != MUL and code not in _SUMS:
            left, right = lefts[i], rights[i]
            kind = (1.0, region[left], -1 if right < 0 else region[right])
            place(i, (code, has_adjoint, kind), [(kind, [(left, right)])], code)
        elif not absorbed[i]:
            kinds = _kinds(_terms(i, trace, absorbed, sums), region)
            place(i, (has_adjoint, *[(kind, len(pairs)) for kind, pairs in kinds]), kinds, 0)
        elif code != MUL:
            sums[i] = _terms(i, trace, absorbed, sums)
    at = np.array(position, dtype=np.int64)
    for each in packs:
        regions[each.region].size = each.size
        for block in each.blocks:
            block.a = at[np.array(block.a, dtype=np.int64)].reshape(each.size, -1)
            if block.b_region >= 0:
                block.b = at[np.array(block.b, dtype=np.int64)].reshape(each.size, -1)
            else:
                block.b = None
    return Packing(regions, packs, region, position)


def _absorbed(trace: Trace, uses: list[int]) -> list[bool]:
    """Which nodes become terms of the one sum that uses them."""
    codes, lefts, rights = trace.codes, trace.lefts, trace.rights
    absorbed = [False] * len(codes)
    flips: dict[int, int] = {}  # how often the signs of a sum's terms are flipped
    for i in range(trace.leaves, len(codes)):
        code = codes[i]
        if code in _SUMS and uses[i]:
            left, right = lefts[i], rights[i]
            if uses[left] == 1 and (codes[left] in _SUMS or codes[left] == MUL):
                absorbed[left] = code != NEG or _may_flip(i, left, flips)
            if right >= 0 and uses[right] == 1 and (codes[right] in _SUMS or codes[right] == MUL):
                absorbed[right] = code != SUB or _may_flip(i, right, flips)
    return absorbed


def _may_flip(node: int, operand: int, flips: dict[int, int]) -> bool:
    flips[node] = flips.get(operand, 0) + 1
    return flips[node] < _FLIP_LIMIT


def _terms(i: int, trace: Trace, absorbed: list[bool], sums: dict[int, list[Term]]) -> list[Term]:
    """The terms of node ``i``; takes over the lists of the sums it absorbs."""
    code, left, right = trace.codes[i], trace.lefts[i], trace.rights[i]
    if code == MUL:
        return [(1.0, left, right)]
    first = _operand_terms(left, -1.0 if code == NEG else 1.0, trace, absorbed, sums)
    if right < 0:
        return first
    second = _operand_terms(right, -1.0 if code == SUB else 1.0, trace, absorbed, sums)
    if len(first) < len(second):
        first, second = second, first
    first += second
    return first


def _operand_terms(
    node: int, sign: float, trace: Trace, absorbed: list[bool], sums: dict[int, list[Term]]
) -> list[Term]:
    if not absorbed[node]:
        return [(sign, node, -1)]
    if trace.codes[node] == MUL:
        return [(sign, trace.lefts[node], trace.rights[node])]
    terms = sums.pop(node)
    return terms if sign > 0 else [(-s, a, b) for s, a, b in terms]


Kind = tuple[float, int, int]


def _kinds(terms: list[Term], region: list[int]) -> list[tuple[Kind, list[tuple[int, int]]]]:
    """The terms by their kind: the sign and the regions of the factors, lower region first."""
    kinds: dict[Kind, list[tuple[int, int]]] = {}
    for sign, a, b in terms:
        of_a = region[a]
        if b < 0:
            kind = (sign, of_a, -1)
        else:
            of_b = region[b]
            kind = (sign, of_a, of_b) if of_a <= of_b else (sign, of_b, of_a)
        factors = (a, b) if b < 0 or of_a <= of_b else (b, a)
        pairs = kinds.get(kind)
        if pairs is None:
            kinds[kind] = [factors]
        else:
            pairs.append(factors)
    found = list(kinds.items())
    if len(found) > 1:
        found.sort(key=lambda item: (item[0][2] < 0, item[0]))  # products first: they can write
    return found
