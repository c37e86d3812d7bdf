"""Sums of products as code: ``@`` where one axis is summed, ``.sum()``, else ``np.einsum``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from autograd_nn.jit.backends.text.python.expressions import (
    Expr,
    call,
    leaf,
    number,
    product,
    total,
)
from autograd_nn.jit.backends.text.python.views import View, aligned

__all__ = ["Operand", "Sums", "operand", "turned"]

_LETTERS: Final = "ijklmnopqrstuvwxyz"
_LARGE: Final = 20_000  # points, from which on the order of an ``einsum`` is worth a search

Operand = View | float | Expr  # a part of an array, a number, or what is written already


@dataclass
class Sums:
    """Writes the sums of a nest.

    Attributes:
        sizes: of all axes.
        summed: the axes that are summed.
        rows: the axis of rows; -1 if there is none.
        factor: what every sum is multiplied by.
    """

    sizes: Sequence[int]
    summed: list[int]
    rows: int
    factor: float

    def product(self, operands: Sequence[Any], axes: Sequence[int]) -> Expr:
        """The product of operands; a number comes first, and what is divided by last."""
        factors = [operand(x, axes, self.sizes) for x in operands]
        for x in [x for x in factors if x.op == "/"]:
            count = next((y for y in factors if y.op == "leaf" and y.args == x.args[1].args), None)
            if count is not None:  # as many times a share of as many
                factors = [x.args[0] if y is x else y for y in factors if y is not count]
        plain = [x for x in factors if x.op not in ("number", "/")]
        found = number(self.factor)
        for x in [x for x in factors if x.op == "number"]:
            found = product(found, x)
        for x in [*plain, *(x for x in factors if x.op == "/")]:
            found = product(found, x)
        return found

    def sum(self, operands: list[Any], order: list[int]) -> Expr:
        """The sum of the products of operands, with the axes that are left in an order."""
        if not self.summed:
            outer = self._outer(operands, order)
            return outer if outer is not None else self.product(operands, order)
        views = [x for x in operands if isinstance(x, View) and x.order]
        others = [x for x in operands if not (isinstance(x, View) and x.order)]
        have = {axis for x in views for axis in x.order}
        times = [self._count(axis) for axis in self.summed if axis not in have]
        if not views:
            found = number(1.0)
        elif len(views) == 1:
            found = self.along(aligned_own(views[0], self.sizes), views[0].order, order)
        elif len(views) == 2 and same(views):
            own = aligned_own(views[0], self.sizes)
            found = self._square(own, views[0].order, order)
        elif len(views) == 2:
            found = self._matmul(views[0], views[1], order) or self._einsum(views, order)
        else:
            found = self._einsum(views, order)
        factor = self.product([*times, *others], [])
        if factor.op == "/" and factor.args[0].op == "number":
            return product(product(factor.args[0], found), number(1.0) / factor.args[1])
        return product(factor, found)

    def _count(self, axis: int) -> Expr:
        """How many points an axis has."""
        return leaf("rows", ()) if axis == self.rows else number(float(self.sizes[axis]))

    def _outer(self, operands: list[Any], order: list[int]) -> Expr | None:
        """``np.outer``, of two vectors that are the result's two axes."""
        views = [x for x in operands if isinstance(x, View) and x.order]
        if len(views) != 2 or len(order) != 2 or self.factor != 1.0 or len(operands) != 2:
            return None
        by_axis = {x.order[0]: x for x in views if len(x.order) == 1}
        if sorted(by_axis) != sorted(order):
            return None
        a, b = (aligned(by_axis[axis], [axis], self.sizes) for axis in order)
        return call("np.outer", a, b, shape=(*a.shape, *b.shape))

    def along(self, x: Expr, own: list[int], order: list[int]) -> Expr:
        """An expression with axes in an order of its own, summed."""
        axes = [k for k, axis in enumerate(own) if axis in self.summed]
        found = total(x, axes) if axes else x
        left = [axis for axis in own if axis not in self.summed]
        return turned(found, left, order, self.sizes)

    def _square(self, x: Expr, own: list[int], order: list[int]) -> Expr:
        if len(own) == 1 and not order:
            return Expr("@", (x, x), ())
        return self.along(product(x, x), own, order)

    def _matmul(self, a: View, b: View, order: list[int]) -> Expr | None:
        """``a @ b``, or of two with the same axes ``(a * b).sum()``; None where neither fits."""
        if a.order == b.order and (len(a.order) > 1 or a.order != self.summed):
            terms = product(aligned_own(a, self.sizes), aligned_own(b, self.sizes))
            return self.along(terms, a.order, order)
        if len(self.summed) != 1 or self.summed[0] not in a.order or self.summed[0] not in b.order:
            return None
        (axis,) = self.summed
        free = [[k for k in x.order if k != axis] for x in (a, b)]
        if set(free[0]) & set(free[1]):
            return None
        if len(free[0]) > 1 or len(free[1]) > 1:
            return None
        turn = [*free[0], *free[1]] != order
        if len(free[0]) + len(free[1]) == 1:  # a matrix and a vector: whichever needs no ``.T``
            matrix = a if free[0] else b
            turn = (matrix is b) == (matrix.order[1] == axis)
        if turn:
            a, b, free = b, a, free[::-1]
        left = aligned(a, [*free[0], axis], self.sizes)
        right = aligned(b, [axis, *free[1]], self.sizes)
        found = Expr("@", (left, right), tuple(self.sizes[k] for k in [*free[0], *free[1]]))
        return turned(found, [*free[0], *free[1]], order, self.sizes)

    def _einsum(self, views: Sequence[View], order: list[int]) -> Expr:
        letter = dict(zip(range(len(self.sizes)), _LETTERS, strict=False))
        left = ",".join("".join(letter[axis] for axis in x.order) for x in views)
        have = {axis for x in views for axis in x.order}
        right = [axis for axis in order if axis in have]
        text = f'"{left}->{"".join(letter[axis] for axis in right)}"'
        operands = [aligned_own(x, self.sizes) for x in views]
        shape = tuple(self.sizes[axis] for axis in right)
        large = ["optimize=True"] if prod(self.sizes) > _LARGE else []
        found = call("np.einsum", text, *operands, *large, shape=shape)
        return turned(found, right, order, self.sizes)


