"""Calling the user's two functions: what comes back is checked, and blamed on the right one.

A tuple of arguments is spread, ``f(*at)``; anything else is one argument,
``f(at)``.  What is left out: comparing (``check``).
"""

from __future__ import annotations

import inspect
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd_nn.checks import describe, shown
from autograd_nn.conversion import in_numpy, is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, ComplexResultError, WrongTypeError
from autograd_nn.nested import (
    is_constant,
    is_container,
    is_record,
    names_of,
    parts_of,
    place_of,
)
from autograd_nn.transforms import flatten

__all__ = ["Arguments", "call_f", "call_hand", "hand_numbers"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test


def _is_complex(x: Any) -> bool:
    if is_container(x):
        return any(map(_is_complex, parts_of(x)))
    if isinstance(x, np.ndarray) and x.dtype == object:
        return any(map(_is_complex, x.flat))
    return isinstance(x, (complex, np.complexfloating)) or (
        isinstance(x, np.ndarray) and x.dtype.kind == "c"
    )


def _is_several(at: Any) -> bool:
    """A tuple is several arguments; a named one is a structure, and so one."""
    return isinstance(at, tuple) and not hasattr(at, "_fields")


class Arguments:
    """The arguments of ``f``: their numbers in order, their names, and how to rebuild them.

    Args:
        at: a number, an array, lists and dicts of them; a tuple is several arguments,
            a named one is one.
        wrt: which of them to check: positions of a tuple or list, or keys of a dict.
    """

    def __init__(self, f: Callable[..., object], at: Any, wrt: Any, names: Any) -> None:
        if not callable(f):
            raise WrongTypeError(f"f is a function, got {describe(f)}")
        at = in_numpy(at)
        leaves, self.structure = flatten(at, "at")
        if not leaves:
            raise BadArgumentError(f"at is {describe(at)}: it holds no number to check a slope for")
        self.spread = _is_several(at)
        self._sizes = [len(flatten(part, "at")[0]) for part in (at if self.spread else (at,))]
        self.all = [to_float(x) for x in leaves]
        labels = _names(f, at)
        self.chosen = list(range(len(leaves))) if wrt is None else _positions(at, wrt)
        self.pattern = at if wrt is None else _part(at, wrt)
        self.numbers = [self.all[i] for i in self.chosen]
        self.names = [labels[i] for i in self.chosen]
        if names is not None:
            self.names = [names] if isinstance(names, str) else [str(name) for name in names]
            if len(self.names) != len(self.chosen):
                raise BadArgumentError(
                    f"names gives {len(self.names)} names for {len(self.chosen)} numbers"
                )

    def by_argument(self, xs: Sequence[Any]) -> dict[str, list[Any]]:
        """The checked ones of each argument that has any."""
        ends = list(accumulate(self._sizes))
        found: dict[str, list[Any]] = {}
        for i, x in zip(self.chosen, xs, strict=True):
            found.setdefault(f"argument {bisect_right(ends, i)}", []).append(x)
        return found

    def filled(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """The positional arguments with ``xs`` in the checked places."""
        leaves: list[Any] = list(self.all)
        for i, x in zip(self.chosen, xs, strict=True):
            leaves[i] = x
        built = self.structure.rebuild(leaves)
        return built if self.spread else (built,)


def _positions(at: Any, wrt: Any) -> list[int]:
    if not isinstance(at, (tuple, list, dict)):
        raise WrongTypeError(f"wrt chooses among several arguments, but at is {describe(at)}")
    wanted = list(wrt) if isinstance(wrt, (tuple, list, set)) else [wrt]
    keys: list[Any] = list(at) if isinstance(at, dict) else list(range(len(at)))
    unknown = [key for key in wanted if key not in keys]
    if unknown or not wanted:
        raise BadArgumentError(f"wrt is {shown(wrt)}; the arguments are {shown(keys)}")
    positions: list[int] = []
    start = 0
    for key in keys:
        size = len(flatten(at[key], "at")[0])
        if key in wanted:
            positions += range(start, start + size)
        start += size
    return positions


def _part(at: Any, wrt: Any) -> Any:
    """The chosen arguments, in the order of ``at``; one alone stands for itself."""
    wanted = list(wrt) if isinstance(wrt, (tuple, list, set)) else [wrt]
    if isinstance(at, dict):
        chosen = {key: part for key, part in at.items() if key in wanted}
        return chosen if len(chosen) > 1 else next(iter(chosen.values()))
    parts = [part for i, part in enumerate(at) if i in wanted]
    return parts if len(parts) > 1 else parts[0]


def _names(f: Callable[..., object], at: Any) -> list[str]:
    parts: Sequence[Any] = at if _is_several(at) else (at,)
    try:
        known = [p.name for p in inspect.signature(f).parameters.values() if p.kind in (0, 1)]
    except (TypeError, ValueError):  # functions from C have no signature
        known = []
    names: list[str] = []
    for i, part in enumerate(parts):
        name = known[i] if i < len(known) else f"x{i}"
        names += _paths(part, "" if isinstance(part, dict) and len(parts) == 1 else name)
    return names


def _paths(nested: Any, name: str) -> list[str]:
    """The names of the numbers in ``nested``, in the order of ``flatten``."""
    if isinstance(nested, np.ndarray) and nested.ndim:
        return [f"{name}[{', '.join(map(str, index))}]" for index in np.ndindex(nested.shape)]
    if not is_container(nested):
        return [name]
    found: list[str] = []
    for key, part in zip(names_of(nested), parts_of(nested), strict=True):
        if not (is_record(nested) and is_constant(part)):
            found += _paths(part, place_of(nested, key, name) if name else str(key))
    return found


def _call(who: str, function: Callable[..., object], arguments: tuple[Any, ...]) -> Any:
    before = flatten(arguments)[0]
    try:
        result = function(*arguments)
    except Exception as error:
        error.add_note(f"raised by {who}, which the gradient check called")
        raise
    try:
        after = flatten(arguments)[0]
    except TypeError:
        after = []
    if len(before) != len(after) or any(
        a is not b and (isinstance(a, Value) or a != b) for a, b in zip(before, after, strict=True)
    ):
        raise BadArgumentError(
            f"{who} changed its arguments; it should only read them: work on a copy"
        )
    return result


def call_f(f: Callable[..., object], arguments: tuple[Any, ...]) -> Any:
    """``f``'s result: a Value where it computed with Values, else a float."""
    result = _call("f", f, arguments)
    if isinstance(result, complex):
        raise ComplexResultError(f"f returned {describe(result)}; it must return a real number")
    if isinstance(result, np.ndarray) and result.size == 1:
        result = result.item()
    if isinstance(result, Value):
        return result
    if not is_number(result):
        raise WrongTypeError(
            f"f returned {describe(result)}; it must return one number, such as a sum"
        )
    return to_float(result)


def call_hand(
    hand: Callable[..., object], arguments: tuple[Any, ...], size: int, pattern: Any = None
) -> list[float]:
    """The slopes that ``hand`` returns, as a list."""
    return hand_numbers(_call("hand", hand, arguments), size, "hand returned", pattern)


def hand_numbers(
    slopes: object, size: int, says: str = "hand is", pattern: Any = None
) -> list[float]:
    """Hand-written slopes as a list of floats, one per checked number.

    ``pattern`` is the point: dicts are put in the order of its keys, and an array of the wrong
    shape is refused.  A flat list of slopes is always taken.
    """
    if isinstance(slopes, Value):
        slopes = slopes.data
    if _is_complex(slopes):
        raise ComplexResultError(f"{says} {describe(slopes)}; slopes are real numbers")
    slopes = _in_order(slopes, pattern, says)
    try:
        leaves = flatten(slopes, "hand's result")[0]
    except TypeError as error:
        raise WrongTypeError(f"{says} {describe(slopes)}: {error}") from None
    if len(leaves) != size:
        raise BadArgumentError(
            f"{says} {len(leaves)} slope{'s' * (len(leaves) != 1)} for {size} "
            f"number{'s' * (size != 1)}: {describe(slopes)}; give one slope per number"
        )
    return [x.data if isinstance(x, Value) else to_float(x) for x in leaves]


def _in_order(slopes: Any, pattern: Any, says: str) -> Any:
    """``slopes`` with each dict in the order of the dict at the same place of ``pattern``."""
    if isinstance(slopes, dict) and isinstance(pattern, dict):
        if set(slopes) != set(pattern):
            raise BadArgumentError(
                f"{says} a dict with the keys {list(slopes)}; "
                f"the keys of the point are {list(pattern)}"
            )
        return {key: _in_order(slopes[key], pattern[key], says) for key in pattern}
    if isinstance(slopes, (list, tuple)) and isinstance(pattern, (list, tuple)):
        if len(slopes) == len(pattern):
            pairs = zip(slopes, pattern, strict=True)
            return [_in_order(part, beside, says) for part, beside in pairs]
        if len(pattern) == 1:  # one argument in a tuple, and its slopes without one
            return _in_order(slopes, pattern[0], says)
    two = isinstance(slopes, np.ndarray) and isinstance(pattern, np.ndarray)
    if two and slopes.ndim > 1 and slopes.shape != pattern.shape:
        raise BadArgumentError(
            f"{says} an array of shape {slopes.shape} for numbers of shape {pattern.shape}; "
            "give one slope per number, in the same places"
        )
    return slopes
