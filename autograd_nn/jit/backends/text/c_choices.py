"""Nests that choose, as functions of C: look-ups, what is handed back through them, and the shares
of an extreme's operands.

What is left out: nests that compute at every point (``c_nests``).
"""

from __future__ import annotations

from math import prod

from autograd_nn.jit.backends.text.c_cells import At, Place, plus, times
from autograd_nn.jit.backends.text.c_nests import NestWriter
from autograd_nn.jit.plan.nests import VALUES, Access

__all__ = ["LookWriter", "ShareWriter"]


class ShareWriter(NestWriter):
    """The function of a nest of shares: how an extreme's adjoint is divided; see ``Nest``.

    The operands that equal the extreme are counted; then, from the last one on, each takes half
    of what is left, and the first of them all of it.
    """

    def _vector(self) -> None:
        return None

    def round(self, at: At, jams: list[dict[int, int]], lanes: str) -> None:
        d, x, y = self.nest.reads
        self.emit(f"const double extreme = {self.load(y, at)};")
        self.emit("double ties = 0.0, seen = 0.0, left = 1.0;")
        self._count(self.nest.kept, at, x)
        self._share(self.nest.kept, at, d, x)

    def _count(self, axis: int, at: At, x: Access) -> None:
        if axis < len(self.axes):
            with self.loop(axis, self.axes[axis], at) as inside:
                self._count(axis + 1, inside, x)
            return
        self.emit(f"ties += {self.load(x, at)} == extreme ? 1.0 : 0.0;")

    def _share(self, axis: int, at: At, d: Access, x: Access) -> None:
        if axis < len(self.axes):
            i = self.variable(axis)
            with self.block(f"for (int {i} = {self.axes[axis] - 1}; {i} >= 0; --{i})"):
                self._share(axis + 1, {**at, axis: Place(i, 0)}, d, x)
            return
        self.emit("double share = 0.0;")
        with self.block(f"if ({self.load(x, at)} == extreme)"):
            self.emit("seen += 1.0;")
            self.emit("left *= 0.5;")
            self.emit("share = seen == ties ? 2.0 * left : left;")
        with self.block("if (extreme != extreme)"):
            self.emit("share = (double)NAN;")
        self._put(at, f"{self.load(d, at)} * share", "")


class LookWriter(NestWriter):
    """The function of a look-up, or of the deposits back through one."""

    def _vector(self) -> None:
        return None

    def _all(self) -> None:
        self._each(0, {})

    def _each(self, axis: int, at: At) -> None:
        if axis < len(self.axes):
            with self.loop(axis, self.axes[axis], at) as inside:
                self._each(axis + 1, inside)
            return
        with self.block(""):
            cell = self._chosen(at)
            if self.nest.kind == "look":
                self._put(at, f"from[{cell}]", "")
            else:
                self.emit(f"to[{cell}] += {self.load(self.nest.reads[0], at)};")

    def _chosen(self, at: At) -> str:
        """The cell that an index chooses; one outside takes the nearest row."""
        nest, tables = self.nest, self.cells.tables
        count, columns = nest.entries.shape
        self.emit(f"double index = {self.load(nest.reads[-1], at)};")
        self.emit("index = index >= 0.0 ? index : 0.0; /* nan too */")
        self.emit(f"index = index < {count - 1}.0 ? index : {count - 1}.0;")
        column = str(int(nest.columns.flat[0]))
        if prod(nest.columns.shape) > 1:
            access = Access(VALUES, 0, (0,) * len(self.axes), (), nest.columns)
            column = self.cells.offset(access, at, self.axes, None)
        self.emit(f"const int entry = {times(columns, '(int)index')} + {column};")
        cell = f"{tables.put(nest.entries)}[entry]"
        name = at[0].name if at else None
        if nest.entry_steps is None or name is None:
            return cell
        return plus(cell, f"{tables.put(nest.entry_steps)}[entry] * {name}")
