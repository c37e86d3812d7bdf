"""Stages 5 and 6, adjoint and program: from packs to prepared NumPy calls.

All numbers lie in one flat buffer, all adjoints in a second one of the same
layout: first the arguments, then the constants, then each pack.  The adjoint of
a pack is found at the level of packs: of a gather it is a scatter, of a
broadcast a sum, of a matrix product two matrix products.  Adjoints that no
wanted argument needs are skipped.  Only the table in ``ops`` knows derivatives;
of sums and products the adjoint is the contraction with the other factor.

What is left out: recording and packing; guards and the cache, which are ``api``'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from autograd_nn.jit.address import Access, Layout, layout
from autograd_nn.jit.contract import Call, Named, contract, named, reduce_to, spread
from autograd_nn.jit.pack import Block, Pack, Packing
from autograd_nn.jit.straight import straight_adjoint, straight_forward
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["Runner", "is_small", "layouts_of"]

SMALL_TERMS = 24  # a NumPy call costs about as much as this many lines of Python on floats
SMALL_OPERATIONS = 6
RELU, DETACH = CODES["relu"], CODES["detach"]


def is_small(pack: Pack, rows: bool) -> bool:
    """Whether a pack runs faster as straight-line Python than as NumPy calls."""
    if rows:
        return False
    return pack.terms <= (SMALL_OPERATIONS if pack.code else SMALL_TERMS * len(pack.blocks))


def layouts_of(packing: Packing) -> dict[int, list[Layout]]:
    """The loop nest of every block of every pack that is not small, by the pack's region."""
    return {
        p.region: [_layout(p, block) for block in p.blocks]
        for p in packing.packs
        if not is_small(p, packing.regions[p.region].rows)
    }


def _layout(p: Pack, block: Block) -> Layout:
    return layout(block.a, block.b)


class Runner:
    """A packing with its buffers and calls, for one number of rows.

    Args:
        packing: the packs.
        layouts: of ``layouts_of(packing)``.
        constants: the numbers of the region of constants.
        constant_region: which region that is.
        rows: how many rows.
    """

    def __init__(
        self,
        packing: Packing,
        layouts: dict[int, list[Layout]],
        constants: list[float],
        constant_region: int,
        rows: int = 1,
    ) -> None:
        self.packing, self.layouts, self.rows = packing, layouts, rows
        self.constant_region = constant_region
        self.lock = threading.Lock()
        sizes = [r.size * (rows if r.rows else 1) for r in packing.regions]
        self.base: list[int] = [0, *np.cumsum(sizes, dtype=np.int64).tolist()]
        self.values = np.zeros(max(self.base[-1], 1))
        start = self.base[constant_region]
        self.values[start : start + len(constants)] = constants
        self._operands: dict[int, list[list[Named]]] = {}
        self.forward_calls: list[Call] = []
        for small, run in groupby(packing.packs, self._is_small):
            packs = list(run)
            if small:
                self.forward_calls += straight_forward(packs, self.base, self.values)
            else:
                for p in packs:
                    self._forward(p)

    def _is_small(self, p: Pack) -> bool:
        return p.region not in self.layouts

    # -- views ---------------------------------------------------------------------------

    def cells(self, region: int) -> slice:
        """Where a region lies in the buffers."""
        return slice(self.base[region], self.base[region + 1])

    def _sizes(self, p: Pack, nest: Layout) -> tuple[int, ...]:
        rows = self.rows if self.packing.regions[p.region].rows else 1
        return (rows, *nest.results, *nest.terms)

    def _result(self, buffer: Any, p: Pack, nest: Layout) -> Named:
        strides, step = [], 1
        for size in reversed(nest.results):
            strides.append(step)
            step *= size
        return named(
            buffer,
            self.base[p.region],
            self._sizes(p, nest),
            (p.size, *strides[::-1]) + (0,) * len(nest.terms),
        )

    def _strides(self, region: int, access: Access) -> tuple[int, ...]:
        found = self.packing.regions[region]
        return (found.size if found.rows else 0, *access.strides)

    def _positions(self, region: int, access: Access, sizes: tuple[int, ...]) -> Any:
        """The cells that an access reads, as an array without its broadcast axes."""
        found = self.packing.regions[region]
        if access.gather is None:
            total = np.full((), self.base[region] + access.start, dtype=np.int64)
            strides = self._strides(region, access)
            for size, stride in zip(sizes, strides, strict=True):
                if stride and size > 1:
                    total = total[..., None] + stride * np.arange(size)
            return total
        at = self.base[region] + access.gather.reshape(sizes[1:])
        row_step = found.size if found.rows else 0
        full = at[None] + row_step * np.arange(sizes[0]).reshape(-1, *[1] * at.ndim)
        kept = tuple(size for size in sizes if size > 1)
        return np.ascontiguousarray(full.reshape(kept))

    def _operand(self, region: int, access: Access, sizes: tuple[int, ...]) -> Named:
        """An operand's numbers, by a view or by a gather that runs before it is used."""
        if access.gather is None:
            return named(
                self.values,
                self.base[region] + access.start,
                sizes,
                self._strides(region, access),
            )
        at = self._positions(region, access, sizes)
        gathered = self.values[at]
        if region != self.constant_region:
            self.forward_calls.append(partial(np.take, self.values, at, None, gathered, "clip"))
        return Named(gathered, tuple(k for k, size in enumerate(sizes) if size > 1))

    # -- forward -------------------------------------------------------------------------

    def _forward(self, p: Pack) -> None:
        operands = self._operands[p.region] = []
        for k, (block, nest) in enumerate(zip(p.blocks, self.layouts[p.region], strict=True)):
            sizes = self._sizes(p, nest)
            read = [self._operand(block.a_region, nest.a, sizes)]
            if nest.b is not None:
                same = block.a_region == block.b_region and _same(nest.a, nest.b)
                read.append(read[0] if same else self._operand(block.b_region, nest.b, sizes))
            operands.append(read)
            out = self._result(self.values, p, nest)
            if p.code:
                self.forward_calls += _apply(p.code, read, out)
            else:
                self.forward_calls += _add_block(
                    read, out, block.sign * _repeats(nest), first=k == 0
                )

    def forward(self) -> None:
        """Compute every number from the arguments that lie in ``values``."""
        with np.errstate(all="ignore"):
            for call in self.forward_calls:
                call()

    # -- backward ------------------------------------------------------------------------

    def adjoint(self, root: tuple[int, int], wanted: list[int], seed: float) -> Adjoint:
        """The backward pass from one result to the wanted regions."""
        return Adjoint(self, root, wanted, seed)


