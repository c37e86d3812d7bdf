"""Mistakes of hand-written backpropagation: weights, masks, layers, paths, statistics, softmax.

What is left out: outputs and targets (``outputs``), rows (``rows``), single rules (``rules``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Changes, Hypothesis
from autograd_nn.checking.diagnosis.layers import Layers, Product
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.rules import on_every_shape
from autograd_nn.checking.diagnosis.statistics import statistic_mistakes
from autograd_nn.checking.diagnosis.structure import Structure
from autograd_nn.checking.diagnosis.uses import copied, edges_set, one_use, shape_of

__all__ = ["fitted_updates", "network_mistakes"]

Edge = tuple[int, int]
_TELLING = 4  # points that tell a fitted rate from a chance
_RATES = (0.1, 0.01, 0.5, 0.05, 0.001, 1.0, 0.2, 0.3, 0.02, 0.005, 0.03)


def network_mistakes(case: Case) -> Iterator[Hypothesis]:
    """Everything that a layer, or something like one, can get wrong."""
    yield from on_every_shape(case, _all)
    yield from copied(case)


def _all(s: Structure) -> Iterator[Hypothesis]:
    layers = Layers(s)
    yield from _passed_back(s, layers)
    yield from _outer_products(s, layers)
    yield from _masks(s, layers)
    yield from _constant_factors(s)
    yield from one_use(s)
    yield from statistic_mistakes(s)
    yield from _softmax(s)


# -- the delta passed back through the weights ---------------------------------------------


def _passed_back(s: Structure, layers: Layers) -> Iterator[Hypothesis]:
    shapes = {a: shape_of(s, a) for a in layers.products}
    for array, products in layers.products.items():
        inner = [x for x in products if s.live[x.source]]
        if not inner or not (s.is_network or len(s.arrays[array]) > 1):
            continue  # a factor in a formula, not a weight
        edges = [(x.node, 1 - x.leaf_side) for x in inner]
        leaves = [s.leaf[x.leaf] for x in inner]
        yield Hypothesis(
            1.6, "network", f"the weights {array} are missing in the delta passed back",
            f"Multiply by {array} on the way back.", changes=edges_set(edges, lambda p, i: 1.0),
        )  # fmt: skip
        places = [s.names.place[i] for i in leaves]
        if all(t is not None for t in (_turned(s, array, i) for i in leaves)):
            yield Hypothesis(
                1.6, "network", f"the weights {array} are missing in the delta passed back",
                f"Multiply by {array} on the way back.",
                changes=edges_set(edges, lambda p, i, v=places: float(v[i][0] == v[i][1])),
            )  # fmt: skip
        text = f"the path back through {array} is missing"
        if _is_recurrent(layers, array):
            text = f"the path back through {array} to earlier steps is missing (truncated)"
        else:
            text = f"the path back through {array} to the layers below is missing"
        cost = 1.6 if _is_recurrent(layers, array) else 1.9
        yield Hypothesis(cost, "network", text, "", changes=edges_set(edges, lambda p, i: 0.0))
        if _is_recurrent(layers, array):
            yield from _truncated(array, inner)
        turned = [_turned(s, array, i) for i in leaves]
        if all(i is not None for i in turned):
            yield Hypothesis(
                1.45, "network", f"{array} is not transposed in the delta passed back",
                f"The delta goes back through the transpose of {array}.",
                changes=edges_set(edges, lambda p, i, t=turned: p.at[t[i]]),
            )  # fmt: skip
        for other, shape in shapes.items():
            if other != array and shape == shapes[array]:
                where = dict(zip(s.arrays[array], s.arrays[other], strict=True))
                yield Hypothesis(
                    1.7, "network", f"{other} stands in place of {array} in the delta passed back",
                    f"Use {array}.",
                    changes=edges_set(edges, lambda p, i, w=where, v=leaves: p.at[w[v[i]]]),
                )  # fmt: skip
        for rate in _RATES:
            yield Hypothesis(
                1.75, "network",
                f"{array} was updated (rate {rate:g}) before the delta was passed back through it",
                "Compute every slope first, then update.",
                changes=edges_set(
                    edges, lambda p, i, r=rate, v=leaves: p.at[v[i]] - r * p.slopes[v[i]]
                ),
            )  # fmt: skip


def _truncated(array: str, inner: Sequence[Product]) -> Iterator[Hypothesis]:
    """Backpropagation through time that stops some steps back."""
    steps = sorted({x.step for x in inner})
    for n, step in enumerate(steps[:-1]):
        cut = [(x.node, 1 - x.leaf_side) for x in inner if x.step <= step]
        back = len(steps) - n
        text = f"truncated: the path back through {array} ends after {back} steps"
        yield Hypothesis(
            1.62,
            "network",
            text,
            "Go back to the first step.",
            changes=edges_set(cut, lambda p, i: 0.0),
        )


def _turned(s: Structure, array: str, i: int) -> int | None:
    """The number at the mirrored place of a square matrix."""
    shape, place = shape_of(s, array), s.names.place[i]
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2 or place is None:
        return None
    return s.arrays[array][place[1] * shape[1] + place[0]]


def _is_recurrent(layers: Layers, array: str) -> bool:
    """Whether what an array gives comes back as its source."""
    outputs = {
        out for ends in layers.targets[array].values() for t in ends
        if (out := layers.output(t)) is not None
    }  # fmt: skip
    return bool(outputs & set(layers.sources[array].values()))


# -- the outer product of source and delta --------------------------------------------------


def _outer_products(s: Structure, layers: Layers) -> Iterator[Hypothesis]:
    for array, products in layers.products.items():
        edges = [(x.node, x.leaf_side) for x in products]
        inputs = all(not s.live[x.source] for x in products)
        what = "inputs" if inputs else "activations of the layer below"

        def instead(
            cost: float, text: str, sources: Sequence[int | None], edges: Sequence[Edge] = edges
        ) -> Iterator[Hypothesis]:
            if all(x is not None for x in sources):
                chosen = [x for x in sources if x is not None]
                yield Hypothesis(
                    cost,
                    "network",
                    text,
                    "",
                    changes=edges_set(edges, lambda p, i: p.data[chosen[i]]),
                    alone=True,
                )

        if not inputs:
            before = [layers.inner(x.source) for x in products]
            text = f"{array} uses the values before the activation, not the activations"
            yield from instead(1.6, text, before)
            masked = [_unmasked(s, x.source) for x in products]
            text = f"{array} uses the values before the mask (dropout), not the masked ones"
            yield from instead(1.65, text, masked)
        known = layers.sources[array]
        for other, sources in layers.sources.items():
            if other == array or set(sources) != set(known) or sources == known:
                continue
            others = all(not s.live[x] for x in sources.values())
            given = "inputs" if others else f"activations that {other} takes"
            text = f"{array} is multiplied by the {given}, not by the {what}"
            yield from instead(1.65, text, [sources.get((x.step, x.unit)) for x in products])
        yield from _other_steps(s, layers, array, instead)


def _unmasked(s: Structure, k: int) -> int | None:
    """What was multiplied by a constant to give a node."""
    if s.probe.ops[k] != "mul":
        return None
    live = [o for o in s.probe.operands[k] if s.live[o]]
    return live[0] if len(live) == 1 else None


def _other_steps(
    s: Structure, layers: Layers, array: str, instead: Callable[..., Iterator[Hypothesis]]
) -> Iterator[Hypothesis]:
    """Sources of another row, or of another time step."""
    products, sources = layers.products[array], layers.sources[array]
    count = max(step for step, _ in sources) + 1
    later = [_own_output(layers, array, x) for x in products]
    recurrent = _is_recurrent(layers, array)
    own = "the h of the same step, not of the previous step (off by one)"
    yield from instead(
        1.65, f"{array} uses {own if recurrent else 'its own layer output, not its input'}", later
    )
    if count < 2 or recurrent:
        return
    orders = [
        ([(r + 1) % count for r in range(count)], "shifted by one row"),
        ([(r - 1) % count for r in range(count)], "shifted by one row"),
        (list(range(count))[::-1], "in reverse order"),
        ([0] * count, "the first one everywhere"),
        ([count - 1] * count, "the last one everywhere"),
    ]
    if count <= 8:
        for a in range(count):
            for b in range(a):
                order = list(range(count))
                order[a], order[b] = b, a
                orders.append((order, f"swapped in rows {b} and {a}"))
    for order, how in orders:
        text = f"{array} pairs inputs and deltas of different rows: {how}"
        yield from instead(1.7, text, [sources.get((order[x.step], x.unit)) for x in products])


def _own_output(layers: Layers, array: str, product: Product) -> int | None:
    """The activation of the same unit of the layer's own output."""
    ends = layers.targets[array][product.step]
    sources = [u for step, u in layers.sources[array] if step == product.step]
    if len(ends) != len(set(sources)):
        return None
    return layers.output(ends[sorted(set(sources)).index(product.unit)])


