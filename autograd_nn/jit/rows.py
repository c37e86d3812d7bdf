"""Running programs on many rows: a block at a time, and rows apart that take another path.

A block is as many rows as keep what it touches in the cache.  The rows of a block whose
comparisons come out as they were recorded are done by one program, the others by the next,
or by a new recording of the first of them.  Blocks are independent until their sums are added up,
in their order, so several threads can do one each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.engine import Value
from autograd_nn.errors import TraceError
from autograd_nn.jit.capture.arguments import describe_result, rebuild, uniform
from autograd_nn.jit.capture.call import Call, Wanted, is_finite
from autograd_nn.jit.capture.recorder import Run
from autograd_nn.jit.workers import side_by_side

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["RowSums"]

_LONELY = 16  # programs of one row each, after which the engine runs the others


@dataclass
class _Part:
    """What a program has found for some rows.

    Attributes:
        program: the program.
        chosen: the rows.
        on_path: for each whether it takes the program's path; None where all do.
        odd: for each whether something is not finite; None where all is.
        numbers: one line a number of the result, one column a row; None unless all rows are done.
        slopes: what ``RowSums.slopes`` adds up.
    """

    program: Program
    chosen: Any
    on_path: Any
    odd: Any
    numbers: Any = None
    slopes: list[Any] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether all rows are done."""
        return self.on_path is None


@dataclass
class _Block:
    """What the known programs have found for a block of rows.

    Attributes:
        parts: of rows that are done.
        odd: arrays of rows with results that are not finite.
        left: the rows whose path is not known.
    """

    parts: list[_Part]
    odd: list[Any]
    left: Any


