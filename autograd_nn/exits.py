"""Ways out of the graph: what ``float(v)``, ``int(v)``, ``v.data`` or ``v < 1`` give.

Outside of a recording they give the number.  In one, each notes for which numbers the recording
holds: an exit is a comparison like those that a function writes, and a replay checks it.

What is left out: the operators themselves, which are the engine's, and the plain number that
``.data`` gives in a recording, which is ``plain.Plain``.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Final

from mypy_extensions import i16, i64

from autograd_nn.callers import user_line
from autograd_nn.codes import FLOOR, POW, RINT
from autograd_nn.ops import CONSTANT, PRIMITIVES, Trait
from autograd_nn.state import shared, this_thread

if TYPE_CHECKING:
    from autograd_nn.engine import Value

# How the number of a leaf or constant came, where that is known.
WHOLE: Final[i16] = 1  # as an int
FRACTIONAL: Final[i16] = -1  # as a float, for an argument
UNKNOWN: Final[i16] = 0

_EXACT: Final = 2.0**50  # below, a float and its neighbours of one half are numbers of their own
_MOST_EXITS: Final = 1000  # of one run that are noted
_DEEP: Final[i64] = 64  # nodes that are looked at to find an integer, where nothing is recorded
_ALL: Final[i64] = 1_000_000_000
_KEEPS_WHOLE: Final = [Trait.KEEPS_WHOLE in row.traits for row in PRIMITIVES]


def here(v: Value) -> Value:
    """``v``, or what stands in its place in this thread."""
    stand_ins = this_thread().stand_ins
    return v if stand_ins is None else stand_ins.get(id(v), v)


def unwrapped(x: object) -> Value | None:
    """The node in what ``.data`` gave during a recording; None for anything else."""
    trace = this_thread().trace
    if trace is not None and type(x) is trace.plain:
        node: Value = getattr(x, "_node")  # noqa: B009
        return node
    return None


def data_in_context(v: Value) -> Any:
    """``v.data`` while some context is open."""
    v = here(v)
    trace = this_thread().trace
    if trace is None or trace.refused or v._code == CONSTANT:
        return v._data
    return trace.plain(v.detach())


# ---------------------------------------------------------------------------
# Integers: a Value that stands in the place of an int is one, as long as what is done keeps it.


def is_number_here(v: Value) -> bool:
    """Whether ``v`` stands in the place of a number, and is not a Value of the user's own."""
    return this_thread().numbers and (v._code >= CONSTANT or v._origin != UNKNOWN)


def is_whole(v: Value) -> bool:
    """Whether ``v`` came from integers by operations that keep them whole, or by a rounding."""
    seen: set[int] = set()
    stack: list[Value] = [v]
    most: i64 = _DEEP if shared.contexts == 0 else _ALL
    while stack:
        node = stack.pop()
        code, left, right = node._code, node._left, node._right
        if left is None:
            if node._origin != WHOLE:
                return False
        elif code == POW:
            if right is None or right._origin != WHOLE or right._data < 0.0:
                return False
            stack.append(left)
        elif _KEEPS_WHOLE[code]:
            most -= 1
            if most < 0:
                return False
            if id(node) not in seen:
                seen.add(id(node))
                stack.append(left)
                if right is not None:
                    stack.append(right)
        elif not FLOOR <= code <= RINT:
            return False
    return True


def is_plainly_whole(v: Value) -> bool:
    """Whether an operation gave a whole number, as ``round(x)`` does, which is an int to Python."""
    code = v._code
    return FLOOR <= code <= RINT or (_KEEPS_WHOLE[code] and is_whole(v))


def is_whole_result(code: i16, left: Value, right: Value | None) -> bool:
    """The same for a result that will not know its operands."""
    if FLOOR <= code <= RINT:
        return True
    return _KEEPS_WHOLE[code] and is_whole(left) and (right is None or is_whole(right))


# ---------------------------------------------------------------------------
# Comparisons


def outcome_of(symbol: str, a: float, b: float) -> bool:
    """How a comparison of two numbers comes out."""
    if symbol == "<":
        return a < b
    if symbol == "<=":
        return a <= b
    if symbol == ">":
        return a > b
    if symbol == ">=":
        return a >= b
    return a == b if symbol == "==" else a != b


def compare_in_context(symbol: str, left: Value, right: Value, how: str = "") -> bool:
    """A comparison, as a guard where a trace is open; ``how`` a number leaves by it, if one does.

    A comparison of two plain numbers holds for ever.
    """
    left, right = here(left), here(right)
    outcome = outcome_of(symbol, left._data, right._data)
    trace = this_thread().trace
    if trace is not None and not (left._code == CONSTANT and right._code == CONSTANT):
        if how:
            trace.exits[len(trace.comparisons)] = how
        if trace.watching:
            trace.lines.append(user_line())
        trace.comparisons.append((symbol, left, right, outcome))
    return outcome


def _constant(like: Value, data: float, origin: i16) -> Value:
    """A plain number as a node; this file is below the class that it is of."""
    kind: Any = type(like)
    node: Value = kind(data)
    node._code = CONSTANT
    node._origin = origin
    return node


# ---------------------------------------------------------------------------
# Exits


def freeze(v: Value, how: str) -> None:
    """The number itself leaves: nan is what differs from itself, and a zero has a sign."""
    v = here(v)
    trace = this_thread().trace
    if trace is None or v._code == CONSTANT:
        return
    x = v._data
    compare_in_context("==", v, v if x != x else _constant(v, x, UNKNOWN), how)
    if x == 0.0 and not is_whole(v):
        angle = v.atan2(_constant(v, -1.0, UNKNOWN))
        compare_in_context(">", angle, _constant(v, 0.0, UNKNOWN), how)


def leave(v: Value, how: str) -> Any:
    """The number, as an int where it is known to be one."""
    if shared.contexts:
        freeze(v, how)
        v = here(v)
    x = v._data
    return int(x) if x - x == 0.0 and is_whole(v) else x


def note_exit(v: Value) -> None:
    """Note that ``float(v)`` took the number out of the graph, where somebody asks."""
    exits = this_thread().exits
    # A nan has no slope to lose: math.isnan(x) is how missing numbers are found.
    if exits is not None and v._data == v._data and len(exits) < _MOST_EXITS:
        exits.append((v, user_line()))


def as_float(v: Value) -> float:
    """``float(v)``."""
    note_exit(v)
    if shared.contexts:
        freeze(v, "float()")
        v = here(v)
    return v._data


def as_int(v: Value) -> int:
    """``int(v)``, which is ``math.trunc`` of the number."""
    if shared.contexts:
        v = here(v)
        x = v._data
        if not abs(x) < _EXACT or is_whole(v):
            freeze(v, "int()")
        else:
            n = math.trunc(x)
            low, high = n if n > 0 else n - 1, n if n < 0 else n + 1
            compare_in_context(">=" if n > 0 else ">", v, _constant(v, low, WHOLE), "int()")
            compare_in_context("<=" if n < 0 else "<", v, _constant(v, high, WHOLE), "int()")
    return int(v._data)


def as_index(v: Value) -> int:
    """``operator.index(v)``, of what is known to be whole."""
    if not is_whole(v):
        raise TypeError("'Value' object cannot be interpreted as an integer")
    if shared.contexts:
        freeze(v, "an index")
    return int(here(v)._data)


def integer(x: object) -> int:
    """The other operand of ``&`` and its like."""
    return operator.index(x)  # type: ignore[arg-type]
