"""Expressions of NumPy code: made by arithmetic, simplified, and written with few brackets.

An ``Expr`` stands in for an array in the formulas of the table of primitives, so that a slope is
written in one place only; see ``python_formulas``.  Every simplification keeps the numbers that
IEEE 754 gives: ``1 * x`` is ``x``, ``a + -b`` is ``a - b``, but ``0 * x`` stays, which may be nan.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from autograd_nn.ops import CODES

__all__ = ["Expr", "call", "floating", "leaf", "number", "product", "shape_of", "total", "where"]

Shape = tuple[int, ...]

# How tightly each operator binds, as in Python's grammar.
_TIGHT: Final = {
    "|": 1, "&": 2, "<": 0, "<=": 0, ">": 0, ">=": 0, "==": 0, "!=": 0,
    "+": 3, "-": 3, "*": 4, "/": 4, "//": 4, "@": 4, "neg": 5, "~": 5, "**": 6,
}  # fmt: skip
_ATOM: Final = 9
_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul,
    "divide": operator.truediv, "negative": operator.neg, "positive": operator.pos,
    "power": operator.pow, "absolute": abs, "floor_divide": operator.floordiv,
    "less": operator.lt, "less_equal": operator.le, "greater": operator.gt,
    "greater_equal": operator.ge, "equal": operator.eq, "not_equal": operator.ne,
    "bitwise_and": operator.and_, "bitwise_or": operator.or_,
}  # fmt: skip
_NEGATED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


_WHOLE: Final = ("np.einsum", "np.outer", "np.broadcast_to", "np.full", "shares")


class Expr:
    """A piece of NumPy code.

    Attributes:
        op: an operator, "call", "leaf" or "number".
        args: its operands; the name and the operands of a call; the text of a leaf; a number.
        shape: the sizes that NumPy's rules give the result.
        plain: whether it is a leaf that is a whole array under its own name.
    """

    __slots__ = ("args", "op", "plain", "shape")

    def __init__(self, op: str, args: tuple[Any, ...], shape: Shape, plain: bool = False) -> None:
        self.op, self.args, self.shape, self.plain = op, args, shape, plain

    # -- made by arithmetic ----------------------------------------------------------------

    def __neg__(self) -> Expr:
        if self.op == "number":
            return number(-self.args[0])
        if self.op == "neg":
            return self.args[0]  # type: ignore[no-any-return]
        if self.op in "*/" and isinstance(self.args[0], Expr):
            return _binary(self.op, -self.args[0], self.args[1])
        return Expr("neg", (self,), self.shape)

    def __pos__(self) -> Expr:
        return self

    def __abs__(self) -> Expr:
        return number(abs(self.args[0])) if self.op == "number" else call("np.abs", self)

    def __add__(self, other: Any) -> Expr:
        return _sum(self, _expr(other))

    def __radd__(self, other: Any) -> Expr:
        return _sum(_expr(other), self)

    def __sub__(self, other: Any) -> Expr:
        return _difference(self, _expr(other))

    def __rsub__(self, other: Any) -> Expr:
        return _difference(_expr(other), self)

    def __mul__(self, other: Any) -> Expr:
        return product(self, _expr(other))

    def __rmul__(self, other: Any) -> Expr:
        return product(_expr(other), self)

    def __truediv__(self, other: Any) -> Expr:
        return _quotient(self, _expr(other))

    def __rtruediv__(self, other: Any) -> Expr:
        return _quotient(_expr(other), self)

    def __pow__(self, other: Any) -> Expr:
        return _power(self, _expr(other))

    def __rpow__(self, other: Any) -> Expr:
        return _power(_expr(other), self)

    def __floordiv__(self, other: Any) -> Expr:
        return _apply(np.floor_divide, "//", self, _expr(other))

    def __mod__(self, other: Any) -> Expr:
        return call("mod", self, _expr(other))

    def __lt__(self, other: Any) -> Any:
        return _compared("<", self, _expr(other))

    def __le__(self, other: Any) -> Any:
        return _compared("<=", self, _expr(other))

    def __gt__(self, other: Any) -> Any:
        return _compared(">", self, _expr(other))

    def __ge__(self, other: Any) -> Any:
        return _compared(">=", self, _expr(other))

    def __eq__(self, other: Any) -> Any:
        return _compared("==", self, _expr(other))

    def __ne__(self, other: Any) -> Any:
        return _compared("!=", self, _expr(other))

    __hash__ = object.__hash__

    def __and__(self, other: Any) -> Any:
        if isinstance(other, (bool, np.bool_)):
            return self if other else False
        return Expr("&", (self, other), _joint(self, other))

    def __or__(self, other: Any) -> Any:
        if isinstance(other, (bool, np.bool_)):
            return True if other else self
        return Expr("|", (self, other), _joint(self, other))

    __rand__, __ror__ = __and__, __or__

    def choose(self, a: Any, b: Any) -> Expr:
        """``a`` where this holds, else ``b``: what the formulas of the table ask for."""
        return where(self, _expr(a), _expr(b))

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        operands = [_expr(x) for x in inputs]
        if function.__name__ in _OPERATORS:
            return _OPERATORS[function.__name__](*operands)
        return call(f"np.{function.__name__}", *operands)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function is not np.where or options:
            return NotImplemented
        condition, a, b = args
        return where(condition, _expr(a), _expr(b))

    def __getattr__(self, name: str) -> Callable[..., Expr]:
        if name not in CODES:
            raise AttributeError(name)
        return lambda *others: call(name, self, *map(_expr, others))

    # -- written ---------------------------------------------------------------------------

    def __str__(self) -> str:
        return self.text(0)

    def text(self, tight: int) -> str:
        """The code, in brackets where what is around binds more tightly than ``tight`` allows."""
        written, own = self._written()
        return f"({written})" if own < tight else written

    def _written(self) -> tuple[str, int]:
        if self.op == "leaf":
            return self.args[0], self.args[1]
        if self.op == "number":
            text = _digits(self.args[0])
            if len(self.args) > 1 and text.lstrip("-").isdigit():
                text += ".0"
            return text, _TIGHT["neg"] if text[0] == "-" else _ATOM
        if self.op == "call":
            name, *operands = self.args
            return f"{name}({', '.join(x if isinstance(x, str) else str(x) for x in operands)})", 9
        if self.op == "sum":
            terms, axis = self.args
            return f"{terms.text(_ATOM)}.sum({axis})", _ATOM
        own = _TIGHT[self.op]
        if self.op in ("neg", "~"):
            return ("-" if self.op == "neg" else "~") + self.args[0].text(own), own
        a, b = self.args
        if self.op in _NEGATED or self.op in "&|":  # comparisons bind loosely: always in brackets
            return f"{a.text(own + 3)} {self.op} {b.text(own + 3)}", own
        if self.op == "**":
            return f"{a.text(own + 1)}**{b.text(own)}", own
        return f"{a.text(own)} {self.op} {b.text(own + 1)}", own

    def parts(self) -> Iterator[Expr]:
        """This and all that it is made of, each place once."""
        yield self
        for x in self.args:
            if isinstance(x, Expr):
                yield from x.parts()

    def replaced(self, old: Expr, new: Expr) -> Expr:
        """The same with another expression of the same shape in one place."""
        if self is old:
            return new
        if not any(isinstance(x, Expr) for x in self.args):
            return self
        args = tuple(x.replaced(old, new) if isinstance(x, Expr) else x for x in self.args)
        if all(a is b for a, b in zip(args, self.args, strict=True)):
            return self
        if self.op in _ARITHMETIC:
            return _ARITHMETIC[self.op](*args)
        shape = self.shape
        if self.is_elementwise:
            shape = shape_of(*(x for x in args if isinstance(x, Expr)))
        return Expr(self.op, args, shape)

    @property
    def is_elementwise(self) -> bool:
        """Whether its operands are broadcast beside each other."""
        if self.op == "call":
            name = self.args[0]
            shapes = [x.shape for x in self.args if isinstance(x, Expr)]
            return not isinstance(name, str) or (
                name not in _WHOLE
                and all(isinstance(x, Expr) for x in self.args[1:])
                and bool(shapes)
            )
        return self.op not in ("@", "sum", "leaf", "number")

    def elementwise_parts(self) -> Iterator[Expr]:
        """The parts that are broadcast beside others on the whole way up to this."""
        yield self
        if self.is_elementwise:
            for x in self.args:
                if isinstance(x, Expr):
                    yield from x.elementwise_parts()


def leaf(text: str, shape: Shape, plain: bool = False, tight: int = _ATOM) -> Expr:
    """A name, or code that is taken as it is."""
    return Expr("leaf", (text, tight), shape, plain)


def number(x: float) -> Expr:
    """A number."""
    return Expr("number", (float(x),), ())


def call(name: str, *operands: Expr | str, shape: Shape | None = None) -> Expr:
    """A call of a function; elementwise, where no shape is given."""
    if shape is None:
        shape = shape_of(*(x for x in operands if isinstance(x, Expr)))
    return Expr("call", (name, *operands), shape)


def where(condition: Any, a: Expr, b: Expr) -> Expr:
    """``np.where``."""
    if isinstance(condition, (bool, np.bool_)):
        return a if condition else b
    if a.op == b.op == "number":  # not of integers, of which NumPy would make an array of them
        return call("np.where", condition, floating(a), floating(b))
    return call("np.where", condition, a, b)


def total(terms: Expr, axes: Sequence[int]) -> Expr:
    """``terms.sum(axis=...)``, along axes counted from the first."""
    shape = tuple(n for k, n in enumerate(terms.shape) if k not in axes)
    names = "" if not shape else f"axis={axes[0] if len(axes) == 1 else tuple(axes)}"
    return Expr("sum", (terms, names), shape)


def shape_of(*operands: Expr) -> Shape:
    """What NumPy's rules give."""
    return tuple(np.broadcast_shapes(*(x.shape for x in operands)))


