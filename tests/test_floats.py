"""The operations on floats raise for no float and give no complex number, as IEEE 754 asks."""

import itertools
import math

import pytest

from autograd_nn.ops import PRIMITIVES

INF, NAN = math.inf, math.nan
CORNERS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -3.0, 5e-324, -5e-324, 1e308, -1e308]
CORNERS += [710.0, -710.0, 1025.0, 170.5, -170.5, INF, -INF, NAN]
ROWS = [row for row in PRIMITIVES if row.name]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_corner_gives_a_float(row):
    for xs in itertools.product(CORNERS, repeat=row.arity):
        assert type(row.scalar(*xs)) is float, xs


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_corner_has_slopes(row):
    for xs in itertools.product(CORNERS, repeat=row.arity):
        slopes = row.partials(*xs, row.scalar(*xs))
        assert [type(s) for s in slopes] == [float] * row.arity, xs
