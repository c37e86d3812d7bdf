"""The right slope of a wrong function: hand-written slopes that belong to another formula.

The recorded graph is computed again with other constants, other numbers or other operations.
What is left out: wrong derivatives of the right function (the other rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.spelling import number
from autograd_nn.checking.diagnosis.statistics import statistic
from autograd_nn.checking.diagnosis.structure import Structure
from autograd_nn.ops import CODES, primitive

__all__ = ["other_functions", "replayed", "replayed_adjoints"]

_LARGEST_GRAPH = 800  # operations; each hypothesis computes all of them again
_MOST = 150  # hypotheses of one kind
_LEFT_OUT = frozenset(
    ["abs", "sqrt", "exp", "log", "sin", "cos", "tanh", "sigmoid", "relu", "softplus"]
)
_INSTEAD = {
    "sub": ("add",), "add": ("sub",), "sin": ("cos",), "cos": ("sin",), "tanh": ("sigmoid",),
    "sigmoid": ("tanh",), "exp": (), "mul": ("div",), "div": ("mul",), "sqrt": (), "log": (),
    "maximum": ("minimum",), "minimum": ("maximum",), "sinh": ("cosh",), "cosh": ("sinh",),
}  # fmt: skip


def replayed(
    p: Probe,
    values: Mapping[int, Any],
    ops: Mapping[int, str] | None = None,
    cut: bool = False,
) -> Any:
    """The slopes of the recorded function with other values, and other operations.

    An operation "" gives its operand; ``cut`` makes the other values constants.
    """
    adjoints = replayed_adjoints(p, values, ops, cut)
    return None if adjoints is None else [adjoints[k] if k >= 0 else 0.0 for k in p.inputs]


def replayed_adjoints(
    p: Probe,
    values: Mapping[int, Any],
    ops: Mapping[int, str] | None = None,
    cut: bool = False,
) -> Any:
    """As ``replayed``, for every node."""
    ops = ops or {}
    data, partials = list(p.data), list(p.partials)
    changed = bytearray(len(data))
    for k, value in values.items():
        data[k], changed[k] = value, 1
        if cut:
            partials[k] = (0.0,) * len(partials[k])
    for k, operands in enumerate(p.operands):
        if (
            not operands
            or (cut and k in values)
            or not (k in ops or any(changed[o] for o in operands))
        ):
            continue
        op = ops.get(k, p.ops[k])
        if not op:
            data[k], partials[k], changed[k] = data[operands[0]], (1.0,), 1
            continue
        if op not in CODES:
            return None
        row, numbers = primitive(op), [data[o] for o in operands]
        data[k] = row.scalar(*numbers)
        partials[k] = row.partials(*numbers, data[k])
        changed[k] = 1
    return p.backward(partials)


def other_functions(case: Case) -> Iterator[Hypothesis]:
    """Slopes that would be right if ``f`` were another function."""
    s = case.structure
    if not case.same or len(s.probe.nodes) > _LARGEST_GRAPH:
        return
    yield from _left_out_arrays(s)
    yield from _swapped(s)
    yield from _other_constants(s)
    yield from _left_out_operations(s)
    if len(s.probe.nodes) <= 200:
        yield from _other_operations(s)


def _hypothesis(
    cost: float, text: str, slopes: Callable[..., Any], alone: bool = True
) -> Hypothesis:
    return Hypothesis(cost, "function", text, "", slopes=slopes, alone=alone)


def _left_out_operations(s: Structure) -> Iterator[Hypothesis]:
    """Functions and statistics that are not there in the hand-written formula."""
    for nodes in s.families.values():
        k = nodes[0]
        op = s.probe.ops[k]
        if op in _LEFT_OUT:
            text = f"{op} is left out at {s.say(k)}, in value and slope: as if {op}(u) were u"
            yield _hypothesis(2.3, text, lambda q, n=nodes: replayed(q, {}, dict.fromkeys(n, "")))
        name = statistic(s, k)
        if name:
            value = 0.0 if name == "the mean" else 1.0
            text = f"{name} is left out (taken as {value:g})"
            yield _hypothesis(
                2.25, text, lambda q, n=nodes, v=value: replayed(q, dict.fromkeys(n, v), cut=True)
            )


def _left_out_arrays(s: Structure) -> Iterator[Hypothesis]:
    leaf_of = {i: k for k, i in s.leaf.items()}
    if len(s.arrays) < 2:
        return
    for array, where in list(s.arrays.items())[:30]:
        nodes = [leaf_of[i] for i in where if i in leaf_of]
        added = all(s.probe.ops[u] in ("add", "sub") for k in nodes for u, _ in s.uses.get(k, ()))
        value = 0.0 if added else 1.0
        text = f"the slopes are computed without {array} (it is left out, taken as {value:g})"
        yield _hypothesis(
            1.9 if added else 2.3,
            text,
            lambda p, n=nodes, v=value: replayed(p, dict.fromkeys(n, v)),
        )


def _swapped(s: Structure) -> Iterator[Hypothesis]:
    """Two numbers in each other's place, in the function or in the point."""
    leaf_of = {i: k for k, i in s.leaf.items()}
    pairs: list[tuple[list[int], list[int], str, str]] = []
    listed = [(a, w) for a, w in s.arrays.items() if all(i in leaf_of for i in w)]
    for n, (a, one) in enumerate(listed):
        pairs += [(one, two, b, a) for b, two in listed[:n] if len(two) == len(one)]
        if 2 <= len(one) <= 6:
            names = s.names.listed
            pairs += [([i], [k], names[k], names[i]) for m, i in enumerate(one) for k in one[:m]]
    for one, two, first, second in pairs[:_MOST]:

        def slopes(
            p: Probe, one: Sequence[int] = one, two: Sequence[int] = two, back: bool = False
        ) -> Any:
            values = {leaf_of[i]: p.at[k] for i, k in zip(one, two, strict=True)}
            values |= {leaf_of[k]: p.at[i] for i, k in zip(one, two, strict=True)}
            found = replayed(p, values)
            if back and found is not None:
                found = np.array(found)
                found[[*one, *two]] = found[[*two, *one]]
            return found

        text = f"{first} and {second} are swapped in the formula"
        yield _hypothesis(2.0, text, slopes)
        text = f"the inputs (columns) of {first} and {second} are swapped"
        yield _hypothesis(2.05, text, lambda p, f=slopes: f(p, back=True))


