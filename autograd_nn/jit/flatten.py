"""Stage 2, flattening: which results become terms of others.

A chain of ``+``, ``-`` and negation whose inner results are used once becomes one sum
of many terms; a product used once inside it becomes a term.  A chain of ``maximum`` or
of ``minimum`` becomes one reduction.

This file is compiled together with the engine where a C compiler is present.

What is left out: collecting the terms, which ``pack`` does on its way.
"""

from __future__ import annotations

from typing import Final

from autograd_nn.engine import ADD, MUL, NEG, SUB, TAKE
from autograd_nn.jit.trace import Trace
from autograd_nn.ops import CODES

MAXIMUM: Final[int] = CODES["maximum"]
MINIMUM: Final[int] = CODES["minimum"]
_FLIP_LIMIT: Final[int] = 64  # flipping the signs of ever longer sums would take quadratic time


class Needs:
    """How the nodes are used.

    Attributes:
        uses: how often each node is used on the way to a result or guard; 0: not needed.
        slopes: the same on the way to a result.  What only a guard needs has no adjoint.  In
            one pack with nodes that have one, its adjoint would be 0, and 0 times an infinite
            slope is nan.
        absorbed: which nodes become terms of the one sum, or largest of several, that uses them.
    """

    def __init__(self, trace: Trace) -> None:
        sides: list[int] = []
        for guard in trace.guards:
            sides.append(guard.left)
            sides.append(guard.right)
        self.uses = _uses(trace, trace.roots + sides)
        self.slopes = _uses(trace, trace.roots) if sides else self.uses
        self.absorbed = _absorbed(trace, self.uses)


def _uses(trace: Trace, ends: list[int]) -> list[int]:
    codes, lefts, rights = trace.codes, trace.lefts, trace.rights
    uses: list[int] = [0] * len(codes)
    for end in ends:
        uses[end] += 2  # it must exist by itself
    seen: set[int] = set()  # tables
    for i in range(len(codes) - 1, trace.leaves - 1, -1):
        if not uses[i]:
            continue
        if codes[i] == TAKE:
            uses[lefts[i]] += 2
            table = trace.lookups[i][0]
            if table not in seen:
                seen.add(table)
                for entry in trace.tables[table][1]:
                    uses[entry] += 2
            continue
        uses[lefts[i]] += 1
        right = rights[i]
        if right >= 0:
            uses[right] += 1
    return uses


def _absorbed(trace: Trace, uses: list[int]) -> list[bool]:
    codes, lefts, rights = trace.codes, trace.lefts, trace.rights
    absorbed = [False] * len(codes)
    flips: dict[int, int] = {}  # how often the signs of a sum's terms are flipped
    for i in range(trace.leaves, len(codes)):
        code = codes[i]
        if not uses[i]:
            continue
        left, right = lefts[i], rights[i]
        if code in (ADD, SUB, NEG):
            if uses[left] == 1 and codes[left] in (ADD, SUB, NEG, MUL):
                absorbed[left] = code != NEG or _may_flip(i, left, flips)
            if right >= 0 and uses[right] == 1 and codes[right] in (ADD, SUB, NEG, MUL):
                absorbed[right] = code != SUB or _may_flip(i, right, flips)
        elif code in (MAXIMUM, MINIMUM):
            # One of the two only: at ties the share of an operand depends on the order.
            if uses[left] == 1 and codes[left] == code:
                absorbed[left] = True
            elif uses[right] == 1 and codes[right] == code:
                absorbed[right] = True
    return absorbed


def _may_flip(node: int, operand: int, flips: dict[int, int]) -> bool:
    flips[node] = flips.get(operand, 0) + 1
    return flips[node] < _FLIP_LIMIT
