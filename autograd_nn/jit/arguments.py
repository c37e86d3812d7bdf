"""Arguments and results: nested structures to flat numbers, and back.

``read`` turns an argument into a key, which says all that the recorded program
depends on, and into groups of floats, which the program reads.  ``lift`` gives
the same structure with Values in place of the numbers.  Results are described
by plain tuples, so that a program can be pickled.

What is left out: running anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from autograd_nn.conversion import describe, is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.jit.errors import TraceError

__all__ = [
    "HoldsValueError",
    "describe_result",
    "holds_only_numbers",
    "is_module",
    "leaves_of",
    "lift",
    "one_row",
    "read",
    "read_rows",
    "rebuild",
    "refuse",
    "uniform",
]

_PLAIN = {float, int}


class HoldsValueError(Exception):
    """An argument holds a Value: the function is to be run as it is, not replayed."""


def read(x: Any, groups: list[Any]) -> Any:
    """The key of an argument; its numbers are appended to ``groups``, one group a container.

    None if it holds something that is neither a number nor a container of numbers; ``refuse``
    then says what.
    """
    kind = type(x)
    if kind is np.ndarray:  # the two most common first: a call should cost no more than its copy
        if x.dtype.kind in "fiub":
            groups.append(x)
            return ("a", x.shape, x.dtype.kind in "iub")
        if x.dtype == object and any(isinstance(item, Value) for item in x.flat):
            raise HoldsValueError
        return None
    if kind is float or kind is int or is_number(x):
        groups.append([to_float(x)])
        return "n"
    if isinstance(x, (list, tuple)):
        numbers: list[float] = []
        key = _read_pure(x, numbers)
        if key is not None:
            groups.append(numbers)
            return key
        parts = [read(item, groups) for item in x]
        return None if None in parts else (kind, *parts)
    if isinstance(x, dict):
        parts = [read(item, groups) for item in x.values()]
        return None if None in parts else (kind, *zip(x, parts, strict=True))
    if isinstance(x, Value):
        raise HoldsValueError
    return Same(x) if is_module(x) else None


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
    return callable(getattr(x, "parameters", None))


def refuse(x: Any, where: str) -> None:
    """Say what in an argument cannot be read; returns where there is nothing.

    Raises:
        TypeError: always, if ``read`` gave None.
    """
    if isinstance(x, dict):
        for key, item in x.items():
            refuse(item, f"{where}[{key!r}]")
    elif isinstance(x, (list, tuple)):
        for i, item in enumerate(x):
            refuse(item, f"{where}[{i}]")
    elif isinstance(x, np.ndarray) and x.dtype.kind not in "fiub":
        raise TypeError(f"{where} is an array of {x.dtype}; give an array of real numbers")
    elif read(x, []) is None:
        raise TypeError(
            f"{where} is {describe(x)}; a jitted function takes numbers, arrays, Modules, and "
            "lists, tuples and dicts of them. Bind anything else with functools.partial or a "
            "closure."
        )


def holds_only_numbers(x: Any) -> bool:
    """Whether a list or tuple holds numbers only, to any depth: ``read`` makes one group of it."""
    return set(map(type, x)) <= _PLAIN or _read_pure(x, []) is not None


def _read_pure(x: Any, numbers: list[float]) -> Any:
    """The key of lists and tuples of numbers, to any depth; None if there is more in it."""
    if set(map(type, x)) <= _PLAIN:
        numbers += map(float, x)
        return (type(x), len(x))
    parts = []
    for item in x:
        if isinstance(item, (list, tuple)):
            part = _read_pure(item, numbers)
            if part is None:
                return None
        elif is_number(item) and not isinstance(item, np.ndarray):
            numbers.append(to_float(item))
            part = "n"
        else:
            return None
        parts.append(part)
    return (type(x), *parts)


def read_rows(x: Any, where: str, groups: list[Any]) -> tuple[Any, int]:
    """The key of one row of an argument with a leading row axis, and the number of rows.

    Raises:
        TypeError: it is not an array of numbers, nor lists that make one.
        ValueError: there is no row axis, or no row.
    """
    array = x if isinstance(x, np.ndarray) else np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{where} carries rows, so it is an array of numbers, got {describe(x)}")
    if array.ndim == 0 or array.shape[0] == 0:
        raise ValueError(f"{where} carries rows, so its first axis is not empty: {describe(x)}")
    groups.append(array)
    return ("row", array.shape[1:], array.dtype.kind in "iub"), array.shape[0]


def lift(x: Any, make: Callable[[Any], Value]) -> Any:
    """``x`` with Values in place of its numbers, in the order of ``read``."""
    if isinstance(x, np.ndarray):
        held = np.empty(x.shape, dtype=object)
        flat = held.reshape(-1)
        for k, item in enumerate(x.ravel().tolist()):
            flat[k] = make(item)
        return held
    if isinstance(x, (list, tuple)):
        items = [lift(item, make) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if isinstance(x, dict):
        return {k: lift(item, make) for k, item in x.items()}
    return make(x) if is_number(x) else x


def one_row(x: Any, row: int) -> Any:
    """What the function gets of an argument with a leading row axis: a number or an array."""
    array = np.asarray(x)[row]
    return array if np.ndim(array) else array.item()


def describe_result(x: Any, roots: list[Value]) -> Any:
    """What a function returned, as nested tuples; the Values in it are appended to ``roots``.

    Raises:
        TraceError: there is something in it that a program cannot compute.
    """
    if isinstance(x, Value):
        roots.append(x)
        return ("value", len(roots) - 1)
    if x is None or (is_number(x) and not isinstance(x, np.ndarray)):
        return ("constant", x)
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return ("constant", x.copy())
    if isinstance(x, np.ndarray):
        items = list(x.flat)
        if items and all(isinstance(item, Value) for item in items):
            roots += items
            return ("values", x.shape, len(roots) - len(items))
        return ("array", x.shape, [describe_result(item, roots) for item in items])
    if isinstance(x, (list, tuple)):
        return ("sequence", type(x), [describe_result(item, roots) for item in x])
    if isinstance(x, dict):
        return ("dict", list(x), [describe_result(item, roots) for item in x.values()])
    raise TraceError(
        f"the function returned {describe(x)}; a jitted function returns numbers, arrays, and "
        "lists, tuples and dicts of them"
    )


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
    if kind == "dict":
        return dict(zip(spec[1], items, strict=True))
    return spec[1](*items) if hasattr(spec[1], "_fields") else spec[1](items)


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
        if spec[1] is None:
            return spec
        sources.append(float(spec[1]))
        return ("value", len(sources) - 1)
    return (*spec[:-1], [uniform(item, sources) for item in spec[-1]])


def leaves_of(spec: Any) -> Iterator[Any]:
    """The constants of a description, in order."""
    if spec[0] == "constant":
        yield spec[1]
    elif spec[0] not in ("value", "values"):
        for item in spec[-1]:
            yield from leaves_of(item)
