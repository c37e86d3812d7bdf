"""``vmap``: a function of one row, as a function of many.

What is left out: running many rows as arrays, which is the jit's ``rows=``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

import numpy as np

from autograd_nn.checks import describe, is_int
from autograd_nn.conversion import is_number
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nested import is_container, leaves_of, names_of, parts_of, place_of, with_parts
from autograd_nn.state import this_thread
from autograd_nn.transforms.compiled import by_recording, of_compiled

__all__ = ["vmap"]

Function = Callable[..., Any]
_FEW = 16  # rows that are recorded one after another, and take part in one program


def vmap(f: Function, in_axes: Any = 0, out_axes: Any = 0) -> Function:
    """The function that applies ``f`` along an axis of its arguments, and stacks the results.

    Args:
        f: a function of one row.
        in_axes: the axis of each argument's arrays that counts the rows, None for an argument
            that all rows share; one for all, or a tuple or list with one for each argument,
            where a container with axes in place of its parts is for a structure.
        out_axes: where the rows are counted in the result's arrays; one, or a structure.

    Returns:
        A function of the same arguments, which returns arrays.  Lists count as structures: the
        axis is one of the arrays in them.  By ``jit`` it becomes one program: where only whole
        arrays have rows, the program of one row, run on all of them.

    Raises:
        ValueError: rows of different number, no such axis, or no rows at all.
        TypeError: an axis that is no int; an argument with rows that is a plain number.

    >>> vmap(lambda x, a: a * x * x, in_axes=(0, None))(np.array([1.0, 2.0, 3.0]), 10.0).tolist()
    [10.0, 40.0, 90.0]
    """
    if not callable(f):
        raise WrongTypeError(f"vmap takes a function, got {describe(f)}")
    for axes in (in_axes, out_axes):
        _check(axes)
    make = partial(vmap, in_axes=in_axes, out_axes=out_axes)
    compiled = of_compiled(f, make)
    if compiled is not None:
        return compiled

    @wraps(f)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        axes = _by_argument(in_axes, args)
        named = dict.fromkeys(kwargs, 0)
        rows = _rows(args, axes, kwargs)
        found = []
        for row in range(rows):
            taken = [_take(x, axis, row) for x, axis in zip(args, axes, strict=True)]
            found.append(f(*taken, **{k: _take(x, named[k], row) for k, x in kwargs.items()}))
        return _stack(found, out_axes)

    return by_recording(mapped, lambda jit: _OfRows(f, mapped, in_axes, out_axes, jit))


def _check(axes: Any) -> None:
    if axes is None or is_int(axes):
        return
    if not is_container(axes):
        raise WrongTypeError(
            f"an axis is an int, None, or a structure of them, got {describe(axes)}"
        )
    for part in parts_of(axes):
        _check(part)


def _by_argument(in_axes: Any, args: Sequence[Any]) -> list[Any]:
    if not isinstance(in_axes, (tuple, list)):
        return [in_axes] * len(args)
    if len(in_axes) != len(args):
        raise BadArgumentError(
            f"in_axes has {len(in_axes)} entries, and {len(args)} arguments were given by position"
        )
    return list(in_axes)


def _rows(args: Sequence[Any], axes: Sequence[Any], kwargs: dict[str, Any]) -> int:
    """How many rows there are."""
    found: dict[int, str] = {}
    for k, (x, axis) in enumerate(zip(args, axes, strict=True)):
        _count(x, axis, f"argument {k}", found)
    for name, x in kwargs.items():
        _count(x, 0, f"argument {name!r}", found)
    if not found:
        raise BadArgumentError("vmap needs an argument with rows: in_axes is None for all of them")
    if len(found) > 1:
        counts = ", ".join(f"{where} has {rows}" for rows, where in found.items())
        raise BadArgumentError(f"vmap needs as many rows in each argument: {counts}")
    rows = next(iter(found))
    if rows == 0:
        raise BadArgumentError(f"vmap needs a row at least: {found[0]} has none")
    return rows


def _count(x: Any, axis: Any, where: str, found: dict[int, str]) -> None:
    if axis is None:
        return
    if is_container(x):
        for name, part, at in _with_axes(x, axis, where):
            _count(part, at, place_of(x, name, where), found)
        return
    if not isinstance(x, np.ndarray) or x.ndim == 0:
        raise WrongTypeError(
            f"{where} has rows by in_axes, so it is an array, or a structure of arrays, got "
            f"{describe(x)}: give an array, or None as its axis"
        )
    if not is_int(axis) or not -x.ndim <= axis < x.ndim:
        raise BadArgumentError(f"{where} has the shape {x.shape}, and no axis {axis}")
    found.setdefault(x.shape[axis], where)


def _with_axes(x: Any, axis: Any, where: str) -> list[tuple[Any, Any, Any]]:
    """The names and parts of a container, and the axis of each."""
    if is_int(axis) or axis is None:
        axes = [axis] * len(names_of(x))
    else:
        if not is_container(axis) or names_of(axis) != names_of(x):
            raise BadArgumentError(
                f"the axes of {where} are {describe(axis)}: give one, or one for each of its parts"
            )
        axes = parts_of(axis)
    return list(zip(names_of(x), parts_of(x), axes, strict=True))


def _take(x: Any, axis: Any, row: int) -> Any:
    if axis is None:
        return x
    if is_container(x):
        return with_parts(x, [_take(part, at, row) for _, part, at in _with_axes(x, axis, "")])
    taken = x[(slice(None),) * (axis % x.ndim) + (row,)]
    return taken.item() if isinstance(taken, np.generic) else taken


def _stack(results: Sequence[Any], axis: Any) -> Any:
    """Results of one structure each, as one structure of arrays."""
    first = results[0]
    if axis is None:
        return first
    if is_container(first):
        parts = zip(*map(parts_of, results), strict=True)
        places = [at for _, _, at in _with_axes(first, axis, "the result")]
        stacked = [_stack(part, at) for part, at in zip(parts, places, strict=True)]
        return with_parts(first, stacked)
    arrays = [_as_array(x) for x in results]
    if len({a.shape for a in arrays}) > 1:
        raise BadArgumentError(
            f"vmap stacks results of one shape; rows gave {sorted({a.shape for a in arrays})}"
        )
    if not -arrays[0].ndim - 1 <= axis <= arrays[0].ndim:
        raise BadArgumentError(
            f"out_axes is {axis}; a row's result has the shape {arrays[0].shape}"
        )
    return np.stack(arrays, axis)


def _as_array(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, Value):
        held = np.empty((), dtype=object)
        held[()] = x
        return held
    if is_number(x):
        return np.asarray(x)
    raise WrongTypeError(f"vmap stacks numbers and arrays; a row gave {describe(x)}")


class _OfRows:
    """The jit of a mapped function: of one row, or of all in turn.

    Where only whole arrays have rows, the program of one row is run on all of them, which takes
    no longer to record for many.  Elsewhere (structures with rows, Values, a recording around)
    the loop over the rows is recorded.
    """

    def __init__(
        self, f: Function, mapped: Function, in_axes: Any, out_axes: Any, jit: Callable[..., Any]
    ) -> None:
        self.function = mapped
        self._f, self._in, self._out = f, in_axes, out_axes
        self._jit, self._rows = jit, dict[tuple[Any, ...], Any]()
        # The loop itself, without its note of how the jit builds it.
        self._whole = jit(_as_it_is(mapped))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        by_rows = None if kwargs else self._by_rows(args)
        return self._whole(*args, **kwargs) if by_rows is None else by_rows

    def _by_rows(self, args: tuple[Any, ...]) -> Any:
        context = this_thread()
        if context.trace is not None or context.differentiating:
            return None
        axes = _by_argument(self._in, args)
        if next(leaves_of(args, Value), None) is not None or not (
            is_int(self._out) and all(axis is None or is_int(axis) for axis in axes)
        ):
            return None
        mapped = [x for x, axis in zip(args, axes, strict=True) if axis is not None]
        if not all(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in mapped):
            return None
        if _rows(args, axes, {}) < _FEW:
            return None
        names = self._names(len(args))
        if names is None:
            return None
        chosen = tuple(name for name, axis in zip(names, axes, strict=True) if axis is not None)
        if chosen not in self._rows:
            self._rows[chosen] = self._jit(_as_it_is(self._f), rows=chosen, reduce=None)
        moved = [
            x if axis is None else np.moveaxis(x, axis, 0)
            for x, axis in zip(args, axes, strict=True)
        ]
        return _moved(self._rows[chosen](*moved), self._out)

    def _names(self, count: int) -> list[str] | None:
        """The names of the function's arguments, where each has one of its own."""
        try:
            known = inspect.signature(self._f).parameters.values()
        except (TypeError, ValueError):
            return None
        names = [p.name for p in known if p.kind is p.POSITIONAL_OR_KEYWORD]
        return names[:count] if len(names) >= count else None

    def program(self, *args: Any) -> Any:
        """The program of the loop over all rows; see ``Jitted.program``."""
        return self._whole.program(*args)

    def value_and_grad(self, *args: Any, **kwargs: Any) -> Any:
        """As ``Jitted.value_and_grad``; it refuses several results."""
        return self._whole.value_and_grad(*args, **kwargs)

    def transformed(self, make: Callable[[Function], Function]) -> Any:
        """The jit of a transform of the mapped function; see ``Jitted.transformed``."""
        return self._whole.transformed(make)

    def __repr__(self) -> str:
        return repr(self._whole)


def _as_it_is(f: Function) -> Function:
    """``f`` for the jit to record whole: of a gradient's own program it has the sum over rows."""

    @wraps(f)
    def of_row(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs)

    return of_row


def _moved(found: Any, axis: int) -> Any:
    """Results whose last axis counts the rows, with that axis elsewhere."""
    if is_container(found):
        return with_parts(found, [_moved(part, axis) for part in parts_of(found)])
    return np.moveaxis(found, -1, axis) if isinstance(found, np.ndarray) else found
