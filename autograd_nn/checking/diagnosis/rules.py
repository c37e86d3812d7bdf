"""Mistakes at operations of the graph: a wrong rule, a lost contribution, a missing factor.

What is left out: mistakes in the gradient as a whole (``explanations``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autograd_nn.checking.diagnosis.explanations import Case, Finding
from autograd_nn.checking.diagnosis.misconceptions import MISCONCEPTIONS, Edge
from autograd_nn.checking.diagnosis.probes import Probe, agree, spell

__all__ = ["LOCAL"]

Wrong = Callable[[Edge], float | None]


def _edges(case: Case) -> Iterator[tuple[int, int]]:
    first = case.probes[0]
    for k, operands in enumerate(first.operands):
        for j, operand in enumerate(operands):
            if first.ops[operand] != "constant":
                yield k, j


def _edge_name(case: Case, k: int, j: int) -> str:
    node = case.probes[0].nodes[k]
    towards = f", along {spell(node.operands[j])}" if len(node.operands) > 1 else ""
    return f"at {spell(node)}{towards}"


def _one_changed(probe: Probe, k: int, j: int, wrong: Wrong) -> list[float] | None:
    slope = wrong(probe.edge(k, j))
    if slope is None or isinstance(slope, complex):
        return None
    change = (slope - probe.partials[k][j]) * probe.through(k, j)
    return [g + c for g, c in zip(probe.slopes, change.tolist(), strict=True)]


def one_rule(case: Case) -> Iterator[Finding]:
    for k, j in _edges(case):
        for rank, (words, wrong) in enumerate(MISCONCEPTIONS.get(case.probes[0].ops[k], ())):
            if case.fits(lambda p, k=k, j=j, w=wrong: _one_changed(p, k, j, w)):
                text = f"{_edge_name(case, k, j)}: {words}"
                yield Finding(2.0 + 0.05 * rank, "rule", text)


def every_rule(case: Case) -> Iterator[Finding]:
    """The same wrong rule at every use of an operation."""
    by_op: dict[str, list[tuple[int, int]]] = {}
    for k, j in _edges(case):
        by_op.setdefault(case.probes[0].ops[k], []).append((k, j))
    for op, edges in by_op.items():
        if len({k for k, _ in edges}) < 2:
            continue
        for rank, (words, wrong) in enumerate(MISCONCEPTIONS.get(op, ())):

            def changed(
                p: Probe, edges: list[tuple[int, int]] = edges, w: Wrong = wrong
            ) -> list[float]:
                slopes = {(k, j): w(p.edge(k, j)) for k, j in edges}
                return p.slopes_with({e: s for e, s in slopes.items() if s is not None})

            if case.fits(changed):
                yield Finding(2.1 + 0.05 * rank, "rule", f"at every {op}: {words}")


def lost_uses(case: Case) -> Iterator[Finding]:
    """Only one contribution to a value that is used several times: ``=`` for ``+=``."""
    uses: dict[int, list[tuple[int, int]]] = {}
    for k, j in _edges(case):
        uses.setdefault(case.probes[0].operands[k][j], []).append((k, j))
    several = {node: edges for node, edges in uses.items() if len(edges) > 1}
    choices: list[tuple[str, list[tuple[int, int]]]] = []
    for node, edges in list(several.items())[:50]:
        name = f"{spell(case.probes[0].nodes[node])} (used {len(edges)} times)"
        for kept in edges if len(edges) <= 6 else (edges[0], edges[-1]):
            choices.append((name, [e for e in edges if e != kept]))
    for pick in (0, -1):
        dropped = [e for edges in several.values() for e in edges if e != edges[pick]]
        choices.append(("values that are used more than once", dropped))
    for name, dropped in choices:
        if dropped and case.fits(lambda p, d=dropped: p.slopes_with(dict.fromkeys(d, 0.0))):
            text = f"only one of the contributions to {name} is counted: add them up (+=, not =)"
            yield Finding(1.9 if "(used" in name else 1.95, "accumulate", text)


_FORMS: tuple[tuple[str, Callable[[float], float], float], ...] = (
    ("{}", lambda q: q, 0.0),
    ("1/({})", lambda q: 1 / q, 0.2),
    ("-({})", lambda q: -q, 0.3),
    ("2*({})", lambda q: 2 * q, 0.4),
    ("1/(2*({}))", lambda q: 0.5 / q, 0.4),
    ("({})**2", lambda q: q * q, 0.5),
    ("-1/({})", lambda q: -1 / q, 0.5),
    ("1 - ({})", lambda q: 1 - q, 0.6),
    ("1/(1 - ({}))", lambda q: 1 / (1 - q), 0.6),
)


def ratio(case: Case) -> Iterator[Finding]:
    """The ratio of yours to the true slope is a quantity of the graph."""
    first = case.probes[0]
    quantities: list[tuple[str, Callable[..., float]]] = []
    for k, node in enumerate(first.nodes):
        if first.ops[k] != "constant":
            quantities.append((spell(node), lambda p, k=k: p.data[k]))
    for k, j in _edges(case):
        if first.ops[k] not in ("add", "sub"):
            node = first.nodes[k]
            name = f"d({spell(node)})/d({spell(node.operands[j])})"
            quantities.append((name, lambda p, k=k, j=j: p.partials[k][j]))
    for name, quantity in quantities:
        for form, apply, cost in _FORMS:

            def scaled(p: Probe, q=quantity, f=apply) -> list[float]:  # type: ignore[no-untyped-def]
                factor = f(q(p))
                return case.only_wrong(p, lambda g: g * factor)

            if case.fits(scaled) and _telling(case):
                what = form.format(name)
                text = f"{case.who}: yours is the true slope times {what}"
                if form == "1/({})":
                    text = f"{case.who}: the factor {name} is missing"
                yield Finding(2.6 + cost, "ratio", text)


def _telling(case: Case) -> bool:
    return sum(p.slopes[i] != 0.0 for p in case.probes for i in case.wrong) >= 3


def located(case: Case) -> Iterator[Finding]:
    """One operation whose slope is wrong in some way that is in no table."""
    if len(case.wrong) >= 2 and not case.alone:
        for k, j in _edges(case):
            if _explains_all(case, k, j):
                text = f"the slope {_edge_name(case, k, j)} is wrong; all wrong slopes point there"
                cost = 4.0 + 0.3 * _is_linear(case, k) + 0.001 * (len(case.probes[0].nodes) - k)
                yield Finding(cost, "located", text)
    wrong = {case.probes[0].inputs[i] for i in case.wrong}
    if len(case.wrong) < len(case.names) and not case.alone:
        own = [
            (k, j)
            for k, j in _edges(case)
            if (below := _inputs_below(case, case.probes[0].operands[k][j])) and below <= wrong
        ]
        if own:
            steps = "; ".join(_edge_name(case, k, j) for k, j in own[-4:])
            text = f"only {case.who} is wrong, so the slip is in a step that only it uses: {steps}"
            yield Finding(4.5, "located", text)


def _is_linear(case: Case, k: int) -> bool:
    """Whether node k adds, or multiplies by a constant: a slip is likelier where slopes vary."""
    first = case.probes[0]
    if first.ops[k] in ("mul", "div"):
        return any(first.ops[operand] == "constant" for operand in first.operands[k])
    return first.ops[k] in ("add", "sub", "neg")


def _inputs_below(case: Case, node: int) -> set[int]:
    first = case.probes[0]
    return {k for i, k in enumerate(first.inputs) if any(p.reach[node, i] for p in case.probes)}


def _explains_all(case: Case, k: int, j: int) -> bool:
    """Whether at each point some slope at this edge gives every hand-written number."""
    told = 0
    for p in case.probes:
        through = p.through(k, j)
        largest = int(abs(through).argmax())
        change = 0.0
        if through[largest] != 0.0:
            change = (p.hand[largest] - p.slopes[largest]) / float(through[largest])
            told += 1
        predicted = [g + change * float(t) for g, t in zip(p.slopes, through, strict=True)]
        if not all(
            agree(h, q, size + abs(q), case.rtol)
            for h, q, size in zip(p.hand, predicted, p.sizes, strict=True)
        ):
            return False
    return told >= 3


LOCAL: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    one_rule,
    every_rule,
    lost_uses,
    ratio,
    located,
)
