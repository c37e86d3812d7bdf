"""Arrays of Values: NumPy's own lines run, keep the graph, and give the numbers of floats."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_nn import Value, functions
from autograd_nn.ops import PRIMITIVES

FLOATS = st.floats(-10, 10)


def values(numbers):
    wrapped = np.empty(np.shape(numbers), dtype=object)
    for at in np.ndindex(wrapped.shape):
        wrapped[at] = Value(float(np.asarray(numbers)[at]))
    return wrapped


def numbers(result):
    return np.vectorize(float, otypes=[float])(result)


A = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
B = np.array([[0.5, 4.0, -1.5], [2.0, 1.0, 0.75]])


def in_place(a, b):
    result = a.copy()
    result += b
    result *= 2.0
    return result


# The same line on floats and on Values.
LINES = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "a * b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
    "a ** 2": lambda a, b: a**2,
    "2 ** a": lambda a, b: 2.0**a,
    "-a": lambda a, b: -a,
    "abs(a)": lambda a, b: np.abs(a),
    "sum": lambda a, b: (a * b).sum(),
    "sum of axis": lambda a, b: a.sum(axis=0) - b.sum(axis=0),
    "mean": lambda a, b: (a - b).mean(),
    "mean of axis": lambda a, b: a.mean(axis=1),
    "prod": lambda a, b: a.prod(),
    "std": lambda a, b: (a * b).std(),
    "var of axis": lambda a, b: a.var(axis=0, ddof=1),
    "cumsum": lambda a, b: np.cumsum(a),
    "a @ b.T": lambda a, b: a @ b.T,
    "dot": lambda a, b: np.dot(a[0], b[1]),
    "matmul": lambda a, b: np.matmul(a, b.T),
    "outer": lambda a, b: np.outer(a[0], b[0]),
    "inner": np.inner,
    "einsum": lambda a, b: np.einsum("ij,kj->ik", a, b),
    "tensordot": lambda a, b: np.tensordot(a, b, axes=([1], [1])),
    "maximum": np.maximum,
    "relu": lambda a, b: np.maximum(a, 0),
    "minimum": lambda a, b: np.minimum(a, 0.3),
    "clip": lambda a, b: np.clip(a, -0.9, 1.2),
    "where": lambda a, b: np.where(A > 0, a, b),
    "max": lambda a, b: a.max() * b.min(),
    "exp": lambda a, b: np.exp(a),
    "log": lambda a, b: np.log(np.exp(b)),
    "sqrt": lambda a, b: np.sqrt(a * a),
    "tanh": lambda a, b: np.tanh(a),
    "sin cos": lambda a, b: np.sin(a) * np.cos(b),
    "tan": lambda a, b: np.tan(a),
    "sinh cosh": lambda a, b: np.sinh(a) + np.cosh(b),
    "arcsin": lambda a, b: np.arcsin(a / 10) + np.arccos(b / 10),
    "arctan": lambda a, b: np.arctan(a) + np.arctan2(a, b),
    "expm1": lambda a, b: np.expm1(a) + np.log1p(b * b),
    "hypot": np.hypot,
    "square": lambda a, b: np.square(a) + np.power(b, 3),
    "norm": lambda a, b: np.linalg.norm(a - b),
    "stack": lambda a, b: np.concatenate([a, b]).sum() + np.stack([a, b]).sum(),
    "broadcast": lambda a, b: a * b[0] + a[:, :1],
    "in place": in_place,
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_on_values_gives_the_numbers_and_slopes_of_floats(line):
    f = LINES[line]
    a, b = values(A), values(B)
    result = f(a, b)
    np.testing.assert_allclose(numbers(result), f(A, B), rtol=1e-13)
    total = result if isinstance(result, Value) else np.sum(result)
    total.backward()
    step = 1e-6
    for at in np.ndindex(A.shape):
        for leaf, shift in ((a[at], (1, 0)), (b[at], (0, 1))):
            up, down = (A.copy(), B.copy()), (A.copy(), B.copy())
            which = shift.index(1)
            up[which][at] += step
            down[which][at] -= step
            quotient = (np.sum(f(*up)) - np.sum(f(*down))) / (2 * step)
            assert leaf.grad == pytest.approx(quotient, rel=1e-6, abs=1e-6), (line, at)


@given(
    hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=3), elements=FLOATS),
    st.sampled_from([np.float64, np.float32, np.float16, np.longdouble, np.int32, np.int64]),
)
def test_an_array_and_a_value_agree_from_both_sides(array, kind):
    array = array.astype(kind)
    v = Value(1.5)
    for left, right, expected in (
        (array, v, array.astype(float) * 1.5),
        (v, array, 1.5 * array.astype(float)),
    ):
        result = left * right
        assert result.dtype == object
        assert result.shape == array.shape
        np.testing.assert_array_equal(numbers(result), expected)
        assert all(isinstance(x, Value) for x in result.flat)


SCALARS = [np.float64, np.float32, np.float16, np.longdouble, np.int8, np.int64, np.uint16]


@pytest.mark.parametrize("kind", [*SCALARS, lambda x: np.array(float(x))])
def test_a_numpy_scalar_on_either_side_gives_a_value_that_holds_a_float(kind):
    v, two = Value(3.0), kind(2)
    for result, expected in [
        (two + v, 5.0),
        (v + two, 5.0),
        (two - v, -1.0),
        (v - two, 1.0),
        (two * v, 6.0),
        (v * two, 6.0),
        (two / v, 2 / 3),
        (v / two, 1.5),
        (two**v, 8.0),
        (v**two, 9.0),
    ]:
        assert isinstance(result, Value)
        assert type(result.data) is float
        assert result.data == pytest.approx(expected, rel=1e-15)
        result.backward()
    assert (two < v) == (v > two) == True  # noqa: E712 - NumPy's own bool is fine too
    assert v != two


def test_a_numpy_function_of_one_value_is_one_value():
    v = Value(0.5)
    for name in ("exp", "log", "sqrt", "tanh", "sin", "arctan", "square", "absolute", "negative"):
        result = getattr(np, name)(v)
        assert isinstance(result, Value), name
        assert result.data == pytest.approx(float(getattr(np, name)(0.5)), rel=1e-15)
    assert np.arctan2(v, 2.0).op == "atan2"
    assert np.maximum(v, 0.0) is v
    assert np.add.reduce([v, v]).data == 1.0


def test_every_method_numpy_looks_for_is_there():
    """NumPy asks an element of an object array for a method of the function's name."""
    spelled = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
    spelled |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}
    for row in PRIMITIVES:
        name = spelled.get(row.name, row.name)
        if row.arity == 1 and hasattr(np, name) and row.name not in ("abs", "sign"):
            at = 1.25 if row.name == "acosh" else 0.25
            result = getattr(np, name)(np.array([Value(at)]))[0]
            assert result.data == pytest.approx(row.scalar(at), rel=1e-15), name


