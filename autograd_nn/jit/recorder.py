"""Recording a function on Values, and finding what a recording cannot replay.

A number that leaves the graph (``v.data``, ``float(v)``) and comes back is a
constant of the recording, and a replay with other arguments would be silently
wrong.  So a function is recorded a second time at a point close by: if the two
recordings differ in anything but their inputs, a number leaked (or the function
is random), and a third recording finds the line.

What is left out: packing and running.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_nn.contexts import AnomalyError
from autograd_nn.engine import Value, this_thread
from autograd_nn.jit.arguments import describe_result, leaves_of, lift
from autograd_nn.jit.errors import LeakError, TraceError
from autograd_nn.jit.trace import Record, captured_leaves, same_equations
from autograd_nn.recording import detect_anomaly, tracing

__all__ = [
    "Recording",
    "line_of_comparison",
    "parameters_in_reach",
    "record",
    "without_collector",
]

# Relative; smaller ones stay on the same side of a comparison.
_SHIFTS = (1e-2, 1e-5, 1e-9)


class Recording:
    """One run of a function on Values.

    Args:
        shift: how far, relatively, to move each number that may be moved.
        whole: whether to move numbers without a fraction too; those given as integers stay.

    Attributes:
        record: the operations, comparisons, arguments and results.
        result: the description of what it returned.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        shift: float = 0.0,
        whole: bool = True,
    ) -> None:
        inputs: list[Value] = []
        noise = np.random.default_rng(0)

        def make(x: Any) -> Value:
            number = float(x)
            if shift and not isinstance(x, (int, np.integer, np.bool_)):
                step = shift * (abs(number) + 1e-3) * noise.uniform(0.5, 1.0)
                if whole or number != np.floor(number):
                    number += step
            inputs.append(Value(number))
            return inputs[-1]

        called = [lift(x, make) for x in args]
        context = this_thread()
        outside, context.recording = context.recording, True
        try:
            with tracing() as tape:
                returned = f(*called)
        finally:
            context.recording = outside
        roots: list[Value] = []
        self.result = describe_result(returned, roots)
        self.record = Record(tape, inputs, roots)


def record(f: Callable[..., Any], args: tuple[Any, ...]) -> Recording:
    """Record ``f`` at ``args``, and check that the recording can be replayed.

    Raises:
        LeakError: a number left the graph and came back, or the function is random.
        TraceError: Values were put into a list, dict or set outside the function.
    """
    before = _outer_sizes(f)
    first = Recording(f, args)
    _refuse_outer_values(f, before)
    second = _nearby(f, args, first)
    if second is not None and not _same(first, second):
        raise LeakError(
            "a number that depends on the arguments was used outside the graph (float(v), v.data, "
            "math.exp(v)), or the function is random, so replaying it would be wrong. Keep the "
            "Value itself (autograd_nn.functions has exp, log, ...), or pass the number as an "
            "argument.",
            _line_of_leak(f, args, first, second),
        )
    return first


