"""Which learning rate to begin with: the loss while the rate grows from tiny to too large.

Source: Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn.checks import positive_int, shown
from autograd_nn.conversion import is_number
from autograd_nn.errors import BadArgumentError
from autograd_nn.nn.modes import Modes
from autograd_nn.optim.optimizers import OptimizerLike
from autograd_nn.parameters import gather, scatter
from autograd_nn.training.choices import loss_of, optimizer_of, parameters_of
from autograd_nn.training.compiled import make_step
from autograd_nn.training.data import check_table, check_targets, encode, outputs_of
from autograd_nn.training.plots import once, pyplot

__all__ = ["LearningRates", "find_learning_rate"]


class LearningRates:
    """The loss at growing rates.

    Attributes:
        rates, losses: one of each for every step; the losses are smoothed.
        suggestion: the rate at which the loss falls steepest; nan where it never falls.

    >>> LearningRates([0.001, 0.01, 0.1], [1.0, 0.9, 0.2]).suggestion
    0.01
    """

    def __init__(self, rates: list[float], losses: list[float]) -> None:
        self.rates, self.losses = rates, losses
        falls = -np.diff(losses) if len(losses) > 1 else np.zeros(0)
        best = int(np.argmax(falls)) if len(falls) else 0
        self.suggestion = rates[best] if len(falls) and falls[best] > 0.0 else math.nan

    def __repr__(self) -> str:
        return f"LearningRates({len(self.rates)} steps, suggestion {self.suggestion:.2g})"

    def plot(self, ax: Any = None) -> Any:
        """Draw the loss over the rate; needs matplotlib (the extra ``plot``).

        Args:
            ax: matplotlib axes to draw into; without them a new figure.

        Returns:
            The matplotlib figure.

        Raises:
            ImportError: matplotlib is not installed.
        """
        if ax is None:
            _, ax = pyplot().subplots(figsize=(6.4, 3.6), layout="constrained")
        ax.plot(self.rates, self.losses, color="#0072b2")
        if self.suggestion == self.suggestion:
            ax.axvline(self.suggestion, color="#d55e00", linestyle="--", linewidth=1)
            ax.annotate(
                f"steepest fall: {self.suggestion:.2g}", (self.suggestion, 0.98),
                xycoords=("data", "axes fraction"), xytext=(5, 0), textcoords="offset points",
                va="top", color="#d55e00",
            )  # fmt: skip
        ax.set_xscale("log")
        ax.set_xlabel("learning rate")
        ax.set_ylabel("loss, smoothed")
        ax.spines[["top", "right"]].set_visible(False)
        return once(ax.figure)


def find_learning_rate(
    model: Any,
    X: Any,
    y: Any,
    *,
    loss: str | Callable[..., Any] = "mean_squared_error",
    optimizer: OptimizerLike = "adam",
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 100,
    batch_size: int = 32,
    seed: int = 0,
    compiled: bool = True,
) -> LearningRates:
    """Train for some steps while the learning rate grows, and put the weights back.

    Args:
        model, X, y, loss, optimizer, compiled: see ``fit``.
        low, high: the first and the last rate; it grows by the same factor each step.
        steps: how many; it ends before where the loss is four times the lowest.
        batch_size: rows per step.
        seed: of the order of rows.

    Returns:
        The ``LearningRates``, whose ``suggestion`` is the rate and whose ``plot()`` draws them.

    Raises:
        TypeError, ValueError: see ``fit``; or the rates do not grow.

    >>> from autograd_nn import MLP
    >>> X = [[x / 10] for x in range(20)]
    >>> found = find_learning_rate(MLP(1, [8, 1], seed=0), X, [2 * x[0] for x in X])
    >>> 1e-6 < found.suggestion < 1.0
    True
    """
    for name, x in (("low", low), ("high", high)):
        if isinstance(x, bool) or not is_number(x) or not 0.0 < x < math.inf:
            raise BadArgumentError(f"{name} is a rate above 0, got {shown(x)}")
    if not low < high:
        raise BadArgumentError(f"low is below high, got {low} and {high}")
    if positive_int("steps", steps) < 3:
        raise BadArgumentError(f"steps is at least 3, got {steps}")
    positive_int("batch_size", batch_size)
    loss_name, loss_function = loss_of(loss)
    owned = parameters_of(model)
    table = check_table(X, encode(y, loss_name)[0])
    with Modes(model).set(training=False):  # the same numbers take part in every step
        table = check_targets(table, loss_name, outputs_of(model, table.X[0]))
        mover = optimizer_of(optimizer, owned)
        before = mover.state_dict()
        step, _ = make_step(model, loss_function, mover.parameters, table.X, table.y, compiled)
        start = theta = gather(mover.parameters)
        rates = np.geomspace(low, high, steps).tolist()
        losses: list[float] = []
        rng = np.random.default_rng(seed)
        try:
            for k, rate in enumerate(rates):
                mover.lr = rate
                rows = rng.integers(0, len(table.X), min(batch_size, len(table.X)))
                found, slopes = step(theta, *table.at(rows))
                if not (math.isfinite(found) and np.isfinite(slopes).all()):
                    break
                # A running mean that starts without the 0 it would start from.
                kept = 0.9 if k else 0.0
                losses.append(kept * losses[-1] + (1 - kept) * found if k else found)
                if losses[-1] > 4.0 * min(losses):
                    break
                theta = theta.copy()
                with np.errstate(all="ignore"):
                    mover.update(theta, slopes)
        finally:
            scatter(start, mover.parameters)
            mover.load_state_dict(before)
    return LearningRates(rates[: len(losses)], losses)
