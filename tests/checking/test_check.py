"""check_gradients as people call it: structures, kinks, bad input, float-only functions."""

import ctypes
import ctypes.util
import math
import random

import numpy as np
import pytest

from autograd_nn import MLP, functions, losses
from autograd_nn.checking import (
    GradientCheckError,
    approx_gradient,
    assert_gradients,
    check_gradients,
    check_module,
)
from autograd_nn.errors import LeakError


def f(w):
    return (w * 5 - 7) ** 2


def hand(w):
    return 10 * (w * 5 - 7)


@pytest.mark.parametrize(
    ("function", "at", "slopes"),
    [
        (lambda w: w[0] * w[1], [2.0, 3.0], lambda w: [w[1], w[0]]),
        (lambda p: p["a"] * p["b"], {"a": 2.0, "b": 3.0}, lambda p: {"a": p["b"], "b": p["a"]}),
        (lambda a, b: a * b, (2, 3), lambda a, b: (b, a)),
        (lambda w: (w**2).sum(), np.ones((2, 2)), lambda w: 2 * w),
        (
            lambda w, x: (w[0] * x) ** 2,
            ([2.0], 3.0),
            lambda w, x: ([2 * w[0] * x**2], 2 * w[0] ** 2 * x),
        ),
    ],
)
def test_structures(function, at, slopes):
    assert check_gradients(function, at, slopes)


def test_numbers_alone_are_consistent_with_a_cause():
    report = check_gradients(f, 2.0, 15.0)
    assert report.headline.startswith("consistent with: w: a factor 2 is missing")


def test_wrt_keeps_the_others_fixed():
    assert check_gradients(lambda w, x: w * x, (2.0, 3.0), lambda w, x: x, wrt=0)
    with pytest.raises(ValueError, match="the arguments are"):
        check_gradients(lambda w, x: w * x, (2.0, 3.0), wrt=5)


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_any_slope_between_those_of_a_kink_passes_with_a_note(slope):
    report = check_gradients(functions.relu, 0.0, slope)
    assert all(row.verdict == "ok" for row in report.rows)
    assert "kink" in str(report)
    assert "a kink: slope 0 from the left, 1 from the right" in report.details
    assert report


def test_a_slope_outside_a_kink_fails():
    assert not check_gradients(functions.relu, 0.0, 1.5)


def floats_only(x):
    """As a function from C: no Values."""
    if not isinstance(x, float | np.ndarray) or getattr(x, "dtype", None) == "O":
        raise TypeError("floats only")
    return math.sin(x) if isinstance(x, float) else (x**2).sum()


def test_float_only_function_and_c_function():
    """Formulas around a compiled function are checked by numeric slopes alone."""
    name = ctypes.util.find_library("m")
    cos = ctypes.CDLL(name).cos
    cos.restype, cos.argtypes = ctypes.c_double, [ctypes.c_double]
    assert check_gradients(floats_only, 0.7, cos)
    assert not check_gradients(floats_only, 0.7, lambda x: -cos(x))


def test_numbers_that_left_the_graph_are_an_error_that_names_the_line():
    """Before, the engine was left out without a word."""
    for function in (math.sin, lambda x: float(x) ** 2):
        for slopes in (math.cos, 0.7, None):
            with pytest.raises(LeakError, match=r"functions of math[\s\S]*test_check.py"):
                check_gradients(function, 0.7, slopes)


def test_assert_says_the_cause_first():
    with pytest.raises(GradientCheckError, match=r"\Aw: a factor 2 is missing") as caught:
        assert_gradients(f, 2.0, lambda w: 5 * (w * 5 - 7))
    assert "To reproduce" in caught.value.report.details
    assert max(map(len, str(caught.value).splitlines())) <= 80


def boom(*_):
    raise RuntimeError("boom")


def spoil(w):
    w[0] = 0.0
    return [1.0]


@pytest.mark.parametrize(
    ("function", "at", "slopes", "error", "says"),
    [
        (lambda w: None, 1.0, None, TypeError, "f returned NoneType None"),
        (lambda w: [w], 1.0, None, TypeError, "f returned list"),
        (lambda w: "a", 1.0, hand, TypeError, "f returned str 'a'"),
        (boom, 1.0, hand, RuntimeError, "boom"),
        (f, 1.0, boom, RuntimeError, "boom"),
        (f, 1.0, lambda w: None, TypeError, "hand returned NoneType"),
        (f, 1.0, lambda w: [1.0, 2.0], ValueError, "hand returned 2 slopes for 1 number"),
        (f, 1.0, lambda w: [], ValueError, "hand returned 0 slopes"),
        (lambda w: w[0] * 1, [1.0], spoil, ValueError, "hand changed its arguments"),
        (spoil, [1.0], lambda w: [1.0], ValueError, "f changed its arguments"),
        (f, [], hand, ValueError, "holds no number"),
        (f, "one", hand, TypeError, "at is str"),
    ],
)
def test_bad_input_names_the_side(function, at, slopes, error, says):
    with pytest.raises(error, match=says):
        check_gradients(function, at, slopes)


