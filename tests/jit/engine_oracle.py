"""What ``f`` itself gives, computed by the engine, and the comparison of the jit with it.

The promise under test: for every call, ``jit(f)(*args)`` and ``jit(f).value_and_grad(*args)``
give what ``f`` and ``value_and_grad(f)`` give, to rounding, or raise the error that ``f``
raises.  Here ``f`` runs on arguments whose floating-point numbers are Values and whose integers
are Python integers: the IEEE numbers that the package promises, and integers that index.

What is left out: any knowledge of how the jit works.
"""

import dataclasses
import inspect
import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_nn import Value, value_and_grad
from autograd_nn.errors import LeakError
from autograd_nn.jit import JitWarning, jit

Args = tuple[Any, ...]
RELATIVE = 1e-9


# -- arguments ------------------------------------------------------------------------------


def lifted(x: Any) -> Any:
    """``x`` with Values for its floats and Python integers for its integers."""
    if isinstance(x, (bool, str)) or x is None:
        return x
    if isinstance(x, (float, np.floating)):
        return Value(float(x))
    if isinstance(x, np.integer):
        return int(x)
    if isinstance(x, np.ndarray):
        return _lifted_array(x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(lifted, x))
    if isinstance(x, (list, tuple)):
        return type(x)([lifted(item) for item in x])
    if isinstance(x, dict):
        copied = x.copy()  # keeps its kind
        for key in x:
            copied[key] = lifted(x[key])
        return copied
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return dataclasses.replace(x, **{name: lifted(item) for name, item in vars(x).items()})
    return x


def _lifted_array(x: Any) -> Any:
    if x.dtype.kind not in "fiub":
        return x
    held = np.empty(x.shape, dtype=object)
    for place in np.ndindex(x.shape):
        held[place] = Value(float(x[place])) if x.dtype.kind == "f" else int(x[place])
    return held


def holds_a_float(x: Any) -> bool:
    """Whether slopes along this argument are asked for in a test."""
    if isinstance(x, np.ndarray):
        return x.dtype.kind == "f" and x.size > 0
    if isinstance(x, dict):
        return any(map(holds_a_float, x.values()))
    if isinstance(x, (list, tuple)):
        return any(map(holds_a_float, x))
    return isinstance(x, (float, np.floating)) and not isinstance(x, bool)


# -- results --------------------------------------------------------------------------------


def numbers_of(x: Any) -> Any:
    """A result with plain numbers in place of Values."""
    if isinstance(x, Value):
        return x.data
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.array([numbers_of(item) for item in x.flat], dtype=float).reshape(x.shape)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(numbers_of, x))
    if isinstance(x, (list, tuple)):
        return type(x)([numbers_of(item) for item in x])
    if isinstance(x, dict):
        return {key: numbers_of(item) for key, item in x.items()}
    return x


