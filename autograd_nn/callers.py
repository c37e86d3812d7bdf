"""The error of ``detect_anomaly``, and the place in the user's code that a message names.

This stays plain Python where the engine is compiled: it looks at Python's own frames.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
from pathlib import Path
from typing import Any

__all__ = ["PACKAGE", "AnomalyError", "is_user_file", "user_frame", "user_line"]

#: The folder of this package, from a file that is never compiled: a compiled one learns where it
#: lies only after it has run.
PACKAGE = Path(__file__).parent
_PACKAGE = str(PACKAGE)


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


_LIBRARIES = tuple({sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib")})


def is_user_file(name: str) -> bool:
    """Whether a file of code is neither of this package, nor Python's, nor another package's."""
    return not (
        name.startswith((_PACKAGE, *_LIBRARIES)) or "site-packages" in name or name[:7] == "<frozen"
    )


def user_frame() -> tuple[Any, int]:
    """The innermost frame of the user's code, and how far up from the caller it is.

    Where all code is a library's, the innermost outside this package.
    """
    frame, level, outside = sys._getframe(1), 0, None
    while not is_user_file(frame.f_code.co_filename):
        if outside is None and not frame.f_code.co_filename.startswith(_PACKAGE):
            outside = frame, level
        if frame.f_back is None:
            return outside or (frame, level)
        frame, level = frame.f_back, level + 1
    return frame, level


def user_line() -> str:
    """The innermost line of code outside this package, as ``file:line: code``."""
    frame, _ = user_frame()
    name, number = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(name, number).strip()
    return f"{name}:{number}" + (f": {code}" if code else "")
