"""Packs of one or few nodes, as generated straight-line Python on floats.

A NumPy call costs about 1 us however small its arrays are, a line of Python on
floats about 30 to 60 ns.  A program of small packs only becomes one function of
its arguments' numbers (``scalar_function``).  In a larger program, small packs that
follow each other become one function that reads and writes the buffers through a
memoryview, whose elements are Python floats.

Each is written twice: fast, and where that raises (``1 / 0``, ``log(0)``), safe.

What is left out: packs with a row axis, which are never small; how a line is written,
which is ``writer``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd_nn.jit.contract import Call
from autograd_nn.jit.packs import Block, Pack, Packing, dependents
from autograd_nn.jit.writer import Writer, number

__all__ = ["RAISED", "scalar_function", "straight_adjoint", "straight_forward", "texts"]

_LINES = 5000  # in one function
RAISED = (ArithmeticError, ValueError)  # by math and by / where IEEE 754 has an infinity or nan


# ---------------------------------------------------------------------------
# What packs do, line by line


def _write_forward(writer: Writer, p: Pack, k: int, base: list[int]) -> None:
    """The lines that compute the k-th result of a pack."""
    target = base[p.region] + k
    if p.is_reduction:
        operands = [writer.read(a) for _, a, _ in _terms(p, k, base)]
        chain = operands[0]
        for operand in operands[1:]:
            chain = writer.let(writer.call(p.code, [chain, operand]))
        writer.define(target, chain)
    elif p.code:
        operands = [writer.read(c) for c in _cells(p.blocks[0], k, base)]
        writer.define(target, writer.call(p.code, operands))
    else:
        terms = [
            (sign, writer.read(a) if b is None else f"{writer.read(a)} * {writer.read(b)}")
            for sign, a, b in _terms(p, k, base)
        ]
        writer.define(target, writer.total(terms))


def _write_adjoint(
    writer: Writer, p: Pack, k: int, base: list[int], active: set[int], g: str
) -> None:
    """The lines that pass on the adjoint ``g`` of the k-th result of a pack."""
    if p.is_reduction:
        _write_chain_adjoint(writer, p, k, base, active, g)
    elif p.code:
        block = p.blocks[0]
        cells = _cells(block, k, base)
        y = writer.read(base[p.region] + k)
        slopes = writer.slopes(p.code, [writer.read(c) for c in cells], y)
        for cell, region, slope in zip(
            cells, (block.a_region, block.b_region), slopes, strict=False
        ):
            if region in active:
                writer.add(cell, "+", g if slope == "1.0" else f"{g} * {slope}")
    else:
        for block in p.blocks:
            sign = "+" if block.sign > 0 else "-"
            for a, b in _pairs(block, k, base):
                if block.a_region in active:
                    writer.add(a, sign, g if b is None else f"{g} * {writer.read(b)}")
                if b is not None and block.b_region in active:
                    writer.add(b, sign, f"{g} * {writer.read(a)}")


def _write_chain_adjoint(
    writer: Writer, p: Pack, k: int, base: list[int], active: set[int], g: str
) -> None:
    """The adjoint of a chain of ``maximum`` or ``minimum``, link by link from its end."""
    operands = [
        (a, block.a_region in active) for block in p.blocks for a, _ in _pairs(block, k, base)
    ]
    links = [writer.read(operands[0][0])]
    for a, _ in operands[1:]:
        links.append(writer.let(writer.call(p.code, [links[-1], writer.read(a)])))
    for i in range(len(operands) - 1, 0, -1):
        a, wanted = operands[i]
        slopes = writer.slopes(p.code, [links[i - 1], writer.read(a)], links[i])
        if wanted:
            writer.add(a, "+", f"{g} * {slopes[1]}")
        g = writer.let(f"{g} * {slopes[0]}")
    if operands[0][1]:
        writer.add(operands[0][0], "+", g)


def _pairs(block: Block, k: int, base: list[int]) -> Iterator[tuple[int, int | None]]:
    """The cells of the k-th result's terms: of both factors, or of one number and None."""
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


