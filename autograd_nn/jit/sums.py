"""Prepared NumPy calls for a pack of sums, block by block.

Products come first, because a matrix product can write where other terms must add.  Two
plain blocks in front, as in ``a - b``, are one call.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.jit.contract import Call, Named, contract, reduce_to, spread

__all__ = ["Terms", "sum_calls"]


class Terms(NamedTuple):
    """The terms of one kind: one operand or two factors, and what they are multiplied by.

    Attributes:
        out: the results, by the axes of these terms.
    """

    read: list[Named]
    factor: float
    out: Named

    @property
    def is_plain(self) -> bool:
        """Whether each result has one such term, and it is added or subtracted as it is."""
        alone = len(self.read) == 1 and abs(self.factor) == 1.0
        return alone and all(axis in self.out.axes for axis in self.read[0].axes)

    @property
    def operand(self) -> Any:
        """The one operand, for a call with the results."""
        return spread(self.read[0], self.out.axes)

    def calls(self, target: Named) -> list[Call]:
        """Calls that set ``target`` to the sum of the terms, without the factor."""
        if len(self.read) == 1:
            return reduce_to(self.read[0], target)
        return contract(self.read[0], self.read[1], target)


def sum_calls(blocks: list[Terms]) -> list[Call]:
    """Calls that compute a pack of sums from all its blocks."""
    first, *rest = blocks
    out = first.out.array
    if rest and _fit(first, rest[0]):
        calls = _two_plain(first, rest[0])
        rest = rest[1:]
    elif first.is_plain and first.factor < 0.0:
        calls = [partial(np.negative, first.operand, out)]
    else:
        calls = [*first.calls(first.out), *_scale(out, first.factor)]
    for block in rest:
        calls += _add(block)
    return calls


def _fit(first: Terms, second: Terms) -> bool:
    """Whether one call can add up both."""
    same = (first.out.axes, first.out.array.shape) == (second.out.axes, second.out.array.shape)
    return same and first.is_plain and second.is_plain


def _two_plain(first: Terms, second: Terms) -> list[Call]:
    x, y, out = first.operand, second.operand, first.out.array
    if first.factor > 0.0:
        combine = np.add if second.factor > 0.0 else np.subtract
        return [partial(combine, x, y, out)]
    if second.factor > 0.0:
        return [partial(np.subtract, y, x, out)]
    return [partial(np.add, x, y, out), *_scale(out, -1.0)]


def _scale(array: Any, factor: float) -> list[Call]:
    if factor == 1.0:
        return []
    if factor == -1.0:
        return [partial(np.negative, array, array)]
    return [partial(np.multiply, array, factor, array)]


def _add(block: Terms) -> list[Call]:
    """Calls that add the terms of a block to what is there."""
    out = block.out.array
    combine = np.subtract if block.factor == -1.0 else np.add
    if block.is_plain:
        return [partial(combine, out, block.operand, out)]
    temporary = Named(np.empty(out.shape), block.out.axes)
    scale = [] if abs(block.factor) == 1.0 else _scale(temporary.array, block.factor)
    return [
        *block.calls(temporary),
        *scale,
        partial(combine, out, temporary.array, out),
    ]
