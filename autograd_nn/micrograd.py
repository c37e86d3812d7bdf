"""micrograd's names with micrograd's behaviour, for scripts that were written for it.

``from autograd_nn.micrograd import Value, MLP`` in place of micrograd's two import lines runs a
script unchanged, with the same random numbers: weights are drawn from ``random``, uniformly from
-1 to 1, in micrograd's order, and biases are 0.

What is left out: every other way to begin a network, which ``nn`` has.

>>> import random
>>> random.seed(1337)
>>> model = MLP(2, [2, 1])
>>> model
MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_nn import nn
from autograd_nn.engine import Value
from autograd_nn.nn import Module

__all__ = ["MLP", "Layer", "Module", "Neuron", "Value"]


def __dir__() -> list[str]:
    return __all__


class Neuron(nn.Neuron):
    """One neuron of micrograd: ``relu(w . x + b)``, or without the relu.

    Args:
        nin: how many inputs.
        nonlin: whether a relu follows.

    Raises:
        TypeError, ValueError: ``nin`` is no positive int.

    >>> Neuron(2, nonlin=False)
    LinearNeuron(2)
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        super().__init__(nin, nonlin=nonlin, init="uniform")


class Layer(nn.Layer):
    """Neurons side by side.

    Args:
        nin: how many inputs.
        nout: how many neurons.
        options: those of ``Neuron``.

    Raises:
        TypeError, ValueError: a number of neurons that is no positive int.

    >>> Layer(3, 2)
    Layer of [ReLUNeuron(3), ReLUNeuron(3)]
    """

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        super().__init__(nin, nout, **options, init="uniform")

    def __repr__(self) -> str:
        return _as_in_micrograd(self)


class MLP(nn.MLP):
    """Layers in a row: relu after each but the last.

    Args:
        nin: how many inputs.
        nouts: how many neurons in each layer; the last number is how many outputs.

    Raises:
        TypeError, ValueError: a number of neurons that is no positive int.

    >>> len(MLP(3, [4, 4, 1]).parameters())
    41
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        super().__init__(nin, nouts, init="uniform")

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(_as_in_micrograd, self.layers))}]"


def _as_in_micrograd(layer: nn.Layer) -> str:
    return f"Layer of [{', '.join(map(str, layer.neurons))}]"
