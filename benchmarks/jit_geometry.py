"""What ``benchmarks.jit`` runs on points: mixtures, cameras, joints.

Each workload is a function on scalars in plain loops, the same by hand in NumPy (value and
gradient), and the same in JAX.  The first argument is one flat vector of parameters.
The mixture, the cameras and the joints are of the kinds of ADBench (Srajer, Kukelova,
Fitzgibbon 2018, https://doi.org/10.1080/10556788.2018.1435651).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn import functions as fn
from benchmarks.jit_sequences import in_jax

# ---------------------------------------------------------------------------
# A Gaussian mixture with full covariances: p holds for every component a weight, the mean, the
# logarithms of the diagonal of the factor of the precision, and what lies below that


def mixture_data(points: int = 1000, size: int = 10, parts: int = 5) -> tuple[Any, Any]:
    """Parameters and points."""
    rng = np.random.default_rng(0)
    each = 1 + 2 * size + size * (size - 1) // 2
    return rng.normal(size=parts * each) * 0.5, rng.normal(size=(points, size))


def mixture(p: Any, X: Any) -> Any:
    """The logarithm of the likelihood, less its constant."""
    size = len(X[0])
    each = 1 + 2 * size + size * (size - 1) // 2
    parts = []
    for k in range(0, len(p), each):
        weight, mean, scale = p[k], p[k + 1 : k + 1 + size], p[k + 1 + size : k + 1 + 2 * size]
        below = p[k + 1 + 2 * size : k + each]
        diagonal = [fn.exp(s) for s in scale]
        parts.append((weight, mean, sum(scale), diagonal, below))
    total = 0.0
    for x in X:
        terms = []
        for weight, mean, log_det, diagonal, below in parts:
            centred = [a - m for a, m in zip(x, mean, strict=True)]
            square, at = 0.0, 0
            for i in range(size):
                y = diagonal[i] * centred[i]
                for j in range(i):
                    y = y + below[at + j] * centred[j]
                at += i
                square = square + y * y
            terms.append(weight + log_det - 0.5 * square)
        total = total + fn.logsumexp(terms)
    return total - len(X) * fn.logsumexp([part[0] for part in parts])


def mixture_numpy(p: Any, X: Any) -> Any:
    """The same by hand."""
    n, size = X.shape
    each = 1 + 2 * size + size * (size - 1) // 2
    P = p.reshape(-1, each)
    weight, mean, scale = P[:, 0], P[:, 1 : 1 + size], P[:, 1 + size : 1 + 2 * size]
    rows, columns = np.tril_indices(size, -1)
    diagonal = np.arange(size)
    L = np.zeros((len(P), size, size))
    L[:, rows, columns] = P[:, 1 + 2 * size :]
    L[:, diagonal, diagonal] = np.exp(scale)
    centred = X - mean[:, None]  # parts, points, size
    Y = centred @ L.transpose(0, 2, 1)
    terms = (weight + scale.sum(axis=1))[:, None] - 0.5 * np.einsum("kni,kni->kn", Y, Y)
    top = terms.max(axis=0)
    E = np.exp(terms - top)
    norm = E.sum(axis=0)
    prior = np.exp(weight - weight.max())
    value = (np.log(norm) + top).sum() - n * (np.log(prior.sum()) + weight.max())
    R = E / norm
    shares = R.sum(axis=1)
    dY = -R[:, :, None] * Y
    dL = dY.transpose(0, 2, 1) @ centred
    slopes = np.empty_like(P)
    slopes[:, 0] = shares - n * prior / prior.sum()
    slopes[:, 1 : 1 + size] = -np.einsum("kni,kij->kj", dY, L)
    slopes[:, 1 + size : 1 + 2 * size] = (
        shares[:, None] + dL[:, diagonal, diagonal] * L[:, diagonal, diagonal]
    )
    slopes[:, 1 + 2 * size :] = dL[:, rows, columns]
    return value, slopes.ravel()


def mixture_jax(p: Any, X: Any) -> Callable[[], Any]:
    """The same in JAX."""
    import jax
    import jax.numpy as jnp

    n, size = X.shape
    each = 1 + 2 * size + size * (size - 1) // 2
    rows, columns = np.tril_indices(size, -1)
    diagonal = np.arange(size)

    def loss(p: Any, X: Any) -> Any:
        P = p.reshape(-1, each)
        weight, mean, scale = P[:, 0], P[:, 1 : 1 + size], P[:, 1 + size : 1 + 2 * size]
        L = jnp.zeros((len(P), size, size)).at[:, rows, columns].set(P[:, 1 + 2 * size :])
        L = L.at[:, diagonal, diagonal].set(jnp.exp(scale))
        Y = jnp.einsum("kij,knj->kni", L, X - mean[:, None])
        terms = (weight + scale.sum(axis=1))[:, None] - 0.5 * (Y * Y).sum(axis=2)
        return jax.nn.logsumexp(terms, axis=0).sum() - n * jax.nn.logsumexp(weight)

    return in_jax(loss, p, X)


# ---------------------------------------------------------------------------
# Cameras: residuals of points seen by cameras, in no order.  p holds eleven numbers a camera
# (rotation, centre, focal length, principal point, two of distortion), then three a point.


def camera_data(cameras: int = 20, points: int = 400, seen: int = 2000) -> Any:
    """Parameters, pairs of a camera and a point, and where the point was seen."""
    rng = np.random.default_rng(0)
    each = np.array([0, 0, 0, 0, 0, -8, 500, 0, 0, 0, 0.0])
    noise = np.array([0.3, 0.3, 0.3, 0.5, 0.5, 0.5, 10, 3, 3, 0.01, 0.01])
    held = each + rng.normal(size=(cameras, 11)) * noise
    p = np.concatenate([held.ravel(), rng.normal(size=points * 3)])
    pairs = np.stack([rng.integers(0, cameras, seen), rng.integers(0, points, seen)], axis=1)
    return p, pairs, rng.normal(size=(seen, 2)) * 100.0


def project(camera: Any, point: Any) -> tuple[Any, Any]:
    """Where a camera sees a point: Rodrigues' rotation, then a radial distortion."""
    r, centre, focal, k1, k2 = camera[:3], camera[3:6], camera[6], camera[9], camera[10]
    x, y, z = (a - c for a, c in zip(point, centre, strict=True))
    angle = fn.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    cos, sin = fn.cos(angle), fn.sin(angle)
    a, b, c = (v / angle for v in r)
    along = (a * x + b * y + c * z) * (1.0 - cos)
    x, y, z = (
        x * cos + (b * z - c * y) * sin + a * along,
        y * cos + (c * x - a * z) * sin + b * along,
        z * cos + (a * y - b * x) * sin + c * along,
    )
    u, v = x / z, y / z
    square = u * u + v * v
    bent = focal * (1.0 + k1 * square + k2 * square * square)
    return camera[7] + bent * u, camera[8] + bent * v


