"""Five networks whose generated NumPy is kept as a golden text, to be looked at."""

import numpy as np

from autograd_nn import MLP, Value, scope
from autograd_nn import functions as fn

__all__ = ["NETWORKS"]

X = np.array([[3.0, 5.0], [1.0, -1.0], [0.0, 0.5], [8.0, 4.0]])
Y = np.array([1.0, 0.0, 2.0, -1.0])


def relu(x):
    return max(x, 0)


def tutorial(weights, x, target):
    node_0 = relu((x * weights["node_0"]).sum())
    node_1 = relu((x * weights["node_1"]).sum())
    hidden = np.array([node_0, node_1])
    error = (hidden * weights["output"]).sum() - target
    return error**2


def two_layers(W1, b1, W2, b2, x, y):
    hidden = [
        (sum(w * v for w, v in zip(row, x, strict=True)) + b).relu()
        for row, b in zip(W1, b1, strict=True)
    ]
    output = sum(w * h for w, h in zip(W2, hidden, strict=True)) + b2
    return (output - y) ** 2


def softmax(W, x, target):
    scores = [sum(w * v for w, v in zip(row, x, strict=True)) for row in W]
    largest = fn.maximum(fn.maximum(scores[0], scores[1]), scores[2])
    weights = [fn.exp(s - largest) for s in scores]
    total = sum(weights)
    return -sum(t * fn.log(w / total) for t, w in zip(target, weights, strict=True))


def recurrent(W, U, readings):
    h = [0.0] * 3
    for reading in readings:
        h = [fn.tanh(fn.dot(row, h) + u * reading) for row, u in zip(W, U, strict=True)]
    return sum(v * v for v in h)


model = MLP(2, [3, 1], activation="tanh", seed=0)


def labelled(x, y):
    with scope("prediction"):
        output = model(x)
    miss = output - y
    miss.label = "miss"
    penalty = Value(0.01) * sum(p * p for p in model.parameters())
    return miss**2 + penalty


rng = np.random.default_rng(3)
_WEIGHTS = {"node_0": [2.0, 4.0], "node_1": [4.0, -5.0], "output": [2.0, 7.0]}

#: The function, its arguments, and which of them have rows.
NETWORKS = {
    "tutorial": (tutorial, ({k: np.array(w) for k, w in _WEIGHTS.items()}, X, Y), ("x", "target")),
    "two_layers": (
        two_layers,
        (rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=3), 0.1, X, Y),
        ("x", "y"),
    ),
    "softmax": (softmax, (rng.normal(size=(3, 2)), X, np.eye(3)[[0, 2, 1, 1]]), ("x", "target")),
    "recurrent": (recurrent, (rng.normal(size=(3, 3)), rng.normal(size=3), [0.5] * 9), ()),
    "labelled": (labelled, (X, Y), ("x", "y")),
}
