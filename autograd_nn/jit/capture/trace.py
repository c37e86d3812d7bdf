"""The trace: what a function did to Values, as a plain list of equations.

A ``Record`` is one run of the function: the tape of its operations, its arguments
and its results.  ``join`` makes a ``Trace`` of it, in which nodes are numbers: first
the leaves (inputs, captured parameters, constants), then one equation after another
in the order they were recorded.  Equal expressions get one number (value numbering), and
``x**2`` is written as ``x * x``.  Every plain number keeps a place of its own, even where it
is equal to another, or is a 0 that is added: they may come from data, and what is done with
them must not depend on their values, or code that repeats would look as if it did not.

This file is compiled together with the engine where a C compiler is present.  Sums of
numbers of nodes are ``i64``: Python's own integers would grow, and may raise at a signal,
where compiled code cannot.

What is left out: finding structure, which is ``pack``.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Final

from mypy_extensions import i32, i64

from autograd_nn.checks import shown
from autograd_nn.codes import (
    ADD,
    DETACH,
    DIV,
    FIRST_MAX,
    FIRST_MIN,
    MUL,
    NEG,
    POW,
    SUB,
    TAKE,
)
from autograd_nn.engine import Value, chosen_operands, outcome_of
from autograd_nn.engine import place as put_in_scope
from autograd_nn.errors import CannotReplayError, TraceError
from autograd_nn.ops import CONSTANT, PARAMETER, PRIMITIVES
from autograd_nn.state import (
    RECORDED,
    Tape,
    new_pass,
    walking,
)

INDEX: Final = "index"  # the symbol of the guard that a number is an index into a table
_FOREIGN: Final = "argument of another jitted function"


class Guard:
    """A comparison the function made, by node numbers, and how it came out.

    Attributes:
        how: how a number left the graph by it; "" for a comparison that the user wrote.
        line: the user's line, where comparisons were watched.
    """

    def __init__(self, symbol: str, left: int, right: int, outcome: bool) -> None:
        self.symbol, self.left, self.right, self.outcome = symbol, left, right, outcome
        self.how: str = ""
        self.line: str = ""


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
        guards: the comparisons, each once.
        left: of each leaf from which ``float()`` took a number out of the graph, the user's line.
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
        self.left: dict[int, str] = {}
        self.recorded: int = 0
        self._needed: list[bool] = []

    def leaves_below(self, nodes: list[int]) -> list[int]:
        """The inputs, captured leaves and constants on which nodes depend, not by ``detach``."""
        below = [False] * len(self.codes)
        for node in nodes:
            below[node] = True
        for i in range(len(self.codes) - 1, self.leaves - 1, -1):
            if below[i] and self.codes[i] == TAKE:
                for entry in self.tables[self.lookups[i][0]][1]:
                    below[entry] = True
            elif below[i] and self.codes[i] != DETACH:
                below[self.lefts[i]] = True
                if self.rights[i] >= 0:
                    below[self.rights[i]] = True
        return [k for k in range(self.leaves) if below[k]]

    def numbers(self, inputs: list[float], captured: list[float]) -> list[float] | None:
        """The number of every node that is needed, for these numbers of the leaves.

        Computed equation by equation, as the engine does; None as soon as a guard comes out
        otherwise than recorded.
        """
        if not self._needed:
            self._needed = self._ancestors()
        values = inputs + captured + self.constants
        done: i64 = self.leaves
        for guard in self.guards:
            last: i64 = max(guard.left, guard.right)
            while done <= last:
                values.append(self._number(done, values) if self._needed[done] else 0.0)
                done += 1
            if _come_out(guard.symbol, values[guard.left], values[guard.right]) != guard.outcome:
                return None
        while done < len(self.codes):
            values.append(self._number(done, values) if self._needed[done] else 0.0)
            done += 1
        return values

    def adjoints(self, values: list[float]) -> list[float]:
        """The slope of the first result along every leaf, from the numbers of all nodes."""
        adjoints = [0.0] * len(self.codes)
        reached = [False] * len(self.codes)
        root = self.roots[0]
        adjoints[root], reached[root] = 1.0, True
        for i in range(len(self.codes) - 1, self.leaves - 1, -1):
            if reached[i]:
                self._pass_on(i, adjoints[i], values, adjoints, reached)
        return adjoints[: self.leaves]

    def _pass_on(
        self,
        i: i64,
        adjoint: float,
        values: list[float],
        adjoints: list[float],
        reached: list[bool],
    ) -> None:
        """Pass an adjoint on to the operands; constants receive what nobody asks for."""
        code, left, right = self.codes[i], self.lefts[i], self.rights[i]
        if code == TAKE:
            table, column = self.lookups[i]
            width, entries = self.tables[table]
            entry = entries[int(values[left]) * width + column]
            adjoints[entry] += adjoint
            reached[entry] = True
            return
        reached[left] = True
        a = values[left]
        if right < 0:
            if code == NEG:
                adjoints[left] -= adjoint
                return
            slope: tuple[float] = PRIMITIVES[code].partials(a, values[i])
            adjoints[left] += slope[0] * adjoint
            return
        reached[right] = True
        b = values[right]
        # The hot ones spell their partials here, as the engine does; a test holds them to it.
        if code == MUL:
            adjoints[left] += b * adjoint
            adjoints[right] += a * adjoint
        elif code == ADD:
            adjoints[left] += adjoint
            adjoints[right] += adjoint
        elif code == SUB:
            adjoints[left] += adjoint
            adjoints[right] -= adjoint
        elif code == DIV and b != 0.0:
            adjoints[left] += 1.0 / b * adjoint
            adjoints[right] += -values[i] / b * adjoint
        elif FIRST_MAX <= code <= FIRST_MIN:
            second = 1.0 if (b > a if code == FIRST_MAX else b < a) else 0.0
            adjoints[left] += (1.0 - second) * adjoint
            adjoints[right] += second * adjoint
        else:
            slopes: tuple[float, float] = PRIMITIVES[code].partials(a, b, values[i])
            adjoints[left] += slopes[0] * adjoint
            adjoints[right] += slopes[1] * adjoint

    def _ancestors(self) -> list[bool]:
        """For each node whether a guard or a result needs its number."""
        needed = [False] * len(self.codes)
        for guard in self.guards:
            needed[guard.left] = needed[guard.right] = True
        for root in self.roots:
            needed[root] = True
        for i in range(len(self.codes) - 1, self.leaves - 1, -1):
            if needed[i]:
                needed[self.lefts[i]] = True
                if self.rights[i] >= 0:
                    needed[self.rights[i]] = True
                if self.codes[i] == TAKE:
                    for entry in self.tables[self.lookups[i][0]][1]:
                        needed[entry] = True
        return needed

    def _number(self, i: i64, values: list[float]) -> float:
        code = self.codes[i]
        a = values[self.lefts[i]]
        if code == TAKE:
            table, column = self.lookups[i]
            width, entries = self.tables[table]
            return values[entries[int(a) * width + column]]
        right = self.rights[i]
        if right < 0:
            return -a if code == NEG else _SCALARS[code](a)
        b = values[right]
        if code == ADD:
            return a + b
        if code == MUL:
            return a * b
        if code == SUB:
            return a - b
        if code == DIV and b != 0.0:
            return a / b
        if code == FIRST_MAX:
            return b if b > a else a
        if code == FIRST_MIN:
            return b if b < a else a
        return _SCALARS[code](a, b)

    def __str__(self) -> str:
        first = self.inputs + len(self.captured)
        lines = [f"v{first + k} = {x!r}" for k, x in enumerate(self.constants)]
        for i in range(self.leaves, len(self.codes)):
            right = f", v{self.rights[i]}" if self.rights[i] >= 0 else ""
            lines.append(f"v{i} = {PRIMITIVES[self.codes[i]].name}(v{self.lefts[i]}{right})")
        return "\n".join(lines)


_SCALARS: Final[list[Callable[..., float]]] = [row.scalar for row in PRIMITIVES]


def _come_out(symbol: str, a: float, b: float) -> bool:
    if symbol == INDEX:
        return 0.0 <= a < b and math.floor(a) == a
    return outcome_of(symbol, a, b)


class Record:
    """One run of a function.

    Args:
        left: the Values that ``float()`` took out of the graph, with the user's lines.
        originals: by identity of a stand-in, the parameter whose place it takes.

    Attributes:
        tape: the operations and comparisons, in order.
        inputs: the arguments' Values.
        results: what it returned.
        leaves: the inputs, then whatever else was used and not recorded, in order.
    """

    def __init__(
        self,
        tape: Tape,
        inputs: list[Value],
        results: list[Value],
        left: list[tuple[Value, str]],
        originals: dict[int, Value],
    ) -> None:
        self.tape, self.inputs, self.results = tape, inputs, results
        self.left, self.originals = left, originals
        self.leaves: list[Value] = []
        for v in inputs:  # a later recording that meets one of these can say what it is
            put_in_scope(v, (_FOREIGN,))

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
            node._number = place
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

    def _reach(self, v: Value, walk: int) -> None:
        """Number ``v`` as a leaf, unless it has a number."""
        if v._pass != walk:
            v._pass = walk
            v._number = -2 - len(self.leaves)
            self.leaves.append(v)


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
        only_read = self._only_read(others)
        captured: list[Value] = []
        for v in others:
            if v._code <= PARAMETER or id(v) in only_read:
                captured.append(v)
            _refuse_foreign(v, id(v) in only_read)
        places = {id(v): k for k, v in enumerate(order)}
        originals = [record.originals.get(id(v), v) for v in captured]
        keys = [places.get(id(v), len(places)) for v in originals]
        sorted_places = sorted(range(len(captured)), key=lambda k: keys[k])
        start = len(record.inputs) + len(captured)
        plain = [v for v in others if v._code == CONSTANT]
        constants = [v._data for v in plain]
        first: dict[object, int] = {}  # by its bits, where a number first stands
        self.alike: list[int] = [
            first.setdefault(_bits(x), start + k) for k, x in enumerate(constants)
        ]
        self.trace = Trace(len(record.inputs), [originals[k] for k in sorted_places], constants)
        self.constants = start
        for k, v in enumerate(record.inputs):
            v._number = k
        for k, v in enumerate([captured[k] for k in sorted_places]):
            v._number = len(record.inputs) + k
        for k, v in enumerate(plain):
            v._number = start + k

    def _only_read(self, others: list[Value]) -> set[int]:
        """The identities of nodes from outside whose numbers are used, but not their slopes."""
        outside = {id(v) for v in others if v._code > CONSTANT}
        if not outside:
            return outside
        for node in self.record.tape.nodes:
            if node._code != DETACH:
                outside -= {id(node._left), id(node._right)}
        return outside - {id(v) for v in self.record.results}

    def _known(self, node: int) -> int:
        """The number of a node, for a constant that of the first that is equal."""
        place = node - self.constants
        return self.alike[place] if 0 <= place < len(self.alike) else node

    def _is_of_code(self, code: i64, place: i64) -> bool:
        """Whether a constant is rather the code's than data, so that equal ones may be one.

        What is multiplied, subtracted or added may be data, among which equal numbers are no
        pattern; but 0, where ``sum`` begins.
        """
        if code == ADD:
            return self.trace.constants[place] == 0.0
        return code not in (SUB, MUL, DIV)

    def equations(self) -> None:
        """Give every node of the tape the number of its equation, which may be an older one."""
        trace = self.trace
        codes, lefts, rights = trace.codes, trace.lefts, trace.rights
        constants: i64 = self.constants
        leaves: i64 = trace.leaves
        seen: dict[i64, i64] = {}
        most: i64 = leaves + len(self.record.tape.nodes) + 1
        lookups = _Lookups(self.record.tape, trace, self._known)
        for place, node in enumerate(self.record.tape.nodes):
            operand, other = node._left, node._right
            assert operand is not None
            code: i64 = i64(node._code)
            left: i64 = i64(operand._number)
            right: i64 = i64(-1) if other is None else i64(other._number)
            if code == TAKE:
                node._number = lookups.number(place, right)
                continue
            same_left: i64 = left  # for finding equal expressions
            same_right: i64 = right
            if constants <= left < leaves and self._is_of_code(code, left - constants):
                same_left = i64(self.alike[left - constants])
            if constants <= right < leaves:
                if self._is_of_code(code, right - constants):
                    same_right = i64(self.alike[right - constants])
                if code == POW and trace.constants[right - constants] == 2.0:
                    code = i64(MUL)
                    right, same_right = left, same_left
            key: i64
            if code in (ADD, MUL) and same_right < same_left:  # the order does not matter
                key = (code * most + same_right) * most + same_left + 1
            else:
                key = (code * most + same_left) * most + same_right + 1
            found: i64 = seen.get(key, -1)
            if found < 0:
                found = len(codes)
                seen[key] = found
                codes.append(code)
                lefts.append(left)
                rights.append(right)
            node._number = i32(found)

    def finish(self) -> Trace:
        """The trace, with what is asked of it."""
        trace, record = self.trace, self.record
        trace.roots = [v._number for v in record.results]
        known: set[tuple[str, int, int]] = set()
        tape = record.tape
        for k, (symbol, left, right, outcome) in enumerate(tape.comparisons):
            key = (symbol, self._known(left._number), self._known(right._number))
            if key not in known:
                known.add(key)
                guard = Guard(symbol, key[1], key[2], outcome)
                guard.how = tape.exits.get(k, "")
                guard.line = tape.lines[k] if tape.watching else ""
                trace.guards.append(guard)
        for v, line in record.left:
            self._note_left(v, line)
        trace.recorded = len(record.tape.nodes)
        return trace

    def _note_left(self, left: Value, line: str) -> None:
        """Note from which leaves a number came that left the graph."""
        stack, seen = [left], {id(left)}
        while stack:
            v = stack.pop()
            if v._left is None and v._code != CONSTANT:
                self.trace.left.setdefault(v._number, line)
            for x in chosen_operands(v):
                if id(x) not in seen and v._code != DETACH:
                    seen.add(id(x))
                    stack.append(x)


class _Lookups:
    """The numbers of look-ups: equal ones are those of one table, column and index."""

    def __init__(self, tape: Tape, trace: Trace, known: Callable[[int], int]) -> None:
        self.trace, self.known = trace, known
        self.waiting = list(reversed(tape.lookups))
        self.first, self.width, self.table = -1, 0, -1
        self.tables: dict[tuple[int, ...], int] = {}
        self.seen: dict[tuple[int, int, int], int] = {}

    def number(self, place: int, index: int) -> int:
        """The equation of the node at this place on the tape."""
        if self.waiting and self.waiting[-1][0] == place:
            self.first, self.width, entries = self.waiting.pop()
            nodes = tuple([self.known(v._number) for v in entries])
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


def _refuse_foreign(v: Value, only_read: bool) -> None:
    if v._code > CONSTANT and v.scope[:1] == (RECORDED,):
        raise CannotReplayError(
            f"it keeps Values between calls, such as {shown(v)} (functools.cache does that)"
        )
    if v._code > CONSTANT and not only_read:
        raise TraceError(
            f"{shown(v)} was computed by {v.op!r} outside this function, so its slope cannot be "
            "followed. Pass it as an argument, compute it inside, or use its .data."
        )
    if v.scope == (_FOREIGN,):
        raise TraceError(
            f"{shown(v)} is an argument of another jitted function, from the time when that one "
            "was recorded. Return what is needed from there, and pass it as an argument."
        )
