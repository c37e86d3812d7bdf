"""The house as a picture: which room of the package imports which, read from the sources.

The floors and the walk over the imports are those of ``tests/test_imports.py``, which fails where
an import leads upward.  An arrow that follows from others is left out.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).parents[2] / "tests"
if str(TESTS) not in sys.path:
    sys.path.append(str(TESTS))

import test_imports as walk  # noqa: E402 - found by the path above

WIDTH, ROW, HEIGHT = 730.0, 62.0, 28.0
LETTER, PADDING, LEFT = 7.4, 20.0, 34.0
Arrows = dict[str, set[str]]


class Box(NamedTuple):
    """A room on the page: its middle, its top and its width."""

    x: float
    top: float
    width: float


@cache
def arrows() -> Arrows:
    """The rooms that each room imports, without the package's own front door."""
    found: Arrows = walk.rooms(walk.imports(walk.modules(walk.PACKAGE)))
    return {room: others for room, others in found.items() if room != walk.DOOR}


def reduced(between: Arrows) -> Arrows:
    """Without the arrows that follow from others.

    >>> {k: sorted(v) for k, v in reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()}).items()}
    {'a': ['b'], 'b': ['c'], 'c': []}
    """
    reach: Arrows = {}

    def below(room: str) -> set[str]:
        if room not in reach:
            others = between.get(room, set())
            reach[room] = others.union(*(below(other) for other in others))
        return reach[room]

    return {
        room: {x for x in others if not any(x in below(y) for y in others)}
        for room, others in between.items()
    }


def rows(between: Arrows) -> list[tuple[int, list[str]]]:
    """The rows of the picture from the top: a floor, and rooms that do not import each other."""
    found = []
    for height in reversed(range(len(walk.FLOORS))):
        floor = [room for room in walk.FLOORS[height] if room in between]
        depth: dict[str, int] = {}
        while len(depth) < len(floor):
            for room in floor:
                inside = [other for other in between[room] if other in floor]
                if all(other in depth for other in inside):
                    depth[room] = 1 + max((depth[other] for other in inside), default=-1)
        for level in sorted(set(depth.values()), reverse=True):
            found.append((height, [room for room in floor if depth[room] == level]))
    return found


def boxes(found: list[tuple[int, list[str]]], between: Arrows) -> dict[str, Box]:
    """Where each room is drawn: in its row, near the rooms above that import it."""
    placed: dict[str, Box] = {}
    for k, (_, row) in enumerate(found):
        wanted = {room: _wanted(room, placed, between) for room in row}
        order = sorted(row, key=lambda room: (wanted[room], room))
        widths = [LETTER * len(room) + PADDING for room in order]
        free = WIDTH - LEFT - sum(widths)
        space = free / (len(order) + 1)
        x = LEFT + space
        for room, width in zip(order, widths, strict=True):
            placed[room] = Box(x + width / 2, 16 + k * ROW, width)
            x += width + space
    return placed


def _wanted(room: str, placed: dict[str, Box], between: Arrows) -> float:
    above = [box.x for other, box in placed.items() if room in between.get(other, set())]
    return sum(above) / len(above) if above else WIDTH / 2


def picture() -> str:
    """The picture as an SVG for the inside of a page, in the page's colours."""
    between = reduced(arrows())
    found = rows(between)
    placed = boxes(found, between)
    height = 16 + len(found) * ROW
    title = "The rooms of the package, each above those that it imports"
    parts = [
        f'<div class="house" tabindex="0"><svg role="img" aria-label="{title}" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" height="{height:g}">'
    ]
    parts += _floors(found)
    for room, others in between.items():
        parts += [_arrow(room, other, placed) for other in sorted(others)]
    for room, (x, top, width) in placed.items():
        parts.append(
            f'<g><title>{_title(room, between)}</title><rect x="{x - width / 2:.1f}" y="{top:.1f}" '
            f'width="{width:.1f}" height="{HEIGHT:g}" rx="6"/><text x="{x:.1f}" '
            f'y="{top + 18.5:.1f}" text-anchor="middle">{room}</text></g>'
        )
    return "\n".join([*parts, "</svg></div>", ""])


def _floors(found: list[tuple[int, list[str]]]) -> list[str]:
    """A band for every second floor, and each floor's number."""
    parts = []
    for height in range(len(walk.FLOORS)):
        levels = [k for k, (floor, _) in enumerate(found) if floor == height]
        if not levels:
            continue
        top, tall = 4 + levels[0] * ROW, len(levels) * ROW
        if height % 2 == 0:
            parts.append(
                f'<rect class="floor" x="0" y="{top:g}" width="{WIDTH:g}" height="{tall:g}"/>'
            )
        parts.append(f'<text class="number" x="12" y="{top + 30:g}">{height}</text>')
    return parts


def _arrow(room: str, other: str, placed: dict[str, Box]) -> str:
    """A line from the bottom of a room to the top of one that it imports."""
    a, b = placed[room], placed[other]
    start, end = a.top + HEIGHT, b.top
    bend = min(40.0, (end - start) * 0.6)
    return (
        f'<path d="M{a.x:.1f} {start:.1f}C{a.x:.1f} {start + bend:.1f} '
        f'{b.x:.1f} {end - bend:.1f} {b.x:.1f} {end:.1f}"/>'
    )


def _title(room: str, between: Arrows) -> str:
    others = ", ".join(sorted(between[room])) or "no other room"
    return f"{room} imports {others}"


def says(room: str) -> str:
    """The first sentence of a room's docstring."""
    path = walk.PACKAGE / f"{room}.py"
    source = path if path.exists() else walk.PACKAGE / room / "__init__.py"
    doc = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(doc.split("\n\n")[0].split())


def table() -> str:
    """The rooms from the ground up, with what each says of itself, in reStructuredText."""
    between: dict[str, Any] = arrows()
    lines = ["The rooms", "=========", "", "Each room says what it is in its first sentence.", ""]
    lines += [".. list-table::", "   :header-rows: 1", "   :widths: 8 20 72", ""]
    lines += ["   * - floor", "     - room", "     - what it is"]
    for height, floor in enumerate(walk.FLOORS):
        for room in floor:
            if room in between:
                lines += [f"   * - {height}", f"     - ``{room}``", f"     - {says(room)}"]
    return "\n".join([*lines, ""])
