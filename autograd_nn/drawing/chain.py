"""The chain rule along the paths of a graph, with the numbers of the engine."""

from __future__ import annotations

import math
import re

from autograd_nn.checks import describe
from autograd_nn.drawing.formula import ATOM, Formula
from autograd_nn.drawing.graph import is_plain_power
from autograd_nn.drawing.names import Namer
from autograd_nn.drawing.text import short_number
from autograd_nn.engine import Value, row_of
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.labels import clean
from autograd_nn.ops import CONSTANT

__all__ = ["MOST_PATHS", "ChainRule", "derivative_text"]

MOST_PATHS = 6
_LONGEST_PATH = 12
_WORD = re.compile(r"[^\W\d]\w*(\[\d+\])*\Z")


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
    walk = ChainRule(v)
    return walk.line(walk.goal(wrt))


class ChainRule:
    """Paths from a root, and the factors of each step.

    Args:
        root: what is differentiated.
        names: how each value is called, by its number; else by its formula where that is short.
    """

    def __init__(self, root: Value, names: list[str] | None = None) -> None:
        self.names = names
        self.formula = Formula(root, latex=False, unfold=False)
        self.graph = self.formula.graph
        self.namer = Namer(self.graph.order)
        self.adjoints = [0.0] * len(self.graph.order)
        self.adjoints[-1] = 1.0
        for i in range(len(self.graph.order) - 1, -1, -1):
            for k, slope in self.graph.operands[i]:
                self.adjoints[k] += slope * self.adjoints[i]

    def goal(self, wrt: Value) -> int:
        """The number of ``wrt`` in the graph.

        Raises:
            TypeError: it is not a Value.
            ValueError: it is not in the graph.
        """
        if not isinstance(wrt, Value):
            raise WrongTypeError(f"wrt is a Value of the graph, got {describe(wrt)}")
        found = self.graph.position.get(id(wrt))
        if found is None:
            raise BadArgumentError(
                f"{self.name(len(self.graph.order) - 1)} does not depend on "
                f"{clean(wrt.label) or repr(wrt)}: it is not in its graph."
            )
        return found

    def name(self, i: int) -> str:
        """The label of a value, its formula where that is short, or what it is."""
        if self.names:
            return self.names[i]
        text, _ = self.formula.text[i]
        node = self.graph.order[i]
        return clean(node.label) or (text if len(text) <= 40 else self.namer.name(node))

    def line(self, goal: int) -> str:
        start = f"d {self.around(len(self.graph.order) - 1)}/d {self.around(goal)}"
        if goal == len(self.graph.order) - 1:
            return f"{start} = 1"
        paths = self.paths(goal)
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

    def around(self, i: int) -> str:
        name = self.name(i)
        return name if _WORD.match(name) or clean(self.graph.order[i].label) else f"({name})"

    def paths(self, goal: int, longest: int = _LONGEST_PATH) -> list[list[tuple[int, int]]]:
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
                    counts[i] = min(counts[i] + counts[k], MOST_PATHS + 1)
                    lengths[i] = max(lengths[i], lengths[k] + 1)
        if counts[-1] > MOST_PATHS or lengths[-1] > longest:
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
        factors = [factor for i, j in path for factor in self.factors(i, j)]
        return _joined(factors)

    def _first_steps(self, goal: int) -> list[tuple[str, str, float]]:
        """d v/d u times the local partial, for each value u that uses the goal."""
        root = self.around(len(self.graph.order) - 1)
        terms = []
        for i in range(goal + 1, len(self.graph.order)):
            for j, (k, _) in enumerate(self.graph.operands[i]):
                if k == goal:
                    above = (f"d {root}/d {self.around(i)}", self.adjoints[i])
                    terms.append(_joined([above, *self.factors(i, j)]))
        if len(terms) > MOST_PATHS:
            total = self.adjoints[goal]
            return [(f"the sum over its {len(terms)} uses", short_number(total), total)]
        return terms

    def factors(self, i: int, j: int) -> list[tuple[str, float]]:
        """The local partial of node ``i`` along operand ``j`` as named factors."""
        node = self.graph.order[i]
        slope = self.graph.operands[i][j][1]
        if slope == 1.0 and node.op in ("add", "sub"):
            return []
        written = self._written(i, j)
        product = math.prod(x for _, x in written) if written else math.nan
        if written and (product == slope or math.isclose(product, slope, rel_tol=1e-9)):
            return written
        if written:
            # A number was changed since: the engine uses the slope of that time, and so do we.
            return [(f"d {self.around(i)}", slope)]
        if row_of(node).switch is not None:  # relu and its like: 1 or 0 says it all
            return [(short_number(slope), slope)]
        operands = [self._operand_text(k) for k, _ in self.graph.operands[i]]
        names = dict(zip("ab", operands, strict=False))
        text = row_of(node).spelling.formulas[j].format(y=self._operand_text(i), **names)
        simple = re.fullmatch(r"[\w.\[\]]+(\([^()]*\))?", text)
        return [(text if simple else f"({text})", slope)]

    def _written(self, i: int, j: int) -> list[tuple[str, float]]:
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
        if len(name) > 40 or self.names:
            name = self.name(k)
            return name if _WORD.match(name) else f"({name})"
        return name if binds == ATOM else f"({name})"


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
