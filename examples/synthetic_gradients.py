"""Layers that do not wait for ``backward()``: trained by a predicted gradient.

Ordinary backpropagation locks the network: no layer can learn before the error has come back
from the end.  A decoupled interface breaks the lock (Jaderberg and others, "Decoupled neural
interfaces using synthetic gradients", 2017).  Here a network of two hidden layers is cut in
the middle.  A small linear model looks at the lower layer's outputs (and the row's true value)
and predicts the gradient that will come back to them.  The lower layer learns from the
prediction at once, by ``backward(gradient=predicted)``.  The upper half starts from
``detach()``-ed outputs, learns as usual, and the true gradient at the cut then teaches the
predictor.

Three runs from the same weights are compared: ordinary backprop; the predicted gradient; and,
so that one sees what the predictor is worth, a lower layer that does not learn at all.  The
picture shows the three loss curves, and how well the prediction points along the truth.

Runs in about 4 seconds with the compiled engine and 8 with the plain one, picture included.
Exits non-zero if the predicted gradient does not train: its loss must end below
half of that of the network whose lower layer stands still.

    python examples/synthetic_gradients.py --out synthetic-output
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from pathlib import Path

from autograd_nn import Layer, Value
from autograd_nn.losses import mean_squared_error
from autograd_nn.optim import Adam

INPUTS, WIDTH = 6, 6
LR, PREDICTOR_LR = 0.005, 0.02
BATCH = 8

Row = tuple[float, ...]
Rows = list[tuple[Row, float]]


class Network:
    """Two hidden layers, cut between the first and the second."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.lower = Layer(INPUTS, WIDTH, activation="tanh", seed=rng)
        self.middle = Layer(WIDTH, WIDTH, activation="tanh", seed=rng)
        self.output = Layer(WIDTH, 1, nonlin=False, seed=rng)
        # Gradients are small at first, and so are predictions of 0.
        self.predictor = Layer(WIDTH + 1, WIDTH, nonlin=False, seed=rng, init=lambda *_: 0.0)
        upper = self.middle.parameters() + self.output.parameters()
        self.step_lower = Adam(self.lower.parameters(), lr=LR)
        self.step_upper = Adam(upper, lr=LR)
        self.step_predictor = Adam(self.predictor.parameters(), lr=PREDICTOR_LR)

    def upper(self, hidden: list[Value]) -> Value:
        """From the lower layer's outputs to the prediction."""
        prediction: Value = self.output(self.middle(hidden))
        return prediction

    def zero_grad(self) -> None:
        """Forget the slopes of the last batch."""
        for optimizer in (self.step_lower, self.step_upper, self.step_predictor):
            optimizer.zero_grad()


def true_value(x: Row) -> float:
    """What is to be learned: it varies along two directions, which the lower layer must find."""
    return math.sin(0.9 * (x[0] - x[1] + x[2])) + 0.4 * (x[3] + x[4] - x[5])


def step_backprop(network: Network, batch: Rows) -> float:
    """One ordinary step: the whole network is one graph."""
    outputs = [network.upper(network.lower(x)) for x, _ in batch]
    loss: Value = mean_squared_error([y for _, y in batch], outputs)
    network.zero_grad()
    loss.backward()
    network.step_lower.step()
    network.step_upper.step()
    return loss.data


def step_synthetic(network: Network, batch: Rows) -> tuple[float, float]:
    """One decoupled step; returns the loss, and the cosine of predicted and true gradient."""
    network.zero_grad()

    # The lower layer learns before the upper half has even run.
    hidden = [network.lower(x) for x, _ in batch]
    below = [[h.detach() for h in row] for row in hidden]
    predicted = [network.predictor([*row, y]) for row, (_, y) in zip(below, batch, strict=True)]
    for row, slopes in zip(hidden, predicted, strict=True):
        for h, slope in zip(row, slopes, strict=True):
            h.backward(gradient=slope.data)
    network.step_lower.step()

    # The upper half: fresh leaves at the cut, at which the true gradient arrives.
    cut = [[Value(h.data, "cut") for h in row] for row in below]
    outputs = [network.upper(row) for row in cut]
    loss: Value = mean_squared_error([y for _, y in batch], outputs)
    loss.backward()
    network.step_upper.step()

    # The predictor learns from what came back.
    truth = [h.grad for row in cut for h in row]
    guesses = [slope for row in predicted for slope in row]
    scale = len(truth)  # a loss of the order of the gradients' squares is tiny; this is not
    mean_squared_error([scale * g for g in truth], [scale * s for s in guesses]).backward()
    network.step_predictor.step()
    return loss.data, cosine([s.data for s in guesses], truth)


