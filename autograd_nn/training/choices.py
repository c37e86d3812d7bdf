"""What ``fit`` and ``evaluate`` are asked for by name: a loss, metrics, an optimiser.

What is left out: the data (``data``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import describe, look_up, shown
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.losses import LOSSES
from autograd_nn.optim import OPTIMIZERS, Optimizer
from autograd_nn.training.metrics import accuracy, to_labels

__all__ = ["Metric", "loss_of", "optimizer_of", "parameters_of", "score", "scores_of"]

Floats = NDArray[np.float64]
Metric = str | Callable[[Any, Any], Any]


def loss_of(given: Any) -> tuple[str, Any]:
    """(name, function); the name is "" for a function of the user's own."""
    function = look_up("loss", given, LOSSES)
    return next((name for name, known in LOSSES.items() if known is function), ""), function


def parameters_of(model: Any) -> list[Value]:
    """The parameters of a model.

    Raises:
        TypeError: it is no model.
        ValueError: it has none.
    """
    if not callable(model) or not hasattr(model, "parameters"):
        raise WrongTypeError(
            f"a model is callable on a row and has parameters(), such as MLP; got {describe(model)}"
        )
    owned = list(model.parameters())
    if not owned:
        raise BadArgumentError(
            f"{type(model).__name__} has no parameters: there is nothing to train"
        )
    return owned


def optimizer_of(given: Any, owned: list[Value]) -> Optimizer:
    """The optimiser that was named, given or made.

    Raises:
        TypeError, ValueError: it is none, or holds other parameters than ``owned``.
    """
    if isinstance(given, Optimizer):
        made = given
    else:
        make = look_up("optimizer", given, OPTIMIZERS)
        made = make(owned)
        if not isinstance(made, Optimizer):
            raise WrongTypeError(f"the optimizer function gave {describe(made)}, not an Optimizer")
    known = {id(p) for p in owned}
    if any(id(p) not in known for p in made.parameters):
        raise BadArgumentError("the optimizer holds parameters that are not this model's")
    return made


def scores_of(metrics: Any, loss: str, outputs: int) -> dict[str, Any]:
    """The metrics as functions of (y, outputs) by name.

    Args:
        metrics: what was asked for.
        loss: the loss by name; "" for a function of the user's own.
        outputs: how many the model has; see ``outputs_of``.

    Raises:
        TypeError, ValueError: a metric is unknown, needs classes, or has another's name.
    """
    if isinstance(metrics, str) or callable(metrics):
        metrics = [metrics]

    def share_right(y: Floats, found: Floats) -> float:
        return accuracy(y, to_labels(found, loss))

    named: dict[str, Any] = {}
    for metric in metrics:
        function = look_up("metric", metric, {"accuracy": share_right, **LOSSES})
        if function is share_right and not (
            outputs > 1 or loss in ("hinge", "binary_cross_entropy")
        ):
            raise BadArgumentError(
                f"accuracy needs classes; with the loss {loss or 'given'!r} and one output there "
                "are none. Use binary_cross_entropy, hinge or cross_entropy"
            )
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")
        if name in named or name in ("loss", "lr"):
            raise BadArgumentError(f"two numbers of the history would be called {shown(name)}")
        named[name] = function
    return named


def score(y: Floats, outputs: Floats, scores: Mapping[str, Any]) -> dict[str, float]:
    """Every score of the outputs by name."""
    return {name: float(score(y, outputs)) for name, score in scores.items()}
