"""What runs the items of a plan: one folder or module a backend, all with the same door.

``compile(items, sizes)`` of a backend makes ``Code`` of items, for buffers of these sizes; it can
be used by several threads.  ``Code.bind(buffers)`` gives a ``Bound``, which runs them on one set of
buffers when it is called; no two threads call one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from autograd_nn.jit.plan import Item

__all__ = ["Backend", "Bound", "Code"]


class Bound(Protocol):
    """Items, ready to run on one set of buffers."""

    def __call__(self) -> None:
        """Run them.  NumPy's warnings are to be off."""

    def attach(self, buffer: int, array: Any) -> None:
        """From now on, work on this array in the place of a large argument's buffer.

        Args:
            buffer: its number, 2 or more.
            array: contiguous floats of the same size.
        """


class Code(Protocol):
    """Items that were made ready for buffers of some sizes.

    Attributes:
        is_quiet: whether running them never gives one of NumPy's warnings.
        backend: the name of what runs them.
    """

    @property
    def is_quiet(self) -> bool: ...

    @property
    def backend(self) -> str: ...

    def bind(self, buffers: list[Any]) -> Bound:
        """Make them ready for one set of buffers: arrays of floats, by number."""


class Backend(Protocol):
    """What runs items."""

    def compile(self, items: Sequence[Item], sizes: Sequence[int]) -> Code:
        """Make items ready.

        Args:
            sizes: of every even buffer, how many cells; its adjoints have as many.
        """
