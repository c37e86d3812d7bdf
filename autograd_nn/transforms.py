"""``grad`` and ``value_and_grad``: from a function to the function of its slopes, as in JAX.

Arguments may be numbers, arrays, and lists, tuples and dicts of them to any
depth; a gradient has the structure of its argument.  Where an argument is a
Value, or inside another ``grad``, the slopes come back as Values of the same
graph, so that ``grad(grad(f))`` is the second derivative and a penalty on a
slope can be trained.

What is left out: the chain rule on numbers, which is ``backward()`` in ``engine``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checks import check_argnums, describe, positions_of
from autograd_nn.conversion import is_number, to_float
from autograd_nn.engine import (
    Value,
    chosen_operands,
    row_of,
    slopes_along,
    topological_order,
)
from autograd_nn.errors import LeakError, WrongTypeError
from autograd_nn.nested import (
    is_constant,
    is_container,
    is_record,
    names_of,
    parts_of,
    place_of,
    with_parts,
)
from autograd_nn.recording import noting_exits
from autograd_nn.state import this_thread

__all__ = [
    "Derivative",
    "Structure",
    "depends_on",
    "derivative_of",
    "flatten",
    "grad",
    "one_number",
    "refuse_leak",
    "value_and_grad",
]


def __dir__() -> list[str]:
    return __all__


class Structure(NamedTuple):
    """The shape of nested arguments, without their numbers.

    Attributes:
        size: how many numbers it holds.
        rebuild: from that many numbers or Values, in order, to the nested structure.
    """

    size: int
    rebuild: Callable[[Sequence[Any]], Any]


def flatten(nested: Any, where: str = "the argument") -> tuple[list[Any], Structure]:
    """The numbers and Values of a nested structure in order, and how to put them back.

    Args:
        nested: a number, a Value, an array, or a list, tuple or dict of these, to any depth.
        where: what to call it in an error.

    Raises:
        TypeError: something in it is none of these; the message says where.

    >>> leaves, structure = flatten({"w": [1.0, 2.0], "b": 3.0})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> structure.rebuild([10.0, 20.0, 30.0])
    {'w': [10.0, 20.0], 'b': 30.0}
    """
    if isinstance(nested, Value) or is_number(nested):
        return [nested], Structure(1, lambda xs: xs[0])
    if isinstance(nested, np.ndarray):
        return _flatten_array(nested, where)
    if is_container(nested):
        parts = [
            ([], Structure(0, partial(_itself, part)))
            if is_record(nested) and is_constant(part)
            else flatten(part, place_of(nested, name, where))
            for name, part in zip(names_of(nested), parts_of(nested), strict=True)
        ]
        return _join(parts, lambda items: with_parts(nested, items))
    raise WrongTypeError(
        f"{where} is {describe(nested)}; give numbers, Values, arrays, "
        "or lists, tuples, dicts and dataclasses of them"
    )


def _itself(x: Any, _: Sequence[Any]) -> Any:
    return x


def _flatten_array(array: Any, where: str) -> tuple[list[Any], Structure]:
    leaves = list(array.flat)
    for leaf in leaves:
        if not (isinstance(leaf, Value) or is_number(leaf)):
            raise WrongTypeError(f"{where} is an array that holds {describe(leaf)}; give numbers")

    def rebuild(xs: Sequence[Any]) -> Any:
        graph = any(isinstance(x, Value) for x in xs)
        filled = np.empty(len(xs), dtype=object if graph else float)
        filled[:] = xs
        return filled.reshape(array.shape)

    return leaves, Structure(len(leaves), rebuild)


def _join(
    parts: list[tuple[list[Any], Structure]], assemble: Callable[[list[Any]], Any]
) -> tuple[list[Any], Structure]:
    structures = [structure for _, structure in parts]

    def rebuild(xs: Sequence[Any]) -> Any:
        items, start = [], 0
        for structure in structures:
            items.append(structure.rebuild(xs[start : start + structure.size]))
            start += structure.size
        return assemble(items)

    return [x for leaves, _ in parts for x in leaves], Structure(
        sum(s.size for s in structures), rebuild
    )


class Derivative(NamedTuple):
    """What ``grad`` or ``value_and_grad`` made.

    Attributes:
        made: the function of slopes.
        function: the function it differentiates.
        argnums: along which arguments.
        with_value: whether it returns the value too.
    """

    made: Callable[..., Any]
    function: Callable[..., Any]
    argnums: int | tuple[int, ...]
    with_value: bool


def derivative_of(f: Callable[..., Any]) -> Derivative | None:
    """How ``f`` was made, if ``grad`` or ``value_and_grad`` returned it: a jit can do better."""
    found: Derivative | None = getattr(f, "_derivative", None)
    # A decorator around it may have copied the attribute.
    return found if found is not None and found.made is f else None


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that returns the slopes of ``f`` along one or several arguments.

    Args:
        f: a function of any arguments that returns one number.
        argnums: the position of the argument to differentiate, or a tuple of positions.

    Returns:
        A function of the same arguments: the gradient, structured as the argument is; a
        tuple of gradients where ``argnums`` is a tuple.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"] * 5 + p["b"])({"w": 2.0, "b": 1.0})
    {'w': 5.0, 'b': 1.0}
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    gradient._derivative = Derivative(gradient, f, argnums, False)  # type: ignore[attr-defined]
    return gradient


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """As ``grad``, but the function returns the pair (value, gradient).

    Raises:
        TypeError: when called: ``f`` does not return one number, or an argument to be
            differentiated holds something else than numbers.
        ValueError: when called: there is no argument at that position, or it is asked for twice.

    >>> value_and_grad(lambda w, x: (w * x - 7) ** 2)(2.0, 5.0)
    (9.0, 30.0)
    """
    if not callable(f):
        raise WrongTypeError(f"a gradient is of a function, got {describe(f)}")
    # A function that knows its own derivative, such as a jitted one, is asked for it.
    own = getattr(f, "value_and_grad", None)
    positions = check_argnums(argnums)

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        if own is not None:
            return own(*args, argnums=argnums, **kwargs)
        at = positions_of(positions, len(args))
        leaves, structures = _arguments(args, at)
        context = this_thread()
        in_graph = (
            context.differentiating > 0
            or context.trace is not None
            or any(isinstance(x, Value) for x in leaves)
        )
        # A node of its own for each argument, so that an outer use of it stays outside.
        inputs = [x * 1 if isinstance(x, Value) else Value(x) for x in leaves]
        called = list(args)
        start = 0
        for position, structure in zip(at, structures, strict=True):
            called[position] = structure.rebuild(inputs[start : start + structure.size])
            start += structure.size
        depth, recording = context.differentiating, context.recording
        try:  # whatever happens, Ctrl-C included, the thread is as it was afterwards
            context.differentiating = depth + 1
            # no_grad() around the call is about the caller's graph; the slopes need this one.
            context.recording = True
            with noting_exits() as left:
                result = one_number(f(*called, **kwargs), f)
        finally:
            context.differentiating, context.recording = depth, recording
        if left:
            sizes = [structure.size for structure in structures]
            ends = list(accumulate(sizes))
            parts = {
                f"argument {k}": inputs[end - size : end]
                for k, end, size in zip(at, ends, sizes, strict=True)
            }
            refuse_leak(result, parts, left)
        if not isinstance(result, Value):
            slopes: list[Any] = [0.0] * len(inputs)
        elif in_graph:
            slopes = _slopes_as_values(result, inputs)
        else:
            slopes = slopes_along(result, inputs)
        value = result.data if isinstance(result, Value) and not in_graph else result
        gradients, start = [], 0
        for structure in structures:
            gradients.append(structure.rebuild(slopes[start : start + structure.size]))
            start += structure.size
        return value, tuple(gradients) if isinstance(argnums, tuple) else gradients[0]

    made = Derivative(value_and_gradient, f, argnums, True)
    value_and_gradient._derivative = made  # type: ignore[attr-defined]
    return value_and_gradient


def _arguments(
    args: tuple[Any, ...], positions: tuple[int, ...]
) -> tuple[list[Any], list[Structure]]:
    """The leaves and structures of the arguments to differentiate."""
    leaves: list[Any] = []
    structures: list[Structure] = []
    for position in positions:
        found, structure = flatten(args[position], f"argument {position}")
        leaves += [x if isinstance(x, Value) else to_float(x) for x in found]
        structures.append(structure)
    return leaves, structures


def depends_on(result: Any, nodes: Sequence[Value]) -> bool:
    """Whether a result is connected to any of these nodes, by more than ``detach``."""
    wanted = {id(v) for v in nodes}
    stack, seen = [result] if isinstance(result, Value) else [], set()
    while stack:
        v = stack.pop()
        if id(v) in wanted:
            return True
        if id(v) not in seen and v.op != "detach":
            seen.add(id(v))
            stack += chosen_operands(v)
    return False


def refuse_leak(
    result: Any, arguments: dict[str, list[Value]], left: Sequence[tuple[Value, str]]
) -> None:
    """Raise where the result does not depend on an argument whose numbers left the graph.

    Args:
        arguments: the Values of each argument that is differentiated, by what it is called.
        left: each Value that ``float()`` took out of the graph, with the user's line.

    Raises:
        LeakError: it names the line.
    """
    if not left:
        return
    for name, nodes in arguments.items():
        if nodes and not depends_on(result, nodes):
            for v, line in left:
                if depends_on(v, nodes):
                    raise LeakError(name, line)


def one_number(result: Any, f: Callable[..., Any]) -> Any:
    """What ``f`` returned as a Value or a float.

    Raises:
        TypeError: it is not one number.
    """
    if isinstance(result, np.ndarray) and result.ndim == 0:
        result = result.item()
    if isinstance(result, Value):
        return result
    if is_number(result):
        return to_float(result)
    name = getattr(f, "__name__", "the function")
    raise WrongTypeError(
        f"{name} returned {describe(result)}; a gradient needs one number: "
        "return a sum, or one element"
    )


def _slopes_as_values(root: Value, inputs: list[Value]) -> list[Any]:
    """The chain rule once more, in Values: each slope is a node that can be differentiated."""
    wanted = {id(x) for x in inputs}
    order = topological_order(root)
    depends: set[int] = set()
    for node in order:
        if id(node) in wanted or any(id(x) in depends for x in node.operands):
            depends.add(id(node))
    adjoints: dict[int, Any] = {id(root): 1.0}
    for node in reversed(order):
        adjoint = adjoints.get(id(node))
        if adjoint is None or id(node) not in depends or id(node) in wanted:
            continue
        row = row_of(node)
        operands = node.operands
        for operand, slope in zip(operands, row.partials(*operands, node), strict=True):
            if id(operand) in depends:
                share = slope * adjoint
                before = adjoints.get(id(operand))
                adjoints[id(operand)] = share if before is None else before + share
    return [adjoints.get(id(x), 0.0) for x in inputs]
