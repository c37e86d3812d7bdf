"""Scores of predictions, with scikit-learn's numbers: accuracy, precision, recall, F1, AUC, R2.

They have no slope, so they are computed on plain numbers; what has one is in ``losses``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import positive_int, shown
from autograd_nn.errors import BadArgumentError

__all__ = [
    "accuracy",
    "confusion_matrix",
    "f1",
    "precision",
    "r2",
    "recall",
    "roc_auc",
    "to_labels",
    "top_k_accuracy",
]


def __dir__() -> list[str]:
    return __all__


def to_labels(outputs: Any, loss: str = "cross_entropy") -> NDArray[np.int64]:
    """The labels that a model's outputs stand for.

    Args:
        outputs: what ``predict`` gives: shape (rows,) or (rows, classes).
        loss: the one that the model was trained with, by name.  It says what the outputs
            mean: logits of classes, a logit of label 1 against 0, or a score for 1 against -1.

    Returns:
        One int for each row, shape (rows,).

    Raises:
        ValueError: the loss has no labels, or the shape does not fit it.

    >>> to_labels([[0.1, 2.0], [3.0, -1.0]])
    array([1, 0])
    >>> to_labels([0.3, -0.3], "hinge")
    array([ 1, -1])
    """
    array = np.asarray(outputs, float)
    if loss == "binary_cross_entropy":
        return (array > 0).astype(np.int64)
    if loss == "hinge":
        return np.where(array > 0, 1, -1).astype(np.int64)
    if array.ndim != 2:
        raise BadArgumentError(
            f"outputs of shape {array.shape} and the loss {shown(loss)} name no classes; train "
            "with cross_entropy (one output per class), binary_cross_entropy or hinge"
        )
    return np.asarray(array.argmax(axis=1), np.int64)


def accuracy(y_true: Any, labels: Any) -> float:
    """The share of labels that are right, from 0 to 1.

    Args:
        y_true: the true label of each row.
        labels: the predicted ones; see ``to_labels``.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: the shapes differ, or there are none.

    >>> accuracy([0, 1, 1, 0], [0, 1, 0, 0])
    0.75
    """
    true, found = _pair(y_true, labels)
    return float(np.mean(true == found))


def confusion_matrix(y_true: Any, labels: Any) -> NDArray[np.int64]:
    """How often each class was taken for each: row the truth, column what was said.

    Rows and columns are the classes that occur, in order.

    Args:
        y_true: the true label of each row.
        labels: the predicted ones; see ``to_labels``.

    Returns:
        Counts, shape (classes, classes).

    Raises:
        ValueError: the shapes differ, or there are none.

    >>> confusion_matrix([0, 1, 1, 0], [0, 1, 0, 0])
    array([[2, 0],
           [1, 1]])
    """
    true, found = _pair(y_true, labels)
    classes, numbers = np.unique(np.concatenate([true, found]), return_inverse=True)
    matrix = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(matrix, (numbers[: len(true)], numbers[len(true) :]), 1)
    return matrix


def precision(y_true: Any, labels: Any) -> float:
    """Of what was said to be in the class, the share that is.

    The class is 1 where the labels are 0 and 1, or -1 and 1; with more classes, the mean over
    them.  0 where nothing was said to be in it.

    Args:
        y_true: the true label of each row.
        labels: the predicted ones; see ``to_labels``.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: the shapes differ, or there are none.

    >>> precision([0, 1, 1, 0], [0, 1, 0, 0])
    1.0
    """
    said, right, _ = _counts(y_true, labels)
    return float(np.mean(_ratio(right, said)))


def recall(y_true: Any, labels: Any) -> float:
    """Of what is in the class, the share that was found; see ``precision``.

    Args:
        y_true: the true label of each row.
        labels: the predicted ones; see ``to_labels``.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: the shapes differ, or there are none.

    >>> recall([0, 1, 1, 0], [0, 1, 0, 0])
    0.5
    """
    _, right, true = _counts(y_true, labels)
    return float(np.mean(_ratio(right, true)))


def f1(y_true: Any, labels: Any) -> float:
    """The harmonic mean of precision and recall; see ``precision``.

    Args:
        y_true: the true label of each row.
        labels: the predicted ones; see ``to_labels``.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: the shapes differ, or there are none.

    >>> round(f1([0, 1, 1, 0], [0, 1, 0, 0]), 6)
    0.666667
    """
    said, right, true = _counts(y_true, labels)
    return float(np.mean(_ratio(2 * right, said + true)))


def roc_auc(y_true: Any, scores: Any) -> float:
    """How often one that is in the class has a higher score than one that is not.

    Args:
        y_true: labels, of two kinds for one score a row, else classes from 0.
        scores: shape (rows,), or (rows, classes): then the mean over classes of each one's
            probability against the rest.

    Returns:
        From 0 to 1; 0.5 is as good as guessing.

    Raises:
        ValueError: the lengths differ, or a class has no row, or every row.

    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    true, array = np.asarray(y_true), np.asarray(scores, float)
    if len(true) != len(array):
        raise BadArgumentError(f"{len(true)} labels need as many scores, got {len(array)}")
    if array.ndim == 2 and array.shape[1] > 1:
        powers = np.exp(array - array.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        return float(np.mean([_area(true == c, shares[:, c]) for c in range(array.shape[1])]))
    return _area(true == true.max(), array.ravel())


def _area(inside: Any, scores: NDArray[np.float64]) -> float:
    """By ranks, a tie counting half (Mann and Whitney, 1947)."""
    count = int(inside.sum())
    if count in (0, len(scores)):
        raise BadArgumentError("roc_auc needs rows inside and outside of every class")
    _, numbers, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2.0)[numbers]
    won = ranks[inside].sum() - count * (count + 1) / 2.0
    return float(won / (count * (len(scores) - count)))


