"""The plan of a recorded path, and of its way back."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from autograd_nn.errors import TraceError
from autograd_nn.jit.plan.nests import ADJOINTS, LINE, PADDING, VALUES, Item
from autograd_nn.jit.plan.printing import printed
from autograd_nn.jit.plan.reference import evaluate

__all__ = ["Backward", "Guards", "Place", "Plan", "Reference"]

FORMAT: Final = 1  # of pickled plans


def _is_index(x: Any, length: Any) -> Any:
    return (x >= 0.0) & (x < length) & (np.floor(x) == x)


COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "index": _is_index,
}


@dataclass(eq=False)
class Place:
    """Where the numbers of a group of leaves lie: an argument's, the parameters'.

    Attributes:
        name: for people.
        buffer, start, size: the cells.
        order: the offset of each number from ``start``, where they do not lie in order; else None.
        by_row: whether the group has a set of numbers for every row.
    """

    name: str
    buffer: int
    start: int
    size: int
    order: Any = None
    by_row: bool = False

    @property
    def cells(self) -> Any:
        """The cell of each number."""
        offsets = np.arange(self.size) if self.order is None else self.order
        return self.start + offsets


@dataclass(eq=False)
class Guards:
    """Comparisons of one kind that must come out as they were recorded.

    Attributes:
        symbol: ``<``, ``==`` ..., or ``index``.
        left, right: cells of buffer 0, one line a guard and one column a row.
        outcomes: one line a guard, one column.
    """

    symbol: str
    left: Any
    right: Any
    outcomes: Any

    def hold(self, values: Any) -> Any:
        """For each row whether all of them come out alike."""
        found = COMPARE[self.symbol](values[self.left], values[self.right])
        return (found == self.outcomes).all(axis=0)


@dataclass(eq=False)
class Backward:
    """The way back, from the first result to some groups of leaves.

    Attributes:
        items: what is done, in order.
        cleared: runs of adjoint cells, by first and end, that must be 0 before: by buffer.
        seeds: the adjoint cells of the first result, and the number that each starts with: how
            many rows share it.
        wanted: which groups of leaves.
    """

    items: list[Item]
    cleared: list[tuple[int, int, int]]
    seeds: tuple[Any, Any]
    wanted: tuple[int, ...]


@dataclass(eq=False)
class Plan:
    """A recorded path of a function.

    Attributes:
        rows: how many rows are computed at once; 1 where there are none.
        sizes: of every even buffer, how many cells.  The last of buffer 0 is spare: it is set to
            0 where slopes are finite, and else to nan.
        leaves: where the groups of leaves lie, as the caller gives them; the last are the
            captured parameters.
        constants: cells of buffer 0, and their numbers.
        items: what is done, in order.
        guards: what must hold.
        roots: the cells of the results, one line a result and one column a row.
        names: the first cell and the name of each region of buffer 0, for people.
        format: of its pickle; another one is refused.
    """

    rows: int
    sizes: list[int]
    leaves: list[Place]
    constants: tuple[Any, Any]
    items: list[Item]
    guards: list[Guards]
    roots: Any
    names: list[tuple[int, str]] = field(default_factory=list)
    format: int = FORMAT

    def __setstate__(self, state: dict[str, Any]) -> None:
        found = state.get("format")
        if found != FORMAT:
            raise TraceError(
                f"this plan was pickled in format {found}, and this version of autograd_nn reads "
                f"format {FORMAT}: record the function anew, or read it with the version that "
                "pickled it"
            )
        self.__dict__.update(state)

    def buffers(self) -> list[Any]:
        """New buffers for a run: values and adjoints in turn, constants and padding set."""
        found = [_zeros(size) for size in self.sizes for _ in range(2)]
        found[VALUES][: len(PADDING)] = PADDING
        cells, numbers = self.constants
        found[VALUES][cells] = numbers
        return found

    def load(self, buffers: list[Any], groups: Sequence[Any]) -> None:
        """Put the numbers of the leaves, one flat sequence a group, where they belong."""
        for place, numbers in zip(self.leaves, groups, strict=True):
            buffers[place.buffer][place.cells] = numbers

    def run(self, groups: Sequence[Any], back: Backward | None = None) -> Reference:
        """Evaluate the plan by its definition, a point after another.

        Args:
            groups: the numbers of each group of leaves.
            back: the way back, if slopes are wanted.
        """
        buffers = self.buffers()
        self.load(buffers, groups)
        with np.errstate(all="ignore"):
            evaluate(self.items, buffers)
            on_path = np.ones(self.rows, dtype=bool)
            for guards in self.guards:
                on_path &= guards.hold(buffers[VALUES])
            slopes = []
            if back is not None:
                for buffer, first, end in back.cleared:
                    buffers[buffer][first:end] = 0.0
                cells, counts = back.seeds
                buffers[ADJOINTS][cells] = counts
                evaluate(back.items, buffers)
                for place in (self.leaves[k] for k in back.wanted):
                    slopes.append(buffers[place.buffer + 1][place.cells])
        return Reference(buffers[VALUES][self.roots], slopes, on_path)

    def __str__(self) -> str:
        cells, numbers = self.constants
        known = zip(np.asarray(cells).tolist(), np.asarray(numbers).tolist(), strict=True)
        return printed(self.items, self.names, dict(known))


def _zeros(size: int) -> Any:
    """Zeros that begin with a line of the processor's cache."""
    whole = np.zeros(size + LINE - 1)
    first = -(whole.ctypes.data // whole.itemsize) % LINE
    return whole[first : first + size]


@dataclass
class Reference:
    """What a plan gives.

    Attributes:
        numbers: of the results, one line a result and one column a row.
        slopes: along each wanted group.
        on_path: for each row whether its guards hold.
    """

    numbers: Any
    slopes: list[Any]
    on_path: Any
