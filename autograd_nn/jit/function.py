"""Writing a whole program as one function of floats: local names, loops, long sums.

The function takes a list of floats for each region of leaves.  It returns None where a
comparison comes out differently; else the results, and the slopes of the first one along the
wanted regions.

Numbers of loops, and those that a loop or a long sum reads in passing, lie in one list ``V``
by their cells, their adjoints in a second one, ``A``.  All others are local names.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from autograd_nn.jit.capture.trace import INDEX
from autograd_nn.jit.lines import Line, Term, write_adjoint, write_forward
from autograd_nn.jit.loops import Loop
from autograd_nn.jit.places import (
    LONG,
    Before,
    Far,
    Own,
    Passing,
    Run,
    long_sums,
    places_of,
    progression,
    range_of,
    slice_of,
)
from autograd_nn.jit.straight import compiled
from autograd_nn.jit.writer import Writer, number

if TYPE_CHECKING:
    from autograd_nn.jit.floats import Floats

__all__ = ["Function", "FunctionWriter"]

_FEW = 64  # leaves of a region, up to which each gets a name at once

Function = Callable[..., Any]


class FunctionWriter(Writer):
    """Writes the function of a program.

    Args:
        program: with ``flat``, ``sizes``, ``constants`` and ``loops``.
        wanted: the regions whose slopes are asked for; None for no slopes.
        any_path: whether to leave out the comparisons.
        fast: which form to write; see ``Writer``.
    """

    def __init__(
        self, program: Floats, wanted: tuple[int, ...] | None, any_path: bool, fast: bool
    ) -> None:
        flat = program.flat
        self.base = list(accumulate(program.sizes, initial=0))
        first = self.base[-1]
        super().__init__(fast, {first + k: number(x) for k, x in enumerate(program.constants)})
        self.program, self.flat, self.wanted, self.any_path = program, flat, wanted, any_path
        self.active = program.active(wanted or ())
        self.known: set[int] = set()  # cells that have a local name
        self.added: set[Any] = set()  # adjoints that have one
        self.runs = long_sums(flat, self.active)
        self.guards = [] if any_path else self._grouped_guards()
        # By cell, the lengths of tables into which a number is to be an index.
        self.unchecked: dict[int, set[int]] = {}
        if not any_path:
            for symbol, cell, length, _ in flat.guards:
                if symbol == INDEX:
                    number_of_rows = int(program.constants[length - first])
                    self.unchecked.setdefault(cell, set()).add(number_of_rows)
        self.stored = self._stored()
        self.indices: dict[Passing, str] = {}

    # -- where numbers lie ---------------------------------------------------------------

    def _stored(self) -> bytearray:
        """For each cell whether it lies in the list; a region of leaves does as a whole."""
        stored = bytearray(self.flat.leaves + len(self.flat))

        def mark(cell: int, step: int, count: int) -> None:
            low, high = sorted((cell, cell + step * (count - 1)))
            stored[low : high + 1 : abs(step)] = b"\1" * count

        for span in self._spans():
            mark(*span)
        for k, size in enumerate(self.program.sizes):
            if any(stored[self.base[k] : self.base[k + 1]]):
                mark(self.base[k], 1, size)
        return stored

    def _spans(self) -> Iterator[tuple[int, int, int]]:
        """What must lie in the list: first cell, step and count."""
        for loop in self.program.loops:
            own = self.flat.leaves + loop.first
            yield own, 1, loop.period * loop.count
            for place in places_of(self.flat, loop):
                if isinstance(place, Passing):
                    yield place.cell, place.step, loop.count
                elif isinstance(place, Before):
                    yield own - loop.period + place.line, 1, 1
                elif isinstance(place, Far):
                    yield own + place.offset, loop.period, -(place.offset // loop.period)
        for parts in self.runs.values():
            runs = [part for part in parts if isinstance(part, Run)]
            yield from ((cell, step, run.size) for run in runs for cell, step in run.moving)
        for table, column in set(self.flat.lookups.values()):
            yield from ((cell, 1, 1) for cell in self.flat.tables[table][column])
        for *_, sides, count in self.guards:
            yield from ((cell, step, count) for cell, step in sides or () if step)

    def read(self, cell: Any) -> str:
        if isinstance(cell, Own):
            return f"w{cell.line}"
        if isinstance(cell, Before):
            return f"u{cell.line}"
        if isinstance(cell, Far):
            return f"V[s{cell.offset:+d}]"
        if isinstance(cell, Passing):
            return self.indices[cell].replace("i", "x")
        if cell not in self.known and cell not in self.constants:
            self.known.add(cell)
            region = next((k for k, b in enumerate(self.base[1:]) if cell < b), None)
            if region is not None:
                self.lines.append(f"v{cell} = g{region}[{cell - self.base[region]}]")
            else:
                self.lines.append(f"v{cell} = V[{cell}]")
        return super().read(cell)

    def define(self, cell: Any, expression: str) -> None:
        if isinstance(cell, Own):
            self.lines.append(f"w{cell.line} = {expression}")
            return
        self.known.add(cell)
        at = f" = V[{cell}]" if self.stored[cell] else ""
        self.lines.append(f"v{cell}{at} = {expression}")

    def add(self, cell: Any, sign: str, expression: str) -> None:
        if isinstance(cell, Own):
            self.lines.append(f"h{cell.line} {sign}= {expression}")
        elif isinstance(cell, Far):
            self.lines.append(f"A[s{cell.offset:+d}] {sign}= {expression}")
        elif isinstance(cell, Passing):
            self.lines.append(f"A[{self.indices[cell]}] {sign}= {expression}")
        elif not isinstance(cell, Before) and self.stored[cell]:
            self.lines.append(f"A[{cell}] {sign}= {expression}")
        else:
            name = f"b{cell.line}" if isinstance(cell, Before) else f"a{cell}"
            if cell in self.added:
                self.lines.append(f"{name} {sign}= {expression}")
            else:
                self.added.add(cell)
                self.lines.append(f"{name} = {'' if sign == '+' else '-'}{expression}")

    def adjoint(self, cell: int) -> str:
        """The adjoint of a number so far."""
        if self.stored[cell]:
            return f"A[{cell}]"
        return f"a{cell}" if cell in self.added else "0.0"

    # -- the function --------------------------------------------------------------------

    def function(self) -> Function:
        """What the program does, as a function."""
        flat, size = self.flat, len(self.stored)
        if any(self.stored):
            self.lines.append(f"V = [0.0] * {size}")
        self._write_leaves()
        for part in self._parts():
            if isinstance(part, Loop):
                self._write_loop(part)
            elif part in self.runs:
                self._write_long(part)
            elif part in flat.lookups:
                self._write_look_up(part)
            else:
                write_forward(self, flat.line(part, self.active))
        self._write_guards()
        slopes = [] if self.wanted is None else self._write_slopes(self.wanted)
        results = ", ".join(self.read(c) for c in flat.roots)
        self.lines.append(f"return [{results}], [{', '.join(slopes)}]")
        regions = ", ".join(f"g{k}" for k in range(len(self.program.sizes)))
        return compiled(regions, self.lines, self.names)

    def _parts(self) -> Iterator[int | Loop]:
        """The numbers of the lines in order, and the loops in the place of theirs."""
        line = 0
        for loop in self.program.loops:
            yield from range(line, loop.first)
            yield loop
            line = loop.stop
        yield from range(line, len(self.flat))

    def _write_leaves(self) -> None:
        for k, size in enumerate(self.program.sizes):
            cells = range(self.base[k], self.base[k + 1])
            if 0 < size <= _FEW:
                self.lines.append(", ".join(f"v{c}" for c in cells) + f", = g{k}")
                self.known.update(cells)
            if any(self.stored[cells.start : cells.stop]):
                self.lines.append(f"V[{cells.start}:{cells.stop}] = g{k}")
        for cell, text in self.constants.items():
            if self.stored[cell]:
                self.lines.append(f"V[{cell}] = {text}")

    def _write_slopes(self, wanted: tuple[int, ...]) -> list[str]:
        """The way back; returns an expression for the slopes along each wanted region."""
        flat = self.flat
        if any(self.stored):
            self.lines.append(f"A = [0.0] * {len(self.stored)}")
        if flat.roots:
            self.add(flat.roots[0], "+", "1.0")
        for part in reversed(list(self._parts())):
            if isinstance(part, Loop):
                self._write_loop_adjoint(part)
                continue
            cell = flat.leaves + part
            if self.active[cell] and (cell in self.added or self.stored[cell]):
                g = self.let(self.adjoint(cell)) if self.stored[cell] else f"a{cell}"
                if part in self.runs:
                    self._write_long_adjoint(part, g)
                elif part in flat.lookups:
                    self.lines.append(f"A[{self._entry(part)}] += {g}")
                else:
                    write_adjoint(self, flat.line(part, self.active), g)
        return [self._slopes_of(range(self.base[k], self.base[k + 1])) for k in wanted]

    def _slopes_of(self, cells: range) -> str:
        """An expression for the slopes along a region."""
        if cells and self.stored[cells[0]]:
            return f"A[{cells.start}:{cells.stop}]"
        return f"[{', '.join(self.adjoint(c) for c in cells)}]"

    # -- loops ---------------------------------------------------------------------------

    def _body(self, loop: Loop) -> list[Line]:
        """The lines of one repetition, by their places in the loop."""
        flat = self.flat
        places = iter(places_of(flat, loop))
        own = flat.leaves + loop.first
        moves = [
            any(self.active[own + q : flat.leaves + loop.stop : loop.period])
            for q in range(loop.period)
        ]

        def wants(place: Any) -> bool:
            if isinstance(place, (Own, Before)):
                return moves[place.line]
            if isinstance(place, Far):
                return moves[place.offset % loop.period]
            cells = place if isinstance(place, Passing) else Passing(place, 0)
            return any(self.active[cells.cell + k * cells.step] for k in range(loop.count))

        body = []
        for q in range(loop.period):
            terms = []
            for sign, _, b, _, _ in flat.line(loop.first + q, self.active).terms:
                first = next(places)
                second = None if b is None else next(places)
                terms.append(
                    Term(sign, first, second, wants(first), b is not None and wants(second))
                )
            body.append(Line(flat.codes[loop.first + q], Own(q), terms))
        return body

    def _write_loop(self, loop: Loop) -> None:
        own, places = self.flat.leaves + loop.first, set(places_of(self.flat, loop))
        for place in sorted(p for p in places if isinstance(p, int)):
            self.read(place)
        carried = sorted(p.line for p in places if isinstance(p, Before))
        for q in carried:
            self.lines.append(f"u{q} = {self.read(own - loop.period + q)}")
        passing = sorted(p for p in places if isinstance(p, Passing))
        self.indices = {p: f"i{k}" for k, p in enumerate(passing)}
        outer, self.lines = self.lines, []
        for line in self._body(loop):
            write_forward(self, line)
        results = ", ".join(f"w{q}" for q in range(loop.period))
        at = f"s:s+{loop.period}" if loop.period > 1 else "s"
        self.lines.append(f"V[{at}] = {results}")
        self.lines += [f"u{q} = w{q}" for q in carried]
        body, self.lines = self.lines, outer
        span = f"range({own}, {self.flat.leaves + loop.stop}, {loop.period})"
        names = [self.read(p) for p in passing]
        lists = [f"V[{slice_of(p.cell, p.step, loop.count)}]" for p in passing]
        self._write_for(["s", *names], [span, *lists], body)

    def _write_loop_adjoint(self, loop: Loop) -> None:
        own, places = self.flat.leaves + loop.first, set(places_of(self.flat, loop))
        lines = self._body(loop)
        terms = [term for line in lines for term in line.terms]
        wanted = {term.a for term in terms if term.wants_a}
        wanted |= {term.b for term in terms if term.wants_b}
        for place in sorted(p for p in places if isinstance(p, int)):
            self.read(place)
            if place in wanted and not self.stored[place] and place not in self.added:
                self.add(place, "+", "0.0")
        back = sorted(p.line for p in wanted if isinstance(p, Before))
        self.lines += [f"b{q} = 0.0" for q in back]
        passing = sorted(p for p in places if isinstance(p, Passing))
        self.indices = {p: f"i{k}" for k, p in enumerate(passing)}
        outer, self.lines = self.lines, []
        at = f"s:s+{loop.period}" if loop.period > 1 else "s"
        everything = range(loop.period)
        self.lines.append(f"{', '.join(f'w{q}' for q in everything)} = V[{at}]")
        self.lines.append(f"{', '.join(f'h{q}' for q in everything)} = A[{at}]")
        for q in sorted(p.line for p in places if isinstance(p, Before)):
            self.lines.append(f"u{q} = V[s{q - loop.period:+d}]")
        self.lines += [f"h{q} += b{q}" for q in back]
        for q in reversed(everything):
            if any(self.active[own + q : self.flat.leaves + loop.stop : loop.period]):
                write_adjoint(self, lines[q], f"h{q}")
        body, self.lines = self.lines, outer
        last = own + loop.period * (loop.count - 1)
        names, spans = ["s"], [f"range({last}, {own - 1}, -{loop.period})"]
        for p in passing:
            names += [self.read(p), self.indices[p]]
            last, back_step = p.cell + p.step * (loop.count - 1), -p.step
            spans.append(f"V[{slice_of(last, back_step, loop.count)}]")
            spans.append(range_of(last, back_step, loop.count))
        self._write_for(names, spans, body)
        for q in back:
            cell = own - loop.period + q
            self.added.discard(Before(q))
            if self.active[cell]:
                self.add(cell, "+", f"b{q}")

    def _write_for(self, names: list[str], spans: list[str], body: list[str]) -> None:
        over = spans[0] if len(spans) == 1 else f"zip({', '.join(spans)})"
        self.lines.append(f"for {', '.join(names)} in {over}:")
        self.lines += [f"    {line}" for line in body]

    # -- long sums -----------------------------------------------------------------------

    def _write_long(self, k: int) -> None:
        """A sum whose terms are added up in passing."""
        terms = []
        for part in self.runs[k]:
            if isinstance(part, Run):
                lists = [f"V[{slice_of(cell, step, part.size)}]" for cell, step in part.moving]
                if len(lists) > 1:
                    self.names["mul"] = operator.mul
                    lists = [f"map(mul, {', '.join(lists)})"]
                factor = "" if part.fixed is None else f"{self.read(part.fixed)} * "
                terms.append((part.sign, f"{factor}sum({lists[0]})"))
            else:
                by = "" if part.b is None else f" * {self.read(part.b)}"
                terms.append((part.sign, f"{self.read(part.a)}{by}"))
        self.define(self.flat.leaves + k, self.total(terms))

    def _write_long_adjoint(self, k: int, g: str) -> None:
        short = [part for part in self.runs[k] if isinstance(part, Term)]
        write_adjoint(self, Line(0, self.flat.leaves + k, short), g)
        for part in self.runs[k]:
            if isinstance(part, Run):
                self._write_run_adjoint(part, g)

    def _write_run_adjoint(self, run: Run, g: str) -> None:
        wants_fixed, *wants = run.wants
        ranges = [range_of(cell, step, run.size) for cell, step in run.moving]
        if run.fixed is not None:
            if wants_fixed:
                cell, step = run.moving[0]
                by = f"{g} * sum(V[{slice_of(cell, step, run.size)}])"
                self.add(run.fixed, run.sign, by)
            g = self.let(f"{g} * {self.read(run.fixed)}")
        if len(ranges) == 1:
            if wants[0]:
                self._write_for(["i"], ranges, [f"A[i] {run.sign}= {g}"])
            return
        body = [f"A[i] {run.sign}= {g} * V[j]"] if wants[0] else []
        body += [f"A[j] {run.sign}= {g} * V[i]"] if wants[1] else []
        if body:
            self._write_for(["i", "j"], ranges, body)

    # -- look-ups ------------------------------------------------------------------------

    def _entry(self, k: int) -> str:
        """An expression for the cell that a look-up reads."""
        table, column = self.flat.lookups[k]
        self.names[f"T{table}_{column}"] = self.flat.column(k)
        index = int(self.flat.a[self.flat.starts[k]])
        return f"T{table}_{column}[int({self.read(index)})]"

    def _write_look_up(self, k: int) -> None:
        self._check_index(int(self.flat.a[self.flat.starts[k]]))
        self.define(self.flat.leaves + k, f"V[{self._entry(k)}]")

    def _check_index(self, cell: int) -> None:
        """Lines that return where a number is no index, which must be known before it is used."""
        for length in sorted(self.unchecked.pop(cell, ())):
            x = self.read(cell)
            test = f"0.0 <= {x} < {length} and {x}.is_integer()"
            self.lines.append(f"if not ({test}): return None")

    # -- comparisons ---------------------------------------------------------------------

    def _grouped_guards(self) -> list[Any]:
        """The comparisons, those alike together.

        Symbol, outcome, the pairs of cells, and first cell and step of both sides where many
        pairs lie at equal distances, else None; at last how many there are.
        """
        groups: dict[Any, list[tuple[int, int]]] = {}
        for symbol, left, right, outcome in self.flat.guards:
            if symbol == INDEX:
                continue
            key = symbol, outcome, self._residue(left), self._residue(right)
            groups.setdefault(key, []).append((left, right))
        grouped: list[Any] = []
        for (symbol, outcome, *_), pairs in groups.items():
            sides = [progression(side) for side in zip(*pairs, strict=True)]
            together = len(pairs) >= LONG and None not in sides
            grouped.append((symbol, outcome, pairs, sides if together else None, len(pairs)))
        return grouped

    def _residue(self, cell: int) -> Any:
        """What cells have in common that may lie at equal distances."""
        for k, loop in enumerate(self.program.loops):
            distance = cell - self.flat.leaves - loop.first
            if 0 <= distance < loop.period * loop.count:
                return k, distance % loop.period
        return "results" if cell >= self.flat.leaves else bisect_right(self.base, cell)

    def _write_guards(self) -> None:
        """Lines that return where a comparison comes out differently."""
        for cell in sorted(self.unchecked):
            self._check_index(cell)
        for symbol, outcome, pairs, sides, count in self.guards:
            if sides is None:
                for left, right in pairs:
                    test = f"{self.read(left)} {symbol} {self.read(right)}"
                    self.lines.append(f"if {'not ' * outcome}({test}): return None")
                continue
            texts = [x if step else self.read(c) for x, (c, step) in zip("xy", sides, strict=True)]
            names = [x for x, (_, step) in zip("xy", sides, strict=True) if step]
            lists = [f"V[{slice_of(cell, step, count)}]" for cell, step in sides if step]
            over = lists[0] if len(lists) == 1 else f"zip({', '.join(lists)})"
            test = f"{f' {symbol} '.join(texts)} for {', '.join(names)} in {over}"
            check = f"not all({test})" if outcome else f"any({test})"
            self.lines.append(f"if {check}: return None")
