"""From the items of a plan to functions of machine code, and runs of them on buffers.

LLVM's time grows faster than a function, so the nests are spread over functions of a few each,
which one driver calls; the loops around many nests are the driver's.

What is left out: the text of nests (``nests``, ``lookups``).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_nn.errors import BackendError
from autograd_nn.jit.backends.native.cache import user_cache
from autograd_nn.jit.backends.native.callbacks import Callbacks
from autograd_nn.jit.backends.native.code import Code, Loop, module
from autograd_nn.jit.backends.native.forms import form_of
from autograd_nn.jit.backends.native.lookups import Shares, write_lookup
from autograd_nn.jit.backends.native.machine import POINTER, MachineCode, Target, host
from autograd_nn.jit.backends.native.memory import Memory, Tables
from autograd_nn.jit.backends.native.nests import write_nest
from autograd_nn.jit.plan import nests as plan

__all__ = ["NativeBound", "NativeCode", "compile"]

#: So many nests are in one function.
_NESTS: Final = 15
_RUN: Final = "run"


def compile(items: Sequence[plan.Item], sizes: Sequence[int]) -> NativeCode:
    """Machine code of the items of a plan.

    Args:
        items: what is done, in order.
        sizes: of every even buffer, how many cells.

    Raises:
        BackendError: there is no LLVM, or it cannot do it.
    """
    return NativeCode(items, sizes, host())


class NativeCode:
    """Items as machine code, for buffers of some sizes.

    Args:
        items, sizes: as those of ``compile``.
        target: the processor.

    Attributes:
        text: what was compiled.
        made: the machine code.
    """

    def __init__(self, items: Sequence[plan.Item], sizes: Sequence[int], target: Target) -> None:
        writer = _Writer(2 * len(sizes), target)
        self.text = writer.written(items)
        self._callbacks, self._tables = writer.callbacks, writer.tables.whole()
        kept = None if len(self._callbacks) else user_cache()[0]
        self.made = MachineCode(self.text, self._callbacks.symbols(), target=target, kept=kept)
        self._run = self.made.function(_RUN, None, POINTER)

    def bind(self, buffers: list[Any]) -> NativeBound:
        """Make the code ready for one set of buffers."""
        check = self._callbacks.check if len(self._callbacks) else None
        return NativeBound(self._run, buffers, self._tables, check)


class NativeBound:
    """Machine code, ready to run on one set of buffers.

    Args:
        run: takes the address of all addresses.
        buffers: by number.
        tables: of offsets.
        check: raises what a function of Python's raised that the code called; or None.
    """

    def __init__(
        self, run: Any, buffers: list[Any], tables: Any, check: Callable[[], None] | None
    ) -> None:
        self._run, self._check = run, check
        self._arrays = [*buffers, tables]  # they must live as long as their addresses are used
        self._addresses = (ctypes.c_void_p * len(self._arrays))(
            *(x.ctypes.data for x in self._arrays)
        )
        self._given = ctypes.c_void_p(ctypes.addressof(self._addresses))

    def __call__(self) -> None:
        """Run it."""
        self._run(self._given)
        if self._check is not None:
            self._check()

    def attach(self, buffer: int, array: Any) -> None:
        """From now on, work on this array in the place of a buffer."""
        self._arrays[buffer] = array
        self._addresses[buffer] = array.ctypes.data


class _Writer:
    """The text of all functions.

    Args:
        buffers: how many there are.
        target: the processor.
    """

    def __init__(self, buffers: int, target: Target) -> None:
        self._target, self._buffers = target, [f"%b{k}" for k in range(buffers)]
        self.callbacks, self.tables = Callbacks(), Tables()
        self._codes: list[Code] = []
        self._driver = Code(_RUN, ["ptr %buffers"], target, callbacks=self.callbacks)
        for k, name in enumerate([*self._buffers, "%table"]):
            at = self._driver.new(f"getelementptr ptr, ptr %buffers, i64 {k}")
            self._driver.emit(f"{name} = load ptr, ptr {at}, align 8")

    def written(self, items: Sequence[plan.Item]) -> str:
        """The text of the items."""
        self._drive(items, [])
        return module([*self._codes, self._driver])

    def _drive(self, items: Sequence[plan.Item], rounds: list[str]) -> None:
        """Calls of functions with some items each, and loops around those."""
        part: list[plan.Item] = []
        for item in items:
            if _count(part) + _count([item]) > _NESTS:
                self._call(part, rounds)
                part = []
            if _count([item]) <= _NESTS:
                part.append(item)
            elif isinstance(item, plan.Loop):
                loop, index = _round(self._driver, item)
                self._drive(item.items, [*rounds, index])
                loop.close()
        self._call(part, rounds)

    def _call(self, part: Sequence[plan.Item], rounds: list[str]) -> None:
        """A call of a function of its own for some items."""
        if not part:
            return
        pointers, indices = [*self._buffers, "%table"], [f"%r{k}" for k in range(len(rounds))]
        arguments = [f"ptr noalias {name}" for name in pointers] + [f"i64 {r}" for r in indices]
        title = f"part{len(self._codes)}"
        code = Code(title, arguments, self._target, callbacks=self.callbacks)
        self._codes.append(code)
        for item in part:
            self._write(code, item, indices)
        given = [f"ptr {name}" for name in pointers] + [f"i64 {r}" for r in rounds]
        self._driver.emit(f"call void @{title}({', '.join(given)})")

    def _write(self, code: Code, item: plan.Item, rounds: list[str]) -> None:
        if isinstance(item, plan.Loop):
            if item.count == 0:
                return
            loop, index = _round(code, item)
            for inner in item.items:
                self._write(code, inner, [*rounds, index])
            loop.close()
        elif isinstance(item, plan.Lines):
            raise BackendError("single operations inside of a loop")
        elif item.points:
            code.exact = item.exact
            memory = Memory(self.tables, rounds)
            if item.kind in ("look", "drop"):
                write_lookup(code, item, memory)
            elif item.kind == "share":
                Shares(code, form_of(item, self._target.width), memory).write()
            else:
                write_nest(code, form_of(item, self._target.width), memory)


def _round(code: Code, item: plan.Loop) -> tuple[Loop, str]:
    """An open loop around items, and the number of its round."""
    loop = code.loop(item.count)
    index = code.new(f"sub i64 {item.count - 1}, {loop.index}") if item.reverse else loop.index
    return loop, index


def _count(items: Sequence[plan.Item]) -> int:
    """How many nests."""
    return sum(_count(x.items) if isinstance(x, plan.Loop) else 1 for x in items)
