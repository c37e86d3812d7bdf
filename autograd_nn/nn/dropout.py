"""``Dropout``, and where its random numbers come from.

A row of training draws its own mask.  Where the masks must be numbers that are known beforehand,
as they are to ``fit``, which gives every row of a batch its own in one recording, they are
handed in by ``masks``.

What is left out: a jitted function that draws for itself, which the jit runs in the engine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from autograd_nn.checks import describe
from autograd_nn.conversion import is_number
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nn.initialisers import generator
from autograd_nn.nn.module import Module
from autograd_nn.nn.rows import each_number

__all__ = ["Dropout", "masks", "wanted_masks"]


class Dropout(Module):
    """While training, each number is 0 with a chance of ``p``, and otherwise scaled up.

    What is kept is divided by ``1 - p``, so that the mean stays.  After ``eval()`` the layer
    gives its input.

    Source: Srivastava and others, "Dropout: a simple way to prevent neural networks from
    overfitting" (2014).

    Args:
        p: from 0 to below 1.
        seed: see ``Linear``; ``fit`` draws by its own seed.

    Called on a vector, or a nest of vectors, it gives one of the same form.

    Raises:
        TypeError, ValueError: ``p`` is no such number.

    >>> layer = Dropout(0.5, seed=0)
    >>> layer([1.0, 1.0, 1.0])
    [2.0, 2.0, 0.0]
    >>> layer.eval()([1.0, 1.0, 1.0])
    [1.0, 1.0, 1.0]
    """

    def __init__(self, p: float = 0.5, *, seed: int | random.Random | None = None) -> None:
        if isinstance(p, bool) or not is_number(p):
            raise WrongTypeError(f"p is a number from 0 to below 1, got {describe(p)}")
        if not 0.0 <= p < 1.0:
            raise BadArgumentError(f"p is from 0 to below 1, got {p}")
        self.p = float(p)
        self._random = generator(seed)

    def __call__(self, x: Any) -> Any:
        """See the class."""
        if not self.training or self.p == 0.0:
            return x
        handed = _masks.get()
        return each_number(lambda a: a * (self._drawn() if handed is None else handed(self.p)), x)

    def _drawn(self) -> float:
        return 0.0 if self._random.random() < self.p else 1.0 / (1.0 - self.p)

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


_masks: ContextVar[Any] = ContextVar("masks", default=None)


@contextmanager
def masks(numbers: Sequence[Any]) -> Iterator[None]:
    """In this block, the masks of dropped numbers are these, in the order of their use."""
    left = iter(numbers)
    token = _masks.set(lambda p: next(left))
    try:
        yield
    finally:
        _masks.reset(token)


def wanted_masks(model: Any, row: Any) -> list[float]:
    """The ``p`` of every number that a model would draw for a row."""
    found: list[float] = []

    def note(p: float) -> float:
        found.append(p)
        return 1.0

    token = _masks.set(note)
    try:
        model(row)
    finally:
        _masks.reset(token)
    return found
