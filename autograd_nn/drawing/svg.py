"""From a ``Scene`` to SVG.

Only elements and attributes that are spelled in this file are ever written, and user text stands
in ``title`` and ``text`` alone, escaped.  Colours are classes, with a light and a dark table in
one ``style``; sizes that vary, the width of an edge, are attributes.
"""

from __future__ import annotations

import math
from itertools import pairwise

from autograd_nn.drawing import palette
from autograd_nn.drawing.scene import Circle, Edge, Mark, Part, Path, Rect, Scene, Text
from autograd_nn.drawing.text import clean, escape

__all__ = ["curve", "svg_text"]


def svg_text(
    scene: Scene, prefix: str = "", theme: str | None = "auto", *, legend: bool = True
) -> str:
    """The whole SVG document.

    Args:
        scene: what is drawn where.
        prefix: goes before every id, so that one page can hold many pictures.
        theme: ``"light"``, ``"dark"``, ``"auto"`` (as the reader's system is), or None: no
            style and no ground, for a page that has ``palette.css`` in its own style.
        legend: whether the legend below the picture is written.
    """
    width, height = _number(scene.width), _number(scene.height)
    names = f"agn agn-{theme}" if theme else "agn"
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{names}" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="{palette.FONTS}">',
        f"<title>{escape(clean(scene.title, 120))}</title>",
    ]
    parts = [part for part in scene.parts if legend or part.role != "legend"]
    body = [_part(part, prefix) for part in parts]
    if theme is not None:
        rules = palette.css(theme, f".agn-{theme} ", _colours(parts) | {"page"})
        lines.append(f"<style>{rules}</style>")
        lines.append(f'<rect class="f-page" x="0" y="0" width="{width}" height="{height}"/>')
    return "\n".join([*lines, *body, "</svg>", ""])


def _colours(parts: list[Part]) -> set[str]:
    """The names of the colours that occur."""
    found: set[str] = set()
    for part in parts:
        for mark in part.marks:
            if isinstance(mark, Text):
                found.add(mark.ink)
            elif isinstance(mark, Edge):
                found.add(mark.look)
            else:
                found.update((mark.fill, mark.line))
    return found


def _part(part: Part, prefix: str) -> str:
    names = " ".join(filter(None, [part.role, part.kind, "closed" if part.opens else ""]))
    id = f' id="{prefix}{part.id}"' if part.id else ""
    title = f"<title>{escape(part.title)}</title>" if part.title else ""
    pale = ' opacity="0.25"' if part.faint else ""
    return (
        f'<g{id} class="{names}"{pale}>{title}{"".join(_mark(m, prefix) for m in part.marks)}</g>'
    )


def _mark(mark: Mark, prefix: str) -> str:
    if isinstance(mark, Text):
        return _text(mark, prefix)
    if isinstance(mark, Rect):
        return (
            f'<rect x="{_number(mark.x)}" y="{_number(mark.y)}" width="{_number(mark.w)}"'
            f' height="{_number(mark.h)}" rx="{_number(mark.r)}"{_style(mark)}/>'
        )
    if isinstance(mark, Circle):
        place = f'cx="{_number(mark.x)}" cy="{_number(mark.y)}" r="{_number(mark.r)}"'
        return f"<circle {place}{_style(mark)}/>"
    if isinstance(mark, Path):
        fill = "" if mark.fill else ' fill="none"'
        return f'<path d="{mark.d}"{fill}{_style(mark)}/>'
    return _edge(mark)


def _style(mark: Rect | Circle | Path) -> str:
    fill = f"f-{mark.fill}" if mark.fill else ""
    line = f"s-{mark.line}" if mark.line else ""
    names = " ".join(filter(None, [fill, line]))
    stroke = f' stroke-width="{_number(mark.thick)}"' if mark.line else ""
    dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
    return f' class="{names}"{stroke}{dash}'


def _text(mark: Text, prefix: str) -> str:
    id = f' id="{prefix}{mark.id}"' if mark.id else ""
    anchor = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
    bold = ' font-weight="bold"' if mark.bold else ""
    return (
        f'<text{id} x="{_number(mark.x)}" y="{_number(mark.y)}" class="f-{mark.ink}"'
        f' font-size="{_number(mark.size)}"{anchor}{bold}>{escape(mark.words)}</text>'
    )


