"""Functions over floats, Values, arrays and lists; grad and value_and_grad on top of them."""

import math

import numpy as np
import pytest

from autograd_nn import MLP, Value, functions, grad, value_and_grad
from autograd_nn.transforms import flatten

UNARY = [
    "abs",
    "relu",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "tanh",
    "sigmoid",
    "softplus",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "erf",
    "leaky_relu",
]
BINARY = ["maximum", "minimum", "atan2", "hypot"]


@pytest.mark.parametrize("name", UNARY)
def test_floats_values_arrays_and_lists_give_the_same_numbers(name):
    f = getattr(functions, name)
    xs = [0.25, 0.5, 0.75]
    expected = [f(x) for x in xs]
    assert all(type(y) is float for y in expected)
    assert [f(Value(x)).data for x in xs] == expected
    assert list(f(np.array(xs))) == pytest.approx(expected, rel=1e-15)
    assert f(np.array(xs).reshape(3, 1)).shape == (3, 1)
    assert [y.data for y in f([Value(x) for x in xs])] == expected
    mixed = f(np.array([Value(0.25), 0.5], dtype=object))
    assert (mixed[0].data, mixed[1]) == (expected[0], expected[1])
    assert f(1) == f(1.0)


@pytest.mark.parametrize("name", BINARY)
def test_two_operands_broadcast(name):
    f = getattr(functions, name)
    assert list(f([1.0, 3.0], 2.0)) == [f(1.0, 2.0), f(3.0, 2.0)]
    assert [v.data for v in f([Value(1.0), Value(3.0)], 2.0)] == [f(1.0, 2.0), f(3.0, 2.0)]
    assert f(Value(1.0), 2).data == f(1, Value(2.0)).data == f(1.0, 2.0)


def test_where_picks_and_slopes_flow_to_the_chosen_one():
    a, b = Value(1.0), Value(2.0)
    assert functions.where(a > b, a, b) is b
    picked = functions.where(np.array([True, False]), [a, a], [b, b])
    assert picked[0] is a
    assert picked[1] is b
    assert list(functions.where([True, False], 1.0, [3.0, 4.0])) == [1.0, 4.0]


def test_dot_softmax_and_logsumexp():
    xs = [Value(1.0), Value(2.0)]
    total = functions.dot(xs, [3.0, 4.0])
    total.backward()
    assert (total.data, [x.grad for x in xs]) == (11.0, [3.0, 4.0])
    soft = functions.softmax([1.0, 2.0, 3.0])
    e = np.exp([1.0, 2.0, 3.0])
    assert list(soft) == pytest.approx(list(e / e.sum()), rel=1e-15)
    assert functions.logsumexp([1e308, 0.0]) == 1e308
    assert grad(functions.logsumexp)([1.0, 2.0, 3.0]) == pytest.approx(list(soft), rel=1e-14)
    jacobian_row = grad(lambda x: functions.softmax(x)[0])([1.0, 2.0, 3.0])
    expected = soft[0] * (np.eye(3)[0] - soft)
    assert jacobian_row == pytest.approx(list(expected), rel=1e-13)


def test_inf_and_nan_are_results_and_warn_of_nothing():
    """Warnings are errors in this test run, so a warning from NumPy would fail here."""
    inf, nan = math.inf, math.nan
    for x in (1000.0, Value(1000.0), [1000.0], [Value(1000.0), 1.0]):
        assert float(np.ravel(functions.exp(x))[0]) == inf
    assert math.isnan(functions.sqrt([Value(-1.0)])[0])
    for make in (float, Value):
        assert float(functions.logsumexp([make(0.0), make(inf)])) == inf
        assert float(functions.logsumexp([make(-inf), make(-inf)])) == -inf
        assert math.isnan(functions.logsumexp([make(nan), make(1.0)]))
        assert [float(p) for p in functions.softmax([make(-inf), make(3.0)])] == [0.0, 1.0]
        assert math.isnan(functions.softmax([make(inf), make(0.0)])[0])


def test_one_number_counts_as_a_list_of_one():
    assert functions.logsumexp(2) == 2.0
    assert list(functions.softmax(Value(5.0))) == [1.0]


