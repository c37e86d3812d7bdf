"""``check_gradients``: hand-written slopes against the engine's and against numeric ones.

What is left out: why a slope is wrong (``diagnosis``) and how it is said (``report``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from autograd_nn.checking.calls import Arguments, ComplexResultError, call_f, call_hand, hand_numbers
from autograd_nn.checking.diagnosis import Finding, explain
from autograd_nn.checking.diagnosis.probes import Probe, agree, probe_around
from autograd_nn.checking.numeric import directional_slope, numeric_derivative
from autograd_nn.checking.report import GradientCheckError, GradientReport, Row
from autograd_nn.checking.shapes import NumericDerivative
from autograd_nn.engine import Value, topological_order
from autograd_nn.recording import no_grad

__all__ = ["assert_gradients", "check_gradients", "check_module"]

_MOST_BY_COMPONENT = 40  # more numbers than this are checked numerically along random directions
_MOST_PROBED = 1000  # more numbers than this are compared at the given point only


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
            takes floats only is compared with ``hand`` by numeric slopes alone.
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

    >>> bool(check_gradients(lambda w: (w * 5 - 7) ** 2, 2.0, lambda w: 2 * 5 * (w * 5 - 7)))
    True
    >>> print(check_gradients(lambda w: (w * 5 - 7) ** 2, 2.0, lambda w: 5 * (w * 5 - 7)).headline)
    w: a factor 2 is missing (yours = 0.5 x the true slope)
    """
    arguments = Arguments(f, at, wrt, names)
    x, size = arguments.numbers, len(arguments.numbers)
    is_formula = callable(hand)
    given: list[float] | None = None
    if is_formula:
        given = call_hand(hand, arguments.filled(x), size, arguments.pattern)
    elif hand is not None:
        given = hand_numbers(hand, size, pattern=arguments.pattern)

    first = _first_probe(f, arguments, given)
    reproduce = f"To reproduce: at = {_short(at)}, seed = {seed}"
    points = 1
    rows = _rows(f, arguments, first, given, rtol, numeric, directions, seed)
    findings = _faults_of_f(f, arguments, first, rows, rtol)
    if first is not None and given is not None and not findings:
        found = [first]
        if is_formula and size <= _MOST_PROBED:
            found = probe_around(x, _prober(f, hand, arguments), probes, seed) or [first]
        points = len(found)
        wrong_around = any(not all(p.right(rtol)) for p in found[1:])
        # At a kink several slopes are right: the rows have judged the point itself.
        if wrong_around or any(row.verdict == "wrong" for row in rows) or not numeric:
            findings = explain(found, arguments.names, rtol)
        bad = next((p for p in found if not all(p.right(rtol))), None)
        if bad is not None and bad is not found[0]:
            where = ", ".join(f"{n} = {v!r}" for n, v in zip(arguments.names, bad.at, strict=True))
            reproduce += f"; first wrong where {where[:400]}"
    return GradientReport(
        rows,
        findings,
        points=points,
        reproduce=reproduce,
        only_numbers=hand is not None and not is_formula,
    )


def _faults_of_f(
    f: Callable[..., object],
    arguments: Arguments,
    first: Probe | None,
    rows: list[Row],
    rtol: float,
) -> list[Finding]:
    """What is wrong with ``f`` itself, whatever the hand-written slopes are."""
    value = first.data[-1] if first else call_f(f, arguments.filled(arguments.numbers))
    if not math.isfinite(value):
        text = f"f returned {value} at the given point, so it has no slope there to compare with"
        rows[:] = [row._replace(verdict="inconclusive", note="") for row in rows]
        return [Finding(0.0, "not finite", text)]
    contradicted = any(
        row.verdict == "wrong" and judge(row.autograd, row.numeric, rtol)[0] == "wrong"
        for row in rows
        if row.autograd is not None and row.numeric is not None
    )
    if contradicted and _left(f, arguments):
        text = (
            "f leaves the graph: the engine's slope misses a part that was computed with "
            "plain floats; use functions.exp in place of math.exp, and likewise for the others"
        )
        return [Finding(0.0, "left the graph", text)]
    return []


def _left(f: Callable[..., object], arguments: Arguments) -> bool:
    """Whether numbers that vary with the point enter the graph of ``f`` as constants."""

    def constants(x: Sequence[float]) -> list[float] | None:
        try:
            result = call_f(f, arguments.filled([Value(v) for v in x]))
        except (ValueError, ArithmeticError):  # outside the domain
            return None
        if not isinstance(result, Value):
            return [result]
        return [node.data for node in topological_order(result) if node.kind == "constant"]

    here = constants(arguments.numbers)
    moved = constants([x + 1e-3 * (abs(x) or 1.0) for x in arguments.numbers])
    return here is not None and moved is not None and here != moved