def product(a: Expr, b: Expr) -> Expr:
    """``a * b``."""
    if _is(a, 1.0):
        return b
    if _is(b, 1.0):
        return a
    if _is(a, -1.0):
        return -b
    if _is(b, -1.0):
        return -a
    if a.op == "neg" and b.op != "neg":
        return -product(a.args[0], b)
    if b.op == "neg":
        return product(-a, b.args[0])
    if a is b or (a.op == b.op and a.shape == b.shape and str(a) == str(b)):
        return Expr("**", (a, number(2.0)), a.shape)
    if b.op == "number" and a.op != "number":
        a, b = b, a
    if (
        b.op == "/" and a.op == b.args[1].op == "leaf" and a.args == b.args[1].args
    ):  # a count and its inverse
        return b.args[0]  # type: ignore[no-any-return]
    if b.op == "/" and _is(b.args[0], 1.0):
        return _quotient(a, b.args[1])
    if a.op == "/" and _is(a.args[0], 1.0):
        return _quotient(b, a.args[1])
    return _apply(np.multiply, "*", a, b)


def _sum(a: Expr, b: Expr) -> Expr:
    if b.op == "neg":
        return _binary("-", a, b.args[0])
    if b.op == "number" and b.args[0] < 0.0:
        return _difference(a, number(-b.args[0]))
    if b.op == "*" and b.args[0].op == "number" and b.args[0].args[0] < 0.0:
        return _binary("-", a, -b)
    if a.op == "neg" and b.op != "number":
        return _binary("-", b, a.args[0])
    return _apply(np.add, "+", a, b)


