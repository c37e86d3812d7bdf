"""Whether a backend computes what the reference interpreter does, item by item of a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from random_plans import random_plan

from autograd_nn.jit.backends import reference
from autograd_nn.jit.plan import ADJOINTS, VALUES, Access, Item, Lines, Loop, Nest, walk
from autograd_nn.jit.plan.plan import Plan
from autograd_nn.jit.plan.printing import printed
from autograd_nn.jit.plan.reference import evaluate

__all__ = ["assert_agrees", "assert_items_agree", "prepared"]

RELATIVE = 1e-12
TINY = 1e-305  # numbers below have fewer digits


def assert_agrees(compile_items: Callable[..., Any], seed: int) -> None:
    """Run a random plan and its way back, each item from the reference's numbers on.

    Args:
        compile_items: ``compile`` of a backend.
    """
    made = random_plan(seed)
    plan, buffers = made.plan, prepared(made.plan, made.numbers)
    assert_items_agree(compile_items, plan, plan.items, buffers, f"seed {seed}")
    for buffer, first, end in made.back.cleared:
        buffers[buffer][first:end] = 0.0
    buffers[ADJOINTS][made.back.seeds[0]] = 1.0
    assert_items_agree(compile_items, plan, made.back.items, buffers, f"seed {seed}, back")


def prepared(plan: Plan, numbers: Sequence[Any]) -> list[Any]:
    """Buffers of a plan with the numbers of its leaves."""
    buffers = plan.buffers()
    plan.load(buffers, numbers)
    return buffers


def assert_items_agree(
    compile_items: Callable[..., Any],
    plan: Plan,
    items: Sequence[Item],
    buffers: list[Any],
    where: str,
) -> None:
    """Run items one by one on buffers; each leaves the reference's numbers there."""
    for item in items:
        found, before = [x.copy() for x in buffers], [x.copy() for x in buffers]
        with np.errstate(all="ignore"):
            compile_items([item], plan.sizes).bind(found)()
            reference.compile([item], plan.sizes).bind(buffers)()
            sizes = _contributions(item, before, buffers)
        for number, (x, y, size) in enumerate(zip(found, buffers, sizes, strict=True)):
            _compare(x, y, size, f"{where}, buffer {number}:\n{printed([item], plan.names)}")


def _compare(found: Any, expected: Any, size: Any, what: str) -> None:
    """Compare a buffer; ``size`` is how large the numbers were that made each cell's.

    None where nothing may differ, not even the sign of a zero.
    """
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), what)
    finite = np.isfinite(expected)
    if size is None:
        np.testing.assert_array_equal(found, expected, what)
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]), what)
        return
    np.testing.assert_array_equal(found[~finite], expected[~finite], what)
    with np.errstate(all="ignore"):
        off = np.abs(found - expected) > RELATIVE * size + TINY
    worst = np.flatnonzero(off & finite)[:5]
    assert not len(worst), f"{what}\ncells {worst}: {found[worst]}, not {expected[worst]}"


def _contributions(item: Item, before: list[Any], after: list[Any]) -> list[Any]:
    """For every cell of every buffer how large the numbers were that made it."""
    if not isinstance(item, Loop) and item.exact:
        return [None] * len(before)
    if isinstance(item, Lines):  # each may round otherwise, and hands that on to the next
        largest = max(np.abs(x[np.isfinite(x)]).max(initial=1.0) for x in after)
        return [np.full(len(x), largest * len(item.codes)) for x in before]
    if isinstance(item, Loop):
        inner = [x for x, _ in walk([item])]
        rounds = prod(x.count for x in inner if isinstance(x, Loop))
        terms = max(x.points for x in inner if isinstance(x, Nest))
        largest = max(np.abs(x[np.isfinite(x)]).max(initial=1.0) for x in after)
        return [np.full(len(x), largest * (rounds + terms)) for x in before]
    absolute = [np.abs(x) for x in before]
    if item.kind == "sum":
        plus = None if item.plus is None else abs(item.plus)
        evaluate([replace(item, factor=abs(item.factor), plus=plus)], absolute)
    elif item.kind == "drop":
        evaluate([item], [before[VALUES], *absolute[1:]])
    elif item.kind in ("slope", "share"):  # the terms, one by one, then their sum
        spare = np.zeros(item.points)
        terms_of = Access(len(before), 0, contiguous(item.axes))
        summed = item.summed if item.kind == "share" else 0
        single = replace(item, write=terms_of, summed=summed, factor=1.0, add=False, scatter=False)
        evaluate([single], [*before, spare])
        summed = 0 if item.kind == "share" else item.summed
        total = replace(item, kind="sum", reads=(terms_of,), summed=summed)
        total.factor = abs(item.factor)
        evaluate([total], [*absolute, np.abs(spare)])
    else:
        absolute = [np.abs(x) + np.abs(y) for x, y in zip(before, after, strict=True)]
    return absolute


def contiguous(axes: Sequence[int]) -> tuple[int, ...]:
    """The strides of an array without gaps."""
    return tuple(prod(axes[k + 1 :]) for k in range(len(axes)))
