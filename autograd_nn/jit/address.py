"""Stage 4, addressing: the shape in which a pack reads its operands.

The positions of an operand are a table with one row per result and one column
per term.  Where they follow a mixed-radix affine pattern (an inner run of equal
differences, then blocks that are translates of each other, and so on) the
operand is a strided view of its region; a stride of 0 is a broadcast.
Otherwise it is a gather, which is always right and costs about 5 ns a number.

What is left out: what is done with the operands (``contract``, ``lower``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["Access", "Layout", "layout"]


@dataclass
class Access:
    """How one operand is read: ``start`` and a stride per axis, or ``gather`` positions."""

    start: int
    strides: tuple[int, ...]
    gather: Any = None


@dataclass
class Layout:
    """The loop nest of a block: sizes of the result axes, then of the term axes."""

    results: tuple[int, ...]
    terms: tuple[int, ...]
    a: Access
    b: Access | None


def layout(a: Any, b: Any) -> Layout:
    """The common loop nest of the operands ``a`` and ``b`` (None if there is one only)."""
    operands = [a] if b is None else [a, b]
    affine = [_is_affine(x) for x in operands]
    columns = [x[:, 0] for x, ok in zip(operands, affine, strict=True) if ok]
    rows = [x[0] for x, ok in zip(operands, affine, strict=True) if ok]
    count, width = a.shape
    results, terms = _common(columns, count), _common(rows, width)
    if results is None or terms is None:
        # The patterns of the two do not fit together: the smaller effort is to gather one.
        affine = [ok and k == 0 for k, ok in enumerate(affine)]
        columns = [x[:, 0] for x, ok in zip(operands, affine, strict=True) if ok]
        rows = [x[0] for x, ok in zip(operands, affine, strict=True) if ok]
        results, terms = _common(columns, count), _common(rows, width)
        assert results is not None
        assert terms is not None
    shape = (*results, *terms)
    accesses = [
        _access(x, results, terms) if ok else Access(0, _contiguous(shape), x)
        for x, ok in zip(operands, affine, strict=True)
    ]
    return Layout(results, terms, accesses[0], accesses[1] if b is not None else None)


def _is_affine(x: Any) -> bool:
    """Whether every row is a translate of the first, and first row and column are affine."""
    if x.shape[1] > 1 and not (x - x[:, :1] == x[0] - x[0, 0]).all():
        return False
    return _periods(x[:, 0]) is not None and _periods(x[0]) is not None


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


def _access(x: Any, results: tuple[int, ...], terms: tuple[int, ...]) -> Access:
    return Access(int(x[0, 0]), (*_strides(x[:, 0], results), *_strides(x[0], terms)))


def _strides(s: Any, sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(s[step] - s[0]) for step in _contiguous(sizes))


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))
