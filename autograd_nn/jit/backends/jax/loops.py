"""Loops as ``lax.scan``: what a round needs of the rounds before is handed on, the rest is stacked.

A loop whose rounds each write their own cells, a step further than the round before, is not to
carry the array of all rounds: XLA would copy it, and JAX, which may be asked for slopes, would
keep it, in each round.  So where all that a loop does in a segment moves on by one step, a round
gets a *window*: the block of cells that enters with this round, and those of the rounds before
that it still reaches.  The block that no later round reaches is handed out.  Inside of the window
nothing moves, so that most of what is written there is no array cell at all but a number that the
next operation takes.

Segments of which that is not true are carried whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from autograd_nn.jit.backends.jax.layout import (
    Key,
    Layout,
    Use,
    cells_or_ends,
    kept_axes,
    uses,
    written_to,
)
from autograd_nn.jit.backends.jax.store import Store
from autograd_nn.jit.plan import Access, Item, Lines, Loop, Nest

__all__ = ["Still", "run_loop"]

_BLOCKS: Final = 8  # in a window; where more are needed, the segment is carried

#: Of a nest or lines inside of loops of some counts, which operands are constants to slopes.
Still = Callable[[Nest | Lines, tuple[int, ...]], Any]
Run = Callable[[Sequence[Item], Store, Still | None], None]


def run_loop(loop: Loop, store: Store, still: Still | None, run: Run) -> None:
    """Run a loop.

    Args:
        still: which operands of its items are constants to the slopes that JAX may ask for.
        run: does the items of a round.
    """
    counts = (*store.counts, loop.count)
    keys = written_to(loop.items, counts, store.layout)
    windows = list(_windows(loop, store, keys))
    moving = {window.key for window in windows}
    carried = [key for key in keys if key not in moving]
    inside = _Inside(len(store.counts), store.layout, moving, still)
    items = [inside.item(item, counts) for item in loop.items]
    seen = [(window.key, window.first, window.last) for window in windows]
    layout = store.layout.inside(seen, uses(items, counts)) if windows else store.layout

    def body(state: Any, given: Any) -> Any:
        wholes, held = state
        t, entering = given
        arrays = {**store.arrays, **dict(zip(carried, wholes, strict=True))}
        tails = []
        for window, before, block in zip(windows, held, entering, strict=True):
            parts = layout.keys(window.key[0], np.array([window.first, window.last]))
            tails.append(window.open(before, block, parts, arrays, layout))
        inner = Store(layout, arrays, counts, (*store.rounds, t))
        run(items, inner, inside.still if still else None)
        closed = []
        for window, tail in zip(windows, tails, strict=True):
            parts = layout.keys(window.key[0], np.array([window.first, window.last]))
            closed.append(window.close(jnp.concatenate([*(arrays[key] for key in parts), tail])))
        return (
            [arrays[key] for key in carried],
            [before for before, _ in closed],
        ), [block for _, block in closed]

    rounds = jnp.arange(loop.count, dtype=jnp.int32)
    cut = [window.cut(store.arrays[window.key]) for window in windows]
    state = [store.arrays[key] for key in carried], [before for before, _ in cut]
    given = rounds, [blocks for _, blocks in cut]
    (wholes, held), left = jax.lax.scan(body, state, given, reverse=loop.reverse)
    store.arrays.update(zip(carried, wholes, strict=True))
    for window, before, blocks in zip(windows, held, left, strict=True):
        store.arrays[window.key] = window.joined(store.arrays[window.key], before, blocks)


@dataclass(eq=False)
class Window:
    """What a round sees of a segment.

    Attributes:
        key: the segment.
        first, last: the cells that the first round sees.
        step: how far a round moves on; below 0 where it moves back.
        rounds: how many.
        blocks: how many of ``step`` cells a window has.
        is_forward: whether the block that a round brings lies above those before.
        moved, farthest: how far the rounds of the loops around have moved it, and do at most.
    """

    key: Key
    first: int
    last: int
    step: int
    rounds: int
    blocks: int
    is_forward: bool
    moved: Any
    farthest: int

    @property
    def _size(self) -> int:
        return abs(self.step)

    def _table(self, array: Any) -> tuple[Any, Any, Any]:
        """The array with room for all blocks, where these start, and they as a table."""
        low = self.first - self.key[1] + min(0, self.step * (self.rounds - 1))
        length = self._size * (self.rounds - 1 + self.blocks)
        missing = max(0, low + self.farthest + length - len(array))
        padded = jnp.pad(array, (0, missing)) if missing else array
        start = low + self.moved
        table = jax.lax.dynamic_slice(padded, (start,), (length,))
        return padded, start, table.reshape(-1, self._size)

    def cut(self, array: Any) -> tuple[Any, Any]:
        """What the first round gets of others, and the block that enters with each round."""
        _, _, table = self._table(array)
        if self.is_forward:
            before, entering = table[: self.blocks - 1], table[self.blocks - 1 :]
        else:
            before, entering = table[self.rounds :], table[: self.rounds]
        return before.reshape(-1), entering if self.step > 0 else entering[::-1]

    def joined(self, array: Any, before: Any, left: Any) -> Any:
        """The segment after the loop: of what the last round hands on, and what each left."""
        padded, start, _ = self._table(array)
        left = (left if self.step > 0 else left[::-1]).reshape(-1)
        parts = [left, before] if self.is_forward else [before, left]
        whole = jax.lax.dynamic_update_slice(padded, jnp.concatenate(parts), (start,))
        return whole[: len(array)]

    def open(
        self, before: Any, block: Any, parts: Sequence[Key], arrays: dict[Key, Any], layout: Layout
    ) -> Any:
        """Put the cells of the window into arrays; returns the rest of the last block."""
        every = jnp.concatenate([before, block] if self.is_forward else [block, before])
        at = 0
        for key in parts:
            size = layout.size(key)
            arrays[key] = jax.lax.slice(every, (at,), (at + size,))
            at += size
        return jax.lax.slice(every, (at,), (len(every),))

    def close(self, every: Any) -> tuple[Any, Any]:
        """What the next round gets, and the block that no other round reaches."""
        size = self._size if self.is_forward else len(every) - self._size
        lower, upper = jax.lax.split(every, (size, len(every) - size))
        return (upper, lower) if self.is_forward else (lower, upper)


def _windows(loop: Loop, store: Store, keys: Sequence[Key]) -> Iterator[Window]:
    """The windows of the segments that have one."""
    counts, depth = (*store.counts, loop.count), len(store.counts)
    found: dict[Key, list[Use]] = {key: [] for key in keys}
    for use in uses(loop.items, counts):
        for key in store.layout.keys(use.buffer, use.cells):
            if key in found:
                found[key].append(use)
    for key, known in found.items():
        steps = {None if x.access is None else x.access.steps[: depth + 1] for x in known}
        (step, *others) = steps
        if others or not step or not step[-1]:
            continue
        first, last = _ends_at_first(known, depth)
        blocks = -((first - last - 1) // abs(step[-1]))
        if blocks > min(_BLOCKS, loop.count):
            continue
        moves = list(zip(step[:-1], store.rounds, store.counts, strict=True))
        moved = sum((by * t for by, t, _ in moves if by), start=0)
        farthest = sum(max(0, by * (count - 1)) for by, _, count in moves)
        is_forward = loop.reverse == (step[-1] < 0)
        yield Window(key, first, last, step[-1], loop.count, blocks, is_forward, moved, farthest)


def _ends_at_first(known: Sequence[Use], depth: int) -> tuple[int, int]:
    """The first and the last cell that are used before anything has moved."""
    cells = []
    for use in known:
        assert use.access is not None
        fixed = _at_first(use.access, depth)
        cells.append(cells_or_ends(fixed, use.axes, use.counts))
    return min(int(x.min()) for x in cells), max(int(x.max()) for x in cells)


def _at_first(access: Access, depth: int) -> Access:
    """An access that does not move with the outer loops, down to some depth."""
    return replace(access, steps=(*(0,) * (depth + 1), *access.steps[depth + 1 :]))


class _Inside:
    """The items of a loop as they are inside of its windows, where nothing moves.

    Args:
        depth: how many loops there are around it.
        layout: the segments outside.
        moving: those that have windows.
        still: asked of the items as they are outside: an operand may be a constant in the first
            round only.
    """

    def __init__(self, depth: int, layout: Layout, moving: set[Key], still: Still | None) -> None:
        self._depth, self._layout, self._moving, self._still = depth, layout, moving, still
        self._known: dict[int, Any] = {}

    def still(self, item: Nest | Lines, _: tuple[int, ...]) -> Any:
        """Which operands of an item that this has made are constants."""
        return self._known[id(item)]

    def item(self, item: Item, counts: tuple[int, ...]) -> Item:
        """An item inside of loops of some counts."""
        if isinstance(item, Loop):
            inner = (*counts, item.count)
            return Loop(item.count, [self.item(x, inner) for x in item.items], item.reverse)
        made = self._nest(item, counts) if isinstance(item, Nest) else item
        if self._still is not None:
            self._known[id(made)] = self._still(item, counts)
        return made

    def _nest(self, nest: Nest, counts: tuple[int, ...]) -> Nest:
        def fixed(access: Access, axes: tuple[int, ...]) -> Access:
            keys = self._layout.keys(access.buffer, cells_or_ends(access, axes, counts))
            return _at_first(access, self._depth) if self._moving.intersection(keys) else access

        reads = tuple(fixed(read, nest.axes) for read in nest.reads)
        write = nest.write if nest.kind == "drop" else fixed(nest.write, kept_axes(nest))
        return replace(nest, reads=reads, write=write)