def test_what_raised_is_noted():
    with pytest.raises(RuntimeError) as caught:
        check_gradients(f, 1.0, boom)
    assert caught.value.__notes__ == ["raised by hand, which the gradient check called"]


def test_nan_slopes_and_random_functions_do_not_pass():
    assert "nan" in check_gradients(f, 1.0, lambda w: math.nan).headline
    rng = random.Random(0)
    report = check_gradients(lambda w: w * rng.random(), 1.0)
    assert not report
    assert "for the same argument" in report.headline


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("slopes", [None, 1.0, lambda w: 1.0])
@pytest.mark.parametrize("numeric", [True, False])
def test_f_that_is_not_finite_is_blamed_on_f(value, slopes, numeric):
    for function in (lambda w: w * value, lambda w: value):
        report = check_gradients(function, 1.3, slopes, numeric=numeric)
        assert not report
        assert f"f returned {value} at the given point" in report.headline


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * math.exp(x),
        lambda x: functions.sin(x) + math.sin(x),
        lambda x: x * x.data if hasattr(x, "data") else x * x,
    ],
)
def test_a_part_that_left_the_graph_is_blamed_on_f(function):
    report = check_gradients(function, 1.3)
    assert "f leaves the graph" in report.headline
    assert "functions.exp" in report.headline
    assert max(map(len, str(report).splitlines())) <= 80


def test_a_right_slope_is_not_blamed_for_a_part_that_left_the_graph():
    report = check_gradients(lambda x: x * math.exp(x), 1.3, lambda x: (1 + x) * math.exp(x))
    assert "f leaves the graph" in report.headline


def test_leaving_the_graph_without_harm_passes():
    assert check_gradients(lambda x: x * 2.0 + math.floor(x), 1.3)
    assert check_gradients(lambda w: w[0] * math.pi, [1.3])


def test_dicts_of_slopes_go_by_their_keys():
    function = lambda p: p["a"] ** 2 + 3 * p["b"]
    assert check_gradients(function, {"a": 1.0, "b": 2.0}, lambda p: {"b": 3.0, "a": 2 * p["a"]})


def test_dicts_of_chosen_arguments_go_by_their_keys():
    function = lambda p, x: p["a"] * x + p["b"] ** 2
    at = ({"a": 1.0, "b": 2.0}, 3.0)
    assert check_gradients(function, at, lambda p, x: {"b": 2 * p["b"], "a": x}, wrt=0)
    assert check_gradients(
        lambda p: function(p, p["x"]),
        {"a": 1.0, "x": 3.0, "b": 2.0},
        lambda p: {"b": 2 * p["b"], "a": p["x"]},
        wrt=["a", "b"],
    )
    alone = lambda p: {"a": 3.0}
    assert check_gradients(lambda p: 3.0 * p["a"] + p["b"], {"a": 1.0, "b": 2.0}, alone, wrt="a")


@pytest.mark.parametrize(
    ("at", "slopes", "says"),
    [
        ({"a": 1.0}, lambda p: {"A": 2.0}, r"hand returned a dict with the keys \['A'\]"),
        ({"a": 1.0}, lambda p: {"a": [2.0, 3.0]}, "hand returned 2 slopes for 1 number"),
        ({"a": 1.0}, lambda p: {"a": {1.0, 2.0}}, "hand returned dict"),
        ({"a": 1.0}, {"b": 1.0}, r"hand is a dict with the keys \['b'\]"),
        (np.ones((2, 3)), lambda w: 2 * w.T, r"hand returned an array of shape \(3, 2\)"),
        ([[1.0], [2.0]], lambda w: [[1.0, 2.0], [3.0]], "hand returned 3 slopes for 2 numbers"),
    ],
)
def test_slopes_nested_wrongly_are_blamed_on_hand(at, slopes, says):
    def function(w):
        return sum(x * x for x in np.ravel(w["a"] if isinstance(w, dict) else w))

    with pytest.raises((ValueError, TypeError), match=says):
        check_gradients(function, at, slopes)


def test_module_by_projections_and_its_parameters_stay():
    model = MLP(3, [8, 1], activation="tanh", seed=0)
    before = model.state_dict()
    assert check_module(model, losses.mean_squared_error, [[1.0, 2.0, 3.0]], [1.0])
    assert str(model.state_dict()) == str(before)


def test_a_wrong_projection_is_halved_down_to_its_component():
    slopes = lambda w: 2 * w + np.eye(60)[17]
    report = check_gradients(floats_only, np.arange(1.0, 61.0), slopes)
    assert "x[17]" in [row.name for row in report.rows if row.verdict == "wrong"]


def test_approx_gradient_reads_as_an_equality():
    assert approx_gradient(math.sin, 0.5) == math.cos(0.5)
    assert np.array([3.0, 2.0]) == approx_gradient(lambda w: w[0] * w[1], [2.0, 3.0])
    assert approx_gradient(math.sin, 0.5) != 0.8
