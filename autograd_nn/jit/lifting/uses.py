"""What items touch: cells that they read or write, and whether the order of two items matters.

What is left out: which cells move on with an axis, which only who cuts it asks (``strips``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.marks import entries_of, touched
from autograd_nn.jit.plan.nests import ADJOINTS, VALUES, Access, Item, Lines, Loop

__all__ = ["Use", "Uses", "uses_of"]

_LOOKED_AT: Final = 512  # cells, up to which it is looked which they are


@dataclass(frozen=True, eq=False)
class Use:
    """Cells of a buffer that are touched.

    Attributes:
        access, axes, counts: which, with the counts of the loops around.
        writes: whether they are written.
        first, last: the lowest and the highest.
    """

    access: Access
    axes: tuple[int, ...]
    counts: tuple[int, ...]
    writes: bool
    first: int = field(init=False)
    last: int = field(init=False)

    def __post_init__(self) -> None:
        first = last = self.access.start
        sizes, steps = (*self.axes, *self.counts), (*self.access.strides, *self.access.steps)
        for size, step in zip(sizes, steps, strict=True):
            reach = step * (size - 1)
            first, last = first + min(0, reach), last + max(0, reach)
        table = self.access.table
        if table is not None:
            first, last = first + int(table.min()), last + int(table.max())
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "last", last)

    def meets(self, other: Use) -> bool:
        """Whether the order of both may matter."""
        return (
            self.access.buffer == other.access.buffer
            and (self.writes or other.writes)
            and self.first <= other.last
            and other.first <= self.last
            and self._shares_with(other)
        )

    def _shares_with(self, other: Use) -> bool:
        cells, others = self.cells, other.cells
        return cells is None or others is None or len(np.intersect1d(cells, others)) > 0

    @cached_property
    def cells(self) -> Any:
        """All of them, each once, in order; None where they are many."""
        found: Any = touched(self.access, self.axes, self.counts)
        return np.unique(found) if found.size <= _LOOKED_AT else None


def _line(cells: Any, buffer: int, writes: bool) -> Use:
    """The use of given cells."""
    flat = np.ravel(cells)
    return Use(Access(buffer, 0, (0,), (), flat), flat.shape, (), writes)


def uses_of(item: Item, counts: tuple[int, ...] = ()) -> Iterator[Use]:
    """All that an item touches.

    Args:
        counts: of the loops around it.
    """
    if isinstance(item, Loop):
        for inner in item.items:
            yield from uses_of(inner, (*counts, item.count))
    elif isinstance(item, Lines):
        cells = np.concatenate([item.out, item.a, item.b[item.b >= 0]])
        if len(cells):
            yield _line(cells, VALUES, item.wanted is None)
            if item.wanted is not None:
                yield _line(cells, ADJOINTS, True)
    else:
        yield from (Use(read, item.axes, counts, False) for read in item.reads)
        if item.kind == "drop":
            yield _line(entries_of(item), ADJOINTS, True)
            return
        if item.kind == "look":
            yield _line(entries_of(item), VALUES, False)
        yield Use(item.write, item.axes, counts, True)


class Uses:
    """All that some items touch."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, bool], dict[Any, Use]] = {}

    def add(self, uses: Iterable[Use]) -> None:
        """Add more; equal ones are kept once."""
        for use in uses:
            access = use.access
            alike = self._found.setdefault((access.buffer, use.writes), {})
            alike[access.start, access.strides, access.steps, id(access.table), use.axes] = use

    def meet(self, use: Use) -> bool:
        """Whether the order of these and another may matter."""
        buffer = use.access.buffer
        found = self._found.get((buffer, True), {}).values()
        if any(use.meets(other) for other in found):
            return True
        reads = self._found.get((buffer, False), {}).values() if use.writes else ()
        return any(use.meets(other) for other in reads)
