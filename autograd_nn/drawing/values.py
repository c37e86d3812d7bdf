"""The picture of an expression, value by value, in bands or frames for its scopes.

``sheet`` says which boxes there are and where across they stand; here are the columns, made to
fit the width, the grounds, the arrows and the boxes.
"""

from __future__ import annotations

from collections.abc import Collection

from autograd_nn.drawing.boxes import badge, draw_box, hang
from autograd_nn.drawing.layout import Placement
from autograd_nn.drawing.legend import draw_legend
from autograd_nn.drawing.pen import Pen, shorten
from autograd_nn.drawing.sheet import NARROWEST, Node, Sheet, value_numbers
from autograd_nn.drawing.text import clean, text_width

__all__ = ["draw_values", "fits", "paint_boxes", "paint_edges", "spread"]

_GAP, _MARGIN, _PAD, _HEAD = 34.0, 12.0, 10.0, 32.0
_BETWEEN = 22.0  # more room where one band ends and the next begins
_USUAL = 108.0  # width of a box where there is room
_RESULTS = 6  # at either end, of very many
_TALLEST = 1_600.0  # of what is drawn without being asked for
_MORE = "m0"  # opens the results that are left out
_EVERY = " expand='*' draws every value."
_DEEPEST = 6  # levels of nested scopes that get a frame


def most_columns(width: float) -> int:
    """How many columns of the narrowest boxes fit."""
    return max(2, int((width - 2 * (_MARGIN + _PAD) - _BETWEEN + _GAP) / (NARROWEST + _GAP)))


def fits(pen: Pen, width: float, values: int) -> bool:
    """Whether an expression can be drawn whole: so many values at most, none of them closed."""
    if len(pen.order) - len(pen.sums.folded) > values:
        return False
    ends = [pen.number_of(root) for root in pen.roots]
    sheet = Sheet(pen, ends, columns=most_columns(width))
    return not any(node.closed for node in sheet.nodes.values())


def draw_values(
    pen: Pen,
    width: float,
    *,
    direction: str = "LR",
    opened: Collection[str] = (),
    whole: bool = False,
    most: int = 400,
    part: Collection[int] = (),
) -> None:
    """Draw every value, or what fits of them.

    Args:
        opened: ids of what is not to be closed.
        whole: draw all, however wide it gets.
        most: how many boxes at most, unless all are drawn.
        part: draw these alone, and what they are computed from.
    """
    sheet, paths, names = _fitted(pen, width, direction, opened, whole, most, part)
    pen.scene.view = "values"
    nodes = list(sheet.nodes.values())
    if names:
        _paint_bands(pen, sheet, names)
    else:
        _paint_frames(pen, sheet, paths)
    paint_edges(pen, sheet, direction)
    paint_boxes(pen, sheet, direction)
    depth = 0 if names else max(map(len, paths.values()), default=0)
    out = max((hang(s) for n in nodes if (s := sheet.sign(n))), default=0.0)
    right = max(node.x + node.w for node in nodes) + _MARGIN + _PAD * (1 + depth)
    right += out if direction == "RL" else 0.0
    bottom = max(node.y + node.h / 2 for node in nodes) + _PAD * (1 + depth) + 2
    bottom += 19.0 if direction == "BT" else 0.0
    pen.scene.width = max(right, min(width, 300.0))
    left_out = len(pen.roots) - len(_ends_drawn(pen, whole or _MORE in opened))
    if left_out and not part:
        hidden = tuple(i for i, shown in enumerate(pen.scene.shown) if not shown)
        words = f"… {left_out:,} more results"
        pen.part(_MORE, "more", words, values=hidden, opens=_MORE)
        bottom += 20.0
        pen.text(nodes[-1].x, bottom - 6.0, words, "quiet", 10)
    closed = [node for node in nodes if node.closed]
    if closed:
        held = len({i for node in closed for i in node.holds})
        boxes = "box with a double edge is" if len(closed) == 1 else "boxes with a double edge are"
        pen.scene.note = (
            f"{len(closed):,} {boxes} closed, with {held:,} of {len(pen.order):,} values."
            f"{'' if part else _EVERY}"
        )
    more = [("closed", "closed: holds more")] if closed else []
    draw_legend(pen, bottom, pen.scene.width, more)


def _ends_drawn(pen: Pen, every: bool) -> list[int]:
    """The results that are drawn: the first and the last where there are very many."""
    ends = [pen.number_of(root) for root in pen.roots]
    return ends if every or len(ends) <= 2 * _RESULTS else [*ends[:_RESULTS], *ends[-_RESULTS:]]


