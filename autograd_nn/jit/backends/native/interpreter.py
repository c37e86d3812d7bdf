"""Machine code that runs single operations, whatever the program: an interpreter.

Straight-line machine code takes LLVM 12 us an operation at the least, and is read from memory
anew in every run.  So what follows no pattern is a few lists of numbers instead, and these
functions go through them: one jump for each *run* of like operations.  A run of an elementary
function is computed in vectors.  Which operands take slopes is part of the *case*, so nothing is
asked on the way back.

It is written from the table, compiled once for all programs, and kept in the cache.

What is left out: how operations are sorted into runs (``tape``).
"""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import threading
from functools import cache
from types import ModuleType
from typing import Any, Final, NamedTuple

from autograd_nn import ops, special
from autograd_nn.jit.backends.native import code as code_module
from autograd_nn.jit.backends.native import elementary, lane, rules
from autograd_nn.jit.backends.native.cache import user_cache
from autograd_nn.jit.backends.native.callbacks import Callbacks
from autograd_nn.jit.backends.native.code import Code, kind_of, module
from autograd_nn.jit.backends.native.lane import Lane
from autograd_nn.jit.backends.native.machine import POINTER, MachineCode, Target, host
from autograd_nn.ops import PRIMITIVES, Primitive

__all__ = ["FLAGS", "Interpreter", "interpreter"]

#: A case is the code of the row times this, plus which operands take slopes: 1, 2, or 3 for both.
FLAGS: Final = 4
_PASSES: Final = 1
_LISTS: Final = ("case", "first", "count", "out", "a", "b", "v", "g")
_making = threading.Lock()


class Interpreter(NamedTuple):
    """The functions of an interpreter.

    ``forward`` and ``backward`` take the addresses of cases, firsts and counts of runs, of the
    cells of results and of both operands, of values and of adjoints, and how many runs there are.
    ``levels`` takes those of the cells, of a number for each cell that is 0, and of the levels,
    and how many operations there are.
    """

    forward: Any
    backward: Any
    levels: Any
    callbacks: Callbacks
    code: MachineCode


def interpreter(exact: bool) -> Interpreter:
    """The interpreter, made when it is first asked for.

    Args:
        exact: whether every result has the bits that the table gives on floats.
    """
    with _making:
        return _made(exact, host())


@cache
def _made(exact: bool, target: Target) -> Interpreter:
    callbacks = Callbacks()
    rules.register(callbacks)
    made = MachineCode(
        lambda: _text(exact, target, callbacks),
        callbacks.symbols(),
        passes=_PASSES,
        target=target,
        kept=user_cache()[0],
        name=f"interpreter {exact} {_sources()}",
    )
    run = [POINTER] * len(_LISTS) + [ctypes.c_int64]
    return Interpreter(
        made.function("forward", None, *run),
        made.function("backward", None, *run),
        made.function("levels", None, *[POINTER] * 5, ctypes.c_int64),
        callbacks,
        made,
    )


def _sources() -> str:
    """A digest of what the text is written from."""
    modules: list[ModuleType] = [ops, special, code_module, elementary, lane, rules]
    sources = [inspect.getsource(module) for module in modules]
    sources.append(inspect.getsource(inspect.getmodule(_sources) or ops))
    return hashlib.sha256("".join(sources).encode()).hexdigest()


def _text(exact: bool, target: Target, callbacks: Callbacks) -> str:
    both = [_Runs(backward, exact, target, callbacks).code for backward in (False, True)]
    return module([*both, _levels(target, callbacks)])


def _levels(target: Target, callbacks: Callbacks) -> Code:
    """How deep each operation lies: one more than its operands."""
    pointers = [f"ptr noalias %{name}" for name in ("out", "a", "b", "depth", "level")]
    code = Code("levels", [*pointers, "i64 %size"], target, callbacks=callbacks)
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
    return code


def _index(code: Code, name: str, at: str) -> str:
    """An integer of a list."""
    address = code.new(f"getelementptr i32, ptr {name}, i64 {at}")
    x = code.new(f"load i32, ptr {address}, align 4", pure=False)
    return code.new(f"sext i32 {x} to i64")


