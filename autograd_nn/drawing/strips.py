"""A network for a narrow screen: a strip for each layer, with a dot for each neuron.

The page puts the card of the present step into the strip of its layer, as wide as the screen.
"""

from __future__ import annotations

from typing import Any

from autograd_nn.drawing.columns import input_groups
from autograd_nn.drawing.model import Block
from autograd_nn.drawing.views import Reading
from autograd_nn.labels import clean

__all__ = ["strips_of"]


def strips_of(read: Reading) -> tuple[list[dict[str, Any]], list[int]]:
    """The strips, and for each value the place of its strip, -1 where it is in none.

    A strip is a name, some words, and dots: for each neuron, or input, the values whose mean the
    dot shows, and the id that opens it. Both lists are empty where the graph is no network.
    """
    model = read.model if read.view == "layers" else None
    if model is None:
        return [], []
    groups = input_groups(model)
    strips = [_strip("inputs", f"{len(groups):,} value{'s' * (len(groups) != 1)}", groups, [])]
    place = [-1] * len(read.pen.order)
    for i in model.inputs:
        place[i] = 0
    for column in model.columns:
        if isinstance(column, Block):
            last = read.pen.number_of(read.pen.roots[0]) in column.values
            name = clean(column.name) or ("result" if last else "between")
            words = f"{len(column.values):,} operation{'s' * (len(column.values) != 1)}"
            _put(place, len(strips), [*column.values, *column.leaves])
            strips.append(_strip(name, words, [], []))
            continue
        for layer in column:
            for neuron in layer.neurons:
                _put(place, len(strips), neuron.values())
            outs = [neuron.outs() for neuron in layer.neurons]
            ids = [neuron.id for neuron in layer.neurons]
            words = f"{len(outs):,} neuron{'s' * (len(outs) != 1)} · {layer.act} · "
            words += f"{layer.parameters():,} parameters"
            strips.append(_strip(clean(layer.name), words, outs, ids))
    return strips, place


def _put(place: list[int], strip: int, values: Any) -> None:
    for i in values:
        place[i] = strip


def _strip(name: str, words: str, dots: list[tuple[int, ...]], ids: list[str]) -> dict[str, Any]:
    return {"name": name, "words": words, "dots": [list(dot) for dot in dots], "ids": ids}
