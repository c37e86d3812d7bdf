"""``jit``: the function that users call, and its cache of programs.

What is left out: everything between recording and running, see the package's docstring.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, overload

from autograd_nn.checks import describe, shown
from autograd_nn.errors import (
    BadArgumentError,
    CannotReplayError,
    HoldsValueError,
    TraceError,
    WrongTypeError,
)
from autograd_nn.jit.blocks import calls as blocks
from autograd_nn.jit.capture.arguments import unreadable
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.path import Path
from autograd_nn.jit.capture.paths import GIVE_UP, Paths
from autograd_nn.jit.capture.recorder import Run
from autograd_nn.jit.fallback import Fallback
from autograd_nn.jit.options import Options
from autograd_nn.jit.program import Program
from autograd_nn.jit.quick import Quick
from autograd_nn.jit.recordings import Recordings
from autograd_nn.jit.rows import RowSums
from autograd_nn.jit.sending import by_name_or_value
from autograd_nn.state import this_thread
from autograd_nn.transforms import (
    Derivative,
    derivative_of,
    grad,
    value_and_grad,
)
from autograd_nn.transforms.compiled import Finished, builder_of

__all__ = ["Jitted", "jit"]


class Jitted:
    """A function that is recorded once and replayed as a program; see ``jit``.

    Attributes:
        function: what was jitted.
        rows: the names of the arguments with a leading row axis.
        reduce: "mean", "sum" or None.
        backend: the one that was asked for.

    >>> cube = jit(lambda x: x**3)
    >>> cube(2.0), cube.value_and_grad(2.0)
    (8.0, (8.0, 12.0))
    """

    def __init__(self, f: Callable[..., Any], options: Options) -> None:
        if not callable(f):
            raise WrongTypeError(f"jit takes a function, got {describe(f)}")
        self.function, self.options = f, options.check()
        self.row_positions = self._positions(options.row_names)
        self._known = Recordings(f, repr(self), options)
        self._fallback = Fallback(self._known)
        self._transformed: dict[Any, Any] = {}
        self._quick: dict[bool, Quick | None] = {}  # by whether slopes are wanted
        functools.update_wrapper(self, f, updated=())

    def _positions(self, names: tuple[str, ...]) -> frozenset[int]:
        if not names:
            return frozenset()
        known = list(inspect.signature(self.function).parameters)
        for name in names:
            if name not in known:
                raise BadArgumentError(
                    f"rows names {shown(name)}; the function's arguments are {known}"
                )
        return frozenset(known.index(name) for name in names)

    def __repr__(self) -> str:
        return f"jit({getattr(self.function, '__name__', repr(self.function))})"

    # A copy, and what is sent elsewhere, records anew: it may close over other models there.

    def __reduce_ex__(self, protocol: Any) -> Any:
        return by_name_or_value(self, Jitted, (self.function, self.options))

    def __copy__(self) -> Jitted:
        return Jitted(self.function, self.options)

    def __deepcopy__(self, memo: Any) -> Jitted:
        return Jitted(deepcopy(self.function, memo), self.options)

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
            raise TraceError(self._inside())
        return None

    def _inside(self) -> str:
        return (
            f"{self!r} with rows is called on Values or inside another recording; "
            "call the function itself on each row there"
        )

    def _answer_blocks(
        self,
        args: tuple[Any, ...],
        names: tuple[str, ...],
        client: Any,
        argnums: Any = None,
        vector: Any = None,
    ) -> Any:
        """The answer where rows lie in blocks, on the workers of ``client``."""
        context = this_thread()
        if context.trace is None and not context.differentiating:
            try:
                return blocks.answer(self, args, names, argnums, vector, client)
            except HoldsValueError:
                pass
        raise TraceError(self._inside())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result, with floats and arrays in place of Values."""
        quick = self._quick.get(False)
        if quick is not None and not kwargs:
            found = quick.answer(args)
            if found is not None:
                return found
        client = self._client(kwargs) if kwargs else None
        given = args, kwargs
        args, names = self._bind(args, kwargs) if kwargs else (args, ())
        if self.row_positions and self._in_blocks(args, client):
            return self._answer_blocks(args, names, client)
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
        quick = self._quick.get(True)
        if quick is not None and vector is None and not kwargs and argnums == quick.argnums:
            found = quick.answer(args)
            if found is not None:
                return found
        if vector is not None and isinstance(argnums, (int, tuple)) and self._takes("vector"):
            kwargs["vector"], vector = vector, None  # the function's own argument
        argnums = tuple(argnums) if isinstance(argnums, list) else argnums
        client = self._client(kwargs) if kwargs else None
        given = args, kwargs
        args, names = self._bind(args, kwargs) if kwargs else (args, ())
        if self.row_positions and self._in_blocks(args, client):
            return self._answer_blocks(args, names, client, argnums, vector)
        call = self._read(args, names)
        if call is None:
            return value_and_grad(self.function, argnums)(*given[0], **given[1])
        return self._answer(call, Wanted(call, argnums, vector))

    def transformed(self, make: functools.partial[Any] | Callable[..., Any]) -> Any:
        """The jit of what a transform makes of the function; the same one for the same ``make``.

        Raises:
            TypeError: with rows, of which only slopes of the reduced result are known.
        """
        if self.row_positions:
            raise WrongTypeError(
                f"{self!r} has rows, and only its gradient can be taken; for other derivatives "
                "write the loop over the rows, or take vmap, and jit the derivative of that"
            )
        if isinstance(make, functools.partial):
            key: Any = (make.func, repr(make.keywords))
        else:
            key = make
        found = self._transformed.get(key)
        if found is None:
            found = self._transformed[key] = jit(make(self.function), **self.options.without_rows())
        return found

    def _client(self, kwargs: dict[str, Any]) -> Any:
        """The client of Dask among the arguments by name, where the function takes none."""
        if "client" not in kwargs or not self.row_positions or self._takes("client"):
            return None
        return kwargs.pop("client")

    def _in_blocks(self, args: tuple[Any, ...], client: Any) -> bool:
        """Whether rows lie in blocks; a client is for nothing else."""
        found = blocks.in_blocks(args, self.row_positions)
        if client is not None and not found:
            raise WrongTypeError(
                f"{self!r}: client is for rows that are arrays or dataframes of Dask; give "
                "dask.array.from_array(x, chunks=...), or leave client out"
            )
        return found

    def _takes(self, name: str) -> bool:
        return name in inspect.signature(self.function).parameters

    def program(self, *args: Any) -> Program:
        """The program for arguments like these; print it to see what was found.

        Raises:
            TraceError: the engine runs the function; the message says why.
        """
        if self.row_positions and blocks.in_blocks(args, self.row_positions):
            args = blocks.one_row(self, args)
        call = Call(args, self.row_positions)
        if not call.readable:
            raise WrongTypeError(self.unreadable(call))
        paths = self._known.paths_of(call)
        if not self.row_positions:
            for program in paths.programs:
                if program.attempt(call, None, any_path=False) is not None:
                    return program
        recording = self._known.record(call, None, paths, 0, paths.is_last_try)
        if recording is None or self._known.why:
            raise TraceError(f"{self!r} runs in the engine: {self._known.why}")
        return self._known.compile(recording.trace(), recording.described, call, paths)

    # -- choosing a program --------------------------------------------------------------

    def _answer(self, call: Call, wanted: Wanted | None) -> Any:
        """The result of a call, by a program that holds or else by a run of the function."""
        if self.row_positions:
            return self.row_sums(call, wanted).result()
        if not call.readable:
            self._known.warn_once(self.unreadable(call))
            return self._fallback.as_written(call, wanted)
        if wanted is not None and wanted.static:
            return self._fallback.as_written(call, wanted)
        paths = self._known.paths_of(call)
        if not paths.raised:
            for program in paths.candidates:
                found = program.attempt(call, wanted, any_path=False)
                if found is not None:
                    self._known.hit(program, paths)
                    paths.hit()
                    if not found.finite:
                        break  # inf - inf depends on the order of a sum: the engine's holds
                    self._quick[wanted is not None] = Quick.of(program, paths, call, wanted)
                    return program.answer(found, wanted)
            else:
                if not self._known.why and not paths.gave_up:
                    return self._answer_anew(call, wanted, paths)
        return self._fallback.answer(call, wanted, paths)

    def _answer_anew(self, call: Call, wanted: Wanted | None, paths: Paths) -> Any:
        """The result where no program holds: by a path that waits, a recording, or the engine."""
        for waiting in paths.waiting:
            path: Path = waiting
            found = waiting.attempt(call, wanted) if waiting.guards else None
            if found is None and waiting.guards:
                continue
            program = self._known.program_of(waiting, call, paths)
            if program is not None:
                path, found = program, found or program.attempt(call, wanted, any_path=True)
            found = found or waiting.attempt(call, wanted)
            self._known.streak = 0
            if found is None or not found.finite:
                break
            return path.answer(found, wanted)
        else:
            recording = None
            if self._known.wants_recording(paths):
                recording = self._known.record(call, wanted, paths, 0, paths.is_last_try)
            if recording is not None:
                try:
                    self._known.keep(recording, call, paths)
                    answer = recording.answer()
                except CannotReplayError:
                    return self._fallback.as_written(call, wanted)
                if recording.refused or recording.is_settled(answer):
                    return answer  # what it did must not be done again
        return self._fallback.answer(call, wanted, paths)

    @property
    def recordings(self) -> Recordings:
        """What is known of the function."""
        return self._known

    def row_sums(self, call: Call, wanted: Wanted | None) -> RowSums:
        """The results of a call with rows; new paths are recorded on the way.

        Raises:
            TypeError: an argument cannot be read, or has no slope and one is asked for.
        """
        if not call.readable:
            raise WrongTypeError(self.unreadable(call))
        if wanted is not None and wanted.static:
            raise WrongTypeError(
                f"{self!r}: an argument of argnums holds something beside numbers, along which "
                "there is no slope; leave it out of argnums"
            )
        paths = self._known.paths_of(call)
        sums = RowSums(call, wanted, self.options.reduce, self.options.threads)

        def make(row: int) -> Program | Run | None:
            if self._known.why or paths.gave_up or paths.raised:
                return None
            is_last = sums.lonely + paths.misses >= GIVE_UP
            recording = self._known.record(call, wanted, paths, row, is_last)
            trace = None if recording is None else self._known.trace_of(recording)
            if recording is None or trace is None:
                return recording
            difference = paths.difference(trace)
            program = self._known.compile(trace, recording.described, call, paths, row)
            if is_last:
                self._known.give_up(paths, *difference)
            return program

        def run(row: int) -> Run:
            return self._fallback.run(call, wanted, row, paths)

        hit = sums.run(lambda: paths.candidates, make, run)
        paths.misses = 0.0 if hit else paths.misses + 1.0
        return sums

    def unreadable(self, call: Call) -> str:
        """What in a call cannot be read, and what can."""
        found = [unreadable(x, f"argument {k}") for k, x in enumerate(call.args)]
        return (
            f"{self!r}: {next(filter(None, found), 'an argument')}, which a recording cannot take "
            "apart: the function runs as it is. A jitted function takes numbers, arrays, Modules, "
            "lists, tuples, dicts and dataclasses of them, and what can be a key of a dict."
        )


