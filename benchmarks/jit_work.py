"""What ``benchmarks.jit`` runs: functions on scalars, and the same work in other hands.

Every function is written as its author would on plain numbers, with loops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn import Value
from autograd_nn import functions as fn
from benchmarks.jit_sequences import in_jax

MOONS_SIZES = (2, 16, 16, 1)
Layers = list[tuple[Any, Any]]


# ---------------------------------------------------------------------------
# micrograd's moons demo: hinge loss and L2 penalty of a 2-16-16-1 network on 100 rows


def moons_data() -> tuple[Any, Any, Any]:
    """Parameters, rows and targets."""
    rng = np.random.default_rng(0)
    t = np.linspace(0, np.pi, 50)
    outer, inner = np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]
    X = np.concatenate([outer, inner]) + rng.normal(0, 0.1, (100, 2))
    y = np.r_[np.ones(50), -np.ones(50)]
    theta = np.concatenate(
        [
            np.r_[rng.uniform(-1, 1, a), 0.0]
            for a, b in zip(MOONS_SIZES, MOONS_SIZES[1:], strict=False)
            for _ in range(b)
        ]
    )
    return theta, X, y


def moons_loss(theta: Any, X: Any, y: Any) -> Any:
    """Plain loops over rows, neurons and weights, as in the demo."""
    params, at, layers = list(theta), 0, []
    for a, b in zip(MOONS_SIZES, MOONS_SIZES[1:], strict=False):
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


def moons_torch(theta: Any, X: Any, y: Any) -> Callable[[], Any]:
    """On PyTorch tensors."""
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
    """On JAX arrays, compiled."""
    import jax

    def loss(t: Any, X: Any, y: Any) -> Any:
        W1, W2, W3 = t[:48].reshape(16, 3), t[48:320].reshape(16, 17), t[320:]
        h1 = jax.nn.relu(X @ W1[:, :2].T + W1[:, 2])
        h2 = jax.nn.relu(h1 @ W2[:, :16].T + W2[:, 16])
        return jax.nn.relu(1 - y * (h2 @ W3[:16] + W3[16])).mean() + 1e-4 * (t @ t)

    return in_jax(loss, theta, X, y)


def moons_casadi(theta: Any, X: Any, y: Any) -> Callable[[], Any]:
    """The same loops on CasADi's scalars, replayed by its virtual machine."""
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


# ---------------------------------------------------------------------------
# Classifiers written for one row: relu layers, cross-entropy with a one-hot target


def classifier_data(sizes: tuple[int, ...], batch: int = 256) -> tuple[Layers, Any, Any]:
    """Layers, rows and targets."""
    rng = np.random.default_rng(0)
    layers = [
        (rng.normal(size=(b, a)) / a**0.5, np.zeros(b))
        for a, b in zip(sizes, sizes[1:], strict=False)
    ]
    X = rng.uniform(size=(batch, sizes[0]))
    return layers, X, np.eye(sizes[-1])[rng.integers(0, sizes[-1], batch)]


def classifier_loss(layers: Layers, x: Any, target: Any) -> Any:
    """The loss of one row."""
    h = list(x)
    for k, (W, b) in enumerate(layers):
        h = [fn.dot(list(w), h) + c for w, c in zip(W, b, strict=True)]
        if k < len(layers) - 1:
            h = [v.relu() for v in h]
    return fn.logsumexp(h) - sum(t * s for t, s in zip(target, h, strict=True))


def classifier_plain(layers: Layers, X: Any, T: Any) -> Any:
    """The mean over a batch, in plain loops."""
    return sum(classifier_loss(layers, x, t) for x, t in zip(X, T, strict=True)) / len(X)


def classifier_numpy(layers: Layers, X: Any, T: Any) -> Any:
    """The mean over a batch, by hand."""
    held = [X]
    for k, (W, b) in enumerate(layers):
        Z = held[-1] @ W.T + b
        held.append(np.maximum(Z, 0) if k < len(layers) - 1 else Z)
    S = held.pop()
    S -= S.max(axis=1, keepdims=True)
    E = np.exp(S)
    total = E.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - (T * S).sum(axis=1))
    d = (E / total - T) / len(X)
    slopes: list[Any] = []
    for k in range(len(layers) - 1, -1, -1):
        slopes = [d.T @ held[k], d.sum(0), *slopes]
        if k:
            d = (d @ layers[k][0]) * (held[k] > 0)
    return loss, *slopes


