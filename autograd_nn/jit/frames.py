"""A plan with its code, and the sets of buffers that threads run it on.

What is left out: which arguments and results there are, which is ``program``'s; how the code
runs, which is the backend's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_nn.jit.backends import Bound, Code
from autograd_nn.jit.backends.door import compile_items
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.plan import ADJOINTS, VALUES, Backward, Place, Plan

__all__ = ["Compiled", "Frame"]

_KEPT = 4  # sets of buffers
_ONE_BY_ONE = 32  # results that are taken out one by one
_FEW = 4  # runs of cells that are cleared one by one


class Compiled:
    """A plan, made ready by a backend.

    Attributes:
        plan: the plan.
        backend: its name.
    """

    def __init__(self, plan: Plan, backend: str) -> None:
        self.plan, self.backend = plan, backend
        self.forward: Code = compile_items(backend, plan.items, plan.sizes)
        self._back: dict[tuple[int, ...], tuple[Backward, Code]] = {}
        self._idle: list[Frame] = []

    def back(self, wanted: tuple[int, ...]) -> tuple[Backward, Code]:
        """The way back to some groups of leaves; made when it is first asked for."""
        found = self._back.get(wanted)
        if found is None:
            way = adjoint(self.plan, wanted)
            found = way, compile_items(self.backend, way.items, self.plan.sizes)
            self._back[wanted] = found
        return found

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

    Attributes:
        rows: how many of the plan's rows are in use; the others repeat the last of these.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled, self._plan = compiled, compiled.plan
        self.rows = self._plan.rows
        self._buffers = self._plan.buffers()
        self._forward = compiled.forward.bind(self._buffers)
        self._loads = [_Load(place, self._plan.rows, self._buffers) for place in self._plan.leaves]
        self._backs: dict[tuple[int, ...], _Back] = {}
        roots = self._plan.roots
        self._roots: Any = roots
        if self._plan.rows == 1:
            self._roots = roots[:, 0].tolist() if len(roots) <= _ONE_BY_ONE else roots[:, 0].copy()

    def run(self, groups: Sequence[Any], rows: int = 1) -> bool:
        """Compute everything from the numbers of the leaves.

        NumPy's warnings are to be off: infinities and nan are results here.

        Args:
            groups: the numbers of each group; with rows, arrays whose first axis they are.
            rows: how many there are.

        Returns:
            Whether every comparison came out as it was recorded, for every row.
        """
        self.rows = rows
        for load, numbers in zip(self._loads, groups, strict=True):
            array = load(numbers, rows)
            if array is not None:
                self._forward.attach(load.buffer, array)
                for back in self._backs.values():
                    back.run.attach(load.buffer, array)
        self._forward()
        return not self._plan.guards or bool(self.on_path().all())

    def on_path(self) -> Any:
        """For each row, whether every comparison came out as it was recorded."""
        found = np.ones(self._plan.rows, dtype=bool)
        for guards in self._plan.guards:
            found &= guards.hold(self._buffers[VALUES])
        return found[: self.rows]

    def numbers(self) -> Any:
        """Of the results, one line a result and one column a row; without rows, one after another.

        Few are a list; many are an array, which is a copy.
        """
        values = self._buffers[VALUES]
        if self._plan.rows == 1:
            if type(self._roots) is not list:
                return values[self._roots]
            return [values.item(root) for root in self._roots]
        return values[self._roots[:, : self.rows]]

    def slopes(self, wanted: tuple[int, ...], seed: float = 1.0) -> list[Any]:
        """The slopes of the first result along groups of leaves, as new flat arrays.

        Those of shared leaves are added up over the rows.

        Args:
            seed: what they are multiplied by.
        """
        if not len(self._plan.roots):  # a constant
            return [np.zeros(self._loads[k].size(self.rows)) for k in wanted]
        back = self._backs.get(wanted)
        if back is None:
            way, code = self._compiled.back(wanted)
            back = self._backs[wanted] = _Back(self._plan, way, code.bind(self._buffers))
            for load in self._loads:
                if load.array is not None:
                    back.run.attach(load.buffer, load.array)
        back.start(self._buffers, seed, self.rows)
        back.run()
        return [self._loads[k].slopes(self._buffers, self.rows) for k in wanted]


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


class _Back:
    """The way back on one set of buffers: what is cleared, what it starts with, and its code."""

    def __init__(self, plan: Plan, way: Backward, run: Bound) -> None:
        self.run = run
        self._cells, self._counts = way.seeds
        self._by_row = plan.rows > 1 and len(self._cells) > 1
        self._rows = plan.rows
        self._cleared: list[tuple[int, Any]] = []
        for buffer in dict.fromkeys(buffer for buffer, _, _ in way.cleared):
            runs = [(first, end) for k, first, end in way.cleared if k == buffer]
            if len(runs) <= _FEW:
                self._cleared += [(buffer, slice(first, end)) for first, end in runs]
            else:
                cells = np.concatenate([np.arange(first, end) for first, end in runs])
                self._cleared.append((buffer, cells))

    def start(self, buffers: list[Any], seed: float, rows: int) -> None:
        """Clear what is added to, and set the adjoint of the result."""
        for buffer, cells in self._cleared:
            buffers[buffer][cells] = 0.0
        counts = self._counts
        if self._by_row:
            counts = np.where(np.arange(self._rows) < rows, counts, 0.0)
        elif self._rows > 1:
            counts = counts * (rows / self._rows)
        buffers[ADJOINTS][self._cells] = counts if seed == 1.0 else seed * counts
