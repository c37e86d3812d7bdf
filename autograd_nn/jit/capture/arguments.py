"""Arguments and results: nested structures to flat numbers, and back.

``read`` turns an argument into a key, which says all that the recorded program
depends on, and into groups of floats, which the program reads.  ``lift`` gives
the same structure with Values in place of the numbers.  Bools, strings, None and other
hashable things that hold no numbers are part of the key, and stay as they are.  Results are
described by plain tuples, so that a program can be pickled.

What is left out: running anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from autograd_nn.checks import describe, is_dask
from autograd_nn.conversion import as_numpy, is_foreign, is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.errors import (
    BadArgumentError,
    CannotReplayError,
    HoldsForeignArrayError,
    HoldsValueError,
    WrongTypeError,
)
from autograd_nn.nested import is_container, names_of, parts_of, place_of, with_parts
from autograd_nn.plain import Plain

__all__ = [
    "Same",
    "describe_result",
    "has_static_part",
    "holds_only_numbers",
    "is_module",
    "lift",
    "one_row",
    "read",
    "read_rows",
    "rebuild",
    "uniform",
    "unreadable",
]

_EXACT = 2**53  # integers beyond are not all floats, so they stay integers
_FLOATS, _INTS = {float}, {int}
_IMMUTABLE: tuple[type, ...] = (
    *(str, bytes, int, float, complex, range, slice, type, type(...), Enum, np.generic),
    *(Decimal, Fraction, datetime.date, datetime.time, datetime.timedelta),
)


class Same:
    """A part of a key that is equal only to the same object, and keeps it alive."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.held is other.held

    def __hash__(self) -> int:
        return id(self.held)


def is_module(x: Any) -> bool:
    """Whether ``x`` is a model: something that has parameters."""
    return callable(getattr(x, "parameters", None)) and not isinstance(x, type)


def _is_static(x: Any) -> bool:
    """Whether a number stays what it is: a bool, or an integer that no float holds."""
    if isinstance(x, (bool, np.bool_)):
        return True
    return isinstance(x, (int, np.integer)) and not -_EXACT <= x <= _EXACT


# -- what comes in ------------------------------------------------------------------------------


def read(x: Any, groups: list[Any], held: list[Any]) -> Any:
    """The key of an argument; its numbers are appended to ``groups``, one group a container.

    Objects that have more to them than their key are appended to ``held``.  None if it holds
    something that is neither a number nor a container nor hashable.
    """
    kind = type(x)
    if kind is float:  # the most common first: a call should cost no more than its copy
        groups.append([x])
        return "n"
    if kind is np.ndarray:
        return _read_array(x, groups)
    if isinstance(x, (list, tuple)):
        numbers: list[float] = []
        key = _read_pure(x, numbers)
        if key is not None:
            groups.append(numbers)
            return key
    if isinstance(x, Value) or kind is Plain:
        raise HoldsValueError
    if is_foreign(x):
        raise HoldsForeignArrayError
    if is_number(x) and not _is_static(x):
        groups.append([to_float(x)])
        return "i" if isinstance(x, (int, np.integer)) else "n"
    if is_module(x):
        held.append(x)
        return Same(x)
    if is_container(x):
        parts = [read(part, groups, held) for part in parts_of(x)]
        return None if None in parts else (kind, *zip(names_of(x), parts, strict=True))
    if is_dask(x):
        refuse_dask()
    if callable(x) or hasattr(x, "__dict__"):
        held.append(x)
    return _read_static(x, kind)


def _read_array(x: Any, groups: list[Any]) -> Any:
    if x.dtype.kind in "fiub":
        if x.ndim == 0:
            groups.append([float(x)])
            return "i" if x.dtype.kind in "iu" else "n"
        groups.append(x)
        return ("a", x.shape, x.dtype.kind in "iub")
    if x.dtype == object and any(isinstance(item, Value) for item in x.flat):
        raise HoldsValueError
    return None


def _read_static(x: Any, kind: type) -> Any:
    """The key of what is no number and holds none."""
    if isinstance(x, (set, frozenset)):
        if any(isinstance(item, Value) for item in x):
            raise HoldsValueError
        return ("=", kind, frozenset((type(item), item) for item in x))
    if isinstance(x, slice):
        return ("=", kind, (x.start, x.stop, x.step))
    try:
        hash(x)
    except TypeError:
        return None
    return ("=", kind, x)


