"""Points that sit exactly on a kink of relu, abs, maximum or the like: several slopes are right.

The graph shows which operations are at their kink, and the slopes of each on both sides.  From
these come the one-sided slopes along any direction, in one walk forward, and the range of slopes
that some choice at the kinks gives, in one walk backward.  What is left out: kinks that the graph
does not show, such as those of an ``if`` in ``f`` (``numeric`` finds them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from autograd_nn.ops import PRIMITIVES, primitive

if TYPE_CHECKING:
    from autograd_nn.checking.diagnosis.probes import Probe

__all__ = ["Kinks"]

_SWITCHED = frozenset(row.name for row in PRIMITIVES if row.switch is not None)
_ROUNDING = 1e-12  # of the numbers that the switch was computed from
_NUDGE = 1e-9  # far enough from the kink to be on one side of it
_MARGIN = 1e-9


class _Sides(NamedTuple):
    """The partials of an operation on both sides of its kink, and where its switch moves."""

    below: tuple[float, ...]
    above: tuple[float, ...]
    moves: tuple[float, ...]


class Kinks:
    """The operations of a graph that sit on a kink.

    Attributes:
        numbers: the checked numbers that they depend on, in order.
    """

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self._sides = {
            k: sides
            for k, op in enumerate(probe.ops)
            if op in _SWITCHED and (sides := self._at_kink(k)) is not None
        }
        below: set[int] = set()
        stack = list(self._sides)
        while stack:
            k = stack.pop()
            if k not in below:
                below.add(k)
                stack += probe.operands[k]
        self.numbers = [i for i, k in enumerate(probe.inputs) if k in below]

    def _at_kink(self, k: int) -> _Sides | None:
        p, row = self.probe, primitive(self.probe.ops[k])
        if row.switch is None:
            return None
        operands = p.operands[k]
        numbers = [p.data[o] for o in operands]
        used = [abs(p.data[x]) for o in operands for x in (o, *p.operands[o])]
        if not abs(row.switch(*numbers)) <= _ROUNDING * max(used):
            return None
        nudge = _NUDGE * (max(used) or 1.0)
        moved = [[*numbers[:j], x + nudge, *numbers[j + 1 :]] for j, x in enumerate(numbers)]
        moves = tuple(float(row.switch(*at)) / nudge for at in moved)
        pairs = []
        for sign in (-1.0, 1.0):
            at = [numbers[0] + sign * nudge * (1.0 if moves[0] >= 0 else -1.0), *numbers[1:]]
            pairs.append(tuple(map(float, row.partials(*at, row.scalar(*at)))))
        return _Sides(pairs[0], pairs[1], moves)

    def slope(self, direction: Sequence[float]) -> float:
        """The slope along a direction, to one side: from the point onwards."""
        p = self.probe
        moving = [0.0] * len(p.nodes)
        for k, t in zip(p.inputs, direction, strict=True):
            if k >= 0:
                moving[k] = t
        for k, operands in enumerate(p.operands):
            if not operands:
                continue
            partials = p.partials[k]
            sides = self._sides.get(k)
            if sides is not None:
                switch = sum(m * moving[o] for m, o in zip(sides.moves, operands, strict=True))
                if switch != 0.0:
                    partials = sides.above if switch > 0 else sides.below
            moving[k] = sum(
                s * moving[o] for s, o in zip(partials, operands, strict=True) if moving[o]
            )
        return moving[-1]

    def central(self, direction: Sequence[float]) -> float:
        """What a difference quotient to both sides gives along a direction."""
        return (self.slope(direction) - self.slope([-t for t in direction])) / 2

    def one_sided(self, i: int) -> tuple[float, float]:
        """The slopes along one number from the left and from the right."""
        ahead = [float(i == k) for k in range(len(self.probe.inputs))]
        return -self.slope([-t for t in ahead]), self.slope(ahead)

    def bounds(self) -> list[tuple[float, float]]:
        """For each number the least and the largest slope that choices at the kinks give."""
        p = self.probe
        low, high = [0.0] * len(p.nodes), [0.0] * len(p.nodes)
        low[-1] = high[-1] = 1.0
        for k in range(len(p.nodes) - 1, -1, -1):
            if low[k] == high[k] == 0.0:
                continue
            sides = self._sides.get(k)
            for j, (o, own) in enumerate(zip(p.operands[k], p.partials[k], strict=True)):
                choices = [own] if sides is None else [own, sides.below[j], sides.above[j]]
                ends = [a * c for a in (low[k], high[k]) for c in choices if c != 0.0]
                if [c for c in choices if c == 0.0]:
                    ends.append(0.0)
                low[o] += min(ends)
                high[o] += max(ends)
        return [(low[k], high[k]) if k >= 0 else (0.0, 0.0) for k in p.inputs]

    def allow(self, slopes: Sequence[float]) -> list[bool]:
        """For each number on a kink whether its slope is one of those that are right there."""
        found = [False] * len(slopes)
        bounds = self.bounds()
        for i in self.numbers:
            low, high = bounds[i]
            margin = _MARGIN * (abs(low) + abs(high) + self.probe.sizes[i])
            found[i] = low - margin <= slopes[i] <= high + margin
        return found
