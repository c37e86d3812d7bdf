"""A plan with its code, and the sets of buffers that threads run it on.

What is left out: which arguments and results there are, which is ``program``'s; how the code
runs, which is the backend's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.jit.backends import Bound, Code
from autograd_nn.jit.backends.door import compile_items
from autograd_nn.jit.later import Later
from autograd_nn.jit.lifting.adjoint import adjoint, clearing, whole_way
from autograd_nn.jit.plan import ADJOINTS, VALUES, Backward, Place, Plan

__all__ = ["Compiled", "Frame"]

_KEPT = 16  # sets of buffers: as many as threads have used at a time
_ADDRESS = 8  # bytes
_ONE_BY_ONE = 32  # results that are taken out one by one


class Compiled:
    """A plan, made ready by a backend.

    Its code is made when it is first asked for: forward, back to some groups of leaves, and both
    in one.

    Args:
        plan: the plan.
        backend: its name.
        later: whether NumPy is to run it until the backend's code is made.

    Attributes:
        plan: the plan.
    """

    def __init__(self, plan: Plan, backend: str, later: bool = False) -> None:
        self.plan, self._backend, self._later = plan, backend, later
        self._ways: dict[tuple[int, ...], Backward] = {}
        self._codes: dict[Any, Code] = {}
        self._idle: list[Frame] = []

    def way(self, wanted: tuple[int, ...]) -> Backward:
        """The way back to some groups of leaves."""
        found = self._ways.get(wanted)
        if found is None:
            found = self._ways[wanted] = adjoint(self.plan, wanted)
        return found

    def code(self, forward: bool, wanted: tuple[int, ...] | None) -> Code:
        """The code forward, back, or both."""
        found = self._codes.get((forward, wanted))
        if found is None:
            items = [*self.plan.items] if forward else []
            if wanted is not None and self.plan.rows > 1:
                way = self.way(wanted)
                items += [*clearing(way), *way.items]
            elif wanted is not None:
                items += whole_way(self.plan, self.way(wanted))
            make = Later if self._later else compile_items
            found = make(self._backend, items, self.plan.sizes)
            self._codes[forward, wanted] = found
        return found

    def wait(self, timeout: float | None) -> bool:
        """Wait for code that is being made, and for all that is asked for from now on.

        Args:
            timeout: seconds to wait for each; None for as long as it takes.

        Returns:
            Whether all is there.
        """
        self._later = False
        codes = [code for code in self._codes.values() if isinstance(code, Later)]
        return all(code.wait(timeout) for code in codes)

    def running(self) -> set[str]:
        """The names of the backends that run what is ready."""
        return {code.backend for code in self._codes.values()}

    def borrow(self) -> Frame:
        """Buffers that no other thread uses until they are given back."""
        try:
            return self._idle.pop()
        except IndexError:  # none yet, or all in use by other threads
            return Frame(self)

    def give_back(self, frame: Frame) -> None:
        """Keep buffers for a later call."""
        if len(self._idle) < _KEPT:
            self._idle.append(frame)


class Frame:
    """One set of buffers, and a plan's code bound to them.

    NumPy's warnings are to be off while it runs: infinities and nan are results here.

    Attributes:
        rows: how many of the plan's rows are in use; the others repeat the last of these.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled, self._plan = compiled, compiled.plan
        self.rows = self._plan.rows
        self._buffers = self._plan.buffers()
        self._values = self._buffers[VALUES]
        self._loads = [_Load(place, self._plan.rows, self._buffers) for place in self._plan.leaves]
        self._bound: dict[Any, Bound] = {}
        self._starts: dict[tuple[int, ...], _Start] = {}
        self._plain: dict[tuple[Any, ...], list[Any]] = {}
        roots = self._plan.roots
        self._roots: Any = roots
        if self._plan.rows == 1:
            self._roots = roots[:, 0].tolist() if len(roots) <= _ONE_BY_ONE else roots[:, 0].copy()

    def is_quiet(self, wanted: tuple[int, ...] | None) -> bool:
        """Whether a run gives none of NumPy's warnings, on or off."""
        quiet: bool = self._compiled.code(True, wanted).is_quiet
        return quiet and not self._plan.guards

    # -- running -------------------------------------------------------------------------

    def run(self, groups: Sequence[Any], rows: int = 1) -> bool:
        """Compute everything from the numbers of the leaves.

        Args:
            groups: the numbers of each group; with rows, arrays whose first axis they are.
            rows: how many there are.

        Returns:
            Whether every comparison came out as it was recorded, for every row.
        """
        self._load(groups, rows)
        self._code(True, None)()
        return not self._plan.guards or bool(self.on_path().all())

    def run_both(
        self,
        groups: Sequence[Any],
        wanted: tuple[int, ...],
        shapes: tuple[Any, ...] = (),
        any_path: bool = False,
    ) -> bool:
        """Compute everything, and the slopes along some groups of leaves; without rows.

        Args:
            shapes: of the groups, where they are known: that takes less time.
            any_path: whether slopes are wanted however comparisons come out.

        Returns:
            Whether every comparison came out as it was recorded; if not, there are no slopes.
        """
        if shapes:
            self._load_plain(groups, shapes)
        else:
            self._load(groups, 1)
        if not self._plan.guards:
            self._code(True, wanted)()
            return True
        self._code(True, None)()
        if not any_path and not self.on_path().all():
            return False
        self._code(False, wanted)()
        return True

    def _code(self, forward: bool, wanted: tuple[int, ...] | None) -> Bound:
        found = self._bound.get((forward, wanted))
        if found is None:
            found = self._compiled.code(forward, wanted).bind(self._buffers)
            for load in self._loads:
                if load.array is not None:
                    found.attach(load.buffer, load.array)
            self._bound[forward, wanted] = found
        return found

    def _load(self, groups: Sequence[Any], rows: int) -> None:
        self.rows = rows
        for load, numbers in zip(self._loads, groups, strict=True):
            array = load(numbers, rows)
            if array is not None:
                for bound in self._bound.values():
                    bound.attach(load.buffer, array)

    def direct(self, shapes: tuple[Any, ...], wanted: tuple[int, ...] | None) -> Direct | None:
        """Where machine code takes arguments of these shapes, and leaves what is wanted.

        None where something else than machine code has a part in it.
        """
        found = getattr(self._code(True, wanted), "direct", None)
        if found is None or self._plan.guards:
            return None
        functions, table = found
        inputs = [load.place(x, table) for load, x in zip(self._loads, shapes, strict=False)]
        outputs = [self._loads[k].place_of_slopes(shapes[k], self._buffers) for k in wanted or ()]
        if None in inputs or None in outputs:
            return None
        first, unit = self._values.ctypes.data, self._values.itemsize
        check = 0 if wanted is None else first + unit * (len(self._values) - 1)
        number = first + unit * int(self._roots[0])
        return Direct(functions, table, number, check, tuple(inputs), tuple(outputs))

    def _load_plain(self, groups: Sequence[Any], shapes: tuple[Any, ...]) -> None:
        views = self._plain.get(shapes)
        if views is None:
            views = [load.view(shape) for load, shape in zip(self._loads, shapes, strict=False)]
            if any(view is None for view in views):
                views = []
            self._plain = {shapes: views}
        if not views:
            self._load(groups, 1)
            return
        for view, x in zip(views, groups, strict=False):
            view[...] = x

    # -- what a run has left -------------------------------------------------------------

    def on_path(self) -> Any:
        """For each row, whether every comparison came out as it was recorded."""
        found = np.ones(self._plan.rows, dtype=bool)
        for guards in self._plan.guards:
            found &= guards.hold(self._values)
        return found[: self.rows]

    def number(self) -> float:
        """The first result."""
        found: float = self._values.item(self._roots[0])
        return found

    def numbers(self) -> Any:
        """Of the results, one line a result and one column a row; without rows, one after another.

        Few are a list; many are an array, which is a copy.
        """
        if self._plan.rows == 1:
            if type(self._roots) is not list:
                return self._values[self._roots]
            return [self._values.item(root) for root in self._roots]
        return self._values[self._roots[:, : self.rows]]

    def is_finite(self) -> bool:
        """Whether the result and the slopes of ``run_both`` are."""
        found: bool = self._values.item(-1) == 0.0
        return found

    def taken(self, wanted: tuple[int, ...]) -> list[Any]:
        """The slopes of ``run_both``, as new flat arrays."""
        return [self._loads[k].slopes(self._buffers, self.rows) for k in wanted]

    def slopes(self, wanted: tuple[int, ...], seed: float = 1.0) -> list[Any]:
        """After ``run``, the slopes of the first result along groups of leaves, with rows.

        Those of shared leaves are added up over the rows.

        Args:
            seed: what they are multiplied by.
        """
        if not len(self._plan.roots):  # a constant
            return [np.zeros(self._loads[k].size(self.rows)) for k in wanted]
        if self._plan.rows == 1:
            self._code(False, wanted)()
            return [seed * slope for slope in self.taken(wanted)]
        start = self._starts.get(wanted)
        if start is None:
            way = self._compiled.way(wanted)
            start = self._starts[wanted] = _Start(self._plan, way, self._buffers)
        start(seed, self.rows)
        self._code(False, wanted)()
        return self.taken(wanted)


