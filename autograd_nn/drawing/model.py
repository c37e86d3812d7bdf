"""What a graph is as a network: layers of neurons, each a weighted sum and what follows it.

Read from the shape of the expressions and from the scopes, not from a model and not from names,
so it works on any loop that computes weighted sums.  A weighted sum adds products of a leaf, the
weight, and a source, and at most a few leaves more, the biases.  What is computed from it alone,
in its scope, is its activation.

The *depth* of a neuron is one more than that of its deepest source.  What is no weighted sum
stands half a step behind what it is computed from: ``Block``.  The same weights on several rows
of data are one neuron with several ``uses``.

What is left out: where things are drawn (``layers``, ``network``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograd_nn.drawing.graph import sign_of
from autograd_nn.drawing.sums import Sums
from autograd_nn.ops import CODES, CONSTANT, PARAMETER, PRIMITIVES

__all__ = ["Block", "Layer", "Model", "Neuron", "Term", "Use", "read_model"]

_ADD, _MUL = CODES["add"], CODES["mul"]
_DIGITS = re.compile(r"([0-9]{1,9})")
_MOST_AFTER = 12  # operations of an activation that somebody wrote out


@dataclass(slots=True)
class Term:
    """One product of a weighted sum, by numbers of values."""

    weight: int
    source: int
    product: int


@dataclass(slots=True)
class Use:
    """One weighted sum: a neuron at work on one row of data."""

    terms: list[Term]
    biases: list[int]
    total: int
    out: int
    inner: list[int]  # the values that are drawn inside it: products, sums, activation
    depth: int = 0


@dataclass(slots=True)
class Neuron:
    """One set of weights, and its uses on one or many rows."""

    name: str
    path: tuple[str, ...]
    uses: list[Use]
    act: str
    column: int = 0
    place: int = 0  # within the column

    @property
    def id(self) -> str:
        """How a scene refers to it."""
        return f"g{self.column}-{self.place}"

    @property
    def first(self) -> Use:
        return self.uses[0]

    def outs(self) -> tuple[int, ...]:
        return tuple(use.out for use in self.uses)

    def totals(self) -> tuple[int, ...]:
        return tuple(use.total for use in self.uses)

    def parameters(self) -> list[int]:
        return [*(term.weight for term in self.first.terms), *self.first.biases]

    def values(self) -> tuple[int, ...]:
        """All that it holds."""
        inner = [i for use in self.uses for i in use.inner]
        return (*self.parameters(), *inner)


@dataclass(slots=True)
class Layer:
    """Neurons that stand beside each other."""

    name: str
    path: tuple[str, ...]
    neurons: list[Neuron]

    @property
    def act(self) -> str:
        """The activation of its neurons: ``linear`` where there is none."""
        found = list(dict.fromkeys(neuron.act or "linear" for neuron in self.neurons))
        return found[0] if len(found) == 1 else "mixed"

    def parameters(self) -> int:
        """How many different parameters it has."""
        return len({i for neuron in self.neurons for i in neuron.parameters()})


@dataclass(slots=True)
class Block:
    """Values between layers, or after the last, that are no weighted sums."""

    name: str
    values: list[int]
    leaves: list[int]  # read here and nowhere else
    column: int = 0

    @property
    def id(self) -> str:
        """How a scene refers to it."""
        return f"g{self.column}"


@dataclass(slots=True)
class Model:
    """A graph as columns: inputs first, then layers and blocks by depth."""

    inputs: list[int]
    columns: list[list[Layer] | Block]
    rows: int  # on how many rows the busiest neuron is used
    recurrent: bool  # whether the same weights are used at three depths or more
    share: float  # of the operations, how many are in neurons

    def layers(self) -> list[Layer]:
        """All layers, shallow ones first."""
        return [layer for column in self.columns if isinstance(column, list) for layer in column]

    def neurons(self) -> int:
        """How many neurons there are."""
        return sum(len(layer.neurons) for layer in self.layers())


def read_model(sums: Sums) -> Model:
    """The layers of a graph; none where nothing in it is a weighted sum."""
    uses = _find_uses(sums)
    depth = _depths(sums, uses)
    order, operands = sums.graph.order, sums.graph.operands
    inner = {i for use in uses.values() for i in use.inner}
    inputs: dict[int, None] = {}
    weights = {i for use in uses.values() for i in (*use.biases, *(t.weight for t in use.terms))}
    for use in uses.values():
        for term in use.terms:
            if not operands[term.source] and term.source not in weights:
                inputs.setdefault(term.source)
    for i, node in enumerate(order):  # a leaf that only blocks read, but more than one of them
        if operands[i] or i in weights or i in inputs or node._code == CONSTANT:
            continue
        if len({depth[u] for u in sums.users[i]}) > 1:
            inputs.setdefault(i)
    neurons = _neurons(sums, list(uses.values()))
    columns = _columns(sums, neurons, depth, inner, set(inputs) | weights)
    operations = sum(1 for pairs in operands if pairs)
    depths: dict[tuple[int, ...], set[int]] = {}
    for neuron in neurons:
        depths.setdefault(tuple(neuron.parameters()), set()).add(neuron.first.depth)
    model = Model(
        list(inputs),
        columns,
        max((len(neuron.uses) for neuron in neurons), default=0),
        any(len(found) > 2 for found in depths.values()),
        len(inner) / operations if operations else 0.0,
    )
    for place, column in enumerate(columns, 1):
        if isinstance(column, Block):
            column.column = place
            continue
        members = [neuron for layer in column for neuron in layer.neurons]
        for k, neuron in enumerate(members):
            neuron.column, neuron.place = place, k
    return model


# ---------------------------------------------------------------------------
# Weighted sums


def _find_uses(sums: Sums) -> dict[int, Use]:
    """Every weighted sum with its activation, by the number of its result."""
    found: dict[int, Use] = {}
    taken: set[int] = set()
    order = sums.graph.order
    for i, node in enumerate(order):
        if i in sums.folded or node._code not in (_ADD, _MUL):
            continue
        if node._code == _MUL and not _is_lone_product(sums, i):
            continue
        use = _weighted_sum(sums, i, found)
        if use is None or taken.intersection(use.inner):
            continue
        _add_activation(sums, use)
        taken.update(use.inner)
        found[use.out] = use
    return found


def _is_lone_product(sums: Sums, i: int) -> bool:
    """Whether a product is a neuron of one weight without bias: no sum takes it up."""
    order, operands = sums.graph.order, sums.graph.operands
    codes = [order[k]._code for k, _ in operands[i]]
    adds = any(order[u]._code == _ADD for u in sums.users[i])
    return codes.count(PARAMETER) == 1 and not adds


def _weighted_sum(sums: Sums, i: int, found: dict[int, Use]) -> Use | None:
    order, operands = sums.graph.order, sums.graph.operands
    addends = sums.operands(i) if order[i]._code == _ADD else []
    products = [part.value for part in addends] or [i]
    terms: list[Term] = []
    biases: list[int] = []
    for k in products:
        if not operands[k]:
            biases.append(k)
            continue
        term = _product(sums, k) if k == i or len(sums.users[k]) == 1 else None
        if term is None:
            return None
        terms.append(term)
    if not terms or len(biases) > len(terms) + 1:
        return None
    inner = [*(t.product for t in terms if t.product != i), *sums.parts(i), i]
    return Use(terms, biases, i, i, inner)


def _product(sums: Sums, k: int) -> Term | None:
    """A product with exactly one weight: a leaf that is no plain number.

    Of two leaves a parameter is the weight; else the one with fewer uses, else the first.
    """
    order, operands = sums.graph.order, sums.graph.operands
    if order[k]._code != _MUL or len(operands[k]) != 2:
        return None
    a, b = operands[k][0][0], operands[k][1][0]
    leaves = [x for x in (a, b) if not operands[x] and order[x]._code != CONSTANT]
    if not leaves or a == b:
        return None
    weight = leaves[0]
    if len(leaves) == 2:
        rank = [(order[x]._code != PARAMETER, len(sums.users[x])) for x in leaves]
        weight = leaves[1] if rank[1] < rank[0] else leaves[0]
    return Term(weight, b if weight == a else a, k)


def _add_activation(sums: Sums, use: Use) -> None:
    """What follows a sum in its scope and depends on nothing else, if one value leaves it."""
    order, operands = sums.graph.order, sums.graph.operands
    scope = order[use.total].scope
    region, pending = {use.total}, [use.total]
    while pending and len(region) <= _MOST_AFTER:
        for user in sums.users[pending.pop(0)]:
            if user in region or order[user].scope != scope:
                continue
            others = [k for k, _ in operands[user] if k not in region]
            if all(order[k]._code == CONSTANT for k in others):
                region.add(user)
                pending.append(user)
    if not scope:  # without a scope nothing says where a neuron ends: one operation
        users = sums.users[use.total]
        single = len(users) == 1 and users[0] in region and _is_function(order[users[0]]._code)
        region = {use.total, *(users if single else ())}
    leaving = [
        i
        for i in region
        if id(order[i]) in sums.graph.kept or any(u not in region for u in sums.users[i])
    ]
    if len(leaving) == 1 and leaving[0] != use.total and len(region) <= _MOST_AFTER:
        use.out = leaving[0]
        use.inner += sorted(region - {use.total})


def _is_function(code: int) -> bool:
    """Whether an operation is a function of one number, a fixed slope beside it or not."""
    row = PRIMITIVES[code]
    return row.arity == 1 or row.switch is not None


def activation_of(sums: Sums, use: Use) -> str:
    """The sign of the operation after the sum; how many there are where it is not one."""
    after = [i for i in use.inner if i > use.total]
    if use.out == use.total or not after:
        return ""
    return sign_of(sums.graph.order[use.out]) if len(after) == 1 else f"{len(after)} steps"


def is_off(sums: Sums, use: Use) -> bool:
    """Whether the activation passes nothing back here, as a relu that holds its neuron at 0."""
    return use.out != use.total and sums.graph.is_off(use.out)


# ---------------------------------------------------------------------------
# Depth, layers, columns


def _depths(sums: Sums, uses: dict[int, Use]) -> list[float]:
    """Whole numbers for neurons, half ones for what stands between and after them."""
    operands = sums.graph.operands
    depth = [0.0] * len(operands)
    inside = {i for use in uses.values() for i in use.inner if i != use.out}
    for i, pairs in enumerate(operands):
        if not pairs or i in inside:
            continue
        use = uses.get(i)
        if use is not None:
            use.depth = int(max(depth[term.source] for term in use.terms)) + 1
            depth[i] = float(use.depth)
            for k in use.inner:
                depth[k] = depth[i]
        else:
            below = max(depth[k] for k, _ in pairs)
            depth[i] = below + 0.5 if below == int(below) else below
    return depth


def _neurons(sums: Sums, uses: list[Use]) -> list[Neuron]:
    """Uses of the same weights at the same depth are one neuron."""
    order = sums.graph.order
    found: dict[tuple[int, ...], list[Use]] = {}
    for use in sorted(uses, key=lambda use: use.out):
        use.terms.sort(key=lambda term: term.product)
        lasting = [i for i in use.biases if order[i]._code == PARAMETER or len(sums.users[i]) > 1]
        key = (use.depth, *(term.weight for term in use.terms), -1, *lasting)
        found.setdefault(key, []).append(use)
    for same in found.values():
        for use in same if len(same) > 1 else ():  # a leaf of one row alone: a sum's start
            own = [i for i in use.biases if len(sums.users[i]) == 1]
            use.biases = [i for i in use.biases if i not in own]
            use.inner += own
    return [
        Neuron("", order[same[0].total].scope, same, activation_of(sums, same[0]))
        for same in found.values()
    ]


def _in_order(layer: Layer) -> None:
    """Neurons that are told apart by numbers alone stand in the order of these."""
    parts = {id(n): _DIGITS.split(n.name[:80]) for n in layer.neurons}
    if len({tuple(part[::2]) for part in parts.values()}) == 1:
        layer.neurons.sort(key=lambda neuron: [int(digits) for digits in parts[id(neuron)][1::2]])


def _columns(
    sums: Sums, neurons: list[Neuron], depth: list[float], inner: set[int], known: set[int]
) -> list[list[Layer] | Block]:
    order, operands = sums.graph.order, sums.graph.operands
    layers: dict[int, dict[tuple[str, ...], Layer]] = {}
    shared: dict[tuple[int, tuple[str, ...]], int] = {}
    for neuron in neurons:
        key = (neuron.first.depth, neuron.path)
        shared[key] = shared.get(key, 0) + 1
    for neuron in neurons:
        scope, level = neuron.path, neuron.first.depth
        path = scope if shared[level, scope] > 1 else scope[:-1]
        found = layers.setdefault(level, {})
        name = path[-1] if path else f"layer {level - 1}"
        layer = found.setdefault(path, Layer(name, path, []))
        own = order[neuron.first.out].label or order[neuron.first.total].label
        last = scope[-1] if scope and path != scope else ""
        neuron.name = last or own or f"neuron {len(layer.neurons)}"
        layer.neurons.append(neuron)
    for level_layers in layers.values():
        for layer in level_layers.values():
            _in_order(layer)
    blocks: dict[float, list[int]] = {}
    leaves: dict[float, list[int]] = {}
    for i, pairs in enumerate(operands):
        if pairs and i not in inner:
            blocks.setdefault(depth[i], []).append(i)
        elif not pairs and i not in known and sums.users[i]:
            leaves.setdefault(depth[sums.users[i][0]], []).append(i)
    columns: list[list[Layer] | Block] = []
    for stage in sorted({*map(float, layers), *blocks}):
        if stage == int(stage):
            columns.append(list(layers[int(stage)].values()))
        else:
            values = blocks[stage]
            names = list(dict.fromkeys(order[i].scope[0] for i in values if order[i].scope))
            name = names[0] if len(names) == 1 else ""
            columns.append(Block(name, values, leaves.get(stage, [])))
    return columns
