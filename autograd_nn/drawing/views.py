"""``scene_of``: which kind of picture a graph gets, and the making of it.

============  ==============================================================================
``values``    value by value, for an expression that fits
``layers``    a network's graph in layers: neurons as ledgers, rows or closed layers
``network``   circles in columns
``loop``      an unrolled loop, drawn once
``groups``    one box for each scope, for what is larger and none of these
============  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from autograd_nn.checks import shown
from autograd_nn.drawing.graph import roots_of
from autograd_nn.drawing.groups import draw_groups
from autograd_nn.drawing.layers import draw_layers
from autograd_nn.drawing.model import Model, read_model
from autograd_nn.drawing.network import By, draw_network
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.repeats import Loop, find_loop
from autograd_nn.drawing.scene import Scene
from autograd_nn.drawing.sheet import value_numbers
from autograd_nn.drawing.text import clean
from autograd_nn.drawing.unrolled import draw_loop
from autograd_nn.drawing.values import draw_values, fits
from autograd_nn.errors import BadArgumentError

__all__ = ["VIEWS", "Reading", "scene_of"]

VIEWS = (None, "values", "layers", "network", "loop", "groups")
_FEW = 32  # values that are drawn one by one if they fit
_LEAST = 0.25  # of the operations in neurons, for a picture in layers


def scene_of(
    what: Any,
    *,
    width: float = 900.0,
    opened: Collection[str] = (),
    closed: Collection[str] = (),
    view: str | None = None,
    by: By = "weight",
    direction: str = "LR",
    values: str = "data+grad",
    names: Mapping[str, Any] | None = None,
    max_values: int = 400,
    expand: tuple[str, ...] = (),
    called: bool = True,
    read: Reading | None = None,
) -> Scene:
    """The picture of a graph as plain geometry.

    Args:
        what: a Value, or several in a list, tuple, dict or array.
        width: the width in pixels at which it is to be shown; only what is opened, or a graph
            that is drawn whole, is wider.
        opened, closed: ids of groups, as ``Part.opens`` and ``Part.closes`` give them.
        view: one of ``VIEWS``; None for the one that suits the graph.
        by: of a network, whether edges show ``"weight"`` or ``"gradient"``.
        direction: of a picture value by value; the others run from the left to the right.
        values: which numbers, as in ``draw``.
        names: names for values, as in ``draw``.
        max_values: at most so many boxes value by value.
        expand: names of scopes whose parts are opened; ``"*"`` for every value.
        called: of a network, whether its activations mean anything.
        read: what was read of the graph before, for another scene of it in the same view.

    Raises:
        TypeError, ValueError: there is nothing to draw in ``what``, or not in that view.

    >>> from autograd_nn import MLP
    >>> scene = scene_of(MLP(2, [2, 2, 1], seed=0)([3.0, 5.0]))
    >>> scene.view, scene.width <= 900
    ('layers', True)
    """
    whole = "*" in expand
    read = read or Reading(what, width, view, names, values, max_values, whole)
    pen, chosen, model, loop = read.pen.again(), read.view, read.model, read.loop
    title = f"computation graph of {pen.name(pen.number_of(pen.roots[0]))}"
    wanted = {*opened, *_named(pen, model, expand)}
    if chosen in ("layers", "network") and model is None:
        raise BadArgumentError(
            f"view={shown(chosen)}: there are no neurons in this graph, that is, no sums of "
            "weights times values. view='values' draws any graph."
        )
    if chosen == "network" and model is not None:
        if called and wanted & {n.id for layer in model.layers() for n in layer.neurons}:
            draw_layers(pen, model, width, wanted, closed)  # a circle opens to its expression
        else:
            draw_network(pen, model, width, by, wanted, called=called)
        title = f"network: {title}"
    elif chosen == "layers" and model is not None:
        draw_layers(pen, model, width, wanted, closed)
        title = f"network: {title}"
    elif chosen == "loop":
        if loop is None:
            raise BadArgumentError(
                "view='loop': no step is repeated in this graph, each on what the one before it "
                "gave. view='values' draws any graph."
            )
        draw_loop(pen, loop, width, wanted)
    elif chosen == "groups" and wanted - set(opened):
        part = value_numbers(wanted)
        draw_values(pen, width, direction=direction, most=max_values, part=part)
        drawn = ", ".join(map(clean, expand))
        words = f"{len(part):,} of {len(pen.order):,} values are drawn: {drawn}."
        pen.scene.note = f"{words} {pen.scene.note}".strip()
    elif chosen != "groups" or not draw_groups(pen, width, max_values, values, names):
        draw_values(
            pen,
            width,
            direction=direction,
            opened=wanted,
            whole=whole,
            most=max_values,
        )
    return pen.finish(title)


class Reading:
    """A graph that was read once, for several scenes of it.

    Attributes:
        view: the view that was chosen.
        model: the network that was found, or None.
        loop: the loop that was found, or None.
    """

    def __init__(
        self,
        what: Any,
        width: float = 900.0,
        view: str | None = None,
        names: Mapping[str, Any] | None = None,
        values: str = "data+grad",
        max_values: int = 400,
        whole: bool = False,
    ) -> None:
        self.pen = Pen(roots_of(what), names, values)
        self.view, self.model, self.loop = _choose(self.pen, view, width, max_values, whole)

    def groups(self) -> list[str]:
        """The ids of all layers and neurons, also of those that a scene leaves out."""
        if self.model is None or self.view not in ("layers", "network"):
            return []
        neurons = [neuron for layer in self.model.layers() for neuron in layer.neurons]
        columns = dict.fromkeys(f"g{neuron.column}" for neuron in neurons)
        return [*columns, *(neuron.id for neuron in neurons)]

    def short_names(self) -> dict[int, str]:
        """What formulas call the results of neurons: ``n3``."""
        found: dict[int, str] = {}
        for layer in self.model.layers() if self.model else ():
            for neuron in layer.neurons:
                name = neuron.name if len(neuron.name) <= 4 else f"n{neuron.place}"
                own = self.pen.namer.has_own_name
                found.update({i: name for i in neuron.outs() if not own(self.pen.order[i])})
        return found


def _choose(
    pen: Pen, view: str | None, width: float, max_values: int, whole: bool
) -> tuple[str, Model | None, Loop | None]:
    """The view, with what was read on the way to it."""
    if view == "values" or (whole and view is None):
        return "values", None, None
    small = view is None and fits(pen, width, min(_FEW, max_values))
    model = read_model(pen.sums) if view in (None, "layers", "network") else None
    if model is not None and not model.neurons():
        model = None
    if view in ("layers", "network"):
        return view, model, None
    network = model if model is not None and model.share >= _LEAST else None
    if network is not None and not network.recurrent and (network.neurons() > 1 or not small):
        return "layers", network, None
    if small:
        return "values", None, None
    loop = find_loop(pen.graph) if view in (None, "loop") else None
    covers = loop is not None and 2 * loop.size > len(loop.operations)
    if network is not None and (loop is None or not covers or _only_adds(pen, loop)):
        return "layers", network, None  # some steps of a loop, and more than that beside them
    if view == "loop" or covers:
        return "loop", None, loop
    if view == "groups" or len(pen.order) > max_values:
        return "groups", None, None
    return "values", None, None


def _only_adds(pen: Pen, loop: Loop) -> bool:
    """Whether the steps know nothing of each other but their sum, as the terms of a neuron."""
    return all(loop.at(loop.count - 2, k) in pen.sums.folded for k in loop.carried)


def _named(pen: Pen, model: Model | None, expand: tuple[str, ...]) -> set[str]:
    """The ids of what lies in scopes of these names.

    Raises:
        ValueError: there is no such scope.
    """
    wanted = {name for name in expand if name != "*"}
    if not wanted:
        return set()
    there = dict.fromkeys(part for node in pen.order for part in node.scope)
    for name in wanted:
        if name not in there:
            some = ", ".join(repr(clean(part)) for part in list(there)[:8])
            raise BadArgumentError(
                f"expand={shown(name)}: there is no such scope. "
                f"There are {some or 'none: use `with scope(...)`'}."
            )
    found = {f"v{i}" for i, node in enumerate(pen.order) if wanted & set(node.scope)}
    for layer in model.layers() if model else ():
        for neuron in layer.neurons:
            if wanted & {*layer.path, layer.name}:
                found.add(f"g{neuron.column}")
            if wanted & set(neuron.path):
                found.add(neuron.id)
    return found
