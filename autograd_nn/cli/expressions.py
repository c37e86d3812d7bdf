"""Arithmetic that is given as text: ``"(w*x - t)**2"`` to a function of its names.

The text is read by Python's own parser, and what it finds is translated only where it is one of
these: a number, a name, ``+ - * / // % **``, or a call of a function of the table by its name.
Everything else is an error with its column.  Nothing of the text is ever run as Python: what runs
are the operations of the table, on floats and Values.

What is left out: comparisons and structures, which are no numbers.  ``maximum``, ``minimum``,
``relu``, ``abs`` and ``clip`` choose.
"""

from __future__ import annotations

import ast
import inspect
import math
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Literal, NamedTuple

from autograd_nn import functions
from autograd_nn.checks import did_you_mean, shown
from autograd_nn.errors import BadArgumentError, ExpressionError
from autograd_nn.functions import activations, table

__all__ = ["CONSTANTS", "FUNCTIONS", "Expression", "check_name", "outlandish", "parse"]

_LONGEST = 2_000  # characters: a picture of more could not be read, and the parser stays shallow

CONSTANTS: dict[str, float] = {"pi": math.pi, "inf": math.inf, "nan": math.nan}

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.USub: "neg",
}
#: What else Python's parser may find, in words, and what to write instead.
_REFUSED: dict[type[ast.AST], str] = {
    ast.BitXor: "^ is no power here: write **",
    ast.MatMult: "@ multiplies arrays, and names are single numbers here: write *",
    ast.Compare: "a comparison is no number: maximum, minimum, relu, abs and clip choose",
    ast.BoolOp: "'and' and 'or' give no number: maximum and minimum choose",
    ast.Not: "'not' gives no number",
    ast.IfExp: "'if' gives no formula: maximum, minimum, relu, abs and clip choose",
    ast.Attribute: "names have no attributes here: write exp(x), not x.exp() or math.exp(x)",
    ast.Subscript: "names are single numbers here: write w0, w1 instead of w[0], w[1]",
    ast.Lambda: "a lambda is no number",
    ast.NamedExpr: "':=' gives no name here: numbers follow the expression, as w=2",
    ast.JoinedStr: "a text is no number",
    ast.Starred: "'*' before a name spreads a list, and there are none here",
    ast.Tuple: "one expression, not several: leave the comma out",
}
#: What others call by a name that is not near ours.
_WRITTEN = {"ln": "log(x)", "pow": "x**y", "max": "maximum(x, y)", "min": "minimum(x, y)"}
_ELSE = "only numbers, names, + - * / // % ** and functions are arithmetic"


class _Function(NamedTuple):
    """A function that may be called, and the fewest and most numbers it takes."""

    call: Callable[..., Any]
    least: int
    most: int


def _numbers_taken(function: Callable[..., Any]) -> tuple[int, int]:
    taken = [
        p for p in inspect.signature(function).parameters.values() if not isinstance(p.default, str)
    ]
    return sum(p.default is p.empty for p in taken), len(taken)


def _functions() -> dict[str, _Function]:
    names = sorted({*table.__all__, *activations.__all__} & set(functions.__all__))
    found = {
        name: _Function(call, *_numbers_taken(call))
        for name, call in ((name, getattr(functions, name)) for name in names)
    }
    flat = {"ceil": "ceil", "floor": "floor", "round": "rint", "sign": "sign", "trunc": "trunc"}
    for name, row in flat.items():
        found[name] = _Function(partial(table.apply, row), 1, 1)
    return dict(sorted(found.items()))


FUNCTIONS: dict[str, _Function] = _functions()


class _Step(NamedTuple):
    """One step of the stack machine: push a number or a name, or apply to the last ``operands``."""

    kind: Literal["number", "name", "apply"]
    what: Any
    operands: int = 0


class Expression:
    """A function of the names in a text.

    Attributes:
        text: as it was given, without spaces around.
        names: each name, in the order of first use, with its column counted from 0.
    """

    def __init__(self, text: str, names: dict[str, int], steps: list[_Step]) -> None:
        self.text, self.names, self._steps = text, names, steps

    def __call__(self, given: Mapping[str, Any]) -> Any:
        """The result at these numbers: a Value if one of them is, else a float.

        Args:
            given: a float or Value for each of ``names``.
        """
        stack: list[Any] = []
        for step in self._steps:
            if step.kind == "apply":
                operands = stack[len(stack) - step.operands :]
                del stack[len(stack) - step.operands :]
                stack.append(step.what(*operands))
            else:
                stack.append(given[step.what] if step.kind == "name" else step.what)
        return stack[0]


