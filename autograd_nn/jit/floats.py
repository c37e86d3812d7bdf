"""A program that runs as one function of floats, without NumPy.

What is left out: how the function is written (``function``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_nn.jit.function import Function, FunctionWriter
from autograd_nn.jit.lifting.flat import Flat
from autograd_nn.jit.loops import find_loops
from autograd_nn.jit.straight import RAISED

__all__ = ["Floats"]

_TERM = 0.08  # microseconds for one result, there and back
_LOOP = 3.5  # microseconds for the start of a loop


class Floats:
    """A program that runs on floats.

    Args:
        flat: its lines.
        sizes: how many leaves each region has; what is left are constants.
        constants: their numbers.

    Attributes:
        lines: how many lines are written out.
        cost: an estimate for one run, value and slopes, in microseconds.
    """

    def __init__(self, flat: Flat, sizes: Sequence[int], constants: list[float]) -> None:
        self.flat, self.sizes, self.constants = flat, list(sizes), constants
        self.loops = find_loops(flat)
        self.lines = len(flat) - sum(x.period * (x.count - 1) for x in self.loops)
        self.cost = _TERM * len(flat) + _LOOP * len(self.loops)
        self._functions: dict[Any, Function] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_functions": {}}

    def run(
        self, groups: list[list[float]], wanted: tuple[int, ...] | None, any_path: bool
    ) -> tuple[list[float], list[list[float]]] | None:
        """The results, and the slopes along the wanted regions; None on another path.

        Args:
            any_path: whether to go on where a comparison comes out differently.
        """
        found: tuple[list[float], list[list[float]]] | None
        any_path = any_path or not self.flat.guards  # one function, where that is the same
        function = self._functions.get((wanted, any_path, True))
        try:
            found = (function or self._function(wanted, any_path, True))(*groups)
        except RAISED:  # an infinity or nan
            found = self._function(wanted, any_path, False)(*groups)
        return found

    def active(self, wanted: tuple[int, ...]) -> list[bool]:
        """For each cell, whether it depends on any of these regions."""
        leaves = [k in wanted for k, size in enumerate(self.sizes) for _ in range(size)]
        return self.flat.dependents([*leaves, *[False] * (self.flat.leaves - len(leaves))])

    def _function(self, wanted: tuple[int, ...] | None, any_path: bool, fast: bool) -> Function:
        key = wanted, any_path, fast
        found = self._functions.get(key)
        if found is None:
            found = self._functions[key] = FunctionWriter(self, wanted, any_path, fast).function()
        return found
