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

from autograd_nn.drawing.boxes import box_height
from autograd_nn.drawing.card import PITCH, TITLE, Card, ledger_height
from autograd_nn.drawing.cards import draw_card
from autograd_nn.drawing.columns import MOST, Column, Form, fill, input_groups
from autograd_nn.drawing.inset import Inset
from autograd_nn.drawing.legend import draw_legend
from autograd_nn.drawing.links import read_links
from autograd_nn.drawing.model import Block, Layer, Model
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.text import clean
from autograd_nn.drawing.wires import draw_wires

__all__ = ["draw_layers", "name_parts"]

MARGIN, GAP, HEAD = 12.0, 35.0, 38.0
_LEDGER, _ROW, _ROW_LONG, _LEAF, _LAYER, _BLOCK = 222.0, 204.0, 412.0, 104.0, 102.0, 122.0
_CHAIN = 142.0
_TALLEST = 560.0  # of the ledgers of a band


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
        fill(pen, model, column, before, opened)
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
    draw_legend(pen, MARGIN + body + extra, max(right, min(width, 420.0)), more)
    pen.scene.width = max(right, min(width, 420.0))


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
            columns.append(_block_column(pen, part, width, opened, closed))
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


def _block_column(
    pen: Pen, block: Block, width: float, opened: Collection[str], closed: Collection[str]
) -> Column:
    """A block: as a chain where it is one, value by value where it was opened, else closed."""
    own = {*block.values, *block.leaves}
    sources = {k for i in block.values for k, _ in pen.graph.operands[i] if k not in own}
    links = read_links(pen, sources, block.values) if len(sources) == 1 else None
    if links is not None and block.id not in closed:
        entry = links.head(pen) + box_height(pen, links.links[0][0]) / 2
        card = Card("block", links.height(pen), block=block, links=links, entry=entry, id=block.id)
        return Column("chain", [block.column], block=block, cards=[card])
    if block.id in opened:
        inset = Inset(pen, block, width, opened)
        card = Card("block", inset.height, block=block, sheet=inset, id=block.id)
        return Column("inset", [block.column], block=block, cards=[card])
    return Column("block", [block.column], block=block)


def _ledgers_fit(layers: list[Layer]) -> bool:
    neurons = [neuron for layer in layers for neuron in layer.neurons]
    full = sum(ledger_height(n, min(len(n.first.terms), MOST + 1)) + 12 for n in neurons)
    return full <= _TALLEST


def _width(column: Column, opened: Collection[str]) -> float:
    """The width of a band, the rows' without what is left over."""
    if column.form == "inset" and column.cards[0].sheet is not None:
        return column.cards[0].sheet.width + 20.0
    if column.form == "row":
        neurons = [neuron for layer in column.layers for neuron in layer.neurons]
        return _LEDGER if any(neuron.id in opened for neuron in neurons) else _ROW
    return {
        "chain": _CHAIN, "inputs": _LEAF, "ledger": _LEDGER, "layer": _LAYER, "deep": _LAYER,
        "block": _BLOCK,
    }[column.form]  # fmt: skip


def _needed(columns: list[Column]) -> float:
    return 2 * MARGIN + sum(c.width for c in columns) + 24.0 * (len(columns) - 1)


def _close(columns: list[Column], width: float, opened: Collection[str]) -> None:
    """Smaller forms, the deepest hidden layer first and the last layer last of all."""
    layers = [c for c in columns if c.form in ("ledger", "row", "layer")]
    hidden = layers[-2::-1]
    smaller: dict[Form, Form] = {"ledger": "row", "row": "layer"}
    for part in (hidden, layers[-1:]):
        for column in columns if part is not hidden else ():
            if column.form == "chain" and column.id not in opened and _needed(columns) > width:
                column.form, column.cards, column.width = "block", [], _BLOCK
        for form, next_form in smaller.items():
            for column in part:
                if _needed(columns) <= width:
                    return
                neurons = [n.id for layer in column.layers for n in layer.neurons]
                if column.form == form and not {column.id, *neurons} & set(opened):
                    column.form = next_form
                    column.width = _width(column, opened)


def _merge(columns: list[Column], width: float, opened: Collection[str]) -> list[Column]:
    """Where even boxes are too wide, those in the middle become one."""
    while _needed(columns) > width:
        runs = [
            k
            for k in range(columns[0].form == "inputs", len(columns) - 1)
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
# Where everything stands


def _fit(columns: list[Column], width: float) -> None:
    """Give what is left over to the bands of rows, up to what their formulas need."""
    left = width - 2 * MARGIN - sum(c.width for c in columns)
    between = max(1, len(columns) - 1)
    gap = max(18.0, min(GAP, left / between))
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
    closable = column.form in ("ledger", "row", "chain", "inset") and column.places != [0]
    layer = column.layers[0] if column.layers else None
    title = " / ".join(map(clean, layer.path)) if layer else column.name
    state = {"closes": column.id} if closable else {}
    pen.part(column.id if closable else "", "band", title, **state)
    pen.rect(column.x, MARGIN, column.width, body, "band", r=10)
    room = column.width - 16
    pen.text(column.x + 10, MARGIN + 16, column.name, "ink", 11.5, bold=True, room=room)
    pen.text(column.x + 10, MARGIN + 30, column.words, "quiet", 9.5, room=room)
