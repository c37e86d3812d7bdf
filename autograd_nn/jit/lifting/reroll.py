"""Rerolling: pieces that repeat with constant shifts become a loop.

A chain of steps stays a chain in packing: a few packs a step.  They repeat with a period where
what they look like is equal at that distance, and where all cells begin a constant further on in
each round.  Loops are looked for again among what is left, with loops as pieces: so steps inside
of sequences become loops inside of loops.

What is left out: code of single operations without packs, which is ``lines``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_nn.jit.lifting.pieces import Piece

__all__ = ["Repeat", "reroll"]

_FEWEST = 3  # rounds
_LONGEST = 500  # items of one round
_SAVED = 6  # items that a loop must save


@dataclass
class Repeat:
    """Pieces and repeats that are repeated ``count`` times.

    Attributes:
        look, starts: as those of a piece.
    """

    count: int
    items: list[Piece | Repeat]
    look: Any
    starts: Any

    def move(self, steps: Any) -> None:
        """Put the pieces into one more loop around those that they are in."""
        first = 0
        for item in self.items:
            item.move(steps[first : first + len(item.starts)])
            first += len(item.starts)


def reroll(items: list[Piece | Repeat]) -> list[Piece | Repeat]:
    """The same with loops for what repeats."""
    while True:
        found = _once(items)
        if len(found) == len(items):
            return found
        items = found


def _once(items: list[Piece | Repeat]) -> list[Piece | Repeat]:
    numbers: dict[Any, int] = {}
    looks = np.array([numbers.setdefault(item.look, len(numbers)) for item in items], dtype=int)
    gaps = _gaps(looks)
    found: list[Piece | Repeat] = []
    at, count = 0, len(items)
    while at < count:
        best = (1, 0)
        for period in sorted({int(gap) for gap in gaps[at : at + 4] if gap <= _LONGEST}):
            rounds = _rounds(items, looks, at, period)
            if rounds >= _FEWEST and rounds * period > best[0] * best[1]:
                best = rounds, period
        rounds, period = best
        if rounds < _FEWEST or (rounds - 1) * period < _SAVED:
            found.append(items[at])
            at += 1
            continue
        found.append(_repeat(items, at, period, rounds))
        at += rounds * period
    return found


def _gaps(looks: Any) -> Any:
    """How far it is from each item to the next that looks alike."""
    count = len(looks)
    gaps = np.full(count, 2 * count + 1)
    last: dict[int, int] = {}
    for k in range(count - 1, -1, -1):
        look = int(looks[k])
        if look in last:
            gaps[k] = last[look] - k
        last[look] = k
    return gaps


def _rounds(items: list[Piece | Repeat], looks: Any, at: int, period: int) -> int:
    """How many rounds of a period there are from an item on."""
    most = (len(items) - at) // period
    if most < _FEWEST:
        return 1
    table = looks[at : at + most * period].reshape(most, period)
    differ = np.flatnonzero((table != table[0]).any(axis=1))
    most = int(differ[0]) if len(differ) else most
    steps = None
    before = _starts(items, at, period)
    for t in range(1, most):
        now = _starts(items, at + t * period, period)
        moved = now - before
        if steps is not None and (moved != steps).any():
            return t
        steps, before = moved, now
    return most


def _starts(items: list[Piece | Repeat], at: int, period: int) -> Any:
    return np.concatenate([item.starts for item in items[at : at + period]])


def _repeat(items: list[Piece | Repeat], at: int, period: int, rounds: int) -> Repeat:
    steps = _starts(items, at + period, period) - _starts(items, at, period)
    starts = _starts(items, at, period)
    inside = items[at : at + period]
    look = (rounds, tuple(item.look for item in inside), tuple(steps.tolist()))
    found = Repeat(rounds, inside, look, starts)
    found.move(steps)
    return found
