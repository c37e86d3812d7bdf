"""What one result takes, as a line of straight-line Python, forward and for the way back."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from autograd_nn.jit.lifting.packs import MAXIMUM, MINIMUM
from autograd_nn.jit.writer import Writer

__all__ = ["Cell", "Line", "Term", "write_adjoint", "write_forward"]

Cell = Hashable  # a number's place: an int, or what a writer for loops has for it


class Term(NamedTuple):
    """A term of a sum, or an operand.

    Attributes:
        sign: "+" or "-".
        a, b: the factors; b is None where it is no product.
        wants_a, wants_b: whether their adjoints are asked for.
    """

    sign: str
    a: Cell
    b: Cell | None = None
    wants_a: bool = True
    wants_b: bool = True


class Line(NamedTuple):
    """One result.

    Attributes:
        code: the operation's row in the table, or 0 for a sum of terms.
        target: the result.
        terms: of a sum; of an operation, its operands in order.
    """

    code: int
    target: Cell
    terms: list[Term]

    @property
    def is_chain(self) -> bool:
        """Whether it is the largest or smallest of more than two."""
        return self.code in (MAXIMUM, MINIMUM) and len(self.terms) > 2


def write_forward(writer: Writer, line: Line) -> None:
    """The lines that compute a result."""
    if line.code:
        operands = [writer.read(term.a) for term in line.terms]
        while len(operands) > 2:
            operands[:2] = [writer.let(writer.call(line.code, operands[:2]))]
        writer.define(line.target, writer.call(line.code, operands))
        return
    terms = [
        (sign, writer.read(a) if b is None else f"{writer.read(a)} * {writer.read(b)}")
        for sign, a, b, _, _ in line.terms
    ]
    writer.define(line.target, writer.total(terms))


def write_adjoint(writer: Writer, line: Line, g: str) -> None:
    """The lines that pass on the adjoint ``g`` of a result."""
    if line.is_chain:
        _write_chain_adjoint(writer, line, g)
    elif line.code:
        operands = [writer.read(term.a) for term in line.terms]
        slopes = writer.slopes(line.code, operands, writer.read(line.target))
        for term, slope in zip(line.terms, slopes, strict=True):
            if term.wants_a:
                writer.add(term.a, "+", g if slope == "1.0" else f"{g} * {slope}")
    else:
        for sign, a, b, wants_a, wants_b in line.terms:
            if wants_a:
                writer.add(a, sign, g if b is None else f"{g} * {writer.read(b)}")
            if b is not None and wants_b:
                writer.add(b, sign, f"{g} * {writer.read(a)}")


def _write_chain_adjoint(writer: Writer, line: Line, g: str) -> None:
    """The adjoint of a chain of ``maximum`` or ``minimum``, link by link from its end."""
    operands = [writer.read(term.a) for term in line.terms]
    links = operands[:1]
    for operand in operands[1:]:
        links.append(writer.let(writer.call(line.code, [links[-1], operand])))
    for i in range(len(operands) - 1, 0, -1):
        slopes = writer.slopes(line.code, [links[i - 1], operands[i]], links[i])
        if line.terms[i].wants_a:
            writer.add(line.terms[i].a, "+", f"{g} * {slopes[1]}")
        g = writer.let(f"{g} * {slopes[0]}")
    if line.terms[0].wants_a:
        writer.add(line.terms[0].a, "+", g)
