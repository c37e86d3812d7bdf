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
from autograd_nn.losses import ALIASES, LOSSES
from autograd_nn.optim import OPTIMIZERS, Optimizer
from autograd_nn.training import metrics as known
from autograd_nn.training.compiled import is_by_row

__all__ = [
    "UPWARDS",
    "Metric",
    "is_mean",
    "loss_of",
    "optimizer_of",
    "parameters_of",
    "score",
    "scores_of",
]

Floats = NDArray[np.float64]
Metric = str | Callable[[Any, Any], Any]


_NAMED_LOSSES = LOSSES | {short: LOSSES[name] for short, name in ALIASES.items()}
#: Metrics of labels, of which there are none in a regression.
_OF_LABELS = {
    "accuracy": known.accuracy,
    "acc": known.accuracy,
    "precision": known.precision,
    "recall": known.recall,
    "f1": known.f1,
}
_OF_OUTPUTS = {
    "roc_auc": known.roc_auc,
    "auc": known.roc_auc,
    "top_k_accuracy": known.top_k_accuracy,
    "r2": known.r2,
}
#: Of which more is better, by name; of everything else less is.
UPWARDS = (*_OF_LABELS, *_OF_OUTPUTS)


def loss_of(given: Any) -> tuple[str, Any]:
    """(name, function); the name is "" for a function of the user's own."""
    function = look_up("loss", given, _NAMED_LOSSES)
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


def optimizer_of(given: Any, owned: list[Value], lr: float | None = None) -> Optimizer:
    """The optimiser that was named, given or made.

    Args:
        given: what ``fit`` takes as ``optimizer``.
        owned: the model's parameters.
        lr: the rate of an optimiser given by name; None for its own default.

    Raises:
        TypeError, ValueError: it is none, or holds other parameters than ``owned``, or has a
            rate already.
    """
    if lr is not None and not isinstance(given, str):
        raise BadArgumentError(
            f"lr={lr} is for an optimizer given by name; this one has its own: set it there"
        )
    if isinstance(given, Optimizer):
        made = given
    else:
        name = given.lower() if isinstance(given, str) else given
        make = look_up("optimizer", name, OPTIMIZERS)
        if name == "lbfgs" and lr is not None:
            raise BadArgumentError("lbfgs finds the length of its steps itself: leave lr out")
        made = make(owned) if lr is None else make(owned, lr=lr)
        if not isinstance(made, Optimizer):
            raise WrongTypeError(f"the optimizer function gave {describe(made)}, not an Optimizer")
    own = {id(p) for p in owned}
    if any(id(p) not in own for p in made.parameters):
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

    of_labels = {name: _OnLabels(score, loss) for name, score in _OF_LABELS.items()}
    table = {**of_labels, **_OF_OUTPUTS, **_NAMED_LOSSES}
    named: dict[str, Any] = {}
    for metric in metrics:
        function = look_up("metric", metric, table)
        if function in of_labels.values() and not (
            outputs > 1 or loss in ("hinge", "binary_cross_entropy")
        ):
            raise BadArgumentError(
                f"{metric} needs classes; with the loss {loss or 'given'!r} and one output there "
                "are none. Use binary_cross_entropy, hinge or cross_entropy"
            )
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")
        if name in named or name in ("loss", "lr"):
            raise BadArgumentError(f"two numbers of the history would be called {shown(name)}")
        named[name] = function
    return named


class _OnLabels:
    """A score of labels as one of outputs."""

    def __init__(self, score: Any, loss: str) -> None:
        self.score, self.loss = score, loss

    def __call__(self, y: Any, outputs: Any) -> float:
        return float(self.score(y, known.to_labels(outputs, self.loss)))


def is_mean(score: Any) -> bool:
    """Whether a score of ``scores_of``, or a loss, is a mean over rows."""
    if isinstance(score, _OnLabels):
        return score.score is known.accuracy
    return score is known.top_k_accuracy or is_by_row(score)


def score(y: Floats, outputs: Floats, scores: Mapping[str, Any]) -> dict[str, float]:
    """Every score of the outputs by name."""
    return {name: float(score(y, outputs)) for name, score in scores.items()}
