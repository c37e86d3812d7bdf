"""What ``print(program)`` shows: a line per pack, with its shape and how it runs."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.jit.address import Layout
from autograd_nn.jit.packs import Block, Pack

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["listing"]


def listing(program: Program) -> str:
    """A program for people.

    >>> from autograd_nn.jit import jit
    >>> dense = jit(lambda w, x: [sum(a * b for a, b in zip(r, x)).relu() for r in w])
    >>> print(dense.program(np.ones((64, 32)), np.ones(32)))
    4160 operations in 2 packs
      p4 (64) = sum of 32: a0 * a1   matmul (64x32)(32x1)
      p5 (64) = relu(p4)
    """
    regions = program.packing.regions
    first = f"{program.recorded} operations in {program.packs} packs"
    if program.guards:
        first += f", {len(program.guards)} guards"
    lines = [first]
    for p in program.packing.packs:
        row = "rows x " if regions[p.region].rows else ""
        lines.append(f"  p{p.region} ({row}{p.size}) = {_expression(program, p)}")
    return "\n".join(lines)


def _name(program: Program, region: int, positions: Any = None) -> str:
    """A region by its name, or the one constant in it that is read."""
    if region == program.inputs + 1 and positions is not None:
        used = np.unique(positions[positions >= 0])
        if len(used) == 1:
            return f"{program.constants[used[0]]:g}"
    is_leaf = region < program.inputs + 2
    return program.packing.regions[region].name if is_leaf else f"p{region}"


def _expression(program: Program, p: Pack) -> str:
    if p.table is not None:
        tables = ", ".join(_name(program, r) for r in sorted(p.sources))
        return f"take({tables}, {_name(program, p.blocks[0].a_region)})   look-up"
    nests: list[Layout | None] = [] if program.on_floats else [*program.layouts.get(p.region, [])]
    how = "" if nests else "   straight-line"
    parts: list[str] = []
    for block, nest in zip(p.blocks, nests or [None] * len(p.blocks), strict=True):
        a, b = _name(program, block.a_region, block.a), _name(program, block.b_region, block.b)
        count = _count(block)
        if p.is_reduction:
            parts.append(f"{p.name} of {count}: {a}" if not parts else f"and {count}: {a}")
        elif p.code:
            parts.append(f"{p.name}({a})" if block.b is None else f"{p.name}({a}, {b})")
        else:
            sign = "-" if block.sign < 0 else "+"
            times = "" if count == "1" else f"sum of {count}: "
            parts.append(f"{sign} {times}{a}" + (f" * {b}" if block.b is not None else ""))
        if nest is not None:
            how += _found(nest)
    return " ".join(parts).removeprefix("+ ") + how


def _count(block: Block) -> str:
    """How many terms of a kind each result has, in words."""
    lengths = (block.a >= 0).sum(axis=1)
    low, high = int(lengths.min()), int(lengths.max())
    return f"{low} to {high}" if low < high else f"{high}"


def _found(nest: Layout) -> str:
    """What the shape of a block's operands amounts to."""
    accesses = [nest.a] + ([nest.b] if nest.b is not None else [])
    gathered = "   gather" * any(access.gather is not None for access in accesses)
    if nest.b is None or prod(nest.terms) == 1:
        return gathered
    count = len(nest.results)
    only_a = only_b = both = 1
    for size, in_a, in_b in zip(
        nest.results, nest.a.axes()[:count], nest.b.axes()[:count], strict=True
    ):
        if in_a and in_b:
            both *= size
        elif in_a:
            only_a *= size
        else:
            only_b *= size
    inner = prod(nest.terms)
    if only_a == only_b == 1 and both > 1:
        return f"{gathered}   {both} dot products of {inner}"
    stack = f"{both} x " if both > 1 else ""
    return f"{gathered}   matmul {stack}({only_a}x{inner})({inner}x{only_b})"
