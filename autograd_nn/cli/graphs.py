"""The commands that take an expression: ``draw``, ``explain`` and ``step``."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from pathlib import Path

from autograd_nn.checks import did_you_mean, shown
from autograd_nn.cli.arguments import WIDTH, Outcome
from autograd_nn.cli.numbers import Graph, graph_of
from autograd_nn.drawing import Page, draw, explain, step_through
from autograd_nn.drawing.text import short_number
from autograd_nn.errors import BadArgumentError

__all__ = ["draw_it", "explain_it", "step_through_it"]

_STANDARD_OUTPUT = "-"


def draw_it(arguments: Namespace) -> Outcome:
    """Draw an expression to a file."""
    graph = _graph(arguments)
    picture = draw(graph.root, width=arguments.width, direction=arguments.direction)
    if arguments.output == _STANDARD_OUTPUT:
        return Outcome(picture.pipe(format="svg", encoding="utf-8"))
    path = picture.render(outfile=arguments.output, cleanup=True)
    return Outcome(f"{_results(graph)}\nwrote {path}")


def explain_it(arguments: Namespace) -> Outcome:
    """Say where slopes come from."""
    graph = _graph(arguments)
    wanted = list(dict.fromkeys(arguments.wrt or graph.leaves))
    for name in wanted:
        if name not in graph.leaves:
            hint = did_you_mean(name, graph.leaves) or f"its names: {', '.join(graph.leaves)}"
            raise BadArgumentError(
                f"--wrt: {shown(name)} is not in the expression: {hint.rstrip()}"
            )
    texts = [explain(graph.root, wrt=graph.leaves[name]).text(WIDTH) for name in wanted]
    return Outcome("\n\n\n".join(texts))


def step_through_it(arguments: Namespace) -> Outcome:
    """Write the page that steps forward and back."""
    graph = _graph(arguments)
    title = arguments.title or graph.text
    if arguments.output == _STANDARD_OUTPUT:
        page = step_through(graph.root, title=title)
        assert isinstance(page, Page)
        return Outcome(page.text)
    path = step_through(graph.root, arguments.output, title=title)
    return Outcome(f"{_results(graph)}\nwrote {path}: open it in a browser")


def _graph(arguments: Namespace) -> Graph:
    output = getattr(arguments, "output", _STANDARD_OUTPUT)
    if output != _STANDARD_OUTPUT and not Path(output).name:
        raise BadArgumentError(f"-o names a file, got {shown(output)}")
    return graph_of(arguments.expression, arguments.numbers, arguments.label)


def _results(graph: Graph) -> str:
    """The result and its slopes."""
    named = f"{label} = " if (label := graph.root.label) not in ("", graph.text) else ""
    lines = textwrap.wrap(f"{named}{graph.text} = {short_number(graph.root.data)}", WIDTH)
    slopes = (f"{name} {short_number(leaf.grad)}" for name, leaf in graph.leaves.items())
    return "\n".join([*lines, *textwrap.wrap(f"slopes: {', '.join(slopes)}", WIDTH)])
