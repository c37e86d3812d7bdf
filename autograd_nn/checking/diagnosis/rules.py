"""Mistakes in the rules of differentiation: at one operation, or at every one of a kind.

What is left out: the table of wrong rules (``misconceptions``), and mistakes that only networks
or rows of data allow (``networks``, ``rows``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Changes, Hypothesis
from autograd_nn.checking.diagnosis.composites import KINDS, Composite
from autograd_nn.checking.diagnosis.misconceptions import MISCONCEPTIONS, Edge, Rule, general_rules
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.spelling import number
from autograd_nn.checking.diagnosis.statistics import statistic
from autograd_nn.checking.diagnosis.structure import ACTIVATIONS, Structure
from autograd_nn.ops import primitive

__all__ = [
    "Group",
    "every_rule",
    "groups_of",
    "inner_missing",
    "on_every_shape",
    "one_number",
    "power_laws",
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
            yield Group(found, _family_text(s, found), 0.0, place)
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


def _family_text(s: Structure, edges: Sequence[Where]) -> str:
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
    words = {
        "the denominator, 1/v of the quotient rule, is missing": f"the division by {other} is missing",
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
        if s.vague(k) or s.probe.ops[k] in ("abs", "relu", "maximum", "minimum"):
            continue  # too large to be an inner function that someone forgets
        text = f"the inner derivative of {said} is missing (chain rule)"
        if len(values) == 1:
            value = next(iter(values))
            if value == 1.0:
                continue
            text = f"the inner derivative of {said}, a factor {value:.6g}, is missing (chain rule)"
        advice = f"Multiply by the slope of {said} too."
        yield Hypothesis(1.95, "inner", text, advice, slopes=slopes)


def one_number(case: Case) -> Iterator[Hypothesis]:
    """Product, quotient and chain rule put together wrongly, for each number by itself."""
    s = case.structure
    if not case.same or len(s.probe.nodes) * len(case.names) > 20_000:
        return
    for nodes in s.families.values():
        several = [[k] for k in nodes] if len(nodes) <= 12 else []
        for some in [nodes, *several] if len(nodes) > 1 else [nodes]:
            yield from _put_together(s, some)


def _put_together(s: Structure, nodes: Sequence[int]) -> Iterator[Hypothesis]:
    k, op = nodes[0], s.probe.ops[nodes[0]]
    live = [o for o in s.probe.operands[k] if s.live[o]]
    at = f"at {s.say(k)}"
    if len(nodes) > 1:
        such = "" if s.vague(k) or len(s.say(k)) > 16 else f", such as {s.say(k)}"
        at = _family_text(s, [(k, 0)]) + such
    vague = 0.4 if s.vague(k) else 0.0
    if op in ("mul", "div") and len(live) == 2:
        for rare, words, form in _TOGETHER[op]:
            yield Hypothesis(
                1.97 + rare + vague, "rule", f"{at}: {words}", slopes=_both(nodes, form)
            )
    elif len(live) == 1 and op in (*_INNER, "pow") and live[0] not in s.leaf:
        for cost, words, form in _MISPLACED:
            text = f"{at}: {words.format(op='the power' if op == 'pow' else op)}"
            rare = 0.1 if op == "pow" else 0.0
            yield Hypothesis(cost + rare, "rule", text, slopes=_outer(nodes, op, form))


_MISPLACED: tuple[tuple[float, str, Callable[..., Any]], ...] = (
    (2.1, "the inner slope is put inside {op}, not multiplied (chain rule)",
     lambda outer, du, x, u: outer(du)),
    (2.15, "the inner slope is put inside {op} too, not only multiplied (chain rule)",
     lambda outer, du, x, u: outer(du) * du),
    (2.15, "the slope of {op} is taken at the variable, not at the inner value (chain rule)",
     lambda outer, du, x, u: outer(x) * du),
    (2.12, "the inner slope is added to that of {op}, not multiplied (chain rule)",
     lambda outer, du, x, u: outer(u) + du),
    (2.12, "divided by the inner slope, not multiplied, at {op} (chain rule)",
     lambda outer, du, x, u: outer(u) / du),
    (2.14, "numerator and denominator are exchanged: u/u', not u'/u as for log",
     lambda outer, du, x, u: 1 / (outer(u) * du)),
)  # fmt: skip


def power_laws(case: Case) -> Iterator[Hypothesis]:
    """Powers that are written as roots and quotients, such as ``2 / sqrt(x)``: c * u**n."""
    s = case.structure
    like = [q for q in case.around if q.shape == s.probe.shape]
    if not case.same or len(like) < _TELLING or len(s.probe.nodes) > 300:
        return
    for k, op in enumerate(s.probe.ops):
        leaves = [o for o in s.below(k) if o in s.leaf] if s.live[k] and k not in s.leaf else []
        if len(leaves) != 1 or op not in ("mul", "div", "sqrt", "pow"):
            continue
        law = _power_law(leaves[0], k, like)
        if law is None:
            continue
        c, n = law
        at = f"at {s.say(k)}" + (f", c*u**{n:g}" if op != "pow" else "")
        for words, slope in (
            ("the exponent is not lowered by one", lambda u, c=c, n=n: n * c * u**n),
            (f"the exponent {n:.3g} - 1 = {n - 1:.3g} has the wrong sign",
             lambda u, c=c, n=n: n * c * u ** (1 - n)),
            ("the exponent is raised by one, not lowered", lambda u, c=c, n=n: n * c * u ** (n + 1)),
            ("the exponent in front, a factor, is missing", lambda u, c=c, n=n: c * u ** (n - 1)),
            ("the sign of the exponent in front is lost", lambda u, c=c, n=n: -n * c * u ** (n - 1)),
        ):  # fmt: skip

            def slopes(
                p: Probe, k: int = k, o: int = leaves[0], slope: Callable[..., float] = slope
            ) -> Any:
                found = np.array(p.slopes)
                i = s.leaf[o]
                found[i] += p.adjoints[k] * (slope(p.data[o]) - float(p.reach[k, i]))
                return found

            yield Hypothesis(1.99, "rule", f"{at}: power rule: {words}", slopes=slopes)


def _power_law(leaf: int, k: int, like: Sequence[Probe]) -> tuple[float, float] | None:
    """c and n of ``c * u**n``, the same at all points; not of a plain multiple or constant."""
    u, y = np.array([[q.data[leaf], q.data[k]] for q in like]).T
    if (u <= 0).any() or (y == 0).any() or np.ptp(u) < 1e-6 * u.max():
        return None
    far = int(np.argmax(np.abs(np.log(u / u[0]))))
    if y[far] / y[0] <= 0:
        return None
    n = round(float(np.log(y[far] / y[0]) / np.log(u[far] / u[0])), 9)
    c = float(y[0] / u[0] ** n)
    fits = np.allclose(c * u**n, y, rtol=1e-7)
    return (c, n) if fits and min(abs(n), abs(n - 1)) > 1e-6 else None


def _outer(nodes: Sequence[int], op: str, form: Callable[..., Any]) -> Callable[[Probe], Any]:
    """The slopes with the slope of ``op`` taken at a wrong place, for some nodes."""
    row = primitive(op)

    def slopes(p: Probe) -> Any:
        total = np.array(p.slopes)
        for k in nodes:
            u, *rest = p.operands[k]
            fixed = [p.data[o] for o in rest]

            def outer(v: float, fixed: Sequence[float] = fixed) -> float:
                return float(row.partials(v, *fixed, row.scalar(v, *fixed))[0])

            wrong = [form(outer, float(du), x, p.data[u]) if du else 0.0
                     for du, x in zip(p.reach[u], p.at, strict=True)]  # fmt: skip
            total += p.adjoints[k] * (np.array(wrong) - p.reach[k])
        return total

    return slopes


_INNER = frozenset("sin cos exp log tanh sigmoid sqrt tan atan".split())
_Form = Callable[[Any, Any, Any, Any], Any]
_TOGETHER: dict[str, list[tuple[float, str, _Form]]] = {
    "mul": [
        (0.0, "product rule: the derivatives of both factors are multiplied",
         lambda u, v, du, dv: du * dv),
        (0.15, "product rule: the two terms are subtracted, not added: a sign",
         lambda u, v, du, dv: du * v - u * dv),
        (0.2, "product rule: the derivatives of both factors are added",
         lambda u, v, du, dv: du + dv),
        (0.05, "product rule: each derivative times its own factor", lambda u, v, du, dv: du * u + dv * v),
        (-0.2, "product rule: only the first factor is differentiated", lambda u, v, du, dv: du * v),
        (-0.2, "product rule: only the second factor is differentiated", lambda u, v, du, dv: u * dv),
    ],
    "div": [
        (0.0, "quotient rule: the derivatives of numerator and denominator are divided",
         lambda u, v, du, dv: du / dv),
        (0.01, "quotient rule: the denominator is not squared",
         lambda u, v, du, dv: (du * v - u * dv) / v),
        (0.02, "quotient rule: the division by the denominator squared is missing",
         lambda u, v, du, dv: du * v - u * dv),
        (0.02, "quotient rule: the two terms are added, not subtracted: a sign",
         lambda u, v, du, dv: (du * v + u * dv) / v**2),
        (0.02, "quotient rule: the terms are in the wrong order: the sign",
         lambda u, v, du, dv: (u * dv - du * v) / v**2),
        (-0.2, "quotient rule: only the numerator is differentiated", lambda u, v, du, dv: du / v),
        (-0.2, "quotient rule: only the denominator is differentiated",
         lambda u, v, du, dv: -u * dv / v**2),
        (0.05, "quotient rule: divided by the derivative of the denominator squared",
         lambda u, v, du, dv: (du * v - u * dv) / dv**2),
        (0.05, "quotient rule: divided by the numerator squared, not the denominator",
         lambda u, v, du, dv: (du * v - u * dv) / u**2),
    ],
}  # fmt: skip


def _both(nodes: Sequence[int], form: _Form) -> Callable[[Probe], Any]:
    """The slopes with ``form`` in place of the true slope of some nodes along each number."""

    def slopes(p: Probe) -> Any:
        total = np.array(p.slopes)
        for k in nodes:
            operands = p.operands[k]
            u, v = operands[0], operands[-1]
            own = p.reach[k]
            depends = (p.reach[u] != 0.0) | (p.reach[v] != 0.0)
            wrong = form(p.data[u], p.data[v], p.reach[u], p.reach[v])
            total += p.adjoints[k] * (np.where(depends, wrong, own) - own)
        return total

    return slopes


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