def _edge(mark: Edge) -> str:
    """The line, up to the head, and the head, a filled triangle."""
    size = 3.0 + mark.thick if mark.head else 0.0
    toward = _toward_end(mark)
    tip = mark.end
    points = [mark.start, *mark.via, (tip[0] - size * toward[0], tip[1] - size * toward[1])]
    d = _around(points) if mark.form == "around" else f"M{_pair(*points[0])}"
    for a, b in pairwise(points) if mark.form != "around" else ():
        d += _leg(a, b, mark.form)
    dash = ' stroke-dasharray="4 3"' if mark.look == "zero" and mark.thick >= 0.9 else ""
    line = (
        f'<path class="line s-{mark.look}" d="{d}" fill="none"'
        f' stroke-width="{_number(mark.thick)}"{dash}/>'
    )
    if not mark.head:
        return line
    half, back = 1.6 + 0.8 * mark.thick, size + 1.0
    bx, by = tip[0] - back * toward[0], tip[1] - back * toward[1]
    head = (
        f"M{_pair(*tip)}L{_pair(bx - half * toward[1], by + half * toward[0])}"
        f"L{_pair(bx + half * toward[1], by - half * toward[0])}z"
    )
    return f'{line}<path class="head f-{mark.look}" d="{head}"/>'


def _toward_end(mark: Edge) -> tuple[float, float]:
    """The direction in which an edge arrives."""
    (x0, y0), (x1, y1) = mark.via[-1] if mark.via else mark.start, mark.end
    if mark.form == "down":
        return 0.0, math.copysign(1.0, y1 - y0)
    if mark.form == "straight":
        reach = math.hypot(x1 - x0, y1 - y0) or 1.0
        return (x1 - x0) / reach, (y1 - y0) / reach
    return math.copysign(1.0, x1 - x0), 0.0


def _leg(a: tuple[float, float], b: tuple[float, float], form: str) -> str:
    """One flat S, leaving and arriving level or upright; straight where that is the same."""
    (x0, y0), (x1, y1) = a, b
    if form == "level" and abs(y1 - y0) >= 0.6:
        middle = (x0 + x1) / 2
        return f"C{_pair(middle, y0)} {_pair(middle, y1)} {_pair(x1, y1)}"
    if form == "down" and abs(x1 - x0) >= 0.6:
        middle = (y0 + y1) / 2
        return f"C{_pair(x0, middle)} {_pair(x1, middle)} {_pair(x1, y1)}"
    return f"L{_pair(x1, y1)}"


def _around(points: list[tuple[float, float]], radius: float = 9.0) -> str:
    """A way of level and upright legs with round corners."""
    d = f"M{_pair(*points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        r1 = min(radius, math.dist(before, corner) / 2)
        r2 = min(radius, math.dist(corner, after) / 2)
        d += f"L{_pair(*_toward(corner, before, r1))}Q{_pair(*corner)} "
        d += _pair(*_toward(corner, after, r2))
    return d + f"L{_pair(*points[-1])}"


def _toward(a: tuple[float, float], b: tuple[float, float], by: float) -> tuple[float, float]:
    t = by / (math.dist(a, b) or 1.0)
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def curve(mark: Edge, steps: int = 24) -> list[tuple[float, float]]:
    """An edge as a polyline, for measuring."""
    points = [mark.start]
    for (x0, y0), (x1, y1) in pairwise([mark.start, *mark.via, mark.end]):
        level = mark.form == "level" and abs(y1 - y0) >= 0.6
        if not level and not (mark.form == "down" and abs(x1 - x0) >= 0.6):
            points.append((x1, y1))
            continue
        for k in range(1, steps + 1):
            t = k / steps
            along = 1.5 * t * (1 - t) + t**3  # halfway handles: 3t(1-t)/2 + t**3
            over = t * t * (3 - 2 * t)
            u, v = (along, over) if level else (over, along)
            points.append((x0 + (x1 - x0) * u, y0 + (y1 - y0) * v))
    return points


def _pair(x: float, y: float) -> str:
    return f"{_number(x)},{_number(y)}"


def _number(x: float) -> str:
    """A size in at most two decimals, without zeros at its end."""
    return f"{x:.2f}".rstrip("0").rstrip(".") if abs(x) >= 0.005 else "0"
