"""Where the numbers of a loop or of a long sum lie, seen from the line that uses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from autograd_nn.jit.lifting.flat import Flat
from autograd_nn.jit.lines import Term
from autograd_nn.jit.loops import Loop

__all__ = [
    "LONG",
    "Before",
    "Far",
    "Own",
    "Passing",
    "Run",
    "long_sums",
    "places_of",
    "progression",
    "range_of",
    "slice_of",
]

LONG = 16  # terms of a sum, from which on they are added up in passing


@dataclass(frozen=True)
class Own:
    """The number of a line of the body, in this repetition."""

    line: int


@dataclass(frozen=True)
class Before:
    """The number of a line of the body, in the repetition before."""

    line: int


@dataclass(frozen=True)
class Far:
    """A number of an earlier repetition, by its distance from this one's first cell."""

    offset: int


@dataclass(frozen=True, order=True)
class Passing:
    """A number that is read in passing: at the first repetition, and how far it moves."""

    cell: int
    step: int


class Run(NamedTuple):
    """Terms of a long sum whose factors lie at equal distances.

    Attributes:
        sign: "+" or "-".
        size: how many terms.
        fixed: a factor that all share, or None.
        moving: first cell and step of each factor that moves.
        wants: whether the adjoints of the fixed factor and of the moving ones are asked for.
    """

    sign: str
    size: int
    fixed: int | None
    moving: list[tuple[int, int]]
    wants: list[bool]


def places_of(flat: Flat, loop: Loop) -> Iterator[Any]:
    """What the factors of the body's terms are, term by term."""
    own = flat.leaves + loop.first
    span = slice(flat.starts[loop.first], flat.starts[loop.first + loop.period])

    def place(cell: int, step: int) -> Any:
        if step == 0:
            return cell
        distance = cell - own
        if step != loop.period or distance + step * (loop.count - 1) < 0:
            return Passing(cell, step)
        if distance >= 0:
            return Own(distance)
        return Before(distance + step) if distance >= -step else Far(distance)

    for a, b, (step_a, step_b) in zip(
        flat.a[span].tolist(), flat.b[span].tolist(), loop.steps, strict=True
    ):
        yield place(a, step_a)
        if b >= 0:
            yield place(b, step_b)


def long_sums(flat: Flat, active: list[bool]) -> dict[int, list[Run | Term]]:
    """For each long sum its terms, those at equal distances together."""
    found: dict[int, list[Run | Term]] = {}
    for k in range(len(flat)):
        if (
            k not in flat.ordered
            and flat.codes[k] == 0
            and flat.starts[k + 1] - flat.starts[k] >= LONG
        ):
            parts = list(_runs(flat.line(k, active).terms, active))
            if any(isinstance(part, Run) for part in parts):
                found[k] = parts
    return found


def _runs(terms: list[Term], active: list[bool]) -> Iterator[Run | Term]:
    start = 0
    while start < len(terms):
        stop = _end_of_run(terms, start)
        if stop - start >= LONG:
            yield _run(terms[start:stop], active)
        else:
            yield from terms[start:stop]
        start = stop


def _end_of_run(terms: list[Term], start: int) -> int:
    """Where the terms end whose factors go on in equal steps from the first two on."""
    if start + 1 == len(terms):
        return start + 1
    first, second = terms[start : start + 2]
    if (first.b is None) != (second.b is None):
        return start + 1

    def steps(x: Term, y: Term) -> Any:
        return y.a - x.a, 0 if x.b is None or y.b is None else y.b - x.b  # type: ignore[operator]

    wanted = steps(first, second)
    stop = start + 1
    while stop < len(terms):
        x, y = terms[stop - 1 : stop + 1]
        alike = (y.sign, y.b is None) == (first.sign, first.b is None)
        if not alike or steps(x, y) != wanted or wanted == (0, 0):
            break
        stop += 1
    return stop


def _run(terms: list[Term], active: list[bool]) -> Run:
    """Terms at equal distances as one; a factor that does not move is shared by all."""
    first, second = terms[:2]
    pairs: list[tuple[Any, Any]] = [(first.a, second.a)]
    if first.b is not None:
        pairs.append((first.b, second.b))
    moving = [(x, y - x) for x, y in pairs if y != x]
    fixed = next((x for x, y in pairs if y == x), None)
    wants = [fixed is not None and active[fixed]]
    for cell, step in moving:
        wants.append(any(active[cell + k * step] for k in range(len(terms))))
    return Run(first.sign, len(terms), fixed, moving, wants)


def progression(cells: Sequence[int]) -> tuple[int, int] | None:
    """First and step of numbers at equal distances; None if they are not."""
    step = cells[1] - cells[0] if len(cells) > 1 else 0
    steady = all(y - x == step for x, y in pairwise(cells))
    return (cells[0], step) if steady else None


def slice_of(cell: int, step: int, count: int) -> str:
    """The slice of cells at equal distances."""
    stop = cell + step * count
    return f"{cell}:{stop if stop >= 0 else ''}:{step}"


def range_of(cell: int, step: int, count: int) -> str:
    return f"range({cell}, {cell + step * count}, {step})"
