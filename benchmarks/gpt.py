"""A training step of a scalar GPT: our Value against a class of the kind that such scripts write.

Many scripts teach how a language model works with nothing but Python: a class for one number with
``backward()``, a transformer with one layer on lists of such numbers, Adam by hand.  This is such a
script.  The step runs the same lines on ``autograd_nn.Value`` and on two classes of the kind that
is part of the script (add, mul, pow, log, exp, relu and the way back): one in micrograd's manner,
with a closure for each node, and one that is as quick as Python gets.  Loss and parameters are
compared before times are.

    python -m benchmarks.gpt --json gpt.json
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.harness import arguments, compare, finish, interleaved, pin_threads, report

pin_threads()

from autograd_nn import Value, engine_is_compiled

WORDS = ("anna", "bella", "clara", "diana", "elena", "fiona", "greta", "helena")
LETTERS = sorted(set("".join(WORDS)))
WIDTH, HEADS, LONGEST = 16, 4, 8
Vector = list[Any]
Matrix = list[list[Any]]


class _Derived:
    """The operators that such a class makes of its sums, products and powers."""

    __slots__ = ()

    def __neg__(self) -> Any:
        return self * -1  # type: ignore[operator]

    def __radd__(self, other: Any) -> Any:
        return self + other  # type: ignore[operator]

    def __sub__(self, other: Any) -> Any:
        return self + (-other)  # type: ignore[operator]

    def __rsub__(self, other: Any) -> Any:
        return other + (-self)

    def __rmul__(self, other: Any) -> Any:
        return self * other  # type: ignore[operator]

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1  # type: ignore[operator]

    def __rtruediv__(self, other: Any) -> Any:
        return other * self**-1  # type: ignore[operator]


def _order(root: Any) -> list[Any]:
    """The nodes below, operands first."""
    order: list[Any] = []
    visited = set()

    def build(v: Any) -> None:
        if v not in visited:
            visited.add(v)
            for child in v.children:
                build(child)
            order.append(v)

    build(root)
    return order


class Closures(_Derived):
    """One number of a graph, as micrograd writes it: each node has a function for the way back."""

    def __init__(self, data: float, children: tuple[Closures, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.children = set(children)
        self.back: Callable[[], None] = lambda: None

    def __add__(self, other: Any) -> Closures:
        other = other if isinstance(other, Closures) else Closures(other)
        out = Closures(self.data + other.data, (self, other))

        def back() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __mul__(self, other: Any) -> Closures:
        other = other if isinstance(other, Closures) else Closures(other)
        out = Closures(self.data * other.data, (self, other))

        def back() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.back = back
        return out

    def _of_one(self, data: float, slope: float) -> Closures:
        out = Closures(data, (self,))

        def back() -> None:
            self.grad += slope * out.grad

        out.back = back
        return out

    def __pow__(self, n: float) -> Closures:
        return self._of_one(self.data**n, n * self.data ** (n - 1))

    def log(self) -> Closures:
        return self._of_one(math.log(self.data), 1 / self.data)

    def exp(self) -> Closures:
        y = math.exp(self.data)
        return self._of_one(y, y)

    def relu(self) -> Closures:
        return self._of_one(max(0.0, self.data), float(self.data > 0))

    def backward(self) -> None:
        self.grad = 1.0
        for v in reversed(_order(self)):
            v.back()


class Slopes(_Derived):
    """The same in the least Python: slots, and each node keeps its local slopes."""

    __slots__ = ("children", "data", "grad", "slopes")

    def __init__(self, data: float, children: Any = (), slopes: Any = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.children = children
        self.slopes = slopes

    def __add__(self, other: Any) -> Slopes:
        other = other if isinstance(other, Slopes) else Slopes(other)
        return Slopes(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Slopes:
        other = other if isinstance(other, Slopes) else Slopes(other)
        return Slopes(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> Slopes:
        return Slopes(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self) -> Slopes:
        return Slopes(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> Slopes:
        y = math.exp(self.data)
        return Slopes(y, (self,), (y,))

    def relu(self) -> Slopes:
        return Slopes(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self) -> None:
        self.grad = 1.0
        for v in reversed(_order(self)):
            for child, slope in zip(v.children, v.slopes):
                child.grad += slope * v.grad


def linear(x: Vector, w: Matrix) -> Vector:
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def softmax(logits: Vector) -> Vector:
    largest = max(v.data for v in logits)
    exps = [(v - largest).exp() for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


def normalized(x: Vector) -> Vector:
    """Each vector divided by its root mean square."""
    scale = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]


def added(a: Vector, b: Vector) -> Vector:
    return [x + y for x, y in zip(a, b)]


def initial_state() -> dict[str, list[list[float]]]:
    """The weights: embeddings, one layer of attention and one of two dense ones, the output."""
    rng = random.Random(42)
    count = len(LETTERS) + 1
    shapes = {"tokens": (count, WIDTH), "places": (LONGEST, WIDTH), "out": (count, WIDTH)}
    shapes |= dict.fromkeys(("query", "key", "value", "mixed"), (WIDTH, WIDTH))
    shapes |= {"up": (4 * WIDTH, WIDTH), "down": (WIDTH, 4 * WIDTH)}
    return {
        name: [[rng.gauss(0, 0.2) for _ in range(nin)] for _ in range(nout)]
        for name, (nout, nin) in shapes.items()
    }


class Model:
    """A transformer of one layer that reads a letter at a time, on any scalar type.

    Args:
        scalar: makes a number of the graph.
    """

    def __init__(self, scalar: Callable[[float], Any]) -> None:
        self.w: dict[str, Matrix] = {
            name: [[scalar(x) for x in row] for row in rows]
            for name, rows in initial_state().items()
        }
        self.parameters = [p for rows in self.w.values() for row in rows for p in row]
        self.first = [0.0] * len(self.parameters)  # Adam's moments
        self.second = [0.0] * len(self.parameters)
        self.steps = 0

    def logits(self, token: int, place: int, keys: list[Vector], values: list[Vector]) -> Vector:
        """The scores of the next letter; the keys and values so far grow by one."""
        w = self.w
        x = normalized(added(w["tokens"][token], w["places"][place]))
        before, x = x, normalized(x)
        query = linear(x, w["query"])
        keys.append(linear(x, w["key"]))
        values.append(linear(x, w["value"]))
        size = WIDTH // HEADS
        heads: Vector = []
        for h in range(0, WIDTH, size):
            q = query[h : h + size]
            fits = [
                sum(a * b for a, b in zip(q, k[h : h + size])) * (1.0 / size**0.5) for k in keys
            ]
            shares = softmax(fits)
            heads += [sum(s * v[h + j] for s, v in zip(shares, values)) for j in range(size)]
        x = added(linear(heads, w["mixed"]), before)
        before, x = x, normalized(x)
        hidden = [v.relu() for v in linear(x, w["up"])]
        return linear(added(linear(hidden, w["down"]), before), w["out"])

    def step(self) -> tuple[float, float]:
        """Read one word, go back, update by Adam; returns the loss and the sum of the weights."""
        word = WORDS[self.steps % len(WORDS)]
        end = len(LETTERS)
        tokens = [end, *map(LETTERS.index, word), end]
        keys: list[Vector] = []
        values: list[Vector] = []
        losses = []
        for place, (token, following) in enumerate(zip(tokens, tokens[1:])):
            chances = softmax(self.logits(token, place, keys, values))
            losses.append(-chances[following].log())
        loss = sum(losses) * (1.0 / len(losses))
        loss.backward()
        self.steps += 1
        rate, b1, b2 = 0.01, 0.85, 0.99
        for i, p in enumerate(self.parameters):
            self.first[i] = b1 * self.first[i] + (1 - b1) * p.grad
            self.second[i] = b2 * self.second[i] + (1 - b2) * p.grad**2
            first = self.first[i] / (1 - b1**self.steps)
            second = self.second[i] / (1 - b2**self.steps)
            p.data -= rate * first / (second**0.5 + 1e-8)
            p.grad = 0.0
        return loss.data, sum(p.data for p in self.parameters)


def main() -> None:
    options = arguments(__doc__.splitlines()[0])
    print(f"engine: {'compiled' if engine_is_compiled() else 'plain Python'}")
    sys.setrecursionlimit(100_000)
    models = {
        "autograd_nn": Model(Value),
        "a class with closures": Model(Closures),
        "a class with slopes": Model(Slopes),
    }
    print(f"{len(models['autograd_nn'].parameters)} parameters")
    compare({name: model.step() for name, model in models.items()})
    times = interleaved({name: model.step for name, model in models.items()}, options.rounds)
    finish(report("GPT step", times, "autograd_nn"), options.json)


if __name__ == "__main__":
    main()
