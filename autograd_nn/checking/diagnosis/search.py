"""The search over all hypotheses, and the choice among those that fit.

What is left out: the hypotheses (``whole``, ``rules``, ``rows``, ``networks``), and where a
mistake is that none of them fits (``where``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.branches import branch_mistakes
from autograd_nn.checking.diagnosis.case import Case, Matched, match, predictions
from autograd_nn.checking.diagnosis.combined import inner_missing, one_number, power_laws
from autograd_nn.checking.diagnosis.fitted import fitted
from autograd_nn.checking.diagnosis.hypothesis import Finding, Hypothesis
from autograd_nn.checking.diagnosis.networks import fitted_updates, network_mistakes
from autograd_nn.checking.diagnosis.outputs import output_mistakes
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.replay import other_functions
from autograd_nn.checking.diagnosis.rows import fitted_weights, row_mistakes
from autograd_nn.checking.diagnosis.rules import composite_mistakes, every_rule, ratios
from autograd_nn.checking.diagnosis.spelling import HEADLINE, shortened
from autograd_nn.checking.diagnosis.where import UNKNOWN, located, places
from autograd_nn.checking.diagnosis.whole import certain, whole

__all__ = ["UNCERTAIN", "explain"]

#: Kinds of findings that name no cause, or are certain: nothing hedges them.
UNCERTAIN = ("unknown", "undecided", "random", "not finite", "left the graph")

_PARTLY = 0.45  # how much less likely it is that a mistake spares what it should change
_ABOUT_SLOPES = ("factor", "zero", "mean", "constant", "rate", "updated", "integer", "rounding")
_WHOLE = ("order", "normalised", "clipped")  # nothing that these move may be right
_VARIED = 4  # different slopes that tell a cause from a chance
_CERTAIN = 1.5  # the cost of a cause that rarer ones do not make doubtful
_COMMON = 2.15  # the cost of a cause that a few round numbers can still tell
_RARE = 2.9  # the cost of a cause that the numbers at one point cannot tell
_RARER = 0.3  # a cause that is so much rarer than another one that fits is not asked
_COMMONEST = 1.3  # the cost of a cause beside which a large graph is not searched for others
_LARGE_GRAPH = 20_000  # operations
_LARGEST_GRAPH = 80_000  # operations; beyond it the search by operation takes too long


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
    if len(case.structure.probe.nodes) > _LARGE_GRAPH:
        common = _choose(case, match(case, whole(case)))
        if common and common[0].cost <= _COMMONEST:
            return common
    hypotheses = list(_without_constants(case))
    findings = _choose(case, match(case, hypotheses))
    if not findings or findings[0].cost > 3.0:
        findings = sorted(
            findings
            + _choose(
                case, match(case, [*fitted(case), *fitted_weights(case), *fitted_updates(case)])
            )
        )
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
        yield from composite_mistakes(case)
        yield from one_number(case)
        yield from power_laws(case)
        yield from other_functions(case)
        yield from branch_mistakes(case)
        yield from ratios(case)


def _nearly_right(case: Case) -> Finding | None:
    sizes = np.abs(case.slopes) + 0.1 * case.sizes
    off = np.abs(case.hand - case.slopes) / np.where(sizes > 0, sizes, 1.0)
    worst = float(off[:, case.wrong].max())
    if not 0.0 < worst < 1e-4:
        return None
    digits = -math.log10(worst)
    text = f"{case.who(case.wrong)}: right to {digits:.1f} digits: rounding (float32?) or a finite"
    return Finding(0.5, "rounding", f"{text} difference", "Compute in float64, by the formula.")


class _Candidate(NamedTuple):
    cost: float
    finding: Finding
    hypothesis: Hypothesis


def _choose(case: Case, matched: list[Matched]) -> list[Finding]:
    """Findings that explain the whole, all wrong slopes at once, or array by array."""
    wrong = np.array(case.wrong)
    candidates: list[_Candidate] = []
    varied = len(case.probes) == 1 or len(np.unique(np.round(case.hand[:, wrong], 9))) >= _VARIED
    for hypothesis, numbers in matched:
        if numbers.all():
            more = 0.0
        elif (
            numbers[wrong].all()
            and hypothesis.kind not in _WHOLE
            and (varied or hypothesis.kind in ("zero", "factor"))
        ):
            more = _PARTLY if hypothesis.kind != "zero" else 0.42
        else:
            continue
        # A slope of 0 is right whatever it is multiplied by; that does not make it special.
        about_all = numbers.all() and hypothesis.kind in _ABOUT_SLOPES
        most = 2 * len(case.wrong) > len(case.names) > 2
        chosen = range(len(case.names)) if about_all and most else case.wrong
        finding = _finding(case, hypothesis, chosen, more)
        candidates.append(_Candidate(finding.cost, finding, hypothesis))
    candidates.sort(key=lambda c: (c.cost, c.finding.text))
    zero = bool(candidates) and candidates[0].hypothesis.kind == "zero"
    if len(case.probes) == 1 and candidates and (zero or not _clear(case, candidates)):
        return [_undecided(case, candidates)]
    findings = [c.finding for c in candidates]
    if not findings or findings[0].cost > 3.0:
        findings += _apart(case, matched)
    best: dict[str, Finding] = {}
    for finding in sorted(findings):
        best.setdefault(finding.text, finding)
    return list(best.values())


def _clear(case: Case, candidates: list[_Candidate]) -> bool:
    """Whether all that fit the numbers at one point say the same elsewhere, or one is common."""
    first = candidates[0]
    round_numbers = all(_is_round(case.hand[0, i]) for i in case.wrong)
    if first.cost > _RARE or (round_numbers and first.cost > _COMMON):
        return False  # many mistakes lead to round numbers
    elsewhere = [p for p in case.around if p.shape == case.probes[0].shape][1:6]
    if len(elsewhere) < 2:
        return True
    own = predictions(first.hypothesis, elsewhere)
    for other in candidates[1:]:
        likely = other.cost - first.cost < _RARER or first.cost > _CERTAIN
        if likely and not _same(case, own, predictions(other.hypothesis, elsewhere)):
            return False
    return True


def _is_round(x: float) -> bool:
    """Whether a number is a fraction of small numbers."""
    return abs(float(Fraction(x).limit_denominator(200)) - x) <= 1e-9 * max(1.0, abs(x))


def _same(case: Case, one: list[Any], two: list[Any]) -> bool:
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if a is not None and b is not None]
    with np.errstate(all="ignore"):
        return all(
            np.allclose(a[case.wrong], b[case.wrong], rtol=1e-7, atol=1e-12, equal_nan=True)
            for a, b in pairs
        )


def _undecided(case: Case, candidates: list[_Candidate]) -> Finding:
    if candidates[0].hypothesis.kind == "zero":
        return _zero(case)
    told = tuple(f"could be: {c.finding.text}" for c in candidates[:4])
    text = f"{case.who(case.wrong)}: wrong; {UNKNOWN} these numbers alone"
    for more in (*places(case), "pass hand as a function"):
        if len(text) + len(more) + 2 <= HEADLINE:
            text += f"; {more}"
            break
    return Finding(4.9, "undecided", shortened(text), "Pass hand as a function.", told)


def _zero(case: Case) -> Finding:
    """Zeros at one point: never computed, or a mask, or a branch; nobody knows which."""
    text = f"{case.who(case.wrong)}: 0 here, the true slope is not: never computed?"
    text += " several mistakes fit"
    if len(text) > HEADLINE:
        text = f"{case.who(case.wrong)}: 0, the true slope is not; several mistakes fit"
    return Finding(4.9, "undecided", shortened(text), "Pass hand as a function.")


def _finding(case: Case, h: Hypothesis, chosen: Sequence[int], more: float) -> Finding:
    return Finding(h.cost + more, h.kind, said(case, h, chosen), h.advice)


def said(case: Case, h: Hypothesis, chosen: Sequence[int]) -> str:
    """The hypothesis in one line, with the parameters that it is about where there is room."""
    every = len(chosen) == len(case.names) > 1
    who = "every slope" if every else case.who(chosen)
    if " more" in who:  # by arrays, if the numbers take too much room
        arrays = [i for array in case.groups for i in case.structure.arrays[array]]
        who = "every slope" if len(arrays) == len(case.names) else case.who(arrays)
    if h.alone or (every and h.kind == "rule"):
        return shortened(h.text, case.room)
    text = f"{who}: {h.text}"
    if len(text) <= case.room or h.kind in _ABOUT_SLOPES:
        return shortened(text, case.room)
    return shortened(h.text, case.room)


def _apart(case: Case, matched: list[Matched]) -> list[Finding]:
    """Different mistakes in different arrays, or elements."""
    parts = list(case.groups.values())
    by_element = len(parts) == 1
    if by_element:
        parts = [[i] for i in case.wrong] if len(case.wrong) <= 12 else []
    if len(parts) < 2:
        return []
    # One number alone says little: only the most common causes are told by it, and of single
    # elements only what does not speak of the whole function.
    most = 1.35 if len(case.probes) == 1 else 3.0
    ordered = sorted(
        (
            m
            for m in matched
            if m.hypothesis.cost <= most
            and not (by_element and m.hypothesis.kind not in _ABOUT_SLOPES)
        ),
        key=lambda m: m.hypothesis.cost,
    )
    found: dict[str, tuple[Hypothesis, list[int]]] = {}
    unknown: list[int] = []
    for part in parts:
        varied = len(np.unique(np.round(case.hand[:, part], 9))) >= _VARIED
        best = next(
            (
                m.hypothesis
                for m in ordered
                if m.numbers[part].all() and (varied or m.hypothesis.kind in ("zero", "factor"))
            ),
            None,
        )
        if best is None or best.alone:
            unknown += part
        else:
            found.setdefault(best.text, (best, []))[1].extend(part)
    if not found or len(found) + bool(unknown) > 3:
        return []
    if unknown and (by_element or len(case.probes) == 1):
        return []  # what fits a part of an array, or of a few numbers, fits by chance
    ranked = sorted(found.values(), key=lambda item: item[0].cost)
    texts = [f"{case.who(where)}: {h.text}" for h, where in ranked]
    if unknown:
        texts.append(f"{case.who(unknown)}: wrong, {UNKNOWN}")
    cost = max(h.cost for h, _ in ranked) + 0.4 * (len(texts) - 1) + 3.0 * bool(unknown)
    together = "; ".join(texts)
    kind = "unknown" if unknown else "several"
    if len(together) > case.room:
        rest = case.who([i for _, where in ranked[1:] for i in where] + unknown)
        end = f"; {rest}: " + ("unknown" if unknown else "another mistake")
        together = shortened(texts[0], case.room - len(end)) + end
    return [Finding(cost, kind, shortened(together, case.room), "", tuple(texts))]
