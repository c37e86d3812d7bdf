"""Nodes that a user makes by hand, as scripts after micrograd do: their arguments and their rules.

``Value(y, (a, b), "+")`` names the operands and the operation, and gets its slopes from a function
assigned to ``_backward``; ``Value(y, (a,), (0.5,))`` names the local slopes.  Here is what the
arguments mean, how such a node refers to its operands, and how a rule is kept.

What is left out: operations with a formula of their own, which are made by ``custom_op``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any

from autograd_nn.checks import describe, shown
from autograd_nn.conversion import is_number, to_float
from autograd_nn.errors import BadArgumentError, UnknownNameError, WrongTypeError
from autograd_nn.notes import CHILDREN, ROW, RULE, add_note, row_of
from autograd_nn.ops import CONSTANT, MADE, Primitive
from autograd_nn.state import refuse_in_trace

if TYPE_CHECKING:
    from autograd_nn.engine import Value

__all__ = ["Children", "Rule", "as_parts", "assign_rule", "set_operands"]


class Children(tuple["Value", ...]):
    """A node's operands, in order and with repeats; equal to the set that micrograd keeps.

    >>> from autograd_nn import Value
    >>> x, w = Value(2.0), Value(3.0)
    >>> (x * w)._prev == {x, w}, (x * x)._prev == {x}, (x * w)._prev == (x, w)
    (True, True, True)
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (set, frozenset)):
            return set(self) == other
        return tuple(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__


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


def set_operands(v: Value, operands: list[Value], row: Primitive, slopes: list[float]) -> None:
    """Make ``v`` the result of an operation of its own.  More than two operands are a chain."""
    new: Any = type(v)  # this file is below the class
    first, slope = operands[0], slopes[0]
    for k in range(1, len(operands) - 1):
        joined = new(v._data)
        _set_fields(joined, first, operands[k], slope, slopes[k])
        joined._notes = {ROW: row}
        first, slope = joined, 1.0
    if len(operands) == 1:
        _set_fields(v, first, None, slope, 0.0)
    else:
        _set_fields(v, first, operands[-1], slope, slopes[-1])
    add_note(v, ROW, row)
    if len(operands) > 2:
        add_note(v, CHILDREN, tuple(operands))


def _set_fields(
    v: Value, left: Value, right: Value | None, by_left: float, by_right: float
) -> None:
    v._code = MADE
    v._left, v._right = left, right
    v._left_partial, v._right_partial = by_left, by_right


def assign_rule(v: Value, rule: object) -> None:
    """``v._backward = rule``: how this node hands its slope on, in place of the local partials."""
    refuse_in_trace("assigns the _backward of a Value")
    if not callable(rule):
        raise WrongTypeError(f"_backward is a function without arguments, got {describe(rule)}")
    if v._code == CONSTANT:
        return  # under no_grad no slope is asked for
    if v._left is None:
        raise UnknownNameError(
            f"the _backward of {shown(v)}: a leaf has no operands to hand slopes on to; assign "
            "that of an operation's result, as in Value(data, (a, b), 'name')"
        )
    row = row_of(v)
    v._code = MADE
    add_note(v, ROW, row)
    add_note(v, RULE, Rule(rule, v))
