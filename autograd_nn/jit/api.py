"""``jit``: the function that users call, with its guards and its cache of programs.

What is left out: everything between recording and running, see the package's docstring.
"""

from __future__ import annotations

import functools
import inspect
import math
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_nn.conversion import describe
from autograd_nn.engine import this_thread
from autograd_nn.jit.arguments import HoldsValueError, read, read_rows
from autograd_nn.jit.errors import JitWarning, TraceError
from autograd_nn.jit.lower import Runner
from autograd_nn.jit.pack import Region
from autograd_nn.jit.program import Program
from autograd_nn.jit.recorder import parameters_in_reach, record, without_collector

__all__ = ["Jitted", "jit"]

_PROGRAMS = 64  # kept for one function; the least recently used is dropped
_MANY_PATHS = 8


class Call:
    """What one call brings: the key of its structure, and its numbers."""

    def __init__(self, jitted: Jitted, args: tuple[Any, ...]) -> None:
        self.args = args
        self.groups: list[Any] = []
        self.rows = 0
        self.module: Any = None  # whose parameters' slopes are asked for
        keys = []
        # Which groups of numbers belong to which argument.
        self.spans: list[tuple[int, int]] = []
        for k, x in enumerate(args):
            start = len(self.groups)
            where = f"argument {k}"
            if k in jitted.row_positions:
                key, rows = read_rows(x, where, self.groups)
                if self.rows and rows != self.rows:
                    raise ValueError(
                        f"{where} has {rows} rows, the arguments before it have {self.rows}"
                    )
                self.rows = rows
            else:
                key = read(x, where, self.groups)
            keys.append(key)
            self.spans.append((start, len(self.groups)))
        self.key = tuple(keys)


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
        self.signature = inspect.signature(f) if names else None
        self.row_positions = self._positions(names)
        self._programs: OrderedDict[Any, Program] = OrderedDict()
        self._paths: dict[Any, list[Any]] = {}
        self._lock = threading.RLock()
        self._made = 0
        functools.update_wrapper(self, f, updated=())

    def _positions(self, names: tuple[str, ...]) -> frozenset[int]:
        if self.signature is None:
            return frozenset()
        known = list(self.signature.parameters)
        for name in names:
            if name not in known:
                raise ValueError(f"rows names {name!r}; the function's arguments are {known}")
        return frozenset(known.index(name) for name in names)

    def __repr__(self) -> str:
        return f"jit({getattr(self.function, '__name__', repr(self.function))})"

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()

    # -- calling -------------------------------------------------------------------------

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        if not kwargs:
            return args
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
        if this_thread().trace is not None or this_thread().differentiating:
            return None
        try:
            return Call(self, args)
        except HoldsValueError:
            return None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result, with floats and arrays in place of Values."""
        args = self._bind(args, kwargs)
        call = self._read(args)
        if call is None:
            self._refuse_rows()
            return self.function(*args)
        if self.row_positions:
            return self._rows(call, (), None)[0]
        return self._run(call, lambda p, r: p.rebuild(p.read(r, False)))

    def _refuse_rows(self) -> None:
        if self.row_positions:
            raise TraceError(
                f"{self!r} with rows is called on Values or inside another recording; "
                "call the function itself on each row there"
            )

    def value_and_grad(
        self,
        *args: Any,
        argnums: Any = 0,
        vector: Any = None,
        **kwargs: Any,
    ) -> tuple[Any, Any]:
        """The value and the gradient along some arguments, by the same program.

        Args:
            argnums: a position or a tuple of positions, as in ``value_and_grad``; or a Module
                whose parameters the function uses: the gradient is then one flat float64
                vector in the order of ``module.parameters()``.
            vector: with a Module, the numbers to use in place of its parameters' own: an
                optimiser can keep and move this one vector, and write it back at the end.

        Returns:
            The number, and the gradient in the structure of the argument (or their tuple).

        Raises:
            TypeError: the function does not return one number.
            ValueError: there is no argument at that position.

        >>> jit(lambda w, x: (w * x - 7) ** 2).value_and_grad(2.0, 5.0)
        (9.0, 30.0)
        """
        args = self._bind(args, kwargs)
        module = argnums if callable(getattr(argnums, "parameters", None)) else None
        positions = () if module is not None else _as_positions(argnums, len(args))
        call = self._read(args)
        if call is None:
            self._refuse_rows()
            return self._through_the_engine(args, argnums)
        call.module = module
        if vector is not None and module is None:
            raise TypeError("vector holds a model's parameters: give the model as argnums")
        wanted = _Wanted(call, positions, module, vector)
        if self.row_positions:
            value, slopes = self._rows(call, positions, wanted)
        else:
            value, slopes = self._run(call, wanted.differentiate, wanted)
            # inf - inf depends on the order of a sum: the engine's order says what is nan.
            if module is None and not _finite(value, slopes):
                with np.errstate(all="ignore"):
                    return self._through_the_engine(args, argnums)
        if module is not None:
            return value, slopes
        built = [wanted.build(k, slopes) for k in positions]
        return value, tuple(built) if isinstance(argnums, tuple) else built[0]

    def _through_the_engine(self, args: tuple[Any, ...], argnums: Any) -> tuple[Any, Any]:
        from autograd_nn.transforms import value_and_grad

        pair: tuple[Any, Any] = value_and_grad(self.function, argnums)(*args)
        return pair

    def program(self, *args: Any) -> Program:
        """The program for arguments like these; print it to see what was found."""
        call = Call(self, args)
        if self.row_positions:
            return self._record(call)
        found: Program = self._run(call, lambda p, r: p)
        return found

    # -- choosing a program --------------------------------------------------------------

    def _run(
        self,
        call: Call,
        use: Callable[[Program, Runner], Any],
        wanted: _Wanted | None = None,
    ) -> Any:
        """Run the recorded path whose guards hold, or record the path that these numbers take."""
        for token in list(self._paths.get(call.key, ())):
            program = self._programs.get(token)
            if program is None:
                continue
            with program.lock:
                runner = program.runner(1)
                numbers = None if wanted is None else wanted.numbers(program)
                program.load(runner, call.groups, numbers)
                runner.forward()
                if program.guards_hold(runner):
                    self._used(token, call.key)
                    return use(program, runner)
        program = self._record(call)
        with program.lock:
            runner = program.runner(1)
            program.load(runner, call.groups, None if wanted is None else wanted.numbers(program))
            runner.forward()
            return use(program, runner)

    def _used(self, token: Any, key: Any) -> None:
        paths = self._paths.get(key)
        if paths and paths[0] != token:
            with self._lock:
                if token in paths:
                    paths.remove(token)
                    paths.insert(0, token)
        if next(reversed(self._programs), None) != token:
            with self._lock:
                if token in self._programs:
                    self._programs.move_to_end(token)

    def _record(self, call: Call) -> Program:
        with without_collector():
            return self._compile(call)

    def _compile(self, call: Call) -> Program:
        rows = self.row_positions
        recording = record(self.function, call.args, rows)
        order = parameters_in_reach(self.function, [call.module, *call.args])
        trace = recording.record.trace(order)
        regions, lengths = [], []
        for k, (start, stop) in enumerate(call.spans):
            for g in range(start, stop):
                numbers = call.groups[g]
                size = int(np.prod(np.shape(numbers)[1:] if k in rows else np.shape(numbers)))
                regions.append(
                    Region(
                        f"a{k}" + (f"[{g - start}]" if stop - start > 1 else ""), size, k in rows
                    )
                )
                lengths.append(size)
        program = Program(trace, regions, lengths, recording.result)
        with self._lock:
            self._made += 1
            self._programs[self._made] = program
            paths = self._paths.setdefault(call.key, [])
            paths.insert(0, self._made)
            if len(self._programs) > _PROGRAMS:
                dropped, _ = self._programs.popitem(last=False)
                for key, kept in list(self._paths.items()):
                    if dropped in kept:
                        kept.remove(dropped)
                        if not kept:
                            del self._paths[key]
            if len(paths) == _MANY_PATHS:
                symbols = sorted({g.symbol for g in trace.guards})
                warnings.warn(
                    f"{self!r} has been recorded {len(paths)} times because its comparisons "
                    f"({', '.join(symbols)}) keep coming out differently; each new path costs a "
                    "recording. Use maximum, minimum or relu in place of an if on a Value.",
                    JitWarning,
                    stacklevel=4,
                )
        return program

    # -- rows ----------------------------------------------------------------------------

    def _rows(self, call: Call, positions: tuple[int, ...], wanted: _Wanted | None) -> Any:
        """Run on all rows, a block at a time, and reduce over the rows."""
        for attempt in range(2):
            paths = self._paths.get(call.key, [])
            program = self._programs[paths[0]] if paths and not attempt else self._record(call)
            with program.lock:
                result = self._blocks(program, call, wanted)
            if result is not None:
                return result
        raise TraceError(
            f"{self!r}: a comparison comes out differently in different rows, so they do not share "
            "one program. Use maximum, minimum or relu in place of an if on a Value."
        )

    def _blocks(self, program: Program, call: Call, wanted: _Wanted | None) -> Any:
        parts: list[list[Any]] = []
        slopes: dict[int, Any] = {}
        seed = 1.0 / call.rows if self.reduce == "mean" else 1.0
        is_row = [
            k in self.row_positions for k, (a, b) in enumerate(call.spans) for _ in range(a, b)
        ]
        for start, stop in program.blocks(call.rows):
            runner = program.runner(stop - start)
            groups = [
                g[start:stop] if row else g for g, row in zip(call.groups, is_row, strict=True)
            ]
            program.load(runner, groups, None if wanted is None else wanted.numbers(program))
            runner.forward()
            if not program.guards_hold(runner):
                return None
            parts.append(program.read(runner, True))
            if wanted is not None:
                for region, slope in wanted.slopes(program, runner, seed).items():
                    row = region < len(is_row) and is_row[region]
                    slopes.setdefault(region, [] if row else 0.0)
                    slopes[region] = slopes[region] + ([slope] if row else slope)
        numbers = [np.concatenate(part) for part in zip(*parts, strict=True)]
        if self.reduce == "mean":
            reduced: list[Any] = [float(np.mean(x)) for x in numbers]
        elif self.reduce == "sum":
            reduced = [float(np.sum(x)) for x in numbers]
        else:
            reduced = numbers
        value = program.rebuild(reduced)
        if wanted is None:
            return (value,)
        whole = {
            region: np.concatenate(slope) if isinstance(slope, list) else slope
            for region, slope in slopes.items()
        }
        return value, wanted.arrange(program, whole)


class _Wanted:
    """Which slopes a call asks for, and how they are handed back."""

    def __init__(self, call: Call, positions: tuple[int, ...], module: Any, vector: Any) -> None:
        self.call, self.positions, self.module = call, positions, module
        self.regions = tuple(g for k in positions for g in range(*call.spans[k]))
        self.vector = None if vector is None else np.asarray(vector, dtype=np.float64)

    def numbers(self, program: Program) -> Any:
        """The captured Values' numbers with the caller's vector in place of the model's own."""
        if self.vector is None:
            return None
        count, places = program.places(self.module)
        if self.vector.shape != (count,):
            raise ValueError(
                f"vector has shape {self.vector.shape}; the model has {count} parameters"
            )
        if not (places < 0).any():
            return self.vector[places]
        held = np.array([v.data for v in program.captured])
        return np.where(places >= 0, self.vector[places], held)

    def slopes(self, program: Program, runner: Runner, seed: float) -> dict[int, Any]:
        """The slopes of each wanted region, as flat arrays."""
        if program.result[0] == "constant":
            _warn_no_dependence()
            return {
                r: np.zeros(runner.base[r + 1] - runner.base[r])
                for r in (*self.regions, *([program.inputs] if self.module is not None else []))
            }
        if program.result[0] != "value":
            raise TypeError(
                "the jitted function does not return one number; a gradient needs one: "
                "return a sum, or one element"
            )
        regions = self.regions if self.module is None else (program.inputs,)
        adjoint = program.adjoint(runner, regions, seed)
        if not adjoint.depends:
            _warn_no_dependence()
        adjoint.run()
        return {r: adjoint.adjoints[runner.cells(r)].copy() for r in regions}

    def differentiate(self, program: Program, runner: Runner) -> Any:
        """The value and the slopes of a program that has just run."""
        slopes = self.slopes(program, runner, 1.0)
        return program.rebuild(program.read(runner, False)), self.arrange(program, slopes)

    def arrange(self, program: Program, slopes: dict[int, Any]) -> Any:
        """Of a module one vector in its own order; else the slopes by region."""
        if self.module is None:
            return slopes
        count, places = program.places(self.module)
        vector, known = np.zeros(count), places >= 0
        vector[places[known]] = slopes[program.inputs][known]
        return vector

    def build(self, k: int, slopes: dict[int, Any]) -> Any:
        """The gradient along argument ``k``, in its structure."""
        x = self.call.args[k]
        flat = [slopes[g] for g in range(*self.call.spans[k])]
        if len(flat) == 1 and isinstance(x, np.ndarray):
            return flat[0].reshape(x.shape)
        if len(flat) == 1 and type(x) is float:
            return float(flat[0][0])
        numbers = np.concatenate(flat) if flat else np.zeros(0)
        return _fill(x, iter(numbers.tolist()))


