"""taylor: coefficients against mpmath to order 10, as parts of other derivatives, refusals."""

import mpmath as mp
import numpy as np
import pytest

from autograd_nn import Value, custom_op, grad, hessian, jit, taylor
from autograd_nn import functions as F  # noqa: N812

CASES = {
    "exp": (F.exp, mp.exp, 0.3),
    "exp at 0": (F.exp, mp.exp, 0.0),
    "expm1": (F.expm1, mp.expm1, 0.2),
    "exp2": (F.exp2, lambda x: mp.power(2, x), 0.2),
    "log": (F.log, mp.log, 1.3),
    "log1p": (F.log1p, mp.log1p, 0.2),
    "log2": (F.log2, lambda x: mp.log(x, 2), 1.7),
    "log10": (F.log10, mp.log10, 1.7),
    "sqrt": (F.sqrt, mp.sqrt, 1.2),
    "cbrt": (F.cbrt, mp.cbrt, 1.2),
    "sin": (F.sin, mp.sin, 0.7),
    "cos": (F.cos, mp.cos, 0.7),
    "sin at 0": (F.sin, mp.sin, 0.0),
    "tan": (F.tan, mp.tan, 0.4),
    "asin": (F.asin, mp.asin, 0.3),
    "acos": (F.acos, mp.acos, 0.3),
    "atan": (F.atan, mp.atan, 0.6),
    "sinh": (F.sinh, mp.sinh, 0.6),
    "cosh": (F.cosh, mp.cosh, 0.6),
    "tanh": (F.tanh, mp.tanh, 0.4),
    "asinh": (F.asinh, mp.asinh, 0.5),
    "acosh": (F.acosh, mp.acosh, 1.9),
    "atanh": (F.atanh, mp.atanh, 0.3),
    "sigmoid": (F.sigmoid, lambda x: 1 / (1 + mp.exp(-x)), -0.4),
    "softplus": (F.softplus, lambda x: mp.log(1 + mp.exp(x)), 0.4),
    "erf": (F.erf, mp.erf, 0.3),
    "erfc": (F.erfc, mp.erfc, 0.3),
    "lgamma": (F.lgamma, mp.loggamma, 2.3),
    "digamma": (F.digamma, mp.digamma, 2.3),
    "log_ndtr": (F.log_ndtr, lambda x: mp.log(mp.ncdf(x)), 0.3),
    "logaddexp": (
        lambda x: F.logaddexp(x, 2 * x),
        lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)),
        0.3,
    ),
    "hypot": (lambda x: F.hypot(x, 2.0), lambda x: mp.sqrt(x * x + 4), 0.3),
    "atan2": (lambda x: F.atan2(x, 2.0 + x * x), lambda x: mp.atan(x / (2 + x * x)), 0.3),
    "cube at 0": (lambda x: x**3, lambda x: x**3, 0.0),
    "power": (lambda x: x**2.5, lambda x: x ** mp.mpf(2.5), 1.5),
    "negative power": (lambda x: x**-2, lambda x: x**-2, 1.5),
    "x to the x": (lambda x: x**x, lambda x: x**x, 1.5),
    "to the x": (lambda x: 3.0**x, lambda x: mp.mpf(3) ** x, 0.5),
    "quotient": (lambda x: (1 + x) / (2 + x * x), lambda x: (1 + x) / (2 + x * x), 0.3),
    "composed": (
        lambda x: F.exp(F.sin(x) * F.tanh(x)),
        lambda x: mp.exp(mp.sin(x) * mp.tanh(x)),
        0.3,
    ),
    "relu": (lambda x: F.relu(x) * F.sin(x), lambda x: x * mp.sin(x), 0.3),
    "abs": (lambda x: F.abs(x) ** 3, lambda x: (-x) ** 3, -0.3),
    "maximum": (lambda x: F.maximum(x * x, F.cos(x)), mp.cos, 0.3),
    "steps": (lambda x: x.floor() + x % 1.0, lambda x: x, 2.3),
}


@pytest.mark.parametrize("name", CASES)
def test_against_mpmath_to_order_10(name):
    f, exact, x = CASES[name]
    with mp.workdps(60):
        expected = mp.taylor(exact, mp.mpf(x), 10)
        expected = [float(c) for c in expected]
    found = taylor(f, x, 10)
    assert all(type(c) is float for c in found)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    jitted = jit(lambda x: taylor(f, x, 10))
    for _ in range(3):
        np.testing.assert_allclose(jitted(x), expected, rtol=1e-12, atol=1e-14)


def test_the_coefficients_are_derivatives_over_factorials():
    f = lambda x: F.tanh(x) * x
    c = taylor(f, 0.5, 3)
    assert c[1] == pytest.approx(grad(f)(0.5), rel=1e-14)
    assert 2 * c[2] == pytest.approx(hessian(f)(0.5), rel=1e-14)
    assert 6 * c[3] == pytest.approx(grad(grad(grad(f)))(0.5), rel=1e-13)


def test_high_orders_and_order_0():
    assert taylor(lambda x: 1 / (1 - x), 0.0, 60) == [1.0] * 61
    assert taylor(F.exp, 1.0, 0) == [F.exp(1.0)]


def test_results_of_any_structure():
    found = taylor(lambda x: {"a": [x * x, 3.0], "b": np.array([x, 1.0 + x])}, 2.0, 2)
    assert [c["a"] for c in found] == [[4.0, 3.0], [4.0, 0.0], [1.0, 0.0]]
    assert found[1]["b"].tolist() == [1.0, 1.0]


def test_coefficients_can_be_differentiated():
    assert grad(lambda x: taylor(F.sin, x, 3)[3])(0.3) == pytest.approx(np.sin(0.3) / 6)
    w = Value(2.0)
    slope = taylor(lambda x: F.exp(w * x), 0.0, 2)[2]
    assert slope == 2.0
    assert grad(lambda w: taylor(lambda x: F.exp(w * x), 0.0, 2)[2])(2.0) == pytest.approx(2.0)


def test_custom_operations():
    square = custom_op(lambda x: x * x, lambda x, y: 2.0 * x, name="square")
    assert taylor(square, 3.0, 3) == [9.0, 6.0, 1.0, 0.0]
    assert jit(lambda x: taylor(square, x, 3))(3.0) == [9.0, 6.0, 1.0, 0.0]


def test_a_jitted_function_is_expanded_by_a_program():
    f = jit(lambda x: x**4)
    for _ in range(3):
        assert taylor(f, 1.0, 4) == [1.0, 4.0, 6.0, 4.0, 1.0]


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: taylor(3, 1.0, 2), TypeError, "taylor takes a function"),
        (lambda: taylor(abs, 1.0, -1), ValueError, "order is at least 0, got -1"),
        (lambda: taylor(abs, 1.0, 2.0), TypeError, "order is an int, got float 2.0"),
        (lambda: taylor(abs, [1.0], 2), TypeError, "expected a real number, got list"),
        (lambda: taylor(lambda x: "a", 1.0, 2), TypeError, "the result is str 'a'"),
        (lambda: taylor(lambda x: [], 1.0, 2), ValueError, "nothing that holds a number"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
