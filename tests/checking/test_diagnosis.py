"""A learner's mistake is named, and a right formula is left alone."""

import math

import numpy as np
import pytest

from autograd_nn import functions
from autograd_nn.checking import check_gradients

X = np.array([1.0, 2.0, 3.0])


def squared(w):
    return ((w * X).sum() - 5) ** 2


def err(w):
    return (w * X).sum() - 5


def mean_squared(w):
    return ((w * X - 2) ** 2).mean()


W = np.array([0.5, 2.0, 1.5])
true = lambda w: 2 * X * err(w)
sig = lambda u: 1 / (1 + math.exp(-u))


def chain(op, slope, inner=3.0):
    """op(3x + 1) ** 2 with a mistaken slope of op, as a function of input and output."""

    def f(x):
        return getattr(functions, op)(x * 0.3 + 0.5) ** 2

    def hand(x):
        u = x * 0.3 + 0.5
        y = getattr(functions, op)(u)
        return 2 * y * slope(u, y) * 0.3

    return f, 0.7, hand


RULES = [
    ("tanh", lambda u, t: 1 - t, "1 - t instead"),
    ("tanh", lambda u, t: 1 + t * t, "1 + t**2"),
    ("tanh", lambda u, t: 1 - u * u, "input u"),
    ("tanh", lambda u, t: t, "output t"),
    ("tanh", lambda u, t: t * (1 - t), "sigmoid rule"),
    ("tanh", lambda u, t: 1, "not differentiated"),
    ("sigmoid", lambda u, s: s, "s instead"),
    ("sigmoid", lambda u, s: 1 - s, "1 - s instead"),
    ("sigmoid", lambda u, s: s * (1 + s), "s*(1 + s)"),
    ("sigmoid", lambda u, s: u * (1 - u), "input u"),
    ("sigmoid", lambda u, s: 1 - s * s, "tanh rule"),
    ("sigmoid", lambda u, s: 1, "not differentiated"),
    ("exp", lambda u, y: u, "u instead"),
    ("exp", lambda u, y: u * math.exp(u - 1), "power rule"),
    ("exp", lambda u, y: 1, "not differentiated"),
    ("log", lambda u, y: u, "u instead"),
    ("log", lambda u, y: y, "log(u) instead"),
    ("log", lambda u, y: 1, "not differentiated"),
    ("log", lambda u, y: 1 / u**2, "1/u**2"),
    ("sin", lambda u, y: y, "sin instead"),
    ("sin", lambda u, y: 1, "not differentiated"),
    ("cos", lambda u, y: y, "cos instead"),
    ("cos", lambda u, y: 1, "not differentiated"),
    ("sqrt", lambda u, y: 0.5 / u, "1/(2*u)"),
    ("softplus", lambda u, y: 1, "not differentiated"),
    ("atan", lambda u, y: 1 / (1 - u * u), "1/(1 - u**2)"),
    ("tan", lambda u, y: 1 - y * y, "1 - t**2"),
    ("tan", lambda u, y: 1, "not differentiated"),
    ("relu", lambda u, y: 1, "always on"),
]
RULES = [(*chain(op, slope), text) for op, slope, text in RULES]

