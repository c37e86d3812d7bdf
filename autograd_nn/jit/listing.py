"""What ``print(program)`` shows: a line per pack or result, with its shape and how it runs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_nn.jit.address import Layout
from autograd_nn.jit.buffers import Buffers
from autograd_nn.jit.lifting.packs import Block, Pack
from autograd_nn.ops import PRIMITIVES

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["listing"]

_TERMS = 8  # shown of a longer sum


def listing(program: Program) -> str:
    """A program for people.

    >>> from autograd_nn.jit import jit
    >>> dense = jit(lambda w, x: [sum(a * b for a, b in zip(r, x)).relu() for r in w])
    >>> print(dense.program(np.ones((64, 32)), np.ones(32)))
    4160 operations in 2 packs
      p4 (64) = sum of 32: a0 * a1   matmul (64x32)(32x1)
      p5 (64) = relu(p4)
    >>> print(jit(lambda x, y: (x - 3 * y).sin()).program(1.0, 2.0))
    3 operations on floats
      v3 = a0 - 3 * a1
      v4 = sin(v3)
    """
    first = f"{program.recorded} operations "
    first += f"in {program.packs} packs" if program.buffers else "on floats"
    if program.guards:
        first += f", {program.guards} guards"
    lines = _of_buffers(program, program.buffers) if program.buffers else _of_floats(program)
    return "\n".join([first, *(f"  {line}" for line in lines)])


def _of_buffers(program: Program, buffers: Buffers) -> Iterator[str]:
    """A line for each pack."""
    regions = buffers.packing.regions
    for p in buffers.packing.packs:
        row = "rows x " if regions[p.region].rows else ""
        yield f"p{p.region} ({row}{p.size}) = {_expression(program, buffers, p)}"


def _of_floats(program: Program) -> Iterator[str]:
    """A line for each result; of a loop the first repetition."""
    floats = program.floats
    assert floats is not None
    flat, base = floats.flat, list(accumulate(floats.sizes, initial=0))
    nothing = [False] * (flat.leaves + len(flat))

    def name(cell: Any) -> str:
        if cell >= flat.leaves:
            return f"v{cell}"
        if cell >= base[-1]:
            return f"{floats.constants[cell - base[-1]]:g}"
        region = bisect_right(base, cell) - 1
        size = floats.sizes[region]
        return program.names[region] + (f"[{cell - base[region]}]" if size > 1 else "")

    def equation(k: int) -> str:
        line = flat.line(k, nothing)
        if k in flat.lookups:
            first, last = flat.column(k)[0], flat.column(k)[-1]
            return f"v{line.target} = take({name(first)} to {name(last)}, {name(line.terms[0].a)})"
        if line.code:
            operands = ", ".join(name(term.a) for term in line.terms)
            return f"v{line.target} = {PRIMITIVES[line.code].name}({operands})"
        terms = [
            f"{sign} {name(a)}" + ("" if b is None else f" * {name(b)}")
            for sign, a, b, _, _ in line.terms
        ]
        if len(terms) > _TERMS:
            terms[_TERMS - 2 : -1] = [f"+ ... {len(terms) - _TERMS + 1} more"]
        return f"v{line.target} = {' '.join(terms).removeprefix('+ ')}"

    line = 0
    for loop in floats.loops:
        yield from map(equation, range(line, loop.first))
        yield f"{loop.count:,} times {loop.period} lines, first"
        yield from (f"  {equation(loop.first + q)}" for q in range(loop.period))
        line = loop.stop
    yield from map(equation, range(line, len(flat)))


def _name(program: Program, buffers: Buffers, region: int, positions: Any = None) -> str:
    """A region by its name, or the one constant in it that is read."""
    if region == program.inputs + 1 and positions is not None:
        used = np.unique(positions[positions >= 0])
        if len(used) == 1:
            return f"{buffers.constants[used[0]]:g}"
    return program.names[region] if region < len(program.names) else f"p{region}"


def _expression(program: Program, buffers: Buffers, p: Pack) -> str:
    def name(region: int, positions: Any = None) -> str:
        return _name(program, buffers, region, positions)

    if p.table is not None:
        tables = ", ".join(name(r) for r in sorted(p.sources))
        return f"take({tables}, {name(p.blocks[0].a_region)})   look-up"
    nests: list[Layout | None] = [*buffers.layouts.get(p.region, [])]
    how = "" if nests else "   straight-line"
    parts: list[str] = []
    for block, nest in zip(p.blocks, nests or [None] * len(p.blocks), strict=True):
        a, b, count = name(block.a_region, block.a), name(block.b_region, block.b), _count(block)
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
