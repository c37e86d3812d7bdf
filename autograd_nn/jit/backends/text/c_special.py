"""Functions of the table that are loops, as C: digamma, polygamma and the normal tail.

They are those of ``special``, with its coefficients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from autograd_nn import special
from autograd_nn.jit.backends.text.c_numbers import literal

__all__ = ["SPECIAL"]


@dataclass(frozen=True)
class Special:
    """A function as C.

    Attributes:
        source: its text, with ``@`` for the prefix of names and names of ``_CONSTANTS`` in
            ``<>``.
        needs: other operations that it calls.
        parts: other functions that it calls: their names and texts.
    """

    source: str
    needs: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()

    def text(self, prefix: str) -> str:
        """The function, with names that begin with a prefix."""
        found = self.source
        for name, value in _CONSTANTS.items():
            found = found.replace(f"<{name}>", value)
        return found.replace("@", prefix)


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(map(literal, numbers))


_BERNOULLI: Final = special.BERNOULLI
_CONSTANTS: Final = {
    "pi": literal(math.pi),
    "zero0": literal(special.ZERO[0]),
    "zero1": literal(special.ZERO[1]),
    "zero2": literal(special.ZERO[2]),
    "y": literal(special.Y),
    "p": _listed(special.P),
    "q": _listed(special.Q),
    "tail": _listed(tuple(b / (2.0 * k) for k, b in enumerate(_BERNOULLI, 1))),
    "bernoulli": _listed(_BERNOULLI),
    "log_root_two_pi": literal(special.LOG_ROOT_TWO_PI),
    "root_half": literal(special.ROOT_HALF),
}

_DIGAMMA: Final = """\
static double @_digamma(double x)
{
    static const double p[] = {<p>};
    static const double q[] = {<q>};
    static const double tail[] = {<tail>};
    double above = 0.0, below = 0.0, shift = 0.0;
    int k;
    if (x - x != 0.0)
        return x > 0.0 ? x : (double)NAN;
    if (x <= 0.0 && x == floor(x))
        return (double)NAN;
    if (x <= -0.5) { /* by reflection */
        const double turn = x - rint(x);
        return @_digamma(1.0 - x) - <pi> / tan(<pi> * turn);
    }
    if (x < 1.0)
        return @_digamma(x + 1.0) - (fabs(x) > 1e-300 ? 1.0 / x : copysign(HUGE_VAL, x));
    if (x >= 10.0) {
        const double z = x < 1e100 ? 1.0 / (x * x) : 0.0;
        for (k = 7; k >= 0; --k)
            above = (above + tail[k]) * z;
        return log(x) - 0.5 / x - above;
    }
    while (x > 2.0) {
        x -= 1.0;
        shift += 1.0 / x;
    }
    for (k = 5; k >= 0; --k)
        above = above * (x - 1.0) + p[k];
    for (k = 7; k >= 0; --k)
        below = below * (x - 1.0) + q[k];
    x = x - <zero0> - <zero1> - <zero2>;
    return shift + x * <y> + x * (above / below);
}
"""

_POLYGAMMA: Final = """\
/* What is added to a sum, and what rounding took from it (Neumaier 1974). */
static void @_add(double term, double *total, double *lost)
{
    const double sum = *total + term;
    if (sum - sum == 0.0)
        *lost += fabs(*total) >= fabs(term) ? (*total - sum) + term : (term - sum) + *total;
    *total = sum;
}

static double @_polygamma(double x, double n)
{
    static const double bernoulli[] = {<bernoulli>};
    const double sign = fmod(n, 2.0) == 1.0 ? 1.0 : -1.0, far = 12.0 + 2.0 * n;
    double total = 0.0, lost = 0.0, factorial = 1.0, rising;
    int k;
    if (n == 0.0)
        return @_digamma(x);
    if (!(0.0 < n && n < 100.0) || n != floor(n) || x != x || x < -1e4)
        return (double)NAN;
    if (x <= 0.0 && x == floor(x)) /* a pole */
        return (double)NAN;
    if (x == HUGE_VAL)
        return sign * 0.0;
    for (k = 2; k <= (int)n; ++k)
        factorial *= k;
    for (; x < far; x += 1.0) /* up to where the expansion at infinity holds */
        @_add(pow(x, -n - 1.0) * factorial, &total, &lost);
    @_add(pow(x, -n) * (factorial / n), &total, &lost);
    @_add(pow(x, -n - 1.0) * factorial / 2.0, &total, &lost);
    rising = factorial / n; /* (2k + n - 1)! / (2k)! */
    for (k = 1; k <= 8; ++k) {
        rising *= (n + 2.0 * k - 2.0) * (n + 2.0 * k - 1.0) / ((2.0 * k - 1.0) * (2.0 * k));
        @_add(bernoulli[k - 1] * rising * pow(x, -n - 2.0 * k), &total, &lost);
    }
    return sign * (total + lost);
}
"""

_TAIL: Final = """\
/* The probability above t over the density there, by Laplace's continued fraction. */
static double @_tail(double t)
{
    double fraction = t;
    int k;
    for (k = t < 3.0 ? 400 : 80; k > 0; --k)
        fraction = t + k / fraction;
    return 1.0 / fraction;
}

"""

_MILLS: Final = """\
static double @_mills(double x)
{
    if (x == -HUGE_VAL)
        return HUGE_VAL;
    if (x < -1.0)
        return 1.0 / @_tail(-x);
    return exp(-0.5 * x * x - <log_root_two_pi>) / (0.5 * erfc(-x * <root_half>));
}
"""

_LOG_NDTR: Final = """\
static double @_log_ndtr(double x)
{
    if (x == -HUGE_VAL)
        return x;
    if (x < -2.0)
        return log(@_tail(-x)) - 0.5 * x * x - <log_root_two_pi>;
    if (x < 0.0)
        return log(0.5 * erfc(-x * <root_half>));
    return log1p(-0.5 * erfc(x * <root_half>));
}
"""

SPECIAL: Final = {
    "digamma": Special(_DIGAMMA),
    "polygamma": Special(_POLYGAMMA, needs=("digamma",)),
    "mills": Special(_MILLS, parts=(("tail", _TAIL),)),
    "log_ndtr": Special(_LOG_NDTR, parts=(("tail", _TAIL),)),
}