# -- masks -----------------------------------------------------------------------------------


def _masks(s: Structure, layers: Layers) -> Iterator[Hypothesis]:
    for a, here in layers.activations.items():
        for b, there in layers.activations.items():
            if a == b or set(here) != set(there):
                continue
            ops = {s.probe.ops[k] for k in (*here.values(), *there.values())}
            if len(ops) != 1:
                continue
            op = next(iter(ops))
            mask = "mask" if op in ("relu", "leaky_relu") else "slope"
            edges = [(k, 0) for k in here.values()]
            others = [there[key] for key in here]
            yield Hypothesis(
                1.6, "network", f"the {op} {mask} of layer {b} is used in layer {a}",
                f"Use the {mask} of layer {a}.",
                changes=edges_set(edges, lambda p, i, o=others: p.partials[o[i]][0]),
            )  # fmt: skip


def _constant_factors(s: Structure) -> Iterator[Hypothesis]:
    """Constants that inner values are multiplied by: dropout masks, upstream factors."""
    families: dict[int, list[Edge]] = {}
    for k, op in enumerate(s.probe.ops):
        if op != "mul" or not s.live[k]:
            continue
        live = [j for j in (0, 1) if s.live[s.probe.operands[k][j]]]
        if len(live) == 1:
            families.setdefault(s.family[k], []).append((k, live[0]))
    for edges in families.values():
        k, j = edges[0]
        inner = s.probe.operands[k][j]
        values = [s.probe.partials[k][j] for k, j in edges]
        if len(set(values)) < 2:
            continue
        sizes = {round(v, 12) for v in values}
        if inner not in s.leaf and sizes == {1.0, -1.0}:
            yield Hypothesis(
                1.65, "network", "the labels (-1 or 1) are missing as a factor", "",
                changes=edges_set(edges, lambda p, i: 1.0),
            )  # fmt: skip
        if inner in s.leaf:
            array = s.names.array[s.leaf[inner]]
            yield Hypothesis(
                1.95, "network", f"the weight itself stands in place of the input, for {array}",
                "The slope along a weight has the input as a factor.",
                changes=edges_set(
                    edges, lambda p, i, e=edges: p.data[p.operands[e[i][0]][e[i][1]]]
                ),
                alone=True,
            )  # fmt: skip
            text = f"the input x is missing in the slope of {array}"
            yield Hypothesis(
                1.9, "network", text, "Multiply by the input.",
                changes=edges_set(edges, lambda p, i: 1.0), alone=False,
            )  # fmt: skip
            continue
        if 0.0 in sizes and len(sizes) == 2 and not _is_last(s, [k for k, _ in edges]):
            scale = max(values, key=abs)
            yield Hypothesis(
                1.6, "network", "the dropout mask is missing on the way back", "Multiply by it.",
                changes=edges_set(edges, lambda p, i: 1.0),
            )  # fmt: skip
            yield Hypothesis(
                1.61, "network", "the dropout mask is missing on the way back (its scale is there)",
                "Multiply by the mask.", changes=edges_set(edges, lambda p, i, c=scale: c),
            )  # fmt: skip
            yield Hypothesis(
                1.6, "network", f"the scale {scale:.6g} of the dropout mask is missing", "",
                changes=edges_set(edges, lambda p, i, v=values: float(v[i] != 0)),
            )  # fmt: skip
            yield Hypothesis(
                1.65, "network", "the dropout mask is inverted on the way back", "",
                changes=edges_set(edges, lambda p, i, v=values, c=scale: c * float(v[i] == 0)),
            )  # fmt: skip
        else:
            yield Hypothesis(
                1.7, "network",
                "the constant factors from above (upstream, coefficients) are missing",
                "Multiply by them (chain rule).", changes=edges_set(edges, lambda p, i: 1.0),
            )  # fmt: skip
        yield Hypothesis(
            1.9, "network", "the constant factors (mask, coefficients) are applied twice", "",
            changes=edges_set(edges, lambda p, i, v=values: v[i] ** 2),
        )  # fmt: skip