def _fill(x: Any, numbers: Any) -> Any:
    if isinstance(x, np.ndarray):
        return np.array([next(numbers) for _ in range(x.size)]).reshape(x.shape)
    if isinstance(x, (list, tuple)):
        items = [_fill(item, numbers) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if isinstance(x, dict):
        return {key: _fill(item, numbers) for key, item in x.items()}
    return next(numbers)


def _as_positions(argnums: Any, count: int) -> tuple[int, ...]:
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    for position in positions:
        if not isinstance(position, int) or isinstance(position, bool):
            raise TypeError(
                f"argnums is an int, a tuple of ints or a Module, got {describe(argnums)}"
            )
        if not -count <= position < count:
            raise ValueError(
                f"argnums asks for argument {position}, but {count} were given by position"
            )
    return tuple(position % count for position in positions)


def _warn_no_dependence() -> None:
    warnings.warn(
        "the result does not depend on the arguments to be differentiated: the gradient is 0",
        JitWarning,
        stacklevel=5,
    )


def _finite(value: float, slopes: Any) -> bool:
    return math.isfinite(value) and all(
        math.isfinite(np.add.reduce(slope, axis=None)) for slope in slopes.values()
    )


def jit(
    f: Callable[..., Any], rows: str | Sequence[str] = (), reduce: str | None = "mean"
) -> Jitted:
    """The same function, recorded once and run as a NumPy program.

    ``f`` is written on scalars, with loops; it runs once on Values for each structure and
    shape of its arguments and for each path through its comparisons.  After that its Python
    does not run any more, so printing and other side effects happen while recording only
    (which runs it twice, to find numbers that leak out of the graph).

    Args:
        f: a function of numbers, arrays, Modules, and lists, tuples and dicts of them.
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
    return Jitted(f, rows, reduce)
