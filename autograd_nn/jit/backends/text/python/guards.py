"""Comparisons that must come out as they were recorded, as ``if not ...: raise ValueError``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_nn.jit.backends.text.python.arrays import Array, Arrays, Place
from autograd_nn.jit.backends.text.python.expressions import Expr, leaf, number
from autograd_nn.jit.backends.text.python.statements import Assign, Check, Repeat, Run, Statement
from autograd_nn.jit.backends.text.python.views import View, aligned, view_of
from autograd_nn.jit.plan.plan import Guards

__all__ = ["checks"]


def checks(
    arrays: Arrays,
    lines: dict[str, list[str]],
    table: Callable[[Any, str], str],
    statements: list[Statement],
) -> list[Statement]:
    """The statements with a check after the last of those that set what it compares.

    Args:
        lines: by symbol, the user's line of each comparison.
        table: gives a name to an array of numbers that is written out.
    """
    found = list(statements)
    for guards in arrays.plan.guards:
        for some in _by_arrays(guards, arrays, lines.get(guards.symbol, [])):
            check = _check(guards.symbol, *some, arrays, table)
            at = _ready(found, check.reads())
            while at < len(found) and isinstance(found[at], Check):
                at += 1
            found.insert(at, check)
    return found


def _ready(statements: list[Statement], names: set[str]) -> int:
    for k in range(len(statements) - 1, -1, -1):
        s = statements[k]
        if _set_by(s) & names:
            return k + 1
    return 0


def _set_by(s: Statement) -> set[str]:
    if isinstance(s, Repeat):
        return set().union(*(_set_by(each) for each in s.body))
    return {s.name} if isinstance(s, (Assign, Run)) and s.name else set()


def _by_arrays(
    guards: Guards, arrays: Arrays, lines: list[str]
) -> Iterator[tuple[Any, Any, Any, str]]:
    """Guards whose sides lie in the same arrays, and in the same line, together."""
    left, right = guards.left[:, 0].tolist(), guards.right[:, 0].tolist()
    groups: dict[Any, list[int]] = {}
    for k, (a, b) in enumerate(zip(left, right, strict=True)):
        line = lines[k] if k < len(lines) else ""
        key = [-1 if arrays.number(x) is not None else int(arrays.array_of[x]) for x in (a, b)]
        groups.setdefault((*key, line), []).append(k)
    for (*_, line), chosen in groups.items():
        at = np.array(chosen)
        yield guards.left[at, 0], guards.right[at, 0], guards.outcomes[at, 0], line


def _check(
    symbol: str,
    left: Any,
    right: Any,
    outcomes: Any,
    line: str,
    arrays: Arrays,
    table: Callable[[Any, str], str],
) -> Check:
    a, b = (_side(cells, arrays, table) for cells in (left, right))
    if symbol == "index":
        x, n = a.text(9), b.text(9)
        text = f"(({x} >= 0) & ({x} < {n}) & (np.floor({x}) == {x}))"
    else:
        text = f"({a.text(3)} {symbol} {b.text(3)})"
    single = not a.shape and not b.shape
    wanted = bool(outcomes[0])
    if not (outcomes == wanted).all():
        name = table(np.asarray(outcomes, dtype=bool), "OUTCOMES")
        return Check(f"np.all({text} == {name})", True, line)
    if single:
        return Check(text, wanted, line)
    return Check(f"np.all{text}" if wanted else f"np.any{text}", wanted, line)


def _side(cells: Any, arrays: Arrays, table: Callable[[Any, str], str]) -> Expr:
    numbers = [arrays.number(int(cell)) for cell in cells]
    if all(x is not None for x in numbers):
        if all(x == numbers[0] for x in numbers):
            return number(float(numbers[0] or 0.0))
        return leaf(table(np.array(numbers, dtype=float), "CONSTANTS"), (len(cells),))
    array: Array = arrays.cell(int(cells[0]))[0]
    places = arrays.place_of[cells]
    several = len(cells) > 1
    if (places == places[0]).all():
        places = places[:1]
    n = len(places)
    steps = np.diff(places)
    if n == 1:
        place = Place(array, int(places[0]), (0, 0))
    elif (steps == steps[0]).all():
        place = Place(array, int(places[0]), (0, int(steps[0])))
    else:
        place = Place(array, 0, (), (), places[None])
    rows = arrays.plan.rows
    axes = (rows, n)
    whole = n > 1 and place.table is None and places[0] == 0 and steps[0] == 1
    if whole and n == int(np.prod(array.inner)):
        lead = "rows, " if array.by_row else ""
        base = array.name if len(array.inner) == 1 else f"{array.name}.reshape({lead}-1)"
        view = View(base, [*([(":", (0,))] if array.by_row else []), (":", (1,))])
    else:
        view = view_of(array.name, place, axes, (), 0, lambda t: table(t, "INDEX"))
    order = ([0] if array.by_row else []) + ([1] if several and (array.by_row or n > 1) else [])
    return aligned(view, order, axes)
