"""Where a mistake is that no hypothesis fits: which numbers, layer, row, step, branch.

Each is found by comparing: what is right beside what is wrong, the points where all is right
beside the others, and whether an error in the slope of one node, free at each point, explains
every wrong number.  What is left out: naming the cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Finding
from autograd_nn.checking.diagnosis.spelling import HEADLINE
from autograd_nn.checking.diagnosis.statistics import statistic
from autograd_nn.checking.diagnosis.structure import Structure

__all__ = ["UNKNOWN", "located", "places"]

UNKNOWN = "no known mistake fits"
_SWITCHES = ("relu", "leaky_relu", "abs", "maximum", "minimum")
_LARGEST_GRAPH = 4000  # operations in which single steps are looked at


def located(case: Case, tried: int) -> Finding:
    """An honest finding: the numbers that are wrong, and the place that they point to."""
    who = case.who(case.wrong)
    right = [i for i in range(len(case.names)) if i not in case.wrong]
    found = list(places(case))
    few = len(case.wrong) == 1
    text = f"{who}: wrong; {UNKNOWN}"
    if _is_constant(case):
        text = f"{who}: the same at every point (stale?), the true slope is not; {UNKNOWN}"
    for place in found[:2]:
        if len(text) + len(place) + 2 <= HEADLINE:
            text += f"; {place}"
    beside = f"wrong, {case.who(right)} right;"
    if right and len(text) + len(beside) - 6 <= HEADLINE:
        text = text.replace("wrong;", beside, 1)
    details = [*found]
    if right:
        is_are = "is" if len(right) == 1 else "are"
        details.append(f"{case.known.said(right, 8)} {is_are} right")
    details.append(f"ruled out: {tried} known mistakes, at {len(case.probes)} points")
    advice = f"Derive {'this slope' if few else 'these slopes'} again"
    advice += f", beginning {found[0]}." if found and found[0].startswith("at ") else "."
    return Finding(9.0, "unknown", text, advice, tuple(details))


def _is_constant(case: Case) -> bool:
    """Whether the wrong slopes do not move with the point, where the true ones do."""
    hand, true = case.hand[:, case.wrong], case.slopes[:, case.wrong]
    if len(case.probes) < 4 or np.ptp(hand, axis=0).any():
        return False
    return bool((np.ptp(true, axis=0) > 1e-6 * np.abs(true).max()).all())


def places(case: Case) -> Iterator[str]:
    """Where the mistake is, in words, the most certain place first."""
    yield from _branch(case)
    yield from _switches(case)
    yield from _row(case)
    yield from _step(case)
    yield from _layer(case)


def _branch(case: Case) -> Iterator[str]:
    """A condition that holds where all is right, and not where something is wrong."""
    fine = case.right.all(axis=1)
    if fine.all() or not fine.any() or fine.sum() < 2 or (~fine).sum() < 2:
        return
    for text, holds in _conditions(case):
        where = np.array(holds)
        if (where == fine).all():
            yield f"right only where {text}"
            return
        if (where == ~fine).all():
            yield f"wrong only where {text}"
            return


def _conditions(case: Case) -> Iterator[tuple[str, list[bool]]]:
    conditions = [p.conditions for p in case.probes]
    texts = {text for found in conditions for text, _ in found}
    for text in sorted(texts):
        outcomes = [[hit for t, hit in found if t == text] for found in conditions]
        if all(outcomes):
            yield text, [any(hits) for hits in outcomes]
            yield f"always {text}", [all(hits) for hits in outcomes]
    if case.same:
        s = case.structure
        for k, op in enumerate(s.probe.ops):
            if op in ("relu", "abs", "leaky_relu"):
                inner = s.probe.operands[k][0]
                said = s.say(inner)
                yield f"{said} > 0", [p.data[inner] > 0 for p in case.probes]
    for i, name in enumerate(case.names[:50]):
        yield f"{name} > 0", [p.at[i] > 0 for p in case.probes]


def _explained(case: Case, nodes: Sequence[int]) -> bool:
    """Whether errors in the slopes along these nodes, free at each point, give all numbers."""
    told = 0
    for p, probe in enumerate(case.probes):
        off = case.hand[p] - case.slopes[p]
        scale = case.rtol * np.abs(case.hand[p]) + 1e-11 * case.sizes[p]
        if (np.abs(off) <= scale).all():
            continue
        basis = probe.reach[list(nodes)].T
        found, _, rank, _ = np.linalg.lstsq(basis, off, rcond=1e-10)
        left = np.abs(basis @ found - off)
        margin = 1e-7 * np.abs(off).max() + 1e-10 * case.sizes[p].max()
        if rank >= np.count_nonzero(np.abs(basis).sum(axis=1)) or (left > margin).any():
            return False
        told += 1
    return told >= (3 if len(case.probes) > 1 else 1)


def _switches(case: Case) -> Iterator[str]:
    """Operations with two sides, such as relu, whose slopes on each side could be others."""
    s = case.structure
    if not case.same or len(case.probes) < 8 or len(s.probe.nodes) > _LARGEST_GRAPH:
        return
    for nodes in s.families.values():
        op = s.probe.ops[nodes[0]]
        if op not in _SWITCHES:
            continue
        edges = [(k, j) for k in nodes for j, o in enumerate(s.probe.operands[k]) if s.live[o]]
        blocks, sides = [], []
        for p, probe in enumerate(case.probes):
            groups: dict[tuple[int, bool], dict[tuple[int, int], float]] = {
                (j, on): dict.fromkeys(edges, 0.0) for j in (0, 1) for on in (True, False)
            }
            for k, j in edges:
                groups[j, probe.partials[k][0] > 0][k, j] = 1.0
            own = probe.sweep([*groups.values(), dict.fromkeys(edges, 0.0)])[:, case.wrong]
            blocks.append((own[:-1] - own[-1]).T)
            sides.append(case.hand[p, case.wrong] - own[-1])
        matrix, side = np.vstack(blocks), np.concatenate(sides)
        found, _, rank, _ = np.linalg.lstsq(matrix, side, rcond=1e-10)
        fits = np.abs(matrix @ found - side).max() <= 1e-8 * np.abs(side).max()
        if fits and len(side) >= rank + 4 and len(np.unique(np.round(side, 9))) > rank:
            many = "every " if len(nodes) > 1 else ""
            yield f"at {many}{op}: the slopes of its two sides (branches)"
            return


def _row(case: Case) -> Iterator[str]:
    s = case.structure
    if not case.same or len(s.rows) < 2 or len(case.wrong) < 2 or len(s.rows) > 200:
        return
    found = [
        r for r, row in enumerate(s.rows)
        if len(row) < len(case.names) and _explained(case, [term.node for term in row])
    ]  # fmt: skip
    if len(found) == 1:
        yield f"all of it comes from row {found[0]}"


def _step(case: Case) -> Iterator[str]:
    """The node, or the nodes of a kind, whose slope is wrong: the fewest that explain all."""
    s = case.structure
    if not case.same or len(case.wrong) < 2 or len(s.probe.nodes) > _LARGEST_GRAPH:
        return
    groups = [[k] for k in range(len(s.probe.nodes) - 1) if s.live[k] and k not in s.leaf]
    if len(groups) > 600:
        groups = []
    groups += [
        nodes for nodes in s.families.values()
        if 1 < len(nodes) < len(case.wrong) and nodes[0] not in s.leaf
    ]  # fmt: skip
    groups.sort(key=len)
    best: list[int] = []
    for nodes in groups:
        if best and len(nodes) > len(best):
            break
        # Of nodes in a line the one nearest to the numbers says most.
        if (not best or max(nodes) < max(best)) and _explained(case, nodes):
            best = nodes
    if best:
        k = best[0]
        row = s.row_of(k) if len(best) == 1 else None
        users = s.uses.get(k, ())
        said = s.say(users[0][0]) if users and s.probe.ops[k] in ("add", "sub", "mul") else s.say(k)
        said = statistic(s, k, alone=True) or said
        yield f"at {said}" + ("" if row is None else f" in row {row}")


def _layer(case: Case) -> Iterator[str]:
    """The layers of the wrong arrays, or the step that only they use."""
    s = case.structure
    if s.layers >= 1 and len(s.arrays) > 1:
        layers = {a: _layer_of(s, where) for a, where in s.arrays.items()}
        wrong = {layers[a] for a in case.groups}
        fine = {layers[a] for a in s.arrays if a not in case.groups}
        if wrong and fine and max(wrong) < min(fine):
            yield f"look at the delta that enters layer {max(wrong)}"
            return
        if len(wrong) == 1 and max(layers.values()) > 1:
            yield f"look at layer {next(iter(wrong))}"
            return
    wrong_set = set(case.wrong)
    if len(wrong_set) < len(case.names):
        own = [
            k for k in range(len(s.probe.nodes))
            if s.live[k] and k not in s.leaf
            and {s.leaf[x] for x in s.below(k) if x in s.leaf} <= wrong_set
        ] if len(s.probe.nodes) <= 500 else []  # fmt: skip
        said = [t for k in own[-3:] if (t := s.say(k)) and not s.vague(k)]
        if said:
            yield f"look at {said[-1]}"


def _layer_of(s: Structure, where: Sequence[int]) -> int:
    leaf_of = {i: k for k, i in s.leaf.items()}
    users = [u for i in where if i in leaf_of for u, _ in s.uses.get(leaf_of[i], ())]
    return max((s.layer_of(u) for u in users), default=1)
