"""Single operations without a pattern, in a form that XLA compiles in reasonable time.

XLA takes about as long for an operation on one number as for one on an array.  So few operations
are written one by one; like ones that lie equally deep are done together where that makes few
groups; and a long tail of others is a loop that does one after another, whatever they are.

On the way back all slopes are known before the first adjoint is, so that those are computed by
kind, and what is left is to multiply and to add, level by level.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from autograd_nn.jit.backends.jax.store import Store
from autograd_nn.jit.backends.jax.table import partial_of, row
from autograd_nn.jit.backends.jax.views import INSIDE, gathered
from autograd_nn.jit.plan import ADJOINTS, VALUES, Lines
from autograd_nn.ops import PRIMITIVES

__all__ = ["run_lines"]

_SINGLE: Final = 60  # operations that are written one by one
_GROUPS: Final = 200  # groups of like operations that are written one by one


def run_lines(lines: Lines, store: Store, still: Any = None) -> None:
    """Do single operations.

    Args:
        still: by operation which operands are constants to the slopes that JAX may ask for: 1 the
            first, 2 the second, 3 both.
    """
    if not len(lines.codes):
        return
    if lines.wanted is None:
        _Forward(lines, store, still).run()
    else:
        _run_back(lines, store, np.zeros(len(lines.codes), int) if still is None else still)


class _Forward:
    """Operations, numbered in order, and the places of their numbers.

    The numbers that come from elsewhere are first, and then the results.
    """

    def __init__(self, lines: Lines, store: Store, still: Any) -> None:
        self._store = store
        self._codes = np.asarray(lines.codes)
        self._out = np.asarray(lines.out)
        self._still = np.zeros(len(self._out), dtype=np.int64) if still is None else still
        operands = np.concatenate([lines.a, lines.b[lines.b >= 0]])
        given = np.setdiff1d(operands, self._out)
        self._given = given
        place = {cell: k for k, cell in enumerate([*given.tolist(), *self._out.tolist()])}
        self._a = np.array([place[cell] for cell in lines.a.tolist()])
        self._b = np.array([place.get(cell, -1) for cell in lines.b.tolist()])

    def run(self) -> None:
        """Do them, and put the results where they belong."""
        given = self._store.take(VALUES, self._given)
        if len(self._codes) <= _SINGLE:
            results = self._one_by_one(given)
        else:
            level = _levels(self._a, self._b, len(self._given))
            key = (level * len(PRIMITIVES) + self._codes) * 4 + self._still
            order = np.argsort(key, kind="stable")
            firsts = np.flatnonzero(np.diff(key[order], prepend=-1))
            if len(firsts) <= _GROUPS:
                results = self._by_group(given, np.split(order, firsts[1:]))
            else:
                results = self._in_a_loop(given)
        self._store.put(VALUES, self._out, results)

    def _one_by_one(self, given: Any) -> Any:
        numbers = [x.reshape(()) for x in jax.lax.split(given, (1,) * len(self._given))]
        for k in range(len(self._codes)):
            numbers.append(self._apply(k, [numbers[j] for j in self._operands(k)]))
        return jnp.stack(numbers[len(self._given) :])

    def _by_group(self, given: Any, groups: Sequence[Any]) -> Any:
        count = len(self._given)
        at = np.arange(count + len(self._codes))  # of each number, where it lies
        at[count + np.concatenate(groups)] = count + np.arange(len(self._codes))
        numbers = jnp.concatenate([given, jnp.zeros(len(self._codes), given.dtype)])
        first = count
        for group in groups:
            both = [self._a, self._b][: PRIMITIVES[self._codes[group[0]]].arity]
            operands = [gathered(numbers, at[side[group]]) for side in both]
            found = self._apply(group[0], operands)
            numbers = jax.lax.dynamic_update_slice(numbers, found, (first,))
            first += len(group)
        return gathered(numbers, at[count:])

    def _in_a_loop(self, given: Any) -> Any:
        kinds, which = np.unique(self._codes * 4 + self._still, return_inverse=True)
        firsts = [int(np.flatnonzero(which == k)[0]) for k in range(len(kinds))]
        branches = [partial(self._apply_pair, k) for k in firsts]
        count = len(self._given)

        def step(numbers: Any, line: Any) -> Any:
            k, kind, a, b = line
            operands = (jax.lax.dynamic_slice(numbers, (place,), (1,)) for place in (a, b))
            found = jax.lax.switch(kind, branches, *operands)
            return jax.lax.dynamic_update_slice(numbers, found, (count + k,)), None

        numbers = jnp.concatenate([given, jnp.zeros(len(self._codes), given.dtype)])
        columns = (np.arange(len(which)), which, self._a, np.where(self._b < 0, self._a, self._b))
        numbers, _ = jax.lax.scan(step, numbers, [jnp.asarray(x, jnp.int32) for x in columns])
        return numbers[count:]

    def _operands(self, k: int) -> list[int]:
        return [int(self._a[k])] if self._b[k] < 0 else [int(self._a[k]), int(self._b[k])]

    def _apply(self, k: int, operands: Sequence[Any]) -> Any:
        """What operation ``k`` computes."""
        still = int(self._still[k])
        given = [jax.lax.stop_gradient(x) if still >> j & 1 else x for j, x in enumerate(operands)]
        return row(int(self._codes[k]))(*given)

    def _apply_pair(self, k: int, a: Any, b: Any) -> Any:
        return self._apply(k, [a, b][: len(self._operands(k))])


def _levels(a: Any, b: Any, given: int) -> Any:
    """Of each operation, how deep it lies among these."""
    depth = [0] * given
    for left, right in zip(a.tolist(), b.tolist(), strict=True):
        depth.append(1 + (depth[left] if right < 0 else max(depth[left], depth[right])))
    return np.array(depth[given:])


def _run_back(lines: Lines, store: Store, still: Any) -> None:
    """Add to the adjoints of the operands."""
    slopes = _slopes(lines, store, still)
    cells = np.unique(np.concatenate([lines.a, lines.b[lines.b >= 0], lines.out]))
    place = {cell: k for k, cell in enumerate(cells.tolist())}
    spare = len(cells)  # what nobody asks for goes there
    out = np.array([place[cell] for cell in lines.out.tolist()])
    targets = [
        np.array(
            [
                place[cell] if bits & bit else spare
                for cell, bits in zip(side, lines.wanted, strict=True)
            ]
        )
        for side, bit in ((lines.a.tolist(), 1), (lines.b.tolist(), 2))
    ]
    found = jnp.append(store.take(ADJOINTS, cells), 0.0)
    level = _levels_of(out, targets[0], targets[1], spare)
    if int(level.max()) <= _GROUPS:
        found = _back_by_level(found, slopes, out, targets, level)
    else:
        found = _back_in_a_loop(found, slopes, out, targets)
    store.put(ADJOINTS, cells, found[:spare])


def _slopes(lines: Lines, store: Store, still: Any) -> list[Any]:
    """By operand, its slope in each operation; 0 where it takes none."""
    codes, second = np.asarray(lines.codes), np.where(lines.b < 0, lines.a, lines.b)
    a, b, y = (store.take(VALUES, cells) for cells in (lines.a, second, lines.out))
    kinds = codes * 4 + still
    order = np.argsort(kinds, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1)
    found = []
    for operand, bit in enumerate((1, 2)):
        parts = []
        for group in groups:
            code = int(codes[group[0]])
            arity = PRIMITIVES[code].arity
            if operand >= arity or not (lines.wanted[group] & bit).any():
                parts.append(jnp.zeros(len(group), a.dtype))
                continue
            numbers = [gathered(x, group) for x in (a, b, y)]
            for k in range(2):
                if still[group[0]] >> k & 1:
                    numbers[k] = jax.lax.stop_gradient(numbers[k])
            slope = partial_of(code, operand)(*numbers[:arity], numbers[2])
            parts.append(jnp.broadcast_to(jnp.asarray(slope, a.dtype), (len(group),)))
        found.append(gathered(jnp.concatenate(parts), np.argsort(order)))
    return found


def _levels_of(out: Any, a: Any, b: Any, spare: int) -> Any:
    """When each operation's turn is on the way back: after all that add to its adjoint."""
    turn = [0] * (spare + 1)
    found = [0] * len(out)
    columns = zip(out.tolist(), a.tolist(), b.tolist(), strict=True)
    for k, (result, left, right) in reversed([*enumerate(columns)]):
        found[k] = turn[result]
        for target in (left, right):
            turn[target] = max(turn[target], found[k] + 1)
    return np.array(found)


