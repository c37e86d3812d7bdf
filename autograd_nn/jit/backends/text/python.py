"""A program as readable NumPy code, forward and back.

    @np.errstate(all="ignore")
    def loss_value_and_grad(W, b, x, y):
        error = x @ W + b - y
        loss = error @ error
        d_error = 2 * error
        ...

``arrays`` sorts the cells of the plan into arrays, ``nests`` writes each nest in their terms,
``statements`` joins what reads better in one line.  What is written needs NumPy only.
"""

from __future__ import annotations

import ast
import keyword
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.errors import BadArgumentError, TraceError, WrongTypeError
from autograd_nn.jit.backends.text.python_apart import apart
from autograd_nn.jit.backends.text.python_arguments import (
    Leaf,
    Names,
    built,
    leaves_of_key,
    slopes_of_key,
)
from autograd_nn.jit.backends.text.python_arrays import Array, Arrays, Given, Place
from autograd_nn.jit.backends.text.python_expressions import Expr, leaf, number
from autograd_nn.jit.backends.text.python_formulas import Formulas
from autograd_nn.jit.backends.text.python_guards import checks
from autograd_nn.jit.backends.text.python_nests import Nests, tuple_code
from autograd_nn.jit.backends.text.python_statements import (
    Assign,
    Repeat,
    Run,
    Slice,
    Statement,
    names_in,
    tidy,
    written,
)
from autograd_nn.jit.backends.text.python_views import aligned, view_of
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.plan import VALUES, Item, Lines, Loop, Nest, Plan, walk
from autograd_nn.ops import PRIMITIVES

__all__ = ["Notes", "Source", "write"]

_LOOPS: Final = ("t", "s", "r", "q")
_WIDTH: Final = 88
_FEW: Final = 6  # indices that are written one by one
_WORDS: Final = {
    **{"mul": "product", "add": "total", "sub": "difference", "div": "quotient"},
    **{"neg": "negative", "first_max": "larger", "first_min": "smaller", "pow": "power"},
    **{"maximum": "largest", "minimum": "smallest", "detach": "fixed", "greater": "is_greater"},
}


@dataclass
class Group:
    """Captured parameters that are one argument.

    Attributes:
        name: dotted, as the model calls it.
        places: among the captured parameters, in the order of the array.
        shape: of the array.
    """

    name: str
    places: list[int]
    shape: tuple[int, ...]


@dataclass
class Notes:
    """What is known beside the plan.

    Attributes:
        function: what the function is called.
        place: the file and line where it is defined; "" where that is not known.
        arguments: the names of its arguments.
        groups: the captured parameters.
        names: by cell of the values, what the user calls it, the best name first.
        lines: by cell of the values, the user's line.
        guards: by symbol, the user's line of each comparison.
        lost: why names and lines are not known; "" where they are.
    """

    function: str
    place: str
    arguments: list[str]
    groups: list[Group]
    names: dict[int, list[str]] = field(default_factory=dict)
    lines: dict[int, str] = field(default_factory=dict)
    guards: dict[str, list[str]] = field(default_factory=dict)
    lost: str = ""


@dataclass
class Source:
    """What is to be written.

    Attributes:
        plan: for ``rows`` rows, a number that no axis has; or for none.
        key: of the arguments; see ``capture.arguments``.
        result: the description of the result.
        reduce: what is done with rows.
        by_row: which arguments have rows.
        argnums: the arguments along which slopes are wanted; None for the parameters.
        notes: names and lines.
    """

    plan: Plan
    key: tuple[Any, ...]
    result: Any
    reduce: str | None
    by_row: frozenset[int]
    argnums: int | tuple[int, ...] | None
    notes: Notes


def write(source: Source, name: str) -> str:
    """The code of a program.

    Args:
        name: of the function.

    Raises:
        BadArgumentError: the name is no name of Python's.
        TraceError: there is an operation that has no formula.
    """
    if not isinstance(name, str):
        raise WrongTypeError(f"name is a str, got {type(name).__name__}")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise BadArgumentError(
            f"{name!r:.60} cannot be the name of a Python function: letters, digits and "
            "underscores, no digit first, and no word of the language"
        )
    return _Writer(source, name).text()


