"""A network as circles in columns: weights or gradients as edges, numbers in the circles.

Wide layers are elided in the middle; what is left out stays visible as a block of dots, one for
each neuron, so that a dead half of a layer shows even where no circle is drawn for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from autograd_nn.drawing.card import ACROSS, shown
from autograd_nn.drawing.cards import dots
from autograd_nn.drawing.columns import input_groups
from autograd_nn.drawing.layers import name_parts
from autograd_nn.drawing.legend import write_legend
from autograd_nn.drawing.model import Model, Neuron, is_off
from autograd_nn.drawing.palette import sign_ink
from autograd_nn.drawing.pen import Pen, What
from autograd_nn.drawing.text import clean

__all__ = ["draw_network"]

By = Literal["weight", "gradient"]
_MARGIN, _HEAD = 14.0, 52.0
_MOST = 10
_HINT = "No gradients yet: call backward() on a loss, then draw(loss, view='network')."


@dataclass(slots=True)
class _Spot:
    """A circle, or a block of dots for those that are left out."""

    x: float
    y: float
    values: tuple[int, ...] = ()
    neuron: Neuron | None = None
    hidden: list[tuple[int, ...]] = field(default_factory=list)
    held: tuple[int, ...] = ()
    name: str = ""


@dataclass(slots=True)
class _Style:
    """Sizes by how many circles the tallest column has."""

    radius: float
    pitch: float
    figure: float
    roomy: bool  # names, biases and weights have room beside the marks


@dataclass(slots=True)
class _Column:
    """The inputs or a layer: its values by neuron, and which of them are drawn."""

    name: str
    words: list[str]
    values: list[tuple[int, ...]]
    neurons: list[Neuron]
    pattern: list[int | range]
    place: int
    last: bool = False  # whether no neuron reads it
    x: float = 0.0
    spots: list[_Spot] = field(default_factory=list)


def draw_network(
    pen: Pen,
    model: Model,
    width: float,
    by: By = "weight",
    opened: Collection[str] = (),
    *,
    called: bool = True,
) -> None:
    """Draw the circles.

    Args:
        by: what edges and circles are coloured by.
        opened: ids of the layers of which all neurons are drawn, ``"g0"`` for the inputs.
        called: whether activations mean anything; without a row of data they do not.
    """
    name_parts(pen, model)
    columns = _columns(model, opened)
    tallest = max(len(column.pattern) for column in columns)
    style = _Style(26, 104, 11.5, True) if tallest <= 4 else _Style(18, 49, 10, False)
    heights = [[_tall(column, item, style) for item in column.pattern] for column in columns]
    span = max(sum(h) for h in heights)
    step = (width - 2 * _MARGIN - 120) / max(1, len(columns) - 1)
    step = max(126.0, min(step, 216.0 if style.roomy else 330.0))
    pen.scene.view = "network"
    if model.rows > 1:
        pen.scene.note = f"Numbers of values are means over {model.rows:,} rows of data."
    if not called:
        pen.scene.note = "Not called on a row of data: draw(model, row) shows activations too."
    pen.scene.width = 2 * _MARGIN + 120 + step * (len(columns) - 1)
    bottom = _MARGIN + _HEAD + span + 16 + _MARGIN
    middle = _MARGIN + _HEAD + 3 + span / 2
    _ribbons(pen, step, heights, middle)
    for c, column in enumerate(columns):
        column.x = _MARGIN + 60 + step * c
        pen.part("", "band", column.name)
        pen.rect(column.x - 56, _MARGIN, 112, bottom - 2 * _MARGIN, "band", r=10)
        pen.text(column.x, _MARGIN + 17, column.name, "ink", 12, "middle", bold=True, room=106)
        for k, words in enumerate(column.words):
            pen.text(column.x, _MARGIN + 31 + 12 * k, words, "quiet", 9.5, "middle", room=108)
        top = middle - sum(heights[c]) / 2
        for item, tall in zip(column.pattern, heights[c], strict=True):
            column.spots.append(_spot(pen, column, item, top + tall / 2))
            top += tall
    for before, column in pairwise(columns):
        _edges(pen, model, columns, before, column, style, by)
    for column in columns:
        for spot in column.spots:
            _draw_spot(pen, column, spot, style, by, called)
    _legend(pen, columns, by, bottom - _MARGIN, called)


# ---------------------------------------------------------------------------
# Columns


def _columns(model: Model, opened: Collection[str]) -> list[_Column]:
    groups = input_groups(model)
    neurons = [neuron for layer in model.layers() for neuron in layer.neurons]
    read = {term.source for n in neurons for use in n.uses for term in use.terms}
    columns = []
    if groups:
        pattern = shown(len(groups), len(groups) if "g0" in opened else _MOST)
        words = [_counted(len(groups), "value", pattern)]
        if model.rows > 1:
            words.append(f"on {model.rows:,} rows")
        columns.append(_Column("inputs", words, list(groups), [], pattern, 0))
    for layer in model.layers():
        place = layer.neurons[0].column
        most = len(layer.neurons) if f"g{place}" in opened else _MOST
        pattern = shown(len(layer.neurons), most)
        words = [
            _counted(len(layer.neurons), "neuron", pattern),
            f"{layer.act} · {layer.parameters():,} params",
        ]
        values = [neuron.outs() for neuron in layer.neurons]
        last = not any(i in read for outs in values for i in outs)
        columns.append(
            _Column(clean(layer.name), words, values, layer.neurons, pattern, place, last)
        )
    return columns


def _counted(n: int, word: str, pattern: list[int | range]) -> str:
    drawn = sum(isinstance(item, int) for item in pattern)
    words = f"{n:,} {word}{'' if n == 1 else 's'}"
    return words if drawn == n else f"{words}, {drawn} shown"


def _tall(column: _Column, item: int | range, style: _Style) -> float:
    """The room for a circle with its figures, or for a block of dots."""
    if isinstance(item, int):
        return style.pitch
    return max(style.pitch - 8, 4.6 * -(-len(item) // ACROSS) + 30)


def _spot(pen: Pen, column: _Column, item: int | range, y: float) -> _Spot:
    if isinstance(item, range):
        hidden = [column.values[k] for k in item]
        held = [i for group in hidden for i in group]
        if column.neurons:
            held = [i for k in item for i in column.neurons[k].values()]
        return _Spot(column.x, y, hidden=hidden, held=tuple(held))
    values = column.values[item]
    neuron = column.neurons[item] if column.neurons else None
    name = pen.name(values[0])
    if neuron is not None:
        name = neuron.name if len(neuron.name) <= 6 else f"n{item}"
    return _Spot(column.x, y, values, neuron, name=name)


def _ribbons(pen: Pen, step: float, heights: list[list[float]], middle: float) -> None:
    """A pale ground from layer to layer, as tall as what is connected."""
    pen.part("", "ribbon")
    for c in range(len(heights) - 1):
        x0, x1 = _MARGIN + 116 + step * c, _MARGIN + 4 + step * (c + 1)
        a, b = sum(heights[c]) / 2 + 2, sum(heights[c + 1]) / 2 + 2
        bend = (x1 - x0) / 2
        d = f"M{x0:.1f},{middle - a:.1f}C{x0 + bend:.1f},{middle - a:.1f}"
        d += f" {x1 - bend:.1f},{middle - b:.1f} {x1:.1f},{middle - b:.1f}V{middle + b:.1f}"
        d += f"C{x1 - bend:.1f},{middle + b:.1f} {x0 + bend:.1f},{middle + a:.1f}"
        pen.path(d + f" {x0:.1f},{middle + a:.1f}z", fill="ribbon")


# ---------------------------------------------------------------------------
# Edges


def _edges(
    pen: Pen, model: Model, columns: list[_Column], before: _Column, column: _Column,
    style: _Style, by: By,
) -> None:  # fmt: skip
    """Faint ones first, so that the strong ones lie on top; from the nearest column that fits."""
    source: dict[int, _Spot] = {}
    for other in columns[: columns.index(column)]:
        if other is before or other.place == 0 or not before.neurons:
            source.update((i, spot) for spot in other.spots for i in spot.values)
    what = -1 if by == "gradient" else -2
    drawn: list[tuple[int, int, _Spot, _Spot]] = []
    for spot in column.spots:
        for term in spot.neuron.first.terms if spot.neuron else ():
            if term.source in source:
                drawn.append((term.weight, term.product, source[term.source], spot))
    flows = pen.flows((((line[0], what),) for line in drawn), 3.0 if what == -1 else 1.2)
    sizes = [pen.flow(flow) or 0.0 for flow in flows]
    for k in sorted(range(len(drawn)), key=lambda k: abs(sizes[k])):
        weight, product, start, spot = drawn[k]
        pen.part(f"e{product}-w", "arrow", pen.tooltip(weight), values=(weight, product))
        _, thick = pen.look(flows[k])
        if not style.roomy:
            thick = 0.5 + 0.9 * (thick - 0.9)
        a, b = (start.x + style.radius, start.y), (spot.x - style.radius, spot.y)
        pen.edge(a, b, flows[k], form="straight", head=False, thick=thick)
    for k, (weight, _, start, spot) in enumerate(drawn):
        if style.roomy and len(drawn) <= 8:
            _on_edge(pen, weight, sizes[k], start, spot, style, by)


def _on_edge(
    pen: Pen, weight: int, size: float, start: _Spot, spot: _Spot, style: _Style, by: By
) -> None:
    """The number of an edge, in a pill nearer to its start, where edges are still apart."""
    x0, x1 = start.x + style.radius, spot.x - style.radius
    x, y = x0 + (x1 - x0) * 0.27, start.y + (spot.y - start.y) * 0.27
    pen.part("", "figure")
    ground = len(pen.scene.parts[-1].marks)
    what: Literal["data", "grad"] = "grad" if by == "gradient" else "data"
    wide = 8 + pen.figure(x, y + 3.5, weight, what, sign_ink(size), 10, "middle", digits=3)
    pen.rect(x - wide / 2, y - 7.5, wide, 15, "ribbon", r=7)
    marks = pen.scene.parts[-1].marks
    marks.insert(ground, marks.pop())  # the pill goes below the number


# ---------------------------------------------------------------------------
# Circles


def _draw_spot(pen: Pen, column: _Column, spot: _Spot, style: _Style, by: By, called: bool) -> None:
    if not spot.values:
        _draw_dots(pen, column, spot, by, called)
        return
    neuron, r, first = spot.neuron, style.radius, spot.values[0]
    off = called and neuron is not None and all(is_off(pen.sums, use) for use in neuron.uses)
    top = any(id(pen.order[i]) in pen.tops for i in spot.values) or (
        neuron is not None and column.last
    )
    kind = "output" if top else "off" if off else "card" if neuron else "input"
    line = "output-line" if top else "input-line" if not neuron else "card-line"
    title = f"{spot.name}: {pen.tooltip(first)}" if called else spot.name
    if neuron is not None:
        state = {"opens": neuron.id if called else "", "path": neuron.path}
        pen.part(neuron.id, "neuron", title, values=neuron.values(), **state)
    else:
        pen.part(f"v{first}", "value", title, kind="input", values=spot.values)
    pen.circle(spot.x, spot.y, r, kind, line, dash="4 3" if off else "")
    swapped = by == "gradient" and pen.ran
    inside: What = "grad" if swapped else "data"
    under: What = "data" if swapped else "grad"
    ink = "quiet" if off else f"{kind}-ink"
    if called:
        pen.figure(
            spot.x, spot.y + style.figure * 0.36, spot.values, inside, ink, style.figure,
            "middle", bold=True, digits=3,
        )  # fmt: skip
        below = spot.y + r + (14 if style.roomy else 10.5)
        if under == "data" or (pen.ran and pen.with_grad):
            before = "grad " if style.roomy and under == "grad" else ""
            pen.figure(
                spot.x, below, spot.values, under, "quiet", 10 if style.roomy else 9, "middle",
                digits=3, before=before,
            )  # fmt: skip
    if style.roomy:
        words = spot.name + (" off" if off else "")
        pen.text(spot.x, spot.y - r - 5, words, "quiet", 10, "middle", room=100)
    elif not called and not neuron:
        pen.text(spot.x, spot.y + 3.5, spot.name, "input-ink", 9, "middle", room=2 * r - 4)
    if neuron is not None:
        _bias(pen, spot, neuron, style, by)


def _bias(pen: Pen, spot: _Spot, neuron: Neuron, style: _Style, by: By) -> None:
    """A chip on the circle's shoulder; where circles are small, a bead with the sign's colour."""
    if not neuron.first.biases:
        return
    bias = neuron.first.biases[0]
    if by == "gradient" and not pen.with_grad:
        return
    x, y = spot.x + style.radius * 0.72, spot.y - style.radius * 0.72
    figure = (pen.grad(bias) or 0.0) if by == "gradient" else pen.order[bias]._data
    what: Literal["data", "grad"] = "grad" if by == "gradient" else "data"
    pen.part("", "bias", pen.tooltip(bias))
    if not style.roomy:
        tint = "parameter" if figure == 0.0 else "p3" if figure > 0.0 else "n3"
        pen.circle(x, y, 4, tint, "parameter-line", thick=1.2)
        return
    marks = pen.scene.parts[-1].marks
    wide = 9 + pen.figure(
        x, y + 3, bias, what, "parameter-ink", 9, "start", digits=3, before="b "
    )  # fmt: skip
    pen.rect(x - 8, y - 8, wide, 15, "parameter", "parameter-line", 7, thick=0.9)
    marks.insert(0, marks.pop())
    marks[1].x = x - 8 + wide / 2  # type: ignore[union-attr]
    marks[1].anchor = "middle"  # type: ignore[union-attr]


def _draw_dots(pen: Pen, column: _Column, spot: _Spot, by: By, called: bool) -> None:
    """A dot for each neuron that is left out, coloured as its circle would be."""
    n = len(spot.hidden)
    across, rows = min(n, ACROSS), -(-n // ACROSS)
    size = 4.6
    pen.part("", "more", f"{n:,} more", values=spot.held, opens=f"g{column.place}")
    x = spot.x - (across - 1) / 2 * size
    y = spot.y - 7 - (rows - 1) / 2 * size
    if called:
        dots(pen, spot.hidden, x, y, ACROSS, size, 1.7, -1 if by == "gradient" else -2)
    else:
        for k in range(n):
            at = (x + size * (k % ACROSS), y + size * (k // ACROSS))
            pen.circle(*at, 1.7, "off", "zero", thick=0.6)
    pen.text(spot.x, spot.y + 2.3 * rows + 6, f"{n:,} more", "quiet", 9.5, "middle")


def _legend(pen: Pen, columns: list[_Column], by: By, bottom: float, called: bool) -> None:
    what = "weight" if by == "weight" else "gradient of the weight"
    looks = {getattr(m, "look", "") for part in pen.scene.parts for m in part.marks}
    entries = []
    if any(look[:1] == "p" and look[1:].isdigit() for look in looks):
        entries.append(("plus", f"{what} > 0"))
    if any(look[:1] == "n" for look in looks):
        entries.append(("minus", f"{what} < 0" if not entries else "< 0"))
    if "zero" in looks:
        entries.append(("zero", "0"))
    if entries:
        entries.append(("", "width: size"))
    if called and not (pen.ran and pen.with_grad):
        entries.append(("circle", "activation"))
    elif called:
        inside, under = ("activation", "gradient")[:: 1 if by == "weight" else -1]
        entries.append(("circle", f"{inside} inside, {under} below"))
    neurons = [s.neuron for c in columns for s in c.spots if s.neuron is not None]
    if called and any(is_off(pen.sums, use) for n in neurons for use in n.uses):
        entries.append(("off", "passes nothing on this row"))
    if any(n.first.biases for n in neurons):
        entries.append(("bead", "bias"))
    if any(spot.hidden for column in columns for spot in column.spots):
        entries.append(("dots", "dots: neurons left out"))
    write_legend(pen, entries, bottom, pen.scene.width, hint=_HINT if called else "")