def camera_loss(pairs: Any, cameras: int = 20) -> Callable[..., Any]:
    """The function of the parameters and of what was seen, for given pairs."""
    pairs = [tuple(pair) for pair in pairs.tolist()]

    def loss(p: Any, seen: Any) -> Any:
        held = [p[11 * k : 11 * k + 11] for k in range(cameras)]
        points = [p[k : k + 3] for k in range(11 * cameras, len(p), 3)]
        total = 0.0
        for (k, q), (u, v) in zip(pairs, seen, strict=True):
            x, y = project(held[k], points[q])
            total = total + (x - u) ** 2 + (y - v) ** 2
        return total

    return loss


def camera_numpy(p: Any, pairs: Any, seen: Any, cameras: int = 20) -> Any:
    """The same by hand."""
    held, points = p[: 11 * cameras].reshape(-1, 11), p[11 * cameras :].reshape(-1, 3)
    ks, qs = pairs.T
    r = held[:, :3]
    angle = np.sqrt((r * r).sum(axis=1))
    cos, sin, w = np.cos(angle), np.sin(angle), r / angle[:, None]
    zero = np.zeros(cameras)
    cross = np.array(
        [[zero, -w[:, 2], w[:, 1]], [w[:, 2], zero, -w[:, 0]], [-w[:, 1], w[:, 0], zero]]
    )
    cross = cross.transpose(2, 0, 1)
    outer = w[:, :, None] * w[:, None]
    R = cos[:, None, None] * np.eye(3) + sin[:, None, None] * cross
    R += (1.0 - cos)[:, None, None] * outer
    Y = points[qs] - held[ks, 3:6]
    Z = np.einsum("nij,nj->ni", R[ks], Y)
    uv = Z[:, :2] / Z[:, 2:]
    square = (uv * uv).sum(axis=1)
    focal, k1, k2 = held[ks, 6], held[ks, 9], held[ks, 10]
    inner = 1.0 + k1 * square + k2 * square * square
    bent = focal * inner
    errors = held[ks, 7:9] + bent[:, None] * uv - seen
    d = 2.0 * errors
    dbent = (d * uv).sum(axis=1)
    dsquare = dbent * focal * (k1 + 2.0 * k2 * square)
    duv = d * bent[:, None] + 2.0 * dsquare[:, None] * uv
    dZ = np.empty_like(Z)
    dZ[:, :2] = duv / Z[:, 2:]
    dZ[:, 2] = -(duv * uv).sum(axis=1) / Z[:, 2]
    dY = np.einsum("nij,ni->nj", R[ks], dZ)
    each = np.empty((len(ks), 17))  # what a pair hands to its camera
    each[:, :9] = (dZ[:, :, None] * Y[:, None]).reshape(-1, 9)
    each[:, 9:12], each[:, 12], each[:, 13:15] = -dY, dbent * inner, d
    each[:, 15], each[:, 16] = dbent * focal * square, dbent * focal * square * square
    sums = _sums_by(ks, each, cameras)
    G = sums[:, :9].reshape(-1, 3, 3)
    twist = np.stack([G[:, 2, 1] - G[:, 1, 2], G[:, 0, 2] - G[:, 2, 0], G[:, 1, 0] - G[:, 0, 1]], 1)
    Gw = np.einsum("kij,kj->ki", G + G.transpose(0, 2, 1), w)
    dcos = np.trace(G, axis1=1, axis2=2) - 0.5 * (w * Gw).sum(axis=1)
    dangle = cos * (w * twist).sum(axis=1) - sin * dcos
    dw = sin[:, None] * twist + (1.0 - cos)[:, None] * Gw
    dr = (dw - w * (w * dw).sum(axis=1)[:, None]) / angle[:, None] + dangle[:, None] * w
    slopes = np.concatenate([dr, sums[:, 9:]], axis=1).ravel()
    return (errors * errors).sum(), np.concatenate([slopes, _sums_by(qs, dY, len(points)).ravel()])


