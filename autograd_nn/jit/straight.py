"""Packs of one or few nodes, as generated straight-line Python on floats.

A NumPy call costs about 1 us however small its arrays are, a line of Python on
floats about 30 to 60 ns.  Small packs that follow each other become one function,
which reads and writes the buffers through a memoryview, whose elements are Python
floats.

Each is written twice: fast, and where that raises (``1 / 0``, ``log(0)``), safe.

What is left out: packs with a row axis, which are never small; how a line is written
(``lines``, ``writer``); programs that are nothing but small packs (``floats``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_nn.jit.contract import Call
from autograd_nn.jit.lifting.packs import Pack
from autograd_nn.jit.lines import Line, Term, write_adjoint, write_forward
from autograd_nn.jit.writer import Writer, number

__all__ = ["RAISED", "compiled", "straight_adjoint", "straight_forward", "texts"]

_LINES = 5000  # in one function
RAISED = (ArithmeticError, ValueError)  # by math and by / where IEEE 754 has an infinity or nan


def line_of(p: Pack, k: int, base: list[int], active: set[int]) -> Line:
    """The k-th result of a pack as a line on cells.

    Args:
        base: for each region its first cell.
        active: the regions whose adjoints are asked for.
    """
    terms = []
    for block in p.blocks:
        sign = "+" if block.sign > 0 else "-"
        wants_a, wants_b = block.a_region in active, block.b_region in active
        a = [base[block.a_region] + x for x in block.a[k].tolist() if x >= 0]
        if block.b is None:
            terms += [Term(sign, x, None, wants_a) for x in a]
            continue
        b = [base[block.b_region] + x for x in block.b[k].tolist() if x >= 0]
        if p.code:  # two operands, not factors
            terms += [Term(sign, a[0], None, wants_a), Term(sign, b[0], None, wants_b)]
        else:
            terms += [Term(sign, x, y, wants_a, wants_b) for x, y in zip(a, b, strict=True)]
    return Line(p.code, base[p.region] + k, terms)


def compiled(parameters: str, lines: list[str], names: dict[str, Any]) -> Callable[..., Any]:
    """The function of these lines; what they refer to is bound as default arguments."""
    bound = ", ".join(f"{name}={name}" for name in names)
    head = ", ".join(part for part in (parameters, bound) if part)
    source = f"def run({head}):\n    " + "\n    ".join(lines or ["pass"])
    scope = dict(names)
    exec(compile(source, "<straight-line program>", "exec"), scope)
    found: Callable[..., Any] = scope["run"]
    return found


class _BufferWriter(Writer):
    """Reads and writes the buffers; each cell is loaded once."""

    def __init__(
        self, fast: bool, constants: dict[int, str], values: Any, adjoints: Any = None
    ) -> None:
        super().__init__(fast, constants)
        self.names["V"] = memoryview(values)
        if adjoints is not None:
            self.names["A"] = memoryview(adjoints)
        self.known: set[int] = set()
        self.loaded: dict[int, str] = {}

    def read(self, cell: int) -> str:
        if cell not in self.known and cell not in self.constants:
            self.known.add(cell)
            self.lines.append(f"v{cell} = V[{cell}]")
        return super().read(cell)

    def define(self, cell: int, expression: str) -> None:
        self.known.add(cell)
        self.lines.append(f"v{cell} = V[{cell}] = {expression}")

    def adjoint(self, cell: int) -> str:
        """The name of an adjoint, which is stored at the end."""
        if cell not in self.loaded:
            self.loaded[cell] = f"a{cell}"
            self.lines.append(f"a{cell} = A[{cell}]")
        return self.loaded[cell]

    def add(self, cell: int, sign: str, expression: str) -> None:
        name = self.adjoint(cell)
        self.lines.append(f"{name} {sign}= {expression}")

    def function(self) -> Callable[[], None]:
        """What has been written, as a function."""
        stores = [f"A[{cell}] = {name}" for cell, name in self.loaded.items()]
        return compiled("", self.lines + stores, self.names)


Write = Callable[[_BufferWriter, Pack, int], None]


class _Lines:
    """A piece of straight-line code, fast or, where that raises, safe.

    The fast form has changed no adjoint when it raises: they are stored at its end.
    """

    def __init__(self, items: list[tuple[Pack, int]], make: Any, write: Write) -> None:
        self._items, self._make, self._write = items, make, write
        self._fast = self._function(fast=True)
        self._safe: Callable[[], None] | None = None

    def _function(self, fast: bool) -> Callable[[], None]:
        writer: _BufferWriter = self._make(fast)
        for p, k in self._items:
            self._write(writer, p, k)
        return writer.function()

    def __call__(self) -> None:
        try:
            self._fast()
        except RAISED:
            if self._safe is None:
                self._safe = self._function(fast=False)
            self._safe()


def _pieces(packs: list[Pack], make: Any, write: Write) -> list[Call]:
    """The packs' results in order, in pieces that are not too long."""
    pieces: list[list[tuple[Pack, int]]] = [[]]
    size = 0
    for p in packs:
        for k in range(p.size):
            pieces[-1].append((p, k))
            size += 1 + p.terms // p.size
            if size > _LINES:
                pieces.append([])
                size = 0
    return [_Lines(piece, make, write) for piece in pieces if piece]


def straight_forward(
    packs: list[Pack], base: list[int], values: Any, constants: dict[int, str]
) -> list[Call]:
    """Functions that compute these packs in order."""
    return _pieces(
        packs,
        lambda fast: _BufferWriter(fast, constants, values),
        lambda writer, p, k: write_forward(writer, line_of(p, k, base, set())),
    )


def straight_adjoint(
    packs: list[Pack],
    base: list[int],
    values: Any,
    adjoints: Any,
    active: set[int],
    constants: dict[int, str],
) -> list[Call]:
    """Functions that pass the adjoints of these packs, last first, on to their operands."""

    def write(writer: _BufferWriter, p: Pack, k: int) -> None:
        g = writer.adjoint(base[p.region] + k)
        write_adjoint(writer, line_of(p, k, base, active), g)

    return _pieces(packs, lambda fast: _BufferWriter(fast, constants, values, adjoints), write)


def texts(constants: list[float], first: int) -> dict[int, str]:
    """The constants as text, by cell."""
    return {first + k: number(x) for k, x in enumerate(constants)}
