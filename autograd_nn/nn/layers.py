"""Neurons, layers and multilayer perceptrons, with micrograd's constructors.

Every neuron computes ``activation(b + w0*x0 + w1*x1 + ...)`` on Values, so a
loss on a network's output is one graph down to each weight.

What is left out: parameters, their names and files (``module``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from autograd_nn.checks import describe, look_up, positive_int, shown
from autograd_nn.conversion import is_number
from autograd_nn.engine import Value, parameter, place, record_dot
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nn.initialisers import Initialiser, generator, initialiser
from autograd_nn.nn.module import Module
from autograd_nn.nn.rows import is_nest

__all__ = ["ACTIVATIONS", "MLP", "Layer", "Neuron"]

Activation = Callable[[Value], Value]

ACTIVATIONS: dict[str, Activation] = {
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "softplus": Value.softplus,
    "linear": Value.__pos__,
}


#: Those that "he" suits; for every other activation the default is "lecun".
_RELU_FAMILY = ("relu", "leaky_relu", "softplus")


class Neuron(Module):
    """``activation(b + w0*x0 + w1*x1 + ...)``.

    Args:
        nin: how many inputs.
        nonlin: False for no activation, as in micrograd.
        activation: a name of ``ACTIVATIONS`` or a function from Value to Value.
        init: a name of ``INITIALISERS``, a function of (random generator, nin), or None for
            the one that suits the activation.
        seed: an int for the same weights on every run, a ``random.Random`` to draw from, or
            None for Python's own generator, which ``random.seed`` seeds.

    Raises:
        TypeError, ValueError: an argument is of another kind; the message names it.

    >>> neuron = Neuron(2, activation="tanh", seed=0)
    >>> neuron
    TanhNeuron(2)
    >>> neuron([0.5, -1.0]).kind
    'operation'
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | Activation = "relu",
        init: str | Initialiser | None = None,
        seed: int | random.Random | None = None,
    ) -> None:
        positive_int("nin", nin)
        self.nonlin = nonlin
        self.activation = activation if nonlin else "linear"
        self._act = look_up("activation", self.activation, ACTIVATIONS)
        default = "he" if self.activation in _RELU_FAMILY else "lecun"
        draw = initialiser(default if init is None else init, 1)
        rng = generator(seed)
        self.w = [parameter(draw(rng, nin), f"w{i}") for i in range(nin)]
        self.b = parameter(0.0, "b")
        self._scope: tuple[str, ...] = ()
        self._place(("neuron",))

    @property
    def nin(self) -> int:
        """How many inputs it takes."""
        return len(self.w)

    def __call__(self, x: Sequence[Any]) -> Value:
        """The output for one row of ``nin`` numbers or Values."""
        inputs = _as_inputs(x, len(self.w), "Neuron")
        total = record_dot(self.w, inputs, self.b, self._scope)
        out = self._act(total)
        return out if out is total else place(out, total.scope)

    def _place(self, scope: tuple[str, ...]) -> None:
        self._scope = scope
        for p in (*self.w, self.b):
            place(p, scope)

    def _architecture(self) -> dict[str, Any] | None:
        return _described(self, Neuron, [[self]])

    def __repr__(self) -> str:
        name = _activation_name(self)
        shown = {"relu": "ReLU", "leaky_relu": "LeakyReLU"}.get(name, name.capitalize())
        return f"{shown if isinstance(self.activation, str) else name}Neuron({len(self.w)})"


