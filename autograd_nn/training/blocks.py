"""Training on rows that lie in blocks on the workers of Dask, and what a model makes of them.

A step sends the parameters out once; each worker computes the loss and the slopes of the rows that
it holds; their sums come back and move the optimiser here.

What is left out: the order of steps (``block_loop``), what happens on a worker (``block_rows``),
and what is sent (``jit.blocks``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import is_dask
from autograd_nn.engine import Value
from autograd_nn.errors import AnomalyError, BadArgumentError, CannotCompileError
from autograd_nn.jit.blocks import BlockCall, Blocks, Cluster, Piece
from autograd_nn.jit.blocks.cluster import dask, task
from autograd_nn.jit.blocks.job import first_rows
from autograd_nn.losses import LOSSES, class_weights
from autograd_nn.parameters import scatter
from autograd_nn.recording import detect_anomaly
from autograd_nn.training import block_rows
from autograd_nn.training.block_rows import Found, Reading, Scored
from autograd_nn.training.choices import is_mean
from autograd_nn.training.compiled import Parameters, Recorded, is_by_row, refusals
from autograd_nn.training.data import check_inputs, encode, label_weights, outputs_of

__all__ = ["BlockStep", "BlockTable", "evaluated", "lazy_outputs"]

Floats = NDArray[np.float64]


class BlockTable:
    """Inputs and targets in blocks, checked.

    Args:
        blocks: the tables "X", "y" and, where there are any, "sample_weight".
        reading: how a block is read.
        cluster: where it lies.

    Attributes:
        rows: how many rows there are.
        pieces: all of them.
        weights: whether their losses are multiplied by weights; None where they are not.
        digest: of their contents, where it was asked for.
    """

    def __init__(self, blocks: Blocks, reading: Reading, cluster: Cluster) -> None:
        self.blocks, self.reading, self.cluster = blocks, reading, cluster
        self.rows = blocks.rows
        self.pieces = [Piece(k, None) for k in range(len(blocks.full))]
        self.digest: list[str] = []

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any,
        model: Any,
        loss: str,
        cluster: Cluster,
        sample_weight: Any = None,
        classes: Any = None,
        suffix: str = "",
        outputs: int | None = None,
    ) -> BlockTable:
        """The table of collections of Dask, not looked into but for its first row.

        Args:
            model: whose mode is that of use.
            loss: by name.
            classes: what the numbers of labels stand for, where that is known.
            suffix: what to add to the names in messages.
            outputs: how many the model has, where that is known.
        """
        given = {f"X{suffix}": X, f"y{suffix}": y}
        if not any(map(is_dask, given.values())):
            given[f"X{suffix}"] = dask("dask.array").from_array(check_inputs(X, f"X{suffix}"))
        if sample_weight is not None:
            given["sample_weight"] = sample_weight
        blocks = Blocks(given, cluster, frozenset({f"y{suffix}"}))
        _check_shapes(blocks)
        classes = _classes(blocks, loss, cluster, classes)
        first = check_inputs(_first_row(blocks, cluster), f"X{suffix}")[0]
        outputs = outputs_of(model, first) if outputs is None else outputs
        reading = Reading(loss, outputs, classes, weighted=sample_weight is not None)
        return cls(blocks, reading, cluster)

    def first(self) -> Any:
        """The first row of inputs."""
        return np.asarray(_first_row(self.blocks, self.cluster)[0], float)

    def check(self, class_weight: Any = None, suffix: str = "", digest: bool = False) -> BlockTable:
        """Look at every row, once; gives the table with a weight for each class.

        Raises:
            TypeError, ValueError: see ``data.check_table`` and ``data.check_targets``.
        """
        starts = np.cumsum([0, *self.blocks.full]).tolist()
        wants = (class_weight is not None, digest)
        name = f"check-{uuid4().hex}"
        found: list[Found] = self.cluster.compute([
            task(block_rows.checked, self.reading, suffix, first, wants, *pieces,
                 name=f"{name}-{first}")
            for first, pieces in zip(starts, self.blocks.tasks, strict=False)
        ])  # fmt: skip
        for each in found:
            if each.error is not None:
                raise each.error
        if not any(each.weighed for each in found):
            raise BadArgumentError("sample_weight: no weight is negative, and not all are 0")
        self.digest = [each.digest for each in found]
        if class_weight is not None:
            reading, counts = self.reading, _counts(found)
            weights = label_weights(class_weight, reading.loss, reading.classes, lambda: counts)
            class_weights(counts[0], weights)  # says here which class has none
            self.reading = Reading(
                reading.loss, reading.outputs, reading.classes, weights,
                reading.weighted, reading.chances,
            )  # fmt: skip
        return self

    @property
    def weights(self) -> bool | None:
        """See the class."""
        return self.reading.has_weights or None

    def split(self, share: float, seed: int) -> tuple[BlockTable, BlockTable]:
        """The rows to train on, and a share of each block, drawn by the seed, to evaluate on."""
        held = [round(share * n) for n in self.blocks.sizes]
        if not 0.0 < share < 1.0 or not 0 < sum(held) < self.rows:
            raise BadArgumentError(
                f"validation_split={share:g} of {self.rows} rows in blocks of "
                f"{max(self.blocks.sizes)} leaves {self.rows - sum(held)} to train and "
                f"{sum(held)} to validate: give a share between 0 and 1 that leaves both"
            )
        left = [n - h for n, h in zip(self.blocks.sizes, held, strict=True)]
        return self._some(left, share, seed, False), self._some(held, share, seed, True)

    def _some(self, sizes: list[int], share: float, seed: int, held_out: bool) -> BlockTable:
        arrays = {
            name: x.map_blocks(
                block_rows.part_of_split, share, seed, held_out,
                chunks=(tuple(sizes), *x.chunks[1:]), dtype=x.dtype, meta=x._meta,
            )
            for name, x in zip(self.blocks.names, self.blocks.arrays, strict=True)
        }  # fmt: skip
        text = frozenset(self.blocks.names)
        return BlockTable(Blocks(arrays, self.cluster, text), self.reading, self.cluster)

    def dropping(self, chances: Sequence[float]) -> None:
        """Have rows drop numbers of the model with these chances."""
        reading = self.reading
        self.reading = Reading(
            reading.loss, reading.outputs, reading.classes, reading.class_weight,
            reading.weighted, tuple(chances),
        )  # fmt: skip


def _first_row(blocks: Blocks, cluster: Cluster) -> Any:
    """The first row of the first table, as an array with one row."""
    name = f"first-row-{uuid4().hex}"
    asked = task(first_rows, None, None, 1, *blocks.tasks[0], name=name)
    return cluster.compute(asked)[0]


def _check_shapes(blocks: Blocks) -> None:
    X, y = blocks.arrays[:2]
    if X.ndim < 2:
        raise BadArgumentError(
            f"{blocks.names[0]} is a table of shape (rows, columns), got {X.shape}: give "
            "X.reshape(-1, 1) for rows of one number"
        )
    if 0 in X.shape:
        raise BadArgumentError(f"{blocks.names[0]} is empty: its shape is {X.shape}")
    if y.ndim not in (1, 2):
        raise BadArgumentError(
            f"{blocks.names[1]} has one target or one row per row of X, got {y.shape}"
        )
    if len(blocks.arrays) > 2 and blocks.arrays[2].ndim != 1:
        raise BadArgumentError(
            f"sample_weight has a number for each of {blocks.rows} rows, got shape "
            f"{blocks.arrays[2].shape}"
        )


def _classes(blocks: Blocks, loss: str, cluster: Cluster, known: Any) -> list[Any]:
    """The labels that are text, in order; none where they are numbers."""
    y = blocks.arrays[1]
    if y.dtype.kind in "fiub":
        return []
    name = f"labels-{uuid4().hex}"
    found = cluster.compute([
        task(block_rows.texts, pieces[1], name=f"{name}-{k}")
        for k, pieces in enumerate(blocks.tasks)
    ])  # fmt: skip
    if any(labels is None for labels in found):
        return []  # which is refused where numbers are needed
    if known is not None:
        return list(known)
    labels = sorted({label for part in found for label in part})
    return encode(labels, loss)[1]


def _counts(found: list[Found]) -> tuple[Any, Any]:
    """The labels of all blocks, and how often each is."""
    labels, place = np.unique(np.concatenate([f.labels for f in found]), return_inverse=True)
    return labels, np.bincount(place, np.concatenate([f.counts for f in found]))


class BlockStep:
    """The loss, its slopes and the scores of a model on blocks.

    Args:
        model, loss, parameters: see ``Step``.
        table: the rows to train on; what it says of reading them holds for others too.
        compiled: whether the jit may be used; else the workers run the engine.

    Attributes:
        not_compiled: why the engine runs it; "" where it does not.

    Raises:
        ValueError: the loss is no mean over rows.
    """

    def __init__(
        self,
        model: Any,
        loss: Any,
        parameters: list[Value],
        table: BlockTable,
        compiled: bool,
    ) -> None:
        self.model, self.loss, self.parameters, self.table = model, loss, parameters, table
        if not is_by_row(loss):
            raise BadArgumentError(
                f"{getattr(loss, '__name__', 'the loss')} is no mean over rows, and no worker has "
                "all of them: give a loss that is one, such as mean_squared_error; or write the "
                'loss of a row and use jit(f, rows=("x", "t")).value_and_grad in a loop'
            )
        self._recorded = Recorded(model, loss)
        self.not_compiled = "" if compiled else "compiled=False"
        self._call: BlockCall | None = None
        self._predictors: dict[int, BlockCall] = {}
        if compiled:
            try:
                with refusals():
                    self._make().described()
            except CannotCompileError as error:
                self._leave(str(error))

    def _make(self) -> BlockCall:
        """The call of the loss of a row over the blocks."""
        if self._call is None:
            table, reading = self.table, self.table.reading
            program = self._recorded.program(reading.has_weights, bool(reading.chances))
            count = len(program.row_positions)
            self._call = BlockCall(
                program, [None] * count, (), table.blocks, table.cluster,
                argnums=Parameters(self.parameters), prepare=reading,
                compiled=not self.not_compiled,
            )  # fmt: skip
        return self._call

    def _leave(self, why: str) -> None:
        """From now on the engine runs it."""
        self.not_compiled, self._call = why, None
        self._predictors = {}

    def __call__(self, theta: Floats, rows: int, pieces: list[Piece]) -> tuple[float, Floats]:
        """The loss of a batch, and its slope along each parameter."""
        if self.not_compiled:
            part = self._make().total(pieces, theta)
        else:
            try:
                with refusals():
                    part = self._make().total(pieces, theta)
            except CannotCompileError as error:
                self._leave(str(error))
                part = self._make().total(pieces, theta)
        with np.errstate(all="ignore"):
            slopes = np.asarray(part.slopes[0])[: len(self.parameters)]
            return float(part.numbers[0] / rows), slopes / rows

    def first_bad(self, theta: Floats, pieces: list[Piece]) -> AnomalyError | None:
        """The first operation, in the first row that has one, which is not finite."""
        call = self._make()
        sent, step = call.ready(theta)
        for piece in pieces:
            block = call.blocks.tasks[piece.block]
            name = f"look-for-nan-{uuid4().hex}"
            row = call.cluster.compute(
                task(block_rows.bad_row, sent, step, piece.spec, *block, name=name)
            )
            if row is not None:
                scatter(theta, self.parameters)
                return self._anomaly(call, row)
        return None

    def _anomaly(self, call: BlockCall, row: tuple[Any, ...]) -> AnomalyError | None:
        try:
            with detect_anomaly(), np.errstate(all="ignore"):
                result = call.jitted.function(
                    *(x.tolist() if x.ndim else Value(float(x)) for x in row)
                )
                if isinstance(result, Value):
                    result.backward()
        except AnomalyError as error:
            return error
        return None

    def scores(
        self, theta: Floats, table: BlockTable, scores: Mapping[str, Any]
    ) -> dict[str, float]:
        """Every score of the outputs by name; what is no mean over rows is computed here."""
        scatter(theta, self.parameters)
        call = self._predictors.get(id(table))
        if call is None:
            call = self._predictors[id(table)] = _predictor(
                self._recorded, table.blocks, table.cluster, not self.not_compiled
            )
        return scores_of_blocks(call, table, scores)


def _predictor(recorded: Recorded, blocks: Blocks, cluster: Cluster, compiled: bool) -> BlockCall:
    """The outputs of a model over blocks; where the jit refuses it, by the engine."""
    if compiled:
        call = BlockCall(
            recorded.predictor(), [None], (), blocks, cluster, prepare=block_rows.inputs
        )
        try:
            with refusals():
                call.described()
                return call
        except CannotCompileError:
            pass
    return BlockCall(
        recorded.predictor(), [None], (), blocks, cluster, prepare=block_rows.inputs,
        compiled=False,
    )  # fmt: skip


def scores_of_blocks(
    call: BlockCall, table: BlockTable, scores: Mapping[str, Any]
) -> dict[str, float]:
    """Every score of a model's outputs by name.

    Means over rows are added up block by block; for other scores the outputs and targets, a few
    numbers for each row, come to this process.
    """
    means = {name: each for name, each in scores.items() if is_mean(each)}
    others = {name: each for name, each in scores.items() if name not in means}
    sent, step = call.ready()
    name = uuid4().hex
    parts = [
        task(block_rows.scored, sent, step, table.reading, means, bool(others), *pieces,
             name=f"score-{name}-{k}")
        for k, pieces in enumerate(table.blocks.tasks)
    ]  # fmt: skip
    found: Scored = table.cluster.compute(task(block_rows.gathered, parts, name=f"scores-{name}"))
    numbers = {name: found.sums[name] / table.rows for name in means}
    numbers |= {name: float(each(found.y, found.outputs)) for name, each in others.items()}
    return {name: numbers[name] for name in scores}


def evaluated(
    model: Any, table: BlockTable, scores: Mapping[str, Any], compiled: bool
) -> dict[str, float]:
    """Every score of a model on blocks by name; the model's mode is that of use."""
    recorded = Recorded(model, LOSSES["mean_squared_error"])
    call = _predictor(recorded, table.blocks, table.cluster, compiled)
    return scores_of_blocks(call, table, scores)


def lazy_outputs(model: Any, X: Any, compiled: bool, client: Any) -> Any:
    """The model's outputs as an array of Dask, shape (rows,) or (rows, outputs).

    They are computed when asked for, with the parameters that the model has now.
    """
    cluster = Cluster(client)
    blocks = Blocks({"X": X}, cluster)
    if blocks.arrays[0].ndim < 2 or 0 in blocks.arrays[0].shape:
        raise BadArgumentError(
            f"X is a table of shape (rows, columns), got {blocks.arrays[0].shape}: give "
            "X.reshape(-1, 1) for rows of one number"
        )
    recorded = Recorded(model, LOSSES["mean_squared_error"])
    call = _predictor(recorded, blocks, cluster, compiled)
    outputs = outputs_of(model, call.first_args()[0][0])
    numbers = call.lazy_numbers(max(outputs, 1))
    return numbers.T if outputs else numbers[0]