def _short(at: Any) -> str:
    text = repr(at)
    return text if len(text) <= 200 else text[:197] + "..."


def _first_probe(
    f: Callable[..., object], arguments: Arguments, given: list[float] | None
) -> Probe | None:
    """The engine's view of the given point; ``None`` where ``f`` takes floats only."""
    inputs = [Value(x, n) for x, n in zip(arguments.numbers, arguments.names, strict=True)]
    try:
        result = call_f(f, arguments.filled(inputs))
    except (TypeError, AttributeError) as error:
        if given is None:
            raise
        call_f(f, arguments.filled(arguments.numbers))  # float-only, or wrong for floats as well?
        del error
        return None
    if isinstance(result, Value):
        hand = given if given is not None else [0.0] * len(inputs)
        return Probe(result, inputs, hand)
    if given is None:
        # A constant is fine; a result computed by float(v) has left the graph.
        return Probe(Value(result), inputs, [0.0] * len(inputs))
    return None


def _prober(
    f: Callable[..., object], hand: Callable[..., object], arguments: Arguments
) -> Callable[[Sequence[float]], Probe | None]:
    def probe(x: Sequence[float]) -> Probe | None:
        inputs = [Value(v, n) for v, n in zip(x, arguments.names, strict=True)]
        try:
            result = call_f(f, arguments.filled(inputs))
            slopes = call_hand(hand, arguments.filled(list(x)), len(x), arguments.pattern)
        except (ValueError, ArithmeticError, ComplexResultError):  # outside the domain of one of them
            return None
        if not isinstance(result, Value) or not math.isfinite(result.data):
            return None
        found = Probe(result, inputs, slopes)
        usable = all(map(math.isfinite, found.slopes))
        at_given = list(x) == arguments.numbers
        return found if usable and (at_given or all(map(math.isfinite, slopes))) else None

    return probe


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
    rows = []
    for i, name in enumerate(arguments.names):
        slope = None
        if numeric and not projected:
            slope = numeric_derivative(_along(f, arguments, i), arguments.numbers[i])
        auto = first.slopes[i] if first else None
        hand = given[i] if given is not None else None
        scale = first.sizes[i] if first else 0.0
        rows.append(_row(name, hand, auto, slope, scale, rtol))
    if projected:
        slopes = first.slopes if first else given
        if slopes is not None:
            rows += _projections(f, arguments, slopes, directions or 2, seed, given is not None)
    return rows


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
) -> Row:
    verdict, note = "ok", ""
    tested = auto if auto is not None else hand
    if slope is not None and tested is not None:
        verdict, note = judge(tested, slope, rtol)
        if verdict == "inconclusive" and auto is not None and hand is not None:
            verdict = "ok"  # the engine is the judge of the hand-written slope
    if hand is not None and auto is not None and not agree(hand, auto, scale, rtol):
        verdict = "wrong"
        if slope is not None and slope.status == "kink":
            verdict, note = judge(hand, slope, rtol)
    return Row(name, hand, auto, slope, verdict, note)


def judge(slope: float, numeric: NumericDerivative, rtol: float) -> tuple[str, str]:
    """The verdict on a slope, and a note where the point is special.

    >>> judge(0.5, numeric_derivative(abs, 0.0), 1e-9)[0]
    'ok'
    """
    left, right, note = numeric.left, numeric.right, numeric.note
    if numeric.status == "kink" and left is not None and right is not None:
        margin = 1e-6 * (abs(left) + abs(right))
        if min(left, right) - margin <= slope <= max(left, right) + margin:
            return "ok", f"a kink: {note}; any slope in between passes"
        return "wrong", f"a kink: {note}"
    if numeric.status == "vertical":
        return ("ok" if math.isinf(slope) else "wrong"), note
    if numeric.status not in ("ok", "edge", "noisy") or not math.isfinite(numeric.error):
        return "inconclusive", note or numeric.status
    if math.isfinite(slope) and abs(slope - numeric.value) > numeric.error + rtol * abs(slope):
        return "wrong", note
    if not math.isfinite(slope):
        return "wrong", "the slope is not finite, and the function is smooth here"
    if numeric.error > abs(numeric.value) and numeric.error > 1e-6 * (abs(slope) or 1.0):
        return "inconclusive", "the numeric slope has no reliable digits"
    return "ok", "" if numeric.status == "ok" else note


