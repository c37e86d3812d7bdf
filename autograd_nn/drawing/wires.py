"""The edges of a layered picture: to the line that uses them, or by a bar where they are many.

Where every source would go to every neuron, n x m edges say nothing: each source runs into a bar
and from the bar a tick runs to each neuron, n + m of them.  What passes over a layer runs in a
lane below the bands.
"""

from __future__ import annotations

from autograd_nn.drawing.boxes import hang
from autograd_nn.drawing.card import FOOT, TITLE
from autograd_nn.drawing.columns import Column
from autograd_nn.drawing.links import STEP
from autograd_nn.drawing.model import Model, Neuron
from autograd_nn.drawing.pen import Pen

__all__ = ["draw_wires"]

Point = tuple[float, float]


def draw_wires(pen: Pen, model: Model, columns: list[Column], bottom: float) -> float:
    """Draw all edges; returns how much room the lanes below ``bottom`` take."""
    exits = [_exits(column) for column in columns]
    lanes = 0
    for c, column in enumerate(columns):
        if column.form == "inputs":
            continue
        wanted = _sources(model, pen, column)
        here = {i: exits[c - 1][i] for i in wanted if c and i in exits[c - 1]}
        far = [b for b in range(c - 1) if any(i in exits[b] for i in wanted if i not in here)]
        closed = c > 0 and columns[c - 1].form in ("layer", "deep", "block")
        if far or (closed and column.form == "ledger" and len(wanted) > 3):
            column.bar = True
        if column.bar:
            _bar(pen, column, columns[c - 1] if c else None, here, bool(far))
        else:
            _to_lines(pen, column, here)
        for b in far:
            lanes += 1
            _lane(pen, columns[b], column, bottom, bottom + 7.0 * lanes)
    return 7.0 * lanes + 4.0 if lanes else 0.0


def _exits(column: Column) -> dict[int, Point]:
    """Where an edge leaves each value of a band."""
    right = column.x + column.width - 10
    points: dict[int, Point] = {}
    for card in column.cards:
        y = card.y + card.height / 2
        if card.neuron is not None:
            if card.form == "ledger":
                y = card.y + card.height - FOOT / 2
            points.update((i, (right, y)) for i in card.neuron.outs())
        elif card.leaves:
            points.update((i, (right, y)) for i in card.leaves)
        elif card.sheet is not None:
            points.update(card.sheet.exits(right, y))
        elif card.links is not None and card.block is not None:
            last = card.entry_y() + STEP * (len(card.links.links) - 1)
            points.update((i, (right, last)) for i in card.block.values)
        elif card.block is not None:
            points.update((i, (right + 3, y)) for i in card.block.values)
        else:
            outs = [i for layer in card.layers for n in layer.neurons for i in n.outs()]
            points.update((i, (right + 3, y)) for i in (*outs, *card.values))
    return points


def _sources(model: Model, pen: Pen, column: Column) -> dict[int, None]:
    """The values that a column reads from others."""
    found: dict[int, None] = {}
    if column.block is not None:
        own = {*column.block.values, *column.block.leaves}
        for i in column.block.values:
            found.update((k, None) for k, _ in pen.graph.operands[i] if k not in own)
        return found
    for layer in column.layers:
        for neuron in layer.neurons:
            for use in neuron.uses:
                found.update((term.source, None) for term in use.terms)
    return found


def _to_lines(pen: Pen, column: Column, here: dict[int, Point]) -> None:
    """An edge from each source to the line of the ledger that uses it."""
    drawn: list[tuple[Point, Point, tuple[tuple[int, int], ...]]] = []
    for card in column.cards:
        for k, line in enumerate(card.lines if card.neuron else ()):
            assert card.neuron is not None
            if isinstance(line, int) and card.neuron.first.terms[line].source in here:
                end = (column.x + 10, card.y + TITLE + card.pitch * (k + 0.5))
                start = here[card.neuron.first.terms[line].source]
                drawn.append((start, end, _pairs(pen, card.neuron, line)))
    flows = pen.flows(pairs for _, _, pairs in drawn)
    for (start, end, ((i, j), *_)), flow in zip(drawn, flows, strict=True):
        pen.part(f"e{i}-{j}", "arrow", pen.edge_words(i, j))
        pen.edge(start, end, flow)


def _pairs(pen: Pen, neuron: Neuron, line: int) -> tuple[tuple[int, int], ...]:
    """For a line of a ledger: its products, and which of their operands is the source."""
    found = []
    for use in neuron.uses:
        term = use.terms[line]
        operands = [k for k, _ in pen.graph.operands[term.product]]
        found.append((term.product, operands.index(term.source)))
    return tuple(found)


def _bar(
    pen: Pen, column: Column, before: Column | None, here: dict[int, Point], far: bool
) -> None:
    """Every source into one bar, and from the bar into every card."""
    cards = [card for card in column.cards if card.form not in ("more", "title")]
    ends = [card.entry_y() for card in cards]
    points = sorted(set(here.values()))
    ys = [*ends, *(y for _, y in points)]
    if not points and not far:
        column.bar = False
        return
    x = column.x - 15
    single = len(points) == 1 and len(cards) == 1
    column.bar = not single or far
    if not single or far:
        pen.part("", "bar", "every value on the left goes to every neuron on the right")
        low, high = min(ys) - 10, max(ys) + 10
        pen.rect(x - 2, low, 4, high - low, "plain", r=2)
    by_point: dict[Point, list[int]] = {}
    for i, point in here.items():
        by_point.setdefault(point, []).append(i)
    closed = before is not None and before.form in ("layer", "deep", "block")
    flows = pen.flows(tuple((i, -1) for i in values) for values in by_point.values())
    for point, flow in zip(by_point, flows, strict=True):
        pen.part("", "arrow", f"{len(flow.of):,} values" if len(flow.of) > 1 else "")
        followed = None if closed else flow
        if single and not far:
            links = cards[0].links
            inside = 10.0 if links is None else 33.0 - hang(links.links[0][1])
            pen.edge(point, (column.x + inside, ends[0]), followed)
        else:
            pen.edge(point, (x - 2, point[1]), followed, head=False)
    if single and not far:
        return
    totals = [card.neuron.totals() if card.neuron else () for card in cards]
    ticks = pen.flows(tuple((i, -1) for i in of) for of in totals)
    for card, y, tick in zip(cards, ends, ticks, strict=True):
        pen.part("", "arrow", "")
        pen.edge((x + 2, y), (column.x + 10, y), tick if card.neuron else None)


def _lane(pen: Pen, before: Column, column: Column, bottom: float, y: float) -> None:
    """From a band below those between to the bar of a later one."""
    x0, x1 = before.x + before.width - 24, column.x - 15
    foot = max(card.entry_y() for card in column.cards)
    name = before.name
    pen.part("", "arrow", f"from {name}, past the layers between")
    pen.edge(
        (x0, bottom), (x1, foot), None, form="around", head=False, via=((x0, y), (x1, y)), thick=1.8
    )
