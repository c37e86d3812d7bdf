"""``jit``: the function that users call, and its cache of programs.

What is left out: everything between recording and running, see the package's docstring.
"""

from __future__ import annotations

import functools
import inspect
import os
import threading
import traceback
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, overload

import numpy as np

from autograd_nn.contexts import is_user_file
from autograd_nn.conversion import describe
from autograd_nn.engine import Value, slopes_along, this_thread
from autograd_nn.jit.capture.arguments import (
    CannotReplayError,
    HoldsValueError,
    describe_result,
    rebuild,
    unreadable,
)
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.path import Path, Waiting
from autograd_nn.jit.capture.paths import GIVE_UP, Paths
from autograd_nn.jit.capture.recorder import Recording, Run
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.jit.capture.trace import Trace
from autograd_nn.jit.errors import JitWarning, TraceError, warn_user
from autograd_nn.jit.program import Program
from autograd_nn.jit.rows import RowSums
from autograd_nn.jit.sending import by_name_or_value
from autograd_nn.recording import in_place_of_numbers
from autograd_nn.transforms import (
    Derivative,
    derivative_of,
    grad,
    one_number,
    value_and_grad,
)

__all__ = ["Jitted", "jit"]

_PROGRAMS = 64  # kept for one function; the least recently used is dropped
_KEYS = 64  # structures of arguments whose paths are kept
_STATES = 4  # states of the surroundings that are kept
_MOST_LINES = 200_000  # of straight-line Python, which takes about 30 us a line to compile
_lock = threading.RLock()  # around changes of a cache, never around a run

_REMEDIES = {
    "float()": "use the functions of autograd_nn.functions in place of those of math",
    "int()": "use math.floor or round, or jit.take(table, index) for an index",
    "an index": "use jit.take(table, index), which needs no path for each index",
    "a key": "use jit.take(table, index), which needs no path for each index",
}


