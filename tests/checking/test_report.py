"""The contract of a report: a headline, at most 12 lines in the order given, and what to do."""

import math

import numpy as np
import pytest

from autograd_nn import MLP, functions, losses
from autograd_nn.checking import check_gradients, check_module


def squares(w):
    return (w**2).sum()


@pytest.mark.parametrize("size", [1, 3, 12, 30])
def test_the_table_is_in_the_order_given_and_has_at_most_12_lines(size):
    """A parameter is found where its author put it; a long table does not bury the headline."""
    w = np.arange(1.0, size + 1)
    report = check_gradients(squares, w, lambda w: 2 * w + 0.1 * (np.arange(size) == size - 1))
    lines = [line.split()[0] for line in str(report).splitlines() if line.startswith("  w")]
    assert len(lines) == min(size, 12)
    if size <= 12:
        assert lines == [f"w[{i}]" for i in range(size)]
    else:
        assert lines[0] == f"w[{size - 1}]"
        assert "worst first" in str(report)


def test_what_to_do_is_one_line_and_the_rest_is_in_details():
    report = check_gradients(squares, np.ones(2), lambda w: w)
    assert [line for line in str(report).splitlines() if line.startswith("To do: ")]
    assert "To reproduce" not in str(report)
    assert "To reproduce: at = array([1., 1.]), seed = 0" in report.details


def test_long_names_are_not_cut_inside_a_headline():
    """Half a name is no name."""
    name = "the_weight_of_the_first_hidden_layer_that_has_a_very_long_name_indeed"
    report = check_gradients(lambda w: w**2, 2.0, lambda w: w, names=name)
    assert report.headline.startswith(f"{name}: ")
    assert len(report.headline) <= 100


def test_a_notebook_shows_a_table_with_the_headline_on_top():
    """Names are text, whatever signs they hold."""
    report = check_gradients(lambda w: w**2, 2.0, lambda w: w, names="<b>&w")
    html = report._repr_html_()
    assert html.index("&lt;b&gt;&amp;w: a factor 2 is missing") < html.index("<table")
    assert "<b>&w" not in html
    assert html.count("<tr>") == 2
    assert "To do: Multiply by 2" in html


@pytest.mark.parametrize("slopes", [lambda w: 2 * w * X, None])
def test_ten_thousand_numbers_take_at_most_25_passes(slopes):
    """A check beside the training must not take longer than the training."""
    calls = []

    def f(w):
        calls.append(1)
        return (w * w * X).sum()

    assert check_gradients(f, np.linspace(-1, 1, len(X)), slopes)
    assert len(calls) <= 25


X = np.random.default_rng(0).normal(size=10_000)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("zero", [False, True])
def test_a_network_of_ten_thousand_parameters_takes_at_most_25_passes(activation, zero):
    """Also where every unit sits on its kink."""
    model = MLP(60, [100, 38, 1], activation=activation, seed=0)
    if zero:
        for p in model.parameters():
            p.data = 0.0
    calls = []

    def loss(y, predictions):
        calls.append(1)
        return losses.mean_squared_error(y, predictions)

    report = check_module(model, loss, [X[:60].tolist()], [1.0])
    assert report, report.headline
    assert len(calls) <= 25


def test_a_relu_of_many_numbers_at_its_kink():
    """Any slope between the two sides is right, and none beyond them."""
    f = lambda v: sum(functions.relu(x) for x in v)
    for slope in (0.0, 0.5, 1.0):
        assert check_gradients(f, np.zeros(60), np.full(60, slope))
    assert not check_gradients(f, np.zeros(60), np.full(60, 1.5))


def test_a_network_of_zeros_with_equal_slopes_passes():
    X, y = np.array([[1.0, 2.0], [-0.5, 0.3]]), np.array([1.0, -1.0])

    def f(w1, w2):
        return ((functions.relu(X @ w1) @ w2 - y) ** 2).sum()

    def hand(w1, w2):
        z = X @ w1
        error = 2 * (np.maximum(z, 0) @ w2 - y)
        return X.T @ (np.outer(error, w2) * (z > 0)), np.maximum(z, 0).T @ error

    assert check_gradients(f, (np.zeros((2, 3)), np.zeros(3)), hand)


def test_xor_nets_of_a_hundred_seeds_pass():
    """Two of them had a unit near its kink, and were refused."""
    rows, targets = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    for seed in range(100):
        model = MLP(2, [4, 1], activation="relu", seed=seed)
        report = check_module(model, losses.mean_squared_error, rows, targets)
        assert report, (seed, report.headline)


def test_slopes_that_are_defined_near_the_point_only():
    """Probes outside the domain are no fault of the formula."""
    f = lambda v: 1 / functions.sqrt(1 - v * v)
    assert check_gradients(f, 0.6, lambda v: v / (1 - v**2) ** 1.5)


def test_numbers_are_not_explained_by_a_fitted_constant():
    """A free constant fits any number once."""
    report = check_gradients(lambda w: (w * 5 - 7) ** 2, 2.0, 2.0 + 0.9581 * 3)
    assert "no known mistake fits" in report.headline
    assert "0.9581" not in str(report)


def test_formulas_are_spelled_with_their_brackets():
    report = check_gradients(lambda a, b: (a**b) ** 2, (1.3, 0.7), lambda a, b: (1.0, math.log(a)))
    assert "a**b**2" not in f"{report}{report.details}"
