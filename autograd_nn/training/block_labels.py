"""Labels in blocks on the workers of Dask: which there are, and their numbers.

What is left out: labels that are text, for ``fit`` (``blocks``).
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import numpy as np

from autograd_nn.errors import BadArgumentError
from autograd_nn.jit.blocks import Blocks, Cluster
from autograd_nn.jit.blocks.cluster import task

__all__ = ["Labelled", "chosen"]

_MOST = 10_000  # labels


class Labelled:
    """Inputs, targets and weights in blocks that are cut alike.

    Args:
        X, y, weights: collections of Dask, or arrays beside one; no weights for 1 each.

    Attributes:
        X, y, weights: arrays of Dask; weights with a mean of 1, or None.
        names: of the columns, where ``X`` is a frame; else None.

    Raises:
        TypeError, ValueError: see ``Blocks``.
    """

    def __init__(self, X: Any, y: Any, weights: Any) -> None:
        self._cluster = Cluster()
        given = {"X": X, "y": y} | ({} if weights is None else {"sample_weight": weights})
        self._blocks = Blocks(given, self._cluster, frozenset({"y"}))
        self.X, self.y = self._blocks.arrays[:2]
        if self.X.ndim != 2:
            raise BadArgumentError(
                f"X is a table of shape (rows, columns), got {self.X.shape}: give "
                "X.reshape(-1, 1) for rows of one number"
            )
        self.names = names_of(X)
        self.weights: Any = None
        if weights is not None:
            found = self._blocks.arrays[2]
            mean = float(self._cluster.compute(found.mean()))
            self.weights = found / mean if mean > 0.0 else found

    def labels(self) -> Any:
        """Each label once, in order.

        Raises:
            ValueError: there are more than 10,000, so they are no labels.
        """
        name = f"labels-{uuid4().hex}"
        found = self._cluster.compute([
            task(_labels, pieces[1], name=f"{name}-{k}")
            for k, pieces in enumerate(self._blocks.tasks)
        ])  # fmt: skip
        return _few(np.concatenate(found))

    def numbered(self, classes: Any) -> Any:
        """The number of each label among the classes, which are in order."""
        return self.y.map_blocks(_numbers, classes, dtype=float, meta=np.empty(0))


def names_of(X: Any) -> Any:
    """The names of a frame's columns as an array of text; None where they are none."""
    names = np.asarray(getattr(X, "columns", ()), dtype=object)
    is_named = len(names) and all(isinstance(name, str) for name in names)
    return names if is_named else None


def chosen(numbers: Any, classes: Any) -> Any:
    """The label of each number, as an array of Dask."""
    return numbers.map_blocks(_taken, classes, dtype=classes.dtype, meta=np.empty(0, classes.dtype))


def _taken(numbers: Any, classes: Any) -> Any:
    return classes[numbers]


def _numbers(labels: Any, classes: Any) -> Any:
    return np.searchsorted(classes, labels.reshape(-1)).astype(float)


def _labels(y: Any) -> Any:
    return _few(np.asarray(y).reshape(-1))


def _few(labels: Any) -> Any:
    found = np.unique(labels)
    if len(found) > _MOST:
        raise BadArgumentError(
            f"y holds {len(found):,} different numbers in a block, so they are no labels; for "
            "numbers take MLPRegressor"
        )
    return found
