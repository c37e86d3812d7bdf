"""Neurons, layers and multilayer perceptrons, with micrograd's constructors.

Every neuron computes ``activation(b + w0*x0 + w1*x1 + ...)`` on Values, so a
loss on a network's output is one graph down to each weight.

What is left out: losses (``losses``), optimisers (``optim``), the training loop
(``training``) and files (``saving``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from os import PathLike
from typing import Any

import numpy as np

from autograd_nn.conversion import describe, did_you_mean, is_number
from autograd_nn.engine import Value, parameter, place, record_dot
from autograd_nn.rich import Cell, card, table

__all__ = ["ACTIVATIONS", "INITIALISERS", "MLP", "Layer", "Module", "Neuron"]

Activation = Callable[[Value], Value]
Initialiser = Callable[[random.Random, int], float]

ACTIVATIONS: dict[str, Activation] = {
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "softplus": Value.softplus,
    "linear": Value.__pos__,
}


def _uniform(rng: random.Random, nin: int) -> float:
    return rng.uniform(-1.0, 1.0)


def _he(rng: random.Random, nin: int) -> float:
    bound = math.sqrt(6.0 / nin)
    return rng.uniform(-bound, bound)


def _lecun(rng: random.Random, nin: int) -> float:
    bound = math.sqrt(3.0 / nin)
    return rng.uniform(-bound, bound)


#: How a weight of a neuron with ``nin`` inputs is drawn.  Biases start at 0.
#:
#: * ``"uniform"``: from -1 to 1, as in micrograd and in the tutorial.  The sums of a wide
#:   layer then grow with the square root of its width.
#: * ``"he"``: variance 2/nin, which keeps the size of a signal from layer to layer of relus
#:   (He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015).
#: * ``"lecun"``: variance 1/nin, the same for tanh and for linear units (LeCun, Bottou, Orr
#:   and Mueller, "Efficient BackProp", 1998).
#:
#: The default is "he" for the relu family and "lecun" for every other activation.
INITIALISERS: dict[str, Initialiser] = {"uniform": _uniform, "he": _he, "lecun": _lecun}
_RELU_FAMILY = ("relu", "leaky_relu", "softplus")


class Module:
    """A part of a model: something that owns parameters.

    Write your own by setting Values from ``parameter(...)``, Modules, or lists and dicts of
    them as attributes.

    >>> from autograd_nn import parameter
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = parameter(2.0), parameter(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> [name for name, _ in Line().named_parameters()]
    ['slope', 'offset']
    """

    def parameters(self) -> list[Value]:
        """The parameters in the order of their creation, each once."""
        return [p for _, p in _walk(self, "", lambda v: v.kind == "parameter", set())]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with their names, such as ``layers.0.neurons.3.w.1``."""
        own = {id(p) for p in self.parameters()}
        return list(_walk(self, "", lambda v: id(v) in own, set()))

    def zero_grad(self) -> None:
        """Set the slope of every parameter to 0, as before each ``backward()``."""
        for p in self.parameters():
            p.grad = 0.0

    def _repr_html_(self) -> str:
        """What a notebook shows: the parts with their parameters, or the parameters."""
        parts = list(_parts(self))
        if parts:
            head = ["part", "", "parameters", "largest |grad|"]
            rows: list[list[Cell]] = [
                [name, _kind(part), len(own), max((abs(p.grad) for p in own), default=None)]
                for name, part in parts
                for own in [part.parameters()]
            ]
        else:
            head = ["parameter", "data", "grad"]
            rows = [[name, p.data, p.grad] for name, p in self.named_parameters()]
        count = len(self.parameters())
        note = f"{count:,} parameter{'s' * (count != 1)}"
        return card(_kind(self), table(head, rows, signed="grad"), note=note)

    def state_dict(self) -> dict[str, Any]:
        """The parameters as arrays by name; see ``saving.state_dict``."""
        from autograd_nn import saving

        return saving.state_dict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set the parameters from arrays by name; see ``saving.load_state_dict``."""
        from autograd_nn import saving

        saving.load_state_dict(self, state)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the parameters to an ``.npz`` file; see ``saving.save``."""
        from autograd_nn import saving

        saving.save(self, path)

    def load(self, path: str | PathLike[str]) -> None:
        """Set the parameters from a file; ``saving.load`` makes a model from one."""
        from autograd_nn import saving

        saving.load(path, into=self)


def _walk(
    part: Any, name: str, wanted: Callable[[Value], bool], seen: set[int]
) -> Iterator[tuple[str, Value]]:
    """The Values below a module's attributes, in order, each once."""
    if isinstance(part, Value):
        if wanted(part) and id(part) not in seen:
            seen.add(id(part))
            yield name, part
        return
    if isinstance(part, Module):
        inner = vars(part).items()
    elif isinstance(part, dict):
        inner = part.items()
    elif isinstance(part, (list, tuple)):
        inner = {str(i): item for i, item in enumerate(part)}.items()
    elif isinstance(part, np.ndarray) and part.dtype == object:
        inner = {str(i): item for i, item in enumerate(part.flat)}.items()
    else:
        return
    if id(part) in seen:
        return
    seen.add(id(part))
    for key, item in inner:
        yield from _walk(item, f"{name}.{key}" if name else str(key), wanted, seen)


def _parts(module: Module) -> Iterator[tuple[str, Module]]:
    """The modules that a module holds, as attributes or in lists and dicts, with their names."""
    for name, held in vars(module).items():
        if isinstance(held, Module):
            yield name, held
        elif isinstance(held, (list, tuple, dict)):
            pairs = held.items() if isinstance(held, dict) else enumerate(held)
            yield from ((f"{name}[{key}]", part) for key, part in pairs if isinstance(part, Module))


def _kind(module: Module) -> str:
    """A module in a few words: ``Layer of 16 ReLUNeuron(2)``."""
    kinds = [repr(part) for _, part in _parts(module)]
    name = type(module).__name__
    if kinds and len(set(kinds)) == 1 and len(kinds[0]) <= 24:
        return f"{name} of {len(kinds)} {kinds[0]}"
    return name if kinds or type(module).__repr__ is object.__repr__ else repr(module)


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
        _check_size("nin", nin)
        self.nonlin = nonlin
        self.activation = activation if nonlin else "linear"
        self._act = _look_up("activation", self.activation, ACTIVATIONS)
        default = "he" if self.activation in _RELU_FAMILY else "lecun"
        draw = _look_up("init", default if init is None else init, INITIALISERS)
        rng = _generator(seed)
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

    def __repr__(self) -> str:
        if not isinstance(self.activation, str):
            name = getattr(self.activation, "__name__", "Custom")
        else:
            name = {"relu": "ReLU", "leaky_relu": "LeakyReLU"}.get(
                self.activation, self.activation.capitalize()
            )
        return f"{name}Neuron({len(self.w)})"


class Layer(Module):
    """``nout`` neurons that read the same inputs.

    Args:
        nin: how many inputs.
        nout: how many neurons.
        options: as for ``Neuron``.

    >>> Layer(3, 2, seed=0)
    Layer of [ReLUNeuron(3), ReLUNeuron(3)]
    """

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        _check_size("nin", nin)
        _check_size("nout", nout)
        options["seed"] = _generator(options.get("seed"))
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

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


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
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
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
        _check_size("nin", nin)
        if isinstance(nouts, (str, int)) or not hasattr(nouts, "__iter__"):
            raise TypeError(f"nouts is a list of layer sizes such as [16, 16, 1], got {nouts!r}")
        sizes = [nin, *nouts]
        if len(sizes) == 1:
            raise ValueError("nouts is empty: give at least one layer size, such as [1]")
        for i, size in enumerate(sizes[1:]):
            _check_size(f"nouts[{i}]", size)
        _look_up("activation", activation, ACTIVATIONS)  # one layer would not use it
        rng = _generator(seed)
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

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


def _as_inputs(x: Any, expected: int, who: str) -> list[Value]:
    """One row as Values: numbers become inputs of the graph."""
    if isinstance(x, (str, bytes, dict, Value)) or is_number(x) or not hasattr(x, "__len__"):
        raise TypeError(f"{who} takes one row of {expected} numbers, got {describe(x)}")
    if len(x) != expected:
        raise ValueError(f"{who} expects {expected} inputs, got {len(x)}")
    return [v if isinstance(v, Value) else Value(v, f"x{i}") for i, v in enumerate(x)]


def _check_size(name: str, size: Any) -> None:
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
        raise TypeError(f"{name} is how many there are, a positive int; got {describe(size)}")
    if size < 1:
        raise ValueError(f"{name} is how many there are, at least 1; got {size}")


def _generator(seed: Any) -> Any:
    # The module itself serves as the generator that random.seed() seeds.
    if seed is None:
        return random
    if seed is random or isinstance(seed, random.Random):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed is an int, a random.Random or None; got {describe(seed)}")
    return random.Random(int(seed))


def _look_up(what: str, given: Any, known: dict[str, Any]) -> Any:
    if callable(given):
        return given
    if given in known:
        return known[given]
    hint = did_you_mean(str(given), known)
    raise ValueError(f"unknown {what} {given!r}: {hint}Known: {', '.join(known)}, or a function.")
