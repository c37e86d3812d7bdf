"""The kinds of nests as operations of JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from math import prod
from string import ascii_letters
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from autograd_nn.jit.backends.jax.layout import kept_axes
from autograd_nn.jit.backends.jax.store import Store
from autograd_nn.jit.backends.jax.table import partial_of, row
from autograd_nn.jit.backends.jax.views import gathered
from autograd_nn.jit.lifting.marks import entries_of
from autograd_nn.jit.plan import ADJOINTS, VALUES, Nest
from autograd_nn.ops import CODES

__all__ = ["run_nest"]

_MAXIMUM: Final = CODES["maximum"]
_FEW: Final = 16  # terms that are added up in order without a loop


def run_nest(nest: Nest, store: Store, still: Sequence[int] = ()) -> None:
    """Do what a nest does.

    Args:
        still: the operands that are constants to the slopes that JAX may ask for.
    """
    reads = [store.read(read, nest.axes) for read in nest.reads]
    for k in still:
        reads[k] = jax.lax.stop_gradient(reads[k])
    if nest.kind == "drop":
        numbers = jnp.broadcast_to(reads[0], nest.axes)
        key, place = store.segment(ADJOINTS, entries_of(nest))
        places = jnp.broadcast_to(_looked_up(nest, reads[1], place), nest.axes)
        store.arrays[key] = store.arrays[key].at[places].add(numbers)
        return
    axes = kept_axes(nest)
    if nest.exact and nest.kind == "sum":
        before = store.read(nest.write, axes) if nest.add else None
        found = _in_order(nest, reads, before)
        store.write(nest.write, axes, found.reshape(axes), False, nest.scatter)
        return
    if nest.kind == "look":
        pool, place = store.pool(VALUES, entries_of(nest))
        found = gathered(pool, _looked_up(nest, reads[0], place))
    else:
        found = _KINDS[nest.kind](nest, reads)
    found = jnp.broadcast_to(found.reshape(_with_ones(found, axes)), axes)
    store.write(nest.write, axes, found, nest.add, nest.scatter)


def _with_ones(found: Any, axes: Sequence[int]) -> tuple[int, ...]:
    """The shape of a result with the axes that are gone as ones."""
    return (*found.shape, *(1,) * (len(axes) - found.ndim))


def _sum(nest: Nest, reads: Sequence[Any]) -> Any:
    """Products, added up."""
    rank, kept = len(nest.axes), nest.kept
    changing = [any(x.shape[k] > 1 for x in reads) for k in range(rank)]
    if len(reads) > 1 and any(changing[kept:]):
        found = _contracted(nest, reads, changing)
    else:
        found = reduce(jnp.multiply, reads)
        found = found.sum(axis=tuple(range(kept, rank))) if nest.summed else found
    factor = nest.factor * prod(n for k, n in enumerate(nest.axes) if k >= kept and not changing[k])
    found = found if factor == 1.0 else factor * found
    return found if nest.plus is None else found + nest.plus


def _contracted(nest: Nest, reads: Sequence[Any], changing: Sequence[bool]) -> Any:
    """The sum of products along the summed axes, by matrix products where there are any."""
    operands, terms = [], []
    for x in reads:
        axes = [k for k, n in enumerate(x.shape) if n > 1]
        operands.append(x.reshape([x.shape[k] for k in axes]))
        terms.append("".join(ascii_letters[k] for k in axes))
    kept = "".join(ascii_letters[k] for k in range(nest.kept) if changing[k])
    found = jnp.einsum(f"{','.join(terms)}->{kept}", *operands, precision=jax.lax.Precision.HIGHEST)
    return found.reshape([n if changing[k] else 1 for k, n in enumerate(nest.axes[: nest.kept])])


def _row(nest: Nest, reads: Sequence[Any]) -> Any:
    return row(nest.code)(*reads)


def _slope(nest: Nest, reads: Sequence[Any]) -> Any:
    d, *operands = reads
    terms = d * partial_of(nest.code, nest.operand)(*operands)
    if nest.summed:
        terms = jnp.broadcast_to(terms, (*terms.shape[: nest.kept], *nest.axes[nest.kept :]))
        terms = terms.sum(axis=tuple(range(nest.kept, len(nest.axes))))
    return terms if nest.factor == 1.0 else nest.factor * terms


def _extreme(nest: Nest, reads: Sequence[Any]) -> Any:
    x = jnp.broadcast_to(reads[0], (*reads[0].shape[: nest.kept], *nest.axes[nest.kept :]))
    x = x.reshape(*x.shape[: nest.kept], -1)
    if not nest.exact:
        return _extreme_of(nest.code, x)
    last = x.ndim - 1  # the first of equal ones: it may be another zero
    terms = jnp.moveaxis(x, last, 0)
    if len(terms) <= _FEW:
        return reduce(row(nest.code), terms)
    return jax.lax.scan(lambda y, t: (row(nest.code)(y, t), None), terms[0], terms[1:])[0]


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _extreme_of(code: int, x: Any) -> Any:
    return x.max(axis=-1) if code == _MAXIMUM else x.min(axis=-1)


@_extreme_of.defjvp
def _along_extreme(code: int, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    y = _extreme_of(code, x)
    return y, (_shares(x, y[..., None]) * t).sum(axis=-1)


def _share(nest: Nest, reads: Sequence[Any]) -> Any:
    d, x, y = reads
    kept = x.shape[: nest.kept]
    summed = nest.axes[nest.kept :]
    x = jnp.broadcast_to(x, (*kept, *summed)).reshape(*kept, -1)
    y = y.reshape(*y.shape[: nest.kept], -1)
    shares = _shares(x, y)
    return d * shares.reshape(*shares.shape[:-1], *summed)


def _shares(x: Any, y: Any) -> Any:
    """The slope of an extreme along each operand of the chain of two-operand rows; last axis."""
    equal = x == y
    after = jnp.cumsum(equal[..., ::-1].astype(x.dtype), axis=-1)[..., ::-1]  # itself included
    first = equal & (after == after[..., :1])
    shares = jnp.where(equal, 0.5 ** (after - first.astype(x.dtype)), 0.0)
    return jax.lax.stop_gradient(jnp.where(jnp.isnan(y), jnp.nan, shares))


def _in_order(nest: Nest, reads: Sequence[Any], before: Any) -> Any:
    """A sum whose terms are added one by one, to the first of them or to what is there."""
    terms = jnp.broadcast_to(nest.factor * reduce(jnp.multiply, reads), nest.axes)
    terms = jnp.moveaxis(terms.reshape(*nest.axes[: nest.kept], -1), -1, 0)
    if before is not None:
        terms = jnp.concatenate([before.reshape(1, *terms.shape[1:]), terms])
    if len(terms) <= _FEW:
        return reduce(jnp.add, terms)
    return jax.lax.scan(lambda total, t: (total + t, None), terms[0], terms[1:])[0]


def _looked_up(nest: Nest, index: Any, place: Callable[[Any], Any]) -> Any:
    """The places that indices choose.

    Args:
        place: of cells in the array that holds the whole table.
    """
    last = len(nest.entries) - 1
    index = jax.lax.stop_gradient(index)
    rows = jnp.clip(jnp.where(jnp.isnan(index), 0.0, index), 0, last).astype(jnp.int32)
    entries, steps = nest.entries, nest.entry_steps
    if steps is None:
        return jnp.asarray(place(entries), jnp.int32)[rows, nest.columns]
    points = np.arange(nest.axes[0])
    ends = entries + steps * points[-1]
    if np.array_equal(place(ends), place(entries) + steps * points[-1]):
        first, step = (
            jnp.asarray(x, jnp.int32)[rows, nest.columns] for x in (place(entries), steps)
        )
        return first + step * jnp.asarray(points.reshape(-1, *[1] * (index.ndim - 1)), jnp.int32)
    every = jnp.asarray(place(entries[..., None] + steps[..., None] * points), jnp.int32)
    return every[rows, nest.columns, points.reshape(-1, *[1] * (index.ndim - 1))]


_KINDS: Final[dict[str, Callable[[Nest, Sequence[Any]], Any]]] = {
    "sum": _sum,
    "row": _row,
    "slope": _slope,
    "extreme": _extreme,
    "share": _share,
}
