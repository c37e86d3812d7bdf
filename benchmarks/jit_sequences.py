"""What ``benchmarks.jit`` runs on sequences: recurrent nets, gates, attention.

Each workload is a function on scalars in plain loops, the same by hand in NumPy (value and
gradient), and the same in JAX.  The first argument is one flat vector of parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn import functions as fn


def in_jax(loss: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    """A step of value and gradient in JAX: compiled, in double precision, waited for."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.value_and_grad(loss))
    on_device = [jnp.asarray(a) for a in args]

    def step() -> Any:
        return jax.block_until_ready(both(*on_device))

    return step


# ---------------------------------------------------------------------------
# Elementwise gates: 14 units of the LSTM kind, each with its own twelve numbers, 1,000 steps


def gates_data(units: int = 14, steps: int = 1000) -> tuple[Any, Any, Any]:
    """Parameters, readings and targets."""
    rng = np.random.default_rng(0)
    return rng.normal(size=units * 12) * 0.5, rng.normal(size=steps), rng.normal(size=steps)


def gates(p: Any, readings: Any, targets: Any) -> Any:
    """Squared errors of the sum of the states."""
    units = [p[k : k + 12] for k in range(0, len(p), 12)]
    h = [0.0 for _ in units]
    c = [0.0 for _ in units]
    total = 0.0
    for x, target in zip(readings, targets, strict=True):
        for k, (wi, ui, bi, wf, uf, bf, wo, uo, bo, wg, ug, bg) in enumerate(units):
            enter = fn.sigmoid(wi * x + ui * h[k] + bi)
            forget = fn.sigmoid(wf * x + uf * h[k] + bf)
            leave = fn.sigmoid(wo * x + uo * h[k] + bo)
            c[k] = forget * c[k] + enter * fn.tanh(wg * x + ug * h[k] + bg)
            h[k] = leave * fn.tanh(c[k])
        total = total + (sum(h) - target) ** 2
    return total


def gates_numpy(p: Any, readings: Any, targets: Any) -> Any:
    """The same by hand: a loop over the steps, forward and back."""
    w, u, b = np.ascontiguousarray(p.reshape(-1, 4, 3).transpose(2, 1, 0))
    units, steps = w.shape[1], len(readings)
    gate, cells = np.empty((steps, 4, units)), np.zeros((steps + 1, units))
    states, bent = np.zeros((steps + 1, units)), np.empty((steps, units))
    for t, x in enumerate(readings):
        z = w * x + u * states[t] + b
        g = gate[t]
        g[:3] = 1.0 / (1.0 + np.exp(-z[:3]))
        g[3] = np.tanh(z[3])
        cells[t + 1] = g[1] * cells[t] + g[0] * g[3]
        bent[t] = np.tanh(cells[t + 1])
        states[t + 1] = g[2] * bent[t]
    errors = states[1:].sum(axis=1) - targets
    dz = np.empty((steps, 4, units))
    dh, dc = np.zeros(units), np.zeros(units)
    inner = np.concatenate([gate[:, :3] * (1.0 - gate[:, :3]), 1.0 - gate[:, 3:] ** 2], axis=1)
    for t in range(steps - 1, -1, -1):
        g, d = gate[t], dz[t]
        dh = dh + 2.0 * errors[t]
        dc = dc + dh * g[2] * (1.0 - bent[t] ** 2)
        d[0], d[1], d[2], d[3] = dc * g[3], dc * cells[t], dh * bent[t], dc * g[0]
        d *= inner[t]
        dc = dc * g[1]
        dh = (d * u).sum(axis=0)
    slopes = np.stack(
        [
            np.einsum("tgk,t->gk", dz, readings),
            np.einsum("tgk,tk->gk", dz, states[:-1]),
            dz.sum(axis=0),
        ]
    )
    return errors @ errors, slopes.transpose(2, 1, 0).ravel()


def gates_jax(p: Any, readings: Any, targets: Any) -> Callable[[], Any]:
    """The same by ``lax.scan``."""
    import jax
    import jax.numpy as jnp

    def loss(p: Any, readings: Any, targets: Any) -> Any:
        w, u, b = p.reshape(-1, 4, 3).transpose(2, 1, 0)

        def step(carry: Any, x: Any) -> Any:
            h, c = carry
            z = w * x + u * h + b
            enter, forget, leave = jax.nn.sigmoid(z[:3])
            c = forget * c + enter * jnp.tanh(z[3])
            h = leave * jnp.tanh(c)
            return (h, c), h.sum()

        start = jnp.zeros(w.shape[1]), jnp.zeros(w.shape[1])
        _, sums = jax.lax.scan(step, start, readings)
        return ((sums - targets) ** 2).sum()

    return in_jax(loss, p, readings, targets)


