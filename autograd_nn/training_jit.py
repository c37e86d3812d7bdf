"""One step of training through the jit, and the way back to the engine where it cannot.

A loss that is a mean over rows is recorded for one row and runs on batches of any size.
Another loss, such as one of the user's own, is recorded for a whole batch.

A recording holds what the model did with the numbers of one batch.  A model that takes
a number out of the graph, as an index does (``table[int(x[0])]``), would be replayed
wrongly, so a recording is compared with the engine on other rows before it is trusted.

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
from autograd_nn.functions import add_up, maximum, softplus
from autograd_nn.jit import JitWarning, TraceError, jit
from autograd_nn.nn import Module
from autograd_nn.training_data import outputs_of
from autograd_nn.training_steps import EngineStep, Loss, Step, gather, scatter

__all__ = ["CannotCompileError", "FallbackStep", "JitStep"]

Floats = NDArray[np.float64]

_SAMPLE = 4  # rows on which a recording of one row is compared with the engine
_BATCHES = 2  # batches on which a recording of a batch is
_TINY = float(np.finfo(float).eps)


class CannotCompileError(Exception):
    """The jit cannot run this model, or not rightly; the message says why."""


#: The losses that are means over rows and outputs, as what one output adds.  The checks of
#: labels that ``losses`` makes would be guards here; ``training_data`` has made them already.
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


class _Places:
    """Where a model holds its parameters, so that a recording can put its own Values there.

    The flat array of parameters is then an argument like any other, which the jit reads and
    differentiates without looking at single Values.

    Attributes:
        complete: whether every parameter was found in an attribute, list, dict or array.
    """

    def __init__(self, model: Any, parameters: list[Value]) -> None:
        self._number = {id(p): k for k, p in enumerate(parameters)}
        self._held = parameters
        self._places: list[tuple[Any, Any, int]] = []
        self._find(model, set())
        self.complete = len({k for _, _, k in self._places}) == len(parameters)

    def _find(self, part: Any, seen: set[int]) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        holder, keys = part, []
        if isinstance(part, Module):
            holder = vars(part)
        if isinstance(holder, dict):
            keys = list(holder)
        elif isinstance(holder, list):
            keys = list(range(len(holder)))
        elif isinstance(holder, np.ndarray) and holder.dtype == object:
            keys = list(np.ndindex(holder.shape))
        elif isinstance(holder, tuple):  # its Values stay, but parts in it can be changed
            for item in holder:
                self._find(item, seen)
        for key in keys:
            item = holder[key]
            if id(item) in self._number:
                self._places.append((holder, key, self._number[id(item)]))
            else:
                self._find(item, seen)

    @contextmanager
    def filled(self, values: Any) -> Iterator[None]:
        """Put other Values in the parameters' places, and the parameters back at the end."""
        try:
            for holder, key, k in self._places:
                holder[key] = values[k]
            yield
        finally:
            for holder, key, k in self._places:
                holder[key] = self._held[k]


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
        self._predictor_checked = False
        self._by_row = loss in _TERMS or loss is losses.cross_entropy
        self._unchecked = 0 if self._by_row else _BATCHES
        self._places = _Places(model, self.parameters)
        self._explicit = self._by_row and self._places.complete
        if self._explicit:
            self._program = jit(self._loss_of_row_at, rows=("x", "t"))
        elif self._by_row:
            self._program = jit(self._loss_of_row, rows=("x", "t"))
        else:
            self._program = jit(self._loss_of_batch)
        self._try(X, y)

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

    def _loss_of_row_at(self, theta: Any, x: Any, t: Any) -> Any:
        with self._places.filled(theta):
            return self._loss_of_row(x, t)

    def _loss_of_batch(self, X: Any, y: Any) -> Any:
        return self.loss(y, [self.model(list(row)) for row in X])

    def _try(self, X: Floats, y: Floats | None) -> None:
        """Compare with the engine on rows from the whole table."""
        self._outputs_per_row = outputs_of(self.model, X[0])
        if y is not None and self._by_row:
            rows, theta = _sample(X), gather(self.parameters)
            _compare(self(theta, X[rows], y[rows]), self.engine(theta, X[rows], y[rows]))

    def __call__(self, theta: Floats, X: Floats, y: Floats) -> tuple[float, Floats]:
        """See ``Step``."""
        if self.loss is losses.cross_entropy:
            y = np.equal.outer(y, np.arange(self._outputs_per_row)).astype(float)
        with _refusals():
            if self._explicit:
                loss, gradient = self._program.value_and_grad(theta, X, y)
            else:
                loss, gradient = self._program.value_and_grad(
                    X, y, argnums=self._owner, vector=theta
                )
        found = float(loss), np.asarray(gradient)
        if self._unchecked:
            self._unchecked -= 1
            _compare(found, self.engine(theta, X, y))
        return found

    def predict(self, theta: Floats, X: Floats) -> Floats:
        """See ``Step``."""
        scatter(theta, self.parameters)
        with _refusals():
            outputs = self._predictor(X)
        found = np.stack(outputs, axis=1) if isinstance(outputs, (list, tuple)) else outputs
        if not self._predictor_checked:
            rows = _sample(X)
            _compare([found[rows]], [self.engine.predict(theta, X[rows])])
            self._predictor_checked = True
        return found


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


@contextmanager
def _refusals() -> Iterator[None]:
    """What the jit refuses, or warns that it will do slowly, as ``CannotCompileError``."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", JitWarning)
        try:
            yield
        except (TraceError, JitWarning) as error:
            raise CannotCompileError(str(error)) from error


def _compare(found: Sequence[Any], expected: Sequence[Any]) -> None:
    for a, b in zip(found, expected, strict=True):
        # Sums are added in another order, so the whole array sets the scale of its rounding.
        finite = np.abs(np.asarray(b)[np.isfinite(b)])
        scale = float(finite.max()) if finite.size else 0.0
        if np.shape(a) != np.shape(b) or not np.allclose(
            a, b, rtol=1e-9, atol=1e-11 * scale, equal_nan=True
        ):
            raise CannotCompileError(
                "the recorded model gives other numbers than the model on other rows: it uses a "
                "number outside the graph, such as an index int(x[0])"
            )


def _sample(X: Floats) -> Any:
    """The numbers of a few rows from the whole table."""
    return np.unique(np.linspace(0, len(X) - 1, _SAMPLE).astype(int))
