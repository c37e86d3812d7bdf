"""Narrow items: nests of so few points that a NumPy call takes longer than its numbers do.

Runs of them, loops too, become operations on a list of floats, one for each term in each round:
``tape.run`` does them.  The numbers come out of the buffers at once, and the results go back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from types import FunctionType
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.tape import (
    ADD_ONE,
    ADD_TWO,
    FIRST,
    ROW,
    SECOND,
    SET_ONE,
    SET_TWO,
    SUBTRACT_ONE,
    run,
)
from autograd_nn.jit.plan import Access, Item, Lines, Loop, Nest, cells_of
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["Narrow", "narrow", "saving"]

LARGEST: Final = 300_000  # operations
ADD, SUB, MUL, NEG = CODES["add"], CODES["sub"], CODES["mul"], CODES["neg"]
# Nanoseconds: of an operation on floats, of a partial, and of NumPy's calls.
OPERATION: Final = 300 if isinstance(run, FunctionType) else 60  # not compiled, compiled
PARTIAL: Final = 600
CALL: Final = 500


def _on_numbers(item: Item, rounds: int = 1) -> float:
    """About how many nanoseconds an item takes as operations on floats; inf if it cannot be."""
    if isinstance(item, Loop):
        return sum(_on_numbers(x, rounds * item.count) for x in item.items)
    if isinstance(item, Lines) or item.kind not in ("sum", "row", "slope", "extreme"):
        return float("inf")
    each = OPERATION * max(1, len(item.reads) - 1)
    if item.kind == "slope" and item.code not in (ADD, SUB, MUL, NEG):
        each = OPERATION + PARTIAL
    return float(each * item.points * rounds)


def _by_calls(item: Item, rounds: int = 1) -> float:
    """About how many nanoseconds an item takes as NumPy calls."""
    if isinstance(item, Loop):
        return sum(_by_calls(x, rounds * item.count) for x in item.items)
    if isinstance(item, Lines):
        return float("inf")
    calls = 1.0 + (item.add and item.summed > 0) + item.scatter + (len(item.reads) > 2)
    calls += sum(x.table is not None for x in (*item.reads, item.write))
    if item.exact:
        calls += 2.0
    if item.kind == "row" and not isinstance(PRIMITIVES[item.code].array, np.ufunc):
        calls += 6.0
    if item.kind == "slope" and item.code not in (ADD, SUB, MUL, NEG):
        calls += 6.0
    return CALL * calls * rounds


def saving(item: Item) -> float:
    """About how many nanoseconds operations on floats save over NumPy's calls."""
    return _by_calls(item) - _on_numbers(item) if _on_numbers(item) < float("inf") else -1.0


@dataclass(frozen=True)
class Narrow:
    """Operations on floats that stand for items.

    Attributes:
        buffers: which they read or write, in the order in which ``run`` takes them.
        run: does them on these buffers.
    """

    buffers: tuple[int, ...]
    run: Callable[..., None]


def narrow(items: Sequence[Item]) -> Narrow | None:
    """The operations of nests and loops of nests; None where they would be too many."""
    count = sum(_on_numbers(item) for item in items) / OPERATION
    if not count <= LARGEST:
        return None
    builder = _Builder()
    fields = np.concatenate([builder.operations(item, ()) for item in items], axis=-1)
    return builder.finish(fields)


