"""The search over all hypotheses, and the choice among those that fit.

What is left out: the hypotheses (``whole``, ``rules``, ``rows``, ``networks``), and where a
mistake is that none of them fits (``where``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from autograd_nn.checking.diagnosis.branches import branch_mistakes
from autograd_nn.checking.diagnosis.case import Case, Finding, Hypothesis, Matched, match
from autograd_nn.checking.diagnosis.networks import network_mistakes
from autograd_nn.checking.diagnosis.outputs import output_mistakes
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.replay import other_functions
from autograd_nn.checking.diagnosis.rows import fitted_weights, row_mistakes
from autograd_nn.checking.diagnosis.rules import every_rule, inner_missing, one_number
from autograd_nn.checking.diagnosis.where import located
from autograd_nn.checking.diagnosis.whole import certain, fitted, whole

__all__ = ["HEADLINE", "explain"]

HEADLINE = 100  # characters
_WHOLE = ("order", "normalised", "clipped")  # nothing that these move may be right
_LARGEST_GRAPH = 30_000  # operations; beyond it the search by operation takes too long


def explain(
    probes: list[Probe],
    names: Sequence[str],
    rtol: float,
    around: list[Probe] | None = None,
) -> list[Finding]:
    """The findings, most likely first; none where every slope agrees."""
    case = Case(probes, names, rtol, around)
    if not case.wrong:
        return []
    sure = certain(case) or _nearly_right(case)
    if sure is not None:
        return [sure]
    hypotheses = list(_without_constants(case))
    findings = _choose(case, match(case, hypotheses))
    if not findings or findings[0].cost > 3.0:
        findings = sorted(findings + _choose(case, match(case, [*fitted(case), *fitted_weights(case)])))
    if not findings or min(findings).cost >= 5.0:
        findings.append(located(case, len(hypotheses)))
    return sorted(findings)


def _without_constants(case: Case) -> Iterator[Hypothesis]:
    yield from whole(case)
    if len(case.structure.probe.nodes) <= _LARGEST_GRAPH:
        yield from row_mistakes(case)
        yield from output_mistakes(case)
        yield from network_mistakes(case)
        yield from every_rule(case)
        yield from inner_missing(case)
        yield from one_number(case)
        yield from other_functions(case)
        yield from branch_mistakes(case)


def _nearly_right(case: Case) -> Finding | None:
    largest = np.abs(case.slopes).max(axis=0)
    off = np.abs(case.hand - case.slopes) / np.where(largest > 0, largest, 1.0)
    worst = float(off[:, case.wrong].max())
    if not 0.0 < worst < 1e-4:
        return None
    digits = -math.log10(worst)
    text = f"{case.who(case.wrong)}: right to {digits:.1f} digits: rounding (float32?) or a finite"
    return Finding(0.5, "rounding", f"{text} difference", "Compute in float64, by the formula.")


def _choose(case: Case, matched: list[Matched]) -> list[Finding]:
    """Findings that explain the whole, all wrong slopes at once, or array by array."""
    findings: list[Finding] = []
    wrong = np.array(case.wrong)
    for hypothesis, numbers in matched:
        if numbers.all():
            findings.append(_finding(case, hypothesis, case.wrong, 0.0))
        elif numbers[wrong].all() and hypothesis.kind not in _WHOLE:
            findings.append(_finding(case, hypothesis, case.wrong, 0.12))
    if not findings or min(findings).cost > 3.0:
        findings += _apart(case, matched)
    best: dict[str, Finding] = {}
    for finding in sorted(findings):
        best.setdefault(finding.text, finding)
    return list(best.values())


def _finding(case: Case, h: Hypothesis, chosen: Sequence[int], more: float) -> Finding:
    return Finding(h.cost + more, h.kind, said(case, h, chosen), h.advice)


def said(case: Case, h: Hypothesis, chosen: Sequence[int]) -> str:
    """The hypothesis in one line, with the parameters that it is about."""
    every = len(chosen) == len(case.names) > 1
    who = "every slope" if every else case.who(chosen)
    if h.alone or (every and h.kind == "rule"):
        return shortened(h.text)
    text = f"{who}: {h.text}"
    if len(text) <= HEADLINE:
        return text
    return shortened(h.text if h.kind in ("rule", "row", "network") else text)


def shortened(text: str, most: int = HEADLINE) -> str:
    """The text, cut behind a word where it is too long."""
    if len(text) <= most:
        return text
    return text[: most - 4].rsplit(" ", 1)[0].rstrip(",;:(") + " ..."


def _apart(case: Case, matched: list[Matched]) -> list[Finding]:
    """Different mistakes in different arrays, or elements."""
    parts = list(case.groups.values())
    if len(parts) == 1:
        parts = [[i] for i in case.wrong] if len(case.wrong) <= 12 else []
    if len(parts) < 2:
        return []
    ordered = sorted(matched, key=lambda m: m.hypothesis.cost)
    found: dict[str, tuple[Hypothesis, list[int]]] = {}
    unknown: list[int] = []
    for part in parts:
        best = next((m.hypothesis for m in ordered if m.numbers[part].all()), None)
        if best is None or best.alone:
            unknown += part
        else:
            found.setdefault(best.text, (best, []))[1].extend(part)
    if not found or len(found) + bool(unknown) > 3:
        return []
    ranked = sorted(found.values(), key=lambda item: item[0].cost)
    texts = [f"{case.who(where)}: {h.text}" for h, where in ranked]
    if unknown:
        texts.append(f"{case.who(unknown)}: wrong, no known mistake fits")
    cost = max(h.cost for h, _ in ranked) + 0.4 * (len(texts) - 1) + 3.0 * bool(unknown)
    together = "; ".join(texts)
    if len(together) > HEADLINE:
        rest = case.who([i for _, where in ranked[1:] for i in where] + unknown)
        end = f"; {rest}: " + ("unknown" if unknown else "another mistake")
        together = shortened(texts[0], HEADLINE - len(end)) + end
    return [Finding(cost, "several", shortened(together), "", tuple(texts))]
