"""Names for values: the user's labels, the names of their variables, or what a value is.

An unlabelled result is named by its short formula (``x1 * w1``), or by its operation where
that would be long (``sum``); a plain number by itself; an unlabelled input by its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd_nn.conversion import describe
from autograd_nn.drawing.text import clean, short_number
from autograd_nn.engine import Value, row_of
from autograd_nn.ops import CONSTANT

__all__ = ["Namer", "label_variables", "named_values"]

_WORDS = {"add": "sum", "sub": "difference", "mul": "product", "div": "quotient", "pow": "power"}
_LONGEST_FORMULA = 16
_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
# How tightly an operator binds; whatever is not in this table needs no brackets.
_LOOSE = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 2}


def named_values(names: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """The Values in a mapping of names, with lists and arrays numbered: ``w[0]``, ``w[1][2]``.

    Names that begin with an underscore, and what holds no Values, are passed over, so that
    ``locals()`` and ``globals()`` can be given.
    """
    for name, held in names.items():
        if not isinstance(name, str):
            raise TypeError(f"names are strings, got {describe(name)}")
        if name.startswith("_"):
            continue
        pending: list[tuple[str, Any, int]] = [(name, held, 0)]
        while pending:
            path, item, depth = pending.pop()
            if isinstance(item, Value):
                yield path, item
            elif depth < 4 and (
                isinstance(item, (list, tuple))
                or (isinstance(item, np.ndarray) and item.dtype == object and item.ndim)
            ):
                numbered = [(f"{path}[{i}]", part, depth + 1) for i, part in enumerate(item)]
                pending.extend(reversed(numbered))


def label_variables(names: Mapping[str, Any]) -> None:
    """Label every unlabelled Value by the name of the variable that holds it.

    Args:
        names: usually ``locals()``; any mapping of names to Values, or lists or arrays of
            them.  A Value that has a label keeps it; the first name wins.

    >>> x, w = Value(2.0), [Value(3.0), Value(4.0)]
    >>> label_variables({"x": x, "w": w})
    >>> x.label, w[1].label
    ('x', 'w[1]')
    """
    if not isinstance(names, Mapping):
        raise TypeError(f"give a mapping of names to Values such as locals(), got {names!r:.60}")
    for name, value in named_values(names):
        if not value.label:
            value.label = name


class Namer:
    """The name of each value in a picture.

    Args:
        position: by identity, the number of a value.
        order: the values, operands first.
        names: names that come before a value's own label is looked for.
    """

    def __init__(
        self,
        position: Mapping[int, int],
        order: list[Value],
        names: Mapping[str, Any] | None = None,
    ) -> None:
        self._given = {id(v): clean(name) for name, v in named_values(names or {})}
        self._position = position
        self._names: dict[int, tuple[str, int]] = {}  # name, how loosely it binds
        for node in order:
            self._names[id(node)] = self._make(node)

    def name(self, node: Value) -> str:
        """The name, cleaned, at most 40 characters."""
        found = self._names.get(id(node))
        return found[0] if found else self._make(node)[0]

    def has_own_name(self, node: Value) -> bool:
        """Whether the user named it."""
        return id(node) in self._given or bool(node.label)

    def _make(self, node: Value) -> tuple[str, int]:
        own = self._given.get(id(node)) or clean(node.label)
        if own:
            return own, 9
        if node._code == CONSTANT:
            return short_number(node._data), 9 if node._data >= 0.0 else 2
        if node._left is None:
            return f"v{self._position.get(id(node), 0)}", 9
        row = row_of(node)
        word = (_WORDS.get(row.name, row.name), 9)
        left, loose_left = self._operand(node._left)
        right, loose_right = self._operand(node._right) if node._right is not None else ("", 9)
        binds = _LOOSE.get(row.name, 9)
        if loose_left < binds < 9:
            left = f"({left})"
        if loose_right <= binds and row.name in ("sub", "div", "mul") and loose_right < 9:
            right = f"({right})"
        if row.name in _INFIX:
            formula = f"{left} {_INFIX[row.name]} {right}"
        elif row.name == "pow":
            formula = f"{left if loose_left == 9 else f'({left})'}**{right}"
            binds = 3
        elif row.name == "neg":
            formula = f"-{left}"
        else:
            formula = f"{row.name}({left}{', ' + right if right else ''})"
        return (formula, binds) if len(formula) <= _LONGEST_FORMULA else word

    def _operand(self, node: Value) -> tuple[str, int]:
        return self._names.get(id(node)) or self._make_shallow(node)

    def _make_shallow(self, node: Value) -> tuple[str, int]:
        """The name of a value that has no box: a folded number or sum."""
        if node._left is None:
            return self._make(node)
        return self._names.get(id(node._right), ("sum", 9))
