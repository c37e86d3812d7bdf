"""From the items of a plan to functions of machine code, and runs of them on buffers.

LLVM's time grows faster than a function, so the nests are spread over functions of a few each,
which one driver calls; the loops around many nests are the driver's.  What is run by something
else, a tape or a BLAS, lies between drivers.

What is left out: the text of nests (``nests``, ``lookups``), single operations (``tape``) and
large products (``products``).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from autograd_nn.jit.backends.native.cache import user_cache
from autograd_nn.jit.backends.native.callbacks import Callbacks
from autograd_nn.jit.backends.native.code import Code, Loop, module
from autograd_nn.jit.backends.native.forms import adds_to, form_of
from autograd_nn.jit.backends.native.helpers import Helpers
from autograd_nn.jit.backends.native.lookups import Shares, write_lookup
from autograd_nn.jit.backends.native.machine import POINTER, MachineCode, Target, host
from autograd_nn.jit.backends.native.memory import Known, Memory, Tables
from autograd_nn.jit.backends.native.nests import write_nest
from autograd_nn.jit.backends.native.products import BoundProduct, Product, product_of
from autograd_nn.jit.backends.native.tape import Tape
from autograd_nn.jit.plan import nests as plan

__all__ = ["NativeBound", "NativeCode", "compile"]

#: So many nests are in one function.
_NESTS: Final = 15.0
#: How much of a nest's code a single operation has.
_POINT: Final = 0.1
#: So many single operations are not worth a tape.
_FEW: Final = 150


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
        is_quiet: whether nothing runs in NumPy, which would warn of an overflow.
    """

    backend: str = "native"

    def __init__(self, items: Sequence[plan.Item], sizes: Sequence[int], target: Target) -> None:
        writer = _Writer(2 * len(sizes), target)
        steps: list[str | Tape | Product] = []
        run: list[plan.Item] = []
        for item in items:
            step = _step_of(item, sizes)
            if step is None:
                run.append(item)
                continue
            steps += [writer.write(run), step] if run else [step]
            run = []
        if run:
            steps.append(writer.write(run))
        self.is_quiet = not any(isinstance(step, Product) for step in steps)
        self._callbacks, self._tables = writer.callbacks, writer.tables.whole()
        self._made = MachineCode(
            writer.text(), self._callbacks.symbols(), target=target, kept=user_cache()[0]
        )
        self._steps = [
            self._made.function(step, None, POINTER) if isinstance(step, str) else step
            for step in steps
        ]
        named = [step for step in steps if isinstance(step, str)]
        is_all = len(named) == len(steps) and not len(self._callbacks)
        self._functions = tuple(map(self._made.address, named)) if is_all else None

    def bind(self, buffers: list[Any]) -> NativeBound:
        """Make the code ready for one set of buffers."""
        check = self._callbacks.check if len(self._callbacks) else None
        return NativeBound(self._steps, buffers, self._tables, check, self._functions)


class NativeBound:
    """Machine code, ready to run on one set of buffers.

    Args:
        steps: tapes, products, and functions of the address of all addresses.
        buffers: by number.
        tables: of offsets.
        check: raises what a function of Python's raised that the code called; or None.
        functions: the addresses of the steps, if all are machine code and nothing is checked.

    Attributes:
        direct: those addresses and that of the table which each of them takes; or None.
    """

    def __init__(
        self,
        steps: Sequence[Any],
        buffers: list[Any],
        tables: Any,
        check: Callable[[], None] | None,
        functions: tuple[int, ...] | None,
    ) -> None:
        self._arrays = [*buffers, tables]  # they must live as long as their addresses are used
        self._addresses = (ctypes.c_void_p * len(self._arrays))(
            *(x.ctypes.data for x in self._arrays)
        )
        given = ctypes.c_void_p(ctypes.addressof(self._addresses))
        self._steps = [
            step.bind(buffers) if isinstance(step, (Tape, Product)) else partial(step, given)
            for step in steps
        ]
        if check is not None:
            self._steps.append(check)
        self.direct = None if functions is None else (functions, ctypes.addressof(self._addresses))

    def __call__(self) -> None:
        """Run it."""
        for step in self._steps:
            step()

    def attach(self, buffer: int, array: Any) -> None:
        """From now on, work on this array in the place of a buffer."""
        self._arrays[buffer] = array
        address = array.ctypes.data
        if address == self._addresses[buffer]:  # as in the last call
            return
        self._addresses[buffer] = address
        for step in self._steps:
            if isinstance(step, BoundProduct):
                step.attach(buffer, array)


