"""The jit beside hand-written NumPy, PyTorch, JAX, CasADi, micrograd and the engine.

    python -m benchmarks.jit [--rounds 7] [--threads 1] [--only moons,digits,...]

Every contestant computes the same loss and gradient in double precision;
results are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import compare, finish, installed, interleaved, pin_threads, report

SIZES = (2, 16, 16, 1)


def repeated(run: Callable[[], Any], times: int) -> Callable[[], None]:
    """``times`` calls in one, where one takes only microseconds."""

    def loop() -> None:
        for _ in range(times):
            run()

    return loop


def contest(
    title: str, work: dict[str, tuple[Callable[[], Any], int]], base: str, rounds: int
) -> list[dict[str, Any]]:
    """Compare the results, time each contestant, print the table per call."""
    import numpy as np

    compare(
        {
            name: np.concatenate([np.ravel(np.asarray(part, float)) for part in run()])
            for name, (run, _) in work.items()
        },
        rtol=1e-7,
    )
    loops = {name: repeated(run, times) for name, (run, times) in work.items()}
    times = interleaved(loops, rounds, seconds=8.0)
    per_call = {name: [t / work[name][1] for t in ts] for name, ts in times.items()}
    return report(title, per_call, base)


def moons_data() -> tuple[Any, Any, Any]:
    import numpy as np

    rng = np.random.default_rng(0)
    t = np.linspace(0, np.pi, 50)
    outer, inner = np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]
    X = np.concatenate([outer, inner]) + rng.normal(0, 0.1, (100, 2))
    y = np.r_[np.ones(50), -np.ones(50)]
    theta = np.concatenate(
        [
            np.r_[rng.uniform(-1, 1, a), 0.0]
            for a, b in zip(SIZES, SIZES[1:], strict=False)
            for _ in range(b)
        ]
    )
    return theta, X, y


def moons_loss(theta: Any, X: Any, y: Any) -> Any:
    """micrograd's demo: plain loops over rows, neurons and weights."""
    params, at, layers = list(theta), 0, []
    for a, b in zip(SIZES, SIZES[1:], strict=False):
        layers.append(
            [(params[k : k + a], params[k + a]) for k in range(at, at + b * (a + 1), a + 1)]
        )
        at += b * (a + 1)
    losses = []
    for row, target in zip(X, y, strict=True):
        x = list(row)
        for k, layer in enumerate(layers):
            x = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            if k < 2:
                x = [v.relu() for v in x]
        losses.append((1 + -target * x[0]).relu())
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in params)


def moons_numpy(theta: Any, X: Any, y: Any) -> Any:
    """The same by hand."""
    import numpy as np

    W1, W2, W3 = theta[:48].reshape(16, 3), theta[48:320].reshape(16, 17), theta[320:]
    h1 = np.maximum(X @ W1[:, :2].T + W1[:, 2], 0)
    h2 = np.maximum(h1 @ W2[:, :16].T + W2[:, 16], 0)
    margin = 1 - y * (h2 @ W3[:16] + W3[16])
    loss = np.maximum(margin, 0).sum() * 0.01 + 1e-4 * (theta @ theta)
    g = np.empty(337)
    d3 = np.where(margin > 0, y * -0.01, 0.0)
    g[320:336], g[336] = d3 @ h2, d3.sum()
    d2 = np.multiply.outer(d3, W3[:16]) * (h2 > 0)
    G2 = g[48:320].reshape(16, 17)
    G2[:, :16], G2[:, 16] = d2.T @ h1, d2.sum(0)
    d1 = (d2 @ W2[:, :16]) * (h1 > 0)
    G1 = g[:48].reshape(16, 3)
    G1[:, :2], G1[:, 2] = d1.T @ X, d1.sum(0)
    g += 2e-4 * theta
    return loss, g


def eager(f: Callable[..., Any], *args: Any, make: Any = None) -> tuple[float, list[float]]:
    """Loss and gradient along the first argument by a scalar engine."""
    import numpy as np

    from autograd_nn import Value

    make = make or Value
    leaves = [make(float(x)) for x in np.ravel(args[0])]
    held = np.empty(len(leaves), dtype=object)
    held[:] = leaves
    root = f(held.reshape(np.shape(args[0])), *args[1:])
    root.backward()
    return root.data, [leaf.grad for leaf in leaves]


