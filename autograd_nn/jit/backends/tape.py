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
    y = numbers[b]
    # The hot ones are spelled here, as the engine spells them; a test holds them to the table.
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
