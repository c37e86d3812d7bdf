"""How much of a function's result is rounding noise.

The estimate is ECnoise: J. J. Moré and S. M. Wild, "Estimating computational
noise", SIAM J. Sci. Comput. 33 (2011).  It is taken on one side of the point,
so that a kink or a jump *at* the point is not mistaken for noise.

What is left out: the derivative itself (``numeric``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import is_number, to_float
from autograd_nn.errors import WrongTypeError

__all__ = ["Sampler", "noise_level"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test


class Sampler:
    """A black-box function, counted, remembered, and ``None`` where it has no finite value."""

    def __init__(self, f: Callable[[float], object]) -> None:
        self.f = f
        self.evaluations = 0
        self._seen: dict[float, float | None] = {}

    def __call__(self, x: float) -> float | None:
        if x not in self._seen:
            self._seen[x] = self.fresh(x)
        return self._seen[x]

    def fresh(self, x: float) -> float | None:
        """``f(x)`` computed again, even where it is known."""
        self.evaluations += 1
        try:
            with np.errstate(all="ignore"):
                y = self.f(x)
        except (ValueError, ArithmeticError):  # outside the domain
            return None
        if isinstance(y, complex):  # (-8.0) ** 0.5: outside the real domain too
            return None
        y = getattr(y, "data", y) if hasattr(y, "backward") else y
        if not is_number(y):
            raise WrongTypeError(f"f returned {describe(y)} at {x!r}; it must return one number")
        number = to_float(y)
        return number if math.isfinite(number) else None


def noise_level(f: Sampler, x: float, fx: float) -> float:
    """The absolute noise of ``f`` near ``x``, seen at several spacings.

    Rounding noise hides at the finest spacing where ``f`` is quantised, as in ``cos(x) - 1``;
    noise seen at a coarse spacing only is aliasing and does not count.
    """
    noise = 0.5 * math.ulp(fx) if fx else 0.0
    finest = math.ulp(x) * 256 if x else 2.0**-40
    for spacing in (finest, -finest):
        level, kind = _differences(f, x, spacing)
        if level is not None and (kind != "flat" or level < 1e-6 * abs(fx)):
            noise = max(noise, level)
    unit = abs(x) or 1.0
    flat, coarse = False, []
    for k in (30, 20, 15, 11):
        if k < 20 and not flat:  # coarser only where the finer ones saw a quantised f
            break
        level, kind = _differences(f, x, unit * 2.0**-k)
        if level is None:
            level, kind = _differences(f, x, -unit * 2.0**-k)
        if level is None:
            continue
        flat = flat or (kind == "flat" and level == 0.0)
        if kind != "smooth" and level > 0.0:
            coarse.append(level)
        if kind != "smooth" and level <= 1e-8 * abs(fx):
            noise = max(noise, level)
    same_jitter = len(coarse) >= 2 and max(coarse[-2:]) < 8 * min(coarse[-2:])
    if flat and same_jitter and max(coarse) < 1e-3 * abs(fx):
        noise = max(noise, *coarse)
    return noise


def _differences(f: Sampler, x: float, spacing: float) -> tuple[float | None, str]:
    """The noise in six equally spaced values beside ``x``: (level, "flat"|"noise"|"smooth")."""
    ys = [y for i in range(1, 7) if (y := f(x + i * spacing)) is not None]
    if len(ys) < 6:
        return None, ""
    distinct = len(set(ys))
    if distinct <= 2:
        return (0.0 if distinct == 1 else 0.5 * (max(ys) - min(ys))), "flat"
    largest = max(map(abs, ys))
    table = [y / largest for y in ys]  # scaled: the squares neither overflow nor vanish
    levels, gamma = [], 1.0
    for k in range(1, 6):
        table = [b - a for a, b in pairwise(table)]
        gamma *= k / (2.0 * (2 * k - 1))  # (k!)**2 / (2k)!
        levels.append(math.sqrt(gamma * math.fsum(v * v for v in table) / len(table)))
    low, high = min(levels[2:]), max(levels[2:])
    return largest * low, "noise" if low > 0.0 and high <= 4 * low else "smooth"
