"""A wrong gradient, the hypotheses about it, and which numbers each of them reproduces.

What is left out: the hypotheses themselves (the rules) and choosing among them (``search``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.composites import find_composites
from autograd_nn.checking.diagnosis.hypothesis import Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.spelling import HEADLINE, Names
from autograd_nn.checking.diagnosis.structure import Structure

__all__ = ["Case", "Matched", "match", "predictions"]

_ROUNDING = 1e-12
_MOST_SHAPES = 12  # more ways through the branches of f than this are not looked at
_CELLS = 20_000_000  # numbers in one sweep


class Case:
    """A gradient that is wrong somewhere.

    Attributes:
        probes: the points, the given one first.
        around: more points to know the function by; their hand-written slopes do not count.
        names: of the numbers.
        room: how many characters a headline may have.
        right: for each probe and number, whether the slope is right there.
        wrong: the positions that disagree at some point.
        groups: the wrong positions by array.
        structures: of every graph that ``f`` recorded, by its shape; one where ``f`` has no
            branches.
        structure: of the graph at the given point.
        same: whether the graph has the same operations at every point.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        names: Sequence[str],
        rtol: float,
        around: Sequence[Probe] | None = None,
    ) -> None:
        known = set(list(dict.fromkeys(probe.shape for probe in probes))[:_MOST_SHAPES])
        probes = [probe for probe in probes if probe.shape in known]
        self.probes, self.rtol = probes, rtol
        self.known = Names(names)
        self.names = self.known.listed
        self.around = list(probes if around is None else around)
        self.room = HEADLINE - (len("consistent with: ") if len(probes) == 1 else 0)
        self.right = np.array([probe.right(rtol) for probe in probes])
        self.wrong = [i for i in range(len(names)) if not self.right[:, i].all()]
        self.structures: dict[int, Structure] = {}
        # A long vector that holds several layers counts as several arrays.
        parts = self.known
        if all(probe.shape == probes[0].shape for probe in probes):
            parts = parts.split(Structure(probes[0], parts).roles())
        kinds: dict[object, int] = {}
        for probe in probes:
            if probe.shape not in self.structures:
                self.structures[probe.shape] = Structure(probe, parts, kinds)
        self.structure = self.structures[probes[0].shape]
        self.same = len(self.structures) == 1
        for structure in self.structures.values():
            structure.branches = not self.same
            structure.composites = find_composites(structure, self.around)
        self.groups: dict[str, list[int]] = {}
        for i in self.wrong:
            self.groups.setdefault(parts.array[i], []).append(i)
        self.slopes = np.array([p.slopes for p in probes])
        self.hand = np.array([p.hand for p in probes])
        self.sizes = np.array([p.sizes for p in probes])

    def who(self, chosen: Iterable[int]) -> str:
        """These positions in words."""
        return self.known.said(chosen)

    def agrees(self, p: int, predicted: Any) -> Any:
        """Which predicted slopes equal the hand-written ones at probe ``p``, by number."""
        hand = self.hand[p]
        with np.errstate(all="ignore"):
            largest = np.maximum(np.abs(hand), np.abs(predicted))
            margin = self.rtol * largest + _ROUNDING * (self.sizes[p] + np.abs(predicted))
            near = np.isfinite(predicted) & (np.abs(hand - predicted) <= margin)
            equal: Any = (hand == predicted) | near
        return equal


class Matched(NamedTuple):
    """A hypothesis, and for each number whether it gives the hand-written slope everywhere."""

    hypothesis: Hypothesis
    numbers: Any


def match(case: Case, hypotheses: Iterable[Hypothesis]) -> list[Matched]:
    """The hypotheses that reproduce at least one wrong slope at every probe."""
    listed = list(hypotheses)
    wrong = np.zeros(len(case.names), bool)
    wrong[case.wrong] = True
    alive = [(h, np.ones(len(case.names), bool)) for h in listed]
    # The points with most wrong slopes tell most; they come first.
    order = sorted(range(len(case.probes)), key=lambda p: int(case.right[p].sum()))
    for p in order:
        plain = [(h, n) for h, n in alive if h.slopes is not None]
        graph = [(h, n) for h, n in alive if h.changes is not None]
        alive = []
        for hypothesis, numbers in plain:
            predicted = _plainly(hypothesis, case.probes[p])
            if predicted is not None:
                alive.append((hypothesis, numbers & case.agrees(p, predicted)))
        chunk = max(1, _CELLS // len(case.probes[p].nodes))
        for start in range(0, len(graph), chunk):
            some = [
                (h, n, c) for h, n in graph[start : start + chunk]
                if (c := _changed(h, case.probes[p])) is not None
            ]  # fmt: skip
            if some:
                predictions = case.probes[p].sweep([c for _, _, c in some])
                alive += [
                    (h, n & case.agrees(p, q))
                    for (h, n, _), q in zip(some, predictions, strict=True)
                ]
        alive = [(h, n) for h, n in alive if (n & wrong).any()]
    return [Matched(h, n) for h, n in alive]


def predictions(hypothesis: Hypothesis, probes: Sequence[Probe]) -> list[Any]:
    """The slopes that a hypothesis leads to at some points; ``None`` where it does not apply."""
    found: list[Any] = []
    for probe in probes:
        changes = _changed(hypothesis, probe)
        if hypothesis.slopes is not None:
            found.append(_plainly(hypothesis, probe))
        else:
            found.append(None if changes is None else probe.sweep([changes])[0])
    return found


def _plainly(hypothesis: Hypothesis, probe: Probe) -> Any:
    if hypothesis.slopes is None:
        return None
    try:
        with np.errstate(all="ignore"):
            found = hypothesis.slopes(probe)
    except (ArithmeticError, ValueError):
        return None
    return None if found is None else np.asarray(found, float)


def _changed(hypothesis: Hypothesis, probe: Probe) -> Mapping[tuple[int, int], float] | None:
    if hypothesis.changes is None:
        return None
    try:
        found = hypothesis.changes(probe)
    except (ArithmeticError, ValueError, IndexError):
        return None
    return found
