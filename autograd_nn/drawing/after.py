"""What is computed after the last step of a loop: a short chain, a closed box, or open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from autograd_nn.drawing.inset import Inset
from autograd_nn.drawing.links import STEP, Links, read_links
from autograd_nn.drawing.model import Block
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.repeats import Loop

__all__ = ["AFTER", "After"]

AFTER = 150.0  # the width of the band
_HEAD, _BOX = 44.0, 112.0
_ID = "g1"

Point = tuple[float, float]


@dataclass(slots=True)
class After:
    """The operations after the loop, in one of three forms.

    Attributes:
        rest: numbers of their values.
        chain: where every operation takes the one before.
        inset: value by value, where the reader opened it.
    """

    rest: list[int]
    chain: Links | None
    inset: Inset | None

    @classmethod
    def of(cls, pen: Pen, loop: Loop, width: float, opened: Collection[str]) -> After | None:
        """What follows a loop, or None where its last step is the end."""
        rest = loop.rest()
        if not rest:
            return None
        chain = read_links(pen, set(loop.step(loop.count - 1)), rest)
        inset = None
        if _ID in opened and chain is None:
            leaves = {
                k for i in rest for k, _ in pen.graph.operands[i] if not pen.graph.operands[k]
            }
            inset = Inset(pen, Block("", rest, sorted(leaves)), width, opened)
        return cls(rest, chain, inset)

    @property
    def width(self) -> float:
        """Of the band beside the step."""
        return AFTER if self.inset is None else self.inset.width + 24.0

    def height(self, pen: Pen) -> float:
        """How tall the band beside the step has to be."""
        if self.inset is not None:
            return self.inset.height + _HEAD + 12.0
        return _HEAD + 24.0 + (0.0 if self.chain is None else self.chain.height(pen))

    def beside(self, pen: Pen, x: float, y: float, h: float, start: Point) -> None:
        """Draw it in a band from (x, y), ``h`` tall, with an arrow from ``start``."""
        self._band(pen, x, y, self.width, h)
        if self.chain is not None:
            tall, head = self.chain.height(pen), self.chain.head(pen) + 18.0
            first = max(y + _HEAD + head, min(start[1], y + h - 12.0 - tall + head))
            count = len(self.chain.links)
            self.chain.draw(pen, [(x + 26.0, first + STEP * n) for n in range(count)], _BOX, start)
            return
        pen.part("", "arrow", "")
        pen.edge(start, (x + 12.0, start[1]), None, thick=1.8)
        if self.inset is not None:
            self.inset.draw(pen, x + 12.0, y + _HEAD)
        else:
            self._closed(pen, x + 12.0, start[1], AFTER - 24.0)

    def below(self, pen: Pen, x: float, y: float, w: float, start: Point) -> float:
        """Draw it in a band below the step; returns where what follows may begin."""
        head = 0.0 if self.chain is None else self.chain.head(pen)
        tall = 96.0 + head if self.inset is None else self.inset.height + _HEAD + 12.0
        self._band(pen, x, y, w, tall)
        middle, left = y + _HEAD + 24.0 + head, x + 12.0
        far, lane = start[0] + 5.0, y - 5.0
        via = ((far, start[1]), (far, lane), (left - 7.0, lane), (left - 7.0, middle))
        step = _BOX + 40.0
        if self.chain is not None and 10.0 + step * len(self.chain.links) <= w:
            points = [(x + 40.0 + step * n, middle) for n in range(len(self.chain.links))]
            self.chain.draw(pen, points, _BOX, start, via)
        elif self.inset is not None:
            self.inset.draw(pen, left, y + _HEAD)
        else:
            pen.part("", "arrow", "")
            pen.edge(start, (left, middle), None, form="around", via=via, thick=1.8)
            self._closed(pen, left, middle, AFTER - 24.0)
        return y + tall + 10.0

    def _band(self, pen: Pen, x: float, y: float, w: float, h: float) -> None:
        state = {"closes": _ID} if self.inset is not None else {}
        pen.part(_ID if state else "", "band", "after the last step", **state)
        pen.rect(x, y, w, h, "band", r=10)
        pen.text(x + 12, y + 21, "after the last step", "ink", 11.5, bold=True)

    def _closed(self, pen: Pen, x: float, y: float, w: float) -> None:
        """All of it as one box: what comes out, and of how many operations."""
        i, count = self.rest[-1], len(self.rest)
        words = f"{count:,} operations after the last step"
        pen.part(_ID, "group", words, values=tuple(self.rest), opens=_ID)
        fill = "output" if id(pen.order[i]) in pen.tops else "card"
        pen.rect(x + 3, y - 21, w, 50, fill, f"{fill}-line")
        pen.rect(x, y - 24, w, 50, fill, f"{fill}-line")
        taken = pen.figure(x + w - 8, y - 9, i, "data", f"{fill}-ink", 11, "end")
        name = pen.namer.word(pen.order[i])
        pen.text(x + 8, y - 9, name, f"{fill}-ink", 11, bold=True, room=w - 22 - taken)
        pen.text(x + 8, y + 5, f"{count:,} operations", "quiet", 9.5)
        if pen.with_grad:
            pen.figure(x + w - 8, y + 19, i, "grad", size=10, anchor="end")
            pen.text(x + 8, y + 19, "grad", "quiet", 9)
