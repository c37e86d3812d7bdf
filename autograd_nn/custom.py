"""Operations of a user's own: ``custom_op`` makes one from its value and its slopes.

What is left out: nodes that scripts after micrograd make one by one, which are in ``handmade``.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import is_number, to_float
from autograd_nn.engine import Value, custom_node, require
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.functions.arrays import as_array
from autograd_nn.ops import Primitive, own_row
from autograd_nn.state import this_thread

__all__ = ["custom_op", "known_in_recording", "parted"]

_WITHIN: Final = " in the operation "


def custom_op(
    forward: Callable[..., Any],
    partials: Callable[..., Any],
    *,
    name: str | None = None,
    array: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """An operation that the table does not have: it becomes one node, drawn with its name.

    Args:
        forward: takes one or two floats and returns the result, a float.
        partials: takes the same floats and then the result, and returns the slope along each
            operand: a number, or a tuple of one or two.  Written in arithmetic that Values
            have too, it also serves higher derivatives and the jit.
        name: what pictures and messages call it; the name of ``forward`` if left out.
        array: ``forward`` for arrays of floats; element by element if left out.

    Returns:
        A function of floats, Values, arrays and lists, as those of ``functions``.

    Raises:
        TypeError: ``forward`` or ``partials`` is no function, or takes a number of operands
            other than one or two.
        ValueError: at the call: ``partials`` returned another number of slopes.

    Inside of a jitted function ``forward`` and ``partials`` are called with Values, so that what
    they do is recorded too; where they leave the graph (``math.sin(x)``) the recording holds for
    those numbers alone.

    >>> from autograd_nn import Value
    >>> cube = custom_op(lambda x: x * x * x, lambda x, y: 3.0 * x * x, name="cube")
    >>> x = Value(2.0)
    >>> y = cube(x)
    >>> y.backward()
    >>> y.op, y.data, x.grad
    ('cube', 8.0, 12.0)
    """
    for given in (forward, partials):
        if not callable(given):
            raise WrongTypeError(f"custom_op takes two functions, got {describe(given)}")
    if not (name is None or isinstance(name, str)):
        raise WrongTypeError(f"the name of an operation is a str, got {describe(name)}")
    arity = _operands_of(forward)
    own_name: str = getattr(forward, "__name__", "custom")
    called: str = name or ("custom" if own_name == "<lambda>" else own_name)

    def slopes(*operands: Any) -> tuple[Any, ...]:
        found = partials(*operands)
        found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
        if len(found) != arity:
            raise BadArgumentError(
                f"{called:.60}: partials returned {len(found)} slopes for {arity} operands: "
                "return one for each, in order"
            )
        return found

    row = own_row(called, arity, forward, array or _each(forward, arity), slopes)

    def operation(*operands: Any) -> Any:
        if len(operands) != arity:
            raise WrongTypeError(f"{called:.60} takes {arity} operands, got {len(operands)}")
        if not all(isinstance(x, Value) or is_number(x) for x in operands):
            arrays = [as_array(x, called) for x in operands]
            if all(a.dtype != object for a in arrays):
                return row.array(*arrays)
            return np.frompyfunc(operation, arity, 1)(*arrays)
        if not any(isinstance(x, Value) for x in operands):
            return to_float(forward(*map(to_float, operands)))
        values = [require(x) for x in operands]
        if this_thread().trace is not None:
            return _recorded(forward, row, values)
        numbers = [v.data for v in values]
        y = to_float(forward(*numbers))
        return custom_node(row, y, values, [to_float(d) for d in slopes(*numbers, y)])

    operation.__name__ = operation.__qualname__ = called
    operation.__doc__ = forward.__doc__
    return operation


def _operands_of(forward: Callable[..., Any]) -> int:
    """How many operands a function takes."""
    try:
        given = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):  # a function in C that does not say
        return 1
    needed = [p for p in given if p.default is p.empty and p.kind in (0, 1)]
    if len(needed) not in (1, 2):
        raise WrongTypeError(
            f"custom_op: forward takes {len(needed)} operands, and a node has one or two; "
            "write a longer one as a function of such operations"
        )
    return len(needed)


def _each(forward: Callable[..., Any], arity: int) -> Callable[..., Any]:
    """``forward`` on arrays, element by element."""
    each = np.frompyfunc(forward, arity, 1)
    return lambda *arrays: np.asarray(each(*arrays), dtype=float)


class _Known(threading.local):
    """By identity, the nodes that stand for operations of a user's own in the open recording."""

    def __init__(self) -> None:
        self.trace: Any = None
        self.nodes: dict[int, tuple[Value, Primitive, list[Value]]] = {}


_known = _Known()


def known_in_recording(v: Value) -> tuple[Primitive, list[Value]] | None:
    """The row and the operands of a user's own operation that a recording holds in parts."""
    if _known.nodes and _known.trace is this_thread().trace and id(v) in _known.nodes:
        _, row, operands = _known.nodes[id(v)]
        return row, operands
    return None


def parted(how: str) -> tuple[str, str]:
    """How a number left the graph, and the operation of the user's own that took it, or ""."""
    how, _, name = how.partition(_WITHIN)
    return how, name


def _recorded(forward: Callable[..., Any], row: Primitive, values: list[Value]) -> Any:
    """The operation in a recording: its value without slopes, and the slopes at 0 distance.

    That has the right first derivatives; where it is differentiated within the recording, the
    slopes are to be differentiated too, so it is noted what the result stands for.
    """
    plain = [v.detach() for v in values]
    tape = this_thread().trace
    before = 0 if tape is None else len(tape.comparisons)
    result = require(forward(*plain)).detach()
    total = result
    slopes = row.partials(*plain, result)
    if tape is not None:
        for k in range(before, len(tape.comparisons)):
            if k in tape.exits:
                tape.exits[k] += f"{_WITHIN}{row.name}"
    for v, still, slope in zip(values, plain, slopes, strict=True):
        total = total + require(slope).detach() * (v - still)
    context = this_thread()
    if context.differentiating:
        if _known.trace is not context.trace:
            _known.trace, _known.nodes = context.trace, {}
        _known.nodes[id(total)] = (total, row, values)
    return total
