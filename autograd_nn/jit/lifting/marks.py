"""Which cells depend on wanted leaves, and on which of them the first result depends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd_nn.jit.plan.nests import VALUES, Access, Item, Lines, Loop, Nest
from autograd_nn.jit.plan.plan import Plan
from autograd_nn.ops import CODES

__all__ = ["Marks", "touched"]

DETACH: Final = CODES["detach"]


def touched(access: Access, axes: Sequence[int], counts: Sequence[int]) -> Any:
    """The cells of an access in all rounds of the loops around it.

    An axis for each loop and then for each of the nest; of size 1 where nothing changes.
    """
    found: Any = np.full((), access.start, dtype=np.int64)
    steps = zip(counts, access.steps, strict=True)
    moves = [*steps, *zip(axes, access.strides, strict=True)]
    for size, step in moves:
        found = found[..., None] + step * np.arange(size if step else 1)
    return found if access.table is None else found + access.table


class Marks:
    """What takes slopes.

    Args:
        wanted: the groups of leaves.
    """

    def __init__(self, plan: Plan, wanted: Sequence[int]) -> None:
        self.active = [np.zeros(size, dtype=bool) for size in plan.sizes]
        for k in wanted:
            place = plan.leaves[k]
            self.active[place.buffer // 2][place.cells] = True
        self._forward(plan.items, ())
        self.reached = [np.zeros(size, dtype=bool) for size in plan.sizes]
        if len(plan.roots):
            self.reached[VALUES][plan.roots[0]] = True
        self._back(plan.items, ())

    # -- asked by the adjoint ------------------------------------------------------------

    def takes(self, nest: Nest, counts: Sequence[int]) -> list[int]:
        """The operands of a nest that a wanted leaf reaches."""
        if nest.kind == "row" and nest.code == DETACH:
            return []
        if nest.kind == "look":
            return [0] if self.active[VALUES][entries_of(nest)].any() else []
        reads = enumerate(nest.reads)
        return [k for k, read in reads if self._any(self.active, read, nest.axes, counts)]

    def reaches(self, nest: Nest, counts: Sequence[int]) -> bool:
        """Whether the first result depends on what a nest writes."""
        return self._any(self.reached, nest.write, nest.axes, counts)

    def wanted(self, lines: Lines) -> Any:
        """For each line which operands take slopes: 1 the first, 2 the second, 3 both."""
        active, reached = self.active[VALUES], self.reached[VALUES]
        found = active[lines.a] + 2 * (active[lines.b] & (lines.b >= 0))
        return np.where(reached[lines.out] & (lines.codes != DETACH), found, 0)

    # -- passes --------------------------------------------------------------------------

    def _forward(self, items: Sequence[Item], counts: tuple[int, ...]) -> None:
        for item in items:
            if isinstance(item, Loop):
                _settle(self.active, self._forward, item.items, (*counts, item.count))
            elif isinstance(item, Lines):
                active = self.active[VALUES]
                for code, out, a, b in _columns(item):
                    active[out] = code != DETACH and (active[a] or (b >= 0 and active[b]))
            elif self.takes(item, counts):
                self.active[item.write.buffer // 2][touched(item.write, item.axes, counts)] = True

    def _back(self, items: Sequence[Item], counts: tuple[int, ...]) -> None:
        for item in reversed(items):
            if isinstance(item, Loop):
                _settle(self.reached, self._back, item.items, (*counts, item.count))
            elif isinstance(item, Lines):
                reached = self.reached[VALUES]
                for code, out, a, b in reversed(_columns(item)):
                    if reached[out] and code != DETACH:
                        reached[a] = True
                        if b >= 0:
                            reached[b] = True
            elif self.reaches(item, counts):
                for k in self.takes(item, counts):
                    if item.kind == "look":
                        self.reached[VALUES][entries_of(item)] = True
                        continue
                    read = item.reads[k]
                    self.reached[read.buffer // 2][touched(read, item.axes, counts)] = True

    @staticmethod
    def _any(marks: list[Any], access: Access, axes: Sequence[int], counts: Sequence[int]) -> bool:
        return bool(marks[access.buffer // 2][touched(access, axes, counts)].any())


def entries_of(nest: Nest) -> Any:
    """All cells that a look-up can read."""
    if nest.entry_steps is None:
        return nest.entries.ravel()
    return (nest.entries[..., None] + nest.entry_steps[..., None] * np.arange(nest.axes[0])).ravel()


def _columns(lines: Lines) -> list[tuple[int, ...]]:
    columns = (lines.codes, lines.out, lines.a, lines.b)
    return list(zip(*(x.tolist() for x in columns), strict=True))


def _settle(marks: list[Any], visit: Callable[..., None], *inside: Any) -> None:
    """Visit the items of a loop until no round marks anything more for another."""
    before = -1
    while (now := sum(int(mark.sum()) for mark in marks)) != before:
        before = now
        visit(*inside)
