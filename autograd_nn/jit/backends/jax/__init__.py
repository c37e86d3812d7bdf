"""The backend that JAX runs: each nest becomes a few operations on arrays, which XLA compiles.

* ``table`` with ``special``: the rows of the table of primitives, and their slopes;
* ``layout``, ``store`` with ``views``: which cells lie in one array, and how they are read and
  written;
* ``nests``, ``lines``, ``loops``, ``items``: the kinds of items;
* ``evaluation`` with ``linear``: a whole plan that JAX can differentiate; ``function`` with
  ``arguments``: that as a function of the user's arguments, for ``Program.to_jax``.

XLA contracts a product and a sum into one rounding.  What must round as the engine does, because a
guard or a jump reads it, is run by NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from typing import Any

import numpy as np

from autograd_nn.errors import BackendError
from autograd_nn.jit.backends import Bound
from autograd_nn.jit.backends import numpy as numpy_backend
from autograd_nn.jit.plan import Item, Loop, walk

__all__ = ["compile"]


def compile(items: Sequence[Item], sizes: Sequence[int]) -> JaxCode:
    """Make items ready.

    Args:
        items: of a plan, or of its way back.
        sizes: of every even buffer, how many cells.
    """
    try:
        import jax  # noqa: F401
    except ImportError as error:
        raise BackendError(
            f"it needs the package jax ({error}): pip install 'autograd_nn[jax]'"
        ) from None
    parts: list[Any] = []
    for exact, run in groupby(items, _is_exact):
        part = list(run)
        parts.append(numpy_backend.compile(part, sizes) if exact else _Compiled(part, sizes))
    return JaxCode(parts)


def _is_exact(item: Item) -> bool:
    return any(not isinstance(x, Loop) and x.exact for x, _ in walk([item]))


class JaxCode:
    """Items by JAX, and those that are exact by NumPy."""

    is_quiet = False
    backend = "jax"

    def __init__(self, parts: Sequence[Any]) -> None:
        self._parts = parts

    def bind(self, buffers: list[Any]) -> _Bound:
        """Make them ready for one set of buffers."""
        return _Bound([part.bind(buffers) for part in self._parts])


class _Bound:
    def __init__(self, parts: Sequence[Bound]) -> None:
        self._parts = parts

    def __call__(self) -> None:
        for part in self._parts:
            part()

    def attach(self, buffer: int, array: Any) -> None:
        """Work on another array from now on."""
        for part in self._parts:
            part.attach(buffer, array)


class _Compiled:
    """Items as one function that JAX compiles at its first run."""

    is_quiet = False
    backend = "jax"

    def __init__(self, items: Sequence[Item], sizes: Sequence[int]) -> None:
        import jax

        from autograd_nn.jit.backends.jax.items import ready, run_items
        from autograd_nn.jit.backends.jax.layout import Layout, read_and_written, uses
        from autograd_nn.jit.backends.jax.store import Store

        prepared = ready(items)
        found = uses(prepared)
        layout = Layout(sizes, found)
        self.read, self.written = read_and_written(found, layout)
        self.layout = layout

        def run(given: list[Any]) -> list[Any]:
            store = Store(layout, dict(zip(self.read, given, strict=True)))
            run_items(prepared, store)
            return [store.arrays[key] for key in self.written]

        self.run: Callable[[list[Any]], list[Any]] = jax.jit(run)

    def bind(self, buffers: list[Any]) -> _BoundArrays:
        """Make them ready for one set of buffers."""
        return _BoundArrays(self, buffers)


class _BoundArrays:
    def __init__(self, code: _Compiled, buffers: list[Any]) -> None:
        self._code, self._buffers = code, list(buffers)

    def __call__(self) -> None:
        code = self._code
        with in_double():
            found = code.run([self._part(key) for key in code.read])
        for key, numbers in zip(code.written, found, strict=True):
            self._part(key)[...] = np.asarray(numbers)

    def _part(self, key: tuple[int, int]) -> Any:
        buffer, start = key
        return self._buffers[buffer][start : start + self._code.layout.size(key)]

    def attach(self, buffer: int, array: Any) -> None:
        """Work on another array from now on."""
        self._buffers[buffer] = array


def in_double() -> AbstractContextManager[Any]:
    """Where JAX computes in double precision, in this thread and until it is left."""
    import jax

    found: AbstractContextManager[Any] = jax.enable_x64(True)
    return found