class Outcome:
    """What a call came to: a result, or the type of an error.

    Attributes:
        result: what it returned; None where it raised.
        error: the exception; None where it returned.
    """

    def __init__(self, call: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        try:
            self.result = call()
        except Exception as error:
            self.error = error

    def __repr__(self) -> str:
        return repr(self.result) if self.error is None else f"raised {self.error!r}"

    def differs_from(self, expected: "Outcome", size: Any = 0.0) -> str:
        """Where this outcome is not the expected one; "" where it is."""
        if self.error is not None or expected.error is not None:
            return "" if type(self.error) is type(expected.error) else "other errors"
        return difference(self.result, expected.result, size)


def difference(found: Any, expected: Any, size: float = 0.0, where: str = "the result") -> str:
    """Where two nested results differ by more than rounding; "" where they do not.

    Args:
        size: of the contributions that a number is the sum of.
    """
    if isinstance(expected, dict):
        if not isinstance(found, dict) or list(found) != list(expected):
            return f"{where} is {found!r}, not {expected!r}"
        pairs = [(f"{where}[{key!r}]", found[key], expected[key]) for key in expected]
        return next(filter(None, (difference(a, b, size, at) for at, a, b in pairs)), "")
    if isinstance(expected, (list, tuple)):
        if type(found) is not type(expected) or len(found) != len(expected):
            return f"{where} is {found!r}, not {expected!r}"
        triples = enumerate(zip(found, expected, strict=True))
        return next(
            filter(None, (difference(a, b, size, f"{where}[{k}]") for k, (a, b) in triples)), ""
        )
    if expected is None or isinstance(expected, (str, bytes)):
        return "" if found == expected else f"{where} is {found!r}, not {expected!r}"
    return _difference_of_numbers(found, expected, size, where)


def _difference_of_numbers(found: Any, expected: Any, size: float, where: str) -> str:
    if type(found).__module__.startswith("autograd_nn"):
        return f"{where} is a {type(found).__name__}, not a plain number"
    try:
        a, b = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError):
        return "" if found == expected else f"{where} is {found!r}, not {expected!r}"
    if a.shape != b.shape:
        return f"{where} has the shape {a.shape}, not {b.shape}"
    same = a == b
    with np.errstate(all="ignore"):
        both = np.isfinite(a) & np.isfinite(b)
        scale = np.abs(b).max(initial=0.0, where=np.isfinite(b))
        allowed = RELATIVE * max(scale, size if math.isfinite(size) else 0.0)
        same = same | (both & (np.abs(a - b) <= allowed)) | (np.isnan(a) & np.isnan(b))
    return "" if bool(np.all(same)) else f"{where} is {found!r}, not {expected!r}"


# -- f itself -------------------------------------------------------------------------------


def _quietly(call: Callable[[], Any]) -> Outcome:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return Outcome(call)


def value_by_engine(f: Callable[..., Any], args: Args, options: Any = None) -> Outcome:
    """What ``f`` returns."""
    options = options or {}
    return _quietly(lambda: numbers_of(f(*map(lifted, args), **lifted(options))))


def slopes_by_engine(
    f: Callable[..., Any], args: Args, argnums: Any, options: Any = None
) -> Outcome:
    """The value and the gradient of ``f`` along some arguments."""
    options = options or {}
    along = argnums if isinstance(argnums, tuple) else (argnums,)
    called = [x if k in along else lifted(x) for k, x in enumerate(args)]
    return _quietly(lambda: value_and_grad(f, argnums)(*called, **lifted(options)))


def model_slopes_by_engine(f: Callable[..., Any], args: Args, model: Any) -> Outcome:
    """The value, and the gradient along a model's parameters as one vector."""

    def both() -> Any:
        parameters = model.parameters()
        kept = [p.grad for p in parameters]
        try:
            model.zero_grad()
            result = f(*map(lifted, args))
            if isinstance(result, Value):
                result.backward()
            return numbers_of(result), np.array([p.grad for p in parameters])
        finally:
            for p, slope in zip(parameters, kept, strict=True):
                p.grad = slope

    return _quietly(both)


def reduced_by_engine(
    f: Callable[..., Any], args: Args, rows: Iterable[int], reduce: str | None, argnums: Any
) -> Outcome:
    """The value and gradient of the mean or sum of ``f`` over rows, row by row."""
    rows = frozenset(rows)
    along = argnums if isinstance(argnums, tuple) else (argnums,)

    def both() -> Any:
        count = len(args[min(rows)])
        pairs = []
        for k in range(count):
            each = tuple(
                _one_row(x, k) if position in rows else x for position, x in enumerate(args)
            )
            outcome = slopes_by_engine(f, each, along)
            if outcome.error is not None:
                raise outcome.error
            pairs.append(outcome.result)
        weight = 1.0 / count if reduce == "mean" else 1.0
        values = np.array([value for value, _ in pairs])
        slopes = []
        for place, position in enumerate(along):
            parts = [gradients[place] for _, gradients in pairs]
            slopes.append(
                np.array([weight * np.asarray(part) for part in parts])
                if position in rows
                else weight * sum(np.asarray(part) for part in parts)
            )
        value = values if reduce is None else values.sum() * weight
        return value, tuple(slopes) if isinstance(argnums, tuple) else slopes[0]

    return _quietly(both)


