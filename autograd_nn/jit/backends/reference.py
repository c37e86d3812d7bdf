"""The backend that evaluates items by their definition: slow, and what others must equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd_nn.jit.plan import Item
from autograd_nn.jit.plan.reference import evaluate

__all__ = ["compile"]


def compile(items: Sequence[Item], sizes: Sequence[int]) -> ReferenceCode:
    """Make items ready: there is nothing to do."""
    return ReferenceCode(items)


@dataclass(frozen=True)
class ReferenceCode:
    """Items."""

    items: Sequence[Item]
    is_quiet: bool = False
    backend: str = "reference"

    def bind(self, buffers: list[Any]) -> _Bound:
        """Items with their buffers."""
        return _Bound(self.items, list(buffers))


class _Bound:
    def __init__(self, items: Sequence[Item], buffers: list[Any]) -> None:
        self._items, self._buffers = items, buffers

    def __call__(self) -> None:
        evaluate(self._items, self._buffers)

    def attach(self, buffer: int, array: Any) -> None:
        """Work on another array from now on."""
        self._buffers[buffer] = array
