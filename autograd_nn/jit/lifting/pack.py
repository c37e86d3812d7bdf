"""Stage 3, packing: many scalars, few packs.

One pass in order.  A node's key is its operation and the regions its
operands lie in; equal keys share a pack.  Keys are made of earlier regions, so packs
come out in an order that can be run.  Grouping operations by signature is Neubig,
Goldberg and Dyer, "On-the-fly operation batching in dynamic computation graphs"
(2017); packing isomorphic statements is Larsen and Amarasinghe, "Exploiting
superword level parallelism" (2000).

Sums of the same kinds of terms but of different lengths share a pack where that pays:
the short ones are padded.  It is found by trying: without, with, and with it only where
it pays.

This file is compiled together with the engine where a C compiler is present.

What is left out: where the operands lie within a region (``address``).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from mypy_extensions import i64

from autograd_nn.codes import ADD, MUL, NEG, SUB, TAKE
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.capture.trace import Trace
from autograd_nn.jit.lifting.flatten import MAXIMUM, MINIMUM, Needs, Terms
from autograd_nn.jit.lifting.packs import Block, Pack, Packing, Table

_REGIONS: Final[i64] = 1 << 30  # more than there ever are

# What things cost, in microseconds, forward and backward together; for choices only.
_CALL: Final = 4.0  # the nests of one block of a pack
_LINE: Final = 0.1  # a term as a single operation
_TERM: Final = 0.002  # a term of a nest
_PADDED: Final = 0.015  # a term that is gathered and scattered


def pack(trace: Trace, needs: Needs, groups: list[Region], group_of: list[int]) -> Packer:
    """Sort the needed nodes of a trace into packs; ``finish`` gives the result.

    Args:
        groups: the regions of the leaves.
        group_of: for every leaf, its region.
    """
    exact = Packer(trace, needs, groups, group_of, {})
    exact.run(merge=False)
    if not exact.lengths_differ():
        return exact
    merged = Packer(trace, needs, groups, group_of, {})
    merged.run(merge=True)
    apart = merged.not_worth_it()
    if apart:
        merged = Packer(trace, needs, groups, group_of, apart)
        merged.run(merge=True)
    return merged if merged.cost() < exact.cost() else exact


class _Open:
    """A pack that is being filled.

    Attributes:
        kinds: of each block the coded sign and regions; see ``Packer``.
        terms: of each block the coded terms, result after result.
        lengths: of each block, how many terms each result has.
        members: the nodes.
        exact: whether a guard reads them.
    """

    def __init__(self, code: int, region: int, kinds: list[int], exact: bool) -> None:
        self.code, self.region, self.kinds, self.exact = code, region, kinds, exact
        self.terms: list[list[int]] = [[] for _ in kinds]
        self.lengths: list[list[int]] = [[] for _ in kinds]
        self.members: list[int] = []

    def add(self, node: int, terms: list[list[int]]) -> None:
        """Put a node into this pack, with its terms by kind."""
        self.members.append(node)
        for k in range(len(terms)):
            self.terms[k] += terms[k]
            self.lengths[k].append(len(terms[k]))

    def is_ragged(self) -> bool:
        """Whether its results differ in their numbers of terms."""
        return any(min(lengths) != max(lengths) for lengths in self.lengths)

    def cost(self) -> float:
        """An estimate for one run, forward and backward."""
        if not self.terms:
            return min(_LINE * len(self.members), _CALL + _TERM * len(self.members))
        width = sum([max(lengths) for lengths in self.lengths])
        padded = len(self.members) * width
        if self.is_ragged():
            return 2.0 * _CALL * len(self.kinds) + _PADDED * padded
        return min(_LINE * padded, _CALL * len(self.kinds) + _TERM * padded)

    def cost_apart(self) -> float:
        """The same if each length had a pack of its own, and so what is computed from them."""
        counts: dict[tuple[int, ...], int] = {}
        for k in range(len(self.members)):
            lengths = tuple([each[k] for each in self.lengths])
            counts[lengths] = counts.get(lengths, 0) + 1
        cost = 0.0
        for lengths, count in counts.items():
            terms = count * sum(lengths)
            cost += min(_LINE * terms, _CALL * len(self.kinds) + _TERM * terms) + 2.0 * _CALL
        return cost


class Packer:
    """One pass over the trace.

    Terms are coded as in ``flatten.Terms``, and a kind of terms as ``(a's region * 2**30 + b's
    region + 1) * 2 + negative`` with the lower region first.

    Args:
        apart: nodes whose sums are not to be padded.
    """

    def __init__(
        self,
        trace: Trace,
        needs: Needs,
        groups: list[Region],
        group_of: list[int],
        apart: dict[int, bool],
    ) -> None:
        self.trace, self.needs, self.groups, self.apart = trace, needs, groups, apart
        self.nodes: i64 = len(trace.codes) + 1
        self.region: list[int] = group_of + [-1] * (len(trace.codes) - len(group_of))
        self.packs: list[_Open] = []
        self.by_key: dict[tuple[int, ...], _Open] = {}
        self.lengths: dict[tuple[int, ...], list[int]] = {}
        self.differ = False

    # -- the pass ------------------------------------------------------------------------

    def run(self, merge: bool) -> None:
        """Place every needed node; with ``merge``, sums of all lengths together."""
        trace, collect = self.trace, Terms(self.trace, self.needs)
        uses, slopes = self.needs.uses, self.needs.slopes
        codes, lefts, rights = trace.codes, trace.lefts, trace.rights
        for i in range(trace.leaves, len(codes)):
            if not uses[i]:
                continue
            code = codes[i]
            has_adjoint = 1 if slopes[i] > 0 else 0
            if code in (ADD, SUB, NEG, MUL):
                terms = collect.of(i)
                if terms is not None:
                    self._place_sum(i, has_adjoint, terms, merge)
            elif code in (MAXIMUM, MINIMUM):
                terms = collect.of(i)
                if terms is not None:
                    self._place_reduction(i, code, has_adjoint, terms, merge)
            elif code == TAKE:
                self._place(i, code, has_adjoint, lefts[i], -2 - trace.lookups[i][0])
            else:
                self._place(i, code, has_adjoint, lefts[i], rights[i])

    def _open(self, key: tuple[int, ...], code: int, kinds: list[int], exact: bool) -> _Open:
        key = (-1, *key) if exact else key
        found = self.by_key.get(key)
        if found is None:
            found = _Open(code, len(self.groups) + len(self.packs), kinds, exact)
            self.by_key[key] = found
            self.packs.append(found)
        return found

    def _place(self, i: int, code: int, has_adjoint: int, left: int, right: int) -> None:
        """Put an operation into the pack of its key; ``right`` may name a table."""
        of_right = right if right < 0 else self.region[right]
        key = (code, has_adjoint, self.region[left], of_right)
        found = self._open(key, code, [], self.needs.exact[i])
        found.members.append(i)
        self.region[i] = found.region

    def _place_sum(self, i: int, has_adjoint: int, terms: list[int], merge: bool) -> None:
        """Put a sum into the pack of its kinds of terms, and of their numbers unless merged."""
        region, nodes = self.region, self.nodes
        exact = self.needs.exact[i]
        kinds: list[int] = []
        by_kind: list[list[int]] = []
        numbers: dict[int, int] = {}
        last: i64 = -1
        current: list[int] = []
        for term in terms:
            coded: i64 = term
            pair: i64 = coded >> 1
            of_a: i64 = region[pair // nodes]
            b: i64 = pair % nodes
            of_b: i64 = region[b - 1] if b else -1
            kind: i64
            if b and of_b < of_a:
                kind = (of_b * _REGIONS + of_a + 1) * 2 + (coded & 1)
            else:
                kind = (of_a * _REGIONS + of_b + 1) * 2 + (coded & 1)
            if kind != last:
                last = kind
                known = None if exact else numbers.get(kind)
                if known is None:
                    numbers[kind] = len(kinds)
                    current = []
                    kinds.append(kind)
                    by_kind.append(current)
                else:
                    current = by_kind[known]
            current.append(term)
        if len(kinds) > 1 and not exact:
            # Products first: a matrix product can write where other terms must add.
            order = sorted(range(len(kinds)), key=lambda k: (not _has_product(kinds[k]), kinds[k]))
            kinds, by_kind = [kinds[k] for k in order], [by_kind[k] for k in order]
        self._place_terms(i, 0, has_adjoint, kinds, by_kind, merge)

    def _place_reduction(
        self, i: int, code: int, has_adjoint: int, terms: list[int], merge: bool
    ) -> None:
        """Put the largest or smallest of several into the pack of its runs of operands."""
        kinds: list[int] = []
        runs: list[list[int]] = []
        for term in terms:
            coded: i64 = term
            of_a: i64 = self.region[(coded >> 1) // self.nodes]
            kind: i64 = of_a * _REGIONS * 2
            if not kinds or kinds[-1] != kind:
                kinds.append(kind)
                runs.append([])
            runs[-1].append(term)
        self._place_terms(i, code, has_adjoint, kinds, runs, merge)

    def _place_terms(
        self,
        i: int,
        code: int,
        has_adjoint: int,
        kinds: list[int],
        terms: list[list[int]],
        merge: bool,
    ) -> None:
        key = [code, has_adjoint, *kinds]
        lengths = [len(each) for each in terms]
        merge = merge and code == 0  # the largest of several has no padding: it may be anything
        if not merge and not self.differ and code == 0:
            known = self.lengths.get(tuple(key))
            if known is None:
                self.lengths[tuple(key)] = lengths
            elif known != lengths:
                self.differ = True
        if not merge or i in self.apart or self.needs.exact[i]:
            key += lengths
        found = self._open(tuple(key), code, kinds, self.needs.exact[i])
        found.add(i, terms)
        self.region[i] = found.region

    # -- lengths -------------------------------------------------------------------------

    def lengths_differ(self) -> bool:
        """Whether two sums have the same kinds of terms, but other numbers of them."""
        return self.differ

    def not_worth_it(self) -> dict[int, bool]:
        """The nodes of the packs in which padding would cost more than it saves."""
        apart: dict[int, bool] = {}
        for each in self.packs:
            if each.terms and each.is_ragged() and each.cost() > each.cost_apart():
                for node in each.members:
                    apart[node] = True
        return apart

    def cost(self) -> float:
        """An estimate for one run of all packs, forward and backward."""
        return sum([each.cost() for each in self.packs])

    # -- the result ----------------------------------------------------------------------

    def finish(self) -> Packing:
        """The packs with the nodes of their operands."""
        position: Any = np.full(len(self.trace.codes), -1, dtype=np.int64)
        filled = [0] * len(self.groups)
        for leaf in range(self.trace.leaves):
            position[leaf] = filled[self.region[leaf]]
            filled[self.region[leaf]] += 1
        for each in self.packs:
            position[np.array(each.members, dtype=np.int64)] = np.arange(len(each.members))
        regions = list(self.groups)
        packs: list[Pack] = []
        self.where: Any = np.array(self.region, dtype=np.int64)
        trace = self.trace
        found = Packing(
            regions,
            packs,
            self.where,
            position,
            trace.constants,
            trace.roots,
            [(g.symbol, g.left, g.right, g.outcome) for g in trace.guards],
        )
        for each in self.packs:
            pack = Pack(each.code, each.region, len(each.members), self._blocks(each), each.exact)
            pack.has_adjoint = self.needs.slopes[each.members[0]] > 0
            if each.code == TAKE:
                pack.table = self._table(each)
            by_row = any(regions[r].rows for r in found.read_by(pack).tolist())
            regions.append(Region(pack.name, pack.size, by_row))
            packs.append(pack)
        return found

    def _blocks(self, each: _Open) -> list[Block]:
        if each.terms:
            described = zip(each.kinds, each.terms, each.lengths, strict=True)
            return _pair(each.code, [self._block(*block) for block in described])
        members = each.members
        lefts: Any = np.array([self.trace.lefts[i] for i in members], dtype=np.int64)
        if self.trace.rights[members[0]] < 0:
            return [Block(1.0, lefts[:, None], None)]
        rights: Any = np.array([self.trace.rights[i] for i in members], dtype=np.int64)
        return [Block(1.0, lefts[:, None], rights[:, None])]

    def _block(self, kind: int, terms: list[int], lengths: list[int]) -> Block:
        """A block from its coded kind and terms, padded where the lengths differ."""
        coded: Any = np.array(terms, dtype=np.int64) >> 1
        a, b = coded // self.nodes, coded % self.nodes - 1
        if (kind >> 1) % _REGIONS:
            # In the order of the kind: the factor in the lower region first.
            turned = self.where[a] > self.where[b]
            a, b = np.where(turned, b, a), np.where(turned, a, b)
        else:
            b = None
        shape = (len(lengths), max(lengths))
        if min(lengths) == max(lengths):
            a = a.reshape(shape)
            b = None if b is None else b.reshape(shape)
        else:
            real = np.arange(shape[1]) < np.array(lengths)[:, None]
            padded = np.full(shape, -1, dtype=np.int64)
            padded[real] = a
            a = padded
            if b is not None:
                padded = np.full(shape, -1, dtype=np.int64)
                padded[real] = b
                b = padded
        return Block(-1.0 if kind & 1 else 1.0, a, b)

    def _table(self, each: _Open) -> Table:
        table, _ = self.trace.lookups[each.members[0]]
        width, entries = self.trace.tables[table]
        nodes: Any = np.array(entries, dtype=np.int64).reshape(-1, width)
        columns = [self.trace.lookups[i][1] for i in each.members]
        return Table(nodes, np.array(columns, dtype=np.int64))


def _pair(code: int, blocks: list[Block]) -> list[Block]:
    """The larger or smaller of two is an operation like others, with one block."""
    if code == 0 or sum([block.a.shape[1] for block in blocks]) != 2:
        return blocks
    first, last = blocks[0], blocks[-1]
    if first.ragged or last.ragged:
        return blocks
    return [Block(1.0, first.a[:, :1], last.a[:, -1:])]


def _has_product(kind: int) -> bool:
    return (kind >> 1) % _REGIONS != 0
