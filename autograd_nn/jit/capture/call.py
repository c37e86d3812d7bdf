"""One call of a jitted function: its numbers on the way in, its slopes on the way out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_nn.checks import positions_of
from autograd_nn.conversion import in_numpy
from autograd_nn.engine import Value, parameter
from autograd_nn.errors import BadArgumentError, HoldsForeignArrayError, WrongTypeError
from autograd_nn.jit.capture.arguments import (
    has_static_part,
    holds_only_numbers,
    is_module,
    read,
    read_rows,
)
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.nested import is_constant, is_container, parts_of, with_parts

if TYPE_CHECKING:
    from autograd_nn.jit.capture.path import Path

__all__ = ["Call", "Found", "Wanted", "is_finite"]


class Call:
    """What one call brings.

    Args:
        names: of the last arguments, which are given by name.

    Attributes:
        args: the arguments by position, then those by name.
        readable: whether all of them are numbers, or hashable, or containers of these.
        key: all that the recorded program depends on.
        groups: the numbers, in groups that lie together.
        held: the objects among the arguments.
        starts: for every argument the number of its first group, and at last how many there are.
        row_positions: which arguments have a row axis.
        rows: how many rows there are; 0 without a row axis.
    """

    def __init__(
        self,
        args: tuple[Any, ...],
        row_positions: frozenset[int],
        names: tuple[str, ...] = (),
    ) -> None:
        self.row_positions, self.names = row_positions, names
        try:
            self._read(args)
        except HoldsForeignArrayError:
            self._read(tuple(map(in_numpy, args)))

    def _read(self, args: tuple[Any, ...]) -> None:
        self.args, self.rows = args, 0
        self.groups: list[Any] = []
        self.held: list[Any] = []
        self.starts: list[int] = []
        keys: list[Any] = [self.names] if self.names else []
        rows = self.row_positions
        for k, x in enumerate(args):
            self.starts.append(len(self.groups))
            keys.append(self._read_rows(k, x) if k in rows else read(x, self.groups, self.held))
        self.starts.append(len(self.groups))
        self.readable = None not in keys
        self.key = tuple(keys)

    def invoke(self, f: Any, args: Sequence[Any]) -> Any:
        """Call ``f`` with these in the place of the arguments."""
        if not self.names:
            return f(*args)
        first = len(args) - len(self.names)
        return f(*args[:first], **dict(zip(self.names, args[first:], strict=True)))

    def _read_rows(self, k: int, x: Any) -> Any:
        key, rows = read_rows(x, f"argument {k}", self.groups)
        if self.rows and rows != self.rows:
            raise BadArgumentError(
                f"argument {k} has {rows} rows, the arguments before it have {self.rows}"
            )
        self.rows = rows
        return key

    @property
    def is_row(self) -> list[bool]:
        """For every group, whether it has a row axis."""
        spans = enumerate(pairwise(self.starts))
        return [k in self.row_positions for k, (start, stop) in spans for _ in range(start, stop)]

    def regions(self) -> list[Region]:
        """The regions of the arguments' numbers, for one row."""
        regions = []
        for k, (start, stop) in enumerate(pairwise(self.starts)):
            row = k in self.row_positions
            for g in range(start, stop):
                name = f"a{k}" + (f"[{g - start}]" if stop - start > 1 else "")
                shape = np.shape(self.groups[g])
                regions.append(Region(name, prod(shape[1:] if row else shape), row))
        return regions

    def numbers(self) -> list[float]:
        """All numbers, one after another."""
        flat: list[float] = []
        for group in self.groups:
            flat += group.ravel().astype(float).tolist() if isinstance(group, np.ndarray) else group
        return flat

    def some_rows(self, chosen: Any) -> list[Any]:
        """The groups with some of the rows; ``chosen`` is a slice or an array of row numbers."""
        return [g[chosen] if row else g for g, row in zip(self.groups, self.is_row, strict=True)]


class Found(NamedTuple):
    """What a program has computed.

    Attributes:
        numbers: one for each result.
        slopes: what ``Wanted.build`` takes.
        finite: whether there is neither a nan nor an infinity in them.
    """

    numbers: Any
    slopes: list[Any]
    finite: bool


