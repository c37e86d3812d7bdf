"""Lecture 3: one solution."""

import numpy as np


def updated(weights, slopes, rate):
    """Against the slope, a little."""
    return weights - rate * slopes


def descend(slope_of, weights, rate, steps):
    """Again and again."""
    for _ in range(steps):
        weights = updated(weights, slope_of(weights), rate)
    return weights


def largest_rate(inputs):
    """A step multiplies the error by ``1 - 2 * rate * sum(x**2)``, which must not be below -1."""
    return 1 / (np.asarray(inputs, dtype=float) ** 2).sum()


def backprop(w1, w2, X, t):
    """Each line backward undoes one line forward."""
    hidden = np.tanh(X @ w1.T)
    error = hidden @ w2 - t
    d_prediction = 2 * error / len(X)
    d_hidden = np.outer(d_prediction, w2)
    d_sum = d_hidden * (1 - hidden**2)
    return d_sum.T @ X, d_prediction @ hidden
