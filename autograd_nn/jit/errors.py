"""The errors and warnings of the jit."""

__all__ = ["JitWarning", "LeakError", "TraceError"]


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
