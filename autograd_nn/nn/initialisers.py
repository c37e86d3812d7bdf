"""How the first weights are drawn, by name; biases start at 0 unless a layer says otherwise.

What is left out: the generator itself, which is Python's ``random.Random``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from autograd_nn.checks import describe, is_int, look_up
from autograd_nn.engine import Value, parameter
from autograd_nn.errors import WrongTypeError

__all__ = ["INITIALISERS", "Initialiser", "bias_of", "generator", "initialiser", "weights_of"]

#: What a user may write: a number drawn from (random generator, how many inputs).
Initialiser = Callable[[random.Random, int], float]
Drawn = Callable[[random.Random, int, int], float]


def _within(bound: Callable[[int, int], float]) -> Drawn:
    def draw(rng: random.Random, nin: int, nout: int) -> float:
        return rng.uniform(-bound(nin, nout), bound(nin, nout))

    return draw


def _normal(deviation: Callable[[int, int], float]) -> Drawn:
    return lambda rng, nin, nout: rng.gauss(0.0, deviation(nin, nout))


#: How a weight is drawn in a layer of ``nout`` neurons with ``nin`` inputs each.
#:
#: * ``"uniform"``: from -1 to 1, as in micrograd and in the tutorial.  The sums of a wide
#:   layer then grow with the square root of its width.
#: * ``"he"``: variance 2/nin, which keeps the size of a signal from layer to layer of relus
#:   (He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015).
#: * ``"lecun"``: variance 1/nin, the same for tanh and for linear units (LeCun, Bottou, Orr
#:   and Mueller, "Efficient BackProp", 1998).
#: * ``"glorot"``: variance 2/(nin + nout), between what suits the signal and what suits its
#:   slopes (Glorot and Bengio, "Understanding the difficulty of training deep feedforward
#:   neural networks", 2010); PyTorch says xavier.
#: * ``"pytorch"``: from -1/sqrt(nin) to 1/sqrt(nin), the default of PyTorch's layers.
#:
#: Those draw from an interval; with ``_normal`` behind the name, from a normal distribution of
#: the same variance.
INITIALISERS: dict[str, Drawn] = {
    "uniform": _within(lambda nin, nout: 1.0),
    "he": _within(lambda nin, nout: math.sqrt(6.0 / nin)),
    "lecun": _within(lambda nin, nout: math.sqrt(3.0 / nin)),
    "glorot": _within(lambda nin, nout: math.sqrt(6.0 / (nin + nout))),
    "pytorch": _within(lambda nin, nout: 1.0 / math.sqrt(nin)),
    "normal": _normal(lambda nin, nout: 1.0),
    "he_normal": _normal(lambda nin, nout: math.sqrt(2.0 / nin)),
    "lecun_normal": _normal(lambda nin, nout: math.sqrt(1.0 / nin)),
    "glorot_normal": _normal(lambda nin, nout: math.sqrt(2.0 / (nin + nout))),
    "zeros": lambda rng, nin, nout: 0.0,
    "ones": lambda rng, nin, nout: 1.0,
}
#: The names that the same have in Keras and in PyTorch.
INITIALISERS |= {
    "he_uniform": INITIALISERS["he"],
    "kaiming_uniform": INITIALISERS["he"],
    "kaiming_normal": INITIALISERS["he_normal"],
    "lecun_uniform": INITIALISERS["lecun"],
    "glorot_uniform": INITIALISERS["glorot"],
    "xavier_uniform": INITIALISERS["glorot"],
    "xavier_normal": INITIALISERS["glorot_normal"],
}


def initialiser(init: str | Initialiser, nout: int) -> Initialiser:
    """The function of (random generator, nin) that ``init`` names, or is.

    Raises:
        TypeError, ValueError: it is neither a name of ``INITIALISERS`` nor a function.
    """
    found = look_up("init", init, INITIALISERS)
    if not isinstance(init, str):
        return init
    return lambda rng, nin: found(rng, nin, nout)


def weights_of(
    init: str | Initialiser, rng: Any, nout: int, nin: int, name: str = "weight"
) -> list[list[Value]]:
    """A matrix of parameters: one row for each of ``nout`` neurons, ``nin`` in a row."""
    draw = initialiser(init, nout)
    return [
        [parameter(draw(rng, nin), f"{name}[{i}][{j}]") for j in range(nin)] for i in range(nout)
    ]


def bias_of(
    init: str | Initialiser, rng: Any, nout: int, nin: int, name: str = "bias"
) -> list[Value]:
    """A bias for each neuron: 0, or drawn as the weights are where PyTorch does that."""
    draw = initialiser(init if init == "pytorch" else "zeros", nout)
    return [parameter(draw(rng, nin), f"{name}[{i}]") for i in range(nout)]


def generator(seed: Any) -> Any:
    """The generator that a seed stands for; without one, that which ``random.seed`` seeds.

    Raises:
        TypeError: it is no int, no ``random.Random`` and not None.
    """
    if seed is None:
        return random
    if seed is random or isinstance(seed, random.Random):
        return seed
    if not is_int(seed):
        raise WrongTypeError(f"seed is an int, a random.Random or None; got {describe(seed)}")
    return random.Random(int(seed))
