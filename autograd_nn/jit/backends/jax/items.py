"""The items of a plan as operations of JAX, in order, with loops as ``lax.scan``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from autograd_nn.jit.backends.jax.layout import written_to
from autograd_nn.jit.backends.jax.lines import run_lines
from autograd_nn.jit.backends.jax.nests import run_nest
from autograd_nn.jit.backends.jax.store import Store
from autograd_nn.jit.backends.numpy.after import split
from autograd_nn.jit.plan import Item, Lines, Loop, Nest

__all__ = ["ready", "run_items"]

Still = Callable[[Nest | Lines, tuple[int, ...]], Any]


def ready(items: Sequence[Item]) -> list[Item]:
    """Items with what a loop only adds up taken out of it, to be done for all rounds at once."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, Loop):
            loop, after = split(item)
            found += [loop, *after] if loop.items else after
        else:
            found.append(item)
    return found


def run_items(items: Sequence[Item], store: Store, still: Still | None = None) -> None:
    """Run items.

    Args:
        still: of a nest or lines inside of loops of some counts, which operands are constants to
            the slopes that JAX may ask for.
    """
    for item in items:
        if isinstance(item, Loop):
            _run_loop(item, store, still)
        elif isinstance(item, Lines):
            run_lines(item, store, still(item, store.counts) if still else None)
        else:
            run_nest(item, store, still(item, store.counts) if still else ())


def _run_loop(loop: Loop, store: Store, still: Still | None) -> None:
    """A loop, which carries the segments that it writes."""
    counts = (*store.counts, loop.count)
    keys = written_to(loop.items, counts, store.layout)

    def body(carried: Any, t: Any) -> Any:
        arrays = {**store.arrays, **dict(zip(keys, carried, strict=True))}
        inner = Store(store.layout, arrays, counts, (*store.rounds, t))
        run_items(loop.items, inner, still)
        return [inner.arrays[key] for key in keys], None

    rounds = jnp.arange(loop.count, dtype=jnp.int32)
    carried = [store.arrays[key] for key in keys]
    found, _ = jax.lax.scan(body, carried, rounds, reverse=loop.reverse)
    store.arrays.update(zip(keys, found, strict=True))
