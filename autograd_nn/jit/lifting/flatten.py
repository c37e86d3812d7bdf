"""Stage 2, flattening: which results become terms of others.

A chain of ``+``, ``-`` and negation whose inner results are used once becomes one sum
of many terms; a product used once inside it becomes a term.  A chain of ``maximum`` or
of ``minimum`` becomes one reduction.

What a comparison reads must round as the engine's numbers do, or a recorded path could be
taken for another; and what ``floor`` reads, or a rounding could become a whole 1.  Such sums
keep their terms in the recorded order.

This file is compiled together with the engine where a C compiler is present.

"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from autograd_nn.codes import (
    ADD,
    FLOOR,
    MOD,
    MUL,
    NEG,
    SUB,
    TAKE,
)
from autograd_nn.jit.capture.trace import Trace
from autograd_nn.ops import CODES

MAXIMUM: Final[int] = CODES["maximum"]
MINIMUM: Final[int] = CODES["minimum"]
SUMS: Final = (ADD, SUB, NEG)
_FLIP_LIMIT: Final[int] = 64  # flipping the signs of ever longer sums would take quadratic time


class Needs:
    """How the nodes are used.

    Attributes:
        uses: how often each node is used on the way to a result or guard; 0: not needed.
        slopes: the same on the way to a result.  What only a guard needs has no adjoint.  In
            one pack with nodes that have one, its adjoint would be 0, and 0 times an infinite
            slope is nan.
        exact: which nodes a guard, or a function that jumps, reads, by way of others too.
        absorbed: which nodes become terms of the one sum, or largest of several, that uses them.
    """

    def __init__(self, trace: Trace) -> None:
        sides: list[int] = []
        for guard in trace.guards:
            sides.append(guard.left)
            sides.append(guard.right)
        self.uses = _uses(trace, trace.roots + sides)
        self.slopes = _uses(trace, trace.roots) if sides else self.uses
        self.exact = _exact(trace, sides + _before_jumps(trace, self.uses))
        self.absorbed = _absorbed(trace, self.uses, self.exact)


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


def _before_jumps(trace: Trace, uses: list[int]) -> list[int]:
    """The operands of floor and its kin, in which a rounding could become a whole 1."""
    found: list[int] = []
    for i in range(trace.leaves, len(trace.codes)):
        if FLOOR <= trace.codes[i] <= MOD and uses[i]:
            found.append(trace.lefts[i])
            if trace.rights[i] >= 0:
                found.append(trace.rights[i])
    return found


def _exact(trace: Trace, sides: list[int]) -> list[bool]:
    codes, lefts, rights = trace.codes, trace.lefts, trace.rights
    exact = [False] * len(codes)
    for node in sides:
        exact[node] = True
    if sides:
        for i in range(len(codes) - 1, trace.leaves - 1, -1):
            if exact[i]:
                exact[lefts[i]] = True
                if rights[i] >= 0:
                    exact[rights[i]] = True
                if codes[i] == TAKE:
                    for entry in trace.tables[trace.lookups[i][0]][1]:
                        exact[entry] = True
    return exact


def _absorbed(trace: Trace, uses: list[int], exact: list[bool]) -> list[bool]:
    codes, lefts, rights = trace.codes, trace.lefts, trace.rights
    absorbed = [False] * len(codes)
    flips: dict[int, int] = {}  # how often the signs of a sum's terms are flipped
    for i in range(trace.leaves, len(codes)):
        code = codes[i]
        if not uses[i]:
            continue
        left, right = lefts[i], rights[i]
        if exact[i] and code in (ADD, SUB, NEG):
            # In order: what comes first may be a sum, what is added to it one term.
            if uses[left] == 1 and (codes[left] == MUL or (code != NEG and codes[left] in SUMS)):
                absorbed[left] = True
            if right >= 0 and uses[right] == 1 and codes[right] == MUL:
                absorbed[right] = True
        elif code in (ADD, SUB, NEG):
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


class Terms:
    """Collects the terms of each node on a pass in order.

    A term is coded as ``(a * nodes + b + 1) * 2 + negative``, with b = -1 where it is no
    product.
    """

    def __init__(self, trace: Trace, needs: Needs) -> None:
        self.trace, self.needs = trace, needs
        self.nodes: i64 = len(trace.codes) + 1
        self._waiting: dict[int, list[int]] = {}  # terms of what the one node that uses it takes

    def of(self, i: int) -> list[int] | None:
        """The terms of a sum or product, or the operands of an operation.

        None where they are left for the node that uses this one.
        """
        trace, absorbed = self.trace, self.needs.absorbed[i]
        code, left, right = trace.codes[i], trace.lefts[i], trace.rights[i]
        if code in (ADD, SUB, NEG):
            terms = self._sum(i, code)
            if absorbed:
                self._waiting[i] = terms
        elif code == MUL:
            if absorbed:
                return None
            terms = [self._product(i, 0)]
        elif code in (MAXIMUM, MINIMUM):
            terms = self._chain(i, code)
            if absorbed:
                self._waiting[i] = terms
        elif right < 0:
            terms = [self._single(left, 0)]
        else:
            terms = [self._single(left, 0), self._single(right, 0)]
        return None if absorbed else terms

    def _single(self, node: i64, negative: i64) -> i64:
        return node * self.nodes * 2 + negative

    def _product(self, i: int, negative: i64) -> i64:
        a: i64 = self.trace.lefts[i]
        b: i64 = self.trace.rights[i]
        return (a * self.nodes + b + 1) * 2 + negative

    def _sum(self, i: int, code: int) -> list[int]:
        """The terms of a sum; takes over the lists of the sums it absorbs."""
        right = self.trace.rights[i]
        first = self._operand(self.trace.lefts[i], 1 if code == NEG else 0)
        if right < 0:
            return first
        second = self._operand(right, 1 if code == SUB else 0)
        if len(first) < len(second) and not self.needs.exact[i]:
            first, second = second, first
        first += second
        return first

    def _operand(self, node: int, negative: int) -> list[int]:
        if not self.needs.absorbed[node]:
            return [self._single(node, negative)]
        if self.trace.codes[node] == MUL:
            return [self._product(node, negative)]
        terms = self._waiting.pop(node)
        return [term ^ 1 for term in terms] if negative else terms

    def _chain(self, i: int, code: int) -> list[int]:
        """The operands of a chain of ``maximum`` or ``minimum``, the innermost two first."""
        absorbed, codes = self.needs.absorbed, self.trace.codes
        left, right = self.trace.lefts[i], self.trace.rights[i]
        if absorbed[right] and codes[right] == code:
            left, right = right, left
        if absorbed[left] and codes[left] == code:
            terms = self._waiting.pop(left)
        else:
            terms = [self._single(left, 0)]
        terms.append(self._single(right, 0))
        return terms
