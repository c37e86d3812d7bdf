"""Special functions on floats that Python's ``math`` lacks: digamma, polygamma, the normal tail.

Each maps floats to a float by IEEE 754 and never raises.  What is left out: their slopes, which
are columns of the table in ``ops``.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["digamma", "lgamma", "log_ndtr", "mills", "polygamma"]

LOG_ROOT_TWO_PI: Final = 0.9189385332046727418
ROOT_HALF: Final = math.sqrt(0.5)

# The positive zero of digamma in three parts, and a rational approximation beside it: from the
# Boost C++ Libraries, digamma.hpp by John Maddock, for 53 bits.
ZERO: Final = (1569415565.0 / 2**30, 381566830.0 / 2**60, 0.9016312093258695918615325e-19)
Y: Final = 0.99558162689208984
P: Final = (
    0.254798510611315515235,
    -0.314628554532916496608,
    -0.665836341559876230295,
    -0.314767657147375752913,
    -0.0541156266153505273939,
    -0.00289268368333918761452,
)
Q: Final = (
    1.0,
    2.1195759927055347547,
    1.54350554664961128724,
    0.486986018231042975162,
    0.0660481487173569812846,
    0.00298999662592323990972,
    -0.165079794012604905639e-5,
    0.317940243105952177571e-7,
)
# Bernoulli numbers B2, B4 ...: of the expansions at infinity (Abramowitz and Stegun 6.3.18, 6.4.11)
BERNOULLI: Final = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def lgamma(x: float) -> float:
    """The logarithm of the absolute value of the gamma function; inf at its poles."""
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):
        return math.inf


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    total = 0.0
    for c in reversed(coefficients):
        total = total * x + c
    return total


def digamma(x: float) -> float:
    """The slope of ``lgamma``; nan at its poles.

    >>> digamma(1.0)  # minus Euler's constant
    -0.5772156649015329
    """
    if x - x != 0.0:
        return x if x > 0.0 else math.nan
    if x <= 0.0 and x == math.floor(x):
        return math.nan
    if x <= -0.5:  # by reflection (Abramowitz and Stegun 6.3.7)
        turn = x - round(x)
        return digamma(1.0 - x) - math.pi / math.tan(math.pi * turn)
    if x < 1.0:
        return digamma(x + 1.0) - (1.0 / x if abs(x) > 1e-300 else math.copysign(math.inf, x))
    if x >= 10.0:
        z = 1.0 / (x * x) if x < 1e100 else 0.0
        tail = sum(b / (2.0 * k) * z**k for k, b in enumerate(BERNOULLI, 1))
        return math.log(x) - 0.5 / x - tail
    shift = 0.0
    while x > 2.0:
        x -= 1.0
        shift += 1.0 / x
    g = x - ZERO[0] - ZERO[1] - ZERO[2]
    r = _polynomial(P, x - 1.0) / _polynomial(Q, x - 1.0)
    return shift + g * Y + g * r


def polygamma(n: float, x: float) -> float:
    """The ``n``-th slope of ``digamma``, for whole ``n`` of at least 0; nan at its poles.

    >>> polygamma(1.0, 1.0) - math.pi**2 / 6
    0.0
    """
    if n == 0.0:
        return digamma(x)
    if not 0.0 < n < 100.0 or n != math.floor(n) or x != x or x < -1e4:
        return math.nan
    if x <= 0.0 and x == math.floor(x):  # a pole
        return math.nan
    sign = 1.0 if n % 2.0 == 1.0 else -1.0
    if x == math.inf:
        return sign * 0.0
    factorial = math.factorial(int(n))
    terms = []
    far = 12.0 + 2.0 * n
    while x < far:  # the recurrence (Abramowitz and Stegun 6.4.6) up to where the expansion holds
        terms.append(_power(x, -n - 1.0) * factorial)
        x += 1.0
    terms.append(_power(x, -n) * math.factorial(int(n) - 1))
    terms.append(_power(x, -n - 1.0) * factorial / 2.0)
    for k, b in enumerate(BERNOULLI, 1):
        rising = math.factorial(2 * k + int(n) - 1) / math.factorial(2 * k)
        terms.append(b * rising * _power(x, -n - 2.0 * k))
    if math.inf in terms or -math.inf in terms:
        return sign * sum(terms)
    return sign * math.fsum(terms)


def _power(x: float, n: float) -> float:
    try:
        return math.pow(x, n)
    except OverflowError:
        return math.copysign(math.inf, x) if n % 2.0 == 1.0 else math.inf


def mills(x: float) -> float:
    """The density of the standard normal distribution at ``x``, over its probability below ``x``.

    >>> round(mills(-40.0), 6)
    40.024969
    """
    if x == -math.inf:
        return math.inf
    if x < -1.0:
        return 1.0 / _tail(-x)
    return math.exp(-0.5 * x * x - LOG_ROOT_TWO_PI) / (0.5 * math.erfc(-x * ROOT_HALF))


def log_ndtr(x: float) -> float:
    """The logarithm of the probability of a standard normal number below ``x``.

    >>> round(log_ndtr(-40.0), 6)
    -804.608442
    """
    if x == -math.inf:
        return x
    if x < -2.0:
        return math.log(_tail(-x)) - 0.5 * x * x - LOG_ROOT_TWO_PI
    if x < 0.0:
        return math.log(0.5 * math.erfc(-x * ROOT_HALF))
    return math.log1p(-0.5 * math.erfc(x * ROOT_HALF))


def _tail(t: float) -> float:
    """The probability above ``t`` over the density there, by Laplace's continued fraction."""
    fraction = t
    for k in range(400 if t < 3.0 else 80, 0, -1):
        fraction = t + k / fraction
    return 1.0 / fraction