def _is_last(s: Structure, nodes: Sequence[int]) -> bool:
    """Whether products go straight into the final sum: labels that pick terms, not a mask."""
    terms = {term.node for term in s.terms}
    ends = {edge[0] for term in s.terms for edge in [term.edge]}
    shared = any(len(s.uses.get(o, ())) > 1 for k in nodes for o in s.probe.operands[k])
    return shared or any(k in terms or k in ends for k in nodes)


# -- softmax that is not the last layer --------------------------------------------------------


def _softmax(s: Structure) -> Iterator[Hypothesis]:
    p = s.probe
    found = [
        (k, p.operands[k][0], p.operands[k][1])
        for k, op in enumerate(p.ops)
        if op == "div" and s.live[k] and p.ops[p.operands[k][0]] == "exp"
        and p.operands[k][0] in s.below(p.operands[k][1])
    ]  # fmt: skip
    if len(found) < 2:
        return

    def with_slopes(own: Callable[[float, float], float], shared: bool) -> Changes:
        def changes(q: Probe) -> Mapping[Edge, float]:
            made: dict[Edge, float] = {}
            for k, e, total in found:
                made[k, 0] = own(q.data[e], q.data[total])
                if not shared:
                    made[k, 1] = 0.0
            return made

        return changes

    advice = "The softmax Jacobian is p_i*(1 if i == j else 0) - p_i*p_j."
    for cost, text, own, shared in (
        (1.6, "the softmax Jacobian is missing: the slope is not passed through it",
         lambda e, t: 1 / e, False),
        (1.6, "only the diagonal p*(1-p) of the softmax Jacobian is used",
         lambda e, t: 1 / t - e / t**2, False),
        (1.6, "the softmax normaliser is taken as a constant: the part -p_i*p_j of the Jacobian",
         lambda e, t: 1 / t, False),
        (1.7, "the softmax normaliser's part only: the diagonal of the Jacobian is missing",
         lambda e, t: 0.0, True),
    ):  # fmt: skip
        yield Hypothesis(cost, "network", text, advice, changes=with_slopes(own, shared))


