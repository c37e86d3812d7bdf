"""Folding constants, once it is known what repeats.

A trace keeps a place for every plain number, so that what is done with data does not depend on
its values.  Where a piece reads the same number at all of its points and in all rounds of the
loops around it, the number is written into the piece: as a factor, as what is added to a sum, as
``x * 0.25`` for ``x / 4`` (a power of two, which rounds alike).  ``0.0 + x`` is added like any
other number: it has the sign of a zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.pieces import Cells, Operand, Piece, Term
from autograd_nn.ops import CODES

__all__ = ["Folded", "Product", "fold"]

DIV: Final = CODES["div"]


@dataclass
class Product:
    """Products that are added, times a factor; or the operands of an operation."""

    factor: float
    operands: list[Operand]


@dataclass
class Folded:
    """A piece without its constants; see ``Piece``.

    Attributes:
        plus: what is added to a sum; None for nothing.
    """

    code: int
    out: Operand
    terms: list[Product]
    exact: bool
    lookup: Any
    plus: float | None = None


def fold(piece: Piece, cells: Cells, counts: Sequence[int]) -> Folded:
    """A piece with its constants written into it.

    Args:
        counts: of the loops around it.
    """
    found = Folded(piece.code, piece.out, [], piece.exact, piece.lookup)
    if piece.code or piece.lookup or piece.exact:
        found.terms = [
            Product(term.sign, [_one_cell(x, cells, counts) for x in term.operands])
            for term in piece.terms
        ]
        if piece.code == DIV and not piece.exact:
            _divide(found, cells)
        return found
    for term in piece.terms:
        _fold_term(found, term, cells, counts)
    if not found.terms:  # a sum of constants only: the last is read as it is
        found.plus = None
        found.terms = [Product(term.sign, term.operands) for term in piece.terms]
    return found


def _fold_term(found: Folded, term: Term, cells: Cells, counts: Sequence[int]) -> None:
    factor, operands = term.sign, []
    for operand in term.operands:
        x = _number(operand, cells, counts)
        if x is None:
            operands.append(operand)
        else:
            factor *= x
    if operands:
        found.terms.append(Product(factor, operands))
    else:
        plus = factor * term.operands[0].cells.shape[1]
        found.plus = plus if found.plus is None else found.plus + plus


def _divide(found: Folded, cells: Cells) -> None:
    """Write a division by a power of two as a product."""
    (term,) = found.terms
    a, b = term.operands
    if b.cells.size == 1 or not np.ptp(b.cells):
        numbers = cells.numbers(b.cells.ravel()[:1]) if not any(b.steps) else None
        if numbers is not None and _is_power_of_two(float(numbers[0])):
            found.code, found.terms = 0, [Product(1.0 / float(numbers[0]), [a])]


def _number(operand: Operand, cells: Cells, counts: Sequence[int]) -> float | None:
    """The constant that an operand reads everywhere; None if there is no such."""
    first = int(operand.cells.flat[0])
    if cells.numbers(np.array([first])) is None:
        return None
    at = np.unique(operand.cells)
    for count, step in zip(counts, operand.steps, strict=True):
        if step:
            at = (at[:, None] + step * np.arange(count)).ravel()
    numbers = cells.numbers(at)
    if numbers is None:
        return None
    bits = numbers.view(np.int64)
    return float(numbers[0]) if (bits == bits[0]).all() else None


def _one_cell(operand: Operand, cells: Cells, counts: Sequence[int]) -> Operand:
    """The same operand, at one cell where it reads one constant."""
    if _number(operand, cells, counts) is None:
        return operand
    same = np.full_like(operand.cells, operand.cells.flat[0])
    return Operand(same, 0, (0,) * len(operand.steps))


def _is_power_of_two(x: float) -> bool:
    return math.frexp(abs(x))[0] == 0.5 and 1e-100 < abs(x) < 1e100
