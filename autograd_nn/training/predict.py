"""``predict`` and ``evaluate``: what a model says of rows, and how far off it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.losses import LOSSES
from autograd_nn.parameters import gather
from autograd_nn.training.choices import Metric, loss_of, parameters_of, score, scores_of
from autograd_nn.training.compiled import make_step
from autograd_nn.training.data import check_inputs, check_table, check_targets, outputs_of

__all__ = ["evaluate", "predict"]

Floats = NDArray[np.float64]
_FEW_ROWS = 32


def predict(model: Any, X: Any, *, compiled: bool = True) -> Floats:
    """The model's outputs for each row.

    Args:
        model: as for ``fit``.
        X: shape (rows, columns).
        compiled: through the jit where it can run the model.

    Returns:
        Shape (rows,), or (rows, outputs) where the model gives lists.  For labels, see
        ``to_labels``.

    Raises:
        TypeError, ValueError: ``X`` is no table of finite numbers, or does not fit the model.
    """
    rows = check_inputs(X)
    owned = parameters_of(model)
    outputs_of(model, rows[0])
    # Recording costs about as much as a few dozen rows through the engine.
    compiled = compiled and len(rows) >= _FEW_ROWS
    step, _ = make_step(model, LOSSES["mean_squared_error"], owned, rows, None, compiled)
    return step.predict(gather(owned), rows)


def evaluate(
    model: Any,
    X: Any,
    y: Any,
    *,
    loss: str | Callable[[Any, Any], Any] = "mean_squared_error",
    metrics: Sequence[Metric] = (),
    compiled: bool = True,
) -> dict[str, float]:
    """The loss and the metrics of a model on data, by name.

    Args and errors are those of ``fit``.

    >>> from autograd_nn import MLP
    >>> model = MLP(1, [1], seed=0)
    >>> for p in model.parameters():
    ...     p.data = 1.0
    >>> evaluate(model, [[1.0], [2.0]], [2.0, 5.0], metrics=["mean_absolute_error"])
    {'loss': 2.0, 'mean_absolute_error': 1.0}
    """
    loss_name, loss_function = loss_of(loss)
    parameters_of(model)
    table = check_table(X, y)
    outputs = outputs_of(model, table.X[0])
    table = check_targets(table, loss_name, outputs)
    scores = scores_of(metrics, loss_name, outputs)
    found = predict(model, table.X, compiled=compiled)
    return score(table.y, found, {"loss": loss_function, **scores})