def parse(text: str) -> Expression:
    """What the text computes.

    Args:
        text: arithmetic as in Python, at most 2,000 characters.

    Raises:
        ExpressionError: it holds anything else than arithmetic; with the column.

    >>> loss = parse("(w*x - 7)**2")
    >>> loss({"w": 2.0, "x": 5.0})
    9.0
    >>> parse("9**9**9")({})
    inf
    >>> parse("w.data")
    Traceback (most recent call last):
        ...
    autograd_nn.errors.ExpressionError: names have no attributes here: write exp(x), not x.exp() ...
    """
    # A line's end is a space, so that one line of text is one line for the parser.
    text = "".join(" " if c.isspace() else c for c in text).strip()
    reader = _Reader(text)
    steps = list(reader.steps(reader.tree()))
    return Expression(text, reader.names, steps)


def check_name(name: str) -> str:
    """The name as Python's parser reads it, where an expression can use it.

    Raises:
        ValueError: it is no name, or means something else in an expression.

    >>> check_name("w1")
    'w1'
    """
    name = unicodedata.normalize("NFKC", name)
    what = f"{shown(name)} cannot be a name"
    if name in FUNCTIONS or name in CONSTANTS:
        raise BadArgumentError(f"{what}: in an expression it is a {_kind(name)}")
    tree = None
    if name.isidentifier():
        with suppress(SyntaxError):  # a word of Python, such as lambda
            tree = ast.parse(name, mode="eval").body
    if not isinstance(tree, ast.Name):
        raise BadArgumentError(f"{what}: letters, digits and _ make one, as w, x1 or learning_rate")
    return name


def _kind(name: str) -> str:
    return "function" if name in FUNCTIONS else "constant"


