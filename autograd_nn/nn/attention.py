"""``MultiHeadAttention``: each position gathers from the others what it asks for."""

from __future__ import annotations

import math
import random
from typing import Any

from autograd_nn.checks import describe, positive_int
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.functions import add_up, dot, softmax
from autograd_nn.nn.initialisers import Initialiser, bias_of, generator, weights_of
from autograd_nn.nn.linear import Linear
from autograd_nn.nn.module import Module
from autograd_nn.nn.rows import check_length, is_nest

__all__ = ["MultiHeadAttention"]

Vector = list[Any]


class MultiHeadAttention(Module):
    """Weighted means of values, the weights from how well queries and keys agree.

    Each head has its own part of every vector.  For a position, its query times each key, over
    the square root of the part's length, goes through a softmax; the result weighs the values.

    Source: Vaswani and others, "Attention is all you need" (2017).  The names of the weights are
    those of PyTorch's ``MultiheadAttention``.

    Args:
        embed_dim: numbers at each position.
        num_heads: divides ``embed_dim``.
        bias: False for no biases.
        init, seed: see ``Linear``.

    Called on queries (and keys and values, by default the queries), each a sequence of vectors,
    it gives one vector for each query, and the weights: a row for each query, a number in it for
    each key, means over the heads.

    Raises:
        TypeError, ValueError: an argument is of another kind; the message names it.

    >>> attention = MultiHeadAttention(4, num_heads=2, seed=0)
    >>> out, weights = attention([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]], is_causal=True)
    >>> len(out), [w.data for w in weights[0]]
    (2, [1.0, 0.0])
    """

    gives_state = True  # a Sequential passes the vectors on

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        bias: bool = True,
        *,
        init: str | Initialiser = "glorot",
        seed: int | random.Random | None = None,
    ) -> None:
        self.embed_dim = positive_int("embed_dim", embed_dim)
        self.num_heads = positive_int("num_heads", num_heads)
        if embed_dim % num_heads:
            raise BadArgumentError(
                f"num_heads divides embed_dim; {embed_dim} is no multiple of {num_heads}"
            )
        rng = generator(seed)
        self.in_proj_weight = weights_of(init, rng, 3 * embed_dim, embed_dim, "in_proj")
        self.in_proj_bias = (
            bias_of(init, rng, 3 * embed_dim, embed_dim, "in_bias") if bias else None
        )
        self.out_proj = Linear(embed_dim, embed_dim, bias, init=init, seed=rng)

    def __call__(
        self,
        query: Any,
        key: Any = None,
        value: Any = None,
        *,
        attn_mask: Any = None,
        is_causal: bool = False,
    ) -> tuple[list[Vector], list[Vector]]:
        """See the class.

        Args:
            query, key, value: sequences of vectors of ``embed_dim``; as many keys as values.
            attn_mask: a row for each query, with True at the keys that it may not look at.
            is_causal: no query may look at a later key.
        """
        key = query if key is None else key
        value = key if value is None else value
        for name, sequence in (("query", query), ("key", key), ("value", value)):
            self._check(sequence, name)
        if len(key) != len(value):
            raise BadArgumentError(f"{len(key)} keys need as many values, got {len(value)}")
        queries = [self._project(x, 0) for x in query]
        keys = [self._project(x, 1) for x in key]
        values = [self._project(x, 2) for x in value]
        outputs, looked = [], []
        for i, q in enumerate(queries):
            seen = [
                j
                for j in range(len(keys))
                if not (is_causal and j > i) and not (attn_mask is not None and attn_mask[i][j])
            ]
            if not seen:
                raise BadArgumentError(f"attn_mask hides every key from query {i}")
            mixed, weights = self._mix(q, [keys[j] for j in seen], [values[j] for j in seen])
            outputs.append(self.out_proj(mixed))
            places = dict(zip(seen, weights, strict=True))
            looked.append([places.get(j, Value(0.0)) for j in range(len(keys))])
        return outputs, looked

    def _mix(
        self, query: Vector, keys: list[Vector], values: list[Vector]
    ) -> tuple[Vector, Vector]:
        """What one query gathers, all heads behind one another, and the mean of their weights."""
        size = self.embed_dim // self.num_heads
        mixed, every = [], []
        for start in range(0, self.embed_dim, size):
            part = slice(start, start + size)
            scores = [dot(query[part], key[part]) / math.sqrt(size) for key in keys]
            weights = list(softmax(scores))
            mixed += [dot(weights, [v[k] for v in values]) for k in range(start, start + size)]
            every.append(weights)
        means = [add_up(heads) / self.num_heads for heads in zip(*every, strict=True)]
        return mixed, means

    def _project(self, x: Any, which: int) -> Vector:
        rows = range(which * self.embed_dim, (which + 1) * self.embed_dim)
        sums = [dot(self.in_proj_weight[i], x) for i in rows]
        if self.in_proj_bias is None:
            return sums
        return [s + self.in_proj_bias[i] for s, i in zip(sums, rows, strict=True)]

    def _check(self, sequence: Any, name: str) -> None:
        if not hasattr(sequence, "__len__") or not is_nest(sequence):
            raise WrongTypeError(f"{name} is a sequence of vectors, got {describe(sequence)}")
        for x in sequence:
            check_length(x, self.embed_dim, f"{name} of MultiHeadAttention")

    def __repr__(self) -> str:
        return f"MultiHeadAttention({self.embed_dim}, {self.num_heads} heads)"
