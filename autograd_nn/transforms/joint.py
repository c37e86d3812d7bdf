"""Several numbers at once whose slopes a function finds: one node of many operands and results.

What is left out: what the function is: a part that is computed again (``recompute``), an
equation that is solved backwards in time (``implicit``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd_nn.engine import Value, custom_node
from autograd_nn.errors import WrongTypeError
from autograd_nn.ops import Primitive, own_row

__all__ = ["Pull", "joint"]

#: From the adjoint of each result to that of each operand.
Pull = Callable[[list[float]], Sequence[float]]


def joint(
    name: str, numbers: Sequence[float], operands: Sequence[Value], pull: Pull
) -> list[Value]:
    """Nodes with these numbers, whose slopes along the operands a function finds.

    A backward pass calls the function once, whichever of the results it comes from.  The nodes
    have no formula, so they have first derivatives only, by the way back.

    Args:
        name: what the operation is called.
        numbers: of the results.
        operands: what they depend on; at least one.
        pull: from the adjoints of the results to the slopes along the operands.
    """
    adjoints = [0.0] * len(numbers)
    hub = custom_node(_row(name, len(operands)), 0.0, list(operands), [0.0] * len(operands))

    def hand_on() -> None:
        given = adjoints[:]
        adjoints[:] = [0.0] * len(adjoints)
        for operand, slope in zip(operands, pull(given), strict=True):
            operand.grad += slope

    hub._backward = hand_on
    return [_result(name, number, hub, adjoints, k) for k, number in enumerate(numbers)]


def _result(name: str, number: float, hub: Value, adjoints: list[float], k: int) -> Value:
    out = custom_node(_row(name, 1), number, [hub], [0.0])

    def collect() -> None:
        adjoints[k] = out.grad

    out._backward = collect
    return out


def _row(name: str, arity: int) -> Primitive:
    def unknown(*_: object) -> tuple[float, ...]:
        raise WrongTypeError(
            f"{name} has first derivatives only, found by backward(): take grad, jacrev or vjp of "
            "it outside of other derivatives, or differentiate it without recording it beforehand"
        )

    def scalar(*_: object) -> float:
        raise WrongTypeError(f"{name} is computed by its function, not from its operands alone")

    return own_row(name, arity, scalar, scalar, unknown)
