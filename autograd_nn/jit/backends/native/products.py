"""Large products of matrices, which are left to NumPy's BLAS.

A BLAS packs its operands for the caches: that pays where they are far larger than those, or where
long rows are multiplied.  Up to there nests are as fast or faster (measured with OpenBLAS 0.3 on
a processor with vectors of eight doubles).

What is left out: small products, which are nests like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.native.forms import simplified
from autograd_nn.jit.plan import Access, Item, Nest

__all__ = ["BoundProduct", "Product", "product_of"]

#: More multiplications than these are worth a BLAS, if no side is shorter than the second.
_LARGE: Final = 2**25
_SHORT: Final = 8
#: Fewer are, too, where so long rows are multiplied.
_LONG: Final = 1000
_FEW: Final = 64**3


@dataclass(frozen=True)
class _View:
    """A matrix in a buffer: its first cell, and how far rows and columns lie apart."""

    buffer: int
    start: int
    shape: tuple[int, int]
    steps: tuple[int, int]

    def of(self, buffers: Sequence[Any]) -> Any:
        """The matrix."""
        cells = buffers[self.buffer]
        unit = cells.itemsize
        steps = (self.steps[0] * unit, self.steps[1] * unit)
        return np.ndarray(self.shape, cells.dtype, cells, self.start * unit, steps)


@dataclass(frozen=True)
class Product:
    """``c = factor * a @ b``, or added to what is there."""

    a: _View
    b: _View
    c: _View
    factor: float
    add: bool

    def bind(self, buffers: Sequence[Any]) -> BoundProduct:
        """The product on a set of buffers."""
        return BoundProduct(self, [*buffers])


class BoundProduct:
    """A product, ready to run on one set of buffers."""

    def __init__(self, product: Product, buffers: list[Any]) -> None:
        self._product, self._buffers = product, buffers
        self._plain = not product.add and product.factor == 1.0
        self._scratch = None if self._plain else np.empty(product.c.shape)
        self._look()

    def _look(self) -> None:
        views = (self._product.a, self._product.b, self._product.c)
        self._a, self._b, self._c = (view.of(self._buffers) for view in views)

    def __call__(self) -> None:
        """Compute it."""
        if self._plain:
            np.matmul(self._a, self._b, out=self._c)
            return
        found = np.matmul(self._a, self._b, out=self._scratch)
        if self._product.factor != 1.0:
            found *= self._product.factor
        if self._product.add:
            self._c += found
        else:
            self._c[...] = found

    def attach(self, buffer: int, array: Any) -> None:
        """From now on, work on this array in the place of a buffer."""
        self._buffers[buffer] = array
        product = self._product
        if buffer in (product.a.buffer, product.b.buffer, product.c.buffer):
            self._look()


def product_of(item: Item) -> Product | None:
    """A nest as one large product of two matrices, if it is one."""
    if not isinstance(item, Nest) or item.kind != "sum" or len(item.reads) != 2:
        return None
    if item.exact or item.scatter or item.plus is not None or item.points < _FEW:
        return None
    nest = simplified(item)
    a, b = nest.reads
    accesses = (a, b, nest.write)
    if len(nest.axes) != 3 or any(x.table is not None or any(x.steps) for x in accesses):
        return None
    if min(nest.axes) < _SHORT or any(min(x.strides) < 0 for x in accesses):
        return None
    along = {tuple(x.changes(axis) for x in accesses): axis for axis in range(3)}
    if set(along) != {(True, False, True), (False, True, True), (True, True, False)}:
        return None
    m, n, k = along[True, False, True], along[False, True, True], along[True, True, False]
    if nest.points <= _LARGE and nest.axes[k] < _LONG:
        return None
    views = [_view(nest, x, p, q) for x, p, q in ((a, m, k), (b, k, n), (nest.write, m, n))]
    if any(1 not in view.steps for view in views):
        return None  # NumPy would not hand it to the BLAS
    first, second, result = views
    if result.steps[1] != 1:  # the other way round, so that rows of the result are whole
        first, second, result = (_turned(view) for view in (second, first, result))
    return Product(first, second, result, nest.factor, nest.add)


def _view(nest: Nest, access: Access, rows: int, columns: int) -> _View:
    shape = nest.axes[rows], nest.axes[columns]
    return _View(
        access.buffer, access.start, shape, (access.strides[rows], access.strides[columns])
    )


def _turned(view: _View) -> _View:
    return _View(view.buffer, view.start, view.shape[::-1], view.steps[::-1])
