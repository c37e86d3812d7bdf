"""The text of loop nests, with explicit vectors.

Every nest becomes loops over the axes of its results; inside, one or a few vectors of results are
computed, with loops over the summed axes.  The last vector of an axis is masked, so any size is
right.  LLVM's own vectorisers are off.

What is left out: which axis runs in vectors and which results are computed together (``forms``),
look-ups and the shares of extremes (``lookups``), and functions (``program``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from typing import Any, Final

from autograd_nn.jit.backends.native.code import Code
from autograd_nn.jit.backends.native.forms import Form
from autograd_nn.jit.backends.native.lane import Lane, Mask, choose, totals
from autograd_nn.jit.backends.native.memory import Memory, Place, is_contiguous
from autograd_nn.jit.backends.native.rules import is_cheap, slopes, value
from autograd_nn.jit.plan.nests import Access, Nest
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["MAXIMUM", "Writer", "write_nest"]

At = dict[int, Place]
#: So many terms are written out at the most, where a loop would do.
_WRITTEN_OUT: Final = 16
#: So many sums along a vector axis are under way, where no others are.
_SUMS: Final = 4
MAXIMUM: Final = CODES["maximum"]


def write_nest(code: Code, form: Form, memory: Memory) -> None:
    """Append the code of a nest that is a sum, a row, a slope or an extreme."""
    Writer(code, form, memory).write()


class Writer:
    """The code of one nest.

    Args:
        code: the function under way.
        form: the nest.
        memory: where its cells lie.
    """

    def __init__(self, code: Code, form: Form, memory: Memory) -> None:
        self.code, self.form, self.memory = code, form, memory
        self.nest, self.axes = form.nest, form.nest.axes
        self.vector, self.width = form.vector, form.width
        self.row = PRIMITIVES[self.nest.code]
        #: Whether it is a single function, which is not written out anew.
        self._single = not self.axes and not is_cheap(self.row)
        #: Whether the terms are added one by one, to what is there.
        self.in_order = self.nest.kind == "sum" and self.nest.exact
        self.across = self.vector is not None and self.vector < self.nest.kept

    @property
    def _vector(self) -> int | None:
        """The vector axis, where there is more than one number along it."""
        return self.vector if self.width > 1 else None

    def write(self) -> None:
        """All results."""
        self._over([k for k in range(self.nest.kept) if k != self.vector], {}, {})

    # -- loops over results ----------------------------------------------------------------

    def _over(self, left: list[int], at: At, jam: dict[int, int]) -> None:
        """Loops over the axes that are left, then one or a few vectors of results."""
        if not left:
            self._strips(at, jam)
            return
        axis, rest = left[0], left[1:]
        size, factor = self.axes[axis], self.form.jam.get(axis, 1)
        whole = size - size % factor
        if whole > factor:
            with self._loop(axis, whole, factor, at) as inside:
                self._over(rest, inside, {**jam, axis: factor})
        else:
            self._over(rest, {**at, axis: Place(None, 0)}, {**jam, axis: factor})
        if size > whole:
            self._over(rest, {**at, axis: Place(None, whole)}, {**jam, axis: size - whole})

    @contextmanager
    def _loop(self, axis: int, size: int, step: int, at: At) -> Iterator[At]:
        """A loop; whatever is known before it is computed before it."""
        others = (read for other in self.form.also for read in other.reads)
        for access in (self.nest.write, *self.nest.reads, *others):
            self.memory.prepare(self.code, access, at, self.axes, self.vector)
        loop = self.code.loop(size, step)
        yield {**at, axis: Place(loop.index, 0)}
        loop.close()

    def _strips(self, at: At, jam: dict[int, int]) -> None:
        """Along a vector axis of the results: whole vectors, then a masked one."""
        places = _places(jam)
        axis = self.vector
        if not self.across or axis is None:
            self._round(at, places, "")
            return
        size, width = self.axes[axis], self.width
        whole = size - size % width
        if whole > width:
            with self._loop(axis, whole, width, at) as inside:
                self._round(inside, places, "")
        elif whole:
            self._round({**at, axis: Place(None, 0)}, places, "")
        if size == whole:
            return
        if not self.nest.add or self.nest.summed:
            self._round({**at, axis: Place(None, whole)}, places, _mask(size - whole, width))
            return
        # A masked store would keep what is loaded next, close behind it, waiting.
        for k in range(width.bit_length() - 1, -1, -1):
            if (size - whole) >> k & 1:
                self.width = 1 << k
                self._round({**at, axis: Place(None, whole)}, places, "")
                whole += self.width
        self.width = width

    # -- some results ----------------------------------------------------------------------

    def _round(self, at: At, jams: list[dict[int, int]], mask: str) -> None:
        """The results at a place of the loops, one for each of ``jams``."""
        nest = self.nest
        beside = self._beside(jams)
        if beside is not None:
            self._put_together(at, jams, beside)
            return
        if nest.summed or self.in_order:
            results = self._sums(at, jams, mask)
        else:
            results = [self._term(operands) for operands in self._operands(at, jams, mask)]
        for jam, x in zip(jams, results, strict=True):
            place = _moved(at, jam)
            self._put(place, x if self.in_order else self._whole(x, place, mask), mask)

    def _beside(self, jams: list[dict[int, int]]) -> int | None:
        """The axis along which the results, sums of vectors, lie side by side; None without."""
        nest = self.nest
        axis = next(reversed(jams[0]), None)
        if axis is None or self._vector is None or self.across or self.form.also:
            return None
        plain = nest.kind in ("sum", "slope") and not (nest.exact or nest.scatter)
        return axis if plain and jams[-1][axis] and is_contiguous(nest.write, axis) else None

    def _put_together(self, at: At, jams: list[dict[int, int]], axis: int) -> None:
        """The results along an axis at once, a power of two of them at a time."""
        sums, several = self._vectors_of_sums(at, jams, ""), jams[-1][axis] + 1
        k = 0
        while k < len(sums):
            left = several - k % several
            count = min(self.width, 1 << left.bit_length() - 1)
            x, place = _scaled(self.nest, totals(sums[k : k + count])), _moved(at, jams[k])
            given = self.nest.write, place, self.axes, axis if count > 1 else None
            if self.nest.add:
                x = self.memory.load(self.code, *given, count) + x
            self.memory.store(self.code, *given, x)
            k += count

    def _whole(self, x: Lane, at: At, mask: str) -> Lane:
        """A sum with its factor, what is plus, and what others add to it."""
        x = _scaled(self.nest, x)
        for other in self.form.also:
            *factors, last = [self._load(access, at, mask) for access in other.reads]
            if factors and other.factor == 1.0 and other.plus is None:
                x = x.plus_product(_product(factors), last)
            else:
                x = x + _scaled(other, _product([*factors, last]))
        return x

    def _put(self, at: At, x: Lane, mask: str) -> None:
        nest, memory = self.nest, self.memory
        vector = self._vector if self.across else None
        x = x.spread(self.width if self.across else 1)
        if self.in_order:
            memory.store(self.code, nest.write, at, self.axes, vector, x, mask)
            return
        if nest.add and nest.scatter:
            memory.deposit(self.code, nest.write, at, self.axes, vector, x, mask)
            return
        if nest.add:
            x = self._there(at, mask) + x
        memory.store(self.code, nest.write, at, self.axes, vector, x, mask)

    def _there(self, at: At, mask: str) -> Lane:
        """What is there already."""
        vector, width = (self._vector, self.width) if self.across else (None, 1)
        write = self.nest.write
        return self.memory.load(self.code, write, at, self.axes, vector, width, mask)

    def _operands(self, at: At, jams: list[dict[int, int]], mask: str) -> Iterator[list[Lane]]:
        """What is read for each of the results; what they share is loaded once."""
        known: dict[Any, Lane] = {}
        for jam in jams:
            place, found = _moved(at, jam), []
            for k, access in enumerate(self.nest.reads):
                key = (k, tuple(place.get(a) for a in range(len(self.axes)) if access.changes(a)))
                if key not in known:
                    known[key] = self._load(access, place, mask)
                found.append(known[key])
            yield found

    def _load(self, access: Access, at: At, mask: str) -> Lane:
        return self.memory.load(
            self.code, access, at, self.axes, self._vector, self.width, mask, spread=False
        )

    def _term(self, operands: list[Lane]) -> Lane:
        nest = self.nest
        if nest.kind == "row":
            if self._single:
                return self.memory.helpers.value(self.code, self.row, operands)
            return value(self.code, self.row, operands)
        if nest.kind == "slope":
            return operands[0] * self._slope(operands)
        term = _product(operands)
        return nest.factor * term if self.in_order and nest.factor != 1.0 else term

    def _slope(self, operands: list[Lane]) -> Lane:
        _, *inputs, y = operands
        if self._single:
            operand = self.nest.operand
            return self.memory.helpers.slope(self.code, self.row, operand, inputs, y)
        return slopes(self.code, self.row, inputs, y)[self.nest.operand]

    # -- sums and extremes -----------------------------------------------------------------

    def _sums(self, at: At, jams: list[dict[int, int]], mask: str) -> list[Lane]:
        """The sums, or extremes, along the summed axes."""
        found = self._vectors_of_sums(at, jams, mask)
        return [x if self.across else self._together(x) for x in found]

    def _vectors_of_sums(self, at: At, jams: list[dict[int, int]], mask: str) -> list[Lane]:
        """The same, but what a vector along a summed axis adds up to is left in it."""
        width = self.width if self.vector is not None else 1
        along = [k for k in range(self.nest.kept, len(self.axes)) if k != self.vector]
        if self.vector is not None and not self.across:
            along.append(self.vector)
        start = [Lane.of(self.code, self._neutral()).spread(width)] * len(jams)
        if self.in_order and self.nest.add:
            start = [self._there(_moved(at, jam), mask) for jam in jams]
        return self._along(along, at, jams, mask, start)

    def _neutral(self) -> float:
        """What changes no sum, not even one of -0.0; no extreme."""
        if self.nest.kind != "extreme":
            return -0.0
        return -inf if self.nest.code == MAXIMUM else inf

    def _combine(self, a: Lane, b: Lane) -> Lane:
        return value(self.code, self.row, [a, b]) if self.nest.kind == "extreme" else a + b

    def _together(self, x: Lane) -> Lane:
        """The numbers of a vector as one."""
        if self.nest.kind != "extreme":
            return x.total()
        numbers = [x.at(k) for k in range(x.width)]
        while len(numbers) > 1:
            numbers = [*map(self._combine, numbers[::2], numbers[1::2])]
        return numbers[0]

    def _along(
        self, left: list[int], at: At, jams: list[dict[int, int]], mask: str, sums: list[Lane]
    ) -> list[Lane]:
        """The sums with all terms along the axes that are left."""
        if not left:
            return self._with_terms(at, jams, mask, sums)
        axis, rest = left[0], left[1:]
        if axis == self.vector:
            return self._along_vector(axis, at, jams, sums)

        def inner(inside: At, before: list[Lane]) -> list[Lane]:
            return self._along(rest, inside, jams, mask, before)

        size = self.axes[axis]
        if not rest and size * len(jams) <= _WRITTEN_OUT:
            for k in range(size):
                sums = inner({**at, axis: Place(None, k)}, sums)
            return sums
        return self._carried(axis, size, 1, at, sums, inner)

    def _along_vector(
        self, axis: int, at: At, jams: list[dict[int, int]], sums: list[Lane]
    ) -> list[Lane]:
        """The sums with the terms along the vector axis, by vectors and a masked one."""
        size, width = self.axes[axis], self.width
        several = _SUMS if len(jams) == 1 and size >= 2 * _SUMS * width else 1
        step = several * width
        whole, full = size - size % step, size - size % width

        def strips(inside: At, before: list[Lane]) -> list[Lane]:
            return [
                x
                for k, one in enumerate(_chunks(before, several))
                for x in self._with_terms(_moved(inside, {axis: k * width}), jams, "", one)
            ]

        parts = sums + [Lane.of(self.code, self._neutral()).spread(width)] * (
            (several - 1) * len(jams)
        )
        if whole > step:
            parts = self._carried(axis, whole, step, at, parts, strips)
        elif whole:
            parts = strips({**at, axis: Place(None, 0)}, parts)
        for first in range(whole, full, width):
            place = {**at, axis: Place(None, first)}
            parts[: len(jams)] = self._with_terms(place, jams, "", parts[: len(jams)])
        if size > full:
            place = {**at, axis: Place(None, full)}
            mask = _mask(size - full, width)
            parts[: len(jams)] = self._with_terms(place, jams, mask, parts[: len(jams)])
        while len(parts) > len(jams):
            half = len(parts) // 2
            parts = [*map(self._combine, parts[:half], parts[half:])]
        return parts

    def _carried(
        self,
        axis: int,
        size: int,
        step: int,
        at: At,
        sums: list[Lane],
        inner: Callable[[At, list[Lane]], list[Lane]],
        backwards: bool = False,
    ) -> list[Lane]:
        """A loop that carries numbers on."""
        for access in self.nest.reads:
            self.memory.prepare(self.code, access, at, self.axes, self.vector)
        loop = self.code.loop(size, step)
        carried = [loop.carry(x) for x in sums]
        before = [
            Lane(self.code, name, x.width) for (name, _), x in zip(carried, sums, strict=True)
        ]
        index = loop.index
        if backwards:
            index = self.code.new(f"sub i64 {size - 1}, {index}")
        after = inner({**at, axis: Place(index, 0)}, before)
        for (_, to), x in zip(carried, after, strict=True):
            to(x)
        loop.close()
        return after

    def _with_terms(
        self, at: At, jams: list[dict[int, int]], mask: str, sums: list[Lane]
    ) -> list[Lane]:
        """The sums with one term more each."""
        nest, found = self.nest, []
        masked = mask if not self.across else ""  # a sum of its own needs no mask
        for total, operands in zip(sums, self._operands(at, jams, mask), strict=True):
            if nest.kind == "sum" and len(operands) > 1 and not masked and not nest.exact:
                *others, last = operands
                found.append(total.plus_product(_product(others), last))
                continue
            term = self._term(operands).spread(total.width)
            if masked:
                there = Mask(self.code, masked, total.width)
                term = choose(there, term, self._neutral())
            found.append(self._combine(total, term))
        return found


def _scaled(nest: Nest, x: Lane) -> Lane:
    x = x if nest.factor == 1.0 else nest.factor * x
    return x if nest.plus is None else x + nest.plus


def _product(factors: Sequence[Lane]) -> Lane:
    found = factors[0]
    for factor in factors[1:]:
        found = found * factor
    return found


def _places(jam: dict[int, int]) -> list[dict[int, int]]:
    """All offsets along the jammed axes."""
    found: list[dict[int, int]] = [{}]
    for axis, count in jam.items():
        found = [{**each, axis: k} for each in found for k in range(count)]
    return found


def _moved(at: At, offsets: dict[int, int]) -> At:
    moved = dict(at)
    for axis, k in offsets.items():
        moved[axis] = Place(at[axis].name, at[axis].number + k)
    return moved


def _chunks(sums: list[Lane], count: int) -> list[list[Lane]]:
    length = len(sums) // count
    return [sums[k * length : (k + 1) * length] for k in range(count)]


def _mask(count: int, width: int) -> str:
    """The first few of a vector."""
    return "<" + ", ".join(f"i1 {int(k < count)}" for k in range(width)) + ">"
