"""Checks of arguments that several floors make, with one wording each.

What is left out: numbers (``conversion``), and checks of one function's own arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_nn.conversion import describe, did_you_mean
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["check_argnums", "is_int", "look_up", "positions_of", "positive_int"]


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
    if given < 1:
        raise BadArgumentError(f"{name} is at least 1, got {given}")
    return int(given)


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
            f"unknown {what} {describe(given).removeprefix('str ')}: {hint}"
            f"Known: {', '.join(known)}, or a function."
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
                f"argnums asks for argument {position}, but {count} were given by position"
            )
        if position % count in found:
            raise BadArgumentError(f"argnums asks for argument {position % count} twice")
        found.append(position % count)
    return tuple(found)
