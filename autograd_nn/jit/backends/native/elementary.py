"""exp, log, sin and their kin as polynomials in the arithmetic of ``lane``.

No tables and no branches but one, so they are as wide as the processor's vectors; LLVM's own
functions of these names become one call of the C library for each number.  They need a fused
multiply-add; results are within 4 ulp of the truth for every number, with the table's values at
nan, infinities, zeros and subnormals.

Methods: argument reduction by parts of ln 2 or pi/2 (Cody and Waite, "Software Manual for the
Elementary Functions", 1980); rounding by adding 1.5 * 2**52, whose sum has the integer in its low
bits; coefficients of log, sin and cos from fdlibm (Sun Microsystems 1993: e_log.c, k_sin.c,
k_cos.c), those of exp are Taylor's, which suffice on |r| <= ln(2)/2; the correction of log1p is
fdlibm's (s_log1p.c), the parts of log2 and log10 are FreeBSD's (e_log2.c, e_log10.c); even and
odd terms are two chains, a small case of Estrin's scheme (1960).

What is left out: sin and cos beyond ``LARGEST_ANGLE``, which the C library computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial, inf, nan, pi
from typing import Final

from autograd_nn.jit.backends.native.lane import Bits, Lane, choose

__all__ = [
    "cos",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sigmoid",
    "sin",
    "softplus",
    "tanh",
]

MAGIC: Final = 1.5 * 2.0**52
LOG2E: Final = 1.4426950408889634
LN2_HIGH: Final = 0.6931471805599453
LN2_LOW: Final = 2.3190468138462996e-17
#: pi/2 in three parts of 53 bits.
HALF_PI: Final = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)
#: Up to here the quarter turns are counted rightly, and the first product is exact.
LARGEST_ANGLE: Final = 1e8
ABSOLUTE: Final = 0x7FFFFFFFFFFFFFFF
HIGH_WORD: Final = 0xFFFFFFFF00000000
SMALLEST_NORMAL: Final = 2.2250738585072014e-308
#: The logarithm of the largest double.
LARGEST_EXPONENT: Final = 709.782712893384

EXPM1: Final = [1.0 / factorial(k) for k in range(2, 14)]
LOG: Final = [
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
    2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
    1.479819860511658591e-01,
]  # fmt: skip
SIN: Final = [
    -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
    2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
]  # fmt: skip
COS: Final = [
    4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
]  # fmt: skip


def _polynomial(x: Lane, coefficients: Sequence[float]) -> Lane:
    square = x * x

    def chain(terms: Sequence[float]) -> Lane:
        y = x.like(terms[-1])
        for term in reversed(terms[:-1]):
            y = y.fma(square, term)
        return y

    return chain(coefficients[1::2]).fma(x, chain(coefficients[0::2]))


def _power_of_two(n: Lane) -> Lane:
    """2**n for a whole n between -1022 and 1023."""
    return (((n + MAGIC).bits() << 52) + (1023 << 52)).number()


def _reduce(x: Lane) -> tuple[Lane, Lane]:
    """n and r with x = n ln 2 + r and |r| <= ln(2)/2."""
    n = x.fma(LOG2E, MAGIC) - MAGIC
    return n, (-n).fma(LN2_LOW, (-n).fma(LN2_HIGH, x))


def _expm1_of(r: Lane) -> Lane:
    """exp(r) - 1 for a reduced r."""
    return (r * r).fma(_polynomial(r, EXPM1), r)


def _clamp(x: Lane, low: float, high: float) -> Lane:
    """``x`` between bounds; nan stays."""
    x = choose(x > high, high, x)
    return choose(x < low, low, x)  # type: ignore[no-any-return]


def _scaled(r: Lane, n: Lane) -> Lane:
    """exp(r) * 2**n, by two factors: the result may be subnormal or infinite."""
    half = n.fma(0.5, MAGIC) - MAGIC
    return (_expm1_of(r) + 1.0) * _power_of_two(half) * _power_of_two(n - half)


def exp(x: Lane) -> Lane:
    """e to the power of x."""
    n, r = _reduce(_clamp(x, -1000.0, 1000.0))
    return _scaled(r, n)


def exp2(x: Lane) -> Lane:
    """2 to the power of x."""
    x = _clamp(x, -1200.0, 1200.0)
    n = (x + MAGIC) - MAGIC
    return _scaled((x - n) * LN2_HIGH, n)


def expm1(x: Lane) -> Lane:
    """exp(x) - 1 without losing the digits of a small x."""
    n, r = _reduce(_clamp(x, -50.0, 1000.0))
    n = _clamp(n, -100.0, 1024.0)
    scale = _power_of_two(n - 1.0)
    y = _expm1_of(r).fma(scale, scale - 0.5) * 2.0
    y = choose(x > LARGEST_EXPONENT, inf, y)
    return choose(abs(x) < 1e-300, x, y)  # type: ignore[no-any-return]  # and -0.0 stays


def _mantissa(x: Lane) -> tuple[Lane, Lane]:
    """n and f with x = 2**n * (1 + f), 1 + f around 1, for a positive x."""
    small = x < SMALLEST_NORMAL
    bits = choose(small, x * 2.0**54, x).bits()
    # The exponent + 1024, of x / sqrt(1/2) so that the rest lies around 1.
    exponent = ((bits - 0x3FE6A09E667F3BCD) + (1 << 62)) >> 52
    f: Lane = (bits - ((exponent - 1024) << 52)).number() - 1.0
    n = (exponent | 0x4330000000000000).number() - (2.0**52 + 1024.0)
    return n + choose(small, -54.0, 0.0), f


def _log_tail(f: Lane, half: Lane) -> Lane:
    """log(1 + f) - f + half, with half = f * f / 2."""
    s = f / (f + 2.0)
    square = s * s
    return s * (half + square * _polynomial(square, LOG))


def _log_edges(x: Lane, y: Lane) -> Lane:
    """The values of every logarithm where it has no digits."""
    y = choose(x == inf, inf, y)
    y = choose(x == 0.0, -inf, y)
    return choose(x >= 0.0, y, nan)  # type: ignore[no-any-return]


def log(x: Lane) -> Lane:
    """The natural logarithm."""
    n, f = _mantissa(x)
    half = f * f * 0.5
    tail = _log_tail(f, half) + n * 1.90821492927058770002e-10
    return _log_edges(x, n * 6.93147180369123816490e-01 - ((half - tail) - f))


def _log_to(x: Lane, unit: tuple[float, float], two: tuple[float, float]) -> Lane:
    """The logarithm to another base, whole where it is whole.

    Args:
        x: the number.
        unit: 1 over the logarithm of the base, the first part short.
        two: the logarithm of 2 to the base, likewise.
    """
    n, f = _mantissa(x)
    half = f * f * 0.5
    tail = _log_tail(f, half)
    high = ((f - half).bits() & HIGH_WORD).number()
    low = (f - high) - half + tail
    scaled = high * unit[0]
    whole = n * two[0]
    first = whole + scaled
    rest = (low + high) * unit[1] + low * unit[0] + n * two[1] + ((whole - first) + scaled)
    return _log_edges(x, rest + first)


def log2(x: Lane) -> Lane:
    """The logarithm to base 2."""
    return _log_to(x, (1.44269504072144627571e00, 1.67517131648865118353e-10), (1.0, 0.0))


def log10(x: Lane) -> Lane:
    """The logarithm to base 10."""
    unit = (4.34294481878168880939e-01, 2.50829467116452752298e-11)
    return _log_to(x, unit, (3.01029995663611771306e-01, 3.69423907715893078616e-13))


def log1p(x: Lane) -> Lane:
    """log(1 + x) without losing the digits of a small x."""
    u = x + 1.0
    lost = choose(x > 1.0, 1.0 - (u - x), x - (u - 1.0))
    y = log(u) + lost / u
    y = choose(abs(x) < 1e-300, x, y)
    y = choose(x == inf, inf, y)
    return choose(x == -1.0, -inf, y)  # type: ignore[no-any-return]


def tanh(x: Lane) -> Lane:
    """The hyperbolic tangent."""
    size = (x.bits() & ABSOLUTE).number()
    n, r = _reduce(choose(size > 20.0, 20.0, size) * -2.0)
    scale = _power_of_two(n)
    e = _expm1_of(r).fma(scale, scale - 1.0)  # exp(-2|x|) - 1
    y = abs(e / (e + 2.0))
    return (y.bits() ^ (x.bits() ^ size.bits())).number()


def sigmoid(x: Lane) -> Lane:
    """1 / (1 + exp(-x)), by the exponential of a number that is not positive."""
    e = exp(-abs(x))
    return choose(x >= 0.0, 1.0, e) / (e + 1.0)  # type: ignore[no-any-return]


def softplus(x: Lane) -> Lane:
    """log(1 + exp(x))."""
    return log1p(exp(-abs(x))) + choose(x <= 0.0, 0.0, x)  # type: ignore[no-any-return]


def _sine_and_cosine(x: Lane) -> tuple[Bits, Lane, Lane]:
    """The number of quarter turns, and the sine and the cosine of the rest."""
    shifted = x.fma(2.0 / pi, MAGIC)
    n = MAGIC - shifted  # minus the number of quarter turns
    r = x
    for part in HALF_PI:
        r = n.fma(part, r)
    z = r * r
    sine = (r * z).fma(_polynomial(z, SIN), r)
    cosine = (z * z).fma(_polynomial(z, COS), z.fma(-0.5, 1.0))
    return shifted.bits(), sine, cosine


def _turned(y: Lane, quarters: Bits) -> Lane:
    """The other sign in the second half of a turn."""
    return (y.bits() ^ ((quarters & 2) << 62)).number()


def sin(x: Lane) -> Lane:
    """The sine."""
    quarters, sine, cosine = _sine_and_cosine(x)
    y = _turned(choose(quarters.is_odd(), cosine, sine), quarters)
    y = choose(x == 0.0, x, y)  # -0.0 stays
    return y.unless(abs(x) >= LARGEST_ANGLE, lambda: x.library("sin"))  # type: ignore[no-any-return]


def cos(x: Lane) -> Lane:
    """The cosine."""
    quarters, sine, cosine = _sine_and_cosine(x)
    y = _turned(choose(quarters.is_odd(), sine, cosine), quarters + 1)
    return y.unless(abs(x) >= LARGEST_ANGLE, lambda: x.library("cos"))
