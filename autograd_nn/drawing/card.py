"""What stands in a band of a layered picture, and how tall it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from autograd_nn.drawing.inset import Inset
from autograd_nn.drawing.links import Links
from autograd_nn.drawing.model import Block, Layer, Neuron

__all__ = [
    "ACROSS", "FOOT", "LINE", "PITCH", "ROW_HEIGHT", "TITLE", "Card", "ledger_height",
    "more_height", "shown",
]  # fmt: skip

LINE, FOOT, TITLE = 18.0, 23.0, 17.0
PITCH = 25.0
ROW_HEIGHT = PITCH - 5.0
ACROSS = 20  # dots in a row


@dataclass(slots=True)
class Card:
    """Something in a band, in one of its forms.

    Attributes:
        leaves: numbers of the inputs that it stands for, one for each row of data.
        lines: of a ledger: products, or how many are left out and which.
        values: of a note: what it stands for; ``dots``: the neurons among it.
        sheet: of an open block: its values one by one; ``links``: of a block that is a chain.
        entry: where, from its top, edges arrive, if not in the middle.
    """

    form: Literal["leaf", "more", "title", "ledger", "row", "layer", "block", "deep"]
    height: float
    neuron: Neuron | None = None
    leaves: tuple[int, ...] = ()
    layers: list[Layer] = field(default_factory=list)
    block: Block | None = None
    note: str = ""
    lines: list[int | range] = field(default_factory=list)
    pitch: float = LINE
    values: tuple[int, ...] = ()
    dots: list[tuple[int, ...]] = field(default_factory=list)
    id: str = ""
    opens: str = ""
    sheet: Inset | None = None
    links: Links | None = None
    entry: float | None = None
    y: float = 0.0

    def entry_y(self) -> float:
        """Where an edge into the card arrives."""
        if self.form == "ledger":
            return self.y + TITLE / 2
        return self.y + (self.height / 2 if self.entry is None else self.entry)


def shown(
    n: int, most: int, ends: int = 3, also: frozenset[int] = frozenset()
) -> list[int | range]:
    """Which of ``n`` things are drawn: all, or both ends, with ranges for what is left out.

    >>> shown(20, 10)
    [0, 1, 2, range(3, 17), 17, 18, 19]
    """
    keep = set(range(n)) if n <= most else {*range(ends), *range(n - ends, n), *also}
    out: list[int | range] = []
    for i in range(n):
        if i in keep:
            out.append(i)
        elif out and isinstance(out[-1], range):
            out[-1] = range(out[-1].start, i + 1)
        else:
            out.append(range(i, i + 1))
    return out


def ledger_height(neuron: Neuron, lines: int, pitch: float = LINE) -> float:
    """The height of a neuron as a ledger with so many lines of products."""
    return TITLE + FOOT + pitch * lines + LINE * len(neuron.first.biases)


def more_height(count: int) -> float:
    """The room that dots for so many neurons need."""
    return max(ROW_HEIGHT, 4.6 * -(-count // ACROSS) + 8.0)
