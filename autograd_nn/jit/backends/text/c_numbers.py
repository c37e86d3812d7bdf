"""Numbers that write C when they are computed with.

The rules of the operations and the table's partials are applied to ``Number``s; what they do to
them becomes a graph of expressions, of which a ``Formula`` is the text: what is used several times
has a name of its own, everything else stands where it is used.

What is left out: which functions there are (``c_functions``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from autograd_nn.errors import NotArithmeticError
from autograd_nn.ops import primitive
from autograd_nn.written import Condition, Written

__all__ = ["Body", "Formula", "Number", "bare", "joined", "literal"]

_SIGNS: Final = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_BITS: Final = "bits"
#: Longer expressions get names of their own, for people.
_LONG: Final = 60


def literal(x: float) -> str:
    """A number as C reads it, to the last bit.

    >>> literal(0.1), literal(-2.0), literal(-0.0), literal(float("inf"))
    ('0.1', '(-2.0)', '(-0.0)', 'HUGE_VAL')
    """
    if x != x:
        return "(double)NAN"
    text = repr(abs(float(x))) if math.isfinite(x) else "HUGE_VAL"
    return f"(-{text})" if math.copysign(1.0, x) < 0.0 else text


class _Node(NamedTuple):
    """An expression: ``template`` has the place of each operand, which is a node or a text."""

    kind: str
    template: str
    operands: tuple[int | str, ...]


@dataclass(frozen=True)
class Formula:
    """What a rule computes, with ``{0}``, ``{1}`` ... in the places of its operands.

    Attributes:
        lines: definitions of what is used several times.
        result: the expression.
        nodes: of how many operations it is.
    """

    lines: tuple[str, ...]
    result: str
    nodes: int

    def uses(self, operand: int) -> bool:
        """Whether an operand is in it."""
        return any(f"{{{operand}}}" in text for text in (*self.lines, self.result))

    def __call__(self, *operands: str) -> str:
        """The expression of these operands; only of a formula without lines."""
        return self.result.format(*operands)


class Body:
    """The expressions of one rule.

    Args:
        prefix: what the names of helpers begin with.
        apply: writes an operation of the table, of a name and its operands.
        usual: whether to leave out what is computed in rare cases only.

    Attributes:
        rare: where ``usual``, the conditions of those cases.
    """

    def __init__(
        self, prefix: str, apply: Callable[..., Any], exact: bool = False, usual: bool = False
    ) -> None:
        self.prefix, self.apply, self.exact, self.usual = prefix, apply, exact, usual
        self.rare: list[Any] = []
        self._nodes: list[_Node] = []
        self._known: dict[_Node, int] = {}

    def operand(self, place: int) -> Number:
        """The number that stands in a place of the formula."""
        return Number(self, f"{{{place}}}")

    def new(self, kind: str, template: str, *operands: int | str) -> int:
        """An expression; equal ones are one."""
        node = _Node(kind, template, operands)
        if node not in self._known:
            self._known[node] = len(self._nodes)
            self._nodes.append(node)
        return self._known[node]

    def number(self, template: str, *operands: Any) -> Number:
        """A number that is computed from others."""
        return self.number_of(template, [self.reference(x) for x in operands])

    def number_of(self, template: str, operands: Sequence[int | str]) -> Number:
        """The number of an expression with operands in its places."""
        return Number(self, self.new("double", template, *operands))

    def condition(self, template: str, operands: Sequence[int | str]) -> _Decided:
        """The condition of an expression with operands in its places."""
        return _Decided(self, self.new("int", template, *operands))

    def reference(self, x: Any) -> int | str:
        """What stands for a number in a template.

        Raises:
            NotArithmeticError: it is none.
        """
        if isinstance(x, Number):
            return x.reference if x.constant is None else literal(x.constant)
        if not isinstance(x, (int, float)):
            raise NotArithmeticError(f"{type(x).__name__} is no number that a formula can hold")
        return literal(float(x))

    def formula(self, result: Any) -> Formula:
        """The text of a result."""
        decided = isinstance(result, _Decided)
        root: int | str = result.reference if decided else self.reference(result)
        uses = self._uses(root)
        lines: list[str] = []
        texts: dict[int | str, str] = {}

        def text(reference: int | str) -> str:
            return reference if isinstance(reference, str) else texts[reference]

        for k in sorted(uses):
            node = self._nodes[k]
            written = node.template.format(*map(text, node.operands))
            # What is chosen in one case only stays there: it may take long.
            if uses[k] > 1 or (len(written) > _LONG and "?" not in written):
                lines.append(f"const {self._kind(node.kind)} t{k} = {bare(written)};")
                written = f"t{k}"
            texts[k] = written
        return Formula(tuple(lines), text(root), len(uses))

    def _kind(self, kind: str) -> str:
        return f"{self.prefix}_bits" if kind == _BITS else kind

    def _uses(self, root: int | str) -> dict[int, int]:
        """How often each expression is used that a result needs."""
        uses: dict[int, int] = {}
        if isinstance(root, int):
            uses[root] = 1
            for k in range(root, -1, -1):
                for operand in self._nodes[k].operands if k in uses else ():
                    if isinstance(operand, int):
                        uses[operand] = uses.get(operand, 0) + 1
        return uses


def bare(text: str) -> str:
    """A text without the parentheses around all of it."""
    depth = 0
    for k, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and k < len(text) - 1:
            return text
    return text[1:-1] if text.startswith("(") else text


class Number(Written):
    """A double of C.

    Attributes:
        reference: the expression, or a text.
        constant: the number, if it is known.
    """

    def __init__(self, body: Body, reference: int | str, constant: float | None = None) -> None:
        self.body, self.reference, self.constant = body, reference, constant

    def like(self, x: float) -> Number:
        """A constant beside this number."""
        return Number(self.body, literal(x), float(x))

    def infix(self, sign: str, a: Any, b: Any) -> Any:
        a, b = (x if isinstance(x, Number) else self._constant(x) for x in (a, b))
        if a.constant is not None and b.constant is not None:
            return self.like(primitive(_SIGNS[sign]).scalar(a.constant, b.constant))
        if sign == "*" and 1.0 in (a.constant, b.constant):
            return b if a.constant == 1.0 else a
        if sign == "*" and -1.0 in (a.constant, b.constant):
            return -(b if a.constant == -1.0 else a)
        if sign == "/" and b.constant == 1.0:
            return a
        if sign == "-" and b.reference == literal(0.0):  # x - -0.0 may be another zero
            return a
        return self.body.number(f"({{0}} {sign} {{1}})", a, b)

    def _constant(self, x: Any) -> Number:
        if isinstance(x, (int, float)):
            return self.like(float(x))
        raise NotArithmeticError(f"{type(x).__name__} is no number that a formula can hold")

    def call(self, name: str, *operands: Any) -> Any:
        if name == "neg":
            if self.constant is not None:
                return self.like(-self.constant)
            return self.body.number("(-{0})", self)
        if name == "abs":
            return self.body.number("fabs({0})", self)
        return self.body.apply(self.body, name, operands)

    def compared(self, sign: str, a: Any, b: Any) -> Any:
        references = self.body.reference(a), self.body.reference(b)
        return _Decided(self.body, self.body.new("int", f"({{0}} {sign} {{1}})", *references))

    # -- what the rules of machine code ask for beside that --------------------------------

    def fma(self, factor: Any, summand: Any) -> Number:
        """``self * factor + summand``, rounded once."""
        return self.body.number("fma({0}, {1}, {2})", self, factor, summand)

    def library(self, name: str, *others: Any) -> Number:
        """A function of C's."""
        places = ", ".join(f"{{{k}}}" for k in range(1 + len(others)))
        return self.body.number(f"{name}({places})", self, *others)

    intrinsic = library

    def bits(self) -> _Bits:
        """The same 64 bits as an integer."""
        text = f"{self.body.prefix}_bits_of({{0}})"
        return _Bits(self.body, self.body.new(_BITS, text, self.body.reference(self)))

    def unless(self, rare: Any, other: Callable[[], Any]) -> Any:
        """This, but where a rare condition holds ``other()``."""
        if isinstance(rare, bool):
            return other() if rare else self
        if self.body.usual:
            self.body.rare.append(rare)
            return self
        return rare.choose(other(), self)


