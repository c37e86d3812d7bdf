"""Views of buffers that are not there yet, and the calls that are made of them.

Code is made once and bound to many sets of buffers, so what a call works on is described: a
``View`` is what an array will be, with its strides in cells, and with the steps by which it moves
on in each round of the loops around.  ``Scratch`` is room for what is used up within a nest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np

__all__ = [
    "FLAGS",
    "KEPT",
    "SCRATCH",
    "Ahead",
    "Call",
    "Calls",
    "Named",
    "View",
    "constant",
    "contiguous",
    "extent",
    "filled",
    "in_memory",
    "memory_axes",
    "named",
    "overlap",
    "spread",
    "stretched",
]

SCRATCH: Final = -1  # the buffer of numbers that are used up at once
FLAGS: Final = -2  # that of truth values
KEPT: Final = -3  # that of numbers that are computed ahead of a loop
_FILLED: Final = 1 << 18  # numbers; NumPy is faster with a full array than with a number


class View(NamedTuple):
    """An array in a buffer.

    Attributes:
        buffer: its number, or SCRATCH or FLAGS.
        start: the first cell.
        shape, strides: of the array, in cells.
        steps: how far a round of each loop around moves on.
    """

    buffer: int
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    steps: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """How many numbers."""
        return prod(self.shape)

    @property
    def is_contiguous(self) -> bool:
        """Whether its numbers lie in order without gaps."""
        expected = contiguous(self.shape)
        return all(
            n == 1 or s == e for n, s, e in zip(self.shape, self.strides, expected, strict=True)
        )

    def reshaped(self, shape: tuple[int, ...]) -> View:
        """A contiguous view in another shape."""
        assert self.is_contiguous, self
        return self._replace(shape=shape, strides=contiguous(shape))

    @property
    def lined(self) -> View:
        """With an axis of one number where it has none."""
        return self if self.shape else self._replace(shape=(1,), strides=(1,))

    @property
    def flat(self) -> View:
        """A contiguous view with one axis."""
        return self.reshaped((self.size,))


class Call(NamedTuple):
    """A call of a function; views among its arguments become arrays."""

    function: Callable[..., Any]
    args: tuple[Any, ...]


@dataclass
class Ahead:
    """What is computed for all rounds of a loop, and of those inside, before it begins.

    Attributes:
        written: the buffers that the loop writes to.
        found: the calls.
        kept: how much room for their results is used.
    """

    written: frozenset[int]
    kept: int
    found: list[Call] = field(default_factory=list)


@dataclass
class Calls:
    """The calls of a nest, as they are found.

    Attributes:
        counts: how often the loops around are repeated, the outermost first.
        found: the calls, in order.
        scratch: how much room for numbers and for truth values is used.
        ahead: of the outermost loop.
    """

    counts: tuple[int, ...]
    ahead: Ahead | None = None
    found: list[Call] = field(default_factory=list)
    scratch: dict[int, int] = field(default_factory=lambda: {SCRATCH: 0, FLAGS: 0})

    def add(self, function: Callable[..., Any], *args: Any) -> None:
        """One more call."""
        self.found.append(Call(_POSITIONAL.get(function, function), args))

    def room(self, shape: Sequence[int], buffer: int = SCRATCH) -> View:
        """Room for an array of this shape that is used up in the nest."""
        start = self.scratch[buffer]
        size = prod(shape)
        self.scratch[buffer] += (size + 7) // 8 * 8  # a cache line
        shape = tuple(shape)
        return View(buffer, start, shape, contiguous(shape), (0,) * len(self.counts))


class Named(NamedTuple):
    """A view, and which axes of the nest its axes are."""

    view: View
    axes: tuple[int, ...]

    @property
    def sizes(self) -> dict[int, int]:
        """The size of each axis."""
        return dict(zip(self.axes, self.view.shape, strict=True))


def _maximum(a: Any, b: Any, out: Any) -> None:
    np.maximum(a, b, out=out)


def _minimum(a: Any, b: Any, out: Any) -> None:
    np.minimum(a, b, out=out)


#: Functions that take their result by name only.
_POSITIONAL: Final[dict[Any, Callable[..., Any]]] = {np.maximum: _maximum, np.minimum: _minimum}


def contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of an array of this shape without gaps."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def named(
    buffer: int, start: int, sizes: Sequence[int], strides: Sequence[int], steps: tuple[int, ...]
) -> Named:
    """The view with one axis for each along which the cell changes."""
    keep = [k for k, (size, s) in enumerate(zip(sizes, strides, strict=True)) if s and size > 1]
    shape = tuple(sizes[k] for k in keep)
    return Named(View(buffer, start, shape, tuple(strides[k] for k in keep), steps), tuple(keep))


def spread(x: Named, axes: Sequence[int]) -> View:
    """``x`` with its axes in this order, of size 1 where it has none.

    >>> spread(Named(View(0, 7, (2, 3), (3, 1)), (0, 2)), (2, 1, 0)).shape
    (3, 1, 2)
    """
    place = {axis: k for k, axis in enumerate(x.axes)}
    shape = tuple(x.view.shape[place[a]] if a in place else 1 for a in axes)
    strides = tuple(x.view.strides[place[a]] if a in place else 0 for a in axes)
    return x.view._replace(shape=shape, strides=strides)


def in_memory(x: Named) -> Named:
    """``x`` with its axes in the order in which it lies in memory, the innermost last."""
    order = sorted(range(len(x.axes)), key=lambda k: -abs(x.view.strides[k]))
    return Named(spread(x, [x.axes[k] for k in order]), tuple(x.axes[k] for k in order))


def memory_axes(operands: Sequence[Named]) -> tuple[int, ...]:
    """The axes of operands in the order in which room for a result is best laid out.

    It is that of the largest: calls on arrays in different orders take ten times as long.
    """
    largest = in_memory(max(operands, key=lambda x: x.view.size))
    others = {a for x in operands for a in x.axes} - set(largest.axes)
    return (*sorted(others), *largest.axes)


def stretched(x: View, shape: tuple[int, ...]) -> View:
    """``x``, repeated along the axes where it has size 1: NumPy is faster with arrays of one shape.

    >>> stretched(View(0, 7, (1,), (0,)), (5,))
    View(buffer=0, start=7, shape=(5,), strides=(0,), steps=())
    """
    strides = tuple(0 if n == 1 else s for n, s in zip(x.shape, x.strides, strict=True))
    return x._replace(shape=shape, strides=strides)


def extent(view: View, counts: Sequence[int] = ()) -> tuple[int, int]:
    """The first cell that a view touches, and the one after the last.

    Args:
        counts: of the rounds; without them, in the first round.
    """
    spans = [s * (n - 1) for n, s in zip(view.shape, view.strides, strict=True)]
    spans += [s * (n - 1) for n, s in zip(counts, view.steps, strict=False)]
    low = view.start + sum(min(0, s) for s in spans)
    return low, view.start + sum(max(0, s) for s in spans) + 1


def overlap(a: View, b: View, counts: Sequence[int]) -> bool:
    """Whether two views may share cells in a round without being the same."""
    if a.buffer != b.buffer or a == b:
        return False
    counts = () if a.steps == b.steps else counts
    (a_low, a_high), (b_low, b_high) = extent(a, counts), extent(b, counts)
    return a_low < b_high and b_low < a_high


def constant(x: float) -> Any:
    """A number as an array: a call with a float takes twice as long."""
    return np.array(x)


def filled(x: float, shape: tuple[int, ...], known: dict[float, Any]) -> Any:
    """An array of this shape full of ``x``, or the number where that would be large."""
    size = prod(shape)
    if size > _FILLED:
        return constant(x)
    if size > len(known.get(x, ())):
        known[x] = np.full(size, x)
    return known[x][:size].reshape(shape)