class RowSums:
    """The results of a call with rows.

    Args:
        call: the arguments.
        wanted: the slopes that are asked for; None if none are.
        reduce: "mean" or "sum" over the rows, or None.
        threads: how many work on blocks of rows at a time; the result has the same bits for any
            number of them.
        held: says which numbers the captured Values have; by default ``wanted`` does, or they
            have their own.

    Attributes:
        slopes: what ``wanted`` takes: the sum over rows, or an array with all rows.
        lonely: how many programs were made that hold for one row only.
        described: what the function returns for a row; see ``arguments.uniform``.
        numbers: one line a number of that, one column a row.
    """

    def __init__(
        self,
        call: Call,
        wanted: Wanted | None,
        reduce: str | None,
        threads: int = 1,
        held: Wanted | None = None,
    ) -> None:
        self.call, self.wanted, self.reduce = call, wanted, reduce
        self._threads, self._held = threads, held or wanted
        self._seed = 1.0 / call.rows if reduce == "mean" else 1.0
        self.slopes: list[Any] = []
        self.lonely = 0
        self._engine: Callable[[int], Run] | None = None
        self._odd = np.zeros(call.rows, dtype=bool)  # rows that are left to the engine
        self.described: Any = None
        self.numbers: Any = None

    def run(
        self,
        known: Callable[[], Sequence[Program]],
        record: Callable[[int], Program | Run | None],
        engine: Callable[[int], Run] | None,
    ) -> bool:
        """Do all rows.

        Args:
            known: the programs there are, the one used last first.
            record: makes the program for the path that one row takes, or a run of the function
                for it that is no program; None where the engine is to run the row.
            engine: runs the function for one row.

        Returns:
            Whether any row took a path that was known before.

        Raises:
            TraceError: the function does not take the path that it was recorded on.
        """
        start, hit = 0, False
        self._engine = engine
        while start < self.call.rows:
            programs = known()
            if programs:
                for chosen, done in self._blocks(programs, start):
                    left = self._keep_all(done)
                    hit |= len(left) < len(chosen)
                    while len(left):
                        left = self._do_anew(left, record)
                    start = int(chosen[-1]) + 1
                    if known() != programs:
                        break
                continue
            made = self._make(start, record)  # it says how many rows make a block
            stop = start + (1 if isinstance(made, Run) else made.block)
            left = self._do_made(made, np.arange(start, min(stop, self.call.rows)))
            while len(left):
                left = self._do_anew(left, record)
            start = stop
        for row in np.flatnonzero(self._odd).tolist():
            assert engine is not None
            self._do_in_engine(engine(row), row)
        return hit

    def _blocks(self, programs: Sequence[Program], start: int) -> Iterator[tuple[Any, _Block]]:
        """The rows from ``start`` in blocks, and what the programs find for each, in order."""
        rows, size = self.call.rows, min(program.block for program in programs)
        blocks = [np.arange(k, min(k + size, rows)) for k in range(start, rows, size)]

        def of(chosen: Any) -> _Block:
            return self._block(programs, chosen)

        return side_by_side(of, blocks, self._threads)

    def _do_anew(self, left: Any, record: Callable[[int], Program | Run | None]) -> Any:
        """Do the first of some rows, and those on its path; returns the others."""
        return self._do_made(self._make(int(left[0]), record), left)

    def _make(self, row: int, record: Callable[[int], Program | Run | None]) -> Program | Run:
        """A new program for the path that one row takes, or a run of the function for it."""
        made = record(row) if self.lonely < _LONELY else None
        if made is None:
            assert self._engine is not None
            made = self._engine(row)
        return made

    def _do_made(self, made: Program | Run, left: Any) -> Any:
        """Do the first of some rows by what was made for it, and others; returns the rest."""
        if isinstance(made, Run):
            self._do_in_engine(made, int(left[0]))
            return left[1:]
        others = self._keep_all(self._block((made,), left))
        self.lonely += len(left) - len(others) == 1
        if len(others) == len(left):
            raise TraceError(
                "the function took another path when it was recorded than its recording takes "
                "with the same numbers: it is random, or it reads what it changes"
            )
        return others

    def _do_in_engine(self, run: Run, row: int) -> None:
        """Do one row by a run of the function."""
        roots: list[Value] = []
        sources: list[Any] = []
        result = uniform(describe_result(run.returned, roots), sources)
        chosen = np.array([row])
        numbers = np.array([v._data for v in roots]).reshape(len(roots), 1)
        self._keep(result, sources, chosen, numbers)
        if self.wanted is not None:
            found = run.slopes(run.number())
            with np.errstate(all="ignore"):
                slopes = [self._seed * np.asarray(x) for x in found]
                self._add(self.rows_wanted(), chosen, slopes)

    def _block(self, programs: Sequence[Program], left: Any) -> _Block:
        """What programs find for some rows.  Nothing is kept yet: any thread may do it."""
        done = _Block([], [], left)
        for program in programs:
            done.left = self._try(program, done.left, done)
            if not len(done.left):
                break
        return done

    def _try(self, program: Program, chosen: Any, done: _Block) -> Any:
        """Do the rows that are on a program's path; returns the others."""
        found = self._do(program, chosen)
        if found.is_whole:
            done.parts.append(found)
            return chosen[:0]
        done.odd.append(chosen[found.odd])
        rest = chosen[found.on_path & ~found.odd]
        for part in _parts(rest) if program.parts else [rest]:
            self._do_finite(program, part, done)
        return chosen[~found.on_path]

    def _do_finite(self, program: Program, left: Any, done: _Block) -> None:
        """Do those of some rows on a program's path whose results are finite."""
        while len(left):
            found = self._do(program, left)
            if found.is_whole:
                done.parts.append(found)
                return
            done.odd.append(left[found.odd])
            left = left[found.on_path & ~found.odd]

    def _do(self, program: Program, chosen: Any) -> _Part:
        """The numbers and slopes of these rows, if all are on the program's path and finite.

        Rows whose results are not finite are left to the engine, whose order of sums decides
        between inf and nan.
        """
        wanted, count = self.wanted, len(chosen)
        compiled, frame = program.borrow(count)
        try:
            groups = [*self.call.some_rows(_as_slice(chosen)), program.parameters(self._held)]
            with np.errstate(all="ignore"):
                if not frame.run(groups, count):
                    return _Part(program, chosen, frame.on_path(), np.zeros(count, dtype=bool))
                numbers = np.asarray(frame.numbers()).reshape(-1, count)
                finite = np.isfinite(numbers).all(axis=0)
                slopes: list[Any] = []
                if wanted is not None and finite.all():
                    program.refuse_leak(wanted)
                    regions = program.wanted_regions(wanted)
                    assert regions is not None
                    found = frame.slopes(regions, self._seed)
                    slopes = wanted.slopes(program, found)
                    finite &= all(map(is_finite, slopes))
            if self._engine is not None and not finite.all():
                return _Part(program, chosen, np.ones(count, dtype=bool), ~finite)
            return _Part(program, chosen, None, None, numbers, slopes)
        finally:
            compiled.give_back(frame)

    def _keep_all(self, done: _Block) -> Any:
        """Keep what was found for a block; returns the rows for which nothing was."""
        for rows in done.odd:
            self._odd[rows] = True
        for part in done.parts:
            self._keep(part.program.uniform, part.program.sources, part.chosen, part.numbers)
            if self.wanted is not None:
                with np.errstate(all="ignore"):
                    self._add(self.rows_wanted(), part.chosen, part.slopes)
        return done.left

    def _keep(self, result: Any, sources: list[Any], chosen: Any, numbers: Any) -> None:
        """Keep the results of some rows: their description, and one line a number."""
        if self.described is None:
            self.described = result
            self.numbers = np.empty((len(sources), self.call.rows))
        elif result != self.described:
            raise TraceError(
                "the function returns other structures for other rows; return the same lists, "
                "tuples and dicts on every path"
            )
        rows = _as_slice(chosen)
        for k, source in enumerate(sources):
            self.numbers[k, rows] = numbers[source] if isinstance(source, int) else source

    def rows_wanted(self) -> list[bool]:
        """For each of the wanted regions whether it has a row axis."""
        assert self.wanted is not None
        if self.wanted.module is not None:
            return [False]
        is_row = self.call.is_row
        return [is_row[r] for r in self.wanted.groups]

    def _add(self, is_row: list[bool], chosen: Any, slopes: list[Any]) -> None:
        """Add the slopes of some rows to those of others."""
        whole = len(chosen) == self.call.rows
        for k, (slope, row) in enumerate(zip(slopes, is_row, strict=True)):
            if k == len(self.slopes):
                size = (self.call.rows, len(slope) // len(chosen))
                self.slopes.append(np.empty(size) if row and not whole else slope)
            elif not row:
                self.slopes[k] += slope
            if row and not whole:
                self.slopes[k][chosen] = slope.reshape(len(chosen), -1)

    def result(self) -> Any:
        """The function's result: its mean or sum over the rows, or with a last axis of rows.

        With slopes, the pair of it and the gradient.
        """
        numbers = self.numbers
        if self.reduce is not None:
            with np.errstate(all="ignore"):
                numbers = np.add.reduce(numbers, 1)
        if self.reduce == "mean":
            numbers /= self.call.rows
        value = rebuild(self.described, numbers)
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
