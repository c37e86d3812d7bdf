"""Single operations of a plan as a tape: sorted by how deep they lie and by what they do.

The operations of one level need nothing of each other, so like ones are neighbours and are run
together by the interpreter.

What is left out: the interpreter (``interpreter``), and nests (``nests``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd_nn.errors import BackendError
from autograd_nn.jit.backends.native.interpreter import FLAGS, interpreter, levels
from autograd_nn.jit.plan import ADJOINTS, VALUES, Lines
from autograd_nn.ops import PRIMITIVES

__all__ = ["Tape"]


class Tape:
    """Single operations, ready to run.

    Args:
        lines: the operations.
        cells: of the buffer that they are in.
    """

    def __init__(self, lines: Lines, cells: int) -> None:
        if cells >= 2**31:
            raise BackendError("its buffers have more cells than 32 bits can number")
        backward = lines.wanted is not None
        self._interpreter = interpreter(backward, lines.exact)
        out, a, b = (np.ascontiguousarray(x, dtype=np.int32) for x in (lines.out, lines.a, lines.b))
        b = np.where(b < 0, a, b)
        level = self._levels(out, a, b, cells)
        cases = np.asarray(lines.codes, dtype=np.int64) * FLAGS
        if backward:
            cases += np.asarray(lines.wanted)
        turn = -level if backward else level  # back, the deepest come first
        key = turn.astype(np.int64) * (FLAGS * len(PRIMITIVES)) + cases
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.diff(key[order], prepend=np.iinfo(np.int64).min))
        size = np.diff(np.append(first, len(order)))
        runs = cases[order][first]
        self._interpreter.need(np.unique(runs).tolist())
        self._lists = [
            np.ascontiguousarray(x, dtype=np.int32)
            for x in (runs, first, size, out[order], a[order], b[order])
        ]
        lists: list[Any] = [self._interpreter.cases, *self._lists]
        self._addresses = [x.ctypes.data for x in lists]

    @staticmethod
    def _levels(out: Any, a: Any, b: Any, cells: int) -> Any:
        """Of each operation, how deep it lies among these."""
        depth, level = np.zeros(cells, dtype=np.int32), np.empty(len(out), dtype=np.int32)
        if len(out):
            lists = (out, a, b, depth, level)
            levels()(*(x.ctypes.data for x in lists), len(out))
        return level

    def bind(self, buffers: list[Any]) -> Callable[[], None]:
        """A call that runs them on buffers, which must live as long."""
        if not len(self._lists[0]):
            return lambda: None
        places = (buffers[k].ctypes.data for k in (VALUES, ADJOINTS))
        return partial(self._call, *self._addresses, *places, len(self._lists[0]))

    def _call(self, *given: int) -> None:
        self._interpreter.run(*given)
        self._interpreter.callbacks.check()
