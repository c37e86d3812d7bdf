"""Mistakes with rows of data and with the terms of a sum: skipped, repeated, weighted wrongly.

Every row has a weight in the sum, 1 where all is right; the mistakes are other weights.  What
is left out: what happens inside a row (``outputs``, ``networks``, ``rules``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.rules import on_every_shape
from autograd_nn.checking.diagnosis.spelling import ordinal
from autograd_nn.checking.diagnosis.structure import Structure, Term

__all__ = ["fitted_weights", "row_mistakes", "units"]

_Row = Callable[[float, str, str, Sequence[float]], Hypothesis]
_TELLING = 4  # points that tell weights from a chance
_MOST_PAIRS = 10  # more rows are not tried in pairs


def row_mistakes(case: Case) -> Iterator[Hypothesis]:
    """Other weights of rows, of terms, and of the regulariser."""
    yield from on_every_shape(case, _of_rows)
    yield from on_every_shape(case, _of_penalties)
    yield from _penalised_too(case)


def units(s: Structure) -> tuple[list[list[Term]], str]:
    """The rows, or the terms where there are no rows, and what they are called."""
    if len(s.rows) > 1:
        return s.rows, "row"
    groups: dict[int, list[Term]] = {}
    terms = [term for term in s.terms if not is_penalty(s, term)]
    if 2 <= len(terms) <= 60:
        return [[term] for term in terms], "term"
    for term in terms:
        groups.setdefault(s.family[term.node], []).append(term)
    return ([], "term") if len(groups) < 2 else (list(groups.values()), "term")


def weighted(weights: Mapping[Term, float]) -> Callable[[Probe], dict[tuple[int, int], float]]:
    """The terms' slopes counted with these weights."""

    def changes(p: Probe) -> dict[tuple[int, int], float]:
        return {
            term.edge: weight * p.partials[term.edge[0]][term.edge[1]]
            for term, weight in weights.items()
        }

    return changes


def _of_rows(s: Structure) -> Iterator[Hypothesis]:
    parts, noun = units(s)
    count = len(parts)
    if count < 2:
        return

    def row(cost: float, text: str, advice: str, weights: Sequence[float]) -> Hypothesis:
        chosen = {t: w for part, w in zip(parts, weights, strict=True) for t in part if w != 1.0}
        return Hypothesis(cost, "row", text, advice, changes=weighted(chosen))

    ones = [1.0] * count

    def name(r: int) -> str:
        return ordinal(r, count) if noun == "row" else _term_name(s, parts[r], r, count - 1)

    for r in range(count):
        without = [*ones[:r], 0.0, *ones[r + 1 :]]
        text = f"{name(r)} is skipped: it is missing from the sum"
        if noun == "term":
            text = f"{name(r)} is dropped from the sum: its slope is missing"
        cost = 1.5 if noun == "row" else 1.7
        advice = f"Add up over all {count} {noun}s."
        yield row(cost, text, advice, without)
        more = count / (count - 1)
        yield row(1.6, f"{name(r)} is skipped, and the mean taken over {count - 1} {noun}s", advice,
                  [w * more for w in without])  # fmt: skip
        only = [float(r == k) for k in range(count)]
        how = "add up (+=, not =)" if r == count - 1 else f"add up over all {noun}s"
        last = 0.0 if r in (0, count - 1) else 0.1
        if count > 2 or noun == "row":
            yield row(1.5 + last, f"only {name(r)} counts: {how}", advice, only)
        more_only = [count * w for w in only]
        yield row(1.55 + last, f"only {name(r)} counts, without the mean's 1/{count}: {how}",
                  advice, more_only)  # fmt: skip
        twice = [*ones[:r], 2.0, *ones[r + 1 :]]
        yield row(1.7, f"{name(r)} is counted twice", advice, twice)
        half = [*ones[:r], 0.5, *ones[r + 1 :]]
        yield row(1.95, f"a factor 2 is missing in {name(r)}", "", half)
        turned = [*ones[:r], -1.0, *ones[r + 1 :]]
        yield row(1.8, f"the sign of {name(r)} is flipped", "", turned)
    if noun == "row":
        yield from _halves(count, row)
        if count <= _MOST_PAIRS:
            yield from _pairs(count, row)
        yield from _own_weights(s, parts)
        if count > 2:
            for first, numbers in ((0, "0, 1, 2 ..."), (1, "1, 2, 3 ...")):
                text = f"each row is multiplied by its own number, {numbers} (an index)"
                yield row(1.8, text, advice, [float(r + first) for r in range(count)])


