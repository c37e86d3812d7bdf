"""From pieces to nests: the axes of each, and its reads and write in strides.

Blocks of one sum that are translates of each other become one with an axis more.  What is too
small for a nest, and in no loop, becomes lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.address import shape_of
from autograd_nn.jit.lifting.pieces import FAR, Cells, Operand, Piece, Term
from autograd_nn.jit.lifting.reroll import Repeat
from autograd_nn.jit.plan.nests import Access, Item, Lines, Loop, Nest
from autograd_nn.ops import CODES

__all__ = ["items_of"]

_SMALL: Final = 4  # points of a piece that is not worth a nest
ADD, SUB, MUL, NEG = CODES["add"], CODES["sub"], CODES["mul"], CODES["neg"]
EXTREMES: Final = (CODES["maximum"], CODES["minimum"])
_ONE: Final = 1  # the cell of the padding that holds 1


def items_of(found: list[Piece | Repeat], cells: Cells) -> list[Item]:
    """The items of pieces and repeats.

    Args:
        cells: where the regions lie; spare cells are taken from it.
    """
    items: list[Item] = []
    for small, run in groupby(found, _is_small):
        if small:
            items += _lines([each for each in run if isinstance(each, Piece)], cells)
        else:
            for each in run:
                items += _items(each, cells.rows)
    return items


def _items(each: Piece | Repeat, rows: int) -> Iterator[Item]:
    if isinstance(each, Repeat):
        yield Loop(each.count, [item for inner in each.items for item in _items(inner, rows)])
    elif each.code or each.lookup:
        yield _operation(each, rows)
    else:
        for k, term in enumerate(_merged(each.terms) if not each.exact else each.terms):
            yield _sum(each, term, rows, add=k > 0)


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
        if by_row:
            strides = (operand.row_step, *strides)
            table = None if table is None else table[None]
        buffer = 2 * (start // FAR)
        found.append(Access(buffer, start % FAR, strides, operand.steps, table))
    return axes, len(axes) - len(shape.terms), found


def _operation(piece: Piece, rows: int) -> Nest:
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
    kind = "extreme" if piece.code in EXTREMES and len(term.operands) == 1 else "row"
    return Nest(kind, axes, tuple(reads), write, summed, piece.code, exact=piece.exact)


def _sum(piece: Piece, term: Term, rows: int, add: bool) -> Nest:
    axes, kept, (write, *reads) = _accesses([piece.out, *term.operands], rows)
    factor = term.sign
    if not piece.exact:
        axes, kept, accesses, times = without_idle(axes, kept, [write, *reads])
        write, *reads = accesses
        factor *= times
    summed = len(axes) - kept
    return Nest(
        "sum", axes, tuple(reads), write, summed, factor=factor, add=add, exact=piece.exact
    )


def without_idle(
    axes: tuple[int, ...], kept: int, accesses: list[Access]
) -> tuple[tuple[int, ...], int, list[Access], float]:
    """The same without the summed axes along which nothing changes, and how often that is."""
    idle = [
        k for k in range(kept, len(axes)) if not any(access.changes(k) for access in accesses)
    ]
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


def _merged(terms: list[Term]) -> list[Term]:
    """Blocks of a sum with those joined that are translates of the one before."""
    found: list[Term] = []
    members: list[Term] = []
    shift: Any = None
    for term in terms:
        moved = _shift(members[-1], term) if members else None
        if moved is not None and (shift is None or moved == shift):
            members.append(term)
            shift = moved
            continue
        found += _joined(members)
        members, shift = [term], None
    return found + _joined(members)


def _shift(before: Term, term: Term) -> Any:
    """How far the cells of a block lie from those of the one before, if all do so alike."""
    if before.sign != term.sign or len(before.operands) != len(term.operands):
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


def _joined(members: list[Term]) -> list[Term]:
    if len(members) < 2:
        return members
    operands = []
    for same in zip(*(term.operands for term in members), strict=True):
        cells = np.concatenate([x.cells for x in same], axis=1)
        operands.append(Operand(cells, same[0].row_step, same[0].steps))
    return [Term(members[0].sign, operands)]


# -- lines -------------------------------------------------------------------------------------


def _is_small(each: Piece | Repeat) -> bool:
    return (
        isinstance(each, Piece)
        and each.points <= _SMALL
        and each.lookup is None
        and not any(operand.row_step for operand in each.operands)
        and all(operand.cells.flat[0] < FAR for operand in each.operands)
        and not (each.code in EXTREMES and len(each.terms[0].operands) == 1)
    )


def _lines(found: list[Piece], cells: Cells) -> list[Item]:
    """Small pieces, one operation after another."""
    rows: list[tuple[int, int, int, int]] = []
    for piece in found:
        out = piece.out.cells[:, 0].tolist()
        terms = [[x.cells.tolist() for x in term.operands] for term in piece.terms]
        for k, cell in enumerate(out):
            if piece.code:
                (operands,) = terms
                b = operands[1][k][0] if len(operands) > 1 else -1
                rows.append((piece.code, cell, operands[0][k][0], b))
                continue
            signed = [
                (term.sign, *(x[k][j] for x in operands))
                for term, operands in zip(piece.terms, terms, strict=True)
                for j in range(len(operands[0][k]))
            ]
            _add_up(signed, cell, rows, cells)
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    return [Lines(*columns, exact=any(piece.exact for piece in found))]


def _add_up(signed: list[Any], out: int, rows: list[Any], cells: Cells) -> None:
    """Lines for the sum of some terms, in order."""
    total = -1
    for k, (sign, a, *b) in enumerate(signed):
        is_last = k == len(signed) - 1
        if total < 0:
            cell = out if is_last and (sign > 0.0 or not b) else cells.spare(1, False)[0]
            if b:
                rows.append((MUL, cell, a, b[0]))
                if sign < 0.0:
                    a, cell = cell, out if is_last else cells.spare(1, False)[0]
                    rows.append((NEG, cell, a, -1))
            elif sign < 0.0:
                rows.append((NEG, cell, a, -1))
            elif is_last:
                rows.append((MUL, cell, a, _ONE))
            else:
                cell = a
            total = cell
            continue
        term = a
        if b:
            term = cells.spare(1, False)[0]
            rows.append((MUL, term, a, b[0]))
        cell = out if is_last else cells.spare(1, False)[0]
        rows.append((ADD if sign > 0.0 else SUB, cell, total, term))
        total = cell