class _Reader:
    """Walks what the parser found; notes the names, and stops at what is no arithmetic."""

    def __init__(self, text: str) -> None:
        self.text, self.names = text, dict[str, int]()
        if len(text) > _LONGEST:
            found = f"it has {len(text):,} characters, and an expression at most {_LONGEST:,}"
            raise ExpressionError(found, text[:60] + "...")
        if "#" in text:
            raise self._error("a comment is no part of an expression", text.index("#"))
        if "\0" in text:
            raise self._error("a null is no part of an expression", text.index("\0"))
        if not text:
            raise self._error("the expression is empty", None)

    def _error(self, message: str, column: int | None) -> ExpressionError:
        return ExpressionError(message, self.text, column)

    def tree(self) -> ast.expr:
        """The text as Python's parser reads it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about literals such as 1if; refused below
                return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            # What is missing at the end is reported at the start of a next line, which is none.
            ended = (error.lineno or 1) > 1 or not error.offset
            column = len(self.text) if ended else min((error.offset or 1) - 1, len(self.text))
            raise self._error(_in_words(error.msg, self.text, column), column) from None
        except (RecursionError, MemoryError):
            raise self._error("it is nested too deep", None) from None
        except ValueError as error:  # characters that no text file can hold
            raise self._error(f"it cannot be read: {error}", None) from None

    def steps(self, tree: ast.expr) -> Iterator[_Step]:
        """The operations in the order in which they are computed."""
        waiting: list[ast.expr | _Step] = [tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, _Step):
                yield node
            elif isinstance(node, ast.Constant):
                yield self._number(node)
            elif isinstance(node, ast.Name):
                yield self._name(node)
            else:
                step, operands = self._operation(node)
                if step is not None:
                    waiting.append(step)
                waiting += reversed(operands)

    def _column(self, node: ast.expr) -> int:
        """In characters, where the parser counts bytes."""
        return len(self.text.encode()[: node.col_offset].decode())

    def _number(self, node: ast.Constant) -> _Step:
        # A bool is an int to Python, and a text such as "2" is none.
        if type(node.value) not in (int, float):
            what = "an imaginary number" if isinstance(node.value, complex) else shown(node.value)
            raise self._error(f"{what} is no number here", self._column(node))
        try:
            number = float(node.value)  # type: ignore[arg-type]  # of the two types above
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            raise self._error("a number beyond the largest float, 1.8e308", self._column(node))
        return _Step("number", number)

    def _name(self, node: ast.Name) -> _Step:
        if node.id in CONSTANTS:
            return _Step("number", CONSTANTS[node.id])
        if node.id in FUNCTIONS:
            call = f"{node.id}({', '.join('xyz'[: FUNCTIONS[node.id].least])})"
            raise self._error(f"{node.id} is a function: write {call}", self._column(node))
        self.names.setdefault(node.id, self._column(node))
        return _Step("name", node.id)

    def _operation(self, node: ast.expr) -> tuple[_Step | None, list[ast.expr]]:
        """What is applied, and to what; None for a plus sign, which changes nothing."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
            return None, [node.operand]
        if isinstance(node, (ast.BinOp, ast.UnaryOp)):
            operands = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]
            name = _OPERATORS.get(type(node.op))
            if name is None:
                raise self._error(*self._why(node.op, node))
            return _Step("apply", partial(table.apply, name), len(operands)), operands
        if isinstance(node, ast.Call):
            return _Step("apply", self._called(node).call, len(node.args)), node.args
        raise self._error(*self._why(node, node))

    def _why(self, what: ast.AST, node: ast.expr) -> tuple[str, int]:
        """Why this is no arithmetic, and where it stands."""
        column = self._column(node)
        front: ast.expr | None = None
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            front = node.value
        elif isinstance(node, (ast.BinOp, ast.Compare)):
            front = node.left
        if front is not None:  # the sign is meant, not what stands before it
            end = len(self.text.encode()[: front.end_col_offset].decode())
            column = next((i for i in range(end, len(self.text)) if self.text[i] not in " )"), end)
        return _REFUSED.get(type(what), _ELSE), column

    def _called(self, node: ast.Call) -> _Function:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, (ast.Attribute, ast.Subscript)):
                raise self._error(*self._why(node.func, node.func))
            raise self._error(
                "a function is called by its name, and a product is written with *, as 2*(x)",
                self._column(node.func),
            )
        name, column = node.func.id, self._column(node.func)
        if name not in FUNCTIONS:
            hint = f"write {_WRITTEN[name]}" if name in _WRITTEN else did_you_mean(name, FUNCTIONS)
            if not hint and len(name) < 3:
                hint = f"a product is written with *, as {name}*(...). "
            known = "" if hint else f"known are {', '.join(FUNCTIONS)}"
            what = f"unknown function {shown(name)}{outlandish(name)}"
            raise self._error(f"{what}: {hint}{known}".rstrip(), column)
        if node.keywords:
            at = len(self.text.encode()[: node.keywords[0].col_offset].decode())
            raise self._error(f"{name} takes its numbers in order, without names", at)
        for part in node.args:
            if isinstance(part, ast.Starred):
                raise self._error(_REFUSED[ast.Starred], self._column(part))
        function = FUNCTIONS[name]
        if not function.least <= len(node.args) <= function.most:
            span = sorted({function.least, function.most})
            wanted = " or ".join(map(str, span)) + " number" + "s" * (span[-1] > 1)
            raise self._error(f"{name} takes {wanted}, got {len(node.args)}", column)
        return function


def outlandish(name: str) -> str:
    """Which letters of a name are not of the keyboard's: one may look like another.

    >>> outlandish("w1"), outlandish("\u0435")
    ('', ' (with CYRILLIC SMALL LETTER IE)')
    """
    odd = [c for c in name if not c.isascii()]
    names = ", ".join(unicodedata.name(c, f"U+{ord(c):04X}") for c in odd[:2])
    return f" (with {names})" if odd else ""


def _in_words(message: str | None, text: str, column: int) -> str:
    """What Python's parser says of a text that it cannot read, with what is likely meant."""
    message = message or "invalid syntax"
    if message.startswith("too many nested"):
        return "it is nested too deep"
    if text[column : column + 1] == "=":
        return "'=' is no part of an expression: numbers follow it, as w=2"
    if "literal" in message:
        return f"{message}: a product is written with *, as 2*x"
    if message.startswith("invalid syntax"):
        return "this cannot follow here; a product is written with *, a power with **"
    return message
