"""``draw``: from Values to a ``graphviz.Digraph`` that renders with or without ``dot``.

The program is the one that ``$AUTOGRAD_NN_DOT`` names, else ``dot`` on the PATH; without
one, and for large pictures, the built-in layout writes the SVG and ``resvg`` turns it into
PNG.  Programs run with a timeout, and files are replaced whole or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]

from autograd_nn.drawing.collapse import picture_of_groups
from autograd_nn.drawing.dot import dot_lines
from autograd_nn.drawing.graph import Picture, picture_of, roots_of
from autograd_nn.drawing.palette import FONTS
from autograd_nn.drawing.svg import svg_text
from autograd_nn.files import check_folder, write_whole

__all__ = ["Drawing", "DrawingError", "draw"]

PROGRAM_VARIABLE = "AUTOGRAD_NN_DOT"
_MOST_FOR_DOT = 3_000  # boxes, signs and arrows: beyond this dot takes minutes
_ENGINES = (None, "dot", "builtin")
_DIRECTIONS = ("LR", "TB", "RL", "BT")
_VALUES = ("data+grad", "data", "grad", "none")


class DrawingError(RuntimeError):
    """A picture could not be made; the message says why, and what to do."""


def draw(
    what: Any,
    *,
    direction: str = "LR",
    values: str = "data+grad",
    max_values: int = 400,
    expand: str | Iterable[str] | None = None,
    names: Mapping[str, Any] | None = None,
    engine: str | None = None,
    timeout: float = 30.0,
) -> Drawing:
    """Draw the graph of a Value, or of several.

    A box is a value; a dark sign is the operation that made it; an arrow is coloured and
    sized by the gradient that flows back along it, blue where positive, orange where
    negative.  Boxes are drawn around the parts of models and around ``with scope(...)``.
    Where ``backward()`` has not run, gradients show as "–", not as 0.

    A power with a plain number as exponent is one sign, ``x²``.  The ``0 +`` with which
    Python's ``sum`` starts is left out.

    Args:
        what: a Value; a list, tuple, dict or object array of them; so also what a model
            returns, ``draw(model(x))``.
        direction: ``"LR"`` (left to right), ``"TB"`` (top to bottom), ``"RL"`` or ``"BT"``.
        values: what a box shows: ``"data+grad"``, ``"data"``, ``"grad"`` or ``"none"``.
        max_values: a larger graph is drawn as groups, one for each scope, at the finest level
            with at most this many groups.
        expand: the name of a scope (or several) to draw value by value within a drawing in
            groups; ``"*"`` draws every value, however many there are.
        names: names for the values in this picture, for example ``{"w": w}`` or ``locals()``.
        engine: ``"dot"``, ``"builtin"``, or None: ``dot`` where it is installed and the
            picture is not too large for it.
        timeout: seconds that ``dot`` may take.

    Returns:
        A ``graphviz.Digraph``: ``.render(outfile="graph.svg")``, ``.save("graph.gv")``,
        ``.pipe(format="svg")`` and ``.source`` work as in the graphviz package.

    Raises:
        TypeError, ValueError: an argument is not one of those above.

    >>> from autograd_nn import Value
    >>> x, w = Value(2.0, "x"), Value(-3.0, "w")
    >>> picture = draw(x * w)
    >>> "x * w" in picture.source
    True
    """
    _check("direction", direction, _DIRECTIONS)
    _check("values", values, _VALUES)
    _check("engine", engine, _ENGINES)
    if isinstance(max_values, bool) or not isinstance(max_values, int) or max_values < 1:
        raise ValueError(f"max_values is a whole number of at least 1, got {max_values!r}")
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise ValueError(f"timeout is a number of seconds above 0, got {timeout!r}")
    roots = roots_of(what)
    wanted = (expand,) if isinstance(expand, str) else tuple(expand or ())
    picture = None if "*" in wanted else picture_of_groups(roots, max_values, wanted, values, names)
    if picture is None:
        picture = picture_of(roots, values, names)
    return Drawing(picture, direction, engine, timeout)


def _check(name: str, given: object, allowed: tuple[str | None, ...]) -> None:
    if given not in allowed:
        raise ValueError(f"{name} is one of {', '.join(map(repr, allowed))}; got {given!r}")


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A ``graphviz.Digraph`` that also renders where no ``dot`` program is installed."""

    _made = 0  # ids in a notebook are told apart by the number of the picture

    def __init__(
        self,
        picture: Picture,
        direction: str = "LR",
        layout: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__("autograd_nn", format="svg", body=dot_lines(picture, direction))
        self._picture, self._direction = picture, direction
        self._layout, self._timeout = layout, timeout
        self._body_as_made = list(self.body)

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
        form = (format or self.format).lower()
        if form not in graphviz.FORMATS:
            raise ValueError(f"unknown format {form!r}: use 'svg', 'png', 'pdf' or 'gv'")
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
        changed = self.body != self._body_as_made
        size = len(self._picture.boxes) + len(self._picture.operations)
        if layout == "builtin" or (layout is None and size > _MOST_FOR_DOT and not changed):
            return self._built_in(form, "it was asked for or the graph is large")
        program = find_program()
        if program is None:
            if layout == "dot" or changed:
                raise DrawingError(
                    f"no 'dot' program: install Graphviz or name one in ${PROGRAM_VARIABLE}. "
                    "Without it draw(..., engine='builtin') works, for a drawing as draw made it."
                )
            return self._built_in(form, "there is no 'dot' program")
        made = run_dot(program, self.source, form, self._timeout)
        return with_more_fonts(made) if form == "svg" else made

    def _built_in(self, form: str, why: str) -> bytes:
        if form == "svg":
            return svg_text(self._picture, self._direction).encode()
        if form == "png":
            return png_from_svg(svg_text(self._picture, self._direction))
        raise DrawingError(
            f"the built-in layout makes 'svg' and 'png', not {form!r}, and it is used because "
            f"{why}. Install Graphviz for {form!r} and use engine='dot', or choose 'svg'."
        )

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
                raise ValueError(f"{str(outfile)!r} has no suffix: call it .svg, .png or .pdf")
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
        """Write the DOT source to a file; returns its path."""
        path = _inside(filename or self.filename, directory)
        if not (skip_existing and path.exists()):
            write_whole(path, self.source.encode())
        return str(path)

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: Any
    ) -> dict[str, Any]:
        """What a notebook shows: HTML with tooltips on an opaque ground, or the SVG alone."""
        wanted = set(include) if include is not None else {"image/svg+xml", "text/html"}
        wanted -= set(exclude or ())
        bundle: dict[str, Any] = {}
        if wanted & {"image/svg+xml", "text/html"}:
            Drawing._made += 1
            prefix = f"g{Drawing._made}-"
            svg = svg_text(self._picture, self._direction, prefix)
            if self.body != self._body_as_made:
                svg = self.pipe(format="svg", encoding="utf-8")
            bundle["image/svg+xml"] = svg
            inner = svg[svg.index("<svg") :]
            bundle["text/html"] = (
                f'<div style="background:#FFFFFF;overflow-x:auto;border-radius:6px">{inner}</div>'
            )
        if "image/png" in wanted:
            bundle["image/png"] = self.pipe(format="png")
        return {kind: shown for kind, shown in bundle.items() if kind in wanted}


