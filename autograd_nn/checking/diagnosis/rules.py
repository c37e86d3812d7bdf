"""Mistakes in the rules of differentiation: at one operation, or at every one of a kind.

What is left out: the table of wrong rules (``misconceptions``), and mistakes that only networks
or rows of data allow (``networks``, ``rows``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.composites import KINDS, Composite
from autograd_nn.checking.diagnosis.hypothesis import Changes, Hypothesis
from autograd_nn.checking.diagnosis.misconceptions import MISCONCEPTIONS, Edge, Rule, general_rules
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.spelling import number
from autograd_nn.checking.diagnosis.statistics import statistic
from autograd_nn.checking.diagnosis.structure import ACTIVATIONS, Structure

__all__ = [
    "Group",
    "composite_mistakes",
    "every_rule",
    "family_text",
    "groups_of",
    "on_every_shape",
    "ratios",
]

Where = tuple[int, int]
Wrong = Callable[[Edge], float | None]
_TWO_SIDED = ("mul", "div", "maximum", "minimum")
_TELLING = 4  # points at which a quantity is no chance
_MOST_EDGES = 700  # a larger graph is searched by families only


class Group(NamedTuple):
    """Edges at which the same mistake is tried: one, a family, or all of an operation."""

    edges: list[Where]
    text: str
    cost: float
    place: object = None


def on_every_shape(
    case: Case, generate: Callable[[Structure], Iterator[Hypothesis]]
) -> Iterator[Hypothesis]:
    """The hypotheses about each graph of ``f``, those of one text as one.

    Where a graph lacks the operation that a hypothesis is about, the mistake changes nothing.
    """
    if case.same:
        yield from generate(case.structure)
        return
    merged: dict[tuple[float, str, str, object], dict[int, Changes]] = {}
    one: dict[tuple[float, str, str, object], Hypothesis] = {}
    for shape, structure in case.structures.items():
        for h in generate(structure):
            if h.changes is not None:
                key = (h.cost, h.kind, h.text, h.place)
                merged.setdefault(key, {}).setdefault(shape, h.changes)
                one[key] = h
    for key, by_shape in merged.items():

        def changes(
            p: Probe, by_shape: dict[int, Changes] = by_shape
        ) -> Mapping[Where, float] | None:
            chosen = by_shape.get(p.shape)
            return {} if chosen is None else chosen(p)

        yield one[key]._replace(changes=changes)


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
    for place, found in families.items():
        if len(found) > 1 or s.branches:
            yield Group(found, family_text(s, found), 0.0, place)
    seen = {tuple(found) for found in families.values()}
    for op, found in by_op.items():
        if len({s.family[k] for k, _ in found}) > 1 and tuple(found) not in seen:
            yield Group(found, f"at every {_NOUNS.get(op, op)}", 0.02)
    if len(edges) <= _MOST_EDGES:
        for k, operands in enumerate(p.operands):
            if p.ops[k] in _TWO_SIDED and sum(s.live[o] for o in operands) == 2:
                yield Group([(k, 0), (k, 1)], f"at {s.say(k)}", 0.03)
        for k, j in edges:
            yield Group([(k, j)], _edge_text(s, k, j), 0.04)


def ratios(case: Case) -> Iterator[Hypothesis]:
    """Slopes multiplied or divided by a quantity of the function."""
    s = case.structure
    if not case.same or len(s.probe.nodes) > 300 or len(case.probes) < _TELLING:
        return
    for k in range(len(s.probe.nodes)):
        if not s.live[k]:
            continue
        said = s.say(k)
        yield Hypothesis(
            2.6, "ratio", f"yours is the true slope divided by {said}", f"Multiply by {said}.",
            slopes=lambda p, k=k: np.asarray(p.slopes) / p.data[k],
        )  # fmt: skip
        yield Hypothesis(
            2.65, "ratio", f"yours is the true slope times {said}", f"Divide by {said}.",
            slopes=lambda p, k=k: np.asarray(p.slopes) * p.data[k],
        )  # fmt: skip


def _edge_text(s: Structure, k: int, j: int) -> str:
    operands = s.probe.operands[k]
    row = s.row_of(k)
    in_row = "" if row is None else f" (row {row})"
    if sum(s.live[o] for o in operands) > 1:
        return f"at {s.say(k)}, along {s.say(operands[j])}{in_row}"
    return f"at {s.say(k)}{in_row}"


def family_text(s: Structure, edges: Sequence[Where]) -> str:
    k, op = edges[0][0], s.probe.ops[edges[0][0]]
    where = s.where(k)
    if op in ACTIVATIONS:
        return f"at every {op} {where}".strip()
    return f"at every {_NOUNS.get(op, op)} {where}".strip()


_NOUNS = {"mul": "product", "div": "quotient", "pow": "power", "add": "sum", "sub": "difference"}


def every_rule(case: Case) -> Iterator[Hypothesis]:
    """Each wrong rule of the table at each place."""
    yield from on_every_shape(case, _rules)


def _rules(s: Structure) -> Iterator[Hypothesis]:
    for group in groups_of(s):
        k, j = group.edges[0]
        op = s.probe.ops[k]
        if op in ("add", "sub") and len(group.edges) > 1:
            continue  # a row, a term, or a path: these have words of their own
        table = [*MISCONCEPTIONS.get(op, ()), *general_rules(op)]
        other = _other(s, group.edges) if op in ("mul", "div") else ""
        if op == "mul" and _all_constant(s, group.edges):
            table = list(_scaled_by(other or "from the data"))
        elif op == "div" and j == 0 and len({e[1] for e in group.edges}) == 1:
            divisor = s.probe.operands[k][1]
            known = not s.live[divisor]
            square = number(s.probe.data[divisor] ** 2) if known else f"({other})**2"
            table = _divided_by(other, square, table) if other else table
        elif op == "mul" and other:
            table[0] = table[0]._replace(words=f"the factor {other} is missing (product rule)")
        for rank, rule in enumerate(table):
            cost = 2.0 + 0.02 * rank + group.cost + rule.rare
            text = f"{group.text}: {rule.words}"
            if op in ("add", "sub"):
                text = rule.words.replace("this term", f"the term {s.say(s.probe.operands[k][j])}")
            yield Hypothesis(
                cost, "rule", text, rule.advice,
                changes=_changed(group.edges, rule.wrong), place=group.place,
            )  # fmt: skip


def _all_constant(s: Structure, edges: Sequence[Where]) -> bool:
    return not any(s.live[s.probe.operands[k][1 - j]] for k, j in edges)


def _other(s: Structure, edges: Sequence[Where]) -> str:
    """The other operand of all of these products, or quotients, in words, if it is the same."""
    others = list(dict.fromkeys(s.probe.operands[k][1 - j] for k, j in edges))
    if not any(s.live[o] for o in others):
        values = {s.probe.data[o] for o in others}
        return number(next(iter(values))) if len(values) == 1 else ""
    if len(others) == 1:
        return statistic(s, others[0], alone=True) or s.say(others[0])
    if all(o in s.leaf for o in others):
        arrays = {s.names.array[s.leaf[o]] for o in others}
        return next(iter(arrays)) if len(arrays) == 1 else ""
    if len({s.family[o] for o in others}) == 1:
        return statistic(s, others[0])
    return ""


def _scaled_by(factor: str) -> Iterator[Rule]:
    """What is done wrongly with a constant factor."""
    yield Rule(f"the factor {factor} is missing", lambda e: 1.0)
    yield Rule(f"the sign of the factor {factor} is flipped", lambda e: -e.slope)
    yield Rule(f"divided by the factor {factor}, not multiplied",
               lambda e: 1 / e.slope if e.slope else None)  # fmt: skip
    yield Rule(f"the factor {factor} is used twice", lambda e: e.slope**2)
    yield Rule(f"the product with {factor} is dropped: its slope is missing", lambda e: 0.0)
    yield Rule(f"the product itself in place of its factor {factor}", lambda e: e.y, 0.3)
    own = "what is multiplied stands in place of its factor"
    yield Rule(f"{own} {factor}", lambda e: e.b if e.j else e.a, 0.3)


def _divided_by(other: str, square: str, table: Sequence[Rule]) -> list[Rule]:
    """The rules for the numerator, with the name of what it is divided by."""
    missing = "the denominator, 1/v of the quotient rule, is missing"
    words = {
        missing: f"the division by {other} is missing",
        "quotient rule: v instead of 1/v": f"multiplied by {other}, not divided",
        "quotient rule: divided by v**2, not by v": f"divided by {square}, not by {other}",
    }
    return [rule._replace(words=words.get(rule.words, rule.words)) for rule in table]


def _changed(edges: Sequence[Where], wrong: Wrong) -> Changes:
    def changes(p: Probe) -> Mapping[Where, float] | None:
        found = {}
        for k, j in edges:
            slope = wrong(p.edge(k, j))
            if slope is not None and not isinstance(slope, complex):
                found[k, j] = slope
        return found or None

    return changes


def composite_mistakes(case: Case) -> Iterator[Hypothesis]:
    """Wrong rules for written-out activations: all of a layer, or one of them."""
    if not case.same:
        return
    s = case.structure
    groups: dict[tuple[str, int], list[Composite]] = {}
    for found in s.composites:
        groups.setdefault((found.kind, s.family[found.node]), []).append(found)
    for (kind, _), members in groups.items():
        where = s.where(members[0].node)
        text = f"at every {kind} {where}".strip() if len(members) > 1 else f"at the {kind}"
        for rank, rule in enumerate([*MISCONCEPTIONS[kind], *general_rules(kind)]):
            yield Hypothesis(
                2.0 + 0.02 * rank + rule.rare, "rule", f"{text}: {rule.words}",
                slopes=_slopes(members, rule),
            )  # fmt: skip


def _slopes(members: Sequence[Composite], rule: Rule) -> Callable[[Probe], Any]:
    def slopes(p: Probe) -> Any:
        more: dict[int, float] = {}
        for kind, node, inner in members:
            z, y = p.data[inner], p.data[node]
            own = KINDS[kind][1](z, y)
            wrong = rule.wrong(Edge(0, z, float("nan"), y, own))
            if wrong is None or isinstance(wrong, complex):
                return None
            more[inner] = more.get(inner, 0.0) + p.adjoints[node] * (wrong - own)
        return p.with_more(more)

    return slopes
