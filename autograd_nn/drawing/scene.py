"""What is drawn and where: plain geometry between the readers of graphs and the writers of files.

``views.scene_of(what, width=900, opened=(), closed=(), view=None, ...)`` makes a ``Scene`` of a
graph, ``svg.svg_text(scene, prefix="", theme="auto")`` writes one.  A scene knows
nothing of Values and a writer nothing of graphs, so a page can lay a graph out, put the SVG into
itself, and change its numbers in place.

**Numbers of values.** Value ``i`` is the one at place ``i`` of ``Simplified(roots).order``.  Ids
are made from these numbers and never from a user's text:

==========  =======================================================================
``v3``      the part that shows value 3: a box, a line of a ledger, the foot of a card
``o3``      the operation that makes value 3, docked to it
``e3-0``    the arrow into value 3 from its operand 0 (``Simplified.operands[3][0]``)
``g2``      the layer, or other group, in column 2; ``g2-5`` neuron 5 of it
``d3``      the text that shows the number of value 3; ``s3`` its gradient ("slope")
==========  =======================================================================

A value that is shown in several places has ``v3`` once; further texts that show it are numbered
``d3.1``, ``d3.2``.  A writer's ``prefix`` goes before every id.

**A scene** is a list of ``Part``, in the order of painting.  A part is one ``<g>`` of the SVG:
an id, a role (its class), a title (its tooltip), and ``marks``.  ``Part.values`` are the values
that it stands for, so ``Scene.shown[i]`` is the id of the part in which value ``i`` is to be seen
at present: its own, or the closed group that holds it.

**Open and closed.** A part whose ``opens`` is not empty is closed; ``scene_of(..., opened=
{part.opens})`` makes the scene in which it is open.  A part whose ``closes`` is not empty is
open; put that into ``closed=``.  Whatever is not named is opened as far as the width allows.

**Numbers that change** are ``Text`` marks with an id and a ``Figure``: which values it is of and
what of them.  ``words`` is ``before + number + after``, the number as ``text.number(x, digits)``
writes it, or the en dash where there is none.  Marks whose colour or width follows a number
(edges, dots, circles) have a ``Flow``; ``palette.edge_look`` and ``palette.tint`` say how.

Sizes are in CSS pixels, x to the right and y down.  ``Scene.json()`` is the whole of it as
dicts, lists, strings and finite numbers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["Circle", "Edge", "Figure", "Flow", "Mark", "Part", "Path", "Rect", "Scene", "Text"]


@dataclass(slots=True)
class Figure:
    """What a number is, so that it can be written anew when the values change.

    Attributes:
        of: numbers of values.
        what: ``"data"`` or ``"grad"``: the mean over ``of``; ``"sum"``: of the data;
            ``"largest"``: of the gradients' sizes; ``"zeros"``: how many data are 0.
        digits: how many digits ``text.number`` is asked for.
        before, after: the words around the number.
    """

    of: tuple[int, ...]
    what: Literal["data", "grad", "sum", "largest", "zeros"]
    digits: int = 4
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Flow:
    """The number that a mark's colour and width follow.

    Attributes:
        of: (value, operand) pairs; the number is the mean of local partial times gradient over
            them.  An operand of -1 stands for the gradient of the value itself, -2 for its data.
        largest: the size at which colour and width are at their strongest.
        decades: over how many powers of ten they fade; 0 for a linear scale.
    """

    of: tuple[tuple[int, int], ...]
    largest: float
    decades: float = 3.0


@dataclass(slots=True)
class Rect:
    """A box with round corners; ``fill`` and ``line`` are names of ``palette.COLOURS``."""

    x: float
    y: float
    w: float
    h: float
    r: float = 6.0
    fill: str = ""
    line: str = ""
    thick: float = 1.2
    dash: str = ""


@dataclass(slots=True)
class Circle:
    """A disc, for a neuron or the dot that stands for one."""

    x: float
    y: float
    r: float
    fill: str = ""
    line: str = ""
    thick: float = 1.2
    dash: str = ""
    flow: Flow | None = None


@dataclass(slots=True)
class Path:
    """Any other shape or line, as the ``d`` of an SVG path."""

    d: str
    fill: str = ""
    line: str = ""
    thick: float = 1.2
    dash: str = ""


@dataclass(slots=True)
class Edge:
    """A line from ``start`` to ``end``, with a head where it ends.

    ``form`` is ``"level"`` (one flat S, straight where the ends are level), ``"down"`` (straight,
    leaving and arriving vertically), ``"straight"``, or ``"around"``: by way of ``via``, each leg
    level or upright, with round corners.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    form: Literal["level", "down", "straight", "around"] = "level"
    look: str = "plain"
    thick: float = 1.2
    head: bool = True
    flow: Flow | None = None
    via: tuple[tuple[float, float], ...] = ()


@dataclass(slots=True)
class Text:
    """One line of text; ``ink`` is a name of ``palette.COLOURS``."""

    x: float
    y: float
    words: str
    ink: str = "ink"
    size: float = 10.0
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False
    id: str = ""
    figure: Figure | None = None


Mark = Rect | Circle | Path | Edge | Text


@dataclass(slots=True)
class Part:
    """One group of marks.

    Attributes:
        id: of the ``<g>``; "" for grounds and legends, which nothing refers to.
        role: what it is, its class: a ground (``"band"``, ``"scope"``, ``"ribbon"``, ``"loop"``),
            a ``"value"`` or the ``"line"`` of one in a ledger, its ``"op"``, an ``"arrow"`` or the
            ``"figure"`` on one, a ``"bar"``, a ``"neuron"`` or its ``"bias"``, a ``"layer"`` or a
            ``"group"`` that is closed, what is left out (``"more"``), a ``"title"``, a
            ``"curve"``, the ``"legend"``.
        title: the tooltip, cleaned of what cannot be shown.
        kind: of a value: ``"input"``, ``"parameter"``, ``"constant"``, ``"output"`` or
            ``"intermediate"``.
        values: numbers of the values that it shows or holds.
        opens, closes: the id to open or to close it by.
        path: of a group: its names, outermost first.
        faint: whether it is drawn pale, for another part to stand out.
    """

    id: str
    role: str
    title: str = ""
    kind: str = ""
    values: tuple[int, ...] = ()
    opens: str = ""
    closes: str = ""
    path: tuple[str, ...] = ()
    faint: bool = False
    marks: list[Mark] = field(default_factory=list)


@dataclass(slots=True)
class Scene:
    """A whole picture.

    Attributes:
        width, height: its size.
        title: what it is a picture of.
        view: ``"values"``, ``"layers"``, ``"network"``, ``"loop"`` or ``"groups"``.
        parts: in the order of painting.
        shown: for each value, the id of the part in which it is to be seen; "" where it is not,
            in a picture of a part of the graph.
        backward_ran: whether the gradients mean anything.
        note: what the reader is told below the picture.
    """

    width: float
    height: float
    title: str
    view: str
    parts: list[Part] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    backward_ran: bool = True
    note: str = ""

    def texts(self) -> list[Text]:
        """All texts, in the order of painting."""
        return [mark for part in self.parts for mark in part.marks if isinstance(mark, Text)]

    def json(self) -> dict[str, Any]:
        """The scene as dicts, lists, strings and numbers; every mark says its ``form``.

        >>> Scene(10.0, 10.0, "nothing", "values").json()["parts"]
        []
        """
        found = asdict(self)
        for part, plain in zip(self.parts, found["parts"], strict=True):
            for mark, entry in zip(part.marks, plain["marks"], strict=True):
                entry["mark"] = type(mark).__name__.lower()
        return found
