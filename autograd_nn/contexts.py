"""What may be open in a thread while it computes, and the error of ``detect_anomaly``.

The engine reads this; the blocks that open and close it are in ``recording``.
"""

from __future__ import annotations

import linecache
import sys
import threading
from pathlib import Path
from typing import Any

__all__ = ["AnomalyError", "ThreadContext", "user_line"]

_PACKAGE = str(Path(__file__).parent)


class ThreadContext(threading.local):
    """The state of one thread; each starts with these defaults."""

    recording: bool = True
    scope: tuple[str, ...] = ()
    # Of a trace: every node in the order it was made, and (symbol, left, right, outcome) for
    # every comparison.
    trace: list[Any] | None = None
    # How many calls of grad this thread is inside of: an inner one must stay in the graph.
    differentiating: int = 0
    # Of detect_anomaly: by identity of a node, the node and the user's line that made it.
    anomalies: dict[int, tuple[Any, str]] | None = None


class AnomalyError(ArithmeticError):
    """The first number that is not finite, and where it came from.

    Attributes:
        phase: ``"forward"`` or ``"backward"``.
        op: the operation's name in the table.
        number: the nan or infinity.
        operands: the label ("" if none) and the number of each operand.
        line: the user's source line, ``file:line: code``.
    """

    def __init__(
        self, phase: str, op: str, number: float, operands: list[tuple[str, float]], line: str
    ) -> None:
        self.phase, self.op, self.number = phase, op, number
        self.operands, self.line = operands, line
        shown = ", ".join(f"{label} = {x!r}" if label else repr(x) for label, x in operands)
        what = "gave" if phase == "forward" else "passes back the slope"
        super().__init__(f"{op}({shown}) {what} {number}\n  at {line}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.phase, self.op, self.number, self.operands, self.line)


def user_line() -> str:
    """The innermost line of code outside this package, as ``file:line: code``."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(name, number).strip()
    return f"{name}:{number}" + (f": {code}" if code else "")