def _difference(a: Expr, b: Expr) -> Expr:
    if b.op == "neg":
        return _sum(a, b.args[0])
    return _apply(np.subtract, "-", a, b)


def _quotient(a: Expr, b: Expr) -> Expr:
    if _is(b, 1.0):
        return a
    if a.op == "neg":
        return -_quotient(a.args[0], b)
    return _apply(np.divide, "/", a, b)


def _power(a: Expr, b: Expr) -> Expr:
    if _is(b, 0.5) and a.op != "number":  # NumPy's ``**`` takes the root, which is nan at -inf
        return call("np.float_power", a, b)
    return a if _is(b, 1.0) else _apply(np.power, "**", a, b)


def _apply(function: Any, op: str, a: Expr, b: Expr) -> Expr:
    """An operator; of two numbers what it gives, where that can be written shortly."""
    if a.op == b.op == "number":
        with np.errstate(all="ignore"):
            return number(float(function(a.args[0], b.args[0])))
    return _binary(op, a, b)


def _binary(op: str, a: Expr, b: Expr) -> Expr:
    return Expr(op, (a, b), _joint(a, b))


def _compared(op: str, a: Expr, b: Expr) -> Any:
    if a.op == b.op == "number":
        x, y = a.args[0], b.args[0]
        return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}[op]
    if a.op == "number":
        op, a, b = _NEGATED[op], b, a
    return _binary(op, a, b)


def _times(a: Expr, b: Expr) -> Expr:
    """``a * b`` without a change of how it rounds."""
    if a.op == b.op == "number" or any(_is(x, sign) for x in (a, b) for sign in (1.0, -1.0)):
        return product(a, b)
    return _binary("*", a, b)


#: How the operators are made where an operand is replaced.
_ARITHMETIC: Final[dict[str, Callable[..., Expr]]] = {
    "+": _sum,
    "-": _difference,
    "*": _times,
    "/": _quotient,
    "neg": lambda x: -x,
}


def _expr(x: Any) -> Expr:
    return x if isinstance(x, Expr) else number(float(x))


def _is(x: Expr, value: float) -> bool:
    return bool(x.op == "number" and x.args[0] == value)


def _joint(a: Expr, b: Expr) -> Shape:
    return shape_of(a, b)


def floating(x: Expr) -> Expr:
    """A number that is written with a point."""
    return Expr("number", (x.args[0], True), ())


def _digits(x: float) -> str:
    if math.isnan(x):
        return "np.nan"
    if math.isinf(x):
        return "np.inf" if x > 0 else "-np.inf"
    if x == int(x) and abs(x) < 1e6 and (x or math.copysign(1.0, x) > 0):
        return str(int(x))
    return repr(x)
