"""The page of all operations, written from the table in ``autograd_nn.ops``.

Everything on it is read or computed from a row: the formula and the slopes from its spelling, the
numbers at special places and the plots from its ``scalar`` and ``partials``, the kink from its
``switch``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from curves import plot

from autograd_nn.ops import PRIMITIVES, Primitive, Trait

#: Where values and slopes are computed for the table of each operation.
_PLACES = (-math.inf, -1.0, -0.0, 0.0, 1.0, math.inf, math.nan)
#: The second operand of a plot, where the plot along the first shows more with it than with 1.
_SECOND = {"pow": 3.0, "leaky_relu": 0.1, "sub": 0.5, "atan2": 0.5}
_TINY = 1e-9
_WORDS = {
    Trait.COMMUTES: "its operands may be exchanged",
    Trait.LINEAR: "linear",
    Trait.ZERO_AT_ZERO: "0 where all operands are 0",
    Trait.KEEPS_WHOLE: "whole numbers stay whole",
    Trait.SAME_BITS: "floats and arrays give the same bits",
}
_HEAD = r"""
The table of operations
=======================

Every graph is made of these operations; this page is written from the table in ``autograd_nn.ops``
that the engine, the jit, the checks and the pictures share. Operands are :math:`a` and :math:`b`,
the result is :math:`y`. Numbers are dimensionless; angles are in radians. The tables hold what
the package computes at places where formulas need care; a slope at a kink is a convention, see
:doc:`/reference/conventions`. In a plot the value is the solid line and the slope along :math:`a`
the dashed one.

.. list-table::
   :header-rows: 1
   :widths: 18 40 42

   * - name
     - value
     - slopes along a and b
"""


def operations() -> list[Primitive]:
    """The rows that are operations, not leaves."""
    return [row for row in PRIMITIVES if row.name]


def slopes(row: Primitive, *operands: float) -> tuple[float, ...]:
    """The slopes of an operation at numbers."""
    return tuple(float(s) for s in row.partials(*operands, row.scalar(*operands)))


def latex(row: Primitive) -> str:
    """The operation in LaTeX, of a and b."""
    return row.spelling.latex.format(a="a", b="b", y="y")


def formulas(row: Primitive) -> list[str]:
    """The slope along each operand, in Python."""
    return [text.format(a="a", b="b", y="y") for text in row.spelling.formulas]


def kink(row: Primitive) -> str:
    """Where the slope jumps, and the slopes on either side and there; "" where it has no kink.

    >>> from autograd_nn.ops import primitive
    >>> kink(primitive("relu"))
    'Kink at a = 0: the slope along a is 0 before, 0 there, 1 after.'
    """
    if row.switch is None:
        return ""
    second = (1.0,) * (row.arity - 1)
    at = next(x for x in (0.0, 1.0) if row.switch(x, *second) == 0.0)
    sides = [slopes(row, x, *second)[0] for x in (at - _TINY, at, at + _TINY)]
    if row.arity == 1 or row.switch(at, 0.5) == 0.0:
        where, second = "a = 0", (0.5,)[: row.arity - 1]
        sides = [slopes(row, x, *second)[0] for x in (-_TINY, 0.0, _TINY)]
        if row.arity > 1:
            where += ", here for b = 0.5"
    else:
        where = "a = b"
    before, there, after = map(number, sides)
    if before == there == after:
        return f"Jumps at {where}; the slope along a is {there} on both sides and there."
    return f"Kink at {where}: the slope along a is {before} before, {there} there, {after} after."


def number(x: float) -> str:
    """A number as a table shows it, to six digits."""
    return f"{x:.6g}"


def places(row: Primitive) -> str:
    """A table of value and slope at special places, for an operation of one operand."""
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - a",
        "     - value",
        "     - slope",
    ]
    for x in _PLACES:
        value, (slope,) = row.scalar(x), slopes(row, x)
        lines += [f"   * - {x:g}", f"     - {number(value)}", f"     - {number(slope)}"]
    return "\n".join(lines)


def traits(row: Primitive) -> str:
    """What else is known of the operation, in a sentence."""
    known = [words for trait, words in _WORDS.items() if trait in row.traits]
    return (", ".join(known) + ".").capitalize() if known else ""


def card(row: Primitive) -> str:
    """The section of one operation."""
    title = row.name
    lines = [f".. _op-{title}:", "", title, "-" * len(title), "", f".. math:: y = {latex(row)}", ""]
    for operand, formula in zip("ab", formulas(row), strict=False):
        lines += [f"Slope along :math:`{operand}`: ``{formula}``.", ""]
    lines += [text + "\n" for text in (kink(row), traits(row)) if text]
    second = (_SECOND.get(row.name, 1.0),) * (row.arity - 1)
    svg = plot(_along(row, second), _along_slope(row, second), row.name, *second)
    lines += [".. raw:: html", "", *("   " + line for line in svg.splitlines()), ""]
    if row.arity == 1:
        lines += [places(row), ""]
    return "\n".join(lines)


def _along(row: Primitive, second: tuple[float, ...]) -> Callable[[float], float]:
    return lambda x: row.scalar(x, *second)


def _along_slope(row: Primitive, second: tuple[float, ...]) -> Callable[[float], float]:
    return lambda x: slopes(row, x, *second)[0]


def page() -> str:
    """The whole page, in reStructuredText."""
    text = _HEAD
    for row in operations():
        shown = "\n       ".join(f"| ``{formula}``" for formula in formulas(row))
        text += f"   * - :ref:`{row.name} <op-{row.name}>`\n     - :math:`{latex(row)}`\n"
        text += f"     - {shown}\n"
    return text + "\n" + "\n".join(map(card, operations()))
