"""The engine's view of ``f`` at the given point and at points around it.

What is left out: comparing (``check``) and what is wrong (``diagnosis``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from autograd_nn.checking.calls import Arguments, call_f, call_hand
from autograd_nn.checking.diagnosis.branches import conditions
from autograd_nn.checking.diagnosis.probes import Probe, probe_around
from autograd_nn.engine import Value, topological_order
from autograd_nn.errors import ComplexResultError
from autograd_nn.recording import noting_exits, tracing
from autograd_nn.transforms import refuse_leak

__all__ = ["Points"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test

_OUTSIDE = (ValueError, ArithmeticError, ComplexResultError)


class Points:
    """Where ``f`` is looked at: ``first`` is the given point.

    Attributes:
        first: the probe at the given point; ``None`` where ``f`` takes floats only.
    """

    def __init__(
        self,
        f: Callable[..., object],
        hand: Callable[..., object] | None,
        arguments: Arguments,
        given: list[float] | None,
    ) -> None:
        self.f, self.hand, self.arguments, self.given = f, hand, arguments, given
        self.first = self._first()

    def _inputs(self, x: Sequence[float]) -> list[Value]:
        return [Value(v, n) for v, n in zip(x, self.arguments.names, strict=True)]

    def _first(self) -> Probe | None:
        """The given point.

        Raises:
            LeakError: the numbers of an argument left the graph as plain floats.
        """
        inputs, given = self._inputs(self.arguments.numbers), self.given
        takes_values = True
        with noting_exits() as left:
            try:
                result = call_f(self.f, self.arguments.filled(inputs))
            except (TypeError, AttributeError):
                if given is None:
                    raise
                takes_values = False
        if not takes_values:
            # Float-only, or wrong for floats as well?
            call_f(self.f, self.arguments.filled(self.arguments.numbers))
            return None
        refuse_leak(result, self.arguments.by_argument(inputs), left)
        if isinstance(result, Value):
            return Probe(result, inputs, given if given is not None else [0.0] * len(inputs))
        if given is None:
            # A constant is fine; a result computed by float(v) has left the graph.
            return Probe(Value(result), inputs, [0.0] * len(inputs))
        return None

    def probe(self, x: Sequence[float]) -> Probe | None:
        """The point ``x`` with its hand-written slopes.

        ``None`` outside the domain of either, and on a kink, where several slopes are right.

        Without a formula for them the hand-written slopes are nan.
        """
        if list(x) == self.arguments.numbers and self.first is not None:
            return self.first
        inputs = self._inputs(x)
        try:
            with np.errstate(all="ignore"):  # what is outside the domain is left out
                result = call_f(self.f, self.arguments.filled(inputs))
                slopes = [math.nan] * len(x)
                if self.hand is not None:
                    filled = self.arguments.filled(list(x))
                    slopes = call_hand(self.hand, filled, len(x), self.arguments.pattern)
        except _OUTSIDE:
            return None
        if not isinstance(result, Value) or not math.isfinite(result.data):
            return None
        found = Probe(result, inputs, slopes)
        if found.kinks.numbers:
            return None
        finite = all(map(math.isfinite, found.slopes))
        return found if finite and (self.hand is None or all(map(math.isfinite, slopes))) else None

    def around(self, count: int, seed: int) -> list[Probe]:
        """The given point and ``count`` points around it."""
        return probe_around(self.arguments.numbers, self.probe, count, seed)

    def note_conditions(self, probes: Sequence[Probe]) -> None:
        """Let the probes know which comparisons ``f`` made, and how they came out."""
        for probe in probes:
            with tracing() as tape:
                call_f(self.f, self.arguments.filled(self._inputs(probe.at)))
            probe.conditions = tuple(conditions(tape.comparisons))

    def randomness(self) -> tuple[float, float] | None:
        """Two values of ``f`` at the given point, where they differ."""
        at = self.arguments.numbers
        one, two = (call_f(self.f, self.arguments.filled(self._inputs(at))) for _ in "ab")
        first, second = (float(x.data if isinstance(x, Value) else x) for x in (one, two))
        same = first == second or (first != first and second != second)
        return None if same else (first, second)

    def left_the_graph(self) -> bool:
        """Whether numbers that vary with the point enter the graph of ``f`` as constants."""

        def constants(x: Sequence[float]) -> list[float] | None:
            try:
                result = call_f(self.f, self.arguments.filled(self._inputs(x)))
            except _OUTSIDE:
                return None
            if not isinstance(result, Value):
                return [result]
            return [node.data for node in topological_order(result) if node.kind == "constant"]

        numbers = self.arguments.numbers
        here = constants(numbers)
        moved = constants([x + 1e-3 * (abs(x) or 1.0) for x in numbers])
        return here is not None and moved is not None and here != moved
