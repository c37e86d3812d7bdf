"""The text of nests that choose: look-ups, what is handed back through them, shares of extremes.

What is left out: nests that compute at every point (``nests``).
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan, prod

from autograd_nn.jit.backends.native.code import Code
from autograd_nn.jit.backends.native.lane import Lane, choose
from autograd_nn.jit.backends.native.memory import Memory, Place
from autograd_nn.jit.backends.native.nests import At, Writer
from autograd_nn.jit.plan.nests import ADJOINTS, VALUES, Access, Nest

__all__ = ["Shares", "write_lookup"]

Inner = Callable[[At, list[Lane]], list[Lane]]


class Shares(Writer):
    """The code of a nest of shares: how an extreme's adjoint is divided among its operands."""

    def _round(self, at: At, jams: list[dict[int, int]], mask: str) -> None:
        """The shares of one extreme, or of a vector of them; see ``Nest``.

        The operands that equal the extreme are counted; then, from the last one on, each takes
        half of what is left, and the first of them all of it.
        """
        code, (d, x, y) = self.code, self.nest.reads
        extreme = self._load(y, at, mask)
        one, zero = (Lane.of(code, number).spread(self.width) for number in (1.0, 0.0))

        def count(inside: At, sums: list[Lane]) -> list[Lane]:
            equal = self._load(x, inside, mask) == extreme
            return [sums[0] + choose(equal, one, zero)]

        (ties,) = self._through(0, at, [zero], count, backwards=False)

        def share(inside: At, before: list[Lane]) -> list[Lane]:
            seen, left = before
            equal = self._load(x, inside, mask) == extreme
            seen = seen + choose(equal, one, zero)
            half = choose(equal, left * 0.5, left)
            found = choose(equal, choose(seen == ties, half * 2.0, half), zero)
            found = choose(extreme == extreme, found, nan)
            self._put(inside, self._load(d, inside, mask) * found, mask)
            return [seen, half]

        self._through(0, at, [zero, one], share, backwards=True)

    def _through(
        self, done: int, at: At, carried: list[Lane], inner: Inner, backwards: bool
    ) -> list[Lane]:
        """A loop over each of the summed axes, around ``inner``."""
        axis = self.nest.kept + done
        if axis == len(self.axes):
            return inner(at, carried)
        return self._carried(
            axis,
            self.axes[axis],
            1,
            at,
            carried,
            lambda inside, before: self._through(done + 1, inside, before, inner, backwards),
            backwards,
        )


def write_lookup(code: Code, nest: Nest, memory: Memory) -> None:
    """Append the code of a look-up, or of the deposits back through one."""
    at: At = {}
    loops = []
    for axis, size in enumerate(nest.axes):
        if size == 1:
            at[axis] = Place(None, 0)
            continue
        loops.append(code.loop(size))
        at[axis] = Place(loops[-1].index, 0)
    *others, index = nest.reads
    cell = _chosen(code, nest, memory, at, memory.load(code, index, at, nest.axes, None, 1))
    buffer = VALUES if nest.kind == "look" else ADJOINTS
    address = code.new(f"getelementptr double, ptr %b{buffer}, i64 {cell}")
    x = Lane(code, code.new(f"load double, ptr {address}, align 8", pure=False), 1)
    if nest.kind == "look":
        memory.store(code, nest.write, at, nest.axes, None, x)
    else:
        d = memory.load(code, others[0], at, nest.axes, None, 1)
        memory.known.forget(ADJOINTS)
        code.emit(f"store double {(x + d).name}, ptr {address}, align 8")
    for loop in reversed(loops):
        loop.close()


def _chosen(code: Code, nest: Nest, memory: Memory, at: At, index: Lane) -> str:
    """The cell that an index chooses."""
    count, columns = nest.entries.shape
    index = choose(index >= 0.0, index, 0.0)  # nan too
    index = choose(index < count - 1.0, index, count - 1.0)
    row = code.new(f"fptosi double {index.name} to i64")
    place = code.new(f"mul nsw i64 {row}, {columns}")
    column = Access(VALUES, 0, (0,) * len(nest.axes), (), nest.columns)
    if prod(nest.columns.shape) == 1:
        place = code.new(f"add nsw i64 {place}, {int(nest.columns.flat[0])}")
    else:
        place = code.new(f"add nsw i64 {place}, {memory.offset(code, column, at, nest.axes)}")
    cell = _entry(code, memory.tables.put(nest.entries.ravel()), place)
    if nest.entry_steps is None:
        return cell
    step = _entry(code, memory.tables.put(nest.entry_steps.ravel()), place)
    name, number = at[0]
    moved = code.new(f"mul nsw i64 {step}, {name if name is not None else number}")
    return code.new(f"add nsw i64 {cell}, {moved}")


def _entry(code: Code, first: int, place: str) -> str:
    """An integer of the tables."""
    at = code.new(f"getelementptr i32, ptr %table, i64 {place}")
    at = code.new(f"getelementptr i32, ptr {at}, i64 {first}")
    x = code.new(f"load i32, ptr {at}, align 4")
    return code.new(f"sext i32 {x} to i64")
