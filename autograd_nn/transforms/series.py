"""``taylor``: the coefficients of a function's power series, to any order.

The function is recorded once, and a truncated series takes the place of every number, operation
by operation.  For most operations the series of the result follows from that of its slope, which
the table gives in arithmetic that series have too: y' = slope * u'.

Source: A. Griewank and A. Walther, Evaluating Derivatives, 2nd edition (2008), chapter 13.
"""

from __future__ import annotations

import math
import operator
import threading
from collections.abc import Callable, Sequence
from typing import Any

from autograd_nn.checks import describe, is_int
from autograd_nn.conversion import to_float
from autograd_nn.custom import known_in_recording
from autograd_nn.engine import Value, record, require, row_of, topological_order
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.ops import CODES, CONSTANT, div, primitive
from autograd_nn.state import this_thread
from autograd_nn.transforms.compiled import of_compiled
from autograd_nn.transforms.run import differentiating
from autograd_nn.transforms.structure import flatten

__all__ = ["taylor"]


def taylor(f: Callable[..., Any], x: Any, order: int) -> list[Any]:
    """The coefficients of ``f`` around ``x``: ``f(x + t)`` is the sum of ``c[k] * t**k``.

    Args:
        f: a function of one number that returns numbers in any structure.
        x: the number to expand around.
        order: the highest power.

    Returns:
        ``order + 1`` coefficients from the lowest, each structured as the result; the k-th is
        the k-th derivative divided by k!.

    Raises:
        TypeError: ``x`` is no number, or ``order`` no int.
        ValueError: ``order`` is negative; the result holds no number.

    >>> taylor(lambda x: 1 / (1 - x), 0.0, 4)
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if not callable(f):
        raise WrongTypeError(f"taylor takes a function, got {describe(f)}")
    if not is_int(order):
        raise WrongTypeError(f"order is an int, got {describe(order)}")
    if order < 0:
        raise BadArgumentError(f"order is at least 0, got {order}")
    compiled = of_compiled(f, _Taylor(int(order)))
    if compiled is not None:
        return compiled(x)  # type: ignore[no-any-return]
    context = this_thread()
    in_graph = context.differentiating > 0 or context.trace is not None or isinstance(x, Value)
    center = x * 1 if isinstance(x, Value) else Value(to_float(x))
    with differentiating(context, 2):
        leaves, structure = flatten(f(center), "the result")
        if not leaves:
            raise BadArgumentError("taylor: the function returned nothing that holds a number")
        found = _expand([require(leaf) for leaf in leaves], center, int(order), in_graph)
    return [structure.rebuild(line) for line in found]


class _Taylor:
    """What a jitted function is made into; equal for equal orders."""

    def __init__(self, order: int) -> None:
        self._order = order

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x: taylor(f, x, self._order)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Taylor) and other._order == self._order

    def __hash__(self) -> int:
        return hash(self._order)


def _expand(roots: list[Value], center: Value, order: int, in_graph: bool) -> list[list[Any]]:
    """For each power the coefficients of the results."""
    known: dict[int, Series] = {}
    for node in topological_order(*roots):
        first = node if in_graph else node.data
        if node is center:
            known[id(node)] = Series([first, *[1.0, *[0.0] * order][:order]])
            continue
        made = known_in_recording(node)
        row, operands = made or (row_of(node), list(node.operands))
        if any(id(v) in known for v in operands):  # others are constants
            series = [known.get(id(v)) or Series([v if in_graph else v.data]) for v in operands]
            known[id(node)] = _result(row, series, first, order)
    series = [known.get(id(v)) or Series([v if in_graph else v.data]) for v in roots]
    return [[s.at(k) for s in series] for k in range(order + 1)]


class Series:
    """A truncated power series, in the arithmetic of the table's formulas.

    It compares as its first coefficient does: a formula's cases depend on where it is evaluated.

    Args:
        terms: coefficients from the lowest, numbers or Values; those that are left out are 0.
    """

    def __init__(self, terms: Sequence[Any]) -> None:
        end = len(terms)
        while end > 1 and type(terms[end - 1]) is float and terms[end - 1] == 0.0:
            end -= 1
        self.terms = list(terms[:end])

    def at(self, k: int) -> Any:
        """The k-th coefficient."""
        return self.terms[k] if k < len(self.terms) else 0.0

    def cut(self, order: int) -> Series:
        """The series up to this order."""
        return Series(self.terms[: order + 1])

    def __getattr__(self, name: str) -> Any:
        if name not in CODES:
            raise AttributeError(name)
        return lambda *rest: _apply(primitive(name), [self, *map(_series, rest)])

    def __hash__(self) -> int:
        return id(self)


def _series(x: Any) -> Series:
    return x if isinstance(x, Series) else Series([x if isinstance(x, Value) else to_float(x)])


class _Limits(threading.local):
    """How far the formulas go that this thread is evaluating, the innermost last."""

    def __init__(self) -> None:
        self.orders: list[int] = []


_limits = _Limits()


def _apply(row: Any, operands: list[Series]) -> Series:
    """An operation of a formula on series, as far as is asked for."""
    return _result(row, operands, _first(row, [s.terms[0] for s in operands]), _limits.orders[-1])


def _first(row: Any, numbers: list[Any]) -> Any:
    if any(isinstance(x, Value) for x in numbers):
        return record(CODES[row.name], *map(require, numbers))
    return row.scalar(*numbers)


def _result(row: Any, operands: list[Series], first: Any, order: int) -> Series:
    """The series of an operation's result, whose first coefficient is known."""
    if order == 0 or all(len(s.terms) == 1 for s in operands):
        return Series([first])
    known = _RULES.get(row.name)
    found = None if known is None else known(operands, first, order)
    if found is None:
        found = _by_slope(row, operands, first, order)
    return Series(found)


