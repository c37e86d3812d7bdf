"""A plot of a function and its slope as an SVG in the page, in the colours of the page's theme."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

LEFT, RIGHT, POINTS = -4.0, 4.0, 320
WIDTH, HEIGHT, MARGIN = 360.0, 200.0, 26.0


def plot(
    value: Callable[[float], float], slope: Callable[[float], float], name: str, *second: float
) -> str:
    """Value (solid) and slope (dashed) over -4 to 4, from samples; what is not finite is a gap.

    Args:
        name: of the operation, for those who hear the page.
        second: the second operand, where there is one.
    """
    xs = [LEFT + (RIGHT - LEFT) * k / POINTS for k in range(POINTS + 1)]
    series = [[f(x) for x in xs] for f in (value, slope)]
    low, high = _range([y for ys in series for y in ys if math.isfinite(y)])
    operands = "(a)" if not second else f"(a, {second[0]:g})"
    title = f"{name}{operands} and its slope along a, for a from {LEFT:g} to {RIGHT:g}"
    parts = [
        f'<svg class="operation" role="img" aria-label="{title}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="{WIDTH:g}" height="{HEIGHT:g}">',
        *_axes(low, high),
        *(
            f'<path class="{kind}" d="{_path(xs, ys, low, high)}"/>'
            for kind, ys in zip(("value", "slope"), series, strict=True)
        ),
        f'<text x="{WIDTH - 4:g}" y="14" text-anchor="end">{name}{operands}: '
        '<tspan class="value">value</tspan>, <tspan class="slope">slope</tspan></text>',
        "</svg>",
    ]
    return "\n".join(parts)


def _range(found: list[float]) -> tuple[float, float]:
    """What is shown: all of it, but no more than -5 to 5, so that a pole does not flatten it."""
    low, high = max(min(found, default=0.0), -5.0), min(max(found, default=0.0), 5.0)
    low, high = min(low, 0.0), max(high, 1.0)
    room = 0.06 * (high - low)
    return low - room, high + room


def _x(x: float) -> float:
    return MARGIN + (x - LEFT) / (RIGHT - LEFT) * (WIDTH - 2 * MARGIN)


def _y(y: float, low: float, high: float) -> float:
    return HEIGHT - MARGIN - (y - low) / (high - low) * (HEIGHT - 2 * MARGIN)


def _axes(low: float, high: float) -> list[str]:
    zero = _y(0.0, low, high)
    found = [
        f'<path class="axis" d="M{MARGIN:g} {zero:.1f}H{WIDTH - MARGIN:g}'
        f'M{_x(0):.1f} {MARGIN:g}V{HEIGHT - MARGIN:g}"/>'
    ]
    for x in (-4, -2, 2, 4):
        found.append(f'<text x="{_x(x):.1f}" y="{zero + 13:.1f}" text-anchor="middle">{x}</text>')
    step = 1 if high - low < 4 else 2
    for y in range(math.ceil(low), math.floor(high) + 1):
        if y and y % step == 0:
            at = _y(y, low, high) + 4
            found.append(f'<text x="{_x(0) - 5:.1f}" y="{at:.1f}" text-anchor="end">{y}</text>')
    return found


def _path(xs: list[float], ys: list[float], low: float, high: float) -> str:
    """The curve, broken where it has no number, leaves the frame, or jumps."""
    strokes: list[list[tuple[float, float]]] = [[]]
    for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
        seen = math.isfinite(y) and low <= y <= high
        if strokes[-1] and (not seen or _jumps(ys, k)):
            strokes.append([])
        if seen:
            strokes[-1].append((_x(x), _y(y, low, high)))
    return "".join(map(_stroke, strokes))


def _jumps(ys: list[float], k: int) -> bool:
    """Whether the step to here is of another size than those before and after it."""
    beside = [abs(ys[k - 1] - ys[k - 2])] if k > 1 else []
    beside += [abs(ys[k + 1] - ys[k])] if k + 1 < len(ys) else []
    return abs(ys[k] - ys[k - 1]) > 0.05 + 8 * max((d for d in beside if d == d), default=0.0)


def _stroke(points: list[tuple[float, float]]) -> str:
    """One line through points, without those that lie on the way between their neighbours."""
    kept = points[:1]
    for here, after in pairwise(points[1:]):
        before = kept[-1]
        share = (here[0] - before[0]) / (after[0] - before[0])
        if abs(before[1] + share * (after[1] - before[1]) - here[1]) > 0.03:
            kept.append(here)
    kept += points[1:][-1:]
    return "".join(f"{'L' if k else 'M'}{x:.1f} {y:.1f}" for k, (x, y) in enumerate(kept))
