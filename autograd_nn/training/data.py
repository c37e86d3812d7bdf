"""What ``fit``, ``predict`` and ``evaluate`` let in: tables of finite numbers that fit together.

Every check is made before the first step, so that a mistake costs no training time
and changes no model.

What is left out: scaling, encoding and splitting of data; scikit-learn does that well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import describe, did_you_mean, is_dask
from autograd_nn.conversion import as_numpy, is_foreign, is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.losses import class_weights
from autograd_nn.recording import no_grad

__all__ = [
    "Table",
    "as_floats",
    "check_inputs",
    "check_sample_weight",
    "check_table",
    "check_targets",
    "check_weights",
    "encode",
    "fitting_targets",
    "label_weights",
    "outputs_of",
    "pairs_of",
]

Floats = NDArray[np.float64]


class Table(NamedTuple):
    """Inputs ``X``, a row for each example, and the targets ``y`` that belong to them.

    ``weights`` is what each row's loss is multiplied by; None for 1.
    """

    X: Floats
    y: Floats
    weights: Floats | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.X)

    def at(self, rows: Any) -> Table:
        """The table of some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Table(self.X[rows], self.y[rows], weights)


def check_inputs(X: Any, name: str = "X") -> Floats:
    """``X`` as floats of shape (rows, columns), or with more axes, such as rows of pictures.

    Args:
        X: a NumPy array, nested lists, a frame of pandas or polars, or an iterator of rows, which
            is read to its end.
        name: what to call it in messages.

    Raises:
        TypeError: it holds something else than numbers.
        ValueError: it has no rows, fewer than two axes, or a nan or infinity.
    """
    array = as_floats(X, name)
    if array.ndim < 2:
        hint = ""
        if array.ndim == 1 and len(array):
            hint = (
                f": give {name}.reshape(-1, 1) for {len(array)} rows of one number, "
                f"or {name}.reshape(1, -1) for one row of {len(array)}"
            )
        raise BadArgumentError(
            f"{name} is a table of shape (rows, columns), got {array.shape}{hint}"
        )
    if 0 in array.shape:
        raise BadArgumentError(f"{name} is empty: its shape is {array.shape}")
    _check_finite(array, name)
    return array


def check_table(X: Any, y: Any, suffix: str = "") -> Table:
    """``X`` and ``y`` as floats with one target, or one row of targets, for each row of ``X``.

    Raises:
        TypeError, ValueError: see ``check_inputs``; or the lengths differ.
    """
    name = f"y{suffix}"
    inputs, targets = check_inputs(X, f"X{suffix}"), as_floats(y, name)
    if targets.ndim not in (1, 2):
        raise BadArgumentError(
            f"{name} has one target or one row per row of X, got {targets.shape}"
        )
    if len(targets) != len(inputs):
        raise BadArgumentError(
            f"X{suffix} has {len(inputs)} rows but {name} has {len(targets)}: "
            "each row needs its target"
        )
    _check_finite(targets, name)
    return Table(inputs, targets)


def outputs_of(model: Callable[..., Any], row: Floats) -> int:
    """How many numbers the model gives for one row; 0 for a single number that is no list."""
    with no_grad():
        out = model(row.tolist())
    if isinstance(out, Value) or is_number(out):
        return 0
    if isinstance(out, (list, tuple, np.ndarray)) and len(out):
        for x in out:
            if not (isinstance(x, Value) or is_number(x)):
                raise WrongTypeError(
                    f"the model gives a list that holds {describe(x)}; give Values"
                )
        return len(out)
    raise WrongTypeError(
        f"the model gives {describe(out)} for a row; it should give a Value or a list of Values"
    )


#: The losses of one class per row and an output for each class.
BY_CLASS = ("cross_entropy", "negative_log_likelihood")
#: For each loss with labels: what a label may be, and a test for it.
_LABELS: dict[str, tuple[str, Callable[[Floats], Any]]] = {
    "hinge": ("-1 or 1", lambda y: np.isin(y, (-1.0, 1.0))),
    "binary_cross_entropy": ("from 0 to 1", lambda y: (y >= 0.0) & (y <= 1.0)),
}


_OF_CLASSES = (*BY_CLASS, *_LABELS)
_NO_WEIGHT = "sample_weight: no weight is negative, and not all are 0"


