"""Neural networks: ``Module``, and ``Neuron``, ``Layer`` and ``MLP`` with micrograd's constructors.

What is left out: losses (``losses``), optimisers (``optim``), the training loop
(``training``) and making a model from a file alone (``saving``).
"""

from autograd_nn.nn.layers import ACTIVATIONS, INITIALISERS, MLP, Layer, Neuron
from autograd_nn.nn.module import Module

__all__ = ["ACTIVATIONS", "INITIALISERS", "MLP", "Layer", "Module", "Neuron"]


def __dir__() -> list[str]:
    return __all__
