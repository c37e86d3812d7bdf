"""The numbers and slopes of many Values as one flat array, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from autograd_nn.engine import Value

__all__ = ["gather", "gather_slopes", "kept", "scatter"]

Floats = NDArray[np.float64]


def gather(parameters: Sequence[Value]) -> Floats:
    """The parameters' numbers as one array.

    >>> gather([Value(1.0), Value(2.0)])
    array([1., 2.])
    """
    return np.fromiter((p.data for p in parameters), float, len(parameters))


def gather_slopes(parameters: Sequence[Value]) -> Floats:
    """The parameters' slopes as one array."""
    return np.fromiter((p.grad for p in parameters), float, len(parameters))


def scatter(numbers: Floats, parameters: Sequence[Value]) -> None:
    """The reverse of ``gather``: write an array's numbers into the parameters.

    >>> x = Value(1.0)
    >>> scatter(np.array([3.0]), [x])
    >>> x.data
    3.0
    """
    for p, x in zip(parameters, numbers.tolist(), strict=True):
        p.data = x


@contextmanager
def kept(parameters: Sequence[Value]) -> Iterator[Floats]:
    """Their numbers, which the parameters have again afterwards, whatever happens meanwhile.

    >>> x = Value(1.0)
    >>> with kept([x]) as before:
    ...     x.data = 3.0
    >>> x.data, before
    (1.0, array([1.]))
    """
    before = gather(parameters)
    try:
        yield before
    finally:
        scatter(before, parameters)
