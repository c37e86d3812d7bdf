"""From Values to a ``Picture`` for DOT: boxes, operations and arrows, with names and colours.

A picture knows nothing of DOT or of positions, and the writer nothing of Values.  What is left
out: summaries of large graphs (``collapse``), and the built-in layout (``views``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd_nn.drawing.graph import Simplified, has_run, kind_of, sign_of
from autograd_nn.drawing.names import Namer, named_values
from autograd_nn.drawing.palette import sign_colour
from autograd_nn.drawing.sums import Sums
from autograd_nn.drawing.text import clean, number, short_number
from autograd_nn.engine import Value
from autograd_nn.ops import CONSTANT

__all__ = ["Arrow", "Box", "Operation", "Picture", "picture_of"]


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


def picture_of(roots: list[Value], values: str, names: Mapping[str, Any] | None) -> Picture:
    """Every value below ``roots`` as a box, every operation as a sign.

    Args:
        values: ``"data+grad"``, ``"data"``, ``"grad"`` or ``"none"``: the rows of a box.
        names: names for values that have no label of their own.
    """
    graph = Simplified(roots)
    sums = Sums(graph, {id(value) for _, value in named_values(names or {})})
    namer = Namer(graph.order, names)
    drawn = [i for i in range(len(graph.order)) if i not in sums.folded]
    namer.tell_apart(graph.order[i] for i in drawn)
    ran = has_run(roots)
    picture = Picture(backward_ran=ran, title="computation graph of " + namer.name(roots[0]))
    for i in drawn:
        node = graph.order[i]
        name = namer.name(node)
        kind = kind_of(node, id(node) in graph.kept)
        # Leaves keep what earlier calls from other values left in them: that is shown.
        grad = node._grad if ran or (node._left is None and node._grad != 0.0) else None
        scope = tuple(clean(part) for part in node.scope)
        shown = "backward has not run" if grad is None else f"grad = {grad!r}"
        tooltip = f"{name} ({kind})  data = {node._data!r}  {shown}"
        picture.boxes.append(Box(f"v{i}", kind, name, _rows(node, grad, values), tooltip, scope))
        if node._left is not None:
            _add_operation(picture, sums, namer, i, ran)
    return picture


def _rows(node: Value, grad: float | None, values: str) -> list[tuple[str, str, str]]:
    rows = []
    if "data" in values:
        rows.append(("data", number(node._data), ""))
    if "grad" in values and node._code != CONSTANT:  # the slope along a plain number: no concern
        rows.append(("grad", "–" if grad is None else number(grad), sign_colour(grad)))
    return rows


def _add_operation(picture: Picture, sums: Sums, namer: Namer, i: int, ran: bool) -> None:
    graph, node = sums.graph, sums.graph.order[i]
    scope = picture.boxes[-1].scope
    slopes = ", ".join(short_number(slope) for _, slope in graph.operands[i])
    picture.operations.append(
        Operation(f"o{i}", sign_of(node), f"{node.op}  local partials: {slopes}", scope)
    )
    after = f"adjoint of {namer.name(node)} = {node._grad!r}" if ran else "backward has not run"
    picture.arrows.append(Arrow(f"e{i}", f"o{i}", f"v{i}", node._grad if ran else None, after))
    for k, (h, j) in sums.operands(i):
        slope, upstream = graph.operands[h][j][1], graph.order[h]._grad
        part = slope * upstream if ran else None
        words = f"local {short_number(slope)}"
        if part is not None:
            words += f" × upstream {short_number(upstream)} = {short_number(part)}"
        picture.arrows.append(Arrow(f"e{h}-{j}", f"v{k}", f"o{i}", part, words))
