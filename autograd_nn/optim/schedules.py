"""Learning rates that change while training, with PyTorch's names.

Source of cosine annealing: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
restarts" (2017).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from autograd_nn.checks import check_choice, describe, positive_int
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.optim.optimizers import Optimizer
from autograd_nn.optim.settings import check_setting
from autograd_nn.rich import settings

__all__ = [
    "CosineAnnealingLR",
    "LinearLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
]


class Schedule(ABC):
    """A learning rate that changes from epoch to epoch.

    Call ``step()`` after each epoch, or give the schedule to ``fit`` among the callbacks.
    Write your own by defining ``rate(epoch)``.

    Args:
        optimizer: whose ``lr`` is set; its rate before the first schedule is the base rate.

    Raises:
        TypeError: ``optimizer`` is no optimiser.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> class Halving(Schedule):
    ...     def rate(self, epoch):
    ...         return self.base_lr * 0.5**epoch
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> Halving(optimizer).step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise WrongTypeError(
                f"a schedule takes an optimizer such as Adam, got {describe(optimizer)}"
            )
        self.optimizer = optimizer
        # As in PyTorch: all schedules of an optimizer start from the rate that the first one found.
        if optimizer.initial_lr is None:
            optimizer.initial_lr = optimizer.lr
        self.base_lr = optimizer.initial_lr
        self.epoch = 0

    def __repr__(self) -> str:
        made = ", ".join(f"{name}={x!r}" for name, x in settings(self).items())
        return f"{type(self).__name__}({type(self.optimizer).__name__}, {made})"

    @abstractmethod
    def rate(self, epoch: int) -> float:
        """The learning rate of that epoch, counted from 0.

        Args:
            epoch: counted from 0.

        Returns:
            The learning rate.
        """

    def step(self) -> None:
        """Set the rate of the next epoch."""
        self.epoch += 1
        self.optimizer.lr = self.rate(self.epoch)

    def on_epoch_end(self, run: Any) -> None:
        """Called by ``fit``."""
        self.step()

    def _start(self) -> None:
        self.optimizer.lr = self.rate(0)


