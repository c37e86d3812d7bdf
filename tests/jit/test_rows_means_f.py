"""Rows: a function of one row, jitted for tables, means the mean (or sum) of ``f`` over rows.

What is left out: speed, blocks and structures, which are in ``test_rows``.
"""

import math
import warnings

import numpy as np
import pytest
from engine_oracle import check_rows, difference

from autograd_nn import MLP, Value
from autograd_nn import functions as fn
from autograd_nn.jit import JitWarning, jit

rng = np.random.default_rng(11)


def softmax_loss(w, x, y):
    return -fn.log(fn.softmax([w[0] * x, w[1] * x, w[2] * x])[int(y)])


def test_a_result_without_a_row_axis_has_the_slope_of_a_mean():
    """It was counted once, where it stands in every row."""
    f = jit(lambda w, x: w, rows="x")
    assert f.value_and_grad(2.0, [1.0, 2.0, 3.0]) == (2.0, 1.0)
    assert f.value_and_grad(2.0, [1.0, 2.0, 3.0]) == (2.0, 1.0)
    total = jit(lambda w, x: w, rows="x", reduce="sum")
    assert total.value_and_grad(2.0, [1.0, 2.0, 3.0]) == (6.0, 3.0)
    each = jit(lambda w, x: w, rows="x", reduce=None)
    value, slope = each.value_and_grad(2.0, [1.0, 2.0, 3.0])
    assert (value.tolist(), slope) == ([2.0, 2.0, 2.0], 3.0)


def test_a_path_without_a_row_axis():
    f = jit(lambda w, x: w * x if x > 0 else w, rows="x")
    value, slope = f.value_and_grad(2.0, [1.0, -2.0, -3.0])
    assert (value, slope) == (pytest.approx(2.0), pytest.approx(1.0))


def test_slopes_along_lists_have_the_shape_of_the_rows():
    f = jit(lambda w, x: w * x[0] if x[0] > 2 else w * x[1], rows="x")
    value, slope = f.value_and_grad(1.0, [[1.0, 2.0], [3.0, 4.0]], argnums=1)
    assert value == 2.5
    np.testing.assert_array_equal(slope, [[0.0, 0.5], [0.5, 0.0]])


def test_labels_of_rows_choose_the_term():
    """The label of the first row stood for all of them."""
    w, x, y = [0.5, -1.0, 2.0], rng.normal(size=9), np.arange(9) % 3
    check_rows(softmax_loss, (w, x, y), ("x", "y"), (0, 1))
    f = jit(softmax_loss, rows=("x", "y"))
    for labels in (y, y[::-1], np.zeros(9, int), y.astype(float)):
        by_hand = [
            -math.log(math.exp(w[k] * a) / sum(math.exp(b * a) for b in w))
            for a, k in zip(x, labels.astype(int), strict=True)
        ]
        assert f(w, x, labels) == pytest.approx(np.mean(by_hand))


ONE = np.array([1.5, 2.5, -0.75, 1.5, 0.0, 3.25, -2.0])
PAIRS = np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5], [2.0, 2.0], [0.0, -1.0]])


def _grown(w, x):
    count = 0
    while x < 3 and count < 30:
        x, count = x * w + 1.0, count + 1
    return x * count


