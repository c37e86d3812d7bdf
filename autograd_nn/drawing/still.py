"""A picture for a notebook's cell: its closed parts open on a click.

It is light or dark as the notebook is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_nn.drawing.document import (
    asset,
    colours,
    document,
    framed,
    in_notebook,
    script_of,
)
from autograd_nn.drawing.scene import Scene
from autograd_nn.drawing.scenes import Scenes, scenes_of
from autograd_nn.drawing.svg import svg_text
from autograd_nn.drawing.views import Reading, scene_of
from autograd_nn.engine import Value
from autograd_nn.labels import clean, escape

__all__ = ["picture_html"]

_FRAME = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="@@POLICY@@">
<meta name="color-scheme" content="light dark">
<title>@@TITLE@@</title>
<style>@@STYLE@@</style>
</head>
<body>
<svg id="picture" role="group" aria-label="@@TITLE@@"></svg>
<script id="data" type="application/json">@@DATA@@</script>
<script>@@SCRIPT@@</script>
</body>
</html>
"""
_LARGEST = 1_000_000  # characters of all that opens
_LARGEST = 1_000_000  # characters of all that opens
_TALLEST = 720.0
_MORE = 60.0  # room for what opens; what is taller scrolls
_SCROLL_BAR = 18.0


def picture_html(
    scene: Scene,
    roots: list[Value],
    options: Mapping[str, Any],
    marks: Sequence[Callable[[Scene], None]],
    prefix: str,
) -> str:
    """A picture for a notebook's cell, light or dark as the notebook is.

    It is the SVG itself where nothing opens, else a frame with what opens on a click.

    Args:
        scene: the picture.
        roots, options: what ``scene_of`` made it from.
        marks: what changed it since, to change each scene that opens alike.
        prefix: goes before every id.
    """
    if any(part.opens or part.closes for part in scene.parts):
        scenes = _opening(scene, roots, options, marks)
        if scenes is not None:
            return _framed(scenes, scene.title)
    svg = svg_text(scene, prefix, theme="scheme")
    return in_notebook(svg[svg.index("<svg") :])


def _opening(
    scene: Scene,
    roots: list[Value],
    options: Mapping[str, Any],
    marks: Sequence[Callable[[Scene], None]],
) -> Scenes | None:
    """The scenes that a click leads to; None where the graph's numbers are no longer the same."""
    width, view, names, values, most = (
        options[name] for name in ("width", "view", "names", "values", "max_values")
    )
    read = Reading(roots, width, view, names, values, most, "*" in options["expand"])

    def mark(other: Scene) -> None:
        for change in marks:
            change(other)

    first = scene_of(roots, read=read, **options)
    mark(first)
    if first != scene:
        return None
    return scenes_of(read, first, mark, most=_LARGEST, **options)


def _framed(scenes: Scenes, title: str) -> str:
    """The scenes in a frame, about as tall as the first, up to 720 px."""
    style = asset("still.css") + colours("")
    script = script_of(*map(asset, ("dom.js", "draw.js", "still.js")))
    data = {"scenes": scenes.scenes, "parts": scenes.parts}
    words = escape(clean(title, 120))
    text = document(_FRAME, {"TITLE": words}, style, script, data)
    first = scenes.scenes[""]["height"]
    tallest = max(scene["height"] for scene in scenes.scenes.values())
    return framed(text, words, min(tallest, first + _MORE, _TALLEST) + _SCROLL_BAR)