def _fitted(
    pen: Pen,
    width: float,
    direction: str,
    opened: Collection[str],
    whole: bool,
    most: int,
    part: Collection[int],
) -> tuple[Sheet, dict[int, tuple[int, ...]], list[str]]:
    """The boxes in their places, in as many columns as fit; the scopes, and bands if they are."""
    ends, stop = _ends_drawn(pen, whole or _MORE in opened), set()
    if part:
        users = pen.sums.users
        ends = [i for i in part if i in ends or any(u not in part for u in users[i])]
        stop = {k for i in part for k, _ in pen.graph.operands[i] if k not in part}
    columns = 1_000_000 if whole else most_columns(width)
    sideways = direction in ("LR", "RL")
    if whole:
        width, most = 1e9, 1_000_000
    numbers = range(len(pen.order)) if whole else value_numbers(opened)
    while True:
        sheet = Sheet(pen, ends, stop, numbers, columns, most, stacks=sideways)
        pen.namer.tell_apart(pen.order[i] for i in sheet.nodes)
        paths = _paths(pen, sheet)
        bands = direction == "LR" and _flat(pen, sheet, paths)
        placed = sheet.place(None if bands else paths, not sideways)
        names = _band_names(pen, sheet) if bands else []
        depth = 0 if bands else max(map(len, paths.values()), default=0)
        nodes = list(sheet.nodes.values())
        if not sideways:
            _turn(sheet, placed, direction, depth)
            return sheet, paths, names
        left = _MARGIN + _PAD * (1 + depth)
        count = max(node.column for node in nodes) + 1
        spread(sheet, width, left, names or [""] * count, _GAP + 2 * _PAD * depth)
        right = max(node.x + node.w for node in nodes) + left
        tall = max(n.y + n.h / 2 for n in nodes) - min(n.y - n.h / 2 for n in nodes)
        if columns <= 2 or whole or (right <= width and tall <= _TALLEST):
            break
        columns = min(columns, count) - 1
    head = (_HEAD if any(names) else 12.0) if names else 10.0 + 24.0 * depth
    lift = _MARGIN + head - min(node.y - node.h / 2 for node in nodes)
    for node in nodes:
        node.y += lift
        if direction == "RL":
            node.x = right - node.x - node.w
    return sheet, paths, names


# ---------------------------------------------------------------------------
# Places


def spread(sheet: Sheet, width: float, left: float, names: list[str], gap: float = _GAP) -> None:
    """Give every column its place and its width; between bands there is more room."""
    nodes = list(sheet.nodes.values())
    count = max(node.column for node in nodes) + 1
    wide = [_USUAL] * count
    stands_out = [0.0] * count
    for node in nodes:
        wide[node.column] = max(wide[node.column], node.w)
        if sheet.sign(node):
            stands_out[node.column] = max(stands_out[node.column], hang(sheet.sign(node)))
    between = [0.0] + [
        gap + max(0.0, stands_out[c] - 12.0) + _BETWEEN * (names[c] != names[c - 1])
        for c in range(1, count)
    ]
    room = width - 2 * left - sum(between) - stands_out[0]
    limit = max(wide)
    while sum(min(w, limit) for w in wide) > room and limit > NARROWEST:
        limit -= 2.0
    if sum(min(w, limit) for w in wide) > room:
        tight = max(0.7, (room - sum(min(w, limit) for w in wide)) / max(1.0, sum(between)) + 1.0)
        between = [b * tight for b in between]
    x, starts = left + stands_out[0], []
    for c in range(count):
        x += between[c]
        starts.append(x)
        x += min(wide[c], limit)
    for node in nodes:
        node.w = min(wide[node.column], limit)
        node.x = starts[node.column]


def _turn(sheet: Sheet, placed: Placement, direction: str, depth: int) -> None:
    """Places from the top to the bottom, or back: ``across`` is x, ``along`` is y."""
    nodes = list(sheet.nodes.values())
    sign = 1.0 if direction == "TB" else -1.0
    for node in nodes:
        node.x, node.y = node.y - node.w / 2, sign * node.x
    left = min(node.x for node in nodes) - _MARGIN - _PAD * (1 + depth)
    top = min(node.y - node.h / 2 for node in nodes) - 22.0 - 24.0 * depth
    for node in nodes:
        node.x, node.y = node.x - left, node.y - top


