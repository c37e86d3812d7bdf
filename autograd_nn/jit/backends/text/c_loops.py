"""The lines of loops in C, indented.

What is left out: what is done in them (``c_nests``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from autograd_nn.jit.backends.text.c_cells import At, Place

__all__ = ["LoopText"]

_NAMES: Final = "ijkmnpqu"


class LoopText:
    """Lines under way, and loops over some axes.

    Args:
        axes: their sizes.

    Attributes:
        lines: what was written.
        depth: how many braces are open.
    """

    def __init__(self, axes: Sequence[int]) -> None:
        self.axes = axes
        self.lines: list[str] = []
        self.depth = 1

    def emit(self, text: str) -> None:
        """A line."""
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines in braces."""
        self.emit(f"{head} {{".lstrip())
        self.depth += 1
        yield
        self.depth -= 1
        self.emit("}")

    def variable(self, axis: int) -> str:
        """The variable of a loop over an axis."""
        return _NAMES[axis] if axis < len(_NAMES) else f"i{axis}"

    @contextmanager
    def loop(self, axis: int, size: int, at: At, step: int = 1) -> Iterator[At]:
        """A loop over an axis."""
        i = self.variable(axis)
        on = f"++{i}" if step == 1 else f"{i} += {step}"
        with self.block(f"for (int {i} = 0; {i} < {size}; {on})"):
            yield {**at, axis: Place(i, 0)}

    @contextmanager
    def strip(self, axis: int, at: At, step: str, before: str = "") -> Iterator[At]:
        """A loop over an axis by so many at once, after one that took more at once.

        Args:
            step: how many; the last few that are fewer are left.
            before: how many the loop before took.
        """
        i, size = self.variable(axis), self.axes[axis]
        before = f"({before})" if " " in before else before
        first = f"{size} - {size} % {before}" if before else "0"
        last = f"{i} < {size}; ++{i}" if step == "1" else f"{i} + {step} <= {size}; {i} += {step}"
        with self.block(f"for (int {i} = {first}; {last})"):
            yield {**at, axis: Place(i, 0)}
