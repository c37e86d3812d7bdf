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
from autograd_nn.functions import add_up, maximum
from autograd_nn.jit import jit
from autograd_nn.nn.dropout import masks
from autograd_nn.parameters import gather, scatter
from autograd_nn.training.data import outputs_of
from autograd_nn.training.steps import EngineStep, Loss, Step

__all__ = [
    "FallbackStep",
    "JitStep",
    "Parameters",
    "Recorded",
    "is_by_row",
    "make_step",
    "refusals",
]

Floats = NDArray[np.float64]

#: The losses that are means over rows and outputs, as what one output adds.  The checks of
#: labels that ``losses`` makes would be guards here; ``data`` has made them already.
_TERMS: dict[Loss, Callable[[Any, Any], Any]] = {
    losses.mean_squared_error: lambda t, p: (p - t) ** 2,
    losses.mean_absolute_error: lambda t, p: abs(p - t),
    losses.mean_absolute_percentage_error: losses.absolute_percentage_error,
    losses.huber: losses.huber_term,
    losses.hinge: losses.hinge_term,
    losses.binary_cross_entropy: losses.binary_cross_entropy_term,
}
#: Those of a class and a row of outputs; the target is 1 for the true class, 0 for the others.
_BY_CLASS: dict[Loss, Callable[[Any, Any], Any]] = {
    losses.cross_entropy: lambda ts, row: _logsumexp(row) - functions.dot(ts, row),
    losses.negative_log_likelihood: lambda ts, row: -functions.dot(ts, row),
}


def is_by_row(loss: Any) -> bool:
    """Whether a loss is a mean over rows, of which each can be computed by itself."""
    return loss in _TERMS or loss in _BY_CLASS or loss is losses.kl_divergence


def _logsumexp(xs: list[Any]) -> Any:
    """As ``functions.logsumexp``; its slope does not depend on the shift, so none is passed on."""
    shift = reduce(maximum, xs).detach()
    return shift + functions.log(add_up([functions.exp(x - shift) for x in xs]))


class Parameters:
    """What the jit differentiates along: something that has ``parameters()``."""

    def __init__(self, parameters: list[Value]) -> None:
        self._parameters = parameters

    def parameters(self) -> list[Value]:
        return self._parameters


class Recorded:
    """What the jit records: methods of an object that holds the model and the loss alone.

    The jit looks at each call whether what these refer to is still the same, so that a flag that
    a callback sets is heard of; what else a step holds need not be looked at.
    """

    def __init__(self, model: Callable[..., Any], loss: Loss) -> None:
        self.model, self.loss = model, loss

    def outputs(self, x: Any) -> Any:
        return self.model(list(x))

    def batch(self, X: Any, y: Any) -> Any:
        return self.loss(y, [self.model(list(row)) for row in X])

    def row(self, x: Any, t: Any) -> Any:
        out = self.model(list(x))
        outputs = [out] if isinstance(out, Value) else list(out)
        if self.loss in _BY_CLASS:
            return _BY_CLASS[self.loss](list(t), outputs)
        targets = [t] if isinstance(t, Value) else list(t)
        if self.loss is losses.kl_divergence:
            pairs = zip(targets, outputs, strict=True)
            return add_up([losses.divergence_term(a, b) for a, b in pairs])
        term = _TERMS[self.loss]
        return add_up([term(a, b) for a, b in zip(targets, outputs, strict=True)]) / len(outputs)

    def weighted_row(self, x: Any, t: Any, weight: Any) -> Any:
        return weight * self.row(x, t)

    def dropped_row(self, x: Any, t: Any, dropped: Any) -> Any:
        with masks(list(dropped)):
            return self.row(x, t)

    def weighted_dropped_row(self, x: Any, t: Any, weight: Any, dropped: Any) -> Any:
        return weight * self.dropped_row(x, t, dropped)

    def predictor(self) -> Any:
        """The jitted outputs of a row."""
        return jit(self.outputs, rows="x", reduce=None)

    def program(self, weighted: bool, drops: bool) -> Any:
        """The jitted loss of a row that takes a weight, or masks, or neither."""
        if drops and weighted:
            return jit(self.weighted_dropped_row, rows=("x", "t", "weight", "dropped"))
        if drops:
            return jit(self.dropped_row, rows=("x", "t", "dropped"))
        if weighted:
            return jit(self.weighted_row, rows=("x", "t", "weight"))
        return jit(self.row, rows=("x", "t"))


