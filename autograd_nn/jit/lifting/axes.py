"""The axes of a nest: cut in two, and joined where memory runs on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autograd_nn.jit.plan.nests import Access, Nest

__all__ = ["is_by_table", "joined", "split_axis"]


def is_by_table(access: Access, axis: int) -> bool:
    """Whether a table leads along an axis."""
    return access.table is not None and access.table.shape[axis] > 1


def joined(nest: Nest) -> Nest:
    """The nest with its kept axes in the order of memory, and neighbours in it as one."""
    if nest.columns is not None or nest.writes_all:
        return nest
    order = sorted(range(nest.kept), key=lambda axis: -abs(nest.write.strides[axis]))
    order += range(nest.kept, len(nest.axes))
    axes = [nest.axes[axis] for axis in order]
    accesses = [access.turned(order) for access in (*nest.reads, nest.write)]
    for axis in range(nest.kept - 2, -1, -1):
        inner = axes[axis + 1]
        if all(
            not is_by_table(a, axis)
            and not is_by_table(a, axis + 1)
            and a.strides[axis] == inner * a.strides[axis + 1]
            for a in accesses
        ):
            axes[axis : axis + 2] = [axes[axis] * inner]
            accesses = [_without(a, axis) for a in accesses]
    *reads, write = accesses
    return replace(nest, axes=tuple(axes), reads=tuple(reads), write=write)


def _without(access: Access, axis: int) -> Access:
    """The access without an axis along which no table changes."""
    table = None if access.table is None else access.table.squeeze(axis)
    strides = (*access.strides[:axis], *access.strides[axis + 1 :])
    return replace(access, strides=strides, table=table)


def split_axis(nest: Nest, axis: int, inner: int) -> Nest:
    """The nest with an axis cut in two, the inner one of a size."""
    size = nest.axes[axis]

    def cut(access: Access) -> Access:
        stride = access.strides[axis]
        strides = (
            *access.strides[:axis],
            stride * inner,
            stride,
            *access.strides[axis + 1 :],
        )
        return replace(access, strides=strides, table=_cut_table(access.table, axis, inner))

    axes = (*nest.axes[:axis], size // inner, inner, *nest.axes[axis + 1 :])
    return replace(
        nest,
        axes=axes,
        reads=tuple(map(cut, nest.reads)),
        write=cut(nest.write),
        summed=nest.summed + (axis >= nest.kept),
        columns=_cut_table(nest.columns, axis, inner),
    )


def _cut_table(table: Any, axis: int, inner: int) -> Any:
    if table is None or table.ndim <= axis:
        return table
    shape = table.shape
    parts = (shape[axis] // inner, inner) if shape[axis] > 1 else (1, 1)
    return table.reshape((*shape[:axis], *parts, *shape[axis + 1 :]))
