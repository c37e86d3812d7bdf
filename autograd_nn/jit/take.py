"""``take``: a row of a table by an integer that is an argument, without a recording for each.

In a recording the look-up is a product with the indicator of the index,
``max(0, 1 - |index - i|)`` for row ``i``, which packs into a matrix product.
That costs a multiplication for each row of the table, and an entry that is not
finite makes every look-up nan.  A guard holds the index to an integer in range.

What is left out: indexing outside of a recording, which is Python's.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from autograd_nn.conversion import describe, is_number
from autograd_nn.engine import Value, this_thread

__all__ = ["take"]


def take(table: Any, index: Any) -> Any:
    """``table[index]`` where ``index`` may be an integer argument of a jitted function.

    Args:
        table: a list or array of numbers or Values, or of rows of equal length.
        index: an int, or a Value that holds one; from 0 to ``len(table) - 1``.

    Returns:
        The number, or the row as an array.

    Raises:
        IndexError: the index is out of range.
        ValueError: the index is not an integer.

    >>> take([10.0, 20.0, 30.0], 1)
    20.0
    >>> from autograd_nn.jit import jit
    >>> jit(take).value_and_grad([10.0, 20.0, 30.0], 2)
    (30.0, [0.0, 0.0, 1.0])
    """
    if not (isinstance(index, Value) or is_number(index)):
        raise TypeError(f"take needs an integer index, got {describe(index)}")
    number = float(index)
    if number != int(number):
        raise ValueError(f"take needs an integer index, got {number!r}")
    if not 0 <= number < len(table):
        raise IndexError(f"index {int(number)} is out of range for a table of {len(table)} rows")
    if not isinstance(index, Value) or this_thread().trace is None:
        return table[int(number)]
    at = index.detach()
    chosen = [(1.0 - (at - float(i)).abs()).relu() for i in range(len(table))]
    # A guard: of a number that is no integer in range, no row has the indicator 1.
    if not reduce(Value.maximum, chosen) >= 1.0:
        raise ValueError(f"take needs an integer index, got {number!r}")
    if np.ndim(table[0]) == 0:
        return sum(w * x for w, x in zip(chosen, table, strict=True))
    width = len(table[0])
    row = np.empty(width, dtype=object)
    for k in range(width):
        row[k] = sum(w * x[k] for w, x in zip(chosen, table, strict=True))
    return row
