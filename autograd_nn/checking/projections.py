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
from autograd_nn.checking.numeric import directional_slope, numeric_derivative
from autograd_nn.checking.report import Row, judge
from autograd_nn.checking.shapes import NumericDerivative
from autograd_nn.recording import no_grad

__all__ = ["projections"]

_MOST_SINGLE = 24  # numbers that are looked at by themselves
_RTOL = 1e-7


def projections(
    f: Callable[..., object],
    arguments: Arguments,
    slopes: Sequence[float],
    count: int,
    seed: int,
    by_hand: bool,
) -> list[Row]:
    """One row for each direction; and for each number found to be wrong, or on a kink.

    Where every number of a direction that disagrees is right by itself, as at a kink, the
    direction is right too: there the slope along a sum is not the sum of the slopes.
    """
    search = _Search(f, arguments, slopes, by_hand)
    rng = random.Random(seed)
    rows: list[Row] = []
    for k in range(count):
        signs = [rng.choice((-1.0, 1.0)) for _ in arguments.numbers]
        every = list(range(len(signs)))
        row = search.test(f"direction {k}", every, signs)
        if row.verdict != "ok" and row.verdict != "inconclusive":
            found, complete = search.halve(every, signs)
            wrong = [r for r in found if r.verdict == "wrong"]
            if not wrong and complete:
                note = "f is not smooth along this direction; number by number all agree"
                row = row._replace(verdict="ok", note=note)
            rows += [row, *found]
            if wrong:
                break
            continue
        rows.append(row)
    return rows


class _Search:
    def __init__(
        self,
        f: Callable[..., object],
        arguments: Arguments,
        slopes: Sequence[float],
        by_hand: bool,
    ) -> None:
        self.f, self.arguments, self.slopes, self.by_hand = f, arguments, slopes, by_hand
        x = arguments.numbers
        self.unit = math.sqrt(math.fsum(v * v for v in x) / len(x)) or 1.0
        self.known: dict[int, Row] = {}

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
        hand, auto = (slope, None) if self.by_hand else (None, slope)
        return Row(name, hand, auto, numeric, verdict, note)

    def test(self, name: str, chosen: Sequence[int], signs: Sequence[float]) -> Row:
        """The slope along some numbers together."""
        with no_grad():
            numeric = directional_slope(self.along(chosen, signs), self.unit)
        total = math.fsum(self.slopes[i] * signs[i] for i in chosen)
        return self.row(name, total, numeric, _RTOL)

    def single(self, i: int) -> Row:
        """One number by itself, with its slopes from the left and from the right."""
        if i not in self.known:
            x, ones = self.arguments.numbers, [1.0] * len(self.arguments.numbers)
            g = self.along([i], ones)
            with no_grad():
                numeric = numeric_derivative(lambda v: g(v - x[i]), x[i])
            name = self.arguments.names[i]
            self.known[i] = self.row(name, self.slopes[i], numeric, _RTOL)
        return self.known[i]

    def halve(self, every: list[int], signs: Sequence[float]) -> tuple[list[Row], bool]:
        """The numbers that a direction disagrees by, and whether all of them were looked at."""
        found: dict[int, Row] = {}
        parts = [every]
        while parts:
            part = parts.pop()
            if len(part) == 1:
                if len(found) >= _MOST_SINGLE:
                    return list(found.values()), False
                found[part[0]] = self.single(part[0])
                continue
            for half in (part[len(part) // 2 :], part[: len(part) // 2]):
                if self.test("", half, signs).verdict == "wrong":
                    parts.append(half)
        return list(found.values()), True