KINDS = {
    "int(x)": (lambda w, x: w * x * int(x), 0.7, ONE),
    "floor": (lambda w, x: w * (x - math.floor(x)), 0.7, ONE),
    "round": (lambda w, x: w * round(x) + x, 0.7, ONE),
    "float": (lambda w, x: w * float(x) * x, 0.7, ONE),
    "float of both": (lambda w, x: x * float(w * x), 0.7, ONE),
    ".data": (lambda w, x: w * x if x.data > 1 else -w, 0.7, ONE),
    ".data arithmetic": (lambda w, x: w * x * (x.data * 2 + 1), 0.7, ONE),
    "math.exp": (lambda w, x: w * x * math.exp(x), 0.7, ONE),
    "bool": (lambda w, x: w * 2 if x else w * x + 1, 0.7, ONE),
    "set": (lambda w, x: w * len({float(v) for v in x}) + x[0], 0.7, PAIRS),
    "dict": (lambda w, x: w * {1.5: 3.0}.get(float(x), 5.0) * x, 0.7, ONE),
    "text": (lambda w, x: w * len(f"{float(x):g}") + x, 0.7, ONE),
    "sorted": (lambda w, x: sorted(x)[0] * w + sorted(x)[1], 0.7, PAIRS),
    "max": (lambda w, x: max(x) * w, 0.7, PAIRS),
    "max by .data": (lambda w, x: max(x, key=lambda v: v.data) * w, 0.7, PAIRS),
    "argmax": (lambda w, x: x[int(np.argmax([float(v) for v in x]))] * w, 0.7, PAIRS),
    "copysign": (lambda w, x: w * math.copysign(2.0, x) + x, 0.7, ONE),
    "isnan": (lambda w, x: w * 0 if math.isnan(x) else (w - x) ** 2, 0.7, np.r_[ONE, math.nan]),
    "nan by itself": (lambda w, x: (w - x) ** 2 if x == x else w, 0.7, np.r_[math.nan, ONE]),
    "if on w": (lambda w, x: w * x if w > 0 else x - w, -0.7, ONE),
    "if on both": (lambda w, x: w * x if w * x > 1 else x, 0.7, ONE),
    "while": (_grown, 1.7, ONE),
    "zero by zero": (lambda w, x: w * x * x / x, 0.7, ONE),
    "log of some": (lambda w, x: w * (x.log() if x > 0 else x), 0.7, ONE),
    "constant rows": (lambda w, x: 1.0 if x > 1 else w * x, 0.7, ONE),
    "x alone": (lambda w, x: x * x, 0.7, ONE),
    "a list of weights": (lambda w, x: w[int(abs(x)) % 4] * x, [0.5, 1.5, 2.5, 3.5], ONE),
    "a table and a remainder": (
        lambda w, x: w[int(x) % 2] * x,
        [0.5, 1.5],
        ONE,
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_exit_in_a_row(name):
    """Rows that take other paths than the first one are not given its answer."""
    f, w, x = KINDS[name]
    check_rows(f, (w, x), ("x",), (0, 1))
    check_rows(f, (w, x[::-1].copy()), ("x",), (0,))
    check_rows(f, (w, x[:1]), ("x",), (0, 1))


@pytest.mark.parametrize("name", [name for name in KINDS if name != "float of both"])
def test_later_tables(name):
    """A second table of other numbers and another length, through the same jitted function."""
    f, w, x = KINDS[name]
    jitted = jit(f, rows="x", reduce="sum")
    other = np.concatenate([x * 1.25 - 0.3, x[::-1], x + 1.0])
    if np.isnan(other).any() and "nan" not in name:
        other = other[~np.isnan(other)]
    single = {id(table): _by_hand(f, w, table) for table in (x, other)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        for table in (x, other, x, other, x[:2]):
            expected = single.get(id(table)) or _by_hand(f, w, table)
            found = jitted.value_and_grad(w, table)
            wrong = difference(found, expected)
            assert not wrong, (name, table, wrong)


def _by_hand(f, w, table):
    """The sum of values and slopes along w, row by row."""
    leaves = [Value(v) for v in np.atleast_1d(w)]
    held = leaves if isinstance(w, list) else leaves[0]
    total = 0.0
    with np.errstate(all="ignore"):
        for row in table:
            x = [Value(v) for v in row] if np.ndim(row) else Value(row)
            y = f(held, np.array(x) if isinstance(x, list) else x)
            if isinstance(y, Value):
                y.backward()
            total += y.data if isinstance(y, Value) else y
    slopes = [v.grad for v in leaves]
    return total, slopes if isinstance(w, list) else slopes[0]


def test_rows_of_bools_are_rows_of_numbers():
    f = lambda w, x: w * 2 if x is True else w * x
    found = jit(f, rows="x", reduce=None)(3.0, np.array([True, False, True]))
    np.testing.assert_array_equal(found, [3.0, 0.0, 3.0])
    check_rows(lambda w, x: w * x + w, (3.0, np.array([True, False])), ("x",), (0,))


def test_rows_of_narrow_numbers():
    for dtype in (np.int8, np.uint8, np.float16, np.float32):
        table = np.array([[100, 100], [3, 2]], dtype)
        f = jit(lambda w, x: w * (x[0] * x[1]) + x[0], rows="x", reduce=None)
        np.testing.assert_array_equal(f(1.0, table), [10100.0, 9.0])
        infinite = jit(lambda w, x: w.log() + x[0] * x[1], rows="x", reduce=None)
        value, slope = infinite.value_and_grad(0.0, table)
        assert (value.tolist(), slope) == ([-math.inf, -math.inf], math.inf)


def test_integer_rows_index():
    table = np.array([[0, 1], [1, 0], [2, 2], [1, 1]])
    w = [1.0, 10.0, 100.0]
    check_rows(lambda w, x: w[x[0]] + 2 * w[x[1]], (w, table), ("x",), (0,))
    check_rows(lambda w, i: sum(w[:i]) + w[0], (w, np.array([0, 1, 3, 2])), ("i",), (0,))
    check_rows(lambda w, i: w * sum(range(i)) + w, (2.0, np.array([0, 1, 3, 2])), ("i",), (0,))
    check_rows(lambda w, i: w * (i % 2) + w * (i // 2), (2.0, np.arange(5)), ("i",), (0,))
    check_rows(lambda w, i: w * (3 if i in {1, 4} else 5), (2.0, np.arange(5)), ("i",), (0,))


def test_plain_arguments_beside_rows():
    """Text, flags and integers that all rows share."""
    f = jit(
        lambda w, x, kind, n: sum(w * x for _ in range(n)) if kind == "sum" else w - x,
        rows="x",
        reduce="sum",
    )
    for _ in range(2):
        assert f(2.0, [1.0, 2.0], "sum", 3) == 18.0
        assert f(2.0, [1.0, 2.0], "sum", 2) == 12.0
        assert f(2.0, [1.0, 2.0], "difference", 2) == 1.0


def test_errors_of_single_rows():
    """The error of the row that brings it; the function goes on working after it."""

    def f(w, x):
        return w * {1.0: 2.0, 2.0: 3.0}[float(x)]

    jitted = jit(f, rows="x", reduce="sum")
    assert jitted(1.0, [1.0, 2.0, 2.0]) == 8.0
    with pytest.raises(KeyError):
        jitted(1.0, [1.0, 3.0])
    assert jitted(1.0, [2.0, 2.0]) == 6.0
    with pytest.raises(ZeroDivisionError):
        jit(lambda w, x: w * (1.0 / x.data), rows="x")(1.0, [1.0, 0.0])


def test_functions_that_only_the_engine_can_run():
    """Setting a number from inside cannot be replayed, so each row is run by the engine."""
    counter = Value(0.0)

    def f(w, x):
        counter.data = counter.data + 1.0
        return w * x

    jitted = jit(f, rows="x", reduce="sum")
    with pytest.warns(JitWarning):
        assert jitted(2.0, [1.0, 2.0, 3.0]) == 12.0
    before = counter.data
    assert jitted.value_and_grad(2.0, [1.0, 2.0]) == (6.0, 3.0)
    assert counter.data >= before + 2
    each = jit(f, rows="x", reduce=None)
    with pytest.warns(JitWarning):
        np.testing.assert_array_equal(each(2.0, [1.0, 2.0, 3.0]), [2.0, 4.0, 6.0])


def test_a_type_test_in_a_row_runs_in_the_engine():
    def f(w, x):
        if type(x) not in (float, int, Value):
            raise TypeError(type(x).__name__)
        return w * x

    assert jit(f, rows="x", reduce="sum")(2.0, [1.0, 2.0]) == 6.0


def test_slopes_along_a_model_over_rows():
    model = MLP(2, [3, 1], seed=2)

    def f(x, t):
        e = model([x[0], x[1]]) - t
        return e * e if abs(float(e)) < 0.5 else abs(e)

    X, t = rng.normal(size=(25, 2)), rng.normal(size=25)
    model.zero_grad()
    lifted = [f([Value(v) for v in row], Value(b)) for row, b in zip(X, t, strict=True)]
    total = sum(lifted) / 25
    total.backward()
    slopes = np.array([p.grad for p in model.parameters()])
    before = [p.data for p in model.parameters()]
    jitted = jit(f, rows=("x", "t"))
    for _ in range(2):
        value, found = jitted.value_and_grad(X, t, argnums=model)
        assert value == pytest.approx(total.data, rel=1e-12)
        np.testing.assert_allclose(found, slopes, rtol=1e-9, atol=1e-12)
        theta = np.array(before)
        value, found = jitted.value_and_grad(X, t, argnums=model, vector=theta)
        np.testing.assert_allclose(found, slopes, rtol=1e-9, atol=1e-12)
    assert [p.data for p in model.parameters()] == before


def test_missing_rows_by_hand():
    """Measurements that are nan count 0, wherever they stand."""
    f = jit(lambda w, y: (w - y) ** 2 if not math.isnan(y) else 0.0 * w, rows="y", reduce="sum")
    assert f.value_and_grad(2.0, [1.0, math.nan, 4.0]) == (5.0, -2.0)
    assert f.value_and_grad(2.0, [math.nan, 1.0, 4.0, math.nan]) == (5.0, -2.0)
    assert f.value_and_grad(2.0, [math.nan, math.nan]) == (0.0, 0.0)


def test_a_rounding_is_no_step_of_a_floor():
    """[.1] * 10 adds up to a little less than 1 in order, and to 1 in other orders."""
    rows = [[0.1] * 10, [0.3] * 10, [0.7] * 10, [0.1] * 9 + [0.2]] * 80
    for step in (math.floor, math.ceil, lambda s: s % 1.0, lambda s: s // 1.0):

        def f(xs, step=step):
            return step(sum(xs)) + xs[0] * 0.0

        expected = [float(f(row)) for row in rows]
        jitted = jit(f, rows="xs", reduce=None)
        assert jitted(rows).tolist() == expected
        assert jitted(rows).tolist() == expected
