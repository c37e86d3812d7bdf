"""The learning-rate finder: a rate that trains, and a model that is as it was."""

import math

import numpy as np
import pytest

from autograd_nn import MLP, fit, optim
from autograd_nn.parameters import gather
from autograd_nn.training import LearningRates, find_learning_rate

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
Y = np.sin(X[:, 0]) + X[:, 1]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_rate_it_suggests_trains(optimizer):
    model = MLP(2, [8, 1], activation="tanh", seed=0)
    before = gather(model.parameters()).tolist()
    found = find_learning_rate(model, X, Y, optimizer=optimizer, high=10.0)
    assert gather(model.parameters()).tolist() == before
    history = fit(model, X, Y, optimizer=optimizer, lr=found.suggestion, epochs=60, verbose=0)
    assert history["loss"][-1] < 0.6 * history["loss"][0]


def test_it_stops_where_the_loss_explodes_and_the_optimizer_is_as_it_was():
    model = MLP(2, [8, 1], seed=0)
    adam = optim.Adam(model.parameters(), lr=0.123)
    find_learning_rate(model, X, Y, optimizer=adam)
    assert adam.lr == 0.123
    assert not adam.state_dict()["_mean"].any()
    found = find_learning_rate(model, X, Y, optimizer="sgd", high=1e6)
    assert len(found.rates) == len(found.losses) < 100


def test_the_picture_marks_the_suggestion():
    pytest.importorskip("matplotlib").use("Agg")
    found = LearningRates([0.01, 0.1, 1.0], [1.0, 0.9, 0.2])
    assert found.suggestion == 0.1
    figure = found.plot()
    assert "0.1" in figure.axes[0].texts[0].get_text()
    assert math.isnan(LearningRates([0.1, 1.0], [1.0, 2.0]).suggestion)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"low": 0.0}, "low is a rate above 0"),
        ({"low": 1.0, "high": 0.1}, "low is below high"),
        ({"steps": 2}, "steps is at least 3"),
        ({"loss": "msee"}, "did you mean 'mse'"),
    ],
)
def test_bad_settings_are_named(options, says):
    with pytest.raises(ValueError, match=says):
        find_learning_rate(MLP(2, [1], seed=0), X, Y, **options)
