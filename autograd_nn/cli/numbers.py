"""``NAME=NUMBER`` of the command line, and the graph of an expression at these numbers.

What is left out: reading the expression itself (``expressions``).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from autograd_nn.checks import did_you_mean, shown
from autograd_nn.cli.expressions import Expression, check_name, outlandish, parse
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, ExpressionError

__all__ = ["Graph", "graph_of", "number", "numbers_by_name", "point"]

_LONGEST_LIST = 100_000  # characters


def number(text: str) -> float:
    """The number that a text says: ``2``, ``-1e-3``, ``1/3``, ``pi/2``.

    Raises:
        ExpressionError: it is none.

    >>> number("1/4")
    0.25
    """
    try:
        return float(text)
    except ValueError:
        expression = parse(text)
    if expression.names:
        name, column = next(iter(expression.names.items()))
        raise ExpressionError(f"{name} is no number", expression.text, column)
    return float(expression({}))


def point(text: str) -> Any:
    """A number, or an array of what Python writes as lists of numbers.

    Raises:
        ValueError: a list that holds something else, or rows of different lengths.
        ExpressionError: neither a list nor a number.

    >>> point("[[1, 2], [3, 4.5]]")
    array([[1. , 2. ],
           [3. , 4.5]])
    """
    if not text.lstrip().startswith("["):
        return number(text)
    if len(text) <= _LONGEST_LIST:
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError, OverflowError):
            found = np.array(ast.literal_eval(text.strip()))
            if found.size and found.dtype.kind in "fi":
                return found.astype(float)
    raise BadArgumentError(
        f"{shown(text)} is no list of numbers, such as [0, 2, 1] or [[1, 2], [3, 4]]"
    )


def numbers_by_name(
    given: Sequence[str],
    read: Callable[[str], Any] = number,
    check: Callable[[str], str] = check_name,
) -> dict[str, Any]:
    """The numbers that ``NAME=NUMBER`` texts give.

    Args:
        given: the texts.
        read: what reads the part behind the ``=``.
        check: what reads the name before it, or raises a ValueError.

    Raises:
        ValueError: a text of another form, a name that cannot be one, or a name given twice.
        ExpressionError: what stands behind the ``=`` is no number.

    >>> numbers_by_name(["w=2", "rate=1e-2"])
    {'w': 2.0, 'rate': 0.01}
    """
    found: dict[str, Any] = {}
    for text in given:
        name, sign, says = text.partition("=")
        if not sign or not says.strip():
            raise BadArgumentError(f"NAME=NUMBER is expected, as w=2, got {shown(text)}")
        try:
            name = check(name.strip())
        except BadArgumentError as error:
            raise BadArgumentError(f"{text[:60]}: {error}") from None
        if name in found:
            raise BadArgumentError(f"{name} is given twice: leave one of them out")
        found[name] = read(says)
    return found


class Graph(NamedTuple):
    """An expression at the given numbers.

    Attributes:
        text: the expression.
        root: the result, after ``backward()``.
        leaves: the Value of each name, in the order of first use.
    """

    text: str
    root: Value
    leaves: dict[str, Value]


def graph_of(text: str, given: Sequence[str], label: str = "") -> Graph:
    """The graph of an expression, with the slopes of every name.

    Args:
        text: the expression.
        given: ``NAME=NUMBER`` for each of its names.
        label: a name for the result.

    Raises:
        ExpressionError: it is no arithmetic, holds no name, or a number is missing.
        ValueError: a number is given twice, or for a name that is not there.

    >>> graph_of("w*x", ["w=2", "x=5"]).leaves["w"].grad
    5.0
    """
    expression = parse(text)
    numbers = numbers_by_name(given)
    _check_names(expression, numbers)
    leaves = {name: Value(numbers[name], label=name) for name in expression.names}
    root = expression(leaves)
    if label and any(root is leaf for leaf in leaves.values()):
        root = root * 1.0  # the result is called otherwise than the name that it is
    root.label = label or root.label
    root.backward()
    return Graph(expression.text, root, leaves)


def _check_names(expression: Expression, numbers: Mapping[str, float]) -> None:
    names = expression.names
    if not names:
        raise ExpressionError(
            "there is no name in it, so nothing to differentiate: write w*3 and give w=2",
            expression.text,
        )
    missing = [name for name in names if name not in numbers]
    if missing:
        wanted = " ".join(f"{name}=NUMBER" for name in missing)
        letters = outlandish(missing[0])
        message = f"no number for {_and(missing)}{letters}: add {wanted}"
        raise ExpressionError(message, expression.text, names[missing[0]])
    unused = [name for name in numbers if name not in names]
    if unused:
        hint = did_you_mean(unused[0], names)
        raise BadArgumentError(
            f"{_and(unused)} {'is' if len(unused) == 1 else 'are'} not in the expression"
            + (f": {hint.rstrip()}" if hint else f", which has {_and(list(names))}")
        )


def _and(names: Sequence[str]) -> str:
    """The names as a sentence has them; no more than a sentence can hold."""
    if len(names) > 6:
        return f"{', '.join(names[:6])} and {len(names) - 6} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
