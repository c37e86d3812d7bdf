"""A jitted function on blocks of rows: what is sent, and the sums that come back.

What is left out: what is made of the sums (``calls``, ``training.blocks``).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import numpy as np

from autograd_nn.engine import Value
from autograd_nn.errors import WrongTypeError
from autograd_nn.jit.blocks.cluster import Cluster, dask, task
from autograd_nn.jit.blocks.collections import Blocks
from autograd_nn.jit.blocks.job import (
    Job,
    Owner,
    Part,
    Prepare,
    Sent,
    Step,
    added,
    first_rows,
    numbers_of,
    part_of,
)
from autograd_nn.jit.capture.arguments import read
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.paths import Paths
from autograd_nn.jit.program import Program

if TYPE_CHECKING:
    from types import ModuleType

    from autograd_nn.jit.api import Jitted

__all__ = ["BlockCall", "Piece"]

_ARITY: Final = 8  # parts that are added up at once
_FIRST: Final = 32  # rows that are looked at before anything is sent
_ROUNDS: Final = 32  # passes in which new paths may turn up, before the engine runs the others
_KEPT: Final = 4  # jobs of one function that are kept ready
_registering = threading.Lock()


class Piece(NamedTuple):
    """Rows of one block.

    Attributes:
        block: which, of those that are not empty.
        spec: what of it, as ``Job.prepare`` takes it.
    """

    block: int
    spec: Any


class _Ready(NamedTuple):
    """A job that was sent, and what keeps its parts' identities."""

    held: tuple[Any, ...]
    values: list[Value]
    sent: Sent
    client: Any
    kept: Any  # the task that gives ``sent``


