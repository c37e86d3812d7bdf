"""From Values to a ``Picture``: boxes, operations and arrows, with their names and colours.

A picture knows nothing of DOT, SVG or positions; the writers know nothing of Values.

Two things are drawn more simply than they were recorded.  A power with a plain number as
exponent is one operation, ``x²``, without a box for the number.  The ``0 +`` with which
Python's ``sum`` starts is left out, and so is its zero.

What is left out: summaries of large graphs (``collapse``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_nn.conversion import describe
from autograd_nn.drawing.names import Namer
from autograd_nn.drawing.palette import sign_colour
from autograd_nn.drawing.text import clean, number, short_number
from autograd_nn.engine import Value, row_of, topological_order
from autograd_nn.ops import CODES, CONSTANT, LEAF, PARAMETER

__all__ = ["Arrow", "Box", "Operation", "Picture", "Simplified", "picture_of", "roots_of"]

_ADD, _POW = CODES["add"], CODES["pow"]
_SIGNS = {"mul": "×", "div": "÷", "sub": "−", "neg": "−", "add": "+", "pow": "xʸ"}


@dataclass(slots=True)
class Box:
    """A value, or in a summary a group of values: a name above rows of (label, text, colour)."""

    id: str
    kind: str
    name: str
    rows: list[tuple[str, str, str]]
    tooltip: str
    scope: tuple[str, ...] = ()
    heat: float | None = None  # of a group with parameters: 0 to 1, how large its gradient is


@dataclass(slots=True)
class Operation:
    """The dark circle, or rounded box, in front of the value it makes."""

    id: str
    sign: str
    tooltip: str
    scope: tuple[str, ...] = ()


@dataclass(slots=True)
class Arrow:
    """From a box to an operation, or on to its box; ``contribution`` is None before backward."""

    id: str
    tail: str
    head: str
    contribution: float | None
    tooltip: str
    label: str = ""


@dataclass(slots=True)
class Picture:
    """All there is to draw."""

    boxes: list[Box] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    note: str = ""
    backward_ran: bool = True
    title: str = "computation graph"

    def largest(self) -> float:
        """The largest finite contribution, which sets the scale of the arrows."""
        sizes = (abs(a.contribution) for a in self.arrows if a.contribution is not None)
        return max((size for size in sizes if math.isfinite(size)), default=0.0)


def roots_of(what: Any) -> list[Value]:
    """The Values in ``what``: one, or a list, tuple, dict or array of them to any depth.

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
        elif isinstance(item, Mapping):
            pending.extend(reversed(list(item.values())))
        elif isinstance(item, (list, tuple)):
            pending.extend(reversed(item))
        else:
            raise TypeError(f"cannot draw {describe(item)}. {_advice(item)}")
    if not roots:
        raise ValueError(f"cannot draw {describe(what)}: there is no Value in it.")
    return list(roots.values())


def _advice(item: object) -> str:
    if callable(item):
        return "Call it on an example and draw what comes out: draw(model(x))."
    if isinstance(item, (float, int, np.ndarray, np.number)):
        return "A plain number has no graph: compute with Value(...) and draw the result."
    return "Give a Value, or a list, dict or object array of Values."


class Simplified:
    """The nodes to draw, in topological order, with the two simplifications made.

    Attributes:
        order: the nodes that get a box.
        position: by identity of any node, the number of the box that stands for it.
        operands: for each box, the (operand's number, local partial) pairs in order.
    """

    def __init__(self, roots: list[Value]) -> None:
        kept = {id(root) for root in roots}
        everything = topological_order(*roots)
        stands_for: dict[int, Value] = {}
        needed = set(kept)
        inner: list[tuple[Value, list[tuple[Value, float]]]] = []
        for node in everything:
            left, right = node._left, node._right
            if left is None:
                continue
            if _adds_to_zero(node) and id(node) not in kept and right is not None:
                stands_for[id(node)] = stands_for.get(id(right), right)
                continue
            pairs = [(stands_for.get(id(left), left), node._left_partial)]
            if right is not None and not is_plain_power(node):
                pairs.append((stands_for.get(id(right), right), node._right_partial))
            needed.update(id(operand) for operand, _ in pairs)
            inner.append((node, pairs))
        pairs_of = {id(node): pairs for node, pairs in inner}
        self.order = [
            node
            for node in everything
            if id(node) in pairs_of or (node._left is None and id(node) in needed)
        ]
        self.position = {id(node): i for i, node in enumerate(self.order)}
        self.operands = [
            [(self.position[id(operand)], slope) for operand, slope in pairs_of.get(id(node), ())]
            for node in self.order
        ]
        self.names: dict[int, Value] = stands_for


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
    return _SIGNS.get(row.name, row.symbol)


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


def picture_of(roots: list[Value], values: str, names: Mapping[str, Any] | None) -> Picture:
    """Every value below ``roots`` as a box, every operation as a sign.

    Args:
        values: ``"data+grad"``, ``"data"``, ``"grad"`` or ``"none"``: the rows of a box.
        names: names for values that have no label of their own.
    """
    graph = Simplified(roots)
    namer = Namer(graph.position, graph.order, names)
    ran = has_run(roots)
    tops = {id(root) for root in roots}
    picture = Picture(backward_ran=ran, title="computation graph of " + namer.name(roots[0]))
    for i, node in enumerate(graph.order):
        name = namer.name(node)
        kind = kind_of(node, id(node) in tops)
        # Leaves keep what earlier calls from other values left in them: that is shown.
        grad = node._grad if ran or (node._left is None and node._grad != 0.0) else None
        scope = tuple(clean(part) for part in node.scope)
        shown = "backward has not run" if grad is None else f"grad = {grad!r}"
        tooltip = f"{name} ({kind})  data = {node._data!r}  {shown}"
        picture.boxes.append(Box(f"v{i}", kind, name, _rows(node, grad, values), tooltip, scope))
        if node._left is not None:
            _add_operation(picture, graph, namer, i, node, ran)
    return picture


def _rows(node: Value, grad: float | None, values: str) -> list[tuple[str, str, str]]:
    rows = []
    if "data" in values:
        rows.append(("data", number(node._data), ""))
    if "grad" in values:
        rows.append(("grad", "–" if grad is None else number(grad), sign_colour(grad)))
    return rows


def _add_operation(
    picture: Picture, graph: Simplified, namer: Namer, i: int, node: Value, ran: bool
) -> None:
    pairs = graph.operands[i]
    upstream = node._grad
    scope = picture.boxes[i].scope
    slopes = ", ".join(f"{slope:g}" for _, slope in pairs)
    picture.operations.append(
        Operation(f"o{i}", sign_of(node), f"{node.op}  local partials: {slopes}", scope)
    )
    after = f"adjoint of {namer.name(node)} = {upstream!r}" if ran else "backward has not run"
    picture.arrows.append(Arrow(f"e{i}", f"o{i}", f"v{i}", upstream if ran else None, after))
    for j, (k, slope) in enumerate(pairs):
        part = slope * upstream if ran else None
        words = f"local {slope:g}"
        if part is not None:
            words += f" × upstream {upstream:g} = {part:g}"
        picture.arrows.append(Arrow(f"e{i}-{j}", f"v{k}", f"o{i}", part, words))
