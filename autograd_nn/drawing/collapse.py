"""A large graph as groups: one box for each scope, with counts, and what flows between them.

The groups are the scopes at the deepest level at which there are at most ``max_values`` of
them.  The picture says how many values stand in how many groups, and how to see more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd_nn.checks import shown
from autograd_nn.drawing.graph import has_run
from autograd_nn.drawing.names import Namer
from autograd_nn.drawing.palette import sign_colour
from autograd_nn.drawing.picture import Arrow, Box, Picture
from autograd_nn.drawing.text import clean, number
from autograd_nn.engine import Value, topological_order
from autograd_nn.errors import BadArgumentError
from autograd_nn.ops import CODES, CONSTANT, LEAF, PARAMETER

__all__ = ["picture_of_groups"]

_RELU = CODES["relu"]
_Key = tuple[str, ...] | int


@dataclass(slots=True)
class _Group:
    """What is counted of the values in one scope."""

    key: _Key
    name: str
    values: int = 0
    parameters: int = 0
    squares: float = 0.0  # of the parameters' gradients
    largest: float = 0.0
    relus: int = 0
    dead: int = 0
    constants_or_inputs: int = 0


def picture_of_groups(
    roots: list[Value],
    max_values: int,
    expand: tuple[str, ...],
    values: str,
    names: Mapping[str, Any] | None,
) -> Picture | None:
    """The graph in groups, or None where it is small enough to be drawn value by value.

    Raises:
        ValueError: ``expand`` names a scope that is not there.
    """
    order = topological_order(*roots)
    if len(order) <= max_values:
        return None
    scopes: dict[tuple[str, ...], int] = {}
    for node in order:
        scope = node.scope
        scopes[scope] = scopes.get(scope, 0) + 1
    _check_expand(expand, scopes)
    depth = _level(scopes, max_values)
    tops = {id(root) for root in roots}
    keys: dict[tuple[str, ...], tuple[str, ...] | None] = {
        scope: (None if set(scope) & set(expand) else scope[:depth]) for scope in scopes
    }
    groups, links, key_of = _count(order, keys)
    ran = has_run(roots)
    picture = Picture(backward_ran=ran)
    place = {key: i for i, key in enumerate(groups)}
    heat = max((math.sqrt(g.squares) for g in groups.values()), default=0.0)
    shown = {v: order[v] for v in groups if isinstance(v, int)}
    namer = Namer(order, names)
    ends = {key_of[i] for i in _positions(order, tops)}
    for key, group in groups.items():
        if isinstance(key, int):
            picture.boxes.append(
                _single(place[key], shown[key], namer, id(shown[key]) in tops, ran, values)
            )
        else:
            is_output = key in ends
            picture.boxes.append(_box(place[key], group, is_output, heat, ran))
    for number_of_link, ((tail, head), (count, largest)) in enumerate(links.items()):
        tooltip = f"{count:,} values"
        picture.arrows.append(
            Arrow(
                f"e{number_of_link}",
                f"v{place[tail]}",
                f"v{place[head]}",
                largest if ran else None,
                tooltip + (f", largest gradient {largest:g}" if ran else ""),
                f"{count:,}" if len(links) <= 40 else "",
            )
        )
    named = next((key[-1] for key in groups if isinstance(key, tuple) and key[0]), "")
    how = f"expand={clean(named)!r} draws that part value by value."
    if not named:
        how = "Put parts of the computation under `with scope('name'):` to see them as boxes."
    picture.note = (
        f"{len(order):,} values in {len(groups):,} groups. {'' if expand else how}".strip()
    )
    picture.title = f"summary of a computation graph of {len(order):,} values"
    return picture


def _check_expand(expand: tuple[str, ...], scopes: dict[tuple[str, ...], int]) -> None:
    there = sorted({part for scope in scopes for part in scope})
    for name in expand:
        if name not in there:
            some = ", ".join(map(repr, there[:8])) or "none: use `with scope('name'):`"
            raise BadArgumentError(
                f"expand={shown(name)}: there is no such scope. There are {some}."
            )


def _level(scopes: dict[tuple[str, ...], int], most: int) -> int:
    """The deepest level with at most ``most`` groups, and at least the outermost."""
    deepest = max(len(scope) for scope in scopes)
    for depth in range(deepest, 1, -1):
        if len({scope[:depth] for scope in scopes}) <= min(most, 60):
            return depth
    return 1


def _positions(order: list[Value], tops: set[int]) -> list[int]:
    return [i for i, node in enumerate(order) if id(node) in tops]


def _count(
    order: list[Value],
    keys: dict[tuple[str, ...], tuple[str, ...] | None],
) -> tuple[dict[_Key, _Group], dict[tuple[_Key, _Key], tuple[int, float]], list[_Key]]:
    """One pass over the values, in order: groups, links between them, and each value's group."""
    groups: dict[_Key, _Group] = {}
    links: dict[tuple[_Key, _Key], tuple[int, float]] = {}
    key_of: list[_Key] = []
    place: dict[int, int] = {}
    rank: dict[_Key, int] = {}
    reader = _first_readers(order)
    for i, node in enumerate(order):
        place[id(node)] = i
        left = node._left
        near = reader.get(id(node), node)  # a plain number goes where it is used
        key = _key(i, node, keys[near.scope] if not node.scope else keys[node.scope])
        key_of.append(key)
        group = groups.get(key)
        if group is None:
            name = "" if isinstance(key, int) else clean(key[-1])
            group = groups[key] = _Group(key, name)
            rank[key] = len(rank)
        _add(group, node)
        if left is None:
            continue
        tail = key_of[place[id(left)]]
        if tail is not key and tail != key and left._code != CONSTANT:
            _link(links, tail, key, node._left_partial * node._grad)
        right = node._right
        if right is not None and right._code != CONSTANT:
            tail = key_of[place[id(right)]]
            if tail is not key and tail != key:
                _link(links, tail, key, node._right_partial * node._grad)
    return groups, _forward_only(links, rank), key_of


