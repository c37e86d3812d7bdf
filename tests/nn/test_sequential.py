"""``Sequential``, activations as layers, and what bad layers and inputs get."""

import numpy as np
import pytest

from autograd_nn import Value, functions
from autograd_nn.nn import (
    LSTM,
    RNN,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    Linear,
    Module,
    MultiHeadAttention,
    ReLU,
    Sequential,
    Tanh,
)


def test_layers_and_functions_run_in_turn_and_states_stay_behind():
    """A user should not write a class for what is one layer behind the other."""
    model = Sequential(
        [Embedding(4, 3, seed=0), LSTM(3, 2, seed=1), lambda xs: xs[-1], functions.tanh, Flatten()]
    )
    lstm = model[1]
    outputs, _ = lstm(model[0]([1, 2]))
    assert [v.data for v in model([1, 2])] == [x.tanh().data for x in outputs[-1]]
    assert len(model) == 5
    assert model[-1] is list(model)[-1]
    assert len(model[:2]) == 2
    assert bool(model)


def test_a_whole_table_goes_through_layers_that_work_on_vectors():
    """As in PyTorch: ``model(X)`` gives a row for each row of X."""
    model = Sequential(
        Linear(2, 3, seed=0), Tanh(), LayerNorm(3), Dropout(0.5), Linear(3, 1)
    ).eval()
    X = [[1.0, 2.0], [-1.0, 0.5]]
    assert [[v.data for v in row] for row in model(X)] == [[v.data for v in model(x)] for x in X]


@pytest.mark.parametrize(
    ("bad", "kind", "message"),
    [
        (Sequential, ValueError, "give at least one"),
        (lambda: Sequential(Linear(1, 1), 3), TypeError, "layer 1 of Sequential is a Module or a"),
        (lambda: Sequential(ReLU), TypeError, r"write ReLU\(\)"),
        (lambda: Sequential(ReLU())[3], IndexError, "no layer 3: there are 1"),
        (lambda: Linear(0, 2), ValueError, "in_features is at least 1, got 0"),
        (lambda: Linear(2, 2.5), TypeError, "out_features is a positive int"),
        (lambda: Linear(2, 2, init="hee"), ValueError, "did you mean 'he'"),
        (lambda: Linear(2, 2, seed="x"), TypeError, "seed is an int"),
        (lambda: Linear(2, 1)([1.0]), ValueError, "Linear expects 2 inputs, got 1"),
        (lambda: Linear(2, 1)(5.0), TypeError, "Linear takes 2 numbers, got float 5.0"),
        (lambda: Linear(2, 1)("ab"), TypeError, "Linear takes 2 numbers, got str"),
        (lambda: LayerNorm(3)([[1.0, 2.0]]), ValueError, "LayerNorm expects 3 inputs, got 2"),
        (lambda: Embedding(3, 2)(3), IndexError, "index 3 is out of range"),
        (lambda: Embedding(3, 2)(1.5), ValueError, "needs an integer index"),
        (lambda: Embedding(3, 2)("a"), TypeError, "expected numbers"),
        (lambda: RNN(2, 2, "relux"), ValueError, "did you mean 'relu'"),
        (lambda: RNN(2, 2)([1.0, 2.0]), TypeError, "takes a sequence of vectors, got one vector"),
        (lambda: RNN(2, 2)([]), ValueError, "no steps"),
        (lambda: LSTM(2, 2)([[1.0]]), ValueError, "LSTM, at each step, expects 2 inputs, got 1"),
        (lambda: LSTM(2, 2)([[1.0, 2.0]], [0.0, 0.0, 0.0]), TypeError, r"a pair \(h, c\)"),
        (lambda: LSTM(2, 2)([[1.0, 2.0]], ([0.0], [0.0])), ValueError, "expects 2 inputs, got 1"),
        (lambda: MultiHeadAttention(5, 2), ValueError, "5 is no multiple of 2"),
        (lambda: MultiHeadAttention(4, 2)([1.0] * 4), TypeError, "query is a sequence of vectors"),
        (lambda: MultiHeadAttention(2, 1)([[1.0, 2.0]], [[1.0]]), ValueError, "key of MultiHead"),
        (
            lambda: MultiHeadAttention(1, 1)([[1.0]], [[1.0], [2.0]], [[1.0]]),
            ValueError,
            "2 keys need as many values, got 1",
        ),
        (
            lambda: MultiHeadAttention(1, 1)([[1.0]], attn_mask=[[True]]),
            ValueError,
            "hides every key from query 0",
        ),
        (lambda: Conv2d(1, 1, (3, 3, 3)), TypeError, "kernel_size is an int or a pair"),
        (lambda: Conv2d(1, 1, 0), ValueError, "kernel_size is at least 1"),
        (lambda: Conv2d(1, 1, 3)([[[1.0]]]), ValueError, "3 x 3 does not fit into 1 x 1"),
        (lambda: Conv2d(2, 1, 1)([[[1.0]]]), ValueError, "expects 2 channels, got 1"),
        (lambda: Conv2d(1, 1, 1)([[[1.0], [1.0, 2.0]]]), ValueError, "rows of one length"),
        (lambda: Conv2d(1, 1, 1)([1.0]), TypeError, r"a picture \[channel\]\[row\]\[column\]"),
        (lambda: Dropout(1.0), ValueError, "p is from 0 to below 1, got 1.0"),
        (lambda: Dropout("half"), TypeError, "p is a number"),
    ],
)
def test_bad_input_gets_a_clear_error(bad, kind, message):
    with pytest.raises(kind, match=message):
        bad()


def test_activations_keep_the_form_of_a_nest():
    assert ReLU()([[-1.0, 2.0], [3.0, -4.0]]) == [[0.0, 2.0], [3.0, 0.0]]
    assert Tanh()(Value(0.5)).data == functions.tanh(0.5)


def test_a_state_of_pytorch_names_layers_by_numbers_alone():
    """PyTorch's Sequential has 0.weight where ours has layers.0.weight, also inside of a model."""

    class Holder(Module):
        def __init__(self):
            self.net = Sequential(Linear(2, 3, seed=0), Tanh(), Linear(3, 1, seed=1))

        def __call__(self, x):
            return self.net(x)

    weights = {"0.weight": np.ones((3, 2)), "0.bias": np.zeros(3)}
    weights |= {"2.weight": np.full((1, 3), 0.5), "2.bias": np.array([0.25])}
    alone, held = Holder().net, Holder()
    alone.load_state_dict(weights)
    held.load_state_dict({f"net.{name}": array for name, array in weights.items()})
    for model in (alone, held):
        assert model([0.5, 0.25])[0].data == pytest.approx(1.5 * np.tanh(0.75) + 0.25)
    with pytest.raises(ValueError, match=r"no '0\.weigth'"):
        alone.load_state_dict({"0.weigth": np.ones((3, 2))})
