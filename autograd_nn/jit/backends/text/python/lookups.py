"""Looks into tables as code: ``table[as_index(i, 4), 2]``, and the deposits back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.python.arrays import Array, Arrays
from autograd_nn.jit.backends.text.python.expressions import Expr, leaf, total
from autograd_nn.jit.backends.text.python.formulas import Formulas
from autograd_nn.jit.backends.text.python.statements import Assign, Run, Statement
from autograd_nn.jit.backends.text.python.views import View, aligned
from autograd_nn.jit.plan import Nest

__all__ = ["Lookup"]

_INDEX: Final = '''
def as_index(x, count):
    """The row of a table that a number means; the nearest, where there is none."""
    return np.clip(np.nan_to_num(x, nan=0.0), 0, count - 1).astype(int)
'''


@dataclass
class Lookup:
    """Writes one look-up.

    Attributes:
        nest: it, or the deposit back.
        tables: gives a name to an array of numbers that is written out.
        rows: the axis of rows; -1 if there is none.
    """

    nest: Nest
    arrays: Arrays
    formulas: Formulas
    tables: Callable[[Any, str], str]
    rows: int

    def look(self, index: Expr, order: Sequence[int]) -> Expr:
        """The entries at an index, which has all axes in an order."""
        numbers = self.arrays.constants(self.nest.entries)
        if numbers is not None:
            table = self.tables(numbers, "TABLE")
            return leaf(f"{table}[{self._row(index)}, {self._column(order)}]", index.shape)
        array, _ = self.arrays.cell(int(self.nest.entries.flat[0]))
        if not array.inner:  # a table of one number
            view = View(array.name, [(":", (self.rows,))] if array.by_row else [])
            return aligned(view, order, self.nest.axes)
        base, where = self._entries(array, index, order)
        return leaf(f"{base}[{where}]", index.shape)

    def drop(self, d: Expr, index: Expr, order: Sequence[int]) -> tuple[Statement, Array]:
        """The statement that adds adjoints to those of the entries, and the table."""
        array, _ = self.arrays.cell(int(self.nest.entries.flat[0]))
        if not array.inner:
            axes = [k for k, axis in enumerate(order) if not (array.by_row and axis == self.rows)]
            added = total(d, axes) if axes else d
            return Assign(f"d_{array.name}", "", added, True, owned=True), array
        base, where = self._entries(array, index, order)
        return Run(f"np.add.at(d_{base}, ({where}), {d})", f"d_{array.name}"), array

    def _row(self, index: Expr) -> str:
        name = self.formulas.helper("as_index", _INDEX)
        return f"{name}({index}, {len(self.nest.entries)})"

    def _column(self, order: Sequence[int]) -> str:
        """The columns of the table that are looked at."""
        columns = np.asarray(self.nest.columns)
        if columns.size == 1:
            return str(int(columns.flat[0]))
        changing = [axis for axis in range(columns.ndim) if columns.shape[axis] > 1]
        whole = columns.reshape([columns.shape[axis] for axis in changing])
        view = View(self.tables(whole, "COLUMNS"), [(":", (axis,)) for axis in changing])
        return str(aligned(view, order, self.nest.axes))

    def _entries(self, array: Array, index: Expr, order: Sequence[int]) -> tuple[str, str]:
        """The code of the array that holds the table, and the index of the entries there."""
        entries = self.nest.entries
        places = self.arrays.place_of[entries]
        row, column, lead = self._row(index), self._column(order), self._lead(array, order)
        in_order = np.array_equal(places, np.arange(entries.size).reshape(entries.shape))
        if in_order and array.inner == entries.shape:
            return array.name, f"{lead}{row}, {column}"
        if in_order and array.inner == (len(entries),):
            return array.name, f"{lead}{row}"
        where = f"{lead}{self.tables(places, 'ENTRIES')}[{row}, {column}]"
        if len(array.inner) == 1:
            return array.name, where
        return f"{array.name}.reshape({'rows, ' if array.by_row else ''}-1)", where

    def _lead(self, array: Array, order: Sequence[int]) -> str:
        """The index of the rows, where each has a table of its own."""
        if not array.by_row:
            return ""
        after = len(order) - 1 - list(order).index(self.rows)
        return f"np.arange(rows)[:{', None' * after}], " if after else "np.arange(rows), "
