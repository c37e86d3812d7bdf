"""Training or use: the mode of every module of a model, set for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_nn.nested import leaves_of
from autograd_nn.nn.module import Module

__all__ = ["Modes"]


class Modes:
    """The modules of a model, found once.

    Args:
        model: a Module, or any object of the user's own that holds some.

    >>> from autograd_nn.nn import Dropout, Sequential
    >>> model = Sequential(Dropout(0.5))
    >>> with Modes(model).set(training=False):
    ...     model([1.0])
    [1.0]
    >>> model[0].training
    True
    """

    def __init__(self, model: Any) -> None:
        if isinstance(model, Module):
            self.modules = model.modules()
        else:
            held = [part for _, part in leaves_of(getattr(model, "__dict__", {}), Module)]
            self.modules = [module for part in held for module in part.modules()]

    @contextmanager
    def set(self, training: bool) -> Iterator[None]:
        """In this block all of them are in one mode; afterwards each is in its own again."""
        before = [module.training for module in self.modules]
        changed = [m for m, was in zip(self.modules, before, strict=True) if was != training]
        for module in changed:
            module.training = training
        try:
            yield
        finally:
            for module in changed:
                module.training = not training
