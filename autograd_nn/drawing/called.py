"""A model instead of Values: called on a row, on several, or on none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["Outputs", "outputs_of"]


@dataclass(slots=True)
class Outputs:
    """What a model returned; ``called`` is False where it was for its weights alone."""

    values: Any
    called: bool


def outputs_of(what: Any, row: Any) -> Outputs | None:
    """What a model gives for a row, or for each of several rows; None where ``what`` is no model.

    A model is what can be called and has ``parameters``.  Without a row it must say how many
    inputs it takes, as ``nin``; it is then called on zeros, and only its weights mean anything.

    Raises:
        TypeError: ``what`` is no model but there is a row; or there is none and the model does not
            say how many inputs it takes.
        ValueError: the row is empty; and what the model says of a row that it cannot take.
    """
    if isinstance(what, Value) or not callable(what) or not hasattr(what, "parameters"):
        if row is not None:
            raise WrongTypeError(
                f"a row is what a model is called on, but {describe(what)} is no model: "
                "draw(value) takes no row."
            )
        return None
    if row is None:
        count = getattr(what, "nin", None)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise WrongTypeError(
                f"{describe(what)} does not say how many inputs it takes (an attribute nin): "
                "give a row of numbers, draw(model, row), or draw what it returns, "
                "draw(model(row))."
            )
        return Outputs(what([0.0] * count), False)
    if not hasattr(row, "__len__") or isinstance(row, (str, bytes, dict)):
        raise WrongTypeError(f"row is a list of numbers, or of such rows; got {describe(row)}")
    if not len(row):
        raise BadArgumentError("row is empty: give the numbers that the model is called on")
    if hasattr(row[0], "__len__") and not isinstance(row[0], (str, bytes)):
        return Outputs([what(part) for part in row], True)
    return Outputs(what(row), True)