class Adjoint:
    """The prepared backward pass of a runner.

    Attributes:
        adjoints: the buffer; after ``run`` the wanted regions hold the gradient.
        depends: whether the result depends on any wanted region.
    """

    def __init__(
        self, runner: Runner, root: tuple[int, int], wanted: list[int], seed: float
    ) -> None:
        self.runner = runner
        self.adjoints = np.zeros(len(runner.values))
        self._written = np.zeros(len(runner.values), bool)
        self._unset = np.zeros(len(runner.values), bool)  # cells that must start from zero
        self.calls: list[Call] = []
        packs = runner.packing.packs
        active = set(wanted)
        for p in packs:
            if p.operands & active and p.code != DETACH:  # no slope flows through a detach
                active.add(p.region)
        self.active = active
        region, position = root
        self.depends = region in active
        step = runner.packing.regions[region].size
        cells = slice(runner.base[region] + position, runner.cells(region).stop, step)
        if runner.packing.regions[region].rows:
            self.calls.append(partial(_fill, self.adjoints, cells, seed))
            self._written[cells] = True
        else:
            self.calls.append(partial(_fill, self.adjoints, cells.start, seed))
            self._written[cells.start] = True
        reached = {region}
        needed = []
        for p in reversed(packs):
            if p.region in reached and p.region in active:
                reached |= p.operands
                needed.append(p)
        for small, run in groupby(needed, runner._is_small):
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

    def _clear(self) -> list[Call]:
        """Calls that set the cells to zero that are added to before they are written."""
        at = np.flatnonzero(self._unset)
        if not len(at):
            return []
        runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        if len(runs) > 4:
            runs = [at[[0, -1]]]
        return [partial(self.adjoints[run[0] : run[-1] + 1].fill, 0.0) for run in runs]

    def _read(self, cells: Any) -> None:
        """Note that these cells are read: what nobody wrote must be zero."""
        self._unset[cells] |= ~self._written[cells]
        self._written[cells] = True

    def _straight(self, packs: list[Pack]) -> None:
        touched = [self.runner.cells(p.region) for p in packs]
        touched += [self.runner.cells(r) for p in packs for r in p.operands if r in self.active]
        for cells in touched:
            self._read(cells)
        runner = self.runner
        self.calls += straight_adjoint(
            packs, runner.base, runner.values, self.adjoints, self.active
        )

    def _backward(self, p: Pack) -> None:
        runner = self.runner
        for block, nest, read in zip(
            p.blocks, runner.layouts[p.region], runner._operands[p.region], strict=True
        ):
            out = runner._result(self.adjoints, p, nest)
            sizes = runner._sizes(p, nest)
            factor = block.sign * _repeats(nest)
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
        y = self.runner._result(self.runner.values, p, nest)
        wanted = [
            block.a_region in self.active,
            nest.b is not None and block.b_region in self.active,
        ]
        accesses = [(block.a_region, nest.a), (block.b_region, nest.b)]
        if p.code == RELU:
            self._deposit(*accesses[0], sizes, 1.0, partial(_relu_share, y, out))  # type: ignore[arg-type]
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

    def _deposit(
        self,
        region: int,
        access: Access,
        sizes: tuple[int, ...],
        factor: float,
        prepare: Callable[[Named], list[Call]],
    ) -> None:
        """Add ``factor`` times what ``prepare`` computes to the adjoint of an operand."""
        if region not in self.active:
            return
        runner = self.runner
        at = runner._positions(region, access, sizes)
        if access.gather is None:
            strides = runner._strides(region, access)
            axes = tuple(k for k, s in enumerate(strides) if s and sizes[k] > 1)
        else:
            axes = tuple(k for k, size in enumerate(sizes) if size > 1)
        flat = at.ravel()
        low, high = int(flat.min()), int(flat.max()) + 1
        repeats = len(np.unique(flat)) < len(flat)
        if access.gather is None and not repeats:
            start = runner.base[region] + access.start
            target = named(self.adjoints, start, sizes, strides)
            if not self._written[flat].any():
                self._written[flat] = True
                self.calls += prepare(target)
                if factor != 1.0:
                    self.calls.append(partial(np.multiply, target.array, factor, target.array))
                return
            self._read(flat)
            temporary = Named(np.empty(target.array.shape), target.axes)
            self.calls += prepare(temporary)
            if abs(factor) != 1.0:
                self.calls.append(partial(np.multiply, temporary.array, factor, temporary.array))
            combine = np.subtract if factor == -1.0 else np.add
            self.calls.append(partial(combine, target.array, temporary.array, target.array))
            return
        self._read(slice(low, high))
        temporary = Named(np.empty(at.shape), axes)
        self.calls += prepare(temporary)
        shifted = np.ascontiguousarray(flat - low)
        part = self.adjoints[low:high]
        weights = temporary.array.reshape(-1)
        self.calls.append(partial(_scatter, part, shifted, weights, factor))

    def run(self) -> None:
        """Fill ``adjoints``; the runner's forward pass must have run."""
        with np.errstate(all="ignore"):
            for call in self.calls:
                call()


