"""Slopes from complex steps and from mpmath: their digits, and what they refuse."""

import cmath
import math
import sys

import mpmath
import numpy as np
import pytest

from autograd_nn.checking import complex_step_derivative, mpmath_derivative

CLOSED = [  # in plain arithmetic, with the slope derived by hand
    (lambda x: x**3 - 2 * x, lambda x: 3 * x**2 - 2),
    (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    (lambda x: (x * 5 - 7) ** 2, lambda x: 10 * (x * 5 - 7)),
    (lambda x: x / (x + 3), lambda x: 3 / (x + 3) ** 2),
    (lambda x: 4.0 * x, lambda x: 4.0),
]
POINTS = (-0.7, 1e-12, 4e-6, 0.3, 1.0, 2.5, 1e4)


@pytest.mark.parametrize(("f", "slope"), CLOSED)
@pytest.mark.parametrize("x", POINTS)
def test_both_have_the_digits_of_the_closed_form(f, slope, x):
    assert complex_step_derivative(f, x) == pytest.approx(slope(x), rel=4e-15)
    assert float(mpmath_derivative(f, x)) == pytest.approx(slope(x), rel=4e-15)


@pytest.mark.parametrize("x", [1e-279, 1e-12, 0.0, 0.5, 3.0])
@pytest.mark.parametrize(
    ("f", "slope"),
    [(cmath.sin, math.cos), (np.exp, math.exp), (np.arctan, lambda x: 1 / (1 + x * x))],
)
def test_complex_steps_through_cmath_and_numpy(f, slope, x):
    assert complex_step_derivative(f, x) == pytest.approx(slope(x), rel=1e-15)


def test_complex_step_of_squire_and_trapp():
    """Their example at 1.5, where differences lose half the digits; the truth by mpmath."""
    f = lambda x: np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)
    exact = mpmath_derivative(
        lambda x: mpmath.exp(x) / mpmath.sqrt(mpmath.sin(x) ** 3 + mpmath.cos(x) ** 3), 1.5
    )
    assert complex_step_derivative(f, 1.5) == pytest.approx(float(exact), rel=1e-15)
    assert float(exact) == pytest.approx(4.05342789389862, rel=1e-13)


@pytest.mark.parametrize("digits", [5, 30, 50, 200])
@pytest.mark.parametrize("x", [1e-12, 0.5, 1e3])
def test_as_many_digits_as_asked_for(digits, x):
    slope = mpmath_derivative(mpmath.sin, x, digits)
    with mpmath.workdps(2 * digits):
        exact = mpmath.cos(mpmath.mpf(x))
        assert abs(slope - exact) <= abs(exact) * mpmath.mpf(10) ** (1 - digits)


def test_the_precision_of_the_caller_stays():
    before = mpmath.mp.dps
    mpmath_derivative(lambda x: x * x, 1.0, 80)
    with pytest.raises(ZeroDivisionError):
        mpmath_derivative(lambda x: 1 / (x - x), 1.0)
    assert mpmath.mp.dps == before


@pytest.mark.parametrize(
    ("f", "x", "error", "says"),
    [
        (math.exp, 1.0, TypeError, "does not take a complex number.*cmath or NumPy"),
        (lambda x: x if x > 0 else -x, 1.0, TypeError, "does not take a complex number"),
        (abs, 1.0, TypeError, "f returned float 1.0.*imaginary part was dropped"),
        (lambda x: None, 1.0, TypeError, "f returned NoneType"),
        (lambda x: abs(x) * x, 2.0, ValueError, "comes out as 2, and as 4 numerically"),
        (cmath.sqrt, 0.0, ValueError, "no slope at 0.0"),
        (cmath.log, -1.0, ValueError, "no slope at -1.0: undefined"),
        (lambda x: x, math.nan, ValueError, "the point is nan"),
        (lambda x: x, 1e-290, ValueError, "too close to 0"),
        (lambda x: x, "1", TypeError, "expected a real number, got str '1'"),
        (lambda x: x, 1j, TypeError, "Only real numbers"),
    ],
)
def test_complex_steps_refuse_what_has_no_complex_form(f, x, error, says):
    with pytest.raises(error, match=says):
        complex_step_derivative(f, x)


@pytest.mark.parametrize(
    ("f", "x", "digits", "error", "says"),
    [
        (math.exp, 1.0, 50, TypeError, "f returned float.*functions of mpmath"),
        (lambda x: x * math.exp(x), 1.0, 50, ValueError, "makes floats of its argument"),
        (lambda x: x / [1], 1.0, 50, TypeError, "does not take a mpf number"),
        (mpmath.sqrt, -1.0, 50, TypeError, "f returned mpc"),
        (abs, 0.0, 50, ValueError, "no slope at 0.0: kink"),
        (lambda x: x, math.inf, 50, ValueError, "the point is inf"),
        (lambda x: x, None, 50, TypeError, "got NoneType None"),
        (lambda x: x, 1.0, 0, ValueError, "digits is int 0"),
        (lambda x: x, 1.0, 2.5, ValueError, "digits is float 2.5"),
    ],
)
def test_mpmath_refuses_what_loses_digits(f, x, digits, error, says):
    with pytest.raises(error, match=says):
        mpmath_derivative(f, x, digits)


def test_without_mpmath_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpmath", None)
    with pytest.raises(ImportError, match="pip install mpmath"):
        mpmath_derivative(lambda x: x, 1.0)
