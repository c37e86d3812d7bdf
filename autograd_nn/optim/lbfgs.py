"""``LBFGS``: SciPy's, which looks along a line for each step and learns the curvature.

Source: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization" (1989).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import positive_int
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, MissingPackageError
from autograd_nn.optim.optimizers import Optimizer
from autograd_nn.optim.settings import check_setting
from autograd_nn.parameters import gather, gather_slopes, scatter

__all__ = ["LBFGS"]

Floats = NDArray[np.float64]


class LBFGS(Optimizer):
    """Steps to the minimum of a model of the loss, on all rows at once.

    It asks for the loss at points of its own, so ``step`` takes a function; ``fit`` counts one of
    its iterations as an epoch.  Needs SciPy.

    Args:
        parameters: the Values to move.
        max_iter: iterations in one ``step``.
        history_size: how many steps the curvature is learned from.
        tolerance_grad: it ends where no slope is steeper.

    Raises:
        ImportError: SciPy is not installed.
        TypeError, ValueError: as for ``Optimizer``.

    >>> x = Value(5.0)
    >>> optimizer = LBFGS([x])
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (x - 3) ** 4
    ...     loss.backward()
    ...     return loss
    >>> _ = optimizer.step(closure)
    >>> round(x.data, 1)
    3.0
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        max_iter: int = 20,
        history_size: int = 10,
        tolerance_grad: float = 1e-7,
    ) -> None:
        super().__init__(parameters, 1.0)
        self.max_iter = positive_int("max_iter", max_iter)
        self.history_size = positive_int("history_size", history_size)
        self.tolerance_grad = check_setting("tolerance_grad", tolerance_grad, 0.0)

    def update(self, data: Floats, gradient: Floats) -> None:
        """It has none: one slope does not say where to step.

        Raises:
            ValueError: always; the message says what to do.
        """
        raise BadArgumentError(
            "LBFGS asks for the loss at points of its own: give step(closure) a function that "
            "computes it, or use fit(..., optimizer='lbfgs')"
        )

    def step(self, closure: Callable[[], Any] | None = None) -> float:  # type: ignore[override]
        """Move the parameters by up to ``max_iter`` iterations.

        Args:
            closure: sets the slopes to 0, computes the loss, calls its ``backward()``, and
                returns it.

        Returns:
            The loss before.
        """
        if closure is None:
            self.update(np.empty(0), np.empty(0))
        first: list[float] = []

        def loss_and_slopes(theta: Floats) -> tuple[float, Floats]:
            scatter(theta, self.parameters)
            assert closure is not None
            loss = float(closure())
            first.append(loss)
            return loss, gather_slopes(self.parameters)

        found = self.minimize(loss_and_slopes, gather(self.parameters), self.max_iter)
        scatter(found, self.parameters)
        return first[0]

    def minimize(
        self,
        loss_and_slopes: Callable[[Floats], tuple[float, Floats]],
        start: Floats,
        max_iter: int,
        after_each: Callable[[Any], None] | None = None,
    ) -> Floats:
        """The parameters at which it ends.

        Args:
            loss_and_slopes: of a flat vector of parameters.
            start: where it begins.
            max_iter: iterations at most.
            after_each: is told of each iteration as ``intermediate_result``, SciPy's record of
                ``x`` and ``fun``; it ends the search by raising StopIteration.

        Raises:
            ImportError: SciPy is not installed.
        """
        try:
            from scipy.optimize import minimize  # type: ignore[import-untyped]
        except ImportError:
            raise MissingPackageError("LBFGS needs SciPy: pip install scipy") from None
        result = minimize(
            loss_and_slopes, start, jac=True, method="L-BFGS-B", callback=after_each,
            options={"maxiter": max_iter, "maxcor": self.history_size, "maxfun": 25 * max_iter,
                     "gtol": self.tolerance_grad, "ftol": 64 * np.finfo(float).eps},
        )  # fmt: skip
        found: Floats = result.x
        return found