def _term_name(s: Structure, part: Sequence[Term], r: int, last: int) -> str:
    said = s.say(part[0].node)
    if len(said) < 36 and not s.vague(part[0].node):
        return f"the term {said}"
    if s.is_network and len({s.depth[term.node] for term in s.terms}) == 1:
        return f"the error of output {r} (of {last + 1})"
    return f"the {['first', 'last'][r > 0]} term (step {r})" if r in (0, last) else f"term {r}"


def _halves(count: int, row: _Row) -> Iterator[Hypothesis]:
    advice = f"Add up over all {count} rows."
    for k in range(2, count - 1):
        first = [float(r < k) for r in range(count)]
        yield row(1.7, f"only the first {k} rows (0 to {k - 1}) count", advice, first)
        last = [float(r >= k) for r in range(count)]
        if count - k > 1:
            yield row(
                1.7, f"only the last {count - k} rows ({k} to {count - 1}) count", advice, last
            )
    if count > 3:
        for start, word in ((0, "even"), (1, "odd")):
            chosen = [float(r % 2 == start) for r in range(count)]
            yield row(1.8, f"only the rows of {word} number count", advice, chosen)


def _pairs(count: int, row: _Row) -> Iterator[Hypothesis]:
    for lost in range(count):
        for twice in range(count):
            if lost != twice:
                weights = [0.0 if r == lost else 2.0 if r == twice else 1.0 for r in range(count)]
                text = f"row {twice} is counted twice and row {lost} not at all: an index"
                yield row(1.75, text, "Use each row once.", weights)
            if lost < twice and count > 3:
                weights = [0.0 if r in (lost, twice) else 1.0 for r in range(count)]
                yield row(1.75, f"rows {lost} and {twice} are skipped", "Use each row.", weights)


def _own_weights(s: Structure, parts: Sequence[Sequence[Term]]) -> Iterator[Hypothesis]:
    """The rows' own constant weights: forgotten, or used twice."""
    p = s.probe
    factors = []
    for part in parts:
        edges = {term.edge for term in part}
        scale = 1.0
        if len(edges) == 1:
            k, j = next(iter(edges))
            if p.ops[k] in ("mul", "div"):
                scale = p.partials[k][j]
        factors.append(scale)
    if len({round(f, 12) for f in factors}) < 2:
        return
    for words, power, advice in (
        ("the rows' weights are forgotten", -1, "Multiply each row by its weight."),
        ("the rows' weights are used twice (squared)", 1, "Use each row's weight once."),
        ("the rows' weights are inverted: 1/weight in place of the weight", -2,
         "Multiply each row by its weight."),
    ):  # fmt: skip
        if power < 0 and any(f == 0 for f in factors):
            continue
        weights = {t: f**power for part, f in zip(parts, factors, strict=True) for t in part}
        yield Hypothesis(1.5, "row", words, advice, changes=weighted(weights))


def fitted_weights(case: Case) -> Iterator[Hypothesis]:
    """The weights of the rows that give the hand-written slopes, where only one set does."""
    s = case.structure
    parts, noun = units(s)
    if not case.same or not 2 <= len(parts) <= 60 or len(case.probes) < _TELLING:
        return
    alone = [weighted({t: float(a is b) for b in parts for t in b}) for a in parts]
    rest = [t for t in s.terms if not any(t in part for part in parts)]
    for where in [list(range(len(case.names))), case.wrong, *case.groups.values()]:
        blocks, sides = [], []
        for p in case.probes:
            changes = [{**c(p), **weighted(dict.fromkeys(rest, 0.0))(p)} for c in alone]
            own = p.sweep([*changes, weighted({t: 0.0 for part in parts for t in part})(p)])
            blocks.append(own[:-1, where].T)
            sides.append(np.asarray(p.hand)[where] - own[-1, where])
        matrix, side = np.vstack(blocks), np.concatenate(sides)
        found, _, rank, _ = np.linalg.lstsq(matrix, side, rcond=1e-9)
        if rank < len(parts) or len(side) < len(parts) + 3:
            continue
        weights = [_simple(float(w)) for w in found]
        off = [r for r, w in enumerate(weights) if abs(w - 1) > 1e-7]
        if not off or np.ptp(weights) < 1e-7:
            continue
        yield Hypothesis(
            3.3, "row", _weights_said(weights, off, noun),
            f"Add up all {noun}s with equal weights.",
            changes=weighted({t: w for part, w in zip(parts, weights, strict=True) for t in part}),
        )  # fmt: skip


def _simple(w: float) -> float:
    """The fraction of small numbers that a fitted weight stands for, where there is one."""
    near = float(Fraction(w).limit_denominator(5000))
    return near if abs(near - w) < 1e-8 * max(1.0, abs(w)) else w