def operand(x: Operand, target: Sequence[int], sizes: Sequence[int]) -> Expr:
    """An operand with its axes in an order, broadcast along those that it lacks."""
    if isinstance(x, Expr):
        return x
    return number(x) if isinstance(x, float) else aligned(x, target, sizes)


def aligned_own(view: View, sizes: Sequence[int]) -> Expr:
    """A view with its axes as they are."""
    return aligned(view, view.order, sizes)


def same(views: Sequence[View]) -> bool:
    a, b = views
    return a.base == b.base and a.parts == b.parts


def turned(x: Expr, have: list[int], want: list[int], sizes: Sequence[int]) -> Expr:
    """An expression with some axes, for a result with these and others in another order."""
    ordered = [axis for axis in want if axis in have]
    text = x.text(9)
    shape = tuple(sizes[axis] for axis in ordered)
    if ordered != have:
        if len(have) == 2:
            text += ".T"
        else:
            text += f".transpose({', '.join(str(have.index(axis)) for axis in ordered)})"
        x = leaf(text, shape)
    if ordered == want:
        return x
    present = want[want.index(ordered[0]) :] if ordered else []
    if present == ordered:
        return x
    parts = [":" if axis in ordered else "None" for axis in present]
    while parts and parts[-1] == ":":
        parts.pop()
    shape = tuple(sizes[axis] if axis in ordered else 1 for axis in present)
    return leaf(f"{text}[{', '.join(parts)}]", shape)
