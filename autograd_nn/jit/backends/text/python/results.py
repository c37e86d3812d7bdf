"""Results as code: numbers and arrays of the plan in the structure that the function returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.errors import TraceError
from autograd_nn.jit.backends.text.python.arguments import built
from autograd_nn.jit.backends.text.python.arrays import Array, Arrays, Place
from autograd_nn.jit.backends.text.python.expressions import number
from autograd_nn.jit.backends.text.python.source import Source
from autograd_nn.jit.backends.text.python.views import aligned, view_of

__all__ = ["Results"]

_PLAIN = (bool, int, str, bytes, complex, slice, range, type(None), type(...))


class Results:
    """Writes results.

    Args:
        tables: gives a name to an array of numbers that is written out.
    """

    def __init__(self, source: Source, arrays: Arrays, tables: Callable[[Any, str], str]) -> None:
        self._source, self._arrays, self._tables = source, arrays, tables
        self._plan = arrays.plan
        self._has_rows = bool(source.by_row)

    def text(self) -> str:
        """The result.

        Raises:
            TraceError: there is something in it that text cannot make again.
        """
        return built(self._source.result, self._one, self._several, self._constant)

    def _one(self, root: int) -> str:
        """One number."""
        cell = int(self._plan.roots[root, 0])
        constant = self._arrays.number(cell)
        if constant is not None:
            return self._constant(constant)
        array, offset = self._arrays.cell(cell)
        text = cell_code(array, offset, array.name)
        if not self._has_rows:
            return f"float({text})"
        reduce = self._source.reduce
        if reduce is None:
            return f"{text}.copy()" if array.by_row else f"np.full(rows, {text})"
        if array.by_row:
            return f"float({text}.{reduce}())"
        return f"float({text})" if reduce == "mean" else f"float(rows * {text})"

    def _several(self, roots: Sequence[int], shape: tuple[int, ...]) -> str:
        """An array of numbers."""
        if not roots:
            return f"np.zeros({(*shape, 0) if self._source.reduce is None else shape})"
        cells = self._plan.roots[np.array(roots), 0]
        constant = any(self._arrays.number(int(c)) is not None for c in cells)
        if not constant and len(np.unique(self._arrays.array_of[cells])) == 1:
            return self._of_one_array(cells, shape)
        ones = ", ".join(self._one(k) for k in roots)
        per_row = self._has_rows and self._source.reduce is None
        return f"np.array([{ones}]).reshape({(*shape, -1) if per_row else shape})"

    def _of_one_array(self, cells: Any, shape: tuple[int, ...]) -> str:
        array, _ = self._arrays.cell(int(cells[0]))
        places = self._arrays.place_of[cells]
        lead, name = ("rows, " if array.by_row else ""), array.name
        if len(places) == prod(array.inner) and (places == np.arange(len(places))).all():
            same = array.inner == shape
            text = name if same else f"{name}.reshape({lead}{', '.join(map(str, shape)) or '()'})"
        else:
            flat = name if len(array.inner) == 1 else f"{name}.reshape({lead}-1)"
            table = self._tables(places.reshape(shape), "RESULTS")
            text = f"{flat}[{':, ' if array.by_row else ''}{table}]"
        reduce = self._source.reduce
        if not self._has_rows:
            return f"{text}.copy()" if text == name else text
        if reduce is None:
            moved = f"np.moveaxis({text}, 0, -1)"
            return moved if array.by_row else f"np.stack([{text}] * rows, axis=-1)"
        if array.by_row:
            return f"{text}.{reduce}(axis=0)"
        return text if reduce == "mean" else f"rows * {text}"

    def _constant(self, x: Any) -> str:
        """What does not depend on the arguments."""
        if isinstance(x, np.ndarray):
            name = self._tables(x.astype(float), "RESULT")
            return self._for_all_rows(name, f"np.stack([{name}] * rows, axis=-1)", f"{name}.copy()")
        if isinstance(x, (int, float, np.integer, np.floating)) and not isinstance(x, bool):
            text = str(number(float(x)))
            plain = repr(x.item() if isinstance(x, np.generic) else x)
            plain = plain if x - x == 0 else f"float({text})"
            return self._for_all_rows(text, f"np.full(rows, float({text}))", plain)
        if isinstance(x, (*_PLAIN, np.bool_)):
            return repr(bool(x) if isinstance(x, np.bool_) else x)
        raise TraceError(
            f"the function returns {describe(x)}, which text cannot make again: return numbers, "
            "arrays, text, and lists, tuples and dicts of them"
        )

    def _for_all_rows(self, one: str, each: str, plain: str) -> str:
        """A constant as it comes out of all rows: the same in their mean, many times in a sum."""
        if not self._has_rows:
            return plain
        if self._source.reduce is None:
            return each
        return f"1.0 * {one}" if self._source.reduce == "mean" else f"rows * {one}"


def cell_code(array: Array, offset: int, name: str) -> str:
    """One number of an array, under a name; of all rows where it has them."""
    rows = 0 if array.by_row else -1
    view = view_of(name, Place(array, offset), (), (), rows, lambda _: "")
    return str(aligned(view, [0] if array.by_row else [], array.shape[:1]))
