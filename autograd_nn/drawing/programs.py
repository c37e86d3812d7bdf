"""The programs that draw: Graphviz's ``dot``, and ``resvg`` for PNG from the built-in SVG.

``$AUTOGRAD_NN_DOT`` names the program; else it is ``dot`` on the PATH.  Programs run with a
timeout, and every way in which they can fail is one error that says what to do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec

from autograd_nn.checks import shown
from autograd_nn.drawing.palette import FONTS
from autograd_nn.errors import DrawingError

__all__ = [
    "PROGRAM_VARIABLE", "can_make_png", "find_program", "png_from_svg", "run_dot",
    "with_more_fonts",
]  # fmt: skip

PROGRAM_VARIABLE = "AUTOGRAD_NN_DOT"


def find_program() -> str | None:
    """The program to run: what the variable names, else ``dot`` on the PATH, else None."""
    named = os.environ.get(PROGRAM_VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise DrawingError(
                f"${PROGRAM_VARIABLE} names {shown(named)}, which is not a program that can be "
                "run. Correct it, or unset it to use 'dot' on the PATH or the built-in layout."
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


def can_make_png() -> bool:
    """Whether the extra ``png`` is installed."""
    try:
        return find_spec("resvg_py") is not None
    except ValueError:  # it was put out of the way
        return False


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
