"""Packs of one or few nodes, as generated straight-line Python on floats.

A NumPy call costs about 1 us however small its arrays are, a line of Python on
floats about 30 to 60 ns.  Consecutive small packs become one function; it reads
and writes the buffers through a memoryview, whose elements are Python floats.
Additions and products are spelled out; every other operation calls its row of
the table, forward and for its partials.

What is left out: packs with a row axis, which are never small.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_nn.jit.contract import Call
from autograd_nn.jit.packs import Block, Pack
from autograd_nn.ops import PRIMITIVES

__all__ = ["straight_adjoint", "straight_forward"]

_LINES = 400  # a function; the time to compile longer ones grows faster than their length
_TERMS = 40  # an expression; the parser limits how deep one may nest


def straight_forward(packs: list[Pack], base: list[int], values: Any) -> list[Call]:
    """Functions that compute these packs in order."""
    writer = _Writer({"V": memoryview(values)})
    for p in packs:
        for k in range(p.size):
            writer.split()
            target = base[p.region] + k
            if p.is_reduction:
                writer.define_chain(target, p.code, [a for _, a, _ in _terms(p, k, base)])
            elif p.code:
                name = writer.table(p.code, "scalar")
                operands = ", ".join(writer.read(c) for c in _cells(p.blocks[0], k, base))
                writer.define(target, f"{name}({operands})")
            else:
                writer.define_sum(target, list(_terms(p, k, base)))
    return writer.functions()


def straight_adjoint(
    packs: list[Pack], base: list[int], values: Any, adjoints: Any, active: set[int]
) -> list[Call]:
    """Functions that pass the adjoints of these packs, last first, on to their operands."""
    writer = _Writer({"V": memoryview(values), "A": memoryview(adjoints)})
    for p in packs:
        for k in range(p.size):
            writer.split()
            target = base[p.region] + k
            g = writer.adjoint(target)
            if p.is_reduction:
                _chain_adjoint(writer, p, k, base, active, g)
                continue
            if p.code:
                _operation_adjoint(writer, p, k, base, active, g)
                continue
            for block in p.blocks:
                for a, b in _pairs(block, k, base):
                    sign = "+" if block.sign > 0 else "-"
                    if block.a_region in active:
                        by = "" if b is None else f" * {writer.read(b)}"
                        writer.line(f"{writer.adjoint(a)} {sign}= {g}{by}")
                    if b is not None and block.b_region in active:
                        factor = writer.read(a)
                        writer.line(f"{writer.adjoint(b)} {sign}= {g} * {factor}")
    return writer.functions()


def _operation_adjoint(
    writer: _Writer, p: Pack, k: int, base: list[int], active: set[int], g: str
) -> None:
    block = p.blocks[0]
    cells = _cells(block, k, base)
    operands = ", ".join(writer.read(c) for c in (*cells, base[p.region] + k))
    writer.line(f"s = {writer.table(p.code, 'partials')}({operands})")
    for i, (cell, region) in enumerate(zip(cells, (block.a_region, block.b_region), strict=False)):
        if region in active:
            writer.line(f"{writer.adjoint(cell)} += {g} * s[{i}]")


def _chain_adjoint(
    writer: _Writer, p: Pack, k: int, base: list[int], active: set[int], g: str
) -> None:
    """The adjoint of a chain of ``maximum`` or ``minimum``, link by link from its end."""
    scalar, partials = writer.table(p.code, "scalar"), writer.table(p.code, "partials")
    operands = [
        (a, block.a_region in active) for block in p.blocks for a, _ in _pairs(block, k, base)
    ]
    writer.line(f"m0 = {writer.read(operands[0][0])}")
    for i, (a, _) in enumerate(operands[1:], 1):
        writer.line(f"m{i} = {scalar}(m{i - 1}, {writer.read(a)})")
    writer.line(f"g = {g}")
    for i in range(len(operands) - 1, 0, -1):
        a, wanted = operands[i]
        writer.line(f"s = {partials}(m{i - 1}, {writer.read(a)}, m{i})")
        if wanted:
            writer.line(f"{writer.adjoint(a)} += g * s[1]")
        writer.line("g = g * s[0]")
    if operands[0][1]:
        writer.line(f"{writer.adjoint(operands[0][0])} += g")


def _pairs(block: Block, k: int, base: list[int]) -> Iterator[tuple[int, int | None]]:
    at_a = base[block.a_region]
    if block.b is None:
        for a in block.a[k].tolist():
            if a >= 0:
                yield at_a + a, None
    else:
        at_b = base[block.b_region]
        for a, b in zip(block.a[k].tolist(), block.b[k].tolist(), strict=True):
            if a >= 0:
                yield at_a + a, at_b + b


def _terms(p: Pack, k: int, base: list[int]) -> Iterator[tuple[str, int, int | None]]:
    for block in p.blocks:
        sign = "+" if block.sign > 0 else "-"
        for a, b in _pairs(block, k, base):
            yield sign, a, b


def _cells(block: Block, k: int, base: list[int]) -> list[int]:
    cells = [base[block.a_region] + int(block.a[k, 0])]
    if block.b is not None:
        cells.append(base[block.b_region] + int(block.b[k, 0]))
    return cells


class _Writer:
    """Collects lines and makes functions of them."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.done: list[list[str]] = []
        self.lines: list[str] = []
        self.known: dict[int, str] = {}
        self.adjoints: dict[int, str] = {}

    def adjoint(self, cell: int) -> str:
        """The name of an adjoint: loaded once in a function, and stored at its end."""
        name = self.adjoints.get(cell)
        if name is None:
            name = self.adjoints[cell] = f"a{cell}"
            self.lines.append(f"{name} = A[{cell}]")
        return name

    def read(self, cell: int) -> str:
        """The name of a number, loaded once in a function."""
        name = self.known.get(cell)
        if name is None:
            name = self.known[cell] = f"v{cell}"
            self.lines.append(f"{name} = V[{cell}]")
        return name

    def define(self, cell: int, expression: str) -> None:
        self.known[cell] = f"v{cell}"
        self.line(f"v{cell} = V[{cell}] = {expression}")

    def define_sum(self, cell: int, terms: list[tuple[str, int, int | None]]) -> None:
        parts = []
        for sign, a, b in terms:
            factor = self.read(a) if b is None else f"{self.read(a)} * {self.read(b)}"
            parts.append(f"{sign} {factor}")
        for start in range(0, len(parts), _TERMS):
            chunk = " ".join(parts[start : start + _TERMS])
            if start:
                chunk = f"v{cell} {chunk}"
            elif chunk.startswith("+ "):
                chunk = chunk[2:]
            self.line(f"v{cell} = {chunk}")
        self.known[cell] = f"v{cell}"
        self.line(f"V[{cell}] = v{cell}")

    def define_chain(self, cell: int, code: int, operands: list[int]) -> None:
        name = self.table(code, "scalar")
        self.line(f"m = {self.read(operands[0])}")
        for operand in operands[1:]:
            self.line(f"m = {name}(m, {self.read(operand)})")
        self.define(cell, "m")

    def table(self, code: int, column: str) -> str:
        row = PRIMITIVES[code]
        name = f"{row.name}_{column}"
        self.names[name] = getattr(row, column)
        return name

    def line(self, text: str) -> None:
        self.lines.append(text)

    def split(self) -> None:
        """End a function that has grown long; only between two packs' results."""
        if len(self.lines) > _LINES:
            self._end()

    def _end(self) -> None:
        stores = [f"A[{cell}] = {name}" for cell, name in self.adjoints.items()]
        self.done.append(self.lines + stores)
        self.lines, self.known, self.adjoints = [], {}, {}

    def functions(self) -> list[Call]:
        self._end()
        found: list[Call] = []
        parameters = ", ".join(f"{name}={name}" for name in self.names)
        for lines in self.done:
            if not lines:
                continue
            source = f"def run({parameters}):\n    " + "\n    ".join(lines)
            scope = dict(self.names)
            exec(compile(source, "<straight-line program>", "exec"), scope)
            found.append(scope["run"])
        return found