@contextmanager
def without_collector() -> Iterator[None]:
    """No garbage collection: millions of objects are made, none of them in a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _nearby(f: Callable[..., Any], args: tuple[Any, ...], first: Recording) -> Recording | None:
    """A recording along the same path at other numbers, parameters included; None if none is."""
    captured = [v for v in captured_leaves(first.record) if v.kind == "parameter"]
    held = [v.data for v in captured]
    # An index that came as a float can be moved nowhere: then only numbers with a fraction are.
    for shift, whole in [(s, True) for s in _SHIFTS] + [(s, False) for s in _SHIFTS]:
        try:
            for k, (v, x) in enumerate(zip(captured, held, strict=True)):
                v.data = x + shift * (abs(x) + 1e-3) * (0.5 + (k * 0.618) % 0.5)
            second = Recording(f, args, shift, whole)
        except (ArithmeticError, ValueError, IndexError):
            continue  # the function refuses these numbers; others may do
        finally:
            for v, x in zip(captured, held, strict=True):
                v.data = x
        if first.record.same_path(second.record):
            return second
    return None


def _same(a: Recording, b: Recording) -> bool:
    return same_equations(a.record, b.record) and _equal(
        list(leaves_of(a.result)), list(leaves_of(b.result))
    )


def _equal(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        x is y or bool(np.array_equal(np.asarray(x, float), np.asarray(y, float), equal_nan=True))
        for x, y in zip(a, b, strict=True)
    )


def _line_of_leak(f: Callable[..., Any], args: tuple[Any, ...], a: Recording, b: Recording) -> str:
    """The user's line that used the first number which differs; "" if it is not found."""
    arguments = {id(v) for v in a.record.inputs}
    for k, (x, y) in enumerate(zip(a.record.tape.nodes, b.record.tape.nodes, strict=False)):
        leaks = x.op != y.op or any(
            p.kind == q.kind
            and p.kind in ("constant", "input")
            and p.data != q.data
            and id(p) not in arguments
            for p, q in zip(x.operands, y.operands, strict=False)
        )
        if leaks:
            return _line_of_operation(f, args, k)
    return ""


def _line_of_operation(f: Callable[..., Any], args: tuple[Any, ...], k: int) -> str:
    with detect_anomaly():
        try:
            run = Recording(f, args)
        except AnomalyError:
            return ""
        lines = this_thread().anomalies or {}
        nodes = run.record.tape.nodes
        return lines[id(nodes[k])][1] if k < len(nodes) and id(nodes[k]) in lines else ""


def line_of_comparison(f: Callable[..., Any], args: tuple[Any, ...], number: int) -> str:
    """The user's line of the comparison with this number; "" if it is not found."""
    with tracing(number) as tape:
        f(*[lift(x, Value) for x in args])
    return tape.line


def _in_reach(f: Callable[..., Any]) -> dict[str, Any]:
    """What a function can reach by a name of its own: globals, closure, and its object."""
    f = inspect.unwrap(f)
    code, cells = getattr(f, "__code__", None), getattr(f, "__closure__", None)
    owner = getattr(f, "__self__", None)
    found = dict(vars(owner)) if hasattr(owner, "__dict__") else {}
    if code is None:
        return found
    found |= {name: f.__globals__[name] for name in code.co_names if name in f.__globals__}
    for name, cell in zip(code.co_freevars, cells or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # a name that is not set yet
            continue
    return found


def parameters_in_reach(f: Callable[..., Any], others: Sequence[Any]) -> list[Value]:
    """The parameters of the models that ``f`` or its arguments know, in the models' order.

    In that order the weights of a layer follow a regular pattern; in the order of their first
    use they need not.
    """
    candidates = [*others, *_in_reach(f).values()]
    models = [x for x in candidates if callable(getattr(x, "parameters", None))]
    found: list[Value] = []
    for model in models:
        if not isinstance(model, type):
            found += [p for p in model.parameters() if isinstance(p, Value)]
    return list({id(p): p for p in found}.values())


def _outer_containers(f: Callable[..., Any]) -> dict[str, Any]:
    """The lists, dicts and sets among what a function can reach."""
    return {name: x for name, x in _in_reach(f).items() if isinstance(x, (list, dict, set))}


def _outer_sizes(f: Callable[..., Any]) -> dict[str, int]:
    return {name: len(x) for name, x in _outer_containers(f).items()}


def _refuse_outer_values(f: Callable[..., Any], before: dict[str, int]) -> None:
    for name, x in _outer_containers(f).items():
        items = list(x.values()) if isinstance(x, dict) else list(x)
        if len(x) > before.get(name, 0) and any(isinstance(v, Value) for v in items):
            raise TraceError(
                f"the function put Values into {name!r}, which lies outside it. A replay runs no "
                "Python, so nothing would be added again: return them instead."
            )