def _by_slope(row: Any, operands: list[Series], first: Any, order: int) -> list[Any]:
    """From y' = slope * u', with the slope as the table has it.

    The slopes of some operations are written with their result: these grow term by term.
    """
    terms = [first]
    steps = range(1, order + 1) if row.name in _BY_RESULT else [order]
    for end in steps:
        _limits.orders.append(end - 1)
        try:
            slopes = row.partials(*[s.cut(end - 1) for s in operands], Series(terms))
        finally:
            _limits.orders.pop()
        along = [_series(slope) for slope in slopes]
        for k in range(len(terms), end + 1):
            total: Any = 0.0
            for s, slope in zip(operands, along, strict=True):
                if len(s.terms) > 1:
                    total = total + _convolved(_slopes(s, k), slope, k - 1)
            terms.append(_divided(total, k))
    return terms


#: Operations of one operand whose partial is written with the result.
_BY_RESULT = ("cbrt", "exp2", "tan", "mills")


def _slopes(s: Series, order: int) -> list[Any]:
    """The coefficients of the derivative, below an order."""
    return [_scaled(j, s.at(j)) for j in range(1, order + 1)]


def _scaled(factor: float, x: Any) -> Any:
    return 0.0 if _is_zero(x) else float(factor) * x


def _divided(x: Any, k: int) -> Any:
    return 0.0 if _is_zero(x) else x / float(k)


def _is_zero(x: Any) -> bool:
    return type(x) is float and x == 0.0


def _convolved(a: Sequence[Any], b: Series, k: int) -> Any:
    """The k-th coefficient of a product."""
    total: Any = 0.0
    for j in range(k + 1):
        left, right = (a[j] if j < len(a) else 0.0), b.at(k - j)
        if not (_is_zero(left) or _is_zero(right)):
            total = total + left * right
    return total


# -- the operations that have a recurrence of their own ---------------------------------------

Rule = Callable[[list[Series], Any, int], "list[Any] | None"]


def _sum(operands: list[Series], first: Any, order: int) -> list[Any]:
    a, b = operands
    return [first, *[_added(a.at(k), b.at(k)) for k in range(1, order + 1)]]


def _added(a: Any, b: Any) -> Any:
    return b if _is_zero(a) else a if _is_zero(b) else a + b


def _difference(operands: list[Series], first: Any, order: int) -> list[Any]:
    a, b = operands
    return [first, *[_added(a.at(k), _negated(b.at(k))) for k in range(1, order + 1)]]


def _negated(x: Any) -> Any:
    return 0.0 if _is_zero(x) else -x


def _negative(operands: list[Series], first: Any, order: int) -> list[Any]:
    return [first, *[_negated(operands[0].at(k)) for k in range(1, order + 1)]]


def _product(operands: list[Series], first: Any, order: int) -> list[Any]:
    a, b = operands
    return [first, *[_convolved(a.terms, b, k) for k in range(1, order + 1)]]


def _quotient(operands: list[Series], first: Any, order: int) -> list[Any]:
    a, b = operands
    terms = [first]
    for k in range(1, order + 1):
        shifted = Series([0.0, *b.terms[1:]])
        terms.append(_over(_added(a.at(k), _negated(_convolved(terms, shifted, k))), b.at(0)))
    return terms


def _over(a: Any, b: Any) -> Any:
    """``a / b`` by IEEE 754."""
    return 0.0 if _is_zero(a) else div(a, b)


def _exponential(operands: list[Series], first: Any, order: int) -> list[Any]:
    u, terms = operands[0], [first]
    for k in range(1, order + 1):
        terms.append(_divided(_convolved(_slopes(u, k), Series(terms), k - 1), k))
    return terms


def _root(operands: list[Series], first: Any, order: int) -> list[Any]:
    """``sqrt``: the square of the result is the operand."""
    u, terms = operands[0], [first]
    for k in range(1, order + 1):
        inner = _convolved([0.0, *terms[1:]], Series([0.0, *terms[1:]]), k)
        terms.append(_over(_added(u.at(k), _negated(inner)), 2.0 * first))
    return terms


