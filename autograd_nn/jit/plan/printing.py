"""Plans for people: one line a nest, loops indented.

    repeat 999 times:
        h3[14] = sum of 14: w[14, 14] * h2[14]
        h4[14] = tanh(h3[14])

Names are those of the regions that the cells lie in; ``d`` before a name is its adjoint.  Few
single operations are shown one by one, many by their number and kinds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from autograd_nn.jit.plan.nests import VALUES, Access, Item, Lines, Loop, Nest
from autograd_nn.ops import PRIMITIVES

__all__ = ["printed"]

_FEW: Final = 20  # single operations that are shown one by one
_INFIX: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


class _Printer:
    """Writes items.

    Args:
        names: the first cell and the name of each region of buffer 0, in order.
        constants: numbers by their cells, which are shown in the place of a name.
    """

    def __init__(self, names: Sequence[tuple[int, str]], constants: Mapping[int, float]) -> None:
        self._names, self._constants = names, constants

    def items(self, items: Sequence[Item], indent: str) -> list[str]:
        """A line for each."""
        lines: list[str] = []
        for item in items:
            if isinstance(item, Loop):
                order = " from the last to the first" if item.reverse else ""
                lines.append(f"{indent}repeat {item.count:,} times{order}:")
                lines += self.items(item.items, indent + "    ")
            elif isinstance(item, Lines):
                lines += [indent + line for line in self._lines(item)]
            else:
                lines.append(indent + self._nest(item))
        return lines

    # -- single operations ---------------------------------------------------------------

    def _lines(self, lines: Lines) -> list[str]:
        count = len(lines.codes)
        if lines.wanted is not None or count > _FEW:
            kinds = sorted({PRIMITIVES[code].name for code in lines.codes.tolist()})
            shown = ", ".join(kinds[:6]) + (" ..." if len(kinds) > 6 else "")
            back = ", back" if lines.wanted is not None else ""
            return [f"{count:,} single operation{'s' * (count != 1)}{back}: {shown}"]
        columns = (lines.codes, lines.out, lines.a, lines.b)
        return [self._line(*row) for row in zip(*(x.tolist() for x in columns), strict=True)]

    def _line(self, code: int, out: int, a: int, b: int) -> str:
        name = PRIMITIVES[code].name
        operands = [self._cell(cell) for cell in (a, b) if cell >= 0]
        sign = _INFIX.get(name)
        body = f" {sign} ".join(operands) if sign else f"{name}({', '.join(operands)})"
        return f"{self._cell(out)} = {body}"

    def _cell(self, cell: int) -> str:
        if cell in self._constants:
            return f"{self._constants[cell]:g}"
        name, place = self._place(cell)
        alone = self._place(cell + 1)[0] != name and not place
        return name if alone else f"{name}({place})"

    def _place(self, cell: int) -> tuple[str, int]:
        k = bisect_right(self._names, cell, key=lambda entry: entry[0]) - 1
        return (self._names[k][1], cell - self._names[k][0]) if k >= 0 else ("padding", cell)

    # -- nests ---------------------------------------------------------------------------

    def _nest(self, nest: Nest) -> str:
        reads = [self._access(read, nest.axes) for read in nest.reads]
        kept = nest.axes if nest.writes_all else nest.axes[: nest.kept]
        to = self._access(nest.write, kept) if nest.kind != "drop" else "entries"
        sign = "+=" if nest.add else "="
        return f"{to} {sign} {self._body(nest, reads)}{' (exact)' if nest.exact else ''}"

    @staticmethod
    def _body(nest: Nest, reads: list[str]) -> str:
        name = PRIMITIVES[nest.code].name
        summed = " x ".join(f"{size:,}" for size in nest.axes[nest.kept :])
        of = f"sum of {summed}: " if nest.summed else ""
        if nest.kind == "sum":
            factor = {1.0: "", -1.0: "-"}.get(nest.factor, f"{nest.factor:.6g} * ")
            plus = f" + {nest.plus:.6g}" if nest.plus is not None else ""
            return of + factor + " * ".join(reads) + plus
        if nest.kind == "row":
            return f"{name}({', '.join(reads)})"
        if nest.kind == "slope":
            d, *operands = reads
            which = f" / d operand {nest.operand + 1}" if len(operands) > 2 else ""
            return f"{of}{d} * d {name}({', '.join(operands[:-1])}){which}"
        if nest.kind == "extreme":
            return f"{name} of {summed}: {reads[0]}"
        if nest.kind == "share":
            return f"{reads[0]} * share of {reads[1]} in {reads[2]}"
        return f"entries[{reads[0]}]" if nest.kind == "look" else reads[0]

    def _access(self, access: Access, axes: Sequence[int]) -> str:
        name, place = f"argument {access.buffer // 2}", access.start
        if access.buffer <= 1:
            name, place = self._place(access.start)
        name = name if access.buffer % 2 == VALUES else "d " + name
        changing = [n for axis, n in enumerate(axes) if access.changes(axis) and n > 1]
        if not changing:
            return f"{name}({place})" if place else name
        by = " by a table" if access.table is not None else ""
        return f"{name}[{', '.join(f'{n:,}' for n in changing)}]{by}"


def printed(
    items: Sequence[Item],
    names: Sequence[tuple[int, str]],
    constants: Mapping[int, float] | None = None,
) -> str:
    """Items as text.

    Args:
        names: the first cell and the name of each region of buffer 0, in order.
        constants: numbers by their cells, which are shown in the place of a name.
    """
    return "\n".join(_Printer(names, constants or {}).items(items, ""))
