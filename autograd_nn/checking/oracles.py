"""Slopes from a second source: the complex step, and high precision by mpmath.

Both call ``f`` with other kinds of numbers than floats, so ``f`` is written in plain
arithmetic, or with functions that take such numbers.  Both compare what they found with
the numeric slope of the same function, because a function that quietly drops a part of
its argument (``abs`` of a complex number, ``math.exp`` of an mpmath one) would otherwise
give a wrong slope without a word.

What is left out: functions of floats alone; ``numeric`` has those.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

from autograd_nn.checking.numeric import numeric_derivative
from autograd_nn.checks import describe, shown
from autograd_nn.conversion import is_number, to_float
from autograd_nn.errors import BadArgumentError, MissingPackageError, WrongTypeError

__all__ = ["complex_step_derivative", "mpmath_derivative"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test

_COMPLEX_STEP = 2.0**-332  # about 1e-100: its square vanishes beside any usual number


def complex_step_derivative(f: Callable[[Any], Any], x: float) -> float:
    """The slope of ``f`` at ``x`` as the imaginary part of ``f(x + ih) / h``.

    Nothing is subtracted, so nothing cancels, and the slope has the digits that ``f`` has
    (W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real
    functions", SIAM Review 40, 1998).

    Args:
        f: a function in plain arithmetic, or with the functions of ``cmath`` or NumPy;
            called with complex numbers.  ``abs``, ``max`` and comparisons have no
            complex form.
        x: the point: 0, or larger than 1e-280 in size.

    Returns:
        The slope, a float.

    Raises:
        TypeError: ``x`` is no number, or ``f`` takes or gives no complex numbers.
        ValueError: ``x`` is not finite; ``f`` is not real there, has no slope there, or drops
            the imaginary part on the way.

    >>> complex_step_derivative(lambda x: x**3 / (1 + x), 1.0)
    1.25
    """
    x = _finite(x)
    if 0.0 < abs(x) < 1e-280:
        raise BadArgumentError(
            f"the point is {x!r}: too close to 0 for a step beside it; scale x up"
        )
    # Beside a small x the step is small too: 1 / (x + ih) must see a point next to x.
    step = _COMPLEX_STEP if x == 0.0 or abs(x) > 2.0**-302 else abs(x) * 2.0**-30
    result = _call(f, complex(x, step), "the functions of cmath or NumPy")
    if is_number(result) or not isinstance(result, complex):
        raise WrongTypeError(
            f"f returned {describe(result)} for a complex argument, so its imaginary part was "
            "dropped (abs, .real and float do that); use numeric_derivative"
        )

    def real(t: float) -> object:
        y = f(t)
        return y.real if isinstance(y, complex) and y.imag == 0.0 else y

    value = complex(result).imag / step
    _confirm(value, real, x, "f drops the imaginary part of its argument on the way")
    return value


def mpmath_derivative(f: Callable[[Any], Any], x: float, digits: int = 50) -> Any:
    """The slope of ``f`` at ``x`` to ``digits`` decimal digits, as a number of mpmath.

    A central quotient whose step and working precision are so small and so high that
    neither shows in the digits asked for.

    Args:
        f: a function in plain arithmetic, or with the functions of ``mpmath``; called with
            ``mpmath.mpf`` numbers.
        x: the point; a float is taken as exactly the number that it is.
        digits: how many decimal digits the slope should have.

    Returns:
        An ``mpmath.mpf``; ``float`` makes it a float.

    Raises:
        ImportError: mpmath is not installed.
        TypeError: ``x`` is no number, or ``f`` takes or gives no numbers of mpmath.
        ValueError: ``x`` is not finite, ``digits`` is not positive, ``f`` has no slope at ``x``,
            or makes floats of its argument on the way.

    >>> float(mpmath_derivative(lambda x: 1 / (1 + x**2), 1.0))
    -0.5
    """
    try:
        mpmath: Any = importlib.import_module("mpmath")
    except ImportError:
        raise MissingPackageError(
            "mpmath_derivative needs mpmath, which is not installed: pip install mpmath"
        ) from None
    if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
        raise BadArgumentError(f"digits is {describe(digits)}; give a positive whole number")
    x = _finite(x)

    def high(t: Any) -> Any:
        result = _call(f, mpmath.mpf(t), "the functions of mpmath")
        if not isinstance(result, mpmath.mpf):
            raise WrongTypeError(
                f"f returned {describe(result)} for an mpmath number, so its digits were "
                "dropped (the functions of math do that); use the functions of mpmath"
            )
        return result

    # The quotient is off by about step**2 and loses as many digits as the step has.
    with mpmath.workdps(2 * digits + 30):
        step = mpmath.mpf(abs(x) or 1.0) * mpmath.mpf(10) ** -(digits // 2 + 6)
        value = (high(x + step) - high(x - step)) / (2 * step)
        _confirm(float(value), lambda t: float(high(t)), x, "f makes floats of its argument")
    with mpmath.workdps(digits):
        return +value  # rounded to the digits asked for


def _finite(x: object) -> float:
    number = to_float(x)
    if not math.isfinite(number):
        raise BadArgumentError(f"the point is {shown(number)}; give a finite number")
    return number


def _call(f: Callable[[Any], Any], x: Any, allowed: str) -> Any:
    try:
        return f(x)
    except TypeError as error:
        raise WrongTypeError(
            f"f does not take a {type(x).__name__} number ({error}); write it in plain "
            f"arithmetic or with {allowed}, or use numeric_derivative"
        ) from error


def _confirm(value: float, f: Callable[[float], object], x: float, cause: str) -> None:
    """Raise where the numeric slope says something else by far."""
    numeric = numeric_derivative(f, x)
    if numeric.status in ("kink", "jump", "vertical", "undefined", "random"):
        raise BadArgumentError(f"f has no slope at {x!r}: {numeric.status}, {numeric.note}")
    off = abs(value - numeric.value)
    if not math.isfinite(value) or off > 10 * numeric.error + 1e-6 * abs(numeric.value):
        raise BadArgumentError(
            f"the slope comes out as {value:.6g}, and as {numeric.value:.6g} numerically: "
            f"probably {cause}; use numeric_derivative"
        )
