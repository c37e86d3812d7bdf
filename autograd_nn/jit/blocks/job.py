"""A jitted function as it is sent, and what a worker does with it.

It is pickled once and unpickled once by each process of workers, which compiles its programs when
it first runs them.  What a worker gives for a block depends on nothing that the worker did before.

What is left out: which blocks there are, and adding up what comes of them (``totals``).
"""

from __future__ import annotations

import platform
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

import autograd_nn
from autograd_nn.engine import Value
from autograd_nn.errors import ClusterError, TraceError
from autograd_nn.jit.backends.door import why_not
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.paths import Paths
from autograd_nn.jit.capture.recorder import Run
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.jit.fallback import Fallback
from autograd_nn.jit.options import Options
from autograd_nn.jit.program import Program
from autograd_nn.jit.recordings import Recordings
from autograd_nn.jit.rows import RowSums

__all__ = [
    "Job",
    "Owner",
    "Part",
    "Prepare",
    "Sent",
    "Step",
    "added",
    "first_rows",
    "numbers_of",
    "part_of",
    "row_slopes",
]

_JOBS = 8  # that a process keeps
_SAMPLE = 256  # rows that are sent back where a path is unknown
_TOGETHER = 512  # rows that the programs of several paths do at once
_SAMPLES = 16  # blocks from which that is done at once
_jobs: OrderedDict[str, Job] = OrderedDict()
_lock = threading.Lock()

Prepare = Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]


class Owner:
    """The Values whose numbers are sent with each step, as something that has parameters."""

    def __init__(self, values: list[Value]) -> None:
        self._values = values

    def parameters(self) -> list[Value]:
        """The Values."""
        return self._values


class Step:
    """What changes from step to step.

    Attributes:
        numbers: of the owner's Values.
        args: the arguments that carry no rows; None in the place of the others.
    """

    def __init__(self, numbers: Any, args: list[Any]) -> None:
        self.numbers, self.args = numbers, args


class Sent:
    """A pickled job, with what must be the same where it is unpickled.

    Attributes:
        token: its name; the same for the same job.
        payload: the pickle.
        backend: what runs its programs.
        versions: of the packages that it was made with.
    """

    def __init__(self, token: str, payload: bytes, backend: str) -> None:
        self.token, self.payload, self.backend = token, payload, backend
        self.versions = versions()

    def job(self) -> tuple[Job, frozenset[str]]:
        """The job, and what is to be said of this process.

        Raises:
            ClusterError: the job cannot be run here.
        """
        notes = self._notes()
        with _lock:
            found = _jobs.get(self.token)
            if found is None:
                found = _jobs[self.token] = self._unpickled()
                while len(_jobs) > _JOBS:
                    _jobs.popitem(last=False)
            _jobs.move_to_end(self.token)
        return found, notes

    def _notes(self) -> frozenset[str]:
        here, notes = versions(), []
        for name, there in self.versions.items():
            if here[name] == there:
                continue
            what = f"{_place()} has {name} {here[name]}, the client {there}"
            if name in ("autograd_nn", "Python"):
                raise ClusterError(f"{what}: what one has pickled the other cannot read. Install "
                                   "the same version")  # fmt: skip
            notes.append(f"{what}: results may differ in their last bits from worker to worker")
        if self.backend == "native" and why_not(self.backend):
            raise ClusterError(
                f"{_place()} cannot run machine code ({why_not(self.backend)}), and what it "
                "computes would differ in its last bits: install autograd_nn[native] there, or "
                "use jit(f, backend='numpy') or AUTOGRAD_NN_BACKEND=numpy at the client"
            )
        return frozenset(notes)

    def _unpickled(self) -> Job:
        import cloudpickle  # type: ignore[import-untyped]

        try:
            job: Job = cloudpickle.loads(self.payload)
        except ModuleNotFoundError as error:
            raise ClusterError(
                f"{_place()} has no module {error.name}, which the function uses: install it "
                f"there, or send it with client.upload_file('{error.name}.py')"
            ) from error
        job.open()
        return job


