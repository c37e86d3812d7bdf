"""What is computed after the last step of a loop: a short chain, a closed box, or open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from autograd_nn.drawing.boxes import badge, draw_box, hang
from autograd_nn.drawing.graph import sign_of
from autograd_nn.drawing.inset import Inset
from autograd_nn.drawing.model import Block
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.repeats import Loop
from autograd_nn.drawing.text import number
from autograd_nn.ops import CONSTANT

__all__ = ["AFTER", "After"]

AFTER = 150.0  # the width of the band
_HEAD, _BOX, _STEP = 44.0, 112.0, 60.0
_ID = "g1"

Point = tuple[float, float]


@dataclass(slots=True)
class After:
    """The operations after the loop, in one of three forms.

    Attributes:
        rest: numbers of their values.
        chain: each with its sign, where every one takes the one before and plain numbers alone.
        inset: value by value, where the reader opened it.
    """

    rest: list[int]
    chain: list[tuple[int, str]]
    inset: Inset | None

    @classmethod
    def of(cls, pen: Pen, loop: Loop, width: float, opened: Collection[str]) -> After | None:
        """What follows a loop, or None where its last step is the end."""
        rest = loop.rest()
        if not rest:
            return None
        chain = _chain(pen, set(loop.step(loop.count - 1)), rest)
        inset = None
        if _ID in opened and not chain:
            leaves = {
                k for i in rest for k, _ in pen.graph.operands[i] if not pen.graph.operands[k]
            }
            inset = Inset(pen, Block("", rest, sorted(leaves)), width, opened)
        return cls(rest, chain, inset)

    @property
    def width(self) -> float:
        """Of the band beside the step."""
        return AFTER if self.inset is None else self.inset.width + 24.0

    @property
    def height(self) -> float:
        """How tall the band beside the step has to be."""
        if self.inset is not None:
            return self.inset.height + _HEAD + 12.0
        return _HEAD + 24.0 + _STEP * max(0, len(self.chain) - 1)

    def beside(self, pen: Pen, x: float, y: float, h: float, start: Point) -> None:
        """Draw it in a band from (x, y), ``h`` tall, with an arrow from ``start``."""
        self._band(pen, x, y, self.width, h)
        if self.inset is not None:
            pen.part("", "arrow", "")
            pen.edge(start, (x + 4.0, start[1]), None, thick=1.8)
            self.inset.draw(pen, x + 12.0, y + _HEAD)
        elif self.chain:
            first = min(start[1], y + h - 30.0 - _STEP * (len(self.chain) - 1))
            left = x + 26.0
            points = [(left, first + _STEP * n) for n in range(len(self.chain))]
            self._draw_chain(pen, points, start, ())
        else:
            pen.part("", "arrow", "")
            pen.edge(start, (x + 12.0, start[1]), None, thick=1.8)
            self._closed(pen, x + 12.0, start[1], AFTER - 24.0)

    def below(self, pen: Pen, x: float, y: float, w: float, start: Point) -> float:
        """Draw it in a band below the step; returns where what follows may begin."""
        tall = 96.0 if self.inset is None else self.inset.height + _HEAD + 12.0
        self._band(pen, x, y, w, tall)
        middle = y + _HEAD + 24.0
        lane, left = y - 5.0, x + 12.0
        via = ((start[0] + 5.0, start[1]), (start[0] + 5.0, lane), (left - 7.0, lane))
        step = _BOX + 40.0
        if self.inset is not None:
            self.inset.draw(pen, left, y + _HEAD)
        elif self.chain and 26.0 + step * len(self.chain) <= w + 30.0:
            points = [(x + 40.0 + step * n, middle) for n in range(len(self.chain))]
            self._draw_chain(pen, points, start, (*via, (left - 7.0, middle)))
        else:
            pen.part("", "arrow", "")
            way = (*via, (left - 7.0, middle))
            pen.edge(start, (left, middle), None, form="around", via=way, thick=1.8)
            self._closed(pen, left, middle, AFTER - 24.0)
        return y + tall + 10.0

    def _band(self, pen: Pen, x: float, y: float, w: float, h: float) -> None:
        state = {"closes": _ID} if self.inset is not None else {}
        pen.part(_ID if state else "", "band", "after the last step", **state)
        pen.rect(x, y, w, h, "band", r=10)
        pen.text(x + 12, y + 21, "after the last step", "ink", 11.5, bold=True)

    def _draw_chain(
        self, pen: Pen, points: list[Point], start: Point, via: tuple[Point, ...]
    ) -> None:
        """Boxes below or beside each other, with an arrow from each to the next."""
        before = start
        flows = pen.flows(((i, -1),) for i, _ in self.chain)
        for n, ((i, sign), (x, y)) in enumerate(zip(self.chain, points, strict=True)):
            flow = flows[n]
            pen.part(f"e{i}-0", "arrow", "")
            upright = n > 0 and points[n - 1][1] != y
            if upright:
                middle = x + _BOX / 2
                pen.edge((middle, before[1] + 18.0), (middle, y - 18.0), flow, form="down")
            else:
                way = via if n == 0 else ()
                end = (x - hang(sign) - 1, y)
                pen.edge(before, end, flow, form="around" if way else "level", via=way)
            before = (x, y) if n + 1 < len(points) and points[n + 1][1] != y else (x + _BOX, y)
            draw_box(pen, i, pen.namer.word(pen.order[i]), x, y, _BOX, inset=14.0)
            badge(pen, i, sign, x, y)

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


def _chain(pen: Pen, before: set[int], rest: list[int]) -> list[tuple[int, str]]:
    """At most four operations, each of which takes the one before and at most a plain number."""
    found: list[tuple[int, str]] = []
    for i in rest[:4]:
        operands = [k for k, _ in pen.graph.operands[i]]
        plain = [k for k in operands if pen.order[k]._code == CONSTANT]
        if len(operands) - len(plain) != 1 or not before.intersection(operands):
            return []
        sign = sign_of(pen.order[i])
        if plain:  # − 0.5: the plain number stands with the operation that takes it
            figure = number(pen.order[plain[0]]._data)
            sign = f"{sign} {figure}" if operands[-1] == plain[0] else f"{figure} {sign}"
        found.append((i, sign))
        before = {i}
    return found if len(rest) <= 4 else []