class Direct(NamedTuple):
    """What ``Entry`` takes: addresses, and of numbers also their shapes and steps."""

    functions: tuple[int, ...]
    table: int
    number: int
    check: int
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


class _Load:
    """Puts the numbers of one group of leaves where they belong.

    Attributes:
        array: of a large argument, the caller's array that is read in place.
    """

    def __init__(self, place: Place, rows: int, buffers: list[Any]) -> None:
        self.buffer, self._place, self._rows = place.buffer, place, rows
        self._cells = slice(place.start, place.start + place.size)
        self._own = buffers[place.buffer][self._cells]
        self._each = place.size // rows if place.by_row else place.size
        self.array: Any = None

    def size(self, rows: int) -> int:
        """How many numbers there are for some rows."""
        return self._each * (rows if self._place.by_row else 1)

    def __call__(self, numbers: Any, rows: int) -> Any:
        """Load numbers; returns the array that is to be read in place, if there is one."""
        place = self._place
        if self.buffer != VALUES:
            self.array = self._in_place(numbers, rows)
            return self.array
        if place.order is None:
            self._own[:] = numbers.reshape(-1) if type(numbers) is np.ndarray else numbers
        elif place.by_row:
            lines = self._own.reshape(self._each, self._rows)
            lines[:, :rows] = numbers.reshape(rows, self._each).T
            lines[:, rows:] = lines[:, rows - 1 : rows]
        else:
            self._own[place.order] = np.asarray(numbers, dtype=float).reshape(-1)
        return None

    def view(self, shape: tuple[int, ...]) -> Any:
        """The cells as an array of a shape; None where they have no strides, or lie elsewhere."""
        strides = self._strides(shape)
        if self.buffer != VALUES or strides is None:
            return None
        return np.lib.stride_tricks.as_strided(self._own, shape, strides)

    def place(self, shape: tuple[int, ...], table: int) -> Any:
        """For ``Direct``: where an argument goes, in a buffer or by its address in a table."""
        strides = self._strides(shape)
        if strides is None or (self.buffer != VALUES and self._place.order is not None):
            return None
        slot = 0 if self.buffer == VALUES else table + self.buffer * _ADDRESS
        return shape, strides, self._own.ctypes.data, slot

    def place_of_slopes(self, shape: tuple[int, ...], buffers: list[Any]) -> Any:
        """For ``Direct``: where the slopes along an argument lie."""
        strides, own = self._strides(shape), buffers[self.buffer + ADJOINTS][self._cells]
        return None if strides is None else (shape, strides, own.ctypes.data, 0)

    def _strides(self, shape: tuple[int, ...]) -> Any:
        """The steps in bytes from number to number along each axis; None where they differ."""
        order = self._place.order
        if not self._place.size:
            return (0,) * len(shape)
        cells = (np.arange(self._place.size) if order is None else order).reshape(shape)
        steps = []
        for axis, size in enumerate(shape):
            first = cells.take([0], axis)
            steps.append(int((cells.take([1], axis) - first).flat[0]) if size > 1 else 0)
        unit = self._own.itemsize
        strides = [step * unit for step in steps]
        whole = np.arange(len(self._own))
        same = np.lib.stride_tricks.as_strided(whole, shape, strides) == cells
        return tuple(strides) if same.all() else None

    def _in_place(self, numbers: Any, rows: int) -> Any:
        whole = not self._place.by_row or rows == self._rows
        if (
            whole
            and type(numbers) is np.ndarray
            and numbers.dtype == np.float64
            and numbers.flags.c_contiguous
            and numbers.flags.aligned
        ):
            return numbers.reshape(-1)
        flat = np.asarray(numbers, dtype=float).reshape(-1)
        self._own[: len(flat)] = flat
        if not whole:
            lines = self._own.reshape(self._rows, self._each)
            lines[rows:] = lines[rows - 1]
        return self._own

    def slopes(self, buffers: list[Any], rows: int) -> Any:
        """What the way back has left in the adjoints of the group, in the caller's order."""
        place = self._place
        found = buffers[self.buffer + ADJOINTS][self._cells]
        if not place.by_row:
            return found.copy() if place.order is None else found[place.order]
        if place.order is None:
            return found[: rows * self._each].copy()
        return found.reshape(self._each, self._rows)[:, :rows].T.reshape(-1)


class _Start:
    """The adjoints of the result that the way back over rows begins with."""

    def __init__(self, plan: Plan, way: Backward, buffers: list[Any]) -> None:
        self._cells, self._counts = way.seeds
        self._rows, self._by_row = plan.rows, len(self._cells) > 1
        self._adjoints = buffers[ADJOINTS]

    def __call__(self, seed: float, rows: int) -> None:
        counts = self._counts
        if self._by_row:
            counts = np.where(np.arange(self._rows) < rows, counts, 0.0)
        else:
            counts = counts * (rows / self._rows)
        self._adjoints[self._cells] = counts if seed == 1.0 else seed * counts