def test_numpys_own_maximum_picks_where_functions_maximum_shares():
    """At a tie NumPy compares and picks the first; the table's row gives each a half."""
    a, b = Value(2.0), Value(2.0)
    np.maximum(a, b).backward()
    assert (a.grad, b.grad) == (1.0, 0.0)
    functions.maximum(a, b).backward()
    assert (a.grad, b.grad) == (1.5, 0.5)


def test_a_function_that_values_do_not_have_is_a_type_error():
    for call in (np.spacing, lambda v: np.float_power(v, 2), np.isinf):
        with pytest.raises(TypeError):
            call(Value(1.0))


def test_one_value_is_asked_whether_it_is_finite():
    assert np.isnan(Value(math.nan))
    assert not np.isnan(Value(1.0))
    assert np.isfinite(Value(1.0))
    assert not np.isfinite(Value(-math.inf))
    assert np.fabs(Value(-2.0)).data == 2.0


def test_rounding_and_remainders_of_arrays_stay_in_the_graph():
    numbers = [-2.5, -0.25, 0.5, 1.5, 7.25]
    row, plain = values(numbers), np.array(numbers)
    for f in (np.floor, np.ceil, np.trunc, np.rint, lambda a: a % 2.0, lambda a: a // 2.0):
        found = f(row)
        assert all(isinstance(v, Value) for v in found)
        np.testing.assert_array_equal(found.astype(float), f(plain))
    (row % 2.0 + row // 2.0).sum().backward()
    assert [v.grad for v in row] == [1.0] * 5


def test_numpys_sign_compares_and_gives_plain_integers():
    """It asks an object which side of 0 it is on; the slope is 0 either way."""
    assert np.sign(values([-2.5, 0.0, 3.0])).tolist() == [-1, 0, 1]


def test_sorting_searching_and_comparing_arrays():
    row = values([3.0, 1.0, 2.0])
    assert list(np.sort(row)) == [1.0, 2.0, 3.0]
    assert np.sort(row)[0] is row[1]
    assert list(np.argsort(row)) == [1, 2, 0]
    assert int(row.argmax()) == 0
    assert list(row > 1.5) == [True, False, True]
    assert list(row == row.copy()) == [True, True, True]


def test_arrays_become_floats_only_when_asked():
    row = values([1.0, 2.0])
    assert row.dtype == object
    assert (row * 2.0).dtype == object
    np.testing.assert_array_equal(row.astype(float), [1.0, 2.0])
    assert np.array(Value(1.0)).shape == ()


def test_mixed_arrays_record_only_what_holds_values():
    row = np.array([Value(1.0), 2.0, 3], dtype=object)
    total = (row * row).sum()
    total.backward()
    assert (total.data, row[0].grad) == (14.0, 2.0)


@pytest.mark.parametrize(
    "bad",
    [
        lambda v: v * np.array(["a"]),
        lambda v: v + np.array([None]),
        lambda v: np.array([1j]) * v,
        lambda v: np.complex128(1j) * v,
        lambda v: v * np.datetime64("2020-01-01"),
        lambda v: np.array([v, v]) + np.array(["a", "b"]),
    ],
)
def test_arrays_of_what_is_no_number_are_refused(bad):
    v = Value(2.0)
    with pytest.raises(TypeError):
        bad(v)
    assert (v.data, v.grad) == (2.0, 0.0)


def test_shapes_that_do_not_fit_are_numpys_error():
    with pytest.raises(ValueError, match="broadcast"):
        values([1.0, 2.0]) + np.ones(3)
    with pytest.raises(ValueError, match=r"matmul|shapes"):
        values([1.0, 2.0]) @ np.ones(3)


def test_the_tutorials_forward_propagation():
    """Input [3, 5], two hidden neurons and an output: -39, or 52 with relu."""
    weights = {
        "node_0": values([2, 4]),
        "node_1": values([4, -5]),
        "output": values([2, 7]),
    }
    data = np.array([3, 5])
    hidden = np.array([(data * weights["node_0"]).sum(), (data * weights["node_1"]).sum()])
    assert float((hidden * weights["output"]).sum()) == -39.0
    activated = np.array([max(node, 0) for node in hidden])
    assert float((activated * weights["output"]).sum()) == 52.0
    assert math.isclose(float(np.maximum(hidden, 0) @ weights["output"]), 52.0)
