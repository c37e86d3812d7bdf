"""``RNN`` and ``LSTM``: layers that read a sequence from its start to its end.

The names of the weights and the order of the gates are PyTorch's.  What is left out: several
layers (put one behind the other) and reading backwards (give ``xs[::-1]``).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from autograd_nn.checks import describe, look_up, positive_int
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.functions import dot, relu, sigmoid, tanh
from autograd_nn.nn.initialisers import Initialiser, bias_of, generator, weights_of
from autograd_nn.nn.module import Module
from autograd_nn.nn.rows import check_length, is_nest

__all__ = ["LSTM", "RNN"]

Vector = list[Any]
_NONLINEARITIES = {"tanh": tanh, "relu": relu}


class _Recurrent(Module):
    """What both share: the weights, for ``gates`` numbers to each hidden one."""

    #: They give (outputs, state); a ``Sequential`` passes the outputs on.
    gives_state = True

    def __init__(self, input_size: int, hidden_size: int, gates: int, init: Any, seed: Any) -> None:
        self.input_size = positive_int("input_size", input_size)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        rng, rows = generator(seed), gates * hidden_size
        self.weight_ih_l0 = weights_of(_scaled(init, hidden_size), rng, rows, input_size, "w_ih")
        self.weight_hh_l0 = weights_of(init, rng, rows, hidden_size, "w_hh")
        self.bias_ih_l0 = bias_of(init, rng, rows, hidden_size, "b_ih")
        self.bias_hh_l0 = bias_of(init, rng, rows, hidden_size, "b_hh")

    def _sums(self, x: Any, h: Vector) -> Vector:
        """What the input and the hidden numbers add up to, for each row of the weights."""
        x = check_length(x, self.input_size, f"{type(self).__name__}, at each step,")
        rows = zip(
            self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0, strict=True
        )
        return [dot(w, x) + b + dot(u, h) + c for w, u, b, c in rows]

    def _start(self, given: Any) -> Vector:
        if given is None:
            return [0.0] * self.hidden_size
        return list(check_length(given, self.hidden_size, f"the state of {type(self).__name__}"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_size} -> {self.hidden_size})"


def _scaled(init: Any, hidden_size: int) -> Any:
    # PyTorch draws every weight of a recurrent layer by the hidden size.
    if init != "pytorch":
        return init
    bound = hidden_size**-0.5
    return lambda rng, nin: rng.uniform(-bound, bound)


class RNN(_Recurrent):
    """A hidden vector that each step makes anew from the input and from itself.

    ``h = tanh(weight_ih @ x + bias_ih + weight_hh @ h + bias_hh)`` (Elman, "Finding structure in
    time", 1990).

    Args:
        input_size: numbers at each step.
        hidden_size: numbers in the hidden vector.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        init, seed: see ``Linear``.

    Called on a sequence of vectors, and the hidden vector to start from (zeros), it gives the
    hidden vectors of all steps and the last one.

    Raises:
        TypeError, ValueError: an argument is of another kind; the message names it.

    >>> outputs, h = RNN(2, 3, seed=0)([[1.0, 0.0], [0.0, 1.0]])
    >>> len(outputs), len(h), outputs[-1] == h
    (2, 3, True)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        nonlinearity: str = "tanh",
        *,
        init: str | Initialiser = "pytorch",
        seed: int | random.Random | None = None,
    ) -> None:
        self._act = look_up("nonlinearity", nonlinearity, _NONLINEARITIES)
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, 1, init, seed)

    def __call__(self, xs: Any, h: Any = None) -> tuple[list[Vector], Vector]:
        """See the class."""
        h, outputs = self._start(h), []
        for x in _steps(xs, "RNN"):
            h = [self._act(s) for s in self._sums(x, h)]
            outputs.append(h)
        return outputs, h


class LSTM(_Recurrent):
    """A cell that is written, kept and read through gates, so that slopes reach far back.

    At each step, of four vectors i, f, g, o (input, forget, new, output)::

        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)

    Sources: Hochreiter and Schmidhuber, "Long short-term memory" (1997); the forget gate: Gers,
    Schmidhuber and Cummins, "Learning to forget" (2000).

    Args:
        input_size: numbers at each step.
        hidden_size: numbers in the hidden vector and in the cell.
        init, seed: see ``Linear``.

    Called on a sequence of vectors, and the pair (h, c) to start from (zeros), it gives the
    hidden vectors of all steps, and the last pair.

    Raises:
        TypeError, ValueError: an argument is of another kind; the message names it.

    >>> outputs, (h, c) = LSTM(2, 3, seed=0)([[1.0, 0.0], [0.0, 1.0]])
    >>> len(outputs), len(h), len(c)
    (2, 3, 3)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        init: str | Initialiser = "pytorch",
        seed: int | random.Random | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, 4, init, seed)

    def __call__(self, xs: Any, state: Any = None) -> tuple[list[Vector], tuple[Vector, Vector]]:
        """See the class."""
        if state is not None and not (isinstance(state, (tuple, list)) and len(state) == 2):
            raise WrongTypeError(f"the state of LSTM is a pair (h, c), got {describe(state)}")
        h, c = (self._start(part) for part in state or (None, None))
        outputs, n = [], self.hidden_size
        for x in _steps(xs, "LSTM"):
            sums = self._sums(x, h)
            write = [sigmoid(s) for s in sums[:n]]
            keep = [sigmoid(s) for s in sums[n : 2 * n]]
            new = [tanh(s) for s in sums[2 * n : 3 * n]]
            read = [sigmoid(s) for s in sums[3 * n :]]
            c = [k * old + w * g for k, old, w, g in zip(keep, c, write, new, strict=True)]
            h = [r * tanh(cell) for r, cell in zip(read, c, strict=True)]
            outputs.append(h)
        return outputs, (h, c)


def _steps(xs: Any, who: str) -> Sequence[Any]:
    if not hasattr(xs, "__len__") or isinstance(xs, (str, bytes, dict)):
        raise WrongTypeError(f"{who} takes a sequence of vectors, got {describe(xs)}")
    if len(xs) == 0:
        raise BadArgumentError(f"{who} got a sequence of no steps: give at least one")
    if not is_nest(xs):
        raise WrongTypeError(
            f"{who} takes a sequence of vectors, got one vector; give [[x] for x in xs] for a "
            "sequence of single numbers"
        )
    steps: Sequence[Any] = xs
    return steps