@cache
def versions() -> dict[str, str]:
    """The versions that results depend on."""
    found = {"autograd_nn": autograd_nn.__version__}
    found["Python"] = ".".join(platform.python_version_tuple()[:2])
    for name in ("numpy", "llvmlite"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _place() -> str:
    """What to call this process."""
    distributed = sys.modules.get("distributed")
    try:
        return f"the worker {distributed.get_worker().address}"  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return "this process"


class _UnknownPathError(Exception):
    """A row takes a path that no program follows."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class Job:
    """A jitted function with its programs.

    Args:
        function, name, backend: the function, what it is called, and what runs its programs.
        names, row_positions: see ``Call``.
        programs: its paths, in an order that does not depend on when they were found.
        fixed: by position, the arguments that hold more than numbers.
        owner: the Values whose numbers come with each step.
        argnums: what to differentiate along; None for the owner's Values.
        prepare: makes the arguments that carry rows of what is in a block, and of what is to be
            taken of it; None where these are the arguments.
        engine: whether the engine runs the rows that no program does.
        acts, lifts: see ``Recordings`` and ``Paths``.
    """

    def __init__(
        self,
        function: Any,
        name: str,
        backend: str,
        names: tuple[str, ...],
        row_positions: tuple[int, ...],
        programs: tuple[Program, ...],
        fixed: dict[int, Any],
        owner: Owner,
        argnums: Any,
        prepare: Prepare | None,
        engine: bool,
        acts: bool,
        lifts: bool,
    ) -> None:
        self.function, self.name, self.backend = function, name, backend
        self.names, self.row_positions, self.programs = names, row_positions, programs
        self.fixed, self.owner, self.argnums = fixed, owner, argnums
        self.prepare, self.engine, self.acts, self.lifts = prepare, engine, acts, lifts

    def open(self) -> None:
        """Make it ready to run, where it has come to."""
        # What is slow is said at the client, which meets it first.
        self._options = Options(reduce=None, backend=self.backend)
        self._known = Recordings(self.function, self.name, self._options, quiet=True)
        self._known.acts = self.acts
        self._fallback = Fallback(self._known)
        self._surroundings: Surroundings | None = None
        for program in self.programs:
            _steady(program)

    def rows(self, spec: Any, pieces: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments that carry rows."""
        return pieces if self.prepare is None else self.prepare(spec, pieces)

    def sums(
        self, step: Step, rows: Sequence[Any], slopes: bool, reduce: str | None, records: bool
    ) -> RowSums:
        """The function's results for some rows.

        Args:
            records: whether paths that no program follows are recorded here, for these rows.

        Raises:
            _UnknownPathError: there is one, and it is not to be recorded here.
        """
        args = list(step.args)
        for k, x in self.fixed.items():
            args[k] = x
        for k, x in zip(self.row_positions, rows, strict=True):
            args[k] = np.asarray(x)
        call = Call(tuple(args), frozenset(self.row_positions), self.names)
        held = Wanted(call, self.owner, step.numbers)
        wanted = None
        if slopes:
            wanted = held if self.argnums is None else Wanted(call, self.argnums, None, held)
        paths = Paths(self._around(call))
        paths.lifts = self.lifts
        found: list[Program] = []

        def make(row: int) -> Program | Run | None:
            if self.engine:
                return None
            if not records:
                raise _UnknownPathError(row)
            recording = self._known.record(call, held, paths, row, False)
            trace = None if recording is None else self._known.trace_of(recording)
            if recording is None or trace is None:
                return recording
            found.append(_steady(Program(trace, call, recording.described, self._options)))
            return found[-1]

        def run(row: int) -> Run:
            return self._fallback.run(call, wanted or held, row, paths)

        sums = RowSums(call, wanted, reduce, held=held)
        sums.run(lambda: (*self.programs, *found), make, run)
        return sums

    def _around(self, call: Call) -> Surroundings:
        if self._surroundings is None:
            self._surroundings = Surroundings(self.function, call.held)
        return self._surroundings


def _steady(program: Program) -> Program:
    """The program, summing rows in an order that no other program and no run before changes."""
    program.rounds = True
    if program.guards:  # there may be others, whose rows are done in its blocks
        program.block = _TOGETHER
    return program


class Part:
    """What comes of a block, or of several.

    Attributes:
        described: what the function returns for a row; None where nothing was computed.
        numbers: the sum of each number of that.
        slopes: the sums along what carries no rows.
        missed: rows of arguments that take a path that is unknown.
        notes: what is to be said of a worker.
    """

    def __init__(
        self, described: Any, numbers: Any, slopes: list[Any], notes: frozenset[str]
    ) -> None:
        self.described, self.numbers, self.slopes, self.notes = described, numbers, slopes, notes
        self.missed: list[tuple[Any, ...]] = []


def part_of(sent: Sent, step: Step, spec: Any, slopes: bool, *pieces: Any) -> Part:
    """The sums over the rows of a block."""
    job, notes = sent.job()
    rows = job.rows(spec, pieces)
    try:
        sums = job.sums(step, rows, slopes, "sum", records=False)
    except _UnknownPathError as unknown:
        part = Part(None, None, [], notes)
        chosen = slice(unknown.row, unknown.row + _SAMPLE)
        part.missed.append(tuple(np.array(x[chosen]) for x in rows))
        return part
    with np.errstate(all="ignore"):
        numbers = np.add.reduce(sums.numbers, 1)
    found = []
    if sums.wanted is not None:
        by_row = sums.rows_wanted()
        found = [x for x, row in zip(sums.slopes, by_row, strict=True) if not row]
    return Part(sums.described, numbers, found, notes)


def added(parts: list[Part]) -> Part:
    """Parts added up in their order.

    Raises:
        TraceError: the function returns other structures for other rows.
    """
    missed = [rows for part in parts for rows in part.missed]
    notes = frozenset().union(*(part.notes for part in parts))
    first = parts[0]
    total = Part(first.described, first.numbers, list(first.slopes), notes)
    total.missed = missed[:_SAMPLES]
    if missed:
        return total
    with np.errstate(all="ignore"):
        for part in parts[1:]:
            if part.described != first.described:
                raise TraceError(
                    "the function returns other structures for other rows; return the same lists, "
                    "tuples and dicts on every path"
                )
            total.numbers = total.numbers + part.numbers
            total.slopes = [a + b for a, b in zip(total.slopes, part.slopes, strict=True)]
    return total


def numbers_of(*pieces: Any, sent: Sent, step: Step, lines: int) -> Any:
    """One line for each number of the result, and one column for each row of a block."""
    if not len(pieces[0]):
        return np.empty((lines, 0))
    job, _ = sent.job()
    return job.sums(step, job.rows(None, pieces), False, None, records=True).numbers


def row_slopes(sent: Sent, step: Step, scale: float, which: int, *pieces: Any) -> Any:
    """The slopes along one of the arguments that carry rows, by row."""
    job, _ = sent.job()
    sums = job.sums(step, job.rows(None, pieces), True, "sum", records=False)
    found = [x for x, row in zip(sums.slopes, sums.rows_wanted(), strict=True) if row]
    return np.asarray(found[which]).reshape(_shape_along(sums, which)) * scale


def _shape_along(sums: RowSums, which: int) -> tuple[int, ...]:
    """The shape of the argument that carries rows, of those that are differentiated along."""
    assert sums.wanted is not None
    groups = [g for g, row in zip(sums.wanted.groups, sums.rows_wanted(), strict=True) if row]
    return tuple(np.shape(sums.call.groups[groups[which]]))


def first_rows(prepare: Prepare | None, spec: Any, count: int, *pieces: Any) -> tuple[Any, ...]:
    """The first rows of a block's arguments."""
    rows = pieces if prepare is None else prepare(spec, pieces)
    return tuple(np.array(x[:count]) for x in rows)