class _Writer:
    def __init__(self, source: Source, name: str) -> None:
        self.source, self.plan, self.name = source, source.plan, name
        self.formulas = Formulas()
        self.names = Names()
        self.tables: dict[tuple[str, tuple[int, ...], bytes], tuple[str, Any]] = {}
        self.arguments = [self.names.new(each) for each in source.notes.arguments]
        self.names.reserve_builtins()
        self.loads: list[str] = []
        self.row_argument = ""
        self.given: list[list[Given]] = []  # of each argument
        regions = iter(range(len(self.plan.leaves)))
        for k, (argument, key) in enumerate(zip(self.arguments, source.key, strict=True)):
            self.given.append(
                [self._given(argument, k, each, next(regions)) for each in leaves_of_key(key)]
            )
        self.captured = [self._group(g) for g in source.notes.groups]
        self.wanted = self._wanted()
        every = [*(g for each in self.given for g in each), *self.captured]
        self.plan = apart(self.plan, every)
        scalar = self._is_scalar(source.result)
        self.back = adjoint(self.plan, self.wanted) if scalar else None
        items = self.back.items if self.back is not None else []
        self.arrays = Arrays(self.plan, items, every)
        self._name_arrays()
        self.seed = self._seed() if self.back is not None else {}
        self.nests = Nests(self.arrays, self.formulas, self._table, self.seed)

    @staticmethod
    def _is_scalar(spec: Any) -> bool:
        return spec[0] == "value" or (spec[0] == "values" and spec[1] == ())

    # -- arguments -------------------------------------------------------------------------

    def _given(self, argument: str, k: int, each: Leaf, region: int) -> Given:
        place = self.plan.leaves[region]
        by_row = k in self.source.by_row
        name = argument if not each.path else self.names.new(argument + each.path)
        if by_row and not self.row_argument:
            self.row_argument = name
        self.loads.append(
            f"{name} = {each.code.format(argument + each.path)}"
            if not by_row
            else f"{name} = np.asarray({argument}, dtype=float)"
        )
        shape = (self.plan.rows, *each.shape) if by_row else each.shape
        return Given(name, self._cells(place, place.cells), shape, by_row)

    def _cells(self, place: Any, cells: Any) -> Any:
        base = np.concatenate([[0], np.cumsum(self.plan.sizes)])[place.buffer // 2]
        return np.asarray(cells) + base

    def _group(self, group: Group) -> Given:
        place = self.plan.leaves[-1]
        name = self.names.new(group.name)
        code = "np.float64({})" if not group.shape else "np.asarray({}, dtype=float)"
        self.loads.append(f"{name} = {code.format(name)}")
        self.arguments.append(name)
        cells = place.cells[np.array(group.places, dtype=np.int64)]
        return Given(name, self._cells(place, cells), group.shape)

    def _wanted(self) -> tuple[int, ...]:
        argnums = self.source.argnums
        if argnums is None:
            return (len(self.plan.leaves) - 1,)
        positions = argnums if isinstance(argnums, tuple) else (argnums,)
        starts = np.concatenate([[0], np.cumsum([len(g) for g in self.given])])
        return tuple(r for k in positions for r in range(starts[k], starts[k + 1]))

    # -- names -----------------------------------------------------------------------------

    def _name_arrays(self) -> None:
        """Give every array a name: an argument's, the user's, or one after what it holds."""
        self.spoken: set[str] = set()
        self.slices: dict[tuple[str, int], Slice] = {}
        kinds, before = self._kinds(), self._before()
        for array in self.arrays.arrays:
            if array.is_given:
                array.name = array.given[0][0].name
                continue
            cells = self._first_row(array)
            best = self._best(cells.tolist())
            if array.given and not best:
                best = _common([g.name for g, _ in array.given]) or "parameters"
            if best:
                array.name = self.names.new(best)
                self.spoken.add(array.name)
        for array in self.arrays.arrays:
            if array.name:
                continue
            first = int(self._first_row(array)[0]) if len(array.cells) else -1
            word = kinds.get(first, "v")
            if (
                len(self.plan.roots) == 1
                and self.arrays.cell(int(self.plan.roots[0, 0]))[0] is array
            ):
                word = "value"
            elif first in before:
                word = f"{word}_{before[first]}"
            array.name = self.names.new(word)

    def _before(self) -> dict[int, str]:
        """By its first cell, what is no more than the operand of something that has a name."""
        found: dict[int, str] = {}
        for item, _ in walk(self.plan.items):
            if isinstance(item, Nest) and item.kind == "row" and item.reads[0].buffer == VALUES:
                cells = self.arrays.cell(item.write.start)[0]
                if item.write.start in self._first_row(cells):
                    best = self._best([item.write.start])
                    if best:
                        found.setdefault(item.reads[0].start, best)
        return found

    @staticmethod
    def _first_row(array: Array) -> Any:
        """The cells of an array, where there are rows those of the first."""
        return array.cells.reshape(array.shape[0], -1)[0] if array.by_row else array.cells

    def _slice(self, name: str, k: int) -> Slice | None:
        """Part ``-1 - k`` of an array, or all of it as ``k`` parts; None where it has others."""
        array = next((a for a in self.arrays.arrays if a.name == name), None)
        if array is None or array.given or not array.inner:
            return None
        shape = array.inner[1:] if k < 0 else array.inner
        if k > 0:
            if array.inner[0] != k:
                return None
            return Slice(name, True, self._with_rows(array, shape))
        if (name, k) not in self.slices:
            size = prod(shape)
            cells = self._first_row(array)
            best = self._best(cells[(-1 - k) * size : -k * size].tolist())
            own = (
                self.names.new(best)
                if best and best != name
                else self.names.new(f"{name}_{-1 - k}")
            )
            self.slices[name, k] = Slice(own, bool(best), self._with_rows(array, shape))
        return self.slices[name, k]

    def _with_rows(self, array: Array, inner: tuple[int, ...]) -> tuple[tuple[int, ...], str]:
        sizes = [str(n) for n in inner]
        if not array.by_row:
            return inner, tuple_code(sizes)
        return (array.shape[0], *inner), tuple_code(["rows", *sizes])

    def _best(self, cells: Sequence[int]) -> str:
        """What the user calls most of some cells; "" if they have no name."""
        counts: dict[str, int] = {}
        for cell in cells:
            for rank, word in enumerate(self.source.notes.names.get(cell, ())):
                counts[word] = counts.get(word, 0) + 100 - rank
        return max(counts, key=lambda word: counts[word], default="")

    def _kinds(self) -> dict[int, str]:
        """By the first cell of what an operation sets, a name after that operation."""
        found: dict[int, str] = {}
        for item, _ in walk(self.plan.items):
            if isinstance(item, Lines):
                for code, cell in zip(item.codes.tolist(), item.out.tolist(), strict=True):
                    found.setdefault(cell, _word(PRIMITIVES[code].name))
            elif isinstance(item, Nest) and item.kind != "drop":
                word = {"sum": "total" if item.summed else "term", "look": "entry"}.get(item.kind)
                found.setdefault(item.write.start, word or _word(PRIMITIVES[item.code].name))
        return found

    # -- tables ----------------------------------------------------------------------------

    def _table(self, numbers: Any, kind: str) -> str:
        numbers = np.ascontiguousarray(numbers)
        key = (numbers.dtype.kind, numbers.shape, numbers.tobytes())
        if key not in self.tables:
            self.tables[key] = (self.names.new(kind), numbers)
        return self.tables[key][0]

    # -- the way back ------------------------------------------------------------------------

    def _seed(self) -> dict[Array, Expr]:
        """The adjoint of the result, where the result is an array of its own."""
        if not len(self.plan.roots):
            return {}
        array, _ = self.arrays.cell(int(self.plan.roots[0, 0]))
        own = (
            prod(array.inner) == 1
            and not array.given
            and not array.shape[1 if array.by_row else 0 :]
        )
        return {array: self._start(array)} if own else {}

    def _start(self, array: Array) -> Expr:
        rows = self.plan.rows > 1
        if not rows:
            return number(1.0)
        if array.by_row:
            return number(1.0) / leaf("rows", ()) if self.source.reduce == "mean" else number(1.0)
        return number(1.0) if self.source.reduce == "mean" else leaf("rows", ())

    # -- statements ------------------------------------------------------------------------

    def _statements(
        self, items: Sequence[Item], loops: tuple[tuple[str, int], ...]
    ) -> list[Statement]:
        found: list[Statement] = []
        for item in items:
            if isinstance(item, Loop):
                variable = _LOOPS[len(loops)] if len(loops) < len(_LOOPS) else f"t{len(loops)}"
                while variable in self.arguments or any(
                    a.name == variable for a in self.arrays.arrays
                ):
                    variable += "_"
                body = self._statements(item.items, (*loops, (variable, item.count)))
                found.append(Repeat(variable, item.count, item.reverse, body))
            elif isinstance(item, Lines):
                found += self._lines(item)
            else:
                statement, array = self.nests.statement(item, loops)
                if isinstance(statement, Assign):
                    statement.kept = array.name in self.spoken
                statement.line = self._line(item)
                found.append(statement)
        return found

    def _line(self, nest: Nest) -> str:
        """The user's line of what a nest computes, or of what it passes adjoints back through."""
        access = nest.write if nest.write.buffer % 2 == VALUES else nest.reads[0]
        line = self.source.notes.lines.get(access.start if access.buffer <= 1 else -1, "")
        return f"back through {line}" if line and access.buffer == 1 else line

    def _lines(self, lines: Lines) -> Iterator[Statement]:
        rows = list(
            zip(*(x.tolist() for x in (lines.codes, lines.out, lines.a, lines.b)), strict=True)
        )
        scalar, formulas = self.nests.scalar, self.formulas
        if lines.wanted is None:
            for code, out, a, b in rows:
                operands = [scalar(cell) for cell in (a, b) if cell >= 0]
                write_row = formulas.exact if lines.exact else formulas.row
                yield self._set(out, write_row(code, operands), False)
            return
        for (code, out, a, b), wanted in reversed(
            list(zip(rows, lines.wanted.tolist(), strict=True))
        ):
            cells = [cell for cell in (a, b) if cell >= 0]
            operands, result = [scalar(cell) for cell in cells], scalar(out)
            d = scalar(out, adjoint=True)
            if a == b and wanted == 3 and PRIMITIVES[code].name == "mul":
                yield self._set(
                    a,
                    number(2.0) * operands[0] * d
                    if d.op == "number"
                    else number(2.0) * d * operands[0],
                    True,
                    out,
                )
                continue
            for k, cell in enumerate(cells):
                if wanted & (1 << k):
                    yield self._set(cell, d * formulas.slope(code, k, operands, result), True, out)

    def _set(self, cell: int, expr: Expr, adjoint: bool, of: int = -1) -> Assign:
        array, offset = self.arrays.cell(cell)
        name = ("d_" if adjoint else "") + array.name
        target = (
            str(self.nests.scalar(cell, adjoint)) if not (adjoint and array in self.seed) else name
        )
        line = self.source.notes.lines.get(of if adjoint else cell, "")
        line = f"back through {line}" if line and adjoint else line
        kept = array.name in self.spoken
        return Assign(name, target.removeprefix(name), expr, adjoint, kept, line)

    def _opened(self, statements: list[Statement], adjoint: bool) -> list[Statement]:
        """The same with every array made before a part of it is set."""
        by_name = {("d_" if adjoint else "") + a.name: a for a in self.arrays.arrays}
        ready = {a.name for a in self.arrays.arrays if a.is_given} if not adjoint else set()
        if adjoint:
            ready |= {f"d_{a.name}" for a in self.seed}
        found: list[Statement] = []
        for s in statements:
            opening: dict[str, None] = {}
            self._first_uses(s, by_name, ready, opening, False)
            for name in opening:
                found.append(Run(f"{name} = np.zeros({self._shape(by_name[name])})", name, True))
            found.append(s)
        return found

    def _first_uses(
        self,
        s: Statement,
        by_name: dict[str, Array],
        ready: set[str],
        opening: dict[str, None],
        inside: bool,
    ) -> None:
        """Note what a statement reads or sets a part of and nothing has made."""
        if isinstance(s, Repeat):
            for each in s.body:
                self._first_uses(each, by_name, ready, opening, True)
            return
        reads = s.reads()
        if isinstance(s, Assign) and s.whole and s.add and s.name not in ready and not inside:
            s.add = False
            reads = s.reads()
        if isinstance(s, Assign) and s.whole and not s.add:
            reads -= {s.name} - names_in(str(s.expr))
        for name in sorted(reads & by_name.keys() - ready):
            ready.add(name)
            opening[name] = None
        if s.name:
            ready.add(s.name)

    def _shape(self, array: Array) -> str:
        sizes = [str(n) for n in array.inner]
        if array.by_row:
            sizes.insert(0, "rows")
        if len(sizes) == 1:
            return sizes[0]
        return f"({', '.join(sizes)})"

    def _merged(self) -> list[Statement]:
        """Arrays of several arguments, made of them."""
        found: list[Statement] = []
        for array in self.arrays.arrays:
            if array.is_given or not array.given:
                continue
            sizes = [len(g.cells) for g, _ in array.given]
            axis = 1 if array.by_row else 0
            if sum(sizes) == len(array.cells) and len(array.shape) > axis + 1 - 1:
                names = ", ".join(g.name for g, _ in array.given)
                same = {g.shape for g, _ in array.given}
                stacked = len(same) == 1 and array.inner == (
                    len(sizes),
                    *self._inner(array.given[0][0]),
                )
                if stacked:
                    code = f"np.stack([{names}]" + (f", axis={axis})" if axis else ")")
                    found.append(Assign(array.name, "", leaf(code, array.shape), kept=True))
                    continue
                if all(len(self._inner(g)) == 1 for g, _ in array.given) and len(array.inner) == 1:
                    code = f"np.concatenate([{names}]" + (f", axis={axis})" if axis else ")")
                    found.append(Assign(array.name, "", leaf(code, array.shape), kept=True))
                    continue
            found.append(Run(f"{array.name} = np.zeros({self._shape(array)})", array.name, True))
            for given, start in array.given:
                target = self._part(array, given, start, array.name)
                target += "[...]" * target.endswith(")")
                found.append(
                    Assign(array.name, target.removeprefix(array.name), leaf(given.name, ()))
                )
        return found

    @staticmethod
    def _inner(given: Given) -> tuple[int, ...]:
        return given.shape[1:] if given.by_row else given.shape

    def _part(self, array: Array, given: Given, start: int, name: str) -> str:
        """The part of an array that one argument is."""
        inner = self._inner(given)
        size = prod(inner)
        lead = ":, " if array.by_row else ""
        if array.inner == inner and size == prod(array.inner):
            return f"{name}[...]"
        if array.inner[1:] == inner and inner != array.inner:
            return f"{name}[{lead}{start // max(size, 1)}]"
        flat = name if len(array.inner) == 1 else f"{name}.reshape({'rows, ' if lead else ''}-1)"
        if not inner:
            return f"{flat}[{lead}{start}]"
        part = f"{flat}[{lead}{start}:{start + size}]"
        if len(inner) == 1:
            return part
        return f"{part}.reshape({', '.join(map(str, ([-1] if lead else []) + list(inner)))})"

    def _slope_of(self, given: Given) -> str:
        """The slope along one argument."""
        if not len(given.cells):
            return f"np.zeros({given.shape})"
        array, start = self.arrays.cell(int(given.cells[0]))
        if array.is_given:
            return f"d_{array.name}"
        return self._part(array, given, start, f"d_{array.name}")

    # -- results ---------------------------------------------------------------------------

    def _roots(self, roots: Sequence[int], shape: tuple[int, ...]) -> str:
        """Some numbers of the result as an array."""
        rows = self.plan.rows
        if not roots:
            return f"np.zeros({shape})"
        chosen = self.plan.roots[np.array(roots)]
        first = chosen[:, 0]
        constants = [self.arrays.number(int(c)) for c in first.tolist()]
        arrays = {int(self.arrays.array_of[c]) for c in first.tolist()}
        if len(arrays) == 1 and all(x is None for x in constants):
            (k,) = arrays
            array = self.arrays.arrays[k]
            places = self.arrays.place_of[first]
            size = prod(array.inner)
            if len(places) == size and (places == np.arange(size)).all():
                text = array.name
                if array.inner != shape:
                    lead = "rows, " if array.by_row else ""
                    text += (
                        f".reshape({lead}{', '.join(map(str, shape)) or '()'})"
                        if shape or lead
                        else ".reshape(())"
                    )
            else:
                flat = (
                    array.name
                    if len(array.inner) == 1
                    else f"{array.name}.reshape({'rows, ' if array.by_row else ''}-1)"
                )
                table = self._table(places.reshape(shape), "RESULTS")
                text = f"{flat}[{':, ' if array.by_row else ''}{table}]"
            return self._reduced(text, array.by_row)
        ones = [self._one(k) for k in roots]
        del rows
        return (
            f"np.array([{', '.join(ones)}]).reshape({shape})"
            if self.source.reduce is not None or self.plan.rows == 1
            else f"np.array([{', '.join(ones)}]).reshape({(*shape, -1)})"
        )

    def _reduced(self, text: str, by_row: bool) -> str:
        """Results of all rows, reduced as the program was asked to."""
        reduce = self.source.reduce
        if self.plan.rows == 1:
            return f"{text}.copy()" if text.isidentifier() else text
        if reduce is None:
            return (
                f"np.moveaxis({text}, 0, -1)" if by_row else f"np.stack([{text}] * rows, axis=-1)"
            )
        if by_row:
            return f"{text}.{reduce}(axis=0)"
        return text if reduce == "mean" else f"rows * {text}"

    def _one(self, root: int) -> str:
        """One number of the result."""
        cell = int(self.plan.roots[root, 0])
        constant = self.arrays.number(cell)
        if constant is not None:
            return self._constant(constant)
        array, offset = self.arrays.cell(cell)
        view = view_of(array.name, Place(array, offset), (), (), 0, lambda t: "")
        text = (
            str(aligned(view, [0], [self.plan.rows]))
            if array.by_row
            else str(aligned(view, [], []))
        )
        if self.plan.rows == 1:
            return f"float({text})"
        reduce = self.source.reduce
        if reduce is None:
            return text if array.by_row else f"np.full(rows, {text})"
        if array.by_row:
            return f"float({text}.{reduce}())"
        return f"float({text})" if reduce == "mean" else f"float(rows * {text})"

    def _constant(self, x: Any) -> str:
        if isinstance(x, np.ndarray):
            return self._table(x.astype(float), "RESULT") + ".copy()"
        if (
            isinstance(x, (int, float, np.number))
            and not isinstance(x, bool)
            and self.plan.rows > 1
        ):
            text = str(number(float(x)))
            if self.source.reduce is None:
                return f"np.full(rows, {text})"
            return f"float({text})" if self.source.reduce == "mean" else f"float(rows * {text})"
        if isinstance(x, float):
            return f"float({number(x)})" if x - x != 0 else repr(float(x))
        if isinstance(x, np.generic):
            return repr(x.item())
        if x is None or isinstance(x, (bool, int, str, bytes, complex, slice, range, type(...))):
            return repr(x)
        raise TraceError(
            f"the function returns {type(x).__name__}, which text cannot make again: return numbers, "
            "arrays, text, and lists, tuples and dicts of them"
        )

    # -- the text --------------------------------------------------------------------------

    def text(self) -> str:
        """The whole file."""
        result = built(self.source.result, self._one, self._roots, self._constant)
        forward = self._forward()
        first = self._function(self.name, forward, result, "The value.")
        second = ""
        if self.back is not None:
            gradient, slopes = self._gradient()
            both = [*self._forward(), *self._backward()]
            second = self._function(
                f"{self.name}_value_and_grad", both, f"{result}, {gradient}", slopes
            )
        parts = [self._head(), self._constants(), *self.formulas.functions.values(), first, second]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def _forward(self) -> list[Statement]:
        statements = [*self._merged(), *self._statements(self.plan.items, ())]
        made = self._opened(statements, False)
        return checks(self.plan, self.arrays, self.source.notes.guards, self._table, made)

    def _backward(self) -> list[Statement]:
        assert self.back is not None
        started: list[Statement] = []
        cells, _ = self.back.seeds
        if len(cells) and not self.seed and len(self.plan.roots):
            root = int(self.plan.roots[0, 0])
            array, _ = self.arrays.cell(root)
            if not self.arrays.number(root) is not None:
                started.append(self._started(root, array))
        statements = self._opened([*started, *self._statements(self.back.items, ())], True)
        have = {s.name for s in statements if not isinstance(s, Repeat)}
        have |= {s.name for r in statements if isinstance(r, Repeat) for s in _inside(r)}
        for given in self._wanted_given():
            for array in {self.arrays.cell(int(c))[0] for c in given.cells[:1].tolist()}:
                name = f"d_{array.name}"
                if name not in have:
                    have.add(name)
                    statements.append(Run(f"{name} = np.zeros({self._shape(array)})", name, True))
        return statements

    def _started(self, root: int, array: Array) -> Statement:
        name = f"d_{array.name}"
        view = view_of(name, Place(array, self.arrays.cell(root)[1]), (), (), 0, lambda t: "")
        text = str(aligned(view, [0] if array.by_row else [], [self.plan.rows]))
        index = text.removeprefix(name) or "[...]"
        return Assign(name, index, self._start(array), True)

    def _wanted_given(self) -> list[Given]:
        argnums = self.source.argnums
        if argnums is None:
            return self.captured
        positions = argnums if isinstance(argnums, tuple) else (argnums,)
        return [g for k in positions for g in self.given[k]]

    def _gradient(self) -> tuple[str, str]:
        """The code of the gradient, and the first line about it."""
        argnums = self.source.argnums
        if argnums is None:
            pairs = [
                f"{g.name!r}: {self._slope_of(x)}"
                for g, x in zip(self.source.notes.groups, self.captured, strict=True)
            ]
            return "{" + ", ".join(pairs) + "}", "The value, and the slopes by parameter."
        positions = argnums if isinstance(argnums, tuple) else (argnums,)
        found = []
        for k in positions:
            slopes = iter([self._slope_of(g) for g in self.given[k]])
            found.append(slopes_of_key(self.source.key[k], slopes))
        names = " and ".join(self.arguments[k] for k in positions)
        text = (
            found[0]
            if not isinstance(argnums, tuple)
            else f"({', '.join(found)}{',' if len(found) == 1 else ''})"
        )
        return text, f"The value, and its slopes along {names}."

    def _function(self, name: str, statements: list[Statement], result: str, about: str) -> str:
        needed = names_in(result)
        lines = written(tidy(statements, needed, self._slice))
        body = [f"    {load}" for load in self.loads]
        if any("rows" in names_in(line) for line in [*lines, result]):
            body.append(f"    rows = len({self.row_argument})")
        body += lines
        returned = "return " + _broken(result, "    ", len("return "))
        head = f"def {name}({', '.join(self.arguments)}):"
        if len(head) > _WIDTH:
            returned = "return " + _broken(result, "    ", len("return "))
        head = f"def {name}({', '.join(self.arguments)}):"
        if len(head) > _WIDTH:
            returned = f"return {result}"
        if len(returned) > _WIDTH - 4:
            returned = f"return (\n        {result.replace(_BREAK, f',{chr(10)}        ')},\n    )"
        head = f"def {name}(\n    {', '.join(self.arguments)}\n):"
        return "\n".join(
            [
                '@np.errstate(all="ignore")',
                head,
                f'    """{about}"""',
                *body,
                f"    {returned}",
            ]
        )

    def _head(self) -> str:
        notes = self.source.notes
        named = f"`{notes.function}`" + (f" ({notes.place})" if notes.place else "")
        about = f'"""{named} in NumPy, written by autograd_nn.jit from its recording.\n'
        about += "\nIt holds for arguments of these shapes"
        about += " and for the path that was recorded.\n" if self.plan.guards else ".\n"
        if notes.lost:
            about += "\n" + textwrap.fill(notes.lost, _WIDTH) + "\n"
        imports = "import math\n\n" if self.formulas.needs_math else ""
        return f'{about}"""\n\n{imports}import numpy as np'

    def _constants(self) -> str:
        found = [f"{name} = {_literal(numbers)}" for name, numbers in self.tables.values()]
        return "\n".join(found)


def _inside(repeat: Repeat) -> Iterator[Any]:
    for s in repeat.body:
        if isinstance(s, Repeat):
            yield from _inside(s)
        else:
            yield s


def _word(operation: str) -> str:
    return _WORDS.get(operation, operation)


def _broken(code: str, indent: str, before: int = 0) -> str:
    """An expression; where it is long, its parts in lines of their own."""
    node = ast.parse(code, mode="eval").body
    if before + len(indent) + len(code) <= _WIDTH or not isinstance(
        node, (ast.Tuple, ast.Dict, ast.List)
    ):
        return code
    inner = indent + "    "

    def part(x: ast.expr, key: str = "") -> str:
        text = ast.get_source_segment(code, x) or ""
        return f"{inner}{key}{_broken(text, inner, len(key))},"

    if isinstance(node, ast.Dict):
        keys = [f"{ast.get_source_segment(code, k)}: " for k in node.keys if k is not None]
        lines = [part(x, key) for key, x in zip(keys, node.values, strict=True)]
    else:
        lines = [part(x) for x in node.elts]
    marks = {ast.Tuple: "()", ast.Dict: "{}", ast.List: "[]"}[type(node)]
    return "\n".join([marks[0], *lines, indent + marks[1]])


def _common(names: Sequence[str]) -> str:
    """The beginning that names have in common."""
    first, last = min(names), max(names)
    k = 0
    while k < len(first) and k < len(last) and first[k] == last[k]:
        k += 1
    return first[:k].strip("_")


def _by_aranges(numbers: Any) -> str:
    """Indices that grow by a constant along each axis; "" if they do not."""
    first = int(numbers.flat[0])
    terms = [str(first)] if first else []
    found = np.full((), first)
    for axis, n in enumerate(numbers.shape):
        one = [0] * numbers.ndim
        one[axis] = min(1, n - 1)
        step = int(numbers[tuple(one)]) - first
        found = found[..., None] + step * np.arange(n)
        factor = "" if step == 1 else f"{step} * "
        after = ", None" * (numbers.ndim - axis - 1)
        terms.append(f"{factor}np.arange({n})" + (f"[:{after}]" if after else ""))
    return " + ".join(terms) if (found == numbers).all() else ""


def _literal(numbers: Any) -> str:
    """An array as code."""
    if numbers.dtype.kind in "iu" and numbers.ndim == 1 and len(numbers) > 4:
        steps = np.diff(numbers)
        if (steps == steps[0]).all() and steps[0] > 0:
            step = f", {steps[0]}" if steps[0] != 1 else ""
            return f"np.arange({numbers[0]}, {numbers[-1] + 1}{step})"

    if numbers.dtype.kind in "iu" and numbers.size > _FEW:
        code = _by_aranges(numbers)
        if code:
            return code

    def text(x: Any) -> str:
        if isinstance(x, list):
            return f"[{', '.join(map(text, x))}]"
        return str(x) if isinstance(x, (int, bool)) else str(number(x))

    code = f"np.array({text(numbers.tolist())}"
    if numbers.dtype.kind == "f":
        code += ", dtype=float"
    if not numbers.size:
        code += f").reshape({numbers.shape}"
    return (
        "\n    ".join(textwrap.wrap(code + ")", _WIDTH, break_long_words=False))
        if len(code) > _WIDTH
        else code + ")"
    )
