"""A large graph as boxes, one for each scope, with what flows between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_nn.drawing.boxes import fill_of
from autograd_nn.drawing.collapse import picture_of_groups
from autograd_nn.drawing.layout import lay_out
from autograd_nn.drawing.legend import draw_legend
from autograd_nn.drawing.palette import edge_look
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.picture import Picture
from autograd_nn.drawing.scene import Edge, Text
from autograd_nn.drawing.text import text_width

__all__ = ["draw_groups"]

_MARGIN, _GAP, _LINE, _TITLE = 12.0, 46.0, 15.0, 20.0


def draw_groups(
    pen: Pen,
    width: float,
    max_values: int,
    values: str,
    names: Mapping[str, Any] | None,
) -> bool:
    """Draw one box for each scope; False, and nothing drawn, where that says or fits nothing."""
    picture = picture_of_groups(pen.roots, max_values, (), values, names)
    if picture is None or len(picture.boxes) < 3:
        return False
    at = {box.id: k for k, box in enumerate(picture.boxes)}
    edges = [(at[arrow.tail], at[arrow.head]) for arrow in picture.arrows]
    widths = [_width(picture, k) for k in range(len(picture.boxes))]
    heights = [_TITLE + _LINE * len(box.rows) + 6.0 for box in picture.boxes]
    placed = lay_out(edges, widths, heights)
    columns = [0.0] * (max(placed.ranks, default=0) + 1)
    for k, w in enumerate(widths):
        columns[placed.ranks[k]] = max(columns[placed.ranks[k]], w)
    right = 2 * _MARGIN + sum(columns) + _GAP * (len(columns) - 1)
    if right > width:
        return False
    lefts = [_MARGIN + sum(columns[:c]) + _GAP * c for c in range(len(columns))]
    shift = _MARGIN - min(y - h / 2 for y, h in zip(placed.across, heights, strict=False))
    places = [
        (lefts[placed.ranks[k]], placed.across[k] + shift, columns[placed.ranks[k]])
        for k in range(len(widths))
    ]
    pen.scene.view, pen.scene.width, pen.scene.note = "groups", max(right, 420.0), picture.note
    largest = picture.largest()
    for arrow, route in zip(picture.arrows, placed.routes, strict=True):
        (x0, y0, w0), (x1, y1, _) = places[at[arrow.tail]], places[at[arrow.head]]
        part = pen.part(arrow.id, "arrow", arrow.tooltip)
        via = tuple(
            (lefts[placed.ranks[k]] + columns[placed.ranks[k]] / 2, placed.across[k] + shift)
            for k in route[1:-1]
        )
        look, thick = edge_look(arrow.contribution, largest)
        part.marks.append(Edge((x0 + w0, y0), (x1, y1), "level", look, thick, via=via))
        if arrow.label:
            part.marks.append(Text(x1 - 10, y1 - 6, arrow.label, "quiet", 9, "end"))
    for k, (x, y, w) in enumerate(places):
        _paint(pen, picture, k, x, y - heights[k] / 2, w, heights[k])
    bottom = max(y + h / 2 for (_, y, _), h in zip(places, heights, strict=True))
    draw_legend(pen, bottom + 6.0, pen.scene.width, [])
    return True


def _width(picture: Picture, k: int) -> float:
    box = picture.boxes[k]
    need = text_width(box.name, 11, bold=True) + 18
    for label, figure, _ in box.rows:
        need = max(need, text_width(label, 9) + text_width(figure, 10.5) + 26)
    return min(190.0, max(96.0, need))


def _paint(pen: Pen, picture: Picture, k: int, x: float, y: float, w: float, h: float) -> None:
    box = picture.boxes[k]
    fill = fill_of(box.kind)
    pen.part(box.id, "group", box.tooltip, kind=box.kind, path=box.scope)
    pen.rect(x, y, w, h, fill, f"{fill}-line")
    pen.text(x + 8, y + 14.5, box.name, f"{fill}-ink", 11, bold=True, room=w - 14)
    for row, (label, figure, _) in enumerate(box.rows):
        base = y + _TITLE + 11.0 + _LINE * row
        pen.text(x + 8, base, label, "quiet", 9)
        pen.text(x + w - 8, base, figure, f"{fill}-ink", 10.5, "end")
