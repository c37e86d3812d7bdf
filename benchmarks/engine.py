"""The engine against its peers: single expressions, the moons step and a long chain.

First what one expression takes, in nanoseconds and in units of a product of two floats in the
same run, which is what to compare between machines.

The moons step is micrograd's demo: 100 rows, a 2-16-16-1 network of relus written
as scalar loops, hinge loss and a penalty, one loss and one gradient.  Every peer
runs the same lines on its own scalar type.

    python -m benchmarks.engine --json engine.json
"""

from __future__ import annotations

import math
import random
import resource
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.harness import (
    arguments,
    compare,
    finish,
    installed,
    interleaved,
    pin_threads,
    report,
)

pin_threads()

import numpy as np

from autograd_nn import Value, engine_is_compiled

Step = Callable[[], tuple[float, float]]
SIZES = (16, 16, 1)


def moons(n: int = 100) -> tuple[list[list[float]], list[float]]:
    """Two interleaving half circles with a little noise; labels 1 and -1."""
    rng = np.random.default_rng(1)
    t = np.linspace(0, math.pi, n // 2)
    upper, lower = np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]
    rows = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (n, 2))
    return rows.tolist(), [1.0] * (n // 2) + [-1.0] * (n // 2)


def initial_weights() -> list[list[list[float]]]:
    """Layer, neuron, then its weights and its bias."""
    rng = random.Random(0)
    sizes = (2, *SIZES)
    return [
        [[rng.uniform(-1, 1) for _ in range(nin)] + [0.0] for _ in range(nout)]
        for nin, nout in zip(sizes, sizes[1:])
    ]


def scalar_loss(layers: list[Any], rows: Any, labels: Any, relu: Callable[[Any], Any]) -> Any:
    """The loss of the moons step, on any scalar type."""
    losses = []
    for row, label in zip(rows, labels):
        x = row
        for k, layer in enumerate(layers):
            sums = [sum((w * v for w, v in zip(n, x)), n[-1]) for n in layer]
            x = sums if k == len(layers) - 1 else [relu(s) for s in sums]
        losses.append(relu(1 + -label * x[0]))
    parameters = [p for layer in layers for neuron in layer for p in neuron]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)


def graph_step(scalar: Callable[[float], Any], relu: Callable[[Any], Any]) -> Step:
    """The step for engines in micrograd's style: ``.backward()``, ``.data``, ``.grad``."""
    layers = [[[scalar(w) for w in n] for n in layer] for layer in initial_weights()]
    parameters = [p for layer in layers for neuron in layer for p in neuron]
    rows, labels = moons()

    def step() -> tuple[float, float]:
        for p in parameters:
            p.grad = None if hasattr(p, "requires_grad") else 0.0
        inputs = [[scalar(v) for v in row] for row in rows]
        loss = scalar_loss(layers, inputs, labels, relu)
        loss.backward()
        return float(loss.data), float(sum(p.grad for p in parameters))

    return step


def xad_step() -> Step:
    """The step on XAD's C++ tape."""
    import xad.adj_1st as xadj

    weights, (rows, labels) = initial_weights(), moons()

    def step() -> tuple[float, float]:
        with xadj.Tape() as tape:
            layers = [[[xadj.Real(w) for w in n] for n in layer] for layer in weights]
            parameters = [p for layer in layers for neuron in layer for p in neuron]
            for p in parameters:
                tape.registerInput(p)
            tape.newRecording()
            loss = scalar_loss(layers, rows, labels, lambda x: x if x > 0.0 else x * 0.0)
            tape.registerOutput(loss)
            loss.setDerivative(1.0)
            tape.computeAdjoints()
            return loss.getValue(), sum(p.getDerivative() for p in parameters)

    return step


def autograd_step() -> Step:
    """The step on HIPS autograd, on Python floats in nested lists."""
    from autograd import value_and_grad

    weights, (rows, labels) = initial_weights(), moons()
    loss_and_slopes = value_and_grad(
        lambda layers: scalar_loss(layers, rows, labels, lambda x: x if x > 0.0 else x * 0.0)
    )

    def step() -> tuple[float, float]:
        loss, slopes = loss_and_slopes(weights)
        return float(loss), float(sum(g for layer in slopes for n in layer for g in n))

    return step


