"""The statements forward and back, in order, with every array made before it is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Final

from autograd_nn.jit.backends.text.python.arrays import Array, Arrays
from autograd_nn.jit.backends.text.python.expressions import Expr, leaf, number
from autograd_nn.jit.backends.text.python.formulas import Formulas
from autograd_nn.jit.backends.text.python.guards import checks
from autograd_nn.jit.backends.text.python.inputs import Inputs, merged
from autograd_nn.jit.backends.text.python.literals import Tables
from autograd_nn.jit.backends.text.python.names import ArrayNames, Names, shape_code
from autograd_nn.jit.backends.text.python.nests import Nests
from autograd_nn.jit.backends.text.python.results import cell_code
from autograd_nn.jit.backends.text.python.source import Source
from autograd_nn.jit.backends.text.python.statements import (
    Assign,
    Repeat,
    Run,
    Statement,
    every_statement,
    names_in,
)
from autograd_nn.jit.plan import VALUES, Item, Lines, Loop
from autograd_nn.jit.plan.plan import Backward
from autograd_nn.ops import PRIMITIVES

__all__ = ["Ways"]

_LOOPS: Final = "tsrq"  # the variables of loops, the outermost first


class Ways:
    """Writes the way forward and the way back.

    Args:
        names: the names that are taken.
        tables: the arrays that are written out.
    """

    def __init__(
        self,
        source: Source,
        inputs: Inputs,
        arrays: Arrays,
        back: Backward | None,
        names: Names,
        tables: Tables,
        formulas: Formulas,
    ) -> None:
        self._source, self._inputs, self._arrays, self._back = source, inputs, arrays, back
        self._tables, self._formulas, self._names = tables, formulas, names
        self.called = ArrayNames(arrays, source, names)
        self._variables = [names.new(letter) for letter in _LOOPS]
        self._seed = self._seed_of_result()
        self._nests = Nests(arrays, formulas, tables, self._seed)

    def forward(self) -> list[Statement]:
        """All that comes before the result."""
        statements = [*merged(self._arrays), *self._statements(self._arrays.plan.items, ())]
        made = self._opened(statements, False)
        return checks(self._arrays, self._source.notes.guards, self._tables, made)

    def backward(self) -> list[Statement]:
        """All that comes between the result and the slopes."""
        assert self._back is not None
        statements = [*self._started(), *self._statements(self._back.items, ())]
        statements = self._opened(statements, True)
        have = {s.name for s in every_statement(statements) if not isinstance(s, Repeat)}
        for given in self._inputs.wanted:
            for cell in given.cells[:1].tolist():
                array, _ = self._arrays.cell(cell)
                if f"d_{array.name}" not in have:
                    have.add(f"d_{array.name}")
                    statements.append(_opening(f"d_{array.name}", array))
        return statements

    # -- where slopes begin ----------------------------------------------------------------

    def _seed_of_result(self) -> dict[Array, Expr]:
        """The adjoint of the result, where the result is an array of its own."""
        roots = self._arrays.plan.roots
        if self._back is None or not len(roots):
            return {}
        array, _ = self._arrays.cell(int(roots[0, 0]))
        alone = prod(array.inner) == 1 and not array.inner and not array.given
        return {array: self._start(array)} if alone else {}

    def _start(self, array: Array) -> Expr:
        """What the slope of the result along itself is, for one row."""
        rows, mean = leaf("rows", ()), self._source.reduce == "mean"
        if not self._source.by_row:
            return number(1.0)
        if array.by_row:
            return number(1.0) / rows if mean else number(1.0)
        return number(1.0) if mean else rows

    def _started(self) -> list[Statement]:
        """The line that sets the adjoint of a result that is a part of an array."""
        roots = self._arrays.plan.roots
        if self._seed or not len(roots) or self._arrays.number(int(roots[0, 0])) is not None:
            return []
        array, offset = self._arrays.cell(int(roots[0, 0]))
        name = f"d_{array.name}"
        index = cell_code(array, offset, name).removeprefix(name) or "[...]"
        return [Assign(name, index, self._start(array), True)]

    # -- statements ------------------------------------------------------------------------

    def _statements(
        self, items: Sequence[Item], loops: tuple[tuple[str, int], ...]
    ) -> list[Statement]:
        found: list[Statement] = []
        for item in items:
            if isinstance(item, Loop):
                depth = len(loops)
                while depth >= len(self._variables):
                    self._variables.append(self._names.new(f"{_LOOPS[0]}{depth}"))
                variable = self._variables[depth]
                body = self._statements(item.items, (*loops, (variable, item.count)))
                found.append(Repeat(variable, item.count, item.reverse, body))
            elif isinstance(item, Lines):
                found += self._lines(item)
            else:
                statement, array = self._nests.statement(item, loops)
                if isinstance(statement, Assign):
                    statement.kept = array.name in self.called.spoken
                access = item.write if item.write.buffer % 2 == VALUES else item.reads[0]
                cell = access.start if access.buffer <= 1 else -1
                statement.line = self._line(cell, access.buffer == 1)
                found.append(statement)
        return found

    def _line(self, cell: int, back: bool) -> str:
        """The user's line that computes a cell."""
        line = self._source.notes.lines.get(cell, "")
        return f"back through {line}" if line and back else line

    def _lines(self, lines: Lines) -> Iterator[Statement]:
        """A statement for each of some single operations."""
        columns = (lines.codes, lines.out, lines.a, lines.b)
        rows = list(zip(*(x.tolist() for x in columns), strict=True))
        if lines.wanted is None:
            write_row = self._formulas.exact if lines.exact else self._formulas.row
            for code, out, a, b in rows:
                operands = [self._nests.scalar(cell) for cell in (a, b) if cell >= 0]
                yield self._set(out, write_row(code, operands))
            return
        every = zip(rows, lines.wanted.tolist(), strict=True)
        for (code, out, a, b), wanted in reversed(list(every)):
            yield from self._line_back(code, out, a, b, wanted)

    def _line_back(self, code: int, out: int, a: int, b: int, wanted: int) -> Iterator[Statement]:
        """What a single operation hands to its operands."""
        cells = [cell for cell in (a, b) if cell >= 0]
        operands = [self._nests.scalar(cell) for cell in cells]
        d, result = self._nests.scalar(out, adjoint=True), self._nests.scalar(out)
        if a == b and wanted == 3 and PRIMITIVES[code].name == "mul":
            yield self._deposit(a, number(2.0) * d * operands[0], out)
            return
        for k, cell in enumerate(cells):
            if wanted & (1 << k):
                slope = self._formulas.slope(code, k, operands, result)
                yield self._deposit(cell, d * slope, out)

    def _set(self, cell: int, expr: Expr) -> Assign:
        array, _ = self._arrays.cell(cell)
        index = str(self._nests.scalar(cell)).removeprefix(array.name)
        kept = array.name in self.called.spoken
        return Assign(array.name, index, expr, kept=kept, line=self._line(cell, False))

    def _deposit(self, cell: int, expr: Expr, of: int) -> Assign:
        array, offset = self._arrays.cell(cell)
        name = f"d_{array.name}"
        index = cell_code(array, offset, name).removeprefix(name)
        kept = array.name in self.called.spoken
        line = self._line(of, True)
        return Assign(name, index, expr, True, kept, line, owned=True)

    # -- making arrays ---------------------------------------------------------------------

    def _opened(self, statements: list[Statement], adjoint: bool) -> list[Statement]:
        """The same with every array made before a part of it is set, or read."""
        prefix = "d_" if adjoint else ""
        by_name = {prefix + array.name: array for array in self._arrays.arrays}
        if adjoint:
            ready = {f"d_{array.name}" for array in self._seed}
        else:
            ready = {array.name for array in self._arrays.arrays if array.is_given}
        found: list[Statement] = []
        for s in statements:
            missing: dict[str, None] = {}
            self._note_missing(s, by_name, ready, missing, False)
            found += [_opening(name, by_name[name]) for name in missing]
            found.append(s)
        return found

    def _note_missing(
        self,
        s: Statement,
        by_name: dict[str, Array],
        ready: set[str],
        missing: dict[str, None],
        inside: bool,
    ) -> None:
        """Note what a statement reads, or sets a part of, that nothing has made."""
        if isinstance(s, Repeat):
            for each in s.body:
                self._note_missing(each, by_name, ready, missing, True)
            return
        if isinstance(s, Assign) and s.whole and s.add and s.name not in ready and not inside:
            s.add = False  # the first that is added is all there is
        reads = s.reads()
        if isinstance(s, Assign) and s.whole and not s.add:
            reads -= {s.name} - names_in(str(s.expr))
        for name in sorted(reads & by_name.keys() - ready):
            ready.add(name)
            missing[name] = None
        if s.name:
            ready.add(s.name)


def _opening(name: str, array: Array) -> Run:
    code = shape_code(array)
    sizes = code[1:-2] if code.endswith(",)") else code
    return Run(f"{name} = np.zeros({sizes})", name, True)
