"""Where the rows of a training lie: in the memory of this process, or in blocks on workers of Dask.

Both are checked whole before the first step.

What is left out: training on them (``loop``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from autograd_nn.checks import describe, is_dask
from autograd_nn.conversion import is_number
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.jit.blocks import Cluster
from autograd_nn.nn.modes import Modes
from autograd_nn.training.block_loop import BlockLoop
from autograd_nn.training.blocks import BlockStep, BlockTable
from autograd_nn.training.checkpoint import fingerprint
from autograd_nn.training.compiled import make_step
from autograd_nn.training.data import (
    Table,
    check_table,
    check_targets,
    check_weights,
    encode,
    outputs_of,
)
from autograd_nn.training.loop import Loop

__all__ = ["Source", "source_of"]


class Source(ABC):
    """The rows that a training is given.

    Attributes:
        table: those to train on.
        held_out: those to evaluate on; None where there are none.
        outputs: how many numbers the model gives for a row; see ``outputs_of``.
        classes: what the numbers of labels stand for, where they are text.
    """

    table: Any
    held_out: Any
    outputs: int
    classes: list[Any]

    def __init__(self, model: Any, modes: Modes, loss: str) -> None:
        self.model, self.modes, self.loss_name = model, modes, loss

    @abstractmethod
    def first(self) -> list[Any]:
        """The first row of inputs."""

    @abstractmethod
    def fingerprint(self, settings: dict[str, Any]) -> str:
        """A digest of settings and of the rows."""

    @abstractmethod
    def step(
        self, loss: Any, parameters: list[Value], compiled: bool, drops: list[float]
    ) -> tuple[Any, str]:
        """What computes a step, and why that is not compiled; "" if it is.

        Args:
            drops: the chance of each number that the model drops.
        """

    @abstractmethod
    def loop(self, *args: Any, **options: Any) -> Loop:
        """The loop of training; see ``Loop``."""

    def _hold_out(self, share: Any, data: Any, seed: int) -> None:
        """Set rows aside."""
        self.held_out = None
        if share is not None and data is not None:
            raise BadArgumentError("give validation_split or validation_data, not both")
        if share is not None:
            if isinstance(share, bool) or not is_number(share):
                raise WrongTypeError(
                    f"validation_split is a share of the rows such as 0.2, got {describe(share)}"
                )
            self.table, self.held_out = self._split(float(share), seed)
        elif data is not None:
            if not isinstance(data, (tuple, list)) or len(data) != 2:
                raise WrongTypeError(f"validation_data is (X, y), got {describe(data)}")
            self.held_out = self._given(*data)

    @abstractmethod
    def _split(self, share: float, seed: int) -> tuple[Any, Any]:
        """The rows to train on, and a share to evaluate on."""

    @abstractmethod
    def _given(self, X: Any, y: Any) -> Any:
        """Rows to evaluate on."""


class _InMemory(Source):
    """Rows in the memory of this process; see ``source_of``."""

    def __init__(
        self, model: Any, modes: Modes, loss: str, X: Any, y: Any,
        class_weight: Any, sample_weight: Any, share: Any, data: Any, seed: int,
    ) -> None:  # fmt: skip
        super().__init__(model, modes, loss)
        y, self.classes = encode(y, loss)
        table = check_table(X, y)
        with modes.set(training=False):
            self.outputs = outputs_of(model, table.X[0])
        table = check_targets(table, loss, self.outputs)
        self.table = check_weights(table, loss, class_weight, sample_weight, self.classes)
        self._hold_out(share, data, seed)

    def first(self) -> list[Any]:
        found: list[Any] = self.table.X[0].tolist()
        return found

    def fingerprint(self, settings: dict[str, Any]) -> str:
        return fingerprint(settings, [*self.table, *(self.held_out or ())])

    def step(
        self, loss: Any, parameters: list[Value], compiled: bool, drops: list[float]
    ) -> tuple[Any, str]:
        table = self.table
        return make_step(
            self.model, loss, parameters, table.X, table.y, compiled,
            np.ones((1, len(drops))) if drops else None, table.weights is not None,
        )  # fmt: skip

    def loop(self, *args: Any, **options: Any) -> Loop:
        return Loop(*args, **options)

    def _split(self, share: float, seed: int) -> tuple[Table, Table]:
        table = self.table
        count = round(share * len(table.X))
        if not 0.0 < share < 1.0 or not 0 < count < len(table.X):
            raise BadArgumentError(
                f"validation_split={share:g} of {len(table.X)} rows leaves {len(table.X) - count} "
                f"to train and {count} to validate: give a share between 0 and 1 that leaves both"
            )
        order = np.random.default_rng([seed, 1]).permutation(len(table.X))
        return table.at(np.sort(order[count:])), table.at(np.sort(order[:count]))

    def _given(self, X: Any, y: Any) -> Table:
        name = "y of validation"
        y, _ = encode(y, self.loss_name, self.classes or None, name)
        held_out = check_table(X, y, " of validation")
        _check_columns(self.table.X.shape, held_out.X.shape)
        return check_targets(held_out, self.loss_name, self.outputs, name)


class _InBlocks(Source):
    """Rows in blocks on workers; see ``source_of``."""

    def __init__(
        self, model: Any, modes: Modes, loss: str, X: Any, y: Any,
        class_weight: Any, sample_weight: Any, share: Any, data: Any, seed: int,
        digest: bool, client: Any,
    ) -> None:  # fmt: skip
        super().__init__(model, modes, loss)
        if y is None:
            raise WrongTypeError("y is missing: give fit(model, X, y)")
        self._cluster, self._digests = Cluster(client), digest
        with modes.set(training=False):
            table = BlockTable.of(X, y, model, loss, self._cluster, sample_weight)
        self.outputs, self.classes = table.reading.outputs, table.reading.classes
        self.table = table.check(class_weight, digest=digest)
        self._digest = table.digest
        self._hold_out(share, data, seed)

    def first(self) -> list[Any]:
        found: list[Any] = self.table.first().tolist()
        return found

    def fingerprint(self, settings: dict[str, Any]) -> str:
        held = [] if self.held_out is None else [self.held_out.blocks.sizes, self.held_out.digest]
        weights = repr(self.table.reading.class_weight)
        return fingerprint(settings | {"blocks": [self._digest, held, weights]}, [])

    def step(
        self, loss: Any, parameters: list[Value], compiled: bool, drops: list[float]
    ) -> tuple[Any, str]:
        self.table.dropping(drops)
        step = BlockStep(self.model, loss, parameters, self.table, compiled)
        return step, step.not_compiled

    def loop(self, *args: Any, **options: Any) -> Loop:
        return BlockLoop(*args, **options)

    def _split(self, share: float, seed: int) -> tuple[BlockTable, BlockTable]:
        table: BlockTable = self.table
        return table.split(share, seed)

    def _given(self, X: Any, y: Any) -> BlockTable:
        suffix = " of validation"
        with self.modes.set(training=False):
            found = BlockTable.of(
                X, y, self.model, self.loss_name, self._cluster, classes=self.classes or None,
                suffix=suffix, outputs=self.outputs,
            )  # fmt: skip
        _check_columns(self.table.blocks.arrays[0].shape, found.blocks.arrays[0].shape)
        return found.check(suffix=suffix, digest=self._digests)


def source_of(
    model: Any,
    modes: Modes,
    loss: str,
    X: Any,
    y: Any,
    class_weight: Any,
    sample_weight: Any,
    share: Any,
    data: Any,
    seed: int,
    digest: bool,
    client: Any,
) -> Source:
    """The rows that ``fit`` was given, checked.

    Args:
        modes: of the model.
        loss: by name.
        share, data: see ``validation_split`` and ``validation_data`` of ``fit``.
        digest: whether a fingerprint will be asked for.

    Raises:
        TypeError, ValueError: something does not fit.
    """
    given = model, modes, loss, X, y, class_weight, sample_weight, share, data, seed
    if is_dask(X) or is_dask(y):
        return _InBlocks(*given, digest, client)
    if client is not None:
        raise WrongTypeError(
            f"client is for arrays and dataframes of Dask, but X is {describe(X)}: give "
            "dask.array.from_array(X, chunks=...), or leave client out"
        )
    return _InMemory(*given)


def _check_columns(of_table: tuple[int, ...], of_validation: tuple[int, ...]) -> None:
    if of_validation[1:] != of_table[1:]:
        raise BadArgumentError(
            f"X has {_columns(of_table)}, but X of validation has {_columns(of_validation)}"
        )


def _columns(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} columns" if len(shape) == 2 else f"rows of shape {shape[1:]}"