def moons_torch(theta: Any, X: Any, y: Any) -> Callable[[], Any]:
    import torch

    t, X, y = (torch.tensor(a) for a in (theta, X, y))
    t.requires_grad_(True)

    def step() -> Any:
        t.grad = None
        W1, W2, W3 = t[:48].reshape(16, 3), t[48:320].reshape(16, 17), t[320:]
        h1 = torch.relu(X @ W1[:, :2].T + W1[:, 2])
        h2 = torch.relu(h1 @ W2[:, :16].T + W2[:, 16])
        loss = torch.relu(1 - y * (h2 @ W3[:16] + W3[16])).mean() + 1e-4 * (t @ t)
        loss.backward()
        return loss.detach().numpy(), t.grad.numpy()

    return step


def moons_jax(theta: Any, X: Any, y: Any) -> Callable[[], Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss(t: Any, X: Any, y: Any) -> Any:
        W1, W2, W3 = t[:48].reshape(16, 3), t[48:320].reshape(16, 17), t[320:]
        h1 = jax.nn.relu(X @ W1[:, :2].T + W1[:, 2])
        h2 = jax.nn.relu(h1 @ W2[:, :16].T + W2[:, 16])
        return jax.nn.relu(1 - y * (h2 @ W3[:16] + W3[16])).mean() + 1e-4 * (t @ t)

    both = jax.jit(jax.value_and_grad(loss))
    on_device = [jnp.asarray(a) for a in (theta, X, y)]
    return lambda: jax.block_until_ready(both(*on_device))


def moons_casadi(theta: Any, X: Any, y: Any) -> Callable[[], Any]:
    import casadi

    t = casadi.SX.sym("t", len(theta))

    class Scalar:
        """CasADi's scalar under the names that the loops use."""

        def __init__(self, x: Any) -> None:
            self.x = x

        def __add__(self, other: Any) -> Any:
            return Scalar(self.x + (other.x if isinstance(other, Scalar) else other))

        def __mul__(self, other: Any) -> Any:
            return Scalar(self.x * (other.x if isinstance(other, Scalar) else other))

        __radd__, __rmul__ = __add__, __mul__

        def relu(self) -> Any:
            return Scalar(casadi.fmax(self.x, 0))

    loss = moons_loss([Scalar(t[k]) for k in range(len(theta))], X.tolist(), y.tolist()).x
    function = casadi.Function("f", [t], [loss, casadi.gradient(loss, t)])

    def step() -> Any:
        value, slopes = function(theta)
        return float(value), slopes.full()

    return step


def moons(rounds: int) -> list[dict[str, Any]]:
    from autograd_nn.jit import jit

    args = moons_data()
    jitted = jit(moons_loss)
    start = time.perf_counter()
    jitted.value_and_grad(*args)
    print(f"\nmoons: trace and compile {time.perf_counter() - start:.3f} s")
    print(jitted.program(*args))
    work: dict[str, tuple[Callable[[], Any], int]] = {
        "NumPy by hand": (lambda: moons_numpy(*args), 200),
        "jit": (lambda: jitted.value_and_grad(*args), 200),
        "engine": (lambda: eager(moons_loss, *args), 1),
    }
    if installed("torch"):
        work["PyTorch"] = (moons_torch(*args), 100)
    if installed("jax"):
        work["JAX jit"] = (moons_jax(*args), 100)
    if installed("casadi"):
        work["CasADi"] = (moons_casadi(*args), 50)
    if installed("micrograd"):
        from micrograd.engine import Value as Peer

        sys.setrecursionlimit(100_000)
        work["micrograd"] = (lambda: eager(moons_loss, *args, make=Peer), 1)
    return contest("moons step, loss and gradient", work, "NumPy by hand", rounds)


def cross_entropy_loss(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, target: Any) -> Any:
    """One row: relu layer, then softmax cross-entropy with a one-hot target."""
    from autograd_nn import functions as fn

    hidden = [fn.relu(fn.dot(list(w), list(x)) + b) for w, b in zip(W1, b1, strict=True)]
    scores = [fn.dot(list(w), hidden) + b for w, b in zip(W2, b2, strict=True)]
    return fn.logsumexp(scores) - sum(t * s for t, s in zip(target, scores, strict=True))


def cross_entropy_numpy(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, T: Any) -> Any:
    import numpy as np

    H = np.maximum(X @ W1.T + b1, 0)
    S = H @ W2.T + b2
    S -= S.max(axis=1, keepdims=True)
    E = np.exp(S)
    total = E.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - (T * S).sum(axis=1))
    dS = (E / total - T) / len(X)
    dH = (dS @ W2) * (H > 0)
    return loss, dH.T @ X, dH.sum(0), dS.T @ H, dS.sum(0)


