"""Losses: how far predictions are from the truth, with scikit-learn's names and argument order.

Every loss takes ``(y_true, y_pred)``: what was observed, then what was predicted,
as numbers, Values, or arrays or lists of them, of equal shape.  Floats give a
float that agrees with scikit-learn's; with a Value among them the result is a
Value.  Each is a mean over all elements.

What is left out: accuracy and other scores that have no slope (``metrics``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_nn import functions
from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError
from autograd_nn.functions import add_up, logsumexp, maximum, softplus, sqrt
from autograd_nn.functions.arrays import as_array

__all__ = [
    "LOSSES",
    "binary_cross_entropy",
    "cross_entropy",
    "hinge",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "root_mean_squared_error",
]


def __dir__() -> list[str]:
    return __all__


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of ``(y_pred - y_true)**2``; its unit is the square of the target's.

    Raises:
        ValueError: the shapes differ, or there is nothing to compare.

    >>> mean_squared_error([1, 3, 5, 7], [9, 7, -3, 12])
    42.25
    """
    return _mean(_square(p - t) for t, p in _pairs(y_true, y_pred))


def root_mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The square root of the mean squared error, in the target's unit.

    For rows of several targets, the mean of the roots of each column, as scikit-learn does.

    >>> root_mean_squared_error([0.0, 0.0], [3.0, 3.0])
    3.0
    """
    true, pred = _arrays(y_true, y_pred)
    if true.ndim < 2:
        return sqrt(mean_squared_error(true, pred))
    columns = zip(true.reshape(len(true), -1).T, pred.reshape(len(pred), -1).T, strict=True)
    return _mean(sqrt(mean_squared_error(t, p)) for t, p in columns)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of ``|y_pred - y_true|``, in the target's unit.

    >>> mean_absolute_error([1.0, 2.0], [2.0, 0.0])
    1.5
    """
    return _mean(abs(p - t) for t, p in _pairs(y_true, y_pred))


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of ``|y_pred - y_true| / |y_true|``: 0.1 means ten per cent.

    A target nearer to 0 than 2.2e-16 counts as 2.2e-16, as in scikit-learn.

    >>> mean_absolute_percentage_error([10.0, 20.0], [11.0, 18.0])
    0.1
    """
    tiny = float(np.finfo(float).eps)
    return _mean(abs(p - t) / maximum(abs(t), tiny) for t, p in _pairs(y_true, y_pred))


def hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of ``max(1 - y_true * y_pred, 0)`` for labels -1 and 1.

    Raises:
        ValueError: a label is neither -1 nor 1.

    >>> hinge([1, -1], [0.5, -2.0])
    0.25
    """
    pairs = _pairs(y_true, y_pred)
    for t, _ in pairs:
        _check_label(t, t in (-1.0, 1.0), "hinge", "-1 or 1")
    return _mean(functions.relu(1.0 - t * p) for t, p in pairs)


def binary_cross_entropy(y_true: Any, y_pred: Any) -> Any:
    """The mean of ``-log`` of the probability given to the truth, from logits.

    Args:
        y_true: 0 or 1, or a probability between.
        y_pred: logits: the probability of 1 is ``sigmoid(y_pred)``.  Any size is safe.

    Raises:
        ValueError: a label is outside 0 to 1.

    >>> round(binary_cross_entropy([1, 0], [0.0, 0.0]), 6)  # log(2)
    0.693147
    """
    pairs = _pairs(y_true, y_pred)
    for t, _ in pairs:
        _check_label(t, 0.0 <= t <= 1.0, "binary_cross_entropy", "from 0 to 1")
    return _mean(softplus(z) - t * z for t, z in pairs)


def cross_entropy(y_true: Any, y_pred: Any) -> Any:
    """The mean of ``-log`` of the probability given to the true class, from logits.

    Args:
        y_true: the class of each row, an int from 0.
        y_pred: one row of logits for each; the probabilities are ``softmax(row)``.

    Raises:
        ValueError: the lengths differ, there are no rows, or a class has no logit.

    >>> round(cross_entropy([0, 1], [[0.0, 0.0], [0.0, 0.0]]), 6)  # log(2)
    0.693147
    """
    classes, rows = as_array(y_true, "y_true"), as_array(y_pred, "y_pred")
    if rows.ndim != 2 or classes.ndim != 1 or len(rows) != len(classes):
        raise BadArgumentError(
            "cross_entropy takes n classes and n rows of logits, "
            f"got shapes {classes.shape} and {rows.shape}"
        )
    if len(rows) == 0:
        raise BadArgumentError("cross_entropy of no rows: give at least one")
    allowed = f"an int from 0 to {rows.shape[1] - 1}"
    losses = []
    for t, row in zip(classes.tolist(), rows.tolist(), strict=True):
        _check_label(t, 0 <= t < rows.shape[1] and t == int(t), "cross_entropy", allowed)
        losses.append(logsumexp(row) - row[int(t)])
    return _mean(losses)


#: Every loss by its name, as ``fit(..., loss="hinge")`` takes it.
LOSSES = {
    f.__name__: f
    for f in (
        mean_squared_error,
        root_mean_squared_error,
        mean_absolute_error,
        mean_absolute_percentage_error,
        hinge,
        binary_cross_entropy,
        cross_entropy,
    )
}


def _arrays(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    true, pred = as_array(y_true, "y_true"), as_array(y_pred, "y_pred")
    if true.shape != pred.shape:
        raise BadArgumentError(
            f"y_true and y_pred must have the same shape, got {true.shape} and {pred.shape}"
        )
    if true.size == 0:
        raise BadArgumentError("a loss needs at least one prediction, got none")
    return true, pred


def _pairs(y_true: Any, y_pred: Any) -> list[tuple[Any, Any]]:
    """(truth, prediction) for each element, as floats or Values."""
    true, pred = _arrays(y_true, y_pred)
    return list(zip(true.ravel().tolist(), pred.ravel().tolist(), strict=True))


def _square(x: Any) -> Any:
    return x**2 if isinstance(x, Value) else x * x  # a float's ** raises where IEEE has inf


def _mean(terms: Any) -> Any:
    listed = list(terms)
    return add_up(listed) / len(listed)


def _check_label(label: Any, fits: bool, loss: str, allowed: str) -> None:
    if not fits:
        shown = label.data if isinstance(label, Value) else label
        raise BadArgumentError(f"{loss}: a label is {allowed}, got {describe(shown)}")
