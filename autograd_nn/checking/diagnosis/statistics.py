"""Means, variances, norms: quantities of many numbers that go into several values.

They are often taken as constants.  What is left out: layers (``networks``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograd_nn.checking.diagnosis.hypothesis import Changes, Hypothesis
from autograd_nn.checking.diagnosis.structure import Structure, summands
from autograd_nn.checking.diagnosis.uses import edges_set

__all__ = ["statistic", "statistic_mistakes"]


def statistic(s: Structure, k: int, *, alone: bool = False) -> str:
    """A mean, variance, or standard deviation that goes into several values, or is ``alone``."""
    p = s.probe
    op, operands = p.ops[k], p.operands[k]
    many = alone or len(s.uses.get(k, ())) > 1
    if op == "sqrt":
        inner = operands[0]
        if p.ops[inner] == "add":
            inner = next((o for o in p.operands[inner] if s.live[o]), inner)
        if _is_sum_of_squares(s, inner):
            return "the norm (length)"
        kind = _mean_of(s, inner)
        names = {"deviation": "the standard deviation", "square": "the root mean square"}
        return names.get(kind, "") if many else ""
    kind = _mean_of(s, k)
    if kind in ("deviation", "square") and (many or _feeds_root(s, k)):
        return "the variance" if kind == "deviation" else "the mean square"
    return "the mean" if kind == "plain" and many else ""


def _feeds_root(s: Structure, k: int) -> bool:
    ops = {s.probe.ops[u] for u, _ in s.uses.get(k, ())}
    nexts = {s.probe.ops[v] for u, _ in s.uses.get(k, ()) for v, _ in s.uses.get(u, ())}
    return bool(ops & {"sqrt", "pow"}) or (ops == {"add"} and bool(nexts & {"sqrt", "pow", "div"}))


def _mean_of(s: Structure, k: int) -> str:
    """Whether a node is a sum over a number: of "plain" values, "square"s or "deviation"s."""
    p = s.probe
    scaled = p.ops[k] == "div" and not s.live[p.operands[k][1]]
    if p.ops[k] == "mul":
        scaled = sum(s.live[o] for o in p.operands[k]) == 1
    if not scaled:
        return ""
    parts = summands(s, next(o for o in p.operands[k] if s.live[o]))
    if len(parts) < 2:
        return ""
    squares = [_is_square(s, o) for o in parts]
    if all(squares):
        inner = [p.operands[o][0] for o in parts]
        centred = all(p.ops[k] == "sub" and all(s.live[x] for x in p.operands[k]) for k in inner)
        return "deviation" if centred else "square"
    return "" if any(squares) else "plain"


def _is_square(s: Structure, k: int) -> bool:
    p = s.probe
    same = p.ops[k] == "mul" and len(set(p.operands[k])) == 1
    return same or (p.ops[k] == "pow" and p.data[p.operands[k][1]] == 2.0)


def _is_sum_of_squares(s: Structure, k: int) -> bool:
    parts = summands(s, k)
    return len(parts) > 1 and all(_is_square(s, o) for o in parts)


def statistic_mistakes(s: Structure) -> Iterator[Hypothesis]:
    """Means, variances and other shared quantities taken as constants."""
    found: dict[str, list[int]] = {}
    for nodes in s.families.values():
        name = statistic(s, nodes[0])
        if name:
            found.setdefault(name, []).extend(nodes)
    for name, nodes in found.items():
        yield Hypothesis(
            1.6, "network", f"the path through {name} is missing: it is taken as a constant",
            f"{name[0].upper()}{name[1:]} moves with the numbers too.", changes=_cut(s, nodes),
        )  # fmt: skip
    if len(found) > 1:
        names = list(found)
        text = f"{' and '.join(names[:2])} are taken as constants: their paths are missing"
        every = [k for nodes in found.values() for k in nodes]
        yield Hypothesis(1.65, "network", text, "", changes=_cut(s, every))
    yield from _shared(s, {k for nodes in found.values() for k in nodes})


def _cut(s: Structure, nodes: Sequence[int]) -> Changes:
    edges = [(k, j) for k in nodes for j, o in enumerate(s.probe.operands[k]) if s.live[o]]
    return edges_set(edges, lambda p, i: 0.0)


def _shared(s: Structure, but: set[int]) -> Iterator[Hypothesis]:
    """Other quantities that go into several values, such as a norm or a normaliser."""
    if len(s.probe.nodes) > 1500:
        return
    for nodes in s.families.values():
        k = nodes[0]
        uses = s.uses.get(k, ())
        if k in s.leaf or k in but or len(uses) < 2 or (s.probe.ops[k] == "add" and len(uses) < 3):
            continue
        said = s.say(k)
        text = f"{said} is taken as a constant: its own slope is missing"
        yield Hypothesis(2.2, "network", text, "", changes=_cut(s, nodes))
