"""Pictures of training: drawn from what was trained, refused where there is nothing to draw."""

import math

import numpy as np
import pytest

from autograd_nn import MLP
from autograd_nn.training import (
    History,
    fit,
    plot_confusion_matrix,
    plot_decision_boundary,
)

QUIET = {"verbose": 0}


def moons(rows=40, seed=0):
    """Two half circles, labels -1 and 1, as in micrograd's demo."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, math.pi, rows // 2)
    upper = np.stack([np.cos(t), np.sin(t)], 1)
    lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    X = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (rows, 2))
    return X, np.repeat([-1, 1], rows // 2)


def test_pictures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    X, y = moons(20)
    model = MLP(2, [4, 1], seed=0)
    history = fit(
        model, X, y, loss="hinge", epochs=3, metrics=["accuracy"], validation_split=0.2, **QUIET
    )
    figure = history.plot()
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "accuracy"]
    assert [len(ax.get_lines()) for ax in figure.axes] == [2, 2]
    axes = plt.subplots()[1]
    assert history.plot(axes) is axes.figure
    boundary = plot_decision_boundary(model, X, y, resolution=8)
    assert len(boundary.axes[0].collections) >= 2
    many = plot_decision_boundary(MLP(2, [3], seed=0), X, (y + 1) // 2, resolution=8)
    matrix = plot_confusion_matrix([[5, 1], [0, 4]], ["moon", "sun"])
    assert {t.get_text() for t in matrix.axes[0].texts} == {"5", "1", "4"}
    for i, drawn in enumerate((figure, boundary, many, matrix)):
        drawn.savefig(tmp_path / f"{i}.png")
    plt.close("all")
    with pytest.raises(ValueError, match="two inputs"):
        plot_decision_boundary(MLP(1, [1]), [[1.0]], [1.0])
    with pytest.raises(ValueError, match="history is empty"):
        History().plot()