class _Writer:
    """The text of all functions.

    Args:
        buffers: how many there are.
        target: the processor.
    """

    def __init__(self, buffers: int, target: Target) -> None:
        self._target, self._buffers = target, [f"%b{k}" for k in range(buffers)]
        self.callbacks, self.tables, self._helpers = Callbacks(), Tables(), Helpers()
        self._parts: list[Code] = []
        self._drivers: list[Code] = []

    def write(self, items: Sequence[plan.Item]) -> str:
        """Write a function of items; returns its name."""
        title = f"run{len(self._drivers)}"
        driver = Code(title, ["ptr %buffers"], self._target, callbacks=self.callbacks)
        self._drivers.append(driver)
        for k, name in enumerate([*self._buffers, "%table"]):
            at = driver.new(f"getelementptr ptr, ptr %buffers, i64 {k}")
            driver.emit(f"{name} = load ptr, ptr {at}, align 8")
        self._drive(items, [])
        return title

    def text(self) -> str:
        """The text of all functions."""
        return module([*self._helpers.codes, *self._parts, *self._drivers])

    def _drive(self, items: Sequence[plan.Item], rounds: list[str]) -> None:
        """Calls of functions with some items each, and loops around those."""
        part: list[plan.Item] = []
        for item in items:
            if _size(part) + _size([item]) > _NESTS:
                self._call(part, rounds)
                part = []
            if not isinstance(item, plan.Loop) or _size([item]) <= _NESTS:
                part.append(item)
            else:
                loop, index = _round(self._drivers[-1], item)
                self._drive(item.items, [*rounds, index])
                loop.close()
        self._call(part, rounds)

    def _call(self, part: Sequence[plan.Item], rounds: list[str]) -> None:
        """A call of a function of its own for some items."""
        if not part:
            return
        pointers, indices = [*self._buffers, "%table"], [f"%r{k}" for k in range(len(rounds))]
        arguments = [f"ptr noalias {name}" for name in pointers] + [f"i64 {r}" for r in indices]
        title = f"part{len(self._parts)}"
        code = Code(title, arguments, self._target, callbacks=self.callbacks)
        self._parts.append(code)
        known = Known()
        self._write(code, part, indices, known)
        given = [f"ptr {name}" for name in pointers] + [f"i64 {r}" for r in rounds]
        self._drivers[-1].emit(f"call void @{title}({', '.join(given)})")

    def _write(
        self, code: Code, items: Sequence[plan.Item], rounds: list[str], known: Known
    ) -> None:
        """The code of items in order; what only adds to the nest before it becomes part of that."""
        k = 0
        while k < len(items):
            item, also = items[k], []
            k += 1
            if isinstance(item, plan.Loop):
                self._loop(code, item, rounds, known)
            elif isinstance(item, plan.Lines):
                for nest in plan.nests_of(item, len(rounds)):
                    self._nest(code, nest, [], rounds, known)
            elif item.points:
                while k < len(items):
                    other = items[k]
                    if not isinstance(other, plan.Nest) or not adds_to(item, other):
                        break
                    also.append(other)
                    k += 1
                self._nest(code, item, also, rounds, known)

    def _loop(self, code: Code, item: plan.Loop, rounds: list[str], known: Known) -> None:
        if item.count == 0:
            return
        known.clear()
        loop, index = _round(code, item)
        self._write(code, item.items, [*rounds, index], known)
        loop.close()
        known.clear()

    def _nest(
        self, code: Code, nest: plan.Nest, also: list[plan.Nest], rounds: list[str], known: Known
    ) -> None:
        code.exact = nest.exact
        memory = Memory(self.tables, rounds, known, self._helpers)
        if nest.kind in ("look", "drop"):
            write_lookup(code, nest, memory)
        elif nest.kind == "share":
            Shares(code, form_of(nest, self._target.width), memory).write()
        else:
            write_nest(code, form_of(nest, self._target.width, also), memory)


def _step_of(item: plan.Item, sizes: Sequence[int]) -> Tape | Product | None:
    """What runs an item by itself; None for what is written out."""
    if isinstance(item, plan.Lines):
        return Tape(item, sizes[0]) if len(item.codes) > _FEW else None
    return product_of(item)


def _round(code: Code, item: plan.Loop) -> tuple[Loop, str]:
    """An open loop around items, and the number of its round."""
    loop = code.loop(item.count)
    index = code.new(f"sub i64 {item.count - 1}, {loop.index}") if item.reverse else loop.index
    return loop, index


def _size(items: Sequence[plan.Item]) -> float:
    """About how many nests' code items are."""
    return sum(
        _size(item.items)
        if isinstance(item, plan.Loop)
        else len(item.codes) * _POINT
        if isinstance(item, plan.Lines)
        else 1.0
        if item.points > 1
        else _POINT
        for item in items
    )