def _paths(pen: Pen, sheet: Sheet) -> dict[int, tuple[int, ...]]:
    """The scopes around each node, by number."""
    numbers: dict[tuple[str, ...], int] = {}
    found = {}
    for i in sheet.nodes:
        scope = pen.order[i].scope[:_DEEPEST]
        path = [scope[: k + 1] for k in range(len(scope))]
        found[i] = tuple(numbers.setdefault(part, len(numbers)) for part in path)
    return found


def _flat(pen: Pen, sheet: Sheet, paths: dict[int, tuple[int, ...]]) -> bool:
    """Whether scopes follow each other along the columns, so that they can be bands."""
    if any(len(path) > 1 for path in paths.values()):
        return False
    sheet.place()
    owner: dict[int, int] = {}
    for node in sheet.nodes.values():
        if node.operands:
            scope = paths[node.i][0] if paths[node.i] else -1
            if owner.setdefault(node.column, scope) != scope:
                return False
    runs = [owner[c] for c in sorted(owner)]
    changes = [s for k, s in enumerate(runs) if k == 0 or runs[k - 1] != s]
    return len(changes) == len(set(changes))


def _band_names(pen: Pen, sheet: Sheet) -> list[str]:
    """For each column the scope that its operations are in; ``inputs`` for those of leaves."""
    count = max(node.column for node in sheet.nodes.values()) + 1
    names = ["inputs"] * count
    for node in sheet.nodes.values():
        if node.operands:
            scope = pen.order[node.i].scope
            names[node.column] = clean(scope[0]) if scope else ""
    held = {node.column for node in sheet.nodes.values() if node.closed and not node.operands}
    leaves = {node.column for node in sheet.nodes.values() if node.operands}
    return ["" if c in held and c not in leaves else name for c, name in enumerate(names)]


# ---------------------------------------------------------------------------
# Grounds


def _paint_bands(pen: Pen, sheet: Sheet, names: list[str]) -> None:
    nodes = list(sheet.nodes.values())
    low = max(node.y + node.h / 2 for node in nodes) + _PAD + 2
    c = 0
    while c < len(names):
        end = c
        while end + 1 < len(names) and names[end + 1] == names[c]:
            end += 1
        inside = [node for node in nodes if c <= node.column <= end]
        out = max(
            (hang(s) for node in inside if node.column == c and (s := sheet.sign(node))),
            default=0.0,
        )
        x0 = min(node.x for node in inside) - max(_PAD, out + _PAD)
        x1 = max(node.x + node.w for node in inside) + _PAD
        pen.part("", "band", names[c])
        pen.rect(x0, _MARGIN, x1 - x0, low - _MARGIN, "band", r=10)
        pen.text(x0 + 10, _MARGIN + 17, names[c], bold=True, size=11.5, room=x1 - x0 - 16)
        c = end + 1


def _paint_frames(pen: Pen, sheet: Sheet, paths: dict[int, tuple[int, ...]]) -> None:
    """A frame for every scope around what lies in it."""
    around: dict[tuple[int, ...], list[Node]] = {}
    for i, path in paths.items():
        node = sheet.nodes[i]
        owner = path if node.beside is None else paths[node.beside.i]
        for k in range(len(owner)):
            around.setdefault(owner[: k + 1], []).append(node)
    deepest = {
        path: max(len(p) for p in around if p[: len(path)] == path) - len(path) for path in around
    }
    for path, nodes in sorted(around.items(), key=lambda item: len(item[0])):
        pad = _PAD * (deepest[path] + 1)
        x0 = min(node.x - (hang(s) if (s := sheet.sign(node)) else 0.0) for node in nodes) - pad
        x1 = max(node.x + node.w for node in nodes) + pad
        y0 = min(node.y - node.h / 2 for node in nodes) - 24.0 * (deepest[path] + 1)
        y1 = max(node.y + node.h / 2 for node in nodes) + pad
        inside = next(
            n for n in nodes if len(pen.order[n.i].scope) >= len(path) and n.beside is None
        )
        name = clean(pen.order[inside.i].scope[len(path) - 1])
        pen.part(f"c{path[-1]}", "scope", name)
        fill = "band" if len(path) % 2 else "ribbon"
        pen.rect(x0, y0, x1 - x0, y1 - y0, fill, "rule", 10)
        words = shorten(name, 11, x1 - x0 - 14, bold=True)
        if text_width(words, 11, bold=True) <= x1 - x0 - 8:
            pen.text(x0 + 8, y0 + 15, words, "ink", 11, bold=True)


