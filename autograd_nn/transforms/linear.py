"""A recorded graph as its local slopes: tangents go forward along it, adjoints back.

Both ways, and the pattern of what depends on what, are a walk over the same list of edges, whose
slopes are numbers, or Values where the derivative is to be differentiated again.  Where a slope
is 1 or -1 by the table nothing is multiplied, and along one that is 0 by the table nothing flows.

What is left out: making the graph (``run``); the formulas, which are the table's (``ops``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from autograd_nn.codes import MUL, POW
from autograd_nn.custom import known_in_recording
from autograd_nn.engine import Value, topological_order
from autograd_nn.errors import WrongTypeError
from autograd_nn.notes import RULE, row_of
from autograd_nn.ops import CODES, CONSTANT, MADE, PRIMITIVES

__all__ = ["Linear", "by_numbers", "by_values", "plus", "times"]

Edge = tuple[Value, Any]
_SQUARE_ROOTS = {CODES[name]: name for name in ("hypot", "sqrt", "abs")}


@cache
def _is_flat(code: int, k: int) -> bool:
    """Whether the slope along the k-th operand is 0 by the table, whatever the numbers."""
    row = PRIMITIVES[code]
    with suppress(WrongTypeError):  # a leaf
        slope = row.partials(*(Value(0.3), Value(0.4))[: row.arity], Value(0.5))[k]
        return type(slope) is float and slope == 0.0
    return False


def by_numbers(node: Value) -> list[Edge]:
    """The operands through which slopes flow, with the slopes of the forward pass."""
    code = node._code
    pairs = zip(node.operands, node.partials, strict=True)
    if code == MADE:
        if RULE in node._notes:  # it hands slopes on by a function, and has none of its own
            row_of(node).partials(*node.operands, node)
        return list(pairs)
    return [(x, slope) for k, (x, slope) in enumerate(pairs) if not _is_flat(code, k)]


def by_values(node: Value) -> list[Edge]:
    """The operands through which slopes flow, with slopes that can be differentiated again."""
    made = known_in_recording(node)
    if made is not None:
        row, values = made
        return list(zip(values, row.partials(*values, node), strict=True))
    code, operands = node._code, node.operands
    if code == MUL:
        left, right = operands
        return _square(left) if left is right else [(left, right), (right, left)]
    if code == POW and operands[1]._code == CONSTANT:
        edges = _power(operands[0], operands[1]._data)
        if edges is not None:
            return edges
    slopes = row_of(node).partials(*operands, node)
    pairs = zip(operands, slopes, strict=True)
    return [(x, slope) for x, slope in pairs if not (type(slope) is float and slope == 0.0)]


def _power(base: Value, exponent: float) -> list[Edge] | None:
    """The slope of a power with a plain exponent, where no case of the table is a special one."""
    if exponent == 2.0:
        return _square(base)
    if exponent == 1.0:
        return [(base, 1.0)]
    if abs(exponent) > 1e-10 and exponent - 1.0 + 1.0 == exponent:
        return [(base, exponent * base ** (exponent - 1.0))]
    return None


def _square(v: Value) -> list[Edge]:
    """The slopes of ``v * v``; of a length, those of the squares that it is the root of.

    A length has no slope at 0, its square has: ``norm(x)**2`` curves by 2 there as elsewhere.
    """
    edges: list[Edge] = []
    waiting = [v]
    while waiting:
        x = waiting.pop()
        name = _SQUARE_ROOTS.get(x._code)
        if name is None or known_in_recording(x) is not None:
            edges.append((x, 2.0 * x))
        elif name == "sqrt":
            edges.append((x.operands[0], 1.0))
        else:
            waiting += reversed(x.operands)
    return edges


def times(slope: Any, x: Any) -> Any:
    """Their product, without an operation where one of them is 1 or -1."""
    for a, b in ((slope, x), (x, slope)):
        if type(a) is float:
            if a == 1.0:
                return b
            if a == -1.0:
                return -b
    return slope * x


def plus(before: Any, share: Any) -> Any:
    """Their sum; None is nothing."""
    return share if before is None else before + share


class Linear:
    """Everything between inputs and results as a list of edges.

    Args:
        roots: the results; what is no Value is a constant.
        inputs: the nodes along which slopes are wanted.
        edges_of: ``by_numbers`` or ``by_values``.
    """

    def __init__(
        self,
        roots: Sequence[Any],
        inputs: Sequence[Value],
        edges_of: Callable[[Value], list[Edge]],
    ) -> None:
        places = {id(x): k for k, x in enumerate(inputs)}
        self._inputs = len(inputs)
        self._steps: list[list[tuple[int, Any]]] = []
        self._kept = [roots, inputs]  # as long as their identities count
        above = set(places)  # what is computed from inputs, with a slope or without
        for node in topological_order(*[root for root in roots if isinstance(root, Value)]):
            if id(node) in places or not any(id(x) in above for x in node.operands):
                continue
            above.add(id(node))
            edges = [(places[id(x)], s) for x, s in edges_of(node) if id(x) in places]
            if edges:
                places[id(node)] = self._inputs + len(self._steps)
                self._steps.append(edges)
        self._roots = [places.get(id(root), -1) for root in roots]

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """The tangent of every result from those of the inputs; None is a 0 by structure.

        Tangents are numbers, Values, or arrays of several numbers.
        """
        carried: list[Any] = list(tangents)
        for edges in self._steps:
            total = None
            for place, slope in edges:
                x = carried[place]
                if x is not None:
                    total = plus(total, times(slope, x))
            carried.append(total)
        return [None if place < 0 else carried[place] for place in self._roots]

    def pull(self, adjoints: Sequence[Any]) -> list[Any]:
        """The adjoint of every input from those of the results; None is a 0 by structure."""
        carried: list[Any] = [None] * (self._inputs + len(self._steps))
        for place, adjoint in zip(self._roots, adjoints, strict=True):
            if place >= 0 and adjoint is not None:
                carried[place] = plus(carried[place], adjoint)
        for k in range(len(self._steps) - 1, -1, -1):
            adjoint = carried[self._inputs + k]
            if adjoint is None:
                continue
            for place, slope in self._steps[k]:
                carried[place] = plus(carried[place], times(slope, adjoint))
        return carried[: self._inputs]

    def patterns(self) -> list[int]:
        """For every result the inputs that it depends on: bit j of the number is input j."""
        uses = [0] * (self._inputs + len(self._steps))
        for place in self._places():
            uses[place] += 1
        masks = [1 << j for j in range(self._inputs)]
        for edges in self._steps:
            mask = 0
            for place, _ in edges:
                mask |= masks[place]
                uses[place] -= 1
                if not uses[place]:
                    masks[place] = 0  # long ones take their memory
            masks.append(mask)
        return [0 if place < 0 else masks[place] for place in self._roots]

    def _places(self) -> Iterable[int]:
        for edges in self._steps:
            for place, _ in edges:
                yield place
        yield from (place for place in self._roots if place >= 0)
