"""The warnings of the jit; its errors are the package's."""

import warnings

from autograd_nn.callers import user_frame
from autograd_nn.errors import LeakError, TraceError

__all__ = ["JitWarning", "LeakError", "TraceError", "warn_user"]


class JitWarning(UserWarning):
    """The jitted function works, but not as fast or not as meant."""


def warn_user(message: str) -> None:
    """A ``JitWarning`` at the user's line, however deep in this package it arises."""
    _, level = user_frame()
    warnings.warn(message, JitWarning, stacklevel=level + 1)
