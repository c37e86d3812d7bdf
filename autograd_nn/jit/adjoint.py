"""Stage 6, the backward pass: adjoints found at the level of packs.

The adjoints lie in a buffer of the same layout as the numbers.  The adjoint of a gather
is a scatter, of a broadcast a sum, of a matrix product two matrix products.  Adjoints
that no wanted argument needs are skipped.  Only the table in ``ops`` knows derivatives;
of sums and products the adjoint is the contraction with the other factor.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from autograd_nn.jit.address import Access, Layout
from autograd_nn.jit.contract import Call, Named, contract, named, reduce_to, spread
from autograd_nn.jit.lifting.packs import PADDING, PADS, Block, Pack, dependents
from autograd_nn.jit.lookups import add_at
from autograd_nn.jit.outside import Outside
from autograd_nn.jit.reductions import Extreme
from autograd_nn.jit.runner import RELU, Runner
from autograd_nn.jit.straight import straight_adjoint
from autograd_nn.ops import PRIMITIVES

__all__ = ["Adjoint"]

Prepare = Callable[[Named], list[Call]]


class Adjoint:
    """The prepared backward pass of a runner, from one result to the wanted regions.

    Args:
        root: region and position of the result.
        wanted: the regions.
        seed: the result's own adjoint (of every row, where it has rows).

    Attributes:
        adjoints: the buffer.
        outside: the wanted regions that are not in the buffer: their slopes are written into
            the arrays that are handed back.
    """

    def __init__(
        self, runner: Runner, root: tuple[int, int], wanted: list[int], seed: float
    ) -> None:
        self.runner, self.wanted = runner, wanted
        self.adjoints = np.zeros(len(runner.values))
        self.outside = {r: Outside(runner.size(r)) for r in wanted if r in runner.outside}
        self._written = np.zeros(runner.cell_count, bool)
        self._unset = np.zeros(runner.cell_count, bool)  # cells that must start from zero
        self.calls: list[Call] = []
        packs = runner.packing.packs
        self.active = dependents(packs, wanted)
        region, position = root
        step = runner.packing.regions[region].size
        cells = slice(runner.base[region] + position, runner.cells(region).stop, step)
        if not runner.packing.regions[region].rows:
            cells = slice(cells.start, cells.start + 1)
        self.calls.append(partial(self.adjoints[cells].fill, seed))
        self._written[cells] = True
        needed = self._in_order(packs, region)
        for small, run in groupby(needed, runner.is_small):
            group = list(run)
            if small:
                self._straight(group)
            else:
                for p in group:
                    self._read(runner.cells(p.region))
                    self._backward(p)
        for w in wanted:
            self._read(runner.cells(w))
        self.calls[:0] = self._clear()
        for each in (*self.outside.values(), *runner.outside.values()):
            each.collect(self.calls)
        del self._written, self._unset

    def _in_order(self, packs: list[Pack], root: int) -> list[Pack]:
        """The packs that pass something on, results before operands.

        What only arguments receive comes last, the smallest pieces first: the parts of an
        argument that one pack writes whole then need not be added to by the others.
        """
        reached = {root}
        needed: list[Pack] = []
        at_last: list[Pack] = []
        leaves = self.runner.constant_region
        for p in reversed(packs):
            if p.region in reached and p.region in self.active:
                reached |= p.sources
                only_leaves = all(r < leaves for r in p.sources & self.active)
                last = only_leaves and not self.runner.is_small(p)
                (at_last if last else needed).append(p)
        return needed + sorted(at_last, key=lambda p: p.terms / p.size)

    def _clear(self) -> list[Call]:
        """Calls that set the cells to zero that are added to before they are written."""
        calls: list[Call] = [
            partial(np.copyto, each.own, 0.0)
            for region, each in self.outside.items()
            if self._unset[self.runner.cells(region)].any()
        ]
        at = np.flatnonzero(self._unset[: len(self.adjoints)])
        if not len(at):
            return calls
        runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        if len(runs) > 4:
            runs = [at[[0, -1]]]
        return calls + [partial(self.adjoints[run[0] : run[-1] + 1].fill, 0.0) for run in runs]

    def _read(self, cells: Any) -> None:
        """Note that these cells are read: what nobody wrote must be zero."""
        self._unset[cells] |= ~self._written[cells]
        self._written[cells] = True

    def _straight(self, packs: list[Pack]) -> None:
        touched = [self.runner.cells(p.region) for p in packs]
        touched += [self.runner.cells(r) for p in packs for r in p.sources if r in self.active]
        for cells in touched:
            self._read(cells)
        runner = self.runner
        self.calls += straight_adjoint(
            packs, runner.base, runner.values, self.adjoints, self.active, runner.texts
        )

    # -- packs ---------------------------------------------------------------------------

    def _backward(self, p: Pack) -> None:
        runner = self.runner
        if p.table is not None:
            lookup = runner.lookups[p.region]
            self._read(lookup.span)
            self.calls.append(partial(lookup.backward, self.adjoints, runner.cells(p.region)))
            return
        if p.is_reduction:
            self._extreme(p)
            return
        for block, nest, read in zip(
            p.blocks, runner.layouts[p.region], runner.operands[p.region], strict=True
        ):
            out = runner.result(self.adjoints, p, nest)
            sizes = runner.sizes(p, nest)
            factor = block.sign * nest.repeats
            if p.code:
                self._operation(p, block, nest, read, out, sizes)
            elif nest.b is None:
                self._deposit(block.a_region, nest.a, sizes, factor, partial(reduce_to, out))
            elif read[0] is read[1]:
                by = partial(contract, out, read[0])
                self._deposit(block.a_region, nest.a, sizes, 2.0 * factor, by)
            else:
                for region, access, other in (
                    (block.a_region, nest.a, read[1]),
                    (block.b_region, nest.b, read[0]),
                ):
                    by = partial(contract, out, other)
                    self._deposit(region, access, sizes, factor, by)

    def _operation(
        self, p: Pack, block: Block, nest: Layout, read: list[Named], out: Named, sizes: Any
    ) -> None:
        """The adjoint of an operation of the table: its local partials times the adjoint."""
        y = self.runner.result(self.runner.values, p, nest)
        wanted = [
            block.a_region in self.active,
            nest.b is not None and block.b_region in self.active,
        ]
        accesses = [(block.a_region, nest.a), (block.b_region, nest.b)]
        if p.region in self.runner.in_place:
            self._in_place(p.code, y, out)
            return
        if p.code == RELU:
            self._deposit(block.a_region, nest.a, sizes, 1.0, partial(self._relu_share, y, out))
            return
        shares = [np.empty(out.array.shape) if w else None for w in wanted]
        operands = [spread(x, out.axes) for x in read]
        self.calls.append(
            partial(_share, PRIMITIVES[p.code].partials, operands, y.array, out.array, shares)
        )
        for share, (region, access) in zip(shares, accesses, strict=True):
            if share is not None and access is not None:
                by = partial(reduce_to, Named(share, out.axes))
                self._deposit(region, access, sizes, 1.0, by)

    def _relu_share(self, y: Named, adjoint: Named, target: Named) -> list[Call]:
        """Calls for relu's slope times the adjoint.

        The slope is 0, 1 or nan, as the result is 0, positive or nan: the table's rule in the
        form that NumPy computes fastest.  A test holds it to the table.
        """
        if target.axes == y.axes:
            share = target
        else:
            share = Named(np.empty(y.array.shape), y.axes)
        ones = self.runner.filled(1.0, share.array.shape)
        calls: list[Call] = [
            partial(np.ceil, y.array, share.array),
            partial(np.minimum, share.array, ones, out=share.array),
            partial(np.multiply, share.array, adjoint.array, share.array),
        ]
        return calls if share is target else [*calls, *reduce_to(share, target)]

    def _in_place(self, code: int, y: Named, out: Named) -> None:
        """The adjoint becomes that of the operand, in the same cells."""
        slope = y.array
        if code == RELU:
            slope = self.runner.scratch(y.array.shape)
            ones = self.runner.filled(1.0, y.array.shape)
            self.calls.append(partial(np.ceil, y.array, slope))
            self.calls.append(partial(np.minimum, slope, ones, out=slope))
        self.calls.append(partial(np.multiply, out.array, slope, out.array))

    def _extreme(self, p: Pack) -> None:
        """The adjoint of a largest or smallest: shared out to the operands."""
        runner = self.runner
        shares = np.empty((p.terms // p.size, runner.rows_of(p), p.size))
        out = self.adjoints[runner.cells(p.region)]
        self.calls.append(partial(runner.extremes[p.region].share, out, shares))
        parts = Extreme.parts(runner, p, shares)
        for block, nest, part in zip(p.blocks, runner.layouts[p.region], parts, strict=True):
            by = partial(reduce_to, part)
            self._deposit(block.a_region, nest.a, runner.sizes(p, nest), 1.0, by)

    # -- adding to an operand ------------------------------------------------------------

    def _deposit(
        self,
        region: int,
        access: Access,
        sizes: tuple[int, ...],
        factor: float,
        prepare: Prepare,
    ) -> None:
        """Add ``factor`` times what ``prepare`` computes to the adjoint of an operand."""
        if region not in self.active:
            return
        runner = self.runner
        at, axes = runner.positions(region, access, sizes, PADS[0])
        flat = at.ravel()
        buffer, first = self.adjoints, 0  # the cell at its beginning
        if region in self.outside:
            buffer, first = self.outside[region].own, runner.base[region]
        if access.gather is None and len(np.unique(flat)) == len(flat):
            start = runner.base[region] + access.start - first
            target = named(buffer, start, sizes, runner.strides(region, access))
            self._deposit_in_place(target, flat, factor, prepare)
            return
        real = flat >= len(PADDING)
        span = slice(int(flat[real].min()), int(flat[real].max()) + 1)
        self._read(span)
        temporary = Named(np.empty(at.shape), axes)
        self.calls += prepare(temporary)
        positions = np.where(real, flat - span.start, span.stop - span.start)
        weights = temporary.array.reshape(-1)
        span = slice(span.start - first, span.stop - first)
        self.calls.append(partial(add_at, buffer, span, positions, weights, factor))

    def _deposit_in_place(self, target: Named, cells: Any, factor: float, prepare: Prepare) -> None:
        """The same where every number has a cell of its own, in a strided view."""
        if not self._written[cells].any():
            self._written[cells] = True
            self.calls += prepare(target)
            if factor != 1.0:
                self.calls.append(partial(np.multiply, target.array, factor, target.array))
            return
        self._read(cells)
        temporary = Named(np.empty(target.array.shape), target.axes)
        self.calls += prepare(temporary)
        if abs(factor) != 1.0:
            self.calls.append(partial(np.multiply, temporary.array, factor, temporary.array))
        combine = np.subtract if factor == -1.0 else np.add
        self.calls.append(partial(combine, target.array, temporary.array, target.array))

    def run(self) -> list[Any]:
        """The slopes along each wanted region, as flat arrays.

        The runner's forward pass must have run, and NumPy's warnings be off.
        """
        for each in self.outside.values():
            each.bind(np.empty(len(each.own)))
        for call in self.calls:
            call()
        adjoints, outside, runner = self.adjoints, self.outside, self.runner
        return [
            outside[r].release() if r in outside else adjoints[runner.cells(r)].copy()
            for r in self.wanted
        ]


def _share(partials: Any, operands: list[Any], y: Any, adjoint: Any, shares: list[Any]) -> None:
    for slope, share in zip(partials(*operands, y), shares, strict=False):
        if share is not None:
            np.multiply(slope, adjoint, share)