def classifier_torch(layers: Layers, X: Any, T: Any) -> Callable[[], Any]:
    """The same on PyTorch tensors, in double precision."""
    import torch

    held = [(torch.tensor(W).requires_grad_(), torch.tensor(b).requires_grad_()) for W, b in layers]
    params = [p for pair in held for p in pair]
    X, T = torch.tensor(X), torch.tensor(T)

    def step() -> Any:
        for p in params:
            p.grad = None
        h = X
        for k, (W, b) in enumerate(held):
            h = h @ W.T + b
            if k < len(held) - 1:
                h = torch.relu(h)
        loss = torch.nn.functional.cross_entropy(h, T)
        loss.backward()
        return loss.detach().numpy(), *(p.grad.numpy() for p in params)

    return step


def classifier_jax(layers: Layers, X: Any, T: Any) -> Callable[[], Any]:
    """The same on JAX arrays, compiled, in double precision."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss(layers: Any, X: Any, T: Any) -> Any:
        h = X
        for k, (W, b) in enumerate(layers):
            h = h @ W.T + b
            if k < len(layers) - 1:
                h = jax.nn.relu(h)
        return (jax.nn.logsumexp(h, axis=1) - (T * h).sum(axis=1)).mean()

    both = jax.jit(jax.value_and_grad(loss))
    held = [(jnp.asarray(W), jnp.asarray(b)) for W, b in layers]
    X, T = jnp.asarray(X), jnp.asarray(T)

    def step() -> Any:
        value, slopes = jax.block_until_ready(both(held, X, T))
        return value, *(s for pair in slopes for s in pair)

    return step


# ---------------------------------------------------------------------------
# A convolution: four 5x5 kernels over a 16x16 image, relu, sum of squares


def convolution_data() -> tuple[Any, Any]:
    """Kernels, each with its bias, and an image."""
    rng = np.random.default_rng(0)
    return rng.normal(size=104) * 0.2, rng.normal(size=(16, 16))


def convolution(p: Any, image: Any) -> Any:
    """In plain loops."""
    total = 0.0
    for f in range(4):
        kernel, bias = p[26 * f : 26 * f + 25], p[26 * f + 25]
        for r in range(12):
            for c in range(12):
                window = [image[r + i][c + j] for i in range(5) for j in range(5)]
                y = (sum(a * b for a, b in zip(kernel, window, strict=True)) + bias).relu()
                total = total + y * y
    return total


def convolution_numpy(p: Any, image: Any) -> Any:
    """The same by hand."""
    P = p.reshape(4, 26)
    windows = np.lib.stride_tricks.sliding_window_view(image, (5, 5)).reshape(144, 25)
    Y = np.maximum(windows @ P[:, :25].T + P[:, 25], 0.0)
    d = 2.0 * Y
    return (Y * Y).sum(), np.concatenate([d.T @ windows, d.sum(axis=0)[:, None]], axis=1).ravel()


def convolution_jax(p: Any, image: Any) -> Callable[[], Any]:
    """The same in JAX."""
    import jax

    def loss(p: Any, image: Any) -> Any:
        P = p.reshape(4, 26)
        Y = jax.lax.conv(image[None, None], P[:, None, :25].reshape(4, 1, 5, 5), (1, 1), "VALID")
        return (jax.nn.relu(Y + P[:, 25, None, None]) ** 2).sum()

    return in_jax(loss, p, image)


# ---------------------------------------------------------------------------
# Scalar engines


def eager(f: Callable[..., Any], *args: Any, make: Any = Value) -> tuple[float, list[float]]:
    """Loss and gradient along the first argument by a scalar engine."""
    leaves = [make(float(x)) for x in np.ravel(args[0])]
    held = np.empty(len(leaves), dtype=object)
    held[:] = leaves
    root = f(held.reshape(np.shape(args[0])), *args[1:])
    root.backward()
    return root.data, [leaf.grad for leaf in leaves]


def micrograd_value() -> Any:
    """micrograd's Value; it has no tanh and no exp, so these are added in its manner."""
    from micrograd.engine import Value as Peer

    def add_function(name: str, slope: Callable[[float], float]) -> None:
        def method(self: Any) -> Any:
            out = Peer(getattr(math, name)(self.data), (self,), name)
            out._backward = lambda: setattr(self, "grad", self.grad + slope(out.data) * out.grad)
            return out

        setattr(Peer, name, method)

    add_function("tanh", lambda y: 1 - y * y)
    add_function("exp", lambda y: y)
    return Peer