def cross_entropy_torch(*arrays: Any) -> Callable[[], Any]:
    import torch

    W1, b1, W2, b2, X, T = (torch.tensor(a) for a in arrays)
    params = [p.requires_grad_(True) for p in (W1, b1, W2, b2)]

    def step() -> Any:
        for p in params:
            p.grad = None
        S = torch.relu(X @ W1.T + b1) @ W2.T + b2
        loss = torch.nn.functional.cross_entropy(S, T)
        loss.backward()
        return loss.detach().numpy(), *(p.grad.numpy() for p in params)

    return step


def rows_form(title: str, nin: int, hidden: int, rounds: int) -> list[dict[str, Any]]:
    import numpy as np

    from autograd_nn.jit import jit

    rng = np.random.default_rng(0)
    arrays = (
        rng.normal(size=(hidden, nin)) / nin**0.5,
        np.zeros(hidden),
        rng.normal(size=(10, hidden)) / hidden**0.5,
        np.zeros(10),
        rng.uniform(size=(256, nin)),
        np.eye(10)[rng.integers(0, 10, 256)],
    )
    jitted = jit(cross_entropy_loss, rows=("x", "target"))

    def step() -> Any:
        loss, slopes = jitted.value_and_grad(*arrays, argnums=(0, 1, 2, 3))
        return loss, *slopes

    start = time.perf_counter()
    step()
    print(f"\n{title}: trace and compile {time.perf_counter() - start:.3f} s")
    work: dict[str, tuple[Callable[[], Any], int]] = {
        "NumPy by hand": (lambda: cross_entropy_numpy(*arrays), 20),
        "jit": (step, 20),
    }
    if installed("torch"):
        work["PyTorch"] = (cross_entropy_torch(*arrays), 20)
    return contest(title, work, "NumPy by hand", rounds)


def rosenbrock(x: Any) -> Any:
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def pendulum(start: Any) -> Any:
    angle, speed, length, friction = start
    total = 0.0
    for _ in range(1000):
        speed = speed + (-9.81 / length * angle.sin() - friction * speed) * 0.01
        angle = angle + speed * 0.01
        total = total + (angle - 0.1) ** 2
    return total


def irregular(x: Any) -> Any:
    rng, values = random.Random(1), list(x)
    for _ in range(10_000):
        kind, a, b = rng.randrange(6), rng.choice(values), rng.choice(values)
        if kind == 0:
            values.append(a + b)
        elif kind == 1:
            values.append(a * b * 0.5)
        elif kind == 2:
            values.append(a - b)
        elif kind == 3:
            values.append(a.sin())
        elif kind == 4:
            values.append(a.tanh())
        else:
            values.append(a / (b * b + 1))
    return sum(values[-50:])


def recurrent(p: Any, X: Any) -> Any:
    """32 tanh units read 3 numbers a step; p holds the weights, row by row."""
    w = [list(p[k * 36 : k * 36 + 36]) for k in range(32)]
    total = 0.0
    for sequence in X:
        h = [0.0] * 32
        for x in sequence:
            h = [
                (
                    sum(r[j] * x[j] for j in range(3))
                    + sum(r[3 + j] * h[j] for j in range(32))
                    + r[35]
                ).tanh()
                for r in w
            ]
        total = total + sum(v * v for v in h)
    return total


def attention(p: Any, X: Any) -> Any:
    """One head of width 8 over 16 positions; p holds the three projections."""
    q, k, v = ([[p[64 * m + 8 * i + j] for j in range(8)] for i in range(8)] for m in range(3))

    def project(w: Any) -> Any:
        return [[sum(a * b for a, b in zip(r, x, strict=True)) for r in w] for x in X]

    Q, K, V = project(q), project(k), project(v)
    total = 0.0
    for query in Q:
        e = [(sum(a * b for a, b in zip(query, key, strict=True)) * 0.35).exp() for key in K]
        norm = sum(e)
        for j in range(8):
            total = total + (sum(a * row[j] for a, row in zip(e, V, strict=True)) / norm) ** 2
    return total


def convolution(p: Any, image: Any) -> Any:
    """Four 5x5 kernels over a 16x16 image, relu, sum of squares."""
    total = 0.0
    for f in range(4):
        kernel, bias = p[26 * f : 26 * f + 25], p[26 * f + 25]
        for r in range(12):
            for c in range(12):
                window = [image[r + i][c + j] for i in range(5) for j in range(5)]
                y = (sum(a * b for a, b in zip(kernel, window, strict=True)) + bias).relu()
                total = total + y * y
    return total


