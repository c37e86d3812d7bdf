"""What arrays are called: as an argument, as the user calls them, or after what they hold."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Sequence
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.python.arrays import Array, Arrays
from autograd_nn.jit.backends.text.python.joining import Slice
from autograd_nn.jit.backends.text.python.source import Source
from autograd_nn.jit.plan import VALUES, Lines, Nest, walk
from autograd_nn.ops import PRIMITIVES

__all__ = ["ArrayNames", "Names", "shape_code", "tuple_code"]

_RESERVED: Final = {
    *("np", "math", "rows", "range", "len", "reversed", "float", "int", "shares", "as_index"),
    "array",
    *(row.name for row in PRIMITIVES if row.name and not isinstance(row.array, np.ufunc)),
}
_WORDS: Final = {
    "add": "total",
    "detach": "fixed",
    "div": "quotient",
    "first_max": "larger",
    "first_min": "smaller",
    "greater": "is_greater",
    "maximum": "largest",
    "minimum": "smallest",
    "mul": "product",
    "neg": "negative",
    "pow": "power",
    "sub": "difference",
}
_RANKS: Final = 100  # of a name that is the best of some; later ones count a little less


class Names:
    """Names that are taken, so that none is used twice."""

    def __init__(self) -> None:
        self._taken = set(_RESERVED)

    def reserve_builtins(self) -> None:
        """From now on no name is that of a function that Python has."""
        self._taken |= set(dir(builtins))

    def new(self, text: str) -> str:
        """A name like ``text`` that no other thing has, and whose slope has none either."""
        base = re.sub(r"\W+", "_", text).strip("_") or "x"
        base = f"_{base}" if base[0].isdigit() else base
        name, count = base, 1
        while name in self._taken or f"d_{name}" in self._taken or keyword.iskeyword(name):
            count += 1
            name = f"{base}_{count}"
        self._taken |= {name, f"d_{name}"}
        return name


class ArrayNames:
    """Names all arrays.

    Args:
        arrays: which get their names here.
        source: with what the user calls things.
        names: those that are taken.

    Attributes:
        spoken: the names that come from the user.
    """

    def __init__(self, arrays: Arrays, source: Source, names: Names) -> None:
        self._arrays, self._names = arrays, names
        self._words = source.notes.names
        self.spoken: set[str] = set()
        self._slices: dict[tuple[str, int], Slice] = {}
        for array in arrays.arrays:
            self._after_user(array)
        kinds, before = self._kinds(), self._before()
        roots = arrays.plan.roots
        result = arrays.cell(int(roots[0, 0]))[0] if len(roots) == 1 else None
        for array in arrays.arrays:
            if array.name:
                continue
            first = int(_first_row(array)[0]) if len(array.cells) else -1
            word = kinds.get(first, "v")
            if array is result:
                word = "value"
            elif first in before:
                word = f"{'sum' if word == 'total' else word}_{before[first]}"
            array.name = names.new(word)
        self._by_name = {array.name: array for array in arrays.arrays}

    def _after_user(self, array: Array) -> None:
        """The name of an argument, or the one that most of the numbers have."""
        if array.is_given:
            array.name = array.given[0][0].name
            return
        best = self._best(_first_row(array).tolist())
        if array.given and not best:
            best = _common([given.name for given, _ in array.given]) or "parameters"
        if best:
            array.name = self._names.new(best)
            self.spoken.add(array.name)

    def _best(self, cells: Sequence[int]) -> str:
        """What the user calls most of some cells; "" if they have no name."""
        counts: dict[str, int] = {}
        for cell in cells:
            for rank, word in enumerate(self._words.get(cell, ())):
                counts[word] = counts.get(word, 0) + _RANKS - rank
        return max(counts, key=lambda word: counts[word], default="")

    def _kinds(self) -> dict[int, str]:
        """By the first cell of what an operation sets, a name after that operation."""
        found: dict[int, str] = {}
        for item, _ in walk(self._arrays.plan.items):
            if isinstance(item, Lines):
                for code, cell in zip(item.codes.tolist(), item.out.tolist(), strict=True):
                    found.setdefault(cell, _word(code))
            elif isinstance(item, Nest) and item.kind != "drop":
                word = {"sum": "total" if item.summed else "term", "look": "entry"}.get(item.kind)
                found.setdefault(item.write.start, word or _word(item.code))
        return found

    def _before(self) -> dict[int, str]:
        """By its first cell, what is the operand of something that has a name: that name."""
        found: dict[int, str] = {}
        for item, _ in walk(self._arrays.plan.items):
            if isinstance(item, Nest) and item.kind == "row" and item.reads[0].buffer == VALUES:
                best = self._best([item.write.start])
                if best:
                    found.setdefault(item.reads[0].start, best)
        return found

    # -- parts of arrays -------------------------------------------------------------------

    def slice(self, name: str, k: int) -> Slice | None:
        """Part ``-1 - k`` of an array, or all of it as ``k`` parts; None where it has others."""
        array = self._by_name.get(name)
        if array is None or array.given or not array.inner:
            return None
        if k > 0:
            if array.inner[0] != k:
                return None
            return Slice(name, True, self._shape(array, array.inner))
        if (name, k) not in self._slices:
            inner = array.inner[1:]
            size = prod(inner)
            best = self._best(_first_row(array)[(-1 - k) * size : -k * size].tolist())
            kept = bool(best) and best != name
            own = self._names.new(best if kept else f"{name}_{-1 - k}")
            self._slices[name, k] = Slice(own, bool(best), self._shape(array, inner))
        return self._slices[name, k]

    @staticmethod
    def _shape(array: Array, inner: tuple[int, ...]) -> tuple[tuple[int, ...], str]:
        sizes = [str(n) for n in inner]
        if not array.by_row:
            return inner, tuple_code(sizes)
        return (array.shape[0], *inner), tuple_code(["rows", *sizes])


def tuple_code(texts: Sequence[str]) -> str:
    """A tuple of pieces of code."""
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def shape_code(array: Array) -> str:
    """The shape of an array as code."""
    sizes = [str(n) for n in array.inner]
    return tuple_code(["rows", *sizes] if array.by_row else sizes)


def _first_row(array: Array) -> Any:
    """The cells of an array, where there are rows those of the first."""
    return array.cells.reshape(array.shape[0], -1)[0] if array.by_row else array.cells


def _word(code: int) -> str:
    name = PRIMITIVES[code].name
    return _WORDS.get(name, name)


def _common(names: Sequence[str]) -> str:
    """The beginning that names have in common."""
    first, last = min(names), max(names)
    k = 0
    while k < len(first) and k < len(last) and first[k] == last[k]:
        k += 1
    return first[:k].strip("_")
