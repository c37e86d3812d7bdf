"""What a step-through page knows of a graph: every value in columns, and the order of its steps.

The page computes the numbers of every step itself, and computes them anew while a value is changed
by hand; what it starts from are the engine's numbers, as recorded.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

from autograd_nn.drawing.graph import Simplified, is_plain_power, kind_of, sign_of
from autograd_nn.drawing.views import Reading
from autograd_nn.engine import Value, row_of
from autograd_nn.labels import clean
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["columns", "real", "step_orders", "value_names"]

T = TypeVar("T", bound=Hashable)

_TAKE = CODES["take"]
_INFIX = {"mul": "*", "div": "/", "sub": "-"}
_SHORT = 7


def real(x: float) -> float | str:
    """A number for JSON, which has no nan and no infinity: they go as text."""
    return x if math.isfinite(x) else str(x)


def columns(root: Value, read: Reading) -> dict[str, Any]:
    """The graph below ``root`` as lists with one entry for each value, operands first.

    Kinds, signs and scopes are numbers that count in ``kinds``, ``signs`` and ``scopes``;
    ``left`` and ``right`` are -1 where there is no operand; ``powers`` are the exponents that are
    drawn without a box of their own, by value; ``fixed`` are leaves that cannot be changed by hand;
    ``refs`` is what formulas call values that have a shorter name for it; ``alike`` is, for each
    value of a step of a loop, the one of the last step that the picture shows in its place;
    ``gates`` are, by the id of a neuron, the results of an activation that may hold it at 0.
    """
    graph = read.pen.graph
    names, refs = value_names(read)
    top = graph.position[id(root)]
    kinds, kind = _encoded(kind_of(v, i == top) for i, v in enumerate(graph.order))
    signs, sign = _encoded(sign_of(v) if v._left is not None else "" for v in graph.order)
    operands = graph.operands
    alike = _alike(read)
    places = _places(read, alike)
    forward, backward = step_orders(graph, [(*place, "")[0] for place in places])
    scopes, scope = _encoded(places)
    return {
        "names": names,
        "refs": refs,
        "alike": {i: last for i, (_, last) in alike.items()},
        "root": top,
        "rootName": clean(root.label),
        "kinds": kinds,
        "kind": kind,
        "signs": signs,
        "sign": sign,
        "scopes": scopes,
        "scope": scope,
        "code": [v._code for v in graph.order],
        "data": [real(v._data) for v in graph.order],
        "left": [pairs[0][0] if pairs else -1 for pairs in operands],
        "right": [pairs[1][0] if len(pairs) > 1 else -1 for pairs in operands],
        "slopes": [[real(slope) for _, slope in pairs] for pairs in operands],
        "powers": {
            i: real(v._right._data)
            for i, v in enumerate(graph.order)
            if is_plain_power(v) and v._right is not None
        },
        "formulas": {
            code: PRIMITIVES[code].spelling.formulas
            for code in sorted({v._code for v in graph.order if v._left is not None})
        },
        "gates": _gates(read),
        "fixed": sorted(
            {pairs[1][0] for v, pairs in zip(graph.order, operands, strict=True) if _chooses(v)}
        ),
        "forward": forward,
        "backward": backward,
    }


def value_names(read: Reading) -> tuple[list[str], dict[int, str]]:
    """What each value is called, and what it is called in formulas where that is shorter.

    The sums on the way to a sum are called by what was added last, and are dots in a formula.
    """
    namer, graph, folded = read.pen.namer, read.pen.graph, read.pen.sums.folded
    refs = read.short_names() | dict.fromkeys(folded, "…")
    names: list[str] = []
    for i, node in enumerate(graph.order):
        called = [refs.get(k, names[k]) for k, _ in graph.operands[i]]
        if i in folded:
            names.append(f"sum to {called[-1]}")
        elif node.op in _INFIX and namer.is_word(node) and max(map(len, called)) <= _SHORT:
            names.append(f" {_INFIX[node.op]} ".join(called))
        else:
            names.append(namer.word(node))
    return names, refs


def _alike(read: Reading) -> dict[int, tuple[int, int]]:
    """For each value of a step of a loop: which step, and its like in the last step.

    So for leaves that one step alone reads.
    """
    loop = read.loop if read.view == "loop" else None
    if loop is None:
        return {}
    operands = read.pen.graph.operands
    found: dict[int, tuple[int, int]] = {}
    last = loop.count - 1
    for step in range(loop.count):
        for k in range(loop.period):
            i, like = loop.at(step, k), loop.at(last, k)
            found[i] = step, like
            for (a, _), (b, _) in zip(operands[i], operands[like], strict=False):
                if not operands[a] and not operands[b] and a != b and a not in found:
                    found[a] = step, b
                    found.setdefault(b, (last, b))
    return found


def _gates(read: Reading) -> dict[str, list[int]]:
    """By the id of a neuron, its results where they come from an activation with a kink."""
    order = read.pen.order
    found = {}
    for layer in read.model.layers() if read.model else ():
        for neuron in layer.neurons:
            outs = [use.out for use in neuron.uses if use.out != use.total]
            if outs and all(row_of(order[i]).switch is not None for i in outs):
                found[neuron.id] = outs
    return found


def _places(read: Reading, alike: dict[int, tuple[int, int]]) -> list[tuple[str, ...]]:
    """The scopes of each value; of a loop without scopes, the step."""
    places = [tuple(map(clean, node.scope)) for node in read.pen.order]
    if not any(places):
        for i, (step, _) in alike.items():
            places[i] = (f"step {step + 1}",)
    return places


def _chooses(node: Value) -> bool:
    """Whether its second operand is the index of a table, of which the page has one entry only."""
    return node._code == _TAKE


def _encoded(items: Iterable[T]) -> tuple[list[T], list[int]]:
    """The different items, and for each item its place among them."""
    known: dict[T, int] = {}
    places = [known.setdefault(item, len(known)) for item in items]
    return list(known), places


def step_orders(graph: Simplified, groups: list[str]) -> tuple[list[int], list[int]]:
    """The operations in the order of the forward steps, and in that of the steps on the way back.

    Each finishes one group, such as the outermost scope, before it begins the next, wherever the
    graph allows it, so that a network is computed layer by layer; within a group forward goes as
    recorded, and back the other way round.
    """
    operands = [[k for k, _ in pairs] for pairs in graph.operands]
    users: list[list[int]] = [[] for _ in operands]
    for i, below in enumerate(operands):
        for k in below:
            users[k].append(i)
    forward = _by_group(operands, users, groups, 1)
    # What does not lead to the result does not exist here: all of the graph is below it.
    backward = _by_group(users, operands, groups, -1)
    return [i for i in forward if operands[i]], [i for i in backward if operands[i]]


def _by_group(
    before: list[list[int]], after: list[list[int]], groups: list[str], sign: int
) -> list[int]:
    """Every number once, after all of its ``before``, one group as long as any of it is ready.

    Of a group the lowest comes first, by number times ``sign``; so does the group to go on with.
    """
    waiting = list(map(len, before))
    ready: dict[str, list[int]] = {}
    order: list[int] = []

    def add(i: int) -> None:
        heapq.heappush(ready.setdefault(groups[i], []), sign * i)

    for i, count in enumerate(waiting):
        # A leaf is nothing to compute: it is there when what uses it is.
        if not count:
            order.append(i)
    for i in list(order):
        for k in after[i]:
            waiting[k] -= 1
            if not waiting[k]:
                add(k)
    group = ""
    while ready:
        if group not in ready:
            group = min(ready, key=lambda name: ready[name][0])
        i = sign * heapq.heappop(ready[group])
        if not ready[group]:
            del ready[group]
        order.append(i)
        for k in after[i]:
            waiting[k] -= 1
            if not waiting[k]:
                add(k)
    return order