def against_engine(
    title: str, f: Callable[..., Any], args: tuple[Any, ...], rounds: int, peer: bool = False
) -> list[dict[str, Any]]:
    from autograd_nn.jit import jit

    jitted = jit(f)
    start = time.perf_counter()
    jitted.value_and_grad(*args)
    spent = time.perf_counter() - start
    program = str(jitted.program(*args)).splitlines()
    print(f"\n{title}: trace and compile {spent:.3f} s\n" + "\n".join(program[:9]))
    work: dict[str, tuple[Callable[[], Any], int]] = {
        "jit": (lambda: jitted.value_and_grad(*args), 20),
        "engine": (lambda: eager(f, *args), 1),
    }
    if peer and installed("micrograd"):
        from micrograd.engine import Value as Base

        class Peer(Base):  # type: ignore[misc, valid-type]
            """micrograd has no tanh and no exp: in its manner."""

        def add_function(name: str, slope: Callable[[float], float]) -> None:
            import math

            def method(self: Any) -> Any:
                out = Base(getattr(math, name)(self.data), (self,), name)
                out._backward = lambda: setattr(
                    self, "grad", self.grad + slope(out.data) * out.grad
                )
                return out

            setattr(Base, name, method)

        add_function("tanh", lambda y: 1 - y * y)
        add_function("exp", lambda y: y)
        sys.setrecursionlimit(1_000_000)
        work["micrograd"] = (lambda: eager(f, *args, make=Base), 1)
    return contest(title, work, "jit", rounds)


def compile_time(largest: int) -> None:
    """Trace and compile of ever larger functions: the time a recorded operation must be flat."""
    import numpy as np

    from autograd_nn.jit import jit

    print("\ntrace and compile, by size\n  operations   us an operation")
    for rows in (50, 500, 5000, 15_000):
        if rows * 200 > largest:
            break
        rng = np.random.default_rng(0)
        w, X = rng.normal(size=(10, 10)), rng.normal(size=(rows, 10))

        def f(w: Any, X: Any) -> Any:
            return sum(sum(a * b for a, b in zip(r, x, strict=True)).relu() for x in X for r in w)

        jitted = jit(f)
        start = time.perf_counter()
        jitted.value_and_grad(w, X)
        spent = time.perf_counter() - start
        recorded = jitted.program(w, X).recorded
        print(f"{recorded:12d}{spent / recorded * 1e6:14.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="names of the parts, separated by commas")
    parser.add_argument("--largest", type=int, default=3_000_000, help="operations to compile")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pin_threads(options.threads)
    import numpy as np

    if installed("torch"):
        import torch

        torch.set_num_threads(options.threads)
    from autograd_nn import engine_is_compiled

    print(f"engine {'compiled' if engine_is_compiled() else 'in plain Python'}")
    rng, n = np.random.default_rng(0), options.rounds
    parts: dict[str, Callable[[], Any]] = {
        "moons": lambda: moons(n),
        "digits": lambda: rows_form("digits, 64-128-10, batch 256, rows form", 64, 128, n),
        "mnist": lambda: rows_form("784-128-10, batch 256, rows form", 784, 128, n),
        "rosenbrock": lambda: against_engine(
            "Rosenbrock, 1,000 variables", rosenbrock, (np.linspace(0, 2, 1000),), n
        ),
        "pendulum": lambda: against_engine(
            "pendulum, 1,000 steps", pendulum, (np.array([1.0, 0.0, 1.0, 0.1]),), n
        ),
        "irregular": lambda: against_engine(
            "irregular, 10,000 operations", irregular, (np.linspace(-1, 1, 20),), n
        ),
        "recurrent": lambda: against_engine(
            "recurrent, 32 units, 50 steps, batch 4",
            recurrent,
            (rng.normal(size=32 * 36) * 0.2, rng.normal(size=(4, 50, 3))),
            2,
            peer=True,
        ),
        "attention": lambda: against_engine(
            "attention, 16 positions, width 8",
            attention,
            (rng.normal(size=192) * 0.3, rng.normal(size=(16, 8))),
            n,
            peer=True,
        ),
        "convolution": lambda: against_engine(
            "convolution, four 5x5 kernels, 16x16",
            convolution,
            (rng.normal(size=104) * 0.2, rng.normal(size=(16, 16))),
            n,
            peer=True,
        ),
    }
    rows: list[dict[str, Any]] = []
    chosen = options.only.split(",") if options.only else [*parts, "compile"]
    for name, part in parts.items():
        if name in chosen:
            rows += part()
    if "compile" in chosen:
        compile_time(options.largest)
    ratios = [r["ratio"] for r in rows if r["name"] == "jit"]
    print(f"\nmedian ratio of the jit to its base: {statistics.median(ratios or [1.0]):.2f}")
    finish(rows, options.json)


if __name__ == "__main__":
    main()
