"""The items of a plan: loop nests over numbered cells, loops around them, and single lines.

A cell is a place in a buffer.  Buffer 0 holds values and buffer 1 the adjoints of the same cells;
buffers 2k and 2k + 1 are those of a large argument that is read where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

__all__ = [
    "ADJOINTS",
    "PADDING",
    "VALUES",
    "Access",
    "Item",
    "Lines",
    "Loop",
    "Nest",
    "cells_of",
    "nests_of",
    "walk",
]

VALUES: Final = 0
ADJOINTS: Final = 1
#: The first cells of buffer 0, which missing terms read: nothing to a sum, to a product, to a
#: largest and to a smallest.
PADDING: Final = (0.0, 1.0, -np.inf, np.inf)


@dataclass(frozen=True, eq=False)
class Access:
    """The cells that a nest reads or writes, for every point of its axes.

    The cell at a point is ``start + sum(strides * point) + sum(steps * rounds) + table[point]``.

    Attributes:
        buffer: VALUES, ADJOINTS, or those of a large argument.
        start: the first cell.
        strides: how far neighbours lie apart, one number an axis of the nest; 0 is a broadcast.
            What is written has 0 along the axes that are summed.
        steps: how far a round of each loop around moves on, the outermost first.
        table: offsets where there is no pattern: an array of integers with as many axes as the
            nest, of size 1 along those where it does not change; or None.
    """

    buffer: int
    start: int
    strides: tuple[int, ...]
    steps: tuple[int, ...] = ()
    table: Any = None

    def changes(self, axis: int) -> bool:
        """Whether the cell changes along an axis."""
        return self.strides[axis] != 0 or (self.table is not None and self.table.shape[axis] > 1)

    @property
    def adjoint(self) -> Access:
        """The same cells of the adjoints."""
        return Access(self.buffer + 1, self.start, self.strides, self.steps, self.table)

    def same(self, other: Access) -> bool:
        """Whether both mean the same cells."""
        if (self.buffer, self.start, self.strides, self.steps) != (
            other.buffer,
            other.start,
            other.strides,
            other.steps,
        ):
            return False
        if self.table is None or other.table is None:
            return self.table is other.table
        return np.array_equal(self.table, other.table)

    def turned(self, order: Sequence[int]) -> Access:
        """The same for a nest whose axes are put in another order."""
        table = self.table
        if table is not None:
            table = np.ascontiguousarray(table.transpose(order))
        strides = tuple(self.strides[k] for k in order)
        return Access(self.buffer, self.start, strides, self.steps, table)


@dataclass(eq=False)
class Nest:
    """One computation at every point of some axes.

    Attributes:
        kind: what is computed:

            * ``"sum"``: ``factor`` times the products of the reads, added up along the last
              ``summed`` axes, and ``plus`` added to that;
            * ``"row"``: the row ``code`` of the table of the reads (no axis is summed);
            * ``"slope"``: of reads ``d, operands..., y``: ``factor * d * partials[operand]`` of
              the row ``code``, added up likewise;
            * ``"extreme"``: the largest (``code`` of ``maximum``) or smallest of the one read
              along the last ``summed`` axes; nan if there is one;
            * ``"share"``: of reads ``d, x, y``, with ``y`` the extreme of ``x`` along the last
              ``summed`` axes: for every point of *all* axes ``d`` times the slope of ``y`` along
              that ``x``.  At ties it is that of the chain of two-operand rows in order: each
              takes half of what the later ones leave, and the first two the same;
            * ``"look"``: of one read, an index: the cell ``entries[index]`` of buffer 0;
            * ``"drop"``: of reads ``d, index``: ``d`` is added to the adjoint of that cell
              (there is no other write).
        axes: their sizes; summed ones come last.
        reads: the operands.
        write: where the result goes, along the axes that are not summed.
        summed: how many axes are.
        code, operand: of the table.
        factor: a number; of ``sum`` and ``slope``.
        plus: a number that is added to a ``sum``; None for none, which keeps the sign of a zero.
        add: whether the result is added to what is there.
        scatter: whether several points may write to one cell: they add up, one after another.
        exact: whether it must round as the engine does, one operation after another: a guard or
            a jump reads it.  A sum then adds its terms (the factor is 1 or -1, nothing is plus)
            one by one in order, to the first of them, or to what is there if it adds.
        entries: of a look-up the cells of the table, one row an index and one column a column;
            an index outside takes the nearest row.
        columns: the column for each point, of the shape of a table; with ``entry_steps`` the
            entries move on by so much for each point of the first axis.
    """

    kind: str
    axes: tuple[int, ...]
    reads: tuple[Access, ...]
    write: Access
    summed: int = 0
    code: int = 0
    operand: int = 0
    factor: float = 1.0
    plus: float | None = None
    add: bool = False
    scatter: bool = False
    exact: bool = False
    entries: Any = None
    columns: Any = None
    entry_steps: Any = None

    @property
    def kept(self) -> int:
        """How many axes are not summed."""
        return len(self.axes) - self.summed

    @property
    def points(self) -> int:
        """How many there are."""
        return int(np.prod(self.axes, dtype=np.int64))

    @property
    def writes_all(self) -> bool:
        """Whether the write has a cell for every point, summed axes or not."""
        return self.kind == "share"


@dataclass(eq=False)
class Loop:
    """Items that are repeated in order; the steps of their accesses move on in each round.

    Attributes:
        count: how often.
        items: what is done in each round.
        reverse: whether the last round comes first.
    """

    count: int
    items: list[Item]
    reverse: bool = False

    @property
    def rounds(self) -> range:
        """The rounds, in order."""
        return range(self.count - 1, -1, -1) if self.reverse else range(self.count)


@dataclass(eq=False)
class Lines:
    """Scalar operations without a pattern, in an order in which they can be run.

    Attributes:
        codes: the rows of the table.
        out, a, b: cells of buffer 0: of the results and operands; ``b`` is -1 where there is one
            operand.  Every result has a cell of its own.
        wanted: on the way back, 1 where the first operand takes slopes, 2 the second, 3 both;
            None on the way forward.  Slopes are added.
        exact: whether all must round as the engine does.
    """

    codes: Any
    out: Any
    a: Any
    b: Any
    wanted: Any = None
    exact: bool = False


Item = Nest | Loop | Lines


def walk(items: Sequence[Item], depth: int = 0) -> Iterator[tuple[Item, int]]:
    """All items, those inside of loops too, with the number of loops around them."""
    for item in items:
        yield item, depth
        if isinstance(item, Loop):
            yield from walk(item.items, depth + 1)


def cells_of(access: Access, axes: Sequence[int], rounds: Sequence[int] = ()) -> Any:
    """The cells of an access for every point of some axes, as an array of their shape."""
    found = np.full((), access.start, dtype=np.int64)
    for step, t in zip(access.steps, rounds, strict=True):
        found = found + step * t
    for size, stride in zip(axes, access.strides, strict=True):
        found = found[..., None] + stride * np.arange(size)
    if access.table is not None:
        found = found + access.table
    return np.broadcast_to(found, tuple(axes))


def nests_of(lines: Lines, depth: int) -> Iterator[Nest]:
    """A few single operations as nests of one point each.

    Args:
        lines: the operations.
        depth: how many loops there are around them.
    """

    def cell(k: int) -> Access:
        return Access(VALUES, k, (), (0,) * depth)

    columns = [x.tolist() for x in (lines.codes, lines.out, lines.a, lines.b)]
    if lines.wanted is None:
        for code, out, a, b in zip(*columns, strict=True):
            reads = (cell(a), cell(b)) if b >= 0 else (cell(a),)
            yield Nest("row", (), reads, cell(out), code=code, exact=lines.exact)
        return
    for code, out, a, b, wanted in reversed([*zip(*columns, lines.wanted.tolist(), strict=True)]):
        y, operands = cell(out), (cell(a), cell(b)) if b >= 0 else (cell(a),)
        for k, operand in enumerate(operands):
            if wanted >> k & 1:
                reads = (y.adjoint, *operands, y)
                yield Nest("slope", (), reads, operand.adjoint, 0, code, k, add=True)