def check_weights(
    table: Table, loss: str, class_weight: Any, sample_weight: Any, classes: list[Any]
) -> Table:
    """The table with a weight for each row, where any are given.

    Args:
        table: with targets as the loss takes them.
        loss: by name.
        class_weight: a number for each class, by its label; or ``"balanced"``, which gives every
            class the same sum.
        sample_weight: a number for each row.
        classes: what the numbers of classes stand for, if they were text.

    Raises:
        TypeError, ValueError: the weights do not fit the rows or the loss.
    """
    weights = None
    if sample_weight is not None:
        weights = as_floats(sample_weight, "sample_weight")
        if weights.shape != (len(table.X),):
            raise BadArgumentError(
                f"sample_weight has a number for each of {len(table.X)} rows, got shape "
                f"{weights.shape}"
            )
        _check_finite(weights, "sample_weight")
        check_sample_weight(weights)
        if not weights.any():
            raise BadArgumentError(_NO_WEIGHT)
    if class_weight is not None:
        labels = table.y.ravel()
        class_weight = label_weights(
            class_weight, loss, classes, lambda: np.unique(labels, return_counts=True)
        )
        weights = np.array(class_weights(labels, class_weight, weights), float)
    return table._replace(weights=weights)


def check_sample_weight(weights: Floats) -> None:
    """Raise a ValueError unless all weights are finite and none is negative."""
    _check_finite(weights, "sample_weight")
    if (weights < 0.0).any():
        raise BadArgumentError(_NO_WEIGHT)


def label_weights(
    class_weight: Any, loss: str, classes: list[Any], count: Callable[[], tuple[Any, Any]]
) -> Any:
    """A weight for each label, by the number that the loss takes.

    Args:
        class_weight, loss, classes: see ``check_weights``.
        count: gives the labels that there are, and how often each is.

    Raises:
        ValueError: the loss is of no classes, or a label is none of them.
    """
    if loss not in _OF_CLASSES:
        raise BadArgumentError(f"class_weight is for losses of classes, not for {loss!r}")
    if isinstance(class_weight, str) and class_weight == "balanced":
        found, counts = count()
        each = counts.sum() / (len(found) * counts)
        return dict(zip(found.tolist(), each.tolist(), strict=True))
    if not (classes and isinstance(class_weight, dict)):
        return class_weight
    low = -1.0 if loss == "hinge" else 0.0
    step = 2.0 if loss == "hinge" else 1.0
    numbers = {label: low + step * i for i, label in enumerate(classes)}
    unknown = [label for label in class_weight if label not in numbers]
    if unknown:
        raise BadArgumentError(
            f"class_weight names {unknown[0]!r}, which is no class: "
            f"{did_you_mean(str(unknown[0]), classes)}Known: {', '.join(classes[:20])}."
        )
    return {numbers[label]: w for label, w in class_weight.items()}


def fitting_targets(y: Floats, loss: str, outputs: int) -> Floats:
    """Targets of one column in the shape that the loss compares with the model's outputs."""
    if y.ndim == 2 and y.shape[1] == 1 and (outputs == 0 or loss in BY_CLASS):
        return y[:, 0]
    if y.ndim == 1 and outputs == 1 and loss and loss not in BY_CLASS:
        return y[:, None]  # a layer of one output gives a list of one
    return y


def check_targets(table: Table, loss: str, outputs: int, name: str = "y") -> Table:
    """The table with targets in the shape that the loss compares with the model's outputs.

    Args:
        table: from ``check_table``.
        loss: its name; "" for a function of your own, whose targets are taken as they are.
        outputs: from ``outputs_of``.

    Raises:
        ValueError: the shapes do not fit, or a label is outside the classes.
    """
    X, y, weights = table
    y = fitting_targets(y, loss, outputs)
    if loss in BY_CLASS:
        if outputs < 2:
            raise BadArgumentError(
                f"{loss} needs a model with one output per class, at least 2; this one has "
                f"{max(outputs, 1)}. For two classes and one output use binary_cross_entropy"
            )
        if y.ndim != 1:
            raise BadArgumentError(
                f"{loss} takes one class per row, an int from 0, but {name} has shape "
                f"{y.shape}: for one-hot rows give {name}.argmax(axis=1)"
            )
        allowed = f"a class is an int from 0 to {outputs - 1}"
        _check_labels(y, (y >= 0) & (y < outputs) & (y == np.floor(y)), loss, allowed, name)
        return Table(X, y, weights)
    if loss == "kl_divergence":
        _check_labels(y, y >= 0.0, loss, "a probability is at least 0", name)
    if loss in _LABELS:
        allowed, test = _LABELS[loss]
        _check_labels(y, test(y), loss, f"a label is {allowed}", name)
    shape = (len(X), outputs) if outputs else (len(X),)
    if loss and y.shape != shape:
        raise BadArgumentError(
            f"the model gives outputs of shape {shape}, but {name} has {y.shape}"
        )
    return Table(X, y, weights)


def _check_labels(y: Floats, fits: Any, loss: str, allowed: str, name: str) -> None:
    if not np.all(fits):
        at = tuple(int(i) for i in np.argwhere(~np.asarray(fits))[0])
        place = ", ".join(map(str, at))
        raise BadArgumentError(f"{loss}: {allowed}, but {name}[{place}] is {y[at]:g}")