def _power(operands: list[Series], first: Any, order: int) -> list[Any] | None:
    """Of a plain exponent: u * y' = n * y * u', and products where u may be 0."""
    u, exponent = operands
    n = exponent.at(0)
    if len(exponent.terms) > 1:
        return _general_power(operands, first, order)
    count = n if not isinstance(n, Value) else n.data if n._code == CONSTANT else math.nan
    if 0.0 <= count <= 64.0 and count == math.floor(count):
        return _by_products(u, int(count), first, order)
    terms = [first]
    for k in range(1, order + 1):
        total: Any = 0.0
        for j in range(1, k + 1):
            factor = n * (j / k) - (1.0 - j / k)
            if not _is_zero(u.at(j)):
                total = total + factor * u.at(j) * terms[k - j]
        terms.append(_over(total, u.at(0)))
    return terms


def _by_products(u: Series, count: int, first: Any, order: int) -> list[Any]:
    """A whole power, by squaring."""
    found, square = Series([1.0]), u
    while count:
        if count & 1:
            found = Series(_cut_product(found, square, order))
        count >>= 1
        square = Series(_cut_product(square, square, order)) if count else square
    return [first, *[found.at(k) for k in range(1, order + 1)]]


def _cut_product(a: Series, b: Series, order: int) -> list[Any]:
    return [_convolved(a.terms, b, k) for k in range(order + 1)]


def _general_power(operands: list[Series], first: Any, order: int) -> list[Any]:
    """``u**v`` as ``exp(v * log(u))``."""
    u, v = operands
    log = _result(primitive("log"), [u], _first(primitive("log"), [u.at(0)]), order)
    exponent = Series(_cut_product(v, log, order))
    return _exponential([exponent], first, order)


def _sine_and_cosine(sine: str, sign: float, is_sine: bool) -> Rule:
    """Both at once, for the other is the slope of each; ``sign`` of the second one's slope."""
    cosine = {"sin": "cos", "sinh": "cosh"}[sine]

    def rule(operands: list[Series], first: Any, order: int) -> list[Any]:
        u = operands[0]
        other = _first(primitive(cosine if is_sine else sine), [u.at(0)])
        s, c = ([first], [other]) if is_sine else ([other], [first])
        for k in range(1, order + 1):
            slopes = _slopes(u, k)
            up = _divided(_convolved(slopes, Series(c), k - 1), k)
            down = _divided(_convolved(slopes, Series(s), k - 1), k)
            s.append(up)
            c.append(_scaled(sign, down) if sign != 1.0 else down)
        return s if is_sine else c

    return rule


def _length(operands: list[Series], first: Any, order: int) -> list[Any] | None:
    """``hypot``: the root of a sum of squares; at the origin the table's slope."""
    if first == 0.0:
        return [first, *[0.0] * order]
    a, b = operands
    squares = [_added(x, y) for x, y in zip(_cut_product(a, a, order), _cut_product(b, b, order),
                                            strict=True)]  # fmt: skip
    return _root([Series(squares)], first, order)


_RULES: dict[str, Rule] = {
    "add": _sum,
    "sub": _difference,
    "neg": _negative,
    "mul": _product,
    "div": _quotient,
    "pow": _power,
    "exp": _exponential,
    "sqrt": _root,
    "sin": _sine_and_cosine("sin", -1.0, True),
    "cos": _sine_and_cosine("sin", -1.0, False),
    "sinh": _sine_and_cosine("sinh", 1.0, True),
    "cosh": _sine_and_cosine("sinh", 1.0, False),
    "hypot": _length,
}


# -- operators, as formulas use them ------------------------------------------------------------


def _operator(name: str, turned: bool) -> Callable[[Series, Any], Series]:
    def method(self: Series, other: Any) -> Series:
        operands = [self, _series(other)]
        return _apply(primitive(name), operands[::-1] if turned else operands)

    return method


def _sign(name: str) -> Callable[[Series], Series]:
    return lambda self: _apply(primitive(name), [self])


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Series, Any], bool]:
    def method(self: Series, other: Any) -> bool:
        return compare(self.terms[0], other.terms[0] if isinstance(other, Series) else other)

    return method


def _equip() -> None:
    """Give series the operators of numbers."""
    names = {name: name for name in ("add", "sub", "mul", "pow", "floordiv", "mod")}
    names["truediv"] = "div"
    for method, name in names.items():
        setattr(Series, f"__{method}__", _operator(name, False))
        setattr(Series, f"__r{method}__", _operator(name, True))
    for method, name in (("neg", "neg"), ("abs", "abs")):
        setattr(Series, f"__{method}__", _sign(name))
    for method in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(Series, f"__{method}__", _comparison(getattr(operator, method)))


_equip()
