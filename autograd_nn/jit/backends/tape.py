"""Scalar operations one after another, on lists of floats.

This file is compiled together with the engine where a C compiler is present.

What is left out: getting the numbers from buffers and back, which is ``lines``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

from autograd_nn.codes import (
    ADD,
    DIV,
    FIRST_MAX,
    FIRST_MIN,
    MUL,
    NEG,
    SUB,
)
from autograd_nn.ops import PRIMITIVES

_SCALARS: Final[list[Callable[..., float]]] = [row.scalar for row in PRIMITIVES]


#: What an operation of ``run`` does, below ROW: set, add to or subtract from the result one number
#: or the product of two.  From ROW on it applies that row of the table, from FIRST on the row's
#: partial along its first operand, from SECOND on that along its second.
SET_ONE: Final = 0
ADD_ONE: Final = 1
SUBTRACT_ONE: Final = 2
SET_TWO: Final = 3
ADD_TWO: Final = 4
SUBTRACT_TWO: Final = 5
ROW: Final = 8
FIRST: Final = 1000
SECOND: Final = 2000


def run(
    codes: list[int],
    out: list[int],
    a: list[int],
    b: list[int],
    c: list[int],
    numbers: list[float],
) -> None:
    """Do operations on numbers, in place.

    Args:
        out, a, b, c: which numbers are the results and operands; -1 where there is none.  A
            partial takes the result of its row as the last.
    """
    k: i64 = 0
    n: i64 = len(codes)
    while k < n:
        code: i64 = codes[k]
        to: i64 = out[k]
        x = numbers[a[k]]
        if code >= ROW:
            numbers[to] = _applied(code, x, b[k], c[k], numbers)
        elif code == ADD_TWO:
            numbers[to] += x * numbers[b[k]]
        elif code == SET_TWO:
            numbers[to] = x * numbers[b[k]]
        elif code == ADD_ONE:
            numbers[to] += x
        elif code == SET_ONE:
            numbers[to] = x
        elif code == SUBTRACT_ONE:
            numbers[to] -= x
        else:
            numbers[to] -= x * numbers[b[k]]
        k += 1


def _applied(code: i64, x: float, b: i64, c: i64, numbers: list[float]) -> float:
    """A row of the table, or a partial."""
    if code < FIRST:
        return _SCALARS[code - ROW](x) if b < 0 else _two(code - ROW, x, numbers[b])
    if c < 0:
        slope: tuple[float] = PRIMITIVES[code - FIRST].partials(x, numbers[b])
        return slope[0]
    operand = 0 if code < SECOND else 1
    row = code - FIRST if code < SECOND else code - SECOND
    slopes: tuple[float, float] = PRIMITIVES[row].partials(x, numbers[b], numbers[c])
    return slopes[operand]


def run_forward(codes: list[int], a: list[int], b: list[int], numbers: list[float]) -> None:
    """Append the result of each operation to the numbers.

    Args:
        a, b: which numbers are the operands; ``b`` is -1 where there is one.
    """
    k: i64 = 0
    n: i64 = len(codes)
    while k < n:
        numbers.append(_number(codes[k], a[k], b[k], numbers))
        k += 1


def _number(code: i64, a: i64, b: i64, numbers: list[float]) -> float:
    x = numbers[a]
    if b < 0:
        return -x if code == NEG else _SCALARS[code](x)
    return _two(code, x, numbers[b])


def _two(code: i64, x: float, y: float) -> float:
    """A row with two operands; the hot ones are spelled as the engine spells them."""
    if code == ADD:
        return x + y
    if code == MUL:
        return x * y
    if code == SUB:
        return x - y
    if code == DIV and y != 0.0:
        return x / y
    if code == FIRST_MAX:
        return y if y > x else x
    if code == FIRST_MIN:
        return y if y < x else x
    return _SCALARS[code](x, y)


def run_backward(
    codes: list[int],
    a: list[int],
    b: list[int],
    wanted: list[int],
    numbers: list[float],
    adjoints: list[float],
) -> None:
    """Add to the adjoints of the operands, from the last operation to the first.

    Args:
        wanted: 1 where the first operand takes slopes, 2 the second, 3 both.
        numbers: of the operands, then the results in order.
        adjoints: of all of these.
    """
    k: i64 = len(codes)
    while k > 0:
        k -= 1
        _pass_on(codes[k], a[k], b[k], wanted[k], len(numbers) - len(codes) + k, numbers, adjoints)


def _pass_on(
    code: i64,
    a: i64,
    b: i64,
    wanted: i64,
    out: i64,
    numbers: list[float],
    adjoints: list[float],
) -> None:
    d = adjoints[out]
    x = numbers[a]
    if b < 0:
        if wanted:
            slope: tuple[float] = PRIMITIVES[code].partials(x, numbers[out])
            adjoints[a] += slope[0] * d
        return
    y = numbers[b]
    first = 0.0
    second = 0.0
    if code == MUL:
        first, second = y, x
    elif code == ADD:
        first = second = 1.0
    elif code == SUB:
        first, second = 1.0, -1.0
    elif code == DIV and y != 0.0:
        first, second = 1.0 / y, -numbers[out] / y
    else:
        slopes: tuple[float, float] = PRIMITIVES[code].partials(x, y, numbers[out])
        first, second = slopes[0], slopes[1]
    if wanted & 1:
        adjoints[a] += first * d
    if wanted & 2:
        adjoints[b] += second * d
