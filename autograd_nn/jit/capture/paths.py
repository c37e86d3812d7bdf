"""The recorded paths of a function for arguments of one structure: which holds, when to record.

The first result on a path comes from its recording.  What was recorded waits as a trace, and
is compiled when the path comes a second time; where there are several, when one comes again
and again, since compiling takes as long as some hundred runs.  Where paths keep changing,
fewer and fewer calls record, and at last the engine runs the function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_nn.jit.capture.path import Waiting
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.jit.capture.trace import Trace

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["GIVE_UP", "Paths"]

GIVE_UP = 16  # misses
_RECORDED = frozenset({0, 1, 2, 3, 7, GIVE_UP - 1})  # the misses that are recorded
_PROFIT = 0.5  # of a miss, that a hit of a compiled path makes good
_WAITING = 8  # traces that are kept
_OFTEN = (1, 1, 4, 16)  # how often a path must come again, where so many have been recorded


class Paths:
    """What is known for arguments of one structure, in one state of the surroundings.

    Attributes:
        programs: the compiled paths, the one used last first.
        waiting: the recorded ones, the newest first.
        misses: how many calls found no path, less what hits have made good.
        gave_up: whether the engine runs what no program does.
        lifts: whether the function has to run on Values where it is not recorded.
        raised: whether the last recording raised an error.
        error: that error, until it is known whose it is.
        sent: what workers were sent of it, by what it depends on.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.programs: tuple[Program, ...] = ()
        self.waiting: tuple[Waiting, ...] = ()
        self.misses = 0.0
        self.gave_up = self.lifts = self.raised = False
        self.error: Exception | None = None
        self.sent: dict[Any, Any] = {}
        self._recorded = 0
        self._signature: list[Any] = []

    @property
    def candidates(self) -> tuple[Program, ...]:
        """The programs that are worth a try."""
        return self.programs[:2] if self.gave_up else self.programs

    def miss(self) -> bool:
        """Note that no path holds; returns whether this call should record one."""
        self.misses += 1.0
        return not self.gave_up and int(self.misses) - 1 in _RECORDED

    def hit(self) -> None:
        """Note that a compiled path holds."""
        self.misses = max(0.0, self.misses - _PROFIT)

    @property
    def is_last_try(self) -> bool:
        """Whether the recording to come is the last one."""
        return self.misses >= GIVE_UP

    def is_worth_compiling(self, waiting: Waiting) -> bool:
        """Whether a path that was taken once more comes often enough."""
        waiting.hits += 1
        return waiting.hits >= _OFTEN[min(self._recorded, len(_OFTEN)) - 1]

    def wait(self, found: Waiting) -> None:
        """Keep a recorded path until it comes again."""
        self._recorded += 1
        self.waiting = (found, *self.waiting)[:_WAITING]

    def difference(self, trace: Trace) -> tuple[str, str]:
        """How a trace leaves the path recorded before it: what was done, and the user's line."""
        before, self._signature = self._signature, _signature(trace)
        for k, guard in enumerate(trace.guards):
            if k >= len(before) or before[k] != self._signature[k]:
                return guard.how or guard.symbol, guard.line
        return "", ""


def _signature(trace: Trace) -> list[Any]:
    """For each guard what tells paths apart."""
    first = trace.inputs + len(trace.captured)

    def constant(node: int) -> Any:
        return repr(trace.constants[node - first]) if first <= node < trace.leaves else None

    return [(g.symbol, g.outcome, constant(g.left), constant(g.right)) for g in trace.guards]
