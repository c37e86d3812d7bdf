"""A picture for a notebook whose closed parts open on a click."""

from __future__ import annotations

from autograd_nn.drawing.document import asset, colours, document, framed, script_of
from autograd_nn.drawing.scenes import Scenes
from autograd_nn.labels import clean, escape

__all__ = ["still_html"]

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
_TALLEST = 720.0
_MORE = 60.0  # room for what opens; what is taller scrolls
_SCROLL_BAR = 18.0


def still_html(scenes: Scenes, title: str) -> str:
    """The scenes in a frame, about as tall as the first, up to 720 px."""
    style = asset("still.css") + colours("")
    script = script_of(*map(asset, ("dom.js", "draw.js", "still.js")))
    data = {"scenes": scenes.scenes, "parts": scenes.parts}
    words = escape(clean(title, 120))
    text = document(_FRAME, {"TITLE": words}, style, script, data)
    first = scenes.scenes[""]["height"]
    tallest = max(scene["height"] for scene in scenes.scenes.values())
    return framed(text, words, min(tallest, first + _MORE, _TALLEST) + _SCROLL_BAR)