class _Builder:
    """Operations with the cells of buffers as numbers: cell + buffer * _APART.

    What is no cell has a negative number: -1 is none, others are constants and spare numbers.
    """

    def __init__(self) -> None:
        self._constants: dict[float, int] = {}
        self._spare = 0

    def operations(self, item: Item, counts: tuple[int, ...]) -> Any:
        """The fields of operations, with an axis for each loop around and one for them."""
        if isinstance(item, Loop):
            inner = [self.operations(x, (*counts, item.count)) for x in item.items]
            fields = np.concatenate(inner, axis=-1)
            if item.reverse:
                fields = fields[..., ::-1, :]
            return fields.reshape(5, *counts, -1)
        assert isinstance(item, Nest)
        columns = list(self._nest(item, counts))
        shape = np.broadcast_shapes(*(np.shape(x) for column in columns for x in column))
        # For each point its operations, one after another.
        fields = np.empty((5, *shape, len(columns)), dtype=np.int64)
        for k, column in enumerate(columns):
            for field, x in zip(fields, column, strict=True):
                field[..., k] = x
        return fields.reshape(5, *counts, -1)

    def _nest(self, nest: Nest, counts: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
        """Columns of operations: each of all points of a nest that are not summed."""
        reads = [_cells(x, nest.axes, counts, nest.kept) for x in nest.reads]
        ones = (*nest.axes[: nest.kept], *[1] * nest.summed)
        out = _cells(nest.write, ones, counts, nest.kept)[..., 0]
        if any(_is_written(x, out) for x in reads):
            yield from self._apart(nest, reads, out)
        else:
            yield from self._into(nest, reads, out)

    def _apart(self, nest: Nest, reads: list[Any], out: Any) -> Iterator[tuple[Any, ...]]:
        """The same, where what is written is also read: the results go to spare numbers first."""
        points = out.shape[-1]
        spare = np.broadcast_to([self._new_spare() for _ in range(points)], out.shape)
        goes_on = nest.kind == "sum" and nest.exact and nest.add  # from what is there
        begin = [(SET_ONE, spare, out, -1, -1)] if goes_on else []
        plain = replace(nest, add=goes_on)
        first = [_columns(x) for x in (*begin, *self._into(plain, reads, spare))]
        move = (ADD_ONE if nest.add and not goes_on else SET_ONE, out, spare, -1, -1)
        # One point after another: first all results, then all moves.
        shape = (*out.shape[:-1], 1)
        for k in range(points):
            for column in first:
                yield tuple(_at(x, k, out.shape).reshape(shape) for x in column)
        for k in range(points):
            yield tuple(_at(x, k, out.shape).reshape(shape) for x in _columns(move))

    def _into(self, nest: Nest, reads: list[Any], out: Any) -> Iterator[tuple[Any, ...]]:
        if nest.kind == "row":
            second = reads[1][..., 0] if len(reads) == 2 else -1
            row = (ROW + nest.code, reads[0][..., 0], second)
            if nest.add:
                spare = self._new_spare()
                yield row[0], spare, row[1], row[2], -1
                yield ADD_ONE, out, spare, -1, -1
            else:
                yield row[0], out, row[1], row[2], -1
        elif nest.kind == "extreme":
            to = self._new_spare() if nest.add else out
            yield SET_ONE, to, reads[0][..., 0], -1, -1
            for j in range(1, reads[0].shape[-1]):
                yield ROW + nest.code, to, to, reads[0][..., j], -1
            if nest.add:
                yield ADD_ONE, out, to, -1, -1
        else:
            yield from self._sum(nest, reads, out)

    def _sum(self, nest: Nest, reads: list[Any], out: Any) -> Iterator[tuple[Any, ...]]:
        factor, terms = nest.factor, reads[0].shape[-1]
        simple = nest.kind == "sum" or (nest.code in (ADD, SUB, MUL, NEG) and not nest.exact)
        if nest.kind == "slope" and simple:
            factor *= -1.0 if nest.code == NEG or (nest.code == SUB and nest.operand) else 1.0
            reads = [reads[0], reads[2 - nest.operand]] if nest.code == MUL else reads[:1]
        # An exact sum multiplies every term, to what is there it adds one after another.
        by_term = nest.kind == "sum" and nest.exact
        if factor != 1.0 and (by_term or (terms == 1 and len(reads) == 1 and simple)):
            reads, factor = [*reads, np.full_like(reads[0], self._constant(factor))], 1.0
        direct = factor == 1.0 or (factor == -1.0 and nest.add)
        to = out if direct else self._new_spare()
        for j in range(terms):
            at = [x[..., j] for x in reads]
            if not simple:
                *operands, y = at[1:]
                partial = self._new_spare()
                which = SECOND if nest.operand else FIRST
                others = (*operands[1:], y, -1)
                yield which + nest.code, partial, operands[0], others[0], others[1]
                at = [at[0], partial]
            while len(at) > (1 if by_term else 2):  # each rounded by itself where it matters
                product = self._new_spare()
                yield SET_TWO, product, at[0], at[1], -1
                at = [product, *at[2:]]
            code = SET_ONE
            if j or (direct and nest.add):
                code = ADD_ONE if factor == 1.0 or not direct else SUBTRACT_ONE
            code += 3 if len(at) == 2 else 0
            yield code, to, at[0], at[1] if len(at) == 2 else -1, -1
        if not direct:
            yield ADD_TWO if nest.add else SET_TWO, out, to, self._constant(factor), -1
        if nest.plus is not None:
            yield ADD_ONE, out, self._constant(nest.plus), -1, -1

    def _new_spare(self) -> int:
        self._spare += 1
        return -2 * self._spare - 1  # odd

    def _constant(self, x: float) -> int:
        return self._constants.setdefault(x, -2 * len(self._constants) - 2)  # even

    def finish(self, fields: Any) -> Narrow:
        """Operations on places of a list: constants, spare numbers, then the cells."""
        codes, operands = fields[0], fields[1:]
        places = self._negative(operands)
        first = len(self._constants) + self._spare
        reads, writes = [], []
        of_buffer = operands // _APART
        buffers = sorted(set(of_buffer[operands >= 0].tolist()))
        for buffer in buffers:
            chosen = of_buffer == buffer
            cells = operands[chosen] % _APART
            low = int(cells.min())
            known, written = np.zeros((2, int(cells.max()) - low + 1), dtype=bool)
            known[cells - low] = True
            written[operands[0][chosen[0]] % _APART - low] = True
            place = np.cumsum(known) - 1 + first
            places[chosen] = place[cells - low]
            reads.append(np.flatnonzero(known) + low)
            writes.append((np.flatnonzero(written) + low, place[written].tolist()))
            first += len(reads[-1])
        out, a, b, c = (x.tolist() for x in places)
        numbers = [*self._constants, *[0.0] * self._spare]
        work = _Work(codes.tolist(), out, a, b, c, numbers, reads, writes)
        return Narrow(tuple(buffers), work)

    def _negative(self, operands: Any) -> Any:
        """The places of constants and spare numbers; -1 stays."""
        constants = -operands // 2 - 1
        spare = len(self._constants) + (-operands - 1) // 2 - 1
        return np.where(operands == -1, -1, np.where(operands % 2 == 0, constants, spare))


_APART: Final = 1 << 40


def _cells(access: Access, axes: Sequence[int], counts: tuple[int, ...], kept: int) -> Any:
    """The numbers of cells: an axis for each loop, one for the points, one for summed ones."""
    table = access.table
    if table is not None:
        table = table.reshape(*[1] * len(counts), *table.shape)
    strides = (*access.steps, *access.strides)
    every = Access(access.buffer, access.start, strides, (), table)
    cells = cells_of(every, (*counts, *axes))
    points = prod(axes[:kept])
    return cells.reshape(*counts, points, -1) + access.buffer * _APART


def _is_written(read: Any, out: Any) -> bool:
    """Whether something is written before it is read: in the same round, at another point.

    Everything of a nest is read first.
    """
    points, terms = read.shape[-2:]
    hits = read[..., :, :, None] == out[..., None, None, :]
    if terms == 1:
        hits &= ~np.eye(points, dtype=bool)[:, None, :]
    return bool(hits.any())


def _columns(column: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.asarray(x) for x in column)


def _at(x: Any, k: int, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(x, shape)[..., k]


@dataclass(frozen=True)
class _Work:
    """Operations, which numbers they need of each buffer, and which go back."""

    codes: list[int]
    out: list[int]
    a: list[int]
    b: list[int]
    c: list[int]
    first: list[float]
    reads: list[Any]
    writes: list[Any]

    def __call__(self, *buffers: Any) -> None:
        numbers = self.first.copy()
        for buffer, cells in zip(buffers, self.reads, strict=True):
            numbers += buffer[cells].tolist()
        run(self.codes, self.out, self.a, self.b, self.c, numbers)
        for buffer, (cells, places) in zip(buffers, self.writes, strict=True):
            if len(cells):
                buffer[cells] = [numbers[k] for k in places]
