"""Who uses what, and chains of additions as one sum of many.

``a + b + c`` is recorded as two operations.  A reader sees one sum, so the partial sums that
nobody named and nothing else uses are folded into the last: they are not drawn, and their
operands become the operands of the whole.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cached_property
from typing import NamedTuple

from autograd_nn.drawing.graph import Simplified
from autograd_nn.ops import CODES

__all__ = ["Operand", "Sums"]

_ADD = CODES["add"]


class Operand(NamedTuple):
    """An operand as it is drawn: its number, and the recorded edge it arrives by."""

    value: int
    edge: tuple[int, int]  # (the operation's value, which of its operands)


class Sums:
    """A graph with its chains of additions folded.

    Args:
        graph: the numbered values.
        named: identities of values that keep a box of their own.

    Attributes:
        folded: the partial sums that are not drawn, with the sum that each goes into.
    """

    def __init__(self, graph: Simplified, named: Container[int] = ()) -> None:
        self.graph = graph
        uses, user = [0] * len(graph.order), [0] * len(graph.order)
        for i, pairs in enumerate(graph.operands):
            for k, _ in pairs:
                uses[k] += 1
                user[k] = i
        self.folded: dict[int, int] = {}
        for i, node in enumerate(graph.order):
            if node._code != _ADD or uses[i] != 1 or node.label or id(node) in named:
                continue
            after = graph.order[user[i]]
            if after._code == _ADD and after.scope == node.scope and id(node) not in graph.kept:
                self.folded[i] = user[i]

    @cached_property
    def users(self) -> list[list[int]]:
        """For each value, the values that have it as an operand, once for each use."""
        found: list[list[int]] = [[] for _ in self.graph.order]
        for i, pairs in enumerate(self.graph.operands):
            for k, _ in pairs:
                found[k].append(i)
        return found

    def operands(self, i: int, stop: Container[int] = ()) -> list[Operand]:
        """The operands of value ``i`` as they are drawn, in the order in which they were written.

        Values that a folded sum stands for come in its place, unless it is one to ``stop`` at.
        """
        found: list[Operand] = []
        pending = [(i, j) for j in range(len(self.graph.operands[i]) - 1, -1, -1)]
        while pending:
            edge = pending.pop()
            k = self.graph.operands[edge[0]][edge[1]][0]
            if k in self.folded and k not in stop:
                last = len(self.graph.operands[k]) - 1
                pending.extend((k, j) for j in range(last, -1, -1))
            else:
                found.append(Operand(k, edge))
        return found

    def parts(self, i: int) -> list[int]:
        """The partial sums that are folded into value ``i``."""
        found, pending = [], [i]
        while pending:
            for k, _ in self.graph.operands[pending.pop()]:
                if k in self.folded:
                    found.append(k)
                    pending.append(k)
        return found

    def drawn(self, i: int) -> int:
        """The value in which value ``i`` is drawn: itself, or the sum that it is folded into."""
        while i in self.folded:
            i = self.folded[i]
        return i
