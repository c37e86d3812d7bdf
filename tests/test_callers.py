"""``detect_anomaly`` names the culprit; ``user_line`` finds the user's own line."""

import copy
import math
import pickle

import pytest

from autograd_nn import MLP, AnomalyError, Value, detect_anomaly, functions
from autograd_nn.callers import user_line


def test_the_error_carries_what_a_program_needs():
    error = AnomalyError("backward", "log", math.inf, [("a", 0.0), ("", 2.0)], "f.py:3: y = g(x)")
    assert str(error) == "log(a = 0.0, 2.0) passes back the slope inf\n  at f.py:3: y = g(x)"
    assert isinstance(error, ArithmeticError)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert vars(twin) == vars(error)
        assert str(twin) == str(error)


def test_the_line_is_the_users_not_the_packages():
    assert "user_line()  # here" in user_line()  # here
    model = MLP(2, [2, 1], seed=0)
    model.layers[0].neurons[0].b.data = math.inf
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        model([1.0, 2.0])  # the line that calls the model
    assert "the line that calls the model" in caught.value.line
    assert __file__ in caught.value.line


@pytest.mark.parametrize(
    ("compute", "op", "number"),
    [
        (lambda x: x / 0.0, "div", math.inf),
        (lambda x: x / x, "div", math.nan),
        (lambda x: (x - 1).sqrt(), "sqrt", math.nan),
        (lambda x: (x + 1000).exp(), "exp", math.inf),
        (lambda x: 1e300 * (x + 1e300), "mul", math.inf),
        (lambda x: functions.logsumexp([x, math.inf]), "maximum", math.inf),
    ],
)
def test_the_first_number_that_is_not_finite_stops_the_forward_pass(compute, op, number):
    x = Value(1.0 if op == "div" and number == math.inf else 0.0, "x")
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        compute(x)
    error = caught.value
    assert (error.phase, error.op) == ("forward", op)
    assert error.number == number or math.isnan(error.number) == math.isnan(number) is True
    compute(x)  # outside the block nan and inf are numbers like others


def test_a_slope_of_a_constant_is_nobodys_concern():
    """The exponent's slope of ``x**2`` is nan at a negative x, and nobody asked for it."""
    x = Value(-2.0)
    with detect_anomaly():
        (x**2).backward()
    assert x.grad == -4.0


def test_a_graph_from_before_the_block_says_so():
    y = Value(0.0).sqrt()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"outside detect_anomaly\(\)"):
        y.backward()


def test_an_anomaly_on_the_way_back_leaves_every_leaf_as_it_was():
    x, w = Value(0.0), Value(3.0)
    x.grad, w.grad = 1.0, 2.0
    y = w * x.sqrt() + w
    with detect_anomaly(), pytest.raises(AnomalyError):
        y.backward()
    assert (x.grad, w.grad) == (1.0, 2.0)
    y.backward()
    assert (x.grad, w.grad) == (math.inf, 3.0)


def test_healthy_work_passes_and_results_are_the_same():
    x = Value(0.5)
    with detect_anomaly():
        y = functions.tanh(x * 2.0) + x**2
        y.backward()
    watched, x.grad = x.grad, 0.0
    (functions.tanh(x * 2.0) + x**2).backward()
    assert x.grad == watched
