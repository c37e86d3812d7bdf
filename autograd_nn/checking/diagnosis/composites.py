"""Activations that are written out, such as ``1 / (1 + exp(-z))``, and the numbers they take.

They are recognised by their values at several points, however they are written.  What is left
out: what is done wrongly with them (``rules``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.structure import Structure

__all__ = ["KINDS", "Composite", "find_composites"]

_ENOUGH = 4  # points that tell a function from a chance


class Composite(NamedTuple):
    """A node that is an activation of another one, by several operations."""

    kind: str
    node: int
    inner: int


def _sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


KINDS: dict[str, tuple[Callable[[Any], Any], Callable[[float, float], float]]] = {
    "sigmoid": (_sigmoid, lambda z, y: y * (1 - y)),
    "tanh": (np.tanh, lambda z, y: 1 - y * y),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z, y: float(z > 0)),
    "softplus": (lambda z: np.log1p(np.exp(z)), lambda z, y: 1 / (1 + np.exp(-z))),
}


def find_composites(s: Structure, around: Sequence[Probe]) -> list[Composite]:
    """The written-out activations of a graph, by their values at the points ``around``."""
    like = [q for q in around if q.shape == s.probe.shape]
    if len(like) < _ENOUGH or len(s.probe.nodes) > 8000:
        return []
    data = np.array([q.data for q in like]).T
    by_value: dict[tuple[float, ...], int] = {}
    for k in range(len(s.probe.nodes)):
        if s.live[k] and k not in s.leaf:
            by_value.setdefault(_key(data[k]), k)
    found: dict[int, Composite] = {}
    with np.errstate(all="ignore"):
        for z in _candidates(s):
            for kind, (value, _) in KINDS.items():
                y = by_value.get(_key(value(data[z])))
                if y is None or y <= z or s.probe.ops[y] == kind or len(set(data[z])) < 2:
                    continue
                if kind == "relu" and not ((data[z] > 0).any() and (data[z] < 0).any()):
                    continue
                found.setdefault(y, Composite(kind, y, z))
    return list(found.values())


def _key(values: Any) -> tuple[float, ...]:
    return tuple(float(f"{v:.9e}") for v in values)


def _candidates(s: Structure) -> Iterator[int]:
    """What goes into exp, or into a maximum: with the sign taken off."""
    p = s.probe
    for k, op in enumerate(p.ops):
        if op in ("exp", "maximum", "abs", "mul") and s.live[k]:
            for o in p.operands[k]:
                if not s.live[o] or (op == "mul" and p.ops[o] in ("mul", "constant")):
                    continue
                yield o
                if p.ops[o] in ("neg", "mul", "sub"):
                    yield from (x for x in p.operands[o] if s.live[x])
