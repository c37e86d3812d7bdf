"""Lines that read better as one: sums, what is read once, arrays whose parts are set in turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from autograd_nn.jit.backends.text.python.expressions import leaf
from autograd_nn.jit.backends.text.python.statements import (
    WIDTH,
    Assign,
    Check,
    Repeat,
    Run,
    Statement,
    every_statement,
    names_in,
    sets_of,
    uses_in,
)

__all__ = ["Slice", "tidy"]

_PARTS: Final = 8  # of an array that are arrays of their own at first
_SLICE: Final = re.compile(r"\[(:, )?(\d+)\]")


@dataclass
class Slice:
    """One of several parts of an array, where each could be an array of its own.

    Attributes:
        name: of that array.
        kept: whether the name says something to the user.
        shape: with its code.
    """

    name: str
    kept: bool
    shape: tuple[tuple[int, ...], str]


Slices = Callable[[str, int], Slice | None]


def tidy(statements: list[Statement], needed: set[str], slices: Slices) -> list[Statement]:
    """The same with sums in one line, what is read once written where it is read, and no more.

    Args:
        needed: names that are read after these lines.
        slices: the parts of an array along its first axis, or the first after that of rows.
    """
    statements = _without_unread(statements, needed)
    statements = _added_up(statements)
    return _inlined(_stacked(statements, slices), needed)


def _stacked(statements: list[Statement], slices: Slices) -> list[Statement]:
    """``h = np.stack([a, b])``, where the parts of an array are set one by one."""
    found = list(statements)
    for opening in statements:
        if not (isinstance(opening, Run) and opening.opens):
            continue
        name = opening.name
        parts: list[tuple[int, Assign]] = []
        for s in found:
            if isinstance(s, Assign) and s.name == name and not s.add:
                match = _SLICE.fullmatch(s.index)
                if match:
                    parts.append((int(match.group(2)), s))
        every = [k for k, _ in parts]
        if not 2 <= len(every) <= _PARTS or sorted(every) != list(range(len(every))):
            continue
        whole = slices(name, len(every))
        touching = [s for s in found if name in s.reads() | sets_of(s) and s is not opening]
        setting = [s for s in touching if name in sets_of(s)]
        first = touching[: len(parts)]
        if any(name in names_in(str(s.expr)) for _, s in parts):
            continue
        if whole is None or len(setting) != len(parts) or any(s not in setting for s in first):
            continue
        axis = ", axis=1" if parts[0][1].index.startswith("[:") else ""
        own: dict[int, Slice] = {}
        for k, s in parts:
            part = slices(name, -1 - k)
            assert part is not None
            own[k] = part
            made = Assign(part.name, "", s.expr, kept=part.kept, line=s.line, shape=part.shape)
            found[found.index(s)] = made
            last = made
        names = ", ".join(own[k].name for k in range(len(every)))
        code = leaf(f"np.stack([{names}]{axis})", whole.shape[0])
        found.insert(found.index(last) + 1, Assign(name, "", code, kept=True, shape=whole.shape))
        found.remove(opening)
    return found


def _without_unread(statements: list[Statement], needed: set[str]) -> list[Statement]:
    while True:
        read = set(needed)
        for s in every_statement(statements):
            if isinstance(s, Repeat):
                continue
            found = s.reads()
            if isinstance(s, (Assign, Run)) and s.name:
                found = found - {s.name}
                if isinstance(s, Assign) and s.name in names_in(str(s.expr)):
                    found.add(s.name)
            read |= found
        kept = _only(statements, read)
        if _count(kept) == _count(statements):
            return kept
        statements = kept


def _count(statements: Sequence[Statement]) -> int:
    return sum(1 for _ in every_statement(statements))


def _only(statements: Sequence[Statement], read: set[str]) -> list[Statement]:
    found: list[Statement] = []
    for s in statements:
        if isinstance(s, Repeat):
            body = _only(s.body, read)
            if body:
                found.append(Repeat(s.variable, s.count, s.reverse, body, s.line))
        elif isinstance(s, Check) or not s.name or s.name in read:
            found.append(s)
    return found


def _added_up(statements: list[Statement]) -> list[Statement]:
    """``x = a`` and then ``x = x + b`` as ``x = a + b``, where nothing comes between them."""
    found: list[Statement] = []
    for s in statements:
        if isinstance(s, Repeat):
            s.body = _added_up(s.body)
        k = _first_of(found, s) if isinstance(s, Assign) and s.add else -1
        if isinstance(s, Assign) and k >= 0:
            first = found.pop(k)
            assert isinstance(first, Assign)
            found.append(replace(first, expr=first.expr + s.expr, kept=first.kept or s.kept))
        else:
            found.append(s)
    return found


def _first_of(before: Sequence[Statement], s: Assign) -> int:
    """The place of the line that sets what ``s`` adds to, if it may be moved to ``s``."""
    between: set[str] = set()
    read: set[str] = set()
    for k in range(len(before) - 1, -1, -1):
        other = before[k]
        if isinstance(other, Assign) and (other.name, other.index) == (s.name, s.index):
            inputs = other.reads() - {s.name}
            same = other.expr.shape == s.expr.shape or not s.index
            return k if same and s.name not in read and not inputs & between else -1
        between |= sets_of(other)
        read |= other.reads()
        if s.name in between:
            return -1
    return -1


def _inlined(statements: list[Statement], needed: set[str]) -> list[Statement]:
    """Lines that set a name which is read in one place only are written there."""
    uses: dict[str, int] = {}
    sets: dict[str, int] = {}
    for s in every_statement(statements):
        if isinstance(s, Repeat):
            continue
        for text in _texts(s):
            for name in uses_in(text):
                uses[name] = uses.get(name, 0) + 1
        for name in sets_of(s):
            sets[name] = sets.get(name, 0) + 1
    found = list(statements)
    for s in found:
        if isinstance(s, Repeat):
            s.body = _inlined_in(s.body, needed, uses, sets)
    return _inlined_in(found, needed, uses, sets)


def _texts(s: Statement) -> list[str]:
    if isinstance(s, Assign):
        return [str(s.expr), s.index]
    return [s.code] if isinstance(s, Run) else [s.condition] if isinstance(s, Check) else []


def _inlined_in(
    statements: list[Statement], needed: set[str], uses: dict[str, int], sets: dict[str, int]
) -> list[Statement]:
    found = list(statements)
    k = 0
    while k < len(found):
        s = found[k]
        if _spread(found, k, needed, uses, sets):
            del found[k]
            continue
        ready = isinstance(s, Assign) and s.whole and not s.add and not (s.kept and s.is_full)
        if ready and isinstance(s, Assign) and uses.get(s.name) == 1 and sets.get(s.name) == 1:
            at = -1 if s.name in needed else _user(found, k, s)
            if at >= 0:
                user = found[at]
                assert isinstance(user, Assign)
                old = next(p for p in user.expr.parts() if p.plain and p.args[0] == s.name)
                made = user.expr.replaced(old, s.expr)
                longer = replace(user, expr=made, line=user.line or s.line)
                if len(longer.text()) <= WIDTH:
                    found[at] = longer
                    del found[k]
                    k = max(0, k - 1)
                    continue
        k += 1
    return found


def _spread(
    statements: list[Statement],
    k: int,
    needed: set[str],
    uses: dict[str, int],
    sets: dict[str, int],
) -> bool:
    """Write a number, or the other name of an array, in the place of a name; whether that is done.

    It is done where all that reads the name are expressions, and nothing changes the array later.
    """
    s = statements[k]
    if not isinstance(s, Assign) or not s.whole or s.add or s.kept or not s.is_full:
        return False
    if not (s.expr.op == "number" or s.expr.plain) or s.name in needed or sets.get(s.name) != 1:
        return False
    later = statements[k + 1 :]
    if any(s.reads() & sets_of(other) for other in later):
        return False
    users = [other for other in later if s.name in other.reads()]
    times = 0
    for other in users:
        if not isinstance(other, Assign):
            return False
        plain = [x for x in other.expr.parts() if x.plain and x.args[0] == s.name]
        if len(plain) != sum(uses_in(text).count(s.name) for text in _texts(other)):
            return False
        times += len(plain)
    if times != uses.get(s.name):  # in a loop an earlier line may read it, of the round before
        return False
    for other in users:
        assert isinstance(other, Assign)
        for x in [x for x in other.expr.parts() if x.plain and x.args[0] == s.name]:
            other.expr = other.expr.replaced(x, s.expr)
    for name in s.reads():
        uses[name] += times - 1
    return True


def _user(statements: Sequence[Statement], k: int, s: Assign) -> int:
    """The place of the one line that reads what ``s`` sets, if ``s`` may be written there."""
    inputs = s.reads()
    for at in range(k + 1, len(statements)):
        other = statements[at]
        if s.name in other.reads():
            if not isinstance(other, Assign):
                return -1
            plain = [p for p in other.expr.parts() if p.plain and p.args[0] == s.name]
            if len(plain) != 1:
                return -1
            same = plain[0].shape == s.expr.shape
            beside = same or any(p is plain[0] for p in other.expr.elementwise_parts())
            return at if beside and (other.whole or same) else -1
        if inputs & sets_of(other):
            return -1
    return -1
