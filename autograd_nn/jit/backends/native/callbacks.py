"""Functions of Python's that machine code calls, one number at a time.

They are for what neither arithmetic nor the C library computes as the table does, and for the
operations that users define.  An exception in one of them cannot pass through machine code: it is
kept, and raised when the machine code has returned.
"""

from __future__ import annotations

import ctypes
import math
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Callbacks"]


class Callbacks:
    """The functions of Python's that one module of machine code calls.

    It must live as long as the machine code.
    """

    def __init__(self) -> None:
        self._names: dict[Any, str] = {}
        self._pointers: dict[str, Any] = {}
        self._raised = threading.local()

    def name(self, key: Any, function: Callable[..., float], arity: int) -> str:
        """The name of a function in the text: by number, in the order in which they are asked for.

        Args:
            key: what is the same for the same function; a text is part of the name.
            function: maps ``arity`` floats to a float.
            arity: how many.
        """
        if key in self._names:
            return self._names[key]
        found = f"python_{key if isinstance(key, str) else len(self._names)}"
        self._names[key] = found
        kind = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * arity)
        self._pointers[found] = kind(self._guarded(function))
        return found

    def symbols(self) -> dict[str, int]:
        """The address of each, by its name."""
        return {
            name: ctypes.cast(pointer, ctypes.c_void_p).value or 0
            for name, pointer in self._pointers.items()
        }

    def __len__(self) -> int:
        return len(self._names)

    def check(self) -> None:
        """Raise what a function raised in this thread since the last check."""
        error = getattr(self._raised, "error", None)
        if error is not None:
            self._raised.error = None
            raise error

    def _guarded(self, function: Callable[..., float]) -> Callable[..., float]:
        def call(*numbers: float) -> float:
            if getattr(self._raised, "error", None) is not None:
                return math.nan  # the result is lost already
            try:
                return float(function(*numbers))
            except BaseException as error:  # Ctrl-C too
                self._raised.error = error
                return math.nan

        return call
