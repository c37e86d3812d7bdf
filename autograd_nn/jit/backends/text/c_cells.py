"""Where the numbers of a program in C lie: cells as expressions of C, tables, constants.

What is left out: what is computed with them (``c_nests``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np

from autograd_nn.errors import TooLargeError
from autograd_nn.jit.backends.native.forms import offsets
from autograd_nn.jit.backends.text.c_numbers import literal
from autograd_nn.jit.plan.nests import VALUES, Access

__all__ = [
    "At",
    "Cells",
    "Place",
    "Tables",
    "between",
    "listed",
    "moved",
    "places_of",
    "plus",
    "times",
]

_MOST: Final = 2**31
_LINE: Final = 92
#: So many cells are looked at, to find whether the same number is in all of them.
_LOOKED_AT: Final = 100_000


class Place(NamedTuple):
    """Where one is along an axis: a variable, or nothing, plus a number."""

    name: str | None
    number: int


At = dict[int, Place]


def moved(at: At, apart: Mapping[int, int]) -> At:
    """A place so many steps further on, by axis."""
    found = dict(at)
    for axis, k in apart.items():
        found[axis] = Place(at[axis].name, at[axis].number + k)
    return found


def places_of(jam: Mapping[int, int]) -> list[dict[int, int]]:
    """All steps along axes, of so many each."""
    found: list[dict[int, int]] = [{}]
    for axis, count in jam.items():
        found = [{**each, axis: k} for each in found for k in range(count)]
    return found


def times(stride: int, name: str) -> str:
    """``stride * name``."""
    return name if stride == 1 else f"{stride} * {name}"


def plus(*parts: str | int) -> str:
    """A sum of texts and numbers; "0" where there is nothing."""
    number = sum(part for part in parts if isinstance(part, int))
    texts = [part for part in parts if isinstance(part, str) and part]
    if number or not texts:
        texts.append(str(number))
    return " + ".join(texts).replace("+ -", "- ")


def listed(texts: Sequence[str], indent: str = "    ") -> str:
    """The lines of a list in braces."""
    lines, line = [], indent
    for text in texts:
        if len(line) + len(text) > _LINE:
            lines.append(line.rstrip())
            line = indent
        line += f"{text}, "
    return "\n".join([*lines, line.rstrip(", ")])


def between(access: Access, axes: Sequence[int], counts: Sequence[int]) -> tuple[int, int]:
    """The first and the last cell of an access; without counts, in the first round."""
    steps = access.steps[: len(counts)]
    moves = [*zip(access.strides, axes, strict=True), *zip(steps, counts, strict=True)]
    low = access.start + sum(min(0, step * (size - 1)) for step, size in moves)
    high = access.start + sum(max(0, step * (size - 1)) for step, size in moves)
    if access.table is not None:
        low, high = low + int(access.table.min()), high + int(access.table.max())
    return low, high


class Tables:
    """The tables of a file: equal ones are one.

    Args:
        prefix: what their names begin with.

    Attributes:
        texts: their definitions, by name.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._names: dict[tuple[str, bytes], str] = {}
        self.texts: dict[str, str] = {}

    def put(self, numbers: Any) -> str:
        """The name of a table of whole numbers, or of doubles."""
        whole = np.asarray(numbers).dtype.kind in "iu"
        line = np.ascontiguousarray(numbers, dtype=np.int64 if whole else np.float64).ravel()
        kind = "int" if whole else "double"
        key = (kind, line.tobytes())
        if key not in self._names:
            if whole and line.size and not -_MOST <= line.min() <= line.max() < _MOST:
                raise TooLargeError("the program has more cells than 32 bits of C can number")
            name = self._names[key] = f"{self._prefix}_table{len(self.texts)}"
            found = map(str if whole else literal, line.tolist())
            head = f"static const {kind} {name}[{line.size}]"
            self.texts[name] = f"{head} = {{\n{listed([*found])}\n}};\n"
        return self._names[key]


