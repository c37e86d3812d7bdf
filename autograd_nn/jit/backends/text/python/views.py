"""Parts of arrays as code: ``h[t - 1]``, ``theta[:48].reshape(16, 3)[:, :2]``, ``x[TABLE]``.

A ``View`` knows which axis of a nest each axis of its result is; ``aligned`` writes it so that
NumPy's broadcasting puts it beside others: ``b[:, None]``, ``W.T``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from autograd_nn.jit.backends.text.python.arrays import Place
from autograd_nn.jit.backends.text.python.expressions import Expr, leaf

__all__ = ["View", "aligned", "shift", "strides_of", "view_of"]

Part = tuple[str, tuple[int, ...]]  # the text of an index, and the axes of the nest that it makes


@dataclass
class View:
    """A part of an array.

    Attributes:
        base: the array, or a reshaped part of it.
        parts: one index for each axis of the base.
        repeats: whether one cell may stand in it more than once.
    """

    base: str
    parts: list[Part]
    repeats: bool = False

    @property
    def order(self) -> list[int]:
        """The axis of the nest for each axis of the view."""
        return [axis for _, axes in self.parts for axis in axes]

    @property
    def index(self) -> str:
        """What stands in brackets; "" for the whole."""
        texts = [text for text, _ in self.parts]
        while texts and texts[-1] == ":":
            texts.pop()
        return ", ".join(texts)


def strides_of(shape: Sequence[int]) -> list[int]:
    """How far neighbours along each axis lie apart in an array in C order."""
    return [prod(shape[k + 1 :]) for k in range(len(shape))]


def shift(texts: Sequence[tuple[int, str]], constant: int) -> str:
    """A sum of loop variables, each with a factor, and a number: ``2 * t + 1``."""
    found = ""
    for factor, name in texts:
        term = name if abs(factor) == 1 else f"{abs(factor)} * {name}"
        if not found:
            found = term if factor > 0 else f"{constant} - {term}"
            constant = constant if factor > 0 else 0
        else:
            found += f" {'+' if factor > 0 else '-'} {term}"
    if not found:
        return str(constant)
    return found + (f" + {constant}" if constant > 0 else f" - {-constant}" if constant else "")


def view_of(
    name: str,
    place: Place,
    axes: Sequence[int],
    loops: Sequence[tuple[str, int]],
    rows: int,
    table: Callable[[Any], str],
) -> View:
    """The code of a place.

    Args:
        name: of the array.
        axes: their sizes.
        loops: the variables and counts of the loops around.
        rows: the axis of rows; -1 if there is none.
        table: gives a name to a table of indices.
    """
    array = place.array
    assert array is not None
    lead: list[Part] = [(":", (rows,))] if array.by_row else []
    inner = array.inner
    flat = f"{name}.reshape({'len(' + name + '), ' if array.by_row else ''}-1)"
    if len(inner) == 1:
        flat = name
    total = prod(inner)
    if place.table is None:
        parts = _indices(place, inner, axes, loops)
        if parts is not None:
            return View(name, lead + parts)
        parts = _indices(place, (total,), axes, loops)
        if parts is not None:
            return View(flat, lead + parts)
        moves = any(place.steps) or array.by_row
        reshaped = None if moves else _reshaped(flat, place, total, axes)
        if reshaped is not None:
            return reshaped
    return _by_table(flat, lead, place, axes, loops, table)


def _indices(
    place: Place, shape: Sequence[int], axes: Sequence[int], loops: Sequence[tuple[str, int]]
) -> list[Part] | None:
    """An index for each axis of an array; None where they do not fit."""
    steps = strides_of(shape)
    first = [place.offset // step % size for step, size in zip(steps, shape, strict=True)]
    low, high = list(first), list(first)
    moving: list[list[tuple[int, str]]] = [[] for _ in shape]
    along: list[tuple[int, int, int] | None] = [None] * len(shape)

    def dimension(stride: int, n: int) -> int:
        for k, step in enumerate(steps):
            if step <= abs(stride) and stride % step == 0:
                times = stride // step
                low[k] += min(0, times * (n - 1))
                high[k] += max(0, times * (n - 1))
                return k
        return -1

    for (name, count), step in zip(loops, place.steps, strict=True):
        if step and count > 1:
            k = dimension(step, count)
            if k < 0:
                return None
            moving[k].append((step // steps[k], name))
    for axis, (n, stride) in enumerate(zip(axes, place.strides, strict=True)):
        if stride and n > 1:
            k = dimension(stride, n)
            if k < 0 or along[k] is not None:
                return None
            along[k] = (axis, stride // steps[k], n)
    if any(a < 0 or b >= size for a, b, size in zip(low, high, shape, strict=True)):
        return None
    return [
        (shift(moving[k], first[k]), ())
        if along[k] is None
        else _slice(along[k], moving[k], first[k], size)
        for k, size in enumerate(shape)
    ]


def _slice(
    along: tuple[int, int, int] | None, moving: list[tuple[int, str]], first: int, size: int
) -> Part:
    assert along is not None
    axis, step, n = along
    if not moving and step == 1 and n == size:
        return ":", (axis,)
    end = first + step * (n - 1) + (1 if step > 0 else -1)
    start = shift(moving, first)
    stop = shift(moving, end)
    if not moving:
        after = first + step * n
        start = "" if first == (0 if step > 0 else size - 1) else start
        stop = "" if after >= size or after < 0 else stop
    elif step < 0:
        return f"{start} + {step} * np.arange({n})", (axis,)
    return f"{start}:{stop}" + (f":{step}" if step != 1 else ""), (axis,)


def _reshaped(flat: str, place: Place, total: int, axes: Sequence[int]) -> View | None:
    """A run of numbers, reshaped so that every stride is one axis."""
    moving = [
        (s, n, k) for k, (s, n) in enumerate(zip(place.strides, axes, strict=True)) if s and n > 1
    ]
    moving.sort(reverse=True)
    if len(moving) < 2 or moving[-1][0] < 0:
        return None
    sizes = [moving[0][1]]
    for (outer, _, _), (stride, n, _) in pairwise(moving):
        if outer % stride or n > outer // stride:
            return None
        sizes.append(outer // stride)
    last = moving[-1][0]
    if last > 1:
        sizes.append(last)
    length = prod(sizes)
    start = min(place.offset, total - length)
    if start < 0:
        return None
    over = place.offset - start
    steps = strides_of(sizes)
    parts: list[Part] = []
    for k, (size, step) in enumerate(zip(sizes, steps, strict=True)):
        first = over // step % size
        if k < len(moving):
            if first + moving[k][1] > size:
                return None
            parts.append(_slice((moving[k][2], 1, moving[k][1]), [], first, size))
        else:
            parts.append((str(first), ()))
    part = (
        ""
        if length == total
        else f"[{start or ''}:{start + length if start + length < total else ''}]"
    )
    shape = ", ".join(map(str, sizes))
    return View(f"{flat}{part}.reshape({shape})", parts)


def _by_table(
    flat: str,
    lead: list[Part],
    place: Place,
    axes: Sequence[int],
    loops: Sequence[tuple[str, int]],
    table: Callable[[Any], str],
) -> View:
    places, steps = place.table, place.steps
    if places is None:
        places = np.full((), place.offset)
        for n, stride in zip(axes, place.strides, strict=True):
            places = places[..., None] + stride * np.arange(n if stride else 1)
    names = [name for name, _ in loops] if place.looped else []
    own = places[(0,) * len(names)] if names else places
    moving = tuple(axis for axis, n in enumerate(own.shape) if n > 1)
    narrow = places.reshape((*places.shape[: len(names)], *(own.shape[axis] for axis in moving)))
    text = table(narrow)
    if names:
        text += f"[{', '.join(names)}]"
    added = [(step, name) for step, (name, _) in zip(steps, loops, strict=False) if step]
    if added:
        text += f" + {shift(added, 0)}"
    repeats = len(np.unique(own)) < own.size
    return View(flat, [*lead, (text, moving)], repeats)


def aligned(view: View, target: Sequence[int], sizes: Sequence[int]) -> Expr:
    """A view with its axes in an order, and broadcast along those that it lacks.

    Args:
        target: the axes, in the order of the result.
        sizes: of every axis.
    """
    order = view.order
    want = [axis for axis in target if axis in order]
    if want != order:
        text = view.base + (f"[{view.index}]" if view.index else "")
        if len(order) == 2:
            text += ".T"
        else:
            text += f".transpose({', '.join(str(order.index(axis)) for axis in want)})"
        view = View(text, [(":", (axis,)) for axis in want])
    present = list(target)[list(target).index(want[0]) :] if want else []
    parts: list[str] = []
    extra: list[str] = []
    have = list(view.parts)
    simple = all(len(axes) < 2 for _, axes in have)
    if simple:
        for axis in present:
            while have and not have[0][1]:
                parts.append(have.pop(0)[0])
            if have and have[0][1] == (axis,):
                parts.append(have.pop(0)[0])
            else:
                parts.append("None")
        parts += [text for text, _ in have]
    else:
        parts = [text for text, _ in have]
        if [axis for axis in present if axis not in want]:
            extra = [":" if axis in want else "None" for axis in present]
    for texts in (parts, extra):
        while texts and texts[-1] == ":":
            texts.pop()
    text = view.base + (f"[{', '.join(parts)}]" if parts else "")
    text += f"[{', '.join(extra)}]" if extra else ""
    shape = tuple(sizes[axis] if axis in want else 1 for axis in present)
    return leaf(text, shape, text == view.base and text.isidentifier())