def r2(y_true: Any, predicted: Any) -> float:
    """The share of the targets' variance that the predictions explain, at most 1.

    For rows of several targets, the mean over them.  A target that never changes has 1 where it
    is met exactly, else 0.

    Args:
        y_true: the targets, shape (rows,) or (rows, targets).
        predicted: the predictions, of the same shape.

    Returns:
        At most 1; below 0 where the mean of the targets would do better.

    Raises:
        ValueError: the shapes differ, or there are fewer than two rows.

    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
    0.5
    """
    true, found = np.asarray(y_true, float), np.asarray(predicted, float)
    if true.shape != found.shape or len(true) < 2:
        raise BadArgumentError(
            f"r2 takes at least two rows and as many predictions, got {true.shape} and "
            f"{found.shape}"
        )
    left = ((true - found) ** 2).sum(axis=0)
    spread = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    with np.errstate(all="ignore"):
        parts = np.where(spread > 0.0, 1.0 - left / spread, np.where(left > 0.0, 0.0, 1.0))
    return float(np.mean(parts))


def top_k_accuracy(y_true: Any, scores: Any, k: int = 2) -> float:
    """The share of rows whose class is among the ``k`` highest scores.

    Args:
        y_true: the class of each row, an int from 0.
        scores: shape (rows, classes); higher is likelier.
        k: how many of the highest count, from 1.

    Returns:
        From 0 to 1.

    Raises:
        ValueError: the scores have not a column for each class, or the lengths differ.
        TypeError: ``k`` is no int.

    >>> top_k_accuracy([0, 2], [[0.2, 0.5, 0.3], [0.5, 0.4, 0.1]], k=2)
    0.0
    """
    true, array = np.asarray(y_true), np.asarray(scores, float)
    positive_int("k", k)
    if array.ndim != 2 or len(true) != len(array):
        raise BadArgumentError(
            f"top_k_accuracy takes n classes and n rows of scores, got {true.shape} and "
            f"{array.shape}"
        )
    # Of equal scores the later class counts as higher, as in scikit-learn.
    best = np.argsort(array, axis=1, kind="stable")[:, ::-1][:, :k]
    return float(np.mean((best == true.reshape(-1, 1)).any(axis=1)))


def _counts(y_true: Any, labels: Any) -> tuple[Any, Any, Any]:
    """For each class: how many were said to be in it, are so rightly, and are in it."""
    true, found = _pair(y_true, labels)
    classes = np.unique(np.concatenate([true, found]))
    if set(classes.tolist()) <= {0, 1} or set(classes.tolist()) <= {-1, 1}:
        classes = np.array([1])
    said = np.array([np.sum(found == c) for c in classes])
    right = np.array([np.sum((found == c) & (true == c)) for c in classes])
    return said, right, np.array([np.sum(true == c) for c in classes])


def _ratio(part: Any, whole: Any) -> Any:
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)


def _pair(y_true: Any, labels: Any) -> tuple[Any, Any]:
    true, found = np.asarray(y_true), np.asarray(labels)
    if true.shape != found.shape:
        hint = "; turn outputs into labels with to_labels" if found.ndim > true.ndim else ""
        raise BadArgumentError(
            f"y_true and labels must have the same shape, got {true.shape} and {found.shape}{hint}"
        )
    if true.size == 0:
        raise BadArgumentError("a score of no labels: give at least one")
    return true.ravel(), found.ravel()
