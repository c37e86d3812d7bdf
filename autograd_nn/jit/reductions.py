"""Packs of the largest or smallest of several numbers.

The operands are copied side by side, one row of the copy an operand.  At a tie the slope
is shared as by the chain of ``maximum`` that was recorded: each takes half of what the
later ones leave, and the first two the same.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.jit.contract import Named, spread
from autograd_nn.jit.lifting.packs import MAXIMUM, PADS, Pack

if TYPE_CHECKING:
    from autograd_nn.jit.runner import Runner

__all__ = ["Extreme", "chain_shares"]


class Extreme:
    """The calls of one pack of reductions; the forward calls are added to the runner's."""

    def __init__(self, runner: Runner, p: Pack) -> None:
        rows = runner.rows_of(p)
        self._operands = np.empty((p.terms // p.size, rows, p.size))
        self._out = runner.values[runner.cells(p.region)].reshape(rows, p.size)
        self._real = None  # where there is an operand, not padding
        if any(block.ragged for block in p.blocks):
            self._real = np.concatenate([block.a.T >= 0 for block in p.blocks])[:, None]
        for part, block, nest in zip(
            self.parts(runner, p, self._operands), p.blocks, runner.layouts[p.region], strict=True
        ):
            sizes = runner.sizes(p, nest)
            read = runner.operand(block.a_region, nest.a, sizes, PADS[p.code])
            runner.calls.append(partial(np.copyto, part.array, spread(read, part.axes)))
        reduction = np.maximum if p.code == MAXIMUM else np.minimum
        runner.calls.append(partial(reduction.reduce, self._operands, 0, None, self._out))

    @staticmethod
    def parts(runner: Runner, p: Pack, array: Any) -> list[Named]:
        """An array of operands, cut into the pack's blocks, with the axes of their loop nests."""
        parts, start = [], 0
        for block, nest in zip(p.blocks, runner.layouts[p.region], strict=True):
            part = array[start : start + block.a.shape[1]]
            start += len(part)
            sizes = runner.sizes(p, nest)
            terms = range(1 + len(nest.results), len(sizes))
            axes = (*terms, *range(terms.start))  # the terms first
            kept = tuple(k for k in axes if sizes[k] > 1)
            parts.append(Named(part.reshape([sizes[k] for k in kept]), kept))
        return parts

    def share(self, adjoint: Any, shares: Any) -> None:
        """What the results' adjoints give to each operand; ``shares`` is like the operands."""
        slopes = chain_shares(self._operands, self._out, self._real)
        np.multiply(slopes, adjoint.reshape(self._out.shape), shares)


def chain_shares(operands: Any, y: Any, real: Any = None) -> Any:
    """The slopes of ``reduce(maximum, operands)``, or minimum, along its operands.

    Args:
        operands: at least two, along the first axis, in the order of the chain.
        y: the result.
        real: False where an operand is padding.

    >>> chain_shares(np.array([3.0, 1.0, 3.0, 3.0]), 3.0)
    array([0.25, 0.  , 0.25, 0.5 ])
    """
    equal = operands == y
    if real is not None:
        equal &= real
    after = np.cumsum(equal[::-1], axis=0)[::-1]  # itself included
    first = equal & (after == after[0])
    shares = np.where(equal, 0.5 ** (after - first), 0.0)
    return np.where(np.isnan(y), np.nan, shares)