def _one_row(x: Any, k: int) -> Any:
    row = np.asarray(x)[k]
    return (
        row if np.ndim(row) else row.item() if row.dtype.kind != "b" else int(row)
    )  # a row of bools holds numbers


# -- the check ------------------------------------------------------------------------------


def check(
    f: Callable[..., Any],
    calls: Iterable[Args],
    *,
    argnums: tuple[int, ...] | None = None,
    slopes: bool = True,
    make: Callable[[Callable[..., Any]], Any] = jit,
) -> None:
    """The jit gives what ``f`` gives, at every call, whichever came first and how often.

    Args:
        f: the function.
        calls: the arguments of each call.
        argnums: along what; by default every argument that holds floats.
        slopes: whether ``f`` returns one number that can be differentiated.
        make: how the function is jitted.

    Raises:
        AssertionError: with the call, what was found and what was expected.
    """
    calls = list(calls)
    for order in (calls, calls[::-1]):
        jitted = make(f)
        for args in [*order, *order]:
            _compare(value_by_engine(f, args), lambda j=jitted, a=args: j(*a), args, "")
        if not slopes:
            continue
        jitted = make(f)
        for args in [*order, *order]:
            along = argnums or tuple(k for k, x in enumerate(args) if holds_a_float(x))
            if not along:
                continue
            _compare(
                slopes_by_engine(f, args, along),
                lambda j=jitted, a=args, k=along: j.value_and_grad(*a, argnums=k),
                args,
                f"value_and_grad along {along} ",
            )


def _compare(expected: Outcome, call: Callable[[], Any], args: Args, what: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # f's own, of NumPy
        found = Outcome(call)
    wrong = found.differs_from(expected)
    if wrong:
        message = f"{what}at {args!r}: {wrong}\n  the jit: {found!r}\n  f:       {expected!r}"
        raise AssertionError(message) from found.error


def compare_once(
    jitted: Any,
    f: Callable[..., Any],
    args: Args,
    *,
    argnums: tuple[int, ...] | None = None,
    slopes: bool = True,
) -> None:
    """The jit gives what ``f`` gives now, at one call; see ``check``.

    ``jitted`` is one that has been called before, perhaps while ``f`` was another function.
    """
    _compare(value_by_engine(f, args), lambda: jitted(*args), args, "")
    along = argnums or tuple(k for k, x in enumerate(args) if holds_a_float(x))
    if slopes and along:
        _compare(
            slopes_by_engine(f, args, along),
            lambda: jitted.value_and_grad(*args, argnums=along),
            args,
            f"value_and_grad along {along} ",
        )


def check_rows(
    f: Callable[..., Any],
    args: Args,
    rows: tuple[str, ...],
    argnums: tuple[int, ...],
    reductions: Iterable[str | None] = ("mean", "sum", None),
) -> None:
    """The jit of a function of one row gives the mean, sum or list of what ``f`` gives.

    Args:
        f: a function of one row.
        args: with a leading row axis where ``rows`` says so.
        rows: names of arguments.
        argnums: along what.
    """
    names = list(inspect.signature(f).parameters)
    positions = [names.index(name) for name in rows]
    for reduction in reductions:
        jitted = jit(f, rows=rows, reduce=reduction)
        expected = reduced_by_engine(f, args, positions, reduction, argnums)
        values = Outcome(lambda e=expected: e.result[0])
        values.error = expected.error
        if isinstance(expected.error, LeakError):  # there is a value where there is no slope
            bare = reduced_by_engine(f, args, positions, reduction, ())
            values = Outcome(lambda e=bare: e.result[0])
        for _ in range(2):
            what = f"rows={rows}, reduce={reduction!r} "
            _compare(values, lambda j=jitted: j(*args), args, what)
            _compare(
                expected,
                lambda j=jitted: j.value_and_grad(*args, argnums=argnums),
                args,
                f"{what}value_and_grad along {argnums} ",
            )
