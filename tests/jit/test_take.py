"""Look-up in a table by an integer argument: every index by one recording."""

import numpy as np
import pytest

from autograd_nn import Value
from autograd_nn.jit import jit, take


def test_every_index_is_served_by_one_recording():
    runs = []

    @jit
    def f(table, index):
        runs.append(1)
        row = take(table, index)
        return row[0] ** 2 + 3 * row[1]

    table = np.arange(10.0).reshape(5, 2)
    for k in range(5):
        value, slopes = f.value_and_grad(table, k)
        assert value == table[k, 0] ** 2 + 3 * table[k, 1]
        expected = np.zeros((5, 2))
        expected[k] = 2 * table[k, 0], 3.0
        np.testing.assert_array_equal(slopes, expected)
        if k == 0:
            recorded = len(runs)
    assert len(runs) == recorded


def test_a_row_axis_of_indices():
    f = jit(lambda table, i, t: (take(table, i) - t) ** 2, rows=("i", "t"))
    table, t = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 2.0, 3.0])
    index = np.array([2, 0, 2, 1])
    value, slopes = f.value_and_grad(table, index, t)
    assert value == np.mean((table[index] - t) ** 2)
    np.testing.assert_allclose(
        slopes, np.bincount(index, 2 * (table[index] - t) / 4, 3), rtol=1e-15
    )


def test_bad_indices_are_named():
    f = jit(take)
    assert f([1.0, 2.0], 1) == 2.0
    for bad in (2, -1):
        with pytest.raises(IndexError, match=str(bad)):
            f([1.0, 2.0], bad)
        with pytest.raises(IndexError, match=str(bad)):
            take([1.0, 2.0], bad)
    with pytest.raises(ValueError, match=r"0\.5"):
        f([1.0, 2.0], 0.5)
    with pytest.raises(TypeError, match="text"):
        take([1.0], "text")


def test_outside_a_recording_it_is_indexing():
    a, b = Value(1.0), Value(2.0)
    assert take([a, b], 1) is b
    assert take([a, b], Value(0)) is a