def _back_by_level(
    found: Any, slopes: Sequence[Any], out: Any, targets: Sequence[Any], level: Any
) -> Any:
    for now in range(int(level.max()) + 1):
        group = np.flatnonzero(level == now)
        d = gathered(found, out[group])
        places = np.concatenate([side[group] for side in targets])
        moves = jnp.concatenate([gathered(slope, group) * d for slope in slopes])
        found = found.at[places].add(moves, mode=INSIDE)
    return found


def _back_in_a_loop(found: Any, slopes: Sequence[Any], out: Any, targets: Sequence[Any]) -> Any:
    """One operation after another, the last first.

    The adjoint of the next one's result is handed on: XLA would copy all adjoints in each round
    where one is read beside the place of another that is written.
    """

    def step(state: Any, line: Any) -> Any:
        adjoints, d = state
        following, a, b, by_a, by_b = line
        for place, slope in ((a, by_a), (b, by_b)):
            before = jax.lax.dynamic_slice(adjoints, (place,), (1,))
            adjoints = jax.lax.dynamic_update_slice(adjoints, before + slope * d, (place,))
        return (adjoints, jax.lax.dynamic_slice(adjoints, (following,), (1,))), None

    columns = [jnp.asarray(x, jnp.int32) for x in (np.roll(out, 1), *targets)]
    first = jax.lax.dynamic_slice(found, (int(out[-1]),), (1,))
    (found, _), _ = jax.lax.scan(step, (found, first), (*columns, *slopes), reverse=True)
    return found