def _first_readers(order: list[Value]) -> dict[int, Value]:
    """The first value that reads each plain number."""
    found: dict[int, Value] = {}
    for node in order:
        for operand in (node._left, node._right):
            if operand is not None and operand._code == CONSTANT:
                found.setdefault(id(operand), node)
    return found


def _key(i: int, node: Value, scope: tuple[str, ...] | None) -> _Key:
    """The group of a value: its scope, itself where that is expanded, or one of two others."""
    if scope is None:
        return i
    if scope:
        return scope
    if node._left is not None or node._code == CONSTANT:
        return ("", "outside every scope")
    return ("", "inputs")


def _link(
    links: dict[tuple[_Key, _Key], tuple[int, float]], tail: _Key, head: _Key, part: float
) -> None:
    count, largest = links.get((tail, head), (0, 0.0))
    links[tail, head] = (count + 1, part if abs(part) > abs(largest) else largest)


def _forward_only(
    links: dict[tuple[_Key, _Key], tuple[int, float]], rank: dict[_Key, int]
) -> dict[tuple[_Key, _Key], tuple[int, float]]:
    """Links in the direction in which most values run, so that groups have an order.

    Where two groups feed each other, the scarcer direction is not drawn.
    """
    after: dict[_Key, list[_Key]] = {}
    kept: dict[tuple[_Key, _Key], tuple[int, float]] = {}
    for (tail, head), found in sorted(links.items(), key=lambda item: -item[1][0]):
        if _leads_to(after, head, tail):
            continue
        after.setdefault(tail, []).append(head)
        kept[tail, head] = found
    return dict(sorted(kept.items(), key=lambda item: (rank[item[0][0]], rank[item[0][1]])))


def _leads_to(after: dict[_Key, list[_Key]], start: _Key, goal: _Key) -> bool:
    seen = {start}
    pending = [start]
    while pending:
        key = pending.pop()
        if key == goal:
            return True
        for following in after.get(key, ()):
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return False


def _add(group: _Group, node: Value) -> None:
    group.values += 1
    code, grad = node._code, node._grad
    size = abs(grad)
    if (size > group.largest or size != size) and code != CONSTANT:
        group.largest = size  # the slope along a plain number is nobody's concern
    if code == PARAMETER:
        group.parameters += 1
        group.squares += grad * grad
    elif code == _RELU:
        group.relus += 1
        group.dead += node._data == 0.0
    elif code in (LEAF, CONSTANT):
        group.constants_or_inputs += 1


def _box(i: int, group: _Group, is_output: bool, heat: float, ran: bool) -> Box:
    rows = [("values", f"{group.values:,}", "")]
    if group.parameters:
        rows.append(("parameters", f"{group.parameters:,}", ""))
    rows.append(("max |grad|", number(group.largest) if ran else "–", ""))
    if group.relus:
        rows.append(("relu = 0", f"{group.dead / group.relus:.0%}", ""))
    kind = "output" if is_output else "intermediate"
    if group.constants_or_inputs == group.values:
        kind = "input"
    share = None
    if group.parameters:
        kind = "parameter" if not is_output else kind
        norm = math.sqrt(group.squares)
        share = 0.0
        if 0.0 < norm <= heat < math.inf:
            share = max(0.0, 1.0 + math.log10(norm / heat) / 3.0)
    path = group.key if isinstance(group.key, tuple) else ()
    around = () if path[:1] == ("",) else tuple(clean(part) for part in path[:-1])
    words = f"{' / '.join(map(clean, filter(None, path)))}: {group.values:,} values"
    return Box(f"v{i}", kind, group.name, rows, words, around, share)


def _single(i: int, node: Value, namer: Namer, is_root: bool, ran: bool, values: str) -> Box:
    grad = node._grad if ran else None
    rows = []
    if "data" in values:
        rows.append(("data", number(node._data), ""))
    if "grad" in values:
        rows.append(("grad", "–" if grad is None else number(grad), sign_colour(grad)))
    kind = {LEAF: "input", PARAMETER: "parameter", CONSTANT: "constant"}.get(
        node._code, "intermediate"
    )
    name = namer.name(node)
    scope = tuple(clean(part) for part in node.scope)
    return Box(
        f"v{i}", "output" if is_root else kind, name, rows, f"{name} ({node.op or kind})", scope
    )