RULES.pop()  # relu(u)**2 has slope 0 where relu is off, whatever is put for relu's own slope
WHOLE = [
    (squared, W, lambda w: true(w) / 2, "a factor 2 is missing"),
    (squared, W, lambda w: true(w) * 2, "extra factor 2"),
    (squared, W, lambda w: -true(w), "sign is flipped"),
    (squared, W, lambda w: -true(w) / 2, "sign is flipped and a factor 2"),
    (squared, W, lambda w: 0 * w, "always 0"),
    (squared, W, lambda w: np.full(3, true(w).sum()), "stray .sum()"),
    (squared, W, lambda w: np.full(3, true(w).mean()), "stray .mean()"),
    (squared, W, lambda w: true(w) * 0.01, "learning rate"),
    (squared, W, lambda w: true(w) * 0.1, "learning rate"),
    (squared, W, lambda w: w - 0.01 * true(w), "updated weight"),
    (squared, W, lambda w: np.roll(true(w), 1), "off by one"),
    (squared, W, lambda w: true(w)[::-1], "reverse"),
    (squared, W, lambda w: true(w)[[1, 0, 2]], "swapped"),
    (squared, W, lambda w: 2 * w * err(w), "weight itself stands in place of the input"),
    (squared, W, lambda w: np.full(3, 2 * err(w)), "the input x is missing"),
    (squared, W, lambda w: 2 * X * err(w) ** 2, "not lowered"),
    (squared, W, lambda w: X * 1.0, "not differentiated"),
    (squared, W, lambda w: np.trunc(true(w)), "whole number"),
    (squared, W, lambda w: true(w).astype(np.float32), "rounding"),
    (squared, W, lambda w: np.clip(true(w), -3, 3), "clipped"),
    (squared, W, lambda w: true(w) / np.linalg.norm(true(w)), "length 1"),
    (squared, W, lambda w: true(w) / np.abs(true(w)).max(), "largest slope of 1"),
    (squared, W, lambda w: true(w) * min(1, 3 / np.linalg.norm(true(w))), "length 3"),
    (squared, W, lambda w: true(W), "constant, right at the given point"),
    (squared, W, lambda w: true(W + 0.1), "stale"),
    (mean_squared, W, lambda w: 2 * X * (w * X - 2), "division by 3 is missing"),
    (mean_squared, W, lambda w: 2 * X * (w * X - 2) / 9, "divided by 3"),
    (mean_squared, W, lambda w: X * (w * X - 2) / 3, "a factor 2 is missing"),
    (lambda w: squared(w) + 0.3 * (w**2).sum(), W, true, "penalty"),
    (lambda a, b: a * b, (2.0, 3.0), lambda a, b: (a, b), "swapped"),
    (lambda a, b: a / b, (2.0, 3.0), lambda a, b: (1 / b, a / b**2), "sign is flipped"),
    (lambda a, b: a / b, (2.0, 3.0), lambda a, b: (1 / b, -a / b), "v is not squared"),
    (lambda a, b: a - b**2, (2.0, 3.0), lambda a, b: (1, 2 * b), "sign is flipped"),
    (lambda x: x**3, 2.0, lambda x: x**2, "exponent in front, a factor, is missing"),
    (lambda x: x * functions.exp(x), 0.7, math.exp, "the path through exp(x) is missing"),
    (
        lambda x: x * functions.exp(x),
        0.7,
        lambda x: x * math.exp(x),
        "the path through x * exp(x) is missing",
    ),
    (lambda x: functions.relu(3 * x - 1), 2.0, lambda x: 3.0, "mask is missing"),
    (lambda x: functions.relu(3 * x - 1), 2.0, lambda x: 3 * (0.01 if x < 1 / 3 else 1), "leaky"),
    (lambda x: functions.abs(x - 1), 2.0, lambda x: 1.0, "sign of the error is missing"),
]
CASES = RULES + WHOLE


def rank(f, at, hand, words):
    report = check_gradients(f, at, hand, numeric=False)
    assert not report
    texts = [finding.text for finding in report.findings]
    return next((i for i, text in enumerate(texts) if words in text), len(texts) + 99), texts


@pytest.mark.parametrize("case", CASES, ids=[f"{i}: {c[3]}" for i, c in enumerate(CASES)])
def test_the_cause_is_among_the_first_three(case):
    place, texts = rank(*case)
    assert place < 3, texts[:5]


def test_the_cause_is_named_first_in_nine_of_ten():
    assert len(CASES) >= 60
    first = sum(rank(*case)[0] == 0 for case in CASES)
    assert first >= 0.9 * len(CASES), f"{first} of {len(CASES)}"


def test_no_false_alarm_on_right_slopes():
    rng = np.random.default_rng(0)
    for _ in range(200):
        w = rng.normal(size=3) * 10.0 ** rng.integers(-2, 2)
        assert check_gradients(squared, w, true, numeric=False, probes=3)
        assert check_gradients(
            lambda x: functions.tanh(x) ** 2,
            w[0],
            lambda x: 2 * math.tanh(x) / math.cosh(x) ** 2,
            numeric=False,
            probes=3,
        )
