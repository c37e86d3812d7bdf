"""The errors and warnings of the jit."""

import warnings

from autograd_nn.contexts import user_frame

__all__ = ["JitWarning", "LeakError", "TraceError", "warn_user"]


class TraceError(TypeError):
    """The function did something while it was recorded that cannot be replayed."""


class LeakError(TraceError):
    """A number left the graph and came back as a constant, so a replay would be wrong.

    Attributes:
        line: the user's line that used the number, "" if it could not be found.
    """

    def __init__(self, message: str, line: str = "") -> None:
        self.message, self.line = message, line
        super().__init__(message + (f"\n  at {line}" if line else ""))

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.message, self.line)


class JitWarning(UserWarning):
    """The jitted function works, but not as fast or not as meant."""


def warn_user(message: str) -> None:
    """A ``JitWarning`` at the user's line, however deep in this package it arises."""
    _, level = user_frame()
    warnings.warn(message, JitWarning, stacklevel=level + 1)
