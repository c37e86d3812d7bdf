"""``Sequential``: layers one behind the other; activations and ``Flatten`` as layers of their own.

What is left out: models that branch, which are a ``Module`` with a ``__call__`` of your own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd_nn import functions
from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, OutOfRangeError, WrongTypeError
from autograd_nn.nn.module import Module
from autograd_nn.nn.rows import each_number, is_nest

__all__ = [
    "GELU", "Flatten", "LeakyReLU", "LogSoftmax", "ReLU", "Sequential", "Sigmoid", "Softmax",
    "Softplus", "Tanh",
]  # fmt: skip


class Sequential(Module):
    """What goes in passes through every layer in turn.

    Args:
        layers: modules, and functions such as ``functions.tanh`` or ``lambda xs: xs[-1]``; or
            one list of them.  Of a layer that gives outputs and a state, such as ``LSTM``, the
            outputs are passed on.

    Raises:
        TypeError: something among them cannot be called.
        ValueError: there is none.

    >>> from autograd_nn.nn import Linear
    >>> model = Sequential(Linear(2, 8, seed=0), Tanh(), Linear(8, 1, seed=1))
    >>> model
    Sequential(
      (0): Linear(2 -> 8)
      (1): Tanh()
      (2): Linear(8 -> 1)
    )
    >>> len(model([1.0, 2.0])), len(model.parameters())
    (1, 33)
    """

    def __init__(self, *layers: Any) -> None:
        listed = list(layers[0]) if len(layers) == 1 and _is_list(layers[0]) else list(layers)
        if not listed:
            raise BadArgumentError("Sequential got no layers: give at least one")
        for i, layer in enumerate(listed):
            if not callable(layer) or isinstance(layer, type):
                hint = f"; write {layer.__name__}()" if isinstance(layer, type) else ""
                raise WrongTypeError(
                    f"layer {i} of Sequential is a Module or a function, got {describe(layer)}"
                    + hint
                )
        self.layers: list[Callable[[Any], Any]] = listed

    def __call__(self, x: Any) -> Any:
        """See the class."""
        for layer in self.layers:
            x = layer(x)
            if getattr(layer, "gives_state", False):
                x, _ = x
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Callable[[Any], Any]]:
        return iter(self.layers)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Sequential(*self.layers[index])
        if not -len(self.layers) <= index < len(self.layers):
            raise OutOfRangeError(f"no layer {index}: there are {len(self.layers)}")
        return self.layers[index]

    def _in_turn(self) -> list[Any]:
        return self.layers

    def _lines(self) -> list[tuple[str, str]]:
        return [(str(i), _name(layer)) for i, layer in enumerate(self.layers)]


def _is_list(x: Any) -> bool:
    return isinstance(x, (list, tuple))


def _name(layer: Any) -> str:
    return repr(layer) if isinstance(layer, Module) else getattr(layer, "__name__", repr(layer))


class _Elementwise(Module):
    """A function of each number, in a vector or a nest of vectors."""

    def _of(self, x: Any) -> Any:
        raise NotImplementedError

    def __call__(self, x: Any) -> Any:
        """The function of each number of ``x``, in a nest of the same form."""
        return each_number(self._of, x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ReLU(_Elementwise):
    """``max(x, 0)`` of each number; see ``functions.relu``.

    >>> ReLU()([-1.0, 2.0])
    [0.0, 2.0]
    """

    def _of(self, x: Any) -> Any:
        return functions.relu(x)


class LeakyReLU(_Elementwise):
    """``x`` where positive, else ``negative_slope * x``; see ``functions.leaky_relu``.

    Args:
        negative_slope: the slope below 0.

    Raises:
        ValueError: it is no number.

    >>> LeakyReLU()([-2.0, 3.0])
    [-0.02, 3.0]
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = float(negative_slope)

    def _of(self, x: Any) -> Any:
        return functions.leaky_relu(x, self.negative_slope)


class Tanh(_Elementwise):
    """The hyperbolic tangent of each number.

    >>> Tanh()([0.0])
    [0.0]
    """

    def _of(self, x: Any) -> Any:
        return functions.tanh(x)


class Sigmoid(_Elementwise):
    """``1 / (1 + e**-x)`` of each number.

    >>> Sigmoid()([0.0])
    [0.5]
    """

    def _of(self, x: Any) -> Any:
        return functions.sigmoid(x)


class Softplus(_Elementwise):
    """``log(1 + e**x)`` of each number.

    >>> [round(out, 3) for out in Softplus()([0.0])]
    [0.693]
    """

    def _of(self, x: Any) -> Any:
        return functions.softplus(x)


class GELU(_Elementwise):
    """``x`` times the normal distribution's probability below it; see ``functions.gelu``.

    >>> [round(out, 3) for out in GELU()([1.0])]
    [0.841]
    """

    def _of(self, x: Any) -> Any:
        return functions.gelu(x)


class Softmax(Module):
    """Each vector as probabilities, ``e**x`` over their sum; losses take what comes before it.

    >>> Softmax()([0.0, 0.0])
    [0.5, 0.5]
    """

    def __call__(self, x: Any) -> Any:
        """See the class."""
        if is_nest(x):
            return [self(part) for part in x]
        return functions.softmax(x).tolist()

    def __repr__(self) -> str:
        return "Softmax()"


class LogSoftmax(Module):
    """The logarithms of ``Softmax``, without overflow; see ``negative_log_likelihood``.

    >>> [round(x, 6) for x in LogSoftmax()([0.0, 0.0])]
    [-0.693147, -0.693147]
    """

    def __call__(self, x: Any) -> Any:
        """See the class."""
        if is_nest(x):
            return [self(part) for part in x]
        total = functions.logsumexp(x)
        return [a - total for a in x]

    def __repr__(self) -> str:
        return "LogSoftmax()"


class Flatten(Module):
    """All numbers of a nest in one vector, row behind row.

    >>> Flatten()([[1.0, 2.0], [3.0, 4.0]])
    [1.0, 2.0, 3.0, 4.0]
    """

    def __call__(self, x: Any) -> list[Any]:
        """See the class."""
        found: list[Any] = []
        for part in x:
            is_one = isinstance(part, Value) or not hasattr(part, "__len__")
            found += [part] if is_one else self(part)
        return found

    def __repr__(self) -> str:
        return "Flatten()"
