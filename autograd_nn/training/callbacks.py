"""What may happen between epochs: stopping early, keeping the best weights, your own code.

A callback is a function that takes the ``Run``, called after each epoch; or an object
with any of ``on_train_begin(run)``, ``on_epoch_end(run)`` and ``on_train_end(run)``.
The learning-rate schedules of ``optim`` are such objects.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_nn.checks import describe, positive_int, shown
from autograd_nn.conversion import to_float
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.optim import Optimizer
from autograd_nn.parameters import gather, scatter
from autograd_nn.rich import settings
from autograd_nn.training.choices import UPWARDS
from autograd_nn.training.history import History

__all__ = ["BestWeights", "Callback", "EarlyStopping", "Run", "call_all", "check_callbacks"]

_EVENTS = ("on_train_begin", "on_epoch_end", "on_train_end")


class Run:
    """What a callback sees of the training that is going on.

    Attributes:
        model: with the weights of this moment; a callback may change them.
        optimizer: a callback may change its ``lr``.
        history: the epochs so far, the present one included.
        epochs: how many were asked for.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> Run(None, SGD([Value(1.0)]), epochs=3).epochs
    3
    """

    def __init__(self, model: Any, optimizer: Optimizer, epochs: int) -> None:
        self.model, self.optimizer, self.epochs = model, optimizer, epochs
        self.history = History()

    def __repr__(self) -> str:
        return f"Run(epoch {self.epoch} of {self.epochs}, {self.optimizer!r})"

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return self.history.epochs

    def stop(self, reason: str) -> None:
        """End the training after this epoch; the reason is kept in ``history.stopped``.

        Args:
            reason: in words, for the history.
        """
        self.history.stopped = reason


class Callback:
    """Derive from this to write an object that takes part in training; each method may stay.

    >>> class Losses(Callback):
    ...     def on_epoch_end(self, run):
    ...         print(len(run.history["loss"]), "of", run.epochs)
    >>> from autograd_nn import MLP, fit
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[1.0]], [2.0], epochs=2, callbacks=[Losses()], verbose=0)
    1 of 2
    2 of 2
    """

    def __repr__(self) -> str:
        made = ", ".join(f"{name}={x!r}" for name, x in settings(self).items())
        return f"{type(self).__name__}({made})"

    def on_train_begin(self, run: Run) -> None:
        """Before the first epoch.

        Args:
            run: the training that is going on.
        """

    def on_epoch_end(self, run: Run) -> None:
        """After each epoch.

        Args:
            run: the training that is going on.
        """

    def on_train_end(self, run: Run) -> None:
        """After the last epoch, also when training was stopped or interrupted.

        Args:
            run: the training that is going on.
        """


class _Watch(Callback):
    """What both watchers share: one number of the history, and whether it became better."""

    def __init__(self, monitor: str = "", mode: str = "", min_delta: float = 0.0) -> None:
        if not isinstance(mode, str) or mode not in ("", "min", "max"):
            raise BadArgumentError(f"mode is 'min' or 'max', got {shown(mode)}")
        if not to_float(min_delta) >= 0.0:
            raise BadArgumentError(
                f"min_delta is how much better counts, at least 0; got {shown(min_delta)}"
            )
        self.monitor, self.mode, self.min_delta = monitor, mode, float(min_delta)
        self.best = math.nan
        self.best_epoch = 0

    def on_train_begin(self, run: Run) -> None:
        """Forget an earlier training."""
        self.best, self.best_epoch = math.nan, 0

    def improved(self, run: Run) -> bool:
        """Whether this epoch is the best so far by more than ``min_delta``."""
        name = self.monitor or ("val_loss" if "val_loss" in run.history else "loss")
        try:
            x = run.history[name][-1]
        except KeyError as error:
            raise BadArgumentError(
                f"{type(self).__name__}(monitor={shown(name)}): {error.args[0]}"
            ) from None
        upwards = self.mode == "max" or (not self.mode and name.removeprefix("val_") in UPWARDS)
        gain = x - self.best if upwards else self.best - x
        if self.best_epoch == 0 or gain > self.min_delta:
            self.best, self.best_epoch = x, run.epoch
            return True
        return False


class EarlyStopping(_Watch):
    """Stop when a number has not become better for a while.

    Args:
        patience: how many epochs to wait for a better number.
        monitor: its name; by default ``val_loss``, or ``loss`` without validation.
        mode: ``"min"`` or ``"max"`` is better; by default max for accuracy and other metrics of
            which more is better, else min.
        min_delta: a smaller gain than this does not count.
        restore_best_weights: put back the weights of the best epoch at the end.

    Raises:
        TypeError, ValueError: a setting is out of range; at the first epoch: no such number.

    >>> from autograd_nn import MLP, fit
    >>> stop = EarlyStopping(patience=1, min_delta=1e6)  # no epoch is better by so much
    >>> history = fit(MLP(1, [1], seed=0), [[1.0]], [2.0], epochs=9, callbacks=[stop], verbose=0)
    >>> len(history["loss"])
    2
    """

    def __init__(
        self,
        patience: int = 5,
        monitor: str = "",
        mode: str = "",
        min_delta: float = 0.0,
        restore_best_weights: bool = False,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = positive_int("patience", patience)
        self.restore_best_weights = bool(restore_best_weights)

    def on_epoch_end(self, run: Run) -> None:
        """See ``Callback``."""
        if self.improved(run):
            if self.restore_best_weights:
                self._weights = gather(run.model.parameters())
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop(f"early stopping: no better than epoch {self.best_epoch} ({self.best:.6g})")

    def on_train_end(self, run: Run) -> None:
        """See ``Callback``."""
        if self.restore_best_weights and self.best_epoch:
            scatter(self._weights, run.model.parameters())


class BestWeights(_Watch):
    """Put back, at the end, the weights of the best epoch.

    Args:
        monitor, mode, min_delta: see ``EarlyStopping``.

    Raises:
        TypeError, ValueError: as for ``EarlyStopping``.

    >>> from autograd_nn import MLP, fit
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[1.0]], [2.0], epochs=2, callbacks=[BestWeights()], verbose=0)
    >>> len(history["loss"])
    2
    """

    def on_epoch_end(self, run: Run) -> None:
        """See ``Callback``."""
        if self.improved(run):
            self._weights = gather(run.model.parameters())

    def on_train_end(self, run: Run) -> None:
        """See ``Callback``."""
        if self.best_epoch:
            scatter(self._weights, run.model.parameters())


def check_callbacks(callbacks: Any) -> list[Any]:
    """The callbacks as a list, or an error that says which is none."""
    if callable(callbacks) or any(hasattr(callbacks, event) for event in _EVENTS):
        return [callbacks]
    if isinstance(callbacks, (str, bytes)) or not hasattr(callbacks, "__iter__"):
        raise WrongTypeError(f"callbacks is a list, got {describe(callbacks)}")
    listed = list(callbacks)
    for i, callback in enumerate(listed):
        if not callable(callback) and not any(hasattr(callback, event) for event in _EVENTS):
            raise WrongTypeError(
                f"callbacks[{i}] is {describe(callback)}; give a function of the run, or an "
                f"object with {', '.join(_EVENTS)}"
            )
    return listed


def call_all(callbacks: list[Any], event: str, run: Run) -> None:
    """Tell every callback of an event; a plain function hears of ends of epochs only."""
    for callback in callbacks:
        method = getattr(callback, event, None)
        if method is not None:
            method(run)
        elif event == "on_epoch_end" and callable(callback):
            callback(run)