@pytest.mark.parametrize(
    ("bad", "kind", "message"),
    [
        (lambda: functions.exp("a"), TypeError, "exp: expected numbers, .* got str 'a'"),
        (lambda: functions.exp([1.0, None]), TypeError, "got NoneType"),
        (lambda: functions.exp([[1.0], [1.0, 2.0]]), ValueError, "differ in length"),
        (lambda: functions.dot([1.0], [1.0, 2.0]), ValueError, "equal lengths, got 1 and 2"),
        (lambda: functions.dot([], []), ValueError, "two empty sequences"),
        (lambda: functions.dot([[1.0]], [1.0]), TypeError, "got list"),
        (lambda: functions.dot(["a"], [1.0]), TypeError, "got str 'a'"),
        (lambda: functions.dot(Value(1.0), [1.0]), TypeError, "two lists or arrays .* got Value"),
        (lambda: functions.exp(10**400), OverflowError, "an int of 1329 bits is too large"),
        (lambda: functions.exp([1, 10**400]), OverflowError, "an int of 1329 bits is too large"),
        (lambda: functions.maximum([1.0, 2.0], [1.0] * 3), ValueError, "broadcast"),
        (lambda: functions.softmax([]), ValueError, "softmax of nothing"),
        (lambda: grad(lambda x: x)("a"), TypeError, "argument 0 is str 'a'"),
        (lambda: grad(lambda x: x[0])([1.0, "b"]), TypeError, r"argument 0\[1\] is str 'b'"),
        (lambda: grad(lambda x: [x])(1.0), TypeError, "returned list .*needs one number"),
        (lambda: grad(lambda x: None)(1.0), TypeError, "returned NoneType"),
        (lambda: grad(lambda x: x, argnums=1)(1.0), ValueError, "asks for argument 1, but 1 were"),
        (lambda: grad(lambda x: x, argnums="x"), TypeError, "argnums is an int"),
    ],
)
def test_bad_input_gets_a_clear_error(bad, kind, message):
    with pytest.raises(kind, match=message):
        bad()


# ---- grad


def test_a_gradient_has_the_structure_of_its_argument():
    at = {"w": [1.0, (2.0, 3.0)], "m": np.array([[1.0, 2.0], [3.0, 4.0]])}

    def f(p):
        return p["w"][0] * p["w"][1][1] + (p["m"] ** 2).sum()

    value, gradient = value_and_grad(f)(at)
    assert value == 33.0
    assert gradient["w"] == [3.0, (0.0, 1.0)]
    assert (gradient["m"] == 2 * at["m"]).all()
    assert gradient["m"].dtype == float


def test_argnums_pick_arguments():
    def f(a, b, c):
        return a * b**2 + c

    assert grad(f, argnums=1)(2.0, 3.0, 1.0) == 12.0
    assert grad(f, argnums=(0, 2))(2.0, 3.0, 1.0) == (9.0, 1.0)
    assert grad(f)(2, 3, c=np.float64(1)) == 9.0


def test_grad_of_grad_in_every_nesting():
    assert grad(grad(lambda x: x**3))(2.0) == 12.0
    assert grad(grad(grad(lambda x: x**4)))(2.0) == 48.0
    # the derivative along x only, though y is the same number
    assert grad(lambda y: grad(lambda x: x * y)(y))(3.0) == 1.0
    assert grad(lambda y: grad(lambda x: x * y)(2.0))(3.0) == 1.0
    mixed = grad(grad(functions.hypot), argnums=1)(3.0, 4.0)
    assert mixed == pytest.approx(-12 / 125, rel=1e-14)


def test_a_penalty_on_a_slope_can_be_trained():
    w = Value(2.0)
    x = Value(3.0)
    slope = grad(lambda t: w * t * t)(x)
    (slope * slope).backward()
    assert slope.data == 12.0
    assert w.grad == pytest.approx(2 * 12 * 2 * 3)


def test_grad_leaves_slopes_of_closed_over_parameters_alone():
    model = MLP(2, [2, 1], seed=0)
    model.parameters()[0].grad = 5.0
    grad(model)([1.0, 2.0])
    assert [p.grad for p in model.parameters()] == [5.0] + [0.0] * (len(model.parameters()) - 1)


def test_no_dependence_is_a_zero_slope():
    assert value_and_grad(lambda x: 7)(1.0) == (7.0, 0.0)
    assert grad(lambda x, y: y)(1.0, 2.0) == 0.0


def test_flatten_and_rebuild_are_inverse():
    nested = ({"a": [1.0, np.array([2.0, 3.0])]}, (4.0,), [])
    leaves, structure = flatten(nested)
    assert leaves == [1.0, 2.0, 3.0, 4.0]
    again = structure.rebuild(leaves)
    assert again[0]["a"][0] == 1.0
    assert list(again[0]["a"][1]) == [2.0, 3.0]
    assert again[1:] == ((4.0,), [])


def test_functions_have_names_and_say_what_they_do():
    for name in functions.__all__:
        f = getattr(functions, name)
        assert f.__name__ == name
        assert f.__doc__
    assert math.isclose(functions.exp(1), math.e)
