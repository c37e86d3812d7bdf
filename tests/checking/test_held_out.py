"""Mistakes written down before the diagnosis had been tried on them, and right slopes."""

import math

import numpy as np

from autograd_nn import functions as fn
from autograd_nn.checking import check_gradients

X = np.array([0.5, -1.2, 2.0, 0.8])
T = np.array([1.0, 0.3, -0.4, 2.2])
W = np.array([0.9, -0.6, 0.4, 1.7])


def logistic(u):
    return 1 / (1 + np.exp(-u))


def squares(w):  # the sum of squared errors of a line
    return sum((w[0] * x + w[1] - t) ** 2 for x, t in zip(X, T, strict=True))


def residual(w):
    return w[0] * X + w[1] - T


def squares_slopes(w):
    return np.array([2 * (residual(w) * X).sum(), 2 * residual(w).sum()])


def mean_squares(w):
    return squares(w) / 4


def half_squares(w):
    return squares(w) / 2


def entropy(w):  # of a logistic neuron, for the class 1
    return -fn.log(fn.sigmoid(fn.dot(list(w), list(X))))


def neuron(w):
    return fn.tanh(w[0] * 0.7 + w[1] * -1.1 + w[2])


def neuron_slope(w):
    return 1 - np.tanh(w[0] * 0.7 - w[1] * 1.1 + w[2]) ** 2


def ridge(w):
    return ((w - T) ** 2).sum() + 0.1 * (w**2).sum()


def energy(m, v, k, x):
    return 0.5 * m * v**2 + 0.5 * k * x**2


def gauss(x, mu, s):
    return fn.exp(-((x - mu) ** 2) / (2 * s**2))


def gauss_slopes(x, mu, s):
    g = math.exp(-((x - mu) ** 2) / (2 * s**2))
    return [-(x - mu) / s**2 * g, (x - mu) / s**2 * g, (x - mu) ** 2 / s**3 * g]


def quotient(a, b, c):
    return (a + c) / (b * c)


def layered(x):
    return fn.exp(fn.sin(2 * x))


def norm(w):
    return fn.sqrt((w**2).sum())


