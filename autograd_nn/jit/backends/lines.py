"""Single operations of a plan: the numbers they need out of the buffers, and the results back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd_nn.jit.backends.tape import run_backward, run_forward
from autograd_nn.jit.plan import Lines

__all__ = ["prepared_lines"]


def prepared_lines(lines: Lines) -> Callable[[Any, Any], None]:
    """A function of the values and the adjoints that does single operations.

    They are run on lists of floats: first the numbers that come from elsewhere, then the results.
    """
    out = np.asarray(lines.out, dtype=np.int64)
    operands = np.concatenate([lines.a, lines.b[lines.b >= 0]])
    given = np.setdiff1d(operands, out)  # also sorts
    cells = np.concatenate([given, out])
    place = np.full(int(cells.max()) + 1, -1, dtype=np.int64)
    place[cells] = np.arange(len(cells))
    a, b = place[lines.a].tolist(), np.where(lines.b < 0, -1, place[lines.b]).tolist()
    codes = lines.codes.tolist()
    if lines.wanted is None:
        return partial(_forward, codes, a, b, given, out)
    return partial(_backward, codes, a, b, lines.wanted.tolist(), cells)


def _forward(
    codes: list[int], a: list[int], b: list[int], given: Any, out: Any, values: Any, _: Any
) -> None:
    numbers = values[given].tolist()
    run_forward(codes, a, b, numbers)
    values[out] = numbers[len(given) :]


def _backward(
    codes: list[int],
    a: list[int],
    b: list[int],
    wanted: list[int],
    cells: Any,
    values: Any,
    adjoints: Any,
) -> None:
    found = adjoints[cells].tolist()
    run_backward(codes, a, b, wanted, values[cells].tolist(), found)
    adjoints[cells] = found
