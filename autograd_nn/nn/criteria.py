"""Losses as PyTorch has them: objects that are called with (prediction, truth).

Each is a function of ``losses`` with its arguments the other way round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from autograd_nn import losses

__all__ = [
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
]


class _Criterion:
    """What all share: the function, and the options that it is called with."""

    _function: ClassVar[Callable[..., Any]]

    def __init__(self) -> None:
        self._options: dict[str, Any] = {}

    def __call__(self, input: Any, target: Any) -> Any:
        """The loss of a prediction, given the truth."""
        return type(self)._function(target, input, **self._options)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={x!r}" for name, x in self._options.items())
        return f"{type(self).__name__}({options})"


class MSELoss(_Criterion):
    """See ``losses.mean_squared_error``.

    >>> MSELoss()([2.0], [0.0])
    4.0
    """

    _function = staticmethod(losses.mean_squared_error)


class L1Loss(_Criterion):
    """See ``losses.mean_absolute_error``.

    >>> L1Loss()([2.0, 0.0], [1.0, 2.0])
    1.5
    """

    _function = staticmethod(losses.mean_absolute_error)


class HuberLoss(_Criterion):
    """See ``losses.huber``.

    Args:
        delta: where the straight line begins, in the target's unit; above 0.

    Raises:
        ValueError: when called: ``delta`` is not positive, or the shapes differ.

    >>> HuberLoss()([0.5, 3.0], [0.0, 0.0])
    1.3125
    """

    _function = staticmethod(losses.huber)

    def __init__(self, delta: float = 1.0) -> None:
        self._options = {"delta": delta}


class BCEWithLogitsLoss(_Criterion):
    """See ``losses.binary_cross_entropy``, which takes logits.

    >>> round(BCEWithLogitsLoss()([0.0], [1.0]), 6)
    0.693147
    """

    _function = staticmethod(losses.binary_cross_entropy)


class _OfClasses(_Criterion):
    """With a weight for each class."""

    def __init__(self, weight: Any = None) -> None:
        self._options = {} if weight is None else {"class_weight": weight}


class CrossEntropyLoss(_OfClasses):
    """See ``losses.cross_entropy``, which takes logits and numbers of classes.

    Args:
        weight: a number for each class; see ``class_weight`` in ``losses``.

    Raises:
        TypeError, ValueError: when called: as for the loss.

    >>> round(CrossEntropyLoss()([[0.0, 0.0]], [1]), 6)
    0.693147
    """

    _function = staticmethod(losses.cross_entropy)


class NLLLoss(_OfClasses):
    """See ``losses.negative_log_likelihood``.

    Args:
        weight: a number for each class; see ``class_weight`` in ``losses``.

    Raises:
        TypeError, ValueError: when called: as for the loss.

    >>> NLLLoss()([[-0.5, -1.0]], [0])
    0.5
    """

    _function = staticmethod(losses.negative_log_likelihood)


class KLDivLoss(_Criterion):
    """See ``losses.kl_divergence``: the mean over rows, PyTorch's ``reduction="batchmean"``.

    >>> KLDivLoss()([[0.0]], [[1.0]])
    0.0
    """

    _function = staticmethod(losses.kl_divergence)
