"""The loop of training over blocks of rows on the workers of Dask.

A batch is rows from one block or from several: in each epoch the seed shuffles the blocks, and the
rows within each.

What is left out: what a step computes (``blocks``).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_nn.callers import user_frame
from autograd_nn.errors import AnomalyError
from autograd_nn.jit.blocks import Piece
from autograd_nn.training.block_rows import Taken
from autograd_nn.training.blocks import BlockStep
from autograd_nn.training.loop import Loop

__all__ = ["BlockLoop"]

Floats = NDArray[np.float64]
_MANY = 1000  # steps of an epoch, each of which waits for the workers


class Batch(NamedTuple):
    """The rows of one step: how many, and in which blocks they lie."""

    rows: int
    pieces: list[Piece]


class BlockLoop(Loop):
    """The loop of training over blocks."""

    def _batches(self) -> Iterator[Batch]:
        table, size = self.table, self.batch_size
        if size >= table.rows:
            yield Batch(table.rows, table.pieces)
            return
        self._warn(-(-table.rows // size))
        seed = int(self.order.integers(2**62)) if self.shuffle else None
        sizes = table.blocks.full
        order = range(len(sizes))
        if seed is not None:
            order = np.random.default_rng(seed).permutation(len(sizes)).tolist()
        pieces: list[Piece] = []
        room = size
        for block in order:
            start = 0
            while start < sizes[block]:
                stop = min(start + room, sizes[block])
                shuffled = None if seed is None else (seed, block)
                pieces.append(Piece(block, Taken(start, stop, shuffled, None)))
                room -= stop - start
                start = stop
                if not room:
                    yield Batch(size, pieces)
                    pieces, room = [], size
        if pieces:
            yield Batch(size - room, pieces)

    def _warn(self, steps: int) -> None:
        if steps < _MANY or self.run.epoch:
            return
        _, level = user_frame()
        largest = max(self.table.blocks.full)
        warnings.warn(
            f"batch_size={self.batch_size} makes {steps:,} steps an epoch, and each waits for the "
            f"workers, some 10 ms: give a larger one, such as that of a block, {largest}",
            stacklevel=level + 1,
        )

    def _draw(self, rows: int) -> Any:
        return int(self.masks.integers(2**62)) if len(self.chances) else None

    def _ask(self, theta: Floats, part: Any, dropped: Any) -> tuple[float, Floats]:
        step: BlockStep = self.step
        return step(theta, part.rows, self._masked(part, dropped))

    def _masked(self, part: Any, dropped: int | None) -> list[Piece]:
        """The pieces of a batch, with what each drops."""
        if dropped is None:
            return list(part.pieces)
        sizes = self.table.blocks.full
        found = []
        for k, (block, taken) in enumerate(part.pieces):
            whole = taken or Taken(0, sizes[block], None, None)
            found.append(Piece(block, whole._replace(masks=(dropped, k))))
        return found

    def _first_anomaly(self, theta: Floats, part: Any, dropped: Any) -> AnomalyError | None:
        step: BlockStep = self.step
        return step.first_bad(theta, self._masked(part, dropped))

    def _scores(self, table: Any, scores: Mapping[str, Any]) -> dict[str, float]:
        step: BlockStep = self.step
        return step.scores(self.theta, table, scores)
