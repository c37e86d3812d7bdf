"""A graph with the slopes of its result, made on a copy: the user's gradients stay as they are."""

from __future__ import annotations

import copy

from autograd_nn.engine import Value, topological_order

__all__ = ["with_slopes"]


def with_slopes(root: Value) -> Value:
    """A copy of the graph below ``root`` in which every ``grad`` is the slope of ``root``.

    >>> x = Value(3.0, "x")
    >>> with_slopes(x * x).operands[0].grad, x.grad
    (6.0, 0.0)
    """
    copied = copy.deepcopy(root)
    order = topological_order(copied)
    for node in order:
        node.grad = 0.0
    copied.grad = 1.0
    for node in reversed(order):
        for operand, slope in zip(node.operands, node.partials, strict=True):
            operand.grad += slope * node.grad
    return copied
