"""Mistakes in the rules of differentiation: at one operation, or at every one of a kind.

What is left out: the table of wrong rules (``misconceptions``), and mistakes that only networks
or rows of data allow (``networks``, ``rows``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.case import Case, Changes, Hypothesis
from autograd_nn.checking.diagnosis.misconceptions import MISCONCEPTIONS, Edge, general_rules
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.structure import ACTIVATIONS, Structure

__all__ = ["Group", "every_rule", "groups_of", "inner_missing", "on_every_shape"]

Where = tuple[int, int]
Wrong = Callable[[Edge], float | None]
_MOST_EDGES = 700  # a larger graph is searched by families only


class Group(NamedTuple):
    """Edges at which the same mistake is tried: one, a family, or all of an operation."""

    edges: list[Where]
    text: str
    cost: float


def on_every_shape(
    case: Case, generate: Callable[[Structure], Iterator[Hypothesis]]
) -> Iterator[Hypothesis]:
    """The hypotheses about each graph of ``f``, those of one text as one.

    Where a graph lacks the operation that a hypothesis is about, the mistake changes nothing.
    """
    if case.same:
        yield from generate(case.structure)
        return
    merged: dict[tuple[float, str, str], dict[int, Changes]] = {}
    advice: dict[tuple[float, str, str], str] = {}
    for shape, structure in case.structures.items():
        for h in generate(structure):
            if h.changes is not None:
                key = (h.cost, h.kind, h.text)
                merged.setdefault(key, {}).setdefault(shape, h.changes)
                advice[key] = h.advice
    for key, by_shape in merged.items():

        def changes(
            p: Probe, by_shape: dict[int, Changes] = by_shape
        ) -> Mapping[Where, float] | None:
            chosen = by_shape.get(p.shape)
            return {} if chosen is None else chosen(p)

        yield Hypothesis(*key, advice[key], changes=changes)


def groups_of(s: Structure) -> Iterator[Group]:
    """Single edges, families of edges, and all edges of an operation."""
    p = s.probe
    edges = [
        (k, j) for k, operands in enumerate(p.operands) for j, o in enumerate(operands) if s.live[o]
    ]
    families: dict[tuple[int, int], list[Where]] = {}
    by_op: dict[str, list[Where]] = {}
    for k, j in edges:
        families.setdefault((s.family[k], j), []).append((k, j))
        by_op.setdefault(p.ops[k], []).append((k, j))
    for found in families.values():
        if len(found) > 1:
            yield Group(found, _family_text(s, found), 0.0)
    seen = {tuple(found) for found in families.values()}
    for op, found in by_op.items():
        if len({s.family[k] for k, _ in found}) > 1 and tuple(found) not in seen:
            yield Group(found, f"at every {op}", 0.02)
    if len(edges) <= _MOST_EDGES:
        for k, j in edges:
            yield Group([(k, j)], _edge_text(s, k, j), 0.04)


def _edge_text(s: Structure, k: int, j: int) -> str:
    operands = s.probe.operands[k]
    row = s.row_of(k)
    in_row = "" if row is None else f" (row {row})"
    if sum(s.live[o] for o in operands) > 1:
        return f"at {s.say(k)}, along {s.say(operands[j])}{in_row}"
    return f"at {s.say(k)}{in_row}"


def _family_text(s: Structure, edges: Sequence[Where]) -> str:
    k, op = edges[0][0], s.probe.ops[edges[0][0]]
    where = s.where(k)
    if op in ACTIVATIONS:
        return f"at every {op} {where}".strip()
    nouns = {"mul": "product", "div": "quotient", "pow": "power", "add": "sum", "sub": "difference"}
    return f"at every {nouns.get(op, op)} {where}".strip()


def every_rule(case: Case) -> Iterator[Hypothesis]:
    """Each wrong rule of the table at each place."""
    yield from on_every_shape(case, _rules)


def _rules(s: Structure) -> Iterator[Hypothesis]:
    for group in groups_of(s):
        k, j = group.edges[0]
        op = s.probe.ops[k]
        table = [*MISCONCEPTIONS.get(op, ()), *general_rules(op)]
        for rank, rule in enumerate(table):
            cost = 2.0 + 0.02 * rank + group.cost + rule.rare
            text = f"{group.text}: {rule.words}"
            yield Hypothesis(
                cost, "rule", text, rule.advice, changes=_changed(group.edges, rule.wrong)
            )


def _changed(edges: Sequence[Where], wrong: Wrong) -> Changes:
    def changes(p: Probe) -> Mapping[Where, float] | None:
        found = {}
        for k, j in edges:
            slope = wrong(p.edge(k, j))
            if slope is not None and not isinstance(slope, complex):
                found[k, j] = slope
        return found or None

    return changes


def inner_missing(case: Case) -> Iterator[Hypothesis]:
    """The chain stops one step early: the slope along an inner part stands for the whole."""
    s = case.structure
    if not case.same or len(s.probe.nodes) * len(case.names) > 20_000:
        return
    for k in range(len(s.probe.nodes) - 1):
        if not s.live[k] or k in s.leaf:
            continue
        if all(s.probe.ops[user] in ("add", "sub") for user, _ in s.uses[k]):
            continue  # as good as the sum itself

        def slopes(p: Probe, k: int = k) -> np.ndarray:
            inner = p.reach[k]
            return np.asarray(p.slopes) + p.adjoints[k] * np.where(inner != 0.0, 1.0 - inner, 0.0)

        inner = {tuple(np.round(p.reach[k], 9)) for p in case.probes}
        values = {v for v in next(iter(inner)) if v != 0.0} if len(inner) == 1 else set()
        said = s.say(k)
        text = f"the inner derivative of {said} is missing (chain rule)"
        if len(values) == 1:
            value = next(iter(values))
            if value == 1.0:
                continue
            text = f"the inner derivative of {said}, a factor {value:.6g}, is missing (chain rule)"
        advice = f"Multiply by the slope of {said} too."
        yield Hypothesis(1.95, "inner", text, advice, slopes=slopes)
