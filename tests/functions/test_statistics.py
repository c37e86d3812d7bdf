"""``cov`` and ``percentile``: NumPy's numbers, with slopes; else a script with them stops short."""

import math

import numpy as np
import pytest

from autograd_nn import Value, check_gradients, jit
from autograd_nn.functions import cov, grads, percentile, values

X = np.array([[1.0, -2.0, 6.0, 0.5], [3.0, 1.0, 4.0, 1.5], [0.0, 7.0, -2.0, 2.5]])


def held(numbers):
    return np.vectorize(Value, otypes=[object])(numbers)


@pytest.mark.parametrize("make", [np.array, held])
def test_cov_is_numpys(make):
    for rows, y, ddof in (
        (X, None, 1),
        (X[0], None, 0),
        (X[0], X[1], 1),
        (X, X[1], 2),
        (X[:1], None, 1),
    ):
        own = cov(make(rows), None if y is None else make(y), ddof)
        expected = np.cov(rows, y, ddof=ddof)
        np.testing.assert_allclose(values(own), expected, rtol=1e-14)
    assert type(cov(X[0])) is float


def test_cov_has_the_slopes_of_its_formula():
    assert check_gradients(lambda x: cov(x)[0, 1] * cov(x)[2, 2], X)
    x = held(X[0])
    cov(x).backward()
    np.testing.assert_allclose(grads(x), 2.0 / 3.0 * (X[0] - X[0].mean()), rtol=1e-14)


@pytest.mark.parametrize("q", [0, 3.0, 25, 50, 61.8, 99, 100, [10, 50.0], [[0], [100]]])
@pytest.mark.parametrize("numbers", [[2.0], [3.0, 1.0], [5.0, -1.0, 4.0, 4.0, 0.5], X])
def test_percentile_is_numpys(numbers, q):
    expected = np.percentile(numbers, q)
    np.testing.assert_allclose(percentile(numbers, q), expected, rtol=1e-15)
    np.testing.assert_allclose(values(percentile(held(numbers), q)), expected, rtol=1e-15)


def test_the_slope_of_a_percentile_goes_to_its_neighbours():
    x = held([5.0, 1.0, 2.0, 4.0])
    percentile(x, 50).backward()
    assert grads(x).tolist() == [0.0, 0.0, 0.5, 0.5]
    assert check_gradients(lambda x: percentile(x, 30) ** 2, [5.0, 1.0, 2.0, 4.0])


def test_nan_is_not_sorted_away():
    assert math.isnan(percentile([1.0, math.nan, 2.0], 10))
    assert math.isnan(percentile([Value(1.0), Value(math.nan)], 10).data)


def test_a_jitted_percentile_follows_another_order():
    f = jit(lambda xs: percentile(xs, 75))
    for xs in ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [5.0, 0.0, 1.0]):
        assert f(xs) == np.percentile(xs, 75)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cov(1.0), r"observations or rows of them, got the shape \(\)"),
        (lambda: cov([1.0]), "cov of 1 observations with ddof=1: give more than 1"),
        (lambda: cov([1.0, 2.0], [1.0]), "m and y have 2 and 1 observations"),
        (lambda: percentile([], 50), "percentile of nothing"),
        (lambda: percentile([1.0], 101), "q is from 0 to 100, got 101"),
        (lambda: percentile([1.0], math.nan), "q is from 0 to 100, got nan"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
