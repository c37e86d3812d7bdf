"""The layers of a network, read from its graph: products with weights, their sources and targets.

What is left out: what may be wrong with them (``networks``).
"""

from __future__ import annotations

from typing import NamedTuple

from autograd_nn.checking.diagnosis.structure import ACTIVATIONS, Structure

__all__ = ["Layers", "Product"]


class Product(NamedTuple):
    """A weight times a source: an input, or what the layer below gives.

    ``step`` numbers the uses of the array from below, one for each row of data and each time
    step; ``unit`` numbers the sources of one use.
    """

    node: int
    leaf_side: int
    leaf: int
    source: int
    step: int
    unit: int
    target: int


class Layers:
    """Products and activations of one graph.

    Attributes:
        products: of each array of parameters.
        sources: of each array: the node by (step, unit).
        targets: of each array: by step the ends of its sums, in order.
        activations: by layer, the activations by (row, unit).
    """

    def __init__(self, s: Structure) -> None:
        self.s = s
        self.written: dict[int, int] = {c.node: c.inner for c in s.composites}
        self.products: dict[str, list[Product]] = {}
        self.sources: dict[str, dict[tuple[int, int], int]] = {}
        self.targets: dict[str, dict[int, list[int]]] = {}
        found: dict[str, list[tuple[int, int]]] = {}
        for k, op in enumerate(s.probe.ops):
            if op == "mul" and s.live[k]:
                sides = [j for j in (0, 1) if s.probe.operands[k][j] in s.leaf]
                arrays = [s.names.array[s.leaf[s.probe.operands[k][j]]] for j in sides]
                if len(set(arrays)) == len(arrays):
                    for j, array in zip(sides, arrays, strict=True):
                        found.setdefault(array, []).append((k, j))
        for array, edges in found.items():
            self._number(array, edges)
        self._find_activations()

    def top(self, node: int) -> int:
        """The end of the sum that a node is a term of."""
        while True:
            users = self.s.uses.get(node, ())
            if len(users) != 1 or self.s.probe.ops[users[0][0]] not in ("add", "sub"):
                return node
            node = users[0][0]

    def inner(self, node: int) -> int | None:
        """What an activation, written out or not, was computed from."""
        if node in self.written:
            return self.written[node]
        activates = self.s.probe.ops[node] in ACTIVATIONS
        return self.s.probe.operands[node][0] if activates else None

    def output(self, target: int) -> int | None:
        """The activation that a sum goes into."""
        for node, inner in self.written.items():
            if inner == target:
                return node
        for user, _ in self.s.uses.get(target, ()):
            if self.s.probe.ops[user] in ACTIVATIONS:
                return user
        return None

    def _number(self, array: str, edges: list[tuple[int, int]]) -> None:
        """Step and unit of each product: a leaf that comes again begins a new step."""
        seen: dict[int, int] = {}
        products = self.products.setdefault(array, [])
        tops = [self.top(k) for k, _ in edges]
        axis = self._source_axis(array, edges, tops)
        for (k, side), target in zip(edges, tops, strict=True):
            leaf, source = self.s.probe.operands[k][side], self.s.probe.operands[k][1 - side]
            step = seen[leaf] = seen.get(leaf, -1) + 1
            i = self.s.leaf[leaf]
            place = self.s.names.place[i]
            unit = place[axis] if place else self.s.arrays[array].index(i)
            products.append(Product(k, side, leaf, source, step, unit, target))
            self.sources.setdefault(array, {}).setdefault((step, unit), source)
            ends = self.targets.setdefault(array, {}).setdefault(step, [])
            if target not in ends:
                ends.append(target)

    def _source_axis(self, array: str, edges: list[tuple[int, int]], tops: list[int]) -> int:
        """The axis of a matrix that numbers the sources: the other one is fixed in a target."""
        places = [self.s.names.place[i] for i in self.s.arrays[array]]
        if any(place is None or len(place) != 2 for place in places):
            return 0
        first: dict[int, int] = {}
        for (k, side), top in zip(edges, tops, strict=True):
            place = self.s.names.place[self.s.leaf[self.s.probe.operands[k][side]]]
            if place is not None and first.setdefault(top, place[0]) != place[0]:
                return 0
        return 1

    def _find_activations(self) -> None:
        s = self.s
        self.activations: dict[int, dict[tuple[int, int], int]] = {}
        count: dict[tuple[int, int], int] = {}
        for k, op in enumerate(s.probe.ops):
            if op in ACTIVATIONS and op not in ("exp", "abs") and s.live[k]:
                row = s.row_of(k)
                key = (s.depth[k], -1 if row is None else row)
                unit = count[key] = count.get(key, -1) + 1
                self.activations.setdefault(s.depth[k], {})[key[1], unit] = k
