"""Sparse Jacobians and Hessians: the pattern from the recording, the entries by colours.

What is left out: colouring, which is ``colouring``'s; what a user calls (``jacobian``,
``hessian``).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.callers import user_frame
from autograd_nn.engine import Value
from autograd_nn.errors import MissingPackageError
from autograd_nn.transforms.colouring import bits, by_columns, by_stars, transposed
from autograd_nn.transforms.linear import Linear
from autograd_nn.transforms.structure import as_values

__all__ = ["Entries", "hessian_entries", "jacobian_entries", "matrix_of", "push_columns"]

_SMALL = 100  # entries, of which more than half may be there without a word
_AT_ONCE = 64  # columns that go forward together, as arrays


class Entries(NamedTuple):
    """A sparse matrix by rows, in parts that a recording can return.

    Attributes:
        numbers: the entries; of a symmetric matrix those on and below the diagonal.
        source: for every entry of the matrix, row after row, its place among the numbers.
        columns: for every entry its column.
        starts: for every row where its entries start, and at last how many there are.
        width: how many columns there are.
    """

    numbers: Any
    source: Any
    columns: Any
    starts: Any
    width: int


def _scipy_sparse() -> Any:
    try:
        import scipy.sparse  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingPackageError(
            "sparse=True gives a matrix of scipy.sparse: pip install 'autograd_nn[optimize]'"
        ) from error
    return scipy.sparse


def matrix_of(entries: Entries) -> Any:
    """The entries as a ``scipy.sparse.csr_matrix``.

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    numbers = np.asarray(entries.numbers, dtype=float)[entries.source]
    shape = len(entries.starts) - 1, entries.width
    made = _scipy_sparse().csr_matrix(
        (numbers, entries.columns, entries.starts), shape=shape, copy=False
    )
    made.has_sorted_indices = True
    return made


def _by_rows(pattern: Sequence[int]) -> tuple[Any, Any]:
    columns = [list(bits(row)) for row in pattern]
    starts = np.cumsum([0, *map(len, columns)])
    flat = [j for row in columns for j in row]
    return np.array(flat, dtype=np.int32), starts.astype(np.int32)


def _say_if_dense(entries: int, rows: int, columns: int) -> None:
    """Warn where sparse=True costs more than it saves."""
    size = rows * columns
    if min(rows, columns) < 2:  # a single line is always found at once
        return
    if size == entries or (size >= _SMALL and 2 * entries > size):
        _, level = user_frame()
        warnings.warn(
            f"the matrix of {rows} x {columns} is dense: {entries} of {size} entries can differ "
            "from 0, so sparse=True saves nothing; leave it out",
            _scipy_sparse().SparseEfficiencyWarning,
            stacklevel=level + 1,
        )


def push_columns(linear: Linear, tangents: Any, in_graph: bool) -> Any:
    """The Jacobian times several vectors, the columns of an array of numbers.

    Returns:
        An array with a line a result and a column a vector; of objects within a graph.
    """
    count = tangents.shape[1]
    if in_graph:
        products = [linear.push([x or None for x in column]) for column in tangents.T.tolist()]
        return _as_lines(products).T
    parts = []
    for start in range(0, count, _AT_ONCE):
        block = tangents[:, start : start + _AT_ONCE]
        nothing = np.zeros(block.shape[1])
        lines = linear.push([line if line.any() else None for line in block])
        parts.append(np.array([nothing if line is None else line for line in lines]))
    return np.concatenate(parts, axis=1)


def pull_rows(linear: Linear, weights: Any) -> Any:
    """Several vectors, the rows of an array of numbers, times the Jacobian: a line each."""
    return _as_lines([linear.pull([x or None for x in row]) for row in weights.tolist()])


def _as_lines(products: list[list[Any]]) -> Any:
    """Lists of numbers, Values and None, which is 0, as lines of one array."""
    held = [[0.0 if x is None else x for x in line] for line in products]
    graph = any(isinstance(x, Value) for line in held for x in line)
    return np.array(held, dtype=object if graph else float)


def _indicators(colours: Sequence[int]) -> Any:
    """For every column a line with a 1 at its colour."""
    found = np.zeros((len(colours), max(colours, default=-1) + 1))
    found[np.arange(len(colours)), colours] = 1.0
    return found


def jacobian_entries(linear: Linear, columns: int, mode: str, in_graph: bool) -> Entries:
    """The entries of a Jacobian, by columns forward or by rows back, whichever has fewer colours.

    Args:
        columns: how many inputs there are.
        mode: "fwd", "rev" or "auto".
        in_graph: whether the entries are Values.
    """
    pattern = linear.patterns()
    at, starts = _by_rows(pattern)
    _say_if_dense(len(at), len(pattern), columns)
    rows = np.repeat(np.arange(len(pattern)), np.diff(starts))
    forward = by_columns(pattern, columns) if mode != "rev" else []
    back = by_columns(transposed(pattern, columns), len(pattern)) if mode != "fwd" else []
    if mode == "fwd" or (mode == "auto" and max(forward, default=0) <= max(back, default=0)):
        products = push_columns(linear, _indicators(forward), in_graph)
        numbers = products[rows, np.array(forward, dtype=int)[at]] if len(at) else np.zeros(0)
    else:
        products = pull_rows(linear, _indicators(back).T)
        numbers = products[np.array(back, dtype=int)[rows], at] if len(at) else np.zeros(0)
    return _entries(numbers, np.arange(len(at)), at, starts, columns, in_graph)


def hessian_entries(linear: Linear, size: int, in_graph: bool) -> Entries:
    """The entries of a Hessian, from what lies between the inputs and the gradient."""
    pattern = linear.patterns()
    for i, j in [(i, j) for i, row in enumerate(pattern) for j in bits(row)]:
        pattern[j] |= 1 << i  # a slope may drop out on one side, as one of max does
    at, starts = _by_rows(pattern)
    _say_if_dense(len(at), size, size)
    colours, places = by_stars(pattern)
    products = push_columns(linear, _indicators(colours), in_graph)
    where = np.array(places, dtype=int).reshape(-1, 2)
    numbers = products[where[:, 0], where[:, 1]] if len(where) else np.zeros(0)
    rows = np.repeat(np.arange(size), np.diff(starts))
    below: dict[tuple[int, int], int] = {}
    for i, j in zip(rows.tolist(), at.tolist(), strict=True):
        if j <= i:
            below[i, j] = len(below)
    source = [below[max(i, j), min(i, j)] for i, j in zip(rows.tolist(), at.tolist(), strict=True)]
    return _entries(numbers, np.array(source, dtype=np.int64), at, starts, size, in_graph)


def _entries(
    numbers: Any, source: Any, columns: Any, starts: Any, width: int, in_graph: bool
) -> Entries:
    held: Any = as_values(list(numbers)) if in_graph else np.asarray(numbers, dtype=float)
    return Entries(held, source, columns, starts, width)
