"""The outputs of a function: what its error is computed from, and by which link and target.

For squares, cross-entropy of softmax, and cross-entropy of sigmoid the slope along an output z
is ``c * (g(z) - t)`` with g the identity, softmax or sigmoid, and constants c and t.  Which of
them a function has is found from its own slopes at several points, however it is written.  What
is left out: what is done wrongly with them (``outputs``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.structure import Structure, summands

__all__ = ["LINKS", "Output", "find_outputs"]


class Output(NamedTuple):
    """One group of outputs: the nodes z, and the constants of ``c * (g(z) - t)``."""

    kind: str
    nodes: list[int]
    scale: float
    targets: np.ndarray


def _softmax(z: Any) -> Any:
    e = np.exp(z - z.max())
    return e / e.sum()


def _sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


LINKS: dict[str, Callable[[Any], Any]] = {
    "softmax": _softmax, "sigmoid": _sigmoid, "exp": np.exp, "square": lambda z: z,
}  # fmt: skip


def _line(x: Any, a: Any) -> tuple[float, Any] | None:
    """c and t of ``a = c * (x - t)`` with one c and a t per column, over the points in rows."""
    centred = x - x.mean(axis=0)
    size = float((centred**2).sum())
    if size <= 1e-12 * float((x**2).sum() + 1e-300):
        return None
    c = float((centred * (a - a.mean(axis=0))).sum()) / size
    if abs(c) < 1e-12 or not math.isfinite(c):
        return None
    c = _simple(c)
    t = np.array([_simple(float(v)) for v in (x - a / c).mean(axis=0)])
    off = np.abs(c * (x - t) - a).max()
    return (c, t) if off <= 1e-9 * np.abs(c * x).max() + 1e-12 else None


def _simple(x: float) -> float:
    """The number that a fitted one stands for, where it has few digits or is a fraction."""
    for near in (round(x, 6), float(Fraction(x).limit_denominator(2000))):
        if abs(near - x) <= 2e-10 * max(1.0, abs(x)):
            return near + 0.0
    return x


def _shift(s: Structure, k: int) -> int:
    """The logit below ``exp``: without a constant that is taken off for safety."""
    p, o = s.probe, s.probe.operands[k][0]
    while p.ops[o] in ("sub", "add") and sum(s.live[x] for x in p.operands[o]) == 1:
        o = next(x for x in p.operands[o] if s.live[x])
    return o


def _softmaxes(s: Structure, around: Sequence[Probe]) -> list[Output]:
    found: list[Output] = []
    p = s.probe
    for k, op in enumerate(p.ops):
        is_last = op == "add" and not any(p.ops[u] == "add" for u, _ in s.uses.get(k, ()))
        if not is_last:
            continue
        parts = summands(s, k)
        if len(parts) < 2 or any(p.ops[o] != "exp" for o in parts):
            continue
        nodes = [_shift(s, o) for o in parts]
        z = np.array([[q.data[o] for o in nodes] for q in around])
        a = np.array([[q.adjoints[o] for o in nodes] for q in around])
        line = _line(np.array([_softmax(row) for row in z]), a)
        if line is not None and len(set(nodes)) == len(nodes):
            found.append(Output("softmax", nodes, line[0], line[1]))
    return found


def _links(s: Structure, around: Sequence[Probe], kind: str) -> list[Output]:
    """Outputs of one number each, that go into a sigmoid or an exp."""
    found: dict[int, Output] = {}
    p = s.probe
    ops = ("exp",) if kind == "exp" else ("sigmoid", "softplus", "exp")
    for k, op in enumerate(p.ops):
        if op not in ops or not s.live[k]:
            continue
        z = p.operands[k][0]
        if op == "exp" and p.ops[z] == "neg" and kind == "sigmoid":
            z = p.operands[z][0]
        x = np.array([[q.data[z]] for q in around])
        line = _line(LINKS[kind](x), np.array([[q.adjoints[z]] for q in around]))
        if line is not None and s.live[z]:
            found[z] = Output(kind, [z], line[0], line[1])
    return list(found.values())


def _with_targets(outputs: list[Output]) -> list[Output]:
    """The outputs, if something is subtracted from any: else they are no errors."""
    return outputs if any(abs(o.targets[0]) > 1e-9 for o in outputs) else []


def _is_error(s: Structure, output: Output, own: set[int]) -> bool:
    k = output.nodes[0]
    operands = s.probe.operands[k]
    live = [o for o in operands if s.live[o]]
    shifted = s.probe.ops[k] in ("add", "sub") and len(live) == 1 < len(operands)
    return shifted and live[0] in own and abs(output.targets[0]) <= 1e-9


def _squares(s: Structure, around: Sequence[Probe]) -> list[Output]:
    """Nodes whose adjoint is a constant times their distance from a constant."""
    data = np.array([q.data for q in around])
    adjoints = np.array([q.adjoints for q in around])
    candidates: list[Output] = []
    for k, op in enumerate(s.probe.ops):
        if not s.live[k] or op == "constant" or k == len(s.probe.nodes) - 1:
            continue
        line = _line(data[:, [k]], adjoints[:, [k]])
        if line is not None:
            candidates.append(Output("square", [k], line[0], line[1]))
    # The error, prediction - target, is no output: what the target is subtracted from is.
    own = {o.nodes[0] for o in candidates}
    candidates = [o for o in candidates if not _is_error(s, o, own)]
    # Of several on one way, such as w*x and w*x + b with a fixed b, the last is the output.
    nodes = {o.nodes[0] for o in candidates}
    inner: set[int] = set()
    for k in nodes:
        inner |= (s.below(k) & nodes) - {k}
    return [o for o in candidates if o.nodes[0] not in inner]


def find_outputs(s: Structure, around: Sequence[Probe]) -> list[Output]:
    """The outputs, by the points ``around`` that have this graph; empty where there are none."""
    return (
        _softmaxes(s, around)
        or _with_targets(_links(s, around, "sigmoid"))
        or _with_targets(_links(s, around, "exp"))
        or _with_targets(_squares(s, around))
    )
