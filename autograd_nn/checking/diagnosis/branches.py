"""Branches of ``f``: the conditions that it tests, and slopes that ignore them.

What is left out: relu, abs and the like, which are operations with rules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.replay import replayed, replayed_adjoints
from autograd_nn.checking.diagnosis.spelling import spell
from autograd_nn.checking.diagnosis.structure import Structure
from autograd_nn.engine import Value

__all__ = ["branch_mistakes", "conditions"]


def conditions(
    comparisons: Sequence[tuple[str, Value, Value, bool]],
) -> list[tuple[str, bool]]:
    """Comparisons in words, those of rows alike, and how they came out.

    >>> x = Value(2.0, "x")
    >>> conditions([("<", x * 3.0, Value(1.0), False)])
    [('x * 3 < 1', False)]
    """
    found = []
    texts = {spell(left, 24) for _, left, _, _ in comparisons}
    for symbol, left, right, outcome in comparisons:
        said = spell(left, 24)
        if not said or len(texts) > 1:
            said = left.label or (f"{left.op}(...)" if left.op in ("abs", "relu") else "the value")
        found.append((f"{said} {symbol} {spell(right, 24) or 'the other'}", outcome))
    return found


def _by_term(case: Case) -> Iterator[Hypothesis]:
    """Every row takes the branch of one kind, whatever its condition says.

    The terms of the rows are functions of one number each, such as the error: its slope in the
    branch of a kind is found where some row takes that branch, and used for all of them.
    """
    terms = [(s, t.node) for s in case.structures.values() for t in s.terms]
    common = [{s.family[k]: k for k in _options(s, node)} for s, node in terms]
    families = set(common[0]).intersection(*common[1:]) if common else set()
    leaves = {s.family[k] for s in case.structures.values() for k in s.leaf}
    families -= leaves  # a parameter itself: several penalties, not branches
    kinds = sorted({s.family[node] for s, node in terms})
    if not families or len(kinds) < 2:
        return
    family = min(families)
    own: dict[int, tuple[Structure, int]] = {}
    for (s, node), found in zip(terms, common, strict=True):
        own.setdefault(s.family[node], (s, found[family]))
    names = {"pow": "quadratic", "mul": "quadratic", "abs": "linear (abs)"}
    words = {s.family[node]: names.get(s.probe.ops[node], s.probe.ops[node]) for s, node in terms}

    def slopes(p: Probe, instead: Mapping[int, int]) -> Any:
        s = case.structures[p.shape]
        adjoints: dict[int, float] = {}
        for term in s.terms:
            error = next(k for k in _options(s, term.node) if s.family[k] == family)
            other, below = own[instead[s.family[term.node]]]
            adjoints[error] = _adjoint(other.probe, below, p.data[error])
        return p.with_adjoints(adjoints)

    advice = "Give each branch of f its slope."
    for kind in kinds:
        text = f"the {words[kind]} branch's slope is used for all rows: the if in f is ignored"
        one = dict.fromkeys(kinds, kind)
        yield Hypothesis(1.6, "branch", text, advice, slopes=lambda p, i=one: slopes(p, i))
    if len(kinds) == 2:
        text = "the branches are swapped: each row has the slope of the other branch"
        turned = dict(zip(kinds, kinds[::-1], strict=True))
        yield Hypothesis(1.62, "branch", text, advice, slopes=lambda p, i=turned: slopes(p, i))


def _options(s: Structure, node: int) -> list[int]:
    """A term, and the one number that it is a function of."""
    return [node, *(o for o in s.probe.operands[node] if s.live[o])]


def _adjoint(p: Probe, node: int, value: float) -> float:
    """The slope along a node if it had another value."""
    return float(replayed_adjoints(p, {node: value})[node])


def branch_mistakes(case: Case) -> Iterator[Hypothesis]:
    """The slopes of one way through ``f``, used everywhere."""
    yield from _by_term(case)
    if case.same:
        return
    for structure in case.structures.values():
        own = structure.probe

        def slopes(p: Probe, own: Probe = own) -> Any:
            leaves = {k: p.at[i] for i, k in enumerate(own.inputs) if k >= 0}
            return replayed(own, leaves)

        text = "the slope of one branch is used for all: the if in f is ignored"
        known = dict(own.conditions)
        if known and all(known[t] == hit for t, hit in own.conditions):
            t, hit = own.conditions[0]
            text = (
                f"the branch for {t if hit else 'not ' + t} is used everywhere: the if is ignored"
            )
        yield Hypothesis(1.6, "branch", text, "Give each branch of f its slope.", slopes=slopes)
