"""A plan as a function of arrays that JAX can differentiate: by the plan's own way back.

Forward derivatives are JAX's own, of the operations of ``items``.  Backward ones are those of
``lifting.adjoint``: in a loop they add to a slice where JAX would add a whole array in each round.
They are operations of JAX again, so that any order of derivatives can be asked for.

What is left out: arguments and results, which are ``function``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autograd_nn.jit.backends.jax.items import ready, run_items
from autograd_nn.jit.backends.jax.layout import Key, Layout, uses
from autograd_nn.jit.backends.jax.linear import linear
from autograd_nn.jit.backends.jax.store import Store
from autograd_nn.jit.backends.jax.table import Standin
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.lifting.marks import Marks, touched
from autograd_nn.jit.plan import ADJOINTS, VALUES, Backward, Item, Lines, Nest, Place, Plan
from autograd_nn.jit.plan.plan import COMPARE

__all__ = ["Evaluation"]


class Evaluation:
    """A plan, ready for JAX.

    Args:
        plan: the plan.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._items = ready(plan.items)
        self._function = self._with_slopes()

    def __call__(self, groups: Sequence[Any]) -> tuple[Any, Any]:
        """The numbers of the results, one line a result and one column a row; and what holds.

        Args:
            groups: the numbers of each group of leaves, flat arrays of one dtype.

        Returns:
            The numbers, and for each row whether its guards hold.
        """
        numbers, on_path = self._function(list(groups))
        return numbers.reshape(len(self.plan.roots), self.plan.rows), on_path

    # -- forward -------------------------------------------------------------------------

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self.plan.sizes, uses(self._items), _apart(self.plan))

    @cached_property
    def _keys(self) -> list[Key]:
        """The segments that a run has values in."""
        return [
            key for buffer in range(0, 2 * len(self.plan.sizes), 2) for key in self._all(buffer)
        ]

    def _all(self, buffer: int) -> list[Key]:
        return self._layout.keys(buffer, np.array([0, self._layout.sizes[buffer] - 1]))

    def _run(self, groups: Sequence[Any]) -> Store:
        """All values."""
        store = Store(self._layout, {})
        for buffer, numbers in enumerate(self.plan.buffers()):
            for key in self._all(buffer) if buffer % 2 == VALUES else ():
                part = numbers[key[1] : key[1] + self._layout.size(key)]
                store.arrays[key] = jnp.asarray(part, groups[0].dtype)
        for place, given in zip(self.plan.leaves, groups, strict=True):
            if place.size:
                cells = np.array([place.start, place.start + place.size - 1])
                key, where = store.segment(place.buffer, cells)
                at = (int(where(place.start)),)
                moved = _turned(place, given)
                store.arrays[key] = jax.lax.dynamic_update_slice(store.arrays[key], moved, at)
        run_items(self._items, store, self._still)
        return store

    @cached_property
    def _active(self) -> list[Any]:
        """For each cell of the values whether it depends on a leaf."""
        return Marks(self.plan, range(len(self.plan.leaves))).active

    def _still(self, item: Nest | Lines, counts: tuple[int, ...]) -> Any:
        """Which operands depend on no leaf: they are constants to slopes of any order.

        The slope of a power along its exponent is nan for a negative number, and would stay nan
        where the exponent does not move.
        """
        if isinstance(item, Lines):
            active = self._active[VALUES]
            return 3 - active[item.a] - 2 * active[item.b]
        return [
            k
            for k, read in enumerate(item.reads)
            if read.buffer % 2 == VALUES
            and not self._active[read.buffer // 2][touched(read, item.axes, counts)].any()
        ]

    def _numbers(self, store: Store) -> Any:
        return store.take(VALUES, self.plan.roots.ravel())

    def _on_path(self, store: Store) -> Any:
        """For each row whether every comparison came out as it was recorded."""
        found = [jnp.ones(self.plan.rows, bool)]
        for guards in self.plan.guards:
            left, right = (Standin(store.take(VALUES, x)) for x in (guards.left, guards.right))
            found.append((COMPARE[guards.symbol](left, right).array == guards.outcomes).all(axis=0))
        return reduce(jnp.logical_and, found)

    # -- derivatives ---------------------------------------------------------------------

    def _with_slopes(self) -> Any:
        def both(groups: list[Any]) -> Any:
            store = self._run(groups)
            return self._numbers(store), self._on_path(store)

        function: Any = jax.custom_jvp(both)

        def rule(primals: Any, tangents: Any) -> Any:
            (groups,), (moved,) = primals, tangents
            zero = jax.custom_derivatives.SymbolicZero
            wanted = tuple(k for k, t in enumerate(moved) if not isinstance(t, zero))
            store = self._run(groups)
            values = [store.arrays[key] for key in self._keys]
            way = _Way(self, wanted)
            y, on_path = self._numbers(store), self._on_path(store)
            given = [moved[k] for k in wanted]
            (along,) = linear(way.push, way.pull, [*groups, *values], given, [y.shape])
            return (y, on_path), (along, np.zeros(on_path.shape, jax.dtypes.float0))

        function.defjvp(rule, symbolic_zeros=True)
        return function


class _Way:
    """The derivative of a plan along some groups of leaves, both ways."""

    def __init__(self, of: Evaluation, wanted: tuple[int, ...]) -> None:
        self._of, self._wanted = of, wanted

    def push(self, known: Sequence[Any], x: Sequence[Any]) -> list[Any]:
        """From directions of the leaves to those of the results."""
        of, wanted = self._of, self._wanted
        groups = list(known[: len(of.plan.leaves)])

        def numbers(*chosen: Any) -> Any:
            given = dict(enumerate(groups)) | dict(zip(wanted, chosen, strict=True))
            return of._numbers(of._run([given[k] for k in range(len(groups))]))

        return [jax.jvp(numbers, tuple(groups[k] for k in wanted), tuple(x))[1]]

    def pull(self, known: Sequence[Any], x: Sequence[Any]) -> list[Any]:
        """From slopes along the results to those along the leaves."""
        of, plan = self._of, self._of.plan
        values = dict(zip(of._keys, known[len(plan.leaves) :], strict=True))
        way, items, layout = self._back
        arrays = {
            key: jnp.zeros(layout.size(key), x[0].dtype)
            for buffer in range(1, 2 * len(plan.sizes), 2)
            for key in layout.keys(buffer, np.array([0, layout.sizes[buffer] - 1]))
        }
        store = Store(layout, {**values, **arrays})
        cells, _ = way.seeds
        at = np.searchsorted(cells, plan.roots.ravel())
        seeds = jnp.zeros(len(cells), x[0].dtype).at[at].add(x[0])
        store.put(ADJOINTS, cells, seeds)
        run_items(items, store, of._still)
        found = []
        for place in (plan.leaves[k] for k in self._wanted):
            run = store.take(place.buffer + 1, place.start + np.arange(place.size))
            found.append(_turned_back(place, run))
        return found

    @cached_property
    def _back(self) -> tuple[Backward, list[Item], Layout]:
        """The way back, its items, and a layout with the same values."""
        of, plan = self._of, self._of.plan
        way = adjoint(replace(plan, roots=plan.roots.reshape(1, -1)), self._wanted)
        items = ready(way.items)
        return way, items, of._layout.with_adjoints(uses(items), _apart(plan))


def _apart(plan: Plan) -> list[tuple[int, int, int]]:
    """The leaves, and their adjoints, as runs of cells."""
    runs = [(p.buffer, p.start, p.start + p.size) for p in plan.leaves]
    return [*runs, *((buffer + 1, first, end) for buffer, first, end in runs)]


def _columns(place: Place) -> int:
    """How many columns a table has whose numbers lie column by column; 0 for another order."""
    size, order = place.size, place.order
    rows = int(order[1]) if size > 1 else 1
    if rows < 1 or size % rows:
        return 0
    found = np.arange(size).reshape(size // rows, rows).T.ravel()
    return size // rows if np.array_equal(order, found) else 0


def _turned(place: Place, numbers: Any) -> Any:
    """A group's numbers in the order of their cells."""
    if place.order is None:
        return numbers
    columns = _columns(place)
    return numbers.reshape(-1, columns).T.ravel() if columns else numbers[np.argsort(place.order)]


def _turned_back(place: Place, numbers: Any) -> Any:
    """Numbers of a group's cells in the order of the group."""
    if place.order is None:
        return numbers
    columns = _columns(place)
    return numbers.reshape(columns, -1).T.ravel() if columns else numbers[place.order]
