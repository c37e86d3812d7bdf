"""Calls with their loops around, bound to buffers.

In a loop the arrays of a call move on.  Those of all rounds are made beforehand where they are
not too many; otherwise, and where a buffer may be replaced, an array with the rounds as its first
axes is, and a round's are what iterating over it gives: a tenth of a microsecond each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.numpy.views import FLAGS, Call, View

__all__ = ["NumPyCode", "Repeated"]

_PREPARED: Final = 100_000  # arrays of rounds that are made beforehand: about 20 MB


@dataclass(frozen=True)
class Repeated:
    """Calls that are repeated in order."""

    count: int
    reverse: bool
    body: list[Call | Repeated]


@dataclass(frozen=True)
class NumPyCode:
    """Calls that can be bound to buffers.

    Attributes:
        calls: in order.
        scratch: how much room they need beside the buffers.
    """

    calls: list[Call | Repeated]
    scratch: dict[int, int]
    is_quiet: bool = False
    backend: str = "numpy"

    def bind(self, buffers: list[Any]) -> _Bound:
        """Calls on arrays."""
        return _Bound(self, buffers)


class _Bound:
    def __init__(self, code: NumPyCode, buffers: list[Any]) -> None:
        self._buffers: dict[int, Any] = dict(enumerate(buffers))
        # Not from the size on: an array of nothing has no memory.
        for buffer, size in code.scratch.items():
            self._buffers[buffer] = np.zeros(size + 8, dtype=bool if buffer == FLAGS else float)
        self._left = _PREPARED
        self._made: dict[int, list[tuple[list[Any], int, Call, list[Repeated]]]] = {}
        self._functions: list[Any] = []
        self._args: list[Any] = []
        for call in code.calls:
            self._args.append(None)
            if isinstance(call, Repeated):
                self._functions.append(_Rounds(call))
                self._args[-1] = self._streams(call, [call])
            else:
                self._functions.append(call.function)
                self._put(self._args, len(self._args) - 1, call, [])

    def __call__(self) -> None:
        for function, args in zip(self._functions, self._args, strict=True):
            function(*args)

    def attach(self, buffer: int, array: Any) -> None:
        """Work on another array from now on."""
        self._buffers[buffer] = array
        for where in self._made.get(buffer, ()):
            self._put(*where, again=True)

    def _streams(self, repeated: Repeated, loops: list[Repeated]) -> list[Any]:
        """For each call of a loop's body its arguments in all rounds."""
        found: list[Any] = []
        for item in repeated.body:
            found.append(None)
            if isinstance(item, Repeated):
                found[-1] = self._streams(item, [*loops, item])
            else:
                self._put(found, len(found) - 1, item, loops)
        return found

    def _put(
        self, to: list[Any], k: int, call: Call, loops: list[Repeated], again: bool = False
    ) -> None:
        """Make the arguments of a call and put them at a place of a list."""
        views = [x for x in call.args if isinstance(x, View)]
        replaced = {x.buffer for x in views if x.buffer > 1}
        for buffer in replaced if not again else ():
            self._made.setdefault(buffer, []).append((to, k, call, loops))
        if not loops:
            to[k] = tuple(self._array(x, ()) if isinstance(x, View) else x for x in call.args)
            return
        stacked = tuple(self._stacked(x, loops) for x in call.args)
        rounds = int(np.prod([loop.count for loop in loops]))
        needed = rounds * sum(any(x.steps) for x in views)
        if not replaced and needed <= self._left:
            self._left -= needed
            to[k] = _unstacked(stacked, len(loops))
        else:
            to[k] = stacked

    def _stacked(self, x: Any, loops: Sequence[Repeated]) -> Any:
        """An argument in all rounds of the loops around, as an array with an axis for each."""
        counts = tuple(loop.count for loop in loops)
        if isinstance(x, View) and any(x.steps):
            turned = tuple(slice(None, None, -1 if loop.reverse else 1) for loop in loops)
            return self._array(x, counts)[turned]
        one = np.empty((), dtype=object)
        one[()] = self._array(x.lined, ()) if isinstance(x, View) else x
        return np.broadcast_to(one, counts)

    def _array(self, x: View, counts: tuple[int, ...]) -> Any:
        if counts:  # iterating over single numbers would not give arrays
            x = x.lined
        buffer = self._buffers[x.buffer]
        unit = buffer.itemsize
        strides = [unit * s for s in ((*x.steps, *x.strides) if counts else x.strides)]
        return np.ndarray((*counts, *x.shape), buffer.dtype, buffer, unit * x.start, strides)


def _unstacked(stacked: tuple[Any, ...], depth: int) -> list[Any]:
    """The arguments of each round, in lists of lists."""
    if depth == 1:
        return list(zip(*stacked, strict=True))
    return [_unstacked(inner, depth - 1) for inner in zip(*stacked, strict=True)]


def _opened(stream: Any) -> Iterable[tuple[Any, ...]]:
    """A call's arguments in one round after another."""
    return stream if type(stream) is list else zip(*stream, strict=True)


class _Rounds:
    """Runs a loop, when called with the arguments of its calls in all rounds."""

    def __init__(self, repeated: Repeated) -> None:
        self._functions: list[Any] = []
        self._open: list[Any] = []
        for item in repeated.body:
            inner = _Rounds(item) if isinstance(item, Repeated) else None
            self._functions.append(inner if isinstance(item, Repeated) else item.function)
            self._open.append(_opened if inner is None else inner.opened)

    def opened(self, streams: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """In one round after another the arguments of all calls."""
        return zip(*[opened(x) for opened, x in zip(self._open, streams, strict=True)], strict=True)

    def __call__(self, *streams: Any) -> None:
        functions = self._functions
        for args_of_round in self.opened(streams):
            for function, args in zip(functions, args_of_round):  # noqa: B905
                function(*args)
