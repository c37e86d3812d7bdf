"""Pictures of training and of what was learned; needs matplotlib (the extra ``plot``)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_nn.errors import BadArgumentError, MissingPackageError
from autograd_nn.training.data import check_table, encode, outputs_of
from autograd_nn.training.predict import predict

__all__ = ["once", "plot_confusion_matrix", "plot_decision_boundary", "plot_history", "pyplot"]

# Two colours that people who confuse red and green can tell apart (Okabe and Ito, 2008).
_TRAINING, _VALIDATION = "#0072b2", "#d55e00"


def pyplot() -> Any:
    """Matplotlib's ``pyplot``, or an error that says how to install it."""
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
        if shell is not None and number is not None and pyplot().fignum_exists(number):
            if self.cell == shell.execution_count:
                return
            self.cell = shell.execution_count
        raise NotImplementedError


def once(figure: Any) -> Any:
    """The figure, which a notebook shows once."""
    figure._ipython_display_ = _OnceShown(figure)
    return figure


def plot_history(history: Mapping[str, list[float]], ax: Any = None) -> Any:
    """See ``History.plot``."""
    if not history:
        raise BadArgumentError(
            "the history is empty: no epoch was finished, there is nothing to draw"
        )
    plt = pyplot()
    names = [n for n in history if not n.startswith("val_") and n != "lr"]
    if ax is not None:
        _plot_one(ax, history, "loss")
        return once(ax.figure)
    across = min(len(names), 3)
    down = -(-len(names) // across)
    figure, axes = plt.subplots(
        down, across, sharex=True, squeeze=False, layout="constrained",
        figsize=(1.2 + 4.0 * across, 0.6 + 3.0 * down),
    )  # fmt: skip
    for axis in axes.flat[len(names) :]:
        axis.axis("off")
    for axis, name in zip(axes.flat, names, strict=False):
        _plot_one(axis, history, name)
        axis.set_xlabel("epoch")
    return once(figure)


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


#: Colours that people who confuse red and green can tell apart (Okabe and Ito, 2008).
_CLASSES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#666666")
_SIGNS = ("o", "s", "^", "D", "v", "P", "X", "*")


def plot_decision_boundary(
    model: Any,
    X: Any,
    y: Any,
    *,
    ax: Any = None,
    classes: Any = None,
    resolution: int = 200,
    margin: float = 0.1,
) -> Any:
    """Colour the plane by what a classifier of two inputs says, with the data on top.

    The surer the model, the deeper the colour: outputs are read as logits.  Where two classes are
    equally likely is a black line.

    Args:
        model: one output (positive for the second class) or one output for each class.
        X: shape (rows, 2).
        y: the labels, one for each row.
        ax: matplotlib axes to draw into; without it a new figure.
        classes: the classes' names, for the legend; by default the labels in ``y``.
        resolution: how many points along each side.
        margin: how much is shown around the data, as a share of its extent.

    Returns:
        The matplotlib figure.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: ``X`` has not two columns, or see ``fit``.

    >>> from autograd_nn import MLP
    >>> X, y = [[0.0, 0.0], [1.0, 1.0]], [0, 1]
    >>> len(plot_decision_boundary(MLP(2, [1], seed=0), X, y, resolution=20).axes)
    1
    """
    plt = pyplot()
    known = sorted(set(np.asarray(y).ravel().tolist()))
    table = check_table(X, encode(y, "cross_entropy")[0])
    if table.X.ndim != 2 or table.X.shape[1] != 2:
        raise BadArgumentError(f"a plane has two inputs, but X has {table.X.shape[1]} columns")
    count = max(outputs_of(model, table.X[0]), 1)
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    low, high = table.X.min(axis=0), table.X.max(axis=0)
    border = margin * np.where(high > low, high - low, 1.0)
    xs, ys = (
        np.linspace(a, b, resolution) for a, b in zip(low - border, high + border, strict=True)
    )
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    logits = predict(model, points).reshape(len(points), -1)
    if count == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        numbers = np.unique(table.y.ravel(), return_inverse=True)[1]
        names = [str(label) for label in known]
    else:
        numbers = table.y.ravel().astype(int)
        names = [str(i) for i in range(count)] if len(known) != count else list(map(str, known))
    names = [str(c) for c in classes] if classes is not None else names
    _shade(plt, ax, xs, ys, logits)
    for i in range(logits.shape[1]):
        rows = table.X[numbers == i]
        if len(rows):
            name = names[i] if i < len(names) else str(i)
            ax.scatter(*rows.T, color=_CLASSES[i % 8], marker=_SIGNS[i % 8], edgecolors="white",
                       linewidths=0.7, s=34, label=name)  # fmt: skip
    ax.legend(title="class", frameon=True, framealpha=0.9, fontsize="small")
    ax.set_xlim(xs[0], xs[-1])
    ax.set_ylim(ys[0], ys[-1])
    ax.set_xlabel("input 0")
    ax.set_ylabel("input 1")
    return once(ax.figure)


def _shade(plt: Any, ax: Any, xs: Any, ys: Any, logits: Any) -> None:
    """Colours by class, paler where the model is less sure, and lines between the classes."""
    from matplotlib.colors import to_rgb

    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    count = logits.shape[1]
    colours = np.array([to_rgb(_CLASSES[i % 8]) for i in range(count)])
    best = shares.argmax(axis=1)
    sure = (shares.max(axis=1) - 1.0 / count) / (1.0 - 1.0 / count)
    depth = (0.08 + 0.42 * sure)[:, None]
    picture = 1.0 - depth * (1.0 - colours[best])
    ax.imshow(picture.reshape(len(ys), len(xs), 3), origin="lower", aspect="auto",
              extent=(xs[0], xs[-1], ys[0], ys[-1]), interpolation="bilinear")  # fmt: skip
    for i in range(count if count > 2 else 1):
        others = np.delete(logits, i, axis=1).max(axis=1)
        ahead = (logits[:, i] - others).reshape(len(ys), len(xs))
        if ahead.min() < 0.0 < ahead.max():
            ax.contour(xs, ys, ahead, levels=[0.0], colors="black", linewidths=1.0)


def plot_confusion_matrix(matrix: Any, classes: Any = None, *, ax: Any = None) -> Any:
    """Draw what ``confusion_matrix`` counts, the mistakes in colour.

    Args:
        matrix: counts: row the truth, column what was said.
        classes: their names, by default 0, 1, 2, ...
        ax: matplotlib axes to draw into; without it a new figure.

    Returns:
        The matplotlib figure.

    Raises:
        ImportError: matplotlib is not installed.

    >>> plot_confusion_matrix([[2, 0], [1, 1]], ["no", "yes"]).axes[0].get_xlabel() != ""
    True
    """
    plt = pyplot()
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
    return once(ax.figure)
