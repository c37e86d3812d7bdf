"""From pieces to nests: the axes of each, and its reads and write in strides.

Blocks of one sum that are translates of each other become one with an axis more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.address import shape_of
from autograd_nn.jit.lifting.fold import Folded, Product, fold
from autograd_nn.jit.lifting.lines import is_small, small_lines, smallest
from autograd_nn.jit.lifting.pieces import FAR, Cells, Operand, Piece
from autograd_nn.jit.lifting.reroll import Repeat
from autograd_nn.jit.plan.nests import Access, Item, Loop, Nest
from autograd_nn.ops import CODES

__all__ = ["items_of"]

_MANY_ALIKE: Final = 4  # translates in different regions that people would write as one sum
EXTREMES: Final = (CODES["maximum"], CODES["minimum"])


def items_of(found: list[Piece | Repeat], cells: Cells, lines: bool = True) -> list[Item]:
    """The items of pieces and repeats.

    Args:
        cells: where the regions lie; spare cells are taken from it.
        lines: whether small pieces become lines.
    """
    items: list[Item] = []
    if not lines:
        return [item for each in found for item in _items(each, cells, (), True)]
    most = smallest(found)
    for small, run in groupby(found, lambda each: is_small(each, most)):
        if small:
            items.append(small_lines([each for each in run if isinstance(each, Piece)], cells))
        else:
            for each in run:
                items += _items(each, cells, ())
    return items


def _items(
    each: Piece | Repeat, cells: Cells, counts: tuple[int, ...], apart: bool = False
) -> Iterator[Item]:
    """The items of a piece or repeat; ``apart``: terms from several regions stay several."""
    if isinstance(each, Repeat):
        inside = (*counts, each.count)
        inner = [x for item in each.items for x in _items(item, cells, inside, apart)]
        yield Loop(each.count, inner)
        return
    folded = fold(each, cells, counts)
    if each.code or each.lookup:
        yield _operation(folded, cells.rows)
        return
    plus = folded.plus
    for k, term in enumerate(
        folded.terms if each.exact else _merged(folded.terms, cells if apart else None)
    ):
        yield _sum(folded, term, cells.rows, k > 0, plus)
        plus = None


# -- nests -------------------------------------------------------------------------------------


def _accesses(operands: list[Operand], rows: int) -> tuple[tuple[int, ...], int, list[Access]]:
    """The axes of operands, how many of them are the results', and their accesses."""
    shape = shape_of([operand.cells for operand in operands])
    by_row = any(operand.row_step for operand in operands)
    axes = (*((rows,) if by_row else ()), *shape.results, *shape.terms)
    found = []
    for operand, start, strides, table in zip(
        operands, shape.starts, shape.strides, shape.tables, strict=True
    ):
        all_strides = (operand.row_step, *strides) if by_row else strides
        whole = table[None] if by_row and table is not None else table
        buffer = 2 * (start // FAR)
        found.append(Access(buffer, start % FAR, all_strides, operand.steps, whole))
    return axes, len(axes) - len(shape.terms), found


def _operation(piece: Folded, rows: int) -> Nest:
    (term,) = piece.terms
    axes, kept, (write, *reads) = _accesses([piece.out, *term.operands], rows)
    summed = len(axes) - kept
    if piece.lookup is not None:
        entries, steps, columns = piece.lookup
        by_row = piece.out.row_step != 0
        shape = axes[1:] if by_row else axes
        columns = columns.reshape((1, *shape) if by_row else shape)
        return Nest(
            "look",
            axes,
            tuple(reads),
            write,
            entries=entries,
            columns=columns,
            entry_steps=steps if by_row and steps.any() else None,
        )
    if not piece.code:
        return Nest("sum", axes, tuple(reads), write, factor=term.factor)
    kind = "extreme" if piece.code in EXTREMES and len(term.operands) == 1 else "row"
    return Nest(kind, axes, tuple(reads), write, summed, piece.code, exact=piece.exact)


def _sum(piece: Folded, term: Product, rows: int, add: bool, plus: float | None) -> Nest:
    axes, kept, accesses = _accesses([piece.out, *term.operands], rows)
    factor = term.factor
    if not piece.exact:
        axes, kept, accesses, times = without_idle(axes, kept, accesses)
        factor *= times
    write, *reads = accesses
    summed = len(axes) - kept
    found = Nest("sum", axes, tuple(reads), write, summed, factor=factor, plus=plus, add=add)
    found.exact = piece.exact
    return found


def without_idle(
    axes: tuple[int, ...], kept: int, accesses: list[Access]
) -> tuple[tuple[int, ...], int, list[Access], float]:
    """The same without the summed axes along which nothing changes, and how often that is."""
    idle = [k for k in range(kept, len(axes)) if not any(access.changes(k) for access in accesses)]
    if not idle:
        return axes, kept, accesses, 1.0
    order = [k for k in range(len(axes)) if k not in idle]
    times = float(np.prod([axes[k] for k in idle]))
    left = [
        Access(
            a.buffer,
            a.start,
            tuple(a.strides[k] for k in order),
            a.steps,
            None if a.table is None else a.table.reshape([a.table.shape[k] for k in order]),
        )
        for a in accesses
    ]
    return tuple(axes[k] for k in order), kept, left, times


def _merged(terms: list[Product], cells: Cells | None) -> list[Product]:
    """Products of a sum with those joined that are translates of the one before.

    Args:
        cells: where the regions lie, if a few of several regions are not to be joined.
    """
    found: list[Product] = []
    members: list[Product] = []
    shift: Any = None

    def done() -> list[Product]:
        few = cells is not None and 1 < len(members) < _MANY_ALIKE
        few = few and len(members[0].operands) == 1
        if few and len({tuple(_regions(term, cells)) for term in members}) > 1:
            return members
        return _joined(members)

    for term in terms:
        moved = _shift(members[-1], term) if members else None
        if moved is not None and (shift is None or moved == shift):
            members.append(term)
            shift = moved
            continue
        found += done()
        members, shift = [term], None
    return found + done()


def _shift(before: Product, term: Product) -> Any:
    """How far the cells of a block lie from those of the one before, if all do so alike."""
    if before.factor != term.factor or len(before.operands) != len(term.operands):
        return None
    found = []
    for x, y in zip(before.operands, term.operands, strict=True):
        if (x.cells.shape, x.row_step, x.steps) != (y.cells.shape, y.row_step, y.steps):
            return None
        gap = y.cells - x.cells
        if (gap != gap.flat[0]).any():
            return None
        found.append(int(gap.flat[0]))
    return found


def _regions(term: Product, cells: Cells | None) -> list[int]:
    """The region of the first cell of each operand."""
    assert cells is not None
    return [cells.region_at(int(x.cells.flat[0])) for x in term.operands]


def _joined(members: list[Product]) -> list[Product]:
    if len(members) < 2:
        return members
    operands = []
    for same in zip(*(term.operands for term in members), strict=True):
        cells = np.concatenate([x.cells for x in same], axis=1)
        operands.append(Operand(cells, same[0].row_step, same[0].steps))
    return [Product(members[0].factor, operands)]
