"""The box of one value, and the operation that is docked to it."""

from __future__ import annotations

from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.text import number, short_number, text_width
from autograd_nn.ops import CONSTANT, PRIMITIVES

__all__ = [
    "STACK",
    "badge",
    "box_height",
    "box_width",
    "chip",
    "chip_width",
    "draw_box",
    "fill_of",
    "hang",
]

STACK = 15.0  # between a leaf and the box that it stands above


def fill_of(kind: str) -> str:
    """The name of the colours of a kind."""
    return "card" if kind == "intermediate" else kind


def box_height(pen: Pen, i: int) -> float:
    """Two lines where there is a gradient to show; plain numbers have none that matters."""
    return 36.0 if pen.with_grad and pen.order[i]._code != CONSTANT else 24.0


def box_width(pen: Pen, i: int, name: str, inset: float) -> float:
    """How wide the box of a value would like to be."""
    plain = pen.order[i]._code == CONSTANT and not pen.namer.has_own_name(pen.order[i])
    need = inset + text_width("" if plain else name, 11, bold=True) + 10
    if pen.with_data:
        need += 8 + text_width(number(pen.order[i]._data), 11)
    grad = pen.grad(i)
    if pen.with_grad and grad is not None:
        need = max(need, inset + 30 + text_width(number(grad), 10.5) + 8)
    return need


def draw_box(
    pen: Pen, i: int, name: str, x: float, y: float, w: float, *, inset: float = 8.0,
    outset: float = 8.0, held: int | None = None, opens: str = "", values: tuple[int, ...] = (),
) -> None:  # fmt: skip
    """Name and value on one line, the gradient below; ``y`` is the middle.

    Args:
        inset: room on the left, more of it where an operation is docked; what is not named by
            the user is then left unnamed rather than cut short.
        outset: the same on the right.
        held: of a closed box, how many values are in it and in no other; it says so in place of
            the word "grad".
        opens, values: what opens it, and what it holds.
    """
    kind, h = pen.kind(i), box_height(pen, i)
    fill, top = fill_of(kind), y - h / 2
    part = pen.value(i, opens=opens)
    part.values = (*part.values, *values)
    for k in values:
        pen.scene.shown[k] = pen.scene.shown[k] or part.id
    if held is not None:  # the edge of what lies below it
        pen.rect(x + 3, top + 3, w, h, fill, f"{fill}-line")
    off = inset + outset > 16.0 and pen.graph.is_off(i)
    if off:
        part.title += f"  {pen.order[i].op} holds it here: nothing flows back"
    ground = "off" if off and fill == "card" else fill
    pen.rect(x, top, w, h, ground, f"{fill}-line", dash="5 3" if off else "")
    own = pen.namer.has_own_name(pen.order[i]) or i in pen.aliases
    if held is not None and not own:
        name = pen.namer.word(pen.order[i])
    right, line = x + w - outset, top + (14.5 if h > 24 else 16.0)
    room = right - x - inset - 6
    if pen.with_data:
        room -= pen.figure(right, line, i, "data", f"{fill}-ink", 11, "end")
    plain = pen.order[i]._code == CONSTANT and not own and pen.with_data
    docked = inset > 8.0 or outset > 8.0
    if not plain and (own or not docked or text_width(name, 11, bold=True) <= room):
        pen.text(x + inset, line, name, f"{fill}-ink", 11, bold=True, room=room)
    if h > 24:
        taken = pen.figure(right, top + 29, i, "grad", size=10.5, anchor="end")
        words = "grad" if held is None else f"{held:,} closed" if held else "closed"
        if text_width(words, 9) <= right - x - inset - 2 - taken:
            pen.text(x + inset, top + 29, words, "quiet", 9)


def hang(sign: str) -> float:
    """How far an operation stands out of its box."""
    return max(10.0, text_width(sign, 9.5, bold=True) - 1)


def badge(pen: Pen, i: int, sign: str, x: float, y: float, *, upright: bool = False) -> None:
    """The operation of value ``i``, half over the edge of its box at (x, y).

    Args:
        upright: the edge is the upper or lower one, so it is centred there.
    """
    slopes = ", ".join(short_number(slope) for _, slope in pen.graph.operands[i])
    row = PRIMITIVES[pen.order[i]._code]
    pen.part(f"o{i}", "op", f"{row.name}  local partials: {slopes}")
    left, right = (x - hang(sign), x + 10.0)
    if upright:
        half = (right - left) / 2
        left, right = x - half, x + half
    off = pen.graph.is_off(i)
    pen.rect(left, y - 10, right - left, 20, "rule" if off else "op", "page", 10, thick=1.5)
    size, ink = (13 if len(sign) == 1 else 9.5), "quiet" if off else "op-ink"
    pen.text((left + right) / 2, y + size * 0.35, sign, ink, size, "middle", bold=True)


def chip_width(sign: str) -> float:
    """How wide the chip of a function is."""
    return max(18.0, text_width(sign, 9.5, bold=True) + 10)


def chip(pen: Pen, x: float, y: float, sign: str, *, off: bool = False) -> float:
    """The dark chip of a function, centred on ``y``; returns its width."""
    wide = chip_width(sign)
    pen.rect(x, y - 8, wide, 16, "rule" if off else "op", r=8)
    pen.text(x + wide / 2, y + 3.4, sign, "quiet" if off else "op-ink", 9.5, "middle", bold=True)
    return wide
