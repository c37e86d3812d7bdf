"""``RMSprop`` and ``Adagrad``: each parameter with a step length of its own, as in PyTorch.

Sources: Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011); RMSprop: Hinton's
lecture 6e of "Neural networks for machine learning" (2012); centred: Graves, "Generating
sequences with recurrent neural networks" (2013).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from autograd_nn.engine import Value
from autograd_nn.optim.optimizers import Optimizer
from autograd_nn.optim.settings import check_setting

__all__ = ["Adagrad", "RMSprop"]

Floats = NDArray[np.float64]


class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of the slope's square.

    Args:
        parameters, lr, weight_decay: see ``Optimizer``.
        alpha: how much of the running mean is kept at each step, in [0, 1).
        eps: keeps the division finite.
        momentum: how much of the previous step is kept.
        centered: divide by the running standard deviation instead.

    Raises:
        TypeError, ValueError: as for ``Optimizer``.

    >>> x = Value(5.0)
    >>> optimizer = RMSprop([x], lr=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)  # the first step is lr / sqrt(1 - alpha) long
    4.0
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.alpha = check_setting("alpha", alpha, 0.0, 1.0)
        self.eps = check_setting("eps", eps, 0.0)
        self.momentum = check_setting("momentum", momentum, 0.0)
        self.centered = bool(centered)
        self._square, self._mean, self._velocity = np.zeros((3, len(self.parameters)))

    def update(self, data: Floats, gradient: Floats) -> None:
        """See ``Optimizer.update``."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * data
        self._square *= self.alpha
        self._square += (1.0 - self.alpha) * gradient * gradient
        scale = self._square
        if self.centered:
            self._mean += (1.0 - self.alpha) * (gradient - self._mean)
            scale = scale - self._mean * self._mean
        move = gradient / (np.sqrt(scale) + self.eps)
        if self.momentum:
            self._velocity *= self.momentum
            self._velocity += move
            move = self._velocity
        data -= self.lr * move


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squares of the slope so far.

    Args:
        parameters, lr, weight_decay: see ``Optimizer``.
        lr_decay: the rate is divided by ``1 + lr_decay`` times the number of steps before.
        initial_accumulator_value: what the sums start from.
        eps: keeps the division finite.

    Raises:
        TypeError, ValueError: as for ``Optimizer``.

    >>> x = Value(5.0)
    >>> optimizer = Adagrad([x], lr=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> round(x.data, 6)  # the first step is lr long
    4.9
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.lr_decay = check_setting("lr_decay", lr_decay, 0.0)
        self.initial_accumulator_value = check_setting(
            "initial_accumulator_value", initial_accumulator_value, 0.0
        )
        self.eps = check_setting("eps", eps, 0.0)
        self._steps = 0
        self._sum = np.full(len(self.parameters), self.initial_accumulator_value)

    def update(self, data: Floats, gradient: Floats) -> None:
        """See ``Optimizer.update``."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * data
        rate = self.lr / (1.0 + self._steps * self.lr_decay)
        self._steps += 1
        self._sum += gradient * gradient
        data -= rate * gradient / (np.sqrt(self._sum) + self.eps)
