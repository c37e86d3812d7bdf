"""Optimisers, with PyTorch's names and updates.

A rule is written once, on arrays (``update``); ``step()`` gathers the Values into arrays, applies
it and writes the numbers back.

Sources: momentum as in Sutskever, Martens, Dahl and Hinton, "On the importance of
initialization and momentum in deep learning" (2013); Adam: Kingma and Ba, "Adam: a
method for stochastic optimization" (2015); AdamW: Loshchilov and Hutter, "Decoupled
weight decay regularization" (2019).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.optim.settings import check_parameters, check_setting
from autograd_nn.parameters import gather, gather_slopes, scatter
from autograd_nn.rich import card, settings, table

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "OptimizerLike"]


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

    >>> class Signs(Optimizer):
    ...     def update(self, data, gradient):
    ...         data -= self.lr * np.sign(gradient)
    >>> x = Value(5.0)
    >>> (x**2).backward()
    >>> Signs([x], lr=0.5).step()
    >>> x.data
    4.5
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, weight_decay: float = 0.0
    ) -> None:
        self.parameters = check_parameters(parameters, type(self).__name__)
        self.lr = lr
        self.initial_lr: float | None = None
        self.weight_decay = check_setting("weight_decay", weight_decay, 0.0)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = check_setting("lr", lr, 0.0)

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
        """Move ``data`` in place against ``gradient``, both in the order of ``parameters``.

        Args:
            data: the numbers of the parameters.
            gradient: the slope of each.
        """

    def step(self) -> None:
        """Move every parameter by one step against its ``.grad``."""
        data, gradient = gather(self.parameters), gather_slopes(self.parameters)
        with np.errstate(all="ignore"):  # nan and inf pass through, as in the engine
            self.update(data, gradient)
        scatter(data, self.parameters)

    def state_dict(self) -> dict[str, Any]:
        """What the next step depends on besides slopes: settings, counts, running means.

        A dict of numbers and arrays by name, of copies.
        """
        held = {name: x for name, x in vars(self).items() if name != "parameters"}
        return {name: x.copy() if isinstance(x, np.ndarray) else x for name, x in held.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from the ``state_dict`` of an optimiser of the same kind and number of parameters.

        Args:
            state: what ``state_dict`` gave.

        Raises:
            ValueError: it is another kind's, or of another number of parameters; nothing is
                changed then.
        """
        if set(state) != set(self.state_dict()):
            raise BadArgumentError(
                f"a state of {type(self).__name__} holds {', '.join(self.state_dict())}, "
                f"got {', '.join(map(str, state)) or 'nothing'}"
            )
        ready: dict[str, Any] = {}
        for name, x in state.items():
            array = isinstance(x, (np.ndarray, list)) and name.startswith("_")
            ready[name] = np.array(x, float) if array else tuple(x) if isinstance(x, list) else x
            if array and ready[name].shape != (len(self.parameters),):
                raise BadArgumentError(
                    f"the state is of {len(ready[name])} parameters, this optimiser has "
                    f"{len(self.parameters)}"
                )
        vars(self).update(ready)

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

    Raises:
        TypeError, ValueError: as for ``Optimizer``.

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
        self.momentum = check_setting("momentum", momentum, 0.0)
        self.dampening = check_setting("dampening", dampening)
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

    Raises:
        TypeError, ValueError: as for ``Optimizer``.

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
            check_setting("betas[0]", betas[0], 0.0, 1.0),
            check_setting("betas[1]", betas[1], 0.0, 1.0),
        )
        self.eps = check_setting("eps", eps, 0.0)
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

    Args:
        parameters, lr, betas, eps: as for ``Adam``.
        weight_decay: the share of ``lr`` by which each parameter shrinks a step.

    Raises:
        TypeError, ValueError: as for ``Optimizer``.

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


#: What ``fit`` takes as an optimiser: a name, one that is made, or how to make one.
OptimizerLike = str | Optimizer | Callable[[list[Value]], Optimizer]
