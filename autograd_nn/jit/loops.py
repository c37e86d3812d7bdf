"""Finding the loops in a program on floats: a body of lines, and how often it is repeated.

A recording of a loop is the same lines over and over.  Written as a loop again they
compile at once, however often they are repeated, and run about half as fast as lines
written out.

Lines repeat with a period of P where line i + P does what line i does, and where each of
its operands has moved by a constant step for each repetition: 0 for what was there before
the loop, P for what an earlier line of the loop computed, another number for what is read
in passing, such as a measurement for each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_nn.jit.lifting.flat import Flat

__all__ = ["Loop", "find_loops"]

_FEWEST = 200  # lines in a program, below which nothing is looked for
_REPEATS = 8  # of a body, below which it is written out
_BODY = 40  # lines in a body, to which short ones are joined
_LONGEST = 5000  # lines in a body
_WIDTH = 8  # terms in a line; longer sums are no part of a loop
_WINDOW = 8  # lines that must look alike before more is compared


@dataclass
class Loop:
    """Lines that repeat.

    Attributes:
        first: the number of the first line.
        period: how many lines the body has.
        count: how often it is repeated.
        steps: of each term of the body, how far its first and its second factor move.
    """

    first: int
    period: int
    count: int
    steps: list[tuple[int, int]]

    @property
    def stop(self) -> int:
        """The number of the first line after the loop."""
        return self.first + self.period * self.count


def find_loops(flat: Flat) -> list[Loop]:
    """The loops, in order; none reaches into another."""
    if len(flat) < _FEWEST:
        return []
    table = _Table(flat)
    loops: list[Loop] = []
    line, end = 0, len(flat)
    candidates = np.flatnonzero(table.gaps)
    while True:
        at = np.searchsorted(candidates, line)
        if at == len(candidates):
            return loops
        line = int(candidates[at])
        period = int(table.gaps[line])
        count = table.repeats(line, period) if line + period * _REPEATS <= end else 0
        if count < _REPEATS:
            line += 1
            continue
        # Several repetitions as one body: the loop itself then costs less beside it.
        together = max(1, min(_BODY // period, count // _REPEATS))
        period, count = period * together, count // together
        loops.append(Loop(line, period, count, table.steps(line, period)))
        line = loops[-1].stop


class _Table:
    """The lines as arrays of numbers.

    Attributes:
        gaps: for each line how far it is to the next that begins a stretch which looks alike;
            0 if there is none, or it is too far.
    """

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        starts = np.array(flat.starts)
        counts = np.diff(starts)
        codes = np.array(flat.codes)
        place = np.arange(len(flat.a)) - np.repeat(starts[:-1], counts)
        kinds = (flat.negative + 2 * (flat.b >= 0)) << (2 * np.minimum(place, _WIDTH))
        looks = np.add.reduceat(kinds, starts[:-1]) * 1024 + codes * 16 + counts
        short = counts <= _WIDTH
        # A long sum looks like no other line.
        self.looks = np.where(short, looks, -1 - np.arange(len(counts)))
        self.a = np.full((len(counts), _WIDTH), -1, dtype=np.int64)
        self.b = self.a.copy()
        here = np.repeat(short, counts)
        rows = np.repeat(np.arange(len(counts)), counts)[here]
        self.a[rows, place[here]] = flat.a[here]
        self.b[rows, place[here]] = flat.b[here]
        self.gaps = self._gaps()

    def _gaps(self) -> Any:
        n = len(self.looks) - _WINDOW + 1
        mixed = np.zeros(n, dtype=np.uint64)
        for k in range(_WINDOW):
            part = self.looks[k : k + n].astype(np.uint64)
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + part * np.uint64(0xD1B54A32D192ED03)
        order = np.argsort(mixed, kind="stable")
        same = mixed[order[1:]] == mixed[order[:-1]]
        gaps = np.zeros(n, dtype=np.int64)
        gaps[order[:-1][same]] = np.diff(order)[same]
        gaps[gaps > _LONGEST] = 0
        # In a loop the same gap follows again and again; elsewhere that is rare.
        steady, at = gaps > 0, np.arange(n)
        for _ in range(_REPEATS - 3):
            at = np.minimum(at + gaps, n - 1)
            steady &= gaps[at] == gaps
        return np.where(steady, gaps, 0)

    def repeats(self, line: int, period: int) -> int:
        """How often the lines from ``line`` on repeat, as a loop can do them."""
        most = (len(self.looks) - line) // period
        count = 1
        while count < most:
            # A few at first: most candidates fail at once.
            upto = min(max(2 * count, _REPEATS), most)
            fitting = self._fitting(line, period, upto)
            if fitting < upto:
                return fitting
            count = upto
        return count

    def _fitting(self, line: int, period: int, count: int) -> int:
        """How many of ``count`` repetitions fit to the first two."""
        span = slice(line, line + period * count)
        looks = self.looks[span].reshape(count, period)
        fits = (looks == looks[0]).all(axis=1)
        own = self.flat.leaves + line  # the first cell of the loop
        for cells in (self.a[span], self.b[span]):
            each = cells.reshape(count, period, _WIDTH)
            step = each[1] - each[0]
            steady = each == each[0] + np.arange(count)[:, None, None] * step
            last = each[0] + (count - 1) * step
            # A step other than the period may not reach into the loop; a step of 0 and the
            # first of others would be read before they are there.
            outside = np.maximum(each[0], last) < own
            fits &= steady.all(axis=(1, 2)) & (outside | (step == period)).all()
        return int(np.argmin(fits)) if not fits.all() else count

    def steps(self, line: int, period: int) -> list[tuple[int, int]]:
        """How far each factor of each term of the body moves."""
        flat = self.flat
        span = slice(flat.starts[line], flat.starts[line + period])
        after = slice(flat.starts[line + period], flat.starts[line + 2 * period])
        a, b = flat.a[after] - flat.a[span], flat.b[after] - flat.b[span]
        return list(zip(a.tolist(), b.tolist(), strict=True))
