"""Stage 5, the forward pass: from packs to prepared NumPy calls.

All numbers lie in one flat buffer: first a zero and the two infinities, which padding
reads, then the arguments, the constants, and each pack.

What is left out: the way back, which is ``adjoint``; guards and the cache, which are
``program``'s and ``api``'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from math import prod
from typing import Any

import numpy as np

from autograd_nn.jit.address import Access, Layout, contiguous, layout
from autograd_nn.jit.contract import Call, Named, named, spread
from autograd_nn.jit.lifting.packs import PADDING, PADS, Block, Pack, Packing
from autograd_nn.jit.lookups import LookUp
from autograd_nn.jit.ordered import ordered_sum
from autograd_nn.jit.outside import LARGE, Outside
from autograd_nn.jit.reductions import Extreme
from autograd_nn.jit.straight import straight_forward, texts
from autograd_nn.jit.sums import Terms, sum_calls
from autograd_nn.ops import CODES, PRIMITIVES, Trait

__all__ = ["Runner", "is_small", "layouts_of"]

SMALL_TERMS = 24  # a NumPy call costs about as much as this many lines of Python on floats
SMALL_OPERATIONS = 6
SMALL_CHOICES = 100
RELU, EXP = CODES["relu"], CODES["exp"]
FIRST_MAX, FIRST_MIN = CODES["first_max"], CODES["first_min"]


def is_small(pack: Pack, rows: bool) -> bool:
    """Whether a pack runs faster as straight-line Python than as NumPy calls."""
    if rows or pack.table is not None:
        return False
    if pack.code in (FIRST_MAX, FIRST_MIN):  # several NumPy calls each
        return pack.terms <= SMALL_CHOICES
    is_operation = pack.code and not pack.is_reduction
    return pack.terms <= (SMALL_OPERATIONS if is_operation else SMALL_TERMS * len(pack.blocks))


def layouts_of(packing: Packing) -> dict[int, list[Layout]]:
    """The loop nest of every block of every pack that is not small, by the pack's region."""
    regions = packing.regions

    def sizes(block: Block) -> tuple[int, int]:
        return regions[block.a_region].size, regions[block.b_region].size

    return {
        p.region: [] if p.table is not None else [layout(b, sizes(b)) for b in p.blocks]
        for p in packing.packs
        if not is_small(p, regions[p.region].rows)
    }