class _Decided(Condition):
    """The outcome of a comparison in C."""

    def __init__(self, body: Body, reference: int) -> None:
        self.body, self.reference = body, reference

    def joined(self, sign: str, other: Any) -> _Decided:
        # One of &, not two: nothing is skipped, so there is nothing to jump over.
        text = f"({{0}} {sign} {{1}})"
        return _Decided(self.body, self.body.new("int", text, self.reference, other.reference))

    def choose(self, a: Any, b: Any) -> Number:
        references = self.reference, self.body.reference(a), self.body.reference(b)
        return Number(self.body, self.body.new("double", "({0} ? {1} : {2})", *references))


class _Bits:
    """The 64 bits of a double, as an integer without a sign."""

    def __init__(self, body: Body, reference: int) -> None:
        self.body, self.reference = body, reference

    def _with(self, sign: str, other: _Bits | int) -> _Bits:
        number = f"0x{other % 2**64:X}ULL" if isinstance(other, int) else other.reference
        text = f"({{0}} {sign} {{1}})"
        return _Bits(self.body, self.body.new(_BITS, text, self.reference, number))

    def __add__(self, other: _Bits | int) -> _Bits:
        return self._with("+", other)

    def __sub__(self, other: _Bits | int) -> _Bits:
        return self._with("-", other)

    def __and__(self, other: _Bits | int) -> _Bits:
        return self._with("&", other)

    def __or__(self, other: _Bits | int) -> _Bits:
        return self._with("|", other)

    def __xor__(self, other: _Bits | int) -> _Bits:
        return self._with("^", other)

    def _shifted(self, sign: str, places: int) -> _Bits:
        text = f"({{0}} {sign} {places})"
        return _Bits(self.body, self.body.new(_BITS, text, self.reference))

    def __lshift__(self, places: int) -> _Bits:
        return self._shifted("<<", places)

    def __rshift__(self, places: int) -> _Bits:
        return self._shifted(">>", places)

    def is_odd(self) -> _Decided:
        """Whether the last bit is set."""
        text = "(({0} & 0x1ULL) != 0)"
        return _Decided(self.body, self.body.new("int", text, self.reference))

    def number(self) -> Number:
        """The double with these bits."""
        text = f"{self.body.prefix}_of_bits({{0}})"
        return Number(self.body, self.body.new("double", text, self.reference))


def joined(conditions: Sequence[Any]) -> Any:
    """Whether any of some conditions holds."""
    found = conditions[0]
    for other in conditions[1:]:
        found = found | other
    return found
