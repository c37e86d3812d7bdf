"""The reference interpreter: what the items of a plan mean, by NumPy's indexing and the table.

Slow and simple.  Every backend is checked against it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd_nn.jit.plan.nests import ADJOINTS, VALUES, Access, Item, Lines, Loop, Nest, cells_of
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["evaluate"]

MAXIMUM: Final = CODES["maximum"]


def evaluate(items: Sequence[Item], buffers: list[Any], rounds: tuple[int, ...] = ()) -> None:
    """Run items on buffers."""
    for item in items:
        if isinstance(item, Loop):
            for t in item.rounds:
                evaluate(item.items, buffers, (*rounds, t))
        elif isinstance(item, Lines):
            _evaluate_lines(item, buffers)
        else:
            _evaluate_nest(item, buffers, rounds)


def _cells(access: Access, axes: Sequence[int], rounds: tuple[int, ...]) -> Any:
    """The cells of an access; NumPy would count those before the first from the end."""
    cells = cells_of(access, axes, rounds)
    assert not cells.size or cells.min() >= 0, f"{access} leads to cell {cells.min()}"
    return cells


def _evaluate_nest(nest: Nest, buffers: list[Any], rounds: tuple[int, ...]) -> None:
    axes = nest.axes
    reads = [buffers[r.buffer][_cells(r, axes, rounds)] for r in nest.reads]
    if nest.kind == "drop":
        cells = _looked_up(nest, reads[1])
        np.add.at(buffers[ADJOINTS], cells, reads[0])
        return
    kept = axes if nest.writes_all else axes[: nest.kept]
    ones = (1,) * (len(axes) - len(kept))
    cells = _cells(nest.write, (*kept, *ones), rounds).reshape(kept)
    target = buffers[nest.write.buffer]
    if nest.kind == "sum" and nest.exact:
        target[cells] = _in_order(nest, reads, target[cells])
        return
    found = np.broadcast_to(_result(nest, reads, buffers), kept)
    if not nest.add:
        target[cells] = found
    elif nest.scatter:
        np.add.at(target, cells, found)
    else:
        target[cells] = target[cells] + found


def _result(nest: Nest, reads: list[Any], buffers: list[Any]) -> Any:
    row, last = PRIMITIVES[nest.code], tuple(range(nest.kept, len(nest.axes)))
    if nest.kind == "look":
        return buffers[VALUES][_looked_up(nest, reads[0])]
    if nest.kind == "row":
        return _by_scalars(row.scalar, reads)
    if nest.kind == "extreme" and nest.exact:  # the first of equal ones: it may be another zero
        terms = reads[0].reshape(*nest.axes[: nest.kept], -1)
        each = np.frompyfunc(row.scalar, 2, 1)
        return np.asarray(each.reduce(terms.astype(object), axis=-1), dtype=float)
    if nest.kind == "extreme":
        function = np.maximum if nest.code == MAXIMUM else np.minimum
        return function.reduce(reads[0], axis=last)
    if nest.kind == "share":
        d, x, y = reads[0], reads[1], reads[2]
        return d * _shares(x, y, nest.kept)
    if nest.kind == "slope":
        d, *operands = reads

        def partial(*numbers: float) -> float:
            return float(row.partials(*numbers)[nest.operand])

        terms = d * _by_scalars(partial, operands)
        terms = np.broadcast_to(terms, nest.axes)
    else:
        terms = _products(nest, reads)
    found = nest.factor * (terms.sum(axis=last) if nest.summed else terms)
    return found if nest.plus is None else found + nest.plus


def _products(nest: Nest, reads: list[Any]) -> Any:
    terms = reads[0]
    for x in reads[1:]:
        terms = terms * x
    return np.broadcast_to(terms, nest.axes)


def _in_order(nest: Nest, reads: list[Any], before: Any) -> Any:
    """An exact sum: its terms are added one by one, to the first or to what is there."""
    terms = nest.factor * _products(nest, reads)
    terms = terms.reshape(*nest.axes[: nest.kept], -1)
    if nest.add:
        terms = np.concatenate([before[..., None], terms], axis=-1)
    return np.add.accumulate(terms, axis=-1)[..., -1]


def _by_scalars(function: Callable[..., float], operands: list[Any]) -> Any:
    each = np.frompyfunc(function, len(operands), 1)
    return np.asarray(each(*(np.asarray(x, dtype=object) for x in operands)), dtype=float)


def _shares(x: Any, y: Any, kept: int) -> Any:
    """The slope of an extreme along each operand of the chain of two-operand rows."""
    equal = (x == y).reshape(*x.shape[:kept], -1)
    after = np.cumsum(equal[..., ::-1], axis=-1)[..., ::-1]  # itself included
    first = equal & (after == after[..., :1])
    shares = np.where(equal, 0.5 ** (after - first), 0.0).reshape(x.shape)
    return np.where(np.isnan(y), np.nan, shares)


def _looked_up(nest: Nest, index: Any) -> Any:
    """The cells that indices choose."""
    last = len(nest.entries) - 1
    rows = np.clip(np.nan_to_num(index, nan=0.0), 0, last).astype(np.int64)
    columns = np.broadcast_to(nest.columns, index.shape)
    cells = nest.entries[rows, columns]
    if nest.entry_steps is not None:
        points = np.arange(nest.axes[0]).reshape(-1, *[1] * (index.ndim - 1))
        cells = cells + nest.entry_steps[rows, columns] * points
    return cells


def _evaluate_lines(lines: Lines, buffers: list[Any]) -> None:
    values, adjoints = buffers[VALUES], buffers[ADJOINTS]
    described = zip(
        lines.codes.tolist(), lines.out.tolist(), lines.a.tolist(), lines.b.tolist(), strict=True
    )
    if lines.wanted is None:
        for code, out, a, b in described:
            operands = [float(values[k]) for k in (a, b) if k >= 0]
            values[out] = PRIMITIVES[code].scalar(*operands)
        return
    back = zip(reversed(list(described)), reversed(lines.wanted.tolist()), strict=True)
    for (code, out, a, b), wanted in back:
        operands = [float(values[k]) for k in (a, b) if k >= 0]
        slopes = PRIMITIVES[code].partials(*operands, float(values[out]))
        for cell, slope, bit in zip((a, b), slopes, (1, 2), strict=False):
            if wanted & bit:
                adjoints[cell] += slope * adjoints[out]
