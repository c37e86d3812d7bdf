"""What stands around the items of a plan in C: numbers in, comparisons, results and slopes out.

What is left out: the items (``c_items``), and the order of the file (``c``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.c_cells import Cells, Tables, plus, times
from autograd_nn.jit.backends.text.c_numbers import literal
from autograd_nn.jit.plan import VALUES, Backward, Place, Plan

__all__ = ["Argument", "Export", "Frame"]

#: So many comparisons or results are written out; more are a loop.
_FEW: Final = 16


@dataclass(frozen=True)
class Argument:
    """Numbers that the caller brings, for one group of the plan's leaves.

    Attributes:
        name: of the parameter in C.
        comment: what they are.
        size: how many; with rows, in one of them.
        by_row: whether there are so many for every row.
        wanted: whether the gradient has slopes along them.
        recorded: the numbers that the program was recorded at.
        places: of each number of the group its place among these, -1 where it is none of them;
            None where they are the same.
        fixed: the numbers of the group, of which those are used that are at no place.
    """

    name: str
    comment: str
    size: int
    by_row: bool
    wanted: bool
    recorded: Any
    places: Any = None
    fixed: Any = None


@dataclass(frozen=True)
class Export:
    """What is to be written.

    Attributes:
        name: of the function.
        plan: what is computed; with rows, for a block of them.
        arguments: for each group of the plan's leaves.
        sources: for each number of the result the root, or the number.
        result: lines about the result.
        gradient: whether there is one.
        reduce: with rows "mean", "sum", or None for the results of each.
        has_rows: whether there are rows.
        main: whether a ``main`` is wanted.
        about: lines at the top.
    """

    name: str
    plan: Plan
    arguments: Sequence[Argument]
    sources: Sequence[int | float]
    result: Sequence[str]
    gradient: bool
    reduce: str | None
    has_rows: bool
    main: bool
    about: Sequence[str]

    @property
    def block(self) -> int:
        """How many rows are computed at once."""
        return self.plan.rows

    @property
    def used(self) -> list[int]:
        """The groups that have numbers."""
        return [k for k, each in enumerate(self.arguments) if self.plan.leaves[k].size]

    @property
    def brought(self) -> list[int]:
        """The groups whose numbers the caller brings."""
        return [k for k in self.used if self.arguments[k].size]

    @property
    def wanted(self) -> list[int]:
        """The groups that the gradient is along."""
        return [k for k in self.brought if self.arguments[k].wanted] if self.gradient else []

    def is_outside(self, k: int) -> bool:
        """Whether the numbers of a group lie in a buffer of their own."""
        return self.plan.leaves[k].buffer != VALUES

    def is_copied(self, k: int) -> bool:
        """Whether numbers lie elsewhere than the caller has them.

        A block may be but a part of the rows, and a model's parameters have an order.
        """
        argument = self.arguments[k]
        return not self.is_outside(k) or argument.by_row or argument.places is not None

    def is_gathered(self, k: int) -> bool:
        """Whether slopes are elsewhere before they are handed out."""
        return self.has_rows or self.is_copied(k)


class Frame:
    """Lines around the items of a plan.

    Args:
        export: what is to be written.
        cells: of the program.
        tables: of the file.
    """

    def __init__(self, export: Export, cells: Cells, tables: Tables) -> None:
        self._export, self._plan = export, export.plan
        self._cells, self._tables = cells, tables

    def _copied(self, to: str, places: Any, source: str, cells: Any, sign: str = "=") -> list[str]:
        """Lines that copy numbers, by their places there and here."""
        count = len(places)
        if count == 0:
            return []
        if count == 1:
            return [f"{to}[{int(places[0])}] {sign} {source}[{int(cells[0])}];"]
        left, right = self._index(places), self._index(cells)
        head = f"for (int k = 0; k < {count}; ++k) {{"
        return [head, f"    {to}[{left}] {sign} {source}[{right}];", "}"]

    def _index(self, places: Any) -> str:
        """The place of the ``k``-th number."""
        line = np.asarray(places, dtype=np.int64)
        step = int(line[1] - line[0])
        if (np.diff(line) == step).all():
            return plus(times(step, "k"), int(line[0])) if step else str(int(line[0]))
        return f"{self._tables.put(line)}[k]"

    # -- numbers in ------------------------------------------------------------------------

    def constants(self) -> list[str]:
        """The constants that are read in loops, into their cells."""
        lines: list[str] = []
        for first, last in _runs(sorted(self._cells.kept)):
            numbers = [self._cells.constants[cell] for cell in range(first, last + 1)]
            if len(numbers) <= 4:
                lines += [f"v[{first + k}] = {literal(x)};" for k, x in enumerate(numbers)]
            else:
                places = np.arange(len(numbers))
                lines += self._copied("v", first + places, self._tables.put(numbers), places)
        return lines

    def loads(self) -> list[str]:
        """The caller's numbers, where they belong."""
        lines: list[str] = []
        for k in self._export.used:
            place = self._plan.leaves[k]
            if self._export.arguments[k].by_row:
                lines += self._load_rows(k, place)
            elif self._export.is_copied(k):
                lines += self._load(k, place)
        return lines

    def _load(self, k: int, place: Place) -> list[str]:
        argument, cells = self._export.arguments[k], np.asarray(place.cells)
        to = self._cells.buffers[place.buffer]
        if argument.places is None:
            return self._copied(to, cells, argument.name, np.arange(place.size))
        there = np.flatnonzero(argument.places >= 0)
        lines = self._copied(to, cells[there], argument.name, argument.places[there])
        other = np.flatnonzero(argument.places < 0)
        if len(other):
            table = self._tables.put(np.asarray(argument.fixed, dtype=float)[other])
            lines += self._copied(to, cells[other], table, np.arange(len(other)))
        return lines

    def _load_rows(self, k: int, place: Place) -> list[str]:
        """A block of rows; where there are fewer left, the last one fills it."""
        block, each = self._export.block, self._row(place)
        to = self._cells.buffers[place.buffer]
        row = "(first + (r < left ? r : left - 1))"
        return [
            f"for (int r = 0; r < {block}; ++r) {{",
            f"    const double *from = {self._export.arguments[k].name} + {row} * {each[0]};",
            f"    for (int k = 0; k < {each[0]}; ++k) {{",
            f"        {to}[{each[1]}] = from[k];",
            "    }",
            "}",
        ]

    def _row(self, place: Place) -> tuple[int, str]:
        """How many numbers a row of a group has, and the cell of the ``k``-th in row ``r``."""
        each = place.size // self._export.block
        if not place.by_row:  # a block is one row
            return each, self._index(place.cells) if each > 1 else str(int(place.cells[0]))
        steps = (each, 1) if place.order is None else (1, self._export.block)
        return each, plus(times(steps[0], "r"), times(steps[1], "k"), place.start)

    # -- comparisons -----------------------------------------------------------------------

    def guards(self) -> list[str]:
        """Lines that return 0 where a comparison does not come out as it was recorded."""
        lines: list[str] = []
        for each in self._plan.guards:
            outcomes = np.broadcast_to(each.outcomes, (len(each.left), 1))[:, 0].tolist()
            if len(outcomes) > _FEW:
                lines += self._many(each, outcomes)
                continue
            for left, right, outcome in zip(each.left, each.right, outcomes, strict=True):
                sides = self._in_row(left), self._in_row(right)
                lines.append(_refusal(each.symbol, sides, outcome))
        return lines

    def _many(self, guards: Any, outcomes: Sequence[bool]) -> Iterator[str]:
        """Many comparisons as a loop, those that came out alike together."""
        for outcome in sorted(set(outcomes)):
            chosen = [k for k, each in enumerate(outcomes) if each == outcome]
            sides = []
            for cells in (guards.left[chosen], guards.right[chosen]):
                self._cells.keep_all(cells[:, 0])
                where: list[str | int] = [f"{self._tables.put(cells[:, 0])}[k]"]
                if cells.shape[1] > 1 and (cells[:, 1] != cells[:, 0]).any():
                    where.append(f"r * {self._tables.put(cells[:, 1] - cells[:, 0])}[k]")
                sides.append(f"v[{plus(*where)}]")
            yield f"for (int k = 0; k < {len(chosen)}; ++k) {{"
            yield f"    {_refusal(guards.symbol, sides, outcome)}"
            yield "}"

    def _in_row(self, cells: Any) -> str:
        """What is in a cell that moves on with the rows."""
        first = int(cells[0])
        step = int(cells[1]) - first if len(cells) > 1 else 0
        return f"v[{plus(times(step, 'r'), first)}]" if step else self._cells.value(first)

    # -- results and slopes out ------------------------------------------------------------

    def root(self, source: int | float) -> str:
        """A number of the result; with rows, of row ``r``."""
        if isinstance(source, int):
            return self._in_row(self._plan.roots[source])
        return literal(float(source))

    def results(self) -> list[str]:
        """The results of a plan without rows."""
        sources = self._export.sources
        if len(sources) <= _FEW:
            return [f"value[{k}] = {self.root(source)};" for k, source in enumerate(sources)]
        computed = [k for k, source in enumerate(sources) if isinstance(source, int)]
        cells = np.array([self._plan.roots[sources[k], 0] for k in computed], dtype=np.int64)
        self._cells.keep_all(cells)
        fixed = [k for k, source in enumerate(sources) if not isinstance(source, int)]
        numbers = self._tables.put(np.array([float(sources[k]) for k in fixed])) if fixed else ""
        return [
            *self._copied("value", computed, "v", cells),
            *self._copied("value", fixed, numbers, np.arange(len(fixed))),
        ]

    def results_of_row(self) -> list[str]:
        """The results of row ``r`` of a block, or what they add to those of the rows before."""
        return [self._result(k, self.root(x)) for k, x in enumerate(self._export.sources)]

    def _result(self, k: int, x: str) -> str:
        if self._export.reduce is None:
            return f"value[(first + r) * {len(self._export.sources)} + {k}] = {x};"
        return f"value[{k}] = first + r == 0 ? {x} : value[{k}] + {x};"

    def seeds(self, back: Backward) -> list[str]:
        """The adjoints of the result; with rows 0 for those that only fill a block."""
        cells, counts = (x.tolist() for x in back.seeds)
        if not self._export.has_rows:
            return [f"d[{k}] = {literal(n)};" for k, n in zip(cells, counts, strict=True)]
        if len(cells) <= 1:
            share = [literal(n / self._export.block) for n in counts]
            return [
                f"d[{k}] = seed * (double)left * {n};" for k, n in zip(cells, share, strict=True)
            ]
        step = cells[1] - cells[0]
        return [
            f"for (int r = 0; r < {self._export.block}; ++r) {{",
            f"    d[{plus(times(step, 'r'), cells[0])}] = r < left ? seed : 0.0;",
            "}",
        ]

    def slopes(self) -> list[str]:
        """The slopes of the groups that the gradient is along."""
        lines: list[str] = []
        for k in self._export.wanted:
            place, argument = self._plan.leaves[k], self._export.arguments[k]
            if argument.by_row:
                lines += self._slopes_of_rows(place, f"d_{argument.name}")
            elif self._export.has_rows:
                lines += self._added(place, argument)
            elif self._export.is_gathered(k):
                lines += self._slopes(place, argument)
        return lines

    def _slopes(self, place: Place, argument: Argument) -> list[str]:
        cells, name = np.asarray(place.cells), f"d_{argument.name}"
        source = self._cells.buffers[place.buffer + 1]
        if argument.places is None:
            return self._copied(name, np.arange(place.size), source, cells)
        there = np.flatnonzero(argument.places >= 0)
        lines = self._copied(name, argument.places[there], source, cells[there])
        without = np.setdiff1d(np.arange(argument.size), argument.places[there])
        return [*(self._nothing(name, without) if len(without) else []), *lines]

    def _nothing(self, name: str, places: Any) -> list[str]:
        """Slopes of what the function does not depend on."""
        if len(places) == 1:
            return [f"{name}[{int(places[0])}] = 0.0;"]
        return [
            f"for (int k = 0; k < {len(places)}; ++k) {{",
            f"    {name}[{self._index(places)}] = 0.0;",
            "}",
        ]

    def _added(self, place: Place, argument: Argument) -> list[str]:
        """The slopes of a block, added to those of the blocks before it."""
        name = f"d_{argument.name}"
        source = self._cells.buffers[place.buffer + 1]
        cells, places = np.asarray(place.cells), argument.places
        if places is None:
            places = np.arange(place.size)
        there = np.flatnonzero(places >= 0)
        lines = ["if (first == 0) {"]
        without = np.setdiff1d(np.arange(argument.size), places[there])
        lines += [f"    {x}" for x in self._nothing(name, without)] if len(without) else []
        for head, sign in (("", "="), ("} else {", "+=")):
            lines += [head] if head else []
            copied = self._copied(name, places[there], source, cells[there], sign)
            lines += [f"    {x}" for x in copied]
        return [*lines, "}"]

    def _slopes_of_rows(self, place: Place, name: str) -> list[str]:
        each, cell = self._row(place)
        return [
            "for (int r = 0; r < left; ++r) {",
            f"    double *to = {name} + (first + r) * {each};",
            f"    for (int k = 0; k < {each}; ++k) {{",
            f"        to[k] = {self._cells.buffers[place.buffer + 1]}[{cell}];",
            "    }",
            "}",
        ]


def _refusal(symbol: str, sides: Sequence[str], outcome: bool) -> str:
    """A line that returns 0 where a comparison does not come out so."""
    a, b = sides
    if symbol == "index":
        held = f"{a} >= 0.0 && {a} < {b} && floor({a}) == {a}"
    else:
        held = f"{a} {symbol} {b}"
    return f"if ({held}) {{ return 0; }}" if not outcome else f"if (!({held})) {{ return 0; }}"


def _runs(cells: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring cells together, by first and last."""
    first = last = None
    for cell in cells:
        if last is not None and first is not None and cell != last + 1:
            yield first, last
            first = cell
        first = cell if first is None else first
        last = cell
    if first is not None and last is not None:
        yield first, last
