"""The values of a graph, numbered, as every picture draws them.

Two things are drawn more simply than they were recorded.  A power with a plain number as
exponent is one operation, ``x²``, without a box for the number.  The ``0 +`` with which
Python's ``sum`` starts is left out, and so is its zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_nn.checks import describe, without_graph
from autograd_nn.drawing.text import short_number
from autograd_nn.engine import Value, row_of, topological_order
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nested import is_constant, is_container, is_record, parts_of
from autograd_nn.ops import CODES, CONSTANT, LEAF, PARAMETER

__all__ = ["Simplified", "has_run", "is_plain_power", "kind_of", "roots_of", "sign_of"]

_ADD, _POW = CODES["add"], CODES["pow"]
_SIGNS = {"mul": "×", "div": "÷", "sub": "−", "neg": "−", "add": "+", "pow": "xʸ"}


def roots_of(what: Any) -> list[Value]:
    """The Values in ``what``: one, or a list, tuple, dict, dataclass or array of them to any depth.

    Raises:
        TypeError: there is something else in it; the message says what to give.
        ValueError: there is nothing in it.
    """
    roots: dict[int, Value] = {}
    pending: list[Any] = [what]
    while pending:
        item = pending.pop()
        if isinstance(item, Value):
            roots.setdefault(id(item), item)
        elif isinstance(item, np.ndarray) and item.dtype == object:
            pending.extend(reversed(item.ravel().tolist()))
        elif is_container(item):
            record = is_record(item)
            parts = [x for x in parts_of(item) if not (record and is_constant(x))]
            pending.extend(reversed(parts))
        else:
            raise WrongTypeError(f"cannot draw {describe(item)}. {_advice(item)}")
    if not roots:
        raise BadArgumentError(f"cannot draw {describe(what)}: there is no Value in it.")
    return list(roots.values())


def _advice(item: object) -> str:
    if callable(item):
        return "Call it on an example and draw what comes out: draw(model(x))."
    plain = "Give a Value, or a list, dict or object array of Values."
    return without_graph(item).lstrip() or plain


class Simplified:
    """The nodes to draw, in topological order, with the two simplifications made.

    Attributes:
        order: the nodes that get a box.
        position: by identity of any node, the number of the box that stands for it.
        operands: for each box, the (operand's number, local partial) pairs in order.
        kept: the identities of the roots.
    """

    def __init__(self, roots: list[Value]) -> None:
        self.kept = {id(root) for root in roots}
        everything = topological_order(*roots)
        needed = self._numbers_that_are_read(everything)
        self.order: list[Value] = []
        self.position: dict[int, int] = {}
        self.operands: list[list[tuple[int, float]]] = []
        leaf: list[tuple[int, float]] = []
        position = self.position
        for node in everything:
            left, right = node._left, node._right
            if left is None:
                if node._code == CONSTANT and id(node) not in needed:
                    continue
                pairs = leaf
            elif right is None or is_plain_power(node):
                pairs = [(position[id(left)], node._left_partial)]
            elif _adds_to_zero(node) and id(node) not in self.kept:
                position[id(node)] = position[id(right)]
                continue
            else:
                pairs = [
                    (position[id(left)], node._left_partial),
                    (position[id(right)], node._right_partial),
                ]
            position[id(node)] = len(self.order)
            self.order.append(node)
            self.operands.append(pairs)

    def is_off(self, i: int) -> bool:
        """Whether an operation passes nothing back here, as a relu that holds a value at 0."""
        slopes = [slope for k, slope in self.operands[i] if self.order[k]._code != CONSTANT]
        if not slopes or row_of(self.order[i]).switch is None:
            return False
        return all(slope == 0.0 for slope in slopes)

    def _numbers_that_are_read(self, everything: list[Value]) -> set[int]:
        """The plain numbers that get a box: no exponents, and no zeros before a sum."""
        needed = set(self.kept)
        for node in everything:
            left, right = node._left, node._right
            if left is None:
                continue
            if left._code == CONSTANT and (id(node) in self.kept or not _adds_to_zero(node)):
                needed.add(id(left))
            if right is not None and right._code == CONSTANT and not is_plain_power(node):
                needed.add(id(right))
        return needed


def _adds_to_zero(node: Value) -> bool:
    """Whether this is the ``0 + x`` at the start of a ``sum``."""
    left = node._left
    return (
        node._code == _ADD
        and left is not None
        and left._code == CONSTANT
        and left._data == 0.0
        and not left.label
        and not node.label
    )


def is_plain_power(node: Value) -> bool:
    """Whether this is a power whose exponent is a plain number without a name."""
    right = node._right
    return node._code == _POW and right is not None and right._code == CONSTANT and not right.label


def sign_of(node: Value) -> str:
    """How the operation is written in its circle: ``×``, ``x²``, ``relu``."""
    if is_plain_power(node) and node._right is not None:
        exponent = node._right._data
        return {2.0: "x²", 3.0: "x³"}.get(exponent, f"x^{short_number(exponent)}")
    row = row_of(node)
    return _SIGNS.get(row.name, row.spelling.symbol)


def kind_of(node: Value, is_root: bool) -> str:
    """``input``, ``parameter``, ``constant``, ``output`` or ``intermediate``."""
    if is_root:
        return "output"
    return {LEAF: "input", PARAMETER: "parameter", CONSTANT: "constant"}.get(
        node._code, "intermediate"
    )


def has_run(roots: Iterable[Value]) -> bool:
    """Whether backward has run from one of these values, or from one they lead to.

    It leaves a gradient on the value it starts from (1, unless another was given), which
    is 0 before.
    """
    return any(root._grad != 0.0 for root in roots)
