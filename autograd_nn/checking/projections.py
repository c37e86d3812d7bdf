"""Numeric slopes of many numbers at once: along random directions, and where these disagree.

A direction that disagrees is halved until the numbers are found whose slopes are wrong or that
sit on a kink; each of those is then looked at by itself.  What is left out: comparing number
by number (``check``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from autograd_nn.checking.calls import Arguments
from autograd_nn.checking.diagnosis.kinks import Kinks
from autograd_nn.checking.numeric import directional_slope, numeric_derivative
from autograd_nn.checking.report import Row, judge, judge_sides
from autograd_nn.checking.shapes import NumericDerivative
from autograd_nn.recording import no_grad

__all__ = ["Projections"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test

_MOST_WRONG = 12  # numbers that are named; more would not help
_RTOL = 1e-7
_FEW_DIGITS = 0.1  # of f's largest number over the step: a slope of 0 has no scale of its own


class Projections:
    """Compares slopes along random directions, and number by number where that is needed.

    Args:
        slopes: one per checked number.
        kinks: those that the graph shows; ``f`` may have others.  ``None`` where there is no
            graph: the slopes are the hand-written ones.
    """

    def __init__(
        self,
        f: Callable[..., object],
        arguments: Arguments,
        slopes: Sequence[float],
        kinks: Kinks | None,
    ) -> None:
        self.f, self.arguments, self.slopes, self.kinks = f, arguments, slopes, kinks
        x = arguments.numbers
        self.unit = math.sqrt(math.fsum(v * v for v in x) / len(x)) or 1.0
        self.kinked = set(kinks.numbers) if kinks else set()
        self.known: tuple[float, float] | None = None  # f at the point, and its noise

    def rows(self, count: int, seed: int) -> list[Row]:
        """One row for each direction; and for each number found to be wrong, or on a kink.

        Where every number of a direction that disagrees is right by itself, as at a kink that
        the graph does not show, the direction is right too: there the slope along a sum is not
        the sum of the slopes.
        """
        rng = random.Random(seed)
        rows: list[Row] = []
        known: dict[int, Row] = {}
        for k in range(count):
            signs = [rng.choice((-1.0, 1.0)) for _ in self.arguments.numbers]
            row = self.test(f"direction {k}", range(len(signs)), signs)
            if row.verdict == "wrong":
                found, complete = self.halve(list(range(len(signs))), signs)
                known |= {i: single for i, single in found.items() if single.verdict != "ok"}
                if complete and all(single.verdict == "ok" for single in found.values()):
                    note = "f is not smooth along this direction; number by number all agree"
                    row = row._replace(verdict="ok", note=note)
            rows.append(row)
            if known:
                break
        return rows + [known[i] for i in sorted(known)]

    def along(self, chosen: Sequence[int], signs: Sequence[float]) -> Callable[[float], object]:
        x = self.arguments.numbers

        def g(t: float) -> object:
            moved = list(x)
            for i in chosen:
                moved[i] += t * signs[i]
            return self.f(*self.arguments.filled(moved))

        return g

    def row(self, name: str, slope: float, numeric: NumericDerivative, rtol: float) -> Row:
        verdict, note = judge(slope, numeric, rtol)
        off = slope - numeric.value
        if verdict == "wrong" and self.kinks and self.kinks.probe.hides(off, self.unit):
            verdict, note = "ok", "too small to be seen in values of f"
        hand, auto = (slope, None) if self.kinks is None else (None, slope)
        return Row(name, hand, auto, numeric, verdict, note)

    def test(self, name: str, chosen: Sequence[int], signs: Sequence[float]) -> Row:
        """The slope along some numbers together."""
        with no_grad():
            numeric, self.known = directional_slope(
                self.along(chosen, signs), self.unit, self.known
            )
        if self.kinks and not self.kinked.isdisjoint(chosen):
            direction = [0.0] * len(signs)
            for i in chosen:
                direction[i] = signs[i]
            total = self.kinks.central(direction)
        else:
            direction = []
            total = math.fsum(self.slopes[i] * signs[i] for i in chosen)
        row = self.row(name, total, numeric, _RTOL)
        if direction and row.verdict == "inconclusive" and self.small(numeric.error):
            row = row._replace(verdict="ok", note="a kink: few digits")
        return row

    def small(self, error: float) -> bool:
        """Whether an error is small beside f's numbers: at kinks the quotients converge slowly."""
        if self.kinks is None:
            return False
        largest = max(abs(v) for v in self.kinks.probe.data if math.isfinite(v))
        return bool(error * self.unit <= _FEW_DIGITS * largest)

    def single(self, i: int) -> Row:
        """One number by itself, with its slopes from the left and from the right."""
        x, ones = self.arguments.numbers, [1.0] * len(self.arguments.numbers)
        g = self.along([i], ones)
        with no_grad():
            numeric = numeric_derivative(lambda v: g(v - x[i]), x[i])
        row = self.row(self.arguments.names[i], self.slopes[i], numeric, _RTOL)
        if self.kinks and i in self.kinked:
            verdict, note = judge_sides(self.kinks.one_sided(i), numeric, _RTOL)
            row = row._replace(verdict=verdict, note=note)
        return row

    def halve(self, every: list[int], signs: Sequence[float]) -> tuple[dict[int, Row], bool]:
        """The numbers that a direction disagrees by, found by halving it again and again."""
        found: dict[int, Row] = {}
        parts = [every]
        while parts:
            part = parts.pop()
            if len(part) == 1:
                found[part[0]] = self.single(part[0])
                if sum(row.verdict == "wrong" for row in found.values()) >= _MOST_WRONG:
                    return found, False
                continue
            for half in (part[len(part) // 2 :], part[: len(part) // 2]):
                if self.test("", half, signs).verdict == "wrong":
                    parts.append(half)
        return found, True
