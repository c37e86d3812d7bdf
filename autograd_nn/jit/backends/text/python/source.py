"""What is written as Python: a plan, its arguments and its result, and what is known beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograd_nn.jit.plan import Plan

__all__ = ["Group", "Notes", "Source"]


@dataclass
class Group:
    """Captured parameters that are one argument.

    Attributes:
        name: dotted, as the model calls it.
        places: among the captured parameters, in the order of the array.
        shape: of the array.
    """

    name: str
    places: list[int]
    shape: tuple[int, ...]


@dataclass
class Notes:
    """What is known beside the plan.

    Attributes:
        function: what the function is called.
        place: the file and line where it is defined; "" where that is not known.
        arguments: the names of its arguments.
        groups: the captured parameters.
        names: by cell of the values, what the user calls it, the best name first.
        lines: by cell of the values, the user's line.
        guards: by symbol, the user's line of each comparison.
        lost: why names and lines are not known; "" where they are.
    """

    function: str
    place: str
    arguments: list[str]
    groups: list[Group]
    names: dict[int, list[str]] = field(default_factory=dict)
    lines: dict[int, str] = field(default_factory=dict)
    guards: dict[str, list[str]] = field(default_factory=dict)
    lost: str = ""


@dataclass
class Source:
    """What is to be written.

    Attributes:
        plan: for so many rows as no axis has points; or without rows.
        key: of the arguments; see ``capture.arguments``.
        result: the description of the result.
        reduce: what is done with rows.
        by_row: which arguments have rows.
        argnums: the arguments along which slopes are wanted; None for the parameters.
        notes: names and lines.
    """

    plan: Plan
    key: tuple[Any, ...]
    result: Any
    reduce: str | None
    by_row: frozenset[int]
    argnums: int | tuple[int, ...] | None
    notes: Notes

    @property
    def is_number(self) -> bool:
        """Whether the result is one number, so that it has slopes."""
        kind, *rest = self.result
        return bool(kind == "value" or (kind == "values" and rest[0] == ()))

    @property
    def positions(self) -> tuple[int, ...]:
        """The arguments along which slopes are wanted; none where it is the parameters."""
        if self.argnums is None:
            return ()
        return self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)