class Jitted:
    """A function that is recorded once and replayed as a NumPy program; see ``jit``."""

    def __init__(
        self, f: Callable[..., Any], rows: str | Sequence[str] = (), reduce: str | None = "mean"
    ) -> None:
        if not callable(f):
            raise TypeError(f"jit takes a function, got {describe(f)}")
        if reduce not in ("mean", "sum", None):
            raise ValueError(f'reduce is "mean", "sum" or None, got {describe(reduce)}')
        self.function = f
        self.rows, self.reduce = rows, reduce
        names = (rows,) if isinstance(rows, str) else tuple(rows)
        self.row_positions = self._positions(names)
        self._clear()
        functools.update_wrapper(self, f, updated=())

    def _clear(self) -> None:
        """Forget every recording."""
        self._paths: dict[Any, Paths] = {}
        self._surroundings: dict[Any, tuple[Surroundings, ...]] = {}
        self._uses = self._streak = 0
        self._written: dict[Any, Any] = {}
        self._ignored: frozenset[str] = frozenset()  # what it changes, and does not compute with
        self._why = ""  # the engine runs it, if it does
        self._warned: set[str] = set()

    def _positions(self, names: tuple[str, ...]) -> frozenset[int]:
        if not names:
            return frozenset()
        known = list(inspect.signature(self.function).parameters)
        for name in names:
            if name not in known:
                raise ValueError(f"rows names {name!r}; the function's arguments are {known}")
        return frozenset(known.index(name) for name in names)

    def __repr__(self) -> str:
        return f"jit({getattr(self.function, '__name__', repr(self.function))})"

    # A copy, and what is sent elsewhere, records anew: it may close over other models there.

    def __reduce_ex__(self, protocol: Any) -> Any:
        return by_name_or_value(self, Jitted, (self.function, self.rows, self.reduce))

    def __copy__(self) -> Jitted:
        return Jitted(self.function, self.rows, self.reduce)

    def __deepcopy__(self, memo: Any) -> Jitted:
        return Jitted(deepcopy(self.function, memo), self.rows, self.reduce)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else BoundJitted(self, owner)

    # -- calling -------------------------------------------------------------------------

    def _bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], tuple[str, ...]]:
        """The arguments by position and those that can only be given by name, and their names."""
        try:
            bound = inspect.signature(self.function).bind(*args, **kwargs)
        except ValueError:  # a built-in function without a signature
            return (*args, *kwargs.values()), tuple(kwargs)
        bound.apply_defaults()
        return (*bound.args, *bound.kwargs.values()), tuple(bound.kwargs)

    def _read(self, args: tuple[Any, ...], names: tuple[str, ...]) -> Call | None:
        """The call's numbers; None where the function itself must run, on Values."""
        context = this_thread()
        if context.trace is None and not context.differentiating:
            try:
                return Call(args, self.row_positions, names)
            except HoldsValueError:
                pass
        if self.row_positions:
            raise TraceError(
                f"{self!r} with rows is called on Values or inside another recording; "
                "call the function itself on each row there"
            )
        return None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result, with floats and arrays in place of Values."""
        given = args, kwargs
        args, names = self._bind(args, kwargs) if kwargs else (args, ())
        call = self._read(args, names)
        if call is None:
            return self.function(*given[0], **given[1])
        return self._answer(call, None)

    def value_and_grad(
        self,
        *args: Any,
        argnums: Any = 0,
        vector: Any = None,
        **kwargs: Any,
    ) -> Any:
        """The value and the gradient along some arguments, by the same program.

        Args:
            argnums: a position or a tuple of positions, as in ``value_and_grad``; or a Module
                whose parameters the function uses: the gradient is then one flat float64
                vector in the order of ``module.parameters()``.
            vector: with a Module, the numbers to use in place of its parameters' own: an
                optimiser can keep and move this one vector, and write it back at the end.

        Returns:
            The number, and the gradient in the structure of the argument (or their tuple).
            With ``rows`` and no reduction: a number a row, and the gradient of their sum.

        Raises:
            TypeError: the function does not return one number.
            ValueError: there is no argument at that position, or it is asked for twice.
            LeakError: the result does not depend on an argument, whose numbers left the graph.

        >>> jit(lambda w, x: (w * x - 7) ** 2).value_and_grad(2.0, 5.0)
        (9.0, 30.0)
        """
        if vector is not None and isinstance(argnums, (int, tuple)) and self._takes("vector"):
            kwargs["vector"], vector = vector, None  # the function's own argument
        given = args, kwargs
        args, names = self._bind(args, kwargs) if kwargs else (args, ())
        call = self._read(args, names)
        if call is None:
            return value_and_grad(self.function, argnums)(*given[0], **given[1])
        return self._answer(call, Wanted(call, argnums, vector))

    def _takes(self, name: str) -> bool:
        return name in inspect.signature(self.function).parameters

    def program(self, *args: Any) -> Program:
        """The program for arguments like these; print it to see what was found.

        Raises:
            TraceError: the engine runs the function; the message says why.
        """
        call = Call(args, self.row_positions)
        if not call.readable:
            raise TypeError(self._unreadable(call))
        paths = self._paths_of(call)
        if not self.row_positions:
            for program in paths.programs:
                if program.attempt(call, None, any_path=False) is not None:
                    return program
        recording = self._record(call, None, paths, 0, paths.is_last_try)
        if recording is None or self._why:
            raise TraceError(f"{self!r} runs in the engine: {self._why}")
        return self._compile(recording.trace(), recording.described, call, paths)

    # -- choosing a program --------------------------------------------------------------

    def _answer(self, call: Call, wanted: Wanted | None) -> Any:
        """The result of a call, by a program that holds or else by a run of the function."""
        if not call.readable:
            self._warn_once(self._unreadable(call))
            return self._as_written(call, wanted)
        if wanted is not None and wanted.static:
            return self._as_written(call, wanted)
        if self.row_positions:
            return self._answer_rows(call, wanted)
        paths = self._paths_of(call)
        if not paths.raised:
            for program in paths.candidates:
                found = program.attempt(call, wanted, any_path=False)
                if found is not None:
                    self._hit(program, paths)
                    paths.hit()
                    if not found.finite:
                        break  # inf - inf depends on the order of a sum: the engine's holds
                    return program.answer(found, wanted)
            else:
                if not self._why and not paths.gave_up:
                    return self._answer_anew(call, wanted, paths)
        return self._in_the_engine(call, wanted, paths)

    def _answer_anew(self, call: Call, wanted: Wanted | None, paths: Paths) -> Any:
        """The result where no program holds: by a path that waits, a recording, or the engine."""
        for waiting in paths.waiting:
            path: Path = waiting
            found = waiting.attempt(call, wanted) if waiting.guards else None
            if found is None and waiting.guards:
                continue
            program = self._program_of(waiting, call, paths)
            if program is not None:
                path, found = program, found or program.attempt(call, wanted, any_path=True)
            found = found or waiting.attempt(call, wanted)
            self._streak = 0
            if found is None or not found.finite:
                break
            return path.answer(found, wanted)
        else:
            self._streak += 1
            records = paths.miss() and (self._streak <= GIVE_UP or paths.misses > 1)
            recording = self._record(call, wanted, paths, 0, paths.is_last_try) if records else None
            if recording is not None:
                try:
                    self._keep(recording, call, paths)
                    answer = recording.answer()
                except CannotReplayError:
                    return self._as_written(call, wanted)
                if recording.is_settled(answer):
                    return answer
        return self._in_the_engine(call, wanted, paths)

    def _program_of(self, waiting: Waiting, call: Call, paths: Paths) -> Program | None:
        """The program of a path that is taken once more, if it is worth having by now."""
        if not paths.is_worth_compiling(waiting):
            return None
        if waiting.program is None:
            waiting.program = Program(waiting.trace, call, waiting.result, self.reduce)
        program: Program = waiting.program
        if not program.pays(waiting.hits):
            return None
        paths.waiting = tuple(w for w in paths.waiting if w is not waiting)
        self._install(program, paths)
        return program

    def _keep(self, recording: Recording, call: Call, paths: Paths) -> None:
        """Keep a recorded path until it comes again; the last one only says where paths part."""
        trace = self._trace(recording)
        if trace is None:
            return
        difference = paths.difference(trace)
        if paths.is_last_try:
            self._give_up(paths, *difference)
        else:
            paths = self._paths_of(call)  # what lies around may have been written
            paths.wait(Waiting(trace, call, recording.described, self.reduce))

    def _trace(self, recording: Recording) -> Trace | None:
        """The equations of a recording that can be replayed."""
        if self._why or recording.refused:
            return None
        try:
            return recording.trace()
        except CannotReplayError as error:
            self._leave_to_engine(str(error))
            raise

    def _answer_rows(self, call: Call, wanted: Wanted | None) -> Any:
        paths = self._paths_of(call)
        sums = RowSums(call, wanted, self.reduce)

        def make(row: int) -> Program | Run | None:
            if self._why or paths.gave_up or paths.raised:
                return None
            is_last = sums.lonely + paths.misses >= GIVE_UP
            recording = self._record(call, wanted, paths, row, is_last)
            trace = None if recording is None else self._trace(recording)
            if recording is None or trace is None:
                return recording
            difference = paths.difference(trace)
            program = self._compile(trace, recording.described, call, paths)
            if is_last:
                self._give_up(paths, *difference)
            return program

        def run(row: int) -> Run:
            return self._run(call, wanted, row, paths)

        hit = sums.run(lambda: paths.candidates, make, run)
        paths.misses = 0.0 if hit else paths.misses + 1.0
        return sums.result()

    def _paths_of(self, call: Call) -> Paths:
        """What is known for arguments like these, with everything around as it is now."""
        held = tuple(map(id, call.held))
        for surroundings in self._surroundings.get(held, ()):
            if surroundings.holds():
                break
        else:
            surroundings = Surroundings(self.function, call.held, self._ignored)
            with _lock:
                known = self._surroundings.get(held, ())
                if len(self._surroundings) >= _KEYS:
                    self._surroundings.pop(next(iter(self._surroundings)))
                self._surroundings[held] = (surroundings, *known)[:_STATES]
        key = call.key, surroundings
        paths = self._paths.get(key)
        if paths is None:
            with _lock:
                if len(self._paths) >= _KEYS:
                    self._paths.pop(next(iter(self._paths)))
                paths = self._paths.setdefault(key, Paths(surroundings))
        return paths

    def _hit(self, program: Program, paths: Paths) -> None:
        """Note that a program was used; without a lock where it was the last one anyway."""
        self._uses += 1
        program.used = self._uses
        self._streak = 0
        if paths.programs[0] is not program:
            with _lock:
                others = tuple(p for p in paths.programs if p is not program)
                paths.programs = (program, *others)

    # -- recording and compiling ----------------------------------------------------------

    def _record(
        self, call: Call, wanted: Wanted | None, paths: Paths, row: int, is_last: bool
    ) -> Recording | None:
        """A recording of the path that these arguments take; None where the engine is to run."""
        surroundings = paths.surroundings
        try:
            recording = Recording(self.function, call, wanted, row, surroundings, is_last)
        except TraceError:
            raise
        except Exception as error:  # the user's own, or not: a run in the engine will tell
            paths.raised, paths.error = True, error
            return None
        surroundings.excuse()
        if recording.refused:
            self._leave_to_engine(recording.refused)
        elif not surroundings.holds():
            self._judge_writes(recording, surroundings.changes(), call)
        return recording

    def _judge_writes(self, recording: Recording, changes: frozenset[str], call: Call) -> None:
        """The function changed what it may read: whether that matters, a second run shows."""
        found, before = recording.signature(), self._written.get(call.key)
        self._written[call.key] = found
        recording.refused = "it changed what it reads"
        if before == found:  # as with a counter that only counts
            self._ignored |= changes
            self._surroundings.clear()
            recording.refused = ""
        elif before is not None:
            names = " and ".join(map(repr, sorted(changes)))
            self._leave_to_engine(
                f"it changes {names} outside it at each call, and computes with that"
            )

    def _compile(self, trace: Trace, described: Any, call: Call, paths: Paths) -> Program:
        program = Program(trace, call, described, self.reduce)
        self._install(program, paths)
        return program

    def _install(self, program: Program, paths: Paths) -> None:
        """Keep a program among those that are tried first."""
        with _lock:
            self._uses += 1
            program.used = self._uses
            if program.lines <= _MOST_LINES:
                paths.programs = (program, *paths.programs)
                self._drop_oldest()
            else:
                paths.gave_up = True
        if program.lines > _MOST_LINES:
            self._warn_once(
                f"{self!r}: {program.lines:,} of its operations follow no pattern, and compiling "
                "them would take longer than it saves: the engine runs it. Give arrays with a "
                "row axis (rows=...), or jit the part that repeats."
            )

    def _drop_oldest(self) -> None:
        every = [(p.used, paths) for paths in self._paths.values() for p in paths.programs]
        if len(every) > _PROGRAMS:
            oldest, paths = min(every, key=lambda entry: entry[0])
            paths.programs = tuple(p for p in paths.programs if p.used != oldest)

    # -- the engine -----------------------------------------------------------------------

    def _run(self, call: Call, wanted: Wanted | None, row: int, paths: Paths) -> Run:
        """The function without a recording: on plain numbers where it has no objection.

        It has one where it takes the methods of a Value for granted, or where Python raises or
        gives a complex number and IEEE 754 has a number: then all its floats are Values.
        """
        if not paths.lifts:
            try:
                run = Run(self.function, call, wanted, row, plain=True)
                paths.lifts = run.is_complex
            except (ArithmeticError, TypeError, AttributeError, ValueError):
                paths.lifts = True
        if paths.lifts:
            run = Run(self.function, call, wanted, row)
        self._blame_recording(paths)
        return run

    def _in_the_engine(self, call: Call, wanted: Wanted | None, paths: Paths) -> Any:
        """The answer of a run on Values in place of numbers."""
        try:
            return self._run(call, wanted, 0, paths).answer()
        except CannotReplayError:
            return self._as_written(call, wanted)
        except TraceError:
            raise
        except JitWarning:  # an error, where the user wants warnings to be errors
            raise
        except (TypeError, AttributeError, Warning):  # a test of types may want numbers
            answer = self._as_written(call, wanted)
            self._blame_recording(paths)
            return answer
        finally:
            paths.error = None

    def _blame_recording(self, paths: Paths) -> None:
        """The function has run: if its recording raised, a recording cannot follow it."""
        error, paths.error, paths.raised = paths.error, None, False
        if error is not None:
            places = traceback.extract_tb(error.__traceback__)
            users = [place for place in places if is_user_file(place.filename)]
            line = f" at {users[-1].filename}:{users[-1].lineno}: {users[-1].line}" if users else ""
            what = f"{type(error).__name__}: {str(error)[:200]}"
            self._leave_to_engine(f"it does what a recording cannot follow ({what}){line}")

    def _as_written(self, call: Call, wanted: Wanted | None) -> Any:
        """What the function, or its ``value_and_grad``, gives for the arguments as they are."""
        if self.row_positions:
            raise TypeError(f"{self!r} with rows: {self._unreadable(call)}")
        if wanted is None:
            returned = call.invoke(self.function, call.args)
            roots: list[Value] = []
            try:
                described = describe_result(returned, roots)
            except CannotReplayError:
                return returned
            return rebuild(described, [v._data for v in roots])
        if wanted.module is None:
            argnums = wanted.positions[0] if wanted.single else wanted.positions
            return call.invoke(value_and_grad(self.function, argnums), call.args)
        stand_ins = wanted.stand_ins() or {}
        with in_place_of_numbers(stand_ins), np.errstate(all="ignore"):
            result = one_number(call.invoke(self.function, call.args), self.function)
        along = [stand_ins.get(id(p), p) for p in wanted.module.parameters()]
        if not isinstance(result, Value):
            return result, np.zeros(len(along))
        return result._data, np.array(slopes_along(result, along))

    # -- saying so ------------------------------------------------------------------------

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            warn_user(message)

    def _leave_to_engine(self, why: str) -> None:
        """From now on the engine runs what no program does."""
        if not self._why:
            self._why = why
            self._warn_once(f"{self!r} runs in the engine from now on: {why}.")

    def _give_up(self, paths: Paths, how: str, line: str) -> None:
        paths.gave_up = True
        paths.waiting = ()
        what = f"the last time by {how!r} at {line or 'a place unknown'}" if how else "at each call"
        remedy = _REMEDIES.get(how, "use maximum, minimum or relu in place of an if on a Value")
        self._warn_once(
            f"{self!r} takes another path at nearly every call, {what}: the engine runs it from "
            f"now on. Each path holds for few numbers: {remedy}."
        )

    def _unreadable(self, call: Call) -> str:
        found = [unreadable(x, f"argument {k}") for k, x in enumerate(call.args)]
        return (
            f"{self!r}: {next(filter(None, found), 'an argument')}, which a recording cannot take "
            "apart: the function runs as it is. A jitted function takes numbers, arrays, Modules, "
            "lists, tuples, dicts and dataclasses of them, and what can be a key of a dict."
        )


class JittedDerivative(Jitted):
    """The jit of ``grad(f)`` or ``value_and_grad(f)``: the program of ``f``, run both ways."""

    def __init__(
        self, derivative: Derivative, rows: str | Sequence[str], reduce: str | None
    ) -> None:
        super().__init__(derivative.made, rows, reduce)
        f = derivative.function
        self.primal = f if isinstance(f, Jitted) and not rows else Jitted(f, rows, reduce)
        self.argnums, self.with_value = derivative.argnums, derivative.with_value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The gradient, or the value and the gradient."""
        both = self.primal.value_and_grad(*args, argnums=self.argnums, **kwargs)
        return both if self.with_value else both[1]

    def program(self, *args: Any) -> Program:
        """The program of the function that is differentiated."""
        return self.primal.program(*args)

    def __reduce_ex__(self, protocol: Any) -> Any:
        parts = self.primal.function, self.argnums, self.with_value, self.rows, self.reduce
        return by_name_or_value(self, _derivative, parts)

    def __copy__(self) -> JittedDerivative:
        f = self.primal.function
        return _derivative(f, self.argnums, self.with_value, self.rows, self.reduce)

    def __deepcopy__(self, memo: Any) -> JittedDerivative:
        f = deepcopy(self.primal.function, memo)
        return _derivative(f, self.argnums, self.with_value, self.rows, self.reduce)


