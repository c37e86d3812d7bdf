"""Optimisers, learning-rate schedules and gradient clipping, with PyTorch's names and updates.

An optimiser holds a list of Values and moves them against their ``.grad``.  Its
rule is written once, on arrays (``update``); ``step()`` gathers the Values into
arrays, applies it and writes the numbers back.

Sources: momentum as in Sutskever, Martens, Dahl and Hinton, "On the importance of
initialization and momentum in deep learning" (2013); Adam: Kingma and Ba, "Adam: a
method for stochastic optimization" (2015); AdamW: Loshchilov and Hutter, "Decoupled
weight decay regularization" (2019); cosine annealing: the same authors, "SGDR" (2017).

What is left out: the training loop (``training``), groups of parameters with
settings of their own (make one optimiser for each group).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import positive_int
from autograd_nn.conversion import describe, is_number
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.parameters import gather, gather_slopes, scatter
from autograd_nn.rich import card, settings, table

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "LinearLR",
    "Optimizer",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
]


def __dir__() -> list[str]:
    return __all__


Floats = NDArray[np.float64]


class Optimizer(ABC):
    """What all optimisers share: the parameters, the learning rate, ``step`` and ``zero_grad``.

    Write your own by defining ``update(data, gradient)``, which changes ``data`` in place.

    Args:
        parameters: the Values to move, such as ``model.parameters()``.
        lr: the learning rate; ``.lr`` may be set at any time.
        weight_decay: how much of each parameter is added to its slope (AdamW: see there).

    Raises:
        TypeError: ``parameters`` holds something else than Values, or a setting is no number.
        ValueError: there are no parameters, one is listed twice, or a setting is out of range.
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, weight_decay: float = 0.0
    ) -> None:
        self.parameters = _check_parameters(parameters, type(self).__name__)
        self.lr = lr
        self.initial_lr: float | None = None
        self.weight_decay = _check("weight_decay", weight_decay, 0.0)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = _check("lr", lr, 0.0)

    def _settings(self) -> dict[str, Any]:
        return {"lr": self.lr, **settings(self, "initial_lr")}

    def __repr__(self) -> str:
        made = ", ".join(f"{name}={x!r}" for name, x in self._settings().items())
        return f"{type(self).__name__}({len(self.parameters):,} parameters, {made})"

    def _repr_html_(self) -> str:
        rows = [[name, x if type(x) is float else str(x)] for name, x in self._settings().items()]
        note = f"{len(self.parameters):,} parameters"
        return card(type(self).__name__, table(["", ""], rows), note=note)

    @abstractmethod
    def update(self, data: Floats, gradient: Floats) -> None:
        """Move ``data`` in place against ``gradient``, both in the order of ``parameters``."""

    def step(self) -> None:
        """Move every parameter by one step against its ``.grad``."""
        data, gradient = gather(self.parameters), gather_slopes(self.parameters)
        with np.errstate(all="ignore"):  # nan and inf pass through, as in the engine
            self.update(data, gradient)
        scatter(data, self.parameters)

    def zero_grad(self) -> None:
        """Set the slope of every parameter to 0, as before each ``backward()``."""
        for p in self.parameters:
            p.grad = 0.0


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    Args:
        parameters, lr, weight_decay: see ``Optimizer``.
        momentum: how much of the previous step is kept, from 0.
        dampening: how much of the new slope is kept out of the momentum.
        nesterov: look ahead along the momentum; needs ``momentum > 0`` and no dampening.

    >>> x = Value(5.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (x**2).backward()
    ...     optimizer.step()
    >>> round(x.data, 12)  # 5 * 0.8**3
    2.56
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.momentum = _check("momentum", momentum, 0.0)
        self.dampening = _check("dampening", dampening)
        self.nesterov = bool(nesterov)
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise BadArgumentError("nesterov needs momentum > 0 and dampening 0")
        self._velocity: Floats | None = None

    def update(self, data: Floats, gradient: Floats) -> None:
        """See ``Optimizer.update``."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * data
        if self.momentum:
            if self._velocity is None:
                self._velocity = gradient.copy()
            else:
                self._velocity *= self.momentum
                self._velocity += (1.0 - self.dampening) * gradient
            look_ahead = gradient + self.momentum * self._velocity
            gradient = look_ahead if self.nesterov else self._velocity
        data -= self.lr * gradient


class Adam(Optimizer):
    """Steps scaled by running means of the slope and of its square.

    Args:
        parameters, lr, weight_decay: see ``Optimizer``.
        betas: how much of the two running means is kept at each step, each in [0, 1).
        eps: keeps the division finite.

    >>> x = Value(5.0)
    >>> optimizer = Adam([x], lr=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)  # the first step is lr long whatever the slope's size
    4.9
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise WrongTypeError(f"betas is a pair such as (0.9, 0.999), got {describe(betas)}")
        self.betas = (
            _check("betas[0]", betas[0], 0.0, 1.0),
            _check("betas[1]", betas[1], 0.0, 1.0),
        )
        self.eps = _check("eps", eps, 0.0)
        self._steps = 0
        self._mean = np.zeros(len(self.parameters))
        self._square = np.zeros(len(self.parameters))

    def update(self, data: Floats, gradient: Floats) -> None:
        """See ``Optimizer.update``."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * data
        self._move(data, gradient)

    def _move(self, data: Floats, gradient: Floats) -> None:
        first, second = self.betas
        self._steps += 1
        self._mean += (1.0 - first) * (gradient - self._mean)
        self._square *= second
        self._square += (1.0 - second) * gradient * gradient
        # Both means start at 0; dividing by how much weight they have gathered corrects that.
        scale = np.sqrt(self._square)
        scale /= math.sqrt(1.0 - second**self._steps)
        scale += self.eps
        data -= self.lr / (1.0 - first**self._steps) * (self._mean / scale)


class AdamW(Adam):
    """Adam with weight decay apart from the slopes: each step shrinks by ``lr * weight_decay``.

    >>> x = Value(5.0)
    >>> AdamW([x], lr=0.1).step()  # no slope: only the decay of 0.01 acts
    >>> x.data
    4.995
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def update(self, data: Floats, gradient: Floats) -> None:
        """See ``Optimizer.update``."""
        data *= 1.0 - self.lr * self.weight_decay
        self._move(data, gradient)


#: Every optimiser by its name, as ``fit(..., optimizer="sgd")`` takes it.
OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}


