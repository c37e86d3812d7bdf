"""Packs with numbered cells: what rerolling compares and addressing describes.

Every region gets its cells, and a large one begins with a line of the processor's cache: its
vectors do not cross lines then.  Where there are rows, a number of a region with rows is as many
neighbouring cells: the rows lie last, so what is computed for all of them runs along memory.
Large arguments are not copied into the buffer; their cells are counted far beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.lifting.packs import Packing
from autograd_nn.jit.plan.nests import LINE, PADDING

__all__ = ["FAR", "Cells", "Operand", "Piece", "Term", "pieces"]

#: Cells from here on are those of large arguments: ``FAR`` for each.  No step reaches across.
FAR: Final = 1 << 40
_ALIGNED: Final = 8 * LINE  # numbers of a region; small ones stay side by side


@dataclass
class Cells:
    """Where the numbers of all regions lie.

    Args:
        rows: how many rows there are.
        outside: the regions that are not in the buffer.
        fixed: the region of the constants.
        constants: their numbers.

    Attributes:
        base: the first cell of every region.
        size: how many cells the buffer has.
        row_steps: how far a row moves on in every region.
        steps: how far a number moves on in every region.
        cells, moves: of every node its cell, and how far a row moves on there.
    """

    regions: list[Region]
    rows: int
    outside: list[int]
    fixed: int
    constants: Any
    base: list[int] = field(init=False)
    size: int = field(init=False)
    row_steps: list[int] = field(init=False)
    steps: list[int] = field(init=False)
    cells: Any = field(init=False)
    moves: Any = field(init=False)

    def __post_init__(self) -> None:
        self.base, self.row_steps, self.steps = [], [], []
        self.size = len(PADDING)
        for k, region in enumerate(self.regions):
            by_row = region.rows and self.rows > 1
            if k in self.outside:
                self.base.append(FAR * (1 + self.outside.index(k)))
                self.row_steps.append(region.size if by_row else 0)
                self.steps.append(1)
                continue
            size = region.size * (self.rows if by_row else 1)
            if size >= _ALIGNED or k == self.fixed + 1:  # so that all rounds of a loop are alike
                self.size += -self.size % LINE
            self.base.append(self.size)
            self.row_steps.append(1 if by_row else 0)
            self.steps.append(self.rows if by_row else 1)
            self.size += size

    def place(self, packing: Packing) -> None:
        """Give every node its cell, of the first row, and how far a row moves on."""
        base, steps, row_steps = (
            np.array(x, dtype=np.int64)[packing.region]
            for x in (self.base, self.steps, self.row_steps)
        )
        self.cells = base + packing.position * steps
        self.moves = row_steps

    def operand(self, nodes: Any) -> Operand:
        """Where nodes lie; -1 is a missing one."""
        at, first = self.cells[nodes], int(nodes.flat[0])
        if nodes.min() < 0:
            at = np.where(nodes < 0, 0, at)
        return Operand(at, int(self.moves[first]))

    def region_at(self, cell: int) -> int:
        """The region that a cell lies in."""
        inside = [k for k, base in enumerate(self.base) if base <= cell]
        return max(inside, key=lambda k: (self.base[k], k), default=-1)

    def numbers(self, at: Any) -> Any:
        """The constants in some cells; None if one of them is no constant."""
        places = at - self.base[self.fixed]
        if places.min() < 0 or places.max() >= len(self.constants):
            return None
        return self.constants[places]

    def spare(self, count: int, by_row: bool) -> tuple[int, int]:
        """The first of some cells at the end, and how far a number moves on."""
        first, step = self.size, self.rows if by_row else 1
        self.size += count * step
        return first, step


@dataclass
class Operand:
    """Cells that are read, or written.

    Attributes:
        cells: one line a result and one column a term; a missing term is a cell of the padding.
        row_step: how far a row moves on; 0 where all rows share the number.
        steps: how far a round of each loop around moves on, the outermost first.
    """

    cells: Any
    row_step: int
    steps: tuple[int, ...] = ()


@dataclass
class Term:
    """Products that are added, or the operands of an operation."""

    sign: float
    operands: list[Operand]


@dataclass
class Piece:
    """A pack with the cells of its results and operands.

    Attributes:
        code: the operation's row in the table, or 0 for a sum.
        out: the results, as a column.
        terms: the blocks.
        exact: whether it must round as the engine does.
        lookup: of a look-up the cells of the table, how far a row moves on there, and the
            column of each result.
        look: equal for two pieces that differ by where they begin only.
        starts: where the results and each operand begin.
    """

    code: int
    out: Operand
    terms: list[Term]
    exact: bool = False
    lookup: tuple[Any, Any, Any] | None = None
    look: Any = field(init=False)
    starts: Any = field(init=False)

    def __post_init__(self) -> None:
        look: list[Any] = [self.code, self.exact]
        starts = []
        for operand in self.operands:
            cells = operand.cells
            first = int(cells.flat[0])
            starts.append(first)
            look += [cells.shape, operand.row_step, (cells - first).tobytes()]
        look += [(term.sign, len(term.operands)) for term in self.terms]
        if self.lookup is not None:
            look += [x.tobytes() for x in self.lookup]
        self.look, self.starts = tuple(look), np.array(starts, dtype=np.int64)

    @property
    def operands(self) -> list[Operand]:
        """The results, then what is read, in the order of ``starts``."""
        return [self.out, *(x for term in self.terms for x in term.operands)]

    @property
    def points(self) -> int:
        """How many products, or results of an operation, there are in a row."""
        return sum(term.operands[0].cells.size for term in self.terms)

    def move(self, steps: Any) -> None:
        """Put the piece into one more loop around those that it is in."""
        for operand, step in zip(self.operands, steps, strict=True):
            operand.steps = (int(step), *operand.steps)


def pieces(packing: Packing, cells: Cells) -> list[Piece]:
    """The packs, in order; the largest of several from several places as copies and one of those.

    Args:
        cells: where the regions lie; spare cells are taken from it.
    """
    cells.place(packing)
    found: list[Piece] = []
    for each in packing.packs:
        start, step = cells.base[each.region], cells.steps[each.region]
        results = start + step * np.arange(each.size)[:, None]
        out = Operand(results, cells.row_steps[each.region])
        terms = []
        for block in each.blocks:
            operands = [cells.operand(block.a)]
            if block.b is not None:
                operands.append(cells.operand(block.b))
            terms.append(Term(block.sign, operands))
        lookup = None
        if each.table is not None:
            nodes = each.table.nodes
            lookup = cells.cells[nodes], cells.moves[nodes], each.table.columns
        if each.is_reduction and len(terms) > 1:
            terms = [Term(1.0, [_side_by_side(found, cells, terms, each.size)])]
        found.append(Piece(each.code, out, terms, each.exact, lookup))
    return found


def _side_by_side(found: list[Piece], cells: Cells, terms: list[Term], size: int) -> Operand:
    """Copies of the operands of all terms in spare cells, one line of them after another."""
    by_row = any(term.operands[0].row_step for term in terms)
    width = sum(term.operands[0].cells.shape[1] for term in terms)
    start, step = cells.spare(width * size, by_row)
    at = start + step * (np.arange(size)[:, None] + size * np.arange(width))
    row_step, first = 1 if by_row else 0, 0
    for term in terms:
        (operand,) = term.operands
        end = first + operand.cells.shape[1]
        out = Operand(at[:, first:end].reshape(-1, 1), row_step)
        copied = Operand(operand.cells.reshape(-1, 1), operand.row_step)
        found.append(Piece(0, out, [Term(1.0, [copied])]))
        first = end
    return Operand(at, row_step)
