"""Formulas of values: as text, as LaTeX, and the chain rule along the paths of the graph.

Labelled values are symbols.  What is used more than once and has no label is named once,
``t1 = ...``, and referred to by that name.

What is left out: simplification.  A formula says what was computed, in that order.
"""

from __future__ import annotations

import math
import re

from autograd_nn.conversion import describe
from autograd_nn.drawing.graph import Simplified, is_plain_power
from autograd_nn.drawing.text import clean, short_number
from autograd_nn.engine import Value, row_of
from autograd_nn.ops import CONSTANT, Primitive

__all__ = ["derivative_text", "expression", "to_latex"]

_BINDS = {"greater": 0, "add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 2, "pow": 3}
_BINDS |= {"mod": 2, "floordiv": 2}
_ATOM = 9
_MOST_PATHS = 6
_LONGEST_LINE = 400  # a longer formula is broken up by naming its parts
_WORD = re.compile(r"[^\W\d]\w*(\[\d+\])*\Z")


class _Formula:
    """The formulas of every value below a root, operands first."""

    def __init__(self, root: Value, latex: bool, unfold: bool) -> None:
        if not isinstance(root, Value):
            raise TypeError(f"a formula is that of a Value, got {describe(root)}")
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
                self.text.append((self._symbol(name) if name else body, _ATOM if name else binds))
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
                self.text.append((symbol, _ATOM))
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
                return text, _ATOM if node._data >= 0.0 and "cdot" not in text else 1
            return (f"v_{{{i}}}" if self.latex else f"v{i}"), _ATOM
        row = row_of(node)
        operands = [self.text[k] for k, _ in self.graph.operands[i]]
        if is_plain_power(node) and node._right is not None:
            number = node._right._data
            operands.append((short_number(number), _ATOM if number >= 0.0 else 1))
        return self._written(row, operands)

    def _written(self, row: Primitive, operands: list[tuple[str, int]]) -> tuple[str, int]:
        name = row.name
        binds = _BINDS.get(name, _ATOM)
        if self.latex:
            if name in ("floordiv", "greater"):  # within brackets of their own
                binds = _ATOM
            shown = [
                _in_brackets(text, tight, need, r"\left(", r"\right)")
                for (text, tight), need in zip(operands, _needs(name, latex=True), strict=False)
            ]
            return row.latex.format_map(dict(zip("ab", shown, strict=False))), binds
        shown = [
            _in_brackets(text, tight, need)
            for (text, tight), need in zip(operands, _needs(name, latex=False), strict=False)
        ]
        if name == "neg":
            return f"-{shown[0]}", binds
        if name in _BINDS:
            space = "" if name == "pow" else " "
            return f"{shown[0]}{space}{row.symbol}{space}{shown[1]}", binds
        return f"{row.symbol}({', '.join(shown)})", _ATOM


def _needs(name: str, latex: bool) -> tuple[int, int]:
    """How tightly each operand must bind to go without brackets."""
    if latex and name in ("div", "floordiv"):
        return 0, 0
    if latex and name == "pow":
        return _ATOM, 0
    return {
        "add": (1, 1),
        "sub": (1, 2),
        "mul": (2, 3),
        "div": (2, 3),
        "mod": (2, 3),
        "floordiv": (2, 3),
        "greater": (1, 1),
        "neg": (3, 0),
        "pow": (_ATOM, 3),
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
    lines = _Formula(v, latex=False, unfold=unfold).whole(v)
    return "\n".join(f"{name} = {text}" if name else text for name, text in lines)


def to_latex(v: Value, *, unfold: bool = False) -> str:
    r"""The formula of a value as LaTeX, for the inside of a math environment.

    Several lines are an ``aligned`` environment.

    >>> from autograd_nn import Value
    >>> w, x = Value(2.0, "w1"), Value(3.0, "x")
    >>> to_latex((w * x).tanh())
    '\\tanh\\left(w_{1} \\cdot x\\right)'
    """
    lines = _Formula(v, latex=True, unfold=unfold).whole(v)
    if len(lines) == 1 and not lines[0][0]:
        return lines[0][1]
    if len(lines) == 1:
        return f"{lines[0][0]} = {lines[0][1]}"
    rows = [f"{name} &= {text}" if name else f"& {text}" for name, text in lines]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


# ---------------------------------------------------------------------------
# The chain rule in words


def derivative_text(v: Value, *, wrt: Value) -> str:
    """The chain rule from ``v`` down to ``wrt``, as the engine walks it, with its numbers.

    One product for each path through the graph, factors of 1 left out.  With many paths, or
    long ones, the first step alone: the slopes of the values that use ``wrt``, each times
    its local partial.

    Args:
        v: the value that is differentiated.
        wrt: the value it is differentiated with respect to.

    Returns:
        ``d v/d wrt = factors = numbers = slope``.

    Raises:
        ValueError: ``v`` does not depend on ``wrt``.

    >>> from autograd_nn import Value
    >>> w1, x1 = Value(5.0, "w1"), Value(2.0, "x1")
    >>> error = w1 * x1 - 3.0
    >>> error.label = "error"
    >>> loss = error**2
    >>> loss.label = "loss"
    >>> derivative_text(loss, wrt=w1)
    'd loss/d w1 = 2 * error * x1 = 2 * 7 * 2 = 28'
    """
    if not isinstance(wrt, Value):
        raise TypeError(f"wrt is a Value of the graph, got {describe(wrt)}")
    walk = _ChainRule(v)
    goal = walk.graph.position.get(id(wrt))
    if goal is None:
        raise ValueError(
            f"{walk.name(len(walk.graph.order) - 1)} does not depend on "
            f"{clean(wrt.label) or repr(wrt)}: it is not in its graph."
        )
    return walk.line(goal)


class _ChainRule:
    """Paths from a root, and the factors of each step."""

    def __init__(self, root: Value) -> None:
        self.formula = _Formula(root, latex=False, unfold=False)
        self.graph = self.formula.graph
        self.adjoints = [0.0] * len(self.graph.order)
        self.adjoints[-1] = 1.0
        for i in range(len(self.graph.order) - 1, -1, -1):
            for k, slope in self.graph.operands[i]:
                self.adjoints[k] += slope * self.adjoints[i]

    def name(self, i: int) -> str:
        text, _ = self.formula.text[i]
        label = clean(self.graph.order[i].label)
        return label or (text if len(text) <= 40 else f"v{i}")

    def line(self, goal: int) -> str:
        start = f"d {self._around(len(self.graph.order) - 1)}/d {self._around(goal)}"
        if goal == len(self.graph.order) - 1:
            return f"{start} = 1"
        paths = self._paths(goal)
        terms = [self._product(path) for path in paths] if paths else self._first_steps(goal)
        words = " + ".join(text for text, _, _ in terms)
        numbers = " + ".join(figures for _, figures, _ in terms)
        total = short_number(self.adjoints[goal])
        parts = [start, words]
        if numbers != words:
            parts.append(numbers)
        if total != parts[-1]:
            parts.append(total)
        return " = ".join(parts)

    def _around(self, i: int) -> str:
        name = self.name(i)
        return name if _WORD.match(name) or clean(self.graph.order[i].label) else f"({name})"

    def _paths(self, goal: int) -> list[list[tuple[int, int]]]:
        """Every path down to ``goal`` as (node, operand) steps; none if there are too many."""
        leads = [False] * len(self.graph.order)
        leads[goal] = True
        counts = [0] * len(self.graph.order)
        counts[goal] = 1
        lengths = [0] * len(self.graph.order)
        for i in range(goal + 1, len(self.graph.order)):
            for k, _ in self.graph.operands[i]:
                if leads[k]:
                    leads[i] = True
                    counts[i] = min(counts[i] + counts[k], _MOST_PATHS + 1)
                    lengths[i] = max(lengths[i], lengths[k] + 1)
        if counts[-1] > _MOST_PATHS or lengths[-1] > 12:
            return []
        found: list[list[tuple[int, int]]] = []
        pending: list[tuple[int, list[tuple[int, int]]]] = [(len(self.graph.order) - 1, [])]
        while pending:
            i, path = pending.pop()
            if i == goal:
                found.append(path)
                continue
            steps = [
                (k, [*path, (i, j)]) for j, (k, _) in enumerate(self.graph.operands[i]) if leads[k]
            ]
            pending.extend(reversed(steps))
        return found

    def _product(self, path: list[tuple[int, int]]) -> tuple[str, str, float]:
        factors = [factor for i, j in path for factor in self._factors(i, j)]
        return _joined(factors)

    def _first_steps(self, goal: int) -> list[tuple[str, str, float]]:
        """d v/d u times the local partial, for each value u that uses the goal."""
        root = self._around(len(self.graph.order) - 1)
        terms = []
        for i in range(goal + 1, len(self.graph.order)):
            for j, (k, _) in enumerate(self.graph.operands[i]):
                if k == goal:
                    above = (f"d {root}/d {self._around(i)}", self.adjoints[i])
                    terms.append(_joined([above, *self._factors(i, j)]))
        if len(terms) > _MOST_PATHS:
            total = self.adjoints[goal]
            return [(f"the sum over its {len(terms)} uses", short_number(total), total)]
        return terms

    def _factors(self, i: int, j: int) -> list[tuple[str, float]]:
        """The local partial of node ``i`` along operand ``j`` as named factors."""
        node = self.graph.order[i]
        slope = self.graph.operands[i][j][1]
        if slope == 1.0 and node.op in ("add", "sub"):
            return []
        written = self._written_factors(i, j)
        product = math.prod(x for _, x in written) if written else math.nan
        if written and (product == slope or math.isclose(product, slope, rel_tol=1e-9)):
            return written
        if written:
            # A number was changed since: the engine uses the slope of that time, and so do we.
            return [(f"d {self._around(i)}", slope)]
        if row_of(node).switch is not None:  # relu and its like: 1 or 0 says it all
            return [(short_number(slope), slope)]
        operands = [self._operand_text(k) for k, _ in self.graph.operands[i]]
        names = dict(zip("ab", operands, strict=False))
        text = row_of(node).formulas[j].format(y=self._operand_text(i), **names)
        simple = re.fullmatch(r"[\w.\[\]]+(\([^()]*\))?", text)
        return [(text if simple else f"({text})", slope)]

    def _written_factors(self, i: int, j: int) -> list[tuple[str, float]]:
        node = self.graph.order[i]
        pairs = self.graph.operands[i]
        if node.op in ("sub", "neg"):
            return [("-1", -1.0)]
        if node.op == "mul":
            k = pairs[1 - j][0]
            return [(self._operand_text(k), self.graph.order[k]._data)]
        if is_plain_power(node) and node._right is not None:
            exponent = node._right._data
            k = pairs[0][0]
            base, data = self._operand_text(k), self.graph.order[k]._data
            if exponent == 1.0:
                return [("1", 1.0)]
            if exponent == 2.0:
                return [("2", 2.0), (base, data)]
            lowered = short_number(exponent - 1.0)
            power = row_of(node).scalar(data, exponent - 1.0)
            lowered = lowered if exponent > 1.0 else f"({lowered})"
            return [(short_number(exponent), exponent), (f"{base}**{lowered}", power)]
        return []

    def _operand_text(self, k: int) -> str:
        node = self.graph.order[k]
        if node.label or node._code == CONSTANT:
            return clean(node.label) or short_number(node._data)
        name, binds = self.formula.text[k]
        name = name if len(name) <= 40 else f"v{k}"
        return name if binds == _ATOM or name == f"v{k}" else f"({name})"


def _joined(factors: list[tuple[str, float]]) -> tuple[str, str, float]:
    product = math.prod(x for _, x in factors)
    kept = [(text, x) for text, x in factors if text != "1"]
    if not kept:
        return "1", "1", 1.0
    words = " * ".join(_negative(text) if n else text for n, (text, _) in enumerate(kept))
    figures = [short_number(x) for _, x in kept]
    return words, " * ".join(_negative(f) if n else f for n, f in enumerate(figures)), product


def _negative(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
