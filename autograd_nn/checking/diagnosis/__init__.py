"""What is probably wrong with a hand-written gradient: the search over all explanations.

A finding has to reproduce the hand-written numbers at every probed point; the
findings come back with the most likely cause first.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd_nn.checking.diagnosis.explanations import WHOLE, Case, Finding, name_list
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.rules import LOCAL

__all__ = ["Finding", "explain"]

_LARGEST_GRAPH = 400  # operations; beyond it the search by operation would take seconds
_SURE = 3.5


def explain(probes: list[Probe], names: Sequence[str], rtol: float) -> list[Finding]:
    """The findings, most likely first; none where every slope agrees."""
    case = Case(probes, names, rtol)
    if not case.wrong:
        return []
    findings = _search(case)
    if len(case.wrong) > 1 and (not findings or findings[0].cost >= 3.8):
        apart = []
        for i in case.wrong[:12]:
            alone = _search(Case(probes, names, rtol, only=i))
            if alone and alone[0].cost < _SURE:
                text = alone[0].text
                name = f"{names[i]}: "
                apart.append(text if text.startswith(name) else name + text)
        if apart:
            findings.insert(0, Finding(3.7, "several", "; ".join(apart)))
    if not findings:
        rest = "" if len(case.wrong) == len(names) else "; the others are right"
        who = name_list([names[i] for i in case.wrong])
        findings = [Finding(9.0, "unknown", f"{who}: wrong{rest}; no known mistake fits")]
    return findings


def _search(case: Case) -> list[Finding]:
    findings: list[Finding] = []
    steps = list(WHOLE)
    if case.same and len(case.probes[0].nodes) <= _LARGEST_GRAPH:
        steps += LOCAL
    for step in steps:
        findings += step(case)
        if findings and findings[-1].kind == "not finite":
            break  # nothing can be compared
    unique = {finding.text: finding for finding in sorted(findings, reverse=True)}
    return sorted(unique.values())
