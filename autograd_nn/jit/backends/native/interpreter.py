"""Machine code that runs single operations, whatever the program: an interpreter.

Straight-line machine code takes LLVM 12 us an operation at the least, and is read from memory
anew in every run.  So what follows no pattern is a few lists of numbers instead, and these
functions go through them: one call for each *run* of like operations.  A run of an elementary
function is computed in vectors.  Which operands take slopes is part of the *case*, so nothing is
asked on the way back.

It is written from the table, a group of rows at a time when a program first needs one of them,
compiled once for all programs, and kept in the cache.

What is left out: how operations are sorted into runs (``tape``).
"""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import os
import sys
import threading
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np

from autograd_nn import ops, special
from autograd_nn.jit.backends.native import code as code_module
from autograd_nn.jit.backends.native import elementary, lane, rules
from autograd_nn.jit.backends.native.cache import user_cache
from autograd_nn.jit.backends.native.callbacks import Callbacks
from autograd_nn.jit.backends.native.code import Code, kind_of, module
from autograd_nn.jit.backends.native.lane import Lane
from autograd_nn.jit.backends.native.machine import POINTER, MachineCode, host
from autograd_nn.ops import PRIMITIVES, Primitive

__all__ = ["FLAGS", "Interpreter", "interpreter", "levels"]

#: A case is the code of the row times this, plus which operands take slopes: 1, 2, or 3 for both.
FLAGS: Final = 4
_CELLS: Final = ("out", "a", "b", "v", "g")
_DRIVER: Final = ("cases", "case", "first", "count", *_CELLS)
_making = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child must not find it held
    os.register_at_fork(
        before=_making.acquire,
        after_in_parent=_making.release,
        after_in_child=_making.release,
    )


def interpreter(backward: bool, exact: bool) -> Interpreter:
    """The interpreter of one direction.

    Args:
        backward: whether it passes adjoints on.
        exact: whether every result has the bits that the table gives on floats.
    """
    with _making:
        return _made(backward, exact)


@cache
def _made(backward: bool, exact: bool) -> Interpreter:
    return Interpreter(backward, exact)


