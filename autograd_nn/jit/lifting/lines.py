"""Single operations: what is too small, or too irregular, for nests.

A trace of which packing makes next to nothing becomes lines as it stands; so do packs of a few
operations that are in no loop.  Lines that repeat with constant shifts, as the steps of a
simulation do, become a loop of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograd_nn.jit.lifting.pieces import FAR, Cells, Piece
from autograd_nn.jit.plan.nests import VALUES, Access, Item, Lines, Loop, Nest, walk
from autograd_nn.ops import CODES

__all__ = ["is_small", "roll", "small_lines", "smallest"]

ADD, SUB, MUL, NEG = CODES["add"], CODES["sub"], CODES["mul"], CODES["neg"]
EXTREMES: Final = (CODES["maximum"], CODES["minimum"])
_SMALL: Final = (4, 16, 64, 256)  # points of a piece that is not worth a nest
_NESTS: Final = 200  # pieces that are worth one; if there are more, larger ones become lines
_ONE: Final = 1  # the cell of the padding that holds 1
_FEWEST: Final = 4  # rounds of a loop
_MOST: Final = 300  # lines in loops, inner ones once: each becomes a nest, which is compiled
_WINDOW: Final = 6  # lines that are looked at together to find a period
_NEAR: Final = 32  # how far back an operand may lie to be part of the look
_TRIED: Final = 6  # periods


# -- small pieces ------------------------------------------------------------------------------


def smallest(found: Sequence[Any]) -> int:
    """How many points a piece must have more than to be worth a nest."""
    points = np.array([each.points for each in found if isinstance(each, Piece)])
    return next((most for most in _SMALL if (points > most).sum() <= _NESTS), _SMALL[-1])


def is_small(each: Any, most: int) -> bool:
    """Whether a piece (or loop of them) is better written as lines.

    Args:
        most: how many points it may have.
    """
    return (
        isinstance(each, Piece)
        and each.points <= most
        and each.lookup is None
        and not any(operand.row_step for operand in each.operands)
        and all(operand.cells.flat[0] < FAR for operand in each.operands)
        and not (each.code in EXTREMES and len(each.terms[0].operands) == 1)
    )


def small_lines(found: list[Piece], cells: Cells) -> Lines:
    """Small pieces, one operation after another."""
    writer = _Writer(cells)
    for piece in found:
        out = piece.out.cells[:, 0].tolist()
        terms = [[x.cells.tolist() for x in term.operands] for term in piece.terms]
        for k, cell in enumerate(out):
            if piece.code:
                ((a, *b),) = terms
                writer.put(piece.code, a[k][0], b[0][k][0] if b else -1, cell)
                continue
            signed = [
                (term.sign, [x[k][j] for x in operands])
                for term, operands in zip(piece.terms, terms, strict=True)
                for j in range(len(operands[0][k]))
            ]
            writer.add_up(signed, cell)
    return writer.lines(any(piece.exact for piece in found))


class _Writer:
    """Lines under way; results that have no cell get a spare one."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._rows: list[tuple[int, int, int, int]] = []

    def put(self, code: int, a: int, b: int = -1, out: int = -1) -> int:
        """One operation; returns the cell of the result."""
        if out < 0:
            out = self._cells.spare(1, False)[0]
        self._rows.append((code, out, a, b))
        return out

    def add_up(self, signed: list[tuple[float, list[int]]], out: int) -> None:
        """The sum of some terms, in order."""
        *others, (sign, last) = signed
        total = -1
        for each, operands in others:
            term = operands[0] if len(operands) == 1 else self.put(MUL, *operands)
            if total >= 0:
                total = self.put(ADD if each > 0.0 else SUB, total, term)
            else:
                total = term if each > 0.0 else self.put(NEG, term)
        if total < 0 and sign > 0.0:
            self.put(MUL, last[0], last[1] if len(last) > 1 else _ONE, out)
            return
        term = last[0] if len(last) == 1 else self.put(MUL, *last)
        if total < 0:
            self.put(NEG, term, out=out)
        else:
            self.put(ADD if sign > 0.0 else SUB, total, term, out)

    def lines(self, exact: bool) -> Lines:
        """All of them."""
        codes, out, a, b = np.array(self._rows, dtype=np.int64).T
        return Lines(codes, out, a, b, exact=exact)


# -- rolling -----------------------------------------------------------------------------------


