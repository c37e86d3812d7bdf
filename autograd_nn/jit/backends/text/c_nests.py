"""Loop nests as functions of C.

A nest becomes a function of the addresses of what it reads and writes; nests that differ in
nothing else share one.  Sums of products are written with a few vectors under way, as compilers
may not reorder a sum by themselves; everything else is plain loops that they compute several
rounds of at once.

What is left out: which axis runs in vectors and which results are computed together, which is the
choice of machine code too (``native.forms``); choices and look-ups (``c_choices``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from math import inf
from typing import Final

from autograd_nn.jit.backends.native.forms import Form
from autograd_nn.jit.backends.native.rules import is_cheap
from autograd_nn.jit.backends.text.c_cells import At, Cells, Place, moved, places_of
from autograd_nn.jit.backends.text.c_functions import Functions
from autograd_nn.jit.backends.text.c_loops import LoopText
from autograd_nn.jit.backends.text.c_numbers import Formula, bare, literal
from autograd_nn.jit.plan.nests import Access, Nest
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["NestWriter"]

MAXIMUM: Final = CODES["maximum"]
#: So many sums along a vector axis are under way, where no others are.
_SUMS: Final = 4
#: Neighbours that are computed in one short loop, where there are no vectors in the text.
_BLOCK: Final = 8
#: Fewer points along an axis are not worth a vector.
_LEAST: Final = 4


class NestWriter(LoopText):
    """The function of one nest.

    Args:
        form: the nest.
        cells: of the program.
        functions: of the file.
        names: of each read, in order, those of ``form.also`` too: of the parameter with its
            address, or the number that it is.
        parameters: which of the names are those of parameters.
    """

    def __init__(
        self,
        form: Form,
        cells: Cells,
        functions: Functions,
        names: Sequence[str],
        parameters: Collection[str],
    ) -> None:
        super().__init__(form.nest.axes)
        self.form, self.nest = form, form.nest
        self.cells, self.functions = cells, functions
        reads = [*self.nest.reads, *(read for other in form.also for read in other.reads)]
        self._names = {id(read): name for read, name in zip(reads, names, strict=True)}
        self._parameters = parameters
        self._prefix = functions.prefix
        self.row = PRIMITIVES[self.nest.code]
        self.in_order = self.nest.kind == "sum" and self.nest.exact
        self.vector = self._vector()
        self.across = self.vector is not None and self.vector < self.nest.kept
        #: Whether the text has vectors in it.
        self.wide = self.nest.kind == "sum" and bool(self.nest.summed) and not self.in_order
        self._usual = False

    def _vector(self) -> int | None:
        """The axis whose neighbours are computed at once."""
        axis, nest = self.form.vector, self.nest
        if axis is None or self.axes[axis] < _LEAST:
            return None
        by_table = nest.write.table is not None and nest.write.table.shape[axis] > 1
        if axis < nest.kept and nest.summed and (nest.scatter or by_table):
            return None
        return axis

    # -- the whole -------------------------------------------------------------------------

    def write(self) -> list[str]:
        """The lines of the function."""
        rare = self._rare()
        if rare is None:
            self._all()
            return self.lines
        self.emit("int rare = 0;")
        self._check(rare, 0, {})
        with self.block("if (!rare)"):
            self._usual = True
            self._all()
            self._usual = False
            self.emit("return;")
        self._all()
        return self.lines

    def _all(self) -> None:
        self._over([k for k in range(self.nest.kept) if k != self.vector], {}, {})

    def _rare(self) -> Formula | None:
        """Whether a point is computed by a jump, where others could be side by side."""
        if self.nest.kind not in ("row", "slope") or self.nest.exact or not self.axes:
            return None
        return self.functions.rare(self.row, None if self.nest.kind == "row" else self.nest.operand)

    def _check(self, rare: Formula, axis: int, at: At) -> None:
        if axis < len(self.axes):
            with self.loop(axis, self.axes[axis], at) as inside:
                self._check(rare, axis + 1, inside)
            return
        reads = self.nest.reads[self.nest.kind == "slope" :]
        self.emit(f"rare |= {rare(*(self.load(read, at) for read in reads))};")

    # -- loops over results ----------------------------------------------------------------

    def _over(self, left: list[int], at: At, jam: dict[int, int]) -> None:
        """Loops over the axes that are left, then one or a few results."""
        if not left:
            self._strips(at, jam)
            return
        axis, rest = left[0], left[1:]
        size, factor = self.axes[axis], self.form.jam.get(axis, 1)
        whole = size - size % factor
        if whole > factor:
            with self.loop(axis, whole, at, factor) as inside:
                self._over(rest, inside, {**jam, axis: factor})
        elif whole:
            self._over(rest, {**at, axis: Place(None, 0)}, {**jam, axis: factor})
        if size > whole:
            self._over(rest, {**at, axis: Place(None, whole)}, {**jam, axis: size - whole})

    def _strips(self, at: At, jam: dict[int, int]) -> None:
        """Results along a vector axis."""
        places, axis = places_of(jam), self.vector
        if not self.across or axis is None:
            if not self.nest.summed:
                self.round(at, places, "")
                return
            with self.block(""):
                self.round(at, places, "")
            return
        if not self.nest.summed:
            self._side_by_side(axis, at)
            return
        lanes = "vector" if self.wide else "block"
        step = self._step(lanes)
        with self.strip(axis, at, step) as inside:
            self.round(inside, places, lanes)
        with self.strip(axis, at, "1", step) as inside:
            self.round(inside, places, "")

    def _side_by_side(self, axis: int, at: At) -> None:
        """Results that need nothing of each other.

        The last few that fill no vector are computed with those before them once more: one by
        one, functions would take as long as all the others.
        """
        size = self.axes[axis]
        block = _BLOCK if size >= _BLOCK else _BLOCK // 2
        rest = size % block if self._is_slow() else 0
        with self.loop(axis, size - rest, at) as inside:
            self.round(inside, [{}], "")
        if not rest:
            return
        place = {**at, axis: Place("l", size - block)}
        if not self.nest.add:
            with self.block(f"for (int l = 0; l < {block}; ++l)"):
                self.round(place, [{}], "")
            return
        with self.block(""):
            self.emit(f"double found[{block}];")
            with self.block(f"for (int l = 0; l < {block}; ++l)"):
                self.emit(f"found[l] = {bare(self._whole(self.term(place), place, ''))};")
            with self.block(f"for (int l = {block - rest}; l < {block}; ++l)"):
                self._put(place, "found[l]", "")

    def _is_slow(self) -> bool:
        slow = self.nest.kind in ("row", "slope") and not is_cheap(self.row)
        return slow and not self.nest.scatter and not self.nest.exact

    def _step(self, lanes: str, times: int = 1) -> str:
        one = f"{self._prefix.upper()}_LANES" if lanes == "vector" else str(_BLOCK)
        return one if times == 1 else f"{times} * {one}"

    # -- some results ----------------------------------------------------------------------

    def round(self, at: At, jams: list[dict[int, int]], lanes: str) -> None:
        """The results at a place of the loops, one for each of ``jams``.

        Args:
            lanes: "" for numbers, "vector" for vectors, "block" for arrays of neighbours.
        """
        if not self.nest.summed:
            for jam in jams:
                place = moved(at, jam)
                self._put(place, self._whole(self.term(place), place, ""), "")
            return
        self._sums(at, jams, lanes)
        if lanes != "block":
            self._results(at, jams, lanes, "")
            return
        with self.block(f"for (int l = 0; l < {_BLOCK}; ++l)"):
            self._results(self._laned(at), jams, lanes, "[l]")

    def _results(self, at: At, jams: list[dict[int, int]], lanes: str, which: str) -> None:
        for k, jam in enumerate(jams):
            place = moved(at, jam)
            self._put(place, self._whole(f"s{k}{which}", place, lanes), lanes)

    def _laned(self, at: At) -> At:
        """A place in the loop over a block of neighbours."""
        assert self.vector is not None
        name, number = at[self.vector]
        return {**at, self.vector: Place("l" if name is None else f"({name} + l)", number)}

    def _whole(self, x: str, at: At, lanes: str) -> str:
        """A sum with its factor, what is plus, and what others add to it."""
        if self.in_order:
            return x
        x = _scaled(self.nest, x)
        for other in self.form.also:
            term = _product([self.load(read, at, lanes) for read in other.reads])
            x = f"{x} + {_scaled(other, term)}"
        return x

    def _put(self, at: At, x: str, lanes: str) -> None:
        nest = self.nest
        add = nest.add and not (self.in_order and nest.summed)
        if lanes != "vector":
            self.emit(f"{self.target(at)} {'+=' if add else '='} {bare(x)};")
            return
        assert self.vector is not None
        to, stride = f"to + {self._index(nest.write, at)}", nest.write.strides[self.vector]
        if stride == 1:
            x = f"{self._prefix}_get({to}) + {x}" if add else x
            self.emit(f"{self._prefix}_put({to}, {x});")
        else:
            x = f"{self._prefix}_apart({to}, {stride}) + {x}" if add else x
            self.emit(f"{self._prefix}_part({to}, {stride}, {x});")

    def target(self, at: At) -> str:
        """Where a result goes."""
        return f"to[{self._index(self.nest.write, at)}]"

    def _index(self, access: Access, at: At) -> str:
        return self.cells.index(access, at, self.axes, self.vector)

    def load(self, access: Access, at: At, lanes: str = "") -> str:
        """What is read at a place."""
        name = self._names[id(access)]
        if name not in self._parameters:
            return name
        if lanes != "vector" or self.vector is None or not access.changes(self.vector):
            return f"{name}[{self._index(access, at)}]"
        stride, table = access.strides[self.vector], access.table
        if table is not None and table.shape[self.vector] > 1:
            entries, where = self.cells.entry(access, at, self.axes, self.vector)
            first = self.cells.index_beside_table(access, at)
            return f"{self._prefix}_pick({name} + {first}, {entries} + {where}, {stride})"
        index = self._index(access, at)
        if stride == 1:
            return f"{self._prefix}_get({name} + {index})"
        return f"{self._prefix}_apart({name} + {index}, {stride})"

    def term(self, at: At, lanes: str = "") -> str:
        """What is computed at a point."""
        nest = self.nest
        operands = [self.load(read, at, lanes) for read in nest.reads]
        if nest.kind == "row":
            return self.functions.value(self.row, nest.exact, self._usual)(*operands)
        if nest.kind == "slope":
            formula = self.functions.slope(self.row, nest.operand, self._usual)
            slope = formula(*operands[1:])
            turned = {"1.0": operands[0], literal(-1.0): f"-{operands[0]}"}
            return turned.get(slope, f"{operands[0]} * {slope}")
        term = _product(operands)
        return f"{literal(nest.factor)} * {term}" if self._turns() else term

    def _turns(self) -> bool:
        return self.in_order and self.nest.factor != 1.0

    # -- sums and extremes -----------------------------------------------------------------

    def _sums(self, at: At, jams: list[dict[int, int]], lanes: str) -> None:
        """Variables ``s0``, ``s1`` ... with the sums, or extremes, along the summed axes."""
        axis = self.vector
        along = [k for k in range(self.nest.kept, len(self.axes)) if k != axis]
        start = self._laned(at) if lanes == "block" else at
        for k, jam in enumerate(jams):
            before = self._index(self.nest.write, moved(start, jam))
            add = self.in_order and self.nest.add
            self._declare(f"s{k}", lanes, f"to[{before}]" if add else self._neutral())
        if axis is None or self.across:
            self._along(along, at, jams, lanes)
            return
        kind = "vector" if self.wide else "block"
        several = self._several(jams)
        for k in range(len(jams) * several):
            self._declare(f"p{k}", kind, self._neutral())
        self._along([*along, axis], at, jams, lanes)
        self._gather(jams, several, kind)

    def _several(self, jams: list[dict[int, int]]) -> int:
        assert self.vector is not None
        enough = self.axes[self.vector] >= 2 * _SUMS * _BLOCK
        return _SUMS if self.wide and len(jams) == 1 and enough else 1

    def _declare(self, name: str, lanes: str, start: str) -> None:
        if lanes == "vector":
            self.emit(f"{self._prefix}_lanes {name} = {self._prefix}_all({start});")
        elif lanes == "block":
            self.emit(f"double {name}[{_BLOCK}];")
            self.emit(f"for (int l = 0; l < {_BLOCK}; ++l) {{ {name}[l] = {start}; }}")
        else:
            self.emit(f"double {name} = {start};")

    def _gather(self, jams: list[dict[int, int]], several: int, kind: str) -> None:
        """The sums along a vector axis, of parts that lie side by side."""
        for k in range(len(jams)):
            if kind == "vector":
                parts = [f"p{k + n * len(jams)}" for n in range(several)]
                while len(parts) > 1:
                    half = len(parts) // 2
                    pairs = zip(parts[:half], parts[half:], strict=True)
                    parts = [f"({a} + {b})" for a, b in pairs]
                self.emit(f"s{k} += {self._prefix}_total({parts[0]});")
            else:
                with self.block(f"for (int l = 0; l < {_BLOCK}; ++l)"):
                    self.emit(self._combined(f"s{k}", f"p{k}[l]"))

    def _neutral(self) -> str:
        """What changes no sum, not even one of -0.0; no extreme."""
        if self.nest.kind != "extreme":
            return bare(literal(-0.0))
        return bare(literal(-inf if self.nest.code == MAXIMUM else inf))

    def _combined(self, total: str, x: str) -> str:
        if self.nest.kind == "extreme":
            return f"{total} = {self.functions.value(self.row)(total, x)};"
        return f"{total} += {x};"

    def _along(self, left: list[int], at: At, jams: list[dict[int, int]], lanes: str) -> None:
        """Loops over the axes that are left, and the terms in them."""
        if not left:
            self._terms(at, jams, lanes, "s")
            return
        axis, rest = left[0], left[1:]
        if axis == self.vector:
            self._along_vector(axis, at, jams)
            return
        with self.loop(axis, self.axes[axis], at) as inside:
            self._along(rest, inside, jams, lanes)

    def _along_vector(self, axis: int, at: At, jams: list[dict[int, int]]) -> None:
        kind, several = "vector" if self.wide else "block", self._several(jams)
        i, before, step = self.variable(axis), "", self._step(kind)
        if several > 1:
            before = self._step(kind, several)
            with self.strip(axis, at, before) as inside:
                for n in range(several):
                    name = i if n == 0 else f"({i} + {self._step(kind, n)})"
                    place = {**inside, axis: Place(name, 0)}
                    self._terms(place, jams, kind, "p", n * len(jams))
        with self.strip(axis, at, step, before) as inside:
            self._terms(inside, jams, kind, "p")
        with self.strip(axis, at, "1", step) as inside:
            self._terms(inside, jams, "", "s")

    def _terms(
        self, at: At, jams: list[dict[int, int]], lanes: str, name: str, first: int = 0
    ) -> None:
        """One term more for each sum."""
        if lanes == "block":
            with self.block(f"for (int l = 0; l < {_BLOCK}; ++l)"):
                inside = self._laned(at)
                for k, jam in enumerate(jams, first):
                    term = self.term(moved(inside, jam))
                    self.emit(self._combined(f"{name}{k}[l]", term))
            return
        terms = [self.term(moved(at, jam), lanes) for jam in jams]
        if lanes == "vector":
            terms = self._sharing(terms)
        for k, term in enumerate(terms, first):
            self.emit(self._combined(f"{name}{k}", term))

    def _sharing(self, terms: list[str]) -> list[str]:
        """Terms that share what they load; what some of them share is loaded before."""
        load = re.compile(rf"{self._prefix}_(?:get|apart|pick)\([^()]*(?:\([^()]*\)[^()]*)*\)")
        found = Counter(text for term in terms for text in set(load.findall(term)))
        for k, text in enumerate(text for text, count in found.items() if count > 1):
            self.emit(f"const {self._prefix}_lanes w{k} = {text};")
            terms = [term.replace(text, f"w{k}") for term in terms]
        return terms


def _scaled(nest: Nest, x: str) -> str:
    if x == "1.0" and nest.plus is None:  # a number that is filled in
        return literal(nest.factor)
    if nest.factor == -1.0:
        x = f"-({x})"
    elif nest.factor != 1.0:
        x = f"{literal(nest.factor)} * ({x})"
    return x if nest.plus is None else f"{x} + {literal(nest.plus)}"


def _product(factors: Sequence[str]) -> str:
    return " * ".join(factors)
