"""One recorded path of a function, ready to run: packs, guards and results.

``print(program)`` shows what was found: a line per pack with its shape, and
whether it is a matrix product, an elementwise call, a gather or straight-line
Python.

What is left out: recording, and choosing among the paths, which is ``api``.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from autograd_nn.jit.address import Layout
from autograd_nn.jit.arguments import rebuild
from autograd_nn.jit.lower import Adjoint, Runner, layouts_of
from autograd_nn.jit.pack import Pack, Region, pack
from autograd_nn.jit.trace import Trace

__all__ = ["Program"]

_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_BLOCK_ROWS = 512  # rows at a time, so that what a block touches stays in the cache


class Program:
    """What a jitted function does for arguments of one structure, along one path.

    Attributes:
        recorded: how many operations the function recorded.
        packs: how many packs they became.
        inputs: how many groups of numbers the arguments have.
    """

    def __init__(
        self, trace: Trace, groups: Sequence[Region], lengths: list[int], result: Any
    ) -> None:
        self.recorded = trace.recorded
        self.inputs = len(groups)
        self.result = result
        self.captured = trace.captured
        self.constants = trace.constants
        regions = [
            *groups,
            Region("parameters", len(trace.captured)),
            Region("constants", len(trace.constants)),
        ]
        group_of = [k for k, n in enumerate(lengths) for _ in range(n)]
        group_of += [self.inputs] * len(trace.captured)
        group_of += [self.inputs + 1] * len(trace.constants)
        self.packing = pack(trace, regions, group_of)
        self.layouts = layouts_of(self.packing)
        region, position = self.packing.region, self.packing.position
        self.roots = [(region[r], position[r]) for r in trace.roots]
        self.guards = [
            (g.symbol, (region[g.left], position[g.left]), (region[g.right], position[g.right]))
            for g in trace.guards
        ]
        self.outcomes = np.array([g.outcome for g in trace.guards], dtype=bool)
        self.packing.region, self.packing.position = [], []
        self._prepare()

    def _prepare(self) -> None:
        self.lock = threading.RLock()
        self._runners: dict[int, Runner] = {}
        self._adjoints: dict[Any, Adjoint] = {}
        self._tests: dict[int, list[Any]] = {}
        self._models: dict[int, tuple[Any, int, Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        made_anew = ("lock", "_runners", "_adjoints", "_tests", "_models")
        return {k: v for k, v in self.__dict__.items() if k not in made_anew}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    @property
    def packs(self) -> int:
        """How many packs there are."""
        return len(self.packing.packs)

    # -- running -------------------------------------------------------------------------

    def runner(self, rows: int) -> Runner:
        """The buffers and calls for a number of rows."""
        found = self._runners.get(rows)
        if found is None:
            if len(self._runners) >= 4:  # a full block, its rest, and what came before
                self._runners.clear()
                self._adjoints.clear()
                self._tests.clear()
            found = Runner(self.packing, self.layouts, self.constants, self.inputs + 1, rows)
            self._runners[rows] = found
        return found

    def load(self, runner: Runner, groups: Sequence[Any], parameters: Any = None) -> None:
        """Copy the arguments' numbers, and those of captured Values, into the buffer."""
        values = runner.values
        for k, numbers in enumerate(groups):
            start = runner.base[k]
            if len(numbers) == 1 and type(numbers) is list:
                values[start] = numbers[0]
            else:
                values[start : runner.base[k + 1]] = (
                    numbers.reshape(-1) if type(numbers) is np.ndarray else numbers
                )
        if self.captured:
            cells = runner.cells(self.inputs)
            values[cells] = [v._data for v in self.captured] if parameters is None else parameters

    def places(self, model: Any) -> tuple[int, Any]:
        """How many parameters a model has, and for each captured Value its place among them.

        -1 where it is none of them.  Found once for a program: it keeps to the Values that it
        was recorded with.
        """
        found = self._models.get(id(model))
        if found is None:
            index = {id(p): k for k, p in enumerate(model.parameters())}
            at = np.array([index.get(id(v), -1) for v in self.captured], dtype=np.int64)
            found = self._models[id(model)] = (model, len(index), at)
        return found[1], found[2]

    def guards_hold(self, runner: Runner) -> bool:
        """Whether every comparison comes out as it was recorded, for every row."""
        if not self.guards:
            return True
        tests = self._tests.get(runner.rows)
        if tests is None:
            tests = self._tests[runner.rows] = self._guard_tests(runner)
        values = runner.values
        for compare, left, right, outcome in tests:
            if not (compare(values[left], values[right]) == outcome).all():
                return False
        return True

    def _guard_tests(self, runner: Runner) -> list[Any]:
        tests = []
        for symbol, compare in _COMPARE.items():
            chosen = [k for k, g in enumerate(self.guards) if g[0] == symbol]
            if chosen:
                left = np.array([self.root_cells(runner, self.guards[k][1]) for k in chosen])
                right = np.array([self.root_cells(runner, self.guards[k][2]) for k in chosen])
                tests.append((compare, left, right, self.outcomes[chosen][:, None]))
        return tests

    def root_cells(self, runner: Runner, root: tuple[int, int]) -> Any:
        """The cell of a result for each row."""
        region = self.packing.regions[root[0]]
        step = region.size if region.rows else 0
        return runner.base[root[0]] + root[1] + step * np.arange(runner.rows)

    def read(self, runner: Runner, rows: bool) -> list[Any]:
        """The numbers of the results: floats, or with ``rows`` an array each."""
        if rows:
            return [runner.values[self.root_cells(runner, root)] for root in self.roots]
        values, base = runner.values, runner.base
        return [values.item(base[region] + position) for region, position in self.roots]

    def adjoint(self, runner: Runner, wanted: tuple[int, ...], seed: float) -> Adjoint:
        """The backward pass of the one result, prepared when first asked for."""
        key = (runner.rows, wanted, seed)
        found = self._adjoints.get(key)
        if found is None:
            found = self._adjoints[key] = runner.adjoint(self.roots[0], list(wanted), seed)
        return found

    def rebuild(self, numbers: Any) -> Any:
        """The function's result, in its own structure."""
        return rebuild(self.result, numbers)

    def blocks(self, rows: int) -> list[tuple[int, int]]:
        """The first and last row of each block."""
        return [(k, min(k + _BLOCK_ROWS, rows)) for k in range(0, rows, _BLOCK_ROWS)]

    # -- for people ----------------------------------------------------------------------

    def __str__(self) -> str:
        regions = self.packing.regions
        first = f"{self.recorded} operations in {self.packs} packs"
        if self.guards:
            first += f", {len(self.guards)} guards"
        lines = [first]
        for p in self.packing.packs:
            row = "rows x " if regions[p.region].rows else ""
            lines.append(f"  p{p.region} ({row}{p.size}) = {self._expression(p)}")
        return "\n".join(lines)

    def _name(self, region: int) -> str:
        found = self.packing.regions[region]
        return found.name if region < self.inputs + 2 else f"p{region}"

    def _expression(self, p: Pack) -> str:
        layouts: list[Layout | None] = list(self.layouts.get(p.region, []))
        how = "" if layouts else "   straight-line"
        parts = []
        for block, nest in zip(p.blocks, layouts or [None] * len(p.blocks), strict=True):
            a, terms = self._name(block.a_region), np.shape(block.a)[1]
            if p.code:
                b = f", {self._name(block.b_region)}" if block.b is not None else ""
                parts.append(f"{p.name}({a}{b})")
            elif block.b is None:
                parts.append(f"{'-' if block.sign < 0 else '+'} {_times(terms)}{a}")
            else:
                product = f"{_times(terms)}{a} * {self._name(block.b_region)}"
                parts.append(f"{'-' if block.sign < 0 else '+'} {product}")
            if nest is not None:
                how += _found(nest)
        return " ".join(parts).removeprefix("+ ") + how


def _times(terms: int) -> str:
    return f"sum of {terms}: " if terms > 1 else ""


def _found(nest: Layout) -> str:
    """What the shape of a block's operands amounts to."""
    accesses = [nest.a] + ([nest.b] if nest.b is not None else [])
    if any(access.gather is not None for access in accesses):
        return "   gather"
    if nest.b is None or prod(nest.terms) == 1:
        return ""
    count = len(nest.results)
    only_a = only_b = both = 1
    for size, s, t in zip(
        nest.results, nest.a.strides[:count], nest.b.strides[:count], strict=True
    ):
        if s and t:
            both *= size
        elif s:
            only_a *= size
        else:
            only_b *= size
    inner = prod(nest.terms)
    if only_a == only_b == 1 and both > 1:
        return f"   {both} dot products of {inner}"
    stack = f"{both} x " if both > 1 else ""
    return f"   matmul {stack}({only_a}x{inner})({inner}x{only_b})"
