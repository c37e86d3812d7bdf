"""Nested arguments and results: their numbers in order, and how to put others in their place.

What is left out: what containers there are, which is ``nested``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import as_numpy, is_foreign, is_number, to_float
from autograd_nn.engine import Value, require
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nested import (
    is_constant,
    is_container,
    is_record,
    names_of,
    parts_of,
    place_of,
    with_parts,
)

__all__ = [
    "Structure",
    "as_values",
    "blocks",
    "flatten",
    "like",
    "numbers_in",
    "split",
    "with_values",
]

Shape = tuple[int, ...]


class Structure(NamedTuple):
    """The shape of nested arguments, without their numbers.

    Attributes:
        shapes: of every leaf: None for a number, the shape of an array.
        assemble: from one object a leaf to the nested structure.
        form: the containers and shapes as nested tuples: equal where the structures are.

    >>> flatten([1.0, [2.0, 3.0]])[1].shapes
    (None, None, None)
    """

    shapes: tuple[Shape | None, ...]
    assemble: Callable[[Sequence[Any]], Any]
    form: Any

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return sum(1 if shape is None else prod(shape) for shape in self.shapes)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Of every leaf, where its numbers start and end."""
        ends = list(accumulate(1 if s is None else prod(s) for s in self.shapes))
        return list(zip([0, *ends], ends, strict=False))

    def rebuild(self, numbers: Sequence[Any]) -> Any:
        """From as many numbers or Values, in order, to the nested structure.

        Args:
            numbers: floats or Values, one for each number of the structure.

        Returns:
            Lists, tuples, dicts and arrays as they were, with these numbers.
        """
        if not any(self.shapes) and all(shape is None for shape in self.shapes):
            return self.assemble(numbers)
        leaves = [
            numbers[start] if shape is None else _filled(numbers[start:end]).reshape(shape)
            for shape, (start, end) in zip(self.shapes, self.spans, strict=True)
        ]
        return self.assemble(leaves)


def _filled(numbers: Sequence[Any]) -> Any:
    """Numbers as an array of floats, or of objects where there are Values."""
    graph = any(isinstance(x, Value) for x in numbers)
    filled = np.empty(len(numbers), dtype=object if graph else float)
    filled[:] = numbers
    return filled


def flatten(nested: Any, where: str = "the argument") -> tuple[list[Any], Structure]:
    """The numbers and Values of a nested structure in order, and how to put them back.

    Args:
        nested: a number, a Value, an array, or a list, tuple or dict of these, to any depth.
        where: what to call it in an error.

    Returns:
        The pair of the leaves in order, and their ``Structure``.

    Raises:
        TypeError: something in it is none of these; the message says where.

    >>> leaves, structure = flatten({"w": [1.0, 2.0], "b": 3.0})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> structure.rebuild([10.0, 20.0, 30.0])
    {'w': [10.0, 20.0], 'b': 30.0}
    """
    if is_foreign(nested):
        nested = as_numpy(nested)
    if isinstance(nested, Value) or is_number(nested):
        return [nested], Structure((None,), _first, None)
    if isinstance(nested, np.ndarray):
        return _flatten_array(nested, where)
    if is_container(nested):
        parts = [
            ([], Structure((), partial(_itself, part), ("=", repr(part))))
            if is_record(nested) and is_constant(part)
            else flatten(part, place_of(nested, name, where))
            for name, part in zip(names_of(nested), parts_of(nested), strict=True)
        ]
        return _join(nested, parts)
    raise WrongTypeError(
        f"{where} is {describe(nested)}; give numbers, Values, arrays, "
        "or lists, tuples, dicts and dataclasses of them"
    )


def _first(xs: Sequence[Any]) -> Any:
    return xs[0]


def _itself(x: Any, _: Sequence[Any]) -> Any:
    return x


def _flatten_array(array: Any, where: str) -> tuple[list[Any], Structure]:
    leaves = list(array.flat)
    for leaf in leaves:
        if not (isinstance(leaf, Value) or is_number(leaf)):
            raise WrongTypeError(f"{where} is an array that holds {describe(leaf)}; give numbers")
    return leaves, Structure((array.shape,), _first, ("array", array.shape))