class BlockCall:
    """A call of a jitted function whose arguments with rows are cut into blocks.

    Args:
        jitted: the function.
        args: its arguments; in the place of those with rows, whatever it be.
        names: of the last arguments, which are given by name.
        blocks: the rows.
        cluster: where it runs.
        argnums, vector: what to differentiate along, and at; see ``Jitted.value_and_grad``.
        prepare: see ``Job``; without it the blocks' tables are the arguments with rows.
        compiled: whether programs may be used; else the engine runs all rows.

    Attributes:
        call: of one row, for all that does not depend on the rows.
        wanted: what to differentiate along; None where there is nothing.
    """

    def __init__(
        self,
        jitted: Jitted,
        args: Sequence[Any],
        names: tuple[str, ...],
        blocks: Blocks,
        cluster: Cluster,
        argnums: Any = None,
        vector: Any = None,
        prepare: Prepare | None = None,
        compiled: bool = True,
    ) -> None:
        self.jitted, self.blocks, self.cluster = jitted, blocks, cluster
        self._args, self._names, self._argnums = list(args), names, argnums
        self._prepare, self._compiled = prepare, compiled
        self._vector = vector
        self._positions = tuple(sorted(k for k in jitted.row_positions if k < len(args)))
        self._engine = False
        self._sample: tuple[Any, ...] | None = None
        if prepare is None:
            rows = [np.zeros((1, *x.shape[1:]), x.dtype) for x in blocks.arrays]
        else:
            rows = list(self._first())
        self.call = self._call(rows)
        self.wanted = self._wanted(self.call, vector)

    def _call(self, rows: Sequence[Any]) -> Call:
        args = list(self._args)
        for k, x in zip(self._positions, rows, strict=True):
            args[k] = x
        return Call(tuple(args), frozenset(self._positions), self._names)

    def _wanted(self, call: Call, vector: Any) -> Wanted | None:
        return None if self._argnums is None else Wanted(call, self._argnums, vector)

    def _first(self) -> tuple[Any, ...]:
        """The first rows of the first block."""
        if self._sample is None:
            name = f"first-rows-{uuid4().hex}"
            first = self.blocks.tasks[0]
            asked = task(first_rows, self._prepare, None, _FIRST, *first, name=name)
            self._sample = self.cluster.compute(asked)
        return self._sample

    def first_args(self) -> tuple[Any, ...]:
        """The arguments, with the first rows of the first block for all of them."""
        return self._call(self._first()).args

    # -- what is sent ------------------------------------------------------------------------

    def learn(self, rows: Sequence[Any], vector: Any = None) -> Any:
        """Do some rows here, which records the paths that they take.

        Args:
            vector: see ``ready``.

        Returns:
            What the function returns for a row; see ``arguments.uniform``.

        Raises:
            TypeError, ValueError: whatever the function cannot do, before anything is sent.
        """
        call = self._call(rows)
        vector = self._vector if vector is None else vector
        return self.jitted.row_sums(call, self._wanted(call, vector)).described

    def described(self) -> Any:
        """What the function returns for a row; see ``arguments.uniform``."""
        known = self._programs(self._paths())
        return known[0].uniform if known else self.learn(self._first())

    def _paths(self, vector: Any = None) -> Paths:
        known = self.jitted.recordings
        paths = known.paths_of(self.call)
        if self._compiled and not (paths.programs or paths.gave_up or known.why):
            self.learn(self._first(), vector)
            paths = known.paths_of(self.call)
        return paths

    def _programs(self, paths: Paths) -> tuple[Program, ...]:
        """In an order of their own: the one in which they were found would change sums' bits."""
        if not self._compiled:
            return ()
        return tuple({p.turns: p for p in sorted(paths.candidates, key=_turns)}.values())

    def _values(self, paths: Paths, programs: tuple[Program, ...]) -> list[Value]:
        """The Values whose numbers are sent with each step; a module's parameters come first."""
        module = None if self.wanted is None else self.wanted.module
        found = [] if module is None else list(module.parameters())
        found += paths.surroundings.parameters()
        found += [v for p in programs for v in p.captured]
        return list({id(v): v for v in found}.values())

    def _numbers(self, values: list[Value], vector: Any) -> Any:
        numbers = np.fromiter((v._data for v in values), float, len(values))
        if vector is not None:
            assert self.wanted is not None
            size = len(self.wanted.module.parameters())
            Wanted(self.call, self.wanted.module, vector).check(size)
            numbers[:size] = vector
        return numbers

    def ready(self, vector: Any = None) -> tuple[Any, Any]:
        """The tasks that give the job, which is sent once, and the numbers of a step.

        Args:
            vector: the numbers of a module's parameters, in the place of their own.
        """
        vector = self._vector if vector is None else vector
        paths = self._paths(vector)
        programs = self._programs(paths)
        known = self.jitted.recordings
        engine = self._engine or not self._compiled or paths.gave_up or bool(known.why)
        args = [None if k in self._positions else x for k, x in enumerate(self.call.args)]
        fixed = {k: x for k, x in enumerate(args) if self._is_fixed(k)}
        found = self._ready_job(paths, programs, engine, fixed)
        step = Step(
            self._numbers(found.values, vector),
            [None if k in fixed else x for k, x in enumerate(args)],
        )
        return found.kept, task(_itself, step, name=f"numbers-of-a-step-{uuid4().hex}")

    def _is_fixed(self, k: int) -> bool:
        """Whether an argument holds objects, which must be the ones that the programs know."""
        if k in self._positions:
            return False
        held: list[Any] = []
        read(self.call.args[k], [], held)
        return bool(held)

    def _ready_job(
        self, paths: Paths, programs: tuple[Program, ...], engine: bool, fixed: dict[int, Any]
    ) -> _Ready:
        starts = self.call.starts
        numbers = [
            np.asarray(group).tobytes()
            for k in fixed
            for group in self.call.groups[starts[k] : starts[k + 1]]
        ]
        module = None if self.wanted is None else self.wanted.module
        argnums = None if module is not None else self._argnums
        held = (*programs, module, self._prepare)
        key = (tuple(map(id, held)), engine, repr(argnums), tuple(numbers))
        found: _Ready | None = paths.sent.get(key)
        client = self.cluster.client
        if found is not None and (
            found.client is not client or not self.cluster.is_there(found.kept)
        ):
            found = None
        if found is not None and not engine:
            return found
        values = self._values(paths, programs)
        known = self.jitted.recordings
        job = Job(
            self.jitted.function, known.name, programs[0].backend if programs else "auto",
            self._names, self._positions, programs, fixed, Owner(values), argnums, self._prepare,
            engine, known.acts, paths.lifts,
        )  # fmt: skip
        payload = pickled(job, paths.surroundings.modules())
        token = f"function-{hashlib.sha256(payload).hexdigest()[:32]}"
        if found is not None and found.sent.token == token:
            return found
        sent = Sent(token, payload, job.backend)
        kept = self.cluster.keep(task(_itself, sent, name=token))
        while len(paths.sent) >= _KEPT:
            paths.sent.pop(next(iter(paths.sent)))
        made = paths.sent[key] = _Ready(held, values, sent, client, kept)
        return made

    # -- what comes back ---------------------------------------------------------------------

    def total(self, pieces: Sequence[Piece] | None = None, vector: Any = None) -> Part:
        """The sums over the rows of some pieces, by default of all blocks.

        Args:
            vector: see ``ready``.

        Raises:
            ClusterError: see ``Cluster.compute``.
        """
        if pieces is None:
            pieces = [Piece(k, None) for k in range(len(self.blocks.tasks))]
        rounds = 0
        while True:
            found: Part = self.cluster.compute(self._tree(pieces, *self.ready(vector)))
            self.cluster.say(found.notes)
            if not found.missed:
                return found
            before = self._programs(self._paths())
            for rows in found.missed:
                self.learn(rows, vector)
            rounds += 1
            self._engine |= rounds == _ROUNDS or self._programs(self._paths()) == before

    def _tree(self, pieces: Sequence[Piece], sent: Any, step: Any) -> Any:
        """The task that adds up all pieces, a few at a time, in their order."""
        name, slopes = uuid4().hex, self.wanted is not None
        parts = [
            task(part_of, sent, step, piece.spec, slopes, *self.blocks.tasks[piece.block],
                 name=f"block-{name}-{k}")
            for k, piece in enumerate(pieces)
        ]  # fmt: skip
        level = 0
        while len(parts) > 1 or not level:
            groups = [parts[k : k + _ARITY] for k in range(0, len(parts), _ARITY)]
            parts = [
                task(added, group, name=f"add-blocks-{name}-{level}-{k}")
                for k, group in enumerate(groups)
            ]
            level += 1
        return parts[0]

    def lazy_numbers(self, lines: int, vector: Any = None) -> Any:
        """An array of Dask: a line for each number of the result, a column for each row."""
        sent, step = self.ready(vector)
        pairs: list[Any] = []
        axes = iter(range(2, 1000))
        for x in self.blocks.arrays:
            pairs += [x, (1, *(next(axes) for _ in x.shape[1:]))]
        return dask("dask.array").blockwise(
            numbers_of, (0, 1), *pairs, sent=sent, step=step, lines=lines,
            new_axes={0: lines}, concatenate=True, align_arrays=False, dtype=float,
            meta=np.empty((0, 0)), name=f"rows-{uuid4().hex}",
        )  # fmt: skip