class JitStep(Step):
    """Through the jit; see ``Step`` and the module's docstring.

    Args:
        X, y: the data that it is tried on; no y for a step that will only predict.
        dropped: the masks of its first row, for a model that drops.
        weighted: whether rows will have weights.

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
        dropped: Floats | None = None,
        weighted: bool = False,
    ) -> None:
        super().__init__(model, loss, parameters)
        self.engine = EngineStep(model, loss, parameters)
        self._owner = Parameters(self.parameters)
        self._recorded = Recorded(model, loss)
        self._predictor = self._recorded.predictor()
        self._by_row = is_by_row(loss)
        if not self._by_row and (weighted or dropped is not None):
            raise CannotCompileError(
                "weights of rows and Dropout are compiled for losses that are means of rows"
            )
        self._programs: dict[tuple[bool, bool], Any] = {}
        self._outputs_per_row = outputs_of(self.model, X[0])
        if y is not None and self._by_row:  # what it refuses, it refuses before anything is changed
            self(gather(self.parameters), X[:1], y[:1], None, dropped)

    def _program(self, weighted: bool, drops: bool) -> Any:
        """The jitted loss that takes weights, or masks, or neither: recorded when first used."""
        if (weighted, drops) not in self._programs:
            recorded = self._recorded
            self._programs[weighted, drops] = (
                recorded.program(weighted, drops)
                if self._by_row
                else jit(recorded.batch, background=False)  # a run goes on to the same bits
            )
        return self._programs[weighted, drops]

    def __call__(
        self,
        theta: Floats,
        X: Floats,
        y: Floats,
        weights: Floats | None = None,
        dropped: Floats | None = None,
    ) -> tuple[float, Floats]:
        """See ``Step``."""
        if self.loss in _BY_CLASS:
            y = np.equal.outer(y, np.arange(self._outputs_per_row)).astype(float)
        extra = [given for given in (weights, dropped) if given is not None]
        program = self._program(weights is not None, dropped is not None)
        with refusals():
            loss, gradient = program.value_and_grad(X, y, *extra, argnums=self._owner, vector=theta)
        return float(loss), np.asarray(gradient)

    def predict(self, theta: Floats, X: Floats) -> Floats:
        """See ``Step``."""
        scatter(theta, self.parameters)
        with refusals():
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

    def __call__(
        self,
        theta: Floats,
        X: Floats,
        y: Floats,
        weights: Floats | None = None,
        dropped: Floats | None = None,
    ) -> tuple[float, Floats]:
        """See ``Step``."""
        try:
            return self._step(theta, X, y, weights, dropped)
        except CannotCompileError:
            self._step = self._engine
            return self._step(theta, X, y, weights, dropped)

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
    dropped: Floats | None = None,
    weighted: bool = False,
) -> tuple[Step, str]:
    """The fastest step that can run this model.

    Args:
        model, loss, parameters: see ``Step``.
        X, y: data to try it on; no y for a step that will only predict.
        compiled: whether the jit may be used.
        dropped, weighted: see ``JitStep``.

    Returns:
        The step, and why it is not a compiled one; "" if it is.
    """
    if not compiled:
        return EngineStep(model, loss, parameters), "compiled=False"
    try:
        jitted = JitStep(model, loss, parameters, X, y, dropped, weighted)
    except CannotCompileError as error:
        return EngineStep(model, loss, parameters), str(error)
    return FallbackStep(jitted), ""


@contextmanager
def refusals() -> Iterator[None]:
    """What the jit refuses, or warns that it will do slowly, as ``CannotCompileError``."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", JitWarning)
        try:
            yield
        except (TraceError, JitWarning) as error:
            raise CannotCompileError(str(error)) from error
