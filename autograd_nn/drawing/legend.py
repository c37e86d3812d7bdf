"""The line below a picture: what colours, outlines and widths mean, and the note."""

from __future__ import annotations

from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.scene import Edge, Rect
from autograd_nn.drawing.text import text_width

__all__ = ["draw_legend"]

_WORDS = {
    "input": "input",
    "parameter": "parameter",
    "constant": "plain number",
    "output": "output",
}
HINT = "No gradients yet: call backward() on the result, then draw it again."


def draw_legend(
    pen: Pen, y: float, width: float, more: list[tuple[str, str]], *, left: float = 14.0
) -> None:
    """Write the legend below ``y`` and set the height of the scene.

    Args:
        more: further entries, as (form, words); the forms are those of ``_mark``.
    """
    marks = [mark for part in pen.scene.parts for mark in part.marks]
    fills = {mark.fill for mark in marks if not isinstance(mark, Edge) and hasattr(mark, "fill")}
    looks = {mark.look for mark in marks if isinstance(mark, Edge) and mark.flow is not None}
    entries = [(kind, words) for kind, words in _WORDS.items() if kind in fills]
    if any(look[0] == "p" and look[1:].isdigit() for look in looks):
        entries.append(("plus", "gradient > 0"))
    if any(look[0] == "n" and look[1:].isdigit() for look in looks):
        entries.append(("minus", "gradient < 0"))
    if "zero" in looks:
        entries.append(("zero", "gradient = 0"))
    if "wrong" in looks:
        entries.append(("wrong", "gradient is nan"))
    if any(look[1:].isdigit() for look in looks):
        entries.append(("", "width: size, log scale"))
    dashed = (m for p in pen.scene.parts if p.role == "value" for m in p.marks)
    if any(isinstance(m, Rect) and m.dash for m in dashed):
        entries.append(("held", "held where it is: nothing flows back"))
    write_legend(pen, [*entries, *more], y, width, left)


def write_legend(
    pen: Pen,
    entries: list[tuple[str, str]],
    y: float,
    width: float,
    left: float = 14.0,
    hint: str = HINT,
) -> None:
    """Entries in as many lines as they need, then what the reader is told.

    Args:
        hint: said where backward has not run.
    """
    pen.part("", "legend")
    x, y = left, y + 18.0
    for form, words in entries:
        wide = text_width(words, 9.5) + (18.0 if form else 0.0)
        if x > left and x + wide > width - 8:
            x, y = left, y + 16.0
        if form:
            _mark(pen, form, x, y)
            x += 18.0
        x += pen.text(x, y, words, "quiet", 9.5) + 16.0
    hint = "" if pen.ran or not pen.wants_grad else hint
    for words in filter(None, [hint, pen.scene.note]):
        for line in _lines(words, 9.5, width - 2 * left):
            if x > left:
                x, y = left, y + 16.0
            x += pen.text(x, y, line, "quiet", 9.5)
    pen.scene.height = y + 12.0


def _mark(pen: Pen, form: str, x: float, y: float) -> None:
    if form in ("plus", "minus"):
        pen.path(f"M{x:.1f},{y - 3:.1f}h13", line="p4" if form == "plus" else "n4", thick=3)
    elif form == "zero":
        pen.path(f"M{x:.1f},{y - 3:.1f}h13", line="zero", dash="4 3")
    elif form == "wrong":
        pen.path(f"M{x:.1f},{y - 3:.1f}h13", line="wrong", thick=2)
    elif form == "bar":
        pen.rect(x + 6, y - 9, 4, 12, "plain", r=2)
    elif form == "circle":
        pen.circle(x + 6, y - 3.5, 5, "card", "card-line")
    elif form == "off":
        pen.circle(x + 6, y - 3.5, 5, "off", "card-line", dash="3 2")
    elif form == "bead":
        pen.circle(x + 7, y - 3.5, 4, "parameter", "parameter-line", thick=1.2)
    elif form == "dots":
        for k, tint in enumerate(("n3", "off", "p1", "p4")):
            line = "zero" if tint == "off" else tint
            pen.circle(x + 4.6 * k, y - 3, 1.7, tint, line, thick=0.6)
    elif form == "held":
        pen.rect(x, y - 8, 13, 10, "off", "card-line", 3, dash="3 2")
    elif form == "closed":
        pen.rect(x + 2, y - 6, 12, 9, "card", "card-line", 3)
        pen.rect(x, y - 8, 12, 9, "card", "card-line", 3)
    else:
        pen.rect(x, y - 8, 13, 10, form, f"{form}-line", 3)


def _lines(words: str, size: float, room: float) -> list[str]:
    """Words in lines no wider than ``room``."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
