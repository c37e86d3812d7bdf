"""Sums whose last bit matters: a comparison reads them, so they round as the engine's do.

The terms are computed side by side, one line a term, and added up line after line in the order
in which they were recorded.  A matrix product would add in another order.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.jit.contract import Named, spread
from autograd_nn.jit.packs import Pack

if TYPE_CHECKING:
    from autograd_nn.jit.runner import Runner

__all__ = ["OrderedSum"]

_LIMIT = 1 << 16  # numbers that are computed side by side


class OrderedSum:
    """The call that computes one pack of sums in order.

    Args:
        operands: of each block the arrays that it reads.
    """

    def __init__(self, runner: Runner, p: Pack, operands: list[list[Named]]) -> None:
        rows = runner.rows_of(p)
        size = rows * p.size
        self._out = runner.values[runner.cells(p.region)]
        pieces: list[tuple[list[Any], float, tuple[int, ...], int]] = []
        for block, nest, read in zip(p.blocks, runner.layouts[p.region], operands, strict=True):
            results = (rows, *nest.results)
            axes = (*range(len(results), len(results) + len(nest.terms)), *range(len(results)))
            arrays = [spread(x, axes) for x in read]
            pieces += _split(arrays, block.sign, nest.terms, results, size)
        most = max(count for *_, count in pieces)
        self._lines = np.empty((1 + most, size))  # the first is the sum of the pieces before
        self._calls = [
            (arrays, sign, self._lines[1 : 1 + count].reshape(shape), 1 + count)
            for arrays, sign, shape, count in pieces
        ]

    def __call__(self) -> None:
        lines, start = self._lines, 1
        for arrays, sign, terms, stop in self._calls:
            if len(arrays) == 2:
                np.multiply(arrays[0], arrays[1], out=terms)
            else:
                np.copyto(terms, arrays[0])
            if sign < 0.0:
                np.negative(terms, out=terms)
            np.add.accumulate(lines[start:stop], 0, out=lines[start:stop])
            lines[0] = lines[stop - 1]
            start = 0
        self._out[:] = lines[0]


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
