"""From a ``Picture`` to SVG, by the built-in layout.

Only elements and attributes that are spelled in this file are ever written, and user text
stands in ``title`` and ``text`` alone, escaped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from autograd_nn.drawing import palette
from autograd_nn.drawing.dot import legend_entries
from autograd_nn.drawing.graph import Arrow, Box, Operation, Picture
from autograd_nn.drawing.layout import Placement, lay_out
from autograd_nn.drawing.text import clean, escape, text_width
from autograd_nn.drawing.tree import ScopeTree

__all__ = ["svg_text"]

_TITLE, _ROW, _MARGIN = 22.0, 15.5, 14.0


@dataclass(slots=True)
class _Canvas:
    """The parts of the picture in drawing order, and how far they reach."""

    clusters: list[str]
    arrows: list[str]
    nodes: list[str]
    left: float = math.inf
    top: float = math.inf
    right: float = -math.inf
    bottom: float = -math.inf

    def reach(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.left, self.top = min(self.left, x0), min(self.top, y0)
        self.right, self.bottom = max(self.right, x1), max(self.bottom, y1)


def svg_text(picture: Picture, direction: str = "LR", prefix: str = "", legend: bool = True) -> str:
    """The whole SVG document.

    Args:
        direction: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
        prefix: goes before every id, so that one page can hold many pictures.
    """
    sizes = [_box_size(box) for box in picture.boxes]
    sizes += [_operation_size(operation) for operation in picture.operations]
    place = {box.id: i for i, box in enumerate(picture.boxes)}
    place.update({op.id: len(place) + i for i, op in enumerate(picture.operations)})
    tree = ScopeTree.of(picture)
    paths: list[tuple[int, ...]] = [()] * len(sizes)
    parts = _walk(tree, place, paths)
    sideways = direction in ("LR", "RL")
    placed = lay_out(
        [(place[arrow.tail], place[arrow.head]) for arrow in picture.arrows],
        [w if sideways else h for w, h in sizes],
        [h if sideways else w for w, h in sizes],
        paths,
        (24.0, 10.0) if sideways else (10.0, 10.0),
        20.0 if sideways else 36.0,
    )
    points = _points(placed, direction)
    canvas = _Canvas([], [], [])
    for path in sorted(placed.groups, key=len):
        _draw_cluster(canvas, parts[path], path, points, sizes, paths, prefix)
    largest = picture.largest()
    for arrow, route in zip(picture.arrows, placed.routes, strict=True):
        canvas.arrows.append(
            _draw_arrow(canvas, arrow, route, points, sizes, largest, direction, prefix)
        )
    for box, point, size in zip(picture.boxes, points, sizes, strict=False):
        canvas.nodes.append(_draw_box(canvas, box, point, size, prefix))
    for i, operation in enumerate(picture.operations, len(picture.boxes)):
        canvas.nodes.append(_draw_operation(canvas, operation, points[i], sizes[i], prefix))
    words = _draw_legend(canvas, picture) if legend else ""
    return _document(canvas, picture, words)


def _document(canvas: _Canvas, picture: Picture, legend: str) -> str:
    x, y = canvas.left - _MARGIN, canvas.top - _MARGIN
    width = canvas.right - canvas.left + 2 * _MARGIN
    height = canvas.bottom - canvas.top + 2 * _MARGIN
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="{x:.1f} {y:.1f} {width:.1f} {height:.1f}" font-family="{palette.FONTS}"'
        ' font-size="11">',
        f"<title>{escape(picture.title)}</title>",
        *(['<g class="clusters">', *canvas.clusters, "</g>"] if canvas.clusters else []),
        '<g class="arrows" fill="none">',
        *canvas.arrows,
        "</g>",
        '<g class="nodes">',
        *canvas.nodes,
        "</g>",
    ]
    if legend:
        lines.append(legend)
    return "\n".join([*lines, "</svg>", ""])


def _points(placed: Placement, direction: str) -> list[tuple[float, float]]:
    sign = 1.0 if direction in ("LR", "TB") else -1.0
    pairs = zip(placed.along, placed.across, strict=True)
    if direction in ("LR", "RL"):
        return [(sign * along, across) for along, across in pairs]
    return [(across, sign * along) for along, across in pairs]


def _walk(
    tree: ScopeTree, place: dict[str, int], paths: list[tuple[int, ...]]
) -> dict[tuple[int, ...], ScopeTree]:
    """Note the path of every node; returns the scopes by path."""
    found: dict[tuple[int, ...], ScopeTree] = {}
    pending: list[tuple[ScopeTree, tuple[int, ...]]] = [(tree, ())]
    while pending:
        part, path = pending.pop()
        found[path] = part
        for box in part.boxes:
            paths[place[box.id]] = path
        for operation in part.operations:
            paths[place[operation.id]] = path
        pending.extend((child, (*path, child.number)) for child in part.parts)
    return found


# ---------------------------------------------------------------------------
# Sizes


def _box_size(box: Box) -> tuple[float, float]:
    width = max(70.0, text_width(box.name, 12, bold=True) + 16)
    for label, figure, _ in box.rows:
        width = max(width, text_width(label, 9) + text_width(figure, 11) + 26)
    return width, _TITLE + _ROW * len(box.rows) + (4.0 if box.rows else 0.0)


def _operation_size(operation: Operation) -> tuple[float, float]:
    if len(operation.sign) <= 2:
        return 25.0, 25.0
    return text_width(operation.sign, 11, bold=True) + 14, 24.0


# ---------------------------------------------------------------------------
# Marks


def _draw_cluster(
    canvas: _Canvas,
    part: ScopeTree,
    path: tuple[int, ...],
    points: list[tuple[float, float]],
    sizes: list[tuple[float, float]],
    paths: list[tuple[int, ...]],
    prefix: str,
) -> None:
    inside = [i for i, p in enumerate(paths) if p[: len(path)] == path]
    deeper = max(len(paths[i]) for i in inside) - len(path)
    pad = 10.0 * (deeper + 1)
    x0 = min(points[i][0] - sizes[i][0] / 2 for i in inside) - pad
    x1 = max(points[i][0] + sizes[i][0] / 2 for i in inside) + pad
    y0 = min(points[i][1] - sizes[i][1] / 2 for i in inside) - 24.0 * (deeper + 1)
    y1 = max(points[i][1] + sizes[i][1] / 2 for i in inside) + pad
    canvas.reach(x0, y0, x1, y1)
    name = part.name
    while name and text_width(name, 11, bold=True) > x1 - x0 - 16:
        name = clean(name, len(name) - 1) if len(name) > 2 else ""
    fill = palette.CLUSTERS[min(len(path) - 1, 2)]
    canvas.clusters.append(
        f'<g id="{prefix}c{part.number}" class="scope"><title>{escape(part.name)}</title>'
        f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}" rx="12"'
        f' fill="{fill}" stroke="#CBD5E1" stroke-width="1.2"/>'
        f'<text x="{x0 + 9:.1f}" y="{y0 + 15:.1f}" font-weight="bold" fill="{palette.LABEL}">'
        f"{escape(name)}</text></g>"
    )


def _draw_arrow(
    canvas: _Canvas,
    arrow: Arrow,
    route: list[int],
    points: list[tuple[float, float]],
    sizes: list[tuple[float, float]],
    largest: float,
    direction: str,
    prefix: str,
) -> str:
    colour, width, dashed = palette.edge_style(arrow.contribution, largest)
    dx, dy = {"LR": (1, 0), "RL": (-1, 0), "TB": (0, 1), "BT": (0, -1)}[direction]
    first, last = route[0], route[-1]
    x, y = points[first]
    x, y = x + dx * sizes[first][0] / 2, y + dy * sizes[first][1] / 2
    end_x, end_y = points[last]
    end_x, end_y = end_x - dx * sizes[last][0] / 2, end_y - dy * sizes[last][1] / 2
    stops = [points[k] for k in route[1:-1]] + [(end_x - 7 * dx, end_y - 7 * dy)]
    curve = f"M{x:.1f},{y:.1f}"
    for to_x, to_y in stops:
        bend_x, bend_y = (to_x - x) / 2 * abs(dx), (to_y - y) / 2 * abs(dy)
        curve += (
            f"C{x + bend_x:.1f},{y + bend_y:.1f}"
            f" {to_x - bend_x:.1f},{to_y - bend_y:.1f} {to_x:.1f},{to_y:.1f}"
        )
        canvas.reach(to_x, to_y, to_x, to_y)
        x, y = to_x, to_y
    back_x, back_y = end_x - 8.5 * dx, end_y - 8.5 * dy
    head = (
        f"M{end_x:.1f},{end_y:.1f}L{back_x - 3.6 * dy:.1f},{back_y - 3.6 * dx:.1f}"
        f"L{back_x + 3.6 * dy:.1f},{back_y + 3.6 * dx:.1f}z"
    )
    dashes = ' stroke-dasharray="5 3"' if dashed else ""
    label = ""
    if arrow.label:
        middle_x = (points[first][0] + sizes[first][0] / 2 * dx + end_x) / 2
        middle_y = (points[first][1] + end_y) / 2
        label = (
            f'<text x="{middle_x:.1f}" y="{middle_y - 5:.1f}" text-anchor="middle" font-size="9"'
            f' fill="{palette.LEGEND}">{escape(arrow.label)}</text>'
        )
        half = text_width(arrow.label, 9) / 2
        canvas.reach(middle_x - half, middle_y - 14, middle_x + half, middle_y)
    return (
        f'<g id="{prefix}{arrow.id}" class="arrow"><title>{escape(arrow.tooltip)}</title>'
        f'<path class="line" d="{curve}" stroke="{colour}" stroke-width="{width:.2f}"{dashes}/>'
        f'<path class="head" d="{head}" fill="{colour}"/>{label}</g>'
    )


def _draw_box(
    canvas: _Canvas, box: Box, centre: tuple[float, float], size: tuple[float, float], prefix: str
) -> str:
    fill, stroke, ink = palette.KINDS[box.kind]
    if box.heat is not None:
        fill = palette.mix("#FFFFFF", "#FCD34D", box.heat)
    width, height = size
    x, y = centre[0] - width / 2, centre[1] - height / 2
    canvas.reach(x, y, x + width, y + height)
    parts = [
        f'<g id="{prefix}{box.id}" class="value {box.kind}"><title>{escape(box.tooltip)}</title>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="9"'
        f' fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>'
        f'<text class="name" x="{centre[0]:.1f}" y="{y + 15.5:.1f}" text-anchor="middle"'
        f' font-size="12" font-weight="bold" fill="{ink}">{escape(box.name)}</text>'
    ]
    if box.rows:
        parts.append(
            f'<path class="rule" d="M{x:.1f},{y + _TITLE:.1f}h{width:.1f}" stroke="{stroke}"/>'
        )
    for i, (label, figure, colour) in enumerate(box.rows):
        line = y + _TITLE + 12.5 + _ROW * i
        parts.append(
            f'<text class="label" x="{x + 8:.1f}" y="{line:.1f}" font-size="9"'
            f' fill="{palette.LABEL}">{escape(label)}</text>'
            f'<text class="figure" x="{x + width - 8:.1f}" y="{line:.1f}" text-anchor="end"'
            f' fill="{colour or ink}">{escape(figure)}</text>'
        )
    return "".join([*parts, "</g>"])


def _draw_operation(
    canvas: _Canvas,
    operation: Operation,
    centre: tuple[float, float],
    size: tuple[float, float],
    prefix: str,
) -> str:
    (x, y), (width, height) = centre, size
    canvas.reach(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    round_sign = len(operation.sign) <= 2
    radius, font = (height / 2, 14) if round_sign else (8.0, 11)
    return (
        f'<g id="{prefix}{operation.id}" class="op"><title>{escape(operation.tooltip)}</title>'
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}"'
        f' height="{height:.1f}" rx="{radius:.1f}" fill="#1E293B"/>'
        f'<text x="{x:.1f}" y="{y + font * 0.35:.1f}" text-anchor="middle" font-size="{font}"'
        f' font-weight="bold" fill="#FFFFFF">{escape(operation.sign)}</text></g>'
    )


def _draw_legend(canvas: _Canvas, picture: Picture) -> str:
    """Swatches and words below the picture, in lines no wider than the picture if it is wide."""
    limit = max(canvas.right, canvas.left + 420.0)
    x, y = canvas.left, canvas.bottom + 26.0
    parts = ['<g class="legend" font-size="9">']
    entries = legend_entries(picture)
    if picture.note:
        entries.append(("words", "", picture.note))
    for form, which, words in entries:
        width = (0.0 if form == "words" else 20.0) + text_width(words, 9)
        if x > canvas.left and x + width > limit:
            x, y = canvas.left, y + 16.0
        start = x
        if form == "box":
            fill, stroke, _ = palette.KINDS[which]
            parts.append(
                f'<rect x="{x:.1f}" y="{y - 8:.1f}" width="13" height="10" fill="{fill}"'
                f' stroke="{stroke}"/>'
            )
        elif form != "words":
            dashes = ' stroke-dasharray="4 2"' if form == "dashes" else ""
            parts.append(
                f'<path d="M{x:.1f},{y - 3:.1f}h16" stroke="{which}" stroke-width="2.6"{dashes}/>'
            )
        if form != "words":
            x += 20.0
        parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{palette.LEGEND}">{escape(words)}</text>'
        )
        canvas.reach(start, y - 10, start + width, y + 4)
        x = start + width + 12.0
    return "".join([*parts, "</g>"])
