"""Writing straight-line Python on floats: lines, names, and what the table's rules become.

The slopes of an operation are its row's ``partials``, run once on symbols that write
down what is done to them.  A rule that asks for more than arithmetic and functions (a
comparison, a sign) is called as it is.

The fast form uses ``/`` and the functions of ``math``, which raise where IEEE 754 has a
value; the safe form calls the table.  Where the fast form does not raise they agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_nn.ops import CODES, PRIMITIVES, Trait

__all__ = ["Symbol", "Writer", "number"]

_RELU, _ABS, _DIV, _POW, _DETACH = (CODES[name] for name in ("relu", "abs", "div", "pow", "detach"))
_FIRST_MAX, _FIRST_MIN = CODES["first_max"], CODES["first_min"]
_TERMS = 40  # in one expression; the parser limits how deep one may nest


class Symbol:
    """A number in the lines being written; arithmetic on it writes a line."""

    def __init__(self, writer: Writer, name: str) -> None:
        self.writer, self.name = writer, name

    def __str__(self) -> str:
        return self.name

    def _let(self, expression: str) -> Symbol:
        return Symbol(self.writer, self.writer.let(expression))

    def __add__(self, other: Any) -> Symbol:
        return self._let(f"{self} + {other}")

    def __radd__(self, other: Any) -> Symbol:
        return self._let(f"{other} + {self}")

    def __sub__(self, other: Any) -> Symbol:
        return self._let(f"{self} - {other}")

    def __rsub__(self, other: Any) -> Symbol:
        return self._let(f"{other} - {self}")

    def __mul__(self, other: Any) -> Symbol:
        return self._let(f"{self} * {other}")

    def __rmul__(self, other: Any) -> Symbol:
        return self._let(f"{other} * {self}")

    def __truediv__(self, other: Any) -> Symbol:
        return self._let(f"{self} / {other}")

    def __rtruediv__(self, other: Any) -> Symbol:
        return self._let(f"{other} / {self}")

    def __neg__(self) -> Symbol:
        return self._let(f"-{self}")

    def __abs__(self) -> Symbol:
        return self._let(f"abs({self})")

    def _refuse(self, *_: Any) -> Any:
        raise TypeError("a symbol has no number")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __float__ = __bool__ = __pow__ = __rpow__ = _refuse
    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        if name not in CODES:
            raise AttributeError(name)
        return lambda *rest: self._let(self.writer.call(CODES[name], [str(self), *map(str, rest)]))


class Writer:
    """Collects the lines of one function.

    Args:
        fast: which of the two forms to write.
        constants: the text of the numbers that are known, by cell.

    Attributes:
        lines: what has been written.
        names: what the lines refer to besides their own names.
    """

    def __init__(self, fast: bool, constants: dict[int, str]) -> None:
        self.fast, self.constants = fast, constants
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
        self._temporaries = 0

    # -- cells, as a subclass has them -----------------------------------------------------

    def read(self, cell: Any) -> str:
        """The name of a number."""
        return self.constants.get(cell) or f"v{cell}"

    def define(self, cell: Any, expression: str) -> None:
        """Write the line that computes a number."""
        self.lines.append(f"v{cell} = {expression}")

    def add(self, cell: Any, sign: str, expression: str) -> None:
        """Write the line that adds to the adjoint of a number, or subtracts."""
        raise TypeError("this writer has no adjoints")

    # -- expressions ---------------------------------------------------------------------

    def let(self, expression: str) -> str:
        """Write a line that names an intermediate result; returns the name."""
        self._temporaries += 1
        self.lines.append(f"t{self._temporaries} = {expression}")
        return f"t{self._temporaries}"

    def table(self, code: int, column: str) -> str:
        """The name of an entry of the table."""
        row = PRIMITIVES[code]
        name = f"{row.name}_{column}"
        self.names[name] = getattr(row, column)
        return name

    def call(self, code: int, operands: list[str]) -> str:
        """An expression for an operation of the table."""
        name = PRIMITIVES[code].name
        if code == _RELU:
            return f"(0.0 if {operands[0]} <= 0.0 else {operands[0]})"
        if code == _DETACH:
            return operands[0]
        if code in (_FIRST_MAX, _FIRST_MIN):  # a test holds this to the table
            a, b = operands
            return f"({b} if {b} {'>' if code == _FIRST_MAX else '<'} {a} else {a})"
        if code == _ABS:
            return f"abs({operands[0]})"
        if self.fast and code == _DIV:
            return f"{operands[0]} / {operands[1]}"
        if self.fast and Trait.OF_MATH in PRIMITIVES[code].traits:
            self.names[name] = getattr(math, name)
            return f"{name}({', '.join(operands)})"
        return f"{self.table(code, 'scalar')}({', '.join(operands)})"

    def slopes(self, code: int, operands: list[str], y: str) -> list[str]:
        """Expressions for the slopes of an operation along its operands."""
        row = PRIMITIVES[code]
        if code == _RELU:  # a test holds this to the table
            x = operands[0]
            return [f"(1.0 if {x} > 0.0 else 0.0 if {x} <= 0.0 else nan)"]
        if code in (_FIRST_MAX, _FIRST_MIN):
            test = f"{operands[1]} {'>' if code == _FIRST_MAX else '<'} {operands[0]}"
            return [f"(0.0 if {test} else 1.0)", f"(1.0 if {test} else 0.0)"]
        if self.fast and code == _POW:
            power = _literal(operands[1])
            if power and power - 1.0 + 1.0 == power:
                # As the table; no slope along the exponent is asked for, since it is a number.
                lowered = self.call(code, [operands[0], number(power - 1.0)])
                return [f"{number(power)} * {lowered}", "nan"]
        if self.fast:
            before = len(self.lines)
            try:
                found = row.partials(*[Symbol(self, x) for x in (*operands, y)])
                return [str(slope) for slope in found]
            except TypeError:
                del self.lines[before:]
        name = self.let(f"{self.table(code, 'partials')}({', '.join([*operands, y])})")
        return [f"{name}[{i}]" for i in range(row.arity)]

    def total(self, terms: list[tuple[str, str]]) -> str:
        """An expression for a sum of signed terms; of many, the first get lines of their own."""
        parts = [f"{sign} {term}" for sign, term in terms]
        while len(parts) > _TERMS:
            parts[:_TERMS] = ["+ " + self.let(" ".join(parts[:_TERMS]).removeprefix("+ "))]
        return " ".join(parts).removeprefix("+ ")


def number(x: float) -> str:
    """A number as an expression that can stand anywhere."""
    return f"({x!r})" if x < 0.0 or str(x)[0] == "-" else repr(x)


def _literal(text: str) -> float | None:
    """The number that an expression is; None if it is something else."""
    try:
        return float(text.strip("()"))
    except ValueError:
        return None
