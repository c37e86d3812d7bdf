"""Every layer against PyTorch's recorded numbers, eager against jit, saved and loaded.

A gate in the wrong place, a mean over the wrong axis or a slope that is missing gives a model
that trains worse, which nobody notices.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from autograd_nn import Value, jit
from autograd_nn.functions import dot, grads, values
from autograd_nn.nn import (
    GELU,
    LSTM,
    RNN,
    Conv2d,
    Embedding,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Linear,
    MultiHeadAttention,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)

RECORDED = json.loads(Path(__file__).with_name("torch_layers.json").read_text(encoding="utf-8"))
MASK = [[False, True, False], [False, False, True]]


def net_of_activations():
    kinds = [Tanh(), Sigmoid(), GELU(), LeakyReLU(0.2), Softplus()]
    layers = [Linear(3, 4, seed=0)]
    for kind in kinds:
        layers += [kind, Linear(4, 3 if kind is kinds[-1] else 4, seed=0)]
    return Sequential(*layers, LayerNorm(3), Softmax())


#: A layer of ours for each recorded case, and how it is called on the inputs.
CASES = {
    "linear": (lambda: Linear(4, 3, seed=0), None),
    "linear without bias": (lambda: Linear(4, 3, bias=False, seed=0), None),
    "linear on a sequence": (lambda: Linear(4, 3, seed=0), None),
    "embedding": (lambda: Embedding(6, 3, seed=0), None),
    "layer norm": (lambda: LayerNorm(5), None),
    "layer norm on a sequence": (lambda: LayerNorm(5, eps=1e-3), None),
    "rnn": (lambda: RNN(3, 4, seed=0), lambda layer, x: layer(x)[0]),
    "rnn of relus": (lambda: RNN(3, 4, "relu", seed=0), lambda layer, x: layer(x)[0]),
    "rnn from a state": (lambda: RNN(3, 4, seed=0), lambda layer, x, h: layer(x, h[0])[0]),
    "lstm": (lambda: LSTM(3, 4, seed=0), lambda layer, x: layer(x)[0]),
    "lstm from a state": (
        lambda: LSTM(3, 4, seed=0),
        lambda layer, x, h, c: layer(x, (h[0], c[0]))[0],
    ),
    "attention": (lambda: MultiHeadAttention(6, 3, seed=0), lambda layer, x: layer(x)[0]),
    "attention without bias": (
        lambda: MultiHeadAttention(4, 1, bias=False, seed=0),
        lambda layer, x: layer(x)[0],
    ),
    "causal attention": (
        lambda: MultiHeadAttention(6, 2, seed=0),
        lambda layer, x: layer(x, is_causal=True)[0],
    ),
    "masked attention": (
        lambda: MultiHeadAttention(4, 2, seed=0),
        lambda layer, q, k, v: layer(q, k, v, attn_mask=MASK)[0],
    ),
    "convolution": (lambda: Conv2d(2, 3, 3, seed=0), None),
    "strided convolution": (
        lambda: Conv2d(1, 2, (2, 3), stride=(2, 1), padding=(1, 2), bias=False, seed=0),
        None,
    ),
    "picture net": (
        lambda: Sequential(
            Conv2d(1, 2, 3, padding=1, seed=0), ReLU(), Flatten(), Linear(18, 2, seed=0)
        ),
        None,
    ),
    "activations": (net_of_activations, None),
}


def as_state(recorded):
    """PyTorch's names as they are here: a ``Sequential`` keeps its parts in ``layers``."""
    return {f"layers.{k}" if k[0].isdigit() else k: v for k, v in recorded.items()}


def flat(x):
    return Flatten()(x) if isinstance(x, (list, tuple, np.ndarray)) else [x]


def made(name):
    make, call = CASES[name]
    layer, case = make(), RECORDED[name]
    layer.load_state_dict(as_state(case["state"]))
    factors = flat(case["factors"])
    run = call or (lambda layer, x: layer(x))

    def loss(*inputs):
        return dot(factors, flat(run(layer, *inputs)))

    return layer, case, run, loss


def slopes_by_name(layer, slopes):
    """The slopes of all parameters as the flat lists that PyTorch has for each tensor."""
    found = {}
    for (name, _), slope in zip(layer.named_parameters(), slopes, strict=True):
        parts = name.split(".")
        while parts[-1].isdecimal():
            parts.pop()
        found.setdefault(".".join(parts), []).append(float(slope))
    return found


def same(found, expected):
    np.testing.assert_allclose(np.array(found, float), np.array(expected, float), 1e-12, 1e-14)


def test_every_recorded_case_is_compared():
    assert set(CASES) == set(RECORDED) - {"torch"}


@pytest.mark.parametrize("name", CASES)
def test_values_and_slopes_are_pytorchs(name):
    layer, case, run, loss = made(name)
    on_values = name != "embedding"  # an index has no slope
    inputs = case["inputs"]
    if on_values:
        inputs = [np.vectorize(Value, otypes=[object])(np.array(x)).tolist() for x in inputs]
    same(values(flat(run(layer, *inputs))), flat(case["output"]))
    loss(*inputs).backward()
    found = slopes_by_name(layer, [p.grad for p in layer.parameters()])
    expected = {k: flat(v) for k, v in as_state(case["slopes"]).items()}
    assert set(found) == set(expected)
    for key, slopes in expected.items():
        same(found[key], slopes)
    if on_values:
        for x, slopes in zip(inputs, case["input_slopes"], strict=True):
            same(grads(flat(x)), flat(slopes))


@pytest.mark.parametrize("name", CASES)
def test_the_jit_gives_the_same(name):
    layer, case, _, loss = made(name)
    inputs = [np.array(x) for x in case["inputs"]]
    value, slopes = jit(loss).value_and_grad(*inputs, argnums=layer)
    same(value, np.dot(flat(case["factors"]), flat(case["output"])))
    found = slopes_by_name(layer, slopes)
    for key, expected in as_state(case["slopes"]).items():
        same(found[key], flat(expected))


@pytest.mark.parametrize("name", CASES)
def test_saved_and_loaded_it_computes_the_same(name, tmp_path):
    layer, case, run, _ = made(name)
    layer.save(tmp_path / "layer.npz")
    other = CASES[name][0]()
    other.load(tmp_path / "layer.npz")
    before, after = (values(flat(run(x, *case["inputs"]))) for x in (layer, other))
    assert before.tolist() == after.tolist()


def test_many_rows_of_a_jitted_lstm_agree_with_the_engine():
    """One recording serves a batch, which is how sequences are trained at speed."""
    model = Sequential(Embedding(5, 3, seed=0), LSTM(3, 4, seed=1), lambda xs: xs[-1])
    rows = np.array([[0, 1, 4], [3, 3, 2], [4, 0, 1]])

    def loss(tokens):
        return dot(model(tokens), [1.0, -2.0, 0.5, 1.5])

    value, slopes = jit(loss, rows="tokens").value_and_grad(rows, argnums=model)
    total = sum(loss(row.tolist()) for row in rows) / 3
    total.backward()
    same(value, total.data)
    same(slopes, [p.grad for p in model.parameters()])
