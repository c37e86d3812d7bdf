"""Nests as statements: elementwise arithmetic, ``@``, ``np.einsum``, and what has no short form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.python.arrays import Array, Arrays, Place, cut_needed
from autograd_nn.jit.backends.text.python.expressions import (
    Expr,
    call,
    leaf,
    number,
    product,
)
from autograd_nn.jit.backends.text.python.formulas import Formulas
from autograd_nn.jit.backends.text.python.names import shape_code, tuple_code
from autograd_nn.jit.backends.text.python.statements import Assign, Run, Statement
from autograd_nn.jit.backends.text.python.sums import Operand, Sums, operand, turned
from autograd_nn.jit.backends.text.python.views import View, aligned, view_of
from autograd_nn.jit.lifting.storage import split
from autograd_nn.jit.plan import VALUES, Access, Nest
from autograd_nn.ops import CODES

__all__ = ["Nests"]

MAXIMUM: Final = CODES["maximum"]
_SHARES: Final = '''
def shares(x, y, axes):
    """The slope of the largest (or smallest) y of x along each x; ties share it.

    As in max(max(a, b), c): each takes half of what the later ones leave.
    """
    last = tuple(range(x.ndim - axes, x.ndim))
    equal = (x == np.expand_dims(y, last)).reshape(*x.shape[: x.ndim - axes], -1)
    after = np.cumsum(equal[..., ::-1], axis=-1)[..., ::-1]
    first = equal & (after == after[..., :1])
    parts = np.where(equal, 0.5 ** (after - first), 0.0).reshape(x.shape)
    return np.where(np.isnan(np.expand_dims(y, last)), np.nan, parts)
'''
_INDEX: Final = '''
def as_index(x, count):
    """The row of a table that a number means; the nearest, where there is none."""
    return np.clip(np.nan_to_num(x, nan=0.0), 0, count - 1).astype(int)
'''


class Nests:
    """Writes nests.

    Args:
        arrays: of the plan.
        formulas: of the table.
        tables: gives a name to an array of numbers that is written out.
        seed: the adjoint of the result, by its array, where it is one expression.
    """

    def __init__(
        self,
        arrays: Arrays,
        formulas: Formulas,
        tables: Callable[[Any, str], str],
        seed: dict[Array, Expr],
    ) -> None:
        self.arrays, self.formulas, self.tables, self.seed = arrays, formulas, tables, seed

    def statement(self, nest: Nest, loops: Sequence[tuple[str, int]]) -> tuple[Statement, Array]:
        """The statement of a nest, and the array that it sets."""
        return _One(self, nest, loops).statement()

    def scalar(self, cell: int, adjoint: bool = False) -> Expr:
        """One cell, of the values or the adjoints."""
        constant = self.arrays.number(cell)
        if constant is not None and not adjoint:
            return number(constant)
        array, offset = self.arrays.cell(cell)
        if adjoint and array in self.seed:
            return self.seed[array]
        name = f"d_{array.name}" if adjoint else array.name
        view = view_of(name, Place(array, offset), (), (), -1, self._index_table)
        return aligned(view, (), ())

    def _index_table(self, table: Any) -> str:
        return self.tables(table, "INDEX")


class _One:
    """One nest on its way to a statement."""

    def __init__(self, nests: Nests, nest: Nest, loops: Sequence[tuple[str, int]]) -> None:
        self.nests, self.loops = nests, loops
        self.counts = tuple(count for _, count in loops)
        self.nest = self._cut(nest)
        self.sizes = self.nest.axes
        self.rows = nests.arrays.rows_axis(self.sizes)
        self.kept = list(range(len(self.sizes) if self.nest.writes_all else self.nest.kept))
        self.summed = list(range(len(self.kept), len(self.sizes)))

    def _cut(self, nest: Nest) -> Nest:
        """The nest with its axes cut where an array has two axes."""
        arrays = self.nests.arrays
        while True:
            for access, axes in arrays.accesses(nest):
                place = arrays.place(access, axes, self.counts)
                if place.array is None or place.table is not None:
                    continue
                for axis, (n, stride) in enumerate(zip(axes, place.strides, strict=True)):
                    inner = cut_needed(place.array.inner, place.offset, stride, n)
                    if inner and axis != arrays.rows_axis(axes):
                        nest = split(nest, axis, inner)
                        break
                else:
                    continue
                break
            else:
                return nest

    # -- operands --------------------------------------------------------------------------

    def _view(self, access: Access, axes: Sequence[int]) -> Operand:
        """What an access reads: a view, or a number."""
        arrays = self.nests.arrays
        place = arrays.place(access, axes, self.counts)
        if place.array is None:
            return self._constants(place.numbers)
        adjoint = access.buffer % 2 != VALUES
        if adjoint and place.array in self.nests.seed:
            return self.nests.seed[place.array]
        name = f"d_{place.array.name}" if adjoint else place.array.name
        return view_of(
            name, place, axes, self.loops, arrays.rows_axis(axes), self.nests._index_table
        )

    def _constants(self, numbers: Any) -> View | float:
        bits = np.ascontiguousarray(numbers).view(np.int64)
        if (bits == bits.flat[0]).all():
            return float(numbers.flat[0])
        index: list[str] = []
        parts: list[tuple[str, tuple[int, ...]]] = []
        squeezed = numbers
        loops = len(self.loops)
        for k in range(numbers.ndim - 1, -1, -1):
            one = squeezed.take([0], k)
            if np.array_equal(np.broadcast_to(one, squeezed.shape), squeezed, equal_nan=True):
                squeezed = squeezed.take(0, k)
            elif k >= loops:
                parts.insert(0, (":", (k - loops,)))
            else:
                index.insert(0, self.loops[k][0])
        name = self.nests.tables(squeezed, "CONSTANTS")
        return View(name, [*((text, ()) for text in index), *parts])

    def _aligned(self, x: Operand, target: Sequence[int]) -> Expr:
        return operand(x, target, self.sizes)

    # -- the whole -------------------------------------------------------------------------

    def statement(self) -> tuple[Statement, Array]:
        nest = self.nest
        operands = [self._view(read, nest.axes) for read in nest.reads]
        if nest.kind == "drop":
            return self._drop(operands)
        kept = tuple(self.sizes[axis] for axis in self.kept)
        access, axes = self.nests.arrays.accesses(nest)[-1]
        place = self.nests.arrays.place(access, axes, self.counts)
        assert place.array is not None
        adjoint = nest.write.buffer % 2 != VALUES
        name = ("d_" if adjoint else "") + place.array.name
        rows = self.nests.arrays.rows_axis(kept)
        target = view_of(name, place, kept, self.loops, rows, self.nests._index_table)
        order = target.order
        rest = [axis for axis in self.kept if axis not in order]
        if not nest.writes_all:  # several points that write to one cell are added up there
            self.summed = [axis for axis in rest if self.sizes[axis] > 1] + self.summed
        self.sums = Sums(self.sizes, self.summed, self.rows, nest.factor)
        expr = self._result(operands, order)
        if nest.exact and nest.add and nest.kind == "sum" and self.summed:
            before = aligned(target, order, self.sizes)
            return Assign(
                name, _index(target, name), self._running(before, operands, order)
            ), place.array
        if nest.add and target.repeats:
            where = ", ".join("slice(None)" if text == ":" else text for text, _ in target.parts)
            where = f"({where})" if len(target.parts) > 1 else where
            return Run(f"np.add.at({target.base}, {where}, {expr})", name), place.array
        shape = None
        sizes = place.array.shape
        whole = _index(target, name).endswith(")[...]") and not nest.add and not place.array.by_row
        if whole and prod(expr.shape) == prod(sizes):
            flat = leaf(f"{expr.text(9)}.reshape{tuple_code([str(n) for n in sizes])}", sizes)
            return Assign(name, "", flat), place.array
        if not _index(target, name):
            shape = tuple(self.sizes[axis] for axis in order), shape_code(place.array)
        made = Assign(name, _index(target, name), expr, nest.add, shape=shape, owned=adjoint)
        return made, place.array

    def _result(self, operands: list[Any], order: list[int]) -> Expr:
        nest = self.nest
        if nest.kind == "sum":
            if nest.exact:
                found = self._in_order(operands, order)
            else:
                found = self.sums.sum(operands, order)
            if nest.plus is not None and (nest.plus or not self.summed):
                found = found + number(nest.plus)
            return found
        if nest.kind == "row":
            formulas = self.nests.formulas
            write_row = formulas.exact if nest.exact else formulas.row
            return write_row(nest.code, [self._aligned(x, order) for x in operands])
        if nest.kind == "slope":
            return self._slope(operands, order)
        if nest.kind == "extreme":
            x = self._whole(
                self._aligned(operands[0], [*order, *self.summed]), [*order, *self.summed]
            )
            name = "max" if nest.code == MAXIMUM else "min"
            axes = _last(len(self.summed))
            shape = tuple(self.sizes[axis] for axis in order)
            return leaf(f"{x.text(9)}.{name}({axes if shape else ''})", shape)
        if nest.kind == "share":
            return self._share(operands, order)
        assert nest.kind == "look"
        return self._look(operands[0], order)

    def _whole(self, x: Expr, axes: Sequence[int]) -> Expr:
        """An expression with all the axes, where one is missing."""
        shape = tuple(self.sizes[axis] for axis in axes)
        return x if x.shape == shape else call("np.broadcast_to", x, self._shape(axes), shape=shape)

    def _shape(self, axes: Sequence[int]) -> str:
        return tuple_code(["rows" if axis == self.rows else str(self.sizes[axis]) for axis in axes])

    # -- exact sums ----------------------------------------------------------------------

    def _in_order(self, operands: list[Any], order: list[int]) -> Expr:
        """An exact sum: a comparison reads it, so its terms are added one by one."""
        terms = self.sums.product(operands, [*order, *self.summed])
        if not self.summed:
            return terms
        return self._accumulated(self._whole(terms, [*order, *self.summed]), order)

    def _running(self, before: Expr, operands: list[Any], order: list[int]) -> Expr:
        """An exact sum that goes on from what is there."""
        every = [*order, *self.summed]
        terms = self._whole(self.sums.product(operands, every), every)
        flat = _flat(terms, order, self.rows, self.sizes)
        start = before.text(9) + (f"[{', '.join([':'] * len(order) + ['None'])}]" if order else "")
        start = start if order else f"[{before}]"
        joined = f"np.concatenate([{start}, {flat}], axis=-1)"
        shape = tuple(self.sizes[axis] for axis in order)
        return leaf(f"np.cumsum({joined}, axis=-1)[..., -1]", shape)

    def _accumulated(self, terms: Expr, order: list[int]) -> Expr:
        flat = _flat(terms, order, self.rows, self.sizes)
        shape = tuple(self.sizes[axis] for axis in order)
        return leaf(f"np.cumsum({flat}, axis=-1)[..., -1]", shape)

    # -- slopes ----------------------------------------------------------------------------

    def _slope(self, operands: list[Any], order: list[int]) -> Expr:
        nest = self.nest
        every = [*order, *self.summed]
        if self.summed:
            whole = [x for x in operands if isinstance(x, View) and len(x.order) == len(every)]
            fitting = [x.order for x in whole if [k for k in x.order if k in order] == order]
            every = fitting[0] if fitting else every
        d, *rest = [self._aligned(x, every) for x in operands]
        *given, result = rest
        partial = self.nests.formulas.slope(nest.code, nest.operand, given, result)
        if d.op == "/" and d.args[0].op == "number":
            terms = product(
                product(number(nest.factor), product(d.args[0], partial)), number(1.0) / d.args[1]
            )
        else:
            terms = product(number(nest.factor), product(d, partial))
        if not self.summed:
            return terms
        return self.sums.along(self._whole(terms, every), every, order)

    def _share(self, operands: list[Any], order: list[int]) -> Expr:
        kept, summed = order[: self.nest.kept], order[self.nest.kept :]
        natural = list(range(len(self.sizes)))
        name = self.nests.formulas.helper("shares", _SHARES)
        d = self._aligned(operands[0], natural)
        x = self._whole(self._aligned(operands[1], natural), natural)
        outer = natural[: self.nest.kept]
        y = self._whole(self._aligned(operands[2], outer), outer)
        found = product(d, call(name, x, y, str(self.nest.summed), shape=x.shape))
        del kept, summed
        return turned(found, natural, order, self.sizes)

    # -- tables ----------------------------------------------------------------------------

    def _entries(self, index: Expr, order: list[int]) -> tuple[Array, str, str]:
        """The array of a table, and the index of the entries that are meant."""
        arrays, nest = self.nests.arrays, self.nest
        entries = nest.entries
        array, _ = arrays.cell(int(entries.flat[0]))
        places = arrays.place_of[entries]
        name = self.nests.formulas.helper("as_index", _INDEX)
        row = f"{name}({index}, {len(entries)})"
        columns = np.asarray(nest.columns)
        natural = [axis for axis in range(columns.ndim) if columns.shape[axis] > 1]
        lead = "np.arange(rows)" if array.by_row else ""
        if lead:
            after = [axis for axis in order if axis != self.rows]
            at = order.index(self.rows) if self.rows in order else 0
            lead += f"[:{', None' * (len(order) - at - 1)}], " if after[at:] else ", "
        if columns.size == 1:
            column = str(int(columns.flat[0]))
        else:
            whole = columns.reshape([columns.shape[a] for a in natural])
            view = View(self.nests.tables(whole, "COLUMNS"), [(":", (a,)) for a in natural])
            column = str(aligned(view, order, self.sizes))
        inner = array.inner
        width = entries.shape[1]
        plain = np.arange(entries.size).reshape(entries.shape)
        if (places == places.flat[0] + plain).all() and int(places.flat[0]) == 0:
            if inner == entries.shape:
                return array, f"{lead}{row}, {column}", array.name
            if len(inner) == 1 and width == 1:
                return array, f"{lead}{row}", array.name
        table = self.nests.tables(places, "ENTRIES")
        if len(inner) == 1:
            return array, f"{lead}{table}[{row}, {column}]", array.name
        size = "rows, -1" if array.by_row else "-1"
        return array, f"{lead}{table}[{row}, {column}]", f"{array.name}.reshape({size})"

    def _look(self, operand: Any, order: list[int]) -> Expr:
        constants = self.nests.arrays._is_constant[self.nest.entries]
        index = self._whole(self._aligned(operand, order), order)
        shape = tuple(self.sizes[axis] for axis in order)
        if constants.all():
            numbers = self.nests.arrays._numbers[self.nest.entries]
            name = self.nests.tables(numbers, "TABLE")
            row = f"{self.nests.formulas.helper('as_index', _INDEX)}({index}, {len(numbers)})"
            columns = np.asarray(self.nest.columns)
            if columns.size == 1:
                return leaf(f"{name}[{row}, {int(columns.flat[0])}]", shape)
            natural = [axis for axis in range(columns.ndim) if columns.shape[axis] > 1]
            whole = columns.reshape([columns.shape[a] for a in natural])
            view = View(self.nests.tables(whole, "COLUMNS"), [(":", (a,)) for a in natural])
            return leaf(f"{name}[{row}, {aligned(view, order, self.sizes)}]", shape)
        _, where, base = self._entries(index, order)
        return leaf(f"{base}[{where}]", shape)

    def _drop(self, operands: list[Any]) -> tuple[Statement, Array]:
        order = list(range(len(self.sizes)))
        d = self._whole(self._aligned(operands[0], order), order)
        index = self._whole(self._aligned(operands[1], order), order)
        array, where, base = self._entries(index, order)
        return Run(f"np.add.at(d_{base}, ({where}), {d})", f"d_{array.name}"), array


def _index(view: View, name: str) -> str:
    """What follows the name of an array where a part of it is set; "" for all of it."""
    found = view.base.removeprefix(name) + (f"[{view.index}]" if view.index else "")
    if found and not view.index:
        found += "[...]"
    return found


def _flat(terms: Expr, order: Sequence[int], rows: int, sizes: Sequence[int]) -> str:
    """Terms with the summed axes as one."""
    if len(terms.shape) == len(order) + 1:
        return str(terms)
    kept = ["rows" if axis == rows else str(sizes[axis]) for axis in order]
    return f"{terms.text(9)}.reshape({', '.join([*kept, '-1'])})"


def _last(count: int) -> str:
    return "axis=-1" if count == 1 else f"axis={tuple(range(-count, 0))}"