class StepLR(Schedule):
    """The rate times ``gamma`` after every ``step_size`` epochs.

    Args:
        optimizer: whose rate is set.
        step_size: epochs, at least 1.
        gamma: what the rate is multiplied by.

    Raises:
        TypeError: ``optimizer`` is no optimiser, or a setting no number.
        ValueError: a setting is out of range.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> schedule = StepLR(SGD([Value(1.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.step_size = positive_int("step_size", step_size)
        self.gamma = check_setting("gamma", gamma, 0.0)
        self._start()

    def rate(self, epoch: int) -> float:
        """See ``Schedule.rate``."""
        return self.base_lr * self.gamma ** (epoch // self.step_size)


class CosineAnnealingLR(Schedule):
    """Half a cosine from the base rate down to ``eta_min`` in ``T_max`` epochs, then up again.

    Args:
        optimizer: whose rate is set.
        T_max: epochs from the base rate down, at least 1.
        eta_min: the lowest rate.

    Raises:
        TypeError: ``optimizer`` is no optimiser, or a setting no number.
        ValueError: a setting is out of range.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=2)
    >>> [round(schedule.rate(epoch), 12) for epoch in range(4)]
    [1.0, 0.5, 0.0, 0.5]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        self.T_max = positive_int("T_max", T_max)
        self.eta_min = check_setting("eta_min", eta_min, 0.0)
        self._start()

    def rate(self, epoch: int) -> float:
        """See ``Schedule.rate``."""
        height = (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0
        return self.eta_min + (self.base_lr - self.eta_min) * height


class LinearLR(Schedule):
    """Warm-up: from ``start_factor`` to ``end_factor`` of the base rate in ``total_iters`` epochs.

    Args:
        optimizer: whose rate is set.
        start_factor, end_factor: shares of the base rate, at the first epoch and at the last.
        total_iters: epochs from the one to the other, at least 1.

    Raises:
        TypeError: ``optimizer`` is no optimiser, or a setting no number.
        ValueError: a setting is out of range.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> schedule = LinearLR(SGD([Value(1.0)], lr=1.0), start_factor=0.5, total_iters=2)
    >>> [schedule.rate(epoch) for epoch in range(4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3.0,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        super().__init__(optimizer)
        self.start_factor = check_setting("start_factor", start_factor, 0.0)
        self.end_factor = check_setting("end_factor", end_factor, 0.0)
        self.total_iters = positive_int("total_iters", total_iters)
        self._start()

    def rate(self, epoch: int) -> float:
        """See ``Schedule.rate``."""
        done = min(epoch, self.total_iters) / self.total_iters
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * done)


class SequentialLR(Schedule):
    """One schedule after another, such as a warm-up and then a cosine.

    Args:
        optimizer: the one that the schedules have too.
        schedules: at least one, each made on the same optimiser.
        milestones: the epochs at which the next schedule begins, one fewer than schedules.

    Raises:
        TypeError: something else than schedules.
        ValueError: no schedules, of different optimisers, or another number of milestones.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> warm_up = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> schedule = SequentialLR(optimizer, [warm_up, CosineAnnealingLR(optimizer, 2)], [2])
    >>> [round(schedule.rate(epoch), 12) for epoch in range(5)]
    [0.5, 0.75, 1.0, 0.5, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, schedules: Sequence[Schedule], milestones: Sequence[int]
    ) -> None:
        super().__init__(optimizer)
        self.schedules, self.milestones = list(schedules), list(milestones)
        if len(self.schedules) != len(self.milestones) + 1:
            raise BadArgumentError(
                f"{len(self.schedules)} schedules need {len(self.schedules) - 1} milestones, "
                f"got {len(self.milestones)}"
            )
        if any(s.optimizer is not optimizer for s in self.schedules):
            raise BadArgumentError("all schedules must be made on the optimizer that is given")
        if sorted(set(self.milestones)) != self.milestones:
            raise BadArgumentError(f"milestones must increase, got {self.milestones}")
        self._start()

    def rate(self, epoch: int) -> float:
        """See ``Schedule.rate``."""
        part = sum(epoch >= m for m in self.milestones)
        return self.schedules[part].rate(epoch - (self.milestones[part - 1] if part else 0))


class OneCycleLR(Schedule):
    """From a low rate up to ``max_lr`` and down to almost nothing, along half cosines.

    The rates of PyTorch's schedule of this name with ``cycle_momentum=False`` (Smith and Topin,
    "Super-convergence", 2019).

    Args:
        optimizer: whose rate is set; the one it had does not matter.
        max_lr: the highest rate.
        total_steps: epochs, or steps where you call ``step()`` after each.
        pct_start: the share of them in which the rate rises.
        div_factor: the first rate is ``max_lr`` over this.
        final_div_factor: the last rate is the first one over this.

    Raises:
        TypeError: ``optimizer`` is no optimiser, or a setting no number.
        ValueError: a setting is out of range.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> schedule = OneCycleLR(SGD([Value(1.0)], lr=1.0), max_lr=1.0, total_steps=11)
    >>> [round(schedule.rate(epoch), 3) for epoch in (0, 2, 6, 10)]
    [0.04, 0.96, 0.531, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        super().__init__(optimizer)
        self.max_lr = check_setting("max_lr", max_lr, 0.0)
        self.total_steps = positive_int("total_steps", total_steps)
        self.pct_start = check_setting("pct_start", pct_start, 0.0, 1.0)
        self.div_factor = check_setting("div_factor", div_factor, 1.0)
        self.final_div_factor = check_setting("final_div_factor", final_div_factor, 1.0)
        self._start()

    def rate(self, epoch: int) -> float:
        """See ``Schedule.rate``."""
        low = self.max_lr / self.div_factor
        top, end = self.pct_start * self.total_steps - 1.0, self.total_steps - 1.0
        if epoch <= top:
            return _half_cosine(low, self.max_lr, epoch / top if top else 1.0)
        done = min((epoch - top) / (end - top), 1.0) if end > top else 1.0
        return _half_cosine(self.max_lr, low / self.final_div_factor, done)


def _half_cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * done))


class ReduceLROnPlateau:
    """The rate times ``factor`` where a number has not become better for a while.

    Give it to ``fit`` among the callbacks, or call ``step(loss)`` after each epoch.

    Args:
        optimizer: whose ``lr`` is set.
        mode: ``"min"`` or ``"max"`` is better.
        factor: what the rate is multiplied by, below 1.
        patience: how many epochs to wait.
        threshold: a gain counts if it is larger than this share of the best number.
        cooldown: how many epochs after a change are not counted.
        min_lr: the rate does not fall below.
        monitor: the number in ``fit``'s history; by default ``val_loss``, or ``loss``.

    Raises:
        TypeError: ``optimizer`` is no optimiser, or a setting no number.
        ValueError: a setting is out of range.

    >>> from autograd_nn import Value
    >>> from autograd_nn.optim import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (1.0, 0.5, 0.5, 0.5):
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.1
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        monitor: str = "",
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise WrongTypeError(
                f"a schedule takes an optimizer such as Adam, got {describe(optimizer)}"
            )
        check_choice("mode", mode, ("min", "max"))
        self.optimizer, self.mode, self.monitor = optimizer, mode, monitor
        self.factor = check_setting("factor", factor, 0.0, 1.0)
        self.patience = int(check_setting("patience", patience, 0.0))
        self.threshold = check_setting("threshold", threshold, 0.0)
        self.cooldown = int(check_setting("cooldown", cooldown, 0.0))
        self.min_lr = check_setting("min_lr", min_lr, 0.0)
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_epochs = self.resting = 0

    def __repr__(self) -> str:
        made = ", ".join(f"{name}={x!r}" for name, x in settings(self).items())
        return f"ReduceLROnPlateau({type(self.optimizer).__name__}, {made})"

    def step(self, number: float) -> None:
        """Hear of an epoch's number, and lower the rate where it is time.

        Args:
            number: the loss of that epoch, or whatever is watched.
        """
        x, sign = float(number), 1.0 if self.mode == "min" else -1.0
        margin = self.threshold * abs(self.best) if math.isfinite(self.best) else 0.0
        if sign * x < sign * self.best - margin:
            self.best, self.bad_epochs = x, 0
        else:
            self.bad_epochs += 1
        if self.resting:
            self.resting -= 1
            self.bad_epochs = 0
        if self.bad_epochs > self.patience:
            lower = max(self.optimizer.lr * self.factor, self.min_lr)
            if self.optimizer.lr - lower > 1e-8:
                self.optimizer.lr = lower
            self.resting, self.bad_epochs = self.cooldown, 0

    def on_epoch_end(self, run: Any) -> None:
        """Called by ``fit``."""
        name = self.monitor or ("val_loss" if "val_loss" in run.history else "loss")
        self.step(run.history[name][-1])
