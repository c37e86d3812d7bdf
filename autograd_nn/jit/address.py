"""Stage 4, addressing: the shape in which a pack reads its operands.

The positions of an operand are a table with one row per result and one column
per term.  Where they follow a mixed-radix affine pattern (an inner run of equal
differences, then blocks that are translates of each other, and so on) the
operand is a strided view of its region; a stride of 0 is a broadcast.
Otherwise it is a gather, which is always right and costs about 5 ns a number; what
repeats along an axis that the other operand shows is gathered once.

Where some results have fewer terms than others, the missing ones are read from a cell
that holds 0.  Of a product one factor is enough: the other goes on in its pattern where
it has one.

What is left out: what is done with the operands (``contract``, ``runner``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_nn.jit.lifting.packs import Block

__all__ = ["Access", "Layout", "layout"]


@dataclass
class Access:
    """How one operand is read: ``start`` and a stride per axis, or ``gather`` positions.

    ``gather`` has an axis for each of the loop nest, of size 1 where it repeats; -1 is no term.
    """

    start: int
    strides: tuple[int, ...]
    gather: Any = None

    def axes(self) -> tuple[bool, ...]:
        """For each axis, whether the operand changes along it."""
        if self.gather is None:
            return tuple(s != 0 for s in self.strides)
        return tuple(size > 1 for size in self.gather.shape)


@dataclass
class Layout:
    """The loop nest of a block: sizes of the result axes, then of the term axes."""

    results: tuple[int, ...]
    terms: tuple[int, ...]
    a: Access
    b: Access | None

    @property
    def repeats(self) -> int:
        """How often each term occurs in a sum: the sizes of axes along which nothing changes."""
        repeats, count = 1, len(self.results)
        changes = self.a.axes()
        others = self.b.axes() if self.b is not None else (False,) * len(changes)
        for k, size in enumerate(self.terms):
            if not changes[count + k] and not others[count + k]:
                repeats *= size
        return repeats


def layout(block: Block, sizes: tuple[int, int]) -> Layout:
    """The common loop nest of a block's operands.

    Args:
        sizes: of the regions that the operands lie in.
    """
    operands = [block.a] if block.b is None else [block.a, block.b]
    patterns = _patterns(block, operands, sizes)
    count, width = block.a.shape
    nest = _nest(patterns, count, width)
    if nest is None:
        # The patterns of the two do not fit together: the smaller effort is to gather one.
        patterns[-1] = None
        nest = _nest(patterns, count, width)
        assert nest is not None
    results, terms = nest
    accesses = [
        _affine(pattern, results, terms) if pattern is not None else _gather(x, results, terms)
        for x, pattern in zip(operands, patterns, strict=True)
    ]
    return Layout(results, terms, accesses[0], accesses[1] if block.b is not None else None)


@dataclass
class _Pattern:
    """An affine operand: its positions along the results (of one term), and along the terms."""

    column: Any
    row: Any

    @property
    def sameness(self) -> int:
        """How often it reads the same position: the first column and row, and their repeats."""
        return len(self.column) * len(self.row) - len(np.unique(self.column)) * len(
            np.unique(self.row)
        )


def _patterns(block: Block, operands: list[Any], sizes: tuple[int, int]) -> list[_Pattern | None]:
    """Of each operand its affine pattern, None where it is to be gathered."""
    if not block.ragged:
        return [_pattern(x) for x in operands]
    if len(operands) == 1:
        return [None]
    found = [_continued(x, size) for x, size in zip(operands, sizes, strict=True)]
    if found[0] is not None and found[1] is not None:
        # One must read zeros: the one that is read in more places.
        found[0 if found[0].sameness < found[1].sameness else 1] = None
    return found


def _pattern(x: Any) -> _Pattern | None:
    """The pattern if every row is a translate of the first, and first row and column affine."""
    if x.shape[1] > 1 and not (x - x[:, :1] == x[0] - x[0, 0]).all():
        return None
    if _periods(x[:, 0]) is None or _periods(x[0]) is None:
        return None
    return _Pattern(x[:, 0], x[0])


def _continued(x: Any, size: int) -> _Pattern | None:
    """The pattern that the terms there are belong to, if it stays inside the region."""
    lengths = (x >= 0).sum(axis=1)
    longest = int(np.argmax(lengths))
    if lengths[longest] < x.shape[1] or not lengths.all():
        return None
    row = x[longest] - x[longest, 0]
    full = x[:, :1] + row
    if ((full != x) & (x >= 0)).any() or full.min() < 0 or full.max() >= size:
        return None
    return _pattern(full)


def _periods(s: Any) -> list[int] | None:
    """The sizes of the axes of an affine sequence, innermost first; None if it is not one."""
    sizes: list[int] = []
    while len(s) > 1:
        d = np.diff(s)
        breaks = np.flatnonzero(d != d[0])
        run = int(breaks[0]) + 1 if len(breaks) else len(s)
        if len(s) % run or len(sizes) > 8:
            return None
        block = s.reshape(-1, run)
        if not (block - block[:, :1] == block[0] - block[0, 0]).all():
            return None
        if run == 1:
            return None
        sizes.append(run)
        s = block[:, 0]
    return sizes


def _nest(
    patterns: list[_Pattern | None], count: int, width: int
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The sizes of the axes of the results and of the terms, if all patterns have them."""
    results = _common([p.column for p in patterns if p is not None], count)
    terms = _common([p.row for p in patterns if p is not None], width)
    return None if results is None or terms is None else (results, terms)


def _common(sequences: list[Any], length: int) -> tuple[int, ...] | None:
    """The coarsest axes that refine those of all sequences, outermost first."""
    cuts = {1, length}
    for s in sequences:
        cut = 1
        for size in _periods(s) or []:
            cut *= size
            cuts.add(cut)
    ordered = sorted(cuts)
    sizes = []
    for small, large in pairwise(ordered):
        if large % small:
            return None
        sizes.append(large // small)
    return tuple(reversed(sizes))


def _affine(pattern: _Pattern, results: tuple[int, ...], terms: tuple[int, ...]) -> Access:
    strides = (*_strides(pattern.column, results), *_strides(pattern.row, terms))
    return Access(int(pattern.column[0]), strides)


def _gather(x: Any, results: tuple[int, ...], terms: tuple[int, ...]) -> Access:
    full = x.reshape(*results, *terms)
    for axis, size in enumerate(full.shape):
        first = full.take([0], axis)
        if size > 1 and (full == first).all():
            full = first
    return Access(0, (), np.ascontiguousarray(full))


def _strides(s: Any, sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(s[step] - s[0]) for step in contiguous(sizes))


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array of this shape without gaps."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))