# ---------------------------------------------------------------------------
# A recurrent net: 32 tanh units read 3 numbers a step


def recurrent_data(batch: int = 64, steps: int = 50) -> tuple[Any, Any]:
    """Parameters and sequences."""
    rng = np.random.default_rng(0)
    return rng.normal(size=32 * 36) * 0.2, rng.normal(size=(batch, steps, 3))


def recurrent_of_one(p: Any, sequence: Any) -> Any:
    """One sequence; p holds the weights, row by row."""
    w = [list(p[k * 36 : k * 36 + 36]) for k in range(32)]
    h = [0.0] * 32
    for x in sequence:
        h = [
            (
                sum(r[j] * x[j] for j in range(3)) + sum(r[3 + j] * h[j] for j in range(32)) + r[35]
            ).tanh()
            for r in w
        ]
    return sum(v * v for v in h)


def recurrent(p: Any, X: Any) -> Any:
    """The same summed over a batch of sequences."""
    return sum(recurrent_of_one(p, sequence) for sequence in X)


def recurrent_numpy(p: Any, X: Any) -> Any:
    """The same by hand: a loop over the steps, forward and back."""
    P = p.reshape(32, 36)
    W, U, b = P[:, :3], P[:, 3:35], P[:, 35]
    batch, steps, _ = X.shape
    h = np.zeros((steps + 1, batch, 32))
    given = X.transpose(1, 0, 2) @ W.T + b
    for t in range(steps):
        np.tanh(given[t] + h[t] @ U.T, out=h[t + 1])
    dz = np.empty((steps, batch, 32))
    d = 2.0 * h[steps]
    for t in range(steps - 1, -1, -1):
        dz[t] = d * (1.0 - h[t + 1] ** 2)
        d = dz[t] @ U
    flat = dz.reshape(-1, 32)
    slopes = np.empty((32, 36))
    slopes[:, :3] = flat.T @ X.transpose(1, 0, 2).reshape(-1, 3)
    slopes[:, 3:35] = flat.T @ h[:-1].reshape(-1, 32)
    slopes[:, 35] = flat.sum(axis=0)
    return (h[steps] ** 2).sum(), slopes.ravel()


def recurrent_jax(p: Any, X: Any) -> Callable[[], Any]:
    """The same by ``lax.scan``."""
    import jax
    import jax.numpy as jnp

    def loss(p: Any, X: Any) -> Any:
        P = p.reshape(32, 36)
        given = X.transpose(1, 0, 2) @ P[:, :3].T + P[:, 35]

        def step(h: Any, z: Any) -> Any:
            return jnp.tanh(z + h @ P[:, 3:35].T), None

        h, _ = jax.lax.scan(step, jnp.zeros((X.shape[0], 32)), given)
        return (h**2).sum()

    return in_jax(loss, p, X)


# ---------------------------------------------------------------------------
# Attention: one head of width 8 over 16 positions; p holds the three projections


def attention_data(positions: int = 16) -> tuple[Any, Any]:
    """Parameters and positions."""
    rng = np.random.default_rng(0)
    return rng.normal(size=192) * 0.3, rng.normal(size=(positions, 8))


def attention(p: Any, X: Any) -> Any:
    """Every position looks at all."""
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


def causal(p: Any, X: Any) -> Any:
    """The same, but each position looks back only: sums of 1 to 16 terms."""
    q, k, v = ([[p[64 * m + 8 * i + j] for j in range(8)] for i in range(8)] for m in range(3))
    keys: list[Any] = []
    values: list[Any] = []
    total = 0.0
    for x in X:
        query, key, value = (
            [sum(a * b for a, b in zip(r, x, strict=True)) for r in w] for w in (q, k, v)
        )
        keys.append(key)
        values.append(value)
        e = [(sum(a * b for a, b in zip(query, key, strict=True)) * 0.35).exp() for key in keys]
        norm = sum(e)
        for j in range(8):
            total = total + (sum(a * row[j] for a, row in zip(e, values, strict=True)) / norm) ** 2
    return total


def attention_numpy(p: Any, X: Any, mask: Any = 1.0) -> Any:
    """Either by hand.

    Args:
        mask: 1 where a position looks at another.
    """
    q, k, v = p.reshape(3, 8, 8)
    Q, K, V = X @ q.T, X @ k.T, X @ v.T
    E = np.exp(Q @ K.T * 0.35) * mask
    A = E / E.sum(axis=1, keepdims=True)
    Y = A @ V
    dY = 2.0 * Y
    dA = dY @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True)) * 0.35
    slopes = np.stack([(dS @ K).T @ X, (dS.T @ Q).T @ X, (A.T @ dY).T @ X])
    return (Y * Y).sum(), slopes.ravel()


