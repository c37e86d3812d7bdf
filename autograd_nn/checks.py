"""Checks of arguments that several floors make, and how a message shows what was given.

What is left out: numbers (``conversion``), and checks of one function's own arguments.
"""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np

from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = [
    "check_argnums",
    "check_choice",
    "describe",
    "did_you_mean",
    "is_dask",
    "is_int",
    "look_up",
    "positions_of",
    "positive_int",
    "shown",
    "without_graph",
]

_LONGEST = 60  # characters of what was given that a message repeats


class _Short(reprlib.Repr):
    """Spells out no more of a thing than a message has room for."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = 20
        self.maxdict = self.maxarray = 20
        self.maxother = self.maxstring = self.maxlong = _LONGEST + 1
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        # An int may be too long even to print: its size in bits names it well enough.
        return f"an int of {x.bit_length()} bits" if x.bit_length() > 200 else repr(x)

    def repr_str(self, x: str, level: int) -> str:
        return repr(x[: _LONGEST + 1])

    def repr_bytes(self, x: bytes, level: int) -> str:
        return repr(x[: _LONGEST + 1])

    def repr_ndarray(self, x: np.ndarray[Any, Any], level: int) -> str:
        # By its first numbers: to print a large one takes its time.
        if x.size > 100 or x.dtype.hasobject:
            return f"of shape {x.shape}" if x.ndim else self.repr_instance(x.item(), level)
        return repr(x)


_short = _Short()


def shown(x: object) -> str:
    """``x`` as a message repeats it: its ``repr``, cut where that is long.

    >>> shown("relu"), shown(list(range(100)))
    ("'relu'", '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16...')
    """
    text = _short.repr(x)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def describe(x: object) -> str:
    """``x`` for an error message: its type and a short form of what it is.

    >>> describe([1, 2])
    'list [1, 2]'
    """
    text = shown(x)
    return text if text.startswith("an int of ") and type(x) is int else f"{_kind(x)} {text}"


def _kind(x: object) -> str:
    return type(x).__name__[:_LONGEST]


def without_graph(x: object) -> str:
    """What to do where a plain number stands in a Value's place; "" where ``x`` is none.

    Python's ``max(x, 0)``, with which a relu is often written, gives the int 0 where ``x`` is
    negative, and ``sum`` of nothing is one too.

    >>> without_graph(0)
    ' A plain number has no graph: compute with Value(...). max(x, 0) gives a plain 0 where ...'
    >>> without_graph("text")
    ''
    """
    if not isinstance(x, (float, int, np.number, np.ndarray)) or isinstance(x, bool):
        return ""
    return (
        " A plain number has no graph: compute with Value(...). "
        "max(x, 0) gives a plain 0 where x is negative: write x.relu()."
    )


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The nearest known name as a question with a space behind it; "" where none is near.

    >>> did_you_mean("rellu", ["relu", "tanh"])
    "did you mean 'relu'? "
    """
    close = get_close_matches(given[:_LONGEST], list(known), 1)
    return f"did you mean {close[0]!r}? " if close else ""


def is_dask(given: Any) -> bool:
    """Whether it is a collection of Dask, which is not imported to find out.

    >>> is_dask([1.0, 2.0])
    False
    """
    home = type(given).__module__.partition(".")[0]
    return home in ("dask", "dask_expr") and hasattr(given, "__dask_graph__")


def is_int(given: Any) -> bool:
    """Whether ``given`` is an int, of Python or NumPy; a bool is none.

    >>> is_int(3), is_int(True), is_int(3.0)
    (True, False, False)
    """
    return isinstance(given, (int, np.integer)) and not isinstance(given, bool)


def positive_int(name: str, given: Any) -> int:
    """``given`` as an int from 1, or an error that names the argument.

    Raises:
        TypeError: it is no int.
        ValueError: it is 0 or negative.

    >>> positive_int("epochs", np.int64(3))
    3
    """
    if not is_int(given):
        raise WrongTypeError(f"{name} is a positive int, got {describe(given)}")
    if not 1 <= given <= sys.maxsize:
        limit = "at least 1" if given < 1 else f"at most {sys.maxsize}"
        raise BadArgumentError(f"{name} is {limit}, got {shown(given)}")
    return int(given)


def check_choice(name: str, given: Any, allowed: Iterable[str | None]) -> None:
    """Raise unless ``given`` is one of the words that are allowed.

    Raises:
        ValueError: it is another word, or no word; the message says which there are.

    >>> check_choice("mode", "min", ("min", "max"))
    """
    words = list(allowed)
    if not (isinstance(given, str) or given is None) or given not in words:
        hint = did_you_mean(given, filter(None, words)) if isinstance(given, str) else ""
        known = " or ".join(map(repr, words))
        if len(words) > 2:
            known = f"one of {', '.join(map(repr, words))}"
        raise BadArgumentError(
            f"{name} is {known}, got {shown(given)}" + (f": {hint.rstrip()}" if hint else "")
        )


def look_up(what: str, given: Any, known: Mapping[str, Any]) -> Any:
    """``known[given]``, or ``given`` itself where it is a function.

    Args:
        what: what the name is a name of, for messages.
        given: a name or a function.
        known: what there is, by name.

    Raises:
        TypeError: it is neither a name nor a function.
        ValueError: the name is unknown; the message suggests a near one.

    >>> look_up("activation", "relu", {"relu": abs})
    <built-in function abs>
    >>> look_up("activation", "Rellu", {"relu": abs})
    Traceback (most recent call last):
        ...
    autograd_nn.errors.BadArgumentError: unknown activation 'Rellu': did you mean 'relu'? Known: ...
    """
    if isinstance(given, str):
        if given in known:
            return known[given]
        hint = did_you_mean(given.lower(), known)
        raise BadArgumentError(
            f"unknown {what} {shown(given)}: {hint}Known: {', '.join(known)}, or a function."
        )
    if callable(given):
        return given
    raise WrongTypeError(
        f"{what} is a name ({', '.join(known)}) or a function, got {describe(given)}"
    )


def check_argnums(argnums: Any, allowed: str = "an int or a tuple of ints") -> tuple[int, ...]:
    """The positions that ``argnums`` names, as a tuple.

    Args:
        argnums: an int, or a tuple or list of ints.
        allowed: what to say that it may be.

    Raises:
        TypeError: it is neither.

    >>> check_argnums(0), check_argnums((0, -1))
    ((0,), (0, -1))
    """
    positions: tuple[Any, ...] = (
        tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
    )
    for position in positions:
        if not isinstance(position, int) or isinstance(position, bool):
            raise WrongTypeError(f"argnums is {allowed}, got {describe(argnums)}")
    return positions


def positions_of(
    argnums: Any, count: int, allowed: str = "an int or a tuple of ints"
) -> tuple[int, ...]:
    """The positions that ``argnums`` names among ``count`` arguments, counted from 0.

    Raises:
        TypeError: it is neither an int nor a tuple of ints.
        ValueError: there is no argument at a position, or one is asked for twice.

    >>> positions_of((0, -1), count=3)
    (0, 2)
    """
    found: list[int] = []
    for position in check_argnums(argnums, allowed):
        if not -count <= position < count:
            raise BadArgumentError(
                f"argnums asks for argument {shown(position)}, but {count} were given by position"
            )
        if position % count in found:
            raise BadArgumentError(f"argnums asks for argument {position % count} twice")
        found.append(position % count)
    return tuple(found)