def _join(nested: Any, parts: list[tuple[list[Any], Structure]]) -> tuple[list[Any], Structure]:
    structures = [structure for _, structure in parts]
    if all(structure.assemble is _first for structure in structures):
        assemble = partial(with_parts, nested)
    else:
        assemble = partial(_assemble, nested, structures)
    shapes = tuple(shape for structure in structures for shape in structure.shapes)
    form = (type(nested), tuple(names_of(nested)), tuple(s.form for s in structures))
    return [x for leaves, _ in parts for x in leaves], Structure(shapes, assemble, form)


def _assemble(nested: Any, structures: list[Structure], leaves: Sequence[Any]) -> Any:
    items, start = [], 0
    for structure in structures:
        count = len(structure.shapes)
        items.append(structure.assemble(leaves[start : start + count]))
        start += count
    return with_parts(nested, items)


def like(given: Any, structure: Structure, what: str, whose: str) -> list[Any]:
    """The numbers of a structure that must be like another one.

    Args:
        what, whose: what to call the two in the message.

    Raises:
        ValueError: it is another structure, or has another shape.
    """
    leaves, found = flatten(given, what)
    if found.form != structure.form:
        raise BadArgumentError(
            f"{what} has the structure {_text(found.form)}, but {whose} has "
            f"{_text(structure.form)}: give the same containers and shapes"
        )
    return [x if isinstance(x, Value) else to_float(x) for x in leaves]


def _text(form: Any) -> str:
    """A structure for a message."""
    if form is None:
        return "number"
    if form[0] in ("=", "array"):
        return f"array{form[1]}" if form[0] == "array" else str(form[1])
    kind, names, forms = form
    if len(set(forms)) == 1 and len(forms) > 3:
        return f"{kind.__name__} of {len(forms)} x {_text(forms[0])}"
    if issubclass(kind, (list, tuple)):
        return f"{kind.__name__}({', '.join(map(_text, forms))})"
    parts = ", ".join(f"{name}: {_text(part)}" for name, part in zip(names, forms, strict=True))
    return f"{kind.__name__}({parts})"


def split(numbers: Sequence[Any], structures: Sequence[Structure]) -> list[Any]:
    """Numbers that follow each other, put into several structures."""
    found, start = [], 0
    for structure in structures:
        size = structure.size
        found.append(structure.rebuild(numbers[start : start + size]))
        start += size
    return found


def blocks(matrix: Any, outer: Structure, inner: Structure) -> Any:
    """A matrix as a structure of structures: a leaf of ``outer`` times a leaf of ``inner`` each.

    Args:
        matrix: an array with a line a number of ``outer``, a column a number of ``inner``.
    """
    rows = []
    for up, (first, last) in zip(outer.shapes, outer.spans, strict=True):
        leaves = []
        for down, (start, end) in zip(inner.shapes, inner.spans, strict=True):
            block = matrix[first:last, start:end]
            whole = up is None and down is None
            leaves.append(block.item() if whole else block.reshape((up or ()) + (down or ())))
        rows.append(inner.assemble(leaves))
    return outer.assemble(rows)


def numbers_in(x: Any) -> Any:
    """A result with its numbers in place of Values; what is neither stays as it is."""
    if isinstance(x, Value):
        return x.data
    if isinstance(x, np.ndarray) and x.dtype == object:
        held = [numbers_in(item) for item in x.flat]
        plain = all(map(is_number, held))
        found = np.empty(len(held), dtype=float if plain else object)
        found[:] = held
        return found.reshape(x.shape)
    if is_container(x):
        return with_parts(x, [numbers_in(part) for part in parts_of(x)])
    return x


def with_values(x: Any, swap: Callable[[Value], Value]) -> Any:
    """A structure with other Values in place of its own; what is none stays as it is."""
    if isinstance(x, Value):
        return swap(x)
    if isinstance(x, np.ndarray) and x.dtype == object:
        held = np.empty(x.size, dtype=object)
        held[:] = [with_values(item, swap) for item in x.flat]
        return held.reshape(x.shape)
    if is_container(x):
        return with_parts(x, [with_values(part, swap) for part in parts_of(x)])
    return x


def as_values(numbers: Sequence[Any]) -> Any:
    """Numbers and Values as an array that holds Values only: a recording returns it at once."""
    held = np.empty(len(numbers), dtype=object)
    zero = require(0.0)
    for k, x in enumerate(numbers):
        held[k] = x if isinstance(x, Value) else zero if x == 0.0 else require(x)
    return held
