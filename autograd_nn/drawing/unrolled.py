"""A loop that was unrolled, drawn once: first and last values, and how they went.

The last step stands for all: each box has the numbers of the first and of the last step, what a
step passes on returns below it to where the next one reads it, and two curves show the value that
is passed on and the size of the gradient that comes back to it, step by step.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from autograd_nn.drawing.boxes import badge, box_height, draw_box, fill_of, hang
from autograd_nn.drawing.graph import sign_of
from autograd_nn.drawing.legend import draw_legend
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.repeats import Loop
from autograd_nn.drawing.scene import Flow
from autograd_nn.drawing.sheet import Node, Sheet
from autograd_nn.drawing.sums import Sums
from autograd_nn.drawing.text import number, text_width
from autograd_nn.drawing.values import paint_edges, spread
from autograd_nn.ops import CONSTANT

__all__ = ["draw_loop"]

_MARGIN, _PAD, _GAP, _HEAD = 12.0, 14.0, 36.0, 44.0
_WIDE, _TALL = 116.0, 54.0
_AFTER = 150.0  # the band of what follows
_LANE = 20.0  # between two ways back
_MOST = 40  # boxes of a step
_MOST_POINTS = 400  # of a curve
_DIGITS = re.compile(r"(\d+)")


def draw_loop(pen: Pen, loop: Loop, width: float, opened: Collection[int] = ()) -> None:
    """Draw the step, what follows the last one, and the curves.

    Args:
        opened: numbers of values that are not to be closed, if the width is passed over for it.
    """
    rest, carried = loop.rest(), len(loop.carried)
    keep = {id(pen.order[i]) for step in (-1, -2) for i in _passed_on(loop, step)}
    pen.sums = Sums(pen.graph, keep | pen.named)
    first = _first_values(pen, loop)
    _name_steps(pen, loop, first)
    left = _MARGIN + _PAD + 3.0 * (carried - 1)
    edge = _PAD + 12.0 + 5.0 * carried  # room for the ways back, on the right of the boxes
    room = width - left - edge - 14.0 - _MARGIN - (_GAP + _AFTER if rest else 0.0)
    sheet = _sheet(pen, loop, first, room, left, opened)
    nodes = list(sheet.nodes.values())
    lift = _MARGIN + 8 + _HEAD - min(node.y - node.h / 2 for node in nodes)
    for node in nodes:
        node.y += lift
    low = max(node.y + node.h / 2 for node in nodes)
    right = max(node.x + node.w for node in nodes) + edge
    bottom, after = low + 16.0 + _LANE * carried, right + 14.0 + _GAP
    pen.scene.view = "loop"
    pen.scene.width = max(after + _AFTER + _MARGIN if rest else right + 14.0 + _MARGIN, 480.0)
    _ground(pen, loop, right, bottom)
    if rest:
        pen.part("", "band", "after the last step")
        pen.rect(after, _MARGIN + 8, _AFTER, bottom - _MARGIN - 8, "band", r=10)
        pen.text(after + 12, _MARGIN + 29, "after the last step", "ink", 11.5, bold=True)
    _ways_back(pen, loop, sheet, right, low)
    paint_edges(pen, sheet)
    for node in nodes:
        _paint(pen, sheet, node, first.get(node.i, node.i), loop)
    if rest:
        _rest(pen, loop, sheet, after, bottom)
    y = bottom + 10.0
    for k in loop.carried[:2]:
        y = _curves(pen, loop, k, y)
    more = [("closed", "closed: holds more")] if any(node.holds for node in nodes) else []
    _hold(pen, loop)
    draw_legend(pen, y - 6.0, pen.scene.width, more)


def _passed_on(loop: Loop, step: int) -> list[int]:
    """What a step passes on; steps count from the end, as -1."""
    return [loop.at(loop.count + step, k) for k in loop.carried]


def _sheet(
    pen: Pen,
    loop: Loop,
    first: dict[int, int],
    room: float,
    left: float,
    opened: Collection[int],
) -> Sheet:
    """The last step in as many columns as fit into ``room``, from ``left``."""
    final = set(loop.step(loop.count - 1))
    passed = _passed_on(loop, -1)
    ends = sorted(i for i in final if i in passed or id(pen.order[i]) in pen.tops)
    read = {k for i in final for k, _ in pen.graph.operands[i]} - final
    stop = {k for k in read if pen.graph.operands[k]}

    def size(i: int) -> tuple[float, float]:
        if pen.order[i]._code == CONSTANT or first.get(i, i) == i:
            return _WIDE, box_height(pen, i)
        return max(_WIDE, _pair_width(pen, i, first[i], loop.count)), _TALL

    columns = max(3, int((room + _GAP) / (_WIDE + 8.0 + _GAP)))
    while True:
        sheet = Sheet(pen, ends, stop, opened, columns, _MOST, sizes=size)
        sheet.place()
        widths: dict[int, float] = {}
        for node in sheet.nodes.values():
            widths[node.column] = max(widths.get(node.column, 0.0), node.w)
        wide = sum(widths.values()) + _GAP * (len(widths) - 1)
        if wide <= room or columns <= 2:
            break
        columns -= 1
    spread(sheet, max(wide, room) + 2 * left, left, [""] * len(widths), _GAP)
    return sheet


# ---------------------------------------------------------------------------
# What stands for what


def _first_values(pen: Pen, loop: Loop) -> dict[int, int]:
    """For every value of the last step, the one that stands for it in the first."""
    last = loop.count - 1
    first: dict[int, int] = {}
    for k in range(loop.period):
        a, b = loop.at(0, k), loop.at(last, k)
        first[b] = a
        for (x, _), (y, _) in zip(pen.graph.operands[a], pen.graph.operands[b], strict=False):
            first.setdefault(y, x)
    return first


def _name_steps(pen: Pen, loop: Loop, first: dict[int, int]) -> None:
    """``h(t)`` for what is called h1 in the first step and h1000 in the last.

    A value that is passed on and has no name takes that of what the first step begins with.
    """
    last = loop.count - 1
    for n, k in enumerate(loop.carried):
        out, into = loop.at(last, k), loop.at(last - 1, k)
        if pen.namer.has_own_name(pen.order[out]):
            continue
        begin = pen.order[first.get(into, into)]
        name = pen.namer.word(begin) if pen.namer.has_own_name(begin) else ""
        name = name.rstrip("0_ ") or ("state" if len(loop.carried) == 1 else f"state {n + 1}")
        pen.aliases.update({out: f"{name}(t)", into: f"{name}(t−1)"})
    for b, a in first.items():
        if a == b or b in pen.aliases:
            continue
        name = _with_t(pen.namer.word(pen.order[a]), pen.namer.word(pen.order[b]), loop.count)
        pen.aliases[b] = name or pen.namer.word(pen.order[b])


def _with_t(a: str, b: str, count: int) -> str:
    """One name for two that differ in numbers that grow with the steps; "" if they do otherwise."""
    one, two = _DIGITS.split(a), _DIGITS.split(b)
    if len(one) != len(two):
        return ""
    out = []
    for x, y in zip(one, two, strict=True):
        if x == y:
            out.append(x)
        elif x.isdecimal() and y.isdecimal() and len(x) < 10 and len(y) < 10:
            back = count - int(y)
            if int(x) != 1 - back and int(y) - int(x) not in (count - 1, count):
                return ""
            shift = "" if not back else f"−{back}" if back > 0 else f"+{-back}"
            out.append(f"(t{shift})" if abs(back) < 10 else "(t)")
        else:
            return ""
    return "".join(out)


# ---------------------------------------------------------------------------
# Grounds and ways


def _ground(pen: Pen, loop: Loop, right: float, bottom: float) -> None:
    top, w = _MARGIN + 8, right - _MARGIN
    words = f"{loop.period:,} operation{'s' * (loop.period > 1)} a step, {loop.size:,} in all"
    pen.part("r0", "loop", f"a step that is done {loop.count:,} times: {words}")
    for k in (2, 1):  # the edges of a stack of cards
        pen.rect(_MARGIN + 7 * k, top - 5 * k, w, bottom - top, "band", "card-line", 10, thick=1)
    pen.rect(_MARGIN, top, w, bottom - top, "band", "card-line", 10, thick=1.4)
    x = _MARGIN + _PAD
    x += pen.text(x, top + 21, "step t", "ink", 12, bold=True) + 10
    chip = f"× {loop.count:,}"
    wide = 9.0 * len(chip) * 0.72 + 18
    pen.rect(x, top + 8, wide, 18, "op", r=9)
    pen.text(x + wide / 2, top + 21, chip, "op-ink", 11, "middle", bold=True)
    pen.text(x + wide + 10, top + 21, words, "quiet", 9.5, room=right - x - wide - 20)


def _ways_back(pen: Pen, loop: Loop, sheet: Sheet, right: float, low: float) -> None:
    """From each value that is passed on round below the step to where the next one reads it."""
    last = loop.count - 1
    holder = {i: node for node in sheet.nodes.values() for i in (*node.holds, node.i)}
    sizes = [abs(pen.order[loop.at(last, k)]._grad) for k in loop.carried]
    largest = max((s for s in sizes if math.isfinite(s)), default=0.0)
    for n, k in enumerate(loop.carried):
        source, target = holder.get(loop.at(last, k)), holder.get(loop.at(last - 1, k))
        if source is None or target is None:
            continue
        x0, x1 = source.x + source.w, target.x
        far = right - 8.0 - 5.0 * n if source.column == _last_column(sheet) else x0 + 9.0 + 4.0 * n
        near = x1 - 11.0 - 3.0 * n
        y = low + 18.0 + _LANE * n
        flow = Flow(((loop.at(last, k), -1),), largest)
        name = sheet.name(loop.at(last, k))
        pen.part(f"b{n}", "arrow", f"{name} is passed on to the next step")
        end = (x1, target.y + (6.0 if target.operands else 0.0))
        via = ((far, source.y), (far, y), (near, y), (near, end[1]))
        pen.edge((x0, source.y), end, flow, form="around", via=via, thick=1.8)
        words = f"{name} is passed on"
        middle = (near + far) / 2
        wide = 5.2 * len(words) + 14
        pen.rect(middle - wide / 2, y - 8, wide, 16, "band", r=8)
        pen.text(middle, y + 3.5, words, "quiet", 9.5, "middle")


def _last_column(sheet: Sheet) -> int:
    return max(node.column for node in sheet.nodes.values())


# ---------------------------------------------------------------------------
# Boxes


def _paint(pen: Pen, sheet: Sheet, node: Node, first: int, loop: Loop) -> None:
    """A box with the values of the first and of the last step; what all steps read has one."""
    i, sign = node.i, sheet.sign(node)
    name = sheet.name(i)
    if first == i or pen.order[i]._code == CONSTANT:
        leaf = not pen.graph.operands[i] and pen.order[i]._code != CONSTANT
        draw_box(pen, i, f"{name} (shared)" if leaf else name, node.x, node.y, node.w)
        return
    _pair(pen, node, first, name, loop.count, 14.0 if sign else 8.0)
    if sign:
        badge(pen, i, sign, node.x, node.y)


def _pair(pen: Pen, node: Node, first: int, name: str, count: int, inset: float) -> None:
    i, x, w = node.i, node.x, node.w
    fill = fill_of(pen.kind(i))
    y = node.y - _TALL / 2
    part = pen.value(i, opens=f"v{i}" if node.holds else "")
    part.title = f"{name}: first {pen.order[first]._data!r}, last {pen.order[i]._data!r}"
    if node.holds:
        pen.rect(x + 3, y + 3, w, _TALL, fill, f"{fill}-line")
    pen.rect(x, y, w, _TALL, fill, f"{fill}-line")
    head = "grad" if pen.with_grad else ""
    pen.text(x + inset, y + 14, name, f"{fill}-ink", 11, bold=True, room=w - inset - 36)
    words = f"{len(node.holds)} closed" if node.holds and not head else head
    pen.text(x + w - 8, y + 14, words, "quiet", 9, "end")
    figure_at = x + w - 8 - (_widest(pen, (first, i), "grad", 9.5) + 8 if pen.with_grad else 0.0)
    for row, (step, v) in enumerate((("1", first), (f"{count:,}", i))):
        base = y + 30 + 15 * row
        pen.text(x + inset, base, step, "quiet", 9)
        pen.figure(figure_at, base, v, "data", f"{fill}-ink", 10.5, "end", digits=3)
        if pen.with_grad:
            pen.figure(x + w - 6, base, v, "grad", size=9.5, anchor="end", digits=3)


def _widest(pen: Pen, of: tuple[int, ...], what: str, size: float) -> float:
    """The width of the widest of some numbers as they are drawn in a pair."""
    found = [pen.grad(i) if what == "grad" else pen.order[i]._data for i in of]
    return max(text_width("–" if x is None else number(x, 3), size) for x in found)


def _pair_width(pen: Pen, i: int, first: int, count: int) -> float:
    """How wide a box with the numbers of two steps has to be."""
    need = 14.0 + text_width(f"{count:,}", 9) + 6 + _widest(pen, (first, i), "data", 10.5) + 8
    return need + (_widest(pen, (first, i), "grad", 9.5) + 8 if pen.with_grad else 0.0)


def _hold(pen: Pen, loop: Loop) -> None:
    """The loop stands for all values of all steps that are not drawn themselves."""
    part = next(part for part in pen.scene.parts if part.role == "loop")
    rest = set(loop.rest())
    part.values = tuple(i for i in range(len(pen.order)) if i not in rest)
    shown = pen.scene.shown
    pen.scene.shown = [there or part.id for there in shown]


def _rest(pen: Pen, loop: Loop, sheet: Sheet, left: float, bottom: float) -> None:
    """What follows the loop, one below the other in its own band, or closed."""
    rest, x, wide = loop.rest(), left + 26.0, _AFTER - 38.0
    chain = _chain(pen, loop, rest)
    source = next(
        (sheet.nodes[i] for i in reversed(_passed_on(loop, -1)) if i in sheet.nodes), None
    )
    if source is None:
        return
    y = min(source.y, bottom - 30.0 - 60.0 * (len(chain) - 1)) if chain else source.y
    start = (source.x + source.w, source.y)
    if not chain:
        _closed_rest(pen, rest, left + 12.0, y, _AFTER - 24.0, start)
        return
    for n, (i, sign) in enumerate(chain):
        flow = Flow(((i, -1),), abs(pen.order[i]._grad) or 1.0)
        pen.part(f"e{i}-0", "arrow", "")
        at = y + 60.0 * n
        if n == 0:
            pen.edge(start, (x - hang(sign) - 1, at), flow)
        else:
            middle = x + wide / 2
            pen.edge((middle, at - 42.0), (middle, at - 18.0), flow, form="down")
        name = pen.name(i) if pen.namer.has_own_name(pen.order[i]) else ""
        draw_box(pen, i, name or pen.namer.word(pen.order[i]), x, at, wide, inset=14.0)
        badge(pen, i, sign, x, at)


def _chain(pen: Pen, loop: Loop, rest: list[int]) -> list[tuple[int, str]]:
    """The operations after the loop where each takes the one before and at most a plain number."""
    found: list[tuple[int, str]] = []
    before = set(loop.step(loop.count - 1))
    for i in rest[:4]:
        operands = [k for k, _ in pen.graph.operands[i]]
        plain = [k for k in operands if pen.order[k]._code == CONSTANT]
        if len(operands) - len(plain) != 1 or not before.intersection(operands):
            return []
        sheet_sign = _sign_with(pen, i, operands, plain)
        found.append((i, sheet_sign))
        before = {i}
    return found if len(rest) <= 4 else []


def _sign_with(pen: Pen, i: int, operands: list[int], plain: list[int]) -> str:
    """``− 0.5``: the sign of an operation with the plain number that it takes."""
    sign = sign_of(pen.order[i])
    if not plain:
        return sign
    figure = number(pen.order[plain[0]]._data)
    return f"{sign} {figure}" if operands[-1] == plain[0] else f"{figure} {sign}"


def _closed_rest(
    pen: Pen, rest: list[int], x: float, y: float, w: float, start: tuple[float, float]
) -> None:
    i = rest[-1]
    pen.part("", "arrow", "")
    pen.edge(start, (x, y), None, thick=1.8)
    pen.part("g1", "group", f"{len(rest):,} operations after the last step", values=tuple(rest))
    fill = "output" if id(pen.order[i]) in pen.tops else "card"
    pen.rect(x + 3, y - 21, w, 50, fill, f"{fill}-line")
    pen.rect(x, y - 24, w, 50, fill, f"{fill}-line")
    taken = pen.figure(x + w - 8, y - 9, i, "data", f"{fill}-ink", 11, "end")
    name = pen.namer.word(pen.order[i])
    pen.text(x + 8, y - 9, name, f"{fill}-ink", 11, bold=True, room=w - 22 - taken)
    pen.text(x + 8, y + 5, f"{len(rest):,} operations", "quiet", 9.5)
    if pen.with_grad:
        pen.figure(x + w - 8, y + 19, i, "grad", size=10, anchor="end")
        pen.text(x + 8, y + 19, "grad", "quiet", 9)


# ---------------------------------------------------------------------------
# Curves


def _curves(pen: Pen, loop: Loop, k: int, top: float) -> float:
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
        pen.text(x + 12, top + 16, title, "ink", 10.5, bold=True, room=w - 20)
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
