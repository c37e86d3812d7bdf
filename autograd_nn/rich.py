"""Small pieces of HTML for notebooks: a heading over a table, in the notebook's own colours.

Everything is styled in place and takes its colours from the text around it, so that it reads on a
light ground and on a dark one; every text is escaped here.  ``settings`` is what an object was
made with, for texts too.

What is left out: pictures, which are in ``drawing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd_nn.labels import clean, escape

__all__ = ["Cell", "card", "curve", "figure", "of_value", "preformatted", "settings", "table"]

_FAINT = "color-mix(in srgb, currentColor 22%, transparent)"
_QUIET = "color-mix(in srgb, currentColor 72%, transparent)"
#: Mixed with the colour of the text: darker on a light page, lighter on a dark one.
_BLUE = "color-mix(in srgb, #2563eb 72%, currentColor)"
_ORANGE = "color-mix(in srgb, #ea580c 72%, currentColor)"
_LONGEST = 120

Cell = str | float | int | None


def figure(x: float) -> str:
    """A number to six digits.

    >>> figure(2.0), figure(-0.0), figure(1/3), figure(-1.5)
    ('2', '0', '0.333333', '−1.5')
    """
    return f"{x + 0.0:.6g}".replace("-", "−")


def card(title: str, *parts: str, note: str = "") -> str:
    """A heading, a note beside it, and pieces of HTML below.

    >>> "&lt;b&gt;" in card("<b>")
    True
    """
    beside = f' <span style="color:{_QUIET}">{_text(note, 4)}</span>' if note else ""
    return (
        '<div style="font-size:13px;line-height:1.5;margin:2px 0">'
        f"<div><b>{_text(title, 4)}</b>{beside}</div>{''.join(parts)}</div>"
    )


def table(
    head: Sequence[str], rows: Iterable[Sequence[Cell]], *, most: int = 40, signed: str = ""
) -> str:
    """A table; numbers stand to the right.

    Args:
        head: the columns' titles.
        rows: texts, and numbers, which are written to six digits; None is an empty cell.
        most: how many rows are shown; a line says how many more there are.
        signed: the title of a column whose numbers are blue above 0 and orange below.
    """
    every = list(rows)
    numeric = [
        any(isinstance(row[c], (int, float)) for row in every) if every else False
        for c in range(len(head))
    ]
    cells = "".join(_cell("th", t, numeric[c], "") for c, t in enumerate(head))
    lines = [f"<tr>{cells}</tr>"] if any(head) else []
    for row in every[:most]:
        cells = "".join(
            _cell("td", x, numeric[c], _sign(x) if head[c] == signed and signed else "")
            for c, x in enumerate(row)
        )
        lines.append(f"<tr>{cells}</tr>")
    if len(every) > most:
        lines.append(
            f'<tr><td colspan="{len(head)}" style="text-align:left;color:{_QUIET}">'
            f"and {len(every) - most:,} more</td></tr>"
        )
    return (
        '<table style="border-collapse:collapse;font-size:13px;margin:4px 0;'
        'font-variant-numeric:tabular-nums">'
        f"{''.join(lines)}</table>"
    )


def _cell(tag: str, x: Cell, right: bool, colour: str) -> str:
    shown = "" if x is None else figure(x) if isinstance(x, (int, float)) else _text(x)
    style = f"padding:1px 10px 1px 2px;border-bottom:1px solid {_FAINT};"
    style += f"text-align:{'right' if right else 'left'};"
    if colour:
        style += f"color:{colour};"
    return f'<{tag} style="{style}">{shown}</{tag}>'


def _sign(x: Cell) -> str:
    if not isinstance(x, (int, float)) or x == 0 or x != x:
        return ""
    return _BLUE if x > 0 else _ORANGE


def _text(text: str, times: int = 1) -> str:
    return escape(clean(str(text), _LONGEST * times))


def of_value(v: Any) -> str:
    """A Value: its number, its slope, and what it was made from."""
    made = [_short(operand) for operand in v.operands]
    what = f"{v.op} of {', '.join(made)}" if made else v.kind
    scope = " / ".join(clean(part) for part in v.scope)
    note = f"{what} · {scope}" if scope else what
    return card(
        v.label or "Value", table(["", ""], [["data", v.data], ["grad", v.grad]]), note=note
    )


def _short(v: Any) -> str:
    return f"{clean(v.label)} = {figure(v.data)}" if v.label else figure(v.data)


def settings(thing: object, *leave_out: str) -> dict[str, Any]:
    """The public attributes of an object that are plain: numbers, texts, and tuples of them.

    >>> class Wave:
    ...     def __init__(self):
    ...         self.height, self.samples, self._seen = 2.0, [1, 2], 0
    >>> settings(Wave())
    {'height': 2.0}
    """
    found = {}
    for name, held in vars(thing).items():
        parts = held if isinstance(held, tuple) else (held,)
        plain = all(isinstance(part, (bool, int, float, str)) for part in parts)
        if plain and not name.startswith("_") and name not in leave_out:
            found[name] = held
    return found


def preformatted(text: str) -> str:
    """Lines of text as they are, in letters of one width."""
    lines = "\n".join(escape(clean_line(line)) for line in text.splitlines())
    return f'<pre style="margin:4px 0;font-size:12px;line-height:1.4">{lines}</pre>'


def clean_line(line: str) -> str:
    """A line without what cannot be shown, its spaces as they are.

    >>> clean_line("  a  b")
    '  a  b'
    """
    return "".join(c if c == " " else clean(c, 4) or " " for c in line[:400])


def curve(numbers: Sequence[float], label: str, width: int = 220, height: int = 48) -> str:
    """A small line of numbers from left to right, as SVG; what is not finite is a gap.

    >>> curve([1.0, 0.5], "loss").startswith("<svg")
    True
    """
    finite = [x for x in numbers if x - x == 0.0]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    across = (width - 8) / max(1, len(numbers) - 1)
    span = (high - low) or 1.0
    path, drawing = [], False
    for k, x in enumerate(numbers):
        if x - x != 0.0:
            drawing = False
            continue
        y = 4 + (height - 8) * (1.0 - (x - low) / span)
        path.append(f"{'L' if drawing else 'M'}{4 + k * across:.1f},{y:.1f}")
        drawing = True
    line = "".join(path) + ("h0.1" if len(path) == 1 else "")
    return (
        f'<svg role="img" aria-label="{_text(label)}" width="{width}" height="{height}" '
        f'style="vertical-align:middle"><path d="{line}" style="fill:none;stroke:{_BLUE};'
        'stroke-width:2;stroke-linecap:round;stroke-linejoin:round"/></svg>'
    )
