"""Formulas of the table of primitives as NumPy calls in prepared room.

A formula, of a row or of a partial, is run once on symbols: each notes the function that is
called on it.  What the wanted result does not need is left out, and room is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_nn.jit.backends.numpy.views import (
    FLAGS,
    SCRATCH,
    Calls,
    Named,
    View,
    constant,
    in_memory,
    memory_axes,
    spread,
    stretched,
)
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["by_formula"]

_OF_FLAGS: Final = (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert)
_GIVE_FLAGS: Final = (
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_and, np.logical_or, np.logical_not),
)


@dataclass(eq=False)
class _Step:
    """A function of symbols and numbers; ``np.where`` or a ufunc."""

    function: Any
    inputs: list[Any]


class _Symbol(NDArrayOperatorsMixin):
    """An array that is not there yet.

    Attributes:
        shape: of the array.
        flag: whether it holds truth values.
        source: the view, or the step that makes it.
        known: what has been made of the same operands, so that nothing is made twice.
    """

    def __init__(
        self, shape: tuple[int, ...], flag: bool, source: View | _Step, known: dict[Any, _Symbol]
    ) -> None:
        self.shape, self.flag, self.source, self.known = shape, flag, source, known

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or function.nout != 1 or "OO->O" in function.types[:1]:
            return NotImplemented
        if "d->d" not in function.types and "dd->d" not in function.types:
            flags = function in _OF_FLAGS or function in _GIVE_FLAGS
            if not flags:
                return NotImplemented
        return _made(function, inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return _made(function, args) if function is np.where and not options else NotImplemented

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in CODES:
            raise AttributeError(name)
        row = PRIMITIVES[CODES[name]]
        return lambda *others: row.array(self, *others)

    def choose(self, a: Any, b: Any) -> Any:
        """``a`` where this holds, else ``b``."""
        return _made(np.where, (self, a, b))


def _made(function: Any, inputs: Sequence[Any]) -> Any:
    shapes = [x.shape for x in inputs if isinstance(x, _Symbol)]
    if any(not isinstance(x, (_Symbol, int, float, np.floating, np.bool_)) for x in inputs):
        return NotImplemented
    flags = [x.flag for x in inputs if isinstance(x, _Symbol)]
    flag = function in _GIVE_FLAGS or (function in _OF_FLAGS and all(flags))
    step = _Step(function, list(inputs))
    key = (function, *(id(x) if isinstance(x, _Symbol) else float(x).hex() for x in inputs))
    known = next(x.known for x in inputs if isinstance(x, _Symbol))
    if key not in known:
        known[key] = _Symbol(np.broadcast_shapes(*shapes), flag, step, known)
    return known[key]


def by_formula(
    formula: Callable[..., Any], operands: Sequence[Named], calls: Calls, out: Named | None = None
) -> Named | float | None:
    """Calls for a formula of some operands.

    Args:
        formula: takes as many symbols.
        out: where the result goes, if it matters; it has all axes of the operands.

    Returns:
        The result: an array, or a number that does not depend on the operands; None where the
        formula is no chain of NumPy's functions.
    """
    if out is not None:
        out = in_memory(out)
    axes = out.axes if out is not None else memory_axes(operands)
    known: dict[Any, _Symbol] = {}
    symbols = [_Symbol(v.shape, False, v, known) for v in (spread(x, axes) for x in operands)]
    try:
        with np.errstate(all="ignore"):
            result = formula(*symbols)
    except (TypeError, AttributeError):
        return None
    if not isinstance(result, _Symbol):
        return float(result)
    if result.flag:
        return None
    if isinstance(result.source, View):
        at = next(k for k, s in enumerate(symbols) if s is result)
        return operands[at]
    view = _emit(result, calls, out.view if out is not None else None)
    kept = [k for k, n in enumerate(view.shape) if n > 1]
    shape = tuple(view.shape[k] for k in kept)
    strides = tuple(view.strides[k] for k in kept)
    return Named(view._replace(shape=shape, strides=strides), tuple(axes[k] for k in kept))


def _emit(result: _Symbol, calls: Calls, out: View | None) -> View:
    """The calls that a result needs, each as late in order as it was noted."""
    order: list[_Symbol] = []
    uses: dict[int, int] = {}
    _visit(result, order, uses)
    places: dict[int, View] = {}
    free: dict[tuple[tuple[int, ...], int], list[View]] = {}

    def array(x: Any, shape: tuple[int, ...]) -> Any:
        if not isinstance(x, _Symbol):
            return constant(float(x))
        return stretched(x.source if isinstance(x.source, View) else places[id(x)], shape)

    for symbol in order:
        step = symbol.source
        assert isinstance(step, _Step)
        kind = (symbol.shape, FLAGS if symbol.flag else SCRATCH)
        given = [array(x, symbol.shape) for x in step.inputs]
        is_choice = step.function is np.where
        if not is_choice:
            _release(step, uses, places, free)
        if symbol is result and out is not None and out.shape == symbol.shape:
            place = out
        elif free.get(kind):
            place = free[kind].pop()
        else:
            place = calls.room(*kind)
        places[id(symbol)] = place
        if not is_choice:
            calls.add(step.function, *given, place)
            continue
        condition, a, b = given
        if symbol is result and place is out:  # an operand may lie where the result goes
            place = places[id(symbol)] = calls.room(*kind)
        calls.add(np.copyto, place, b)
        calls.add(np.copyto, place, a, "same_kind", condition)
        if symbol is result and out is not None and out.shape == symbol.shape:
            calls.add(np.copyto, out, place)
            places[id(symbol)] = out
        _release(step, uses, places, free)
    return places[id(result)]


def _visit(symbol: _Symbol, order: list[_Symbol], uses: dict[int, int]) -> None:
    """Put what a symbol needs in order, and count who uses it."""
    uses[id(symbol)] = uses.get(id(symbol), 0) + 1
    if uses[id(symbol)] > 1 or isinstance(symbol.source, View):
        return
    for x in symbol.source.inputs:
        if isinstance(x, _Symbol):
            _visit(x, order, uses)
    order.append(symbol)


def _release(
    step: _Step,
    uses: dict[int, int],
    places: dict[int, View],
    free: dict[tuple[tuple[int, ...], int], list[View]],
) -> None:
    """Give back the room of what nothing needs any more."""
    for x in step.inputs:
        if isinstance(x, _Symbol) and isinstance(x.source, _Step):
            uses[id(x)] -= 1
            if not uses[id(x)]:
                kind = (x.shape, FLAGS if x.flag else SCRATCH)
                free.setdefault(kind, []).append(places[id(x)])
