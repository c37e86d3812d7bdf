"""Drawing the cards of a layered picture: inputs, closed layers and blocks; ``neurons`` the rest.

On several rows of data a card shows means over them.
"""

from __future__ import annotations

from autograd_nn.drawing.boxes import draw_box, fill_of
from autograd_nn.drawing.card import ACROSS, Card
from autograd_nn.drawing.links import STEP
from autograd_nn.drawing.neurons import draw_ledger, draw_row
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.text import clean

__all__ = ["dots", "draw_card"]


def draw_card(pen: Pen, card: Card, x: float, w: float) -> None:
    """One card of a band, ``w`` wide from ``x``, in its form."""
    if card.form == "more":
        _more(pen, card, x, w)
    elif card.form == "title":
        pen.part("", "title", card.note)
        pen.text(x + 2, card.y + 12, card.note, "ink", 10, bold=True, room=w)
    elif card.form == "leaf":
        _inputs(pen, card, x, w)
    elif card.form in ("layer", "deep"):
        _layers(pen, card, x, w)
    elif card.sheet is not None:
        card.sheet.draw(pen, x, card.y)
    elif card.links is not None:
        count, first = len(card.links.links), card.entry_y()
        card.links.draw(pen, [(x + 24, first + STEP * k) for k in range(count)], w - 24, None)
    elif card.block is not None:
        _block(pen, card, x, w)
    elif card.form == "ledger":
        draw_ledger(pen, card, x, w)
    else:
        draw_row(pen, card, x, w)


# ---------------------------------------------------------------------------
# Inputs, layers, blocks