class Interpreter:
    """Functions for the cases of one direction, and one that goes through runs.

    Attributes:
        run: takes the addresses of ``cases``, of cases, firsts and counts of runs, of the cells
            of results and of both operands, of values and of adjoints, and how many runs there
            are.
        cases: the address of each case's function; 0 where it has not been asked for.
        callbacks: functions of Python's that they call.
    """

    def __init__(self, backward: bool, exact: bool) -> None:
        self._backward, self._exact, self._target = backward, exact, host()
        self.callbacks = Callbacks()
        rules.register(self.callbacks)
        self.cases = np.zeros(FLAGS * len(PRIMITIVES), dtype=np.uintp)
        self._made = [MachineCode(self._driver(), kept=user_cache()[0])]
        arguments = [POINTER] * len(_DRIVER) + [ctypes.c_int64]
        self.run = self._made[0].function("run", None, *arguments)

    def need(self, cases: Iterable[int]) -> None:
        """Make ready what some cases need."""
        with _making:
            for case in cases:
                if not self.cases[case]:
                    self._make(_group(PRIMITIVES[case // FLAGS]))

    def _make(self, group: str) -> None:
        """Compile the functions of a group of rows."""
        flags = {0: [0], 1: [1], 2: [1, 2, 3]}
        cases = [
            (FLAGS * number + flag, row, flag)
            for number, row in enumerate(PRIMITIVES)
            if row.arity and _group(row) == group
            for flag in flags[row.arity if self._backward else 0]
        ]
        made = MachineCode(
            lambda: module(self._case(case, row, flag) for case, row, flag in cases),
            self.callbacks.symbols(),
            kept=user_cache()[0],
            name=_sources() and f"{_sources()} {group} {self._backward} {self._exact}",
        )
        self._made.append(made)
        for case, _, _ in cases:
            self.cases[case] = made.address(f"case{case}")

    def _driver(self) -> str:
        pointers = [f"ptr noalias %{name}" for name in _DRIVER]
        code = Code("run", [*pointers, "i64 %runs"], self._target)
        loop = code.loop("%runs")
        case, first, count = (
            _index(code, name, loop.index) for name in ("%case", "%first", "%count")
        )
        at = code.new(f"getelementptr ptr, ptr %cases, i64 {case}")
        function = code.new(f"load ptr, ptr {at}, align 8")
        given = [*(f"ptr %{name}" for name in _CELLS), f"i64 {first}", f"i64 {count}"]
        code.emit(f"call void {function}({', '.join(given)})")
        loop.close()
        return module([code])

    def _case(self, case: int, row: Primitive, flag: int) -> Code:
        """The function of a case: it goes through a run."""
        arguments = [*(f"ptr noalias %{name}" for name in _CELLS), "i64 %start", "i64 %size"]
        code = Code(f"case{case}", arguments, self._target, self._exact, self.callbacks)
        if rules.has_vectors(code, row):
            _Several(code, row, flag, self._backward).write()
        else:
            loop = code.loop("%size")
            place = code.new(f"add i64 %start, {loop.index}")
            _write_one(code, row, flag, self._backward, place)
            loop.close()
        return code


def _group(row: Primitive) -> str:
    if rules.is_cheap(row):
        return "arithmetic"
    return "vectors" if row.name in rules.IN_VECTORS else "others"


@cache
def _sources() -> str | None:
    """A digest of what the text is written from; None where the sources are not there."""
    modules: list[ModuleType] = [ops, special, code_module, elementary, lane, rules]
    try:
        sources = [inspect.getsource(module) for module in (*modules, sys.modules[__name__])]
    except OSError:
        return None
    return hashlib.sha256("".join(sources).encode()).hexdigest()


@cache
def levels() -> Any:
    """A function that says how deep each operation lies: one more than its operands.

    It takes the addresses of the cells of results and operands, of a 32-bit integer for each
    cell, all 0, and of one for each operation, which it sets; and how many operations there are.
    """
    pointers = [f"ptr noalias %{name}" for name in ("out", "a", "b", "depth", "level")]
    code = Code("levels", [*pointers, "i64 %size"], host())
    loop = code.loop("%size")
    depths = []
    for name in ("%a", "%b"):
        at = code.new(f"getelementptr i32, ptr %depth, i64 {_index(code, name, loop.index)}")
        depths.append(code.new(f"load i32, ptr {at}, align 4", pure=False))
    code.declare("i32", "llvm.umax.i32", ["i32", "i32"])
    deepest = code.new(f"call i32 @llvm.umax.i32(i32 {depths[0]}, i32 {depths[1]})")
    level = code.new(f"add i32 {deepest}, 1")
    own = code.new(f"getelementptr i32, ptr %depth, i64 {_index(code, '%out', loop.index)}")
    code.emit(f"store i32 {level}, ptr {own}, align 4")
    to = code.new(f"getelementptr i32, ptr %level, i64 {loop.index}")
    code.emit(f"store i32 {level}, ptr {to}, align 4")
    loop.close()
    made = MachineCode(module([code]), kept=user_cache()[0])
    return made.function("levels", None, *[POINTER] * 5, ctypes.c_int64)


def _index(code: Code, name: str, at: str) -> str:
    """An integer of a list."""
    address = code.new(f"getelementptr i32, ptr {name}, i64 {at}")
    x = code.new(f"load i32, ptr {address}, align 4", pure=False)
    return code.new(f"sext i32 {x} to i64")


def _load(code: Code, base: str, cell: str) -> Lane:
    at = code.new(f"getelementptr double, ptr {base}, i64 {cell}")
    return Lane(code, code.new(f"load double, ptr {at}, align 8", pure=False), 1)


def _store(code: Code, base: str, cell: str, x: Lane) -> None:
    at = code.new(f"getelementptr double, ptr {base}, i64 {cell}")
    code.emit(f"store double {x.name}, ptr {at}, align 8")


def _write_one(code: Code, row: Primitive, flag: int, backward: bool, place: str) -> None:
    """One operation."""
    cells = [_index(code, name, place) for name in ("%a", "%b")[: row.arity]]
    own = _index(code, "%out", place)
    operands = [_load(code, "%v", cell) for cell in cells]
    if not backward:
        _store(code, "%v", own, rules.value(code, row, operands))
        return
    d, y = _load(code, "%g", own), _load(code, "%v", own)
    slopes = rules.slopes(code, row, operands, y)
    for k, cell in enumerate(cells):
        if flag >> k & 1:
            _store(code, "%g", cell, _load(code, "%g", cell) + slopes[k] * d)


class _Several:
    """The code of operations whose operands lie anywhere, in vectors.

    Args:
        code: the function under way.
        row: of the table.
        flag: which operands take slopes.
        backward: whether adjoints are passed on.
    """

    def __init__(self, code: Code, row: Primitive, flag: int, backward: bool) -> None:
        self.code, self.row, self.flag, self.backward = code, row, flag, backward
        self.width = code.target.width

    def write(self) -> None:
        """The whole run."""
        code = self.code
        if self.backward:
            for name in ("%spare0", "%spare1"):
                code.emit(f"{name} = alloca [{self.width} x double], align 64")
        loop = code.loop("%size", self.width)
        place = code.new(f"add i64 %start, {loop.index}")
        self._some(place, code.new(f"sub i64 %size, {loop.index}"))
        loop.close()

    def _some(self, place: str, left: str) -> None:
        """A vector of them, of which so many are left."""
        code, row, width = self.code, self.row, self.width
        mask = self._mask(left)
        own = self._cells("%out", place, mask)
        operands = [
            self._gather("%v", self._cells(name, place, mask), mask)
            for name in ("%a", "%b")[: row.arity]
        ]
        if not self.backward:
            self._scatter(own, rules.value(code, row, operands).spread(width), mask)
            return
        d, y = self._gather("%g", own, mask), self._gather("%v", own, mask)
        slopes = rules.slopes(code, row, operands, y)
        wanted = [k for k in range(row.arity) if self.flag >> k & 1]
        for k in wanted:
            x = (slopes[k] * d).spread(width)
            code.emit(f"store {x.kind} {x.name}, ptr %spare{k}, align 64")
        code.declare("i64", "llvm.umin.i64", ["i64", "i64"])
        loop = code.loop(code.new(f"call i64 @llvm.umin.i64(i64 {left}, i64 {width})"))
        at = code.new(f"add i64 {place}, {loop.index}")
        for k in wanted:  # one after another: two of them may go to the same cell
            cell, x = _index(code, ("%a", "%b")[k], at), _load(code, f"%spare{k}", loop.index)
            _store(code, "%g", cell, _load(code, "%g", cell) + x)
        loop.close()

    def _mask(self, left: str) -> str:
        """The first ``left`` of a vector."""
        kind = f"<{self.width} x i64>"
        one = self.code.new(f"insertelement {kind} poison, i64 {left}, i64 0")
        zeros = f"<{self.width} x i32> zeroinitializer"
        every = self.code.new(f"shufflevector {kind} {one}, {kind} poison, {zeros}")
        counted = "<" + ", ".join(f"i64 {k}" for k in range(self.width)) + ">"
        return self.code.new(f"icmp ult {kind} {counted}, {every}")

    def _cells(self, name: str, place: str, mask: str) -> str:
        """Integers of a list, side by side."""
        code, width = self.code, self.width
        kind = kind_of("i32", width)
        load = f"llvm.masked.load.v{width}i32.p0"
        code.declare(kind, load, ["ptr", "i32", f"<{width} x i1>", kind])
        at = code.new(f"getelementptr i32, ptr {name}, i64 {place}")
        given = f"ptr {at}, i32 4, <{width} x i1> {mask}, {kind} zeroinitializer"
        found = code.new(f"call {kind} @{load}({given})", pure=False)
        return code.new(f"sext {kind} {found} to <{width} x i64>")

    def _gather(self, base: str, cells: str, mask: str) -> Lane:
        code, width = self.code, self.width
        kind = kind_of("double", width)
        at = code.new(f"getelementptr double, ptr {base}, <{width} x i64> {cells}")
        name = f"llvm.masked.gather.v{width}f64.v{width}p0"
        code.declare(kind, name, [f"<{width} x ptr>", "i32", f"<{width} x i1>", kind])
        given = f"<{width} x ptr> {at}, i32 8, <{width} x i1> {mask}, {kind} zeroinitializer"
        return Lane(code, code.new(f"call {kind} @{name}({given})", pure=False), width)

    def _scatter(self, cells: str, x: Lane, mask: str) -> None:
        code, width = self.code, self.width
        at = code.new(f"getelementptr double, ptr %v, <{width} x i64> {cells}")
        name = f"llvm.masked.scatter.v{width}f64.v{width}p0"
        code.declare("void", name, [x.kind, f"<{width} x ptr>", "i32", f"<{width} x i1>"])
        given = f"{x.kind} {x.name}, <{width} x ptr> {at}, i32 8, <{width} x i1> {mask}"
        code.emit(f"call void @{name}({given})")
