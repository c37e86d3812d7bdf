"""One recorded path of a function, ready to run: what it computes, and for which arguments.

A program can be run by several threads at once.

What is left out: recording, and choosing among the paths, which is ``api``; how it is computed,
which is the plan's and its backend's.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd_nn.errors import TraceError, WrongTypeError
from autograd_nn.jit.backends.door import PRICES, backend_of, cost
from autograd_nn.jit.capture.call import Call, Found, Wanted, is_finite
from autograd_nn.jit.capture.trace import Trace
from autograd_nn.jit.exporting import Exports
from autograd_nn.jit.frames import Compiled, Direct, Frame
from autograd_nn.jit.lifting.flatten import Needs
from autograd_nn.jit.lifting.lift import lift, lift_lines
from autograd_nn.jit.lifting.pack import Packer, pack
from autograd_nn.jit.lifting.packs import Packing
from autograd_nn.jit.options import Options
from autograd_nn.jit.origin import Origin
from autograd_nn.jit.plan import Nest, Plan, walk
from autograd_nn.jit.rows import RowSums
from autograd_nn.rich import card, preformatted

__all__ = ["Program"]

_REPLAY: Final = 0.12  # microseconds to replay an operation of a trace, value and slopes
_AT_ONCE: Final = 5000.0  # what may be spent on a path at its second call
_PATIENCE: Final = 60_000.0  # what a call waits for machine code
_STAND_IN: Final = 2.0  # times a replay, what NumPy may take in its place
_DEFAULT: Final = Options()
_FEW: Final = 64  # operations that are not worth a nest; they keep their order
_SCATTERED: Final = 4  # operations a pack, below which packing makes next to nothing
_BLOCK: Final = 512  # rows at once, or more where they are small
_LARGEST: Final = 8192
_CACHED: Final = 1 << 20  # cells of a block, values and adjoints: what a cache holds
_BLOCKS: Final = (16, 64, 256, 512, 1024, 2048, 4096, 8192)  # where numbers of rows keep changing
_EXACT: Final = 4  # numbers of rows that are compiled for as they are
_SIZES: Final = 16  # numbers of rows that are kept ready


class Program(Exports):
    """What a jitted function does for arguments of one structure, along one path.

    It can be called by itself, and be pickled and sent to another process.

    Attributes:
        backend: what is to run it: "native", "numpy", "jax" or "reference"; see ``running``.
        block: how many rows are done at once.
        packs: how many packs its operations are; 0 where they run one by one.
        used: when it was last used, as its owner counts.
        recorded_at: the numbers that it was recorded at, by group; with rows, of the first row.
        origin: the function, and the call at which it was recorded, where they are known.
        rounds: whether buffers are of round sizes only, so that the order in which sums are taken
            does not depend on how many rows were run before.

    >>> from autograd_nn import jit
    >>> program = jit(lambda x: x * x).program(3.0)
    >>> program(3.0)
    9.0
    """

    def __init__(
        self,
        trace: Trace,
        call: Call,
        result: Any,
        options: Options = _DEFAULT,
        origin: Origin | None = None,
    ) -> None:
        super().__init__(trace, call, result, options.reduce)
        self.used = 0
        self.recorded_at = [
            _of_one_row(x, row) for x, row in zip(call.groups, call.is_row, strict=True)
        ]
        self.origin = origin
        self.rounds = False
        self.backend = backend_of(options.backend)
        self._ready: dict[int, Compiled] = {}
        needs = Needs(trace)
        packer = pack(trace, needs, self.regions, self.region_of)
        self._packing: Packing | None = None
        if self.row_positions:
            self._packing = packer.finish()
            self._plans = {1: lift(self._packing)}
            self.packs = len(packer.packs)
        else:
            self._plans = {1: self._plan(trace, needs, packer)}
        prices = PRICES[self.backend]
        self.cost, self._prepare = cost(self._plans[1].items, prices)
        self._later = not options.waits and self._is_for_later()
        if self._later:
            self.cost, self._prepare = cost(self._plans[1].items, PRICES["numpy"])
        self.block = _rows_at_once(self._plans[1]) if prices.rolls else _BLOCK
        self.region_of = []  # as long as there are leaves, and of no use any more

    def _plan(self, trace: Trace, needs: Needs, packer: Packer) -> Plan:
        """The plan with packs, or that of single operations where it is better."""
        prices, count = PRICES[self.backend], len(packer.packs)
        if trace.recorded > _FEW and count * _SCATTERED <= trace.recorded:
            plan = lift(packer.finish())
            if cost(plan.items, prices)[0] <= prices.line * trace.recorded or prices.rolls:
                self.packs = count
                return plan
        self.packs = 0
        return lift_lines(trace, needs, self.regions, prices.rolls)

    def _is_for_later(self) -> bool:
        """Whether machine code takes so long to make that NumPy had better run it until then."""
        if self.row_positions or self.backend != "native":
            return False
        stand_in, _ = cost(self.plan.items, PRICES["numpy"])
        return self._prepare > _PATIENCE and stand_in < _STAND_IN * _REPLAY * self.recorded

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_ready": {}}

    @property
    def plan(self) -> Plan:
        """What is computed; with rows, for one of them."""
        return self._plans[1]

    @property
    def turns(self) -> tuple[Any, ...]:
        """What tells it from the function's other programs: how each comparison comes out."""
        plan = self.plan
        found = [
            (g.symbol, *(np.asarray(x).tobytes() for x in (g.left, g.right, g.outcomes)))
            for g in plan.guards
        ]
        return (*found, np.asarray(plan.constants[1]).tobytes())

    def pays(self, hits: int) -> bool:
        """Whether making it ready is worth it for a path that has been taken so often.

        Where that takes long, it waits until it would have saved a quarter of that time; it
        never is where a replay is as fast.
        """
        saved = _REPLAY * self.recorded - self.cost
        return self._prepare < _AT_ONCE or hits * saved > self._prepare / 4.0

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
        compiled = self._compiled(1)
        frame = compiled.borrow()
        try:
            with np.errstate(all="ignore"):
                if regions is None:
                    if not frame.run(groups) and not any_path:
                        return None
                    numbers, slopes = frame.numbers(), []
                    finite = is_finite(numbers)
                else:
                    if not frame.run_both(groups, regions, any_path=any_path):
                        return None
                    numbers, slopes = frame.numbers(), frame.taken(regions)
                    finite = frame.is_finite()
        finally:
            compiled.give_back(frame)
        if wanted is None:
            return Found(numbers, [], finite)
        return Found(numbers, wanted.slopes(self, slopes), finite)

    def plain(self, numbers: tuple[Any, ...], shapes: tuple[Any, ...], regions: Any) -> Any:
        """The one result for arguments that are a float or an array of floats each.

        Args:
            shapes: of the arguments, and of the captured leaves.
            regions: the groups along which slopes are wanted; None where none are.

        Returns:
            The number, or the number and the slopes as flat arrays; None where the arguments
            take another path, or something is not finite.
        """
        compiled = self._compiled(1)
        frame = compiled.borrow()
        try:
            groups = (*numbers, [v._data for v in self.captured])
            if frame.is_quiet(regions):
                return _plainly(frame, groups, shapes, regions)
            with np.errstate(all="ignore"):
                return _plainly(frame, groups, shapes, regions)
        finally:
            compiled.give_back(frame)

    def direct(self, shapes: tuple[Any, ...], regions: Any) -> tuple[Direct, Frame] | None:
        """Where machine code takes arguments and leaves results, and the buffers it works on.

        Args:
            shapes, regions: as those of ``plain``.

        Returns:
            None where something else than machine code has a part in it.
        """
        compiled = self._compiled(1)
        if self.captured or "native" not in compiled.running():
            return None  # before any buffers are made
        frame = Frame(compiled)
        found = frame.direct(shapes, regions)
        return None if found is None else (found, frame)

    # -- rows ----------------------------------------------------------------------------

    @property
    def parts(self) -> bool:
        """Whether rows are to be cut into parts of round sizes: each size is made ready anew."""
        return not PRICES[self.backend].rolls

    def borrow(self, rows: int) -> tuple[Compiled, Frame]:
        """Buffers for a number of rows, and what they are to be given back to."""
        kept = rows in self._ready or len(self._ready) < _EXACT
        if PRICES[self.backend].rolls and (self.rounds or not kept):
            rows = next((size for size in _BLOCKS if size >= rows), rows)
        compiled = self._compiled(rows)
        return compiled, compiled.borrow()

    def _compiled(self, rows: int) -> Compiled:
        found = self._ready.get(rows)
        if found is None:
            found = self._ready[rows] = Compiled(self.plan_of(rows), self.backend, self._later)
        return found

    def plan_of(self, rows: int) -> Plan:
        """What is computed for a number of rows at once; 1 for a program without rows."""
        plan = self._plans.get(rows)
        if plan is None:
            assert self._packing is not None
            if len(self._plans) >= _SIZES:
                self._plans = {1: self._plans[1]}
                self._ready = {}
            plan = self._plans[rows] = lift(self._packing, rows)
        return plan

    # -- what runs it --------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for machine code that is being made; after this, calls wait for what they need.

        Equal calls then give equal bits.

        Args:
            timeout: seconds to wait at most; None for as long as it takes.

        Returns:
            Whether all is there.

        >>> from autograd_nn.jit import jit
        >>> program = jit(lambda x: x * 2).program(1.0)
        >>> program.wait()
        True
        """
        self._later = False
        return all(compiled.wait(timeout) for compiled in list(self._ready.values()))

    @property
    def running(self) -> str:
        """What runs it now: "numpy" also where machine code is being made, or could not be."""
        found = set().union(*(compiled.running() for compiled in list(self._ready.values())))
        return " and ".join(sorted(found)) or self.backend

    # -- for people ----------------------------------------------------------------------

    def __str__(self) -> str:
        """What it computes, a line a nest.

        >>> from autograd_nn.jit import jit
        >>> dense = jit(lambda w, x: [sum(a * b for a, b in zip(r, x)).relu() for r in w])
        >>> print(dense.program(np.ones((64, 32)), np.ones(32)))  # doctest: +ELLIPSIS
        4160 operations in 2 nests, run by ...
          sum 1[64] = sum of 32: a0[64, 32] * a1[32] + 0
          relu 2[64] = relu(sum 1[64])
        >>> print(jit(lambda x: (x * 5 - 7) ** 2).program(2.0))  # doctest: +ELLIPSIS
        3 operations, run by ...
          v(0) = a0 * 5
          v(1) = v(0) - 7
          v(2) = v(1) * v(1)
        """
        nests = sum(isinstance(item, Nest) for item, _ in walk(self.plan.items))
        first = f"{self.recorded} operations"
        first += f" in {nests} nest{'s' * (nests != 1)}" if nests else ""
        guards = f", {self.guards} guards" if self.guards else ""
        body = "\n".join(f"  {line}" for line in str(self.plan).splitlines())
        return f"{first}{guards}, run by {self.running}\n{body}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first, _, rest = str(self).partition("\n")
        return card(first, preformatted(rest))


def _of_one_row(numbers: Any, is_row: bool) -> Any:
    """The numbers of a group as an array of floats; with rows, those of the first."""
    return np.array(numbers[:1] if is_row else numbers, dtype=float).ravel()


def _plainly(frame: Frame, groups: Any, shapes: tuple[Any, ...], regions: Any) -> Any:
    if regions is None:
        if not frame.run(groups):
            return None
        number = frame.number()
        return number if math.isfinite(number) else None
    if not frame.run_both(groups, regions, shapes) or not frame.is_finite():
        return None
    return frame.number(), frame.taken(regions)


def _rows_at_once(plan: Plan) -> int:
    """How many rows make a block, by the plan of one: a call costs as much as some hundred rows."""
    each = sum(plan.sizes) - sum(place.size for place in plan.leaves if not place.by_row)
    found = _BLOCK
    while found < _LARGEST and 2 * found * 2 * each <= _CACHED:
        found *= 2
    return found