class Layer(Module):
    """``nout`` neurons that read the same inputs.

    Args:
        nin: how many inputs.
        nout: how many neurons.
        options: as for ``Neuron``.

    Raises:
        TypeError, ValueError: as for ``Neuron``, or ``nout`` is no positive int.

    >>> Layer(3, 2, seed=0)
    Layer(3 -> 2, relu)
    """

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        positive_int("nin", nin)
        positive_int("nout", nout)
        options["seed"] = generator(options.get("seed"))
        if options.get("init") is not None:  # a neuron does not know how many there are
            options["init"] = initialiser(options["init"], nout)
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]
        self._place(("layer",))

    @property
    def nin(self) -> int:
        """How many inputs it takes."""
        return self.neurons[0].nin

    def __call__(self, x: Sequence[Any]) -> Any:
        """The list of outputs for one row; the output itself where there is one neuron."""
        inputs = _as_inputs(x, len(self.neurons[0].w), "Layer")
        out = [neuron(inputs) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def _place(self, scope: tuple[str, ...]) -> None:
        for i, neuron in enumerate(self.neurons):
            neuron._place((*scope, f"neuron {i}"))

    def _architecture(self) -> dict[str, Any] | None:
        return _described(self, Layer, [self.neurons])

    def __repr__(self) -> str:
        kinds = {_activation_name(neuron) for neuron in self.neurons}
        activation = kinds.pop() if len(kinds) == 1 else "several activations"
        return f"{type(self).__name__}({self.nin} -> {len(self.neurons)}, {activation})"

    def _lines(self) -> list[tuple[str, str]]:
        return []  # its neurons are alike


class MLP(Module):
    """A multilayer perceptron: layers in a row, the last one linear.

    Args:
        nin: how many inputs.
        nouts: how many neurons in each layer; the last number is how many outputs.
        activation: of every layer but the last; see ``Neuron``.
        output_activation: of the last layer.
        init: see ``Neuron``.
        seed: see ``Neuron``.

    Raises:
        TypeError, ValueError: a size is not a positive int, or there is no layer.

    >>> model = MLP(2, [3, 1], seed=0)
    >>> model
    MLP(
      (layers.0): Layer(2 -> 3, relu)
      (layers.1): Layer(3 -> 1, linear)
    )
    >>> len(model.parameters())
    13
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Activation = "relu",
        output_activation: str | Activation = "linear",
        init: str | Initialiser | None = None,
        seed: int | random.Random | None = None,
    ) -> None:
        positive_int("nin", nin)
        if isinstance(nouts, (str, bytes, int)) or not hasattr(nouts, "__iter__"):
            raise WrongTypeError(
                f"nouts is a list of layer sizes such as [16, 16, 1], got {shown(nouts)}"
            )
        sizes = [nin, *nouts]
        if len(sizes) == 1:
            raise BadArgumentError("nouts is empty: give at least one layer size, such as [1]")
        for i, size in enumerate(sizes[1:]):
            positive_int(f"nouts[{i}]", size)
        look_up("activation", activation, ACTIVATIONS)  # one layer would not use it
        rng = generator(seed)
        activations = [activation] * (len(sizes) - 2) + [output_activation]
        self.layers = []
        for i, (n, nout) in enumerate(pairwise(sizes)):
            act = activations[i]
            layer = Layer(n, nout, nonlin=act != "linear", activation=act, init=init, seed=rng)
            layer._place((f"layer {i}",))
            self.layers.append(layer)

    @property
    def nin(self) -> int:
        """How many inputs it takes."""
        return self.layers[0].nin

    def __call__(self, x: Sequence[Any]) -> Any:
        """The outputs for one row of ``nin`` numbers: a list, or one Value where there is one."""
        out: Any = _as_inputs(x, len(self.layers[0].neurons[0].w), "MLP")
        for layer in self.layers:
            out = layer(out if isinstance(out, list) else [out])
        return out

    def _architecture(self) -> dict[str, Any] | None:
        return _described(self, MLP, [layer.neurons for layer in self.layers])

    def _in_turn(self) -> list[Any]:
        return self.layers


def _described(module: Module, kind: type, layers: list[list[Neuron]]) -> dict[str, Any] | None:
    """How to build a module again; None where that takes a class or function of the user's."""
    described = []
    for neurons in layers:
        kinds = {(type(n), len(n.w), n.activation) for n in neurons}
        if len(kinds) != 1:
            return None
        ((neuron, nin, activation),) = kinds
        if neuron is not Neuron or not isinstance(activation, str):
            return None
        described.append({"nin": nin, "nout": len(neurons), "activation": activation})
    return {"class": kind.__name__, "layers": described} if type(module) is kind else None


def _activation_name(neuron: Neuron) -> str:
    activation = neuron.activation
    if isinstance(activation, str):
        return activation
    return str(getattr(activation, "__name__", "Custom"))


def _as_inputs(x: Any, expected: int, who: str) -> list[Value]:
    """One row as Values: numbers become inputs of the graph."""
    if isinstance(x, (str, bytes, dict, Value)) or is_number(x) or not hasattr(x, "__len__"):
        raise WrongTypeError(f"{who} takes one row of {expected} numbers, got {describe(x)}")
    if is_nest(x):
        raise WrongTypeError(
            f"{who} takes one row of {expected} numbers, got a table of {len(x)} rows. "
            "One row at a time: predict(model, X) from autograd_nn gives the outputs of a table"
        )
    if len(x) != expected:
        raise BadArgumentError(f"{who} expects {expected} inputs, got {len(x)}")
    return [v if isinstance(v, Value) else Value(v, f"x{i}") for i, v in enumerate(x)]
