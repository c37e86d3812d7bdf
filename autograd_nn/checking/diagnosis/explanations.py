"""What reproduces a wrong gradient as a whole: factors, orders, clipping, other slopes.

Each explanation takes a ``Case`` and yields findings; a finding must fit the
hand-written numbers at every point.  What is left out: mistakes at one
operation of the graph (``rules``) and choosing among findings (``search``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.probes import Probe, agree, spell

__all__ = ["WHOLE", "Case", "Finding"]


class Finding(NamedTuple):
    """One possible cause; the cheaper the cost, the more likely.

    Attributes:
        cost: from 0 (certain) to 9 (nothing known).
        kind: a word for programs, such as "factor" or "rule".
        text: a sentence for people.
    """

    cost: float
    kind: str
    text: str


class Case:
    """A gradient that is wrong somewhere.

    Attributes:
        probes: the points, the given one first.
        names: of the numbers.
        wrong: the positions that disagree at some point.
        chosen: the positions that a finding has to explain.
        same: whether the graph has the same operations at every point.
    """

    def __init__(
        self, probes: list[Probe], names: Sequence[str], rtol: float, only: int | None = None
    ) -> None:
        self.probes, self.names, self.rtol = probes, names, rtol
        self.right = [probe.right(rtol) for probe in probes]
        n = len(names)
        wrong = [i for i in range(n) if not all(row[i] for row in self.right)]
        self.chosen = list(range(n)) if only is None else [only]
        self.wrong = [i for i in wrong if i in self.chosen]
        self.alone = only is not None
        self.same = all(p.ops == probes[0].ops for p in probes)
        self.who = name_list([names[i] for i in self.wrong])

    def fits(self, predict: Callable[..., Sequence[float] | None]) -> bool:
        """Whether the prediction gives the hand-written slopes at every point."""
        for probe in self.probes:
            try:
                predicted = predict(probe)
            except (ArithmeticError, ValueError):
                return False
            if predicted is None or not all(
                agree(probe.hand[i], predicted[i], probe.sizes[i] + abs(predicted[i]), self.rtol)
                for i in self.chosen
            ):
                return False
        return True

    def only_wrong(self, probe: Probe, change: Callable[..., float]) -> list[float]:
        """The true slopes, changed in the wrong positions."""
        return [change(g) if i in self.wrong else g for i, g in enumerate(probe.slopes)]


def name_list(names: Sequence[str]) -> str:
    """Names in a sentence; long lists are cut."""
    if len(names) > 6:
        return f"{', '.join(names[:4])} and {len(names) - 4} more"
    return ", ".join(names)


def not_finite(case: Case) -> Iterator[Finding]:
    bad = [i for i in case.wrong if any(not math.isfinite(p.hand[i]) for p in case.probes)]
    if bad:
        where = name_list([case.names[i] for i in bad])
        yield Finding(0.1, "not finite", f"the hand-written slope for {where} is nan or infinite")


def rounding(case: Case) -> Iterator[Finding]:
    largest = [max(abs(p.slopes[i]) for p in case.probes) or 1.0 for i in range(len(case.names))]
    off = max(abs(p.hand[i] - p.slopes[i]) / largest[i] for p in case.probes for i in case.wrong)
    if 0.0 < off < 3e-4:
        yield Finding(
            0.5,
            "rounding",
            f"right to {-math.log10(off):.1f} digits: this looks like rounding (float32?) or a "
            "finite difference, not like a wrong formula",
        )


def integers(case: Case) -> Iterator[Finding]:
    for word, cut in (("cut off to", math.trunc), ("rounded to", round)):
        if all(p.hand[i] == 0.0 for p in case.probes for i in case.wrong):
            return  # 0 everywhere is a slope left out
        if case.fits(lambda p, cut=cut: case.only_wrong(p, lambda g: float(cut(g)))):
            text = f"{case.who}: the true slope {word} a whole number; an int cast, or an int array"
            yield Finding(0.8, "integer", text)


def factor(case: Case) -> Iterator[Finding]:
    ratios = [
        p.hand[i] / p.slopes[i]
        for p in case.probes
        for i in case.wrong
        if abs(p.slopes[i]) > 1e-9 * p.sizes[i]
    ]
    if not ratios or any(abs(r - ratios[0]) > 1e-8 * abs(ratios[0]) for r in ratios):
        return
    ratio = ratios[0]
    if not case.fits(lambda p: case.only_wrong(p, lambda g: g * ratio)):
        return
    if ratio == 0.0:
        yield Finding(1.2, "zero", f"{case.who}: always 0, and the true slope is not")
        return
    every = "every slope" if len(case.wrong) == len(case.names) > 1 else case.who
    said = _factor_in_words(case, ratio)
    cost = 1.0 if every == "every slope" or len(case.names) == 1 else 1.5
    said_or_number = said or f"off by the constant factor {ratio:.9g}"
    text = f"{every}: {said_or_number} (yours = {ratio:.6g} x the true slope)"
    yield Finding(cost if said else cost + 1.6, "factor", text)


def _factor_in_words(case: Case, ratio: float) -> str:
    known = {
        -1.0: "the sign is flipped",
        0.5: "a factor 2 is missing",
        2.0: "there is an extra factor 2",
        -0.5: "the sign is flipped and a factor 2 is missing",
        -2.0: "the sign is flipped and there is an extra factor 2",
    }
    for factor, words in known.items():
        if abs(ratio - factor) < 1e-8:
            return words
    size, n = abs(ratio), len(case.names)
    first = case.probes[0]
    divisors = {
        first.data[operands[1]]
        for op, operands in zip(first.ops, first.operands, strict=True)
        if op == "div" and first.ops[operands[1]] == "constant"
    }
    exponents = {  # a missing one is the power rule's matter
        operands[1] for op, operands in zip(first.ops, first.operands, strict=True) if op == "pow"
    }
    numbers = {
        first.data[k] for k, op in enumerate(first.ops) if op == "constant" and k not in exponents
    }
    for m in sorted({abs(d) for d in numbers | divisors if d == int(d) and abs(d) > 1}):
        if abs(size - m) < 1e-8 * m:
            if m in divisors:
                return f"a sum where a mean was meant: the division by {m:g} is missing"
            return f"the constant {m:g} of the function is applied once too often"
        if abs(size * m - 1) < 1e-8:
            if m in divisors:
                return f"divided by {m:g} once too often"
            if m == n:
                return f"a mean where a sum was meant: divided by {m:g}"
            return f"the constant {m:g} of the function is missing"
    if abs(size - round(size)) < 1e-8:
        return f"{ratio:.0f} times the true slope"
    for lr in (0.1, 0.01, 0.001, 0.0001, 0.3, 0.03, 0.003, 0.05, 0.02):
        if abs(size - lr) < 1e-9 * lr:
            return f"the factor {lr:g} looks like a learning rate left inside the slope"
    if n > 1 and abs(1 / size - round(1 / size)) < 1e-8:
        return f"a mean where a sum was meant? The true slope divided by {1 / ratio:.0f}"
    return ""


def order(case: Case) -> Iterator[Finding]:
    """The right slopes in wrong places: swapped, reversed, or a row too far."""
    n = len(case.names)
    if n < 2 or case.alone:
        return
    orders: list[tuple[str, list[int]]] = [
        ("shifted by one row (an index off by one)", [(i + 1) % n for i in range(n)]),
        ("shifted by one row (an index off by one)", [(i - 1) % n for i in range(n)]),
        ("in reverse order", list(range(n))[::-1]),
    ]
    root = math.isqrt(n)
    orders += [
        (f"transposed ({r} x {n // r})", np.arange(n).reshape(r, -1).T.ravel().tolist())
        for r in range(2, n // 2 + 1)
        if n % r == 0 and (n <= 400 or r == root)
    ]
    if n <= 40:
        for i in range(n):
            for j in range(i):
                swapped = list(range(n))
                swapped[i], swapped[j] = j, i
                orders.append((f"{case.names[j]} and {case.names[i]} are swapped", swapped))
    if n == 2:
        orders = orders[-1:]
    for words, places in orders:
        for sign, more in ((1.0, ""), (-1.0, ", with the sign flipped")):
            if case.fits(lambda p, places=places, s=sign: [s * p.slopes[k] for k in places]):
                text = f"the slopes are right but in the wrong places: {words}{more}"
                yield Finding(1.3 + (sign < 0), "order", text)
                return


def summed(case: Case) -> Iterator[Finding]:
    if len(case.names) > 1 and not case.alone:
        for words, total in (("sum", math.fsum), ("mean", lambda g: math.fsum(g) / len(g))):
            if case.fits(lambda p, total=total: [total(p.slopes)] * len(p.slopes)):
                text = f"every slope is the {words} of all true slopes: a stray .{words}()"
                yield Finding(1.0, "summed", text)


def clipped(case: Case) -> Iterator[Finding]:
    bound = max(abs(p.hand[i]) for p in case.probes for i in case.chosen)
    if (
        0.0 < bound < math.inf
        and sum(abs(p.hand[i]) == bound for p in case.probes for i in case.wrong) > 1
    ) and case.fits(lambda p: [min(max(g, -bound), bound) for g in p.slopes]):
        yield Finding(1.2, "clipped", f"the true slopes clipped to -{bound:g} ... {bound:g}")
    if case.alone:
        return
    if len(case.names) == 1:
        if case.fits(lambda p: [math.copysign(1.0, p.slopes[0])]):
            yield Finding(1.2, "normalised", "only the sign of the true slope: it was normalised")
        return
    for words, norm in (
        ("length 1", lambda g: math.sqrt(math.fsum(x * x for x in g))),
        ("a largest slope of 1", lambda g: max(map(abs, g))),
        ("a sum of absolute slopes of 1", lambda g: math.fsum(map(abs, g))),
    ):
        if case.fits(lambda p, norm=norm: [x / norm(p.slopes) for x in p.slopes]):
            text = f"the gradient was normalised to {words}: the direction is right"
            yield Finding(1.2, "normalised", text)
    lengths = [math.sqrt(math.fsum(x * x for x in p.hand)) for p in case.probes]
    bound = max(lengths)
    if 0.0 < bound < math.inf and case.fits(
        lambda p: [x * min(1.0, bound / (math.hypot(*p.slopes) or 1.0)) for x in p.slopes]
    ):
        yield Finding(1.25, "clipped", f"the gradient was clipped to the length {bound:g}")


def constant(case: Case) -> Iterator[Finding]:
    """Slopes that do not move with the point."""
    if len(case.probes) < 3 or any(
        len({p.hand[i] for p in case.probes}) > 1 or case.probes[0].hand[i] == 0.0
        for i in case.wrong
    ):
        return
    if all(case.right[0][i] for i in case.wrong):
        text = f"{case.who}: a constant, right at the given point only: a number copied from there?"
        switched = any(op in ("relu", "abs") for op in case.probes[0].ops)
        yield Finding(2.5 if switched else 1.4, "constant", text)
    else:
        text = (
            f"{case.who}: the same at every point, and the true slope is not: a stale value, "
            "computed before the update?"
        )
        yield Finding(3.4, "constant", text)


def updated(case: Case) -> Iterator[Finding]:
    """The new weight, w - rate * slope, in place of the slope; or a term added to it."""
    pairs = [(p, i) for p in case.probes for i in case.wrong]
    steps = [(p.at[i] - p.hand[i]) / p.slopes[i] for p, i in pairs if p.slopes[i]]
    if steps and steps[0] and all(abs(s - steps[0]) <= 1e-7 * abs(steps[0]) for s in steps):
        text = f"{case.who}: yours is the updated weight, w - {steps[0]:.4g} x slope, not the slope"
        yield Finding(1.6, "updated", text)
    extra = [(p.hand[i] - p.slopes[i]) / p.at[i] for p, i in pairs if abs(p.at[i]) > 1e-6]
    if extra and extra[0] and all(abs(e - extra[0]) <= 1e-7 * abs(extra[0]) for e in extra):
        text = f"{case.who}: a term {abs(extra[0]):.6g} x the number itself is " + (
            "missing (of a penalty such as c*w**2?)" if extra[0] < 0 else "too much"
        )
        if abs(abs(extra[0]) - 1) > 1e-9 or len(case.probes) > 2:
            yield Finding(1.85, "term", text)
    shifts = []
    for i in case.wrong:
        offsets = [p.hand[i] - p.slopes[i] for p in case.probes]
        size = abs(offsets[0]) + max(p.sizes[i] for p in case.probes)
        if abs(offsets[0]) > 1e-9 and max(offsets) - min(offsets) <= 1e-9 * size:
            shifts.append((case.names[i], offsets[0]))
    if shifts:
        who = name_list([name for name, _ in shifts])
        amounts = name_list([f"{shift:+.6g}" for _, shift in shifts])
        text = (
            f"{who}: yours is the true slope {amounts} at every point: a constant term is "
            "missing, is one too many, or has the wrong sign"
        )
        yield Finding(2.3, "offset", text)


def other_slope(case: Case) -> Iterator[Finding]:
    """The slope along another node, or the value of one."""
    if not case.same or not case.wrong or len(case.probes[0].nodes) > 3000:
        return
    first, i = case.probes[0], case.wrong[0]
    if len({p.hand[i] for p in case.probes}) == 1:
        return
    name = case.names[i]
    for k, node in enumerate(first.nodes):
        if k not in first.inputs and all(
            agree(p.hand[i], p.adjoints[k], p.sizes[i], case.rtol) for p in case.probes
        ):
            if first.ops[k] == "constant":
                text = (
                    f"{name}: yours is the slope along the constant {first.data[k]:g}: the "
                    "gradient with respect to the inputs instead of the weights?"
                )
                # A constant that multiplies this very number is its input; another is a chance.
                beside = any(
                    first.ops[m] == "mul" and k in operands and first.inputs[i] in operands
                    for m, operands in enumerate(first.operands)
                )
                yield Finding(1.9 if beside else 2.5, "inputs", text)
                continue
            inner = spell(node)
            text = (
                f"{name}: the chain stops one step early: yours is the slope along {inner}; "
                f"multiply by the slope of {inner} along {name}"
            )
            yield Finding(2.2, "stopped", text)
        if all(agree(p.hand[i], p.data[k], p.sizes[i], case.rtol) for p in case.probes):
            text = f"{name}: yours is the value of {spell(node)}, not a slope"
            yield Finding(2.8, "value", text)


def region(case: Case) -> Iterator[Finding]:
    good = [p for p, row in zip(case.probes, case.right, strict=True) if all(row)]
    bad = [p for p, row in zip(case.probes, case.right, strict=True) if not all(row)]
    if not good or not bad:
        return
    tests: list[tuple[str, Callable[..., bool]]] = []
    if case.same:
        for k, op in enumerate(case.probes[0].ops):
            if op in ("relu", "abs"):
                j = case.probes[0].operands[k][0]
                inner = spell(case.probes[0].nodes[j])
                tests.append((inner, lambda p, j=j: p.data[j] > 0))
    tests += [(name, lambda p, i=i: p.at[i] > 0) for i, name in enumerate(case.names[:50])]
    for name, positive in tests:
        where_good, where_bad = set(map(positive, good)), set(map(positive, bad))
        if len(where_good) == len(where_bad) == 1 and where_good != where_bad:
            sign = ">" if True in where_good else "<="
            text = f"{case.who}: right only where {name} {sign} 0; wrong on the other side"
            yield Finding(3.0, "region", text)
    if all(case.right[0]):
        text = (
            f"{case.who}: right at the given point, wrong at {len(bad)} of "
            f"{len(case.probes) - 1} points around it: the given point hides the mistake"
        )
        yield Finding(3.8, "lucky", text)


WHOLE: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    not_finite,
    rounding,
    integers,
    factor,
    order,
    summed,
    clipped,
    constant,
    updated,
    other_slope,
    region,
)
