"""What a program in C is called, takes and gives: names, shapes, and the order of numbers.

What is left out: the text of the file (``c``).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, Final, NamedTuple

from autograd_nn.checks import describe, shown
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["Group", "checked_name", "groups_of", "result_lines"]

#: C99's own words (6.4.1), and the names that a file with ``math.h`` cannot have.
_KEYWORDS: Final = frozenset(
    [
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
    ]
)
_OF_MATH: Final = frozenset(
    f"{name}{suffix}"
    for name in [
        "acos",
        "acosh",
        "asin",
        "asinh",
        "atan",
        "atan2",
        "atanh",
        "cbrt",
        "ceil",
        "copysign",
        "cos",
        "cosh",
        "erf",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "fabs",
        "fdim",
        "floor",
        "fma",
        "fmax",
        "fmin",
        "fmod",
        "frexp",
        "hypot",
        "ilogb",
        "ldexp",
        "lgamma",
        "llrint",
        "llround",
        "log",
        "log10",
        "log1p",
        "log2",
        "logb",
        "lrint",
        "lround",
        "modf",
        "nan",
        "nearbyint",
        "nextafter",
        "nexttoward",
        "pow",
        "remainder",
        "remquo",
        "rint",
        "round",
        "scalbln",
        "scalbn",
        "sin",
        "sinh",
        "sqrt",
        "tan",
        "tanh",
        "tgamma",
        "trunc",
        "j0",
        "j1",
        "jn",
        "y0",
        "y1",
        "yn",
        "gamma",
        "drem",
        "finite",
        "scalb",
        "significand",
        "pow10",
        "exp10",
        "sincos",
    ]
    for suffix in ("", "f", "l")
) | frozenset(
    [
        "main",
        "signgam",
        "isnan",
        "isinf",
        "isfinite",
        "isnormal",
        "signbit",
        "fpclassify",
        "isgreater",
        "isless",
        "isunordered",
        "isgreaterequal",
        "islessequal",
        "islessgreater",
        "float_t",
        "double_t",
        "printf",
        "linux",
        "unix",
    ]
)


def checked_name(name: Any) -> str:
    """The name of a function of C.

    Raises:
        TypeError: it is no text.
        ValueError: C has another use for it, or it cannot be one.

    >>> checked_name("controller")
    'controller'
    """
    if not isinstance(name, str):
        raise WrongTypeError(f"name is the name of a function of C, so a str: got {describe(name)}")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        why = "it begins with an underscore, and C keeps such names for itself; "
        why = why if re.fullmatch(r"_[A-Za-z0-9_]*", name) else ""
        raise BadArgumentError(
            f"name={shown(name)} cannot be the name of a function of C: {why}a name is a letter "
            "of a to z, then letters, digits and underscores"
        )
    if name in _KEYWORDS:
        raise BadArgumentError(
            f"name={name!r} cannot be the name of a function of C: it is a word of the language; "
            f"call it {name}_, or something else"
        )
    if name in _OF_MATH:
        raise BadArgumentError(
            f"name={name!r} cannot be the name of a function here: C's library has that name; "
            f"call it {name}_, or something else"
        )
    return name


class Group(NamedTuple):
    """Numbers that lie together in an argument.

    Attributes:
        argument: the argument's position.
        place: where they are in it, as Python spells it.
        shape: of the numbers, for people.
    """

    argument: int
    place: str
    shape: tuple[int, ...]


def groups_of(key: Sequence[Any], arguments: int) -> list[Group]:
    """The groups of numbers in a call, in the order in which a call brings them.

    Args:
        key: of the call; see ``capture.arguments.read``.
        arguments: how many there are; what the key has before them are names of the last.
    """
    names: Sequence[str] = key[0] if len(key) > arguments else ()
    found: list[Group] = []
    for k, part in enumerate(key[len(key) - arguments :]):
        named = k - (arguments - len(names))
        place = names[named] if named >= 0 else f"argument {k}"
        found += [Group(k, where, shape) for where, shape in _parts(part, place)]
    return found


def _parts(key: Any, place: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    if key in ("n", "i"):
        yield place, ()
    elif not isinstance(key, tuple) or key[0] == "=":
        return
    elif key[0] in ("a", "row"):
        yield place, tuple(key[1])
    elif _is_pure(key):
        yield place, _shape(key)
    else:
        for name, part in key[1:]:
            where = f".{name}" if _is_field(key[0], name) else f"[{name!r}]"
            yield from _parts(part, place + where)


def _is_field(kind: Any, name: Any) -> bool:
    record = hasattr(kind, "_fields") or hasattr(kind, "__dataclass_fields__")
    return record and isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)


def _is_pure(key: Any) -> bool:
    """Whether a key is that of lists and tuples of numbers, to any depth."""
    if len(key) > 1 and type(key[1]) is int:
        return True
    return all(
        part in ("n", "i") or (isinstance(part, tuple) and isinstance(part[0], type))
        for part in key[1:]
    )


def _shape(key: Any) -> tuple[int, ...]:
    """The shape of nested lists; of ragged ones how many numbers there are."""
    shapes = _shapes(key)
    return shapes if shapes is not None else (_count(key),)


def _shapes(key: Any) -> tuple[int, ...] | None:
    if isinstance(key, str):
        return ()
    if type(key[1:2]) is tuple and key[1:2] and type(key[1]) is int:
        return (key[1],)
    inner = [_shapes(part) for part in key[1:]]
    if None in inner or len(set(inner)) > 1:
        return None
    first = inner[0] if inner else ()
    return None if first is None else (len(inner), *first)


def _count(key: Any) -> int:
    if isinstance(key, str):
        return 1
    return key[1] if type(key[1]) is int else sum(map(_count, key[1:]))


def result_lines(spec: Any, place: str = "") -> list[tuple[str, int, tuple[int, ...]]]:
    """Of each number or array of a result, in order: its place, the first number, the shape.

    Args:
        spec: a uniform description; see ``capture.arguments.uniform``.
    """
    kind = spec[0]
    if kind == "value":
        return [(place, spec[1], ())]
    if kind == "values":
        return [(place, spec[2], tuple(spec[1]))] if prod(spec[1]) else []
    if kind == "constant":
        return []
    found = []
    names = getattr(spec[1], "names", None) if kind == "nest" else None
    for k, part in enumerate(spec[-1]):
        found += result_lines(part, f"{place}[{names[k] if names else k!r}]")
    return found
