"""Running programs on many rows: a block at a time, and rows apart that take another path.

A block is as many rows as keep what it touches in the cache.  The rows of a block whose
comparisons come out as they were recorded are done by one program, the others by the next,
or by a new recording of the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.jit.arguments import rebuild
from autograd_nn.jit.call import Call, Wanted
from autograd_nn.jit.errors import TraceError

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["RowSums"]

_BLOCK = 512  # rows


class RowSums:
    """The results of a call with rows.

    Args:
        call: the arguments.
        wanted: the slopes that are asked for; None if none are.
        reduce: "mean" or "sum" over the rows, or None.

    Attributes:
        slopes: what ``wanted`` takes: the sum over rows, or an array with all rows.
    """

    def __init__(self, call: Call, wanted: Wanted | None, reduce: str | None) -> None:
        self.call, self.wanted, self.reduce = call, wanted, reduce
        self._seed = 1.0 / call.rows if reduce == "mean" else 1.0
        self.slopes: list[Any] = []
        self._result: Any = None
        self._numbers: Any = None  # one line a number of the result, one column a row

    def run(self, known: Callable[[], Sequence[Program]], record: Callable[[int], Program]) -> None:
        """Do all rows.

        Args:
            known: the programs there are, the one used last first.
            record: makes the program for the path that one row takes.

        Raises:
            TraceError: the function does not take the path that it was recorded on.
        """
        rows = self.call.rows
        for start in range(0, rows, _BLOCK):
            left = np.arange(start, min(start + _BLOCK, rows))
            for program in known():
                left = self._try(program, left)
                if not len(left):
                    break
            while len(left):
                before = len(left)
                left = self._try(record(int(left[0])), left)
                if len(left) == before:
                    raise TraceError(
                        "the function took another path when it was recorded than its recording "
                        "takes with the same numbers: it is random, or it reads what it changes"
                    )

    def _try(self, program: Program, chosen: Any) -> Any:
        """Do the rows that are on a program's path; returns the others."""
        on_path = self._do(program, chosen)
        if on_path is None:
            return chosen[:0]
        matching = chosen[on_path]
        for part in _parts(matching):
            self._do(program, part)
        return chosen[~on_path]

    def _do(self, program: Program, chosen: Any) -> Any:
        """Do these rows, if all are on the program's path; else which are, and nothing is done."""
        wanted, buffers = self.wanted, program.buffers
        assert buffers is not None
        runner = buffers.borrow(len(chosen))
        try:
            groups = [*self.call.some_rows(_as_slice(chosen)), program.parameters(wanted)]
            with np.errstate(all="ignore"):
                if not buffers.run(runner, groups):
                    return buffers.rows_on_path(runner)
                self._keep(program, chosen, buffers.read(runner))
                if wanted is not None:
                    found, depends = buffers.slopes(runner, wanted.regions(program), self._seed)
                    self._add(program, chosen, wanted.slopes(program, found, depends))
            return None
        finally:
            buffers.give_back(runner)

    def _keep(self, program: Program, chosen: Any, numbers: Any) -> None:
        if self._result is None:
            self._result = program.uniform
            self._numbers = np.empty((len(program.sources), self.call.rows))
        elif program.uniform != self._result:
            raise TraceError(
                "the function returns other structures for other rows; return the same lists, "
                "tuples and dicts on every path"
            )
        rows = _as_slice(chosen)
        for k, source in enumerate(program.sources):
            self._numbers[k, rows] = numbers[source] if isinstance(source, int) else source

    def _add(self, program: Program, chosen: Any, slopes: list[Any]) -> None:
        assert self.wanted is not None
        is_row = [r < program.inputs and self.call.is_row[r] for r in self.wanted.regions(program)]
        whole = len(chosen) == self.call.rows
        for k, (slope, row) in enumerate(zip(slopes, is_row, strict=True)):
            if k == len(self.slopes):
                size = (self.call.rows, len(slope) // len(chosen))
                self.slopes.append(np.empty(size) if row and not whole else slope)
            elif not row:
                self.slopes[k] += slope  # NumPy's warnings are off
            if row and not whole:
                self.slopes[k][chosen] = slope.reshape(len(chosen), -1)

    def result(self) -> Any:
        """The function's result: its mean or sum over the rows, or with a last axis of rows.

        With slopes, the pair of it and the gradient.
        """
        numbers = self._numbers
        if self.reduce is not None:
            with np.errstate(all="ignore"):
                numbers = np.add.reduce(numbers, 1)
        if self.reduce == "mean":
            numbers /= self.call.rows
        value = rebuild(self._result, numbers)
        return value if self.wanted is None else (value, self.wanted.build(self.slopes))


def _as_slice(chosen: Any) -> Any:
    """Consecutive rows as a slice, which copies nothing."""
    first, last = int(chosen[0]), int(chosen[-1])
    return slice(first, last + 1) if last - first + 1 == len(chosen) else chosen


def _parts(chosen: Any) -> Iterator[Any]:
    """Some rows in parts of 1, 2, 4, 8 ...: buffers are prepared for few sizes."""
    while len(chosen):
        size = 1 << (len(chosen).bit_length() - 1)
        yield chosen[:size]
        chosen = chosen[size:]
