"""Lines of a function: what each sets and reads, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from autograd_nn.jit.backends.text.python.expressions import Expr, floating

__all__ = [
    "WIDTH",
    "Assign",
    "Check",
    "Repeat",
    "Run",
    "Statement",
    "every_statement",
    "names_in",
    "sets_of",
    "uses_in",
    "written",
]

WIDTH: Final = 88  # of a line of code, where it can be chosen
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
        expr = floating(self.expr) if self.expr.op == "number" else self.expr
        if self.whole and not self.add and self.shape and not self.is_full:
            # A number may be an integer, and an array of those would cut fractions off.
            kind = "" if expr.shape or expr.op == "number" else ", dtype=float"
            return f"{target} = np.full({self.shape[1]}, {expr}{kind})"
        if self.owned and self.whole and not self.add and self.expr.op == "leaf":
            return f"{target} = {self.expr}" + (".copy()" if self.expr.shape else "")
        if self.add and not self.index:
            return f"{target} = {self.name} + {self.expr.text(4)}"
        return f"{target} {'+=' if self.add else '='} {expr}"

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
    return set(uses_in(text))


def uses_in(text: str) -> list[str]:
    """The names in a piece of code, each as often as it stands there."""
    return _NAME.findall(text)


def sets_of(statement: Statement) -> set[str]:
    """The names of what a statement sets, or changes a part of."""
    if isinstance(statement, Repeat):
        return set().union(*(sets_of(s) for s in statement.body))
    return {statement.name} if statement.name else set()


def every_statement(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, loops before what is in them."""
    for s in statements:
        yield s
        if isinstance(s, Repeat):
            yield from every_statement(s.body)


def written(statements: Sequence[Statement], indent: str = "    ") -> list[str]:
    """The lines of code, with a comment where the user's line changes."""
    lines: list[str] = []
    last = ""
    for s in statements:
        if s.line and s.line != last:
            comment = f"{indent}# {s.line}"
            lines.append(comment if len(comment) <= WIDTH else f"{comment[: WIDTH - 3]}...")
            last = s.line
        if isinstance(s, Repeat):
            lines.append(indent + s.head())
            lines += written(s.body, indent + "    ")
            last = ""
        else:
            lines += [indent + line for line in s.text().splitlines()]
    return lines
