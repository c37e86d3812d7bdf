"""A neural network from scratch, each result by hand beside the same from Values.

Ten stages: forward propagation, relu, many rows, two hidden layers, errors, mean
squared error, slopes, one weight update, twenty updates with a plot, and the slopes
of every weight of a two-layer network.  Then the same tasks with ``nn.MLP``.  By hand,
each slope is a formula; by Value, it comes out of ``backward()``.

Runs in about a second; exits non-zero if a stage does not agree.

    python examples/tutorial.py --out tutorial-output
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from autograd_nn import MLP, Value, derivative_text
from autograd_nn.losses import mean_squared_error

INPUT = np.array([3, 5])
WEIGHTS = {"node_0": np.array([2, 4]), "node_1": np.array([4, -5]), "output": np.array([2, 7])}
DEEP_WEIGHTS = {
    "node_0_0": np.array([2, 4]),
    "node_0_1": np.array([4, -5]),
    "node_1_0": np.array([-1, 1]),
    "node_1_1": np.array([2, 2]),
    "output": np.array([2, 7]),
}
WEIGHTS_0 = {"node_0": np.array([2, 1]), "node_1": np.array([1, 2]), "output": np.array([1, 1])}
ROWS = np.array([[0, 3], [1, 2], [-1, -2], [4, 0]])
TARGETS = np.array([1, 3, 5, 7])

SLOPE_WEIGHTS, SLOPE_INPUT, SLOPE_TARGET = np.array([0, 2, 1]), np.array([1, 2, 3]), 0
LEARNING_RATE = 0.01


def values(weights: Any, label: str = "w") -> Any:
    """The same weights as Values: an array of objects, or a dict of such arrays."""
    if isinstance(weights, dict):
        return {name: values(row, name) for name, row in weights.items()}
    return np.array([Value(w, label=f"{label}{i + 1}") for i, w in enumerate(weights)])


def relu(x: Any) -> Any:
    """The tutorial's own line; it works on numbers and on Values.

    Below 0 it gives Python's own 0, not a Value: see ``dead_relu``.
    """
    return max(x, 0)


def predict(input_data: Any, weights: Any, hidden: Any = relu, output: Any = relu) -> Any:
    """Forward propagation through one hidden layer of two nodes."""
    node_0 = hidden((input_data * weights["node_0"]).sum())
    node_1 = hidden((input_data * weights["node_1"]).sum())
    hidden_values = np.array([node_0, node_1])
    return output((hidden_values * weights["output"]).sum())


def predict_two_layers(input_data: Any, weights: Any) -> Any:
    """Forward propagation through two hidden layers of two nodes each."""
    node_0_0 = relu((input_data * weights["node_0_0"]).sum())
    node_0_1 = relu((input_data * weights["node_0_1"]).sum())
    hidden_0 = np.array([node_0_0, node_0_1])
    node_1_0 = relu((hidden_0 * weights["node_1_0"]).sum())
    node_1_1 = relu((hidden_0 * weights["node_1_1"]).sum())
    hidden_1 = np.array([node_1_0, node_1_1])
    return (hidden_1 * weights["output"]).sum()


class Table:
    """What each stage found by hand and by Value."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str, bool]] = []

    def add(self, stage: str, by_hand: Any, by_value: Any, expected: Any = None) -> None:
        """Compare two results (and the number that the tutorial prints, where it prints one)."""
        hand = np.atleast_1d(np.array(by_hand, dtype=float))
        value = np.atleast_1d(np.array(by_value, dtype=float))
        agree = hand.shape == value.shape and np.allclose(hand, value, rtol=1e-12, atol=1e-12)
        if expected is not None:
            agree = agree and np.allclose(hand, expected, rtol=1e-12, atol=0)
        self.lines.append((stage, _short(hand), _short(value), bool(agree)))

    def print(self) -> bool:
        """Print the table in the order of the stages; True if everything agrees."""
        columns = ("stage", "by hand", "by Value")
        lines = sorted(self.lines, key=lambda line: _number_of(line[0]))
        widths = [max(len(line[i]) for line in [columns, *lines]) for i in range(3)]
        print("  ".join(name.ljust(w) for name, w in zip(columns, widths, strict=True)), " agree")
        for *cells, agree in lines:
            row = "  ".join(cell.ljust(w) for cell, w in zip(cells, widths, strict=True))
            print(row, " yes" if agree else " NO")
        return all(agree for *_, agree in lines)


def _number_of(stage: str) -> int:
    """The number that a stage's name starts with; 0 where it has none."""
    first = stage.split(maxsplit=1)[0]
    return int(first) if first.isdigit() else 0