def _turns(program: Program) -> tuple[Any, ...]:
    return program.turns


def _itself(held: Any) -> Any:
    return held


def pickled(job: Any, modules: Sequence[ModuleType]) -> bytes:
    """A pickle that holds the user's own functions and classes, not their modules' names.

    A worker need not have these modules, and its own models are others than those of the client.

    Raises:
        TypeError: something in reach of the function cannot be pickled.
    """
    import cloudpickle  # type: ignore[import-untyped]

    with _by_value(cloudpickle, modules):
        try:
            return bytes(cloudpickle.dumps(job))
        except Exception as error:
            why = error
    try:
        return bytes(cloudpickle.dumps(job))  # something else in these modules was in the way
    except Exception:
        raise WrongTypeError(
            f"{job.name} cannot be sent to the workers: what it refers to cannot be pickled "
            f"({type(why).__name__}: {str(why)[:200]}). Pass numbers as arguments, and open files, "
            "locks and connections outside of it"
        ) from why


@contextmanager
def _by_value(cloudpickle: Any, modules: Sequence[ModuleType]) -> Iterator[None]:
    """In this block what these modules hold is pickled whole."""
    with _registering:
        known = cloudpickle.list_registry_pickle_by_value()
        added_ones = [m for m in modules if m.__name__ not in known]
        for module in added_ones:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            for module in added_ones:
                cloudpickle.unregister_pickle_by_value(module)
