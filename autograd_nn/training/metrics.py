"""Scores of a classifier: labels from outputs, accuracy, the confusion matrix.

They have no slope, so they are computed on plain numbers; what has one is in ``losses``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import shown
from autograd_nn.errors import BadArgumentError

__all__ = ["accuracy", "confusion_matrix", "to_labels"]


def __dir__() -> list[str]:
    return __all__


def to_labels(outputs: Any, loss: str = "cross_entropy") -> NDArray[np.int64]:
    """The labels that a model's outputs stand for.

    Args:
        outputs: what ``predict`` gives: shape (rows,) or (rows, classes).
        loss: the one that the model was trained with, by name.  It says what the outputs
            mean: logits of classes, a logit of label 1 against 0, or a score for 1 against -1.

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
