"""From a ``Picture`` to DOT.

The text depends on the graph alone: ids are places in topological order, so it is the same
on every run.  User text never becomes an id; it stands in quoted attributes and in
HTML-like labels, escaped for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from autograd_nn.drawing import palette
from autograd_nn.drawing.collapse import picture_of_groups
from autograd_nn.drawing.picture import Arrow, Box, Operation, Picture, picture_of
from autograd_nn.drawing.text import escape
from autograd_nn.drawing.tree import ScopeTree
from autograd_nn.engine import Value

__all__ = ["Source", "dot_lines"]


def _in_label(text: str) -> str:
    """Cleaned text inside an HTML-like label, whose reader stumbles over a lone ``]``."""
    return escape(text).replace("]", "&#93;")


def _quoted(text: str) -> str:
    """Cleaned text as a quoted DOT string in which no escape sequence is left."""
    return '"' + escape(text).replace("\\", "\\\\") + '"'


class Source:
    """What the DOT text is made from, when it is asked for."""

    def __init__(
        self,
        roots: list[Value],
        direction: str,
        values: str,
        max_values: int,
        expand: tuple[str, ...],
        names: Mapping[str, Any] | None,
    ) -> None:
        self.roots, self.direction, self.values, self.names = roots, direction, values, names
        self.max_values, self.expand = max_values, expand

    @cached_property
    def picture(self) -> Picture:
        """Every value as a box; for a large graph, one for each scope."""
        groups = None
        if "*" not in self.expand:
            groups = picture_of_groups(
                self.roots, self.max_values, self.expand, self.values, self.names
            )
        return groups or picture_of(self.roots, self.values, self.names)

    @cached_property
    def lines(self) -> list[str]:
        """The body of the digraph."""
        return dot_lines(self.picture, self.direction)


def dot_lines(picture: Picture, direction: str, prefix: str = "") -> list[str]:
    """The body of the digraph, line by line.

    Args:
        direction: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
        prefix: goes before every SVG id, so that one page can hold many pictures.
    """
    lines = [
        f"graph [rankdir={direction}, bgcolor=transparent, pad=0.3, nodesep=0.28, ranksep=0.38,"
        f' splines=true, ordering=out, fontname="Arial", fontsize=11,'
        f' fontcolor="{palette.LABEL}", tooltip={_quoted(picture.title)}];',
        'node [shape=plain, fontname="Arial", fontsize=11];',
        'edge [arrowhead=normal, arrowsize=0.6, fontname="Arial", fontsize=9,'
        f' fontcolor="{palette.LABEL}"];',
        f"graph [labelloc=b, labeljust=l, label=<{_legend(picture)}>];",
    ]
    lines.extend(_scope(ScopeTree.of(picture), picture, prefix, 0))
    largest = picture.largest()
    lines.extend(_arrow(arrow, largest, prefix) for arrow in picture.arrows)
    return ["\t" + line + "\n" for line in lines]


def _scope(tree: ScopeTree, picture: Picture, prefix: str, depth: int) -> Iterator[str]:
    for box in tree.boxes:
        yield _box(box, prefix)
    for operation in tree.operations:
        yield _operation(operation, prefix)
    for part in tree.parts:
        fill = palette.CLUSTERS[min(depth, 2)]
        name = _in_label(part.name)
        yield f"subgraph cluster_{part.number} {{"
        yield (
            f'\tgraph [id="{prefix}c{part.number}", class=scope, label=<<B>{name or " "}</B>>,'
            f' labelloc=t, labeljust=l, margin=12, style="rounded,filled", fillcolor="{fill}",'
            f' color="#CBD5E1", penwidth=1.2, tooltip={_quoted(part.name)}];'
        )
        for line in _scope(part, picture, prefix, depth + 1):
            yield "\t" + line
        yield "}"


def _box(box: Box, prefix: str) -> str:
    fill, stroke, ink = palette.KINDS[box.kind]
    if box.heat is not None:
        fill = palette.mix("#FFFFFF", "#FCD34D", box.heat)
    cells = "".join(
        f'<TR><TD ALIGN="LEFT"><FONT COLOR="{palette.LABEL}" POINT-SIZE="9"> {label} </FONT></TD>'
        f'<TD ALIGN="RIGHT"><FONT COLOR="{colour or ink}"> {escape(figure)} </FONT></TD></TR>'
        for label, figure, colour in box.rows
    )
    table = (
        '<TABLE BORDER="1.4" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2" STYLE="ROUNDED"'
        f' COLOR="{stroke}" BGCOLOR="{fill}"><TR><TD COLSPAN="2" CELLPADDING="3">'
        f'<FONT COLOR="{ink}" POINT-SIZE="12"><B>{_in_label(box.name) or " "}</B></FONT></TD></TR>'
        f"{'<HR/>' + cells if cells else ''}</TABLE>"
    )
    return (
        f'{box.id} [id="{prefix}{box.id}", class="value {box.kind}", label=<{table}>,'
        f" tooltip={_quoted(box.tooltip)}];"
    )


def _operation(operation: Operation, prefix: str) -> str:
    wide = len(operation.sign) > 2
    shape = (
        'shape=box, style="rounded,filled", margin="0.08,0.03", fontsize=11'
        if wide
        else ("shape=circle, style=filled, fixedsize=true, fontsize=14")
    )
    width = 0.42 if wide else 0.34
    return (
        f'{operation.id} [id="{prefix}{operation.id}", class=op, {shape}, width={width},'
        f' height=0.3, fillcolor="#1E293B", color="#1E293B", fontcolor="#FFFFFF",'
        f" label=<<B>{_in_label(operation.sign)}</B>>, tooltip={_quoted(operation.tooltip)}];"
    )


def _arrow(arrow: Arrow, largest: float, prefix: str) -> str:
    colour, width, dashed = palette.edge_style(arrow.contribution, largest)
    more = ", style=dashed" if dashed else ""
    if arrow.label:
        more += f", label={_quoted(' ' + arrow.label + ' ')}"
    if arrow.tail.startswith("o"):
        more += ", weight=4"
    return (
        f'{arrow.tail} -> {arrow.head} [id="{prefix}{arrow.id}", color="{colour}",'
        f" penwidth={width:.2f}{more}, tooltip={_quoted(arrow.tooltip)}];"
    )


def legend_entries(picture: Picture) -> list[tuple[str, str, str]]:
    """(form, colour or kind, words) for what occurs in the picture and needs a word."""
    kinds = {box.kind for box in picture.boxes}
    entries = [("box", kind, kind) for kind in palette.KINDS if kind in kinds]
    parts = [a.contribution for a in picture.arrows if a.contribution is not None]
    if not picture.backward_ran:
        return [*entries, ("line", palette.UNKNOWN, "backward has not run: grad is –")]
    if any(part > 0.0 for part in parts):
        entries.append(("line", palette.POSITIVE, "gradient > 0"))
    if any(part < 0.0 for part in parts):
        entries.append(("line", palette.NEGATIVE, "gradient < 0"))
    if any(part == 0.0 for part in parts):
        entries.append(("dashes", palette.ZERO, "gradient = 0"))
    if any(part != part for part in parts):
        entries.append(("line", palette.NOT_FINITE, "gradient is nan"))
    return entries


def _legend(picture: Picture) -> str:
    def words(text: str) -> str:
        return (
            f'<TD ALIGN="LEFT"><FONT COLOR="{palette.LEGEND}" POINT-SIZE="9">'
            f"{_in_label(text)}   </FONT></TD>"
        )

    cells = []
    for form, which, text in legend_entries(picture):
        if form == "box":
            fill, stroke, _ = palette.KINDS[which]
            cells.append(
                f'<TD BGCOLOR="{fill}" COLOR="{stroke}" BORDER="1" WIDTH="12" HEIGHT="10"'
                ' FIXEDSIZE="TRUE"></TD>'
            )
        else:
            cells.append(
                '<TD VALIGN="MIDDLE"><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0"'
                f' CELLPADDING="0"><TR><TD BGCOLOR="{which}" WIDTH="16" HEIGHT="3"'
                ' FIXEDSIZE="TRUE"></TD></TR></TABLE></TD>'
            )
        cells.append(words(text))
    if picture.note:
        cells.append(words(picture.note))
    row = "".join(cells)
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="3" CELLPADDING="0"><TR>{row}</TR></TABLE>'
    )
