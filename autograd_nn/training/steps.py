"""One step of training, without the optimiser: the loss of a batch and its gradient.

``fit`` sees only ``Step``: parameters go in as one flat array, the loss and a flat
gradient come out.  ``EngineStep`` runs the model on Values, row by row.

What is left out: what to do with the gradient (``optim``) and the order of batches
(``training``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.engine import Value
from autograd_nn.losses import LOSSES
from autograd_nn.nn.dropout import masks
from autograd_nn.parameters import gather_slopes, scatter
from autograd_nn.recording import no_grad

__all__ = ["EngineStep", "Floats", "Loss", "Step", "outputs_of_rows", "weighted_loss"]

Floats = NDArray[np.float64]
Loss = Callable[..., Any]


class Step(ABC):
    """The loss, its gradient and the predictions of a model, as functions of flat parameters.

    Args:
        model: takes one row, gives one Value or a list of them.
        loss: takes all targets and all outputs of a batch, gives one Value.
        parameters: those to differentiate, in the order of the flat array.
    """

    def __init__(self, model: Callable[..., Any], loss: Loss, parameters: Sequence[Value]) -> None:
        self.model, self.loss, self.parameters = model, loss, list(parameters)

    @abstractmethod
    def __call__(
        self,
        theta: Floats,
        X: Floats,
        y: Floats,
        weights: Floats | None = None,
        dropped: Floats | None = None,
    ) -> tuple[float, Floats]:
        """The loss of a batch, and its slope along each parameter.

        Args:
            theta: the parameters' numbers.
            X, y: the rows of the batch.
            weights: what each row's loss is multiplied by; None for 1.
            dropped: the masks of every row for the model's ``Dropout``, shape (rows, masks).
        """

    @abstractmethod
    def predict(self, theta: Floats, X: Floats) -> Floats:
        """The model's outputs: shape (rows,), or (rows, outputs) where it gives lists."""


class EngineStep(Step):
    """Through the engine: the very operations of a hand-written loop, in the same order."""

    def __call__(
        self,
        theta: Floats,
        X: Floats,
        y: Floats,
        weights: Floats | None = None,
        dropped: Floats | None = None,
    ) -> tuple[float, Floats]:
        """See ``Step``."""
        scatter(theta, self.parameters)
        for p in self.parameters:
            p.grad = 0.0
        result = weighted_loss(self.loss, y, outputs_of_rows(self.model, X, dropped), weights)
        if not isinstance(result, Value):  # a loss that no parameter reaches
            return float(result), np.zeros(len(self.parameters))
        result.backward()
        return result.data, gather_slopes(self.parameters)

    def predict(self, theta: Floats, X: Floats) -> Floats:
        """See ``Step``."""
        scatter(theta, self.parameters)
        with no_grad():
            outputs = [self.model(row) for row in X.tolist()]
        return np.array(outputs, dtype=float)


def outputs_of_rows(model: Callable[..., Any], X: Any, dropped: Any) -> list[Any]:
    """What the model gives for each row, with that row's masks."""
    if dropped is None:
        return [model(row) for row in X.tolist()]
    outputs = []
    for row, numbers in zip(X.tolist(), dropped, strict=True):
        with masks(list(numbers)):
            outputs.append(model(row))
    return outputs


def weighted_loss(loss: Loss, y: Any, outputs: Any, weights: Floats | None) -> Any:
    """The mean over rows of each row's loss times its weight.

    ``losses`` divide by the sum of the weights, so that is taken back; a loss of the user's own
    means what it says.
    """
    if weights is None:
        return loss(y, outputs)
    if loss not in LOSSES.values():
        return loss(y, outputs, sample_weight=weights)
    share = float(np.mean(weights))
    return share * loss(y, outputs, sample_weight=weights) if share > 0.0 else 0.0
