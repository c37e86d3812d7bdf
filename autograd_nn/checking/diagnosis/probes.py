"""Points around the given one, where both gradients are computed and compared.

What is left out: what a difference means (``explanations``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.diagnosis.misconceptions import Edge
from autograd_nn.engine import Value, topological_order

__all__ = ["Probe", "agree", "probe_around", "spell"]

Slopes = Callable[[Sequence[float]], list[float]]


def agree(a: float, b: float, size: float, rtol: float = 1e-9) -> bool:
    """Whether two slopes are equal up to rounding; ``size`` is the sum of what was added up."""
    return a == b or abs(a - b) <= rtol * max(abs(a), abs(b)) + 1e-12 * size


class Probe:
    """One point: the graph of ``f`` there, its slopes, and the hand-written ones.

    Attributes:
        at: the numbers.
        hand: the hand-written slopes.
        slopes: the engine's.
        sizes: for each slope the sum of the absolute contributions, the scale of its rounding.
        nodes: the graph, operands first; ``operands`` and ``partials`` by position in it.
        adjoints: the slope of the result along each node.
    """

    def __init__(self, result: Value, inputs: Sequence[Value], hand: list[float]) -> None:
        self.at = [x.data for x in inputs]
        self.hand = hand
        self.nodes = topological_order(result)
        position = {id(node): k for k, node in enumerate(self.nodes)}
        self.inputs = [position.get(id(x), -1) for x in inputs]
        self.operands = [tuple(position[id(x)] for x in node.operands) for node in self.nodes]
        self.partials = [node.partials for node in self.nodes]
        self.data = [node.data for node in self.nodes]
        self.ops = [node.op or node.kind for node in self.nodes]
        self.adjoints = self._backward(self.partials)
        self.slopes = self._pick(self.adjoints)
        absolute = [tuple(map(abs, partials)) for partials in self.partials]
        self.sizes = self._pick(self._backward(absolute))
        self._reach: Any = None

    def _backward(self, partials: Sequence[tuple[float, ...]]) -> list[float]:
        adjoints = [0.0] * len(self.nodes)
        adjoints[-1] = 1.0
        for k in range(len(self.nodes) - 1, -1, -1):
            if adjoints[k] != 0.0:
                for operand, partial in zip(self.operands[k], partials[k], strict=True):
                    if partial != 0.0:
                        adjoints[operand] += adjoints[k] * partial
        return adjoints

    def _pick(self, adjoints: list[float]) -> list[float]:
        return [adjoints[k] if k >= 0 else 0.0 for k in self.inputs]

    def slopes_with(self, changed: Mapping[tuple[int, int], float]) -> list[float]:
        """The slopes if the partial of operand j of node k were ``changed[k, j]``."""
        partials = list(self.partials)
        for (k, j), slope in changed.items():
            row = list(partials[k])
            row[j] = slope
            partials[k] = tuple(row)
        return self._pick(self._backward(partials))

    @property
    def reach(self) -> Any:
        """reach[k, i]: the slope of node k along input i."""
        if self._reach is None:
            self._reach = np.zeros((len(self.nodes), len(self.inputs)))
            for i, k in enumerate(self.inputs):
                if k >= 0:
                    self._reach[k, i] = 1.0
            for k, operands in enumerate(self.operands):
                for operand, partial in zip(operands, self.partials[k], strict=True):
                    if self.ops[operand] != "constant" and partial != 0.0:
                        self._reach[k] += partial * self._reach[operand]
        return self._reach

    def through(self, k: int, j: int) -> Any:
        """What the slopes would gain if the partial of operand j of node k were larger by 1."""
        return self.adjoints[k] * self.reach[self.operands[k][j]]

    def edge(self, k: int, j: int) -> Edge:
        """Operand j of node k, as the table of misconceptions reads it."""
        operands = [self.data[operand] for operand in self.operands[k]]
        second = operands[1] if len(operands) > 1 else math.nan
        return Edge(j, operands[0], second, self.data[k], self.partials[k][j])

    def right(self, rtol: float) -> list[bool]:
        """For each slope whether the hand-written one agrees."""
        triples = zip(self.hand, self.slopes, self.sizes, strict=True)
        return [agree(h, g, size, rtol) for h, g, size in triples]


def probe_around(
    at: Sequence[float],
    probe: Callable[[Sequence[float]], Probe | None],
    count: int,
    seed: int,
) -> list[Probe]:
    """Probes at ``at`` and around it, with each relu and abs seen from both sides."""
    rng = random.Random(seed)
    first = probe(at)
    if first is None:
        return []
    probes = [first]
    for _ in range(20 * count):
        if len(probes) > count:
            break
        reach = rng.choice([0.3, 0.3, 1.0, 2.0])
        found = probe([x + reach * (abs(x) or 1.0) * rng.uniform(-1, 1) for x in at])
        if found is not None:
            probes.append(found)
    if count and any(op in ("relu", "abs") for op in first.ops):
        _see_both_sides(at, probe, probes, rng)
    return probes


def _see_both_sides(
    at: Sequence[float],
    probe: Callable[[Sequence[float]], Probe | None],
    probes: list[Probe],
    rng: random.Random,
) -> None:
    first = probes[0]
    switches = [k for k, op in enumerate(first.ops) if op in ("relu", "abs")]

    def sides(p: Probe) -> set[tuple[int, bool]]:
        if p.ops != first.ops:
            return set()
        return {(k, p.data[p.operands[k][0]] > 0) for k in switches}

    seen = set().union(*map(sides, probes))
    for _ in range(100):
        if len(seen) == 2 * len(switches):
            return
        found = probe(
            [rng.choice([x, -x, x / 2, x + rng.uniform(-5, 5) * (abs(x) or 1.0)]) for x in at]
        )
        if found is not None and sides(found) - seen:
            seen |= sides(found)
            probes.append(found)


def spell(node: Value, width: int = 40) -> str:
    """A node as a short formula of labels and numbers."""
    text = _spell(node, 0)
    return text if len(text) <= width else f"{text[: width // 2 - 2]} … {text[2 - width // 2 :]}"


_BINDS = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 2, "pow": 3}


def _spell(node: Value, depth: int, context: int = 0) -> str:
    """The formula; in brackets where it binds less than ``context``."""
    if node.label:
        return node.label
    if not node.op:
        return f"{node.data:g}"
    if depth > 6:
        return "…"
    binds = _BINDS.get(node.op, 0)
    parts = [
        _spell(operand, depth + 1, binds and binds + (j == 1 and node.op != "add"))
        for j, operand in enumerate(node.operands)
    ]
    if node.op == "neg":
        text = f"-{parts[0]}"
    elif node.op == "pow":
        text = "**".join(parts)
    elif binds:
        text = f"{parts[0]} {node._op} {parts[1]}"
    else:
        return f"{node.op}({', '.join(parts)})"
    return f"({text})" if binds < context else text
