"""A program on buffers: packs with their layouts, and buffers that threads borrow.

What is left out: which arguments and results there are, which is ``program``'s.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_nn.jit.adjoint import Adjoint
from autograd_nn.jit.capture.trace import INDEX, Trace
from autograd_nn.jit.lifting.packs import Packing
from autograd_nn.jit.runner import Runner, layouts_of

__all__ = ["Buffers"]


def _is_index(x: Any, length: Any) -> Any:
    return (x >= 0.0) & (x < length) & (np.floor(x) == x)


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    INDEX: _is_index,
}
_SIZES, _EACH = 16, 4  # numbers of rows for which buffers are kept, and how many sets for each


class Buffers:
    """A program that runs as NumPy calls on buffers.

    Args:
        packing: the packs, and where the nodes of the trace have gone.
        trace: the results and comparisons.

    Attributes:
        lines: how many terms run as straight-line Python.
        inputs: which region the captured leaves are; the arguments' come before it, the
            constants after it.
    """

    def __init__(self, packing: Packing, trace: Trace, inputs: int) -> None:
        self.packing, self.inputs, self.constants = packing, inputs, trace.constants
        self.layouts = layouts_of(packing)
        region, position = packing.region, packing.position

        def place(node: int) -> tuple[int, int]:
            return region[node], int(position[node])

        self._roots = [place(r) for r in trace.roots]
        self._guards = [(g.symbol, place(g.left), place(g.right), g.outcome) for g in trace.guards]
        packing.region, packing.position = [], None
        self.lines = sum(p.terms for p in packing.packs if p.region not in self.layouts)
        self._idle: dict[int, list[Runner]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_idle": {}}

    def borrow(self, rows: int = 1) -> Runner:
        """Buffers and calls for a number of rows, which no other thread uses until returned."""
        try:
            return self._idle[rows].pop()
        except (KeyError, IndexError):  # none yet, or all in use by other threads
            by_cell = {region for region, _ in self._roots}
            by_cell |= {region for _, *sides, _ in self._guards for region, _ in sides}
            constants = self.inputs + 1
            return Runner(self.packing, self.layouts, self.constants, constants, by_cell, rows)

    def give_back(self, runner: Runner) -> None:
        """Keep the buffers for a later call."""
        runner.release()
        idle = self._idle.get(runner.rows)
        if idle is None:
            if len(self._idle) >= _SIZES:
                self._idle.clear()
            idle = self._idle[runner.rows] = []
        if len(idle) < _EACH:
            idle.append(runner)

    def run(self, runner: Runner, groups: Sequence[Any]) -> bool:
        """Compute everything from the numbers of the arguments and captured leaves.

        NumPy's warnings are to be off: infinities and nan are results here.

        Returns:
            Whether every comparison came out as it was recorded, for every row.
        """
        runner.load(groups)
        runner.forward()
        return not self._guards or bool(self.rows_on_path(runner).all())

    def rows_on_path(self, runner: Runner) -> Any:
        """For each row, whether every comparison came out as it was recorded."""
        if runner.tests is None:
            runner.tests = self._tests(runner)
        values = runner.values
        on_path = np.ones(runner.rows, dtype=bool)
        for compare, left, right, outcomes in runner.tests:
            on_path &= (compare(values[left], values[right]) == outcomes).all(axis=0)
        return on_path

    def _tests(self, runner: Runner) -> list[Any]:
        """Of each kind of comparison the cells on both sides, by guards and rows."""
        tests = []
        for symbol, compare in _COMPARE.items():
            chosen = [g for g in self._guards if g[0] == symbol]
            if chosen:
                left = np.array([runner.cells_of(g[1]) for g in chosen])
                right = np.array([runner.cells_of(g[2]) for g in chosen])
                tests.append((compare, left, right, np.array([[g[3]] for g in chosen])))
        return tests

    def read(self, runner: Runner) -> Any:
        """The numbers of the results, one line a result and one column a row."""
        if runner.roots is None:
            cells = np.array([runner.cells_of(root) for root in self._roots], dtype=np.int64)
            runner.roots = cells.reshape(len(self._roots), runner.rows)
        return runner.values[runner.roots]

    def slopes(self, runner: Runner, regions: tuple[int, ...], seed: float) -> list[Any]:
        """The slopes of the first result along regions, as flat arrays; the runner has just run."""
        if not self._roots:  # a constant
            return [np.zeros(runner.size(r)) for r in regions]
        adjoint: Adjoint | None = runner.adjoints.get((regions, seed))
        if adjoint is None:
            root = self._roots[0]
            # A result without a row axis is that of every row.
            count = 1 if self.packing.regions[root[0]].rows else runner.rows
            adjoint = Adjoint(runner, root, list(regions), seed * count)
            runner.adjoints[regions, seed] = adjoint
        return adjoint.run()
