"""Four ways to teach a deep network: backpropagation, and three that throw it all away.

Backpropagation sends the error back through every layer, by the very weights that the signal came
through, before any layer may learn.  Three methods do without part of that:

- **synthetic gradients** (Jaderberg and others, "Decoupled neural interfaces using synthetic
  gradients", 2017): beside each layer a small linear model guesses, from the layer's output and
  the label, the gradient that would come back.  The layer learns from the guess at once; the guess
  learns from what the next layer's own guess says.
- **feedback alignment** (Lillicrap and others, "Random synaptic feedback weights support error
  backpropagation for deep learning", 2016): the error goes back through fixed random weights.
- **forward-forward** (Hinton, "The forward-forward algorithm", 2022): no error goes back.  Each
  layer alone learns to be active for a picture with its right label, and quiet with a wrong one.

All train the same net of four layers, 64-32-32-32-10, on handwritten digits (8x8 pixels; UCI
"Optical recognition of handwritten digits", which scikit-learn ships), from several seeds.  No
slope is written by hand: a layer's step is the jitted gradient of a loss of that layer alone.

The picture shows the accuracy on held-out digits, the mean over seeds and their spread.
Runs in about two minutes (--quick: 10 seconds).  Exits non-zero if a method ends no better
than guessing, or backpropagation not best or within 3 % of it.

    python examples/without_waiting.py --out without-waiting-output
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from autograd_nn import jit
from autograd_nn.functions import dot, softplus
from autograd_nn.nn import Layer
from autograd_nn.optim import Adam
from autograd_nn.parameters import gather

SIZES = (64, 32, 32, 32, 10)
BATCH, RATE = 32, 3e-3
CLASSES = 10


class Part:
    """One layer that learns by itself: its weights as a vector, and its own Adam."""

    def __init__(self, nin: int, nout: int, activation: str, seed: int) -> None:
        self.layer = Layer(nin, nout, activation=activation, seed=seed)
        self.theta = gather(self.layer.parameters())
        self.adam = Adam(self.layer.parameters(), lr=RATE)
        self.bends = activation == "relu"
        layer = self.layer

        def agreement(x: Any, gradient: Any) -> Any:
            return dot(list(layer(list(x))), list(gradient))

        #: Its slope along the weights is what the chain rule makes of a gradient of the output.
        self.agreement = jit(agreement, rows=("x", "gradient"))

    @property
    def weights(self) -> Any:
        """The weights without biases, shape (outputs, inputs)."""
        return self.theta.reshape(len(self.layer.neurons), -1)[:, :-1]

    def forward(self, x: Any) -> Any:
        """The outputs for a batch."""
        biases = self.theta.reshape(len(self.layer.neurons), -1)[:, -1]
        sums = x @ self.weights.T + biases
        return np.maximum(sums, 0.0) if self.bends else sums

    def learn(self, x: Any, gradient: Any) -> None:
        """One step, given the gradient of the loss along the outputs."""
        _, slopes = self.agreement.value_and_grad(
            x, gradient, argnums=self.layer, vector=self.theta
        )
        self.adam.update(self.theta, slopes)

    def through(self, out: Any, gradient: Any, weights: Any) -> Any:
        """The gradient along the inputs, by these weights, from the one along the outputs."""
        return (gradient * (out > 0.0) if self.bends else gradient) @ weights


class Net:
    """Four parts, and what they say of a batch."""

    def __init__(self, seed: int) -> None:
        kinds = ["relu"] * (len(SIZES) - 2) + ["linear"]
        self.parts = [
            Part(SIZES[i], SIZES[i + 1], kind, 10 * seed + i) for i, kind in enumerate(kinds)
        ]

    def forward(self, x: Any) -> list[Any]:
        """The input, and the output of every part."""
        values = [x]
        for part in self.parts:
            values.append(part.forward(values[-1]))
        return values

    def accuracy(self, X: Any, y: Any) -> float:
        """The share of digits that are read right."""
        return float((self.forward(X)[-1].argmax(axis=1) == y).mean())


def softmax(logits: Any) -> Any:
    """Rows of logits as probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


# -- the four methods: each a class with step(x, y) and accuracy(X, y) ------------------------


class Backpropagation(Net):
    """The error comes back through the weights themselves."""

    def step(self, x: Any, y: Any) -> None:
        """All parts learn, the last one first."""
        values = self.forward(x)
        gradient = softmax(values[-1]) - np.eye(CLASSES)[y]
        for part, below, out in zip(self.parts[::-1], values[-2::-1], values[:0:-1], strict=True):
            back = part.through(out, gradient, part.weights)
            part.learn(below, gradient)
            gradient = back


class FeedbackAlignment(Net):
    """The error comes back through random weights that never change."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        rng = np.random.default_rng(seed)
        self.feedback = [rng.normal(0.0, 0.3, part.weights.shape) for part in self.parts]

    def step(self, x: Any, y: Any) -> None:
        """As backpropagation, with other weights on the way back."""
        values = self.forward(x)
        gradient = softmax(values[-1]) - np.eye(CLASSES)[y]
        ways = zip(self.parts, self.feedback, values, values[1:], strict=False)
        for part, feedback, below, out in reversed(list(ways)):
            back = part.through(out, gradient, feedback)
            part.learn(below, gradient)
            gradient = back


class SyntheticGradients(Net):
    """Each part learns from a guess of the gradient, and the guess from the next part's."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.guesses = [Part(n + CLASSES, n, "linear", 10 * seed + 100 + n) for n in SIZES[1:-1]]
        for guess in self.guesses:
            guess.theta[:] = 0.0  # gradients are small at first

    def step(self, x: Any, y: Any) -> None:
        """From the bottom to the top; no part waits for what comes after the next one."""
        labels = np.eye(CLASSES)[y]
        below, before = x, None
        for i, part in enumerate(self.parts):
            out = part.forward(below)
            if i < len(self.guesses):
                seen = np.concatenate([out, labels], axis=1)
                gradient = self.guesses[i].forward(seen)
            else:
                gradient = softmax(out) - labels
            if before is not None:  # what the part below should have guessed
                guess, guess_saw, guessed = before
                guess.learn(guess_saw, guessed - part.through(out, gradient, part.weights))
            part.learn(below, gradient)
            if i < len(self.guesses):
                before = self.guesses[i], seen, gradient
            below = out