AB = (1.3, 0.7)
MVKX = (1.2, 0.8, 2.5, -0.4)
XMS = (0.4, 1.1, 0.9)
W2, W3 = W[:2], W[:3]
N3 = np.array([0.7, -1.1, 1.0])
# When first measured, 46 of the 58 causes were named first and 50 among the first three; with
# the few general rules added since, 52 and 53.
FIRST, FIRST_THREE = 0.89, 0.91
# The function, the point, the mistaken slopes, and the words that tell a learner the cause.
MISTAKES = [
    (squares, W2, lambda w: squares_slopes(w) / 2, ["factor 2 is missing"]),
    (squares, W2, lambda w: squares_slopes(w) / 4, ["divided by 4", "a mean", "factor 4"]),
    (mean_squares, W2, squares_slopes, ["division by 4", "factor 4", "a sum"]),
    (half_squares, W2, squares_slopes, ["extra factor 2"]),
    (squares, W2, lambda w: -squares_slopes(w), ["sign is flipped"]),
    (squares, W2, lambda w: squares_slopes(w)[::-1], ["swapped", "revers"]),
    (squares, W2, lambda w: squares_slopes(w) * 0.05, ["learning rate"]),
    (squares, W2, lambda w: w - 0.1 * squares_slopes(w), ["updated"]),
    (squares, W2, lambda w: squares_slopes(w) * [1, 0], ["w[1]"]),
    (squares, W2, lambda w: squares_slopes(w) * [1, -1], ["w[1]: the sign is flipped"]),
    (squares, W2, lambda w: squares_slopes(w) * [0.5, 1], ["w[0]: a factor 2 is missing"]),
    (squares, W2, lambda w: np.sign(squares_slopes(w)), ["sign"]),
    (squares, W2, lambda w: np.round(squares_slopes(w), 2), ["round", "digits"]),
    (squares, W2, lambda w: squares_slopes(w + 0.03), ["stale", "another point"]),
    (entropy, W, lambda w: (logistic(w @ X) + 1) * X, ["sign"]),
    (entropy, W, lambda w: logistic(w @ X) * X, ["target is not subtracted"]),
    (entropy, W, lambda w: (1 - logistic(w @ X)) * X, ["sign is flipped"]),
    (entropy, W, lambda w: (logistic(w @ X) - 1) * w, ["in place of the input"]),
    (entropy, W, lambda w: -X / logistic(w @ X), ["sigmoid"]),
    (neuron, W3, lambda w: (1 - (w @ N3) ** 2) * N3, ["input u", "1 - u"]),
    (neuron, W3, lambda w: np.sqrt(1 - neuron_slope(w)) * np.sign(w @ N3) * N3, ["output t"]),
    (neuron, W3, lambda w: 1 * N3, ["tanh"]),
    (neuron, W3, lambda w: np.full(3, neuron_slope(w)), ["other factor", "missing"]),
    (neuron, W3, lambda w: neuron_slope(w) * N3 * [1, 1, 0], ["w[2]: always 0"]),
    (ridge, W, lambda w: 2 * (w - T), ["penalty", "0.1"]),
    (ridge, W, lambda w: 2 * (w - T) + 0.1 * w, ["factor 2 is missing"]),
    (ridge, W, lambda w: 2 * w + 0.2 * w, ["target is not subtracted"]),
    (
        energy,
        MVKX,
        lambda m, v, k, x: (v**2, m * v, 0.5 * x**2, k * x),
        ["m: there is an extra factor 2"],
    ),
    (energy, MVKX, lambda m, v, k, x: (0.5 * v**2, 0.5 * m * v, 0.5 * x**2, k * x), ["v: a fac"]),
    (energy, MVKX, lambda m, v, k, x: (0.5 * v**2, m * v, k * x, 0.5 * x**2), ["k and x are sw"]),
    (energy, MVKX, lambda m, v, k, x: (0.5 * v**2, m * v**2, 0.5 * x**2, k * x), ["not lowered"]),
    (gauss, XMS, lambda x, m, s: -1 * np.array(gauss_slopes(x, m, s)), ["sign is flipped"]),
    (gauss, XMS, lambda x, m, s: np.array(gauss_slopes(x, m, s)) * [1, -1, 1], ["mu: the sign"]),
    (gauss, XMS, lambda x, m, s: np.array(gauss_slopes(x, m, s)) * [1, 1, -1], ["s: the sign"]),
    (gauss, XMS, lambda x, m, s: np.array(gauss_slopes(x, m, s)) / gauss(x, m, s), ["exp"]),
    (gauss, XMS, lambda x, m, s: np.array(gauss_slopes(x, m, s)) * [2, 2, 1], ["extra factor 2"]),
    (
        quotient,
        (1.1, 0.6, 1.9),
        lambda a, b, c: (1 / (b * c), -(a + c) / (b * c), -a / (b * c * c)),
        ["v instead of v**2", "at b * c, along b"],
    ),
    (
        quotient,
        (1.1, 0.6, 1.9),
        lambda a, b, c: (1 / (b * c), (a + c) / (b * b * c), -a / (b * c * c)),
        ["b: the sign is flipped"],
    ),
    (
        quotient,
        (1.1, 0.6, 1.9),
        lambda a, b, c: (1 / (b * c), -(a + c) / (b * b * c), 1 / (b * c)),
        ["c is used twice"],
    ),
    (layered, 0.4, lambda x: math.exp(math.sin(2 * x)) * math.cos(2 * x), ["factor 2 is missing"]),
    (layered, 0.4, lambda x: math.exp(math.cos(2 * x)) * 2 * math.cos(2 * x), ["exp"]),
    (layered, 0.4, lambda x: math.exp(math.sin(2 * x)) * -2 * math.cos(2 * x), ["sign is flipped"]),
    (layered, 0.4, lambda x: math.exp(math.sin(2 * x)) * 2, ["sin"]),
    (layered, 0.4, lambda x: 2 * math.cos(2 * x), ["exp"]),
    (norm, W, lambda w: 2 * w / np.linalg.norm(w), ["extra factor 2"]),
    (norm, W, lambda w: w / np.linalg.norm(w) ** 2, ["sqrt"]),
    (norm, W, lambda w: 2 * w, ["sqrt"]),
    (norm, W, lambda w: np.roll(w / np.linalg.norm(w), -1), ["off by one", "places"]),
    (norm, W, lambda w: w / np.linalg.norm(W), ["stale", "constant", "given point"]),
    (lambda x: fn.log(1 + x**2), 0.8, lambda x: 1 / (1 + x**2), ["x**2", "chain", "inner"]),
    (lambda x: fn.log(1 + x**2), 0.8, lambda x: 2 * x, ["log"]),
    (lambda x: fn.log(1 + x**2), 0.8, lambda x: 2 / (1 + x**2), ["other factor", "pow", "x**2"]),
    (lambda x: (x**2 + 1) ** 3, 0.8, lambda x: 3 * (x**2 + 1) ** 2, ["chain", "x**2", "inner"]),
    (lambda x: (x**2 + 1) ** 3, 0.8, lambda x: 6 * x * (x**2 + 1) ** 3, ["not lowered"]),
    (lambda x: (x**2 + 1) ** 3, 0.8, lambda x: 2 * x * (x**2 + 1) ** 2, ["exponent", "factor 3"]),
    (lambda x: x**2 * fn.sin(x), 1.2, lambda x: 2 * x * math.cos(x), ["product", "used 2 times"]),
    (lambda x: x**2 * fn.sin(x), 1.2, lambda x: 2 * x * math.sin(x), ["x is used twice"]),
    (
        lambda x: x**2 * fn.sin(x),
        1.2,
        lambda x: 2 * x * math.sin(x) - x**2 * math.cos(x),
        ["sign", "sin"],
    ),
]


