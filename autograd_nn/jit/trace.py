"""Stage 1, the trace: what a function did to Values, as a plain list of equations.

A ``Record`` is one run of the function: the tape of its operations, its arguments
and its results.  ``join`` makes a ``Trace`` of it, in which nodes are numbers: first
the leaves (inputs, captured parameters, constants), then one equation after another
in the order they were recorded.  Equal expressions get one number (value numbering),
and spellings that mean the same (``x**2`` and ``x * x``, ``x / 4`` and ``x * 0.25``,
``x + 0`` and ``x``) are written one way.  The sign of a zero is the one thing this
does not keep.

This file is compiled together with the engine where a C compiler is present.

What is left out: finding structure, which is ``pack``.
"""

from __future__ import annotations

import struct
from typing import Final

from autograd_nn.engine import ADD, DIV, MUL, POW, SUB, TAKE, Tape, Value, new_pass, walking
from autograd_nn.jit.errors import TraceError
from autograd_nn.ops import CONSTANT, PARAMETER, PRIMITIVES

INDEX: Final = "index"  # the symbol of the guard that a number is an index into a table
_FOREIGN: Final = "argument of another jitted function"


class Guard:
    """A comparison the function made, by node numbers, and how it came out."""

    def __init__(self, symbol: str, left: int, right: int, outcome: bool) -> None:
        self.symbol, self.left, self.right, self.outcome = symbol, left, right, outcome


class Trace:
    """The equations of one run.

    Attributes:
        inputs: how many nodes, from 0 on, are the arguments' numbers.
        captured: the leaves that were closed over, numbered after the inputs.
        constants: the plain numbers, numbered after the captured leaves.
        codes, lefts, rights: one entry per node; leaves have code 0 and operands -1.  A
            look-up has the index on its left, and -1.
        lookups: for every node that is a look-up, the number of its table, and the column.
        tables: of every table the number of columns and the nodes, row after row.
        roots: the nodes of the results.
        guards: the comparisons.
        recorded: how many operations were recorded, before equal ones were joined.
    """

    def __init__(self, inputs: int, captured: list[Value], constants: list[float]) -> None:
        self.inputs, self.captured, self.constants = inputs, captured, constants
        self.leaves: int = inputs + len(captured) + len(constants)
        self.codes: list[int] = [0] * self.leaves
        self.lefts: list[int] = [-1] * self.leaves
        self.rights: list[int] = [-1] * self.leaves
        self.lookups: dict[int, tuple[int, int]] = {}
        self.tables: list[tuple[int, list[int]]] = []
        self.roots: list[int] = []
        self.guards: list[Guard] = []
        self.recorded: int = 0

    def __str__(self) -> str:
        first = self.inputs + len(self.captured)
        lines = [f"v{first + k} = {x!r}" for k, x in enumerate(self.constants)]
        for i in range(self.leaves, len(self.codes)):
            right = f", v{self.rights[i]}" if self.rights[i] >= 0 else ""
            lines.append(f"v{i} = {PRIMITIVES[self.codes[i]].name}(v{self.lefts[i]}{right})")
        return "\n".join(lines)


class Record:
    """One run of a function.

    Attributes:
        tape: the operations and comparisons, in order.
        inputs: the arguments' Values.
        results: what it returned.
        leaves: the inputs, then whatever else was used and not recorded, in order.
    """

    def __init__(self, tape: Tape, inputs: list[Value], results: list[Value]) -> None:
        self.tape, self.inputs, self.results = tape, inputs, results
        self.leaves: list[Value] = []
        for v in inputs:  # a later recording that meets one of these can say what it is
            v._scope = (_FOREIGN,)

    def same_path(self, other: Record) -> bool:
        """Whether all comparisons came out alike."""
        mine, others = self.tape.comparisons, other.tape.comparisons
        return [c[3] for c in mine] == [c[3] for c in others]

    def number(self) -> None:
        """Mark every node with its place: k on the tape, or -2 - k among the leaves."""
        walk = new_pass()
        self.leaves = []
        for v in self.inputs:
            self._reach(v, walk)
        for place, node in enumerate(self.tape.nodes):
            left, right = node._left, node._right
            if left is not None and left._pass != walk:
                self._reach(left, walk)
            if right is not None and right._pass != walk:
                self._reach(right, walk)
            node._pass = walk
            node._pending = place
        for v in self.ends():
            self._reach(v, walk)

    def ends(self) -> list[Value]:
        """What is needed besides as an operand: results, compared numbers, tables."""
        ends = list(self.results)
        for comparison in self.tape.comparisons:
            ends.append(comparison[1])
            ends.append(comparison[2])
        for lookup in self.tape.lookups:
            ends += lookup[2]
        return ends

    def widths(self) -> list[tuple[int, int, int]]:
        """Of every look-up its place, and the size of its table."""
        return [(place, width, len(table)) for place, width, table in self.tape.lookups]

    def _reach(self, v: Value, walk: int) -> None:
        """Number ``v`` as a leaf, unless it has a number."""
        if v._pass != walk:
            v._pass = walk
            v._pending = -2 - len(self.leaves)
            self.leaves.append(v)


