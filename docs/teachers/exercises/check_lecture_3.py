"""Checks of lecture 3."""

import lecture_3
import numpy as np

from autograd_nn import functions


def test_one_update():
    weights = np.array([0.0, 2.0, 1.0])
    after = lecture_3.updated(weights, np.array([14.0, 28.0, 42.0]), 0.01)
    assert np.allclose(after, [-0.14, 1.72, 0.58])
    assert weights.tolist() == [0.0, 2.0, 1.0]


def test_twenty_updates():
    inputs = np.array([1.0, 2.0, 3.0])
    after = lecture_3.descend(
        lambda w: 2 * inputs * (w * inputs).sum(), np.array([0.0, 2.0, 1.0]), 0.01, 20
    )
    assert np.isclose((after * inputs).sum(), 7 * 0.72**20)


def test_largest_rate():
    inputs = np.array([1.0, 2.0, 3.0])
    rate = lecture_3.largest_rate(inputs)

    def error_after(rate):
        weights = np.array([0.0, 2.0, 1.0])
        return abs(((weights - rate * 2 * inputs * 7.0) * inputs).sum())

    assert error_after(0.99 * rate) < 7.0 < error_after(1.01 * rate)


def test_backprop(gradcheck):
    rng = np.random.default_rng(0)
    X, t = rng.normal(size=(5, 3)), rng.normal(size=5)

    def loss(w1, w2):
        total = 0.0
        for row, target in zip(X, t, strict=True):
            hidden = [functions.tanh(functions.dot(w, row)) for w in w1]
            total = total + (functions.dot(w2, hidden) - target) ** 2
        return total / len(X)

    at = rng.normal(size=(2, 3)), rng.normal(size=2)
    gradcheck(loss, at, lambda w1, w2: lecture_3.backprop(w1, w2, X, t))
