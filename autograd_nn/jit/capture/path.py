"""One recorded path of a function: which numbers it takes, and what its answer looks like.

What is left out: how the numbers are computed, which is its subclasses' (``Waiting`` goes
through the trace, ``Program`` is compiled).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_nn.conversion import is_number
from autograd_nn.custom import parted
from autograd_nn.errors import LeakError, WrongTypeError
from autograd_nn.jit.capture.arguments import rebuild, uniform
from autograd_nn.jit.capture.call import Call, Found, Wanted
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.capture.trace import Guard, Trace

__all__ = ["Path", "Waiting"]

_MODELS = 8  # whose parameters' places a path keeps


class Path:
    """What a function does for arguments of one structure, where its guards hold.

    Attributes:
        recorded: how many operations the function recorded.
        inputs: how many groups of numbers the arguments have.
        captured: the leaves that the function closed over, in the order of their region.
        result: the description of what the function returns; see ``arguments``.
        sources, uniform: the same with all numbers as roots, for comparing paths.
        connected: the regions on which the first result depends.
        left: of each region whose numbers left the graph by ``float()``, the user's line.
        guards: how many comparisons must come out alike.
        by_argument: of each argument, its regions.
        opaque: the user's own operations that took numbers out of the graph, and the lines.
    """

    def __init__(self, trace: Trace, call: Call, result: Any, reduce: str | None) -> None:
        groups = call.regions()
        self.key, self.row_positions, self.reduce = call.key, call.row_positions, reduce
        self.recorded, self.inputs, self.captured = trace.recorded, len(groups), trace.captured
        self.result = result
        self.sources: list[Any] = []
        self.uniform = uniform(result, self.sources)
        self.guards = len(trace.guards)
        parameters = Region("parameters", len(trace.captured))
        constants = Region("constants", len(trace.constants))
        self.regions = [*groups, parameters, constants]
        self.region_of = [k for k, region in enumerate(self.regions) for _ in range(region.size)]
        self.connected: set[int] = set()
        self.left: dict[int, str] = {}
        if trace.left:
            below = trace.leaves_below(trace.roots[:1])
            self.connected = {self.region_of[leaf] for leaf in below}
            for leaf, line in trace.left.items():
                self.left.setdefault(self.region_of[leaf], line)
        self.by_argument = [range(start, stop) for start, stop in pairwise(call.starts)]
        self.opaque = opaque_operations(trace.guards)
        self._models: dict[int, tuple[Any, int, Any, bool]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_models": {}}

    def answer(self, found: Found, wanted: Wanted | None) -> Any:
        """The function's result, and the gradient where it is wanted.

        Raises:
            LeakError: the result does not depend on an argument, whose numbers left the graph.
        """
        value = rebuild(self.result, found.numbers)
        if wanted is None:
            return value
        self.refuse_leak(wanted)
        return value, wanted.build(found.slopes)

    def refuse_leak(self, wanted: Wanted) -> None:
        """Raise a LeakError if slopes along numbers are wanted that left the graph."""
        if self.left:
            self.refuse_leaks(wanted.by_argument(self.inputs))

    def refuse_leaks(self, arguments: Sequence[tuple[str, Sequence[int]]]) -> None:
        """The same of arguments, each with what it is called and its regions."""
        for name, regions in arguments if self.left else ():
            lines = [self.left[region] for region in regions if region in self.left]
            if lines and not self.connected & set(regions):
                raise LeakError(name, lines[0])

    @property
    def leaked(self) -> set[int]:
        """The regions whose numbers left the graph, where the result does not depend on them."""
        return set(self.left) - self.connected

    def wanted_regions(self, wanted: Wanted | None) -> tuple[int, ...] | None:
        """The regions along which slopes are wanted.

        Raises:
            TypeError: slopes are wanted, and the function does not return one number.
        """
        if wanted is None:
            return None
        self.require_one_number()
        return wanted.regions(self)

    @property
    def gives_one_number(self) -> bool:
        """Whether the result is one number."""
        kind, *rest = self.result
        if kind == "constant":
            return is_number(rest[0])
        return bool(kind == "value" or (kind == "values" and rest[0] == ()))

    def require_one_number(self) -> None:
        """Raise a TypeError where there can be no gradient."""
        if not self.gives_one_number:
            raise WrongTypeError(
                "the jitted function does not return one number; a gradient needs one: "
                "return a sum, or one element"
            )

    def parameters(self, wanted: Wanted | None) -> Any:
        """The numbers of the captured leaves, or those that the caller gives in their place."""
        if wanted is not None and (wanted.vector is not None or wanted.held is not None):
            return wanted.parameters(self)
        return [v._data for v in self.captured]

    def places(self, model: Any) -> tuple[int, Any, bool]:
        """How many parameters a model has, and for each captured Value its place among them.

        -1 where it is none of them; and whether they are the model's own, in their order.
        Found once for a path: it keeps to the Values that it was recorded with.
        """
        found = self._models.get(id(model))
        if found is None:
            if len(self._models) >= _MODELS:
                self._models.clear()
            index = {id(p): k for k, p in enumerate(model.parameters())}
            at = np.array([index.get(id(v), -1) for v in self.captured], dtype=np.int64)
            in_order = np.array_equal(at, np.arange(len(index)))
            found = self._models[id(model)] = (model, len(index), at, in_order)
        return found[1], found[2], found[3]


def opaque_operations(guards: Sequence[Guard]) -> list[tuple[str, str]]:
    """The user's own operations that took numbers out of the graph, and the lines, where known."""
    found = ((parted(guard.how)[1], guard.line) for guard in guards)
    return [(name, line) for name, line in found if name]


class Waiting(Path):
    """A recorded path that is not compiled: it is replayed equation by equation.

    That costs about what the engine takes, and calls the function no more.

    Attributes:
        trace: the equations.
        hits: how often it has been taken.
        program: the program that it may become, once one was made.
    """

    def __init__(self, trace: Trace, call: Call, result: Any, reduce: str | None) -> None:
        super().__init__(trace, call, result, reduce)
        self.trace = trace
        self.hits = 0
        self.program: Any = None

    def attempt(self, call: Call, wanted: Wanted | None) -> Found | None:
        """The numbers of the results and the slopes; None if the call takes another path."""
        trace, regions = self.trace, self.wanted_regions(wanted)
        captured = self.parameters(wanted)
        inputs = call.numbers()
        values = trace.numbers(inputs, captured if type(captured) is list else captured.tolist())
        if values is None:
            return None
        numbers = [values[root] for root in trace.roots]
        finite = all(map(math.isfinite, numbers))
        if wanted is None or regions is None:
            return Found(numbers, [], finite)
        adjoints = trace.adjoints(values) if trace.roots else [0.0] * trace.leaves
        slopes = []
        for region in regions:
            start = sum(r.size for r in self.regions[:region])
            slopes.append(adjoints[start : start + self.regions[region].size])
        finite = finite and all(math.isfinite(x) for part in slopes for x in part)
        return Found(numbers, wanted.slopes(self, slopes), finite)