@dataclass
class _Span:
    """Consecutive lines, as columns of equal length.

    Attributes:
        codes: their operations, and whether each must be exact.
        cells: of the result and the operands, one row each; -1 where there is no second operand.
        steps: for each loop around, the outermost first, how far the cells move in a round.
    """

    codes: Any
    exact: Any
    cells: Any
    steps: list[Any]

    def part(self, first: int, end: int) -> _Span:
        """The lines from ``first`` to before ``end``."""
        steps = [x[:, first:end] for x in self.steps]
        return _Span(self.codes[first:end], self.exact[first:end], self.cells[:, first:end], steps)

    def __len__(self) -> int:
        return len(self.codes)


def roll(lines: Lines, exact: Any) -> list[Item]:
    """Lines with loops for what repeats.

    Args:
        exact: for each line whether it must be exact.
    """
    span = _Span(lines.codes, exact, np.stack([lines.out, lines.a, lines.b]), [])
    found = list(_roll(span))
    nests = sum(isinstance(item, Nest) for item, _ in walk(found))
    return found if nests <= _MOST else list(_as_they_stand(span))


def _roll(span: _Span) -> Iterator[Item]:
    first, period, rounds = _best(span)
    if rounds < _FEWEST:
        yield from _as_they_stand(span)
        return
    if first:
        yield from _roll(span.part(0, first))
    body = span.part(first, first + period)
    after = span.part(first + period, first + 2 * period)
    body.steps = [*body.steps, after.cells - body.cells]
    yield Loop(rounds, list(_roll(body)))
    end = first + period * rounds
    if end < len(span):
        yield from _roll(span.part(end, len(span)))


def _as_they_stand(span: _Span) -> Iterator[Item]:
    """Lines; in a loop a nest of one point each."""
    if not span.steps:
        out, a, b = span.cells
        yield Lines(span.codes, out, a, b, exact=bool(span.exact.any()))
        return
    for k, code in enumerate(span.codes.tolist()):
        steps = [x[:, k].tolist() for x in span.steps]
        write, *reads = (
            Access(VALUES, cell, (), tuple(step[j] for step in steps))
            for j, cell in enumerate(span.cells[:, k].tolist())
            if cell >= 0
        )
        yield Nest("row", (), tuple(reads), write, code=code, exact=bool(span.exact[k]))


def _best(span: _Span) -> tuple[int, int, int]:
    """The loop that covers most lines: where it begins, its period, and its rounds."""
    best = (0, 0, 0)
    for period in _periods(span):
        first, rounds = _longest(span, period)
        if rounds >= _FEWEST and rounds * period > best[1] * best[2]:
            best = first, period, rounds
    return best


def _periods(span: _Span) -> list[int]:
    """The most frequent distances at which a few lines look alike."""
    count = len(span) - _WINDOW + 1
    if count < 2 * _FEWEST:
        return []
    reach = span.cells[0] - span.cells[1:]  # far back lies what does not move along
    near = np.where((reach < _NEAR) & (span.cells[1:] >= 0), reach, 0)
    look = (span.codes * _NEAR + near[0]) * _NEAR + near[1]
    window = np.zeros(count, dtype=np.int64)
    for k in range(_WINDOW):
        window = window * 1000003 + look[k : k + count]
    order = np.argsort(window, kind="stable")
    alike = window[order][1:] == window[order][:-1]
    gaps = np.diff(order)[alike]
    gaps = gaps[(gaps > 0) & (gaps * _FEWEST <= len(span))]
    return [gap for gap, _ in Counter(gaps.tolist()).most_common(_TRIED)]


def _longest(span: _Span, period: int) -> tuple[int, int]:
    """The longest loop of a period: where it begins, and how many rounds it has."""
    if len(span) < _FEWEST * period:
        return 0, 0
    alike = (span.codes[period:] == span.codes[:-period]) & (
        span.exact[period:] == span.exact[:-period]
    )
    for x in span.steps:
        alike &= (x[:, period:] == x[:, :-period]).all(axis=0)
    moved = span.cells[:, period:] - span.cells[:, :-period]
    steady = (moved[:, period:] == moved[:, :-period]).all(axis=0)
    good = alike[period:] & alike[:-period] & steady
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    k = int(np.argmax(ends - starts))
    return int(starts[k]), int(ends[k] - starts[k]) // period + 2
