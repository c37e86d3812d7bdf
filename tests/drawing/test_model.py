"""Networks are read from the shape of a graph: layers, neurons, rows, and what is no neuron."""

import pytest

from autograd_nn import MLP, Value, functions, parameter, scope
from autograd_nn.drawing.graph import Simplified
from autograd_nn.drawing.model import Block, is_off, read_model
from autograd_nn.drawing.sums import Sums


def read(*roots):
    return read_model(Sums(Simplified(list(roots))))


def shape(model):
    """(neurons, products in each, activation) of every layer; a block as its number of values."""
    return [
        len(column.values)
        if isinstance(column, Block)
        else [(len(part.neurons), len(part.neurons[0].first.terms), part.act) for part in column]
        for column in model.columns
    ]


def test_an_mlp_is_its_layers():
    model = read(MLP(3, [4, 2], seed=0, activation="tanh")([1.0, 2.0, 3.0])[0])
    assert len(model.inputs) == 3
    assert shape(model) == [[(4, 3, "tanh")], [(1, 4, "linear")]]
    assert [layer.name for layer in model.layers()] == ["layer 0", "layer 1"]
    assert model.share == 1.0


def test_neurons_stand_in_the_order_of_their_numbers():
    a, b, c = MLP(2, [3], seed=0)([1.0, 2.0])
    for root in ((b / a) * c, c - b * a):
        assert [n.name for n in read(root).layers()[0].neurons] == [
            "neuron 0",
            "neuron 1",
            "neuron 2",
        ]


def weighted(weights, row, start=None):
    total = start
    for w, x in zip(weights, row, strict=True):
        total = w * x if total is None else total + w * x
    return total


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_plain_loops_are_layers_without_scopes_and_labels(turned, bias):
    xs = [Value(1.0), Value(2.0)]
    layer = xs
    for _ in range(2):
        made = []
        for j in range(3):
            weights = [parameter(0.1 * j - 0.2) for _ in layer]
            pairs = zip(layer, weights, strict=True) if turned else zip(weights, layer, strict=True)
            total = sum(a * b for a, b in pairs)
            made.append((total + parameter(0.1) if bias else total).relu())
        layer = made
    model = read(sum(layer))
    assert shape(model)[:2] == [[(3, 2, "relu")], [(3, 3, "relu")]]


def test_weights_need_not_be_parameters():
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    hidden = [weighted([Value(0.1 * i + j) for i in range(3)], xs).tanh() for j in range(4)]
    out = weighted([Value(0.5) for _ in hidden], hidden)
    assert shape(read(out)) == [[(4, 3, "tanh")], [(1, 4, "linear")]]


def test_numbers_as_inputs_are_inputs():
    w = [parameter(0.5), parameter(-0.5)]
    out = w[0] * 3.0 + w[1] * 4.0
    model = read(out)
    assert len(model.inputs) == 2
    assert shape(model) == [[(1, 2, "linear")]]


def test_rows_are_uses_of_the_same_neuron():
    model = MLP(2, [3, 1], seed=0)
    outs = [model([0.1 * i, 1.0]) for i in range(5)]
    loss = sum((o - 1.0) ** 2 for o in outs) / 5.0
    found = read(loss)
    assert found.rows == 5
    assert shape(found)[:2] == [[(3, 2, "relu")], [(1, 3, "linear")]]
    assert isinstance(found.columns[2], Block)


def test_a_leaf_that_a_sum_starts_from_on_each_row_is_no_bias():
    weights = [parameter(0.5), parameter(-0.5)]
    outs = [weighted(weights, [Value(float(i)), Value(1.0)], Value(0.0)).tanh() for i in range(4)]
    model = read(sum(outs))
    assert model.rows == 4
    assert model.layers()[0].neurons[0].first.biases == []


def test_an_activation_that_is_written_out_is_part_of_its_neuron():
    x = [Value(1.0), Value(2.0)]
    made = []
    for k in range(2):
        with scope(f"unit {k}"):
            z = weighted([parameter(0.3), parameter(0.4)], x, parameter(0.1))
            made.append(z * z.sigmoid())
    model = read(made[0] * made[1])
    neuron = model.layers()[0].neurons[0]
    assert neuron.act == "2 steps"
    assert neuron.name == "unit 0"


def test_what_follows_without_a_scope_is_no_activation_unless_it_is_a_function():
    x = [Value(1.0), Value(2.0)]
    out = weighted([parameter(0.3), parameter(0.4)], x) - 1.0
    assert shape(read(out)) == [[(1, 2, "linear")], 1]
    assert shape(read(out**2)) == [[(1, 2, "linear")], 2]


def test_a_maximum_with_0_is_a_relu():
    xs = [Value(1.0), Value(2.0)]
    made = [functions.maximum(weighted([parameter(s), parameter(s)], xs), 0.0) for s in (1.0, -1.0)]
    graph = Simplified([made[0] + made[1]])
    sums = Sums(graph)
    neurons = read_model(sums).layers()[0].neurons
    assert [is_off(sums, neuron.first) for neuron in neurons] == [False, True]


def test_layers_side_by_side_stand_in_one_column():
    xs = [Value(1.0), Value(2.0)]
    made = []
    for name in ("query", "key"):
        with scope(name):
            made.append([weighted([parameter(0.1), parameter(0.2)], xs) for _ in range(2)])
    model = read(sum(a * b for a, b in zip(*made, strict=True)))
    assert shape(model) == [[(2, 2, "linear"), (2, 2, "linear")], 3]
    assert [layer.name for layer in model.layers()] == ["query", "key"]


def test_the_same_weights_step_after_step_are_recurrent():
    w, u, h = parameter(0.9), parameter(0.1), Value(0.0)
    for t in range(5):
        h = (w * h + u * Value(float(t))).tanh()
    assert read(h).recurrent


def test_an_expression_has_no_neurons():
    x, y = Value(1.0), Value(2.0)
    assert read((x + y).exp() * x).neurons() == 0


def test_sums_are_folded_unless_somebody_named_or_used_a_part():
    xs = [Value(float(i)) for i in range(5)]
    graph = Simplified([sum(xs)])
    sums = Sums(graph)
    assert len(sums.folded) == 3
    last = len(graph.order) - 1
    assert [graph.order[part.value].data for part in sums.operands(last)] == [0, 1, 2, 3, 4]
    part = xs[0] + xs[1]
    part.label = "part"
    assert not Sums(Simplified([part + xs[2]])).folded
    part.label = ""
    assert not Sums(Simplified([(part + xs[2]) * part])).folded
