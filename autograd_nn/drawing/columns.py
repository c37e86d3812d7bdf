"""The bands of a layered picture: what is in each, and what its header says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from autograd_nn.drawing.boxes import box_height
from autograd_nn.drawing.card import (
    LINE,
    PITCH,
    ROW_HEIGHT,
    Card,
    ledger_height,
    more_height,
    shown,
)
from autograd_nn.drawing.graph import sign_of
from autograd_nn.drawing.model import Block, Layer, Model, Neuron
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.text import clean

__all__ = ["MOST", "Column", "Form", "fill", "input_groups"]

MOST = 10  # neurons, inputs or products of which all are shown
Form = Literal["ledger", "row", "layer", "block", "chain", "inset", "inputs", "deep"]


@dataclass(slots=True)
class Column:
    """One band on the page.

    Attributes:
        places: the columns of the model that it stands for; 0 for the inputs.
        layers: what is in it, unless it is a block or the inputs.
        held: values of blocks that are closed in it.
        bar: whether edges come in by a bar.
    """

    form: Form
    places: list[int]
    layers: list[Layer] = field(default_factory=list)
    block: Block | None = None
    name: str = ""
    words: str = ""
    width: float = 0.0
    cards: list[Card] = field(default_factory=list)
    held: tuple[int, ...] = ()
    gap: float = 12.0
    bar: bool = False
    x: float = 0.0

    @property
    def height(self) -> float:
        return sum(card.height for card in self.cards) + self.gap * (len(self.cards) - 1)

    @property
    def id(self) -> str:
        return f"g{self.places[0]}"


def input_groups(model: Model) -> list[tuple[int, ...]]:
    """The inputs in groups: one input of the network, on each row of data.

    Two leaves are the same input on two rows where one weight is multiplied with both.
    """
    parent = {i: i for i in model.inputs}

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for layer in model.layers():
        for neuron in layer.neurons:
            for j, term in enumerate(neuron.first.terms):
                if term.source not in parent:
                    continue
                for use in neuron.uses[1:]:
                    other = use.terms[j].source
                    if other in parent:
                        a, b = sorted((find(term.source), find(other)))
                        parent[b] = a
    groups: dict[int, list[int]] = {}
    for i in model.inputs:
        groups.setdefault(find(i), []).append(i)
    return [tuple(group) for group in groups.values()]


def fill(pen: Pen, model: Model, column: Column, before: Column, opened: Collection[str]) -> None:
    """The cards of a column, and what its header says."""
    if column.form == "inputs":
        _fill_inputs(pen, model, column, opened)
        return
    if column.block is not None:
        _fill_block(pen, column, column.block)
        return
    layers, neurons = column.layers, [n for layer in column.layers for n in layer.neurons]
    if column.form in ("layer", "deep"):
        _fill_closed(column)
        return
    column.name = clean(layers[0].name) if len(layers) == 1 else f"{len(layers)} layers"
    acts = list(dict.fromkeys(layer.act for layer in layers))
    parameters = sum(layer.parameters() for layer in layers)
    count = f"{len(neurons):,} {'neuron' if len(neurons) == 1 else 'neurons'}"
    column.words = f"{count} · {acts[0] if len(acts) == 1 else 'mixed'} · {parameters:,} parameters"
    open_here = frozenset(k for k, n in enumerate(neurons) if n.id in opened)
    most = len(neurons) if column.form == "ledger" or column.id in opened else MOST
    starts = {layer.neurons[0].id: clean(layer.name) for layer in layers if len(layers) > 1}
    for k in shown(len(neurons), most, also=open_here):
        if isinstance(k, int) and neurons[k].id in starts:
            column.cards.append(Card("title", 15.0, note=starts[neurons[k].id]))
        if not isinstance(k, int):
            values = tuple(i for n in neurons[k.start : k.stop] for i in n.values())
            card = Card("more", more_height(len(k)), note=f"{len(k):,} more", values=values)
            card.dots = [n.outs() for n in neurons[k.start : k.stop]]
            column.cards.append(card)
        elif column.form == "ledger" or k in open_here:
            column.cards.append(_ledger(neurons[k], len(neurons), before))
        else:
            column.cards.append(Card("row", ROW_HEIGHT, neurons[k]))
    rows = any(card.form == "row" for card in column.cards)
    drawn = sum(len(card.lines) for card in column.cards)
    column.gap = 5.0 if rows else 12.0
    column.bar = rows or drawn > 24


def _ledger(neuron: Neuron, beside: int, before: Column) -> Card:
    lines = shown(len(neuron.first.terms), MOST)
    # one line for every source, as far apart as the sources: the edges come out level
    level = beside == 1 and len(lines) == len(before.cards) > 3 and before.gap == 5.0
    pitch = PITCH if level and all(c.form in ("row", "more") for c in before.cards) else LINE
    return Card(
        "ledger", ledger_height(neuron, len(lines), pitch), neuron, lines=lines, pitch=pitch
    )


def _fill_inputs(pen: Pen, model: Model, column: Column, opened: Collection[str]) -> None:
    groups = input_groups(model)
    most = len(groups) if column.id in opened else MOST
    for k in shown(len(groups), most):
        if isinstance(k, int):
            card = Card("leaf", box_height(pen, groups[k][0]), leaves=groups[k])
        else:
            hidden = tuple(i for group in groups[k.start : k.stop] for i in group)
            card = Card("more", ROW_HEIGHT, note=f"{len(k):,} more", values=hidden)
        column.cards.append(card)
    column.gap = 14.0
    rows = max(len(group) for group in groups)
    column.words = f"{len(groups):,} {'value' if len(groups) == 1 else 'values'}"
    if rows > 1:
        column.words = f"{len(groups):,} on {rows:,} rows"


def _fill_closed(column: Column) -> None:
    layers = column.layers
    if column.form == "deep":
        column.name = f"{len(layers)} layers" if len(layers) > 1 else clean(layers[0].name)
        column.words = f"{sum(len(layer.neurons) for layer in layers):,} neurons"
        column.cards = [_box(column.id, layers, "deep", "")]
        column.cards[0].values = column.held
    elif len(layers) == 1:
        column.name = clean(layers[0].name)
        column.words = f"{len(layers[0].neurons):,} · {layers[0].act}"
        column.cards = [_box(column.id, layers, "layer", "")]
    else:
        column.name = f"{len(layers)} layers"
        column.words = "side by side"
        column.cards = [
            _box(column.id, [layer], "layer", clean(layer.name), f".{k}")
            for k, layer in enumerate(layers)
        ]
    column.bar = True


def _box(
    id: str, layers: list[Layer], form: Literal["layer", "deep"], note: str, place: str = ""
) -> Card:
    count = sum(len(layer.neurons) for layer in layers)
    rows = -(-min(count, 48) // 6)
    height = 60.0 + 12.0 * rows + (14.0 if note else 0.0)
    return Card(form, height, layers=layers, note=note, id=id + place, opens=id)


def _fill_block(pen: Pen, column: Column, block: Block) -> None:
    top = any(id(pen.order[i]) in pen.tops for i in block.values)
    column.name = clean(block.name) or ("result" if top else "between")
    column.words = f"{len(block.values):,} operations"
    column.bar = True
    if column.cards:  # drawn value by value
        column.words += column.cards[0].sheet.words if column.cards[0].sheet else ""
        return
    signs: dict[str, int] = {}
    for i in block.values:
        if i not in pen.sums.folded:
            signs[sign_of(pen.order[i])] = signs.get(sign_of(pen.order[i]), 0) + 1
    common = sorted(signs, key=lambda sign: -signs[sign])[:4]
    note = "  ".join(common) + ("  …" if len(signs) > 4 else "")
    height = 52.0 + (15.0 + (14.0 if pen.with_grad else 0.0) if top else 0.0)
    column.cards = [Card("block", height, block=block, note=note, id=column.id)]
