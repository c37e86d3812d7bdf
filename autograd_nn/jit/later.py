"""Code that NumPy stands in for while machine code is made.

What is left out: when that pays, which is ``program``'s; the thread, which is ``workers``'s.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from autograd_nn.jit.backends import Bound, Code
from autograd_nn.jit.backends.door import compile_items
from autograd_nn.jit.plan import Item
from autograd_nn.jit.workers import background

__all__ = ["Later"]


class Later:
    """Items that run by NumPy until a backend's code for them is there.

    Where that cannot be made, NumPy's stays.

    Args:
        backend: what is to run them.
        items, sizes: as those of ``compile`` of a backend.

    Attributes:
        code: what runs them now.
    """

    def __init__(self, backend: str, items: Sequence[Item], sizes: Sequence[int]) -> None:
        self.code: Code = compile_items("numpy", items, sizes)
        self._made = threading.Event()
        self._given: Any = (backend, items, sizes)
        background.add(self._make)

    def _make(self) -> None:
        try:
            self.code = compile_items(*self._given)
        except Exception:  # out of memory, or whatever: what runs goes on running
            pass
        finally:
            self._given = ()
            self._made.set()

    @property
    def backend(self) -> str:
        """What runs them now."""
        return self.code.backend

    @property
    def is_quiet(self) -> bool:
        """Whether running them never gives one of NumPy's warnings."""
        return self.code.is_quiet

    @property
    def is_made(self) -> bool:
        """Whether nothing is being made any more."""
        return self._made.is_set()

    def wait(self, timeout: float | None) -> bool:
        """Wait for what is being made, for at most so many seconds; returns whether it is there."""
        background.resume()
        return self._made.wait(timeout)

    def bind(self, buffers: list[Any]) -> _Bound:
        """Make them ready for one set of buffers."""
        return _Bound(self, buffers)


class _Bound:
    def __init__(self, later: Later, buffers: list[Any]) -> None:
        self._later, self._buffers = later, list(buffers)
        self._attached: dict[int, Any] = {}
        self._bind()

    def _bind(self) -> None:
        self._code = self._later.code
        self._run: Bound = self._code.bind(self._buffers)
        for buffer, array in self._attached.items():
            self._run.attach(buffer, array)

    def __call__(self) -> None:
        if self._later.code is not self._code:
            self._bind()
        elif not self._later.is_made:
            background.resume()
        self._run()

    @property
    def direct(self) -> Any:
        """As that of the code that runs now."""
        return getattr(self._run, "direct", None)

    def attach(self, buffer: int, array: Any) -> None:
        """Work on another array from now on."""
        self._attached[buffer] = array
        self._run.attach(buffer, array)
