"""The expression graph of a network, in layers: one band a layer, one card a neuron.

A neuron is drawn in the largest form that fits the width and the height:

    ledger   a line for each product: weight, value, gradient, times what, gives what
    row      one line: the sum, the function, the result, the gradient
    layer    the whole layer as one box, with its sizes and a dot for each neuron

Nothing is scaled: what does not fit is closed, the deepest hidden layer first, and what the
reader opened or closed stays so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from autograd_nn.drawing.boxes import box_height
from autograd_nn.drawing.cards import (
    LINE,
    PITCH,
    ROW_HEIGHT,
    TITLE,
    Card,
    draw_card,
    ledger_height,
    more_height,
    shown,
)
from autograd_nn.drawing.graph import sign_of
from autograd_nn.drawing.inset import Inset
from autograd_nn.drawing.legend import draw_legend
from autograd_nn.drawing.model import Block, Layer, Model, Neuron
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.text import clean
from autograd_nn.drawing.wires import draw_wires

__all__ = ["Column", "draw_layers", "input_groups", "name_parts"]

MARGIN, GAP, HEAD = 12.0, 35.0, 38.0
_LEDGER, _ROW, _ROW_LONG, _LEAF, _LAYER, _BLOCK = 222.0, 204.0, 412.0, 104.0, 102.0, 126.0
_MOST = 10  # neurons, inputs or products of which all are shown
_TALLEST = 560.0  # of the ledgers of a band

Form = Literal["ledger", "row", "layer", "block", "inset", "inputs", "deep"]


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


def draw_layers(
    pen: Pen,
    model: Model,
    width: float,
    opened: Collection[str] = (),
    closed: Collection[str] = (),
) -> None:
    """Draw a network's graph, at most ``width`` wide unless what is opened needs more."""
    name_parts(pen, model)
    columns = _columns(pen, model, width, opened, closed)
    _close(columns, width, opened)
    columns = _merge(columns, width, opened)
    for before, column in zip([columns[0], *columns], columns, strict=False):
        _fill(pen, model, column, before, opened)
    _fit(columns, width)
    right = columns[-1].x + columns[-1].width + MARGIN
    body = _stand(columns) + HEAD + 12
    pen.scene.view, pen.scene.width = "layers", right
    for column in columns:
        _band(pen, column, body)
    extra = draw_wires(pen, model, columns, MARGIN + body)
    for column in columns:
        for card in column.cards:
            draw_card(pen, card, column.x + 10, column.width - 20)
    if model.rows > 1:
        pen.scene.note = f"Numbers of values are means over {model.rows:,} rows of data."
    more = [("bar", "every value to every neuron")] if any(c.bar for c in columns) else []
    if any(c.form in ("layer", "deep", "block") for c in columns):
        more.append(("closed", "closed: holds more"))
    draw_legend(pen, MARGIN + body + extra, max(right, 420.0), more)
    pen.scene.width = max(right, 420.0)


def name_parts(pen: Pen, model: Model) -> None:
    """What neurons, weights and inputs are called where they have no label."""
    for layer in model.layers():
        for neuron in layer.neurons:
            name = neuron.name if len(neuron.name) <= 4 else f"n{neuron.place}"
            _alias(pen, dict.fromkeys(neuron.outs(), name))
            terms, biases = neuron.first.terms, neuron.first.biases
            _alias(pen, {term.weight: f"w{j}" for j, term in enumerate(terms)})
            _alias(pen, {i: f"b{j}" if j else "b" for j, i in enumerate(biases)})
    for k, group in enumerate(input_groups(model)):
        _alias(pen, dict.fromkeys(group, f"x{k}"))


def _alias(pen: Pen, names: dict[int, str]) -> None:
    """Short names in this picture for what the user gave none."""
    for i, name in names.items():
        if not pen.namer.has_own_name(pen.order[i]):
            pen.aliases[i] = name


# ---------------------------------------------------------------------------
# Which form each column has


def _columns(
    pen: Pen, model: Model, width: float, opened: Collection[str], closed: Collection[str]
) -> list[Column]:
    columns = [Column("inputs", [0], name="inputs")] if model.inputs else []
    form: Form
    for place, part in enumerate(model.columns, 1):
        if isinstance(part, Block):
            form = "inset" if f"g{place}" in opened else "block"
            columns.append(Column(form, [place], block=part))
            if form == "inset":
                inset = Inset(pen, part, width, opened)
                card = Card("block", inset.height, block=part, sheet=inset, id=f"g{place}")
                columns[-1].cards = [card]
            continue
        form = "ledger" if _ledgers_fit(part) else "row"
        if f"g{place}" in closed or len(part) > 1:
            form = "layer"
        if f"g{place}" in opened:
            form = "row" if form == "layer" else form
        if form == "ledger" and any(n.id in closed for layer in part for n in layer.neurons):
            form = "row"
        columns.append(Column(form, [place], part))
    for column in columns:
        column.width = _width(column, opened)
    return columns


def _ledgers_fit(layers: list[Layer]) -> bool:
    neurons = [neuron for layer in layers for neuron in layer.neurons]
    full = sum(ledger_height(n, min(len(n.first.terms), _MOST + 1)) + 12 for n in neurons)
    return full <= _TALLEST


def _width(column: Column, opened: Collection[str]) -> float:
    """The width of a band, the rows' without what is left over."""
    if column.form == "inset" and column.cards[0].sheet is not None:
        return column.cards[0].sheet.width + 20.0
    if column.form == "row":
        neurons = [neuron for layer in column.layers for neuron in layer.neurons]
        return _LEDGER if any(neuron.id in opened for neuron in neurons) else _ROW
    return {
        "inputs": _LEAF, "ledger": _LEDGER, "layer": _LAYER, "deep": _LAYER, "block": _BLOCK
    }[column.form]  # fmt: skip


