"""The special functions against mpmath: log-likelihoods in the tails must keep their digits."""

import math

import mpmath as mp
import pytest

from autograd_nn import Value, functions, grad
from autograd_nn.special import digamma, log_ndtr, mills, polygamma

ULPS = 4


def ulps(found, truth):
    return float(abs(mp.mpf(found) - truth) / mp.mpf(math.ulp(float(truth))))


@pytest.mark.parametrize("x", [-1e6, -1000.0, -40.0, -37.5, -20.0, -12.3, -2.5, -1.0, -0.3, 1.5])
def test_the_normal_tail(x):
    with mp.workdps(60):
        big = mp.mpf(x)
        if x < -1e4:  # beyond mpmath's erfc: the first terms of the expansion are exact enough
            truth = -big * big / 2 - mp.log(-big) - mp.log(2 * mp.pi) / 2 - 1 / big**2
            slope = -big + 1 / -big
        else:
            below = mp.erfc(-big / mp.sqrt(2)) / 2
            truth, slope = mp.log(below), mp.npdf(big) / below
        assert ulps(log_ndtr(x), truth) <= ULPS
        assert ulps(mills(x), slope) <= ULPS


def test_the_log_of_the_normal_distribution_at_minus_40():
    x = Value(-40.0)
    y = functions.log_ndtr(x)
    y.backward()
    assert y.data == pytest.approx(-804.6084420137538, rel=1e-15)  # mpmath
    assert x.grad == pytest.approx(40.02496884720726, rel=1e-14)
    curved = grad(grad(functions.log_ndtr))(-1.0)
    assert curved == pytest.approx(-mills(-1.0) * (mills(-1.0) - 1.0), rel=1e-14)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("x", [1e-8, 0.1, 0.99, 1.4616, 1.5, 2.0, 7.3, 40.0, 1e6, -0.3, -2.7])
def test_polygamma(n, x):
    with mp.workdps(60):
        truth = mp.polygamma(n, mp.mpf(x))
        error = abs(polygamma(float(n), x) - truth)
        assert error <= 4e-15 * max(abs(truth), mp.mpf(1e-3))


@pytest.mark.parametrize("x", [0.0, -1.0, -3.0, -math.inf, math.nan])
def test_poles_and_nan_are_nan(x):
    assert math.isnan(digamma(x))
    assert math.isnan(polygamma(1.0, x))


def test_the_slopes_of_lgamma_to_the_third():
    third = grad(grad(grad(functions.lgamma)))(2.5)
    with mp.workdps(30):
        assert third == pytest.approx(float(mp.polygamma(2, 2.5)), rel=1e-14)
