"""The pictures of a step-through page: the graph as it opens, and with each closed group opened.

A page has no Python, so it is given a scene for every group that a click can open.  Scenes of one
graph are much alike: each part is stored once, in a pool, and a scene is a list of places in it
with the height by which a part has moved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from autograd_nn.drawing.scene import Circle, Edge, Mark, Part, Path, Rect, Scene, Text
from autograd_nn.drawing.views import Reading, scene_of

__all__ = ["Scenes", "scenes_of"]

_LARGEST = 8_000_000  # characters
_MOST = 600  # scenes
_MOST_WORK = 3_000_000  # scenes times values: some seconds
_MOST_DEEPER = 24  # with so many, what opens inside of what was opened has none

_LETTERS = {
    "id": "i", "role": "k", "kind": "c", "title": "n", "values": "v", "opens": "o", "closes": "x",
    "path": "p", "faint": "q", "fill": "f", "line": "l", "dash": "d",
}  # fmt: skip


class Scenes:
    """A pool of parts, and scenes of them by the id of the group that is open.

    Attributes:
        parts: the different parts, as the page reads them.
        scenes: by the name of the state ("" as it opens): size, parts, and ``up``, the state to
            go back to.
        owner: for each value, the place among the states of the one to open to see it by itself;
            -1 where it is seen as the page opens, or nowhere.
    """

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []
        self.scenes: dict[str, dict[str, Any]] = {}
        self.owner: list[int] = []
        self.size = 0  # characters of JSON, about
        self._places: dict[str, int] = {}
        self._seen: set[str] = set()  # ids of the values that some state shows
        self._inside: dict[int, int] = {}  # for the others, the state that opens what they are in

    def add(self, state: str, above: str, scene: Scene) -> None:
        """Store a scene under the name of its state; ``above`` is the one before it opened."""
        placed = [self._place(part) for part in scene.parts]
        self.owner = self.owner or [-1] * len(scene.shown)
        if not state:
            self._seen = {part.id for part in scene.parts}
        elif not state.startswith("-"):
            here = len(self.scenes)
            for part in scene.parts:
                if part.id[:1] == "v" and part.id not in self._seen:
                    self._seen.add(part.id)
                    self.owner[int(part.id[1:])] = here
                if part.closes == state:
                    self._inside.update(dict.fromkeys(part.values, here))
        self.scenes[state] = {
            "width": round(scene.width, 1),
            "height": round(scene.height, 1),
            "up": above,
            "parts": placed,
        }
        self.size += 9 * len(placed)

    def finish(self) -> None:
        """Values that no state shows by themselves are seen in the group that holds them."""
        for i, state in self._inside.items():
            if self.owner[i] < 0 and f"v{i}" not in self._seen:
                self.owner[i] = state

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


def scenes_of(
    read: Reading,
    first: Scene | None = None,
    mark: Callable[[Scene], None] | None = None,
    most: int = _LARGEST,
    **options: Any,
) -> Scenes:
    """The graph as it opens, and each state that a click leads to.

    One group is open at a time; opening another closes it.  A state is named by the id of the group
    that is open, or by ``-`` and the id of one that was closed.

    Args:
        read: the graph.
        first: how it opens, where that is not the view that was chosen for it.
        mark: called on each scene, to change it.
        most: characters of all scenes together; what is beyond has none.
        options: as for ``scene_of``.
    """
    scenes, roots = Scenes(), read.pen.roots
    start = first or scene_of(roots, read=read, **options)

    def add(state: str, above: str, scene: Scene) -> None:
        if mark is not None:
            mark(scene)
        scenes.add(state, above, scene)

    add("", "", start)
    for id in {part.closes: None for part in start.parts if part.closes}:
        add(f"-{id}", "", scene_of(roots, closed=(id,), read=read, **options))
    closed = {part.opens for part in start.parts if part.opens}
    count = _MOST_WORK // len(read.pen.order)
    pending: list[tuple[str, tuple[str, ...]]] = [
        (id, (*_beside(read, id), id)) for id in _that_open(read, closed, count)
    ]
    known = {id for id, _ in pending}
    for id, opened in pending:  # it grows on the way
        if scenes.size > most or len(scenes.scenes) > _MOST:
            break
        scene = scene_of(roots, opened=opened, read=read, **options)
        above = opened[-2] if len(opened) > 1 else id.partition("-")[0]
        add(id, above if above in closed | set(opened[:-1]) else "", scene)
        deeper = {part.opens for part in scene.parts if part.opens} - known
        if len(known) + len(deeper) > min(count, _MOST_DEEPER):
            continue
        known |= deeper
        pending += [(part, (*opened, part)) for part in sorted(deeper, key=_order)]
    scenes.finish()
    return scenes


def _beside(read: Reading, id: str) -> tuple[str, ...]:
    """The column to open with a neuron: layers that stand beside each other open together."""
    column, _, neuron = id.partition("-")
    if not neuron or read.model is None:
        return ()
    part = read.model.columns[int(column[1:]) - 1]
    return (column,) if isinstance(part, list) and len(part) > 1 else ()


def _that_open(read: Reading, closed: set[str], count: int) -> list[str]:
    """What gets a scene in which it is open: what is drawn closed, the layers, and all neurons.

    A neuron may be in a layer that is closed, or left out between two that are drawn.  A scene
    costs time with the size of the graph: of a very large one the wide layers have scenes for the
    neurons that are drawn alone.
    """
    groups = read.groups()
    neurons: dict[str, list[str]] = {}
    for id in groups:
        if "-" in id:
            neurons.setdefault(id.partition("-")[0], []).append(id)
    found = dict.fromkeys(sorted(closed | {id for id in groups if "-" not in id}, key=_order))
    for layer in sorted(neurons, key=lambda layer: len(neurons[layer])):
        if len(found) + len(neurons[layer]) <= count:
            found.update(dict.fromkeys(neurons[layer]))
    return list(found)


def _order(id: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", id)]