def _read_pure(x: Any, numbers: list[float]) -> Any:
    """The key of lists and tuples of numbers, to any depth; None if there is more in it."""
    kinds = set(map(type, x))
    if kinds <= _FLOATS:
        numbers += x
        return (type(x), len(x))
    if kinds <= _INTS:
        if not -_EXACT <= min(x) <= max(x) <= _EXACT:
            return None
        numbers += map(float, x)
        return (type(x), len(x), int)
    if hasattr(x, "_fields"):
        return None
    parts = []
    for item in x:
        if isinstance(item, (list, tuple)):
            part = _read_pure(item, numbers)
            if part is None:
                return None
        elif is_number(item) and not _is_static(item) and not isinstance(item, np.ndarray):
            numbers.append(to_float(item))
            part = "i" if isinstance(item, (int, np.integer)) else "n"
        else:
            return None
        parts.append(part)
    return (type(x), *parts)


def holds_only_numbers(x: Any) -> bool:
    """Whether a list or tuple holds numbers only, to any depth: ``read`` makes one group of it."""
    return set(map(type, x)) <= _FLOATS or _read_pure(x, []) is not None


def has_static_part(key: Any) -> bool:
    """Whether the key of an argument says that it holds something beside numbers."""
    if type(key) is not tuple:
        return False
    if key[0] in ("=", "a", "row"):
        return bool(key[0] == "=")
    # Of a dataclass, a field that holds no number stays as it is.
    record = hasattr(key[0], "__dataclass_fields__")
    parts = [part[1] for part in key[1:] if type(part) is tuple and len(part) == 2]
    return any(has_static_part(x) and not (record and x[0] == "=") for x in parts)


def unreadable(x: Any, where: str) -> str:
    """What in an argument cannot be read, and where; "" if there is nothing."""
    if is_container(x):
        for name, part in zip(names_of(x), parts_of(x), strict=True):
            found = unreadable(part, place_of(x, name, where))
            if found:
                return found
        return ""
    if isinstance(x, np.ndarray) and x.dtype.kind not in "fiub":
        return f"{where} is an array of {x.dtype}"
    return f"{where} is {describe(x)}" if read(x, [], []) is None else ""


def read_rows(x: Any, where: str, groups: list[Any]) -> tuple[Any, int]:
    """The key of one row of an argument with a leading row axis, and the number of rows.

    Raises:
        TypeError: it is not an array of numbers, nor lists that make one.
        ValueError: there is no row axis, or no row.
    """
    if is_dask(x) or (isinstance(x, (list, tuple)) and x and is_dask(x[0])):
        refuse_dask(where)
    array = as_numpy(x) if is_foreign(x) else np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise WrongTypeError(
            f"{where} carries rows, so it is an array of numbers, got {describe(x)}"
        )
    if array.ndim == 0 or array.shape[0] == 0:
        raise BadArgumentError(
            f"{where} carries rows, so its first axis is not empty: {describe(x)}"
        )
    groups.append(array)
    return ("row", array.shape[1:], array.dtype.kind in "iub"), array.shape[0]


def refuse_dask(where: str = "an argument") -> None:
    """Say where a collection of Dask may stand; to read it here would bring it into memory."""
    raise WrongTypeError(
        f"{where} holds a collection of Dask; one is taken as a whole argument that carries rows, "
        'by jit(f, rows="x")(x); anything else is given with .compute()'
    )


def lift(x: Any, make: Callable[[Any], Value]) -> Any:
    """``x`` with Values in place of its numbers, in the order of ``read``."""
    if type(x) is float:
        return make(x)
    if isinstance(x, np.ndarray):
        if x.ndim == 0:
            return make(x.item()) if x.dtype.kind in "fiub" else x
        if x.dtype.kind not in "fiub":
            return x
        held = np.empty(x.shape, dtype=object)
        flat = held.reshape(-1)
        for k, item in enumerate(x.ravel().tolist()):
            flat[k] = make(item)
        return held
    if is_number(x):
        return x if _is_static(x) or isinstance(x, Value) else make(x)
    if is_container(x) and not is_module(x):
        return with_parts(x, [lift(part, make) for part in parts_of(x)])
    return x


def one_row(rows: Any, row: int) -> Any:
    """What the function gets of an array with a leading row axis: a number or an array."""
    return rows[row : row + 1].reshape(rows.shape[1:])


# -- what goes out ------------------------------------------------------------------------------


