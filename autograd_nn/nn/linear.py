"""``Linear``, ``Embedding`` and ``LayerNorm``: weighted sums, rows of a table, a common scale.

What is left out: activations and chains of layers (``sequential``).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from autograd_nn.checks import positive_int
from autograd_nn.engine import Value, parameter
from autograd_nn.functions import add_up, dot
from autograd_nn.jit.take import take
from autograd_nn.nn.initialisers import Initialiser, bias_of, generator, weights_of
from autograd_nn.nn.module import Module
from autograd_nn.nn.rows import each_number, each_vector

__all__ = ["Embedding", "LayerNorm", "Linear"]


class Linear(Module):
    """``weight @ x + bias``: a weighted sum of the inputs for each output.

    Args:
        in_features: how many inputs.
        out_features: how many outputs.
        bias: False for no bias.
        init: a name of ``INITIALISERS``, or a function of (random generator, in_features).
        seed: an int, a ``random.Random`` to draw from, or None for Python's own generator.

    Called on a vector of ``in_features`` numbers, it gives a list of ``out_features``; on a list
    of vectors, to any depth, a list of the same form.

    Raises:
        TypeError, ValueError: an argument is of another kind; the message names it.

    >>> layer = Linear(3, 2, seed=0)
    >>> layer.load_state_dict({"weight": [[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]], "bias": [0.5, 0.0]})
    >>> [out.data for out in layer([1.0, 1.0, 2.0])]
    [9.5, 1.0]
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: str | Initialiser = "pytorch",
        seed: int | random.Random | None = None,
    ) -> None:
        self.in_features = positive_int("in_features", in_features)
        self.out_features = positive_int("out_features", out_features)
        rng = generator(seed)
        self.weight = weights_of(init, rng, out_features, in_features)
        self.bias = bias_of(init, rng, out_features, in_features) if bias else None

    def __call__(self, x: Any) -> Any:
        """See the class."""
        return each_vector(self._of_vector, x, self.in_features, "Linear")

    def _of_vector(self, x: Sequence[Any]) -> list[Any]:
        sums = [dot(row, x) for row in self.weight]
        return sums if self.bias is None else [s + b for s, b in zip(sums, self.bias, strict=True)]

    def __repr__(self) -> str:
        without = "" if self.bias is not None else ", no bias"
        return f"Linear({self.in_features} -> {self.out_features}{without})"


class Embedding(Module):
    """A vector for each of some integers, learned like other weights.

    Args:
        num_embeddings: how many integers, from 0.
        embedding_dim: how many numbers stand for each.
        init: a name of ``INITIALISERS``, or a function of (random generator, embedding_dim).
        seed: see ``Linear``.

    Called on an integer it gives a list of ``embedding_dim``; on a list of integers, a list of
    those.  In a jitted function one recording serves every integer (see ``take``).

    Raises:
        TypeError, ValueError: an argument is of another kind, or the index no integer.
        IndexError: the index is out of range.

    >>> layer = Embedding(10, 2, seed=0)
    >>> layer([7, 7]) == [layer(7), layer(7)]
    True
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        init: str | Initialiser = "normal",
        seed: int | random.Random | None = None,
    ) -> None:
        self.num_embeddings = positive_int("num_embeddings", num_embeddings)
        self.embedding_dim = positive_int("embedding_dim", embedding_dim)
        self.weight = weights_of(init, generator(seed), num_embeddings, embedding_dim)

    def __call__(self, index: Any) -> Any:
        """See the class."""
        return each_number(lambda i: list(take(self.weight, i)), index)

    def __repr__(self) -> str:
        return f"Embedding({self.num_embeddings} -> {self.embedding_dim})"


class LayerNorm(Module):
    """A vector moved to mean 0 and scaled to variance 1, then by a learned weight and bias.

    Args:
        normalized_shape: how many numbers the vector has.
        eps: is added to the variance, so that a constant vector can be divided.

    Raises:
        TypeError, ValueError: ``normalized_shape`` is no positive int.
        ValueError: when called: another number of inputs.

    Called on a vector it gives a list; on a list of vectors, a list of those.

    Source: Ba, Kiros and Hinton, "Layer normalization" (2016).

    >>> [round(out.data, 3) for out in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(self, normalized_shape: int, eps: float = 1e-5) -> None:
        self.normalized_shape = positive_int("normalized_shape", normalized_shape)
        self.eps = float(eps)
        self.weight = [parameter(1.0, f"weight[{i}]") for i in range(normalized_shape)]
        self.bias = [parameter(0.0, f"bias[{i}]") for i in range(normalized_shape)]

    def __call__(self, x: Any) -> Any:
        """See the class."""
        return each_vector(self._of_vector, x, self.normalized_shape, "LayerNorm")

    def _of_vector(self, x: Sequence[Any]) -> list[Value]:
        mean = add_up(x) / len(x)
        apart = [a - mean for a in x]
        variance = dot(apart, apart) / len(x)
        scale = (variance + self.eps) ** -0.5
        return [w * (a * scale) + b for w, a, b in zip(self.weight, apart, self.bias, strict=True)]

    def __repr__(self) -> str:
        return f"LayerNorm({self.normalized_shape})"
