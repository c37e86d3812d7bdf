"""Numeric slopes: within their bounds of 60-digit truth, and the right verdict elsewhere."""

import itertools
import math
import random

import mpmath
import pytest

from autograd_nn.checking import numeric_derivative, numeric_gradient

SMOOTH = {
    "sin": (math.sin, mpmath.sin),
    "cos": (math.cos, mpmath.cos),
    "exp": (math.exp, mpmath.exp),
    "log": (math.log, mpmath.log),
    "sqrt": (math.sqrt, mpmath.sqrt),
    "tanh": (math.tanh, mpmath.tanh),
    "atan": (math.atan, mpmath.atan),
    "sinh": (math.sinh, mpmath.sinh),
    "erf": (math.erf, mpmath.erf),
    "log1p": (math.log1p, lambda x: mpmath.log(1 + x)),
    "square": (lambda x: x * x, lambda x: x * x),
    "cube": (lambda x: x**3, lambda x: x**3),
    "inverse": (lambda x: 1 / x, lambda x: 1 / x),
    "root of sum": (lambda x: math.sqrt(1 + x * x), lambda x: mpmath.sqrt(1 + x * x)),
    "bump": (lambda x: math.exp(-x * x), lambda x: mpmath.exp(-x * x)),
    "polynomial": (lambda x: x**4 - 3 * x + 2, lambda x: x**4 - 3 * x + 2),
    "x log x": (lambda x: x * math.log(x), lambda x: x * mpmath.log(x)),
    "logistic": (lambda x: 1 / (1 + math.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x))),
}
POINTS = (1e-12, 4e-6, 1e-3, 0.3, 1.0, 2.5, 7.0, 1e4, 1e8)
RANDOM = random.Random(0)
OVERFLOWS = {"exp", "sinh", "logistic"}
CASES = [
    (name, x)
    for name, x in itertools.product(SMOOTH, POINTS)
    if not (name in OVERFLOWS and x > 100)
    and not (name in ("sin", "cos") and x > 1e6)
    and not (name == "bump" and x > 20)  # its slope is smaller than the smallest float
]


def truth(name, x):
    with mpmath.workdps(80):
        return mpmath.diff(SMOOTH[name][1], mpmath.mpf(x), h=mpmath.mpf(10) ** -35 * min(1, x))


def test_bounds_hold_and_smooth_slopes_have_their_digits():
    held, relative = 0, []
    for name, x in CASES:
        d = numeric_derivative(SMOOTH[name][0], x)
        exact = truth(name, x)
        off = abs(mpmath.mpf(d.value) - exact)
        held += off <= d.error
        if exact:
            relative.append(float(off / abs(exact)))
    assert len(CASES) >= 100
    assert held >= 0.99 * len(CASES), f"{held} of {len(CASES)}"
    assert sorted(relative)[len(relative) // 2] <= 1e-13


def cbrt(x):
    return math.copysign(abs(x) ** (1 / 3), x)


@pytest.mark.parametrize(
    ("f", "x", "status"),
    [
        (abs, 0.0, "kink"),
        (lambda x: max(x, 0.0), 0.0, "kink"),
        (lambda x: abs(x - 3) + x * x, 3.0, "kink"),
        (lambda x: max(x, 2 * x - 1), 1.0, "kink"),
        (lambda x: float(x > 0), 0.0, "jump"),
        (math.floor, 2.0, "jump"),
        (math.sqrt, 0.0, "vertical"),
        (cbrt, 0.0, "vertical"),
        (lambda x: x * math.sqrt(1 - x), 1.0, "vertical"),
        (lambda x: math.sqrt(x) ** 2, 0.0, "edge"),
        (math.log, -1.0, "undefined"),
        (math.sin, math.inf, "undefined"),
        (lambda x: x + RANDOM.random(), 1.0, "random"),
        (math.sin, 1.0, "ok"),
        (lambda x: 5.0, 1.0, "ok"),
    ],
)
def test_the_verdict_names_the_shape(f, x, status):
    assert numeric_derivative(f, x).status == status


def test_relu_at_zero_has_both_slopes():
    d = numeric_derivative(lambda x: max(x, 0.0), 0.0)
    assert (d.left, d.right) == (0.0, 1.0)


def test_a_function_that_returns_no_number_is_named():
    with pytest.raises(TypeError, match="f returned NoneType None"):
        numeric_derivative(lambda x: None, 1.0)


def test_gradient_has_one_slope_per_number():
    slopes = numeric_gradient(lambda p: p["a"][0] * p["b"], {"a": [2.0, 9.0], "b": 5.0})
    assert [round(s.value, 9) for s in slopes] == [5.0, 0.0, 2.0]
