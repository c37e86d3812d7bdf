"""Look-up in a table by an integer argument: every index by one recording."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import MLP, Value, grad, no_grad, value_and_grad
from autograd_nn.jit import JitWarning, jit, take


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


def test_an_entry_that_is_not_finite_harms_no_other():
    f = jit(lambda table, i: take(table, i) * 2)
    table = [1.0, np.inf, np.nan, 4.0]
    assert f.value_and_grad(table, 3) == (8.0, [0.0, 0.0, 0.0, 2.0])
    assert f(table, 1) == np.inf


def test_the_cost_does_not_grow_with_the_table():
    def f(table, i):
        return take(table, i).sum()

    small, large = (jit(f).program(np.ones((n, 4)), 1) for n in (5, 5000))
    assert small.recorded == large.recorded
    assert str(small) == str(large)
    assert small.cost == large.cost


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 6),
    st.integers(1, 4),
    st.lists(st.integers(0, 99), min_size=1, max_size=30),
    st.booleans(),
    st.integers(0, 99),
)
def test_many_look_ups_in_computed_tables(length, width, indices, per_row, seed):
    """Tables of arguments, of what was computed from them, and of plain numbers."""
    rng = np.random.default_rng(seed)
    table, index = rng.normal(size=(length, width)), np.array(indices) % length

    def f(table, index):
        squares = [[x * x for x in row] for row in table]
        mixed = [[row[0], 2.0, row[-1] ** 3] for row in table]
        total = 0.0
        for i in index:
            total = total + take(table, i).sum() * take(squares, i)[0] + take(mixed, i)[2]
        return total + take(mixed, index[0])[1]

    def of_a_row(table, i):
        return take([[x * i for x in row] for row in table], i)[width - 1] + take(table, i)[0]

    if per_row:
        value, slopes = jit(of_a_row, rows="i", reduce="sum").value_and_grad(table, index)
        expected = (table[index, -1] * index + table[index, 0]).sum()
        along = np.zeros_like(table)
        np.add.at(along, (index, width - 1), index)
        np.add.at(along, (index, 0), 1.0)
    else:
        value, slopes = jit(f).value_and_grad(table, index)
        expected, along = value_and_grad(f)(table, index)
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(slopes, along, rtol=1e-12, atol=1e-13)


def test_a_row_axis_of_indices():
    f = jit(lambda table, i, t: (take(table, i) - t) ** 2, rows=("i", "t"))
    table, t = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 2.0, 3.0])
    index = np.array([2, 0, 2, 1])
    value, slopes = f.value_and_grad(table, index, t)
    assert value == np.mean((table[index] - t) ** 2)
    np.testing.assert_allclose(
        slopes, np.bincount(index, 2 * (table[index] - t) / 4, 3), rtol=1e-15
    )


def test_an_index_may_be_computed_or_come_as_a_float():
    f = jit(lambda table, k: take(table, k * 2 + 1) * k)
    for k in (0, 1, 1.0, 0.0):
        assert f([1.0, 2.0, 3.0, 5.0], k) == [2.0, 5.0][int(k)] * k


def test_a_model_as_the_table():
    """Embeddings that are parameters: the gradient reaches the rows that were read."""
    model = MLP(3, [4], seed=0)
    rows = [n.parameters() for n in model.layers[0].neurons]

    def loss(index):
        return sum(take(rows, i).sum() ** 2 for i in index)

    index = np.array([2, 0, 2])
    value, slopes = jit(loss).value_and_grad(index, argnums=model)
    model.zero_grad()
    total = loss(index)
    total.backward()
    assert value == pytest.approx(total.data, rel=1e-13)
    np.testing.assert_allclose(slopes, [p.grad for p in model.parameters()], rtol=1e-13)


def test_inside_of_grad_the_slopes_follow_the_index_too():
    def f(table, i):
        return grad(lambda t: take(t, i) ** 3)(table)[0]

    jitted = jit(f)
    for i in (0, 1, 0):
        assert jitted([2.0, 5.0], i) == (12.0 if i == 0 else 0.0)


def test_no_slope_through_a_look_up_in_no_grad():
    def f(table, i):
        with no_grad():
            row = take(table, i)
        return row.sum() * table[0][0]

    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    for i in (0, 1):
        value, slopes = jit(f).value_and_grad(table, i)
        assert value == table[i].sum()
        assert slopes.tolist() == [[table[i].sum(), 0.0], [0.0, 0.0]]


def test_bad_indices_are_named():
    f = jit(take)
    assert f([1.0, 2.0], 1) == 2.0
    for bad in (2, -1):
        with pytest.raises(IndexError, match=str(bad)):
            f([1.0, 2.0], bad)
        with pytest.raises(IndexError, match=str(bad)):
            take([1.0, 2.0], bad)
    for bad in (0.5, np.nan, np.inf):
        with pytest.raises(ValueError, match=str(bad).replace(".", r"\.")):
            f([1.0, 2.0], bad)
    with pytest.raises(TypeError, match="text"):
        take([1.0], "text")
    ragged = jit(lambda i: take([[1.0], [1.0, 2.0]], i)[0])
    with pytest.warns(JitWarning, match=r"equal length, got \[1, 2\]"):
        assert [ragged(0), ragged(0)] == [1.0, 1.0]  # as without the jit


def test_outside_a_recording_it_is_indexing():
    a, b = Value(1.0), Value(2.0)
    assert take([a, b], 1) is b
    assert take([a, b], Value(0)) is a
