"""The operations on arrays are those on floats, element by element, at every corner."""

import itertools
import math

import numpy as np
import pytest

from autograd_nn import arrays, floats

CORNERS = [0.0, -0.0, 1.0, -1.0, 2.0, -3.0, 5e-324, 1e308, -710.0, math.inf, -math.inf, math.nan]
EXACT = [("relu", 1), ("leaky_relu", 2), ("step", 1), ("share", 2), ("greater", 2), ("mod", 2)]
EXACT += [("first_max", 2), ("first_min", 2)]


@pytest.mark.parametrize(("name", "arity"), [*EXACT, ("sigmoid", 1), ("softplus", 1)])
def test_as_on_floats(name, arity):
    points = list(itertools.product(CORNERS, repeat=arity))
    with np.errstate(all="ignore"):
        found = getattr(arrays, name)(*np.array(points).T)
    wanted = [getattr(floats, name)(*point) for point in points]
    rtol = 0.0 if (name, arity) in EXACT else 1e-15
    np.testing.assert_allclose(found, wanted, rtol=rtol)


def test_one_by_one_keeps_the_shape_and_gives_floats():
    found = arrays.one_by_one(math.hypot, 2)(np.full((2, 1), 3.0), np.full(3, 4.0))
    assert found.shape == (2, 3)
    assert found.dtype == float
    assert (found == 5.0).all()
