"""Checks of what optimisers are given."""

from __future__ import annotations

import math
from typing import Any

from autograd_nn.checks import describe, shown
from autograd_nn.conversion import is_number, to_float
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["check_parameters", "check_setting"]


def check_parameters(parameters: Any, who: str) -> list[Value]:
    if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
        raise WrongTypeError(f"{who} takes a list of Values, got {describe(parameters)}")
    listed = list(parameters)
    if not listed:
        raise BadArgumentError(
            f"{who} got no parameters: give model.parameters() or a list of Values"
        )
    for i, p in enumerate(listed):
        if not isinstance(p, Value):
            raise WrongTypeError(f"{who}: parameters[{i}] is {describe(p)}; give Values")
        if p.kind == "operation":
            raise BadArgumentError(
                f"{who}: parameters[{i}] is the result of {p.op!r}; only leaves can be moved"
            )
    if len({id(p) for p in listed}) != len(listed):
        raise BadArgumentError(f"{who}: a parameter is listed twice and would be moved twice")
    return listed


def check_setting(name: str, x: Any, low: float = -math.inf, below: float = math.inf) -> float:
    if isinstance(x, bool) or not is_number(x):
        raise WrongTypeError(f"{name} is a number, got {describe(x)}")
    number = to_float(x)
    if not (low <= number < below):
        upper = "" if below == math.inf else f" and below {below:g}"
        raise BadArgumentError(f"{name} must be finite, at least {low:g}{upper}; got {shown(x)}")
    return number
