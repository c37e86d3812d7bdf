"""Branches of ``f``: the conditions that it tests, and slopes that ignore them.

What is left out: relu, abs and the like, which are operations with rules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd_nn.checking.diagnosis.case import Case, Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.replay import replayed
from autograd_nn.checking.diagnosis.spelling import spell
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


def branch_mistakes(case: Case) -> Iterator[Hypothesis]:
    """The slopes of one way through ``f``, used everywhere."""
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
            text = f"the branch for {t if hit else 'not ' + t} is used everywhere: the if is ignored"
        yield Hypothesis(1.6, "branch", text, "Give each branch of f its slope.", slopes=slopes)
