"""Addressing: the axes along which a piece's operands can be read by strides.

The cells of an operand are a table with one line a result and one column a term.  Where every
line is a translate of the first, they are a sequence along the results and one along the terms.
A sequence is cut into axes from the innermost outwards: a run of equal differences is an axis
with a stride, a pattern that is repeated further on an axis with a table of its own.  The axes of
all operands together are the coarsest that refine those of each.

An operand that fits no axes is read by a table along all of them, which is always right.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["Shape", "shape_of"]

_MOST_AXES = 8


@dataclass
class Shape:
    """The axes of a piece, and how each operand is read.

    Attributes:
        results, terms: the sizes of the axes.
        starts, strides, tables: of each operand; a table is None or has all axes.
    """

    results: tuple[int, ...]
    terms: tuple[int, ...]
    starts: list[int]
    strides: list[tuple[int, ...]]
    tables: list[Any]


def shape_of(operands: list[Any]) -> Shape:
    """The axes of operands: arrays of cells, the first of which is the column of the results."""
    count, width = operands[0].shape[0], max(x.shape[1] for x in operands)
    split = [_split(x) for x in operands]
    results = _common([s[0] for s in split if s is not None], count)
    terms = _common([s[1] for s in split if s is not None and len(s[1]) == width], width)
    axes = (*results, *terms)
    starts, strides, tables = [], [], []
    for x in operands:
        full = x.reshape((*results, *(terms if x.shape[1] == width else (1,) * len(terms))))
        found, table = _read(full, axes)
        starts.append(int(x.flat[0]))
        strides.append(found)
        tables.append(table)
    return Shape(results, terms, starts, strides, tables)


def _split(x: Any) -> tuple[Any, Any] | None:
    """The sequences along results and terms whose sums are the cells, if there are such."""
    if x.shape[1] > 1 and not (x - x[:, :1] == x[0] - x[0, 0]).all():
        return None
    return x[:, 0], x[0]


def _cuts(s: Any) -> list[int]:
    """Where the axes of a sequence end: products of their sizes, innermost first."""
    cuts: list[int] = []
    cut = 1
    while len(s) > 1 and len(cuts) < _MOST_AXES:
        run = _run(s)
        if run == len(s):
            break
        cut *= run
        cuts.append(cut)
        s = s[::run]
    return cuts


def _run(s: Any) -> int:
    """The size of the innermost axis of a sequence; its whole length if there is no other."""
    steps = np.diff(s)
    breaks = np.flatnonzero(steps != steps[0])
    if not len(breaks):
        return len(s)
    run = int(breaks[0]) + 1
    if run > 1 and len(s) % run == 0 and _repeats(s, run):
        return run
    for size in _divisors(len(s)):
        if _repeats(s, size):
            return size
    return len(s)


def _repeats(s: Any, run: int) -> bool:
    """Whether the sequence is blocks of a length, each the first one moved."""
    blocks = s.reshape(-1, run)
    return bool((blocks - blocks[:, :1] == blocks[0] - blocks[0, 0]).all())


def _divisors(n: int) -> list[int]:
    """The divisors of ``n`` between 2 and ``n // 2``, the smallest first."""
    small = [k for k in range(2, int(n**0.5) + 1) if n % k == 0]
    return small + [n // k for k in reversed(small) if k * k != n]


def _common(sequences: list[Any], length: int) -> tuple[int, ...]:
    """The sizes of the axes that refine those of all sequences, outermost first.

    Cuts that do not fit to those of the sequences before are left out.
    """
    cuts = [1, length] if length > 1 else [1]
    for s in sequences:
        for cut in _cuts(s):
            if cut not in cuts:
                tried = sorted([*cuts, cut])
                if all(large % small == 0 for small, large in pairwise(tried)):
                    cuts = tried
    return tuple(large // small for small, large in reversed(list(pairwise(cuts))))


def _read(full: Any, axes: tuple[int, ...]) -> tuple[tuple[int, ...], Any]:
    """The strides of cells along the axes, and a table of what has none."""
    strides = []
    for axis, size in enumerate(axes):
        if full.shape[axis] == 1:
            strides.append(0)
            continue
        first = full.take([0], axis)
        neighbour = full.take([1], axis)
        step = int((neighbour - first).flat[0])
        shape = [1] * len(axes)
        shape[axis] = size
        if (full == first + (step * np.arange(size)).reshape(shape)).all():
            strides.append(step)
            full = first
        else:
            strides.append(0)
    if full.size == 1:
        return tuple(strides), None
    return tuple(strides), np.ascontiguousarray(full - full.flat[0])
