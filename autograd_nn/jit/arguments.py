"""Arguments and results: nested structures to flat numbers, and back.

``read`` turns an argument into a key, which says all that the recorded program
depends on, and into groups of floats, which the program reads.  ``lift`` gives
the same structure with Values in place of the numbers.  Results are described
by plain tuples, so that a program can be pickled.

What is left out: running anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_nn.conversion import describe, is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.jit.errors import TraceError

__all__ = ["HoldsValueError", "describe_result", "lift", "read", "read_rows", "rebuild"]

_PLAIN = (float, int)


class HoldsValueError(Exception):
    """An argument holds a Value: the function is to be run as it is, not replayed."""


def read(x: Any, where: str, groups: list[Any]) -> Any:
    """The key of an argument; its numbers are appended to ``groups``, one group a container.

    Raises:
        TypeError: it holds something that is neither a number nor a container of numbers.
    """
    kind = type(x)
    if kind is np.ndarray:  # the two most common first: a call should cost no more than its copy
        return _read_array(x, where, groups)
    if kind is float or kind is int or (is_number(x) and not isinstance(x, np.ndarray)):
        groups.append([to_float(x)])
        return "n"
    if isinstance(x, np.ndarray):
        return _read_array(x, where, groups)
    if isinstance(x, (list, tuple)):
        numbers: list[float] = []
        key = _read_pure(x, numbers)
        if key is not None:
            groups.append(numbers)
            return key
        parts = tuple(read(item, f"{where}[{i}]", groups) for i, item in enumerate(x))
        return (kind, *parts)
    if isinstance(x, dict):
        return (kind, *((k, read(item, f"{where}[{k!r}]", groups)) for k, item in x.items()))
    if isinstance(x, Value):
        raise HoldsValueError
    if callable(getattr(x, "parameters", None)):
        return ("module", id(x))
    raise TypeError(
        f"{where} is {describe(x)}; a jitted function takes numbers, arrays, Modules, and lists, "
        "tuples and dicts of them. Bind anything else with functools.partial or a closure."
    )


def _read_array(x: Any, where: str, groups: list[Any]) -> Any:
    if x.dtype.kind in "fiub":
        groups.append(x.ravel())
        return ("a", x.shape, x.dtype.kind in "iub")
    if x.dtype == object and any(isinstance(item, Value) for item in x.flat):
        raise HoldsValueError
    raise TypeError(f"{where} is an array of {x.dtype}; give an array of real numbers")


def _read_pure(x: Any, numbers: list[float]) -> Any:
    """The key of lists and tuples of numbers, to any depth; None if there is more in it."""
    if all(type(item) in _PLAIN for item in x):
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


def lift(x: Any, make: Callable[[Any], Value], row: bool = False) -> Any:
    """``x`` with Values in place of its numbers, in the order of ``read``."""
    if row:
        array = np.asarray(x)[0]
        return lift(array if np.ndim(array) else array.item(), make)
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
        return ("array", x.shape, [describe_result(item, roots) for item in x.flat])
    if isinstance(x, (list, tuple)):
        return ("sequence", type(x), [describe_result(item, roots) for item in x])
    if isinstance(x, dict):
        return ("dict", list(x), [describe_result(item, roots) for item in x.values()])
    raise TraceError(
        f"the function returned {describe(x)}; a jitted function returns numbers, arrays, and "
        "lists, tuples and dicts of them"
    )


def rebuild(spec: Any, numbers: Any) -> Any:
    """The result of a description, with ``numbers[k]`` for the k-th root."""
    kind = spec[0]
    if kind == "value":
        return numbers[spec[1]]
    if kind == "constant":
        return spec[1].copy() if isinstance(spec[1], np.ndarray) else spec[1]
    items = [rebuild(item, numbers) for item in spec[-1]]
    if kind == "array":
        extra = np.shape(items[0]) if items else ()
        return np.array(items, dtype=float).reshape(spec[1] + extra)
    if kind == "dict":
        return dict(zip(spec[1], items, strict=True))
    return spec[1](*items) if hasattr(spec[1], "_fields") else spec[1](items)


def leaves_of(spec: Any) -> Iterator[Any]:
    """The constants of a description, in order."""
    if spec[0] == "constant":
        yield spec[1]
    elif spec[0] != "value":
        for item in spec[-1]:
            yield from leaves_of(item)
