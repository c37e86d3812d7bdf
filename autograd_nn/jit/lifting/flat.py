"""A program as single results, one after another; what runs on floats is written from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd_nn.jit.lifting.packs import DETACH
from autograd_nn.jit.lines import Line, Term

__all__ = ["Flat"]


@dataclass
class Flat:
    """Results in the order in which they were recorded.

    Numbers are known by their cells: first the leaves, then result after result.

    Attributes:
        leaves: how many leaves there are.
        codes: of each result the operation's row in the table, or 0 for a sum of terms.
        starts: of each result its first term, and at last how many terms there are.
        negative: of each term 1 where it is subtracted.
        a, b: of each term the cells of its factors; b is -1 where it is no product.
        tables: of every table that look-ups read its columns, each as the cells of its entries.
        lookups: for each result that is a look-up, by its number, the table and the column.
        guards: of each comparison the symbol, the cells on both sides, and how it came out.
        roots: the cells of the results that are asked for.
        ordered: the sums whose terms are to be added in their order.
    """

    leaves: int
    codes: list[int]
    starts: list[int]
    negative: Any
    a: Any
    b: Any
    tables: list[list[tuple[int, ...]]]
    lookups: dict[int, tuple[int, int]]
    guards: list[tuple[str, int, int, bool]]
    roots: list[int]
    ordered: set[int]

    def __len__(self) -> int:
        return len(self.codes)

    def line(self, k: int, active: Any) -> Line:
        """The k-th result as a line.

        Args:
            active: for each cell whether its adjoint is asked for.
        """
        terms = []
        span = slice(self.starts[k], self.starts[k + 1])
        for negative, a, b in zip(
            self.negative[span].tolist(), self.a[span].tolist(), self.b[span].tolist(), strict=True
        ):
            sign = "-" if negative else "+"
            if b < 0:
                terms.append(Term(sign, a, None, active[a]))
            else:
                terms.append(Term(sign, a, b, active[a], active[b]))
        return Line(self.codes[k], self.leaves + k, terms)

    def column(self, k: int) -> tuple[int, ...]:
        """The cells from which the k-th result, a look-up, chooses."""
        table, column = self.lookups[k]
        return self.tables[table][column]

    def dependents(self, wanted: Any) -> list[bool]:
        """For each cell whether it depends on any of the wanted leaves.

        Args:
            wanted: for each leaf whether it is wanted.
        """
        active = [*wanted, *[False] * len(self)]
        a, b = self.a.tolist(), self.b.tolist()
        starts, leaves = self.starts, self.leaves
        for k in range(len(self)):
            if self.codes[k] == DETACH:
                continue
            if k in self.lookups:
                active[leaves + k] = any(active[cell] for cell in self.column(k))
                continue
            for t in range(starts[k], starts[k + 1]):
                if active[a[t]] or (b[t] >= 0 and active[b[t]]):
                    active[leaves + k] = True
                    break
        return active
