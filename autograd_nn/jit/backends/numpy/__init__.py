"""The backend of NumPy calls: each nest becomes calls that are prepared on views of the buffers.

* ``views``: what a call works on, before there are buffers.
* ``operands``: how a nest reads and writes: views, gathers, scatters.
* ``sums`` with ``contract``; ``rows`` with ``formulas``; ``extremes``; ``lookups``: the kinds.
* ``binding``: calls with their loops around, on buffers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_nn.jit.backends.lines import prepared_lines
from autograd_nn.jit.backends.numpy.binding import NumPyCode, Repeated
from autograd_nn.jit.backends.numpy.extremes import choose_extreme, share_out
from autograd_nn.jit.backends.numpy.lookups import drop_down, look_up
from autograd_nn.jit.backends.numpy.rows import apply_row, apply_slope
from autograd_nn.jit.backends.numpy.sums import add_up, difference
from autograd_nn.jit.backends.numpy.views import FLAGS, SCRATCH, Call, Calls, View
from autograd_nn.jit.plan import ADJOINTS, VALUES, Item, Lines, Loop, Nest

__all__ = ["compile"]


def compile(items: Sequence[Item], sizes: Sequence[int]) -> NumPyCode:
    """Make items ready.

    Args:
        items: of a plan, or of its way back.
        sizes: of every even buffer, how many cells.
    """
    compiler = _Compiler(sizes[0])
    return NumPyCode(compiler.calls(items, 0), compiler.scratch)


class _Compiler:
    """Makes calls, and keeps how much room the largest nest needs.

    Args:
        cells: of buffer 0.
    """

    def __init__(self, cells: int) -> None:
        self._cells = cells
        self._known: dict[Any, Any] = {}
        self.scratch = {SCRATCH: 0, FLAGS: 0}

    def calls(self, items: Sequence[Item], depth: int) -> list[Call | Repeated]:
        """The calls of items inside of some loops."""
        found: list[Call | Repeated] = []
        k = 0
        while k < len(items):
            item, calls = items[k], Calls(depth)
            if isinstance(item, Loop):
                body = self.calls(item.items, depth + 1)
                found.append(Repeated(item.count, item.reverse, body))
                k += 1
                continue
            if k + 1 < len(items) and difference(item, items[k + 1], calls):
                k += 1
            elif isinstance(item, Lines):
                self._lines(item, calls)
            else:
                self._nest(item, calls)
            k += 1
            found += calls.found
            for buffer, used in calls.scratch.items():
                self.scratch[buffer] = max(self.scratch[buffer], used)
        return found

    def _nest(self, nest: Nest, calls: Calls) -> None:
        if nest.kind == "row":
            apply_row(nest, calls, self._known)
        elif nest.kind == "slope":
            apply_slope(nest, calls, self._known)
        else:
            kinds = {
                "sum": add_up,
                "extreme": choose_extreme,
                "share": share_out,
                "look": look_up,
                "drop": drop_down,
            }
            kinds[nest.kind](nest, calls)

    def _lines(self, lines: Lines, calls: Calls) -> None:
        both = [
            View(buffer, 0, (self._cells,), (1,), (0,) * calls.depth)
            for buffer in (VALUES, ADJOINTS)
        ]
        calls.add(prepared_lines(lines), *both)
