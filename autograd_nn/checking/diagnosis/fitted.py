"""Hypotheses with a constant that is read off the numbers: last, and said with "could be".

What is left out: those without one (``whole``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Hypothesis
from autograd_nn.checking.diagnosis.whole import is_whole, scaled

__all__ = ["fitted"]


def fitted(case: Case) -> Iterator[Hypothesis]:
    """Hypotheses whose constant is read off the numbers; they need several points."""
    if len(case.probes) < 3:
        return
    yield from _fitted_factor(case)
    yield from _clipped(case)
    yield from _frozen(case)
    yield from _added(case)


def _fitted_factor(case: Case) -> Iterator[Hypothesis]:
    seen: set[float] = set()
    for where in [case.wrong, *case.groups.values()]:
        big = np.abs(case.slopes[:, where]) > 1e-6 * case.sizes[:, where]
        ratios = case.hand[:, where][big] / case.slopes[:, where][big]
        if len(ratios) < 3 or np.ptp(ratios) > 1e-8 * abs(ratios[0]):
            continue
        ratio = float(np.median(ratios))
        if ratio == 0.0 or abs(ratio - 1) < 1e-6 or round(ratio, 9) in seen:
            continue
        seen.add(round(ratio, 9))
        inverse = f" (1/{1 / ratio:.6g})" if abs(ratio) < 1 and is_whole(abs(1 / ratio)) else ""
        text = f"{ratio:.6g}{inverse} x the true slope everywhere: could be a constant factor"
        advice = f"Look for a factor {1 / ratio:.6g} that is missing, or {ratio:.6g} too many."
        yield Hypothesis(3.6, "factor", text, advice, scaled(ratio))


def _clipped(case: Case) -> Iterator[Hypothesis]:
    bound = float(np.abs(case.hand).max())
    touching = int((np.abs(case.hand) == bound).sum())
    if 0.0 < bound < math.inf and touching >= 3:
        text = f"could be clipped to -{bound:g} ... {bound:g}; the others are right"
        yield Hypothesis(
            3.9, "clipped", text, "Clip after the check, not inside hand.",
            lambda p, b=bound: np.clip(p.slopes, -b, b), alone=True,
        )  # fmt: skip
    if len(case.names) < 2:
        return
    lengths = np.sqrt((case.hand**2).sum(axis=1))
    bound = float(lengths.max())
    at_bound = np.abs(lengths - bound) <= 1e-9 * bound
    true = np.sqrt((case.slopes**2).sum(axis=1))
    if 0.0 < bound < math.inf and at_bound.sum() >= 3 and (true < bound * (1 - 1e-9)).any():
        text = f"the gradient could be clipped to the length {bound:g}"
        yield Hypothesis(
            3.9, "clipped", text, "Clip after the check, not inside hand.",
            lambda p: np.asarray(p.slopes) * min(1.0, bound / (math.hypot(*p.slopes) or 1.0)),
            alone=True,
        )  # fmt: skip


def _frozen(case: Case) -> Iterator[Hypothesis]:
    """Slopes that do not move with the point."""
    fixed = np.ptp(case.hand, axis=0) == 0.0
    values = case.hand[0]
    if not any(fixed[i] and values[i] != 0.0 for i in case.wrong):
        return
    if not all(case.right[0, i] for i in case.wrong if fixed[i]):
        return  # a slope with steps, or a value from elsewhere: nobody knows
    text = "a constant, right at the given point only: could be a stale number copied from there"
    yield Hypothesis(
        3.5, "constant", text, "Compute it from the arguments of hand.",
        lambda p: np.where(fixed, values, p.slopes),
    )  # fmt: skip


def _added(case: Case) -> Iterator[Hypothesis]:
    """A term too much or too little: a multiple of the number itself, or a constant."""
    for where in [case.wrong, *case.groups.values()]:
        at = np.array([p.at for p in case.probes])[:, where]
        off = (case.hand - case.slopes)[:, where]
        scale = np.abs(case.sizes[:, where]).max()
        ratios = (off / np.where(np.abs(at) > 1e-6, at, np.nan)).ravel()
        ratios = ratios[np.isfinite(ratios)]
        if len(ratios) >= 3 and np.ptp(ratios) <= 1e-7 * abs(ratios[0]) and ratios[0]:
            c = float(np.median(ratios))
            missing = "missing: a regulariser (penalty)?" if c < 0 else "too much"
            text = f"a term {abs(c):.6g} x the number itself could be {missing}"
            yield Hypothesis(
                3.4, "term", text, "",
                lambda p, c=c: np.asarray(p.slopes) + c * np.asarray(p.at),
            )  # fmt: skip
        if (
            len(where) == 1
            and len(np.unique(np.round(case.hand[:, where], 9))) > len(case.probes) // 2
            and np.ptp(off, axis=0).max() <= 1e-9 * scale
            and np.abs(off[0]).max() > 1e-9 * scale
        ):
            shift = np.zeros(len(case.names))
            shift[where] = np.median(off, axis=0)
            size, sign = abs(shift[where[0]]), "missing" if shift[where[0]] < 0 else "extra"
            text = f"a constant term {size:.6g} could be {sign}, or has the wrong sign"
            yield Hypothesis(3.4, "offset", text, "", lambda p, d=shift: np.asarray(p.slopes) + d)
