"""``fit``: what training is asked for, checked before the first step; the loop is in ``loop``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from autograd_nn.checks import describe, is_dask, is_int, positive_int
from autograd_nn.conversion import is_number
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nn.dropout import wanted_masks
from autograd_nn.nn.modes import Modes
from autograd_nn.optim import LBFGS
from autograd_nn.optim.optimizers import OptimizerLike
from autograd_nn.recording import no_grad
from autograd_nn.training.callbacks import Run, check_callbacks
from autograd_nn.training.checkpoint import Checkpoint
from autograd_nn.training.choices import Metric, loss_of, optimizer_of, parameters_of, scores_of
from autograd_nn.training.data import pairs_of
from autograd_nn.training.history import History
from autograd_nn.training.loop import Pull
from autograd_nn.training.progress import Progress
from autograd_nn.training.sources import source_of

__all__ = ["fit"]


def fit(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    loss: str | Callable[..., Any] = "mean_squared_error",
    optimizer: OptimizerLike = "adam",
    lr: float | None = None,
    epochs: int,
    batch_size: int | None = None,
    validation_split: float | None = None,
    validation_data: tuple[Any, Any] | None = None,
    metrics: Sequence[Metric] = (),
    class_weight: Any = None,
    sample_weight: Any = None,
    l1: float = 0.0,
    l2: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    shuffle: bool = True,
    seed: int = 0,
    callbacks: Any = (),
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    verbose: int = 1,
    compiled: bool = True,
    client: Any = None,
) -> History:
    """Train a model.

    Args:
        model: takes one row (a list of numbers), gives a Value or a list of Values; has
            ``parameters()``.
        X: inputs, shape (rows, columns) or with more axes: an array, lists, a frame of pandas or
            polars, an iterator of rows; or, without ``y``, an iterator of pairs (X, y).
        y: targets, shape (rows,), or (rows, outputs) for a model that gives lists; for losses of
            classes they may be text.
        loss: a name of ``losses.LOSSES`` or ``losses.ALIASES`` (``"mse"``), or a function
            ``(y_true, y_pred)`` of a batch.
        optimizer: ``"sgd"``, ``"adam"``, ``"adamw"``, ``"rmsprop"``, ``"adagrad"`` with PyTorch's
            settings, or ``"lbfgs"``; an optimiser that holds the model's parameters; or a function
            that makes one from them.
        lr: the learning rate of an optimiser given by name.
        epochs: how often to go through all rows.
        batch_size: rows per step; by default all of them.
        validation_split: the share of rows to set aside, drawn by the seed, and to evaluate after
            each epoch.
        validation_data: (X, y) to evaluate after each epoch instead.
        metrics: ``"accuracy"``, ``"precision"``, ``"recall"``, ``"f1"``, ``"roc_auc"``, ``"r2"``,
            ``"top_k_accuracy"``, names of losses, or functions ``(y_true, outputs)``; evaluated
            after each epoch on all training rows and on the validation rows.
        class_weight: a number for each class by its label, or ``"balanced"``.
        sample_weight: a number for each row.  The loss of each row is multiplied by these weights,
            and the batch's loss is the mean of that, as in Keras.
        l1, l2: times the sum of the sizes, or squares, of all parameters is added to the loss.
        clip_norm, clip_value: the greatest norm of a step's gradient, the greatest slope.
        shuffle: another order of rows in each epoch; without batches there is none to change.
        seed: of that order, of the rows set aside, and of what ``Dropout`` drops.
        callbacks: see ``callbacks``; learning-rate schedules may stand among them.
        checkpoint: a file that is replaced after each epoch by the state of the training.
        resume: go on from that file where there is one, to the same numbers, bit for bit, as if
            nothing had come between; give everything else as before (``epochs`` may grow).
        verbose: 0 for silence, 1 for a progress bar, or a line per epoch without a terminal; 2
            for lines everywhere.
        compiled: train through the jit where it can run the model, with the same numbers to
            1e-9; False for the engine, whose numbers are those of a loop written by hand.
        client: with arrays or dataframes of Dask for ``X`` and ``y``, the ``distributed.Client``
            whose workers compute; by default that of the context.  The rows stay where they are;
            batches are of rows from a few blocks, shuffled within them; see docs/beyond_dask.md.

    Returns:
        The history: ``loss`` (the mean over the epoch's steps), ``lr``, each metric, and
        ``val_loss`` and ``val_...``.  Ctrl-C ends training after the epoch, and returns the
        history; pressed twice, after the step.

    Raises:
        TypeError, ValueError: something does not fit; the model is then as it was.
        NonFiniteLossError: a nan or infinity; says the epoch, the batch and the operation.
        ModelFileError: the checkpoint is damaged or of another training.
        ClusterError: the workers were lost; the model has the parameters of the last whole step.

    >>> from autograd_nn import MLP
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["no", "yes", "yes", "no"]
    >>> model = MLP(2, [8, 1], activation="tanh", seed=0)
    >>> history = fit(model, X, y, loss="bce", metrics=["acc"], optimizer="sgd", lr=1.0,
    ...               epochs=100, verbose=0)
    >>> history["acc"][-1], history.classes
    (1.0, ['no', 'yes'])
    """
    positive_int("epochs", epochs)
    if not is_int(seed) or seed < 0:
        raise BadArgumentError(f"seed is an int from 0, got {describe(seed)}")
    loss_name, loss_function = loss_of(loss)
    owned = parameters_of(model)
    X, y = pairs_of(X) if y is None and not is_dask(X) else (X, y)
    modes = Modes(model)
    rows = source_of(
        model, modes, loss_name, X, y, class_weight, sample_weight, validation_split,
        validation_data, seed, checkpoint is not None, client,
    )  # fmt: skip
    table = rows.table
    size = table.rows if batch_size is None else positive_int("batch_size", batch_size)
    scores = scores_of(metrics, loss_name, rows.outputs)
    listeners = check_callbacks(callbacks)
    pull = _pull(l1, l2, clip_norm, clip_value)
    mover = optimizer_of(optimizer, owned, lr)
    if isinstance(mover, LBFGS) and (size < table.rows or checkpoint is not None):
        raise BadArgumentError(
            "LBFGS takes all rows at once, and what it has learned of the curvature is SciPy's "
            "own: leave out batch_size and checkpoint"
        )
    run = Run(model, mover, epochs)
    run.history.classes = rows.classes
    file = None
    if checkpoint is not None:
        settings = {
            "loss": loss_name, "optimizer": type(mover).__name__, "batch_size": size,
            "shuffle": bool(shuffle), "seed": int(seed), "parameters": len(owned),
            "metrics": list(scores), "pull": list(vars(pull).values()),
        }  # fmt: skip
        file = Checkpoint(checkpoint, rows.fingerprint(settings))
    elif resume:
        raise BadArgumentError("resume=True needs the file to go on from: checkpoint='run.npz'")
    with modes.set(training=True), no_grad():
        drops = wanted_masks(model, rows.first())
    progress = Progress(epochs, verbose)
    with modes.set(training=True):
        step, run.history.not_compiled = rows.step(loss_function, mover.parameters, compiled, drops)
    loop = rows.loop(
        step, run, table, rows.held_out, loss=loss_function, scores=scores, listeners=listeners,
        pull=pull, batch_size=size, shuffle=shuffle, seed=seed, drops=drops, modes=modes,
        checkpoint=file, progress=progress,
    )  # fmt: skip
    loop.train(resume)
    return run.history


def _pull(l1: Any, l2: Any, clip_norm: Any, clip_value: Any) -> Pull:
    given = {"l1": l1, "l2": l2, "clip_norm": clip_norm, "clip_value": clip_value}
    for name, x in given.items():
        if x is None and name.startswith("clip"):
            continue
        if isinstance(x, bool) or not is_number(x):
            raise WrongTypeError(f"{name} is a number, got {describe(x)}")
        if not 0.0 <= x < float("inf"):
            raise BadArgumentError(f"{name} is finite and at least 0, got {x}")
    return Pull(*given.values())