def _repeats(nest: Layout) -> int:
    """How often each term occurs in a sum: the sizes of the axes along which no operand moves."""
    count = len(nest.results)
    repeats = 1
    for k, size in enumerate(nest.terms):
        if not nest.a.strides[count + k] and (nest.b is None or not nest.b.strides[count + k]):
            repeats *= size
    return repeats


def _same(a: Access, b: Access) -> bool:
    if a.gather is None or b.gather is None:
        return a.gather is b.gather and a.start == b.start and a.strides == b.strides
    return bool(np.array_equal(a.gather, b.gather))


def _fill(buffer: Any, cells: Any, x: float) -> None:
    buffer[cells] = x


def _scatter(target: Any, positions: Any, weights: Any, factor: float) -> None:
    target += factor * np.bincount(positions, weights, len(target))


def _share(partials: Any, operands: list[Any], y: Any, adjoint: Any, shares: list[Any]) -> None:
    for slope, share in zip(partials(*operands, y), shares, strict=False):
        if share is not None:
            np.multiply(slope, adjoint, share)


def _relu_share(y: Named, adjoint: Named, target: Named) -> list[Call]:
    """Calls for relu's slope times the adjoint.

    The slope is 0, 1 or nan, as the result is 0, positive or nan: the table's rule in the form
    that NumPy computes fastest.  A test holds it to the table.
    """
    if target.axes == y.axes:
        share = target
    else:
        share = Named(np.empty(y.array.shape), y.axes)
    calls: list[Call] = [
        partial(np.ceil, y.array, share.array),
        partial(np.minimum, share.array, 1.0, out=share.array),
        partial(np.multiply, share.array, adjoint.array, share.array),
    ]
    return calls if share is target else [*calls, *reduce_to(share, target)]


def _apply(code: int, read: list[Named], out: Named) -> list[Call]:
    """Calls for an operation of the table."""
    function = PRIMITIVES[code].array
    operands = [spread(x, out.axes) for x in read]
    if code == RELU:
        return [partial(np.maximum, operands[0], 0.0, out=out.array)]
    if isinstance(function, np.ufunc):
        return [partial(function, *operands, out=out.array)]
    return [partial(_assign, out.array, function, operands)]


def _assign(out: Any, function: Any, operands: list[Any]) -> None:
    out[...] = function(*operands)


def _add_block(read: list[Named], out: Named, factor: float, first: bool) -> list[Call]:
    """Calls that set (first) or change a result by ``factor`` times the terms of one kind."""
    x, *others = read

    def prepare(target: Named) -> list[Call]:
        return contract(x, others[0], target) if others else reduce_to(x, target)

    if first:
        calls = prepare(out)
        if factor == -1.0:
            return [*calls, partial(np.negative, out.array, out.array)]
        scale = [] if factor == 1.0 else [partial(np.multiply, out.array, factor, out.array)]
        return [*calls, *scale]
    combine = np.subtract if factor == -1.0 else np.add
    plain = abs(factor) == 1.0
    if plain and not others and all(a in out.axes for a in x.axes):
        return [partial(combine, out.array, spread(x, out.axes), out.array)]
    temporary = Named(np.empty(out.array.shape), out.axes)
    calls = prepare(temporary)
    if not plain:
        calls.append(partial(np.multiply, temporary.array, factor, temporary.array))
    return [*calls, partial(combine, out.array, temporary.array, out.array)]
