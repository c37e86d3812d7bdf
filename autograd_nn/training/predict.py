"""``predict``, ``predict_proba`` and ``evaluate``: what a model says of rows, how far off it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import is_dask, shown
from autograd_nn.errors import BadArgumentError
from autograd_nn.jit.blocks import Cluster
from autograd_nn.losses import LOSSES
from autograd_nn.nn.modes import Modes
from autograd_nn.parameters import gather
from autograd_nn.training.blocks import BlockTable, evaluated, lazy_outputs
from autograd_nn.training.choices import Metric, loss_of, parameters_of, score, scores_of
from autograd_nn.training.compiled import make_step
from autograd_nn.training.data import check_inputs, check_table, check_targets, encode, outputs_of

__all__ = ["evaluate", "predict", "predict_proba"]

Floats = NDArray[np.float64]
_FEW_ROWS = 32
_TEXT = "y is text: say which class each output stands for, classes=history.classes"


def predict(model: Any, X: Any, *, compiled: bool = True, client: Any = None) -> Any:
    """The model's outputs for each row, nothing dropped at random.

    Args:
        model, X: as for ``fit``.
        compiled: through the jit where it can run the model.
        client: as for ``fit``.

    Returns:
        Shape (rows,), or (rows, outputs) where the model gives lists; of an array or a dataframe
        of Dask an array of Dask, which is computed when it is asked for.  For labels, see
        ``to_labels``; for probabilities ``predict_proba``.

    Raises:
        TypeError, ValueError: ``X`` is no table of finite numbers, or does not fit the model.

    >>> from autograd_nn import MLP
    >>> predict(MLP(2, [3], seed=0), [[0.0, 0.0]]).shape
    (1, 3)
    """
    owned = parameters_of(model)
    if is_dask(X):
        with Modes(model).set(training=False):
            return lazy_outputs(model, X, compiled, client)
    rows = check_inputs(X)
    with Modes(model).set(training=False):
        outputs_of(model, rows[0])
        # Recording costs about as much as a few dozen rows through the engine.
        compiled = compiled and len(rows) >= _FEW_ROWS
        step, _ = make_step(model, LOSSES["mean_squared_error"], owned, rows, None, compiled)
        return step.predict(gather(owned), rows)


def predict_proba(
    model: Any,
    X: Any,
    *,
    loss: str = "cross_entropy",
    compiled: bool = True,
    client: Any = None,
) -> Any:
    """The probability of each class, shape (rows, classes), in the order of the classes.

    Args:
        model, X, compiled, client: see ``predict``.
        loss: the one that the model was trained with, by name: ``cross_entropy`` (logits of
            classes), ``negative_log_likelihood`` (log-probabilities) or ``binary_cross_entropy``
            (a logit of 1 against 0, which gives two columns).

    Returns:
        Shape (rows, classes); each row adds up to 1.

    Raises:
        TypeError, ValueError: see ``predict``; or the loss or the outputs name no classes.

    >>> from autograd_nn import MLP
    >>> predict_proba(MLP(2, [3], seed=0), [[0.0, 0.0]]).round(3).tolist()
    [[0.333, 0.333, 0.333]]
    """
    name, _ = loss_of(loss)
    found = predict(model, X, compiled=compiled, client=client)
    if name == "binary_cross_entropy" and (found.ndim == 1 or found.shape[1] == 1):
        logits = found.reshape(-1)
        found = np.stack([np.zeros_like(logits), logits], axis=1)
    elif name not in ("cross_entropy", "negative_log_likelihood") or found.ndim != 2:
        raise BadArgumentError(
            f"outputs of shape {found.shape} and the loss {shown(loss)} name no classes; give "
            "cross_entropy (one output per class) or binary_cross_entropy (one output)"
        )
    powers = np.exp(found - found.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def evaluate(
    model: Any,
    X: Any,
    y: Any,
    *,
    loss: str | Callable[[Any, Any], Any] = "mean_squared_error",
    metrics: Sequence[Metric] = (),
    classes: Sequence[Any] | None = None,
    compiled: bool = True,
    client: Any = None,
) -> dict[str, float]:
    """The loss and the metrics of a model on data, by name.

    Of arrays of Dask the means over rows are added up block by block, and what other metrics need,
    a few numbers for each row, comes to this process.

    Args:
        model, X, y, loss, metrics, compiled, client: as for ``fit``.
        classes: needed for labels that are text: those of its history, ``history.classes``.

    Returns:
        ``loss`` and each metric by its name.

    Raises:
        TypeError, ValueError: as for ``fit``.

    >>> from autograd_nn import MLP
    >>> model = MLP(1, [1], seed=0)
    >>> for p in model.parameters():
    ...     p.data = 1.0
    >>> evaluate(model, [[1.0], [2.0]], [2.0, 5.0], metrics=["mae"])
    {'loss': 2.0, 'mae': 1.0}
    """
    loss_name, loss_function = loss_of(loss)
    parameters_of(model)
    if is_dask(X) or is_dask(y):
        return _evaluate_blocks(
            model, X, y, loss_name, loss_function, metrics, classes, compiled, Cluster(client)
        )
    y, known = encode(y, loss_name, classes)
    if known and classes is None:
        raise BadArgumentError(_TEXT)
    table = check_table(X, y)
    with Modes(model).set(training=False):
        outputs = outputs_of(model, table.X[0])
    table = check_targets(table, loss_name, outputs)
    scores = scores_of(metrics, loss_name, outputs)
    found = predict(model, table.X, compiled=compiled)
    return score(table.y, found, {"loss": loss_function, **scores})


def _evaluate_blocks(
    model: Any,
    X: Any,
    y: Any,
    loss_name: str,
    loss: Any,
    metrics: Sequence[Metric],
    classes: Sequence[Any] | None,
    compiled: bool,
    cluster: Cluster,
) -> dict[str, float]:
    with Modes(model).set(training=False):
        table = BlockTable.of(X, y, model, loss_name, cluster, classes=classes)
        if table.reading.classes and classes is None:
            raise BadArgumentError(_TEXT)
        table.check()
        scores = scores_of(metrics, loss_name, table.reading.outputs)
        return evaluated(model, table, {"loss": loss, **scores}, compiled)
