"""Pictures of activations, slopes and weights show the numbers of the model."""

import numpy as np
import pytest

from autograd_nn import MLP, losses
from autograd_nn.nn import Conv2d, Dropout, Flatten, Linear, Module, ReLU, Sequential
from autograd_nn.training import layer_statistics, plot_layers, plot_weights

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))


def dead_net():
    model = MLP(2, [4, 1], seed=0)
    for neuron in model.layers[0].neurons[:3]:
        neuron.b.data = -100.0
    return model


def test_activations_and_slopes_are_those_of_the_loss():
    model = dead_net()
    first, last = layer_statistics(model, X, X[:, 0])
    out = [model(x) for x in X.tolist()]
    losses.mean_squared_error(X[:, 0], out).backward()
    assert last.activations[:, 0].tolist() == [v.data for v in out]
    np.testing.assert_allclose(last.slopes[:, 0], [v.grad for v in out])
    weights = np.array([w.data for w in model.layers[1].neurons[0].w])
    np.testing.assert_allclose(first.slopes, last.slopes * weights)


def test_relus_that_no_row_wakes_are_counted():
    """A dead relu gets no slope and never wakes again."""
    assert [part.dead for part in layer_statistics(dead_net(), X, X[:, 0])] == [3, 0]
    model = Sequential(Linear(2, 3, seed=0), ReLU(), Linear(3, 1, seed=0))
    for b in model[0].bias:
        b.data = -100.0
    assert [part.dead for part in layer_statistics(model, X, X[:, 0])] == [0, 3, 0]


def test_many_rows_are_thinned_out():
    many = RNG.normal(size=(1000, 2))
    assert layer_statistics(dead_net(), many, many[:, 0])[0].activations.shape == (256, 4)


def test_the_pictures_name_layers_and_dead_relus():
    pytest.importorskip("matplotlib").use("Agg")
    figure = plot_layers(dead_net(), X, X[:, 0])
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[0] == "Layer(2 -> 4, relu)   3 of 4 dead"
    assert len(figure.axes) == 4


def test_the_first_layers_weights_are_images():
    pytest.importorskip("matplotlib").use("Agg")
    model = MLP(6, [3, 1], seed=0)
    images = [ax.images[0].get_array() for ax in plot_weights(model, (2, 3)).axes[:3]]
    expected = [w.data for w in model.layers[0].neurons[1].w]
    assert np.ravel(images[1]).tolist() == expected
    plot_weights(Sequential(Conv2d(1, 9, 2, seed=0), Flatten()))
    plot_weights(Sequential(Dropout(0.1), Linear(4, 2, seed=0)))
    with pytest.raises(ValueError, match="has 6 weights: give shape"):
        plot_weights(model)
    with pytest.raises(ValueError, match="no layer with weights"):
        plot_weights(Sequential(ReLU()))


def test_a_model_without_layers_in_turn_is_refused():
    class Mine(Module):
        def __init__(self):
            self.inner = Linear(2, 1, seed=0)

        def __call__(self, x):
            return self.inner(x)

    with pytest.raises(TypeError, match="that runs them in turn"):
        layer_statistics(Mine(), X, X[:, 0])
