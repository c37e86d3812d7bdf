"""Formulas of values, as text and as LaTeX.

Labelled values are symbols.  What is used more than once and has no label is named once,
``t1 = ...``, and referred to by that name.

What is left out: simplification, for a formula says what was computed, in that order; and
derivatives (``chain``).
"""

from __future__ import annotations

import math
import re

from autograd_nn.checks import describe, without_graph
from autograd_nn.drawing.graph import Simplified, is_plain_power
from autograd_nn.drawing.text import clean, short_number
from autograd_nn.engine import Value, row_of
from autograd_nn.errors import WrongTypeError
from autograd_nn.ops import CONSTANT, Primitive

__all__ = ["ATOM", "Formula", "Latex", "expression", "to_latex"]

_BINDS = {"greater": 0, "add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 2, "pow": 3}
_BINDS |= {"mod": 2, "floordiv": 2}
ATOM = 9
_LONGEST_LINE = 400  # a longer formula is broken up by naming its parts


class Formula:
    """The formulas of every value below a root, operands first."""

    def __init__(self, root: Value, latex: bool, unfold: bool) -> None:
        if not isinstance(root, Value):
            raise WrongTypeError(
                f"a formula is that of a Value, got {describe(root)}.{without_graph(root)}"
            )
        self.latex = latex
        self.graph = Simplified([root])
        self.uses = [0] * len(self.graph.order)
        for pairs in self.graph.operands:
            for k, _ in pairs:
                self.uses[k] += 1
        self.lines: list[tuple[str, str]] = []  # named parts, in order
        self.text: list[tuple[str, int]] = []  # of each value: how it is written, how tight
        taken = {clean(node.label) for node in self.graph.order}
        fresh = 0
        last = len(self.graph.order) - 1
        for i, node in enumerate(self.graph.order):
            body, binds = self._body(i, node)
            name = clean(node.label)
            if node._left is None:
                self.text.append((self._symbol(name) if name else body, ATOM if name else binds))
                continue
            named = name and not unfold
            shared = self.uses[i] > 1 and len(body) > 3
            if i != last and (named or shared or len(body) > _LONGEST_LINE):
                if not name:
                    fresh += 1
                    while f"t{fresh}" in taken:
                        fresh += 1
                    name = f"t{fresh}"
                symbol = self._symbol(name)
                self.lines.append((symbol, body))
                self.text.append((symbol, ATOM))
            else:
                self.text.append((body, binds))

    def whole(self, root: Value) -> list[tuple[str, str]]:
        """All lines as (name, formula); the last is that of the root."""
        name = clean(root.label)
        return [*self.lines, (self._symbol(name) if name else "", self.text[-1][0])]

    def _symbol(self, name: str) -> str:
        if not self.latex:
            return name
        match = re.fullmatch(r"([A-Za-z]+)[_ ]?(\d+)", name)
        if match:
            return f"{_latex_word(match[1])}_{{{match[2]}}}"
        return _latex_word(name)

    def _body(self, i: int, node: Value) -> tuple[str, int]:
        if node._left is None:
            if node._code == CONSTANT:
                text = _latex_number(node._data) if self.latex else short_number(node._data)
                return text, ATOM if node._data >= 0.0 and "cdot" not in text else 1
            return (f"v_{{{i}}}" if self.latex else f"v{i}"), ATOM
        row = row_of(node)
        operands = [self.text[k] for k, _ in self.graph.operands[i]]
        if is_plain_power(node) and node._right is not None:
            number = node._right._data
            operands.append((short_number(number), ATOM if number >= 0.0 else 1))
        return self._written(row, operands)

    def _written(self, row: Primitive, operands: list[tuple[str, int]]) -> tuple[str, int]:
        name = row.name
        binds = _BINDS.get(name, ATOM)
        if self.latex:
            if name in ("floordiv", "greater"):  # within brackets of their own
                binds = ATOM
            shown = [
                _in_brackets(text, tight, need, r"\left(", r"\right)")
                for (text, tight), need in zip(operands, _needs(name, latex=True), strict=False)
            ]
            return row.spelling.latex.format_map(dict(zip("ab", shown, strict=False))), binds
        shown = [
            _in_brackets(text, tight, need)
            for (text, tight), need in zip(operands, _needs(name, latex=False), strict=False)
        ]
        if name == "neg":
            return f"-{shown[0]}", binds
        if name in _BINDS:
            space = "" if name == "pow" else " "
            return f"{shown[0]}{space}{row.spelling.symbol}{space}{shown[1]}", binds
        return f"{row.spelling.symbol}({', '.join(shown)})", ATOM


def _needs(name: str, latex: bool) -> tuple[int, int]:
    """How tightly each operand must bind to go without brackets."""
    if latex and name in ("div", "floordiv"):
        return 0, 0
    if latex and name == "pow":
        return ATOM, 0
    return {
        "add": (1, 1),
        "sub": (1, 2),
        "mul": (2, 3),
        "div": (2, 3),
        "mod": (2, 3),
        "floordiv": (2, 3),
        "greater": (1, 1),
        "neg": (3, 0),
        "pow": (ATOM, 3),
    }.get(name, (0, 0))


def _in_brackets(text: str, tight: int, need: int, left: str = "(", right: str = ")") -> str:
    return text if tight >= need else f"{left}{text}{right}"


def _latex_number(x: float) -> str:
    if math.isinf(x):
        return r"\infty" if x > 0.0 else r"-\infty"
    if x != x:
        return r"\mathrm{nan}"
    text = short_number(x)
    if "e" in text:
        digits, exponent = text.split("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}"
    return text


_LATEX_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip


def _latex_word(name: str) -> str:
    if len(name) == 1 and name.isalpha():
        return name
    escaped = "".join(_LATEX_ESCAPES.get(character, character) for character in name)
    return rf"\mathrm{{{escaped}}}" if name.isalnum() else rf"\text{{{escaped}}}"


def expression(v: Value, *, unfold: bool = False) -> str:
    """The formula of a value as text.

    Args:
        v: any value.
        unfold: write out labelled intermediate values too, instead of naming them.

    Returns:
        One line, ``name = formula`` (without the name where ``v`` has no label), after one
        line for each part that is named.

    Raises:
        TypeError: ``v`` is no Value.

    >>> from autograd_nn import Value
    >>> w, x = Value(2.0, "w"), Value(3.0, "x")
    >>> error = w * x - 1.0
    >>> error.label = "error"
    >>> print(expression(error**2))
    error = w * x - 1
    error**2
    >>> expression(error**2, unfold=True)
    '(w * x - 1)**2'
    """
    lines = Formula(v, latex=False, unfold=unfold).whole(v)
    return "\n".join(f"{name} = {text}" if name else text for name, text in lines)


class Latex(str):
    """LaTeX as text, which a notebook shows as a formula."""

    __slots__ = ()

    def _repr_latex_(self) -> str:
        # HTML is looked for in it where a notebook is exported: "<" must not begin a tag.
        return f"$$\n{self.replace('<', ' < ')}\n$$"


def to_latex(v: Value, *, unfold: bool = False) -> Latex:
    r"""The formula of a value as LaTeX, for the inside of a math environment.

    Args:
        v: any value.
        unfold: write out labelled intermediate values too, instead of naming them.

    Returns:
        A str: several lines are an ``aligned`` environment.  A notebook shows it as a formula.

    Raises:
        TypeError: ``v`` is no Value.

    >>> from autograd_nn import Value
    >>> w, x = Value(2.0, "w1"), Value(3.0, "x")
    >>> to_latex((w * x).tanh())
    '\\tanh\\left(w_{1} \\cdot x\\right)'
    """
    lines = Formula(v, latex=True, unfold=unfold).whole(v)
    if len(lines) == 1 and not lines[0][0]:
        return Latex(lines[0][1])
    if len(lines) == 1:
        return Latex(f"{lines[0][0]} = {lines[0][1]}")
    rows = [f"{name} &= {text}" if name else f"& {text}" for name, text in lines]
    return Latex("\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}")
