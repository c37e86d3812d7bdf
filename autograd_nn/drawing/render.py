"""``draw``: from Values, or a model, to a picture that renders with or without ``dot``.

The built-in layout writes the SVG, and ``resvg`` turns it into PNG.  ``dot`` is used where it is
asked for (``engine="dot"``, or a program named by ``$AUTOGRAD_NN_DOT``), for the formats that it
alone can write, and where the DOT source was changed.  Files are replaced whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]

from autograd_nn.checks import check_choice, shown
from autograd_nn.drawing.called import outputs_of
from autograd_nn.drawing.document import in_notebook
from autograd_nn.drawing.dot import Source
from autograd_nn.drawing.graph import roots_of
from autograd_nn.drawing.picture import Picture
from autograd_nn.drawing.programs import (
    PROGRAM_VARIABLE,
    can_make_png,
    find_program,
    png_from_svg,
    run_dot,
    with_more_fonts,
)
from autograd_nn.drawing.scene import Scene
from autograd_nn.drawing.still import picture_html
from autograd_nn.drawing.svg import svg_text
from autograd_nn.drawing.views import VIEWS, scene_of
from autograd_nn.errors import BadArgumentError, DrawingError
from autograd_nn.files import check_folder, write_whole

__all__ = ["DIRECTIONS", "PROGRAM_VARIABLE", "Drawing", "DrawingError", "draw"]

_MOST_FOR_DOT = 3_000  # boxes, signs and arrows: beyond this dot takes minutes
_ENGINES = (None, "dot", "builtin")
DIRECTIONS = ("LR", "TB", "RL", "BT")
_VALUES = ("data+grad", "data", "grad", "none")


def draw(
    what: Any,
    row: Any = None,
    *,
    width: float = 900.0,
    view: str | None = None,
    by: str = "weight",
    direction: str = "LR",
    values: str = "data+grad",
    max_values: int = 400,
    expand: str | Iterable[str] | None = None,
    names: Mapping[str, Any] | None = None,
    engine: str | None = None,
    timeout: float = 30.0,
) -> Drawing:
    """Draw the graph of a Value, or of several, or a model.

    A box is a value, with the operation that made it on its edge; an arrow is coloured and sized
    by the gradient that flows back along it, blue where positive, orange where negative.  A
    network is drawn in layers, each neuron as a ledger of its products, or closed to a row, or
    with its whole layer to a box.  A loop that was unrolled is drawn once.  Text keeps its size:
    what does not fit the width is closed.  Where ``backward()`` has not run there are no
    gradients, and the picture says how to get them.

    A power with a plain number as exponent is one operation, ``x²``.  The ``0 +`` with which
    Python's ``sum`` starts is left out.

    Args:
        what: a Value; a list, tuple, dict or object array of them; so also what a model
            returns, ``draw(model(x))``.  Or a model itself, which is drawn as circles.
        row: where ``what`` is a model, the row of numbers that it is called on, or several rows,
            of which the means are shown.  Without one the picture shows the weights alone.
        width: the width in pixels at which the picture is to be shown.
        view: ``"values"``, ``"layers"``, ``"network"`` (circles), ``"loop"`` or ``"groups"``;
            None for the one that suits.
        by: what the edges between circles show: ``"weight"`` or ``"gradient"``.
        direction: of a picture value by value: ``"LR"`` (left to right), ``"TB"`` (top to
            bottom), ``"RL"`` or ``"BT"``.
        values: what a box shows: ``"data+grad"``, ``"data"``, ``"grad"`` or ``"none"``.
        max_values: at most so many values are drawn one by one.
        expand: the name of a scope (or several), such as ``"layer 1"``, that is to be open;
            ``"*"`` draws every value, however many there are.
        names: names for the values in this picture, for example ``{"w": w}`` or ``locals()``.
        engine: ``"builtin"``, ``"dot"`` (value by value, or groups), or None: built in, unless
            ``$AUTOGRAD_NN_DOT`` names a program or the format needs one.
        timeout: seconds that ``dot`` may take.

    Returns:
        A ``graphviz.Digraph``: ``.render(outfile="graph.svg")``, ``.save("graph.gv")``,
        ``.pipe(format="svg")`` and ``.source`` work as in the graphviz package.

    Raises:
        TypeError, ValueError: an argument is not one of those above.

    >>> from autograd_nn import MLP, Value
    >>> x, w = Value(2.0, "x"), Value(-3.0, "w")
    >>> picture = draw(x * w)
    >>> "x * w" in picture.source
    True
    >>> draw(MLP(2, [3, 1], seed=0), [1.0, -1.0]).scene.view
    'network'
    """
    check_choice("direction", direction, DIRECTIONS)
    check_choice("values", values, _VALUES)
    check_choice("engine", engine, _ENGINES)
    check_choice("view", view, VIEWS)
    check_choice("by", by, ("weight", "gradient"))
    if isinstance(max_values, bool) or not isinstance(max_values, int) or max_values < 1:
        raise BadArgumentError(
            f"max_values is a whole number of at least 1, got {shown(max_values)}"
        )
    for name, given, unit in (("timeout", timeout, "seconds"), ("width", width, "pixels")):
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < 1e9:
            raise BadArgumentError(f"{name} is a number of {unit} above 0, got {shown(given)}")
    wanted = (expand,) if isinstance(expand, str) else tuple(expand or ())
    outputs = outputs_of(what, row)
    roots = roots_of(what if outputs is None else outputs.values)
    options: dict[str, Any] = {
        "width": float(width),
        "view": view or ("network" if outputs else None),
        "by": by,
        "direction": direction,
        "values": values,
        "names": names,
        "max_values": max_values,
        "expand": wanted,
        "called": outputs is None or outputs.called,
    }
    source = Source(roots, direction, values, max_values, wanted, names)
    return Drawing(scene_of(roots, **options), source, engine, timeout, options)


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A ``graphviz.Digraph`` that also renders where no ``dot`` program is installed.

    Attributes:
        scene: what is drawn, with its places.
        source: the graph in the DOT language.
        body: the lines of the source, which may be added to.

    >>> from autograd_nn import Value
    >>> draw(Value(2.0, "x") * 3.0).pipe(format="svg", encoding="utf-8")[:5]
    '<?xml'
    """

    _made = 0  # ids in a notebook are told apart by the number of the picture

    def __init__(
        self,
        scene: Scene,
        source: Source,
        layout: str | None = None,
        timeout: float = 30.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._own_body: list[str] | None = None
        super().__init__("autograd_nn", format="svg")
        self.scene = scene
        self._own_body, self._source = None, source
        self._layout, self._timeout = layout, timeout
        self._options = dict(options or {})
        self._marks: list[Callable[[Scene], None]] = []
        if len(scene.shown) <= _MOST_FOR_DOT:  # as the numbers are now
            self._own_body = list(source.lines)

    @property
    def _picture(self) -> Picture:
        return self._source.picture

    def mark(self, change: Callable[[Scene], None]) -> None:
        """Change the scene, and each that comes of opening a part of it in a notebook.

        Args:
            change: called with a scene, which it changes in place.
        """
        change(self.scene)
        self._marks.append(change)

    @property
    def body(self) -> list[str]:
        """The lines of the DOT source, which may be added to."""
        if self._own_body is None:
            self._own_body = list(self._source.lines)
        return self._own_body

    @body.setter
    def body(self, lines: Iterable[str]) -> None:
        self._own_body = list(lines)

    def _changed(self) -> bool:
        """Whether the source is no longer as it was made."""
        return self._own_body is not None and self._own_body != self._source.lines

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        *,
        engine: str | None = None,
        encoding: str | None = None,
    ) -> Any:
        """The picture as bytes, or as text where ``encoding`` is given.

        Args:
            format: ``"svg"``, ``"png"``, ``"pdf"`` or any other format of Graphviz.
            renderer, formatter, neato_no_op, quiet: as in graphviz; they need ``dot``.
            engine: one of Graphviz's layouts, such as ``"neato"``, or ``"builtin"``.

        Raises:
            ValueError: there is no such format.
            DrawingError: it cannot be made here; the message says what to do.
        """
        form = format or self.format
        form = form.lower() if isinstance(form, str) else form
        if not isinstance(form, str) or form not in graphviz.FORMATS:
            raise BadArgumentError(f"unknown format {shown(form)}: use 'svg', 'png', 'pdf' or 'gv'")
        special = bool(renderer or formatter or neato_no_op)
        if engine not in (None, "dot", "builtin") or special:
            made = super().pipe(
                format, renderer, formatter, neato_no_op, quiet, engine=engine, encoding=None
            )
        else:
            made = self._rendered(form, engine or self._layout)
        return made.decode(encoding) if encoding else made

    def _rendered(self, form: str, layout: str | None) -> bytes:
        if form == "gv":
            return str(self.source).encode()
        changed = self._changed()
        wanted = layout == "dot" or changed
        if layout != "builtin" and (wanted or self._needs_dot(form)):
            program = find_program()
            if program is not None:
                made = run_dot(program, self.source, form, self._timeout)
                return with_more_fonts(made) if form == "svg" else made
            if wanted:
                raise DrawingError(
                    f"no 'dot' program: install Graphviz or name one in ${PROGRAM_VARIABLE}. "
                    "Without it draw(..., engine='builtin') works, for a drawing as draw made it."
                )
        if form == "svg":
            return svg_text(self.scene).encode()
        if form == "png":
            return png_from_svg(svg_text(self.scene, theme="light"))
        raise DrawingError(
            f"the built-in layout makes 'svg' and 'png', not {shown(form)}. "
            f"Install Graphviz for {shown(form)} and use engine='dot', or choose 'svg'."
        )

    def _needs_dot(self, form: str) -> bool:
        """Whether a program is named for it, or the built-in layout cannot write the format."""
        if os.environ.get(PROGRAM_VARIABLE):
            picture = self._source.picture
            return len(picture.boxes) + len(picture.operations) <= _MOST_FOR_DOT
        return form != "svg" and not (form == "png" and can_make_png())

    def render(
        self,
        filename: os.PathLike[str] | str | None = None,
        directory: os.PathLike[str] | str | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        quiet_view: bool = False,
        *,
        outfile: os.PathLike[str] | str | None = None,
        engine: str | None = None,
        raise_if_result_exists: bool = False,
        overwrite_source: bool = False,
    ) -> str:
        """Write the picture to a file, and its source beside it unless ``cleanup``.

        Args:
            filename: the source's file; the picture's has the format as a further suffix.
            outfile: the picture's file; its suffix is the format unless one is given.
            directory: where, unless the name says so.
            view: open the picture.

        Returns:
            The path of the picture.

        Raises:
            ValueError: there is no such format.
            FileNotFoundError: the folder does not exist.
            DrawingError: it cannot be made here; the message says what to do.
        """
        if outfile is not None:
            target = _inside(outfile, directory)
            form = format or target.suffix[1:]
            if not form:
                raise BadArgumentError(
                    f"{str(outfile)!r} has no suffix: call it .svg, .png or .pdf"
                )
            source = _inside(filename, directory) if filename else target.with_suffix(".gv")
        else:
            source = _inside(filename or self.filename, directory)
            form = format or self.format
            target = source.with_name(f"{source.name}.{form}")
        if raise_if_result_exists and target.exists():
            raise graphviz.FileExistsError(f"output file exists: {str(target)!r}")
        check_folder(target)
        made = self.pipe(form, renderer, formatter, neato_no_op, quiet, engine=engine)
        if not cleanup and source != target:
            write_whole(source, self.source.encode())
        write_whole(target, made)
        if view or quiet_view:
            self._view(str(target), format=form, quiet=quiet_view)
        return str(target)

    def save(
        self,
        filename: os.PathLike[str] | str | None = None,
        directory: os.PathLike[str] | str | None = None,
        *,
        skip_existing: bool | None = False,
    ) -> str:
        """Write the DOT source to a file; returns its path.

        Args:
            filename: the file; by default the picture's name with ``.gv``.
            directory: where, unless the name says so.
            skip_existing: leave a file that is there already.

        Returns:
            The path.

        Raises:
            OSError: it cannot be written.
        """
        path = _inside(filename or self.filename, directory)
        if not (skip_existing and path.exists()):
            write_whole(path, self.source.encode())
        return str(path)

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: Any
    ) -> dict[str, Any]:
        """What a notebook shows: HTML whose closed parts open on a click, or the SVG alone."""
        wanted = set(include) if include is not None else {"image/svg+xml", "text/html"}
        wanted -= set(exclude or ())
        bundle: dict[str, Any] = {}
        if wanted & {"image/svg+xml", "text/html"}:
            Drawing._made += 1
            prefix = f"g{Drawing._made}-"
            changed = self._changed()
            bundle["image/svg+xml"] = (
                self.pipe(format="svg", encoding="utf-8")
                if changed
                else svg_text(self.scene, prefix)
            )
        if "text/html" in wanted:
            if changed:
                svg = bundle["image/svg+xml"]
                bundle["text/html"] = in_notebook(svg[svg.index("<svg") :], "#FFFFFF")
            else:
                roots, marks = self._source.roots, self._marks
                bundle["text/html"] = picture_html(self.scene, roots, self._options, marks, prefix)
        if "image/png" in wanted:
            bundle["image/png"] = self.pipe(format="png")
        return {kind: shown for kind, shown in bundle.items() if kind in wanted}


# ---------------------------------------------------------------------------
# Files


def _inside(name: os.PathLike[str] | str, directory: os.PathLike[str] | str | None) -> Path:
    return Path(directory, name) if directory is not None else Path(name)