def place(f, at, hand, words):
    """At which place of the findings the cause is named; 99 where it is not."""
    report = check_gradients(f, at, hand, numeric=False)
    assert not report
    texts = [finding.text for finding in report.findings]
    named = (i for i, text in enumerate(texts) if any(word in text for word in words))
    return next(named, 99)


def test_every_mistake_is_seen_and_most_are_named():
    """The floor is what was measured on mistakes unseen before, not what is wished for."""
    places = [place(*mistake) for mistake in MISTAKES]
    assert len(places) >= 50
    assert sum(p == 0 for p in places) >= FIRST * len(places), places
    assert sum(p < 3 for p in places) >= FIRST_THREE * len(places), places


def right_cases(count):
    """Functions with their slopes in closed form, at random points with random numbers."""
    rng = np.random.default_rng(5)
    for k in range(count):
        a, b, c = rng.normal(size=3) * 10.0 ** rng.uniform(-2, 1)
        x = rng.normal(size=4)
        w = rng.normal(size=4) * 10.0 ** rng.uniform(-2, 1)
        yield [
            (
                lambda w, a=a, x=x: ((w * x).sum() - a) ** 2,
                w,
                lambda w, a=a, x=x: 2 * x * (w @ x - a),
            ),
            (
                lambda w, x=x: fn.tanh(fn.dot(list(w), list(x))),
                w,
                lambda w, x=x: x / math.cosh(min(300, abs(w @ x))) ** 2,
            ),
            (
                lambda w, x=x: -fn.log(fn.sigmoid(fn.dot(list(w), list(x)))),
                w * 0.3,
                lambda w, x=x: -x / (1 + math.exp(w @ x)),
            ),
            (
                lambda w, x=x, a=a: ((w - x) ** 2).mean() + a * (w**2).sum(),
                w,
                lambda w, x=x, a=a: (w - x) / 2 + 2 * a * w,
            ),
            (
                lambda u, v, a=a: (a * u - v) / (1 + v * v),
                (b, c),
                lambda u, v, a=a: (a / (1 + v * v), (v * v - 1 - 2 * a * u * v) / (1 + v * v) ** 2),
            ),
            (
                lambda t, a=a: fn.exp(-t * t) * fn.sin(a * t),
                b,
                lambda t, a=a: math.exp(-t * t) * (a * math.cos(a * t) - 2 * t * math.sin(a * t)),
            ),
            (
                lambda w, x=x: fn.relu(w - x).sum(),
                w,
                lambda w, x=x: (w > x).astype(float),
            ),
            (lambda w: fn.sqrt((w**2).sum()), w, lambda w: w / math.sqrt(w @ w)),
        ][k % 8]


def test_no_false_alarm_on_two_thousand_right_gradients():
    alarms = []
    for k, (f, at, hand) in enumerate(right_cases(2000)):
        report = check_gradients(f, at, hand, numeric=False, probes=2, seed=k)
        if not report:
            alarms.append((k % 8, at, report.headline))
    assert not alarms


def test_no_false_alarm_with_numeric_slopes():
    alarms = []
    for k, (f, at, hand) in enumerate(right_cases(80)):
        report = check_gradients(f, at, hand, probes=2, seed=k)
        if any(row.verdict == "wrong" for row in report.rows):
            alarms.append((k % 8, at, str(report)))
    assert not alarms