def moons_contestants() -> dict[str, Step]:
    """Every installed engine; peers first compared, then timed."""
    steps: dict[str, Step] = {"autograd_nn": graph_step(Value, lambda x: x.relu())}
    if installed("micrograd"):
        from micrograd.engine import Value as Micrograd

        sys.setrecursionlimit(100_000)
        steps["micrograd"] = graph_step(Micrograd, lambda x: x.relu())
    if installed("torch"):
        import torch

        torch.set_num_threads(1)
        steps["PyTorch 0-d tensors"] = graph_step(
            lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True), torch.relu
        )
    if installed("xad"):
        steps["XAD"] = xad_step()
    if installed("autograd"):
        steps["HIPS autograd"] = autograd_step()
    return steps


def chain(length: int = 1_000_000) -> dict[str, float]:
    """Seconds for a chain of multiply-adds forward and backward, and bytes a node."""
    from time import perf_counter

    x, step = Value(0.999999), Value(1e-6)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    v = x
    for _ in range(length // 2):
        v = v * x + step
    built = perf_counter()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    v.backward()
    walked = perf_counter()
    del v
    freed = perf_counter()
    return {
        "forward": built - start,
        "backward": walked - built,
        "freed": freed - walked,
        "bytes a node": (after - before) * 1024 / length,
    }


EXPRESSIONS = (
    *("x * y", "x + y", "x * 2.0", "2.0 * x", "x * 2", "x - 1", "x / 3"),
    *("x**2", "x**0.5", "x**-1", "x**3", "sum([x, y])"),
    *("x.exp()", "x.log()", "x.tanh()", "x.sigmoid()", "x.relu()"),
    *("x.data", "x.grad", "x.data = 1.5", "x.grad = 0.0"),
)
UPDATE = "for p in ps: p.data -= lr * p.grad"


def nanoseconds(expression: str, names: dict[str, Any], number: int = 20_000) -> float:
    """The shortest of many runs: on a shared machine the others measure the neighbours."""
    from timeit import repeat

    return min(repeat(expression, globals=names, number=number, repeat=25)) / number * 1e9


def expressions() -> list[dict[str, Any]]:
    """Print what each expression takes; returns the rows."""
    names = {"x": Value(1.7), "y": Value(0.6), "a": 1.7, "b": 0.6}
    unit = nanoseconds("a * b", names)
    print(f"\n{'expression':16}{'ns':>8}{'floats':>8}   (a product of floats: {unit:.1f} ns)")
    rows = []
    for expression in EXPRESSIONS:
        spent = nanoseconds(expression, names)
        row = {"work": "one expression", "name": expression, "median": spent * 1e-9}
        rows.append({**row, "products of two floats": spent / unit})
        print(f"{expression:16}{spent:8.1f}{spent / unit:8.1f}")
    if installed("micrograd"):
        from micrograd.engine import Value as Micrograd

        spent, theirs = (
            nanoseconds(UPDATE, {"ps": [kind(0.1) for _ in range(100)], "lr": 0.1}, 300)
            for kind in (Value, Micrograd)
        )
        print(f"{'update':16}{spent / 100:8.1f}        {spent / theirs:.2f} times micrograd's")
        row = {"work": "an update, a parameter", "name": UPDATE, "median": spent * 1e-11}
        rows.append({**row, "of micrograd's time": spent / theirs})
    return rows


def main() -> None:
    options = arguments(__doc__.splitlines()[0])
    print(f"engine: {'compiled' if engine_is_compiled() else 'plain Python'}")
    lengths = chain()  # first, while the memory high-water mark is still low
    print("\nchain of 1,000,000 operations")
    for name, number in lengths.items():
        shown = f"{number:.0f}" if name.startswith("bytes") else f"{number * 1e3:.0f} ns a node"
        print(f"  {name:14} {shown}")
    singles = expressions()
    steps = moons_contestants()
    compare({name: step() for name, step in steps.items()})
    times = interleaved(steps, options.rounds)
    rows = report("moons step", times, "autograd_nn")
    length = {"work": "a chain of 1,000,000 operations"}
    a_node = [{**length, "name": f"{name}, a node", "median": seconds / 1_000_000}
              for name, seconds in lengths.items() if not name.startswith("bytes")]  # fmt: skip
    memory = {**length, "bytes a node": round(lengths["bytes a node"])}
    finish([*singles, *rows, *a_node, memory], options.json)


if __name__ == "__main__":
    main()
