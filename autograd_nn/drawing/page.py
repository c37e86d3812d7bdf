"""``step_through``: one HTML file that walks through forward and backward.

The file needs no server and makes no request.  Its content security policy allows only the
script and the style in it, by their hashes.  Labels reach it as text: escaped in the SVG, and
as data in a JSON block that cannot end its script element.

``page.js`` moves between steps; the numbers of every step are computed here.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import os
from importlib import resources
from pathlib import Path
from typing import Any

from autograd_nn.conversion import describe
from autograd_nn.drawing.frame import FRAME
from autograd_nn.drawing.graph import Picture, Simplified, is_plain_power, picture_of
from autograd_nn.drawing.render import check_folder, write_whole
from autograd_nn.drawing.svg import svg_text
from autograd_nn.drawing.text import clean
from autograd_nn.engine import Value, row_of

__all__ = ["page_text", "step_through"]

_MOST_VALUES = 3_000


def step_through(
    v: Value,
    path: os.PathLike[str] | str,
    *,
    direction: str = "LR",
    title: str = "Backpropagation, step by step",
) -> str:
    """Write a page that walks through the computation of ``v`` and back, step by step.

    Arrow keys, slider and buttons move; Home and End jump; Space plays; T changes the theme;
    a click on a value goes to its step.  The page computes the slopes of ``v`` itself, from 1
    at ``v``: ``backward()`` need not have run, and nothing in the graph is changed.

    Args:
        v: the value to start backward from.
        path: the file to write, ``"backprop.html"``.
        direction: as in ``draw``.
        title: the heading.

    Returns:
        The path.

    Raises:
        TypeError: ``v`` is not a Value.
        ValueError: the graph has more values than a page can hold.
        FileNotFoundError: the folder does not exist.
    """
    target = Path(path)
    check_folder(target)
    write_whole(target, page_text(v, direction=direction, title=title).encode())
    return str(target)


def page_text(
    v: Value, *, direction: str = "LR", title: str = "Backpropagation, step by step"
) -> str:
    """The page that ``step_through`` writes, as text."""
    if not isinstance(v, Value):
        raise TypeError(f"step_through takes one Value, got {describe(v)}")
    if direction not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"direction is one of 'LR', 'TB', 'RL', 'BT'; got {direction!r}")
    graph = Simplified([v])
    if len(graph.order) > _MOST_VALUES:
        raise ValueError(
            f"{len(graph.order):,} values are too many to step through (at most "
            f"{_MOST_VALUES:,}). draw() shows a large graph in groups; step through a part."
        )
    picture = picture_of([v], "data+grad", None)
    svg = svg_text(picture, direction, legend=False)
    svg = svg[svg.index("<svg") :].replace(
        "<svg ", '<svg role="group" aria-label="computation graph" ', 1
    )
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    holes = {
        "POLICY": policy,
        "TITLE": html.escape(clean(str(title), 80)),
        "STYLE": style,
        "PICTURE": svg,
        "DATA": _json(_steps(v, graph, picture)),
        "SCRIPT": script,
    }
    parts = FRAME.split("@@")
    return "".join(holes[part] if i % 2 else part for i, part in enumerate(parts))


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(found: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(found, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _real(x: float) -> float | str:
    """JSON has no nan, no infinity: they go as text."""
    return x if math.isfinite(x) else str(x)


def _steps(root: Value, graph: Simplified, picture: Picture) -> dict[str, Any]:
    names = [box.name for box in picture.boxes]
    signs = {operation.id: operation.sign for operation in picture.operations}
    nodes = []
    for i, node in enumerate(graph.order):
        pairs = graph.operands[i]
        entry: dict[str, Any] = {
            "name": names[i],
            "kind": picture.boxes[i].kind,
            "data": _real(node._data),
            "operands": [k for k, _ in pairs],
            "partials": [_real(slope) for _, slope in pairs],
            "rules": [_rule(node, names, pairs, i, j) for j in range(len(pairs))],
            "sign": signs.get(f"o{i}", ""),
        }
        if is_plain_power(node) and node._right is not None:
            entry["exponent"] = _real(node._right._data)
        nodes.append(entry)
    top = graph.position[id(root)]
    return {
        "nodes": nodes,
        "forward": [i for i, pairs in enumerate(graph.operands) if pairs],
        "backward": _backward(graph, top),
        "root": top,
    }


def _rule(node: Value, names: list[str], pairs: list[tuple[int, float]], i: int, j: int) -> str:
    """The local partial as a formula of the operands' names."""
    operands = [_atom(names[k]) for k, _ in pairs]
    if is_plain_power(node) and node._right is not None:
        exponent = node._right._data
        lowered = f"**{exponent - 1:g}" if exponent != 2.0 else ""
        return f"{exponent:g}*{operands[0]}{lowered}"
    form = row_of(node).formulas[j]
    return form.format(y=_atom(names[i]), **dict(zip("ab", operands, strict=False)))


def _atom(name: str) -> str:
    return name if name.replace("_", "").isalnum() else f"({name})"


def _backward(graph: Simplified, top: int) -> list[list[Any]]:
    """Each operation on the way back, in the engine's order, with what its operands receive.

    An entry is [value, upstream, [[operand, partial, contribution, before, after], ...]].
    """
    waiting = [0] * len(graph.order)
    for pairs in graph.operands:
        for k, _ in pairs:
            waiting[k] += 1
    grads = [0.0] * len(graph.order)
    grads[top] = 1.0
    steps: list[list[Any]] = []
    ready = [top] if graph.operands[top] else []
    while ready:
        i = ready.pop()
        shares = []
        for k, slope in graph.operands[i]:
            before, part = grads[k], slope * grads[i]
            grads[k] = before + part
            shares.append([k, *map(_real, (slope, part, before, grads[k]))])
            waiting[k] -= 1
            if not waiting[k] and graph.operands[k]:
                ready.append(k)
        steps.append([i, _real(grads[i]), shares])
    return steps