# ---------------------------------------------------------------------------
# Programs and files


def find_program() -> str | None:
    """The program to run: what the variable names, else ``dot`` on the PATH, else None."""
    named = os.environ.get(PROGRAM_VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise DrawingError(
                f"${PROGRAM_VARIABLE} names {named!r}, which is not a program that can be run. "
                "Correct it, or unset it to use 'dot' on the PATH or the built-in layout."
            )
        return found
    return shutil.which("dot")


def run_dot(program: str, source: str, form: str, timeout: float) -> bytes:
    """What the program makes of ``source``.

    Raises:
        DrawingError: it could not be started, took too long, or failed.
    """
    instead = "engine='builtin' lays out the picture without it"
    try:
        done = subprocess.run(
            [program, f"-T{form}"],
            input=source.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DrawingError(
            f"{program} took longer than {timeout:g} s and was stopped. Give a larger timeout=, "
            f"draw less (max_values=), or: {instead}."
        ) from None
    except OSError as error:
        raise DrawingError(f"{program} could not be run ({error}); {instead}.") from error
    if done.returncode != 0 or not done.stdout:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:300]
        raise DrawingError(
            f"{program} failed with exit code {done.returncode}"
            + (f" ({said})" if said else "")
            + f"; {instead}."
        )
    return done.stdout


def with_more_fonts(svg: bytes) -> bytes:
    """Dot takes one font name; browsers without it get the next of the family."""
    return re.sub(rb'font-family="Arial"', f'font-family="{FONTS}"'.encode(), svg)


def png_from_svg(svg: str) -> bytes:
    """A PNG of an SVG, on white, at twice its size.

    Raises:
        DrawingError: neither Graphviz nor the extra ``png`` is installed.
    """
    try:
        import resvg_py
    except ImportError:
        raise DrawingError(
            "PNG needs Graphviz's 'dot' or the extra: pip install 'autograd_nn[png]'. "
            "SVG needs neither."
        ) from None
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, background="#FFFFFF", zoom=2))


def _inside(name: os.PathLike[str] | str, directory: os.PathLike[str] | str | None) -> Path:
    return Path(directory, name) if directory is not None else Path(name)