class Cells:
    """The cells of a program.

    Args:
        buffers: the name of each buffer.
        constants: numbers by their cells of buffer 0, which are written where they are read.
        tables: of the file.

    Attributes:
        kept: which of the constants must lie in their cells, as they are read in a loop.
    """

    def __init__(
        self, buffers: Sequence[str], constants: Mapping[int, float], tables: Tables
    ) -> None:
        # The last is the place of results that are written when all of them are known.
        self.buffers, self.constants, self.tables = [*buffers, "found"], constants, tables
        self._known = np.array(sorted(constants), dtype=np.int64)
        self._numbers = np.array([constants[k] for k in sorted(constants)], dtype=float)
        self.kept: set[int] = set()

    def known(self, access: Access, axes: Sequence[int], counts: Sequence[int]) -> str | None:
        """The number that an access reads at every point of every round, if there is one.

        Args:
            axes: the sizes of the nest's axes.
            counts: how often the loops around go round.
        """
        if access.buffer != VALUES or not self.constants:
            return None
        moves = [*zip(access.steps, counts, strict=True), *zip(access.strides, axes, strict=True)]
        moves = [(step, size) for step, size in moves if step and size > 1]
        if not moves and access.table is None:
            return self.number(access.start)
        table = 0 if access.table is None else access.table.size
        if prod(size for _, size in moves) + table > _LOOKED_AT:
            return None
        cells = np.full(1, access.start)
        for step, size in moves:
            cells = np.add.outer(cells, step * np.arange(size)).ravel()
        if access.table is not None:
            cells = np.add.outer(cells, np.unique(access.table)).ravel()
        return self._common(cells)

    def _common(self, cells: Any) -> str | None:
        """The number that is in all of some cells, if there is one."""
        if not len(self._known):
            return None
        places = np.minimum(np.searchsorted(self._known, cells), len(self._known) - 1)
        if (self._known[places] != cells).any():
            return None
        bits = self._numbers[places].view(np.int64)
        return literal(float(self._numbers[places[0]])) if (bits == bits[0]).all() else None

    def number(self, cell: int) -> str | None:
        """The number in a cell of buffer 0, if it is a constant."""
        return literal(self.constants[cell]) if cell in self.constants else None

    def value(self, cell: int) -> str:
        """What is read from a cell of buffer 0."""
        return self.number(cell) or f"{self.buffers[VALUES]}[{cell}]"

    def keep(self, access: Access, axes: Sequence[int], counts: Sequence[int]) -> None:
        """Note that an access is read in a loop."""
        if access.buffer != VALUES:
            return
        self.keep_between(*between(access, axes, counts))

    def keep_between(self, low: int, high: int) -> None:
        """Note that cells from ``low`` up to ``high`` are read in a loop."""
        first, last = np.searchsorted(self._known, [low, high + 1])
        self.kept.update(self._known[first:last].tolist())

    def keep_all(self, cells: Any) -> None:
        """Note that some cells are read through a table."""
        self.kept.update(np.intersect1d(cells, self._known).tolist())

    def pointer(self, access: Access, rounds: Sequence[str]) -> str:
        """The address of the first cell of an access."""
        steps = [times(k, t) for k, t in zip(access.steps, rounds, strict=True) if k]
        found = plus(*steps, access.start)
        name = self.buffers[access.buffer]
        return name if found == "0" else f"{name} + {found}"

    def cell(self, access: Access, rounds: Sequence[str]) -> str:
        """The only cell of an access."""
        steps = [times(k, t) for k, t in zip(access.steps, rounds, strict=True) if k]
        return f"{self.buffers[access.buffer]}[{plus(*steps, access.start)}]"

    def index(self, access: Access, at: At, axes: Sequence[int], vector: int | None) -> str:
        """How far a cell lies from the first."""
        parts = self._parts(access, at)
        if access.table is not None:
            parts.append(self.offset(access, at, axes, vector))
        return plus(*parts)

    def _parts(self, access: Access, at: At) -> list[str | int]:
        parts: list[str | int] = []
        for axis, (name, number) in at.items():
            stride = access.strides[axis]
            parts.append(stride * number)
            if stride and name is not None:
                parts.append(times(stride, name))
        return parts

    def offset(self, access: Access, at: At, axes: Sequence[int], vector: int | None) -> str:
        """What the table of an access says at a point."""
        name, where = self.entry(access, at, axes, vector)
        return f"{name}[{where}]"

    def entry(
        self, access: Access, at: At, axes: Sequence[int], vector: int | None
    ) -> tuple[str, str]:
        """The table of an access, and where one is in it."""
        line, steps = offsets(access, axes, vector)
        parts: list[str | int] = []
        for axis, step in steps.items():
            name, number = at[axis]
            parts.append(step * number)
            if name is not None:
                parts.append(times(step, name))
        return self.tables.put(line), plus(*parts)

    def index_beside_table(self, access: Access, at: At) -> str:
        """How far a cell lies from the first, but for what the table says."""
        return plus(*self._parts(access, at))
