"""``step_through``: one HTML file that walks through forward and backward, and recomputes.

The file needs no server and makes no request.  Its content security policy allows only the
script and the style in it, by their hashes.  Labels reach it as text alone: as data in a JSON block
that cannot end its script element, put into the page by ``textContent``.

The files of the page are in ``web``: ``math.js`` and the operations of ``javascript`` compute,
``graph.js`` holds the numbers of every step, ``draw.js``, ``stage.js`` and ``view.js`` draw the
scenes of ``scenes``, ``phone.js`` the strips of ``strips``, ``around.js`` what is next to a value,
``table.js`` lists values, ``live.js`` changes them, ``player.js`` goes from step to step.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autograd_nn.checks import check_choice, describe, without_graph
from autograd_nn.drawing.document import asset, colours, document, framed, script_of
from autograd_nn.drawing.frame import FRAME
from autograd_nn.drawing.javascript import operations
from autograd_nn.drawing.render import DIRECTIONS
from autograd_nn.drawing.scenes import scenes_of
from autograd_nn.drawing.slopes import with_slopes
from autograd_nn.drawing.steps import columns
from autograd_nn.drawing.strips import strips_of
from autograd_nn.drawing.views import Reading, scene_of
from autograd_nn.engine import Value, topological_order
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.files import check_folder, write_whole
from autograd_nn.labels import clean, escape

__all__ = ["Page", "page_text", "step_through"]

_MOST_VALUES = 50_000
_WIDTH = 960.0  # of the stage on a screen of 1,400 px
_SCRIPTS = (
    "math.js",
    "dom.js",
    "graph.js",
    "table.js",
    "draw.js",
    "stage.js",
    "view.js",
    "phone.js",
    "around.js",
    "live.js",
    "player.js",
)
_THEMES = ("auto", "light", "dark")
_TITLE = "Backpropagation, step by step"


class Page:
    """A step-through page: in a notebook it shows itself.

    Attributes:
        text: the whole HTML document.
        path: the file it was written to, or None.

    >>> page = step_through(Value(2.0, "x") ** 2)
    >>> page.path is None, page.height
    (True, 640)
    """

    def __init__(self, text: str, height: int = 640) -> None:
        self.text, self.height = text, height
        self.path: str | None = None

    def save(self, path: os.PathLike[str] | str) -> str:
        """Write the page to a file; returns its path.

        Args:
            path: the file, ``"backprop.html"``.

        Returns:
            The path.

        Raises:
            FileNotFoundError: the folder does not exist.
        """
        write_whole(Path(path), self.text.encode())
        self.path = str(path)
        return self.path

    def __repr__(self) -> str:
        return f"Page({len(self.text):,} characters of HTML; save it by .save('page.html'))"

    def _repr_html_(self) -> str:
        return framed(self.text, _TITLE, self.height)


def step_through(
    what: Any,
    row: Any = None,
    path: os.PathLike[str] | str | None = None,
    *,
    output: int = 0,
    direction: str = "LR",
    title: str = _TITLE,
    theme: str = "auto",
    height: int = 640,
) -> Page | str:
    """A page that walks through a computation and back, step by step, and computes it anew.

    Arrow keys, slider and buttons move; Space plays; a click on a value goes to its step, on a
    group opens it.  A slider or a field for each leaf changes it, and every number follows; one
    button takes a gradient step.  The page computes the slopes itself, from 1 at the result:
    ``backward()`` need not have run, and nothing in the graph is changed.

    Args:
        what: the Value to start backward from; or a model, which is called on ``row`` and stepped
            through layer by layer.
        row: the model's inputs; of a Value, the path may stand here.
        path: the file to write, ``"backprop.html"``.  Without it the page is returned, and a
            notebook shows it.
        output: of a model with several outputs, the one to start backward from.
        direction: of a picture value by value, as in ``draw``; networks and loops run from the
            left to the right.
        title: the heading.
        theme: ``"auto"`` (as the reader's system is), ``"light"`` or ``"dark"``.
        height: in a notebook, in pixels.

    Returns:
        The path, where one was given; else the ``Page``.

    Raises:
        TypeError: ``what`` is neither a Value nor a model with a row.
        ValueError: the graph has more values than a page can hold, or an argument is not one of
            those above.
        FileNotFoundError: the folder does not exist.

    >>> from autograd_nn import Value
    >>> page = step_through(Value(2.0, "x") ** 2)
    >>> page.text.startswith("<!doctype html>")
    True
    """
    if isinstance(what, Value) and isinstance(row, (str, os.PathLike)) and path is None:
        row, path = None, row
    root, by_layer = _root_of(what, row, output)
    if path is not None:
        check_folder(Path(path))
    text = page_text(root, direction=direction, title=title, theme=theme, by_layer=by_layer)
    page = Page(text, height)
    return page if path is None else page.save(path)


def _root_of(what: Any, row: Any, output: int) -> tuple[Value, bool]:
    """The Value to step through, and whether layer by layer."""
    if isinstance(what, Value):
        if row is not None:
            raise WrongTypeError(
                "a Value is stepped through as it is: give no row, or give a model"
            )
        return what, False
    if not callable(what) or not hasattr(what, "parameters"):
        raise WrongTypeError(
            f"step_through takes one Value, or a model and a row, got {describe(what)}."
            f"{without_graph(what)}"
        )
    if row is None:
        raise WrongTypeError(
            "a model has no numbers before it is called: step_through(model, row), or "
            "step_through(loss) for what was computed with it"
        )
    found = what(row)
    outputs = found if isinstance(found, list) else [found]
    if isinstance(output, bool) or not isinstance(output, int):
        raise WrongTypeError(f"output is the number of an output, an int, got {describe(output)}")
    if not 0 <= output < len(outputs):
        raise BadArgumentError(f"output is from 0 to {len(outputs) - 1}, got {output}")
    root = outputs[output]
    if not isinstance(root, Value):
        raise WrongTypeError(f"the model returned {describe(root)}, not a Value: there is no graph")
    return root, True


def page_text(
    v: Value,
    *,
    direction: str = "LR",
    title: str = _TITLE,
    theme: str = "auto",
    by_layer: bool = False,
) -> str:
    """The page that ``step_through`` writes, as text."""
    check_choice("direction", direction, DIRECTIONS)
    check_choice("theme", theme, _THEMES)
    count = len(topological_order(v))
    if count > _MOST_VALUES:
        raise BadArgumentError(
            f"{count:,} values are too many to step through (at most {_MOST_VALUES:,}). "
            "draw() shows a large graph in groups; step through a part."
        )
    read = Reading(with_slopes(v), _WIDTH)
    count = len(read.pen.order)
    circles = by_layer and read.view == "layers"
    first = scene_of(read.pen.roots, width=_WIDTH, view="network") if circles else None
    scenes = scenes_of(read, first, width=_WIDTH, direction=direction)
    strips, strip_of = strips_of(read)
    data = {
        **columns(read.pen.roots[0], read),
        "byLayer": by_layer,
        "strips": strips,
        "stripOf": strip_of,
        "parts": scenes.parts,
        "scenes": scenes.scenes,
        "states": list(scenes.scenes),
        "owner": scenes.owner,
    }
    style = asset("page.css") + colours(":root[data-theme=dark]")
    script = script_of(operations(), *map(asset, _SCRIPTS))
    holes = {
        "TITLE": escape(clean(str(title), 80)),
        "THEME": theme,
        "SUMMARY": f"{count:,} value{'s' * (count != 1)}",
    }
    return document(FRAME, holes, style, script, data)
