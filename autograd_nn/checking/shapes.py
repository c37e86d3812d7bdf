"""What a function looks like at a point where it has no two-sided derivative.

Kink, jump, vertical slope or edge of the domain: told apart by how one-sided
quotients behave as the step shrinks.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

from autograd_nn.checking.noise import Sampler

__all__ = ["NumericDerivative", "Quotient", "shape_at", "tiny_quotients"]


class NumericDerivative(NamedTuple):
    """A slope found from values of the function.

    Attributes:
        value: the slope; nan where there is none, inf where it is vertical.
        error: the true slope lies within ``value - error`` and ``value + error``.
        status: "ok", "kink", "jump", "vertical", "edge" (defined on one side only),
            "undefined" (not at this point), "random" (the value changes from call to call)
            or "noisy" (no reliable digits).
        left: the slope from the left where it differs; for a jump, its height.
        right: the slope from the right where it differs.
        evaluations: how often the function was called.
        note: the finding in words.

    >>> from autograd_nn import numeric_derivative
    >>> slope = numeric_derivative(abs, 0.0)
    >>> slope.status, slope.left, slope.right
    ('kink', -1.0, 1.0)
    """

    value: float
    error: float
    status: str
    left: float | None = None
    right: float | None = None
    evaluations: int = 0
    note: str = ""


class Quotient(NamedTuple):
    """A central difference quotient with its rounding error and its two one-sided halves."""

    step: float
    slope: float
    rounding: float
    left: float
    right: float


def tiny_quotients(f: Sampler, x: float, fx: float, noise: float) -> list[Quotient]:
    """Five quotients very close to ``x``: they see what larger steps step over."""
    unit = math.ulp(x) if x else 2.0**-52
    found = []
    for k in (28, 24, 20, 16, 12):
        h = unit * 2.0**k
        upper, lower = f(x + h), f(x - h)
        if upper is None or lower is None:
            continue
        rounding = (1.5 * noise + 0.5 * sys.float_info.epsilon * (abs(upper) + abs(lower))) / h
        slope = (upper - lower) / ((x + h) - (x - h))
        right, left = (upper - fx) / ((x + h) - x), (fx - lower) / (x - (x - h))
        found.append(Quotient(h, slope, rounding, left, right))
    return found


def shape_at(
    f: Sampler, x: float, fx: float, noise: float, tiny: list[Quotient], defined_beside: bool
) -> NumericDerivative | None:
    """The finding where ``f`` is not smooth at ``x``; ``None`` where it seems to be."""
    if not defined_beside:
        return _one_sided(f, x, fx, noise)
    return _divergence(tiny) or _kink(tiny)


def _divergence(tiny: list[Quotient]) -> NumericDerivative | None:
    """One-sided quotients that grow like step**-p, with the same p at two pairs of steps."""
    if len(tiny) < 3:
        return None
    sizes = [max(abs(q.left), abs(q.right)) for q in tiny]
    if min(sizes) == 0.0 or any(
        size <= 20 * q.rounding for size, q in zip(sizes, tiny, strict=True)
    ):
        return None
    first, second = (
        math.log(sizes[i + 1] / sizes[i]) / math.log(tiny[i].step / tiny[i + 1].step)
        for i in (0, 1)
    )
    if first <= 0.2 or second <= 0.2 or abs(first - second) >= 0.1:
        return None
    q = tiny[2]
    if second > 0.9:
        left, right = q.left * q.step, q.right * q.step
        height = max(left, right, key=abs)
        note = f"f jumps at this point, by {height:.3g}"
        return NumericDerivative(math.nan, math.inf, "jump", left, right, note=note)
    left, right = math.copysign(math.inf, q.left), math.copysign(math.inf, q.right)
    value = right if left == right else math.nan
    note = f"the slope grows without bound, like h**-{second:.2f}"
    return NumericDerivative(value, math.inf, "vertical", left, right, note=note)


def _kink(tiny: list[Quotient]) -> NumericDerivative | None:
    """Right minus left quotient shrinks with the step where ``f`` is smooth; at a kink it stays."""
    for i, a in enumerate(tiny):
        for b in tiny[i + 1 :]:
            gap_a, gap_b = a.right - a.left, b.right - b.left
            if (
                abs(gap_a) > 16 * a.rounding
                and abs(gap_b) > 16 * b.rounding
                and 0.6 < gap_b / gap_a < 1.7
                and abs(a.right - b.right) <= 0.3 * abs(gap_a)
                and abs(a.left - b.left) <= 0.3 * abs(gap_a)
            ):
                note = f"slope {a.left:.6g} from the left, {a.right:.6g} from the right"
                return NumericDerivative(math.nan, math.inf, "kink", a.left, a.right, note=note)
    return None


def _one_sided(f: Sampler, x: float, fx: float, noise: float) -> NumericDerivative:
    size = abs(x) or 1.0
    for sign, side in ((1.0, "right"), (-1.0, "left")):
        value, error, slopes = _one_sided_ladder(f, x, fx, sign, size, noise)
        if not slopes:
            continue
        last = [abs(slope) for slope in slopes[-3:]]
        if len(slopes) >= 4 and last[2] > 1.2 * last[1] > 1.44 * last[0]:
            vertical = math.copysign(math.inf, slopes[-1])
            note = f"vertical from the {side}; f is not defined on the other side"
            return NumericDerivative(vertical, math.inf, "vertical", note=note)
        if math.isfinite(error):
            left, right = (value, None) if sign < 0 else (None, value)
            note = f"f is defined to the {side} of this point only"
            return NumericDerivative(value, 6 * error, "edge", left, right, note=note)
    return NumericDerivative(math.nan, math.inf, "undefined", note="no finite values around")


def _one_sided_ladder(
    f: Sampler, x: float, fx: float, sign: float, size: float, noise: float
) -> tuple[float, float, list[float]]:
    best, error = math.nan, math.inf
    slopes: list[float] = []
    above: list[tuple[float, float]] = []
    for k in range(3, 28):
        at = x + sign * size * 2.0**-k
        y = f(at)
        if at == x:
            break
        if y is None:
            above = []
            continue
        rounding = (2 * noise + sys.float_info.epsilon * (abs(y) + abs(fx))) / abs(at - x)
        row = [((y - fx) / (at - x), rounding)]
        slopes.append(row[0][0])
        for j in range(min(len(above), 3)):
            weight = 2.0 ** (j + 1) - 1
            value = row[j][0] + (row[j][0] - above[j][0]) / weight
            spread = ((weight + 1) * row[j][1] + above[j][1]) / weight
            row.append((value, spread))
            claimed = max(abs(value - row[j][0]), abs(value - above[j][0])) + spread
            if claimed < error:
                best, error = value, claimed
        above = row
    return best, error, slopes