def _sums_by(keys: Any, rows: Any, count: int) -> Any:
    """The sum of the rows with each key."""
    width = rows.shape[1]
    places = (keys[:, None] * width + np.arange(width)).ravel()
    return np.bincount(places, rows.ravel(), count * width).reshape(count, width)


def camera_jax(p: Any, pairs: Any, seen: Any, cameras: int = 20) -> Callable[[], Any]:
    """The same in JAX."""
    import jax.numpy as jnp

    def loss(p: Any, pairs: Any, seen: Any) -> Any:
        held, points = p[: 11 * cameras].reshape(-1, 11), p[11 * cameras :].reshape(-1, 3)
        camera, Y = held[pairs[:, 0]], points[pairs[:, 1]]
        r, Y = camera[:, :3], Y - camera[:, 3:6]
        angle = jnp.sqrt((r * r).sum(axis=1, keepdims=True))
        cos, sin, w = jnp.cos(angle), jnp.sin(angle), r / angle
        along = (w * Y).sum(axis=1, keepdims=True) * (1.0 - cos)
        Z = Y * cos + jnp.cross(w, Y) * sin + w * along
        uv = Z[:, :2] / Z[:, 2:]
        square = (uv * uv).sum(axis=1)
        bent = camera[:, 6] * (1.0 + camera[:, 9] * square + camera[:, 10] * square * square)
        return ((camera[:, 7:9] + bent[:, None] * uv - seen) ** 2).sum()

    return in_jax(loss, p, pairs, seen)


# ---------------------------------------------------------------------------
# Joints: a chain of 20 joints, three angles each, moves a skin of 500 points; each point hangs on
# two joints by weights


def joints_data(joints: int = 20, points: int = 500) -> Any:
    """Angles, points at rest, the joints of each, their weights, and where they should be."""
    rng = np.random.default_rng(0)
    rest = rng.normal(size=(points, 3)) * 0.2 + rng.uniform(0, joints, (points, 1)) * [1, 0, 0]
    first = np.clip(rest[:, 0].astype(int), 0, joints - 2)
    weights = rng.uniform(size=(points, 1)) * [1.0, -1.0] + [0.0, 1.0]
    held = np.stack([first, first + 1], axis=1)
    return rng.normal(size=joints * 3) * 0.3, rest, held, weights, rng.normal(size=(points, 3))


def rotation(a: Any, b: Any, c: Any, cos: Any = fn.cos, sin: Any = fn.sin) -> Any:
    """About the axes x, y and z in turn."""
    ca, sa, cb, sb, cc, sc = cos(a), sin(a), cos(b), sin(b), cos(c), sin(c)
    return [
        [cb * cc, sa * sb * cc - ca * sc, ca * sb * cc + sa * sc],
        [cb * sc, sa * sb * sc + ca * cc, ca * sb * sc - sa * cc],
        [-sb, sa * cb, ca * cb],
    ]


