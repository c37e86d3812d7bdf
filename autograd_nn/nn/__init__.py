"""Neural networks: ``Module``, micrograd's ``Neuron``, ``Layer`` and ``MLP``, PyTorch's layers.

Every layer is a scalar loop over Values that can be read, drawn and checked, and that the jit
runs as arrays or machine code.

What is left out: losses (``losses``), optimisers (``optim``), the training loop
(``training``) and making a model from a file alone (``saving``).
"""

from autograd_nn.nn.attention import MultiHeadAttention
from autograd_nn.nn.convolution import Conv2d
from autograd_nn.nn.criteria import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
)
from autograd_nn.nn.dropout import Dropout
from autograd_nn.nn.initialisers import INITIALISERS
from autograd_nn.nn.layers import ACTIVATIONS, MLP, Layer, Neuron
from autograd_nn.nn.linear import Embedding, LayerNorm, Linear
from autograd_nn.nn.module import Module
from autograd_nn.nn.recurrent import LSTM, RNN
from autograd_nn.nn.sequential import (
    GELU,
    Flatten,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)

__all__ = [
    "ACTIVATIONS",
    "GELU",
    "INITIALISERS",
    "LSTM",
    "MLP",
    "RNN",
    "BCEWithLogitsLoss",
    "Conv2d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "MultiHeadAttention",
    "NLLLoss",
    "Neuron",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


def __dir__() -> list[str]:
    return __all__
