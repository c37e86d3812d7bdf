"""``jit``: the function that users call, and its cache of programs.

What is left out: everything between recording and running, see the package's docstring.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_nn.conversion import describe
from autograd_nn.engine import Value, slopes_along, this_thread
from autograd_nn.jit.arguments import (
    HoldsValueError,
    describe_result,
    is_module,
    lift,
    one_row,
    rebuild,
)
from autograd_nn.jit.call import Call, Found, Wanted
from autograd_nn.jit.errors import TraceError, warn_user
from autograd_nn.jit.program import Program
from autograd_nn.jit.recorder import (
    line_of_comparison,
    parameters_in_reach,
    record,
    without_collector,
)
from autograd_nn.jit.rows import RowSums
from autograd_nn.jit.trace import join
from autograd_nn.recording import no_grad
from autograd_nn.transforms import Derivative, derivative_of, value_and_grad

__all__ = ["Jitted", "jit"]

_PROGRAMS = 64  # kept for one function; the least recently used is dropped
_MANY_PATHS = 8
_MOST_LINES = 200_000  # of straight-line Python, which takes about 30 us a line to compile


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
        self.reduce = reduce
        names = (rows,) if isinstance(rows, str) else tuple(rows)
        self.row_positions = self._positions(names)
        self._paths: dict[Any, tuple[Program, ...]] = {}
        self._uses = 0
        self._lock = threading.RLock()
        functools.update_wrapper(self, f, updated=())

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

    def __reduce_ex__(self, protocol: Any) -> Any:
        """By name where the name is this object, as that of a decorated function is."""
        name = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(getattr(self, "__module__", ""))
        for part in name.split("."):
            found = getattr(found, part, None)
        return name if found is self else super().__reduce_ex__(protocol)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()

    # -- calling -------------------------------------------------------------------------

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(
                f"{self!r}: {sorted(bound.kwargs)} can only be given by name; a jitted function "
                "takes its arguments by position. Bind them with functools.partial first."
            )
        return bound.args

    def _read(self, args: tuple[Any, ...]) -> Call | None:
        """The call's numbers; None where the function itself must run, on Values."""
        context = this_thread()
        if context.trace is None and not context.differentiating:
            try:
                return Call(args, self.row_positions)
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
        if kwargs:
            args = self._bind(args, kwargs)
        call = self._read(args)
        if call is None:
            return self.function(*args)
        if self.row_positions:
            return self._rows(call, None)
        program, found = self._run(call, None)
        if found is None or not found.finite:
            return self._in_the_engine(args)
        return program.rebuild(found.numbers)

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
            ValueError: there is no argument at that position.

        >>> jit(lambda w, x: (w * x - 7) ** 2).value_and_grad(2.0, 5.0)
        (9.0, 30.0)
        """
        if kwargs:
            args = self._bind(args, kwargs)
        call = self._read(args)
        if call is None:
            return value_and_grad(self.function, argnums)(*args)
        wanted = Wanted(call, argnums, vector)
        if self.row_positions:
            return self._rows(call, wanted)
        program, found = self._run(call, wanted)
        # inf - inf depends on the order of a sum: the engine's order says what is nan.
        if found is None or (not found.finite and wanted.module is None):
            along = argnums if wanted.module is None else wanted.module
            return self._slopes_in_the_engine(args, along, vector)
        return program.rebuild(found.numbers), wanted.build(found.slopes)

    def _in_the_engine(self, args: tuple[Any, ...]) -> Any:
        """The function's result, computed on Values."""
        with no_grad(), np.errstate(all="ignore"):
            returned = self.function(*[lift(x, Value) for x in args])
        roots: list[Value] = []
        described = describe_result(returned, roots)
        return rebuild(described, np.array([v.data for v in roots]))

    def _slopes_in_the_engine(self, args: tuple[Any, ...], argnums: Any, vector: Any) -> Any:
        """The value and the gradient, computed on Values."""
        with np.errstate(all="ignore"):
            if not is_module(argnums):
                return value_and_grad(self.function, argnums)(*args)
            parameters = argnums.parameters()
            held = [p.data for p in parameters]
            try:
                if vector is not None:
                    for p, x in zip(parameters, vector, strict=True):
                        p.data = x
                result = self.function(*args)
                if not isinstance(result, Value):
                    return float(result), np.zeros(len(parameters))
                return result.data, np.array(slopes_along(result, parameters))
            finally:
                for p, x in zip(parameters, held, strict=True):
                    p.data = x

    def program(self, *args: Any) -> Program:
        """The program for arguments like these; print it to see what was found."""
        call = Call(args, self.row_positions)
        if self.row_positions:
            return self._record(call, 0)
        return self._run(call, None)[0]

    # -- choosing a program --------------------------------------------------------------

    def _run(self, call: Call, wanted: Wanted | None) -> tuple[Program, Found | None]:
        """Run the recorded path whose guards hold, or record the path that these numbers take.

        Returns:
            The program, and what it found; None where the engine is to be used.
        """
        for program in self._known(call.key):
            if program.lines > _MOST_LINES:
                return program, None
            found = program.attempt(call, wanted, any_path=False)
            if found is not None:
                self._used(program, call.key)
                return program, found
        program = self._record(call, 0)
        if program.lines > _MOST_LINES:
            warn_user(
                f"{self!r}: {program.lines:,} of its operations follow no pattern, and compiling "
                "them would take longer than it saves: the engine runs it. Give arrays with a "
                "row axis (rows=...), or jit the part that repeats."
            )
            return program, None
        return program, program.attempt(call, wanted, any_path=True)

    def _known(self, key: Any) -> tuple[Program, ...]:
        """The programs for arguments of this key, the one used last first."""
        return self._paths.get(key, ())

    def _used(self, program: Program, key: Any) -> None:
        """Note that a program was used; without a lock where it was the last one anyway."""
        self._uses += 1
        program.used = self._uses
        paths = self._paths.get(key, ())
        if paths and paths[0] is not program:
            with self._lock:
                others = tuple(p for p in self._paths.get(key, ()) if p is not program)
                self._paths[key] = (program, *others)

    def _record(self, call: Call, row: int) -> Program:
        """The program for the path that these arguments, or this row of them, take."""
        args = tuple(
            one_row(x, row) if k in self.row_positions else x for k, x in enumerate(call.args)
        )
        with without_collector():
            recording = record(self.function, args)
            models = [x for x in call.args if not isinstance(x, np.ndarray)]
            trace = join(recording.record, parameters_in_reach(self.function, models))
            program = Program(trace, call, recording.result, self.reduce)
        if self._keep(program, call.key) == _MANY_PATHS:
            self._warn_of_many_paths(call, args)
        return program

    def _warn_of_many_paths(self, call: Call, args: tuple[Any, ...]) -> None:
        newest, before = self._known(call.key)[:2]
        pairs = enumerate(zip(newest.outcomes, before.outcomes, strict=False))
        number = next((k for k, (a, b) in pairs if a != b), 0)
        symbol, _ = newest.outcomes[number]
        line = line_of_comparison(self.function, args, number)
        warn_user(
            f"{self!r} has been recorded {_MANY_PATHS} times, because comparisons keep coming out "
            f"differently, the last time the {symbol!r} at {line or 'a place unknown'}. Each new "
            "path costs a recording: use maximum, minimum or relu in place of an if on a Value."
        )

    def _keep(self, program: Program, key: Any) -> int:
        """Put a new program into the cache; returns how many paths its key has."""
        with self._lock:
            self._paths[key] = (program, *self._paths.get(key, ()))
            self._used(program, key)
            every = [(p.used, k) for k, paths in self._paths.items() for p in paths]
            if len(every) > _PROGRAMS:
                oldest, key_of_oldest = min(every, key=lambda entry: entry[0])
                kept = tuple(p for p in self._paths[key_of_oldest] if p.used != oldest)
                if kept:
                    self._paths[key_of_oldest] = kept
                else:
                    del self._paths[key_of_oldest]
            return len(self._paths[key])

    def _rows(self, call: Call, wanted: Wanted | None) -> Any:
        sums = RowSums(call, wanted, self.reduce)
        sums.run(lambda: self._known(call.key), lambda row: self._record(call, row))
        return sums.result()


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