def _short(numbers: Any) -> str:
    """All of a few numbers; of many the first two and the last."""
    shown = [f"{x:.6g}" for x in numbers]
    if len(shown) <= 4:
        return ", ".join(shown)
    return f"{shown[0]}, {shown[1]}, ..., {shown[-1]}"


def forward_stages(table: Table) -> None:
    """Stages 1 to 4: forward propagation."""

    def same(x: Any) -> Any:
        return x

    v = values(WEIGHTS)
    table.add(
        "1 forward propagation",
        predict(INPUT, WEIGHTS, same, same),
        predict(INPUT, v, same, same),
        -39,
    )
    table.add("2 relu", predict(INPUT, WEIGHTS, relu, same), predict(INPUT, v, relu, same), 52)
    dead_relu(table)
    rows = np.array([[3, 5], [1, -1], [0, 0], [8, 4]])
    table.add(
        "3 many observations",
        [predict(row, WEIGHTS) for row in rows],
        [predict(row, v) for row in rows],
        [52, 63, 0, 148],
    )
    table.add(
        "4 two hidden layers",
        predict_two_layers(INPUT, DEEP_WEIGHTS),
        predict_two_layers(INPUT, values(DEEP_WEIGHTS)),
        364,
    )


def dead_relu(table: Table) -> None:
    """Where the tutorial's ``max(x, 0)`` ends the graph, and what to write instead."""
    w, target = values(WEIGHTS["node_1"]), 1
    total = (INPUT * w).sum()
    loss = (relu(total) - target) ** 2
    print(f"A trap in stage 2: node_1 adds up to {total.data:g}, and max({total.data:g}, 0) is")
    print("Python's own 0, which knows nothing of the weights:")
    try:
        loss.backward()
    except AttributeError as error:
        print(f"    max(x, 0)   loss = {loss}, and loss.backward() says: {error}")
    loss = (total.relu() - target) ** 2
    loss.backward()
    slopes = [v.grad for v in w]
    print(f"    x.relu()    loss = {loss.data:g}, with the slopes {_short(slopes)} of a dead relu")
    print("functions.relu(x) and functions.maximum(x, 0) keep the graph too, on floats as well.")
    print()
    table.add("2 slopes of a dead relu", [0, 0], slopes)


def error_stages(table: Table) -> None:
    """Stages 5 and 6: weights change the error; one number for many errors."""
    input_data, target = np.array([0, 3]), 3
    better = {**WEIGHTS_0, "output": np.array([-1, 1])}
    table.add(
        "5 weights change the error",
        [predict(input_data, w) - target for w in (WEIGHTS_0, better)],
        [predict(input_data, values(w)) - target for w in (WEIGHTS_0, better)],
        [6, 0],
    )
    weights_1 = {
        "node_0": np.array([2, 1]),
        "node_1": np.array([1, 1.5]),
        "output": np.array([1, 1.5]),
    }
    by_hand, by_value = [], []
    for weights in (WEIGHTS_0, weights_1):
        predictions = np.array([predict(row, weights) for row in ROWS])
        by_hand.append(((predictions - TARGETS) ** 2).mean())
        v = values(weights)
        by_value.append(mean_squared_error(TARGETS, [predict(row, v) for row in ROWS]))
    table.add("6 mean squared error", by_hand, by_value, [37.5, 49.890625])


def slope_stages(table: Table) -> list[float]:
    """Stages 7 to 9: slopes, one update, twenty updates; returns the mean squared errors."""
    error = (SLOPE_WEIGHTS * SLOPE_INPUT).sum() - SLOPE_TARGET
    slope = 2 * SLOPE_INPUT * error  # the formula of the tutorial

    w, x = values(SLOPE_WEIGHTS), values(SLOPE_INPUT, "x")
    error_v = (w * x).sum() - SLOPE_TARGET
    error_v.label = "error"
    loss = error_v**2
    loss.label = "loss"
    loss.backward()
    table.add("7 the error", error, error_v, 7)
    table.add("7 slopes 2 * input * error", slope, [v.grad for v in w], [14, 28, 42])
    print("The chain rule of stage 7, as the engine walked it:")
    for v in w:
        print("   ", derivative_text(loss, wrt=v))
    print()

    updated = SLOPE_WEIGHTS - LEARNING_RATE * slope
    for v in w:
        v.data -= LEARNING_RATE * v.grad
    error_updated = (updated * SLOPE_INPUT).sum() - SLOPE_TARGET
    error_updated_v = (w * x).sum() - SLOPE_TARGET
    table.add("8 one update: the error", error_updated, error_updated_v, 5.04)

    errors, mse_by_hand = _twenty_updates_by_hand()
    table.add("9 twenty updates: the error", errors, [7 * 0.72**k for k in range(21)])
    mse_by_value = _twenty_updates_by_value()
    table.add("9 twenty updates: the MSE", mse_by_hand, mse_by_value)
    return mse_by_value


