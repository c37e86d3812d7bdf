"""Groups of numbers that lie together: one argument's, the parameters', the constants'."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Region"]


@dataclass
class Region:
    """Numbers that lie together: one argument, the constants, or the results of one pack.

    Attributes:
        name: for people.
        size: how many numbers (for each row, where ``rows``).
        rows: whether there is such a set for every row.
    """

    name: str
    size: int
    rows: bool = False
