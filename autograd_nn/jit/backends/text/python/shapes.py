"""The shapes of what is computed: where an access runs along a part of an axis, the axis is cut.

A nest over 200 numbers may be read by another as 100 rows of 2; then all that it touches along that
axis has two axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Final

from autograd_nn.jit.plan import Nest

if TYPE_CHECKING:
    from autograd_nn.jit.backends.text.python.arrays import Arrays, Place

__all__ = ["cut_needed", "refine"]

_PASSES: Final = 4


def refine(arrays: Arrays) -> None:
    """Cut the axes of what is computed where an access runs along a part of one."""
    nests = [
        (item, counts)
        for items in (arrays.plan.items, arrays.back)
        for item, counts in arrays.nests(items)
        if isinstance(item, Nest)
    ]
    cuts: dict[int, list[int]] = {}
    for item, counts in nests:
        for place, axes in _strided(arrays, item, counts):
            for n, stride in zip(axes, place.strides, strict=True):
                if n > 1 and stride > 0:
                    cuts.setdefault(id(place.array), []).extend([stride, stride * n])
    _cut(arrays, cuts)
    for _ in range(_PASSES):  # a cut of one array along an axis is one of the others
        cuts = {}
        for item, counts in nests:
            found = list(_strided(arrays, item, counts))
            for axis in range(len(item.axes)):
                inner = 0
                for place, axes in found:
                    if axis < len(axes) and place.array is not None:
                        stride, n = place.strides[axis], axes[axis]
                        inner = inner or cut_needed(place.array.inner, place.offset, stride, n)
                for place, axes in found if inner else ():
                    if axis < len(axes) and place.strides[axis] > 0:
                        cut = place.strides[axis] * inner
                        cuts.setdefault(id(place.array), []).append(cut)
        if not _cut(arrays, cuts):
            return


def _strided(
    arrays: Arrays, nest: Nest, counts: tuple[int, ...]
) -> Iterator[tuple[Place, tuple[int, ...]]]:
    """The accesses of a nest that have strides."""
    for access, axes in arrays.accesses(nest):
        place = arrays.place(access, axes, counts)
        if place.array is not None and place.table is None:
            yield place, axes


def _cut(arrays: Arrays, cuts: dict[int, list[int]]) -> bool:
    """Cut the axes of arrays at some places, where they fit; whether anything changed."""
    changed = False
    for array in arrays.arrays:
        if array.given:
            continue
        inner = array.inner
        total = prod(inner)
        own = {1, total, *(prod(inner[k:]) for k in range(1, len(inner)))}
        chain = set(own)
        for cut in cuts.get(id(array), ()):
            tried = sorted({*chain, cut})
            if total % cut == 0 and all(b % a == 0 for a, b in pairwise(tried)):
                chain.add(cut)
        if len(chain) > len(own):
            shape = tuple(a // b for a, b in pairwise(sorted(chain, reverse=True)))
            array.shape = (array.shape[0], *shape) if array.by_row else shape
            changed = True
    return changed


def cut_needed(shape: Sequence[int], offset: int, stride: int, n: int) -> int:
    """The inner size in which an axis must be cut to stay within an axis of the array; or 0."""
    if stride <= 0 or n < 2:
        return 0
    for k, size in enumerate(shape):
        step = prod(shape[k + 1 :])
        if step <= stride and stride % step == 0:
            times = stride // step
            first = offset // step % size
            if k and first + times * (n - 1) >= size and first < times and size % times == 0:
                inner = size // times
                return inner if 1 < inner < n and n % inner == 0 else 0
            return 0
    return 0
