"""Nests of the largest or smallest of several numbers, and what each has of its slope."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autograd_nn.jit.backends.numpy.operands import Target, operand
from autograd_nn.jit.backends.numpy.views import Calls, Named, View, spread
from autograd_nn.jit.plan import Nest
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["chain_shares", "choose_extreme", "share_out"]


def choose_extreme(nest: Nest, calls: Calls) -> None:
    """Calls for a nest of the kind ``extreme``."""
    x = operand(nest.reads[0], nest.axes, calls)
    target = Target(nest, [x], calls)
    out = target.room()
    summed = tuple(a for a in x.axes if a >= nest.kept)
    view = spread(x, (*out.axes, *summed))
    if not out.axes:  # in loops, single numbers are arrays of one
        view = view._replace(shape=(1, *view.shape), strides=(0, *view.strides))
    result = out.view.lined
    axes = tuple(range(len(result.shape), len(view.shape)))
    if nest.exact:  # the first of equal ones: it may be another zero
        row = PRIMITIVES[nest.code]
        each = np.frompyfunc(row.scalar, 2, 1)
        calls.add(_fold, each, view, (*view.shape[: len(result.shape)], -1), result)
    elif summed:
        function = np.maximum if nest.code == CODES["maximum"] else np.minimum
        # The result may change along an axis along which nothing that is read does.
        calls.add(_reduce, function, view, axes, result)
    else:
        calls.add(np.copyto, result, view)
    target.put(out)


def _reduce(function: Any, x: Any, axes: tuple[int, ...], out: Any) -> None:
    if x.shape[: out.ndim] == out.shape:
        function.reduce(x, axes, None, out)
    else:
        out[...] = function.reduce(x, axes)


def _fold(function: Any, x: Any, shape: tuple[int, ...], out: Any) -> None:
    out[...] = function.reduce(x.reshape(shape).astype(object), -1)


def share_out(nest: Nest, calls: Calls) -> None:
    """Calls for a nest of the kind ``share``."""
    reads = [operand(read, nest.axes, calls) for read in nest.reads]
    target = Target(nest, reads, calls)
    everything = tuple(range(len(nest.axes)))
    found = calls.room(nest.axes)
    d, x, y = (spread(read, everything) for read in reads)
    kept = nest.axes[: nest.kept]
    calls.add(_share, d, _broadcast(x, nest.axes), y, (*kept, prod(nest.axes[nest.kept :])), found)
    sizes = tuple(n for n in nest.axes if n > 1)
    target.put(Named(found.reshaped(sizes), target.axes))


def _broadcast(x: View, shape: tuple[int, ...]) -> View:
    """A view in which what repeats is repeated."""
    return x._replace(shape=shape)


def _share(d: Any, x: Any, y: Any, shape: tuple[int, ...], out: Any) -> None:
    equal = x == y
    if np.count_nonzero(equal) == x.size // shape[-1] and equal.reshape(shape).any(-1).all():
        np.multiply(d, equal, out)  # no ties
    else:
        np.multiply(d, chain_shares(equal.reshape(shape), y, x.shape), out)


def chain_shares(equal: Any, y: Any, shape: tuple[int, ...]) -> Any:
    """The slopes of ``reduce(maximum, operands)``, or minimum, along its operands.

    At a tie it is shared as by the chain of operations that was recorded: each takes half of what
    the later ones leave, and the first two the same.

    Args:
        equal: which operands, along the last axis in the order of the chain, equal the result.
        y: the result.
        shape: of the slopes.

    >>> chain_shares(np.array([3.0, 1.0, 3.0, 3.0]) == 3.0, 3.0, (4,))
    array([0.25, 0.  , 0.25, 0.5 ])
    """
    after = np.cumsum(equal[..., ::-1], axis=-1)[..., ::-1]  # itself included
    first = equal & (after == after[..., :1])
    shares = np.where(equal, 0.5 ** (after - first), 0.0).reshape(shape)
    return np.where(np.isnan(y), np.nan, shares)
