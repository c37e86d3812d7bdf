"""Points around the given one, with the graph, the engine's slopes, and the hand-written ones.

What is left out: what the graph means (``structure``) and what is wrong.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.diagnosis.kinks import Kinks
from autograd_nn.checking.diagnosis.misconceptions import Edge
from autograd_nn.engine import Value, topological_order

__all__ = ["Probe", "agree", "probe_around"]

_ROUNDING = 1e-12  # of the sum of the absolute contributions; 2.2e-16 each, and a few of them

Slopes = Callable[[Sequence[float]], list[float]]


def agree(a: float, b: float, size: float, rtol: float = 1e-9) -> bool:
    """Whether two slopes are equal up to rounding; ``size`` is the sum of what was added up."""
    return a == b or abs(a - b) <= rtol * max(abs(a), abs(b)) + _ROUNDING * size


class Probe:
    """One point: the graph of ``f`` there, its slopes, and the hand-written ones.

    Attributes:
        at: the numbers.
        hand: the hand-written slopes.
        slopes: the engine's.
        sizes: for each slope the sum of the absolute contributions, the scale of its rounding.
        nodes: the graph, operands first; ``operands`` and ``partials`` by position in it.
        shape: the same number for graphs of the same operations.
        adjoints: the slope of the result along each node.
        conditions: the comparisons that ``f`` made, in words, and how they came out.
    """

    def __init__(
        self,
        result: Value,
        inputs: Sequence[Value],
        hand: list[float],
        conditions: Sequence[tuple[str, bool]] = (),
    ) -> None:
        self.at = [x.data for x in inputs]
        self.hand = hand
        self.conditions = tuple(conditions)
        self.nodes = topological_order(result)
        position = {id(node): k for k, node in enumerate(self.nodes)}
        self.inputs = [position.get(id(x), -1) for x in inputs]
        self.operands = [tuple(position[id(x)] for x in node.operands) for node in self.nodes]
        self.partials = [node.partials for node in self.nodes]
        self.data = [node.data for node in self.nodes]
        self.ops = [node.op or node.kind for node in self.nodes]
        self._reach: Any = None
        self._kinks: Kinks | None = None
        self._noise: float | None = None
        self.shape = hash((tuple(self.ops), tuple(self.operands)))
        self.adjoints = self.backward(self.partials)
        self.slopes = self._pick(self.adjoints)
        absolute = [self._rounding_scale(k) for k in range(len(self.nodes))]
        self.sizes = self._pick(self.backward(absolute))

    def _rounding_scale(self, k: int) -> tuple[float, ...]:
        """The sizes of what a formula for these partials adds up: 1 and t**2 for 1 - t**2."""
        if self.ops[k] == "tanh":
            return (1.0,)
        if self.ops[k] == "sigmoid":
            return (abs(self.data[k]),)
        return tuple(map(abs, self.partials[k]))

    def backward(
        self, partials: Sequence[tuple[float, ...]], start: Mapping[int, float] | None = None
    ) -> list[float]:
        """The adjoints of all nodes with these partials, from those of the result or of some."""
        adjoints = [0.0] * len(self.nodes)
        for k, adjoint in ({len(adjoints) - 1: 1.0} if start is None else start).items():
            adjoints[k] = adjoint
        for k in range(len(self.nodes) - 1, -1, -1):
            if adjoints[k] != 0.0:
                for operand, partial in zip(self.operands[k], partials[k], strict=True):
                    if partial != 0.0:
                        adjoints[operand] += adjoints[k] * partial
        return adjoints

    def _pick(self, adjoints: list[float]) -> list[float]:
        return [adjoints[k] if k >= 0 else 0.0 for k in self.inputs]

    def sweep(self, changes: Sequence[Mapping[tuple[int, int], float]]) -> Any:
        """The slopes under each set of changed partials, in one walk: (changes, inputs).

        ``changes[h][k, j]`` takes the place of the partial of operand j of node k.
        """
        count = len(changes)
        by_edge: dict[tuple[int, int], tuple[list[int], list[float]]] = {}
        for h, change in enumerate(changes):
            for edge, slope in change.items():
                which, values = by_edge.setdefault(edge, ([], []))
                which.append(h)
                values.append(slope)
        adjoints = np.zeros((len(self.nodes), count))
        adjoints[-1] = 1.0
        touched = bytearray(len(self.nodes))
        touched[-1] = 1
        with np.errstate(all="ignore"):
            for k in range(len(self.nodes) - 1, -1, -1):
                if not touched[k] or not self.operands[k]:
                    continue
                row = adjoints[k]
                for j, operand in enumerate(self.operands[k]):
                    partial, changed = self.partials[k][j], by_edge.get((k, j))
                    if changed is not None:
                        share = row * partial
                        share[changed[0]] = row[changed[0]] * np.asarray(changed[1])
                    elif partial != 0.0 and self.ops[operand] != "constant":
                        share = row * partial
                    else:
                        continue
                    adjoints[operand] += share
                    touched[operand] = 1
        picked = np.zeros((count, len(self.inputs)))
        for i, k in enumerate(self.inputs):
            if k >= 0:
                picked[:, i] = adjoints[k]
        return picked

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
                    if partial != 0.0 and self.ops[operand] != "constant":
                        self._reach[k] += partial * self._reach[operand]
        return self._reach

    def with_adjoints(self, adjoints: Mapping[int, float]) -> Any:
        """The slopes if these nodes had these adjoints; none may lie below another."""
        return self.with_more({k: a - self.adjoints[k] for k, a in adjoints.items()})

    def with_more(self, more: Mapping[int, float]) -> Any:
        """The slopes if the adjoints of these nodes were so much larger."""
        return np.array(self.slopes) + self._pick(self.backward(self.partials, more))

    def edge(self, k: int, j: int) -> Edge:
        """Operand j of node k, as the table of misconceptions reads it."""
        operands = [self.data[operand] for operand in self.operands[k]]
        second = operands[1] if len(operands) > 1 else math.nan
        return Edge(j, operands[0], second, self.data[k], self.partials[k][j])

    @property
    def kinks(self) -> Kinks:
        """What sits on a kink."""
        if self._kinks is None:
            self._kinks = Kinks(self)
        return self._kinks

    def hides(self, off: float, size: float) -> bool:
        """Whether rounding in f hides a slope so small, over a step of the size of the numbers."""
        if self._noise is None:
            pairs = zip(self.adjoints, self.data, strict=True)
            total = sum(abs(a * v) for a, v in pairs if a and math.isfinite(v))
            self._noise = 4 * math.ulp(1.0) * float(total)
        return abs(off) <= self._noise / (abs(size) or 1.0)

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
    """Probes at ``at`` and around it, with each relu and abs seen from both sides.

    The reach shrinks while most points lie outside the domain.
    """
    rng = random.Random(seed)
    first = probe(at)
    if first is None:
        return []
    probes, shrink = [first], 1.0
    for _ in range(20 * count):
        if len(probes) > count:
            break
        reach = shrink * rng.choice([0.3, 0.3, 1.0, 2.0])
        found = probe([x + reach * (abs(x) or 1.0) * rng.uniform(-1, 1) for x in at])
        if found is not None:
            probes.append(found)
        else:
            shrink = max(0.8 * shrink, 1e-3)
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
    for _ in range(100 if len(first.nodes) < 1000 else 20):
        if len(seen) == 2 * len(switches):
            return
        found = probe(
            [rng.choice([x, -x, x / 2, x + rng.uniform(-5, 5) * (abs(x) or 1.0)]) for x in at]
        )
        if found is not None and sides(found) - seen:
            seen |= sides(found)
            probes.append(found)