def _projections(
    f: Callable[..., object],
    arguments: Arguments,
    slopes: Sequence[float],
    count: int,
    seed: int,
    by_hand: bool,
) -> list[Row]:
    """Numeric slopes along random directions; a failing one is halved down to components."""
    rng = random.Random(seed)
    x = arguments.numbers
    unit = math.sqrt(math.fsum(v * v for v in x) / len(x)) or 1.0
    rows: list[Row] = []

    def test(chosen: Sequence[int], signs: Sequence[float]) -> tuple[float, NumericDerivative]:
        def g(t: float) -> object:
            moved = list(x)
            for i in chosen:
                moved[i] += t * signs[i]
            return f(*arguments.filled(moved))

        with no_grad():
            numeric = directional_slope(g, unit)
        return math.fsum(slopes[i] * signs[i] for i in chosen), numeric

    for k in range(count):
        signs = [rng.choice((-1.0, 1.0)) for _ in x]
        slope, numeric = test(range(len(x)), signs)
        verdict, note = judge(slope, numeric, 1e-7)
        ours = {"hand": slope, "auto": None} if by_hand else {"hand": None, "auto": slope}
        rows.append(Row(f"direction {k}", ours["hand"], ours["auto"], numeric, verdict, note))
        if verdict != "wrong":
            continue
        parts = [list(range(len(x)))]
        while parts and len(rows) < 20:
            part = parts.pop()
            slope, numeric = test(part, signs)
            verdict, note = judge(slope, numeric, 1e-7)
            if verdict != "wrong":
                continue
            if len(part) == 1:
                name, i = arguments.names[part[0]], part[0]
                plain = numeric._replace(value=numeric.value * signs[i])
                hand, auto = (slopes[i], None) if by_hand else (None, slopes[i])
                rows.append(Row(name, hand, auto, plain, verdict, note))
            else:
                parts += [part[len(part) // 2 :], part[: len(part) // 2]]
        break
    return rows


def assert_gradients(f: Callable[..., object], at: Any, hand: Any = None, **options: Any) -> None:
    """As ``check_gradients``, but raise where the slopes do not agree.

    Raises:
        GradientCheckError: an AssertionError whose first line is the probable cause.

    >>> assert_gradients(lambda x: x**3, 2.0, lambda x: 3 * x**2)
    """
    __tracebackhide__ = True
    report = check_gradients(f, at, hand, **options)
    if not report:
        raise GradientCheckError(report)


def check_module(
    model: Any, loss: Callable[[Any, Any], object], X: Any, y: Any, **options: Any
) -> GradientReport:
    """Check the engine's slope for every parameter of a network, by projections.

    Args:
        model: a ``Module``: called with one row of ``X``.
        loss: called as ``loss(y, predictions)``, as the functions in ``losses`` are.
        X: the rows.
        y: the targets.
        options: as for ``check_gradients``.

    The parameters have their numbers back afterwards.

    >>> from autograd_nn import MLP, losses
    >>> model = MLP(2, [3, 1], activation="tanh", seed=0)
    >>> bool(check_module(model, losses.mean_squared_error, [[1.0, 2.0]], [3.0]))
    True
    """
    named = model.named_parameters()
    before = [p.data for _, p in named]

    def f(w: Sequence[Any]) -> object:
        for (_, p), x in zip(named, w, strict=True):
            p.data = x.data if isinstance(x, Value) else x
        result = loss(y, [model(row) for row in X])
        if w and isinstance(w[0], Value) and isinstance(result, Value):
            return _graft(result, [p for _, p in named], w)
        return result

    try:
        options.setdefault("directions", 2)
        return check_gradients(f, before, names=[name for name, _ in named], **options)
    finally:
        for (_, p), x in zip(named, before, strict=True):
            p.data = x


def _graft(result: Value, parameters: Sequence[Value], inputs: Sequence[Value]) -> Value:
    """A value with the slopes of ``result`` along its parameters, moved to ``inputs``.

    The sum of slope times (input - its number) is 0, so the value is that of ``result``.
    """
    kept = [p.grad for p in parameters]
    for p in parameters:
        p.grad = 0.0
    result.backward()
    slopes = [p.grad for p in parameters]
    for p, g in zip(parameters, kept, strict=True):
        p.grad = g
    total = Value(result.data)
    for slope, x in zip(slopes, inputs, strict=True):
        total = total + (x - x.data) * slope
    return total
