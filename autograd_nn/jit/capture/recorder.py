"""Running a function on Values in place of numbers: recorded, or in the engine as it is.

A recording is one run at the numbers of a call.  Every way in which a number leaves the graph
is noted as a comparison that must come out alike, so a replay elsewhere is refused, never
wrong.  What a replay could not do again (setting ``.data``, drawing random numbers) is noted
too.

What is left out: what the function reads besides its arguments (``surroundings``), and what
follows from it all (``paths``).
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_nn.checks import shown
from autograd_nn.engine import Value, lifted, slopes_along
from autograd_nn.errors import CannotReplayError, TraceError
from autograd_nn.jit.capture.arguments import describe_result, lift, one_row, rebuild
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.extremes import python_extremes
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.jit.capture.trace import Record, Trace, join
from autograd_nn.nested import is_container, parts_of
from autograd_nn.recording import in_place_of_numbers, noting_exits, tracing
from autograd_nn.state import this_thread
from autograd_nn.transforms import one_number, refuse_leak

__all__ = ["Recording", "Run", "without_collector"]


class Run:
    """One run of a function on Values in place of the numbers of a call.

    Args:
        row: which row of the arguments that have them.
        plain: whether numbers along which no slope is wanted stay plain numbers.

    Attributes:
        inputs: the Values, in the order of the call's numbers.
        returned: what the function returned.
        left: the Values that ``float()`` took out of the graph, with the user's lines.
    """

    _lifts_integers = False

    def __init__(
        self,
        f: Callable[..., Any],
        call: Call,
        wanted: Wanted | None = None,
        row: int = 0,
        plain: bool = False,
    ) -> None:
        self.f, self.call, self.wanted, self.row, self._plain = f, call, wanted, row, plain
        self.inputs: list[Value] = []
        self._spans: dict[int, tuple[int, int]] = {}
        self.stand_ins = None if wanted is None else wanted.stand_ins()
        args = [self._lift(k, x) for k, x in enumerate(call.args)]
        with np.errstate(all="ignore"), self._open():
            exits = this_thread().exits
            self.left = [] if exits is None else exits
            self.returned = call.invoke(f, args)

    def _open(self) -> Any:
        if self._plain and self.stand_ins is None and this_thread().recording:
            return noting_exits()  # operations are faster without a context
        return in_place_of_numbers(self.stand_ins)

    def _lift(self, k: int, x: Any) -> Any:
        """The k-th argument: its floats as Values, and integers where a slope is asked for."""
        start = len(self.inputs)
        if k in self.call.row_positions:
            x = one_row(self.call.groups[self.call.starts[k]], self.row)
        all_of_it = self._lifts_integers or (self.wanted is not None and k in self.wanted.positions)
        plain = self._plain and not all_of_it
        if plain and type(x) is np.ndarray and x.dtype.kind == "f":
            floats = np.array(x, dtype=float)
            return floats if floats.ndim else float(floats)
        if type(x) in (list, tuple) and set(map(type, x)) == {float}:  # the most common
            if plain:
                return x[:]
            nodes = list(map(lifted, x))
            self.inputs += nodes
            self._spans[k] = start, len(self.inputs)
            return nodes if type(x) is list else tuple(nodes)

        def make(number: Any) -> Any:
            whole = isinstance(number, (int, np.integer))
            if all_of_it or not (whole or plain):
                self.inputs.append(lifted(number))
                return self.inputs[-1]
            return int(number) if whole else float(number)

        called = lift(x, make)
        self._spans[k] = start, len(self.inputs)
        return called

    @property
    def is_complex(self) -> bool:
        """Whether there is a complex number in the result."""
        return _holds_complex(self.returned)

    def answer(self) -> Any:
        """The function's result with numbers in place of Values; or that and the gradient.

        Raises:
            CannotReplayError: there is something else in the result.
            TypeError: slopes are wanted, and it is not one number.
            LeakError: the result does not depend on an argument whose numbers left the graph.
        """
        if self.wanted is None:
            roots: list[Value] = []
            described = describe_result(self.returned, roots)
            return rebuild(described, [v._data for v in roots])
        result = self.number()
        value = result._data if isinstance(result, Value) else result
        return value, self.wanted.build(self.slopes(result))

    def number(self) -> Any:
        """What it returned as a Value or a float; a TypeError if it is not one number."""
        return one_number(self.returned, self.f)

    def slopes(self, result: Any) -> list[Any]:
        """The slopes of a number as ``Wanted.build`` takes them."""
        wanted = self.wanted
        assert wanted is not None
        along = self._along()
        if self.left:
            named = zip(wanted.by_argument(0), along, strict=True)
            arguments = {name: [v for nodes in part for v in nodes] for (name, _), part in named}
            refuse_leak(result, arguments, self.left)
        groups = [nodes for part in along for nodes in part]
        flat = [v for nodes in groups for v in nodes]
        found = slopes_along(result, flat) if isinstance(result, Value) else [0.0] * len(flat)
        self._slopes = found
        if wanted.module is not None:
            return [np.array(found)]
        slopes, start = [], 0
        for nodes in groups:
            slopes.append(found[start : start + len(nodes)])
            start += len(nodes)
        return slopes

    def _along(self) -> list[list[list[Value]]]:
        """For each argument to differentiate, its groups of nodes."""
        wanted = self.wanted
        assert wanted is not None
        if wanted.module is not None:
            stand_ins = self.stand_ins or {}
            return [[[stand_ins.get(id(p), p) for p in wanted.module.parameters()]]]
        along = []
        for k in wanted.positions:
            groups, (start, stop) = [], self._spans[k]
            for group in self.call.groups[self.call.starts[k] : self.call.starts[k + 1]]:
                size = group.size if isinstance(group, np.ndarray) else len(group)
                size //= self.call.rows if k in self.call.row_positions else 1
                groups.append(self.inputs[start : start + size])
                start += size
            assert start == stop
            along.append(groups)
        return along


def _holds_complex(x: Any) -> bool:
    if is_container(x):
        return any(map(_holds_complex, parts_of(x)))
    return isinstance(x, complex) or (isinstance(x, np.ndarray) and x.dtype.kind == "c")


class Recording(Run):
    """A run with a tape, of which a program can be made.

    Args:
        surroundings: what the function reads, as it was found before.
        watching: whether to note the user's line of every comparison.

    Attributes:
        refused: why it cannot be replayed; "" where it can.
        described: the description of the result.

    Raises:
        TraceError: the function put Values into a list, dict or set outside.
    """

    _lifts_integers = True

    def __init__(
        self,
        f: Callable[..., Any],
        call: Call,
        wanted: Wanted | None,
        row: int,
        surroundings: Surroundings,
        watching: bool,
    ) -> None:
        self._watching, self._surroundings = watching, surroundings
        sizes = [len(x) for _, x in surroundings.outer]
        before = surroundings.random_states()
        with without_collector(), python_extremes():
            super().__init__(f, call, wanted, row)
        _refuse_outer_values(surroundings.outer, sizes)
        roots: list[Value] = []
        self.refused = self.tape.refused
        self.described: Any = None
        try:
            self.described = describe_result(self.returned, roots)
        except CannotReplayError as error:
            self.refused = str(error)
        if surroundings.random_states() != before:
            self.refused = (
                "it draws random numbers, which a replay would not draw anew; draw them outside "
                "and pass them as an argument"
            )
        self._roots = roots

    def is_settled(self, answer: Any) -> bool:
        """Whether a run without a recording would come to the same.

        Operations that a recording has beside those of an ordinary run, such as the one that
        stands for Python's ``max``, pass ``0 * nan`` on.
        """
        if not any(v.op in ("first_max", "first_min", "detach") for v in self.tape.nodes):
            return True
        if self.wanted is None:
            return all(math.isfinite(v._data) for v in self._roots)
        return math.isfinite(answer[0]) and all(map(math.isfinite, self._slopes))

    @contextmanager
    def _open(self) -> Iterator[None]:
        with tracing(self._watching, self.stand_ins) as self.tape:
            yield

    def signature(self) -> tuple[Any, ...]:
        """What another recording has in common with this one only if it computes the same."""
        trace = self.trace()
        guards = [(g.symbol, g.left, g.right, g.outcome) for g in trace.guards]
        return str(trace), trace.roots, guards, repr(self.described)

    def trace(self) -> Trace:
        """The equations.

        Raises:
            TraceError: an operand was computed outside the function.
        """
        originals: dict[int, Value] = {}
        if self.stand_ins is not None and self.wanted is not None:
            parameters = self.wanted.module.parameters()
            originals = {id(self.stand_ins[id(p)]): p for p in parameters}
        record = Record(self.tape, self.inputs, self._roots, self.left, originals)
        with without_collector():
            return join(record, self._surroundings.parameters())


@contextmanager
def without_collector() -> Iterator[None]:
    """No garbage collection: millions of objects are made, none of them in a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _refuse_outer_values(outer: Sequence[tuple[str, Any]], before: Sequence[int]) -> None:
    for (name, x), size in zip(outer, before, strict=True):
        if len(x) <= size:
            continue
        items = list(x.values()) if isinstance(x, dict) else list(x)
        if any(isinstance(v, Value) for v in items):
            raise TraceError(
                f"the function put Values into {shown(name)}, which lies outside it. A replay "
                "runs no Python, so nothing would be added again: return them instead."
            )