class Schedule(ABC):
    """A learning rate that changes from epoch to epoch.

    Call ``step()`` after each epoch, or give the schedule to ``fit`` among the callbacks.
    Write your own by defining ``rate(epoch)``.

    Args:
        optimizer: whose ``lr`` is set; its rate before the first schedule is the base rate.
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
        """The learning rate of that epoch, counted from 0."""

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

    >>> schedule = StepLR(SGD([Value(1.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.step_size = positive_int("step_size", step_size)
        self.gamma = _check("gamma", gamma, 0.0)
        self._start()

    def rate(self, epoch: int) -> float:
        """See ``Schedule.rate``."""
        return self.base_lr * self.gamma ** (epoch // self.step_size)


class CosineAnnealingLR(Schedule):
    """Half a cosine from the base rate down to ``eta_min`` in ``T_max`` epochs, then up again.

    >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=2)
    >>> [round(schedule.rate(epoch), 12) for epoch in range(4)]
    [1.0, 0.5, 0.0, 0.5]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        self.T_max = positive_int("T_max", T_max)
        self.eta_min = _check("eta_min", eta_min, 0.0)
        self._start()

    def rate(self, epoch: int) -> float:
        """See ``Schedule.rate``."""
        height = (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0
        return self.eta_min + (self.base_lr - self.eta_min) * height


class LinearLR(Schedule):
    """Warm-up: from ``start_factor`` to ``end_factor`` of the base rate in ``total_iters`` epochs.

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
        self.start_factor = _check("start_factor", start_factor, 0.0)
        self.end_factor = _check("end_factor", end_factor, 0.0)
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


def clip_grad_norm_(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all slopes together so that their Euclidean norm is at most ``max_norm``.

    Returns:
        The norm before.

    >>> x, y = Value(0.0), Value(0.0)
    >>> x.grad, y.grad = 3.0, 4.0
    >>> clip_grad_norm_([x, y], max_norm=1.0)
    5.0
    >>> round(x.grad, 4), round(y.grad, 4)
    (0.6, 0.8)
    """
    owned = _check_parameters(parameters, "clip_grad_norm_")
    gradient = gather_slopes(owned)
    norm = clip_norm(gradient, _check("max_norm", max_norm, 0.0))
    for p, slope in zip(owned, gradient.tolist(), strict=True):
        p.grad = slope
    return norm


def clip_grad_value_(parameters: Iterable[Value], clip_value: float) -> None:
    """Move every slope into the range from ``-clip_value`` to ``clip_value``.

    >>> x = Value(0.0)
    >>> x.grad = -7.0
    >>> clip_grad_value_([x], 2.0)
    >>> x.grad
    -2.0
    """
    bound = _check("clip_value", clip_value, 0.0)
    for p in _check_parameters(parameters, "clip_grad_value_"):
        p.grad = p.grad if p.grad != p.grad else min(max(p.grad, -bound), bound)


def clip_norm(gradient: Floats, max_norm: float) -> float:
    """As ``clip_grad_norm_``, on an array, in place."""
    norm = math.hypot(*gradient.tolist())
    # PyTorch adds the same small number, so that both give the same slopes.
    gradient *= min(max_norm / (norm + 1e-6), 1.0)
    return norm


def _check_parameters(parameters: Any, who: str) -> list[Value]:
    if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
        raise WrongTypeError(f"{who} takes a list of Values, got {describe(parameters)}")
    listed = list(parameters)
    if not listed:
        raise BadArgumentError(
            f"{who} got no parameters: give model.parameters() or a list of Values"
        )
    for i, p in enumerate(listed):
        if not isinstance(p, Value):
            raise WrongTypeError(f"{who}: parameters[{i}] is {describe(p)}; give Values")
        if p.kind == "operation":
            raise BadArgumentError(
                f"{who}: parameters[{i}] is the result of {p.op!r}; only leaves can be moved"
            )
    if len({id(p) for p in listed}) != len(listed):
        raise BadArgumentError(f"{who}: a parameter is listed twice and would be moved twice")
    return listed


def _check(name: str, x: Any, low: float = -math.inf, below: float = math.inf) -> float:
    if isinstance(x, bool) or not is_number(x):
        raise WrongTypeError(f"{name} is a number, got {describe(x)}")
    if not (low <= x < below):
        upper = "" if below == math.inf else f" and below {below:g}"
        raise BadArgumentError(f"{name} must be finite, at least {low:g}{upper}; got {x}")
    return float(x)


#: What ``fit`` takes as an optimiser: a name, one that is made, or how to make one.
OptimizerLike = str | Optimizer | Callable[[list[Value]], Optimizer]