def _needed(columns: list[Column]) -> float:
    return 2 * MARGIN + sum(c.width for c in columns) + 24.0 * (len(columns) - 1)


def _close(columns: list[Column], width: float, opened: Collection[str]) -> None:
    """Smaller forms, the deepest hidden layer first and the last layer last of all."""
    layers = [c for c in columns if c.form in ("ledger", "row", "layer")]
    hidden = layers[-2::-1]
    smaller: dict[Form, Form] = {"ledger": "row", "row": "layer"}
    for part in (hidden, layers[-1:]):
        for form in smaller:
            for column in part:
                if _needed(columns) <= width:
                    return
                neurons = [n.id for layer in column.layers for n in layer.neurons]
                if column.form == form and not {column.id, *neurons} & set(opened):
                    column.form = smaller[form]
                    column.width = _width(column, opened)


def _merge(columns: list[Column], width: float, opened: Collection[str]) -> list[Column]:
    """Where even boxes are too wide, those in the middle become one."""
    while _needed(columns) > width:
        runs = [
            k
            for k in range(1, len(columns) - 1)
            if columns[k].form in ("layer", "deep", "block")
            and columns[k + 1].form in ("layer", "deep", "block")
            and k + 1 < len(columns) - 1
            and not {columns[k].id, columns[k + 1].id} & set(opened)
        ]
        if not runs:
            break
        k = next(
            (k for k in runs if columns[k].form == "deep" or columns[k + 1].form == "deep"),
            runs[len(runs) // 2],
        )
        a, b = columns[k], columns[k + 1]
        both = Column("deep", [*a.places, *b.places], [*a.layers, *b.layers], width=_LAYER)
        both.held = (*a.held, *b.held, *_block_values(a), *_block_values(b))
        columns = [*columns[:k], both, *columns[k + 2 :]]
    return columns


def _block_values(column: Column) -> tuple[int, ...]:
    block = column.block
    return (*block.values, *block.leaves) if block is not None else ()


# ---------------------------------------------------------------------------
# What is in each column


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


def _fill(pen: Pen, model: Model, column: Column, before: Column, opened: Collection[str]) -> None:
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
    most = len(neurons) if column.form == "ledger" or column.id in opened else _MOST
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
    lines = shown(len(neuron.first.terms), _MOST)
    # one line for every source, as far apart as the sources: the edges come out level
    level = beside == 1 and len(lines) == len(before.cards) > 3 and before.gap == 5.0
    pitch = PITCH if level and all(c.form in ("row", "more") for c in before.cards) else LINE
    return Card(
        "ledger", ledger_height(neuron, len(lines), pitch), neuron, lines=lines, pitch=pitch
    )


def _fill_inputs(pen: Pen, model: Model, column: Column, opened: Collection[str]) -> None:
    groups = input_groups(model)
    most = len(groups) if column.id in opened else _MOST
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
    if column.cards and column.cards[0].sheet is not None:
        column.words += column.cards[0].sheet.words
        return
    signs: dict[str, int] = {}
    for i in block.values:
        if i not in pen.sums.folded:
            signs[sign_of(pen.order[i])] = signs.get(sign_of(pen.order[i]), 0) + 1
    common = sorted(signs, key=lambda sign: -signs[sign])[:4]
    note = "  ".join(common) + ("  …" if len(signs) > 4 else "")
    height = 52.0 + (15.0 + (14.0 if pen.with_grad else 0.0) if top else 0.0)
    column.cards = [Card("block", height, block=block, note=note, id=column.id)]


# ---------------------------------------------------------------------------
# Where everything stands


def _fit(columns: list[Column], width: float) -> None:
    """Give what is left over to the bands of rows, up to what their formulas need."""
    left = width - 2 * MARGIN - sum(c.width for c in columns)
    between = max(1, len(columns) - 1)
    gap = max(24.0, min(GAP, left / between))
    spare = left - gap * between
    rows = [c for c in columns if c.form == "row"]
    for column in rows:
        column.width = min(_ROW_LONG, column.width + max(0.0, spare) / len(rows))
    x = MARGIN
    for column in columns:
        column.x = x
        x += column.width + gap


def _stand(columns: list[Column]) -> float:
    """Centre the bands on each other, or level one with its neighbour; returns the height."""
    for before, column in zip([columns[0], *columns], columns, strict=False):
        y = -column.height / 2
        if column.cards[0].pitch == PITCH:
            y = before.cards[0].y + before.cards[0].height / 2 - TITLE - PITCH / 2
        for card in column.cards:
            card.y = y
            y += card.height + column.gap
    cards = [card for column in columns for card in column.cards]
    top = min(card.y for card in cards)
    for card in cards:
        card.y += MARGIN + HEAD - top
    return max(card.y + card.height for card in cards) - MARGIN - HEAD


def _band(pen: Pen, column: Column, body: float) -> None:
    closable = column.form in ("ledger", "row", "inset") and column.places != [0]
    layer = column.layers[0] if column.layers else None
    title = " / ".join(map(clean, layer.path)) if layer else column.name
    state = {"closes": column.id} if closable else {}
    pen.part(column.id if closable else "", "band", title, **state)
    pen.rect(column.x, MARGIN, column.width, body, "band", r=10)
    room = column.width - 16
    pen.text(column.x + 10, MARGIN + 16, column.name, "ink", 11.5, bold=True, room=room)
    pen.text(column.x + 10, MARGIN + 30, column.words, "quiet", 9.5, room=room)
