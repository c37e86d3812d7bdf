"""Arrays and dataframes of Dask as blocks of rows that are cut alike.

What is left out: what is in the blocks, which workers look at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from autograd_nn.checks import describe, is_dask
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.jit.blocks.cluster import Cluster, dask, task

__all__ = ["Blocks"]


class Blocks:
    """Tables with the same rows, cut into the same blocks.

    Args:
        given: by name, arrays and dataframes of Dask, at least one; others are cut as it is.
        cluster: what counts the rows of dataframes.
        text: the names of those that may hold text.

    Attributes:
        names, arrays: the tables, as arrays of Dask.
        sizes: how many rows each block has; there may be empty ones.
        rows: how many there are in all.

    Raises:
        TypeError: one is no array or dataframe of numbers.
        ValueError: rows are split over blocks, or their number is unknown, or differs, or is 0.
    """

    def __init__(
        self, given: Mapping[str, Any], cluster: Cluster, text: frozenset[str] = frozenset()
    ) -> None:
        self.names = tuple(given)
        found = {name: _array(name, x, cluster) for name, x in given.items() if is_dask(x)}
        for name, x in found.items():
            _check(name, x, name in text)
        first, model = next(iter(found.items()))
        self.sizes: tuple[int, ...] = tuple(map(int, model.chunks[0]))
        self.rows = sum(self.sizes)
        if not self.rows:
            raise BadArgumentError(f"{first} has no rows: its shape is {model.shape}")
        self.arrays = [self._cut(name, found.get(name, x), first) for name, x in given.items()]

    def _cut(self, name: str, x: Any, first: str) -> Any:
        """A table in these blocks."""
        array = x if is_dask(x) else np.asarray(x)
        if array.ndim == 0 or array.shape[0] != self.rows:
            has = f"{array.shape[0]} rows" if array.ndim else "none"
            raise BadArgumentError(f"{first} has {self.rows} rows, but {name} has {has}")
        if is_dask(x):
            return x if x.chunks[0] == self.sizes else x.rechunk({0: self.sizes})
        return dask("dask.array").from_array(array, chunks=(self.sizes, *array.shape[1:]))

    @cached_property
    def tasks(self) -> list[tuple[Any, ...]]:
        """For each block that is not empty, the tasks that give its part of each table."""
        grids = [x.to_delayed(optimize_graph=True).reshape(len(self.sizes)) for x in self.arrays]
        return [block for block, n in zip(zip(*grids, strict=True), self.sizes, strict=True) if n]

    @property
    def full(self) -> list[int]:
        """The sizes of the blocks that are not empty."""
        return [n for n in self.sizes if n]

    def only(self, *names: str) -> Blocks:
        """The same blocks of some of the tables."""
        part = object.__new__(Blocks)
        part.names, part.sizes, part.rows = names, self.sizes, self.rows
        part.arrays = [self.arrays[self.names.index(name)] for name in names]
        return part


def _array(name: str, x: Any, cluster: Cluster) -> Any:
    """An array of Dask of a collection."""
    da = dask("dask.array")
    if isinstance(x, da.Array):
        return x
    if not (hasattr(x, "to_delayed") and hasattr(x, "_meta") and hasattr(x, "npartitions")):
        raise WrongTypeError(f"{name} is an array or a dataframe of Dask, got {describe(x)}")
    parts = x.to_delayed(optimize_graph=True)
    sizes = cluster.compute([task(len, part, name=_key(name, part)) for part in parts])
    meta = _numbers(x._meta)
    blocks = [
        da.from_delayed(
            task(_numbers, part, name=_key("numbers", part)), (n, *meta.shape[1:]), meta=meta
        )
        for part, n in zip(parts, sizes, strict=True)
    ]
    return da.concatenate(blocks)


def _key(what: str, part: Any) -> str:
    return f"{what}-{part.key}"


def _numbers(frame: Any) -> Any:
    """The numbers of a frame or series, or its texts as objects."""
    kinds = getattr(frame, "dtypes", None)
    kinds = [frame.dtype] if hasattr(frame, "dtype") else list(kinds if kinds is not None else ())
    if all(getattr(kind, "kind", "O") in "fiub" for kind in kinds):
        plain = all(isinstance(kind, np.dtype) for kind in kinds)
        return frame.to_numpy() if plain else frame.to_numpy(dtype=float, na_value=np.nan)
    return frame.astype(object).to_numpy()


def _check(name: str, x: Any, text: bool) -> None:
    """Raise an error if an array's rows do not lie whole in blocks of known size."""
    if not isinstance(x._meta, np.ndarray) or isinstance(x._meta, np.ma.MaskedArray):
        raise WrongTypeError(
            f"{name} has blocks of {type(x._meta).__name__}; give blocks of NumPy arrays, such as "
            f"{name}.map_blocks(np.asarray)"
        )
    if x.dtype.kind not in ("fiubOUST" if text else "fiub"):
        raise WrongTypeError(f"{name} is an array of numbers, got an array of {x.dtype}")
    if x.ndim == 0:
        raise BadArgumentError(f"{name} carries rows, but it is one number")
    if any(math.isnan(n) for sizes in x.chunks for n in sizes):
        raise BadArgumentError(
            f"{name} has blocks of unknown size: call {name}.compute_chunk_sizes() first, which "
            "counts their rows"
        )
    split = [k for k, sizes in enumerate(x.chunks) if k and len(sizes) > 1]
    if split:
        axes = ", ".join(f"{k}: -1" for k in split)
        raise BadArgumentError(
            f"{name} has its rows split over blocks: its axis {split[0]} of {x.shape[split[0]]} is "
            f"cut into {x.chunks[split[0]]}. A row lies in one block: give "
            f"{name}.rechunk({{{axes}}}), with blocks of rows that fit a worker's memory: "
            f'{name}.rechunk({{0: "auto", {axes}}})'
        )
