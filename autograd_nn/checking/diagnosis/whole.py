"""Right slopes, wrongly used: factors, signs, orders, sums, clipping, rounding, stale values.

Each hypothesis predicts the slopes from the true ones.  What is left out: mistakes inside the
function (``rules``, ``rows``, ``networks``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Finding, Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.spelling import Names, number

__all__ = ["certain", "is_whole", "scaled", "whole"]


def certain(case: Case) -> Finding | None:
    """What can be said before any hypothesis: slopes that are not finite."""
    bad = [i for i in case.wrong if not np.isfinite(case.hand[:, i]).all()]
    if not bad:
        return None
    is_are = "is" if len(bad) == 1 else "are"
    text = f"{case.who(bad)}: the hand-written slope{'s' * (len(bad) > 1)} {is_are} nan or infinite"
    return Finding(0.1, "not finite", text, "Look for a division by 0 or a log of 0 in hand.")


def whole(case: Case) -> Iterator[Hypothesis]:
    """Hypotheses without a fitted constant."""
    yield from _factors(case)
    yield from _own_factor(case)
    yield from _orders(case)
    yield from _sums(case)
    yield from _rounded(case)
    yield from _normalised(case)
    yield from _rates(case)


def scaled(factor: float) -> Callable[[Probe], Any]:
    return lambda p: factor * np.asarray(p.slopes)


def _factors(case: Case) -> Iterator[Hypothesis]:
    yield Hypothesis(1.0, "factor", "the sign is flipped", "Turn the sign.", scaled(-1.0))
    rows, divisors = len(case.structure.rows), _numbers(case, "div") | _inverses(case)
    half, twice = "yours = 0.5 x the true slope", "yours = 2 x the true slope"
    if rows == 2 and 2.0 in divisors:
        half, twice = "1/n of the 2 rows used twice?", "the mean over the 2 rows, 1/n, forgotten?"
    elif rows == 2:
        half, twice = "or a mean over the 2 rows, not a sum?", "multiplied by the 2 rows?"
    cost = 1.0 if len(case.probes) > 1 or _has_two(case) else 2.3
    yield Hypothesis(
        cost, "factor", f"a factor 2 is missing ({half})",
        "Multiply by 2: the exponent of a square comes down.", scaled(0.5),
    )  # fmt: skip
    yield Hypothesis(
        cost, "factor", f"there is an extra factor 2 ({twice})", "Divide by 2.", scaled(2.0)
    )
    yield Hypothesis(
        1.6, "factor", "the sign is flipped and a factor 2 is missing", "", scaled(-0.5)
    )
    yield Hypothesis(1.6, "factor", "the sign is flipped and a factor 2 is extra", "", scaled(-2))
    yield Hypothesis(
        1.2, "zero", "always 0, and the true slope is not", "", lambda p: np.zeros(len(p.slopes))
    )
    yield from _means(case)
    yield from _constants(case)


def _has_two(case: Case) -> bool:
    """Whether anything in ``f`` makes a factor 2: a square, a 2, a half, or a mean of two."""
    p = case.structure.probe
    return any(
        (op == "mul" and len(set(operands)) == 1)
        or (op in ("mul", "div", "pow") and any(abs(p.data[o]) in (2.0, 0.5) for o in operands
                                                if not case.structure.live[o]))
        for op, operands in zip(p.ops, p.operands, strict=True)
    )  # fmt: skip


def _means(case: Case) -> Iterator[Hypothesis]:
    """Divisions by a number of rows: missing, once too often, or by another number."""
    s = case.structure
    rows = len(s.rows)
    counts = {n for n in (rows, len(s.terms)) if n > 1}
    divisors = {d for d in _numbers(case, "div") if d == int(d) and d > 1}
    divisors |= _inverses(case)
    outer = s.divisors  # of the whole sum: a mean's, whatever number that is
    for n in sorted(divisors | outer):
        what = f"{n:g} rows" if n == rows else f"{n:g} terms"
        text, twice = f"the division by {n:g} is missing", f"divided by {n:g} once too often"
        if n in counts or (rows > 1 and n % rows == 0):
            text += f": the sum over {what}, not the mean (1/n)"
            twice += " (the mean's 1/n is applied twice)"
        yield Hypothesis(1.05, "mean", text, f"Divide by {n:g}.", scaled(n))
        text = twice
        yield Hypothesis(1.05, "mean", text, f"Leave one 1/{n:g} out.", scaled(1 / n))
        if n not in outer and n not in counts and not (rows > 1 and n % rows == 0):
            continue  # no number of rows or terms
        for other, name in (
            (n - 1, f"n - 1 = {n - 1:g}"), (n + 1, f"n + 1 = {n + 1:g}"),
            (len(case.names), "the number of parameters"), (rows, f"the number of rows {rows}"),
        ):  # fmt: skip
            if other > 1 and other != n and (n == int(n) or other == rows):
                text = f"divided by {name}, not by n = {n:g}: the wrong number for the mean"
                yield Hypothesis(1.3, "mean", text, f"Divide by {n:g}.", scaled(n / other))
        for other in range(2, 33):
            if n == int(n) and other not in (n - 1, n, n + 1, rows, len(case.names)):
                text = f"divided by {other}, not by n = {n:g}: the wrong number for the mean"
                yield Hypothesis(1.9, "mean", text, f"Divide by {n:g}.", scaled(n / other))
    for n in sorted(counts - divisors):
        text = f"divided by {n:g}: a mean over {n:g} {'rows' if n == rows else 'terms'}, not a sum"
        yield Hypothesis(1.1, "mean", text, f"Leave the 1/{n:g} out.", scaled(1 / n))
        text = f"{n:g} times too large: multiplied by the {n:g} rows"
        yield Hypothesis(1.3, "mean", text, f"Leave the {n:g} out.", scaled(n))
    n = len(case.names)
    if n > 1 and n not in counts | divisors:
        text = f"divided by {n}, the number of parameters: a mean where a sum was meant"
        yield Hypothesis(1.2, "mean", text, f"Leave the 1/{n} out.", scaled(1 / n))


def _inverses(case: Case) -> set[float]:
    """The whole numbers that something is divided by as a factor such as 0.25."""
    factors = _numbers(case, "mul")
    return {float(round(1 / c)) for c in factors if 0 < c < 1 and is_whole(1 / c)}


def is_whole(x: float) -> bool:
    return abs(x - round(x)) < 1e-9 and round(x) > 1


def _numbers(case: Case, op: str) -> set[float]:
    """The constants that an operation scales something live by."""
    found: set[float] = set()
    for s in case.structures.values():
        p = s.probe
        for k, operands in enumerate(p.operands):
            if p.ops[k] == op and s.live[k]:
                found |= {abs(p.data[o]) for o in operands[op == "div" :] if not s.live[o]}
    return found


def _constants(case: Case) -> Iterator[Hypothesis]:
    for op, missing, twice in (
        ("mul", "the factor {} is missing", "the factor {} is applied once too often"),
        ("div", "divided by {} once too often", "the division by {} is missing"),
    ):
        scales = {c for c in _numbers(case, op) if c and abs(c - 1) > 1e-9 and math.isfinite(c)}
        if len(scales) > 40:  # data, not constants of a formula
            continue
        for c in sorted(scales):
            for sign, more in ((1.0, ""), (-1.0, "the sign is flipped, and ")):
                cost = 1.75 + (0.4 if sign < 0 else 0.0)
                text = more + missing.format(number(c))
                yield Hypothesis(cost, "constant", text, "", scaled(sign / c))
                text = more + twice.format(number(c))
                yield Hypothesis(cost + 0.01, "constant", text, "", scaled(sign * c))


def _own_factor(case: Case) -> Iterator[Hypothesis]:
    """Numbers that are multiplied in, as if they were their own inputs."""
    for array, where in [*case.structure.arrays.items(), ("", list(range(len(case.names))))]:
        if not array and len(case.structure.arrays) == 1:
            continue

        def slopes(p: Probe, where: Sequence[int] = where) -> Any:
            found = np.array(p.slopes)
            found[where] *= np.asarray(p.at)[where]
            return found

        text = f"the slope of {array} is multiplied by {array} itself, as if it were its own input"
        if not array:
            text = "every slope is multiplied by its own number"
        yield Hypothesis(3.05, "factor", text, "Leave that factor out.", slopes, alone=True)


def _orders(case: Case) -> Iterator[Hypothesis]:
    """The right slopes in wrong places."""
    names, n = case.names, len(case.names)
    arrays = {a: where for a, where in case.structure.arrays.items() if len(where) > 1}
    for array, where in arrays.items():
        for text, places in _shuffles(where, case.known):
            order = list(range(n))
            for i, k in zip(where, places, strict=True):
                order[i] = k
            yield _reordered(1.3, f"{array} is {text}", order)
    listed = list(case.structure.arrays.items())
    for a, (first, one) in enumerate(listed):
        for second, two in listed[:a]:
            if len(one) == len(two) and (len(one) > 1 or n <= 60):
                order = list(range(n))
                for i, k in zip(one, two, strict=True):
                    order[i], order[k] = k, i
                yield _reordered(1.25, f"the slopes of {second} and {first} are swapped", order)
    for array, where in arrays.items():
        if len(where) <= 24:
            for a, i in enumerate(where):
                for k in where[:a]:
                    order = list(range(n))
                    order[i], order[k] = k, i
                    text = f"the slopes of {names[k]} and {names[i]} are swapped"
                    yield _reordered(1.35 if array else 1.3, text, order)


def _shuffles(where: Sequence[int], names: Names) -> Iterator[tuple[str, list[int]]]:
    places = [names.place[i] for i in where]
    if all(place is not None and len(place) == 2 for place in places):
        yield from _of_a_matrix(where, places)
    elif len(where) > 3:
        for rows in range(2, len(where) // 2 + 1):
            if len(where) % rows == 0 and len(where) <= 400:
                turned = np.asarray(where).reshape(rows, -1).T.ravel().tolist()
                yield f"transposed ({rows} x {len(where) // rows})", turned
    for step in (1, -1):
        if len(where) > 2:
            yield "shifted by one place (an index is off by one)", np.roll(where, step).tolist()
    if len(where) > 2:
        yield "in reverse order", list(where)[::-1]


def _of_a_matrix(where: Sequence[int], places: Sequence[Any]) -> Iterator[tuple[str, list[int]]]:
    by_place = dict(zip(places, where, strict=True))
    rows, columns = (max(p[axis] for p in places if p) + 1 for axis in (0, 1))
    if rows > 1 and columns > 1 and rows * columns == len(where):
        if rows == columns:
            turned = [by_place[p[1], p[0]] for p in places if p]
        else:
            turned = np.asarray(where).reshape(columns, rows).T.ravel().tolist()
        yield "transposed: outer(x, delta) and outer(delta, x) are mixed up", turned
        if rows != columns:  # the numbers of the turned matrix, read row by row
            read = np.asarray(where).reshape(rows, columns).T.ravel().tolist()
            yield "transposed, then reshaped", read
        for axis, noun in ((0, "row"), (1, "column")):
            for step in (1, -1):
                rolled = np.roll(np.asarray(where).reshape(rows, columns), step, axis)
                yield f"shifted by one {noun} (an index is off by one)", rolled.ravel().tolist()


def _reordered(cost: float, text: str, order: Sequence[int]) -> Hypothesis:
    return Hypothesis(
        cost, "order", text, "The slopes are right; put them in their places.",
        lambda p: np.asarray(p.slopes)[list(order)], alone=True,
    )  # fmt: skip


def _sums(case: Case) -> Iterator[Hypothesis]:
    """One number for a whole array: a stray sum or mean."""
    n = len(case.names)
    for array, where in case.structure.arrays.items():
        if len(where) < 2:
            continue
        for words, reduce in (("sum", np.sum), ("mean", np.mean)):

            def slopes(p: Probe, where: Sequence[int] = where, reduce: Any = reduce) -> Any:
                found = np.array(p.slopes)
                found[where] = reduce(found[where])
                return found

            text = f"every slope of {array} is the {words} of them all: a stray .{words}()"
            advice = f"Sum over the rows only (axis=0), not over {array} too."
            yield Hypothesis(2.05, "summed", text, advice, slopes, alone=True)
    if len(case.structure.arrays) > 1 and n > 2:
        for words, reduce in (("sum", np.sum), ("mean", np.mean)):
            text = f"every slope is the {words} of all true slopes: a stray .{words}()"
            yield Hypothesis(
                2.1, "summed", text, "", lambda p, r=reduce: np.full(n, r(p.slopes)), alone=True
            )


def _rounded(case: Case) -> Iterator[Hypothesis]:
    cut_off = np.unique(case.hand[:, case.wrong][case.hand[:, case.wrong] != 0.0])
    if len(cut_off) < 3:
        return  # a few whole numbers may be the slopes of anything
    for word, cut in (("cut off to", np.trunc), ("rounded to", np.round)):
        text = f"{word} a whole number; an int cast, or an int array?"
        yield Hypothesis(1.5, "integer", text, "Use floats.", lambda p, c=cut: c(p.slopes))
    for digits in (1, 2, 3, 4):
        text = f"rounded to {digits} decimal{'s' * (digits > 1)}"
        yield Hypothesis(
            1.6, "rounding", text, "Do not round on the way.",
            lambda p, d=digits: np.round(p.slopes, d),
        )  # fmt: skip


def _normalised(case: Case) -> Iterator[Hypothesis]:
    n = len(case.names)
    if not n:
        return
    yield Hypothesis(
        1.8, "normalised", "only the sign of the true slope: it was normalised", "",
        lambda p: np.sign(p.slopes),
    )  # fmt: skip
    if n > 1:
        for words, order in (("length 1", 2), ("a largest slope of 1", np.inf),
                             ("a sum of absolute slopes of 1", 1)):  # fmt: skip
            text = f"the gradient was normalised to {words}: the direction is right"
            yield Hypothesis(
                1.8, "normalised", text, "Leave the division by the length out.",
                lambda p, o=order: np.asarray(p.slopes) / np.linalg.norm(p.slopes, o),
                alone=True,
            )  # fmt: skip


_RATES = (0.1, 0.01, 0.001, 0.0001, 0.3, 0.03, 0.003, 0.5, 0.05, 0.005, 0.2, 0.02)


def _rates(case: Case) -> Iterator[Hypothesis]:
    """Learning rates left inside, and updated weights in place of slopes."""
    for rate in _RATES:
        if rate not in (0.5, 0.2):
            text = f"the factor {rate:g} looks like a learning rate left inside the slope"
            yield Hypothesis(1.9, "rate", text, f"Leave the {rate:g} out.", scaled(rate))
            text = f"the step -{rate:g} x slope of an update, not the slope"
            yield Hypothesis(1.95, "rate", text, "Return the slope.", scaled(-rate))
        text = f"the updated weight, w - {rate:g} x slope, not the slope"
        yield Hypothesis(
            1.9, "updated", text, "Return the slope.",
            lambda p, r=rate: np.asarray(p.at) - r * np.asarray(p.slopes),
        )  # fmt: skip