def captured_leaves(record: Record) -> list[Value]:
    """The leaves of a record that are neither inputs nor plain numbers."""
    with walking:
        record.number()
        return [v for v in record.leaves[len(record.inputs) :] if v._code <= PARAMETER]


def same_equations(first: Record, second: Record) -> bool:
    """Whether the operations are the same, on the same leaves.

    Leaves are the same where they are one object, or plain numbers with the same bits.
    """
    with walking:
        first.number()
        second.number()
        a, b = first.tape.nodes, second.tape.nodes
        if len(a) != len(b) or len(first.leaves) != len(second.leaves):
            return False
        for k in range(len(a)):
            if not _same_equation(a[k], b[k]):
                return False
        ends, others = first.ends(), second.ends()
        if len(ends) != len(others) or first.widths() != second.widths():
            return False
        for v, w in zip(ends, others, strict=True):
            if v._pending != w._pending:
                return False
        start = len(first.inputs)
        leaves = zip(first.leaves[start:], second.leaves[start:], strict=True)
        return all(v is w or _same_number(v, w) for v, w in leaves)


def _same_equation(x: Value, y: Value) -> bool:
    if x._code != y._code:
        return False
    if x._code == TAKE:  # on its left is the entry that this run's index chose
        p, q = x._right, y._right
    else:
        p, q = x._left, y._left
        r, s = x._right, y._right
        if r is not None and (s is None or r._pending != s._pending):
            return False
    return p is not None and q is not None and p._pending == q._pending


def _same_number(v: Value, w: Value) -> bool:
    return v._code == w._code == CONSTANT and _bits(v._data) == _bits(w._data)


def _bits(x: float) -> object:
    """A key for a number that tells 0.0 from -0.0, and one nan from another."""
    return x if x != 0.0 and x == x else struct.pack("d", x)


def join(record: Record, order: list[Value]) -> Trace:
    """The equations of a record, equal ones joined.

    Args:
        order: captured leaves that are among these are numbered in this order.

    Raises:
        TraceError: an operand was computed outside this trace, or belongs to another.
    """
    with walking:
        record.number()
        joined = _Joined(record, order)
        joined.equations()
        return joined.finish()


