"""Pictures of what goes on inside a model: activations and slopes by layer, weights as images.

Needs matplotlib (the extra ``plot``).  What is left out: training curves and decision regions
(``plots``), and pictures of the graph (``drawing``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.nn.sequential import Flatten
from autograd_nn.training.choices import loss_of, parameters_of
from autograd_nn.training.data import check_table, check_targets, encode, outputs_of
from autograd_nn.training.plots import once, pyplot

__all__ = ["LayerStatistics", "layer_statistics", "plot_layers", "plot_weights"]

Floats = NDArray[np.float64]
_MOST_ROWS = 256
_BLUE, _ORANGE = "#0072b2", "#d55e00"


class LayerStatistics(NamedTuple):
    """What a layer gave for some rows, and the loss's slope along it.

    Attributes:
        name: the layer, as ``summary`` shows it.
        activations: shape (rows, outputs).
        slopes: of the loss of all rows along each, shape (rows, outputs).
        dead: how many outputs were 0 for every row, of a layer that never gives less than 0:
            relus that no row wakes, whose weights get no slope.
    """

    name: str
    activations: Floats
    slopes: Floats
    dead: int


def layer_statistics(
    model: Any, X: Any, y: Any, *, loss: str | Callable[..., Any] = "mean_squared_error"
) -> list[LayerStatistics]:
    """What each layer gives, and the slopes that come back to it.

    Args:
        model: an ``MLP`` or a ``Sequential``, whose layers run in turn.
        X, y, loss: as for ``fit``; of more than 256 rows, 256 spread evenly are used.

    Returns:
        For each layer its name, what it gives, and the slopes that come back to it.

    Raises:
        TypeError: the model has no layers in turn.

    >>> from autograd_nn import MLP
    >>> found = layer_statistics(MLP(1, [4, 1], seed=0), [[1.0], [2.0]], [0.0, 1.0])
    >>> [part.activations.shape for part in found]
    [(2, 4), (2, 1)]
    """
    parameters_of(model)
    layers = model._in_turn() if hasattr(model, "_in_turn") else None
    if layers is None:
        raise WrongTypeError(
            f"layers are shown of a model that runs them in turn, such as MLP or Sequential; "
            f"got {describe(model)}"
        )
    name, function = loss_of(loss)
    table = check_table(X, encode(y, name)[0])
    table = check_targets(table, name, outputs_of(model, table.X[0]))
    if len(table.X) > _MOST_ROWS:
        table = table.at(np.linspace(0, len(table.X) - 1, _MOST_ROWS).astype(int))
    given: list[list[Any]] = [[] for _ in layers]
    outputs = []
    for x in table.X.tolist():
        for found, layer in zip(given, layers, strict=True):
            x = layer([x] if isinstance(x, Value) else x)  # noqa: PLW2901
            if getattr(layer, "gives_state", False):
                x, _ = x  # noqa: PLW2901
            found.append([x] if isinstance(x, Value) else Flatten()(x))
        outputs.append(x)
    function(table.y, outputs).backward()
    return [_of(layer, found) for layer, found in zip(layers, given, strict=True)]


def _of(layer: Any, rows: list[list[Any]]) -> LayerStatistics:
    def number(v: Any, attribute: str) -> float:
        return float(getattr(v, attribute)) if isinstance(v, Value) else 0.0

    activations = np.array(
        [[v.data if isinstance(v, Value) else float(v) for v in row] for row in rows]
    )
    slopes = np.array([[number(v, "grad") for v in row] for row in rows])
    rests = (activations == 0.0).all(axis=0) if (activations >= 0.0).all() else np.zeros(1)
    name = getattr(layer, "__name__", None) or repr(layer).splitlines()[0].removesuffix("(")
    return LayerStatistics(name, activations, slopes, int(rests.sum()))


def plot_layers(
    model: Any, X: Any, y: Any, *, loss: str | Callable[..., Any] = "mean_squared_error"
) -> Any:
    """Draw how activations and slopes are spread in each layer, and count relus that are dead.

    A spread that shrinks from layer to layer says that the signal, or the slope, dies out.

    Args:
        model: an ``MLP`` or a ``Sequential``, whose layers run in turn.
        X, y, loss: as for ``fit``; of more than 256 rows, 256 spread evenly are used.

    Returns:
        The matplotlib figure: a row for each layer.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: the model has no layers in turn.

    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from autograd_nn import MLP
    >>> figure = plot_layers(MLP(1, [4, 1], seed=0), [[1.0], [2.0]], [0.0, 1.0])
    >>> len(figure.axes)
    4
    """
    plt = pyplot()
    found = layer_statistics(model, X, y, loss=loss)
    figure, axes = plt.subplots(
        len(found), 2, squeeze=False, layout="constrained", figsize=(7.6, 0.5 + 1.5 * len(found))
    )
    for (left, right), layer in zip(axes, found, strict=True):
        _histogram(left, layer.activations, _BLUE)
        _histogram(right, layer.slopes, _ORANGE)
        count = layer.activations.shape[1]
        dead = f"   {layer.dead} of {count} dead" if layer.dead else ""
        left.set_title(layer.name + dead, fontsize="medium", loc="left",
                       color=_ORANGE if layer.dead else "black")  # fmt: skip
        zeros = float((layer.activations == 0.0).mean())
        if zeros > 0.0:
            left.text(0.98, 0.9, f"{zeros:.0%} are 0", transform=left.transAxes, ha="right",
                      va="top", fontsize="small")  # fmt: skip
        right.set_title(f"spread {layer.slopes.std():.1e}", fontsize="medium", loc="left")
    axes[-1, 0].set_xlabel("activations")
    axes[-1, 1].set_xlabel("slope of the loss along them")
    return once(figure)


def _histogram(ax: Any, numbers: Floats, colour: str) -> None:
    ax.hist(numbers.ravel(), bins=40, color=colour)
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.locator_params(axis="x", nbins=5)
    ax.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3))


def plot_weights(model: Any, shape: tuple[int, int] | None = None, *, most: int = 64) -> Any:
    """Draw the weights of the first layer as images, one for each neuron.

    Args:
        model: its first layer with weights is taken: of an ``MLP``, ``Linear`` or ``Conv2d``.
        shape: rows and columns of an image; by default a square.
        most: how many neurons are shown.

    Returns:
        The matplotlib figure; blue is positive, red is negative, white is 0.

    Raises:
        ValueError: the weights do not fill such images, or there are none.
        ImportError: matplotlib is not installed.

    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from autograd_nn import MLP
    >>> figure = plot_weights(MLP(4, [3, 1], seed=0))
    >>> figure.axes[0].get_images()[0].get_array().shape
    (2, 2)
    """
    plt = pyplot()
    weights = _first_weights(model)
    side = round(weights.shape[1] ** 0.5)
    rows, columns = shape or (side, side)
    if rows * columns != weights.shape[1]:
        raise BadArgumentError(
            f"a neuron of the first layer has {weights.shape[1]} weights: give shape=(rows, "
            f"columns) whose product is that, not ({rows}, {columns})"
        )
    chosen = weights[:most]
    across = min(len(chosen), 8)
    down = -(-len(chosen) // across)
    figure, axes = plt.subplots(
        down, across, squeeze=False, layout="constrained", figsize=(0.9 * across + 1.2, 0.9 * down)
    )
    bound = float(np.abs(chosen).max()) or 1.0
    for ax in axes.flat:
        ax.axis("off")
    for ax, image in zip(axes.flat, chosen, strict=False):
        shown = ax.imshow(image.reshape(rows, columns), cmap="RdBu", vmin=-bound, vmax=bound)
    figure.colorbar(shown, ax=axes, fraction=0.03, label="weight")
    return once(figure)


def _first_weights(model: Any) -> Floats:
    for module in model.modules() if hasattr(model, "modules") else []:
        held: Any = None
        if hasattr(module, "neurons"):
            held = [neuron.w for neuron in module.neurons]
        elif hasattr(module, "in_features") or hasattr(module, "kernel_size"):
            held = module.weight
        if held is not None:
            return np.array([[v.data for v in Flatten()(row)] for row in held])
    raise BadArgumentError(f"no layer with weights was found in {describe(model)}")