def _more(pen: Pen, card: Card, x: float, w: float) -> None:
    """What is left out between the first and the last, with a dot for each neuron of it."""
    pen.part("", "more", card.note, values=card.values)
    middle = card.y + card.height / 2
    if not card.dots:
        pen.text(x + w / 2, middle + 3.5, "… " + card.note, "quiet", 10, "middle", room=w)
        return
    across = min(ACROSS, len(card.dots))
    rows = -(-len(card.dots) // ACROSS)
    pen.text(x + 8, middle + 3.5, "… " + card.note, "quiet", 10, room=w - 20 - 4.6 * across)
    dots(pen, card.dots, x + w - 8 - 4.6 * across, middle - 2.3 * (rows - 1), ACROSS, 4.6, 1.8)


def _inputs(pen: Pen, card: Card, x: float, w: float) -> None:
    """One input, or the mean of one input over the rows."""
    first, names = card.leaves[0], {pen.name(i) for i in card.leaves}
    name = pen.name(first) if len(names) == 1 else f"{pen.name(first)} …"
    if len(card.leaves) == 1:
        draw_box(pen, first, name, x, card.y + card.height / 2, w)
        return
    words = f"{name}: {len(card.leaves):,} values, their mean is shown"
    pen.part(f"v{first}", "value", words, kind=pen.kind(first), values=card.leaves)
    fill = fill_of(pen.kind(first))
    pen.rect(x + 3, card.y + 3, w, card.height, fill, f"{fill}-line")
    pen.rect(x, card.y, w, card.height, fill, f"{fill}-line")
    line = card.y + (14.5 if card.height > 24 else 16.0)
    taken = pen.figure(x + w - 8, line, card.leaves, "data", f"{fill}-ink", 11, "end")
    pen.text(x + 8, line, name, f"{fill}-ink", 11, bold=True, room=w - 22 - taken)
    if card.height > 24:
        pen.text(x + 8, card.y + 29, "grad", "quiet", 9)
        pen.figure(x + w - 8, card.y + 29, card.leaves, "grad", size=10.5, anchor="end")


def dots(
    pen: Pen, groups: list[tuple[int, ...]], x: float, y: float, across: int, step: float,
    r: float, what: int = -2,
) -> None:  # fmt: skip
    """A dot for each group of values, coloured by the mean of its data (-2) or gradient (-1)."""
    flows = pen.flows((tuple((i, what) for i in group) for group in groups), 0.0)
    for k, flow in enumerate(flows):
        at = (x + step * (k % across), y + step * (k // across))
        pen.dot(*at, r, flow, thick=1.0 if r > 2 else 0.6)


def _layers(pen: Pen, card: Card, x: float, w: float) -> None:
    """A whole layer, or several: sizes, how many are at 0, and a dot for each neuron."""
    neurons = [neuron for layer in card.layers for neuron in layer.neurons]
    values = (*(i for neuron in neurons for i in neuron.values()), *card.values)
    first = card.layers[0]
    words = f"{' / '.join(map(clean, first.path)) or first.name}: {len(neurons)} neurons"
    if len(card.layers) > 1:
        words = f"{len(card.layers)} layers, {len(neurons)} neurons"
    role = "layer" if card.form == "layer" else "group"
    pen.part(card.id, role, words, values=values, opens=card.opens, path=first.path)
    top = any(id(pen.order[i]) in pen.tops for neuron in neurons for i in neuron.outs())
    line = "output-line" if top else "card-line"
    y, low = card.y, card.y + card.height
    pen.rect(x + 3, y + 3, w, card.height, "card", line, 7)
    pen.rect(x, y, w, card.height, "card", line, 7)
    room = int((card.height - 58.0) // 12) * 6
    if card.note:
        pen.text(x + 8, y + 14, card.note, "ink", 10, bold=True, room=w - 14)
        y += 14.0
    dots(pen, [n.outs() for n in neurons[: max(room, 6)]], x + 12, y + 14, 6, 12.0, 4.0)
    outs = tuple(i for neuron in neurons for i in neuron.outs())
    if any(pen.order[i]._data == 0.0 for i in outs):
        pen.figure(x + 8, low - 34, outs, "zeros", after=f" of {len(outs):,} at 0", size=10)
    if pen.with_grad:
        taken = pen.figure(x + w - 8, low - 20, outs, "largest", anchor="end", digits=3)
        if taken < w - 56:
            pen.text(x + 8, low - 20, "|grad| ≤", "quiet", 9)
    pen.text(x + 8, low - 7, "closed", "quiet", 9)


def _block(pen: Pen, card: Card, x: float, w: float) -> None:
    """Values that are no neurons, closed: what comes out of them, and what they are."""
    block = card.block
    assert block is not None
    ends = [i for i in block.values if id(pen.order[i]) in pen.tops] or block.values[-1:]
    values = (*block.values, *block.leaves)
    title = f"{clean(block.name) or 'computed from the layers before'}: {len(values):,} values"
    pen.part(card.id, "group", title, values=values, opens=card.id)
    top = id(pen.order[ends[0]]) in pen.tops
    fill = "output" if top else "card"
    y = card.y
    pen.rect(x + 3, y + 3, w, card.height, fill, f"{fill}-line", 7)
    pen.rect(x, y, w, card.height, fill, f"{fill}-line", 7)
    if len(ends) == 1 and top:
        taken = pen.figure(x + w - 8, y + 15, ends[0], "data", f"{fill}-ink", 11, "end")
        name = pen.namer.word(pen.order[ends[0]])
        pen.text(x + 8, y + 15, name, f"{fill}-ink", 11, bold=True, room=w - 22 - taken)
        y += 15.0
        if pen.with_grad:
            pen.text(x + 8, y + 14, "grad", "quiet", 9)
            pen.figure(x + w - 8, y + 14, ends[0], "grad", size=10.5, anchor="end")
            y += 14.0
    pen.text(x + 8, y + 15, f"{len(values):,} values", f"{fill}-ink", 10, room=w - 14)
    pen.text(x + 8, y + 29, card.note, "quiet", 9.5, room=w - 14)
    pen.text(x + 8, card.y + card.height - 7, "closed", "quiet", 9)
