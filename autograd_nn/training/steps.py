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
from autograd_nn.parameters import gather_slopes, scatter
from autograd_nn.recording import no_grad

__all__ = ["EngineStep", "Floats", "Loss", "Step"]

Floats = NDArray[np.float64]
Loss = Callable[[Any, Any], Any]


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
    def __call__(self, theta: Floats, X: Floats, y: Floats) -> tuple[float, Floats]:
        """The loss of a batch, and its slope along each parameter."""

    @abstractmethod
    def predict(self, theta: Floats, X: Floats) -> Floats:
        """The model's outputs: shape (rows,), or (rows, outputs) where it gives lists."""


class EngineStep(Step):
    """Through the engine: the very operations of a hand-written loop, in the same order."""

    def __call__(self, theta: Floats, X: Floats, y: Floats) -> tuple[float, Floats]:
        """See ``Step``."""
        scatter(theta, self.parameters)
        for p in self.parameters:
            p.grad = 0.0
        result = self.loss(y, [self.model(row) for row in X.tolist()])
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
