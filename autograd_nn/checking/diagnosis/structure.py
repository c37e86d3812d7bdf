"""What a graph of ``f`` is made of: layers, rows of data, terms of a sum, and like operations.

All of it is read from the graph itself: rows are the parts of the final sum that use the same
parameters on other constants; a family are the operations that have the same formula below
them but for the numbers; a layer ends with an activation.  What is left out: what may be wrong
with them (the rules).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.spelling import Names, spell
from autograd_nn.ops import PRIMITIVES, Trait

__all__ = ["ACTIVATIONS", "Structure", "Term", "summands"]

ACTIVATIONS = frozenset(
    [
        "relu",
        "leaky_relu",
        "tanh",
        "sigmoid",
        "softplus",
        "sin",
        "cos",
        "erf",
        "atan",
        "abs",
        "maximum",
        "minimum",
        "exp",
    ]
)
_HIDDEN = frozenset(["relu", "leaky_relu", "tanh", "sigmoid", "softplus"])
_SUMS = frozenset(row.name for row in PRIMITIVES if Trait.LINEAR in row.traits)
Edge = tuple[int, int]


class Term(NamedTuple):
    """One term of the final sum: the edge into it, and the node."""

    edge: Edge
    node: int


class Structure:
    """The parts of one graph.

    Args:
        kinds: the numbers of the families, to have the same in several graphs.

    Attributes:
        probe: the point that the graph was taken at.
        live: for each node whether it depends on a checked number.
        arrays: the positions of the checked numbers, by the name of their array.
        family: for each node the number of its family.
        families: the nodes of each family.
        depth: for each node how many activations lie below it, at most.
        layers: how many activations lie on the longest way.
        uses: for each node the edges that lead into it, where it is live.
        terms: of the final sum.
        divisors: constants that the final sum is divided by.
        rows: the terms of each row of data; empty where there is one row only.
        composites: activations that are written out; found later, by more points.
        branches: whether ``f`` has other graphs too.
        others: the terms that belong to no row, such as a penalty.
    """

    def __init__(self, probe: Probe, names: Names, kinds: dict[object, int] | None = None) -> None:
        self.probe, self.names, self.branches = probe, names, False
        self.composites: list[Any] = []
        self.arrays = names.arrays
        self.leaf = {k: i for i, k in enumerate(probe.inputs) if k >= 0}
        self._walk({} if kinds is None else kinds)
        self.terms = list(self._terms())
        self._rows()

    def _walk(self, ids: dict[object, int]) -> None:
        p = self.probe
        self.live: list[bool] = []
        self.family: list[int] = []
        self.depth: list[int] = []
        self.uses: dict[int, list[Edge]] = {}
        sums: list[frozenset[int]] = []
        for k, (op, operands) in enumerate(zip(p.ops, p.operands, strict=True)):
            live = k in self.leaf or any(self.live[o] for o in operands)
            self.live.append(live)
            below = max((self.depth[o] for o in operands), default=0)
            self.depth.append(below + (live and op in ACTIVATIONS))
            parts: frozenset[int] = frozenset()
            key: object
            if k in self.leaf:
                key = ("leaf", self.names.array[self.leaf[k]])
            elif not live:
                key = "constant"
            elif op in _SUMS:
                # A sum of like terms is of one kind, however many there are.
                for o in operands:
                    if self.live[o]:
                        parts |= sums[o] if p.ops[o] in _SUMS and sums[o] else {self.family[o]}
                key = ("sum", parts)
            elif op == "pow" and not self.live[operands[1]]:
                key = (op, self.family[operands[0]], p.data[operands[1]])  # x**2 is not like x**3
            else:
                key = (op, tuple(self.family[o] for o in operands))
            sums.append(parts)
            self.family.append(ids.setdefault(key, len(ids)))
            for j, o in enumerate(operands):
                if self.live[o]:
                    self.uses.setdefault(o, []).append((k, j))
        self.layers = max(
            (self.depth[k] for k, op in enumerate(p.ops) if op in ACTIVATIONS), default=0
        )
        self.families: dict[int, list[int]] = {}
        for k, family in enumerate(self.family):
            if self.live[k]:
                self.families.setdefault(family, []).append(k)

    # -- the final sum -------------------------------------------------------------------

    def _terms(self) -> Iterator[Term]:
        p, top = self.probe, len(self.probe.nodes) - 1
        edge: Edge = (-1, -1)
        self.divisors: set[float] = set()
        while p.ops[top] not in ("add", "sub"):  # sqrt(sum), sum / n, -sum
            inner = [j for j, o in enumerate(p.operands[top]) if self.live[o]]
            if len(inner) != 1:
                return
            if p.ops[top] == "div" and inner == [0] and p.data[p.operands[top][1]] > 1.0:
                self.divisors.add(p.data[p.operands[top][1]])
            edge = (top, inner[0])
            top = p.operands[top][inner[0]]
        stack = [Term(edge, top)]
        while stack:
            term = stack.pop()
            k = term.node
            live = [j for j, o in enumerate(p.operands[k]) if self.live[o]]
            passes_on = p.ops[k] in _SUMS or (p.ops[k] in ("mul", "div") and live == [0])
            if p.ops[k] == "mul" and live == [1]:
                passes_on = True
            if passes_on and k not in self.leaf and (len(self.uses.get(k, ())) <= 1):
                stack += [Term((k, j), p.operands[k][j]) for j in reversed(live)]
            else:
                yield term

    def below(self, node: int) -> set[int]:
        """The live nodes at and below ``node``."""
        found, stack = {node}, [node]
        while stack:
            for o in self.probe.operands[stack.pop()]:
                if self.live[o] and o not in found:
                    found.add(o)
                    stack.append(o)
        return found

    def _rows(self) -> None:
        """Terms that share a hidden node are of one row; rows use the same numbers."""
        self.rows: list[list[Term]] = []
        self.others: list[Term] = list(self.terms)
        if not 2 <= len(self.terms) <= 2000:
            return
        below = [self.below(term.node) for term in self.terms]
        parts = self._joined(below)
        used_in = Counter(k for part in parts for k in set().union(*(below[t] for t in part)))
        hidden = any(n > 1 and k not in self.leaf for k, n in used_in.items())
        classes: dict[tuple[frozenset[object], frozenset[int]], list[list[int]]] = {}
        for part in parts:
            leaves = {k for t in part for k in below[t] if k in self.leaf}
            like = frozenset(self.family[self.terms[t].node] for t in part)
            # A row that is passed as an argument has numbers of its own, beside the shared ones.
            shared = {k for k in leaves if used_in[k] > 1}
            own = {self.names.array[self.leaf[k]] for k in leaves - shared}
            if hidden or not shared:
                shared, own = leaves, set()
            classes.setdefault((frozenset(shared | own), like), []).append(part)
        several = [group for group in classes.values() if len(group) > 1]
        if not several:
            return
        count = max(map(len, several))
        of_rows = [group for group in several if len(group) == count]
        self.rows = [
            [self.terms[t] for t in sorted(t for group in of_rows for t in group[r])]
            for r in range(count)
        ]
        used = {term for row in self.rows for term in row}
        self.others = [term for term in self.terms if term not in used]

    def _joined(self, below: list[set[int]]) -> list[list[int]]:
        """The terms in groups that share hidden nodes, each in its order."""
        count = len(below)
        shared: dict[int, list[int]] = {}
        for t, nodes in enumerate(below):
            for k in nodes:
                if k not in self.leaf:
                    shared.setdefault(k, []).append(t)
        root = list(range(count))

        def find(t: int) -> int:
            while root[t] != t:
                root[t] = root[root[t]]
                t = root[t]
            return t

        for terms in shared.values():
            if 1 < len(terms) <= max(2, count // 2) and not (len(terms) == count == 2):
                for t in terms[1:]:
                    root[find(t)] = find(terms[0])
        groups: dict[int, list[int]] = {}
        for t in range(count):
            groups.setdefault(find(t), []).append(t)
        return sorted(groups.values())

    @property
    def is_network(self) -> bool:
        """Whether it has hidden layers, by their activations."""
        ops = {op for k, op in enumerate(self.probe.ops) if self.live[k]}
        return bool(ops & _HIDDEN) or bool(self.composites)

    def roles(self) -> dict[int, tuple[int, bool]]:
        """For each number the layer that it is first used in, and whether it multiplies there."""
        found: dict[int, tuple[int, bool]] = {}
        for k, i in self.leaf.items():
            uses = self.uses.get(k, ())
            if uses:
                depth = min(self.layer_of(user) for user, _ in uses)
                found[i] = (depth, any(self.probe.ops[user] not in _SUMS for user, _ in uses))
        return found

    # -- words ---------------------------------------------------------------------------

    def layer_of(self, node: int) -> int:
        """The layer that an operation belongs to, from 1."""
        inside = self.probe.ops[node] in ACTIVATIONS
        return self.depth[node] + (0 if inside else 1)

    def vague(self, node: int) -> bool:
        """Whether a node has no short formula."""
        return not spell(self.probe.nodes[node], 36)

    def say(self, node: int) -> str:
        """What a node is, in a few words."""
        text = spell(self.probe.nodes[node], 36)
        if text:
            return text
        op = self.probe.ops[node]
        noun = {
            "add": "a sum", "sub": "a difference", "mul": "a product", "div": "a quotient",
            "pow": "a power", "neg": "a negative",
        }.get(op, op)  # fmt: skip
        if self.layers < 2:
            leaves = [self.leaf[k] for k in self.below(node) if k in self.leaf]
            of = self.names.said(leaves)
            return f"{noun} of {of}" if len(of) <= 24 else noun
        return f"{noun} {self.where(node)}".strip()

    def where(self, node: int) -> str:
        """The layer of a node, in words, where there are several."""
        if self.layers < 2:
            return ""
        layer = self.layer_of(node)
        return f"in layer {layer}" if layer <= self.layers else "behind the last layer"

    def row_of(self, node: int) -> int | None:
        """The row that a node belongs to, where it is one."""
        if not hasattr(self, "_row_of"):
            self._row_of: dict[int, set[int]] = {}
            for r, row in enumerate(self.rows):
                for term in row:
                    for k in self.below(term.node):
                        self._row_of.setdefault(k, set()).add(r)
        rows = self._row_of.get(node, set())
        return next(iter(rows)) if len(rows) == 1 else None


def summands(s: Structure, k: int) -> list[int]:
    """The live terms of a sum; a node that is none is its own."""
    p, parts, stack = s.probe, list[int](), [k]
    while stack:
        node = stack.pop()
        if p.ops[node] == "add" and node not in s.leaf:
            stack += [o for o in reversed(p.operands[node]) if s.live[o]]
        else:
            parts.append(node)
    return parts
