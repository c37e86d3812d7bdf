"""Pictures of training and of what was learned; needs matplotlib (the extra ``plot``)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_nn.errors import BadArgumentError, MissingPackageError
from autograd_nn.training.data import check_table, outputs_of
from autograd_nn.training.predict import predict

__all__ = ["plot_confusion_matrix", "plot_decision_boundary", "plot_history"]

# Two colours that people who confuse red and green can tell apart (Okabe and Ito, 2008).
_TRAINING, _VALIDATION = "#0072b2", "#d55e00"


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingPackageError(
            "pictures of training need matplotlib: pip install 'autograd_nn[plot]'"
        ) from None
    return plt


class _OnceShown:
    """Keeps a notebook from showing a figure twice in one cell.

    Matplotlib's inline backend shows every open figure at a cell's end; a figure that was the
    cell's result would be there a second time.  IPython calls this before it shows a figure, and
    shows it if this raises NotImplementedError.
    """

    def __init__(self, figure: Any) -> None:
        self.figure, self.cell = figure, -1

    def __call__(self) -> None:
        number = getattr(self.figure, "number", None)
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell is not None and number is not None and _pyplot().fignum_exists(number):
            if self.cell == shell.execution_count:
                return
            self.cell = shell.execution_count
        raise NotImplementedError


def _once(figure: Any) -> Any:
    """The figure, which a notebook shows once."""
    figure._ipython_display_ = _OnceShown(figure)
    return figure


def plot_history(history: Mapping[str, list[float]], ax: Any = None) -> Any:
    """See ``History.plot``."""
    if not history:
        raise BadArgumentError(
            "the history is empty: no epoch was finished, there is nothing to draw"
        )
    plt = _pyplot()
    names = [n for n in history if not n.startswith("val_") and n != "lr"]
    if ax is not None:
        _plot_one(ax, history, "loss")
        return _once(ax.figure)
    figure, axes = plt.subplots(
        len(names),
        1,
        sharex=True,
        squeeze=False,
        layout="constrained",
        figsize=(6.4, 1.2 + 2.4 * len(names)),
    )
    for axis, name in zip(axes[:, 0], names, strict=True):
        _plot_one(axis, history, name)
    axes[-1, 0].set_xlabel("epoch")
    return _once(figure)


def _plot_one(ax: Any, history: Mapping[str, list[float]], name: str) -> None:
    column = history[name]
    marker = "o" if len(column) == 1 else ""
    epochs = range(1, len(column) + 1)
    ax.plot(epochs, column, color=_TRAINING, marker=marker, label="training")
    if f"val_{name}" in history:
        validation = history[f"val_{name}"]
        ax.plot(epochs, validation, color=_VALIDATION, marker=marker, label="validation")
        ax.legend(frameon=False)
    positive = [x for x in column if x > 0]
    # A loss that fell through several powers of ten is seen on a logarithmic axis only.
    if len(positive) == len(column) and max(positive) > 100 * min(positive):
        ax.set_yscale("log")
    ax.set_ylabel(name.replace("_", " "))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.spines[["top", "right"]].set_visible(False)


def plot_decision_boundary(
    model: Any, X: Any, y: Any, *, ax: Any = None, resolution: int = 100, margin: float = 0.1
) -> Any:
    """Colour the plane by what a classifier of two inputs says, with the data on top.

    Args:
        model: one output (positive for the second class) or one output for each class.
        X: shape (rows, 2).
        y: the labels, one for each row.
        ax: matplotlib axes to draw into; without it a new figure.
        resolution: how many points along each side.
        margin: how much is shown around the data, as a share of its extent.

    Returns:
        The matplotlib figure.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: ``X`` has not two columns, or see ``fit``.
    """
    plt = _pyplot()
    table = check_table(X, y)
    if table.X.shape[1] != 2:
        raise BadArgumentError(f"a plane has two inputs, but X has {table.X.shape[1]} columns")
    outputs = outputs_of(model, table.X[0])
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    low, high = table.X.min(axis=0), table.X.max(axis=0)
    border = margin * np.where(high > low, high - low, 1.0)
    xs, ys = (
        np.linspace(a, b, resolution) for a, b in zip(low - border, high + border, strict=True)
    )
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    scores = predict(model, points)
    _, numbers = np.unique(table.y.ravel(), return_inverse=True)
    if outputs > 1:
        said = scores.argmax(axis=1).reshape(resolution, resolution)
        count = outputs
        numbers = table.y.ravel().astype(int)
    else:
        said = (scores > 0).astype(int).reshape(resolution, resolution)
        count = 2
        contour = scores.reshape(resolution, resolution)
        if contour.min() < 0 < contour.max():
            ax.contour(xs, ys, contour, levels=[0.0], colors="black", linewidths=1.0)
    colours = plt.get_cmap("RdBu_r" if count == 2 else "tab10", max(count, 2))
    kind = {"cmap": colours, "vmin": 0, "vmax": max(count - 1, 1)}
    ax.pcolormesh(xs, ys, said, alpha=0.25, shading="nearest", rasterized=True, **kind)
    ax.scatter(*table.X.T, c=numbers, edgecolors="black", linewidths=0.6, s=28, **kind)
    ax.set_xlabel("input 0")
    ax.set_ylabel("input 1")
    return _once(ax.figure)


def plot_confusion_matrix(matrix: Any, classes: Any = None, *, ax: Any = None) -> Any:
    """Draw what ``confusion_matrix`` counts, the mistakes in colour.

    Args:
        matrix: counts: row the truth, column what was said.
        classes: their names, by default 0, 1, 2, ...
        ax: matplotlib axes to draw into; without it a new figure.

    Returns:
        The matplotlib figure.
    """
    plt = _pyplot()
    counts = np.asarray(matrix)
    names = [str(c) for c in (range(len(counts)) if classes is None else classes)]
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    mistakes = counts * (1 - np.eye(len(counts), dtype=counts.dtype))
    ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(int(mistakes.max()) * 1.6, 1))
    for (i, j), n in np.ndenumerate(counts):
        if n:
            ax.text(j, i, str(n), ha="center", va="center", weight="bold" if i != j else "normal")
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel("the model says")
    ax.set_ylabel("the truth")
    return _once(ax.figure)
