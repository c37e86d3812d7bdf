"""Sums whose last bit matters: a comparison reads them, so they round as the engine's do.

The terms are computed side by side, one line a term, and added up line after line in the order
in which they were recorded.  A matrix product would add in another order.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.jit.contract import Call, Named, spread
from autograd_nn.jit.lifting.packs import Pack

if TYPE_CHECKING:
    from autograd_nn.jit.runner import Runner

__all__ = ["ordered_sum"]

_LIMIT = 1 << 16  # numbers that are computed side by side


def ordered_sum(runner: Runner, p: Pack, operands: list[list[Named]]) -> list[Call]:
    """The calls that compute one pack of sums in order.

    Args:
        operands: of each block the arrays that it reads.
    """
    rows = runner.rows_of(p)
    size = rows * p.size
    pieces: list[tuple[list[Any], float, tuple[int, ...], int]] = []
    for block, nest, read in zip(p.blocks, runner.layouts[p.region], operands, strict=True):
        results = (rows, *nest.results)
        axes = (*range(len(results), len(results) + len(nest.terms)), *range(len(results)))
        arrays = [spread(x, axes) for x in read]
        pieces += _split(arrays, block.sign, nest.terms, results, size)
    most = max(count for *_, count in pieces)
    lines, start = np.empty((1 + most, size)), 1  # the first is the sum of the pieces before
    calls: list[Call] = []
    for arrays, sign, shape, count in pieces:
        stop = 1 + count
        terms = lines[1:stop].reshape(shape)
        if len(arrays) == 2:
            calls.append(partial(np.multiply, arrays[0], arrays[1], terms))
        else:
            calls.append(partial(np.copyto, terms, arrays[0]))
        if sign < 0.0:
            calls.append(partial(np.negative, terms, terms))
        summed = lines[start:stop]
        calls.append(partial(np.add.accumulate, summed, 0, None, summed))
        calls.append(partial(np.copyto, lines[0], lines[stop - 1]))
        start = 0
    return [*calls, partial(np.copyto, runner.values[runner.cells(p.region)], lines[0])]


def _split(
    arrays: list[Any], sign: float, terms: tuple[int, ...], results: tuple[int, ...], size: int
) -> list[Any]:
    """A block's terms in pieces that fit side by side, cut along its first axis of terms."""
    count = prod(terms)
    if count * size <= _LIMIT or not terms:
        return [(arrays, sign, (*terms, *results), count)]
    inner, length = prod(terms[1:]), terms[0]
    step = max(1, _LIMIT // (inner * size))
    pieces = []
    for start in range(0, length, step):
        stop = min(start + step, length)
        cut = [x if x.shape[0] == 1 else x[start:stop] for x in arrays]
        shape = (stop - start, *terms[1:], *results)
        pieces.append((cut, sign, shape, (stop - start) * inner))
    return pieces