def attention_jax(p: Any, X: Any, mask: Any = 1.0) -> Callable[[], Any]:
    """Either in JAX."""
    import jax.numpy as jnp

    def loss(p: Any, X: Any) -> Any:
        q, k, v = p.reshape(3, 8, 8)
        E = jnp.exp((X @ q.T) @ (X @ k.T).T * 0.35) * mask
        return ((E @ (X @ v.T) / E.sum(axis=1, keepdims=True)) ** 2).sum()

    return in_jax(loss, p, X)


# ---------------------------------------------------------------------------
# A small attention model over sequences of 3 to 16 positions


def ragged_data(count: int = 24) -> tuple[Any, list[Any], Any]:
    """Parameters (three projections, eight weights and a bias), sequences and targets."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 17, count)
    sequences = [rng.normal(size=(n, 8)) for n in lengths]
    return rng.normal(size=201) * 0.3, sequences, rng.normal(size=count)


def ragged(p: Any, sequences: Any, targets: Any) -> Any:
    """Squared errors of what a model reads out of the mean of the attended positions."""
    q, k, v = ([[p[64 * m + 8 * i + j] for j in range(8)] for i in range(8)] for m in range(3))
    readout, bias = p[192:200], p[200]
    total = 0.0
    for X, target in zip(sequences, targets, strict=True):
        Q, K, V = (
            [[sum(a * b for a, b in zip(r, x, strict=True)) for r in w] for x in X]
            for w in (q, k, v)
        )
        mean = [0.0] * 8
        for query in Q:
            scores = [sum(a * b for a, b in zip(query, key, strict=True)) * 0.35 for key in K]
            weights = fn.softmax(scores)
            for j in range(8):
                seen = sum(a * row[j] for a, row in zip(weights, V, strict=True))
                mean[j] = mean[j] + seen / len(X)
        y = sum(a * b for a, b in zip(readout, mean, strict=True)) + bias
        total = total + (y - target) ** 2
    return total


def ragged_numpy(p: Any, sequences: Any, targets: Any) -> Any:
    """The same by hand: one sequence after another."""
    q, k, v = p[:192].reshape(3, 8, 8)
    readout, bias = p[192:200], p[200]
    total, slopes = 0.0, np.zeros(201)
    dq, dk, dv = slopes[:192].reshape(3, 8, 8)
    for X, target in zip(sequences, targets, strict=True):
        n = len(X)
        Q, K, V = X @ q.T, X @ k.T, X @ v.T
        S = Q @ K.T * 0.35
        E = np.exp(S - S.max(axis=1, keepdims=True))
        A = E / E.sum(axis=1, keepdims=True)
        share = A.sum(axis=0) / n
        mean = share @ V
        error = mean @ readout + bias - target
        total += error * error
        slopes[200] += 2.0 * error
        slopes[192:200] += 2.0 * error * mean
        d = (2.0 * error / n) * readout
        dA = V @ d  # the same for every position that looks
        dS = A * (dA - (A @ dA)[:, None]) * 0.35
        dq += (dS @ K).T @ X
        dk += (dS.T @ Q).T @ X
        dv += np.multiply.outer(d, (n * share) @ X)
    return total, slopes


def ragged_jax(p: Any, sequences: Any, targets: Any) -> Callable[[], Any]:
    """The same in JAX: sequences are filled up to the longest, and masked."""
    import jax
    import jax.numpy as jnp

    lengths = np.array([len(X) for X in sequences])
    full = np.zeros((len(sequences), lengths.max(), 8))
    for place, X in zip(full, sequences, strict=True):
        place[: len(X)] = X
    there = np.arange(lengths.max()) < lengths[:, None]

    def loss(p: Any, X: Any, there: Any, targets: Any) -> Any:
        q, k, v = p[:192].reshape(3, 8, 8)
        scores = jnp.einsum("sid,sjd->sij", X @ q.T, X @ k.T) * 0.35
        weights = jax.nn.softmax(jnp.where(there[:, None], scores, -jnp.inf), axis=2)
        seen = jnp.einsum("sij,sjd->sid", weights, X @ v.T)
        mean = (seen * there[:, :, None]).sum(axis=1) / there.sum(axis=1)[:, None]
        return ((mean @ p[192:200] + p[200] - targets) ** 2).sum()

    return in_jax(loss, p, full, there, targets)