def _other_constants(s: Structure) -> Iterator[Hypothesis]:
    """Constants left out: 0 where they are added, 1 where they multiply."""
    p = s.probe
    groups: dict[tuple[int, int], list[int]] = {}
    for k, operands in enumerate(p.operands):
        for j, o in enumerate(operands):
            if s.live[k] and not s.live[o] and p.ops[k] in ("add", "sub", "mul", "div", "pow"):
                groups.setdefault((s.family[k], j), []).append(k)
    choices: list[tuple[list[int], int]] = []
    for (_, j), users in list(groups.items())[:_MOST]:
        choices.append((users, j))
        if 1 < len(users) <= 12:
            choices += [([k], j) for k in users]
    for users, j in choices:
        values = sorted({p.data[p.operands[k][j]] for k in users})
        nodes = [p.operands[k][j] for k in users]
        op = p.ops[users[0]]
        said = f"the constant {number(values[0])}" if len(values) == 1 else "the constants (data)"
        at = s.say(users[0])
        if op == "pow":
            if j == 1 and len(values) == 1:
                for other in (values[0] - 1, values[0] + 1):
                    text = f"as if the exponent were {other:g}, not {values[0]:g}, at {at}"
                    yield _hypothesis(
                        2.3, text, lambda q, n=nodes, v=other: replayed(q, dict.fromkeys(n, v))
                    )
            continue
        value = 0.0 if op in ("add", "sub") else 1.0
        if values == [value]:
            continue
        text = f"{said} is left out at {at}" if len(values) == 1 else f"{said} are left out at {at}"
        yield _hypothesis(2.1, text, lambda q, n=nodes, v=value: replayed(q, dict.fromkeys(n, v)))
        if op != "div" and len(values) == 1:
            text = f"the sign of {said} is turned at {at}"
            yield _hypothesis(2.2, text, lambda q, n=nodes: replayed(q, {k: -q.data[k] for k in n}))


def _other_operations(s: Structure) -> Iterator[Hypothesis]:
    p = s.probe
    for k, op in enumerate(p.ops):
        if not s.live[k]:
            continue
        for other in _INSTEAD.get(op, ()):
            text = f"the slope of another function: {other} stands in place of {op} at {s.say(k)}"
            yield _hypothesis(2.3, text, lambda q, k=k, o=other: replayed(q, {}, {k: o}))
