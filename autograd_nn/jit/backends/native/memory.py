"""Where the numbers of nests lie: addresses of cells, and loads and stores of vectors of them.

What is left out: which cells (``forms``), and what is computed with them (``nests``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from autograd_nn.errors import BackendError
from autograd_nn.jit.backends.native.code import Code, kind_of
from autograd_nn.jit.backends.native.forms import offsets
from autograd_nn.jit.backends.native.helpers import Helpers
from autograd_nn.jit.backends.native.lane import Lane
from autograd_nn.jit.plan.nests import Access

__all__ = ["Known", "Memory", "Place", "Tables", "is_contiguous"]


class Place(NamedTuple):
    """Where one is along an axis: the index of a loop, or nothing, plus a number."""

    name: str | None
    number: int


At = dict[int, Place]
_MOST: Final = 2**31


class Tables:
    """All tables of offsets of a program, in one line of 32-bit integers."""

    def __init__(self) -> None:
        self._lines: list[Any] = []
        self._places: dict[bytes, int] = {}
        self._length = 0

    def put(self, line: Any) -> int:
        """Where a line of integers lies; equal ones lie together."""
        if line.size and not -_MOST <= line.min() <= line.max() < _MOST:
            raise BackendError("its buffers have more cells than 32 bits can number")
        line = np.ascontiguousarray(line, dtype=np.int32)
        key = line.tobytes()
        if key not in self._places:
            self._places[key] = self._length
            self._lines.append(line)
            self._length += len(line)
        return self._places[key]

    def whole(self) -> Any:
        """All of them."""
        return np.concatenate([*self._lines, np.zeros(1, np.int32)])


class Known:
    """Single numbers of a function that need not be loaded: they were just computed, or loaded.

    A cell is named by its buffer, its start and its steps in the rounds of the loops around.
    Cells of equal steps are the same only if they start alike; of others that is not known.
    """

    def __init__(self) -> None:
        self._lanes: dict[tuple[int, tuple[int, ...]], dict[int, Lane]] = {}

    def find(self, buffer: int, start: int, steps: tuple[int, ...]) -> Lane | None:
        """What is in a cell, if that is known."""
        return self._lanes.get((buffer, steps), {}).get(start)

    def note(self, buffer: int, start: int, steps: tuple[int, ...], x: Lane) -> None:
        """Note what is in a cell."""
        self._lanes.setdefault((buffer, steps), {})[start] = x

    def forget(self, buffer: int, steps: tuple[int, ...] | None = None) -> None:
        """Something was put into a buffer: into a cell of these steps, or anywhere."""
        for key in [k for k in self._lanes if k[0] == buffer and k[1] != steps]:
            del self._lanes[key]

    def clear(self) -> None:
        """Forget everything: what follows may run after something else."""
        self._lanes.clear()


class Memory:
    """Addresses in the buffers of one function.

    Args:
        tables: of the program.
        rounds: the names of the indices of the loops around, the outermost first.
        known: numbers of the function that need not be loaded.
        helpers: functions of single numbers, of the program.
    """

    def __init__(
        self, tables: Tables, rounds: Sequence[str], known: Known, helpers: Helpers
    ) -> None:
        self.tables, self.rounds, self.known, self.helpers = tables, [*rounds], known, helpers

    # -- addresses -------------------------------------------------------------------------

    def prepare(
        self, code: Code, access: Access, at: At, axes: Sequence[int], vector: int | None
    ) -> None:
        """Compute what is known of an address before a loop, so that it is known in it."""
        self._moving(code, access, at)
        if access.table is not None:
            line, steps = offsets(access, axes, vector)
            if vector not in steps and all(axis in at for axis in steps):
                self._offset(code, self.tables.put(line), steps, at)

    def _moving(self, code: Code, access: Access, at: At) -> str:
        """The address as far as loops move it."""
        address = f"%b{access.buffer}"
        steps = [*zip(self.rounds, access.steps, strict=True)]
        steps += [
            (place.name, access.strides[axis])
            for axis, place in at.items()
            if place.name is not None
        ]
        for name, stride in steps:
            if stride:
                step = name if stride == 1 else code.new(f"mul nsw i64 {name}, {stride}")
                address = _after(code, address, step)
        return address

    def _offset(self, code: Code, first: int, steps: dict[int, int], at: At) -> str:
        """An offset from a table."""
        index, fixed = "", first
        for axis, step in steps.items():
            name, number = at[axis]
            fixed += step * number
            if name is not None:
                part = name if step == 1 else code.new(f"mul nsw i64 {name}, {step}")
                index = part if not index else code.new(f"add nsw i64 {index}, {part}")
        address = _after(code, "%table", index, "i32") if index else "%table"
        address = _after(code, address, str(fixed), "i32")
        offset = code.new(f"load i32, ptr {address}, align 4")  # pure: tables do not change
        return code.new(f"sext i32 {offset} to i64")

    def offset(self, code: Code, access: Access, at: At, axes: Sequence[int]) -> str:
        """What the table of an access says at one point."""
        line, steps = offsets(access, axes, None)
        return self._offset(code, self.tables.put(line), steps, at)

    def address(self, code: Code, access: Access, at: At, axes: Sequence[int]) -> str:
        """The address of one cell."""
        address = self._moving(code, access, at)
        if access.table is not None:
            address = _after(code, address, self.offset(code, access, at, axes))
        return _after(code, address, str(self._fixed(access, at)))

    def _fixed(self, access: Access, at: At) -> int:
        return access.start + sum(access.strides[k] * place.number for k, place in at.items())

    def _addresses(
        self,
        code: Code,
        access: Access,
        at: At,
        axes: Sequence[int],
        vector: int,
        width: int,
        mask: str,
    ) -> str:
        """The addresses of a vector of cells that do not lie side by side."""
        address = _after(code, self._moving(code, access, at), str(self._fixed(access, at)))
        stride = access.strides[vector]
        apart = "<" + ", ".join(f"i64 {stride * k}" for k in range(width)) + ">"
        kind = f"<{width} x i64>"
        if access.table is None:
            return code.new(f"getelementptr double, ptr {address}, {kind} {apart}")
        line, steps = offsets(access, axes, vector)
        first = self.tables.put(line)
        if vector not in steps:
            address = _after(code, address, self._offset(code, first, steps, at))
            return code.new(f"getelementptr double, ptr {address}, {kind} {apart}")
        chosen = self._offsets(code, first, steps, at, width, mask)
        if stride:
            chosen = code.new(f"add nsw {kind} {chosen}, {apart}")
        return code.new(f"getelementptr double, ptr {address}, {kind} {chosen}")

    def _offsets(
        self, code: Code, first: int, steps: dict[int, int], at: At, width: int, mask: str
    ) -> str:
        """Offsets from a table that lie side by side there."""
        address, fixed = "%table", first
        for axis, step in steps.items():
            name, number = at[axis]
            fixed += step * number
            if name is not None:
                part = name if step == 1 else code.new(f"mul nsw i64 {name}, {step}")
                address = _after(code, address, part, "i32")
        address = _after(code, address, str(fixed), "i32")
        kind = f"<{width} x i32>"
        if mask:
            name = f"llvm.masked.load.v{width}i32.p0"
            code.declare(kind, name, ["ptr", "i32", f"<{width} x i1>", kind])
            given = f"ptr {address}, i32 4, <{width} x i1> {mask}, {kind} zeroinitializer"
            chosen = code.new(f"call {kind} @{name}({given})")
        else:
            chosen = code.new(f"load {kind}, ptr {address}, align 4")
        return code.new(f"sext {kind} {chosen} to <{width} x i64>")

    # -- numbers ---------------------------------------------------------------------------

    def load(
        self,
        code: Code,
        access: Access,
        at: At,
        axes: Sequence[int],
        vector: int | None,
        width: int,
        mask: str = "",
        spread: bool = True,
    ) -> Lane:
        """The numbers of cells.

        Args:
            code: the function under way.
            access: the cells.
            at: where one is along every axis.
            axes: their sizes.
            vector: the axis along which a vector of them is read; None for one number.
            width: how many.
            mask: which of them are there; the others are 0.
            spread: whether a number that all of them share becomes a vector.
        """
        if vector is None or not access.changes(vector):
            x = self._single(code, access, at, axes)
            return x.spread(width) if spread else x
        kind = kind_of("double", width)
        if is_contiguous(access, vector):
            address = self.address(code, access, at, axes)
            if not mask:
                text = f"load {kind}, ptr {address}, align 8"
            else:
                name = f"llvm.masked.load.v{width}f64.p0"
                code.declare(kind, name, ["ptr", "i32", f"<{width} x i1>", kind])
                given = f"ptr {address}, i32 8, <{width} x i1> {mask}, {kind} zeroinitializer"
                text = f"call {kind} @{name}({given})"
            return Lane(code, code.new(text, pure=False), width)
        addresses = self._addresses(code, access, at, axes, vector, width, mask)
        name = f"llvm.masked.gather.v{width}f64.v{width}p0"
        code.declare(kind, name, [f"<{width} x ptr>", "i32", f"<{width} x i1>", kind])
        there = mask or _all(width)
        given = (
            f"<{width} x ptr> {addresses}, i32 8, <{width} x i1> {there}, {kind} zeroinitializer"
        )
        return Lane(code, code.new(f"call {kind} @{name}({given})", pure=False), width)

    def _single(self, code: Code, access: Access, at: At, axes: Sequence[int]) -> Lane:
        cell = self._cell(access, at)
        known = self.known.find(*cell) if cell else None
        if known is not None:
            return known
        address = self.address(code, access, at, axes)
        x = Lane(code, code.new(f"load double, ptr {address}, align 8", pure=False), 1)
        if cell:
            self.known.note(*cell, x)
        return x

    def _cell(self, access: Access, at: At) -> tuple[int, int, tuple[int, ...]] | None:
        """The name of a single cell."""
        if access.table is not None or any(
            access.strides[axis] and place.name is not None for axis, place in at.items()
        ):
            return None
        return access.buffer, self._fixed(access, at), access.steps

    def store(
        self,
        code: Code,
        access: Access,
        at: At,
        axes: Sequence[int],
        vector: int | None,
        x: Lane,
        mask: str = "",
    ) -> None:
        """Put numbers into cells, which are all different."""
        kind, width = x.kind, x.width
        cell = self._cell(access, at) if vector is None else None
        self.known.forget(access.buffer, cell[2] if cell else None)
        if cell:
            self.known.note(*cell, x)
        if vector is None or is_contiguous(access, vector):
            address = self.address(code, access, at, axes)
            if not mask:
                code.emit(f"store {kind} {x.name}, ptr {address}, align 8")
                return
            name = f"llvm.masked.store.v{width}f64.p0"
            code.declare("void", name, [kind, "ptr", "i32", f"<{width} x i1>"])
            given = f"{kind} {x.name}, ptr {address}, i32 8, <{width} x i1> {mask}"
            code.emit(f"call void @{name}({given})")
            return
        addresses = self._addresses(code, access, at, axes, vector, width, mask)
        name = f"llvm.masked.scatter.v{width}f64.v{width}p0"
        code.declare("void", name, [kind, f"<{width} x ptr>", "i32", f"<{width} x i1>"])
        there = f"<{width} x i1> {mask or _all(width)}"
        code.emit(
            f"call void @{name}({kind} {x.name}, <{width} x ptr> {addresses}, i32 8, {there})"
        )

    def deposit(
        self,
        code: Code,
        access: Access,
        at: At,
        axes: Sequence[int],
        vector: int | None,
        x: Lane,
        mask: str = "",
    ) -> None:
        """Add numbers to cells, some of which may be the same, one after another."""
        self.known.forget(access.buffer)
        there = [bit.endswith("1") for bit in mask.strip("<>").split(",")] if mask else []
        for k in range(x.width):
            if there and not there[k]:
                continue
            place = at
            if vector is not None:
                place = {**at, vector: Place(at[vector].name, at[vector].number + k)}
            address = self.address(code, access, place, axes)
            before = Lane(code, code.new(f"load double, ptr {address}, align 8", pure=False), 1)
            after = before + x.at(k)
            code.emit(f"store double {after.name}, ptr {address}, align 8")


def _after(code: Code, address: str, index: str, kind: str = "double") -> str:
    """An address so many places further on."""
    if index == "0":
        return address
    return code.new(f"getelementptr {kind}, ptr {address}, i64 {index}")


def is_contiguous(access: Access, vector: int) -> bool:
    """Whether neighbours along an axis are neighbouring cells."""
    if access.table is not None and access.table.shape[vector] > 1:
        return False
    return access.strides[vector] == 1


def _all(width: int) -> str:
    return "splat (i1 true)" if width > 1 else "<i1 true>"
