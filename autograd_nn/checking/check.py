"""``check_gradients``: hand-written slopes against the engine's and against numeric ones.

What is left out: why a slope is wrong (``diagnosis``) and how it is said (``report``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_nn.checking.calls import Arguments, call_f, call_hand, hand_numbers
from autograd_nn.checking.diagnosis import Finding, explain
from autograd_nn.checking.diagnosis.probes import Probe, agree
from autograd_nn.checking.numeric import numeric_derivative
from autograd_nn.checking.points import Points
from autograd_nn.checking.projections import Projections
from autograd_nn.checking.report import GradientReport, Row, judge, judge_sides
from autograd_nn.checking.shapes import NumericDerivative
from autograd_nn.engine import Value
from autograd_nn.errors import GradientCheckError

__all__ = ["assert_gradients", "check_gradients"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test

_MOST_BY_COMPONENT = 40  # more numbers than this are checked numerically along random directions
_MOST_PROBED = 1000  # more numbers than this are compared at the given point only
_FEW = 4  # points around it that tell a cause where so many numbers are wrong


def check_gradients(
    f: Callable[..., object],
    at: Any,
    hand: Any = None,
    *,
    names: Sequence[str] | str | None = None,
    wrt: Any = None,
    rtol: float = 1e-9,
    probes: int = 10,
    seed: int = 0,
    numeric: bool = True,
    directions: int | None = None,
) -> GradientReport:
    """Compare hand-written slopes of ``f`` with the engine's and with numeric ones.

    Args:
        f: the function, in ordinary arithmetic; called with Values and with floats.  One that
            raises a TypeError on Values is compared with ``hand`` by numeric slopes alone; one
            that takes their numbers out of the graph, as ``math.exp`` does, is an error.
        at: the point: a number, an array, lists and dicts of them.  A tuple is several
            arguments, ``f(*at)``.
        hand: your slopes: a function of the same arguments, or just the numbers at this point.
            Without it the engine itself is checked against numeric slopes.
        names: one per checked number, for the report.
        wrt: which arguments to check, by position or key; the others stay fixed.
        rtol: the relative difference that still counts as equal.
        probes: how many points around ``at`` are compared too.
        seed: of these points and of the directions.
        numeric: whether to compute numeric slopes.
        directions: check that many random projections numerically instead of each slope;
            by default 2, for more than 40 numbers.

    Returns:
        A ``GradientReport``, true where all agree; print it to read it.

    Raises:
        TypeError, ValueError: ``f`` or ``hand`` did not return what it should; the message says
            which of the two and what it gave.
        LeakError: a TypeError: the result does not depend on an argument whose numbers left the
            graph as plain floats; the message names the line and the remedy.

    >>> bool(check_gradients(lambda w: (w * 5 - 7) ** 2, 2.0, lambda w: 2 * 5 * (w * 5 - 7)))
    True
    >>> print(check_gradients(lambda w: (w * 5 - 7) ** 2, 2.0, lambda w: 5 * (w * 5 - 7)).headline)
    w: a factor 2 is missing (yours = 0.5 x the true slope)
    """
    arguments = Arguments(f, at, wrt, names)
    x, size = arguments.numbers, len(arguments.numbers)
    formula = hand if callable(hand) else None
    given: list[float] | None = None
    if formula is not None:
        given = call_hand(formula, arguments.filled(x), size, arguments.pattern)
    elif hand is not None:
        given = hand_numbers(hand, size, pattern=arguments.pattern)

    points = Points(f, formula, arguments, given)
    rows = _rows(f, arguments, points.first, given, rtol, numeric, directions, seed)
    findings = _faults_of_f(points, rows, rtol)
    compared, reproduce = 1, f"To reproduce: at = {_short(at)}, seed = {seed}"
    if points.first is not None and given is not None and not findings:
        found = [points.first]
        if formula is not None and size <= _MOST_PROBED:
            found = points.around(probes, seed) or found
        compared = len(found)
        findings = _explained(points, found, rows, rtol, numeric, probes, seed)
        bad = next((p for p in found if not all(p.right(rtol))), None)
        if bad is not None and bad is not found[0]:
            where = ", ".join(f"{n} = {v!r}" for n, v in zip(arguments.names, bad.at, strict=True))
            reproduce += f"; first wrong where {where[:400]}"
    return GradientReport(
        rows,
        findings,
        points=compared,
        reproduce=reproduce,
        only_numbers=hand is not None and formula is None,
    )


def _explained(
    points: Points,
    found: list[Probe],
    rows: list[Row],
    rtol: float,
    numeric: bool,
    probes: int,
    seed: int,
) -> list[Finding]:
    """What is wrong with the hand-written slopes; nothing where they are right."""
    wrong_around = any(not all(p.right(rtol)) for p in found[1:])
    # At a kink several slopes are right: the rows have judged the point itself.
    if not (wrong_around or any(row.verdict == "wrong" for row in rows) or not numeric):
        return []
    if all(all(p.right(rtol)) for p in found):
        return []
    random = points.randomness()
    if random is not None:
        return [_random(*random)]
    if len(found) == 1 and points.hand is not None:
        found = points.around(min(probes, _FEW), seed) or found
    if len(found) > 1 and found[0].kinks.numbers:
        found = found[1:]  # several slopes are right there
    around = found if points.hand is not None else points.around(max(probes, _FEW), seed)
    if len({p.shape for p in around}) > 1 or any(all(p.right(rtol)) for p in found):
        points.note_conditions(found)
    return explain(found, points.arguments.names, rtol, around)


def _random(first: float, second: float) -> Finding:
    text = f"f is random: it gave {first:.6g}, then {second:.6g} for the same argument"
    return Finding(0.0, "random", text, "Fix its seed inside f, or pass the random numbers in.")


def _faults_of_f(points: Points, rows: list[Row], rtol: float) -> list[Finding]:
    """What is wrong with ``f`` itself, whatever the hand-written slopes are."""
    first, arguments = points.first, points.arguments
    value = first.data[-1] if first else call_f(points.f, arguments.filled(arguments.numbers))
    if isinstance(value, Value):
        value = value.data
    if not math.isfinite(value):
        text = f"f returned {value} at the given point, so it has no slope there to compare with"
        rows[:] = [row._replace(verdict="inconclusive", note="") for row in rows]
        return [Finding(0.0, "not finite", text, "Choose a point in the domain of f.")]
    if any(row.numeric is not None and row.numeric.status == "random" for row in rows):
        different = points.randomness()
        if different is not None:
            return [_random(*different)]
    contradicted = any(
        row.verdict == "wrong" and judge(row.autograd, row.numeric, rtol)[0] == "wrong"
        for row in rows
        if row.autograd is not None and row.numeric is not None
    )
    if contradicted and points.left_the_graph():
        text = "f leaves the graph: math.exp and the like drop the slope; use functions.exp instead"
        return [Finding(0.0, "left the graph", text, "Use the functions of autograd_nn in f.")]
    return []


def _short(at: Any) -> str:
    text = repr(at)
    return text if len(text) <= 200 else text[:197] + "..."


def _rows(
    f: Callable[..., object],
    arguments: Arguments,
    first: Probe | None,
    given: list[float] | None,
    rtol: float,
    numeric: bool,
    directions: int | None,
    seed: int,
) -> list[Row]:
    size = len(arguments.numbers)
    projected = numeric and (directions is not None or size > _MOST_BY_COMPONENT)
    kinks = first.kinks if first else None
    allowed = kinks.allow(given) if kinks and kinks.numbers and given else [False] * size
    rows = []
    for i, name in enumerate(arguments.names):
        slope = None
        if numeric and not projected:
            slope = numeric_derivative(_along(f, arguments, i), arguments.numbers[i])
        auto = first.slopes[i] if first else None
        hand = given[i] if given is not None else None
        scale = first.sizes[i] if first else 0.0
        sides = kinks.one_sided(i) if slope and kinks and i in kinks.numbers else None
        row = _row(name, hand, auto, slope, scale, rtol, allowed[i], sides)
        if (
            row.verdict == "wrong"
            and first
            and _unseen(row, first, arguments.numbers[i], scale, rtol)
        ):
            row = row._replace(verdict="ok", note="too small to be seen in values of f")
        rows.append(row)
    slopes = first.slopes if first else given
    if not projected or slopes is None:
        return rows
    search = Projections(f, arguments, slopes, kinks)
    return rows + search.rows(directions or 2, seed)


def _unseen(row: Row, first: Probe, x: float, scale: float, rtol: float) -> bool:
    """Whether only the numeric slope disagrees, by less than what rounding hides in f."""
    if row.numeric is None or row.autograd is None or not math.isfinite(row.numeric.value):
        return False
    if row.hand is not None and not agree(row.hand, row.autograd, scale, rtol):
        return False
    return first.hides(row.autograd - row.numeric.value, x)


def _along(f: Callable[..., object], arguments: Arguments, i: int) -> Callable[[float], object]:
    def g(x: float) -> object:
        return f(*arguments.filled([*arguments.numbers[:i], x, *arguments.numbers[i + 1 :]]))

    return g


def _row(
    name: str,
    hand: float | None,
    auto: float | None,
    slope: NumericDerivative | None,
    scale: float,
    rtol: float,
    allowed: bool,
    sides: tuple[float, float] | None,
) -> Row:
    """One line; on a kink that the graph shows, with what is allowed there and both its sides."""
    verdict, note = "ok", ""
    tested = auto if auto is not None else hand
    if slope is not None and sides is not None:
        verdict, note = judge_sides(sides, slope, rtol)
    elif slope is not None and tested is not None:
        verdict, note = judge(tested, slope, rtol)
    if verdict == "inconclusive" and auto is not None and hand is not None:
        verdict = "ok"  # the engine is the judge of the hand-written slope
    if hand is not None and auto is not None and not agree(hand, auto, scale, rtol):
        verdict = "ok" if allowed and verdict == "ok" else "wrong"
        if slope is not None and slope.status == "kink" and sides is None:
            verdict, note = judge(hand, slope, rtol)
        elif allowed:
            note = note or "a kink: several slopes are right"
    return Row(name, hand, auto, slope, verdict, note)


def assert_gradients(f: Callable[..., object], at: Any, hand: Any = None, **options: Any) -> None:
    """As ``check_gradients``, but raise where the slopes do not agree.

    Args:
        f, at, hand: as for ``check_gradients``.
        options: its other arguments, by name.

    Raises:
        GradientCheckError: an AssertionError whose first line is the probable cause.
        TypeError, ValueError: as for ``check_gradients``.

    >>> assert_gradients(lambda x: x**3, 2.0, lambda x: 3 * x**2)
    """
    __tracebackhide__ = True
    report = check_gradients(f, at, hand, **options)
    if not report:
        raise GradientCheckError(report)
