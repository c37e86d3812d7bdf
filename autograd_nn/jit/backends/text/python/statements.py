"""Lines of a function: what each sets and reads, and how several are joined into one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from autograd_nn.jit.backends.text.python.expressions import Expr, floating, leaf

__all__ = [
    "Assign",
    "Check",
    "Repeat",
    "Run",
    "Slice",
    "Statement",
    "every_statement",
    "names_in",
    "tidy",
    "written",
]

_WIDTH: Final = 88
_PARTS: Final = 8  # of an array that are arrays of their own at first
_SLICE: Final = re.compile(r"\[(:, )?(\d+)\]")
_NAME: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


@dataclass(eq=False)
class Assign:
    """``name[index] = expr``, or ``+=``.

    Attributes:
        whole: whether the whole array is set.
        kept: whether its name says something to the user, so that it stays a line of its own.
        line: where in the user's code it comes from.
        shape: of the whole array, with its code; what is set is filled up to that.
        owned: whether parts of it may be set later, so that it must not be another array.
    """

    name: str
    index: str
    expr: Expr
    add: bool = False
    kept: bool = False
    line: str = ""
    shape: tuple[tuple[int, ...], str] | None = None
    owned: bool = False

    @property
    def whole(self) -> bool:
        return not self.index

    @property
    def is_full(self) -> bool:
        """Whether the expression has all the axes of what it sets."""
        return self.shape is None or self.shape[0] == self.expr.shape

    def text(self) -> str:
        """The line."""
        target = self.name + self.index
        if self.whole and not self.add and self.shape and not self.is_full:
            filled = floating(self.expr) if self.expr.op == "number" else self.expr
            return f"{target} = np.full({self.shape[1]}, {filled})"
        if self.owned and self.whole and not self.add and self.expr.op == "leaf":
            return f"{target} = {self.expr}" + (".copy()" if self.expr.shape else "")
        if self.add and not self.index:
            return f"{target} = {self.name} + {self.expr.text(4)}"
        return f"{target} {'+=' if self.add else '='} {self.expr}"

    def reads(self) -> set[str]:
        """The names that it reads."""
        found = names_in(str(self.expr)) | names_in(self.index)
        return found | {self.name} if self.add or self.index else found


@dataclass(eq=False)
class Run:
    """A line that is taken as it is.

    Attributes:
        name: of the array that it changes; "" if none.
        opens: whether that array begins there.
    """

    code: str
    name: str = ""
    opens: bool = False
    line: str = ""

    def text(self) -> str:
        """The line."""
        return self.code

    def reads(self) -> set[str]:
        """The names that it reads."""
        return names_in(self.code) - ({self.name} if self.opens else set())


@dataclass(eq=False)
class Check:
    """A comparison that must come out as it was recorded."""

    condition: str
    holds: bool
    line: str = ""
    name: str = ""

    def text(self) -> str:
        """Two lines."""
        where = self.line.split(": ")[0]
        message = f"another path than the recorded one{' at ' * bool(where)}{where}"
        is_not = "not " if self.holds else ""
        return f"if {is_not}{self.condition}:\n    raise ValueError({message!r})"

    def reads(self) -> set[str]:
        """The names that it reads."""
        return names_in(self.condition)


@dataclass(eq=False)
class Repeat:
    """A ``for`` loop."""

    variable: str
    count: int
    reverse: bool
    body: list[Statement] = field(default_factory=list)
    line: str = ""

    def head(self) -> str:
        """Its first line."""
        rounds = f"range({self.count})"
        return f"for {self.variable} in {f'reversed({rounds})' if self.reverse else rounds}:"

    def reads(self) -> set[str]:
        """The names that its body reads."""
        return set().union(*(s.reads() for s in self.body))


Statement = Assign | Run | Check | Repeat


def names_in(text: str) -> set[str]:
    """The names in a piece of code."""
    return set(_NAME.findall(text))


def _sets(statement: Statement) -> set[str]:
    if isinstance(statement, Repeat):
        return set().union(*(_sets(s) for s in statement.body))
    return {statement.name} if statement.name else set()


def every_statement(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, loops before what is in them."""
    for s in statements:
        yield s
        if isinstance(s, Repeat):
            yield from every_statement(s.body)


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
        touching = [s for s in found if name in s.reads() | _sets(s) and s is not opening]
        setting = [s for s in touching if name in _sets(s)]
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
        between |= _sets(other)
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
            for name in _NAME.findall(text):
                uses[name] = uses.get(name, 0) + 1
        for name in _sets(s):
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
        ready = isinstance(s, Assign) and s.whole and not s.add and not (s.kept and s.is_full)
        if ready and isinstance(s, Assign) and uses.get(s.name) == 1 and sets.get(s.name) == 1:
            at = -1 if s.name in needed else _user(found, k, s)
            if at >= 0:
                user = found[at]
                assert isinstance(user, Assign)
                old = next(p for p in user.expr.parts() if p.plain and p.args[0] == s.name)
                made = user.expr.replaced(old, s.expr)
                longer = replace(user, expr=made, line=user.line or s.line)
                if len(longer.text()) <= _WIDTH:
                    found[at] = longer
                    del found[k]
                    k = max(0, k - 1)
                    continue
        k += 1
    return found


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
        if inputs & _sets(other):
            return -1
    return -1


def written(statements: Sequence[Statement], indent: str = "    ") -> list[str]:
    """The lines of code, with a comment where the user's line changes."""
    lines: list[str] = []
    last = ""
    for s in statements:
        if s.line and s.line != last:
            comment = f"{indent}# {s.line}"
            lines.append(comment if len(comment) <= _WIDTH else f"{comment[: _WIDTH - 3]}...")
            last = s.line
        if isinstance(s, Repeat):
            lines.append(indent + s.head())
            lines += written(s.body, indent + "    ")
            last = ""
        else:
            lines += [indent + line for line in s.text().splitlines()]
    return lines