def joints_loss(held: Any) -> Callable[..., Any]:
    """The function of the angles, for given joints of each point: squared distances."""
    held = [tuple(pair) for pair in held.tolist()]

    def loss(p: Any, rest: Any, weights: Any, goals: Any) -> Any:
        turn = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        at = [0.0, 0.0, 0.0]
        frames = []
        for k in range(0, len(p), 3):
            own = rotation(p[k], p[k + 1], p[k + 2])
            turn = [
                [sum(turn[i][m] * own[m][j] for m in range(3)) for j in range(3)] for i in range(3)
            ]
            frames.append((turn, at))
            at = [at[i] + turn[i][0] for i in range(3)]  # a bone of length 1 along x
        total = 0.0
        for (x, y, z), pair, shares, goal in zip(rest, held, weights, goals, strict=True):
            for i in range(3):
                place = 0.0
                for k, share in zip(pair, shares, strict=True):
                    turn, at = frames[k]
                    moved = turn[i][0] * (x - k) + turn[i][1] * y + turn[i][2] * z + at[i]
                    place = place + share * moved
                total = total + (place - goal[i]) ** 2
        return total

    return loss


def joints_numpy(p: Any, rest: Any, held: Any, weights: Any, goals: Any) -> Any:
    """The same by hand."""
    count = len(p) // 3
    (ca, cb, cc), (sa, sb, sc) = np.cos(p.reshape(-1, 3)).T, np.sin(p.reshape(-1, 3)).T
    zero, one = np.zeros(count), np.ones(count)

    def matrices(*entries: Any) -> Any:
        return np.array(entries).T.reshape(-1, 3, 3)

    A = matrices(one, zero, zero, zero, ca, -sa, zero, sa, ca)
    B = matrices(cb, zero, sb, zero, one, zero, -sb, zero, cb)
    C = matrices(cc, -sc, zero, sc, cc, zero, zero, zero, one)
    CB = C @ B
    own = CB @ A
    T = np.empty((count + 1, 3, 3))
    at = np.zeros((count + 1, 3))
    T[0] = np.eye(3)
    for k in range(count):
        np.matmul(T[k], own[k], out=T[k + 1])
    at[1:] = np.cumsum(T[1:, :, 0], axis=0)
    local = np.empty((len(rest), 2, 4))
    local[:, :, :3] = rest[:, None]
    local[:, :, 0] -= held
    local[:, :, 3] = 1.0
    local *= weights[:, :, None]
    frames = np.concatenate([T[1:], at[:-1, :, None]], axis=2)  # 3 by 4
    errors = np.einsum("nkij,nkj->ni", frames[held], local) - goals
    each = 2.0 * errors[:, None, :, None] * local[:, :, None]
    G = _sums_by(held.ravel(), each.reshape(-1, 12), count).reshape(-1, 3, 4)
    dT = G[:, :, :3].copy()
    later = np.cumsum(G[::-1, :, 3], axis=0)[::-1]  # a bone moves all that follow
    dT[:-1, :, 0] += later[1:]
    for k in range(count - 1, 0, -1):
        dT[k - 1] += dT[k] @ own[k].T
    d = T[:-1].transpose(0, 2, 1) @ dT
    dA = CB.transpose(0, 2, 1) @ d
    dB = C.transpose(0, 2, 1) @ d @ A.transpose(0, 2, 1)
    dC = d @ (B @ A).transpose(0, 2, 1)
    slopes = np.stack(
        [
            -sa * (dA[:, 1, 1] + dA[:, 2, 2]) + ca * (dA[:, 2, 1] - dA[:, 1, 2]),
            -sb * (dB[:, 0, 0] + dB[:, 2, 2]) + cb * (dB[:, 0, 2] - dB[:, 2, 0]),
            -sc * (dC[:, 0, 0] + dC[:, 1, 1]) + cc * (dC[:, 1, 0] - dC[:, 0, 1]),
        ],
        axis=1,
    )
    return (errors * errors).sum(), slopes.ravel()


def joints_jax(p: Any, rest: Any, held: Any, weights: Any, goals: Any) -> Callable[[], Any]:
    """The same in JAX, the chain by ``lax.scan``."""
    import jax
    import jax.numpy as jnp

    def loss(p: Any, rest: Any, held: Any, weights: Any, goals: Any) -> Any:
        own = jnp.stack([jnp.stack(row) for row in rotation(*p.reshape(-1, 3).T, jnp.cos, jnp.sin)])

        def step(carry: Any, own: Any) -> Any:
            turn, at = carry
            turn = turn @ own
            return (turn, at + turn[:, 0]), (turn, at)

        start = jnp.eye(3), jnp.zeros(3)
        _, (turns, at) = jax.lax.scan(step, start, own.transpose(2, 0, 1))
        local = jnp.stack([rest, rest], axis=1).at[:, :, 0].add(-held)
        moved = jnp.einsum("nkij,nkj->nki", turns[held], local) + at[held]
        return (((moved * weights[:, :, None]).sum(axis=1) - goals) ** 2).sum()

    return in_jax(loss, p, rest, held, weights, goals)