class _Joined:
    """The work of ``join``: numbers for the leaves first, then one pass over the tape."""

    def __init__(self, record: Record, order: list[Value]) -> None:
        self.record = record
        others = record.leaves[len(record.inputs) :]
        for v in others:
            _refuse_foreign(v)
        places = {id(v): k for k, v in enumerate(order)}
        captured = [v for v in others if v._code <= PARAMETER]
        captured.sort(key=lambda v: places.get(id(v), len(places)))
        start = len(record.inputs) + len(captured)
        # By its bits, the number of each constant; divisors bring their reciprocals.
        self.numbers: dict[object, int] = {}
        constants: list[float] = []
        for x in [v._data for v in others if v._code == CONSTANT] + self._reciprocals():
            bits = _bits(x)
            if bits not in self.numbers:
                self.numbers[bits] = start + len(constants)
                constants.append(x)
        self.trace = Trace(len(record.inputs), captured, constants)
        self.constants = start
        for k, v in enumerate(record.inputs):
            v._pending = k
        for k, v in enumerate(captured):
            v._pending = len(record.inputs) + k
        for v in others:
            if v._code == CONSTANT:
                v._pending = self.numbers[_bits(v._data)]

    def _reciprocals(self) -> list[float]:
        found: dict[float, float] = {}
        for node in self.record.tape.nodes:
            right = node._right
            if node._code == DIV and right is not None and right._code == CONSTANT:
                x = right._data
                if 1e-100 < abs(x) < 1e100:
                    found[x] = 1.0 / x
        return list(found.values())

    def equations(self) -> None:
        """Give every node of the tape the number of its equation, which may be an older one."""
        trace = self.trace
        codes, lefts, rights = trace.codes, trace.lefts, trace.rights
        constants: int = self.constants
        leaves: int = trace.leaves
        zero: int = self.numbers.get(_bits(0.0), -1)
        one: int = self.numbers.get(1.0, -1)
        seen: dict[int, int] = {}
        most: int = leaves + len(self.record.tape.nodes) + 1
        lookups = _Lookups(self.record.tape, trace)
        for place, node in enumerate(self.record.tape.nodes):
            operand, other = node._left, node._right
            assert operand is not None
            code: int = node._code
            left: int = operand._pending
            right: int = -1 if other is None else other._pending
            if code == TAKE:
                node._pending = lookups.number(place, right)
                continue
            if constants <= right < leaves:
                x = trace.constants[right - constants]
                if code == POW and x == 2.0:
                    code = MUL
                    right = left
                elif code == DIV and 1e-100 < abs(x) < 1e100:
                    code = MUL
                    right = self.numbers[1.0 / x]
                elif code == SUB and x == 0.0:
                    node._pending = left
                    continue
            if (code == ADD and right == zero) or (code == MUL and right == one):
                node._pending = left
                continue
            if (code == ADD and left == zero) or (code == MUL and left == one):
                node._pending = right
                continue
            if code in (ADD, MUL) and right < left:  # the order does not matter
                key = (code * most + right) * most + left + 1
            else:
                key = (code * most + left) * most + right + 1
            found = seen.get(key)
            if found is None:
                found = seen[key] = len(codes)
                codes.append(code)
                lefts.append(left)
                rights.append(right)
            node._pending = found

    def finish(self) -> Trace:
        """The trace, with what is asked of it."""
        trace, record = self.trace, self.record
        trace.roots = [v._pending for v in record.results]
        trace.guards = [
            Guard(symbol, left._pending, right._pending, outcome)
            for symbol, left, right, outcome in record.tape.comparisons
        ]
        trace.recorded = len(record.tape.nodes)
        return trace


class _Lookups:
    """The numbers of look-ups: equal ones are those of one table, column and index."""

    def __init__(self, tape: Tape, trace: Trace) -> None:
        self.trace = trace
        self.waiting = list(reversed(tape.lookups))
        self.first, self.width, self.table = -1, 0, -1
        self.tables: dict[tuple[int, ...], int] = {}
        self.seen: dict[tuple[int, int, int], int] = {}

    def number(self, place: int, index: int) -> int:
        """The equation of the node at this place on the tape."""
        if self.waiting and self.waiting[-1][0] == place:
            self.first, self.width, entries = self.waiting.pop()
            nodes = tuple([v._pending for v in entries])
            if nodes not in self.tables:
                self.tables[nodes] = len(self.trace.tables)
                self.trace.tables.append((self.width, list(nodes)))
            self.table = self.tables[nodes]
        column = place - self.first
        key = (self.table, column, index)
        found = self.seen.get(key)
        if found is None:
            trace = self.trace
            found = self.seen[key] = len(trace.codes)
            trace.codes.append(TAKE)
            trace.lefts.append(index)
            trace.rights.append(-1)
            trace.lookups[found] = (self.table, column)
        return found


def _refuse_foreign(v: Value) -> None:
    if v._code > CONSTANT:
        raise TraceError(
            f"{v!r} was computed by {v.op!r} outside this function, so its slope cannot be "
            "followed. Pass it as an argument, compute it inside, or use its .data."
        )
    if v._scope == (_FOREIGN,):
        raise TraceError(
            f"{v!r} is an argument of another jitted function, from the time when that one was "
            "recorded. Return what is needed from there, and pass it as an argument."
        )
