"""Functions of one row on many rows: blocks, paths that differ from row to row, structures."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import MLP, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.jit import JitWarning, TraceError, jit

rng = np.random.default_rng(0)


def by_hand(f, w, X, reduce):
    """The engine, row by row: the values, the slope along w, and those along every row."""
    pairs = [value_and_grad(f, (0, 1))(w, x) for x in X]
    values = np.array([value for value, _ in pairs])
    along_w = np.sum([slopes[0] for _, slopes in pairs], axis=0)
    along_x = np.array([slopes[1] for _, slopes in pairs])
    n = len(X) if reduce == "mean" else 1
    value = {"mean": values.mean(), "sum": values.sum(), None: values}[reduce]
    return value, along_w / n, along_x / n


def two_paths(w, x):
    s = w[0] * x[0] + w[1] * x[1]
    return s * s * w[2] if s > 0 else -s * w[0]


def three_paths(w, x):
    if x[0] < -0.5:
        return x[0] * w[1]
    return fn.tanh(x[1] * w[0]) if x[1] > w[2] else x[0] ** 3 + w[2]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([two_paths, three_paths]),
    st.sampled_from([1, 2, 7, 64, 511, 513, 1400]),
    st.sampled_from(["mean", "sum", None]),
    st.integers(0, 1000),
)
def test_rows_may_take_different_paths(f, n, reduce, seed):
    random = np.random.default_rng(seed)
    w, X = random.normal(size=3), random.normal(size=(n, 2))
    value, along_w, along_x = by_hand(f, w, X, reduce)
    jitted = jit(f, rows="x", reduce=reduce)
    for _ in range(2):  # recording, then replaying
        found, slopes = jitted.value_and_grad(w, X, argnums=(0, 1))
        np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(slopes[0], along_w, rtol=1e-11, atol=1e-12 * n)
        np.testing.assert_allclose(slopes[1], along_x, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(jitted(w, X), value, rtol=1e-12, atol=1e-14)


def test_each_path_is_recorded_once_however_many_rows_take_it():
    runs = []

    def f(w, x):
        runs.append(1)
        return w * x if x > 0 else w - x

    jitted = jit(f, rows="x", reduce="sum")
    X = rng.normal(size=3000)
    expected = np.where(X > 0, 2 * X, 2 - X).sum()
    assert jitted(2.0, X) == pytest.approx(expected, rel=1e-12)
    recorded = len(runs)
    assert jitted(2.0, X[::-1].copy()) == pytest.approx(expected, rel=1e-12)
    assert len(runs) == recorded <= 2 * 4


def test_a_path_may_return_a_plain_number_or_depend_on_nothing():
    def f(w, x):
        return 0.0 if x < 0 else w * x

    X = np.array([-1.0, 2.0, -3.0, 4.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert jit(f, rows="x").value_and_grad(2.0, X) == (3.0, 1.5)
        assert jit(f, rows="x").value_and_grad(2.0, -np.ones(3)) == (0.0, 0.0)


def test_results_of_any_structure():
    def f(w, x):
        return {"twice": [x[0] * 2, 7.0], "all": np.array([w * v for v in x]), "none": None}

    X = rng.normal(size=(5, 3))
    each = jit(f, rows="x", reduce=None)(3.0, X)
    np.testing.assert_allclose(each["twice"][0], X[:, 0] * 2)
    np.testing.assert_allclose(each["all"], 3 * X.T)
    assert each["none"] is None
    assert each["twice"][1].tolist() == [7.0] * 5
    mean = jit(f, rows="x")(3.0, X)
    np.testing.assert_allclose(mean["all"], 3 * X.mean(axis=0))
    assert mean["twice"][1] == 7.0


def test_paths_that_return_other_structures_are_refused():
    f = jit(lambda x: [x, x] if x > 0 else x, rows="x")
    assert f([1.0, 2.0]) == [1.5, 1.5]
    with pytest.raises(TraceError, match="other structures for other rows"):
        f([1.0, -1.0])


def test_a_comparison_of_shared_numbers_sends_all_rows_the_other_way():
    f = jit(lambda w, x: w * x if w > 0 else x - w, rows="x", reduce="sum")
    X = rng.normal(size=600)
    assert f(2.0, X) == pytest.approx(2 * X.sum(), rel=1e-12)
    assert f(-2.0, X) == pytest.approx((X + 2).sum(), rel=1e-12)


def test_a_model_with_a_branch_on_its_input():
    model = MLP(2, [3, 1], seed=0)

    def loss(x, t):
        out = model([x[0], x[1]] if x[0] > x[1] else [x[1], x[0] * 0.5])
        return (out - t) ** 2

    X, t = rng.normal(size=(40, 2)), rng.normal(size=40)
    model.zero_grad()
    total = sum(loss(x, b) for x, b in zip(X, t, strict=True)) / 40
    total.backward()
    value, slopes = jit(loss, rows=("x", "t")).value_and_grad(X, t, argnums=model)
    assert value == pytest.approx(total.data, rel=1e-12)
    np.testing.assert_allclose(slopes, [p.grad for p in model.parameters()], rtol=1e-10, atol=1e-14)


def test_an_error_in_one_row_leaves_the_function_usable():
    def f(x):
        if x > 5:
            raise KeyError("too large")
        return x * 2

    jitted = jit(f, rows="x", reduce="sum")
    with pytest.raises(KeyError, match="too large"):
        jitted([1.0, 6.0, 2.0])
    assert jitted([1.0, 2.0]) == 6.0


def test_a_function_that_reads_what_it_changes_runs_in_the_engine_row_by_row():
    state = [0]

    def f(x):
        state[0] += 1
        return x * state[0] if x > state[0] % 5 else -x

    jitted = jit(f, rows="x", reduce=None)
    with pytest.warns(JitWarning, match="changes 'state'") as caught:
        found = [jitted([3.5, 3.6, 0.5, 0.6]), jitted([9.0, 9.5])]
    assert [w.filename for w in caught] == [__file__]
    assert [x.tolist() for x in found] == [[3.5, 7.2, -0.5, -0.6], [45.0, 57.0]]


def test_the_engine_takes_one_row_of_a_list_as_of_an_array():
    """Here for results that are not finite; a sum over all rows would be another number."""

    def f(w, x):
        return w * np.sum(x) / 0.0

    for X in ([1.0, -2.0, 0.0], (1.0, -2.0, 0.0), np.array([1.0, -2.0, 0.0])):
        found, slopes = jit(f, rows="x", reduce=None).value_and_grad(1.0, X, argnums=1)
        np.testing.assert_array_equal(found, [math.inf, -math.inf, math.nan])
        np.testing.assert_array_equal(slopes, [math.inf] * 3)
        np.testing.assert_array_equal(jit(f, rows="x", reduce=None)(1.0, X), found)


def test_many_paths_bring_one_warning_at_the_line_of_the_call():
    f = jit(lambda x: sum(x * k for k in range(40) if x > k), rows="x", reduce="sum")
    X = np.arange(40) + 0.5
    with pytest.warns(JitWarning, match="'>' at .*test_rows") as caught:
        found = [f(X) for _ in range(5)]
    assert found == [sum(x * k for x in X for k in range(40) if x > k)] * 5
    assert [w.filename for w in caught] == [__file__]


def test_slopes_of_several_numbers_a_row_are_refused():
    """They would be those of the first number, without a word."""
    with pytest.raises(TypeError, match="does not return one number"):
        jit(lambda x: [x, 2 * x], rows="x").value_and_grad([1.0, 2.0])
