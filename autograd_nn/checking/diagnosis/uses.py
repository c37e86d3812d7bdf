"""Several uses of one number, or of a layer's values: `=` for `+=`, and slopes of another array.

What is left out: the rest of what a layer can get wrong (``networks``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Changes, Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.structure import Structure

__all__ = ["copied", "edges_set", "one_use", "shape_of"]

Edge = tuple[int, int]


def edges_set(edges: Sequence[Edge], value: Callable[..., float]) -> Changes:
    """The partial of the i-th edge is ``value(probe, i)``."""
    return lambda p: {edge: value(p, i) for i, edge in enumerate(edges)}


def shape_of(s: Structure, array: str) -> tuple[int, ...]:
    places = [s.names.place[i] for i in s.arrays[array]]
    if any(place is None for place in places):
        return (len(places),)
    sizes: Any = np.array(places).max(axis=0) + 1
    return tuple(sizes.tolist())


def one_use(s: Structure) -> Iterator[Hypothesis]:
    """``=`` for ``+=``: a use of a number, or all uses of one kind, left out."""
    by_array: dict[str, dict[tuple[int, int], list[Edge]]] = {}
    for k, i in s.leaf.items():
        for edge in s.uses.get(k, ()):
            kind = (s.family[edge[0]], edge[1])
            by_array.setdefault(s.names.array[i], {}).setdefault(kind, []).append(edge)
    for array, kinds in by_array.items():
        users = [kind[0][0] for kind in kinds.values()]
        if 2 <= len(kinds) <= 6 and len(set(users)) == len(users):
            yield from _of_kinds(s, array, list(kinds.values()))
    yield from _first_or_last(s)
    yield from _overwritten(s)
    yield from _layer_uses(s)
    for k in range(len(s.probe.nodes) - 1):
        uses = s.uses.get(k, ())
        if s.live[k] and k not in s.leaf and 2 <= len(uses) <= 6 and len(s.probe.nodes) <= 500:
            for edge in uses:
                through = s.say(edge[0])
                if s.probe.ops[edge[0]] in ("add", "sub") and s.vague(edge[0]):
                    through = "the sum (a skip)"
                text = (
                    f"{s.say(k)} is used {_times(len(uses))}; the path through {through} is missing"
                )
                yield Hypothesis(
                    1.95, "accumulate", text, "Add up all uses (+=, not =).",
                    changes=edges_set([edge], lambda p, i: 0.0),
                )  # fmt: skip


def _overwritten(s: Structure) -> Iterator[Hypothesis]:
    """One number that is used in several ways, and of which only one use counts."""
    if len(s.probe.nodes) > 500:
        return
    for k, i in s.leaf.items():
        uses = s.uses.get(k, ())
        name = s.names.listed[i]
        if not 2 <= len(uses) <= 6 or len({s.family[u] for u, _ in uses}) < 2:
            continue
        for edge in uses:
            through = s.say(edge[0])
            text = f"{name} is used {_times(len(uses))}; the path through {through} is missing"
            text += " (+=, not =)"
            yield Hypothesis(
                1.76, "accumulate", text, "Add up all uses (+=, not =).",
                changes=edges_set([edge], lambda p, i: 0.0), alone=True,
            )  # fmt: skip


def _layer_uses(s: Structure) -> Iterator[Hypothesis]:
    """All values of a layer, used in two ways, such as by weights and by a skip connection."""
    for nodes in s.families.values():
        if nodes[0] in s.leaf or len(nodes) < 2 or s.probe.ops[nodes[0]] == "exp":
            continue
        kinds: dict[tuple[str, str], list[Edge]] = {}
        for edge in (edge for k in nodes for edge in s.uses.get(k, ())):
            if s.family[edge[0]] == s.family[nodes[0]]:
                continue  # a sum that is not complete yet
            others = [o for o in s.probe.operands[edge[0]] if o in s.leaf]
            array = s.names.array[s.leaf[others[0]]] if others else ""
            kinds.setdefault((s.probe.ops[edge[0]], array), []).append(edge)
        if not 2 <= len(kinds) <= 3:
            continue
        for (op, array), edges in kinds.items():
            through = f"through {array}" if array else f"through the {op}"
            if op in ("add", "sub"):
                through = "of the skip connection (the direct sum)"
            where = s.where(nodes[0]) or "below"
            text = (
                f"the values {where} are used {_times(len(kinds))}; the path {through} is missing"
            )
            yield Hypothesis(
                1.75,
                "accumulate",
                text,
                "Add up all paths.",
                changes=edges_set(edges, lambda p, i: 0.0),
            )


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _of_kinds(s: Structure, array: str, kinds: list[list[Edge]]) -> Iterator[Hypothesis]:
    times = _times(len(kinds))
    for kind in kinds:
        through = s.say(kind[0][0])
        text = f"{array} is used {times}; the path through {through} is missing"
        yield Hypothesis(
            1.8, "accumulate", text, "Add up all uses (+=, not =).",
            changes=edges_set(kind, lambda p, i: 0.0), alone=True,
        )  # fmt: skip
        if len(kinds) == 2:
            other = kinds[kind is kinds[0]]
            text = f"{array} is used twice; one use counts double, the other not at all"

            def changes(
                p: Probe, twice: Sequence[Edge] = kind, never: Sequence[Edge] = other
            ) -> Mapping[Edge, float]:
                return {e: 2 * p.partials[e[0]][e[1]] for e in twice} | dict.fromkeys(never, 0.0)

            yield Hypothesis(
                2.0, "accumulate", f"{text} (symmetric only?)",
                "Add up both uses.", changes=changes, alone=True,
            )  # fmt: skip
        if len(kinds) > 2:
            others = [edge for other in kinds if other is not kind for edge in other]
            text = f"{array} is used {times}; only the path through {through} is counted"
            yield Hypothesis(
                1.85, "accumulate", text, "Add up all uses (+=, not =).",
                changes=edges_set(others, lambda p, i: 0.0), alone=True,
            )  # fmt: skip


def _first_or_last(s: Structure) -> Iterator[Hypothesis]:
    """Only the first or the last of several uses of each number."""
    several = {k: s.uses[k] for k in s.leaf if len(s.uses.get(k, ())) > 1}
    for uses in several.values():
        kinds = {(s.probe.ops[k], j) for k, j in uses}
        if len(kinds) > 1 or len({k for k, _ in uses}) < len(uses):
            return  # not steps of one kind
    if not several:
        return
    for pick, word in ((-1, "last"), (0, "first")):
        dropped = [e for uses in several.values() for e in uses if e != uses[pick]]
        text = f"only the {word} use of each number is counted: add up all steps (+=, not =)"
        yield Hypothesis(
            1.9, "accumulate", text, "Add up all uses (+=, not =).",
            changes=edges_set(dropped, lambda p, i: 0.0),
        )  # fmt: skip


def copied(case: Case) -> Iterator[Hypothesis]:
    """The slopes of one array given to another of the same size: the delta of a wrong layer."""
    arrays = case.structure.arrays
    if len(arrays) > 30:
        return
    for a, here in arrays.items():
        for b, there in arrays.items():
            if (
                a == b
                or len(here) != len(there)
                or shape_of(case.structure, a) != shape_of(case.structure, b)
            ):
                continue

            def slopes(p: Probe, here: Sequence[int] = here, there: Sequence[int] = there) -> Any:
                found = np.array(p.slopes)
                found[here] = found[there]
                return found

            text, cost = f"{a} has the slope of {b}, not its own", 2.0
            if len(here) > 1:
                text, cost = f"{a} has the slopes of {b}: the delta of the wrong layer", 1.6
            yield Hypothesis(cost, "copied", text, "", slopes=slopes, alone=True)
