"""Nests that apply a row of the table, or the slope of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.numpy.formulas import by_formula
from autograd_nn.jit.backends.numpy.operands import Target, operand
from autograd_nn.jit.backends.numpy.sums import add_products, sum_in_order
from autograd_nn.jit.backends.numpy.views import Calls, Named, View, constant, filled, spread
from autograd_nn.jit.plan import Nest
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


def apply_row(nest: Nest, calls: Calls, known: dict[Any, Any]) -> None:
    """Calls for a nest of the kind ``row``.

    Args:
        known: full arrays that other calls use too.
    """
    row = PRIMITIVES[nest.code]
    reads = [operand(read, nest.axes, calls) for read in nest.reads]
    target = Target(nest, reads, calls)
    out = target.room()
    # What repeats is computed once.
    present = tuple(a for a in out.axes if any(a in x.axes for x in reads))
    result = out if present == out.axes else _room(reads, present, calls)
    operands = [spread(x, present) for x in reads]
    if nest.exact and row.name not in ROUND_ALIKE:
        calls.add(_assign, result.view, np.frompyfunc(row.scalar, row.arity, 1), *operands)
    elif nest.code == RELU:
        calls.add(np.maximum, operands[0], filled(0.0, operands[0].shape, known), result.view)
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
    view = spread(x, out.axes)
    if view != out.view:
        calls.add(np.copyto, out.view, view)


def _assign(out: Any, function: Callable[..., Any], *operands: Any) -> None:
    out[...] = function(*operands)


def apply_slope(nest: Nest, calls: Calls, known: dict[Any, Any]) -> None:
    """Calls for a nest of the kind ``slope``: an adjoint times a partial, added up."""
    d, *operands = (operand(read, nest.axes, calls) for read in nest.reads)
    if nest.exact:
        partial = _by_table(nest, operands, calls, by_scalars=True)
        sum_in_order(nest, [d, partial], calls)
        return
    found: Named | float | None
    if nest.code == RELU:
        found = _relu_slope(operands[1], calls, known)
    else:
        partials = PRIMITIVES[nest.code].partials

        def formula(*symbols: Any) -> Any:
            return partials(*symbols)[nest.operand]

        found = by_formula(formula, operands, calls)
        if found is None:
            found = _by_table(nest, operands, calls)
    if isinstance(found, Named):
        add_products(nest, [d, found], calls)
    elif found in (1.0, -1.0):
        add_products(replace(nest, factor=nest.factor * found), [d], calls)
    else:  # also of a slope of 0: an infinite adjoint times it is nan
        number = Named(calls.room(()), ())
        calls.add(np.copyto, number.view, constant(found))
        add_products(nest, [d, number], calls)


def _relu_slope(y: Named, calls: Calls, known: dict[Any, Any]) -> Named:
    """The slope of relu from its result.

    It is 0, 1 or nan, as the result is 0, positive or nan: the table's rule in the form that
    NumPy computes fastest.
    """
    slope = Named(calls.room(y.view.shape), y.axes)
    calls.add(np.ceil, y.view, slope.view)
    calls.add(np.minimum, slope.view, filled(1.0, y.view.shape, known), slope.view)
    return slope


def _by_table(
    nest: Nest, operands: Sequence[Named], calls: Calls, by_scalars: bool = False
) -> Named:
    """The partial, as the table computes it on whole arrays or on floats."""
    axes = tuple(sorted({a for x in operands for a in x.axes}))
    partials, which = PRIMITIVES[nest.code].partials, nest.operand
    result = _room(operands, axes, calls)
    function: Callable[..., Any] = lambda *x: partials(*x)[which]  # noqa: E731
    if by_scalars:
        function = np.frompyfunc(function, len(operands), 1)
    views: list[View] = [spread(x, axes) for x in operands]
    calls.add(_assign, result.view, function, *views)
    return result