def _weights_said(weights: Sequence[float], off: Sequence[int], noun: str) -> str:
    if len(off) == 1:
        r, w = off[0], weights[off[0]]
        if w == 0:
            return f"{noun} {r} is skipped"
        whole = abs(w - round(w)) < 1e-7
        times = f"{w:.0f} times" if whole else f"with the weight {w:.6g}"
        return f"{noun} {r} counts {times} (all others count once)"
    shown = ", ".join(f"{w:.4g}" for w in weights[:5]) + (", ..." if len(weights) > 5 else "")
    zeros = [r for r, w in enumerate(weights) if w == 0]
    if zeros == list(off):
        return f"{noun}s {', '.join(map(str, zeros[:6]))} are skipped"
    return f"the {noun}s are weighted differently: {shown} (divided or counted unequally)"


# -- regularisers ------------------------------------------------------------------------


def is_penalty(s: Structure, term: Term) -> bool:
    """Whether a term is a power or a size of one parameter alone."""
    below = s.below(term.node)
    leaves = [k for k in below if k in s.leaf]
    inner = {s.probe.ops[k] for k in below if k not in s.leaf}
    return len(leaves) == 1 and bool(inner) and inner <= {"pow", "mul", "abs"} and len(s.terms) > 1


def _of_penalties(s: Structure) -> Iterator[Hypothesis]:
    by_kind: dict[tuple[str, str], list[Term]] = {}
    pool = s.others if s.rows else s.terms
    for term in pool:
        if is_penalty(s, term):
            leaf = next(k for k in s.below(term.node) if k in s.leaf)
            size = "L1 " if s.probe.ops[term.node] == "abs" else "L2 "
            by_kind.setdefault((size, s.names.array[s.leaf[leaf]]), []).append(term)
    if not by_kind or sum(map(len, by_kind.values())) == len(s.terms):
        return
    sizes = sorted({size for size, _ in by_kind})
    choices: list[tuple[str, list[str], list[Term]]] = []
    for size in sizes if len(sizes) == 1 else ["", *sizes]:
        some = {a: terms for (k, a), terms in by_kind.items() if size in ("", k)}
        kind = size if len(sizes) > 1 else ""
        choices.append((kind, list(some), [t for terms in some.values() for t in terms]))
        if len(some) > 1:
            choices += [(kind, [array], terms) for array, terms in some.items()]
    counts = {len(s.rows), len(s.terms) - len(choices[0][2])}
    for kind, arrays, terms in choices:
        of = s.names.said([i for array in arrays for i in s.arrays[array]])
        what = f"the {kind}penalty (regulariser) of {of}"
        options = [
            (0.0, f"{what} is missing", 1.5),
            (0.5, f"a factor 2 is missing in {what}", 1.55),
            (2.0, f"a factor 2 is extra in {what}: doubled", 1.55),
            (-1.0, f"the sign of {what} is flipped", 1.55),
        ]
        for n in sorted(c for c in counts if c > 1):
            options += [
                (float(n), f"the division by {n} is missing in {what}", 1.6),
                (1.0 / n, f"{what} is divided by {n} too", 1.6),
            ]
        for weight, text, cost in options:
            yield Hypothesis(
                cost,
                "penalty",
                text,
                "",
                changes=weighted(dict.fromkeys(terms, weight)),
                alone=True,
            )


def _penalised_too(case: Case) -> Iterator[Hypothesis]:
    """The penalty's slope added to parameters that the penalty leaves out."""
    s = case.structure
    pool = s.others if s.rows else s.terms
    penalised: set[int] = set()
    sizes: set[float] = set()
    for term in pool:
        if is_penalty(s, term) and s.probe.ops[term.node] in ("pow", "mul"):
            leaf = next(k for k in s.below(term.node) if k in s.leaf)
            value = s.probe.data[leaf]
            penalised.add(s.leaf[leaf])
            if value:
                own = s.probe.adjoints[term.node] * 2
                sizes.add(round(own, 12))
    if not sizes or len(sizes) > 3:
        return
    left_out = [i for i in range(len(case.names)) if i not in penalised]
    if not left_out:
        return
    for size in sizes:
        for factor, cost in ((1.0, 1.5), (0.5, 1.7)):

            def slopes(p: Probe, c: float = size * factor):  # type: ignore[no-untyped-def]
                return [g + c * x if i in left_out else g
                        for i, (g, x) in enumerate(zip(p.slopes, p.at, strict=True))]  # fmt: skip

            who = case.who([i for i in case.wrong if i in left_out])
            text = f"the penalty (regulariser) is added to {who}, which it leaves out"
            yield Hypothesis(cost, "penalty", text, "", slopes=slopes, alone=True)
