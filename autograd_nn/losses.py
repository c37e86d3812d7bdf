"""Losses: how far predictions are from the truth, with scikit-learn's names and argument order.

Every loss takes ``(y_true, y_pred)``: what was observed, then what was predicted,
as numbers, Values, or arrays or lists of them, of equal shape.  Floats give a
float that agrees with scikit-learn's; with a Value among them the result is a
Value.  Each is a mean over all elements, or over rows where a row makes one term.

``sample_weight`` has a number for each row: the mean is then weighted, as scikit-learn and
PyTorch do it.  ``class_weight`` has a number for each class, by which the rows are weighted.

What is left out: accuracy and other scores that have no slope (``metrics``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_nn import functions
from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.functions import (
    add_up,
    dot,
    log,
    logsumexp,
    maximum,
    minimum,
    softplus,
    sqrt,
)
from autograd_nn.functions.arrays import as_array

__all__ = [
    "ALIASES",
    "LOSSES",
    "binary_cross_entropy",
    "cross_entropy",
    "hinge",
    "huber",
    "kl_divergence",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "negative_log_likelihood",
    "root_mean_squared_error",
]

_EPSILON = float(np.finfo(float).eps)
_TINY = float(np.finfo(float).tiny)


def __dir__() -> list[str]:
    return __all__


# -- what one element adds -----------------------------------------------------------------
# Written without an ``if``, so that a recording holds for every row.


def absolute_percentage_error(t: Any, p: Any) -> Any:
    """``|p - t| / |t|``; a target nearer to 0 than 2.2e-16 counts as 2.2e-16."""
    return abs(p - t) / maximum(abs(t), _EPSILON)


def huber_term(t: Any, p: Any, delta: float = 1.0) -> Any:
    """Half the square of the error up to ``delta``, and its tangent beyond."""
    error = abs(p - t)
    bend = minimum(error, delta)
    return bend * (error - 0.5 * bend)


def hinge_term(t: Any, p: Any) -> Any:
    """``max(1 - t * p, 0)``."""
    return functions.relu(1.0 - t * p)


def binary_cross_entropy_term(t: Any, p: Any) -> Any:
    """``-log`` of the probability of ``t``, of a logit ``p``."""
    return softplus(p) - t * p


def divergence_term(t: Any, p: Any) -> Any:
    """``t * (log(t) - p)``, and 0 at 0."""
    return t * (log(maximum(t, _TINY)) - p)


# -- numbers -------------------------------------------------------------------------------


def mean_squared_error(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """The mean of ``(y_pred - y_true)**2``; its unit is the square of the target's.

    Args:
        y_true: the targets: numbers, or an array or list of them, of any shape.
        y_pred: the predictions, numbers or Values, of the same shape.
        sample_weight: a number for each row; see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.

    Raises:
        ValueError: the shapes differ, or there is nothing to compare.
        TypeError: something else than numbers and Values.

    >>> mean_squared_error([1, 3, 5, 7], [9, 7, -3, 12])
    42.25
    """
    return _mean_over((_square(p - t) for t, p in _pairs(y_true, y_pred)), y_true, sample_weight)


def root_mean_squared_error(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """The square root of the mean squared error, in the target's unit.

    For rows of several targets, the mean of the roots of each column, as scikit-learn does.

    Args:
        y_true: the targets: numbers, or an array or list of them, of any shape.
        y_pred: the predictions, numbers or Values, of the same shape.
        sample_weight: a number for each row; see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.

    Raises:
        TypeError: something else than numbers and Values.
        ValueError: the shapes differ, there is nothing to compare, or the weights do not fit.

    >>> root_mean_squared_error([0.0, 0.0], [3.0, 3.0])
    3.0
    """
    true, pred = _arrays(y_true, y_pred)
    if true.ndim < 2:
        return sqrt(mean_squared_error(true, pred, sample_weight))
    columns = zip(true.reshape(len(true), -1).T, pred.reshape(len(pred), -1).T, strict=True)
    return _mean(sqrt(mean_squared_error(t, p, sample_weight)) for t, p in columns)


def mean_absolute_error(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """The mean of ``|y_pred - y_true|``, in the target's unit.

    Args:
        y_true: the targets: numbers, or an array or list of them, of any shape.
        y_pred: the predictions, numbers or Values, of the same shape.
        sample_weight: a number for each row; see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.

    Raises:
        TypeError: something else than numbers and Values.
        ValueError: the shapes differ, there is nothing to compare, or the weights do not fit.

    >>> mean_absolute_error([1.0, 2.0], [2.0, 0.0])
    1.5
    """
    return _mean_over((abs(p - t) for t, p in _pairs(y_true, y_pred)), y_true, sample_weight)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """The mean of ``|y_pred - y_true| / |y_true|``: 0.1 means ten per cent.

    A target nearer to 0 than 2.2e-16 counts as 2.2e-16, as in scikit-learn.

    Args:
        y_true: the targets: numbers, or an array or list of them, of any shape.
        y_pred: the predictions, numbers or Values, of the same shape.
        sample_weight: a number for each row; see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.

    Raises:
        TypeError: something else than numbers and Values.
        ValueError: the shapes differ, there is nothing to compare, or the weights do not fit.

    >>> mean_absolute_percentage_error([10.0, 20.0], [11.0, 18.0])
    0.1
    """
    terms = (absolute_percentage_error(t, p) for t, p in _pairs(y_true, y_pred))
    return _mean_over(terms, y_true, sample_weight)


def huber(y_true: Any, y_pred: Any, sample_weight: Any = None, *, delta: float = 1.0) -> Any:
    """The mean of half the squared error up to ``delta``, and of a straight line beyond.

    Outliers pull with the same strength however far they are (Huber, "Robust estimation of a
    location parameter", 1964).

    Args:
        y_true: the targets: numbers, or an array or list of them, of any shape.
        y_pred: the predictions, numbers or Values, of the same shape.
        sample_weight: a number for each row; see the module.
        delta: where the line begins, in the target's unit; above 0.

    Returns:
        One number: a Value where one is among the predictions, else a float.

    Raises:
        ValueError: ``delta`` is not positive, or see ``mean_squared_error``.

    >>> huber([0.0, 0.0], [0.5, 3.0])  # 0.125 and 2.5
    1.3125
    """
    if not delta > 0.0:
        raise BadArgumentError(f"delta is positive, got {describe(delta)}")
    terms = (huber_term(t, p, delta) for t, p in _pairs(y_true, y_pred))
    return _mean_over(terms, y_true, sample_weight)


# -- labels and probabilities ----------------------------------------------------------------


def hinge(y_true: Any, y_pred: Any, sample_weight: Any = None, *, class_weight: Any = None) -> Any:
    """The mean of ``max(1 - y_true * y_pred, 0)`` for labels -1 and 1.

    Args:
        y_true: the labels, -1 or 1.
        y_pred: a score for each, numbers or Values: 1 is meant above 0.
        sample_weight, class_weight: see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.

    Raises:
        ValueError: a label is neither -1 nor 1.

    >>> hinge([1, -1], [0.5, -2.0])
    0.25
    """
    pairs = _pairs(y_true, y_pred)
    for t, _ in pairs:
        _check_label(t, t in (-1.0, 1.0), "hinge", "-1 or 1")
    weights = class_weights(y_true, class_weight, sample_weight)
    return _mean_over((hinge_term(t, p) for t, p in pairs), y_true, weights)


def binary_cross_entropy(
    y_true: Any, y_pred: Any, sample_weight: Any = None, *, class_weight: Any = None
) -> Any:
    """The mean of ``-log`` of the probability given to the truth, from logits.

    Args:
        y_true: 0 or 1, or a probability between.
        y_pred: logits: the probability of 1 is ``sigmoid(y_pred)``.  Any size is safe.
        sample_weight, class_weight: see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.  In nats.

    Raises:
        ValueError: a label is outside 0 to 1.

    >>> round(binary_cross_entropy([1, 0], [0.0, 0.0]), 6)  # log(2)
    0.693147
    """
    pairs = _pairs(y_true, y_pred)
    for t, _ in pairs:
        _check_label(t, 0.0 <= t <= 1.0, "binary_cross_entropy", "from 0 to 1")
    weights = class_weights(y_true, class_weight, sample_weight)
    return _mean_over((binary_cross_entropy_term(t, z) for t, z in pairs), y_true, weights)


def cross_entropy(
    y_true: Any, y_pred: Any, sample_weight: Any = None, *, class_weight: Any = None
) -> Any:
    """The mean of ``-log`` of the probability given to the true class, from logits.

    Args:
        y_true: the class of each row, an int from 0.
        y_pred: one row of logits for each; the probabilities are ``softmax(row)``.
        sample_weight, class_weight: see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.  In nats.

    Raises:
        ValueError: the lengths differ, there are no rows, or a class has no logit.

    >>> round(cross_entropy([0, 1], [[0.0, 0.0], [0.0, 0.0]]), 6)  # log(2)
    0.693147
    """
    rows = _classes_and_rows(y_true, y_pred, "cross_entropy", "logits")
    weights = class_weights(y_true, class_weight, sample_weight)
    return _mean_over((logsumexp(row) - row[t] for t, row in rows), y_true, weights)


def negative_log_likelihood(
    y_true: Any, y_pred: Any, sample_weight: Any = None, *, class_weight: Any = None
) -> Any:
    """The mean of minus the log-probability of the true class; PyTorch's ``NLLLoss``.

    Args:
        y_true: the class of each row, an int from 0.
        y_pred: one row of log-probabilities for each, such as ``nn.LogSoftmax`` gives.
        sample_weight, class_weight: see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.  In nats.

    Raises:
        ValueError: see ``cross_entropy``.

    >>> negative_log_likelihood([0, 1], [[-0.5, -1.0], [-2.0, -0.25]])
    0.375
    """
    rows = _classes_and_rows(y_true, y_pred, "negative_log_likelihood", "log-probabilities")
    weights = class_weights(y_true, class_weight, sample_weight)
    return _mean_over((-row[t] for t, row in rows), y_true, weights)


def kl_divergence(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    """How far distributions are from the true ones: the sum of ``t * (log(t) - p)`` in a row.

    The mean over rows; PyTorch's ``KLDivLoss(reduction="batchmean")`` (Kullback and Leibler, "On
    information and sufficiency", 1951).

    Args:
        y_true: rows of probabilities, or one row.
        y_pred: rows of log-probabilities, such as ``nn.LogSoftmax`` gives.
        sample_weight: see the module.

    Returns:
        One number: a Value where one is among the predictions, else a float.  In nats.

    Raises:
        ValueError: the shapes differ, or a probability is negative.

    >>> round(kl_divergence([[0.5, 0.5]], [[-0.6931471805599453, -0.6931471805599453]]), 12)
    0.0
    """
    true, pred = _arrays(y_true, y_pred)
    rows = true.reshape(-1, true.shape[-1]), pred.reshape(-1, pred.shape[-1])
    terms = []
    for ts, ps in zip(rows[0].tolist(), rows[1].tolist(), strict=True):
        for t in ts:
            _check_label(t, t >= 0.0, "kl_divergence", "a probability, at least 0")
        terms.append(add_up([divergence_term(t, p) for t, p in zip(ts, ps, strict=True)]))
    return _mean_over(terms, rows[0], sample_weight)


#: Every loss by its name, as ``fit(..., loss="hinge")`` takes it.
LOSSES = {
    f.__name__: f
    for f in (
        mean_squared_error,
        root_mean_squared_error,
        mean_absolute_error,
        mean_absolute_percentage_error,
        huber,
        hinge,
        binary_cross_entropy,
        cross_entropy,
        negative_log_likelihood,
        kl_divergence,
    )
}
#: Short names, and those of Keras, for the same.
ALIASES = {
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "bce": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "nll": "negative_log_likelihood",
    "kld": "kl_divergence",
}


def class_weights(y_true: Any, class_weight: Any, sample_weight: Any = None) -> Any:
    """The weight of each row: that of its class, times its own.

    Args:
        y_true: the class of each row.
        class_weight: a dict, or a list for classes from 0; None for 1 each.
        sample_weight: a number for each row; None for 1 each.

    Raises:
        TypeError: ``class_weight`` is neither a dict nor a list.
        ValueError: a class has no weight.

    >>> class_weights([0, 2, 0], {0: 1.0, 2: 5.0})
    [1.0, 5.0, 1.0]
    """
    if class_weight is None:
        return sample_weight
    if not isinstance(class_weight, Mapping) and not hasattr(class_weight, "__len__"):
        raise WrongTypeError(
            f"class_weight is a dict or a list of numbers by class, got {describe(class_weight)}"
        )
    named = class_weight if isinstance(class_weight, Mapping) else dict(enumerate(class_weight))
    weights = []
    for t in as_array(y_true, "y_true").ravel().tolist():
        if t not in named:
            raise BadArgumentError(f"class_weight has no weight for class {t:g}: {dict(named)}")
        weights.append(named[t])
    if sample_weight is None:
        return weights
    return [w * s for w, s in zip(weights, sample_weight, strict=True)]


def _classes_and_rows(
    y_true: Any, y_pred: Any, loss: str, what: str
) -> list[tuple[int, list[Any]]]:
    """(class, row) for each row, the class an index of the row."""
    classes, rows = as_array(y_true, "y_true"), as_array(y_pred, "y_pred")
    if rows.ndim != 2 or classes.ndim != 1 or len(rows) != len(classes):
        raise BadArgumentError(
            f"{loss} takes n classes and n rows of {what}, "
            f"got shapes {classes.shape} and {rows.shape}"
        )
    if len(rows) == 0:
        raise BadArgumentError(f"{loss} of no rows: give at least one")
    allowed = f"an int from 0 to {rows.shape[1] - 1}"
    found = []
    for t, row in zip(classes.tolist(), rows.tolist(), strict=True):
        _check_label(t, 0 <= t < rows.shape[1] and t == int(t), loss, allowed)
        found.append((int(t), row))
    return found


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


def _mean_over(terms: Iterable[Any], y_true: Any, weights: Any) -> Any:
    """The mean of terms, several for each row of ``y_true``, weighted by row."""
    listed = list(terms)
    if weights is None:
        return _mean(listed)
    given = as_array(weights, "sample_weight")
    rows = len(as_array(y_true, "y_true"))
    if given.shape != (rows,):
        raise BadArgumentError(
            f"sample_weight has a number for each of {rows} rows, got shape {given.shape}"
        )
    each = np.repeat(given, len(listed) // rows).tolist()
    total = add_up(each)
    if not total > 0.0:
        raise BadArgumentError(f"sample_weight adds up to {total:g}: give weights above 0")
    return dot(each, listed) / total


def _check_label(label: Any, fits: bool, loss: str, allowed: str) -> None:
    if not fits:
        shown = label.data if isinstance(label, Value) else label
        raise BadArgumentError(f"{loss}: a label is {allowed}, got {describe(shown)}")
