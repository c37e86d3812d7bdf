"""One call of a jitted function: its numbers on the way in, its slopes on the way out."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.conversion import describe
from autograd_nn.jit.arguments import is_module, read, read_rows, refuse
from autograd_nn.jit.errors import JitWarning
from autograd_nn.jit.packs import Region
from autograd_nn.jit.runner import Runner

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["Call", "Wanted", "as_positions", "is_finite"]


class Call:
    """What one call brings.

    Attributes:
        args: the arguments by position.
        key: all that the recorded program depends on.
        groups: the numbers, in groups that lie together.
        spans: for every argument, which groups are its own.
        row_positions: which arguments have a row axis.
        is_row: for every group, whether it has one.
        rows: how many rows there are; 0 without a row axis.
    """

    def __init__(self, args: tuple[Any, ...], row_positions: frozenset[int]) -> None:
        self.args, self.row_positions, self.rows = args, row_positions, 0
        self.groups: list[Any] = []
        self.spans: list[tuple[int, int]] = []
        keys = []
        for k, x in enumerate(args):
            start = len(self.groups)
            if k in row_positions:
                key, rows = read_rows(x, f"argument {k}", self.groups)
                if self.rows and rows != self.rows:
                    raise ValueError(
                        f"argument {k} has {rows} rows, the arguments before it have {self.rows}"
                    )
                self.rows = rows
            else:
                key = read(x, self.groups)
                if key is None:
                    refuse(x, f"argument {k}")
            keys.append(key)
            self.spans.append((start, len(self.groups)))
        self.key = tuple(keys)
        spans = enumerate(self.spans)
        self.is_row = [k in row_positions for k, (a, b) in spans for _ in range(a, b)]

    def regions(self) -> list[Region]:
        """The regions of the arguments' numbers, for one row."""
        regions = []
        for k, (start, stop) in enumerate(self.spans):
            for g in range(start, stop):
                name = f"a{k}" + (f"[{g - start}]" if stop - start > 1 else "")
                shape = np.shape(self.groups[g])
                size = int(np.prod(shape[1:] if self.is_row[g] else shape))
                regions.append(Region(name, size, self.is_row[g]))
        return regions

    def some_rows(self, chosen: Any) -> list[Any]:
        """The groups with some of the rows; ``chosen`` is a slice or an array of row numbers."""
        return [g[chosen] if row else g for g, row in zip(self.groups, self.is_row, strict=True)]


class Wanted:
    """Which slopes a call asks for, and how they are handed back.

    Args:
        argnums: a position, a tuple of positions, or a Module.
        vector: with a Module, numbers in place of its parameters' own.

    Attributes:
        depends: whether any result so far depends on what the slopes are along.
    """

    def __init__(self, call: Call, argnums: Any, vector: Any) -> None:
        self.call = call
        self.module = argnums if is_module(argnums) else None
        self.single = not isinstance(argnums, tuple)
        positions = () if self.module is not None else as_positions(argnums, len(call.args))
        self.positions = positions
        self.groups = tuple(g for k in positions for g in range(*call.spans[k]))
        self.vector = None if vector is None else np.asarray(vector, dtype=np.float64)
        self.depends = False
        if vector is not None and self.module is None:
            raise TypeError("vector holds a model's parameters: give the model as argnums")

    def regions(self, program: Program) -> tuple[int, ...]:
        """The regions along which slopes are asked for."""
        return self.groups if self.module is None else (program.inputs,)

    def parameters(self, program: Program) -> Any:
        """The captured Values' numbers with the caller's vector in place of the model's own."""
        if self.vector is None:
            return None
        count, places = program.places(self.module)
        if self.vector.shape != (count,):
            raise ValueError(
                f"vector has shape {self.vector.shape}; the model has {count} parameters"
            )
        if not (places < 0).any():
            return self.vector[places]
        held = np.array([v.data for v in program.captured])
        return np.where(places >= 0, self.vector[places], held)

    def slopes(self, program: Program, runner: Runner, seed: float) -> list[Any]:
        """The slopes as flat arrays, one for each region or one for the module.

        The runner has just run.

        Raises:
            TypeError: the function does not return one number.
        """
        if program.result[0] == "constant":
            return self._nothing(program, runner)
        if program.result[0] != "value":
            raise TypeError(
                "the jitted function does not return one number; a gradient needs one: "
                "return a sum, or one element"
            )
        regions = self.regions(program)
        adjoint = program.adjoint(runner, regions, seed)
        self.depends |= adjoint.depends
        adjoint.run()
        if self.module is None:
            return [adjoint.adjoints[runner.cells(r)].copy() for r in regions]
        count, places = program.places(self.module)
        vector, known = np.zeros(count), places >= 0
        vector[places[known]] = adjoint.adjoints[runner.cells(program.inputs)][known]
        return [vector]

    def _nothing(self, program: Program, runner: Runner) -> list[Any]:
        if self.module is not None:
            return [np.zeros(program.places(self.module)[0])]
        return [np.zeros(runner.base[r + 1] - runner.base[r]) for r in self.groups]

    def build(self, slopes: list[Any]) -> Any:
        """The gradient in the structure that was asked for."""
        if not self.depends:
            warnings.warn(
                "the result does not depend on the arguments to be differentiated: the gradient "
                "is 0",
                JitWarning,
                stacklevel=4,
            )
        if self.module is not None:
            return slopes[0]
        built, at = [], 0
        for k in self.positions:
            start, stop = self.call.spans[k]
            built.append(_shaped(self.call.args[k], slopes[at : at + stop - start]))
            at += stop - start
        return built[0] if self.single else tuple(built)


def _shaped(x: Any, flat: list[Any]) -> Any:
    """The slopes along an argument in the argument's structure."""
    if len(flat) == 1 and isinstance(x, np.ndarray):
        return flat[0].reshape(x.shape)
    if len(flat) == 1 and type(x) is float:
        return float(flat[0][0])
    numbers = np.concatenate(flat) if flat else np.zeros(0)
    return _fill(x, iter(numbers.tolist()))


def _fill(x: Any, numbers: Iterator[float]) -> Any:
    if isinstance(x, np.ndarray):
        return np.array([next(numbers) for _ in range(x.size)]).reshape(x.shape)
    if isinstance(x, (list, tuple)):
        items = [_fill(item, numbers) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if isinstance(x, dict):
        return {key: _fill(item, numbers) for key, item in x.items()}
    return next(numbers)


def as_positions(argnums: Any, count: int) -> tuple[int, ...]:
    """The positions that ``argnums`` asks for, counted from 0.

    Raises:
        TypeError: it is neither an int nor a tuple of ints.
        ValueError: there is no argument at a position.
    """
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    for position in positions:
        if not isinstance(position, int) or isinstance(position, bool):
            raise TypeError(
                f"argnums is an int, a tuple of ints or a Module, got {describe(argnums)}"
            )
        if not -count <= position < count:
            raise ValueError(
                f"argnums asks for argument {position}, but {count} were given by position"
            )
    return tuple(position % count for position in positions)


def is_finite(slopes: list[Any]) -> bool:
    """Whether there is neither a nan nor an infinity in any of the flat arrays."""
    return all(
        # The square of a large number may overflow: then the slower test decides.
        math.isfinite(slope.dot(slope)) or bool(np.isfinite(slope).all())
        for slope in slopes
    )