def _compiled(writer: Writer, parameters: str, lines: list[str]) -> Callable[..., Any]:
    """The function of these lines; what they refer to is bound as default arguments."""
    bound = ", ".join(f"{name}={name}" for name in writer.names)
    head = ", ".join(part for part in (parameters, bound) if part)
    source = f"def run({head}):\n    " + "\n    ".join(lines or ["pass"])
    scope = dict(writer.names)
    exec(compile(source, "<straight-line program>", "exec"), scope)
    found: Callable[..., Any] = scope["run"]
    return found


# ---------------------------------------------------------------------------
# Between NumPy calls: on the buffers


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
        return _compiled(self, "", self.lines + stores)


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
        lambda writer, p, k: _write_forward(writer, p, k, base),
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
        _write_adjoint(writer, p, k, base, active, g)

    return _pieces(packs, lambda fast: _BufferWriter(fast, constants, values, adjoints), write)


# ---------------------------------------------------------------------------
# A whole program: on local names


class _LocalWriter(Writer):
    """Keeps all numbers in local names; an adjoint that nobody adds to does not exist."""

    def __init__(self, constants: dict[int, str]) -> None:
        super().__init__(fast=True, constants=constants)
        self.adjoints: set[int] = set()

    def add(self, cell: int, sign: str, expression: str) -> None:
        if cell in self.adjoints:
            self.lines.append(f"a{cell} {sign}= {expression}")
        else:
            self.adjoints.add(cell)
            self.lines.append(f"a{cell} = {'' if sign == '+' else '-'}{expression}")

    def adjoint(self, cell: int) -> str:
        """The adjoint of a number after all lines."""
        return f"a{cell}" if cell in self.adjoints else "0.0"


def scalar_function(
    packing: Packing,
    constants: dict[int, str],
    guards: list[tuple[str, int, int, bool]],
    roots: list[int],
    leaves: int,
    wanted: tuple[int, ...] | None,
) -> Callable[..., Any]:
    """A whole program as one function of lists of floats, one list a region of leaves.

    It returns None where a comparison comes out differently; else the results, and the slopes
    of the first along the wanted regions.  It raises where the fast form does.

    Args:
        guards: symbol, cell on the left, cell on the right, outcome.
        roots: the cells of the results.
        leaves: how many regions are read from the arguments of the function.
        wanted: the regions whose slopes are asked for; None for no slopes.
    """
    packs, base = packing.packs, packing.base(1)
    writer = _LocalWriter(constants)
    for region in range(leaves):
        cells = range(base[region], base[region + 1])
        if cells:
            writer.lines.append(", ".join(f"v{c}" for c in cells) + f", = g{region}")
    for p in packs:
        for k in range(p.size):
            _write_forward(writer, p, k, base)
    for symbol, left, right, outcome in guards:
        test = f"{writer.read(left)} {symbol} {writer.read(right)}"
        writer.lines.append(f"if {'not ' * outcome}({test}): return None")
    slopes = []
    if wanted is not None:
        active = dependents(packs, wanted)
        writer.add(roots[0], "+", "1.0")
        for p in reversed(packs):
            for k in range(p.size):
                cell = base[p.region] + k
                if p.region in active and cell in writer.adjoints:
                    _write_adjoint(writer, p, k, base, active, f"a{cell}")
        for region in wanted:
            cells = range(base[region], base[region + 1])
            slopes.append(f"[{', '.join(writer.adjoint(c) for c in cells)}]")
    results = ", ".join(writer.read(c) for c in roots)
    writer.lines.append(f"return [{results}], [{', '.join(slopes)}]")
    return _compiled(writer, ", ".join(f"g{region}" for region in range(leaves)), writer.lines)


def texts(constants: list[float], first: int) -> dict[int, str]:
    """The constants as text, by cell."""
    return {first + k: number(x) for k, x in enumerate(constants)}