def as_array(given: Any, name: str) -> Any:
    """What users hold data in, as an array: lists, frames, series, iterators."""
    if given is None or isinstance(given, (str, bytes, dict, set)) or is_number(given):
        raise WrongTypeError(
            f"{name} is an array or a list of rows of numbers, got {describe(given)}"
        )
    if is_dask(given):
        raise WrongTypeError(
            f"{name} is a collection of Dask, which fit, predict and evaluate take; here give "
            f"some of its rows, {name}.compute()"
        )

    if is_foreign(given):  # PyTorch and JAX
        return as_numpy(given)
    if hasattr(given, "to_numpy"):  # pandas and polars
        return np.asarray(given.to_numpy())
    if hasattr(given, "__next__"):
        given = list(given)
    try:
        array = np.asarray(given)
    except ValueError:
        raise BadArgumentError(
            f"{name}: its rows differ in length; give rows of equal length"
        ) from None
    if array.dtype.kind in "US":  # NumPy made text of every number beside a text
        array = np.asarray(given, dtype=object)
    return array


def as_floats(given: Any, name: str) -> Floats:
    array = as_array(given, name)
    if array.dtype.kind in "fiub":
        return np.asarray(array, float).copy()
    columns = list(getattr(given, "columns", ()))
    for at, x in np.ndenumerate(array):
        if not is_number(x):
            place = ", ".join(map(str, at))
            where = f" (column {columns[at[1]]!r})" if columns and len(at) > 1 else ""
            hint = ": encode text as numbers first" if isinstance(x, str) else ""
            raise WrongTypeError(f"{name}[{place}]{where} is {describe(x)}, not a number{hint}")
    return np.array([to_float(x) for x in array.flat], dtype=float).reshape(array.shape)


def pairs_of(batches: Any) -> tuple[Any, Any]:
    """(X, y) of an iterator of pairs, each a row and its target, or a batch of both.

    Raises:
        TypeError: it gives something else.
        ValueError: it gives nothing.
    """
    if not hasattr(batches, "__next__"):
        raise WrongTypeError(
            "y is missing: give fit(model, X, y), or an iterator of (X, y); "
            f"got {describe(batches)}"
        )
    rows: list[Any] = []
    targets: list[Any] = []
    for pair in batches:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise WrongTypeError(f"an iterator of data gives pairs (X, y), got {describe(pair)}")
        X, y = as_array(pair[0], "X"), pair[1]
        if is_number(y) or isinstance(y, str):
            rows.append(X)
            targets.append(y)
        else:
            rows.extend(X)
            targets.extend(as_array(y, "y"))
    if not rows:
        raise BadArgumentError("the iterator gave no rows: it may have been read before")
    return rows, targets


def encode(y: Any, loss: str, classes: Any = None, name: str = "y") -> tuple[Any, list[Any]]:
    """Labels that are text, as the numbers that the loss takes; others as they are.

    Args:
        y: the labels.
        loss: by name; the text is numbered from 0, for ``hinge`` it is -1 and 1.
        classes: what the numbers stand for; None for the labels that occur, in order.
        name: what to call ``y`` in messages.

    Returns:
        The numbers, and the classes; no classes where ``y`` is no text.

    Raises:
        ValueError: the loss takes no classes, or there are two of them and more labels, or a
            label is none of ``classes``.

    >>> encode(["cat", "dog", "cat"], "cross_entropy")
    (array([0., 1., 0.]), ['cat', 'dog'])
    """
    labels = as_array(y, name)
    if labels.dtype.kind != "O" or labels.ndim != 1 or not all(isinstance(x, str) for x in labels):
        return y, []
    if loss not in _OF_CLASSES:
        return y, []  # which is refused where numbers are needed
    known = sorted(set(labels.tolist())) if classes is None else list(classes)
    if loss in _LABELS and len(known) != 2:
        raise BadArgumentError(
            f"{loss} tells 2 classes apart, but {name} has {len(known)}: {', '.join(known[:6])}; "
            "use cross_entropy and a model with an output for each"
        )
    numbers = {label: float(i) for i, label in enumerate(known)}
    for i, label in enumerate(labels.tolist()):
        if label not in numbers:
            hint = did_you_mean(label, known)
            raise BadArgumentError(f"{name}[{i}] is {label!r}, which is no class: {hint}"
                                   f"Known: {', '.join(known[:20])}.")  # fmt: skip
    coded = np.array([numbers[label] for label in labels.tolist()])
    return (2.0 * coded - 1.0 if loss == "hinge" else coded), known


def _check_finite(array: Floats, name: str) -> None:
    wrong = ~np.isfinite(array)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = ", ".join(map(str, at))
        others = f", and {wrong.sum() - 1} more are not finite" if wrong.sum() > 1 else ""
        raise BadArgumentError(
            f"{name}[{place}] is {array[at]}{others}: fill in or leave out such rows first"
        )
