"""``fit``: the loop of training, epoch by epoch and batch by batch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import describe, is_int, positive_int
from autograd_nn.conversion import is_number
from autograd_nn.errors import AnomalyError, BadArgumentError, NonFiniteLossError, WrongTypeError
from autograd_nn.optim.optimizers import OptimizerLike
from autograd_nn.parameters import gather, scatter
from autograd_nn.recording import detect_anomaly
from autograd_nn.training.callbacks import Run, call_all, check_callbacks
from autograd_nn.training.choices import (
    Metric,
    loss_of,
    optimizer_of,
    parameters_of,
    score,
    scores_of,
)
from autograd_nn.training.compiled import make_step
from autograd_nn.training.data import Table, check_table, check_targets, outputs_of
from autograd_nn.training.history import History
from autograd_nn.training.progress import Progress
from autograd_nn.training.steps import EngineStep, Step

__all__ = ["fit"]

Floats = NDArray[np.float64]


def fit(
    model: Any,
    X: Any,
    y: Any,
    *,
    loss: str | Callable[[Any, Any], Any] = "mean_squared_error",
    optimizer: OptimizerLike = "adam",
    epochs: int,
    batch_size: int | None = None,
    validation: tuple[Any, Any] | float | None = None,
    metrics: Sequence[Metric] = (),
    shuffle: bool = True,
    seed: int = 0,
    callbacks: Any = (),
    verbose: int = 1,
    compiled: bool = True,
) -> History:
    """Train a model.

    Args:
        model: takes one row (a list of numbers), gives a Value or a list of Values; has
            ``parameters()``.
        X: inputs, shape (rows, columns).
        y: targets, shape (rows,), or (rows, outputs) for a model that gives lists.
        loss: a name of ``losses.LOSSES`` or a function ``(y_true, y_pred)`` of a batch.
        optimizer: ``"sgd"``, ``"adam"`` or ``"adamw"`` with PyTorch's settings; an optimiser
            that holds the model's parameters; or a function that makes one from them.
        epochs: how often to go through all rows.
        batch_size: rows per step; by default all of them.
        validation: (X, y) to evaluate after each epoch, or the share of rows to set aside.
        metrics: ``"accuracy"``, names of losses, or functions ``(y_true, outputs)``; evaluated
            after each epoch on all training rows and on the validation rows.
        shuffle: another order of rows in each epoch; without batches there is none to change.
        seed: of that order, and of the rows set aside.
        callbacks: see ``callbacks``; learning-rate schedules may stand among them.
        verbose: 0 for silence, 1 for a progress bar, or a line per epoch without a terminal.
        compiled: train through the jit where it can run the model, with the same numbers to
            1e-9; False for the engine, whose numbers are those of a loop written by hand.

    Returns:
        The history: ``loss`` (the mean over the epoch's steps), ``lr``, each metric, and
        ``val_loss`` and ``val_...``.  Ctrl-C ends training and returns the epochs so far.

    Raises:
        TypeError, ValueError: something does not fit; the model is then as it was.
        NonFiniteLossError: a nan or infinity; says the epoch, the batch and the operation.

    >>> from autograd_nn import MLP, optim
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    >>> model = MLP(2, [8, 1], activation="tanh", seed=0)
    >>> history = fit(model, X, y, loss="binary_cross_entropy", metrics=["accuracy"],
    ...               optimizer=lambda ps: optim.SGD(ps, lr=1.0), epochs=100, verbose=0)
    >>> history["accuracy"][-1]
    1.0
    """
    positive_int("epochs", epochs)
    loss_name, loss_function = loss_of(loss)
    owned = parameters_of(model)
    table, held_out, outputs = _tables(model, X, y, loss_name, validation, seed)
    size = len(table.X) if batch_size is None else positive_int("batch_size", batch_size)
    scores = scores_of(metrics, loss_name, outputs)
    listeners = check_callbacks(callbacks)
    mover = optimizer_of(optimizer, owned)
    run = Run(model, mover, epochs)
    progress = Progress(epochs, verbose)
    step, run.history.not_compiled = make_step(
        model, loss_function, mover.parameters, table.X, table.y, compiled
    )
    rng = np.random.default_rng(seed)
    state = _State(step, gather(mover.parameters))
    try:
        call_all(listeners, "on_train_begin", run)
        for _ in range(epochs):
            start, lr = time.perf_counter(), mover.lr
            order = _batches(rng, len(table.X), size, shuffle)
            numbers = {"loss": _one_epoch(state, run, table, order), "lr": lr}
            numbers |= _evaluate(state, table, scores, loss_function, held_out)
            run.history.append(numbers, time.perf_counter() - start)
            progress.show(run.epoch, numbers)
            scatter(state.theta, mover.parameters)
            call_all(listeners, "on_epoch_end", run)
            state.theta = gather(mover.parameters)
            if run.history.stopped:
                break
    except KeyboardInterrupt:
        run.history.stopped = "interrupted"
    finally:
        progress.close()
        scatter(state.theta, mover.parameters)
    call_all(listeners, "on_train_end", run)
    return run.history


# -- the loop --------------------------------------------------------------------------------


class _State:
    """The parameters as one array that is replaced by each step, never half changed."""

    def __init__(self, step: Step, theta: Floats) -> None:
        self.step, self.theta = step, theta


def _batches(rng: Any, rows: int, size: int, shuffle: bool) -> Iterator[Any]:
    if size >= rows:  # one batch: any order has the same mean, so the rows stay as they are
        yield slice(None)
        return
    order = rng.permutation(rows) if shuffle else np.arange(rows)
    for start in range(0, rows, size):
        yield order[start : start + size]


def _one_epoch(state: _State, run: Run, table: Table, batches: Iterator[Any]) -> float:
    """Take the steps of one epoch; the mean loss of its rows."""
    total = 0.0
    for number, rows in enumerate(batches, 1):
        X, y = table.X[rows], table.y[rows]
        loss, gradient = state.step(state.theta, X, y)
        if not (math.isfinite(loss) and np.isfinite(gradient).all()):
            anomaly = _first_anomaly(state, X, y)
            raise NonFiniteLossError(run.epoch + 1, number, loss, anomaly, run.history)
        moved = state.theta.copy()
        with np.errstate(all="ignore"):  # a step too far is found by its loss
            run.optimizer.update(moved, gradient)
        state.theta = moved
        total += loss * len(X)
    return total / len(table.X)


def _first_anomaly(state: _State, X: Floats, y: Floats) -> AnomalyError | None:
    step = state.step
    try:
        with detect_anomaly():
            EngineStep(step.model, step.loss, step.parameters)(state.theta, X, y)
    except AnomalyError as error:
        return error
    return None


def _evaluate(
    state: _State, table: Table, scores: Mapping[str, Any], loss: Any, held_out: Table | None
) -> dict[str, float]:
    numbers: dict[str, float] = {}
    if scores:
        numbers |= score(table.y, state.step.predict(state.theta, table.X), scores)
    if held_out is not None:
        outputs = state.step.predict(state.theta, held_out.X)
        found = score(held_out.y, outputs, {"loss": loss, **scores})
        numbers |= {f"val_{name}": x for name, x in found.items()}
    return numbers


# -- the rows --------------------------------------------------------------------------------


def _tables(
    model: Any, X: Any, y: Any, loss: str, validation: Any, seed: int
) -> tuple[Table, Table | None, int]:
    """The training rows, the validation rows, and how many outputs the model has."""
    if not is_int(seed) or seed < 0:
        raise BadArgumentError(f"seed is an int from 0, got {describe(seed)}")
    table = check_table(X, y)
    outputs = outputs_of(model, table.X[0])
    table = check_targets(table, loss, outputs)
    if validation is None:
        return table, None, outputs
    if is_number(validation):
        return *_split(table, float(validation), seed), outputs
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise WrongTypeError(
            f"validation is (X, y) or a share of the rows such as 0.2, got {describe(validation)}"
        )
    held_out = check_table(validation[0], validation[1], " of validation")
    if held_out.X.shape[1] != table.X.shape[1]:
        raise BadArgumentError(
            f"X has {table.X.shape[1]} columns, but X of validation has {held_out.X.shape[1]}"
        )
    return table, check_targets(held_out, loss, outputs, "y of validation"), outputs


def _split(table: Table, share: float, seed: int) -> tuple[Table, Table]:
    count = round(share * len(table.X))
    if not 0.0 < share < 1.0 or not 0 < count < len(table.X):
        raise BadArgumentError(
            f"validation={share:g} of {len(table.X)} rows leaves {len(table.X) - count} to train "
            f"and {count} to validate: give a share between 0 and 1 that leaves both"
        )
    order = np.random.default_rng([seed, 1]).permutation(len(table.X))
    held_out, rest = np.sort(order[:count]), np.sort(order[count:])
    return Table(table.X[rest], table.y[rest]), Table(table.X[held_out], table.y[held_out])
