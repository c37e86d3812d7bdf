"""The items of a plan as operations of JAX, in order, with loops as ``lax.scan``."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_nn.jit.backends.jax.lines import run_lines
from autograd_nn.jit.backends.jax.loops import Still, run_loop
from autograd_nn.jit.backends.jax.nests import run_nest
from autograd_nn.jit.backends.jax.store import Store
from autograd_nn.jit.backends.numpy.after import split
from autograd_nn.jit.plan import Item, Lines, Loop

__all__ = ["ready", "run_items"]


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
            run_loop(item, store, still, run_items)
        elif isinstance(item, Lines):
            run_lines(item, store, still(item, store.counts) if still else None)
        else:
            run_nest(item, store, still(item, store.counts) if still else ())