def jit(
    f: Callable[..., Any], rows: str | Sequence[str] = (), reduce: str | None = "mean"
) -> Jitted:
    """The same function, recorded once and run as a NumPy program.

    ``f`` is written on scalars, with loops; it runs once on Values for each structure and
    shape of its arguments and for each path through its comparisons.  After that its Python
    does not run any more, so printing and other side effects happen while recording only
    (which runs it twice, to find numbers that leak out of the graph).

    The gradient comes from the same program: ``jit(f).value_and_grad(x)``,
    ``value_and_grad(jit(f))(x)`` and ``jit(value_and_grad(f))(x)`` are one thing.

    Args:
        f: a function of numbers, arrays, Modules, and lists, tuples and dicts of them; or the
            ``grad`` or ``value_and_grad`` of one.
        rows: names of arguments that carry a leading row axis; ``f`` is written for one row.
        reduce: with ``rows``, "mean" or "sum" over the rows, or None for a result per row.

    Raises:
        TraceError: when called: the function cannot be replayed; the message says why.
        TypeError: when called: an argument is neither a number nor a container of numbers.

    >>> square = jit(lambda xs: sum(x * x for x in xs))
    >>> square([1.0, 2.0, 3.0])
    14.0
    >>> square.value_and_grad([1.0, 2.0, 3.0])
    (14.0, [2.0, 4.0, 6.0])
    >>> mean_error = jit(lambda w, x, t: (w * x - t) ** 2, rows=("x", "t"))
    >>> mean_error.value_and_grad(2.0, [1.0, 3.0], [2.0, 5.0])
    (0.5, 3.0)
    """
    derivative = derivative_of(f)
    if derivative is not None:
        return JittedDerivative(derivative, rows, reduce)
    return Jitted(f, rows, reduce)
