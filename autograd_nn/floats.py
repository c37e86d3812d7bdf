"""The operations of the table on floats, by IEEE 754.

Python's math module raises where IEEE 754 has a value, and its operators give a complex number
where that has nan; these functions do neither, for any float.  An operation of which Python has
such a function itself is not here; what is long is in ``special``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from autograd_nn import special

INF: Final = math.inf
NAN: Final = math.nan
_LOG_TWO: Final = math.log(2.0)


def div(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a or b != b:
        return NAN
    return math.copysign(INF, a) * math.copysign(1.0, b)


def is_odd(b: float) -> bool:
    return b % 2.0 == 1.0


def power(a: float, b: float) -> float:
    if b == 2.0:
        return a * a
    if b == 0.5 and 0.0 < a < INF:
        return math.sqrt(a)
    if b == -1.0 and a != 0.0:
        return 1.0 / a
    try:
        return math.pow(a, b)
    except OverflowError:
        return -INF if a < 0.0 and is_odd(b) else INF
    except ValueError:  # a negative base with a fraction, or zero with a negative exponent
        if a != 0.0:
            return NAN
        return math.copysign(INF, a) if is_odd(b) else INF


def relu(x: float) -> float:
    return 0.0 if x <= 0.0 else x


def leaky_relu(x: float, slope: float) -> float:
    return slope * x if x <= 0.0 else x


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return INF


def expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return INF


def log(x: float) -> float:
    if x > 0.0:
        return math.log(x)
    return -INF if x == 0.0 else NAN


def log1p(x: float) -> float:
    if x > -1.0:
        return math.log1p(x)
    return -INF if x == -1.0 else NAN


def sqrt(x: float) -> float:
    return math.sqrt(x) if x >= 0.0 else NAN


def log2(x: float) -> float:
    if x > 0.0:
        return math.log2(x)
    return -INF if x == 0.0 else NAN


def log10(x: float) -> float:
    if x > 0.0:
        return math.log10(x)
    return -INF if x == 0.0 else NAN


def exp2(x: float) -> float:
    try:
        return math.exp2(x)
    except OverflowError:
        return INF


def atanh(x: float) -> float:
    if -1.0 < x < 1.0:
        return math.atanh(x)
    return math.copysign(INF, x) if abs(x) == 1.0 else NAN


def polygamma(x: float, n: float) -> float:
    return special.polygamma(n, x)


def logaddexp(a: float, b: float) -> float:
    if a == b:
        return a + _LOG_TWO
    return max(a, b) + math.log1p(math.exp(-abs(a - b))) if a == a and b == b else NAN


def sigmoid(x: float) -> float:
    e = math.exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


def softplus(x: float) -> float:
    return math.log1p(math.exp(-abs(x))) + (0.0 if x <= 0.0 else x)


def or_nan(f: Callable[[float], float]) -> Callable[[float], float]:
    """``f``, but nan where the math module raises: outside the domain, or at infinity."""

    def total(x: float) -> float:
        try:
            return f(x)
        except ValueError:
            return NAN

    return total


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(INF, x)


def cosh(x: float) -> float:
    try:
        return math.cosh(x)
    except OverflowError:
        return INF


def maximum(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    return a if a >= b else b


def minimum(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    return a if a <= b else b


def first_max(a: float, b: float) -> float:
    return b if b > a else a


def first_min(a: float, b: float) -> float:
    return b if b < a else a


def step(x: float) -> float:
    return 1.0 if x > 0.0 else (0.0 if x <= 0.0 else NAN)


def sign(x: float) -> float:
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else (0.0 if x == 0.0 else NAN))


def greater(a: float, b: float) -> float:
    return 1.0 if a > b else 0.0


def share(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    return 1.0 if a > b else (0.0 if a < b else 0.5)


def whole(f: Callable[[float], int]) -> Callable[[float], float]:
    """``f``, such as ``math.floor``, as a float; a nan, an infinity and a zero stay themselves."""

    def total(x: float) -> float:
        return math.copysign(float(f(x)), x) if x - x == 0.0 else x

    return total


def mod(a: float, b: float) -> float:
    return a % b if b != 0.0 else NAN


def floordiv(a: float, b: float) -> float:
    return a // b if b != 0.0 else div(a, b)