class _Runs:
    """One of the functions that go through runs.

    Args:
        backward: whether it passes adjoints on.
        exact: see ``interpreter``.
    """

    def __init__(self, backward: bool, exact: bool, target: Target, callbacks: Callbacks) -> None:
        pointers = [f"ptr noalias %{name}" for name in _LISTS]
        title = "backward" if backward else "forward"
        self.code = code = Code(title, [*pointers, "i64 %runs"], target, exact, callbacks)
        self.backward, self.width = backward, target.width
        for name in ("%spare0", "%spare1"):
            code.emit(f"{name} = alloca [{self.width} x double], align 64")
        outer = code.loop("%runs")
        case, first, count = (
            _index(code, name, outer.index) for name in ("%case", "%first", "%count")
        )
        rows = [(k, row) for k, row in enumerate(PRIMITIVES) if row.arity]
        flags = {0: [0], 1: [1], 2: [1, 2, 3]}
        cases = [
            (k * FLAGS + flag, row, flag)
            for k, row in rows
            for flag in flags[row.arity if backward else 0]
        ]
        targets = " ".join(f"i64 {number}, label %case{number}" for number, _, _ in cases)
        code.emit(f"switch i64 {case}, label %after [ {targets} ]")
        for number, row, flag in cases:
            code.label(f"case{number}")
            self._run(row, flag, first, count)
            code.emit("br label %after")
        code.label("after")
        outer.close()

    def _run(self, row: Primitive, flag: int, first: str, count: str) -> None:
        """A loop over the operations of a run."""
        wide = rules.has_vectors(self.code, row)
        loop = self.code.loop(count, self.width if wide else 1)
        place = self.code.new(f"add i64 {first}, {loop.index}")
        if wide:
            left = self.code.new(f"sub i64 {count}, {loop.index}")
            self._several(row, flag, place, left)
        else:
            self._one(row, flag, place)
        loop.close()

    def _one(self, row: Primitive, flag: int, place: str) -> None:
        code = self.code
        cells = [_index(code, name, place) for name in ("%a", "%b")[: row.arity]]
        own = _index(code, "%out", place)
        operands = [self._load("%v", cell) for cell in cells]
        if not self.backward:
            self._store("%v", own, rules.value(code, row, operands))
            return
        d, y = self._load("%g", own), self._load("%v", own)
        slopes = rules.slopes(code, row, operands, y)
        for k, cell in enumerate(cells):
            if flag >> k & 1:
                self._store("%g", cell, self._load("%g", cell) + slopes[k] * d)

    def _load(self, base: str, cell: str) -> Lane:
        at = self.code.new(f"getelementptr double, ptr {base}, i64 {cell}")
        return Lane(self.code, self.code.new(f"load double, ptr {at}, align 8", pure=False), 1)

    def _store(self, base: str, cell: str, x: Lane) -> None:
        at = self.code.new(f"getelementptr double, ptr {base}, i64 {cell}")
        self.code.emit(f"store double {x.name}, ptr {at}, align 8")

    # -- several at once -------------------------------------------------------------------

    def _several(self, row: Primitive, flag: int, place: str, left: str) -> None:
        """Operations whose operands lie anywhere, in a vector."""
        code, width = self.code, self.width
        mask = self._mask(left)
        cells = [self._cells(name, place, mask) for name in ("%a", "%b")[: row.arity]]
        own = self._cells("%out", place, mask)
        operands = [self._gather("%v", cell, mask) for cell in cells]
        if not self.backward:
            y = rules.value(code, row, operands).spread(width)
            addresses = code.new(f"getelementptr double, ptr %v, <{width} x i64> {own}")
            name = f"llvm.masked.scatter.v{width}f64.v{width}p0"
            code.declare("void", name, [y.kind, f"<{width} x ptr>", "i32", f"<{width} x i1>"])
            given = f"{y.kind} {y.name}, <{width} x ptr> {addresses}, i32 8, <{width} x i1> {mask}"
            code.emit(f"call void @{name}({given})")
            return
        d, y = self._gather("%g", own, mask), self._gather("%v", own, mask)
        slopes = rules.slopes(code, row, operands, y)
        wanted = [k for k in range(row.arity) if flag >> k & 1]
        for k in wanted:
            x = (slopes[k] * d).spread(width)
            code.emit(f"store {x.kind} {x.name}, ptr %spare{k}, align 64")
        code.declare("i64", "llvm.umin.i64", ["i64", "i64"])
        loop = code.loop(code.new(f"call i64 @llvm.umin.i64(i64 {left}, i64 {width})"))
        for k in wanted:  # one after another: two of them may go to the same cell
            at = code.new(f"add i64 {place}, {loop.index}")
            cell = _index(code, ("%a", "%b")[k], at)
            self._store("%g", cell, self._load("%g", cell) + self._load(f"%spare{k}", loop.index))
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
        addresses = code.new(f"getelementptr double, ptr {base}, <{width} x i64> {cells}")
        name = f"llvm.masked.gather.v{width}f64.v{width}p0"
        code.declare(kind, name, [f"<{width} x ptr>", "i32", f"<{width} x i1>", kind])
        given = f"<{width} x ptr> {addresses}, i32 8, <{width} x i1> {mask}, {kind} zeroinitializer"
        return Lane(code, code.new(f"call {kind} @{name}({given})", pure=False), width)
