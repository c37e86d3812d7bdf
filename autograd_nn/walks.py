"""Walks over a graph in the order of its operations, and what copies a graph by one.

A walk marks the nodes it has reached with the number of its pass, so it needs no set of them, and
it keeps a stack of its own, so depth is bounded by memory.  The two walks of ``backward()`` are in
``engine``.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from mypy_extensions import i16

from autograd_nn.codes import FIRST_MAX, FIRST_MIN
from autograd_nn.notes import all_notes, take_notes
from autograd_nn.state import new_pass, walking

if TYPE_CHECKING:
    from autograd_nn.engine import Value


def topological_order(*roots: Value, known: dict[int, Any] | None = None) -> list[Value]:
    """Every node below ``roots`` once, operands before results, leftmost first.

    Args:
        known: identities of nodes to stop at; they and what is below them are left out.

    >>> from autograd_nn import Value
    >>> x = Value(2.0, "x")
    >>> [v.op or v.label for v in topological_order(x * x + x)]
    ['x', 'mul', 'add']
    """
    with walking:
        return _topological_order(roots, known or {})


def _topological_order(roots: tuple[Value, ...], known: dict[int, Any]) -> list[Value]:
    reached = new_pass()
    done = reached + 1
    order: list[Value] = []
    stack: list[Value] = list(reversed(roots))
    while stack:
        node = stack[-1]
        if node._pass == reached:  # seen before: its operands are done by now
            node._pass = done
            order.append(node)
        if node._pass == done:
            stack.pop()
            continue
        if id(node) in known:
            node._pass = done
            continue
        node._pass = reached
        right = node._right
        if right is not None and right._pass < reached:
            stack.append(right)
        left = node._left
        if left is not None and left._pass < reached:
            stack.append(left)
    return order


def chosen_operands(v: Value) -> tuple[Value, ...]:
    """The operands of a node; of Python's ``max`` and ``min`` the one that was chosen."""
    if FIRST_MAX <= v._code <= FIRST_MIN:
        return tuple([x for x, slope in zip(v.operands, v.partials, strict=True) if slope])
    return v.operands


# ---------------------------------------------------------------------------
# Copies


def copied(node: Value, left: Value | None, right: Value | None) -> Value:
    """A node like this one, on other operands."""
    twin = _blank(node)
    twin._data, twin._grad = node._data, node._grad
    twin._code, twin._origin = node._code, node._origin
    twin._left, twin._right = left, right
    twin._left_partial, twin._right_partial = node._left_partial, node._right_partial
    take_notes(twin, all_notes(node))
    return twin


def copy_below(root: Value, memo: dict[int, Any]) -> Value:
    """A copy of the whole graph below ``root``, without recursion, for ``copy.deepcopy``."""
    for node in topological_order(root, known=memo):
        left, right = node._left, node._right
        memo[id(node)] = copied(
            node,
            None if left is None else memo[id(left)],
            None if right is None else memo[id(right)],
        )
    found: Value = memo[id(root)]
    return found


def flatten(root: Value) -> tuple[Any, ...]:
    """The graph below ``root``: the leaves, then one column per field of the other nodes."""
    order = topological_order(root)
    leaves = [node for node in order if node._left is None]
    inner = [node for node in order if node._left is not None]
    position = {id(node): k for k, node in enumerate(leaves + inner)}
    lefts = array("q", [position[id(node._left)] for node in inner])
    rights = array(
        "q", [-1 if node._right is None else position[id(node._right)] for node in inner]
    )
    codes = bytes([node._code for node in inner])
    numbers = array("d")
    for node in inner:
        numbers.extend((node._data, node._grad, node._left_partial, node._right_partial))
    notes = [all_notes(node) for node in inner]
    return leaves, lefts, rights, codes, numbers, notes


def graph_from(
    leaves: list[Value], lefts: Any, rights: Any, codes: bytes, numbers: Any, notes: list[Any]
) -> Value:
    """The inverse of ``flatten``."""
    nodes = list(leaves)
    for k in range(len(codes)):
        code: i16 = codes[k]
        right_at: int = rights[k]
        node = _blank(nodes[0])
        node._code = code
        node._left = nodes[lefts[k]]
        node._right = None if right_at < 0 else nodes[right_at]
        node._data, node._grad, node._left_partial, node._right_partial = numbers[4 * k : 4 * k + 4]
        take_notes(node, notes[k])
        nodes.append(node)
    return nodes[-1]


def _blank(like: Value) -> Value:
    """A new node; this file is below the class that it is of."""
    kind: Any = type(like)
    node: Value = kind(0.0)
    return node
