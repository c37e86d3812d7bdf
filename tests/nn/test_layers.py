"""Networks: micrograd's constructors, initial weights, and what bad input gets."""

import math
import random

import numpy as np
import pytest

from autograd_nn import MLP, Layer, Module, Neuron, Value, parameter


def test_a_neuron_is_its_formula():
    neuron = Neuron(2, activation="tanh", seed=0)
    w, b = [p.data for p in neuron.w], neuron.b.data
    out = neuron([0.5, -1.0])
    assert out.data == pytest.approx(math.tanh(b + 0.5 * w[0] - w[1]), rel=1e-15)
    out.backward()
    slope = 1 - out.data**2
    assert [p.grad for p in neuron.parameters()] == pytest.approx([0.5 * slope, -slope, slope])


def test_a_network_agrees_with_numpy():
    model = MLP(3, [5, 4, 2], seed=1)
    x = np.array([0.3, -1.0, 2.0])
    h = x
    for i, layer in enumerate(model.layers):
        w = np.array([[p.data for p in n.w] for n in layer.neurons])
        h = w @ h + [n.b.data for n in layer.neurons]
        h = h if i == 2 else np.maximum(h, 0)
    assert [v.data for v in model(x)] == pytest.approx(list(h), rel=1e-13)


def test_parameters_come_in_micrograds_order_with_names():
    model = MLP(2, [2, 1])
    names = [name for name, _ in model.named_parameters()]
    assert names[:4] == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0",
    ]
    assert [p for _, p in model.named_parameters()] == model.parameters()
    assert all(p.kind == "parameter" for p in model.parameters())


def test_zero_grad_and_a_step_of_descent_lower_the_loss():
    model = MLP(2, [4, 1], seed=0)

    def loss():
        return (model([1.0, 2.0]) - 3) ** 2

    before = loss()
    model.zero_grad()
    before.backward()
    for p in model.parameters():
        p.data -= 0.01 * p.grad
    assert loss() < before
    model.zero_grad()
    assert all(p.grad == 0 for p in model.parameters())


def test_a_seed_gives_the_same_weights_and_leaves_pythons_generator_alone():
    random.seed(5)
    expected = random.random()
    random.seed(5)
    a, b = MLP(2, [3, 1], seed=7), MLP(2, [3, 1], seed=7)
    assert random.random() == expected
    assert [p.data for p in a.parameters()] == [p.data for p in b.parameters()]
    assert [p.data for p in a.parameters()] != [p.data for p in MLP(2, [3, 1], seed=8).parameters()]


def test_the_tutorials_uniform_weights_are_there_by_name_and_follow_random_seed():
    random.seed(1337)
    weights = [p.data for p in Neuron(3, init="uniform").w]
    random.seed(1337)
    assert weights == [random.uniform(-1, 1) for _ in range(3)]


@pytest.mark.parametrize(
    ("activation", "variance"), [("relu", 2.0), ("tanh", 1.0), ("linear", 1.0)]
)
def test_default_weights_keep_the_size_of_a_signal(activation, variance):
    layer = Layer(100, 100, activation=activation, seed=0)
    weights = np.array([[w.data for w in n.w] for n in layer.neurons])
    assert weights.var() * 100 == pytest.approx(variance, rel=0.05)
    assert all(n.b.data == 0 for n in layer.neurons)


def test_scopes_tell_layers_and_neurons_apart():
    model = MLP(2, [2, 1], seed=0)
    hidden = model.layers[0]([1.0, 2.0])
    assert hidden[1].scope == ("layer 0", "neuron 1")
    assert model([1.0, 2.0]).scope == ("layer 1", "neuron 0")
    assert model.layers[0].neurons[1].b.scope == ("layer 0", "neuron 1")


def test_a_module_of_ones_own_finds_its_parameters_anywhere_once():
    class Mine(Module):
        def __init__(self):
            self.a = parameter(1.0)
            self.parts = [Neuron(1, seed=0), {"deep": parameter(2.0)}]
            self.again = self.a
            self.input = Value(3.0)

    names = [name for name, _ in Mine().named_parameters()]
    assert names == ["a", "parts.0.w.0", "parts.0.b", "parts.1.deep"]


def test_repr_has_a_line_for_each_layer_however_wide():
    """784 neurons in one line are a wall that tells nothing."""
    assert str(MLP(784, [128, 10], seed=0)).splitlines() == [
        "MLP(",
        "  (layers.0): Layer(784 -> 128, relu)",
        "  (layers.1): Layer(128 -> 10, linear)",
        ")",
    ]
    assert str(Neuron(2, activation=Value.sin)).endswith("Neuron(2)")
    assert str(Layer(3, 2, activation=Value.sin)) == "Layer(3 -> 2, sin)"


@pytest.mark.parametrize(
    ("bad", "kind", "message"),
    [
        (lambda: MLP(2, []), ValueError, "nouts is empty"),
        (lambda: MLP(2, [0]), ValueError, r"nouts\[0\] is at least 1, got 0"),
        (lambda: MLP(-1, [1]), ValueError, "nin is at least 1, got -1"),
        (lambda: MLP(2, [1.5]), TypeError, "got float 1.5"),
        (lambda: MLP(2, 3), TypeError, "a list of layer sizes"),
        (lambda: MLP(2, [True]), TypeError, "got bool"),
        (lambda: Neuron(2, activation="rellu"), ValueError, "did you mean 'relu'"),
        (lambda: MLP(2, [1], activation="rellu"), ValueError, "did you mean 'relu'"),
        (lambda: Neuron(2, init="heh"), ValueError, "did you mean 'he'"),
        (lambda: Neuron(2, seed="x"), TypeError, "seed is an int"),
        (lambda: Neuron(3)([1, 2]), ValueError, "Neuron expects 3 inputs, got 2"),
        (lambda: Layer(3, 2)([1, 2, 3, 4]), ValueError, "Layer expects 3 inputs, got 4"),
        (lambda: MLP(3, [2])([1, 2]), ValueError, "MLP expects 3 inputs, got 2"),
        (
            lambda: MLP(2, [2])([[1, 2], [3, 4]]),
            TypeError,
            r"One row at a time: predict\(model, X\)",
        ),
        (lambda: MLP(2, [2])(np.ones((5, 2))), TypeError, "a table of 5 rows"),
        (lambda: MLP(3, [2])("abc"), TypeError, "one row of 3 numbers"),
        (lambda: MLP(1, [2])(5.0), TypeError, "one row of 1 numbers"),
        (lambda: MLP(2, [2])([1.0, "a"]), TypeError, "got str 'a'"),
    ],
)
def test_bad_input_gets_a_clear_error(bad, kind, message):
    with pytest.raises(kind, match=message):
        bad()


def test_modules_say_how_many_inputs_they_take():
    """``draw(model)`` has no row to count."""
    assert Neuron(3, seed=0).nin == 3
    assert Layer(2, 4, seed=0).nin == 2
    assert MLP(5, [4, 1], seed=0).nin == 5
