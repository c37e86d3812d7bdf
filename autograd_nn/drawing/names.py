"""Names for values: the user's labels, the names of their variables, or what a value is.

An unlabelled result is named by its short formula (``x1 * w1``), or by its operation where
that would be long (``sum``; ``sum 1`` and ``sum 2`` where there are several); a plain number by
itself; an unlabelled leaf by its kind (``input``, ``parameter 3``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd_nn.checks import describe, shown
from autograd_nn.drawing.text import clean, short_number
from autograd_nn.engine import Value, row_of
from autograd_nn.errors import WrongTypeError
from autograd_nn.nested import is_container, names_of, parts_of, place_of
from autograd_nn.ops import CONSTANT, LEAF, PARAMETER

__all__ = ["Namer", "label_variables", "named_values"]

_WORDS = {"add": "sum", "sub": "difference", "mul": "product", "div": "quotient", "pow": "power"}
_LONGEST_FORMULA = 16
_DEEPEST = 4  # structures are followed no further, so that one in itself ends
_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
# How tightly an operator binds; whatever is not in this table needs no brackets.
_LOOSE = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 2}


def named_values(names: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """The Values in a mapping of names, with their places: ``w[0]``, ``w[1][2]``, ``p['a']``.

    Names that begin with an underscore, and what holds no Values, are passed over, so that
    ``locals()`` and ``globals()`` can be given.
    """
    for name, held in names.items():
        if not isinstance(name, str):
            raise WrongTypeError(f"names are strings, got {describe(name)}")
        if name.startswith("_"):
            continue
        pending: list[tuple[str, Any, int]] = [(name, held, 0)]
        while pending:
            place, item, depth = pending.pop()
            if isinstance(item, Value):
                yield place, item
            elif depth < _DEEPEST:
                inside = [(spelled, part, depth + 1) for spelled, part in _inside(item, place)]
                pending.extend(reversed(inside))


def _inside(item: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The parts of a container or an array of objects, with how Python spells their places."""
    if is_container(item):
        for name, part in zip(names_of(item), parts_of(item), strict=True):
            yield place_of(item, name, place), part
    elif isinstance(item, np.ndarray) and item.dtype == object and item.ndim:
        for i, part in enumerate(item):
            yield f"{place}[{i}]", part


def label_variables(names: Mapping[str, Any]) -> None:
    """Label every unlabelled Value by the name of the variable that holds it.

    Args:
        names: usually ``locals()``; any mapping of names to Values, or lists, dicts,
            dataclasses or arrays of them.  A Value that has a label keeps it; the first name wins.

    Raises:
        TypeError: ``names`` is no mapping.

    >>> x, w = Value(2.0), [Value(3.0), Value(4.0)]
    >>> label_variables({"x": x, "w": w})
    >>> x.label, w[1].label
    ('x', 'w[1]')
    """
    if not isinstance(names, Mapping):
        raise WrongTypeError(
            f"give a mapping of names to Values such as locals(), got {shown(names)}"
        )
    for name, value in named_values(names):
        if not value.label:
            value.label = name


class Namer:
    """The name of each value in a picture, found when it is asked for.

    Args:
        order: all values.
        names: names that come before a value's own label is looked for.
    """

    def __init__(self, order: list[Value], names: Mapping[str, Any] | None = None) -> None:
        self._given = {id(v): clean(name) for name, v in named_values(names or {})}
        self._order = order
        self._found: dict[int, tuple[str, int]] = {}  # name, how loosely it binds
        self._words: set[int] = set()  # those that are named by a word, which may be shared
        self._numbered: dict[int, str] = {}
        self._leaves: dict[int, str] | None = None

    def name(self, node: Value) -> str:
        """The name, cleaned, at most 40 characters."""
        return self._numbered.get(id(node)) or self.word(node)

    def word(self, node: Value) -> str:
        """The name, without a number where it is a word: for a place that shows few values."""
        return self._find(node, _LONGEST_FORMULA)[0]

    def is_word(self, node: Value) -> bool:
        """Whether the name is a word such as ``sum``, that other values may have too."""
        self.word(node)
        return id(node) in self._words

    def has_own_name(self, node: Value) -> bool:
        """Whether the user named it."""
        return id(node) in self._given or bool(node.label)

    def tell_apart(self, drawn: Iterable[Value]) -> None:
        """Number those of some values that would be called the same: ``sum 1``, ``sum 2``."""
        found: dict[str, list[Value]] = {}
        for node in drawn:
            word = self.word(node)
            if id(node) in self._words:
                found.setdefault(word, []).append(node)
        for word, nodes in found.items():
            for k, node in enumerate(nodes if len(nodes) > 1 else (), 1):
                self._numbered[id(node)] = f"{word} {k}"

    def _find(self, node: Value, deep: int) -> tuple[str, int]:
        known = self._found.get(id(node))
        if known is None:
            known = self._make(node, deep)
            if deep == _LONGEST_FORMULA or id(node) not in self._words:
                self._found[id(node)] = known
        return known

    def _leaf(self, node: Value) -> str:
        """A leaf without a name is called by its kind, and a number where there are several."""
        if self._leaves is None:
            self._leaves = {}
            for kind, code in (("input", LEAF), ("parameter", PARAMETER)):
                nodes = [n for n in self._order if n._code == code and not self.has_own_name(n)]
                for k, leaf in enumerate(nodes, 1):
                    self._leaves[id(leaf)] = f"{kind} {k}" if len(nodes) > 1 else kind
        return self._leaves.get(id(node), "input")

    def _make(self, node: Value, deep: int) -> tuple[str, int]:
        own = self._given.get(id(node)) or clean(node.label)
        if own:
            return own, 9
        if node._code == CONSTANT:
            return short_number(node._data), 9 if node._data >= 0.0 else 2
        if node._left is None:
            return self._leaf(node), 9
        row = row_of(node)
        formula = self._formula(node, row.name, deep)
        if formula is not None and len(formula[0]) <= _LONGEST_FORMULA:
            return formula
        self._words.add(id(node))
        return _WORDS.get(row.name, row.name), 9

    def _formula(self, node: Value, op: str, deep: int) -> tuple[str, int] | None:
        """What the value is of its operands; None where one of them has no formula itself."""
        operands = [operand for operand in (node._left, node._right) if operand is not None]
        if deep <= 0:  # every level takes a character or more, so it is too long in any case
            return None
        found = [self._find(operand, deep - 1) for operand in operands]
        if any(id(operand) in self._words for operand in operands):
            return None  # a formula of "sum" says nothing
        left, loose_left = found[0]
        right, loose_right = found[1] if len(found) > 1 else ("", 9)
        start = operands[0]
        if op == "add" and left == "0" and start._code == CONSTANT and not start.label:
            return found[1]  # the 0 with which Python's sum starts
        binds = _LOOSE.get(op, 9)
        if loose_left < binds < 9:
            left = f"({left})"
        if loose_right <= binds and op in ("sub", "div", "mul") and loose_right < 9:
            right = f"({right})"
        if op in _INFIX:
            return f"{left} {_INFIX[op]} {right}", binds
        if op == "pow":
            return f"{left if loose_left == 9 else f'({left})'}**{right}", 3
        if op == "neg":
            return f"-{left}", binds
        return f"{op}({left}{', ' + right if right else ''})", binds
