"""A loop that was unrolled: the same operations again and again, each on what the last one gave.

Repeats are found in the graph itself, without scopes.  Every operation gets a signature: what it
does, and how far back each of its operands was made or last used.  A period is a distance at
which signatures repeat.  The first step reads other leaves, so it is taken in by its operations
alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from autograd_nn.drawing.graph import Simplified

__all__ = ["Loop", "find_loop"]

_STRETCHES = (1, 16, 128)  # how many operations are compared to find a period
_CANDIDATES = 4  # periods that are tried for each of them, the commonest distances first
_BASE, _MODULUS = 1_000_003, (1 << 61) - 1
_FEWEST = 4  # steps


@dataclass(slots=True)
class Loop:
    """``count`` steps of ``period`` operations each, the first at ``start`` of ``operations``.

    Attributes:
        operations: the numbers of all values that have operands, in order.
        place: where a value stands among them.
        carried: places in a step of values that the next step reads.
    """

    operations: list[int]
    place: dict[int, int]
    start: int
    period: int
    count: int
    carried: list[int] = field(default_factory=list)

    def at(self, step: int, k: int) -> int:
        """The number of value ``k`` of a step; steps count from 0."""
        return self.operations[self.start + step * self.period + k]

    def step(self, step: int) -> list[int]:
        """All values of a step."""
        first = self.start + step * self.period
        return self.operations[first : first + self.period]

    @property
    def size(self) -> int:
        return self.period * self.count

    def rest(self) -> list[int]:
        """What is computed after the last step."""
        return self.operations[self.start + self.size :]


def find_loop(graph: Simplified) -> Loop | None:
    """The repeat that covers most of the graph, or None where no step is done four times."""
    operations = [i for i, pairs in enumerate(graph.operands) if pairs]
    place = {i: k for k, i in enumerate(operations)}
    signs = _signatures(graph, operations, place)
    codes = [graph.order[i]._code for i in operations]
    best: Loop | None = None
    for period in _periods(signs):
        for start, count in _runs(signs, period):
            loop = Loop(operations, place, start, period, count)
            _take_in_first(codes, loop)
            if loop.count >= _FEWEST and (best is None or loop.size > 1.2 * best.size):
                best = loop
    if best is None:
        return None
    _turn(graph, best)
    _take_in_first(codes, best)
    best.carried = _carried(graph, best)
    return best if best.carried else None


def _periods(signs: list[tuple[object, ...]]) -> list[int]:
    """Distances that are worth trying: how far back the same stretch of operations came last.

    Stretches of several lengths, told apart by a rolling hash (Karp and Rabin 1987): short ones
    find loops of few operations, long ones a step that has loops in it.
    """
    names: dict[object, int] = {}
    digits = [names.setdefault(sign, len(names) + 1) for sign in signs]
    found: set[int] = set()
    for length in _STRETCHES:
        last: dict[int, int] = {}
        distances: Counter[int] = Counter()
        rolled, gone = 0, pow(_BASE, length, _MODULUS)
        for k, digit in enumerate(digits):
            rolled = (rolled * _BASE + digit) % _MODULUS
            if k >= length:
                rolled = (rolled - digits[k - length] * gone) % _MODULUS
            if k >= length - 1:
                if rolled in last:
                    distances[k - last[rolled]] += 1
                last[rolled] = k
        found.update(period for period, _ in distances.most_common(_CANDIDATES))
    return sorted(found)


def _signatures(
    graph: Simplified, operations: list[int], place: dict[int, int]
) -> list[tuple[object, ...]]:
    used: dict[int, int] = {}
    signs: list[tuple[object, ...]] = []
    for k, i in enumerate(operations):
        sign: list[object] = [graph.order[i]._code]
        for operand, _ in graph.operands[i]:
            if operand in used:
                sign.append(used[operand] - k)
            else:
                sign.append(k - place[operand] if operand in place else "new")
        used.update((operand, k) for operand, _ in graph.operands[i])
        signs.append(tuple(sign))
    return signs


def _runs(signs: list[tuple[object, ...]], period: int) -> list[tuple[int, int]]:
    """(start, count) of every stretch in which signatures repeat at this distance."""
    found, run = [], 0
    for k in range(period, len(signs) + 1):
        if k < len(signs) and signs[k] == signs[k - period]:
            run += 1
            continue
        count = run // period + 1
        if count >= _FEWEST - 1:
            found.append((k - count * period, count))
        run = 0
    return found


def _take_in_first(codes: list[int], loop: Loop) -> None:
    """Steps before the run that do the same operations on other operands."""
    p = loop.period
    body = codes[loop.start : loop.start + p]
    while loop.start >= p and codes[loop.start - p : loop.start] == body:
        loop.start, loop.count = loop.start - p, loop.count + 1


def _turn(graph: Simplified, loop: Loop) -> None:
    """Begin a step where the fewest values are carried over: that is how it was written."""
    p, middle = loop.period, loop.start + loop.count // 2 * loop.period
    live = [0] * p
    final: dict[int, int] = {}
    for k in range(middle, min(middle + 3 * p, loop.start + loop.size)):
        for operand, _ in graph.operands[loop.operations[k]]:
            final[operand] = k
    for k in range(middle, middle + p):
        end = final.get(loop.operations[k], k)
        for cut in range(k + 1, min(end, k + p) + 1):
            live[cut % p] += 1
    base = middle % p
    best = min(range(p), key=lambda c: (live[(base + c) % p], c))
    if best and loop.count > _FEWEST:
        loop.start, loop.count = loop.start + best, loop.count - 1


def _carried(graph: Simplified, loop: Loop) -> list[int]:
    """Which values of a step the next one reads, as places in the step."""
    last = loop.start + (loop.count - 1) * loop.period
    found: dict[int, None] = {}
    for i in loop.step(loop.count - 1):
        for operand, _ in graph.operands[i]:
            k = loop.place.get(operand, -1) - (last - loop.period)
            if 0 <= k < loop.period:
                found.setdefault(k)
    return sorted(found)
