"""The operations of the table on NumPy arrays, where NumPy has none that means the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def leaky_relu(x: Any, slope: Any) -> Any:
    return np.where(np.less_equal(x, 0.0), np.multiply(slope, x), x)


def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0.0), 1.0, e) / (1.0 + e)


def softplus(x: Any) -> Any:
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0.0)


def one_by_one(scalar: Callable[..., float], arity: int = 1) -> Callable[..., Any]:
    """A function of floats, on arrays."""
    each = np.frompyfunc(scalar, arity, 1)

    def function(*arrays: Any) -> Any:
        return np.asarray(each(*arrays), dtype=float)

    return function


def step(x: Any) -> Any:
    return np.heaviside(x, 0.0)


def share(a: Any, b: Any) -> Any:
    known = np.where(np.greater(a, b), 1.0, np.where(np.less(a, b), 0.0, 0.5))
    return np.where(np.isnan(a) | np.isnan(b), np.nan, known)


def greater(a: Any, b: Any) -> Any:
    return np.where(np.greater(a, b), 1.0, 0.0)


def mod(a: Any, b: Any) -> Any:
    return np.where(np.equal(b, 0.0), np.nan, np.mod(a, b))


def first_max(a: Any, b: Any) -> Any:
    return np.where(np.greater(b, a), b, a)


def first_min(a: Any, b: Any) -> Any:
    return np.where(np.less(b, a), b, a)