# ---------------------------------------------------------------------------
# Arrows and boxes


def paint_edges(pen: Pen, sheet: Sheet, direction: str = "LR") -> None:
    """Every arrow; one that passes other columns keeps to a lane that is free in all of them."""
    flows = iter(pen.flows((part.edge,) for node in sheet.nodes.values() for part in node.operands))
    used: list[tuple[float, float, float]] = []
    sideways = direction in ("LR", "RL")
    for node in sheet.nodes.values():
        seen: dict[int, int] = {}
        for part in node.operands:
            tail = sheet.nodes[part.value]
            again = seen[tail.i] = seen.get(tail.i, -1) + 1
            flow = next(flows)
            pen.part(f"e{part.edge[0]}-{part.edge[1]}", "arrow", pen.edge_words(*part.edge))
            if tail.beside is node:
                way = 1.0 if tail is node.above else -1.0
                x = node.x + node.w / 2
                start, end = (x, tail.y + way * tail.h / 2), (x, node.y - way * node.h / 2)
                pen.edge(start, end, flow, form="down")
                continue
            shift = 5.0 * again - 2.5 * (sum(p.value == tail.i for p in node.operands) - 1)
            start, end = _ends(sheet, tail, node, direction, shift)
            far = sideways and abs(tail.column - node.column) > 1
            via = _lane(sheet, tail, node, used) if far else ()
            pen.edge(start, end, flow, form="level" if sideways else "down", via=via)


def _ends(
    sheet: Sheet, tail: Node, head: Node, direction: str, shift: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where an arrow leaves its tail and meets the operation of its head."""
    out = hang(sheet.sign(head)) + 1.0
    if direction == "LR":
        return (tail.x + tail.w, tail.y + shift), (head.x - out, head.y + shift)
    if direction == "RL":
        return (tail.x, tail.y + shift), (head.x + head.w + out, head.y + shift)
    a, b = tail.x + tail.w / 2 + shift, head.x + head.w / 2 + shift
    if direction == "TB":
        return (a, tail.y + tail.h / 2), (b, head.y - head.h / 2 - 19)
    return (a, tail.y - tail.h / 2), (b, head.y + head.h / 2 + 19)


def _lane(
    sheet: Sheet, tail: Node, head: Node, used: list[tuple[float, float, float]]
) -> tuple[tuple[float, float], ...]:
    """Two points of a level way past the columns between, where it meets no box.

    Ways that are taken, as (y, from, to), are kept clear of, and this one is added to them.
    """
    low, high = sorted((tail.column, head.column))
    between = [n for n in sheet.nodes.values() if low < n.column < high]
    if not between:
        return ()
    left = min(n.x for n in between) - 10.0
    right = max(n.x + n.w for n in between) + 6.0
    edges = [n.y + way * (n.h / 2 + 9.0) for n in between for way in (-1.0, 1.0)]
    middle = (tail.y + head.y) / 2
    wanted = [head.y, tail.y, *sorted(edges, key=lambda y: abs(y - middle))]
    for y in wanted:
        if any(abs(n.y - y) < n.h / 2 + 6.0 for n in between):
            continue
        if any(abs(u - y) < 5.0 and a < right and left < b for u, a, b in used):
            continue
        break
    used.append((y, left, right))
    points = ((left, y), (right, y))
    return points if tail.x < head.x else points[::-1]


def paint_boxes(pen: Pen, sheet: Sheet, direction: str = "LR") -> None:
    """Every box with its operation."""
    for node in sheet.nodes.values():
        sign = sheet.sign(node)
        sideways = direction == "LR"
        draw_box(
            pen, node.i, sheet.name(node.i), node.x, node.y, node.w,
            inset=14.0 if sign and sideways else 8.0,
            outset=14.0 if sign and direction == "RL" else 8.0,
            held=len(node.holds) if node.closed else None,
            opens=f"v{node.i}" if node.closed else "",
            values=(*node.holds, *(k for k in sheet.sums.parts(node.i) if node.operands)),
        )  # fmt: skip
        if not sign:
            continue
        if direction == "LR":
            badge(pen, node.i, sign, node.x, node.y)
        elif direction == "RL":
            badge(pen, node.i, sign, node.x + node.w + hang(sign) - 10, node.y)
        else:
            edge = node.y + (node.h / 2 + 8 if direction == "BT" else -node.h / 2 - 8)
            badge(pen, node.i, sign, node.x + node.w / 2, edge, upright=True)
