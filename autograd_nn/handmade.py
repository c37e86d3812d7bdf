"""Nodes that a user makes by hand, as scripts after micrograd do: their arguments and their rules.

``Value(y, (a, b), "+")`` names the operands and the operation, and gets its slopes from a function
assigned to ``_backward``; ``Value(y, (a,), (0.5,))`` names the local slopes.  The engine makes the
node; here is what the arguments mean, and how a rule is kept.

What is left out: operations with a formula of their own, which are made by ``custom_op``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any

from autograd_nn.checks import describe
from autograd_nn.conversion import is_number, to_float
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["Rule", "as_parts"]


class Rule:
    """A function that a user assigned to a node's ``_backward``.

    It usually refers to its own node, and so would keep it alive for ever: a node is freed when
    nothing refers to it, without a search for circles.  So the reference is taken out of the
    function, and put back for the time of a call.

    Args:
        rule: takes no arguments and adds to the ``grad`` of the node's operands.
        node: the node.
    """

    def __init__(self, rule: Any, node: Any) -> None:
        self.rule: Callable[[], object] = rule
        self.own: list[CellType] = []
        cells = getattr(rule, "__closure__", None) or ()
        if type(rule) is FunctionType and any(_holds(cell, node) for cell in cells):
            kept = tuple(CellType() if _holds(cell, node) else cell for cell in cells)
            self.own = [new for new, old in zip(kept, cells, strict=True) if new is not old]
            self.rule = FunctionType(
                rule.__code__, rule.__globals__, rule.__name__, rule.__defaults__, kept
            )
            self.rule.__kwdefaults__ = rule.__kwdefaults__

    def __call__(self, node: Any) -> None:
        for cell in self.own:
            cell.cell_contents = node
        try:
            self.rule()
        finally:
            for cell in self.own:
                del cell.cell_contents


def _is_operand(x: object) -> bool:
    return is_number(x) or hasattr(x, "_backward")


def _holds(cell: CellType, node: Any) -> bool:
    try:
        return cell.cell_contents is node
    except ValueError:  # not filled yet
        return False


def as_parts(children: object, op: object) -> tuple[list[Any], str, list[float]]:
    """The operands, the operation's name and the local slopes that the arguments of a Value mean.

    Raises:
        TypeError: ``children`` is no group of Values, or ``op`` neither a name nor slopes.
        ValueError: there are not as many slopes as operands.

    >>> as_parts((1.0, 2.0), "+")
    ([1.0, 2.0], '+', [0.0, 0.0])
    >>> as_parts([1.0], (0.5,))
    ([1.0], 'node', [0.5])
    """
    operands = list(children) if isinstance(children, (tuple, list, set, frozenset)) else []
    if (not operands and children) or not all(map(_is_operand, operands)):
        raise WrongTypeError(
            f"a label is a str, got {describe(children)}; operands are a tuple of Values"
        )
    if isinstance(op, str):
        return operands, op or "node", [0.0] * len(operands)
    if not isinstance(op, (tuple, list)):
        raise WrongTypeError(
            f"an operation is a name or a tuple of local slopes, got {describe(op)}"
        )
    if len(op) != len(operands):
        raise BadArgumentError(f"{len(operands)} operands need as many local slopes, got {len(op)}")
    return operands, "node", [to_float(slope) for slope in op]
