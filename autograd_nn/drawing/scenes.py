"""The pictures of a step-through page: the graph as it opens, and with each closed group opened.

A page has no Python, so it is given a scene for every group that a click can open.  Scenes of one
graph are much alike: each part is stored once, in a pool, and a scene is a list of places in it
with the height by which a part has moved.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from autograd_nn.drawing.scene import Circle, Edge, Mark, Part, Path, Rect, Scene, Text

__all__ = ["Scenes"]

_LETTERS = {
    "id": "i", "role": "k", "kind": "c", "title": "n", "values": "v", "opens": "o", "closes": "x",
    "path": "p", "fill": "f", "line": "l", "dash": "d",
}  # fmt: skip


class Scenes:
    """A pool of parts, and scenes of them by the id of the group that is open.

    Attributes:
        parts: the different parts, as the page reads them.
        scenes: by the id of the opened group ("" where none is): size, parts and ``parent``, the
            scene that closing the group leads back to.
    """

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []
        self.scenes: dict[str, dict[str, Any]] = {}
        self.size = 0  # characters of JSON, about
        self._places: dict[str, int] = {}

    def add(self, opened: str, parent: str, scene: Scene) -> None:
        """Store a scene under the id of the group that is open in it."""
        placed = [self._place(part) for part in scene.parts]
        self.scenes[opened] = {
            "width": round(scene.width, 1),
            "height": round(scene.height, 1),
            "parent": parent,
            "note": scene.note,
            "parts": placed,
        }
        self.size += 9 * len(placed)

    def _place(self, part: Part) -> list[float]:
        """A part's place in the pool, and how far below the pool's one it is."""
        down = _height(part)
        entry = _part(part, down)
        key = json.dumps(entry, separators=(",", ":"))
        if key not in self._places:
            self._places[key] = len(self.parts)
            self.parts.append(entry)
            self.size += len(key)
        return [self._places[key], round(down, 1)]


def _height(part: Part) -> float:
    """Where a part begins, if all of its marks can be moved; else 0."""
    tops = []
    for mark in part.marks:
        if not isinstance(mark, (Rect, Circle, Text)):
            return 0.0
        tops.append(mark.y)
    return min(tops, default=0.0)


def _part(part: Part, down: float) -> dict[str, Any]:
    return {**_named(part), "m": [_mark(mark, down) for mark in part.marks]}


def _named(thing: Any) -> dict[str, Any]:
    """What ``_LETTERS`` has a letter for, without what is empty."""
    found = {}
    for field in fields(thing):
        if field.name in _LETTERS and getattr(thing, field.name):
            found[_LETTERS[field.name]] = getattr(thing, field.name)
    return found


def _mark(mark: Mark, down: float) -> dict[str, Any]:
    entry = _named(mark)
    if isinstance(mark, Rect):
        entry["r"] = _short(mark.x, mark.y - down, mark.w, mark.h, mark.r)
    elif isinstance(mark, Circle):
        entry["c"] = _short(mark.x, mark.y - down, mark.r)
    elif isinstance(mark, Path):
        entry["p"] = mark.d
    elif isinstance(mark, Text):
        return _text(mark, down)
    else:
        return _edge(mark)
    if mark.thick != 1.2:
        entry["t"] = mark.thick
    if isinstance(mark, Circle) and mark.flow:
        entry["w"] = _flow(mark)
    return entry


def _text(mark: Text, down: float) -> dict[str, Any]:
    entry: dict[str, Any] = {"x": _short(mark.x, mark.y - down, mark.size), "s": mark.words}
    if mark.ink != "ink":
        entry["i"] = mark.ink
    if mark.anchor != "start":
        entry["a"] = mark.anchor
    if mark.bold:
        entry["b"] = 1
    if mark.figure:
        figure = mark.figure
        entry["g"] = [figure.what, figure.digits, figure.before, figure.after, list(figure.of)]
    return entry


def _edge(mark: Edge) -> dict[str, Any]:
    entry: dict[str, Any] = {"e": _short(*mark.start, *mark.end)}
    if mark.form != "level":
        entry["m"] = mark.form
    if mark.via:
        entry["v"] = [_short(*point) for point in mark.via]
    if mark.look != "plain":
        entry["k"] = mark.look
    if mark.thick != 1.2:
        entry["t"] = mark.thick
    if not mark.head:
        entry["h"] = 0
    if mark.flow:
        entry["w"] = _flow(mark)
    return entry


def _flow(mark: Circle | Edge) -> list[Any]:
    flow = mark.flow
    assert flow is not None
    return [[n for pair in flow.of for n in pair], flow.largest, flow.decades]


def _short(*numbers: float) -> list[float]:
    rounded = [round(x, 1) for x in numbers]
    return [int(x) if x == int(x) else x for x in rounded]


def scenes_of(root, by_layer):
    from autograd_nn.drawing.graph import Simplified
    from autograd_nn.drawing.names import Namer
    from autograd_nn.drawing.scene import Figure, Flow

    g = Simplified([root])
    n = Namer(g.order)
    sc = Scene(900, 600, "t", "values")
    depth = [0] * len(g.order)
    for i, p in enumerate(g.operands):
        depth[i] = max((depth[k] + 1 for k, _ in p), default=0)
    cnt = {}
    pos = []
    for i, v in enumerate(g.order):
        c = cnt.get(depth[i], 0)
        cnt[depth[i]] = c + 1
        pos.append((12 + 150 * depth[i], 12 + 60 * c))
    for i, p in enumerate(g.operands):
        for j, (k, _) in enumerate(p):
            sc.parts.append(
                Part(
                    f"e{i}-{j}",
                    "arrow",
                    marks=[
                        Edge(
                            (pos[k][0] + 100, pos[k][1] + 20),
                            (pos[i][0], pos[i][1] + 20),
                            flow=Flow(((i, j),), 1.0),
                        )
                    ],
                )
            )
    for i, v in enumerate(g.order):
        x, y = pos[i]
        kind = ["input", "parameter", "constant"][v._code] if v._code < 3 else "card"
        sc.parts.append(
            Part(
                f"v{i}",
                "value",
                n.name(v),
                kind,
                (i,),
                marks=[
                    Rect(x, y, 100, 40, 6, kind, kind + "-line"),
                    Text(x + 6, y + 14, n.name(v), bold=True),
                    Text(x + 94, y + 14, "0", anchor="end", figure=Figure((i,), "data")),
                    Text(x + 94, y + 32, "0", anchor="end", figure=Figure((i,), "grad")),
                ],
            )
        )
    sc.width = max(p[0] for p in pos) + 112
    sc.height = max(p[1] for p in pos) + 52
    s = Scenes()
    s.add("", "", sc)
    return s
