"""Errors that several floors raise."""

from __future__ import annotations

__all__ = ["BackendError", "LeakError", "TraceError"]


class TraceError(TypeError):
    """The function did something while it was recorded that cannot be replayed."""


class LeakError(TraceError):
    """The numbers of an argument left the graph, and the result does not depend on it otherwise.

    Its slope would be 0 without a word, where the function itself changes with the argument.

    Args:
        argument: what to call the argument.
        line: the user's line that took a number out.

    Attributes:
        argument, line: as given.
    """

    def __init__(self, argument: str, line: str) -> None:
        self.argument, self.line = argument, line
        super().__init__(
            f"the result does not depend on {argument}, whose numbers left the graph as plain "
            "floats, so its slope would be 0. Store Values in an array of objects "
            "(np.zeros(2, dtype=object)) or a list, and use autograd_nn.functions (exp, log ...) "
            "in place of the functions of math; or leave the argument out of argnums"
            + (f"\n  at {line}" if line else "")
        )

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.argument, self.line)


class BackendError(Exception):
    """A backend of the jit cannot run here; the next one is taken, so nobody outside sees it.

    Its text says why in one line, which ``python -m autograd_nn`` prints.
    """