def _derivative(
    f: Callable[..., Any], argnums: Any, with_value: bool, rows: Any, reduce: str | None
) -> JittedDerivative:
    made = value_and_grad(f, argnums) if with_value else grad(f, argnums)
    derivative = derivative_of(made)
    assert derivative is not None
    return JittedDerivative(derivative, rows, reduce)


class BoundJitted:
    """A jitted method of one object."""

    def __init__(self, jitted: Jitted, owner: Any) -> None:
        self.jitted, self.owner = jitted, owner
        functools.update_wrapper(self, jitted, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The method's result; see ``Jitted``."""
        return self.jitted(self.owner, *args, **kwargs)

    def value_and_grad(self, *args: Any, argnums: Any = 0, **kwargs: Any) -> Any:
        """As ``Jitted.value_and_grad``; arguments are counted without ``self``."""
        if isinstance(argnums, tuple):
            argnums = tuple(_past_self(k) for k in argnums)
        return self.jitted.value_and_grad(self.owner, *args, argnums=_past_self(argnums), **kwargs)

    def program(self, *args: Any) -> Program:
        """The program for arguments like these; see ``Jitted``."""
        return self.jitted.program(self.owner, *args)

    def __repr__(self) -> str:
        return f"{self.jitted!r} of {describe(self.owner)}"


def _past_self(k: Any) -> Any:
    return k + 1 if type(k) is int and k >= 0 else k


@overload
def jit(
    f: Callable[..., Any], rows: str | Sequence[str] = (), reduce: str | None = "mean"
) -> Jitted: ...


@overload
def jit(
    f: None = None, rows: str | Sequence[str] = (), reduce: str | None = "mean"
) -> Callable[[Callable[..., Any]], Jitted]: ...


def jit(
    f: Callable[..., Any] | None = None,
    rows: str | Sequence[str] = (),
    reduce: str | None = "mean",
) -> Jitted | Callable[[Callable[..., Any]], Jitted]:
    """The same function, recorded once and run as a NumPy program.

    ``f`` is written on scalars, with loops; it runs once on Values for each structure and
    shape of its arguments and for each path through it.  After that its Python does not run
    any more, so printing and other side effects happen while recording only.  Where a number
    leaves the graph (``float(v)``, ``int(v)``, ``v.data``, a key, an index) the recording
    holds for that number, and another number is recorded anew; where that happens at nearly
    every call, the engine runs the function, and a ``JitWarning`` names the line.

    The gradient comes from the same program: ``jit(f).value_and_grad(x)``,
    ``value_and_grad(jit(f))(x)`` and ``jit(value_and_grad(f))(x)`` are one thing.

    Args:
        f: a function of numbers, arrays, Modules, bools, strings and other constants, and lists,
            tuples, dicts and dataclasses of them; or the ``grad`` or ``value_and_grad`` of one.
            Left out, ``jit`` gives a decorator: ``@jit(rows="x")``.
        rows: names of arguments that carry a leading row axis; ``f`` is written for one row.
        reduce: with ``rows``, "mean" or "sum" over the rows, or None for a result per row.

    Raises:
        TraceError: when called: the function cannot be replayed; the message says why.

    >>> square = jit(lambda xs: sum(x * x for x in xs))
    >>> square([1.0, 2.0, 3.0])
    14.0
    >>> square.value_and_grad([1.0, 2.0, 3.0])
    (14.0, [2.0, 4.0, 6.0])
    >>> mean_error = jit(lambda w, x, t: (w * x - t) ** 2, rows=("x", "t"))
    >>> mean_error.value_and_grad(2.0, [1.0, 3.0], [2.0, 5.0])
    (0.5, 3.0)
    """
    if f is None:
        return functools.partial(jit, rows=rows, reduce=reduce)
    derivative = derivative_of(f)
    if derivative is not None:
        return JittedDerivative(derivative, rows, reduce)
    return Jitted(f, rows, reduce)


if hasattr(os, "register_at_fork"):  # a child must not find the cache held by another thread
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