class _Shell:
    """A container without its parts; two are equal where kind and names are."""

    def __init__(self, x: Any) -> None:
        self.kind, self.names = type(x), names_of(x)
        self.empty = with_parts(x, [None] * len(self.names))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shell) and (self.kind, self.names) == (other.kind, other.names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.kind.__name__} of {self.names}"


def describe_result(x: Any, roots: list[Value]) -> Any:
    """What a function returned, as nested tuples; the Values in it are appended to ``roots``.

    Raises:
        CannotReplayError: there is something in it that a program cannot compute.
    """
    if isinstance(x, Value) or type(x) is Plain:
        roots.append(x if isinstance(x, Value) else x._node)
        return ("value", len(roots) - 1)
    if isinstance(x, np.ndarray):
        return _describe_array(x, roots)
    if x is None or isinstance(x, _IMMUTABLE) or is_number(x):
        if isinstance(x, (int, Fraction)) and not _fits_a_float(x):
            raise CannotReplayError(f"it returned {describe(x)}, which is too large for a float")
        return ("constant", x)
    if isinstance(x, frozenset) and all(isinstance(item, _IMMUTABLE) for item in x):
        return ("constant", x)
    if is_container(x) and not is_module(x):
        if isinstance(x, dict) and any(map(_is_computed, x)):
            raise CannotReplayError("it returned a dict with a key that it computed")
        shell = _Shell(x)
        return ("nest", shell, [describe_result(part, roots) for part in parts_of(x)])
    raise CannotReplayError(
        f"it returned {describe(x)}, where a program returns numbers, text, arrays, and lists, "
        "tuples, dicts and dataclasses of them"
    )


def _is_computed(key: Any) -> bool:
    """Whether a key of a dict is a Value, or a tuple with one."""
    if isinstance(key, (tuple, frozenset)):
        return any(map(_is_computed, key))
    return isinstance(key, Value) or type(key) is Plain


def _fits_a_float(x: int | Fraction) -> bool:
    try:
        float(x)
    except OverflowError:
        return False
    return True


def _describe_array(x: Any, roots: list[Value]) -> Any:
    if x.dtype.kind not in "fiubO":
        raise CannotReplayError(f"it returned an array of {x.dtype}")
    if x.dtype != object:
        return ("constant", x.copy())
    items = list(x.flat)
    if items and all(isinstance(item, Value) for item in items):
        roots += items
        return ("values", x.shape, len(roots) - len(items))
    return ("array", x.shape, [describe_result(item, roots) for item in items])


def rebuild(spec: Any, numbers: Any) -> Any:
    """The result of a description.

    Args:
        numbers: one number a root (a list or array), or an array with a line of them a root.
    """
    kind = spec[0]
    if kind == "value":
        found = numbers[spec[1]]
        return found if isinstance(found, np.ndarray) else float(found)
    if kind == "values":
        count, numbers = prod(spec[1]), np.asarray(numbers)
        return numbers[spec[2] : spec[2] + count].reshape(spec[1] + numbers.shape[1:])
    if kind == "constant":
        return spec[1].copy() if isinstance(spec[1], np.ndarray) else spec[1]
    items = [rebuild(item, numbers) for item in spec[-1]]
    if kind == "array":
        extra = max([np.shape(item) for item in items], key=len, default=())
        held = [np.broadcast_to(item, extra) for item in items]
        return np.array(held, dtype=float).reshape(spec[1] + extra)
    return with_parts(spec[1].empty, items)


def uniform(spec: Any, sources: list[Any]) -> Any:
    """A description with every number in it as a root, so that paths can be compared.

    Args:
        sources: for every new root, the old one (an int) or the number (a float) is appended.
    """
    kind = spec[0]
    if kind == "value":
        sources.append(spec[1])
        return ("value", len(sources) - 1)
    if kind == "values":
        count = prod(spec[1])
        sources += range(spec[2], spec[2] + count)
        return ("values", spec[1], len(sources) - count)
    if kind == "constant" and isinstance(spec[1], np.ndarray):
        sources += [float(x) for x in spec[1].flat]
        return ("values", spec[1].shape, len(sources) - spec[1].size)
    if kind == "constant":
        if not is_number(spec[1]):
            return spec
        sources.append(float(spec[1]))
        return ("value", len(sources) - 1)
    return (*spec[:-1], [uniform(item, sources) for item in spec[-1]])