class ForwardForward:
    """Each part alone tells right from wrong labels, which stand beside the pixels."""

    def __init__(self, seed: int) -> None:
        sizes = (SIZES[0] + CLASSES, *SIZES[1:-1], SIZES[-2])
        self.parts = [Part(sizes[i], sizes[i + 1], "relu", 10 * seed + i) for i in range(4)]
        self.rng = np.random.default_rng(seed)
        self.losses = [self._loss(part.layer) for part in self.parts]

    @staticmethod
    def _loss(layer: Layer) -> Any:
        def loss(x: Any, sign: Any) -> Any:
            out = list(layer(list(x)))
            return softplus(-sign * (dot(out, out) - len(out) * 1.0))

        return jit(loss, rows=("x", "sign"))

    def inputs(self, x: Any, y: Any) -> Any:
        """Pixels and a label, as a vector of length 1 a number."""
        return self.normed(np.concatenate([x, 3.0 * np.eye(CLASSES)[y]], axis=1))

    @staticmethod
    def normed(x: Any) -> Any:
        """Rows of one length: how active the part below was must not give the answer away."""
        length = np.linalg.norm(x, axis=1, keepdims=True) + 1e-8
        return x / length * np.sqrt(x.shape[1])

    def step(self, x: Any, y: Any) -> None:
        """Right labels should make each part active, wrong ones quiet."""
        wrong = (y + self.rng.integers(1, CLASSES, len(y))) % CLASSES
        both = np.concatenate([self.inputs(x, y), self.inputs(x, wrong)])
        sign = np.repeat([1.0, -1.0], len(x))
        for part, loss in zip(self.parts, self.losses, strict=True):
            _, slopes = loss.value_and_grad(both, sign, argnums=part.layer, vector=part.theta)
            part.adam.update(part.theta, slopes)
            both = self.normed(part.forward(both))

    def accuracy(self, X: Any, y: Any) -> float:
        """The label with which the upper parts are most active is the answer."""
        activity = np.zeros((len(X), CLASSES))
        for label in range(CLASSES):
            values = self.inputs(X, np.full(len(X), label))
            for i, part in enumerate(self.parts):
                values = part.forward(values)
                if i > 0:
                    activity[:, label] += (values**2).mean(axis=1)
                values = self.normed(values)
        return float((activity.argmax(axis=1) == y).mean())


METHODS: dict[str, Callable[[int], Any]] = {
    "backpropagation": Backpropagation,
    "synthetic gradients": SyntheticGradients,
    "feedback alignment": FeedbackAlignment,
    "forward-forward": ForwardForward,
}


def curve(method: Any, data: Any, epochs: int, seed: int) -> list[float]:
    """The accuracy on held-out digits after each epoch."""
    X, X_test, y, y_test = data
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH]
            method.step(X[rows], y[rows])
        found.append(method.accuracy(X_test, y_test))
    return found


def plot(folder: Path, curves: dict[str, Any]) -> None:
    """Draw the mean over seeds and the spread, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("For the picture: pip install '.[plot]'. Everything else ran.")
        return
    figure, ax = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    colours = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
    for (name, lines), colour in zip(curves.items(), colours, strict=False):
        epochs = range(1, lines.shape[1] + 1)
        last = f"{name}: {lines[:, -1].mean():.1%}"
        ax.plot(epochs, lines.mean(axis=0), color=colour, label=last)
        ax.fill_between(epochs, lines.min(axis=0), lines.max(axis=0), color=colour, alpha=0.15,
                        linewidth=0)  # fmt: skip
    ax.axhline(1 / CLASSES, color="0.5", linewidth=0.8, linestyle=":", label="guessing")
    ax.set_xlabel("epoch")
    ax.set_ylabel("held-out digits read right")
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 0.1))
    ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "without_waiting.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"Picture: {path}")


def main(argv: list[str] | None = None) -> int:
    """Train by each method from each seed, compare and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("without-waiting-output"))
    parser.add_argument("--quick", action="store_true", help="one seed, fewer epochs")
    arguments = parser.parse_args(argv)
    seeds, epochs = (1, 4) if arguments.quick else (5, 20)
    X, y = load_digits(return_X_y=True)
    data = train_test_split(X / 16.0, y, test_size=0.25, stratify=y, random_state=0)
    print(f"{'':22}accuracy on held-out digits after {epochs} epochs, {seeds} seeds")
    curves = {}
    for name, method in METHODS.items():
        started = time.perf_counter()
        lines = np.array([curve(method(seed), data, epochs, seed) for seed in range(seeds)])
        curves[name] = lines
        last = lines[:, -1]
        print(f"{name:22}mean {last.mean():.1%}, from {last.min():.1%} to {last.max():.1%}; "
              f"{time.perf_counter() - started:.1f} s")  # fmt: skip
    plot(arguments.out, curves)
    means = {name: lines[:, -1].mean() for name, lines in curves.items()}
    learned = all(mean > (0.25 if arguments.quick else 0.8) for mean in means.values())
    best = means["backpropagation"] > max(means.values()) - 0.03
    return 0 if learned and best else 1


if __name__ == "__main__":
    sys.exit(main())
