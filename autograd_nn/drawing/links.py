"""A short chain of operations, each on the result of the one before: the usual end of a loss.

Plain numbers stand with the sign of the operation that takes them (``− 0.5``); one leaf, the
target, may stand above the first box.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from autograd_nn.drawing.boxes import STACK, badge, box_height, draw_box, hang
from autograd_nn.drawing.graph import sign_of
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.sums import Operand
from autograd_nn.drawing.text import number
from autograd_nn.ops import CONSTANT

__all__ = ["STEP", "Links", "read_links"]

STEP = 60.0  # from box to box
_MOST = 4

Point = tuple[float, float]


@dataclass(slots=True)
class Links:
    """A chain: (value, sign, edge from the value before) for each, and the leaf of the first."""

    links: list[tuple[int, str, tuple[int, int]]]
    leaf: Operand | None

    def head(self, pen: Pen) -> float:
        """How much room the leaf takes above the first box."""
        return 0.0 if self.leaf is None else STACK + box_height(pen, self.leaf.value)

    def height(self, pen: Pen) -> float:
        """Of the chain from the top to the bottom."""
        boxes = box_height(pen, self.links[0][0])
        return self.head(pen) + boxes + STEP * (len(self.links) - 1)

    def held(self) -> tuple[int, ...]:
        """The values that it shows."""
        leaf = () if self.leaf is None else (self.leaf.value,)
        return (*leaf, *(i for i, _, _ in self.links))

    def draw(
        self, pen: Pen, points: list[Point], width: float, start: Point | None,
        via: tuple[Point, ...] = (),
    ) -> None:  # fmt: skip
        """Draw boxes with their left edges and middles at ``points``, and arrows between them.

        Args:
            start: where the arrow into the first comes from, by way of ``via``; None for none.
        """
        edges = [edge for _, _, edge in self.links]
        if self.leaf is not None:
            edges.append(self.leaf.edge)
        flows = pen.flows((edge,) for edge in edges)
        before = start
        for n, ((i, sign, edge), (x, y)) in enumerate(zip(self.links, points, strict=True)):
            half = box_height(pen, i) / 2
            if before is not None:
                pen.part(f"e{edge[0]}-{edge[1]}", "arrow", pen.edge_words(*edge))
                if n and points[n - 1][0] == x:
                    middle = x + width / 2
                    pen.edge((middle, before[1]), (middle, y - half), flows[n], form="down")
                else:
                    way = via if n == 0 else ()
                    end = (x - hang(sign) - 1, y)
                    pen.edge(before, end, flows[n], form="around" if way else "level", via=way)
            below = n + 1 < len(points) and points[n + 1][0] == x
            before = (x, y + half) if below else (x + width, y)
            if n == 0 and self.leaf is not None:
                self._draw_leaf(pen, x, y - half, width)
            draw_box(pen, i, pen.namer.word(pen.order[i]), x, y, width, inset=14.0)
            badge(pen, i, sign, x, y)

    def _draw_leaf(self, pen: Pen, x: float, top: float, width: float) -> None:
        """The leaf above the first box, with its arrow down."""
        assert self.leaf is not None
        i, edge = self.leaf.value, self.leaf.edge
        tall = box_height(pen, i)
        flow = pen.flows([(edge,)])[0]
        pen.part(f"e{edge[0]}-{edge[1]}", "arrow", pen.edge_words(*edge))
        pen.edge((x + width / 2, top - STACK), (x + width / 2, top), flow, form="down")
        draw_box(pen, i, pen.name(i), x, top - STACK - tall / 2, width)


def read_links(pen: Pen, before: Container[int], values: list[int]) -> Links | None:
    """The chain that some values are, from one of ``before`` on; None where they are none."""
    values = [i for i in values if i not in pen.sums.folded]
    if not 0 < len(values) <= _MOST:
        return None
    found: list[tuple[int, str, tuple[int, int]]] = []
    leaf: Operand | None = None
    for i in values:
        operands = pen.sums.operands(i)
        main = [part for part in operands if part.value in before]
        plain = [part for part in operands if pen.order[part.value]._code == CONSTANT]
        others = [part for part in operands if part not in main and part not in plain]
        if len(main) != 1 or len(plain) > 1 or len(others) > (not found):
            return None
        if others:
            leaf = others[0]
            if pen.graph.operands[leaf.value]:
                return None
        sign = sign_of(pen.order[i])
        if plain:
            figure = number(pen.order[plain[0].value]._data)
            sign = f"{sign} {figure}" if operands[-1] == plain[0] else f"{figure} {sign}"
        found.append((i, sign, main[0].edge))
        before = {i}
    return Links(found, leaf)
