"""Nests as statements: elementwise arithmetic, ``@``, ``np.einsum``, and what has no short form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.python.arrays import Array, Arrays, Place
from autograd_nn.jit.backends.text.python.expressions import (
    Expr,
    call,
    leaf,
    number,
    product,
)
from autograd_nn.jit.backends.text.python.formulas import Formulas
from autograd_nn.jit.backends.text.python.lookups import Lookup
from autograd_nn.jit.backends.text.python.names import shape_code, tuple_code
from autograd_nn.jit.backends.text.python.shapes import cut_needed
from autograd_nn.jit.backends.text.python.statements import Assign, Run, Statement
from autograd_nn.jit.backends.text.python.sums import Operand, Sums, operand
from autograd_nn.jit.backends.text.python.views import View, aligned, view_of
from autograd_nn.jit.lifting.axes import split_axis
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
        view = view_of(name, Place(array, offset), (), (), -1, self.index_table)
        return aligned(view, (), ())

    def index_table(self, table: Any) -> str:
        """The name of a table of indices."""
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
                        nest = split_axis(nest, axis, inner)
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
            name, place, axes, self.loops, arrays.rows_axis(axes), self.nests.index_table
        )

    def _constants(self, numbers: Any) -> View | float:
        bits: Any = np.array(numbers, order="C").view(np.int64)  # 0.0 is not -0.0
        if (bits == bits.flat[0]).all():
            return float(numbers.flat[0])
        index: list[str] = []
        parts: list[tuple[str, tuple[int, ...]]] = []
        loops = len(self.loops)
        for k in range(bits.ndim - 1, -1, -1):
            if (bits == bits.take([0], k)).all():
                bits = bits.take(0, k)
            elif k >= loops:
                parts.insert(0, (":", (k - loops,)))
            else:
                index.insert(0, self.loops[k][0])
        squeezed = np.array(bits, order="C").view(np.float64)
        name = self.nests.tables(squeezed, "CONSTANTS")
        return View(name, [*((text, ()) for text in index), *parts])

    def _aligned(self, x: Operand, target: Sequence[int]) -> Expr:
        return operand(x, target, self.sizes)

    # -- the whole -------------------------------------------------------------------------

    def statement(self) -> tuple[Statement, Array]:
        """The statement, and the array that it sets."""
        nest, arrays = self.nest, self.nests.arrays
        operands = [self._view(read, nest.axes) for read in nest.reads]
        if nest.kind == "drop":
            every = list(range(len(self.sizes)))
            d, index = (self._whole(self._aligned(x, every), every) for x in operands)
            return self._lookup().drop(d, index, every)
        access, kept = arrays.accesses(nest)[-1]
        place = arrays.place(access, kept, self.counts)
        array = place.array
        assert array is not None
        adjoint = nest.write.buffer % 2 != VALUES
        name = ("d_" if adjoint else "") + array.name
        rows = arrays.rows_axis(kept)
        target = view_of(name, place, kept, self.loops, rows, self.nests.index_table)
        order = target.order
        if not nest.writes_all:  # several points that write to one cell are added up there
            rest = [axis for axis in self.kept if axis not in order]
            self.summed = [axis for axis in rest if self.sizes[axis] > 1] + self.summed
        self.sums = Sums(self.sizes, self.summed, self.rows, nest.factor)
        if nest.exact and nest.add and self.summed:
            before = aligned(target, order, self.sizes)
            running = self._running(before, operands, order)
            return Assign(name, _index(target, name), running), array
        return self._setting(name, target, array, self._result(operands, order), adjoint), array

    def _setting(
        self, name: str, target: View, array: Array, expr: Expr, adjoint: bool
    ) -> Statement:
        """The statement that sets a part of an array, or adds to it."""
        index, add = _index(target, name), self.nest.add
        if add and target.repeats:
            where = ["slice(None)" if text == ":" else text for text, _ in target.parts]
            cells = where[0] if len(where) == 1 else tuple_code(where)
            if expr.shape:  # NumPy 2.4 forgets to broadcast here, where an axis is missing
                expr = self._whole(expr, target.order)
            return Run(f"np.add.at({target.base}, {cells}, {expr})", name)
        reshaped = index.endswith(")[...]") and not add and not array.by_row
        if reshaped and prod(expr.shape) == prod(array.shape):
            sizes = tuple_code([str(n) for n in array.shape])
            return Assign(name, "", leaf(f"{expr.text(9)}.reshape{sizes}", array.shape))
        shape = None
        if not index:
            shape = tuple(self.sizes[axis] for axis in target.order), shape_code(array)
        return Assign(name, index, expr, add, shape=shape, owned=adjoint)

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
            every = [*order, *self.summed]
            x = self._whole(self._aligned(operands[0], every), every)
            name = "max" if nest.code == MAXIMUM else "min"
            axes = _last(len(self.summed))
            shape = tuple(self.sizes[axis] for axis in order)
            return leaf(f"{x.text(9)}.{name}({axes if shape else ''})", shape)
        if nest.kind == "share":
            return self._share(operands, order)
        assert nest.kind == "look"
        return self._lookup().look(self._whole(self._aligned(operands[0], order), order), order)

    def _lookup(self) -> Lookup:
        nests = self.nests
        return Lookup(self.nest, nests.arrays, nests.formulas, nests.tables, self.rows)

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
        if self.summed:  # in the order of an operand, where that fits the result
            whole = [x for x in operands if isinstance(x, View) and len(x.order) == len(every)]
            fitting = [x.order for x in whole if [k for k in x.order if k in order] == order]
            every = fitting[0] if fitting else every
        d, *rest = [self._aligned(x, every) for x in operands]
        *given, result = rest
        partial = self.nests.formulas.slope(nest.code, nest.operand, given, result)
        share = number(1.0)
        if d.op == "/" and d.args[0].op == "number":  # a share of the rows: divided by last
            d, share = d.args[0], number(1.0) / d.args[1]
        terms = product(product(number(nest.factor), product(d, partial)), share)
        if not self.summed:
            return terms
        return self.sums.along(self._whole(terms, every), every, order)

    def _share(self, operands: list[Any], order: list[int]) -> Expr:
        natural = list(range(len(self.sizes)))
        name = self.nests.formulas.helper("shares", _SHARES)
        d = self._aligned(operands[0], natural)
        x = self._whole(self._aligned(operands[1], natural), natural)
        outer = natural[: self.nest.kept]
        y = self._whole(self._aligned(operands[2], outer), outer)
        found = product(d, call(name, x, y, str(self.nest.summed), shape=x.shape))
        # Along an axis that x lacks, each point has a share in the same number.
        lacking = [axis for axis in natural if axis not in order]
        return Sums(self.sizes, lacking, self.rows, 1.0).along(found, natural, order)


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