def _twenty_updates_by_hand() -> tuple[list[float], list[float]]:
    weights = SLOPE_WEIGHTS.astype(float)
    errors = []
    for _ in range(21):
        error = (weights * SLOPE_INPUT).sum() - SLOPE_TARGET
        errors.append(float(error))
        weights = weights - LEARNING_RATE * 2 * SLOPE_INPUT * error
    return errors, [error**2 for error in errors]


def _twenty_updates_by_value() -> list[float]:
    w = values(SLOPE_WEIGHTS)
    history = []
    for _ in range(21):
        loss = ((w * SLOPE_INPUT).sum() - SLOPE_TARGET) ** 2
        history.append(loss.data)
        for v in w:
            v.grad = 0
        loss.backward()
        for v in w:
            v.data -= LEARNING_RATE * v.grad
    return history


def slopes_by_hand() -> np.ndarray:
    """Stage 10 by hand: the chain rule through two hidden layers, for every weight.

    Returns the slope of the mean squared error along each weight, node by node.
    """
    w0 = np.array([DEEP_WEIGHTS["node_0_0"], DEEP_WEIGHTS["node_0_1"]], dtype=float)
    w1 = np.array([DEEP_WEIGHTS["node_1_0"], DEEP_WEIGHTS["node_1_1"]], dtype=float)
    out = DEEP_WEIGHTS["output"].astype(float)
    sum_0 = ROWS @ w0.T
    hidden_0 = np.maximum(sum_0, 0)
    sum_1 = hidden_0 @ w1.T
    hidden_1 = np.maximum(sum_1, 0)
    error = hidden_1 @ out - TARGETS

    d_prediction = 2 * error / len(ROWS)
    d_out = d_prediction @ hidden_1
    d_sum_1 = np.outer(d_prediction, out) * (sum_1 > 0)
    d_w1 = d_sum_1.T @ hidden_0
    d_sum_0 = d_sum_1 @ w1 * (sum_0 > 0)
    d_w0 = d_sum_0.T @ ROWS
    return np.concatenate([d_w0.ravel(), d_w1.ravel(), d_out])


def every_weight_stage(table: Table) -> None:
    """Stage 10, which the tutorial could not have, and the same once more with nn.MLP."""
    by_hand = slopes_by_hand()
    v = values(DEEP_WEIGHTS)
    mean_squared_error(TARGETS, [predict_two_layers(row, v) for row in ROWS]).backward()
    table.add("10 slopes of all 10 weights", by_hand, [w.grad for row in v.values() for w in row])

    model = MLP(2, [2, 2, 1])
    neurons = [neuron for layer in model.layers for neuron in layer.neurons]
    for neuron, weights in zip(neurons, DEEP_WEIGHTS.values(), strict=True):
        for parameter, weight in zip(neuron.w, weights, strict=True):
            parameter.data = weight
    table.add("4 with nn.MLP", predict_two_layers(INPUT, DEEP_WEIGHTS), model(INPUT), 364)
    loss = mean_squared_error(TARGETS, [model(row) for row in ROWS])
    by_hand_loss = np.mean(
        [(predict_two_layers(r, DEEP_WEIGHTS) - t) ** 2 for r, t in zip(ROWS, TARGETS, strict=True)]
    )
    table.add("6 with nn.MLP", by_hand_loss, loss)
    loss.backward()
    table.add("10 with nn.MLP", by_hand, [w.grad for neuron in neurons for w in neuron.w])


def plot(history: list[float], folder: Path) -> None:
    """Write the plot of stage 9 where matplotlib is installed."""
    print(
        'The tutorial\'s own plot shows, under the label "Mean Squared Error", the error after\n'
        "one more update. This one shows the mean squared error itself."
    )
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("For the plot: pip install '.[plot]'. Everything else ran.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.plot(range(len(history)), history, marker="o")
    axes.set_xlabel("Updates")
    axes.set_ylabel("Mean squared error")
    axes.set_xticks(range(0, len(history), 5))
    axes.set_title("Twenty updates, learning rate 0.01")
    figure.tight_layout()
    path = folder / "mean_squared_error.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"Plot: {path}")


def main() -> int:
    """Run every stage; 0 if all agree, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("tutorial-output"), help="where plots go")
    arguments = parser.parse_args()
    table = Table()
    forward_stages(table)
    error_stages(table)
    history = slope_stages(table)
    every_weight_stage(table)
    plot(history, arguments.out)
    print()
    return 0 if table.print() else 1


if __name__ == "__main__":
    sys.exit(main())
