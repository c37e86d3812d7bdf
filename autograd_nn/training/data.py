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

from autograd_nn.checks import describe
from autograd_nn.conversion import is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.recording import no_grad

__all__ = [
    "Table",
    "check_inputs",
    "check_table",
    "check_targets",
    "outputs_of",
]

Floats = NDArray[np.float64]


class Table(NamedTuple):
    """Inputs ``X`` of shape (rows, columns) and the targets ``y`` that belong to them."""

    X: Floats
    y: Floats


def check_inputs(X: Any, name: str = "X") -> Floats:
    """``X`` as floats of shape (rows, columns).

    Raises:
        TypeError: it holds something else than numbers.
        ValueError: it has no rows, not two axes, or a nan or infinity.
    """
    array = _as_floats(X, name)
    if array.ndim != 2:
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
    inputs, targets = check_inputs(X, f"X{suffix}"), _as_floats(y, name)
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


#: For each loss with labels: what a label may be, and a test for it.
_LABELS: dict[str, tuple[str, Callable[[Floats], Any]]] = {
    "hinge": ("-1 or 1", lambda y: np.isin(y, (-1.0, 1.0))),
    "binary_cross_entropy": ("from 0 to 1", lambda y: (y >= 0.0) & (y <= 1.0)),
}


def check_targets(table: Table, loss: str, outputs: int, name: str = "y") -> Table:
    """The table with targets in the shape that the loss compares with the model's outputs.

    Args:
        table: from ``check_table``.
        loss: its name; "" for a function of your own, whose targets are taken as they are.
        outputs: from ``outputs_of``.

    Raises:
        ValueError: the shapes do not fit, or a label is outside the classes.
    """
    X, y = table
    if y.ndim == 2 and y.shape[1] == 1 and (outputs == 0 or loss == "cross_entropy"):
        y = y[:, 0]
    if loss == "cross_entropy":
        if outputs < 2:
            raise BadArgumentError(
                "cross_entropy needs a model with one output per class, at least 2; this one has "
                f"{max(outputs, 1)}. For two classes and one output use binary_cross_entropy"
            )
        if y.ndim != 1:
            raise BadArgumentError(
                f"cross_entropy takes one class per row, an int from 0, but {name} has shape "
                f"{y.shape}: for one-hot rows give {name}.argmax(axis=1)"
            )
        allowed = f"a class is an int from 0 to {outputs - 1}"
        _check_labels(y, (y >= 0) & (y < outputs) & (y == np.floor(y)), loss, allowed, name)
        return Table(X, y)
    if loss in _LABELS:
        allowed, test = _LABELS[loss]
        _check_labels(y, test(y), loss, f"a label is {allowed}", name)
    shape = (len(X), outputs) if outputs else (len(X),)
    if loss and y.shape != shape:
        raise BadArgumentError(
            f"the model gives outputs of shape {shape}, but {name} has {y.shape}"
        )
    return Table(X, y)


def _check_labels(y: Floats, fits: Any, loss: str, allowed: str, name: str) -> None:
    if not np.all(fits):
        at = tuple(int(i) for i in np.argwhere(~np.asarray(fits))[0])
        place = ", ".join(map(str, at))
        raise BadArgumentError(f"{loss}: {allowed}, but {name}[{place}] is {y[at]:g}")


def _as_floats(given: Any, name: str) -> Floats:
    if given is None or isinstance(given, (str, bytes, dict, set)) or is_number(given):
        raise WrongTypeError(
            f"{name} is an array or a list of rows of numbers, got {describe(given)}"
        )
    try:
        array = np.asarray(given)
    except ValueError:
        raise BadArgumentError(
            f"{name}: its rows differ in length; give rows of equal length"
        ) from None
    if array.dtype.kind in "fiub":
        return array.astype(float)
    if array.dtype.kind in "US":  # NumPy made text of every number beside a text
        array = np.asarray(given, dtype=object)
    for at, x in np.ndenumerate(array):
        if not is_number(x):
            place = ", ".join(map(str, at))
            hint = ": encode text as numbers first" if isinstance(x, str) else ""
            raise WrongTypeError(f"{name}[{place}] is {describe(x)}, not a number{hint}")
    return np.array([to_float(x) for x in array.flat], dtype=float).reshape(array.shape)


def _check_finite(array: Floats, name: str) -> None:
    wrong = ~np.isfinite(array)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = ", ".join(map(str, at))
        others = f", and {wrong.sum() - 1} more are not finite" if wrong.sum() > 1 else ""
        raise BadArgumentError(
            f"{name}[{place}] is {array[at]}{others}: fill in or leave out such rows first"
        )
