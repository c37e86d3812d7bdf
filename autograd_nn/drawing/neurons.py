"""The cards of a neuron: as a ledger of its products, or closed to a row.

On several rows of data a card shows means over them; parameters have one value and one gradient.
"""

from __future__ import annotations

from autograd_nn.drawing.boxes import chip, chip_width, fill_of
from autograd_nn.drawing.card import FOOT, LINE, TITLE, Card
from autograd_nn.drawing.model import Neuron, Term, is_off
from autograd_nn.drawing.pen import Pen, shorten
from autograd_nn.drawing.text import clean, text_width

__all__ = ["draw_ledger", "draw_row"]


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


def draw_ledger(pen: Pen, card: Card, x: float, w: float) -> None:
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
    pen.text(x + 12, base, f"… {len(hidden):,} more products", "quiet", 9.5)
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


def draw_row(pen: Pen, card: Card, x: float, w: float) -> None:
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
