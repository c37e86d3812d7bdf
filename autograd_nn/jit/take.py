"""``take``: a row of a table by an integer that is an argument, without a recording for each.

In a recording the look-up is a node that holds the index and the whole table, and a replay
reads the entry that its own index chooses: a few NumPy calls for a pack of look-ups, however
long the table is.  A guard holds the index to an integer in range.

What is left out: indexing outside of a recording, which is Python's.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from autograd_nn.callers import user_line
from autograd_nn.checks import describe, shown
from autograd_nn.conversion import is_number, to_float
from autograd_nn.engine import Value, look_up, require
from autograd_nn.errors import BadArgumentError, OutOfRangeError, WrongTypeError
from autograd_nn.functions import dot
from autograd_nn.functions.arrays import as_array
from autograd_nn.jit.capture.trace import INDEX
from autograd_nn.state import Context, this_thread

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
        TypeError: the index is not a number.
        ValueError: the index is not an integer, or the rows differ in length.

    >>> take([10.0, 20.0, 30.0], 1)
    20.0
    >>> from autograd_nn.jit import jit
    >>> jit(take).value_and_grad([10.0, 20.0, 30.0], 2)
    (30.0, [0.0, 0.0, 1.0])
    """
    if not (isinstance(index, Value) or is_number(index)):
        raise WrongTypeError(f"take needs an integer index, got {describe(index)}")
    # The number itself: float() would take it out of the graph, and make a path for each index.
    number = index._data if isinstance(index, Value) else to_float(index)
    if number != number or number in (float("inf"), float("-inf")) or number != int(number):
        raise BadArgumentError(f"take needs an integer index, got {shown(number)}")
    if not 0 <= number < len(table):
        raise OutOfRangeError(
            f"index {int(number)} is out of range for a table of {len(table)} rows"
        )
    context = this_thread()
    if not isinstance(index, Value) or context.trace is None:
        row = table[int(number)]
        return as_array(row, "take") if isinstance(row, (list, tuple)) else row
    return _recorded(table, index, context)


def _recorded(table: Any, index: Value, context: Context) -> Any:
    """The look-up in a recording."""
    is_flat = np.ndim(table[0]) == 0
    rows = [[x] if is_flat else list(x) for x in table]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise BadArgumentError(
            f"take needs rows of equal length, got {sorted({len(r) for r in rows})}"
        )
    entries = [require(x) for row in rows for x in row]
    if context.differentiating:
        found = _by_indicators(entries, width, index)
    else:
        tape = context.trace
        assert tape is not None
        tape.comparisons.append((INDEX, index, require(float(len(rows))), True))
        if tape.watching:  # a line for each comparison
            tape.lines.append(user_line())
        found = look_up(entries, width, index, tape)
    if is_flat:
        return found[0]
    row = np.empty(width, dtype=object)
    row[:] = found
    return row


def _by_indicators(entries: list[Value], width: int, index: Value) -> list[Value]:
    """The look-up as a sum over all rows, inside of ``grad``: its slopes are equations too.

    ``max(0, 1 - |index - i|)`` is 1 for the row at the index and 0 for the others.
    """
    at, count = index.detach(), len(entries) // width
    chosen = [(1.0 - (at - float(i)).abs()).relu() for i in range(count)]
    # A guard: of a number that is no integer in range, no row has the indicator 1.
    if not reduce(Value.maximum, chosen) >= 1.0:
        raise BadArgumentError(f"take needs an integer index, got {shown(index.data)}")
    return [dot(chosen, entries[k::width]) for k in range(width)]
