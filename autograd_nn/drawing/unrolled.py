"""A loop that was unrolled, drawn once: first and last values, and how they went.

The last step stands for all: each box has the numbers of the first and of the last step, what a
step passes on returns below it to where the next one reads it, and two curves show the value that
is passed on and the size of the gradient that comes back to it, step by step.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from autograd_nn.drawing.after import AFTER, After
from autograd_nn.drawing.boxes import badge, box_height, draw_box, fill_of
from autograd_nn.drawing.curves import draw_curves
from autograd_nn.drawing.legend import draw_legend
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.repeats import Loop
from autograd_nn.drawing.sheet import Node, Sheet, value_numbers
from autograd_nn.drawing.sums import Sums
from autograd_nn.drawing.text import number, text_width
from autograd_nn.drawing.values import paint_edges, spread
from autograd_nn.ops import CONSTANT

__all__ = ["draw_loop"]

_MARGIN, _PAD, _GAP, _HEAD = 12.0, 14.0, 36.0, 44.0
_WIDE, _TALL = 116.0, 54.0
_NARROW = 640.0  # a picture in which what follows stands below the step
_LANE = 20.0  # between two ways back
_MOST = 40  # boxes of a step
_DIGITS = re.compile(r"(\d+)")
_START = re.compile(r"(?<=\D)[_ ]?0\Z")  # the 0 of h0


def draw_loop(pen: Pen, loop: Loop, width: float, opened: Collection[str] = ()) -> None:
    """Draw the step, what follows the last one, and the curves.

    Args:
        opened: ids of what is not to be closed, if the width is passed over for it.
    """
    carried = len(loop.carried)
    keep = {id(pen.order[i]) for step in (-1, -2) for i in _passed_on(loop, step)}
    pen.sums = Sums(pen.graph, keep | pen.named)
    first = _first_values(pen, loop)
    _name_steps(pen, loop, first)
    left = _MARGIN + _PAD + 3.0 * (carried - 1)
    edge = _PAD + 12.0 + 5.0 * carried  # room for the ways back, on the right of the boxes
    after = After.of(pen, loop, width, opened)
    beside = after is not None and width >= _NARROW
    room = width - left - edge - 14.0 - _MARGIN - (_GAP + AFTER if beside else 0.0)
    sheet = _sheet(pen, loop, first, room, left, value_numbers(opened))
    nodes = list(sheet.nodes.values())
    lift = _MARGIN + 8 + _HEAD - min(node.y - node.h / 2 for node in nodes)
    for node in nodes:
        node.y += lift
    low = max(node.y + node.h / 2 for node in nodes)
    right = max(node.x + node.w for node in nodes) + edge
    bottom = low + 16.0 + _LANE * carried
    if beside and after is not None:
        bottom = max(bottom, _MARGIN + 8 + after.height(pen))
    pen.scene.view = "loop"
    reach = right + 14.0
    if after is not None:
        reach = reach + _GAP + after.width if beside else max(reach, _MARGIN + after.width)
    pen.scene.width = max(reach + _MARGIN, min(width, 480.0))
    _ground(pen, loop, right, bottom)
    y = bottom + 10.0
    source = next((sheet.nodes[i] for i in _passed_on(loop, -1)[::-1] if i in sheet.nodes), None)
    if after is not None and source is not None:
        start = (source.x + source.w, source.y)
        if beside:
            after.beside(pen, right + 14.0 + _GAP, _MARGIN + 8, bottom - _MARGIN - 8, start)
        else:
            y = after.below(pen, _MARGIN, y, pen.scene.width - 2 * _MARGIN, start)
    _ways_back(pen, loop, sheet, right, low)
    paint_edges(pen, sheet)
    for node in nodes:
        _paint(pen, sheet, node, first.get(node.i, node.i), loop)
    for k in loop.carried[:2]:
        y = draw_curves(pen, loop, k, y)
    more = [("closed", "closed: holds more")] if any(node.closed for node in nodes) else []
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
    gap = _GAP if wide <= room else max(17.0, _GAP - (wide - room) / max(1, len(widths) - 1))
    spread(sheet, max(wide, room) + 2 * left, left, [""] * len(widths), gap)
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
        name = _START.sub("", name) or ("state" if len(loop.carried) == 1 else f"state {n + 1}")
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
    flows = pen.flows(((loop.at(last, k), -1),) for k in loop.carried)
    for n, k in enumerate(loop.carried):
        source, target = holder.get(loop.at(last, k)), holder.get(loop.at(last - 1, k))
        if source is None or target is None:
            continue
        x0, x1 = source.x + source.w, target.x
        far = right - 8.0 - 5.0 * n if source.column == _last_column(sheet) else x0 + 9.0 + 4.0 * n
        near = x1 - 11.0 - 3.0 * n
        y = low + 18.0 + _LANE * n
        name = sheet.name(loop.at(last, k))
        pen.part(f"b{n}", "arrow", f"{name} is passed on to the next step")
        end = (x1, target.y + (6.0 if target.operands else 0.0))
        via = ((far, source.y), (far, y), (near, y), (near, end[1]))
        pen.edge((x0, source.y), end, flows[n], form="around", via=via, thick=1.8)
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
    part = pen.value(i, opens=f"v{i}" if node.closed else "")
    part.title = f"{name}: first {pen.order[first]._data!r}, last {pen.order[i]._data!r}"
    if node.closed:
        pen.rect(x + 3, y + 3, w, _TALL, fill, f"{fill}-line")
    pen.rect(x, y, w, _TALL, fill, f"{fill}-line")
    words = "grad" if pen.with_grad else f"{len(node.holds)} closed" if node.closed else ""
    room = w - inset - 14 - text_width(words, 9)
    pen.text(x + inset, y + 14, name, f"{fill}-ink", 11, bold=True, room=room)
    if words:
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
