"""One recorded path of a function, ready to run: what it computes, and for which arguments.

A program can be run by several threads at once.

What is left out: recording, and choosing among the paths, which is ``api``; how it is
computed, on buffers by NumPy or on floats, which is in ``buffers`` and ``floats``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_nn.errors import TraceError, WrongTypeError
from autograd_nn.jit.buffers import Buffers
from autograd_nn.jit.capture.call import Call, Found, Wanted, is_finite
from autograd_nn.jit.capture.path import Path
from autograd_nn.jit.capture.trace import Trace
from autograd_nn.jit.floats import Floats
from autograd_nn.jit.lifting.flatten import Needs, flat
from autograd_nn.jit.lifting.pack import pack
from autograd_nn.jit.listing import listing
from autograd_nn.jit.rows import RowSums
from autograd_nn.rich import card, preformatted

__all__ = ["Program"]


# Estimates in microseconds, for a choice only.
_LINE = 30.0  # to write and compile a line of Python
_REPLAY = 0.07  # to replay an operation without that, value and slopes
_AT_ONCE = 5000.0  # what may be spent on a path at its second call


class Program(Path):
    """What a jitted function does for arguments of one structure, along one path.

    It can be called by itself, and be pickled and sent to another process.

    Attributes:
        packs: how many packs its operations are.
        lines: how many lines of Python are written for it.
        cost: an estimate for one run, value and slopes, in microseconds.
        floats, buffers: how it is computed; one of them is None.
        used: when it was last used, as its owner counts.
    """

    def __init__(self, trace: Trace, call: Call, result: Any, reduce: str | None) -> None:
        super().__init__(trace, call, result, reduce)
        self.used = 0
        self.names = [region.name for region in self.regions]
        needs = Needs(trace)
        packer = pack(trace, needs, self.regions, self.region_of)
        self.packs = len(packer.packs)
        self.floats: Floats | None = None
        self.buffers: Buffers | None = None
        if packer.runs_on_floats():
            sizes = [region.size for region in self.regions[:-1]]
            self.floats = Floats(flat(trace, needs), sizes, trace.constants)
            self.lines, self.cost = self.floats.lines, self.floats.cost
        else:
            self.buffers = Buffers(packer.finish(), trace, self.inputs)
            self.lines, self.cost = self.buffers.lines, packer.cost()
        self.region_of = []  # as long as there are leaves, and of no use any more

    def pays(self, hits: int) -> bool:
        """Whether writing it out is worth it for a path that has been taken so often.

        Where that takes long, it waits until it would have saved a quarter of that time; it
        never is where a replay is as fast.
        """
        microseconds, saved = _LINE * self.lines, _REPLAY * self.recorded - self.cost
        return microseconds < _AT_ONCE or hits * saved > microseconds / 4.0

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
            raise WrongTypeError(
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
            sums.run(lambda: (self,), record, None)
            return sums.result()
        found = self.attempt(call, wanted, any_path=False)
        if found is None:
            record(0)
        assert found is not None
        return self.answer(found, wanted)

    def attempt(self, call: Call, wanted: Wanted | None, any_path: bool) -> Found | None:
        """The numbers of the results, and the slopes that are wanted.

        None if these arguments take another path, unless any path will do.

        Raises:
            TypeError: slopes are wanted, and the function does not return one number.
        """
        regions = self.wanted_regions(wanted)
        groups = [*call.groups, self.parameters(wanted)]
        found = (self._on_floats if self.floats else self._on_buffers)(groups, regions, any_path)
        if found is None:
            return None
        numbers, slopes, finite = found
        if wanted is None:
            return Found(numbers, [], finite)
        return Found(numbers, wanted.slopes(self, slopes), finite)

    def _on_floats(self, groups: list[Any], regions: Any, any_path: bool) -> Any:
        floats = self.floats
        assert floats is not None
        lists = [g if type(g) is list else g.astype(float).ravel().tolist() for g in groups]
        found = floats.run(lists, regions, any_path)
        if found is None:
            return None
        numbers, slopes = found
        finite = math.isfinite(sum(numbers) + sum(map(sum, slopes)))
        return numbers, slopes, finite or all(map(is_finite, (numbers, *slopes)))

    def _on_buffers(self, groups: list[Any], regions: Any, any_path: bool) -> Any:
        buffers = self.buffers
        assert buffers is not None
        runner = buffers.borrow()
        try:
            with np.errstate(all="ignore"):
                if not buffers.run(runner, groups) and not any_path:
                    return None
                slopes: list[Any] = []
                if regions is not None:
                    slopes = buffers.slopes(runner, regions, 1.0)
                numbers = buffers.read(runner)[:, 0]
                return numbers, slopes, all(map(is_finite, (numbers, *slopes)))
        finally:
            buffers.give_back(runner)

    def __str__(self) -> str:
        return listing(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first, _, rest = listing(self).partition("\n")
        return card(first, preformatted(rest))
