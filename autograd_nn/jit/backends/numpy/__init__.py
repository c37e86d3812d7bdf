"""The backend of NumPy calls: each nest becomes calls that are prepared on views of the buffers.

* ``views``: what a call works on, before there are buffers.
* ``operands``: how a nest reads and writes: views, gathers, scatters.
* ``sums`` with ``contract``; ``rows`` with ``formulas``; ``extremes``; ``lookups``: the kinds.
* ``after``: what a loop only adds up.
* ``binding``: calls with their loops around, on buffers.

What is narrow is run by ``backends.narrow``, single operations by ``backends.lines``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autograd_nn.jit.backends.lines import prepared_lines
from autograd_nn.jit.backends.narrow import narrow, saving
from autograd_nn.jit.backends.numpy.after import split
from autograd_nn.jit.backends.numpy.binding import NumPyCode, Repeated
from autograd_nn.jit.backends.numpy.extremes import choose_extreme, share_out
from autograd_nn.jit.backends.numpy.lookups import drop_down, look_up
from autograd_nn.jit.backends.numpy.rows import apply_row, apply_slope
from autograd_nn.jit.backends.numpy.sums import add_up, difference
from autograd_nn.jit.backends.numpy.views import FLAGS, KEPT, SCRATCH, Ahead, Call, Calls, View
from autograd_nn.jit.plan import ADJOINTS, VALUES, Item, Lines, Loop, Nest, walk

__all__ = ["compile"]

_GATHERING: Final = 4000.0  # nanoseconds, of getting numbers from buffers and back


def compile(items: Sequence[Item], sizes: Sequence[int]) -> NumPyCode:
    """Make items ready.

    Args:
        items: of a plan, or of its way back.
        sizes: of every even buffer, how many cells.
    """
    compiler = _Compiler(sizes)
    return NumPyCode(compiler.calls(items), compiler.scratch)


class _Compiler:
    """Makes calls, and keeps how much room the largest nest needs.

    Args:
        sizes: of every even buffer, how many cells.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._known: dict[float, Any] = {}
        self.scratch = {SCRATCH: 0, FLAGS: 0, KEPT: 0}
        self._ahead: Ahead | None = None

    def calls(self, items: Sequence[Item], counts: tuple[int, ...] = ()) -> list[Call | Repeated]:
        """The calls of items inside of some loops."""
        found: list[Call | Repeated] = []
        k = 0
        while k < len(items):
            item, calls = items[k], Calls(counts, self._ahead)
            end = k if counts else _narrow_until(items, k)
            few = narrow(items[k:end]) if end > k else None
            if few is not None:
                found.append(Call(few.run, tuple(self._whole(x) for x in few.buffers)))
                k = end
                continue
            if isinstance(item, Loop):
                found += self._loop(item, counts)
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

    def _loop(self, loop: Loop, counts: tuple[int, ...]) -> list[Call | Repeated]:
        """A loop, and what is computed ahead of it."""
        if counts:
            return [
                Repeated(loop.count, loop.reverse, self.calls(loop.items, (*counts, loop.count)))
            ]
        loop, after = split(loop)
        ahead = self._ahead = Ahead(_written([loop]), self.scratch[KEPT])
        body = self.calls(loop.items, (loop.count,))
        self._ahead, self.scratch[KEPT] = None, ahead.kept
        return [*ahead.found, Repeated(loop.count, loop.reverse, body), *self.calls(after)]

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
        if not len(lines.codes):
            return
        steps = (0,) * len(calls.counts)
        both = (self._whole(buffer)._replace(steps=steps) for buffer in (VALUES, ADJOINTS))
        calls.add(prepared_lines(lines), *both)

    def _whole(self, buffer: int) -> View:
        return View(buffer, 0, (self._sizes[buffer // 2],), (1,))


def _written(items: Sequence[Item]) -> frozenset[int]:
    """The buffers that items write to."""
    found: set[int] = set()
    for item, _ in walk(items):
        if isinstance(item, Nest):
            found.add(ADJOINTS if item.kind == "drop" else item.write.buffer)
        elif isinstance(item, Lines):
            found.add(VALUES if item.wanted is None else ADJOINTS)
    return frozenset(found)


def _narrow_until(items: Sequence[Item], first: int) -> int:
    """The end of a run of narrow items, if they are enough to be worth getting their numbers."""
    end, saved = first, 0.0
    while end < len(items) and (gain := saving(items[end])) > 0.0:
        saved += gain
        end += 1
    return end if saved > _GATHERING else first
