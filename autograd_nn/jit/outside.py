"""Large arrays of the caller's, which a program reads and writes where they lie.

Copying a large argument into a buffer costs about as much as using it.  So the calls that
read it are prepared on an array of the same size, and before a run each of their views is
made anew on the caller's array, which costs about half a microsecond each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_nn.jit.contract import Call

__all__ = ["LARGE", "Outside"]

LARGE = 4096  # numbers; below, a copy is cheaper


class _Rebound:
    """A call of a NumPy function whose arrays can be replaced."""

    __slots__ = ("args", "function", "keywords")

    def __init__(self, call: Any) -> None:
        self.function = call.func
        self.args = [list(x) if isinstance(x, list) else x for x in call.args]
        self.keywords = dict(call.keywords)

    def __call__(self) -> None:
        self.function(*self.args, **self.keywords)


class Outside:
    """A region that is not in the buffer.

    Attributes:
        own: an array in its place, for what does not lie in memory as an array of floats.
        array: what the calls work on now; None between runs.
    """

    def __init__(self, size: int) -> None:
        self.own = np.zeros(size)
        self.array: Any = None
        self._views: list[tuple[Any, Any, tuple[int, ...], tuple[int, ...], int]] = []

    def collect(self, calls: list[Call]) -> None:
        """Replace the calls that work on ``own`` by ones whose views can be replaced.

        It may happen in the middle of a run: a backward pass is prepared when first asked for.
        """
        for k, call in enumerate(calls):
            if isinstance(call, _Rebound):
                self._note(call)
            elif isinstance(call, partial) and any(self._finds(x) for x in _arrays(call)):
                rebound = _Rebound(call)
                self._note(rebound)
                calls[k] = rebound
        if self.array is not None:
            self.bind(self.array)

    def _finds(self, x: Any) -> bool:
        return isinstance(x, np.ndarray) and np.may_share_memory(x, self.own)

    def _note(self, call: _Rebound) -> None:
        lists = [x for x in call.args if isinstance(x, list)]
        for container in (call.args, *lists):
            for i, x in enumerate(container):
                self._note_view(container, i, x)
        for name, x in call.keywords.items():
            self._note_view(call.keywords, name, x)

    def _note_view(self, container: Any, key: Any, x: Any) -> None:
        if self._finds(x):
            offset = x.__array_interface__["data"][0] - self.own.__array_interface__["data"][0]
            self._views.append((container, key, x.shape, x.strides, offset))

    def read(self, numbers: Any) -> None:
        """Work on these numbers from now on: in place where they are a plain array of floats."""
        if (
            type(numbers) is np.ndarray
            and numbers.dtype == np.float64
            and numbers.flags.c_contiguous
            and numbers.flags.aligned
        ):
            self.bind(numbers)
        else:
            self.own[:] = numbers.reshape(-1) if isinstance(numbers, np.ndarray) else numbers
            self.bind(self.own)

    def bind(self, array: Any) -> None:
        """Put views of this array in the calls."""
        self.array = array
        for container, key, shape, strides, offset in self._views:
            container[key] = np.ndarray(shape, float, array, offset, strides)

    def release(self) -> Any:
        """Let go of the array; returns it."""
        array, self.array = self.array, None
        for container, key, *_ in self._views:
            container[key] = None
        return array


def _arrays(call: Any) -> Sequence[Any]:
    """What a call works on: its arguments, and those in a list among them."""
    lists = [x for x in call.args if isinstance(x, list)]
    return [*call.args, *call.keywords.values(), *(x for items in lists for x in items)]
