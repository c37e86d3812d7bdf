"""Writes ``torch_layers.json``: values and slopes of PyTorch's layers, to compare ours with.

Run once, with PyTorch 2.13.0 installed (``pip install torch==2.13.0``):

    python tests/nn/record_layers.py

Each case holds the weights, the inputs, the output, and the slopes of ``sum(factors * output)``.
"""

import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)


def numbers(*shape):
    """Random numbers that may be differentiated along."""
    return torch.randn(*shape, requires_grad=True)


CAUSAL = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1)
MASK = torch.tensor([[False, True, False], [False, False, True]])
#: A layer, its inputs, and how to call it where that is not by the inputs alone.
CASES = {
    "linear": (lambda: nn.Linear(4, 3), [(4,)]),
    "linear without bias": (lambda: nn.Linear(4, 3, bias=False), [(4,)]),
    "linear on a sequence": (lambda: nn.Linear(4, 3), [(5, 4)]),
    "embedding": (lambda: nn.Embedding(6, 3), [torch.tensor([4, 0, 4])]),
    "layer norm": (lambda: nn.LayerNorm(5), [(5,)]),
    "layer norm on a sequence": (lambda: nn.LayerNorm(5, eps=1e-3), [(2, 5)]),
    "rnn": (lambda: nn.RNN(3, 4), [(5, 3)]),
    "rnn of relus": (lambda: nn.RNN(3, 4, nonlinearity="relu"), [(5, 3)]),
    "rnn from a state": (lambda: nn.RNN(3, 4), [(2, 3), (1, 4)]),
    "lstm": (lambda: nn.LSTM(3, 4), [(5, 3)]),
    "lstm from a state": (lambda: nn.LSTM(3, 4), [(2, 3), (1, 4), (1, 4)]),
    "attention": (lambda: nn.MultiheadAttention(6, 3), [(4, 6)]),
    "attention without bias": (lambda: nn.MultiheadAttention(4, 1, bias=False), [(3, 4)]),
    "causal attention": (lambda: nn.MultiheadAttention(6, 2), [(4, 6)]),
    "masked attention": (lambda: nn.MultiheadAttention(4, 2), [(2, 4), (3, 4), (3, 4)]),
    "convolution": (lambda: nn.Conv2d(2, 3, 3), [(2, 5, 6)]),
    "strided convolution": (
        lambda: nn.Conv2d(1, 2, (2, 3), stride=(2, 1), padding=(1, 2), bias=False),
        [(1, 5, 4)],
    ),
    "picture net": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Flatten(0), nn.Linear(18, 2)
        ),
        [(1, 3, 3)],
    ),
    "activations": (
        lambda: nn.Sequential(
            nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.GELU(),
            nn.Linear(4, 4), nn.LeakyReLU(0.2), nn.Linear(4, 4), nn.Softplus(), nn.Linear(4, 3),
            nn.LayerNorm(3), nn.Softmax(-1),
        ),
        [(3,)],
    ),
}  # fmt: skip


def call(name, layer, inputs):
    """The layer's output, without its state."""
    if isinstance(layer, nn.LSTM) and len(inputs) == 3:
        return layer(inputs[0], tuple(inputs[1:]))[0]
    if isinstance(layer, (nn.RNN, nn.LSTM)):
        return layer(*inputs)[0]
    if isinstance(layer, nn.MultiheadAttention):
        masks = {"causal attention": CAUSAL, "masked attention": MASK}
        sequences = inputs if len(inputs) == 3 else inputs * 3
        return layer(*sequences, attn_mask=masks.get(name))[0]
    return layer(*inputs)


def record(name):
    """One case as plain lists."""
    make, shapes = CASES[name]
    layer = make()
    for p in layer.parameters():  # biases and norms too, which start at 0 and 1
        nn.init.normal_(p, 0.3, 0.5)
    inputs = [s if isinstance(s, torch.Tensor) else numbers(*s) for s in shapes]
    output = call(name, layer, inputs)
    factors = torch.randn(output.shape)
    (factors * output).sum().backward()
    return {
        "state": {key: p.tolist() for key, p in layer.state_dict().items()},
        "inputs": [x.tolist() for x in inputs],
        "output": output.tolist(),
        "factors": factors.tolist(),
        "slopes": {key: p.grad.tolist() for key, p in layer.named_parameters()},
        "input_slopes": [x.grad.tolist() if x.grad is not None else None for x in inputs],
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    text = json.dumps({"torch": torch.__version__, **{name: record(name) for name in CASES}})
    Path(__file__).with_name("torch_layers.json").write_text(text + "\n", encoding="utf-8")
