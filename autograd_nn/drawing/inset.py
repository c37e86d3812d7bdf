"""An open block of a layered picture: what stands between layers, value by value."""

from __future__ import annotations

from collections.abc import Collection

from autograd_nn.drawing.model import Block
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.sheet import NARROWEST, Sheet, value_numbers
from autograd_nn.drawing.values import paint_boxes, paint_edges, spread

__all__ = ["Inset"]

_GAP = 34.0
_MOST = 40  # boxes
_RESULTS = 6  # that are drawn where there are more than a few of them


class Inset:
    """The values of a block as a picture within the picture.

    What the block reads from the layers before stands at its left, as boxes that are drawn again.

    Args:
        width: how wide the whole picture may be: half of it is for this.
        opened: ids of what is open in it.

    Attributes:
        width, height: the size.
        words: how many of the results are shown, where it is not all.
    """

    def __init__(self, pen: Pen, block: Block, width: float, opened: Collection[str]) -> None:
        own = {*block.values, *block.leaves}
        stop = {k for i in block.values for k, _ in pen.graph.operands[i] if k not in own}
        users = pen.sums.users
        ends = [
            i
            for i in block.values
            if id(pen.order[i]) in pen.tops or any(u not in own for u in users[i])
        ]
        columns = max(3, int((width / 2 + _GAP) / (NARROWEST + 12.0 + _GAP)))
        self.words = ""
        if len(ends) > _RESULTS + 2:
            self.words = f", {_RESULTS} of {len(ends):,} results shown"
            ends = ends[:_RESULTS]
        self.sheet = Sheet(pen, ends, stop, value_numbers(opened), columns, _MOST)
        self.block = block
        self.sheet.place()
        nodes = list(self.sheet.nodes.values())
        count = max(node.column for node in nodes) + 1
        spread(self.sheet, columns * (NARROWEST + 12.0 + _GAP), 0.0, [""] * count, _GAP)
        lift = min(node.y - node.h / 2 for node in nodes)
        for node in nodes:
            node.y -= lift
        self.width = max(node.x + node.w for node in nodes) + 4.0
        self.height = max(node.y + node.h / 2 for node in nodes) + 4.0

    def exits(self, right: float, middle: float) -> dict[int, tuple[float, float]]:
        """Where edges leave the block: all at its right edge, so that they meet in a bar."""
        return dict.fromkeys(self.block.values, (right, middle))

    def draw(self, pen: Pen, x: float, y: float) -> None:
        """Draw it with its upper left corner there."""
        for node in self.sheet.nodes.values():
            node.x, node.y = node.x + x, node.y + y
        paint_edges(pen, self.sheet)
        paint_boxes(pen, self.sheet)
