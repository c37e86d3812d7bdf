"""The pen that puts marks into a scene: parts, boxes, texts, the numbers of values, edges.

It knows the graph, so that whoever draws a card says *which* number stands where, and ids,
colours and tooltips come out the same everywhere.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from autograd_nn.drawing import palette
from autograd_nn.drawing.graph import Simplified, has_run, kind_of
from autograd_nn.drawing.names import Namer, named_values
from autograd_nn.drawing.scene import Circle, Edge, Figure, Flow, Part, Path, Rect, Scene, Text
from autograd_nn.drawing.sums import Sums
from autograd_nn.drawing.text import clean, number, short_number, text_width
from autograd_nn.engine import Value

__all__ = ["Pen", "What", "shorten"]

What = Literal["data", "grad", "sum", "largest", "zeros"]
Anchor = Literal["start", "middle", "end"]


def shorten(words: str, size: float, room: float, *, bold: bool = False) -> str:
    """``words`` with an ellipsis at the end where they are wider than ``room``."""
    while len(words) > 1 and text_width(words, size, bold=bold) > room:
        words = words[:-2].rstrip() + "…" if len(words) > 2 else "…"
    return words


class Pen:
    """Draws into one scene.

    Args:
        roots: what is drawn.
        names: names for values that have no label of their own.
        show: which numbers, ``"data+grad"``, ``"data"``, ``"grad"`` or ``"none"``.

    Attributes:
        graph: the values, numbered.
        sums: the same with chains of additions folded.
        named: the identities of values that ``names`` names.
        scene: what has been drawn so far.
        with_data, with_grad: which numbers are drawn.
    """

    def __init__(self, roots: list[Value], names: Mapping[str, Any] | None, show: str) -> None:
        self.roots = roots
        self.graph = Simplified(roots)
        self.order = self.graph.order
        self.named = {id(value) for _, value in named_values(names or {})}
        self.sums = Sums(self.graph, self.named)
        self.namer = Namer(self.order, names)
        self.tops = {id(root) for root in roots}
        self.ran = has_run(roots)
        self.with_data = "data" in show
        leaves = (node for node in self.order if node._left is None)
        known = self.ran or any(leaf._grad != 0.0 for leaf in leaves)
        self.wants_grad = "grad" in show
        self.with_grad = self.wants_grad and known
        self.scene = Scene(0.0, 0.0, "", "", backward_ran=self.ran)
        self.scene.shown = [""] * len(self.order)
        self.aliases: dict[int, str] = {}
        self._open: list[Part] = []
        self._texts: dict[str, int] = {}
        self._part = Part("", "")

    def again(self) -> Pen:
        """A pen for another scene of the same graph."""
        pen = copy.copy(self)
        pen.scene = Scene(0.0, 0.0, "", "", backward_ran=self.ran)
        pen.scene.shown = [""] * len(self.order)
        pen.aliases, pen._open, pen._texts, pen._part = {}, [], {}, Part("", "")
        return pen

    # -- what values are -----------------------------------------------------------------

    def number_of(self, node: Value) -> int:
        """The number of a value."""
        return self.graph.position[id(node)]

    def name(self, i: int) -> str:
        """The name of value ``i``: what the picture calls it, or else its own."""
        return self.aliases.get(i) or self.namer.name(self.order[i])

    def kind(self, i: int) -> str:
        """The kind of value ``i``: input, parameter, constant, output or intermediate."""
        node = self.order[i]
        return kind_of(node, id(node) in self.tops)

    def grad(self, i: int) -> float | None:
        """The gradient of value ``i``; None where backward has not been there.

        Leaves keep what earlier calls from other values left in them: that counts.
        """
        node = self.order[i]
        ran = self.ran or (node._left is None and node._grad != 0.0)
        return node._grad if ran else None

    def contribution(self, i: int, j: int) -> float | None:
        """What value ``i`` sends back to its operand ``j``; -1 its gradient, -2 its data."""
        if j == -2:
            return self.order[i]._data
        if j == -1:
            return self.grad(i)
        return self.graph.operands[i][j][1] * self.order[i]._grad if self.ran else None

    def flow(self, flow: Flow) -> float | None:
        """The number that a mark follows."""
        parts = [self.contribution(i, j) for i, j in flow.of]
        known = [part for part in parts if part is not None]
        return sum(known) / len(known) if known else None

    def flows(self, of: Iterable[tuple[tuple[int, int], ...]], decades: float = 3.0) -> list[Flow]:
        """Marks' numbers on one scale, which ends at the largest finite size among them."""
        flows = [Flow(pairs, 0.0, decades) for pairs in of]
        found = (self.flow(flow) for flow in flows)
        sizes = (abs(x) for x in found if x is not None and math.isfinite(x))
        largest = max(sizes, default=0.0)
        return [Flow(flow.of, largest, decades) for flow in flows]

    def tooltip(self, i: int) -> str:
        """Name, kind, and the numbers in full."""
        node, grad = self.order[i], self.grad(i)
        path = " / ".join(clean(part) for part in node.scope[:6])
        shown = "backward has not run" if grad is None else f"grad = {grad!r}"
        where = f"{path} / " if path else ""
        return f"{where}{self.name(i)} ({self.kind(i)})  data = {node._data!r}  {shown}"

    def edge_words(self, i: int, j: int) -> str:
        """What flows back along an edge: ``local 2 × upstream 3 = 6``."""
        words = f"local {short_number(self.graph.operands[i][j][1])}"
        sent = self.contribution(i, j)
        if sent is None:
            return words
        return f"{words} × upstream {short_number(self.order[i]._grad)} = {short_number(sent)}"

    # -- parts ---------------------------------------------------------------------------

    def part(self, id: str, role: str, title: str = "", **more: Any) -> Part:
        """A new part; what is drawn from now on stands in it."""
        self._part = Part(id, role, clean(title, 160), **more)
        self.scene.parts.append(self._part)
        if self._part.closes:  # what is in it shows itself; the rest is shown by the whole
            self._open.append(self._part)
        else:
            self._show(self._part)
        return self._part

    def _show(self, part: Part) -> None:
        for i in part.values:
            self.scene.shown[i] = self.scene.shown[i] or part.id

    def finish(self, title: str) -> Scene:
        """The scene, once everything is drawn."""
        for part in self._open:
            self._show(part)
        self.scene.title = clean(title, 120)
        self.scene.width, self.scene.height = round(self.scene.width), round(self.scene.height)
        return self.scene

    def value(self, i: int, role: str = "value", **more: Any) -> Part:
        """The part that shows value ``i``: ``v3`` for the first, without id for the next."""
        first = not self.scene.shown[i]
        values = (i,) if first else ()
        id = f"v{i}" if first else ""
        return self.part(id, role, self.tooltip(i), kind=self.kind(i), values=values, **more)

    # -- marks ---------------------------------------------------------------------------

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str, line: str = "", r: float = 6.0,
        *, thick: float = 1.2, dash: str = "",
    ) -> None:  # fmt: skip
        self._part.marks.append(Rect(x, y, w, h, r, fill, line, thick, dash))

    def circle(
        self, x: float, y: float, r: float, fill: str, line: str = "", *, thick: float = 1.4,
        dash: str = "", flow: Flow | None = None,
    ) -> None:  # fmt: skip
        self._part.marks.append(Circle(x, y, r, fill, line, thick, dash, flow))

    def dot(self, x: float, y: float, r: float, flow: Flow, thick: float = 0.6) -> None:
        """A dot coloured by a number, hollow where it is 0."""
        fill = palette.tint(self.flow(flow), flow.largest)
        self.circle(x, y, r, fill, "zero" if fill == "off" else fill, thick=thick, flow=flow)

    def path(
        self, d: str, *, fill: str = "", line: str = "", thick: float = 1.2, dash: str = ""
    ) -> None:
        self._part.marks.append(Path(d, fill, line, thick, dash))

    def edge(
        self, start: tuple[float, float], end: tuple[float, float], flow: Flow | None = None,
        *, form: Literal["level", "down", "straight", "around"] = "level", head: bool = True,
        via: tuple[tuple[float, float], ...] = (), thick: float = 0.0,
    ) -> None:  # fmt: skip
        """An edge, coloured and sized by what it carries."""
        look, width = ("plain", 2.4) if flow is None else self.look(flow)
        mark = Edge(start, end, form, look, thick or width, head, flow, via)
        self._part.marks.append(mark)

    def look(self, flow: Flow) -> tuple[str, float]:
        """The colour and width of what carries ``flow``."""
        return palette.edge_look(self.flow(flow), flow.largest, flow.decades)

    def text(
        self, x: float, y: float, words: str, ink: str = "ink", size: float = 10.0,
        anchor: Anchor = "start", *, bold: bool = False, room: float = math.inf,
    ) -> float:  # fmt: skip
        """Write words, shortened to ``room``; returns how wide they are."""
        words = shorten(clean(words, 120), size, room, bold=bold)
        self._part.marks.append(Text(x, y, words, ink, size, anchor, bold))
        return text_width(words, size, bold=bold)

    def figure(
        self, x: float, y: float, of: tuple[int, ...] | int, what: What = "data",
        ink: str = "ink", size: float = 10.0, anchor: Anchor = "start", *, bold: bool = False,
        digits: int = 4, before: str = "", after: str = "",
    ) -> float:  # fmt: skip
        """Write a number of values; a gradient in the colour of its sign.  Returns its width."""
        of = (of,) if isinstance(of, int) else of
        x_of = self._number(of, what)
        if what == "grad":
            ink = palette.sign_ink(x_of)
        words = before + ("–" if x_of is None else number(x_of, digits)) + after
        letter = {"data": "d", "grad": "s"}.get(what, "n")
        key = f"{letter}{of[0]}"
        again = self._texts[key] = self._texts.get(key, -1) + 1
        self._part.marks.append(
            Text(
                x, y, words, ink, size, anchor, bold, f"{key}.{again}" if again else key,
                Figure(of, what, digits, before, after),
            )
        )  # fmt: skip
        return text_width(words, size, bold=bold)

    def wide(
        self, of: tuple[int, ...], what: What, size: float, *, bold: bool = False, digits: int = 4
    ) -> float:
        """How wide a number of values would be."""
        x = self._number(of, what)
        return text_width("–" if x is None else number(x, digits), size, bold=bold)

    def _number(self, of: tuple[int, ...], what: What) -> float | None:
        if what in ("grad", "largest"):
            grads = [g for i in of if (g := self.grad(i)) is not None]
            if not grads:
                return None
            if what == "largest":
                return max(map(abs, grads))
            return sum(grads) / len(grads) if len(grads) > 1 else grads[0]
        data = [self.order[i]._data for i in of]
        if what == "zeros":
            return float(data.count(0.0))
        total = sum(data)
        return total if what == "sum" or len(data) == 1 else total / len(data)
