"""Keras's ``Sequential`` and layers, for scripts that were written for Keras.

After changing the import to ``from autograd_nn.keras import Sequential, layers`` the lines of the
quickstart run: layers that are told their number of outputs only, ``compile``, ``fit``,
``evaluate``, ``predict``, ``summary``.

>>> import numpy as np
>>> model = Sequential([layers.Dense(8, activation="tanh"), layers.Dense(1)])
>>> model.compile(optimizer="adam", loss="mse", metrics=["mae"])
>>> X = np.linspace(-1, 1, 20).reshape(-1, 1)
>>> history = model.fit(X, 3 * X, epochs=150, verbose=0)
>>> bool(history["loss"][-1] < history["loss"][0])
True

What is left out: everything else of Keras.  The layers are those of ``nn``, the work is done by
``training``; ``loss="binary_crossentropy"`` and the like take logits, so the last layer has no
activation.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd_nn import functions, nn, training
from autograd_nn.checks import describe, look_up, positive_int
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nn.initialisers import generator
from autograd_nn.nn.rows import each_number
from autograd_nn.training.data import check_inputs

__all__ = ["Input", "Sequential", "layers"]

_ACTIVATIONS = {
    "linear": None, "relu": functions.relu, "tanh": functions.tanh,
    "sigmoid": functions.sigmoid, "softplus": functions.softplus, "gelu": functions.gelu,
    "elu": functions.elu, "silu": functions.silu,
}  # fmt: skip


def __dir__() -> list[str]:
    return __all__


class Input:
    """The shape of a row, for a model that is to be built before it sees data.

    Args:
        shape: how many numbers a row has, in a tuple, ``(8,)``.

    Raises:
        TypeError, ValueError: no positive int.

    >>> len(Sequential([Input((2,)), layers.Dense(3)]).parameters())
    9
    """

    def __init__(self, shape: Any) -> None:
        self.shape = tuple(positive_int("shape", n) for n in shape)


class _Later:
    """A layer that is made when the size of its input is known."""

    def __init__(self, make: Callable[[Any, random.Random], nn.Module]) -> None:
        self.make = make


class _Dense(nn.Linear):
    """A ``Linear`` layer and what its outputs go through."""

    def __init__(self, nin: int, units: int, activation: Any, init: Any, rng: Any) -> None:
        super().__init__(nin, units, init=init, seed=rng)
        self.activation = activation
        self._act = look_up("activation", activation or "linear", _ACTIVATIONS)

    def __call__(self, x: Any) -> Any:
        """See ``nn.Linear``."""
        out = super().__call__(x)
        return out if self._act is None else each_number(self._act, out)

    def __repr__(self) -> str:
        shown = self.activation if isinstance(self.activation, str) else "linear"
        return f"Dense({self.in_features} -> {self.out_features}, {shown})"


class _LastOfLSTM(nn.LSTM):
    """The hidden vectors of an ``LSTM``: the last one, or all of them."""

    gives_state = False

    def __init__(self, nin: int, units: int, all_of_them: bool, rng: Any) -> None:
        super().__init__(nin, units, seed=rng)
        self.return_sequences = all_of_them

    def __call__(self, xs: Any, state: Any = None) -> Any:
        """See ``nn.LSTM``."""
        outputs, _ = super().__call__(xs, state)
        return outputs if self.return_sequences else outputs[-1]


def _dense(units: int, activation: Any = None, kernel_initializer: Any = "glorot") -> _Later:
    """Weighted sums of the inputs, and an activation."""
    positive_int("units", units)
    look_up("activation", activation or "linear", _ACTIVATIONS)
    return _Later(lambda x, rng: _Dense(len(x), units, activation, kernel_initializer, rng))


def _lstm(units: int, return_sequences: bool = False) -> _Later:
    """The last hidden vector, or those of all steps."""
    positive_int("units", units)
    return _Later(lambda x, rng: _LastOfLSTM(len(x[0]), units, return_sequences, rng))


#: The layers, by Keras's names.
layers = SimpleNamespace(
    Dense=_dense,
    LSTM=_lstm,
    Dropout=nn.Dropout,
    Embedding=nn.Embedding,
    Flatten=nn.Flatten,
    Input=Input,
    ReLU=nn.ReLU,
    Softmax=nn.Softmax,
)


class Sequential(nn.Sequential):
    """Layers one behind the other, with the methods of a Keras model.

    Args:
        parts: the layers, ``Input(shape)`` first where the model is to be built at once; else it is
            built from the first rows it sees.
        seed: see ``nn.Linear``.

    Raises:
        TypeError, ValueError: see ``nn.Sequential``.

    >>> model = Sequential([Input((2,)), layers.Dense(3, activation="relu"), layers.Dense(1)])
    >>> model.predict([[0.0, 0.0]], verbose=0).shape
    (1, 1)
    """

    def __init__(self, parts: Any = (), seed: int | random.Random | None = None) -> None:
        self._seed, self._parts_given = seed, list(parts)
        self._settings: dict[str, Any] | None = None
        self._rate: float | None = None
        self.layers = []
        first = self._parts_given[0] if self._parts_given else None
        if isinstance(first, Input):
            del self._parts_given[0]
            self.build(np.zeros(first.shape).tolist())

    def add(self, layer: Any) -> None:
        """Put a layer behind the others, before the model is built.

        Args:
            layer: one of ``layers``, or any ``nn.Module``.

        Raises:
            ValueError: the model is built.
        """
        if self.layers:
            raise BadArgumentError("the model is built already: add layers before")
        self._parts_given.append(layer)

    def build(self, row: Any) -> None:
        """Make the layers for rows such as this one.

        Args:
            row: numbers, as many as each row has.
        """
        if self.layers:
            return
        rng = generator(self._seed)
        made: list[Any] = []
        for part in self._parts_given:
            layer = part.make(row, rng) if isinstance(part, _Later) else part
            made.append(layer)
            row = nn.Sequential(layer).eval()(row) if isinstance(layer, nn.Module) else layer(row)
        super().__init__(*made)
        self.train()

    def __call__(self, x: Any) -> Any:
        """The outputs for one row, or for a table where all layers take one."""
        self.build(x)
        return super().__call__(x)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = "mse",
        metrics: Any = (),
        learning_rate: float | None = None,
    ) -> None:
        """How the model is to be trained; see ``training.fit``.

        Args:
            optimizer, loss, metrics: names or objects, as for ``training.fit``.
            learning_rate: of an optimiser that is named; None for its own.
        """
        self._settings = {"loss": loss, "metrics": metrics, "optimizer": optimizer}
        self._rate = learning_rate

    def _compiled(self) -> dict[str, Any]:
        if self._settings is None:
            raise BadArgumentError("call model.compile(optimizer=..., loss=...) first")
        return self._settings

    def fit(
        self, x: Any, y: Any = None, epochs: int = 1, batch_size: int = 32, **options: Any
    ) -> training.History:
        """See ``training.fit``; options are those.

        Args:
            x, y: rows and targets; or an iterator of batches in place of ``x``.
            epochs, batch_size: how often, and by how many rows.
            options: the others of ``training.fit``.

        Returns:
            The ``History``.

        Raises:
            TypeError, ValueError: as ``training.fit``; or the model is not compiled.
        """
        settings = self._compiled()
        if y is not None:
            x = check_inputs(x)
            self.build(x[0].tolist())
        elif not self.layers:
            raise WrongTypeError(
                f"a model without Input(shape) is built from X: give fit(X, y), got {describe(x)}"
            )
        given = settings | {"lr": self._rate, "epochs": epochs, "batch_size": batch_size}
        return training.fit(self, x, y, **given | options)

    def evaluate(self, x: Any, y: Any, verbose: int = 1, **options: Any) -> list[float]:
        """The loss and the metrics, in this order; see ``training.evaluate``.

        Args:
            x, y: rows and targets.
            verbose: 0 prints nothing.
            options: the others of ``training.evaluate``.

        Returns:
            Numbers.

        Raises:
            TypeError, ValueError: as ``training.evaluate``.
        """
        settings = self._compiled()
        found = training.evaluate(
            self, x, y, loss=settings["loss"], metrics=settings["metrics"], **options
        )
        if verbose:
            print("  ".join(f"{name} {x:.4g}" for name, x in found.items()))
        return list(found.values())

    def predict(self, x: Any, verbose: int = 0) -> Any:
        """The outputs for each row; see ``training.predict``.

        Args:
            x: rows.
            verbose: is not used; Keras has it.

        Returns:
            Shape (rows, outputs).

        Raises:
            TypeError, ValueError: as ``training.predict``.
        """
        return training.predict(self, x)