class Wanted:
    """Which slopes a call asks for, and how they are handed back.

    Args:
        argnums: a position, a tuple of positions, or a Module; the position of a Module means
            that Module.
        vector: with a Module, numbers in place of its parameters' own.

    Attributes:
        static: whether an argument holds something beside numbers, which has no slope.
        held: says which numbers the captured Values have, where ``vector`` does not.
    """

    def __init__(self, call: Call, argnums: Any, vector: Any, held: Wanted | None = None) -> None:
        self.call, self.held = call, held
        self.single = not isinstance(argnums, tuple)
        self.positions: tuple[int, ...] = ()
        self.module: Any = None
        if not isinstance(argnums, int) and is_module(argnums):
            self.module = argnums
        else:
            find = _seen_positions if type(argnums) is int else _positions
            self.positions = find(argnums, len(call.args) - len(call.names))
        self.static = False
        for k in self.positions:
            self.static |= has_static_part(call.key[k - len(call.args)])
        starts = call.starts
        self.groups = tuple([g for k in self.positions for g in range(starts[k], starts[k + 1])])
        if len(self.groups) < len(self.positions):  # an argument without numbers may be a model
            self._take_models()
        self.vector = None if vector is None else np.asarray(vector, dtype=np.float64)
        if vector is not None and self.module is None:
            raise WrongTypeError("vector holds a model's parameters: give the model as argnums")

    def _take_models(self) -> None:
        """An argument that is a model means its parameters."""
        models = [k for k in self.positions if is_module(self.call.args[k])]
        if models and not self.single:
            raise WrongTypeError(
                f"argument {models[0]} is a model: give it alone as argnums, and its gradient is "
                "one vector"
            )
        if models:
            self.module = self.call.args[models[0]]
            self.positions = self.groups = ()

    def regions(self, path: Path) -> tuple[int, ...]:
        """The regions along which slopes are asked for."""
        return self.groups if self.module is None else (path.inputs,)

    def by_argument(self, inputs: int) -> list[tuple[str, Sequence[int]]]:
        """What each argument is called, and its regions; ``inputs`` is that of captured Values."""
        if self.module is not None:
            return [("any parameter", (inputs,))]
        starts = self.call.starts
        return [(f"argument {k}", range(starts[k], starts[k + 1])) for k in self.positions]

    def parameters(self, path: Path) -> Any:
        """The captured Values' numbers with the caller's vector in place of the model's own."""
        if self.vector is None:
            return None if self.held is None else self.held.parameters(path)
        count, places, in_order = path.places(self.module)
        self.check(count)
        if in_order:
            return self.vector
        if not (places < 0).any():
            return self.vector[places]
        held = np.array([v._data for v in path.captured])
        return np.where(places >= 0, self.vector[places], held)

    def check(self, count: int) -> None:
        """Raise a ValueError if the vector is not one of ``count`` parameters."""
        if self.vector is not None and self.vector.shape != (count,):
            raise BadArgumentError(
                f"vector has shape {self.vector.shape}; the model has {count} parameters"
            )

    def stand_ins(self) -> dict[int, Value] | None:
        """By identity of a parameter, a Value with the number that ``vector`` has for it."""
        if self.vector is None:
            return None if self.held is None else self.held.stand_ins()
        parameters = self.module.parameters()
        self.check(len(parameters))
        numbers = self.vector.tolist()
        return {id(p): parameter(x) for p, x in zip(parameters, numbers, strict=True)}

    def slopes(self, path: Path, found: Sequence[Any]) -> list[Any]:
        """The slopes as they are handed back: one for each region, or one for the module.

        Args:
            found: flat lists or arrays, one for each of ``regions``.
        """
        if self.module is None:
            return list(found)
        count, places, in_order = path.places(self.module)
        if in_order:
            return [np.array(found[0])]
        vector, known = np.zeros(count), places >= 0
        vector[places[known]] = np.asarray(found[0])[known]
        return [vector]

    def build(self, slopes: list[Any]) -> Any:
        """The gradient in the structure that was asked for."""
        if self.module is not None:
            return slopes[0]
        groups = iter(slopes)
        return self.gathered([_shaped(self.call.args[k], groups) for k in self.positions])

    def shaped(self, k: int, slopes: list[Any]) -> Any:
        """The slopes along the k-th argument in its structure."""
        return _shaped(self.call.args[k], iter(slopes))

    def gathered(self, built: list[Any]) -> Any:
        """What each of the positions has, as it was asked for: alone, or in a tuple."""
        return built[0] if self.single else tuple(built)


def _shaped(x: Any, groups: Iterator[Any]) -> Any:
    """The slopes along an argument in its structure; takes its groups in the order of ``read``."""
    if type(x) is list and set(map(type, x)) == {float}:  # the most common
        numbers = next(groups)
        return numbers[:] if type(numbers) is list else numbers.ravel().tolist()
    if isinstance(x, np.ndarray) and x.ndim:
        return np.asarray(next(groups)).reshape(x.shape)
    if not is_container(x):
        return x if is_constant(x) else float(next(groups)[0])
    if isinstance(x, (list, tuple)) and holds_only_numbers(x):
        numbers = next(groups)
        return _filled(x, iter(numbers if type(numbers) is list else numbers.ravel().tolist()))
    return with_parts(x, [_shaped(part, groups) for part in parts_of(x)])


def _filled(x: Any, numbers: Iterator[float]) -> Any:
    """Nested lists and tuples of numbers, with other numbers."""
    if isinstance(x, (list, tuple)):
        return with_parts(x, [_filled(item, numbers) for item in x])
    return next(numbers)


def _positions(argnums: Any, count: int) -> tuple[int, ...]:
    return positions_of(argnums, count, "an int, a tuple of ints or a Module")


_seen_positions = lru_cache(maxsize=256)(_positions)


def is_finite(numbers: Any) -> bool:
    """Whether there is neither a nan nor an infinity in a flat list or array.

    NumPy's warnings are to be off.
    """
    if type(numbers) is list:
        return math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))
    # The square of a large number may overflow: then the slower test decides.
    return math.isfinite(numbers.dot(numbers)) or bool(np.isfinite(numbers).all())
