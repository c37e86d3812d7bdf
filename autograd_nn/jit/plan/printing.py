"""Plans for people: one line a nest, loops indented.

    repeat 999 times:
        h3[14] = sum of 14: w[14, 14] * h2[14]
        h4[14] = tanh(h3)

Names are those of the regions that the cells lie in; ``d`` before a name is its adjoint.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from autograd_nn.jit.plan.nests import VALUES, Access, Item, Lines, Loop, Nest
from autograd_nn.ops import PRIMITIVES

__all__ = ["printed"]


def printed(items: Sequence[Item], names: Sequence[tuple[int, str]], indent: str = "") -> str:
    """Items as text.

    Args:
        names: the first cell and the name of each region of buffer 0, in order.
    """
    lines: list[str] = []
    for item in items:
        if isinstance(item, Loop):
            order = " from the last to the first" if item.reverse else ""
            lines.append(f"{indent}repeat {item.count:,} times{order}:")
            lines.append(printed(item.items, names, indent + "    "))
        elif isinstance(item, Lines):
            kinds = sorted({PRIMITIVES[code].name for code in item.codes.tolist()})
            shown = ", ".join(kinds[:6]) + (" ..." if len(kinds) > 6 else "")
            lines.append(f"{indent}{len(item.codes):,} single operations: {shown}")
        else:
            lines.append(indent + _nest(item, names))
    return "\n".join(lines)


def _nest(nest: Nest, names: Sequence[tuple[int, str]]) -> str:
    reads = [_access(read, nest.axes, names) for read in nest.reads]
    kept = nest.axes if nest.writes_all else nest.axes[: nest.kept]
    to = f"{_access(nest.write, kept, names)}" if nest.kind != "drop" else "entries"
    sign = "+=" if nest.add else "="
    summed = " x ".join(map(str, nest.axes[nest.kept :])) if nest.summed else ""
    if nest.kind == "sum":
        factor = {1.0: "", -1.0: "-"}.get(nest.factor, f"{nest.factor:.6g} * ")
        body = factor + " * ".join(reads)
        body = f"sum of {summed}: {body}" if summed else body
        body += f" + {nest.plus:.6g}" if nest.plus is not None else ""
    elif nest.kind == "row":
        body = f"{PRIMITIVES[nest.code].name}({', '.join(reads)})"
    elif nest.kind == "slope":
        d, *operands = reads
        body = f"{d} * d {PRIMITIVES[nest.code].name}({', '.join(operands[:-1])})"
        body += f" / d operand {nest.operand + 1}" if len(operands) > 2 else ""
        body = f"sum of {summed}: {body}" if summed else body
    elif nest.kind == "extreme":
        body = f"{PRIMITIVES[nest.code].name} of {summed}: {reads[0]}"
    elif nest.kind == "share":
        body = f"{reads[0]} * share of {reads[1]} in {reads[2]}"
    elif nest.kind == "look":
        body = f"entries[{reads[0]}]"
    else:
        body, sign = reads[0], "+="
    return f"{to} {sign} {body}{' (exact)' if nest.exact else ''}"


def _access(access: Access, axes: Sequence[int], names: Sequence[tuple[int, str]]) -> str:
    name, place = f"argument {access.buffer // 2}", access.start
    if access.buffer <= 1:
        k = bisect_right(names, access.start, key=lambda entry: entry[0]) - 1
        name, place = (names[k][1], access.start - names[k][0]) if k >= 0 else ("padding", 0)
    name = name if access.buffer % 2 == VALUES else "d " + name
    shape = ", ".join(
        f"{size:,}" for axis, size in enumerate(axes) if access.changes(axis) and size > 1
    )
    if not shape:
        return f"{name}({place})" if place else name
    by = " by a table" if access.table is not None else ""
    return f"{name}[{shape}]{by}"