class Runner:
    """A packing with its buffers and calls, for one number of rows.

    Args:
        packing: the packs.
        layouts: of ``layouts_of(packing)``.
        constants: the numbers of the region of constants, which comes after the arguments'.
        constant_region: which region that is.
        by_cell: the regions from which results and compared numbers are read.
        rows: how many rows.

    Attributes:
        values: the buffer.
        outside: the regions of large arguments, which are not in the buffer.
        base: for each region its first cell; those outside have numbers beyond the buffer.
        cell_count: how many cells there are, those outside included.
        in_place: of each pack that is computed in the place of its only operand, that region.
        operands: of each pack that is not small, the arrays that its calls read.
    """

    def __init__(
        self,
        packing: Packing,
        layouts: dict[int, list[Layout]],
        constants: list[float],
        constant_region: int,
        by_cell: set[int],
        rows: int = 1,
    ) -> None:
        self.packing, self.layouts, self.rows = packing, layouts, rows
        self.constant_region = constant_region
        self.outside: dict[int, Outside] = {
            k: Outside(self.size(k))
            for k in range(constant_region)
            if self.size(k) >= LARGE and k not in by_cell and self._is_read_in_views(k)
        }
        self.in_place = self._in_place(by_cell)
        inside = [k for k in range(len(packing.regions)) if k not in self.outside]
        self.base: list[int] = [0] * len(packing.regions)
        self.cell_count = len(PADDING)
        for k in (*inside, *self.outside):
            if k in self.in_place:
                self.base[k] = self.base[self.in_place[k]]
            else:
                self.base[k] = self.cell_count
                self.cell_count += self.size(k)
        self.values = np.zeros(self.cell_count - sum(len(x.own) for x in self.outside.values()))
        self.values[: len(PADDING)] = PADDING
        start = self.base[constant_region]
        self.values[start : start + len(constants)] = constants
        self.texts = texts(constants, start)
        self.operands: dict[int, list[list[Named]]] = {}
        self.lookups: dict[int, LookUp] = {}
        self.extremes: dict[int, Extreme] = {}
        # What a program prepares for these buffers when it is first needed.
        self.tests: list[Any] | None = None
        self.roots: Any = None
        self.adjoints: dict[Any, Any] = {}
        self._filled: dict[float, Any] = {}
        self._scratch = np.empty(0)
        self.calls: list[Call] = []
        for small, run in groupby(packing.packs, self.is_small):
            packs = list(run)
            if small:
                self.calls += straight_forward(packs, self.base, self.values, self.texts)
            else:
                for p in packs:
                    self._prepare(p)
        for each in self.outside.values():
            each.collect(self.calls)

    def _is_read_in_views(self, region: int) -> bool:
        """Whether nothing reads single cells of a region."""
        readers = [p for p in self.packing.packs if region in p.operands]
        return all(
            not self.is_small(p)
            and p.table is None
            and all(
                access is None or access.gather is None or region != read
                for block, nest in zip(p.blocks, self.layouts[p.region], strict=True)
                for read, access in ((block.a_region, nest.a), (block.b_region, nest.b))
            )
            for p in readers
        )

    def _in_place(self, by_cell: set[int]) -> dict[int, int]:
        """The packs that may overwrite their operand: nothing else reads it, nor the way back.

        So the operand is a sum, whose adjoint asks for its terms only, and the operation one
        whose slope is known from its result.
        """
        makers = {p.region: p for p in self.packing.packs}
        readers = Counter(r for p in self.packing.packs for r in p.operands)
        found: dict[int, int] = {}
        for p in self.packing.packs:
            maker = makers.get(p.blocks[0].a_region)
            if p.code in (RELU, EXP) and maker is not None and not self.is_small(p):
                (nest,) = self.layouts[p.region]
                alone = readers[maker.region] == 1 and maker.region not in by_cell
                same = (p.size, self.rows_of(p)) == (maker.size, self.rows_of(maker))
                straight = (*contiguous(nest.results), *[0] * len(nest.terms))
                aligned = same and nest.a.gather is None and nest.a.strides == straight
                if alone and aligned and maker.code == 0 and not self.is_small(maker):
                    found[p.region] = maker.region
        return found

    def is_small(self, p: Pack) -> bool:
        """Whether a pack is run as straight-line Python."""
        return p.region not in self.layouts

    # -- views ---------------------------------------------------------------------------

    def size(self, region: int) -> int:
        """How many numbers a region has, in all rows."""
        found = self.packing.regions[region]
        return found.size * (self.rows if found.rows else 1)

    def cells(self, region: int) -> slice:
        """Where a region lies in the buffers."""
        return slice(self.base[region], self.base[region] + self.size(region))

    def cells_of(self, place: tuple[int, int]) -> Any:
        """The cell of a number, by its region and position; for each row, where there are rows."""
        region, position = place
        if self.rows == 1:
            return [self.base[region] + position]
        found = self.packing.regions[region]
        step = found.size if found.rows else 0
        return self.base[region] + position + step * np.arange(self.rows)

    def rows_of(self, p: Pack) -> int:
        """How many rows a pack's results have."""
        return self.rows if self.packing.regions[p.region].rows else 1

    def sizes(self, p: Pack, nest: Layout) -> tuple[int, ...]:
        """The sizes of the axes of a pack's calls: the rows, the results, the terms."""
        return (self.rows_of(p), *nest.results, *nest.terms)

    def result(self, buffer: Any, p: Pack, nest: Layout) -> Named:
        """A pack's results in one of the buffers."""
        strides = (p.size, *contiguous(nest.results), *[0] * len(nest.terms))
        return named(buffer, self.base[p.region], self.sizes(p, nest), strides)

    def strides(self, region: int, access: Access) -> tuple[int, ...]:
        """The strides of an affine operand, that along the rows first."""
        found = self.packing.regions[region]
        return (found.size if found.rows else 0, *access.strides)

    def positions(
        self, region: int, access: Access, sizes: tuple[int, ...], pad: int
    ) -> tuple[Any, tuple[int, ...]]:
        """The cells that an access reads, and the axes along which they change."""
        found = self.packing.regions[region]
        if access.gather is None:
            total = np.full((), self.base[region] + access.start, dtype=np.int64)
            axes = []
            for k, (size, stride) in enumerate(
                zip(sizes, self.strides(region, access), strict=True)
            ):
                if stride and size > 1:
                    total = total[..., None] + stride * np.arange(size)
                    axes.append(k)
            return total, tuple(axes)
        steps = np.arange(sizes[0] if found.rows else 1) * found.size
        at = steps.reshape(-1, *[1] * access.gather.ndim) + access.gather + self.base[region]
        at = np.where(access.gather < 0, pad, at)
        kept = tuple(k for k, size in enumerate(at.shape) if size > 1)
        return np.ascontiguousarray(at.reshape([at.shape[k] for k in kept])), kept

    def operand(self, region: int, access: Access, sizes: tuple[int, ...], pad: int) -> Named:
        """An operand's numbers, by a view or by a gather that runs before it is used."""
        if access.gather is None:
            strides = self.strides(region, access)
            if region in self.outside:
                return named(self.outside[region].own, access.start, sizes, strides)
            return named(self.values, self.base[region] + access.start, sizes, strides)
        at, axes = self.positions(region, access, sizes, pad)
        gathered = self.values[at]
        if region != self.constant_region:
            self.calls.append(partial(np.take, self.values, at, None, gathered, "clip"))
        return Named(gathered, axes)

    def filled(self, x: float, shape: tuple[int, ...]) -> Any:
        """An array of this shape full of ``x``: NumPy is faster with it than with a number."""
        size = prod(shape)
        if size > len(self._filled.get(x, ())):
            self._filled[x] = np.full(size, x)
        return self._filled[x][:size].reshape(shape)

    def scratch(self, shape: tuple[int, ...]) -> Any:
        """An array of this shape for what is used up at once."""
        size = prod(shape)
        if size > len(self._scratch):
            self._scratch = np.empty(size)
        return self._scratch[:size].reshape(shape)

    # -- calls ---------------------------------------------------------------------------

    def _prepare(self, p: Pack) -> None:
        if p.table is not None:
            self.lookups[p.region] = LookUp(self, p)
            return
        if p.is_reduction:
            self.extremes[p.region] = Extreme(self, p)
            return
        operands = self.operands[p.region] = [
            self._operands(block, nest, self.sizes(p, nest))
            for block, nest in zip(p.blocks, self.layouts[p.region], strict=True)
        ]
        nests = self.layouts[p.region]
        if p.code:
            out = self.result(self.values, p, nests[0])
            self.calls += self._apply(p, operands[0], out)
            return
        if p.exact and p.terms > p.size:
            self.calls += ordered_sum(self, p, operands)
            return
        blocks = zip(p.blocks, nests, operands, strict=True)
        self.calls += sum_calls(
            [
                Terms(read, block.sign * nest.repeats, self.result(self.values, p, nest))
                for block, nest, read in blocks
            ]
        )

    def _operands(self, block: Block, nest: Layout, sizes: tuple[int, ...]) -> list[Named]:
        """What a block reads; both operands of a square are one object."""
        read = [self.operand(block.a_region, nest.a, sizes, PADS[0])]
        if nest.b is not None:
            same = block.a_region == block.b_region and _same(nest.a, nest.b)
            read.append(read[0] if same else self.operand(block.b_region, nest.b, sizes, PADS[0]))
        return read

    def _apply(self, p: Pack, read: list[Named], out: Named) -> list[Call]:
        """Calls for an operation of the table."""
        code, row = p.code, PRIMITIVES[p.code]
        function = row.array
        operands = [spread(x, out.axes) for x in read]
        if p.exact and Trait.SAME_BITS not in row.traits:
            function = np.frompyfunc(row.scalar, row.arity, 1)
            return [partial(_assign, out.array, function, operands)]
        if code == RELU:
            zeros = self.filled(0.0, operands[0].shape)
            return [partial(np.maximum, operands[0], zeros, out=out.array)]
        if isinstance(function, np.ufunc):
            return [partial(function, *operands, out=out.array)]
        return [partial(_assign, out.array, function, operands)]

    def forward(self) -> None:
        """Compute every number from the arguments that lie in ``values``."""
        for call in self.calls:
            call()

    # -- arguments -----------------------------------------------------------------------

    def load(self, groups: Sequence[Any]) -> None:
        """Read the numbers of all arguments."""
        for k, numbers in enumerate(groups):
            self.load_group(k, numbers)

    def load_group(self, region: int, numbers: Any) -> None:
        """Read the numbers of a region: a large one's where they lie, others into the buffer."""
        start = self.base[region]
        if region in self.outside:
            self.outside[region].read(numbers)
        elif type(numbers) is np.ndarray:
            self.values[start : start + numbers.size] = numbers.reshape(-1)
        elif len(numbers) == 1:
            self.values[start] = numbers[0]
        else:
            self.values[start : start + len(numbers)] = numbers

    def release(self) -> None:
        """Let go of the caller's arrays."""
        for each in self.outside.values():
            each.release()


def _same(a: Access, b: Access) -> bool:
    if a.gather is None or b.gather is None:
        return a.gather is b.gather and a.start == b.start and a.strides == b.strides
    return bool(np.array_equal(a.gather, b.gather))


def _assign(out: Any, function: Any, operands: list[Any]) -> None:
    out[...] = function(*operands)
