"""Stage 1, the trace: what a function did to Values, as a plain list of equations.

Nodes are numbers: first the leaves (inputs, captured parameters, constants),
then one equation after another in the order they were recorded.  Equal
expressions get one number (value numbering), and spellings that mean the same
(``x**2`` and ``x * x``, ``x / 4`` and ``x * 0.25``, ``x + 0`` and ``x``) are
written one way.  The sign of a zero is the one thing this does not keep.

What is left out: finding structure, which is ``flatten`` and ``pack``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_nn.engine import Value
from autograd_nn.jit.errors import TraceError
from autograd_nn.ops import CODES, CONSTANT, PARAMETER, PRIMITIVES

__all__ = ["Guard", "Record", "Trace"]

ADD, SUB, MUL, DIV, POW, NEG = (CODES[n] for n in ("add", "sub", "mul", "div", "pow", "neg"))


@dataclass
class Guard:
    """A comparison the function made, by node numbers, and how it came out."""

    symbol: str
    left: int
    right: int
    outcome: bool


@dataclass
class Trace:
    """The equations of one run.

    Attributes:
        inputs: how many nodes, from 0 on, are the arguments' numbers.
        captured: the leaves that were closed over, numbered after the inputs.
        constants: the plain numbers, numbered after the captured leaves.
        codes, lefts, rights: one entry per node; leaves have code 0 and operands -1.
        roots: the nodes of the results.
        guards: the comparisons.
        recorded: how many operations were recorded, before equal ones were joined.
    """

    inputs: int
    captured: list[Value]
    constants: list[float]
    codes: list[int]
    lefts: list[int]
    rights: list[int]
    roots: list[int]
    guards: list[Guard]
    recorded: int

    @property
    def leaves(self) -> int:
        """How many nodes are leaves."""
        return self.inputs + len(self.captured) + len(self.constants)

    def __str__(self) -> str:
        first = self.inputs + len(self.captured)
        lines = [f"v{first + k} = {x!r}" for k, x in enumerate(self.constants)]
        for i in range(self.leaves, len(self.codes)):
            right = f", v{self.rights[i]}" if self.rights[i] >= 0 else ""
            lines.append(f"v{i} = {PRIMITIVES[self.codes[i]].name}(v{self.lefts[i]}{right})")
        return "\n".join(lines)


class Record:
    """What was recorded, as arrays of numbers; operations are not joined yet.

    Attributes:
        codes, lefts, rights: one entry per operation; operands are numbered leaves first.
        roots: the numbers of the results, then of both sides of each comparison.
        leaves: the inputs, then whatever else was used and not recorded.
    """

    def __init__(self, nodes: list[Any], inputs: list[Value], roots: list[Value]) -> None:
        self.comparisons = [x for x in nodes if type(x) is tuple]
        if self.comparisons:
            nodes = [x for x in nodes if type(x) is not tuple]
        compared = [c[1] for c in self.comparisons] + [c[2] for c in self.comparisons]
        numbers, self.leaves = _numbers(nodes, inputs, [*roots, *compared])
        self.inputs, self.results, self.size = inputs, len(roots), len(nodes)
        self.codes = np.fromiter([node._code for node in nodes], np.int64, len(nodes))
        self.lefts, self.rights = numbers[: self.size], numbers[self.size : 2 * self.size]
        self.roots = numbers[2 * self.size :]

    def same_path(self, other: Record) -> bool:
        """Whether all comparisons came out alike."""
        return [c[3] for c in self.comparisons] == [c[3] for c in other.comparisons]

    def same_equations(self, other: Record) -> bool:
        """Whether the operations are the same, on the same leaves."""
        columns = ("codes", "lefts", "rights", "roots")
        if not all(np.array_equal(getattr(self, k), getattr(other, k)) for k in columns):
            return False
        mine, others = (r.leaves[len(r.inputs) :] for r in (self, other))
        return len(mine) == len(others) and all(
            v is w or (v._code, struct.pack("d", v._data)) == (w._code, struct.pack("d", w._data))
            for v, w in zip(mine, others, strict=True)
        )

    def captured(self) -> list[Value]:
        """The leaves that are neither inputs nor plain numbers."""
        return [v for v in self.leaves[len(self.inputs) :] if v._code <= PARAMETER]

    def trace(self, order: list[Value]) -> Trace:
        """The equations, equal ones joined.

        Args:
            order: captured leaves that are among these are numbered in this order.

        Raises:
            TraceError: an operand was computed outside this trace.
        """
        builder = _Numbering(self.inputs, self.leaves, order)
        names = builder.number(self.codes.tolist(), self.lefts.tolist(), self.rights.tolist())
        named = [names[k] for k in self.roots.tolist()]
        n, m = self.results, len(self.comparisons)
        sides = zip(self.comparisons, named[n : n + m], named[n + m :], strict=True)
        guards = [Guard(c[0], left, right, c[3]) for c, left, right in sides]
        return builder.finish(named[:n], guards, self.size)


def _ids(values: list[Any]) -> Any:
    return np.fromiter(map(id, values), np.int64, len(values))


def _numbers(
    nodes: list[Value], inputs: list[Value], extra: list[Value]
) -> tuple[Any, list[Value]]:
    """For every operand and every extra node: -1 for none, k for the k-th leaf, then the nodes.

    Leaves are the inputs, then whatever else was used and not recorded.  By NumPy on the
    objects' identities: a Python dict would cost several times as much a node.
    """
    used = [node._left for node in nodes]
    used += [node._right for node in nodes]
    used += extra
    known = _ids([*inputs, *nodes])
    wanted = _ids(used)
    order = np.argsort(known, kind="stable")
    ranked = known[order]
    at = np.minimum(np.searchsorted(ranked, wanted), len(ranked) - 1)
    found = ranked[at] == wanted if len(ranked) else np.zeros(len(wanted), bool)
    numbers = order[at] if len(ranked) else np.zeros(len(wanted), np.int64)
    none = wanted == id(None)
    missing = np.flatnonzero(~found & ~none)
    _, first, inverse = np.unique(wanted[missing], return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))  # leaves in the order of their first use
    leaves = [*inputs, *(used[k] for k in missing[np.sort(first)].tolist())]
    numbers = np.where(numbers >= len(inputs), numbers + len(first), numbers)
    numbers[missing] = len(inputs) + rank[inverse.ravel()]
    numbers[none] = -1
    return numbers, leaves


class _Numbering:
    """Value numbering: gives equal expressions one number."""

    def __init__(self, inputs: list[Value], leaves: list[Value], order: list[Value]) -> None:
        self.inputs = len(inputs)
        others = leaves[len(inputs) :]
        places = {id(v): k for k, v in enumerate(order)}
        self.captured = sorted(
            (v for v in others if v._code <= PARAMETER),
            key=lambda v: places.get(id(v), len(places)),
        )
        for v in others:
            if v._code > CONSTANT:
                raise TraceError(
                    f"{v!r} was computed by {v.op!r} outside this function, so its slope cannot be "
                    "followed. Pass it as an argument, compute it inside, or use its .data."
                )
        self.constants: list[float] = []
        self._by_bits: dict[bytes, int] = {}
        position = {id(v): self.inputs + k for k, v in enumerate(self.captured)}
        self.names = list(range(self.inputs))
        pending = []
        for v in others:
            if v._code <= PARAMETER:
                self.names.append(position[id(v)])
            else:
                pending.append(len(self.names))
                self.names.append(self.constant(v._data))
        self.codes: list[int] = []
        self.lefts: list[int] = []
        self.rights: list[int] = []

    def constant(self, x: float) -> int:
        """A number for ``x``, counted down from -2: how many there are is known at the end."""
        bits = struct.pack("d", x)
        if bits not in self._by_bits:
            self._by_bits[bits] = len(self.constants)
            self.constants.append(x)
        return -2 - self._by_bits[bits]

    def number(self, codes: list[int], lefts: list[int], rights: list[int]) -> list[int]:
        """The number of every leaf and node; equations are counted from ``_FIRST``."""
        names, constants = self.names, self.constants
        seen: dict[tuple[int, int, int], int] = {}
        new_codes, new_lefts, new_rights = self.codes, self.lefts, self.rights
        zero, one = self.constant(0.0), self.constant(1.0)
        for k, recorded in enumerate(codes):
            code, left = recorded, names[lefts[k]]
            right = -1 if rights[k] < 0 else names[rights[k]]
            if right < -1:
                x = constants[-2 - right]
                if code == POW and x == 2.0:
                    code, right = MUL, left
                elif code == DIV and 1e-100 < abs(x) < 1e100:
                    code, right = MUL, self.constant(1.0 / x)
                elif code == SUB and x == 0.0:
                    names.append(left)
                    continue
            if (code == ADD and right == zero) or (code == MUL and right == one):
                names.append(left)
                continue
            if (code == ADD and left == zero) or (code == MUL and left == one):
                names.append(right)
                continue
            key = (code, left, right)
            name = seen.get(key)
            if name is None:
                name = seen[key] = _FIRST + len(new_codes)
                new_codes.append(code)
                new_lefts.append(left)
                new_rights.append(right)
            names.append(name)
        return names

    def finish(self, roots: list[int], guards: list[Guard], recorded: int) -> Trace:
        base = self.inputs + len(self.captured)
        leaves = base + len(self.constants)

        def final(name: int) -> int:
            if name >= _FIRST:
                return name - _FIRST + leaves
            return base - 2 - name if name < -1 else name

        pad = [-1] * leaves
        for guard in guards:
            guard.left, guard.right = final(guard.left), final(guard.right)
        return Trace(
            self.inputs,
            self.captured,
            self.constants,
            [0] * leaves + self.codes,
            pad + _final_all(self.lefts, base, leaves),
            pad + _final_all(self.rights, base, leaves),
            [final(r) for r in roots],
            guards,
            recorded,
        )


_FIRST = 1 << 40  # numbers of equations, until the number of leaves is known


def _final_all(names: list[int], base: int, leaves: int) -> list[int]:
    a = np.array(names, dtype=np.int64)
    a = np.where(a >= _FIRST, a - _FIRST + leaves, np.where(a < -1, base - 2 - a, a))
    final: list[int] = a.tolist()
    return final
