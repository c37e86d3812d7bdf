"""One recorded path of a function, ready to run: what it computes, and for which arguments.

A program can be run by several threads at once.

What is left out: recording, and choosing among the paths, which is ``api``; how it is
computed, on buffers by NumPy or on floats, which is in ``buffers`` and ``floats``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_nn.jit.arguments import rebuild, uniform
from autograd_nn.jit.buffers import Buffers
from autograd_nn.jit.call import Call, Found, Wanted, is_finite
from autograd_nn.jit.errors import TraceError
from autograd_nn.jit.flatten import Needs, flat
from autograd_nn.jit.floats import Floats
from autograd_nn.jit.listing import listing
from autograd_nn.jit.pack import pack
from autograd_nn.jit.packs import Region
from autograd_nn.jit.rows import RowSums
from autograd_nn.jit.trace import Trace
from autograd_nn.rich import card, preformatted

__all__ = ["Program"]


class Program:
    """What a jitted function does for arguments of one structure, along one path.

    It can be called by itself, and be pickled and sent to another process.

    Attributes:
        recorded: how many operations the function recorded.
        packs: how many packs they are.
        inputs: how many groups of numbers the arguments have.
        captured: the leaves that the function closed over, in the order of their region.
        result: the description of what the function returns; see ``arguments``.
        sources, uniform: the same with all numbers as roots, for comparing paths.
        outcomes: of every comparison the symbol, and how it came out.
        floats, buffers: how it is computed; one of them is None.
        used: when it was last used, as its owner counts.
    """

    def __init__(self, trace: Trace, call: Call, result: Any, reduce: str | None) -> None:
        groups = call.regions()
        self.key, self.row_positions, self.reduce = call.key, call.row_positions, reduce
        self.recorded, self.inputs, self.captured = trace.recorded, len(groups), trace.captured
        self.result = result
        self.sources: list[Any] = []
        self.uniform = uniform(result, self.sources)
        self.outcomes = [(g.symbol, g.outcome) for g in trace.guards]
        self.used = 0
        parameters = Region("parameters", len(trace.captured))
        constants = Region("constants", len(trace.constants))
        regions = [*groups, parameters, constants]
        self.names = [region.name for region in regions]
        needs = Needs(trace)
        group_of = [k for k, region in enumerate(regions) for _ in range(region.size)]
        packer = pack(trace, needs, regions, group_of)
        self.packs = len(packer.packs)
        self.floats: Floats | None = None
        self.buffers: Buffers | None = None
        if packer.runs_on_floats():
            sizes = [region.size for region in regions[:-1]]
            self.floats = Floats(flat(trace, needs), sizes, trace.constants)
            self.lines = self.floats.lines
        else:
            self.buffers = Buffers(packer.finish(), trace, self.inputs)
            self.lines = self.buffers.lines
        self._models: dict[int, tuple[Any, int, Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_models": {}}

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
        regions = None
        if wanted is not None:
            if self.result[0] not in ("value", "constant"):
                raise TypeError(
                    "the jitted function does not return one number; a gradient needs one: "
                    "return a sum, or one element"
                )
            regions = wanted.regions(self)
        groups = [*call.groups, self.parameters(wanted)]
        found = (self._on_floats if self.floats else self._on_buffers)(groups, regions, any_path)
        if found is None:
            return None
        numbers, slopes, depends, finite = found
        if wanted is None:
            return Found(numbers, [], finite)
        return Found(numbers, wanted.slopes(self, slopes, depends), finite)

    def parameters(self, wanted: Wanted | None) -> Any:
        """The numbers of the captured leaves, or those that the caller gives in their place."""
        if wanted is not None and wanted.vector is not None:
            return wanted.parameters(self)
        return [v._data for v in self.captured]

    def _on_floats(self, groups: list[Any], regions: Any, any_path: bool) -> Any:
        floats = self.floats
        assert floats is not None
        lists = [g if type(g) is list else g.astype(float).ravel().tolist() for g in groups]
        found = floats.run(lists, regions, any_path)
        if found is None:
            return None
        numbers, slopes = found
        finite = math.isfinite(sum(numbers) + sum(map(sum, slopes)))
        depends = regions is not None and floats.depends_on(regions)
        return numbers, slopes, depends, finite or all(map(is_finite, (numbers, *slopes)))

    def _on_buffers(self, groups: list[Any], regions: Any, any_path: bool) -> Any:
        buffers = self.buffers
        assert buffers is not None
        runner = buffers.borrow()
        try:
            with np.errstate(all="ignore"):
                if not buffers.run(runner, groups) and not any_path:
                    return None
                slopes: list[Any] = []
                depends = False
                if regions is not None:
                    slopes, depends = buffers.slopes(runner, regions, 1.0)
                numbers = buffers.read(runner)[:, 0]
                return numbers, slopes, depends, all(map(is_finite, (numbers, *slopes)))
        finally:
            buffers.give_back(runner)

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

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first, _, rest = listing(self).partition("\n")
        return card(first, preformatted(rest))
