"""First weights by name: the variance that each promises, and the names of Keras and PyTorch."""

import numpy as np
import pytest

from autograd_nn.nn import INITIALISERS, Conv2d, Embedding, Layer, Linear


def weights(layer):
    return np.array([[p.data for p in row] for row in layer.weight])


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("he", 2 / 200), ("kaiming_normal", 2 / 200), ("lecun", 1 / 200), ("glorot", 2 / 300),
        ("xavier_normal", 2 / 300), ("pytorch", 1 / 600), ("uniform", 1 / 3), ("normal", 1.0),
        ("zeros", 0.0),
    ],
)  # fmt: skip
def test_weights_have_the_variance_of_their_name(name, variance):
    assert weights(Linear(200, 100, init=name, seed=0)).var() == pytest.approx(variance, rel=0.05)


def test_keras_and_pytorch_names_are_the_same_functions():
    for ours, theirs in (("he", "kaiming_uniform"), ("glorot", "xavier_uniform")):
        assert INITIALISERS[ours] is INITIALISERS[theirs]


def test_a_function_of_ones_own_draws():
    assert (weights(Linear(3, 2, init=lambda rng, nin: nin)) == 3.0).all()
    assert Conv2d(2, 1, 3, init=lambda rng, nin: nin, seed=0).weight[0][0][0][0].data == 18.0


def test_a_layer_of_neurons_knows_how_many_there_are():
    layer = Layer(200, 100, init="glorot", seed=0)
    assert np.var([w.data for n in layer.neurons for w in n.w]) == pytest.approx(2 / 300, rel=0.05)


def test_biases_are_zero_unless_pytorch_draws_them():
    assert [b.data for b in Linear(4, 3, init="he", seed=0).bias] == [0.0] * 3
    assert all(b.data for b in Linear(4, 3, seed=0).bias)


def test_a_seed_gives_the_same_weights():
    a, b = (weights(Embedding(5, 3, seed=3)) for _ in range(2))
    assert (a == b).all()