def fitted_updates(case: Case) -> Iterator[Hypothesis]:
    """Weights that were updated by some rate before the delta went back through them."""
    if not case.same or len(case.probes) < _TELLING:
        return
    s = case.structure
    for array, products in Layers(s).products.items():
        inner = [x for x in products if s.live[x.source]]
        if not inner:
            continue
        edges = [(x.node, 1 - x.leaf_side) for x in inner]
        leaves = [s.leaf[x.leaf] for x in inner]

        def updated(
            rate: float, edges: Sequence[Edge] = edges, v: Sequence[int] = leaves
        ) -> Changes:
            return edges_set(edges, lambda q, i: q.at[v[i]] - rate * q.slopes[v[i]])

        ways, offs = [], []
        for p in case.probes:
            way = p.sweep([updated(1.0)(p) or {}])[0] - np.asarray(p.slopes)
            ways.append(way[case.wrong])
            offs.append((np.asarray(p.hand) - p.slopes)[case.wrong])
        size = float((np.array(ways) ** 2).sum())
        rate = float((np.array(ways) * np.array(offs)).sum()) / size if size else 0.0
        if rate > 0.0 and math.isfinite(rate):
            near = round(rate, 6)
            rate = near if abs(near - rate) < 1e-8 else rate
            text = (
                f"{array} could be updated (rate {rate:.6g}) before the delta goes back through it"
            )
            yield Hypothesis(
                3.2, "network", text, "Compute every slope first, then update.",
                changes=updated(rate),
            )  # fmt: skip
