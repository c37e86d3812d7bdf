"""The history: the numbers that were asked for, and the same floats from its file."""

import csv
import math

import numpy as np
import pytest

from autograd_nn import MLP
from autograd_nn.training import fit

QUIET = {"verbose": 0}


def moons(rows=40, seed=0):
    """Two half circles, labels -1 and 1, as in micrograd's demo."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, math.pi, rows // 2)
    upper = np.stack([np.cos(t), np.sin(t)], 1)
    lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    X = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (rows, 2))
    return X, np.repeat([-1, 1], rows // 2)


def line(rows=20):
    X = np.linspace(-1, 1, rows).reshape(-1, 1)
    return X, 3 * X[:, 0] - 0.5


def test_history_holds_what_was_asked_for():
    X, y = moons()
    model = MLP(2, [4, 1], seed=0)

    def bias(y_true, outputs):
        return np.mean(outputs - y_true)

    history = fit(model, X, y, loss="hinge", epochs=3, metrics=["accuracy", bias],
                  validation_split=0.2, **QUIET)  # fmt: skip
    assert set(history) == {
        "loss", "lr", "accuracy", "bias", "val_loss", "val_accuracy", "val_bias",
    }  # fmt: skip
    assert history.epochs == 3
    assert all(len(history[name]) == 3 for name in history)
    assert len(history.seconds) == 3
    assert history["lr"] == [1e-3] * 3
    with pytest.raises(KeyError, match="did you mean 'val_loss'"):
        history["val_los"]


def test_a_csv_gives_the_same_floats_back(tmp_path):
    X, y = line()
    history = fit(MLP(1, [2, 1], seed=0), X, y, epochs=4, **QUIET)
    history.to_csv(tmp_path / "h.csv")
    with open(tmp_path / "h.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    assert [float(row["loss"]) for row in rows] == history["loss"]
