"""Two curves below a loop: a value that is passed on, and the gradient that comes back to it."""

from __future__ import annotations

import math

from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.repeats import Loop
from autograd_nn.drawing.text import number, text_width

__all__ = ["draw_curves"]

_MARGIN = 12.0
_MOST_POINTS = 400  # of a curve


def draw_curves(pen: Pen, loop: Loop, k: int, top: float) -> float:
    """How a value that is passed on went, and how much of the gradient came back to it."""
    nodes = [pen.order[loop.at(step, k)] for step in range(loop.count)]
    name = pen.name(loop.at(loop.count - 1, k))
    series = [[node._data for node in nodes]]
    titles = [f"{name}, step by step"]
    if pen.ran and pen.with_grad:
        series.append([math.log10(abs(n._grad)) if n._grad else -math.inf for n in nodes])
        titles.append(f"size of the gradient that reaches {name}, log scale")
    h, w = 92.0, (pen.scene.width - (len(series) + 1) * _MARGIN) / len(series)
    for i, (title, points) in enumerate(zip(titles, series, strict=True)):
        x = _MARGIN + i * (w + _MARGIN)
        pen.part("", "curve", title)
        pen.rect(x, top, w, h, "band", r=10)
        fits = text_width(title, 10.5, bold=True) <= w - 20
        words = title if fits else "gradient, log scale" if i else name
        pen.text(x + 12, top + 16, words, "ink", 10.5, bold=True, room=w - 20)
        _curve(pen, points, x + 50, top + 26, w - 64, h - 46, i == 1)
        pen.text(x + 50, top + h - 6, "t = 1", "quiet", 9)
        pen.text(x + w - 14, top + h - 6, f"t = {loop.count:,}", "quiet", 9, "end")
    return top + h + 10.0


def _curve(
    pen: Pen, series: list[float], x: float, y: float, w: float, h: float, log: bool
) -> None:
    finite = [v for v in series if math.isfinite(v)]
    if not finite:
        pen.text(x, y + h / 2, "0 at every step" if log else "not finite", "quiet", 9.5)
        return
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    kept = _thinned(series)
    d, pen_up = "", True
    for k in kept:
        v = series[k]
        if math.isnan(v) or (not log and math.isinf(v)):
            pen_up = True
            continue
        at = max(low, min(high, v))
        px = x + w * k / max(1, len(series) - 1)
        py = y + h - (at - low) / span * h
        d += f"{'M' if pen_up else 'L'}{px:.1f},{py:.1f}"
        pen_up = False
    pen.path(d, line="quiet" if log else "p4", thick=1.3)
    for v, at in ((high, y + 4), (low, y + h + 3)):
        words = number(v, 2)
        if log:
            words = "1" if round(v) == 0 else f"1e{round(v)}".replace("-", "−")
        pen.text(x - 6, at, words, "quiet", 9, "end")
        if high == low:
            break


def _thinned(series: list[float]) -> list[int]:
    """Places of at most about 400 points that keep the highs and lows of a long series."""
    if len(series) <= _MOST_POINTS:
        return list(range(len(series)))
    size = -(-2 * len(series) // _MOST_POINTS)
    kept: set[int] = {0, len(series) - 1}
    for start in range(0, len(series), size):
        part = range(start, min(start + size, len(series)))
        kept.add(min(part, key=lambda k: series[k]))
        kept.add(max(part, key=lambda k: series[k]))
    return sorted(kept)
