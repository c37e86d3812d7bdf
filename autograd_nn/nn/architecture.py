"""Building a Neuron, Layer or MLP again from what its file says of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from autograd_nn.errors import ModelFileError
from autograd_nn.nn.layers import ACTIVATIONS, MLP, Layer, Neuron
from autograd_nn.nn.module import Module
from autograd_nn.nn.states import State

__all__ = ["build"]


def build(architecture: Any, state: State) -> Module:
    """A model as ``Module._architecture`` described it, with weights of any kind.

    Args:
        architecture: from a file, so nothing in it is trusted.
        state: the arrays of that file, whose sizes it must fit.

    Raises:
        ModelFileError: it cannot be built, or needs code of the user's own.
    """
    if architecture is None or architecture == {"class": "Neuron", "layers": [None]}:
        raise ModelFileError(
            "holds parameters of layers such as Linear, or of a class or activation of your own: "
            "make the model first and give it as load(path, into=model)"
        )
    try:
        kind, layers = architecture["class"], architecture["layers"]
        sizes = [(layer["nin"], layer["nout"], layer["activation"]) for layer in layers]
        chained = all(a[1] == b[0] for a, b in pairwise(sizes))
        valid = all(
            type(nin) is int and type(nout) is int and nin > 0 and nout > 0 and act in ACTIVATIONS
            for nin, nout, act in sizes
        )
        count = sum((nin + 1) * nout for nin, nout, _ in sizes)
    except (TypeError, KeyError) as error:
        raise ModelFileError(f"its architecture cannot be read ({error!r})") from None
    if not (sizes and chained and valid and kind in ("MLP", "Layer", "Neuron")):
        raise ModelFileError(f"its architecture cannot be built: {architecture}")
    # Before building: a forged size must not fill the memory.
    if count != sum(array.size for array in state.values()):
        raise ModelFileError(f"its architecture has {count} parameters, the arrays another number")
    return _build_layers(kind, sizes)


def _build_layers(kind: str, sizes: list[tuple[int, int, str]]) -> Module:
    def options(activation: str) -> dict[str, Any]:
        return {"activation": activation, "nonlin": activation != "linear", "seed": 0}

    nin, nout, activation = sizes[0]
    if kind == "Neuron":
        return Neuron(nin, **options(activation))
    if kind == "Layer":
        return Layer(nin, nout, **options(activation))
    model = MLP(nin, [nout for _, nout, _ in sizes], seed=0)
    for i, (nin, nout, activation) in enumerate(sizes):
        layer = Layer(nin, nout, **options(activation))
        layer._place((f"layer {i}",))
        model.layers[i] = layer
    return model
