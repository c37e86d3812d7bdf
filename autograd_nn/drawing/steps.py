"""What a step-through page knows of a graph: every value in columns, and the order of the way back.

The page computes the numbers of every step itself, and computes them anew while a value is changed
by hand; what it starts from are the engine's numbers, as recorded.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

from autograd_nn.drawing.graph import Simplified, is_plain_power, kind_of, sign_of
from autograd_nn.drawing.names import Namer
from autograd_nn.engine import Value
from autograd_nn.labels import clean
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["backward_order", "columns", "real"]

T = TypeVar("T", bound=Hashable)

_TAKE = CODES["take"]


def real(x: float) -> float | str:
    """A number for JSON, which has no nan and no infinity: they go as text."""
    return x if math.isfinite(x) else str(x)


def columns(root: Value, graph: Simplified) -> dict[str, Any]:
    """The graph below ``root`` as lists with one entry for each value, operands first.

    Kinds, signs and scopes are numbers that count in ``kinds``, ``signs`` and ``scopes``;
    ``left`` and ``right`` are -1 where there is no operand; ``powers`` are the exponents that are
    drawn without a box of their own, by value; ``fixed`` are leaves that cannot be changed by hand.
    """
    namer = Namer(graph.position, graph.order)
    top = graph.position[id(root)]
    kinds, kind = _encoded(kind_of(v, i == top) for i, v in enumerate(graph.order))
    signs, sign = _encoded(sign_of(v) if v._left is not None else "" for v in graph.order)
    scopes, scope = _encoded(tuple(map(clean, v._scope)) for v in graph.order)
    operands = graph.operands
    return {
        "names": [namer.name(v) for v in graph.order],
        "root": top,
        "rootName": clean(root._label),
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
            code: PRIMITIVES[code].formulas
            for code in sorted({v._code for v in graph.order if v._left is not None})
        },
        "fixed": sorted(
            {pairs[1][0] for v, pairs in zip(graph.order, operands, strict=True) if _chooses(v)}
        ),
        "backward": backward_order(graph, top),
    }


def _chooses(node: Value) -> bool:
    """Whether its second operand is the index of a table, of which the page has one entry only."""
    return node._code == _TAKE


def _encoded(items: Iterable[T]) -> tuple[list[T], list[int]]:
    """The different items, and for each item its place among them."""
    known: dict[T, int] = {}
    places = [known.setdefault(item, len(known)) for item in items]
    return list(known), places


def backward_order(graph: Simplified, top: int) -> list[int]:
    """The operations on the way back: the engine's order, but each layer as a whole.

    A value is ready when all that uses it was served.  Of those that are ready the last one of the
    present outermost scope comes first, so that a layer is finished before the next one begins
    wherever the graph allows it.
    """
    waiting = [0] * len(graph.order)
    for pairs in graph.operands:
        for k, _ in pairs:
            waiting[k] += 1
    order: list[int] = []
    ready: dict[str, list[int]] = {}  # by outermost scope
    here = ""

    def add(i: int) -> None:
        if graph.operands[i]:
            ready.setdefault((*graph.order[i]._scope, "")[0], []).append(i)

    add(top)
    while ready:
        if here not in ready:
            here = next(reversed(ready))
        i = ready[here].pop()
        if not ready[here]:
            del ready[here]
        order.append(i)
        for k, _ in graph.operands[i]:
            waiting[k] -= 1
            if not waiting[k]:
                add(k)
    return order
