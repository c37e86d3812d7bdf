"""Nests that apply a row of the table, or the slope of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.numpy.formulas import by_formula
from autograd_nn.jit.backends.numpy.operands import Target, operand
from autograd_nn.jit.backends.numpy.sums import add_products, sum_in_order
from autograd_nn.jit.backends.numpy.views import (
    KEPT,
    SCRATCH,
    Calls,
    Named,
    View,
    constant,
    contiguous,
    filled,
    in_memory,
    memory_axes,
    spread,
    stretched,
)
from autograd_nn.jit.plan import Access, Nest
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["ROUND_ALIKE", "apply_row", "apply_slope"]

#: Operations of which NumPy gives the same bits as ``math``; of others the last one may differ,
#: or the sign of a zero.
ROUND_ALIKE: Final = frozenset(
    {"add", "sub", "mul", "div", "neg", "abs", "leaky_relu", "sqrt", "first_max", "first_min"}
    | {"step", "sign", "share", "greater", "floor", "ceil", "trunc", "rint", "floordiv"}
    | {"detach", "take"}
)
RELU: Final = CODES["relu"]
# Numbers of a round, and of all rounds, up to which partials are computed ahead of a loop.
_SMALL: Final = 4096
_MANY: Final = 1 << 22


def apply_row(nest: Nest, calls: Calls, known: dict[float, Any]) -> None:
    """Calls for a nest of the kind ``row``.

    Args:
        known: full arrays that other calls use too.
    """
    row = PRIMITIVES[nest.code]
    reads = [operand(read, nest.axes, calls) for read in nest.reads]
    target = Target(nest, reads, calls)
    out = in_memory(target.room())
    # What repeats is computed once.
    present = tuple(a for a in out.axes if any(a in x.axes for x in reads))
    result = out if present == out.axes else _room(reads, present, calls)
    operands = [stretched(spread(x, present), result.view.shape) for x in reads]
    if nest.exact and row.name not in ROUND_ALIKE:
        calls.add(_assign, result.view, np.frompyfunc(row.scalar, row.arity, 1), *operands)
    elif nest.code == RELU:
        calls.add(np.maximum, operands[0], filled(0.0, operands[0].shape, known), result.view)
    elif row.array is np.negative:  # see sums: it is not to be trusted
        calls.add(np.multiply, operands[0], constant(-1.0), result.view)
    elif isinstance(row.array, np.ufunc):
        calls.add(row.array, *operands, result.view)
    else:
        found = by_formula(row.array, reads, calls, result)
        if isinstance(found, Named):
            _copy(found, result, calls)
        else:
            calls.add(_assign, result.view, row.array, *operands)
    if result is not out:
        _copy(result, out, calls)
    target.put(out)


def _room(reads: Sequence[Named], axes: tuple[int, ...], calls: Calls) -> Named:
    sizes = {a: n for x in reads for a, n in x.sizes.items()}
    return Named(calls.room([sizes[a] for a in axes]), axes)


def _copy(x: Named, out: Named, calls: Calls) -> None:
    view = stretched(spread(x, out.axes), out.view.shape)
    if view != out.view:
        calls.add(np.copyto, out.view, view)


def _assign(out: Any, function: Callable[..., Any], *operands: Any) -> None:
    out[...] = function(*operands)


def apply_slope(nest: Nest, calls: Calls, known: dict[float, Any]) -> None:
    """Calls for a nest of the kind ``slope``: an adjoint times a partial, added up."""
    d = operand(nest.reads[0], nest.axes, calls)
    if nest.exact:
        operands = [operand(read, nest.axes, calls) for read in nest.reads[1:]]
        sum_in_order(nest, [d, _by_table(nest, operands, calls, by_scalars=True)], calls)
        return
    found: Named | float | None = _ahead(nest, calls, known)
    if found is None:
        operands = [operand(read, nest.axes, calls) for read in nest.reads[1:]]
        found = _partial(nest, operands, calls, known)
    if isinstance(found, Named):
        add_products(nest, [d, found], calls)
    elif found in (1.0, -1.0):
        add_products(replace(nest, factor=nest.factor * found), [d], calls)
    else:  # also of a slope of 0: an infinite adjoint times it is nan
        number = Named(calls.room(()), ())
        calls.add(np.copyto, number.view, constant(found))
        add_products(nest, [d, number], calls)


def _partial(
    nest: Nest, operands: list[Named], calls: Calls, known: dict[float, Any]
) -> Named | float:
    if nest.code == RELU:
        return _relu_slope(operands[1], calls, known)
    partials = PRIMITIVES[nest.code].partials

    def formula(*symbols: Any) -> Any:
        return partials(*symbols)[nest.operand]

    found = by_formula(formula, operands, calls)
    return found if found is not None else _by_table(nest, operands, calls)


def _ahead(nest: Nest, calls: Calls, known: dict[float, Any]) -> Named | None:
    """A partial in all rounds of a loop, computed before it where the loop does not change it.

    Returns:
        What of it belongs to a round; None where it is to be computed in the loop.
    """
    ahead, counts = calls.ahead, calls.counts
    reads = nest.reads[1:]
    if ahead is None or any(x.buffer in ahead.written for x in reads):
        return None
    if nest.points > _SMALL or prod(counts) * nest.points > _MANY:
        return None
    before = Calls(())
    axes, depth = (*counts, *nest.axes), len(counts)
    operands = [operand(_in_all_rounds(x), axes, before) for x in reads]
    found = _partial(nest, operands, before, known)
    if not isinstance(found, Named) or found.view.buffer != SCRATCH:
        return None
    if all(call.function is np.ndarray.take for call in before.found):  # it is an operand
        return None
    for buffer, used in before.scratch.items():
        calls.scratch[buffer] = max(calls.scratch[buffer], used)
    shape = found.view.shape
    kept = View(KEPT, ahead.kept, shape, contiguous(shape), ())
    before.add(np.copyto, kept, found.view)
    ahead.kept += kept.size
    ahead.found += before.found
    strides = dict(zip(found.axes, kept.strides, strict=True))
    own = [a for a in found.axes if a >= depth]
    sizes = found.sizes
    view = View(
        KEPT,
        kept.start,
        tuple(sizes[a] for a in own),
        tuple(strides[a] for a in own),
        tuple(strides.get(a, 0) for a in range(depth)),
    )
    return Named(view, tuple(a - depth for a in own))


def _in_all_rounds(access: Access) -> Access:
    """The same for a nest with an axis for each loop around."""
    table = access.table
    if table is not None:
        table = table.reshape(*[1] * len(access.steps), *table.shape)
    return Access(access.buffer, access.start, (*access.steps, *access.strides), (), table)


def _relu_slope(y: Named, calls: Calls, known: dict[float, Any]) -> Named:
    """The slope of relu from its result.

    It is 0, 1 or nan, as the result is 0, positive or nan: the table's rule in the form that
    NumPy computes fastest.
    """
    y = in_memory(y)
    slope = Named(calls.room(y.view.shape), y.axes)
    calls.add(np.ceil, y.view, slope.view)
    calls.add(np.minimum, slope.view, filled(1.0, y.view.shape, known), slope.view)
    return slope


def _by_table(
    nest: Nest, operands: Sequence[Named], calls: Calls, by_scalars: bool = False
) -> Named:
    """The partial, as the table computes it on whole arrays or on floats."""
    axes = memory_axes(operands)
    partials, which = PRIMITIVES[nest.code].partials, nest.operand
    result = _room(operands, axes, calls)
    function: Callable[..., Any] = lambda *x: partials(*x)[which]  # noqa: E731
    if by_scalars:
        function = np.frompyfunc(function, len(operands), 1)
    views: list[View] = [spread(x, axes) for x in operands]
    calls.add(_assign, result.view, function, *views)
    return result
