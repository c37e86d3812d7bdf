"""Functions of single numbers that a program computes in many places: each is written once.

A single tanh as a polynomial is 40 instructions, and takes LLVM longer than a nest's loop around
it.  Where it has one number to work on anyway, a call is as good.

What is left out: what a function computes (``rules``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd_nn.jit.backends.native import rules
from autograd_nn.jit.backends.native.code import Code
from autograd_nn.jit.backends.native.lane import Lane
from autograd_nn.ops import Primitive

__all__ = ["Helpers"]


class Helpers:
    """The functions of one module, by what they compute.

    Attributes:
        codes: their texts.
    """

    def __init__(self) -> None:
        self.codes: list[Code] = []
        self._names: set[str] = set()

    def value(self, code: Code, row: Primitive, operands: Sequence[Lane]) -> Lane:
        """The result of an operation on single numbers, by a call.

        Args:
            code: the function under way.
            row: of the table.
            operands: numbers.
        """
        return self._call(code, f"value_{row.name}", operands, rules.value, row)

    def slope(
        self, code: Code, row: Primitive, operand: int, operands: Sequence[Lane], y: Lane
    ) -> Lane:
        """The partial of an operation by one of its operands, by a call.

        Args:
            code: the function under way.
            row: of the table.
            operand: which.
            operands: what it was applied to.
            y: the result.
        """

        def slope(inside: Code, row: Primitive, numbers: Sequence[Lane]) -> Lane:
            return rules.slopes(inside, row, numbers[:-1], numbers[-1])[operand]

        return self._call(code, f"slope{operand}_{row.name}", [*operands, y], slope, row)

    def _call(
        self,
        code: Code,
        name: str,
        operands: Sequence[Lane],
        write: Callable[[Code, Primitive, Sequence[Lane]], Lane],
        row: Primitive,
    ) -> Lane:
        name = f"{name}_exact" if code.exact else name
        if name not in self._names:
            self._names.add(name)
            arguments = [f"double %x{k}" for k in range(len(operands))]
            helper = Code(name, arguments, code.target, code.exact, code.callbacks)
            numbers = [Lane(helper, f"%x{k}", 1) for k in range(len(operands))]
            helper.returned = write(helper, row, numbers)
            self.codes.append(helper)
        given = ", ".join(f"double {x.name}" for x in operands)
        return Lane(code, code.new(f"call double @{name}({given})"), 1)
