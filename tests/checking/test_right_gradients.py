"""No false alarm: right gradients of 10 to 1,000 numbers pass, on kinks and off them.

``RIGHT_GRADIENTS=5000 pytest tests/checking/test_right_gradients.py`` tries more of them.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from right_gradients import RIGHT, Right

from autograd_nn import functions as fn
from autograd_nn.checking import check_gradients

COUNT = int(os.environ.get("RIGHT_GRADIENTS", "240"))
Case = tuple[Callable[..., Any], Any, Callable[..., Any]]


def relus(n: int, rng: np.random.Generator) -> Case:
    """A third of the numbers sit on the kink; any slope between 0 and 1 is right there."""
    x, c, at_0 = numbers_with_zeros(n, rng), rng.normal(size=n), rng.uniform(size=n)
    return (
        lambda x: (c * fn.relu(x)).sum(),
        x,
        lambda x: c * np.where(x > 0, 1.0, np.where(x < 0, 0.0, at_0)),
    )


def absolutes(n: int, rng: np.random.Generator) -> Case:
    """A lasso penalty with coefficients that are exactly 0."""
    x, y, at_0 = numbers_with_zeros(n, rng), rng.normal(size=n), rng.uniform(-1, 1, size=n)
    return (
        lambda w: ((w - y) ** 2).sum() + 0.3 * abs(w).sum(),
        x,
        lambda w: 2 * (w - y) + 0.3 * np.where(w == 0, at_0, np.sign(w)),
    )


def ties(n: int, rng: np.random.Generator) -> Case:
    """The larger of two numbers that are equal in places."""
    x, c = rng.normal(size=n).round(1), rng.normal(size=n).round(1)
    c[::4] = x[::4]
    return lambda x: fn.maximum(x, c).sum(), x, lambda x: np.where(x > c, 1.0, 0.5 * (x == c))


def hinges(n: int, rng: np.random.Generator) -> Case:
    """A support vector machine with rows exactly on the margin, or at weights of 0."""
    rows = 5
    X, y = rng.normal(size=(rows, n)), rng.choice([-1.0, 1.0], size=rows)
    w = rng.normal(size=n) / n
    X[0] *= y[0] / (X[0] @ w)

    def hand(w: Any) -> Any:
        return -((y * (y * (X @ w) < 1 - 1e-12))[:, None] * X).sum(0)

    return lambda w: fn.relu(1 - y * (X @ w)).sum(), w, hand


def network(n: int, rng: np.random.Generator) -> Case:
    """A relu network of one hidden layer, some or all of whose units are off or on the kink."""
    inputs = 4
    hidden = max(2, n // (inputs + 2))
    X, y = rng.normal(size=(3, inputs)), rng.normal(size=3)
    w1, w2 = rng.normal(size=(inputs, hidden)), rng.normal(size=hidden)
    w1[:, : max(1, hidden // 4)] = 0.0
    if rng.random() < 0.2:
        w1[:] = 0.0
        w2[:] = 0.0

    def f(w1: Any, b1: Any, w2: Any) -> Any:
        return ((fn.relu(X @ w1 + b1) @ w2 - y) ** 2).mean()

    def hand(w1: Any, b1: Any, w2: Any) -> Any:
        z = X @ w1 + b1
        error = 2 * (np.maximum(z, 0) @ w2 - y) / len(y)
        delta = np.outer(error, w2) * (z > 0)
        return X.T @ delta, delta.sum(0), np.maximum(z, 0).T @ error

    return f, (w1, np.zeros(hidden), w2), hand


def classes(n: int, rng: np.random.Generator) -> Case:
    """Cross-entropy of a softmax, at weights of very different sizes."""
    k = max(2, n // 5)
    w, x = rng.normal(size=(5, k)) * 10.0 ** rng.integers(-3, 2), rng.normal(size=5)

    def hand(w: Any) -> Any:
        z = x @ w
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        p[1] -= 1
        return np.outer(x, p)

    def f(w: Any) -> Any:
        z = x @ w
        return fn.log(fn.exp(z).sum()) - z[1]

    return f, w, hand


def normalised(n: int, rng: np.random.Generator) -> Case:
    """Layer normalisation."""
    x, t = rng.normal(size=n) * 10.0 ** rng.integers(-2, 3), rng.normal(size=n)

    def f(x: Any) -> Any:
        c = x - x.sum() / n
        return (c * t).sum() / fn.sqrt((c * c).sum() / n + 1e-5)

    def hand(x: Any) -> Any:
        c = x - x.mean()
        sd = np.sqrt((c * c).mean() + 1e-5)
        g = t / sd - c * (c @ t) / (n * sd**3)
        return g - g.mean()

    return f, x, hand


def narrow(n: int, rng: np.random.Generator) -> Case:
    """Roots and logarithms close to the edge of their domain."""
    x = rng.uniform(-0.99, 0.99, size=n)
    return (
        lambda x: (fn.sqrt(1 - x * x) + fn.log(1 + x)).sum(),
        x,
        lambda x: -x / np.sqrt(1 - x * x) + 1 / (1 + x),
    )


def numbers_with_zeros(n: int, rng: np.random.Generator) -> Any:
    x = rng.normal(size=n) * 10.0 ** rng.integers(-2, 3)
    x[::3] = 0.0
    return x


KINDS = [relus, absolutes, ties, hinges, network, classes, normalised, narrow]


def right_cases(count: int) -> Iterator[tuple[str, Case]]:
    for k in range(count):
        rng = np.random.default_rng(k)
        kind = KINDS[k % len(KINDS)]
        yield f"{kind.__name__} {k}", kind(int(10 ** rng.uniform(1, 3)), rng)


def test_right_gradients_pass():
    """Who wrote the right formula is not sent to look for a mistake."""
    alarms = []
    for k, (name, (f, at, hand)) in enumerate(right_cases(COUNT)):
        numbers = k % 3 == 2
        slopes = hand(*at) if isinstance(at, tuple) else hand(at)
        report = check_gradients(f, at, slopes if numbers else hand, probes=2, seed=k)
        if not report:
            alarms.append((name, report.headline))
    assert not alarms


@pytest.mark.parametrize("right", RIGHT, ids=[r.name for r in RIGHT])
def test_right_gradients_on_kinks_and_edges_pass(right: Right):
    """As a function, as numbers, and without any."""
    at = right.at if len(right.at) > 1 else right.at[0]
    for hand in (right.right, right.right(*right.at), None):
        report = check_gradients(right.f, at, hand)
        assert report, report.headline