class JittedDerivative(Jitted):
    """The jit of ``grad(f)`` or ``value_and_grad(f)``: the program of ``f``, run both ways."""

    def __init__(self, derivative: Derivative, options: Options) -> None:
        super().__init__(derivative.made, options)
        f = derivative.function
        self.primal = f if isinstance(f, Jitted) and not options.rows else Jitted(f, options)
        self.argnums, self.with_value = derivative.argnums, derivative.with_value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The gradient, or the value and the gradient."""
        both = self.primal.value_and_grad(*args, argnums=self.argnums, **kwargs)
        return both if self.with_value else both[1]

    def program(self, *args: Any) -> Program:
        """The program of the function that is differentiated."""
        return self.primal.program(*args)

    def __reduce_ex__(self, protocol: Any) -> Any:
        parts = self.primal.function, self.argnums, self.with_value, self.options
        return by_name_or_value(self, _derivative, parts)

    def __copy__(self) -> JittedDerivative:
        return _derivative(self.primal.function, self.argnums, self.with_value, self.options)

    def __deepcopy__(self, memo: Any) -> JittedDerivative:
        f = deepcopy(self.primal.function, memo)
        return _derivative(f, self.argnums, self.with_value, self.options)


def _derivative(
    f: Callable[..., Any], argnums: Any, with_value: bool, options: Options
) -> JittedDerivative:
    made = value_and_grad(f, argnums) if with_value else grad(f, argnums)
    derivative = derivative_of(made)
    assert derivative is not None
    return JittedDerivative(derivative, options)


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
    f: Callable[..., Any],
    rows: str | Sequence[str] = (),
    reduce: str | None = "mean",
    backend: str = "auto",
    threads: int = 1,
    background: bool = True,
) -> Jitted: ...


@overload
def jit(
    f: None = None,
    rows: str | Sequence[str] = (),
    reduce: str | None = "mean",
    backend: str = "auto",
    threads: int = 1,
    background: bool = True,
) -> Callable[[Callable[..., Any]], Jitted]: ...


def jit(
    f: Callable[..., Any] | None = None,
    rows: str | Sequence[str] = (),
    reduce: str | None = "mean",
    backend: str = "auto",
    threads: int = 1,
    background: bool = True,
) -> Jitted | Finished | Callable[[Callable[..., Any]], Jitted]:
    """The same function, recorded once and run as machine code or as NumPy calls.

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
            tuples, dicts and dataclasses of them; or the ``grad`` or ``value_and_grad`` of one,
            or what any other transform makes of one, which is recorded whole.
            Left out, ``jit`` gives a decorator: ``@jit(rows="x")``.
        rows: names of arguments that carry a leading row axis; ``f`` is written for one row.
            They may be arrays and dataframes of Dask, whose blocks are computed by the workers
            that hold them: those of the client of the context, or of ``client=`` in the call;
            see docs/beyond_dask.md.
        reduce: with ``rows``, "mean" or "sum" over the rows, or None for a result per row.
        backend: what runs the recorded program: "native" (machine code, by the package
            ``llvmlite``), "numpy", "jax" (XLA, by the package ``jax``, in double precision),
            "reference" (slow, by definition), or "auto", the first of "native" and "numpy" that
            can be used here.
        threads: with ``rows``, how many work on blocks of rows at a time; it pays from some
            10,000 rows.  The result has the same bits for any number of them.
        background: whether machine code that takes long to compile is made beside the calls,
            which NumPy serves until it is there, with results that are the same to rounding;
            ``program.wait()`` waits for it.  If not, the call waits that first needs it, and
            equal calls give equal bits; so too with the environment variable
            ``AUTOGRAD_NN_BACKGROUND=0``.  With ``rows`` a call always waits.

    Returns:
        A ``Jitted`` function of the same arguments: called as ``f`` is, with ``.value_and_grad``,
        ``.program(...)`` (the plan, which prints) and the numbers of its recordings.

    Raises:
        BadArgumentError: there is no such backend, or it cannot be used here; or ``threads`` is
            not a positive number.
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
    options = Options(rows, reduce, backend, threads, background)
    if f is None:
        return functools.partial(jit, **options._asdict())
    derivative = derivative_of(f)
    if derivative is not None:
        return JittedDerivative(derivative, options)
    build = builder_of(f)
    if build is not None and not rows:
        return build(functools.partial(jit, **options.without_rows()))
    return Jitted(f, options)
