"""One recorded path of a function, ready to run: packs, guards and results.

A program can be run by several threads at once: each borrows buffers of its own.

What is left out: recording, and choosing among the paths, which is ``api``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_nn.jit.adjoint import Adjoint
from autograd_nn.jit.arguments import rebuild, uniform
from autograd_nn.jit.call import Call, Found, Wanted, is_finite
from autograd_nn.jit.errors import TraceError
from autograd_nn.jit.listing import listing
from autograd_nn.jit.pack import pack
from autograd_nn.jit.packs import Region, dependents
from autograd_nn.jit.rows import RowSums
from autograd_nn.jit.runner import Runner, layouts_of, runs_on_floats
from autograd_nn.jit.straight import RAISED, scalar_function, texts
from autograd_nn.jit.trace import Trace

__all__ = ["INDEX", "Program"]

INDEX = "index"  # the symbol of the guard that a number is an index into a table of some length


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
_MADE_ANEW = ("_functions", "_idle", "_models")
_SIZES, _EACH = 16, 4  # numbers of rows for which buffers are kept, and how many sets for each


class Program:
    """What a jitted function does for arguments of one structure, along one path.

    It can be called by itself, and be pickled and sent to another process.

    Attributes:
        recorded: how many operations the function recorded.
        packs: how many packs they became.
        on_floats: whether it runs as one function of floats, without NumPy.
        lines: how many terms run as straight-line Python.
        inputs: how many groups of numbers the arguments have.
        captured: the leaves that the function closed over, in the order of their region.
        result: the description of what the function returns; see ``arguments``.
        sources, uniform: the same with all numbers as roots, for comparing paths.
        used: when it was last used, as its owner counts.
    """

    def __init__(self, trace: Trace, call: Call, result: Any, reduce: str | None) -> None:
        groups = call.regions()
        self.key, self.row_positions, self.reduce = call.key, call.row_positions, reduce
        self.recorded = trace.recorded
        self.inputs = len(groups)
        self.result = result
        self.sources: list[Any] = []
        self.uniform = uniform(result, self.sources)
        self.used = 0
        self.captured = trace.captured
        self.constants = trace.constants
        regions = [
            *groups,
            Region("parameters", len(trace.captured)),
            Region("constants", len(trace.constants)),
        ]
        group_of = [k for k, each in enumerate(regions) for _ in range(each.size)]
        self.packing = pack(trace, regions, group_of)
        self.layouts = layouts_of(self.packing)
        region, position = self.packing.region, self.packing.position

        def place(node: int) -> tuple[int, int]:
            return region[node], int(position[node])

        self.roots = [place(r) for r in trace.roots]
        self.guards = [(g.symbol, place(g.left), place(g.right), g.outcome) for g in trace.guards]
        self.packing.region, self.packing.position = [], None
        needs_arrays = any(r.rows for r in regions) or any(g[0] == INDEX for g in self.guards)
        self.on_floats = not needs_arrays and runs_on_floats(self.packing.packs)
        self.lines = sum(
            p.terms for p in self.packing.packs if self.on_floats or p.region not in self.layouts
        )
        self._prepare()

    def _prepare(self) -> None:
        self._functions: dict[tuple[int, ...] | None, tuple[Any, bool]] = {}
        self._idle: dict[int, list[Runner]] = {}
        self._models: dict[int, tuple[Any, int, Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in _MADE_ANEW}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    @property
    def packs(self) -> int:
        """How many packs there are."""
        return len(self.packing.packs)

    # -- calling -------------------------------------------------------------------------

    def __call__(self, *args: Any) -> Any:
        """The function's result.

        Raises:
            TypeError: the arguments have another structure than those that were recorded.
            TraceError: with these numbers the function takes another path.

        >>> from autograd_nn.jit import jit
        >>> program = jit(lambda x: x * 2 if x > 0 else -x).program(1.0)
        >>> program(5.0)
        10.0
        """
        return self._call(args, None)

    def value_and_grad(self, *args: Any, argnums: Any = 0, vector: Any = None) -> tuple[Any, Any]:
        """The value and the gradient; see ``Jitted.value_and_grad``.

        Raises:
            TypeError: the arguments have another structure than those that were recorded.
            TraceError: with these numbers the function takes another path.
        """
        found: tuple[Any, Any] = self._call(args, (argnums, vector))
        return found

    def _call(self, args: tuple[Any, ...], slopes: tuple[Any, Any] | None) -> Any:
        call = Call(args, self.row_positions)
        if call.key != self.key:
            raise TypeError(
                f"the program was recorded for arguments of the structure {self.key}, and got "
                f"{call.key}; record one for these"
            )
        wanted = None if slopes is None else Wanted(call, *slopes)

        def record(row: int) -> Program:
            raise TraceError(
                "a comparison comes out differently than when the program was recorded; call the "
                "jitted function, which records this path too"
            )

        if self.row_positions:
            sums = RowSums(call, wanted, self.reduce)
            sums.run(lambda: (self,), record)
            return sums.result()
        found = self.attempt(call, wanted, any_path=False)
        if found is None:
            record(0)
        assert found is not None
        value = self.rebuild(found.numbers)
        return value if wanted is None else (value, wanted.build(found.slopes))

    def attempt(self, call: Call, wanted: Wanted | None, any_path: bool) -> Found | None:
        """The numbers of the results, and the slopes that are wanted.

        None if these arguments take another path, unless any path will do.

        Raises:
            TypeError: slopes are wanted, and the function does not return one number.
        """
        parameters = None if wanted is None else wanted.parameters(self)
        if wanted is not None and self.result[0] not in ("value", "constant"):
            raise TypeError(
                "the jitted function does not return one number; a gradient needs one: "
                "return a sum, or one element"
            )
        if self.on_floats and not any_path:
            try:
                return self._attempt_on_floats(call, wanted, parameters)
            except RAISED:
                pass  # an infinity or nan: NumPy goes on with it
        runner = self.borrow()
        try:
            with np.errstate(all="ignore"):
                if not self.run(runner, call.groups, parameters) and not any_path:
                    return None
                slopes = [] if wanted is None else self.slopes(runner, wanted, 1.0)
                numbers = self.read(runner)[:, 0]
                return Found(numbers, slopes, all(map(is_finite, (numbers, *slopes))))
        finally:
            self.give_back(runner)

    def _attempt_on_floats(
        self, call: Call, wanted: Wanted | None, parameters: Any
    ) -> Found | None:
        """The same by the generated function of the whole program."""
        regions = None if wanted is None else wanted.regions(self)
        function, depends = self._functions.get(regions) or self._make_function(regions)
        groups = [g if type(g) is list else g.ravel().tolist() for g in call.groups]
        held = [v._data for v in self.captured] if parameters is None else parameters.tolist()
        found = function(*groups, held)
        if found is None:
            return None
        numbers, slopes = found
        finite = all(map(is_finite, (numbers, *slopes)))
        return Found(numbers, wanted.slopes(self, slopes, depends) if wanted else [], finite)

    def _make_function(self, wanted: tuple[int, ...] | None) -> tuple[Any, bool]:
        base = self.packing.base(1)
        guards = [
            (g[0], base[g[1][0]] + g[1][1], base[g[2][0]] + g[2][1], g[3]) for g in self.guards
        ]
        function = scalar_function(
            self.packing,
            texts(self.constants, base[self.inputs + 1]),
            guards,
            [base[region] + position for region, position in self.roots],
            self.inputs + 1,
            wanted,
        )
        found = self._functions[wanted] = function, self.depends_on(wanted or ())
        return found

    def depends_on(self, wanted: tuple[int, ...]) -> bool:
        """Whether the first result depends on any of these regions."""
        active = dependents(self.packing.packs, wanted)
        return bool(self.roots) and self.roots[0][0] in active

    def slopes(self, runner: Runner, wanted: Wanted, seed: float) -> list[Any]:
        """The slopes that are wanted; the runner has just run."""
        regions = wanted.regions(self)
        if not self.roots:  # a constant
            return wanted.slopes(self, [np.zeros(runner.size(r)) for r in regions], False)
        adjoint: Adjoint | None = runner.adjoints.get((regions, seed))
        if adjoint is None:
            adjoint = Adjoint(runner, self.roots[0], list(regions), seed)
            runner.adjoints[regions, seed] = adjoint
        return wanted.slopes(self, adjoint.run(), adjoint.depends)

    def borrow(self, rows: int = 1) -> Runner:
        """Buffers and calls for a number of rows, which no other thread uses until returned."""
        try:
            return self._idle[rows].pop()
        except (KeyError, IndexError):  # none yet, or all in use by other threads
            by_cell = {place[0] for place in self.roots}
            by_cell |= {side[0] for guard in self.guards for side in guard[1:3]}
            return Runner(
                self.packing, self.layouts, self.constants, self.inputs + 1, by_cell, rows
            )

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

    def run(self, runner: Runner, groups: Sequence[Any], parameters: Any = None) -> bool:
        """Compute everything from the arguments' numbers and those of the captured Values.

        NumPy's warnings are to be off: infinities and nan are results here.

        Returns:
            Whether every comparison came out as it was recorded, for every row.
        """
        runner.load(groups)
        if self.captured:
            if parameters is None:
                parameters = np.array([v._data for v in self.captured])
            runner.load_group(self.inputs, parameters)
        runner.forward()
        return not self.guards or bool(self.rows_on_path(runner).all())

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
            chosen = [g for g in self.guards if g[0] == symbol]
            if chosen:
                left = np.array([runner.cells_of(g[1]) for g in chosen])
                right = np.array([runner.cells_of(g[2]) for g in chosen])
                tests.append((compare, left, right, np.array([[g[3]] for g in chosen])))
        return tests

    def read(self, runner: Runner) -> Any:
        """The numbers of the results, one line a result and, with rows, one column a row."""
        if runner.roots is None:
            cells = np.array([runner.cells_of(root) for root in self.roots], dtype=np.int64)
            runner.roots = cells.reshape(len(self.roots), runner.rows)
        return runner.values[runner.roots]

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

    def rebuild(self, numbers: Any) -> Any:
        """The function's result, in its own structure."""
        return rebuild(self.result, numbers)

    def __str__(self) -> str:
        return listing(self)
