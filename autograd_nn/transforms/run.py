"""Running a function on nodes of its own, so that its slopes can be found.

What is left out: the slopes, which are ``linear``'s and the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_nn.checks import describe, positions_of
from autograd_nn.conversion import to_float
from autograd_nn.engine import Value, slopes_along
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.recording import noting_exits
from autograd_nn.state import Context, this_thread
from autograd_nn.transforms.leaks import one_number, refuse_leak
from autograd_nn.transforms.linear import Linear, by_numbers, by_values
from autograd_nn.transforms.structure import Structure, flatten, numbers_in

__all__ = ["Run", "differentiating", "slopes_of"]


@contextmanager
def differentiating(context: Context, orders: int) -> Iterator[None]:
    """Record, so many derivatives deep; whatever happens, the thread is as it was afterwards.

    ``no_grad()`` around a derivative is about the caller's graph; the slopes need this one.
    """
    depth, recording = context.differentiating, context.recording
    try:
        context.differentiating, context.recording = depth + orders, True
        yield
    finally:
        context.differentiating, context.recording = depth, recording


class Run:
    """One call of a function on nodes of its own.

    Args:
        f: the function.
        args, kwargs: what it is called with.
        positions: which of the arguments are differentiated.
        again: whether the slopes themselves will be differentiated.
        has_aux: whether the function returns a pair of its result and something else.

    Attributes:
        inputs: the nodes, in the order of the numbers.
        structures: of every argument that is differentiated.
        result: what the function returned; ``aux`` the something else.
        in_graph: whether slopes must be Values: an argument is one, or something around records.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        positions: tuple[int, ...],
        again: bool = False,
        has_aux: bool = False,
    ) -> None:
        self.f = f
        self._at = positions_of(positions, len(args))
        leaves: list[Any] = []
        self.structures: list[Structure] = []
        for position in self._at:
            found, structure = flatten(args[position], f"argument {position}")
            leaves += [x if isinstance(x, Value) else to_float(x) for x in found]
            self.structures.append(structure)
        self.context = this_thread()
        self.in_graph = (
            self.context.differentiating > 0
            or self.context.trace is not None
            or any(isinstance(x, Value) for x in leaves)
        )
        # A node of its own for each argument, so that an outer use of it stays outside.
        self.inputs = [x * 1 if isinstance(x, Value) else Value(x) for x in leaves]
        called = list(args)
        for position, structure, nodes in zip(
            self._at, self.structures, self._by_argument(), strict=True
        ):
            called[position] = structure.rebuild(nodes)
        self._again = again or self.in_graph
        with differentiating(self.context, 1 + self._again), noting_exits() as self._left:
            self.result = f(*called, **kwargs)
        self.aux: Any = None
        if has_aux:
            self.result, self.aux = self._pair()

    def _by_argument(self) -> list[list[Value]]:
        nodes, start = [], 0
        for structure in self.structures:
            nodes.append(self.inputs[start : start + structure.size])
            start += structure.size
        return nodes

    def _pair(self) -> tuple[Any, Any]:
        if not isinstance(self.result, tuple) or len(self.result) != 2:
            raise WrongTypeError(
                "with has_aux=True a function returns a pair (result, auxiliary data), "
                f"got {describe(self.result)}"
            )
        result, aux = self.result
        return result, aux if self.in_graph else numbers_in(aux)

    def number(self) -> Any:
        """The result as one Value or float; refuses several, and numbers that left the graph."""
        result = one_number(self.result, self.f)
        self.refuse_leak(result)
        return result

    def numbers(self) -> tuple[list[Any], Structure]:
        """The numbers of the result in order, and its structure."""
        name = getattr(self.f, "__name__", "the function")
        leaves, structure = flatten(self.result, f"what {name} returned")
        if not leaves:
            raise BadArgumentError(
                f"{name} returned {describe(self.result)}, which holds no number"
            )
        leaves = [x if isinstance(x, Value) else to_float(x) for x in leaves]
        self.refuse_leak(leaves)
        return leaves, structure

    def refuse_leak(self, result: Any) -> None:
        """Raise where a result does not depend on an argument whose numbers left the graph."""
        if self._left:
            named = zip(self._at, self._by_argument(), strict=True)
            refuse_leak(result, {f"argument {k}": nodes for k, nodes in named}, self._left)

    def outward(self, x: Any) -> Any:
        """A number of the result as the caller gets it."""
        return x if self.in_graph or not isinstance(x, Value) else x.data

    def gradient(self, result: Any) -> list[Any]:
        """The slopes of one number along the inputs, as Values if they are to be differentiated."""
        if not self._again:
            return slopes_of(result, self.inputs)
        with differentiating(self.context, 0):
            found = Linear([result], self.inputs, by_values).pull([1.0])
        return [0.0 if slope is None else slope for slope in found]

    def linear(self, roots: Sequence[Any]) -> Linear:
        """What lies between the inputs and some results."""
        if not self.in_graph:
            return Linear(roots, self.inputs, by_numbers)
        with differentiating(self.context, 0):
            return Linear(roots, self.inputs, by_values)


def slopes_of(result: Any, inputs: list[Value]) -> list[float]:
    """The slopes of one number along nodes, as floats."""
    return slopes_along(result, inputs) if isinstance(result, Value) else [0.0] * len(inputs)
