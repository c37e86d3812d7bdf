"""exp, log, sin and their kin as polynomials, against mpmath.

A polynomial that loses digits somewhere makes a jitted function less exact than the function.
"""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
from native_rows import Compiled

from autograd_nn.jit.backends.native import elementary
from autograd_nn.jit.backends.native.machine import host

pytestmark = pytest.mark.skipif(not host().fused, reason="the polynomials need a fused multiply")

TRUTH = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "exp2": lambda x: mpmath.mpf(2) ** x,
}


@cache
def compiled():
    made = Compiled()
    for name in elementary.__all__:
        made.add(name, lambda code, x, name=name: [getattr(elementary, name)(x)], 1, 1, 8)
    return made


def points(name):
    random = np.random.default_rng(1)
    wide, unit = random.uniform(-700, 700, 800), random.normal(size=800)
    near = 1e-3 * random.normal(size=400)
    if name.startswith("log"):
        positive = np.r_[np.exp(wide), np.exp(unit), np.exp(near), np.arange(1.0, 65.0)]
        return np.r_[positive[positive > 1e-15] - 1.0, near] if name == "log1p" else positive
    if name in ("sin", "cos"):
        turns = random.integers(1, 6 * 10**7, 800) * (math.pi / 2)  # close to a zero
        return np.r_[10 * unit, 100 * wide, turns, 1e30 * wide, near]
    return np.r_[wide, 3 * unit, near, np.arange(-40.0, 40.0)]


@pytest.mark.parametrize("name", elementary.__all__)
def test_within_four_ulp_of_the_truth(name):
    x = points(name)
    x = x[: x.size // 8 * 8]
    truth = TRUTH.get(name) or getattr(mpmath, name)
    with mpmath.workprec(300):
        for given, found in zip(x.tolist(), compiled()(name, x)[0].tolist(), strict=True):
            exact = truth(mpmath.mpf(given))
            spacing = np.spacing(max(abs(float(exact)), elementary.SMALLEST_NORMAL))
            assert abs(mpmath.mpf(found) - exact) <= 4 * mpmath.mpf(float(spacing)), given


def test_whole_logarithms_are_whole():
    powers = np.arange(-1072.0, 1024.0)
    np.testing.assert_array_equal(compiled()("log2", np.exp2(powers))[0], powers)
    tens = np.arange(0.0, 16.0)
    np.testing.assert_array_equal(compiled()("log10", 10.0**tens)[0], tens)
    np.testing.assert_array_equal(compiled()("exp2", powers)[0], np.exp2(powers))
