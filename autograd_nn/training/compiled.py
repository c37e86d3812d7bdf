"""One step of training through the jit, and the way back to the engine where it cannot.

A loss that is a mean over rows is recorded for one row and runs on batches of any size.
Another loss, such as one of the user's own, is recorded for a whole batch.

What a model does with its numbers outside the graph, such as an index, holds for the rows that
do the same; the others are recorded apart.

What is left out: recording and running (``jit``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn import functions, losses
from autograd_nn.engine import Value
from autograd_nn.errors import CannotCompileError, JitWarning, TraceError
from autograd_nn.functions import add_up, maximum, softplus
from autograd_nn.jit import jit
from autograd_nn.parameters import gather, scatter
from autograd_nn.training.data import outputs_of
from autograd_nn.training.steps import EngineStep, Loss, Step

__all__ = ["FallbackStep", "JitStep", "make_step"]

Floats = NDArray[np.float64]

_TINY = float(np.finfo(float).eps)


#: The losses that are means over rows and outputs, as what one output adds.  The checks of
#: labels that ``losses`` makes would be guards here; ``data`` has made them already.
_TERMS: dict[Loss, Callable[[Any, Any], Any]] = {
    losses.mean_squared_error: lambda t, p: (p - t) ** 2,
    losses.mean_absolute_error: lambda t, p: abs(p - t),
    losses.mean_absolute_percentage_error: lambda t, p: abs(p - t) / maximum(abs(t), _TINY),
    losses.hinge: lambda t, p: functions.relu(1.0 - t * p),
    losses.binary_cross_entropy: lambda t, p: softplus(p) - t * p,
}


def _logsumexp(xs: list[Any]) -> Any:
    """As ``functions.logsumexp``; its slope does not depend on the shift, so none is passed on."""
    shift = reduce(maximum, xs).detach()
    return shift + functions.log(add_up([functions.exp(x - shift) for x in xs]))


class _Parameters:
    """What the jit differentiates along: something that has ``parameters()``."""

    def __init__(self, parameters: list[Value]) -> None:
        self._parameters = parameters

    def parameters(self) -> list[Value]:
        return self._parameters


class JitStep(Step):
    """Through the jit; see ``Step`` and the module's docstring.

    Args:
        X, y: the data that it is tried on; no y for a step that will only predict.

    Raises:
        CannotCompileError: when made or called.
    """

    def __init__(
        self,
        model: Callable[..., Any],
        loss: Loss,
        parameters: Sequence[Value],
        X: Floats,
        y: Floats | None,
    ) -> None:
        super().__init__(model, loss, parameters)
        self.engine = EngineStep(model, loss, parameters)
        self._owner = _Parameters(self.parameters)
        self._predictor = jit(self._outputs, rows="x", reduce=None)
        by_row = loss in _TERMS or loss is losses.cross_entropy
        rows = ("x", "t") if by_row else ()
        self._program = jit(self._loss_of_row if by_row else self._loss_of_batch, rows=rows)
        self._outputs_per_row = outputs_of(self.model, X[0])
        if y is not None and by_row:  # what it refuses, it refuses before anything is changed
            self(gather(self.parameters), X[:1], y[:1])

    def _outputs(self, x: Any) -> Any:
        return self.model(list(x))

    def _loss_of_row(self, x: Any, t: Any) -> Any:
        out = self.model(list(x))
        outputs = [out] if isinstance(out, Value) else list(out)
        if self.loss is losses.cross_entropy:  # t is 1 for the true class, 0 for the others
            return _logsumexp(outputs) - functions.dot(list(t), outputs)
        term = _TERMS[self.loss]
        targets = [t] if isinstance(t, Value) else list(t)
        return add_up([term(a, b) for a, b in zip(targets, outputs, strict=True)]) / len(outputs)

    def _loss_of_batch(self, X: Any, y: Any) -> Any:
        return self.loss(y, [self.model(list(row)) for row in X])

    def __call__(self, theta: Floats, X: Floats, y: Floats) -> tuple[float, Floats]:
        """See ``Step``."""
        if self.loss is losses.cross_entropy:
            y = np.equal.outer(y, np.arange(self._outputs_per_row)).astype(float)
        with _refusals():
            loss, gradient = self._program.value_and_grad(X, y, argnums=self._owner, vector=theta)
        return float(loss), np.asarray(gradient)

    def predict(self, theta: Floats, X: Floats) -> Floats:
        """See ``Step``."""
        scatter(theta, self.parameters)
        with _refusals():
            outputs = self._predictor(X)
        return np.stack(outputs, axis=1) if isinstance(outputs, (list, tuple)) else outputs


class FallbackStep(Step):
    """A compiled step that goes on through the engine as soon as the jit refuses.

    A refusal comes before anything is changed, so the same batch is simply done again.
    """

    def __init__(self, jitted: JitStep) -> None:
        super().__init__(jitted.model, jitted.loss, jitted.parameters)
        self._step: Step = jitted
        self._engine = jitted.engine

    def __call__(self, theta: Floats, X: Floats, y: Floats) -> tuple[float, Floats]:
        """See ``Step``."""
        try:
            return self._step(theta, X, y)
        except CannotCompileError:
            self._step = self._engine
            return self._step(theta, X, y)

    def predict(self, theta: Floats, X: Floats) -> Floats:
        """See ``Step``."""
        try:
            return self._step.predict(theta, X)
        except CannotCompileError:
            self._step = self._engine
            return self._step.predict(theta, X)


def make_step(
    model: Callable[..., Any],
    loss: Loss,
    parameters: Sequence[Value],
    X: Floats,
    y: Floats | None,
    compiled: bool,
) -> tuple[Step, str]:
    """The fastest step that can run this model.

    Args:
        model, loss, parameters: see ``Step``.
        X, y: data to try it on; no y for a step that will only predict.
        compiled: whether the jit may be used.

    Returns:
        The step, and why it is not a compiled one; "" if it is.
    """
    if not compiled:
        return EngineStep(model, loss, parameters), "compiled=False"
    try:
        jitted = JitStep(model, loss, parameters, X, y)
    except CannotCompileError as error:
        return EngineStep(model, loss, parameters), str(error)
    return FallbackStep(jitted), ""


@contextmanager
def _refusals() -> Iterator[None]:
    """What the jit refuses, or warns that it will do slowly, as ``CannotCompileError``."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", JitWarning)
        try:
            yield
        except (TraceError, JitWarning) as error:
            raise CannotCompileError(str(error)) from error
