"""The short way of a jitted function: a call like the one before, answered by the same program.

A call of arrays of floats and plain floats needs no reading of structures, and no choice among
paths: it is enough that types and shapes are those of the last call, that what lies around the
function has not changed, and that the program's guards hold.  Whatever differs goes the long way.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.paths import Paths
from autograd_nn.jit.program import Program
from autograd_nn.state import this_thread

__all__ = ["Quick"]

try:  # in C; a plain build does without it
    from autograd_nn.jit import entry
except ImportError:
    entry = None  # type: ignore[assignment]

_FLOAT64 = np.dtype(np.float64)
_FIRST: Final = 4  # answers, after which a way is made that leaves out all Python
_LONG: Final = 20.0  # microseconds for which other threads must not wait


class Quick:
    """The program of the last call, and what an argument must be for it.

    Attributes:
        argnums: what slopes are taken along; None where only the value is asked for.
    """

    def __init__(
        self, program: Program, paths: Paths, shapes: tuple[Any, ...], argnums: Any, regions: Any
    ) -> None:
        self.argnums = argnums
        self._program, self._holds = program, paths.surroundings.holds
        self._shapes, self._count, self._regions = shapes, len(shapes), regions
        self._all_shapes = (*shapes, (len(program.captured),)) if program.captured else shapes
        positions = (argnums,) if type(argnums) is int else argnums or ()
        self._along = [shapes[k] for k in positions]
        self._entry: entry.Entry | None = None
        self._until, self._answers = _FIRST, 0

    @classmethod
    def of(cls, program: Program, paths: Paths, call: Call, wanted: Wanted | None) -> Quick | None:
        """The short way for calls like this one; None where there is none."""
        shapes = tuple(_shape_of(x) for x in call.args)
        if call.names or call.row_positions or False in shapes or program.left:
            return None
        if program.result[0] != "value" or len(call.groups) != len(shapes):
            return None
        if wanted is None:
            return cls(program, paths, shapes, None, None)
        if wanted.module is not None or not all(k >= 0 for k in wanted.positions):
            return None
        argnums = wanted.positions[0] if wanted.single else wanted.positions
        return cls(program, paths, shapes, argnums, wanted.regions(program))

    def _enter(self) -> None:
        """Make the entry, if there can be one by now."""
        self._until *= 2
        found = self._program.direct(self._all_shapes, self._regions) if entry else None
        if found is not None:
            direct, frame = found
            single = type(self.argnums) is int
            self._entry = entry.Entry(*direct, single, self._program.cost > _LONG, frame)

    def _is_free(self) -> bool:
        """Whether nothing is recorded, and what lies around the function is as it was."""
        context = this_thread()
        return context.trace is None and not context.differentiating and self._holds()

    def answer(self, args: tuple[Any, ...]) -> Any:
        """The result, or the value and the gradient; None where the long way is to be taken."""
        if self._entry is not None and self._is_free():
            found = self._entry(args)
            if found is not None:
                return found
        if len(args) != self._count:
            return None
        for x, shape in zip(args, self._shapes, strict=False):
            if type(x) is np.ndarray:
                if x.shape != shape or x.dtype is not _FLOAT64:
                    return None
            elif type(x) is not float or shape != ():
                return None
        if not self._is_free():
            return None
        self._answers += 1
        if self._answers == self._until:
            self._enter()
        found = self._program.plain(args, self._all_shapes, self._regions)
        if found is None or self._regions is None:
            return found
        number, slopes = found
        built = [
            slope.reshape(shape) if shape else slope.item()
            for slope, shape in zip(slopes, self._along, strict=True)
        ]
        return number, built[0] if type(self.argnums) is int else tuple(built)


def _shape_of(x: Any) -> Any:
    """The shape of an array of floats, () of a float, False of anything else."""
    if type(x) is float:
        return ()
    plain = type(x) is np.ndarray and x.dtype is _FLOAT64 and x.ndim
    return x.shape if plain else False
