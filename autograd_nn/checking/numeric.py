"""The numerical derivative of a black-box function of floats, with an error bound.

Central quotients down a ladder of steps, Richardson extrapolation between
them, and as error of each candidate the difference to its neighbours in the
table (C. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances
in Engineering Software 4, 1982) plus noise / step.  Of the candidates in order
of claimed error the first that agrees with every smaller step wins (after
O. Lepski's rule).  Five tiny steps tell kinks, jumps and vertical slopes.

What is left out: the noise (``noise``), the shapes at the point (``shapes``), and
comparing with slopes found otherwise (``check``).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_nn.checking.noise import Sampler, noise_level
from autograd_nn.checking.shapes import NumericDerivative, Quotient, shape_at, tiny_quotients
from autograd_nn.conversion import to_float
from autograd_nn.transforms import flatten

__all__ = ["NumericDerivative", "numeric_derivative", "numeric_gradient"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test

EPSILON = sys.float_info.epsilon


class _Candidate(NamedTuple):
    error: float
    value: float
    step: float
    level: int


def numeric_derivative(f: Callable[[float], object], x: float) -> NumericDerivative:
    """The slope of ``f`` at ``x`` from values of ``f`` alone, about 55 of them.

    Args:
        f: a function of one float that returns one number.  ValueError and ArithmeticError
            (a division by zero, an overflow) mean that it is not defined there.
        x: the point.

    Returns:
        The value, a bound on its error, a status, and the slopes on both sides where they differ.

    Raises:
        TypeError: ``x`` is no number, or ``f`` returns none.

    >>> slope = numeric_derivative(lambda x: x**3, 2.0)
    >>> abs(slope.value - 12.0) <= slope.error < 1e-9
    True
    >>> numeric_derivative(abs, 0.0).status
    'kink'
    """
    x = to_float(x)
    sampler = Sampler(f)
    found = _derivative(sampler, x)
    return found._replace(evaluations=sampler.evaluations)


def _derivative(f: Sampler, x: float) -> NumericDerivative:
    if not math.isfinite(x):
        return NumericDerivative(math.nan, math.inf, "undefined", note="the point is not finite")
    fx = f(x)
    if fx is None:
        note = "f raises or is not finite at this point"
        return NumericDerivative(math.nan, math.inf, "undefined", note=note)
    again = f.fresh(x)
    if again != fx:
        note = f"f gave {fx!r}, then {again!r} for the same argument"
        return NumericDerivative(math.nan, math.inf, "random", note=note)
    noise = noise_level(f, x, fx)
    ladder, candidates = _climb(f, x, fx, noise)
    tiny = tiny_quotients(f, x, fx, noise)
    special = shape_at(f, x, fx, noise, tiny, defined_beside=bool(ladder or tiny))
    return special or _choose(x, fx, ladder, candidates, tiny)


def _steps(x: float) -> list[float]:
    size = abs(x) or 1.0
    smallest = max(size * 2.0**-40, 64 * math.ulp(x))
    steps: list[float] = []
    h = 0.125 * max(size, 1.0)
    while h >= smallest and len(steps) < 120:
        steps.append(h)
        h /= 8.0 if h > size else 2.0
    return steps


def _climb(
    f: Sampler, x: float, fx: float, noise: float
) -> tuple[list[Quotient], list[_Candidate]]:
    """Central quotients from large steps to small, and their extrapolations."""
    ladder: list[Quotient] = []
    candidates: list[_Candidate] = []
    best: _Candidate | None = None
    above: list[tuple[float, float]] = []
    above_step = 0.0
    steps, i = _steps(x), 0
    while i < len(steps):
        h = steps[i]
        upper, lower = f(x + h), f(x - h)
        if upper is None or lower is None:
            above = []
            i += 1 if ladder else 3  # hurry while outside the domain
            continue
        width = (x + h) - (x - h)
        slope = (upper - lower) / width
        rounding = (1.5 * noise + 0.5 * EPSILON * (abs(upper) + abs(lower))) / (width / 2)
        ladder.append(Quotient(h, slope, rounding, math.nan, math.nan))
        row = [(slope, rounding)]
        ratio = (above_step / h) ** 2
        for j in range(min(len(above), 5)):
            weight = ratio ** (j + 1) - 1
            value = row[j][0] + (row[j][0] - above[j][0]) / weight
            spread = ((weight + 1) * row[j][1] + above[j][1]) / weight
            row.append((value, spread))
            truncation = max(abs(value - row[j][0]), abs(value - above[j][0]))
            candidates.append(_Candidate(truncation + spread, value, h, len(ladder) - 1))
            if best is None or candidates[-1].error < best.error:
                best = candidates[-1]
        above, above_step = row, h
        if best is not None and len(ladder) >= 4:
            scale = abs(best.value)
            if best.error <= 1e-10 * scale and best.level < len(ladder) - 1:
                break
            if rounding > 64 * best.error:
                break
            if rounding > max(0.05 * max(scale, 1e-300), 4 * best.error):
                break
        i += 1
    return ladder, candidates


def _choose(
    x: float,
    fx: float,
    ladder: list[Quotient],
    candidates: list[_Candidate],
    tiny: list[Quotient],
) -> NumericDerivative:
    """The candidate of smallest error that no smaller step contradicts."""
    probes = tiny + ladder
    overstepped = 0.0
    for candidate in sorted(candidates):
        error, value, step, _ = candidate
        contradicted = any(
            probe.step < 0.9 * step
            and abs(probe.slope - value)
            > 4 * (error + probe.rounding) + _truncation(ladder, probe.step)
            for probe in probes
        ) or any(
            finer.step < 0.9 * step
            and finer.error < 0.03 * abs(finer.value)
            and abs(finer.value - value) > 6 * (error + finer.error)
            for finer in candidates
        )
        if contradicted:
            overstepped = max(overstepped, step)
            continue
        unclear = (
            error > 1e-2 * abs(value)
            and error > 1e-6 * max(abs(q.slope) for q in ladder)
            and error > 1e-6 * abs(fx) / (abs(x) or 1.0)
        )
        return NumericDerivative(
            value,
            6 * error + 4 * EPSILON * abs(value),
            "noisy" if unclear else "ok",
            note=_nearby(overstepped),
        )
    if not probes:
        return NumericDerivative(math.nan, math.inf, "noisy", note="no finite values around")
    least = min(tiny or ladder, key=lambda q: q.rounding)
    gap = 0.0 if math.isnan(least.right) else abs(least.right - least.left)
    if candidates or not tiny:
        error = 4 * least.rounding + gap
    else:
        error = least.rounding + abs(tiny[0].slope - tiny[-1].slope)
    status = "ok" if least.rounding < 1e-3 * abs(least.slope) else "noisy"
    return NumericDerivative(least.slope, error, status, note=_nearby(overstepped))


def _nearby(distance: float) -> str:
    return f"not smooth at a distance of about {distance:.1e}" if distance else ""


def _truncation(ladder: list[Quotient], step: float) -> float:
    """The truncation error of a plain quotient at ``step``, by h**2 from the nearest pair above."""
    coarser = [q for q in ladder if q.step >= 0.99 * step]
    if len(coarser) < 2:
        return 0.0
    a, b = coarser[-2:]
    return 2 * abs(a.slope - b.slope) * (step / b.step) ** 2


def numeric_gradient(f: Callable[..., object], at: Any) -> Any:
    """The numerical slopes of ``f`` along every number in ``at``.

    Args:
        f: called as ``f(at)``, with numbers in place of the numbers of ``at``.
        at: a number, an array, or lists, tuples and dicts of them.

    Returns:
        One ``NumericDerivative`` per number, in the order of the numbers.

    Raises:
        TypeError: ``at`` holds something else than numbers, or ``f`` returns no number.

    >>> [round(d.value, 6) for d in numeric_gradient(lambda w: w[0] * w[1], [2.0, 5.0])]
    [5.0, 2.0]
    """
    leaves, structure = flatten(at, "at")
    numbers = [to_float(x) for x in leaves]

    def along(i: int) -> Callable[[float], object]:
        return lambda x: f(structure.rebuild([*numbers[:i], x, *numbers[i + 1 :]]))

    return [numeric_derivative(along(i), x) for i, x in enumerate(numbers)]


def directional_slope(
    f: Callable[[float], object], unit: float, known: tuple[float, float] | None = None
) -> tuple[NumericDerivative, tuple[float, float] | None]:
    """The slope of ``f`` at 0 from 16 values: a cheap form for functions that take long.

    ``unit`` is the size of a step that changes the arguments as a whole by about themselves.
    A kink within the steps shows as a large error bound.  The value at 0 and the noise are
    returned too; where they are ``known``, from another direction, 8 values are enough.
    """
    sampler = Sampler(f)
    levels: tuple[int, ...] = (8, 11, 14, 17, 20)
    if known is None:
        at_zero = sampler(0.0)
        if at_zero is None:
            return NumericDerivative(math.nan, math.inf, "undefined", evaluations=1), None
        noise = max([0.5 * math.ulp(at_zero), *_jitter(sampler, unit * 2.0**-24)])
    else:
        (at_zero, noise), levels = known, (10, 13, 16, 19)
    best = _Candidate(math.inf, math.nan, 0.0, 0)
    above: list[tuple[float, float]] = []
    for level, k in enumerate(levels):
        h = unit * 2.0**-k
        upper, lower = sampler(h), sampler(-h)
        if upper is None or lower is None:
            above = []
            continue
        rounding = (1.5 * noise + 0.5 * EPSILON * (abs(upper) + abs(lower))) / h
        row = [((upper - lower) / (2 * h), rounding)]
        for j, (value_above, rounding_above) in enumerate(above):
            weight = 64.0 ** (j + 1) - 1
            value = row[j][0] + (row[j][0] - value_above) / weight
            spread = ((weight + 1) * row[j][1] + rounding_above) / weight
            row.append((value, spread))
            error = max(abs(value - row[j][0]), abs(value - value_above)) + spread
            best = min(best, _Candidate(error, value, h, level))
        above = row
    status = "ok" if math.isfinite(best.error) else "noisy"
    found = NumericDerivative(best.value, 6 * best.error, status, evaluations=sampler.evaluations)
    return found, (at_zero, noise)


def _jitter(f: Sampler, step: float) -> list[float]:
    """The third differences of five close values: what is left of them is noise."""
    ys = [f(i * step) for i in range(1, 6)]
    if any(y is None for y in ys):
        return []
    a, b, c, d, e = (float(y) for y in ys if y is not None)
    return [abs(b - 3 * c + 3 * d - e) / math.sqrt(20), abs(a - 3 * b + 3 * c - d) / math.sqrt(20)]