def step_upper_only(network: Network, batch: Rows) -> float:
    """One step in which the lower layer stands still."""
    outputs = [network.upper([h.detach() for h in network.lower(x)]) for x, _ in batch]
    loss: Value = mean_squared_error([y for _, y in batch], outputs)
    network.zero_grad()
    loss.backward()
    network.step_upper.step()
    return loss.data


def cosine(a: list[float], b: list[float]) -> float:
    """1 where two gradients point the same way, 0 where they have nothing in common."""
    size = math.hypot(*a) * math.hypot(*b)
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / size if size else 0.0


def batches(steps: int) -> list[Rows]:
    """The same random rows for every run."""
    rng = random.Random(1)
    rows = [tuple(rng.gauss(0, 1) for _ in range(INPUTS)) for _ in range(BATCH * steps)]
    pairs = [(x, true_value(x)) for x in rows]
    return [pairs[i : i + BATCH] for i in range(0, len(pairs), BATCH)]


def running_mean(numbers: list[float], window: int) -> list[float]:
    """The mean of the last ``window`` numbers, or of as many as there are."""
    recent = [numbers[max(0, i + 1 - window) : i + 1] for i in range(len(numbers))]
    return [math.fsum(part) / len(part) for part in recent]


def plot(folder: Path, curves: dict[str, list[float]], cosines: list[float], window: int) -> None:
    """Draw the loss curves and the cosine, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("For the picture: pip install '.[plot]'. Everything else ran.")
        return
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4), layout="constrained")
    colours = ("#0072b2", "#d55e00", "0.55")
    for (name, losses), colour in zip(curves.items(), colours, strict=True):
        left.plot(running_mean(losses, window), color=colour, label=name)
    left.set_yscale("log")
    left.set_ylabel(f"loss, mean of {window} batches")
    left.legend(frameon=False)
    right.plot(cosines, color="0.85", linewidth=0.6)
    right.plot(running_mean(cosines, window), color="#d55e00")
    right.axhline(0, color="0.3", linewidth=0.8)
    right.set_ylim(-1, 1)
    right.set_ylabel("cosine of predicted and true gradient")
    for ax in (left, right):
        ax.set_xlabel("batch")
        ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "synthetic_gradients.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"Picture: {path}")


def main(argv: list[str] | None = None) -> int:
    """Train three times, compare and draw; 0 if the predicted gradient trains, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path("synthetic-output"), help="where pictures go"
    )
    parser.add_argument("--quick", action="store_true", help="fewer batches")
    arguments = parser.parse_args(argv)
    steps, window = (200, 25) if arguments.quick else (1200, 50)
    data = batches(steps)
    networks = [Network(seed=0) for _ in range(3)]
    decoupled = [step_synthetic(networks[1], batch) for batch in data]
    curves = {
        "backprop": [step_backprop(networks[0], batch) for batch in data],
        "predicted gradient": [loss for loss, _ in decoupled],
        "lower layer stands still": [step_upper_only(networks[2], batch) for batch in data],
    }
    cosines = [c for _, c in decoupled]
    print(f"mean loss of {window} batches{'first':>14}{'last':>10}")
    for name, losses in curves.items():
        first, last = running_mean(losses[:window], window)[-1], running_mean(losses, window)[-1]
        print(f"{name:26}{first:11.4f}{last:10.4f}")
    print(
        f"cosine of predicted and true gradient, at last: {running_mean(cosines, window)[-1]:.2f}"
    )
    plot(arguments.out, curves, cosines, window)
    last, still = (
        running_mean(curves[name], window)[-1]
        for name in ("predicted gradient", "lower layer stands still")
    )
    trains = last < still / 2
    print("the predicted gradient trains" if trains else "the predicted gradient does NOT train")
    return 0 if trains else 1


if __name__ == "__main__":
    sys.exit(main())
