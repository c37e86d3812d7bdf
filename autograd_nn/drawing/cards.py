"""The cards of a layered picture: an input, a neuron as a ledger or as a row, a whole layer.

On several rows of data a card shows means over them; parameters have one value and one gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from autograd_nn.drawing.boxes import chip, chip_width, draw_box, fill_of
from autograd_nn.drawing.inset import Inset
from autograd_nn.drawing.model import Block, Layer, Neuron, Term, is_off
from autograd_nn.drawing.pen import Pen, shorten
from autograd_nn.drawing.text import clean, text_width

__all__ = [
    "FOOT", "LINE", "PITCH", "ROW_HEIGHT", "TITLE", "Card", "dots", "draw_card", "ledger_height",
    "more_height", "shown",
]  # fmt: skip

LINE, FOOT, TITLE = 18.0, 23.0, 17.0
PITCH = 25.0
ROW_HEIGHT = PITCH - 5.0
_ACROSS = 20  # dots in a row


@dataclass(slots=True)
class Card:
    """Something in a band, in one of its forms.

    Attributes:
        leaves: numbers of the inputs that it stands for, one for each row of data.
        lines: of a ledger: products, or how many are left out and which.
        values: of a note: what it stands for; ``dots``: the neurons among it.
        sheet: of an open block: its values one by one.
    """

    form: Literal["leaf", "more", "title", "ledger", "row", "layer", "block", "deep"]
    height: float
    neuron: Neuron | None = None
    leaves: tuple[int, ...] = ()
    layers: list[Layer] = field(default_factory=list)
    block: Block | None = None
    note: str = ""
    lines: list[int | range] = field(default_factory=list)
    pitch: float = LINE
    values: tuple[int, ...] = ()
    dots: list[tuple[int, ...]] = field(default_factory=list)
    id: str = ""
    opens: str = ""
    sheet: Inset | None = None
    y: float = 0.0


def shown(
    n: int, most: int, ends: int = 3, also: frozenset[int] = frozenset()
) -> list[int | range]:
    """Which of ``n`` things are drawn: all, or both ends, with ranges for what is left out.

    >>> shown(20, 10)
    [0, 1, 2, range(3, 17), 17, 18, 19]
    """
    keep = set(range(n)) if n <= most else {*range(ends), *range(n - ends, n), *also}
    out: list[int | range] = []
    for i in range(n):
        if i in keep:
            out.append(i)
        elif out and isinstance(out[-1], range):
            out[-1] = range(out[-1].start, i + 1)
        else:
            out.append(range(i, i + 1))
    return out


def ledger_height(neuron: Neuron, lines: int, pitch: float = LINE) -> float:
    """The height of a neuron as a ledger with so many lines of products."""
    return TITLE + FOOT + pitch * lines + LINE * len(neuron.first.biases)


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
    elif card.block is not None:
        _block(pen, card, x, w)
    elif card.form == "ledger":
        _ledger(pen, card, x, w)
    else:
        _row(pen, card, x, w)


# ---------------------------------------------------------------------------
# Inputs, layers, blocks


def _more(pen: Pen, card: Card, x: float, w: float) -> None:
    """What is left out between the first and the last, with a dot for each neuron of it."""
    pen.part("", "more", card.note, values=card.values)
    middle = card.y + card.height / 2
    if not card.dots:
        pen.text(x + w / 2, middle + 3.5, "⋮  " + card.note, "quiet", 10, "middle", room=w)
        return
    across = min(_ACROSS, len(card.dots))
    rows = -(-len(card.dots) // _ACROSS)
    pen.text(x + 8, middle + 3.5, "⋮  " + card.note, "quiet", 10, room=w - 20 - 4.6 * across)
    dots(pen, card.dots, x + w - 8 - 4.6 * across, middle - 2.3 * (rows - 1), _ACROSS, 4.6, 1.8)


def more_height(count: int) -> float:
    """The room that dots for so many neurons need."""
    return max(ROW_HEIGHT, 4.6 * -(-count // _ACROSS) + 8.0)


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


# ---------------------------------------------------------------------------
# Neurons


def _frame(pen: Pen, card: Card, x: float, w: float, r: float) -> tuple[str, bool, bool]:
    """The ground of a neuron; returns the colour of its text, whether it is off, or an output."""
    neuron = card.neuron
    assert neuron is not None
    off = all(is_off(pen.sums, use) for use in neuron.uses)
    top = any(id(pen.order[i]) in pen.tops for i in neuron.outs())
    path = (*neuron.path[:-1], neuron.name) if neuron.path else (neuron.name,)
    title = " / ".join(map(clean, path))
    state = {"opens": neuron.id} if card.form == "row" else {"closes": neuron.id}
    pen.part(neuron.id, "neuron", title, values=neuron.values(), path=neuron.path, **state)
    line = "output-line" if top else "card-line"
    fill, dash = ("off", "5 3") if off else ("card", "")
    pen.rect(x, card.y, w, card.height, fill, line, r, dash=dash)
    return ("output-ink" if top else "quiet" if off else "ink"), off, top


def _state_of(pen: Pen, neuron: Neuron) -> str:
    """What is said of a neuron whose activation passes nothing on: on this row, or on some."""
    off = sum(is_off(pen.sums, use) for use in neuron.uses)
    if not off:
        return ""
    if len(neuron.uses) == 1:
        return f"{neuron.act} holds it at 0"
    return f"off on {'all' if off == len(neuron.uses) else off} of {len(neuron.uses)} rows"


def _ledger(pen: Pen, card: Card, x: float, w: float) -> None:
    """A line for each product, then biases, then the sum, the activation and the result."""
    neuron, y = card.neuron, card.y
    assert neuron is not None
    ink, off, top = _frame(pen, card, x, w, 7)
    ink = "ink" if top else ink
    taken = pen.text(x + 8, y + 12.5, neuron.name, ink, 10, bold=True, room=58)
    if pen.with_grad and taken < 66:
        pen.text(x + 100, y + 12.5, "grad", "quiet", 9, "end")
    words = _state_of(pen, neuron)
    if words:
        pen.text(x + w - 8, y + 12.5, words, "quiet", 9, "end", room=w - 104)
    elif top:
        pen.text(x + w - 8, y + 12.5, "output", "output-ink", 9.5, "end", bold=True)
    y += TITLE
    for line in card.lines:
        if isinstance(line, range):
            _left_out(pen, neuron, line, x, y + card.pitch / 2 + 3.5, w)
        else:
            _product(pen, neuron, line, x, y + card.pitch / 2 + 3.5, w)
        y += card.pitch
    for bias in neuron.first.biases:
        _parameter(pen, bias, x + 6, y)
        pen.figure(x + w - 8, y + 12.5, bias, "data", size=10, anchor="end")
        y += LINE
    _foot(pen, neuron, x, y, w, ink, off, top)


def _product(pen: Pen, neuron: Neuron, j: int, x: float, base: float, w: float) -> None:
    """``w0 1.2 0.6 | × 3 | 3.6``: the weight with its gradient, the source, the product."""
    term = neuron.first.terms[j]
    _parameter(pen, term.weight, x + 6, base - 12.5)
    products = tuple(use.terms[j].product for use in neuron.uses)
    sources = tuple(use.terms[j].source for use in neuron.uses)
    pen.value(term.product, "line")
    taken = pen.figure(x + w - 8, base, products, "data", anchor="end")
    if pen.wide(sources, "data", 10) + text_width("× ", 10) + taken <= w - 124:
        pen.figure(x + 110, base, sources, "data", before="× ")


def _left_out(pen: Pen, neuron: Neuron, hidden: range, x: float, base: float, w: float) -> None:
    """How many products are not drawn, and what they add up to."""
    terms: list[Term] = [use.terms[k] for use in neuron.uses for k in hidden]
    pen.part("", "more", f"{len(hidden)} more products")
    pen.text(x + 12, base, f"⋮ {len(hidden)} more products", "quiet", 9.5)
    if len(neuron.uses) == 1:
        products = tuple(term.product for term in terms)
        pen.figure(x + w - 8, base, products, "sum", "quiet", anchor="end")


def _parameter(pen: Pen, i: int, x: float, y: float) -> None:
    """Name, value and gradient of a parameter, on one line of a ledger."""
    pen.value(i)
    fill = fill_of(pen.kind(i))
    pen.rect(x, y + 1, 98, LINE - 3, fill, f"{fill}-line", 4, thick=0.9)
    right = x + 94
    if pen.with_grad:
        right = min(x + 62, right - 6 - pen.wide((i,), "grad", 9.5, digits=3))
    taken = pen.figure(right, y + 12.5, i, "data", f"{fill}-ink", 9.5, "end")
    room = right - taken - x - 8
    if room > 8 and pen.kind(i) != "constant":
        pen.text(x + 5, y + 12.5, pen.name(i), f"{fill}-ink", 9.5, bold=True, room=room)
    if pen.with_grad:
        pen.figure(x + 94, y + 12.5, i, "grad", size=9.5, anchor="end", digits=3)


def _foot(
    pen: Pen, neuron: Neuron, x: float, y: float, w: float, ink: str, off: bool, top: bool
) -> None:
    """The foot of a ledger: sum, function, result, gradient."""
    middle = y + FOOT / 2
    pen.value(neuron.first.total, "line")
    if top:
        d = f"M{x + 0.6:.1f},{y:.1f}h{w - 1.2:.1f}v{FOOT - 7:.1f}q0,6.4 -6.4,6.4"
        d += f"h{-(w - 14):.1f}q-6.4,0 -6.4,-6.4z"
        pen.path(d, fill="output")
        ink = "output-ink"
    pen.path(f"M{x:.1f},{y:.1f}h{w:.1f}", line="output-line" if top else "rule", thick=1)
    at, base = x + 8, middle + 3.5
    at += pen.text(at, base, "Σ", ink, 10, bold=True) + 4
    room = w - 16 - pen.wide(neuron.outs(), "grad", 10) if pen.with_grad else w - 8
    if neuron.act:
        room -= chip_width(neuron.act) + 12 + pen.wide(neuron.outs(), "data", 10.5, bold=True)
    if not neuron.act or pen.wide(neuron.totals(), "data", 10) <= x + room - at - 6:
        bold = not neuron.act
        at += pen.figure(at, base, neuron.totals(), "data", ink, bold=bold) + 6
    if neuron.act:
        pen.value(neuron.first.out, "line")
        at += chip(pen, at, middle, neuron.act, off=off) + 6
        at += pen.figure(at, base, neuron.outs(), "data", ink, 10.5, bold=True)
    _gradient(pen, neuron.outs(), x + w - 8, base, x + w - 12 - at)


def _gradient(pen: Pen, of: tuple[int, ...], right: float, y: float, room: float = 80.0) -> None:
    if not pen.with_grad:
        return
    taken = pen.figure(right, y, of, "grad", size=10, anchor="end")
    if taken + 30 <= room:
        pen.text(right - taken - 5, y, "grad", "quiet", 9, "end")


def _row(pen: Pen, card: Card, x: float, w: float) -> None:
    """A neuron on one line: as much of its formula as there is room for, and its result."""
    neuron = card.neuron
    assert neuron is not None
    ink, off, _ = _frame(pen, card, x, w, 5)
    base, right = card.y + card.height / 2 + 3.5, x + w - 8
    _gradient(pen, neuron.outs(), right, base)
    result = right - (max(72.0, 38.0 + pen.wide(neuron.outs(), "grad", 10)) if pen.with_grad else 0)
    pen.figure(result, base, neuron.outs(), "data", ink, 10.5, "end", bold=True, digits=3)
    at = result - 6 - max(30.0, pen.wide(neuron.outs(), "data", 10.5, bold=True, digits=3))
    taken = pen.text(x + 7, base, _short(neuron), ink, 10, bold=True)
    if neuron.act:
        sign = shorten(neuron.act, 9.5, at - x - taken - 26, bold=True)
        at -= chip_width(sign)
        chip(pen, at, card.y + card.height / 2, sign, off=off)
    if w > 300:
        sum_wide = pen.figure(at - 6, base, neuron.totals(), "data", ink, anchor="end", before="= ")
        start = x + max(30.0, taken + 15)
        _formula(pen, neuron, start, base, at - 14 - sum_wide - start)
    elif w > 230 and at - 20 - pen.wide(neuron.totals(), "data", 10) > x + 14 + taken:
        pen.figure(at - 6, base, neuron.totals(), "data", ink, anchor="end", before="Σ ")


def _short(neuron: Neuron) -> str:
    """A name where there is room for four characters."""
    return neuron.name if len(neuron.name) <= 4 else f"n{neuron.place}"


def _formula(pen: Pen, neuron: Neuron, x: float, y: float, room: float) -> None:
    """``-1.27 x0 + 1.20 x1 + 0``, in columns, as many products as there is room for."""
    use = neuron.first
    room -= 41 if use.biases else 0
    slots = int(room // 58)
    terms = use.terms if len(use.terms) <= slots else use.terms[: max(0, int((room - 62) // 58))]
    for term in terms:
        fill = fill_of(pen.kind(term.weight))
        pen.rect(x, y - 10.5, 36, 14, fill, r=3)
        pen.figure(x + 33, y, term.weight, "data", f"{fill}-ink", 9.5, "end", digits=3)
        pen.text(x + 39, y, pen.name(term.source), "ink", 9.5, room=18)
        x += 58
    left = len(use.terms) - len(terms)
    if left and room < 62:
        return
    if left:
        words = f"… {left:,} more" if terms else f"{left:,} products"
        x += pen.text(x, y, words, "quiet", 9.5, room=56) + 6
    for bias in use.biases[:1]:
        fill = fill_of(pen.kind(bias))
        pen.text(x, y, "+", "quiet", 9.5)
        pen.rect(x + 9, y - 10.5, 26, 14, fill, r=3)
        pen.figure(x + 33, y, bias, "data", f"{fill}-ink", 9.5, "end", digits=2)
