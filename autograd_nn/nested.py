"""Nested structures: the parts of a container, and a container like it with other parts.

A container is a list, a tuple, a named tuple, a dict of any kind or a dataclass.  What is left
out: what the parts are, which is the caller's business.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from copy import copy
from enum import Enum
from types import FunctionType, MethodDescriptorType
from typing import Any, TypeVar

import numpy as np

from autograd_nn.checks import shown

__all__ = [
    "is_constant",
    "is_container",
    "is_record",
    "leaves_of",
    "names_of",
    "parts_of",
    "place_of",
    "with_parts",
]


def is_container(x: Any) -> bool:
    """Whether ``x`` is a list, a tuple, a dict or a dataclass.

    >>> is_container((1, 2)), is_container("ab"), is_container({})
    (True, False, True)
    """
    return isinstance(x, (list, tuple, dict)) or is_record(x)


def is_record(x: Any) -> bool:
    """Whether ``x`` is a dataclass, not the class itself."""
    return hasattr(x, "__dataclass_fields__") and not isinstance(x, type)


def is_constant(x: Any) -> bool:
    """Whether ``x`` is a field's name, flag or choice, which has no slope.

    >>> is_constant("moon"), is_constant(True), is_constant(1.0)
    (True, True, False)
    """
    return x is None or isinstance(x, (str, bytes, bool, Enum))


def names_of(x: Any) -> list[Any]:
    """What each part of a container is called: a position, a key or a field.

    >>> names_of({"w": 1.0, "b": 2.0})
    ['w', 'b']
    """
    if isinstance(x, dict):
        return list(x)
    if isinstance(x, (list, tuple)):
        return list(range(len(x)))
    return [field.name for field in dataclasses.fields(x)]


def parts_of(x: Any) -> list[Any]:
    """The parts of a container, in order.

    >>> parts_of({"w": 1.0, "b": 2.0})
    [1.0, 2.0]
    """
    if isinstance(x, dict):
        return list(x.values())
    if isinstance(x, (list, tuple)):
        return list(x)
    return [getattr(x, field.name) for field in dataclasses.fields(x)]


def place_of(x: Any, name: Any, where: str) -> str:
    """How Python spells the place of a part of the container ``x``, which lies at ``where``.

    >>> place_of([1.0], 0, "w"), place_of({"b": 1.0}, "b", "w")
    ('w[0]', "w['b']")
    """
    if is_record(x):
        return f"{where}.{name}"
    if hasattr(x, "_fields"):
        return f"{where}.{x._fields[name]}"
    return f"{where}[{shown(name)}]"


def with_parts(x: Any, parts: Sequence[Any]) -> Any:
    """A container like ``x`` with other parts, in the same order; ``x`` stays as it is.

    >>> with_parts({"w": 1.0, "b": 2.0}, [3.0, 4.0])
    {'w': 3.0, 'b': 4.0}
    """
    if isinstance(x, dict):
        filled = copy(x)  # an OrderedDict stays one, a defaultdict keeps its factory
        for name, part in zip(x, parts, strict=True):
            filled[name] = part  # not by update, which counts in a Counter
        return filled
    if isinstance(x, (list, tuple)):
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    filled = copy(x)
    for field, part in zip(dataclasses.fields(x), parts, strict=True):
        object.__setattr__(filled, field.name, part)  # a frozen one too
    return filled


T = TypeVar("T")
Path = tuple[Any, ...]
_ATOMS = (bool, float, int, str, bytes, type(None), FunctionType, MethodDescriptorType)


def leaves_of(x: Any, wanted: type[T], owners: tuple[type, ...] = ()) -> Iterator[tuple[Path, T]]:
    """Everything of one kind in a structure, in order, each once, with the names that lead to it.

    It goes into containers, arrays of objects, whose parts are numbered along, and objects with
    attributes, to any depth, and does not run in circles.

    Args:
        x: the structure.
        wanted: the class of what is looked for.
        owners: classes of objects whose attributes are parts too, such as ``Module``.

    >>> list(leaves_of({"w": [1.0, 2.0], "name": "line", "b": 3.0}, float))
    [(('w', 0), 1.0), (('w', 1), 2.0), (('b',), 3.0)]
    """
    waiting: list[tuple[Path, Any]] = [((), x)]
    seen: set[int] = set()
    passed = {kind for kind in _ATOMS if not issubclass(kind, wanted)}
    while waiting:
        path, part = waiting.pop()
        inside: list[tuple[Any, Any]]
        if isinstance(part, wanted):
            inside = []
        elif isinstance(part, owners):
            inside = list(vars(part).items())
        elif is_container(part):
            inside = list(zip(names_of(part), parts_of(part), strict=True))
        elif isinstance(part, np.ndarray) and part.dtype == object:
            inside = list(enumerate(part.flat))
        else:
            continue
        if id(part) not in seen:
            seen.add(id(part))
            if isinstance(part, wanted):
                yield path, part
            inside.reverse()
            waiting += [((*path, name), item) for name, item in inside if type(item) not in passed]
