"""The arguments and results of a program as code: what is taken apart, and what is put together.

Arrays keep their shapes, nested lists of one shape become arrays, and the arrays in a dict, a
list or a dataclass become variables of their own: ``weights_out = weights["out"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_nn.jit.capture.arguments import Same

__all__ = ["Leaf", "built", "leaves_of_key", "shape_of_key", "slopes_of_key"]


@dataclass
class Leaf:
    """A group of numbers in an argument.

    Attributes:
        path: how Python reaches it from the argument: ``['w'][0]``.
        code: how its numbers are read, where ``{}`` stands for where it is; "" as they are.
        shape: of the array; () is one number.
        whole: whether it holds whole numbers, along which no slope is usual.
    """

    path: str
    code: str
    shape: tuple[int, ...]
    whole: bool


def leaves_of_key(key: Any, path: str = "") -> Iterator[Leaf]:
    """The groups of an argument with this key, in the order of the program's."""
    if key in ("n", "i"):
        yield Leaf(path, "", (), key == "i")
    elif isinstance(key, Same) or key[0] == "=":
        return
    elif key[0] in ("a", "row"):
        yield Leaf(path, "", key[1], key[2])
    elif _is_pure(key):
        shape = shape_of_key(key)
        whole = _whole(key)
        if shape is not None:
            yield Leaf(path, "", shape, whole)
        else:
            places = list(_places(key))
            text = ", ".join("{0}" + place for place in places)
            yield Leaf(path, f"[{text}]", (len(places),), whole)
    else:
        kind, *parts = key
        for name, part in parts:
            yield from leaves_of_key(part, path + _step(kind, name))


def _step(kind: type, name: Any) -> str:
    if hasattr(kind, "_fields"):
        return f".{kind._fields[name]}"
    if hasattr(kind, "__dataclass_fields__"):
        return f".{name}"
    return f"[{name!r}]"


def _is_pure(key: Any) -> bool:
    """Whether the key is that of a list or tuple of numbers, which are one group."""
    rest = key[1:]
    return not rest or not (type(rest[0]) is tuple and not isinstance(rest[0][0], type))


def shape_of_key(key: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers; None where they are no array."""
    if key in ("n", "i"):
        return ()
    rest = key[1:]
    if rest and type(rest[0]) is int:
        return (rest[0],)
    shapes = {shape_of_key(part) for part in rest}
    if len(shapes) != 1:
        return (0,) if not rest else None
    (inner,) = shapes
    return None if inner is None else (len(rest), *inner)


def _whole(key: Any) -> bool:
    if key in ("n", "i"):
        return bool(key == "i")
    rest = key[1:]
    if rest and type(rest[0]) is int:
        return len(rest) > 1
    return all(_whole(part) for part in rest)


def _places(key: Any, path: str = "") -> Iterator[str]:
    if key in ("n", "i"):
        yield path
        return
    rest = key[1:]
    if rest and type(rest[0]) is int:
        for k in range(rest[0]):
            yield f"{path}[{k}]"
        return
    for k, part in enumerate(rest):
        yield from _places(part, f"{path}[{k}]")


def slopes_of_key(key: Any, names: Iterator[str]) -> str:
    """Slopes in the structure of an argument; arrays in the place of lists of numbers."""
    if key in ("n", "i"):
        return f"float({next(names)})"
    if isinstance(key, Same) or key[0] == "=":
        return "None"
    if key[0] in ("a", "row") or _is_pure(key):
        return next(names)
    kind, *parts = key
    made = [(name, slopes_of_key(part, names)) for name, part in parts]
    if issubclass(kind, tuple):
        return f"({', '.join(text for _, text in made)}{',' if len(made) == 1 else ''})"
    if issubclass(kind, list):
        return f"[{', '.join(text for _, text in made)}]"
    return "{" + ", ".join(f"{name!r}: {text}" for name, text in made) + "}"


def built(
    spec: Any,
    one: Callable[[int], str],
    several: Callable[[Sequence[int], tuple[int, ...]], str],
    constant: Callable[[Any], str],
) -> str:
    """The code of a result.

    Args:
        spec: its description; see ``capture.arguments``.
        one: the code of one number of the result.
        several: the code of an array of them, by their numbers and its shape.
        constant: the code of a plain number.
    """
    kind = spec[0]
    if kind == "value":
        return one(spec[1])
    if kind == "values":
        count = int(np.prod(spec[1], dtype=int))
        return several(range(spec[2], spec[2] + count), spec[1])
    if kind == "constant":
        return constant(spec[1])
    items = [built(item, one, several, constant) for item in spec[-1]]
    if kind == "array":
        return f"np.array([{', '.join(items)}], dtype=float).reshape({spec[1]})"
    shell = spec[1]
    if issubclass(shell.kind, tuple):
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if issubclass(shell.kind, list):
        return f"[{', '.join(items)}]"
    named = zip(shell.names, items, strict=True)
    return "{" + ", ".join(f"{name!r}: {text}" for name, text in named) + "}"
