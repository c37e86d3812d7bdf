"""Numbers that write code when they are computed with.

The table writes each partial once, in arithmetic for floats, arrays and Values.  A ``Lane`` is one
more kind of number: ``row.partials(a, b, y)`` on Lanes writes the code of the slopes, so there is
no second table of derivatives.  A ``Mask`` is the outcome of a comparison, ``Bits`` are the 64
bits of a double.

Constants are folded as floats are computed with; beside that only what is exact for every number
is (``x * 1``, ``x - 0``).  ``x + 0.0`` is not: it turns -0.0 into 0.0.

What is left out: how the rows of the table that are no arithmetic are computed (``rules``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from autograd_nn.errors import NotArithmeticError
from autograd_nn.jit.backends.native.code import Code, Register, kind_of, spelled
from autograd_nn.ops import primitive

__all__ = ["Bits", "Lane", "Mask", "choose"]

Number = (float, int)
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "olt": operator.lt,
    "ole": operator.le,
    "ogt": operator.gt,
    "oge": operator.ge,
    "oeq": operator.eq,
    "une": operator.ne,
}
_FOLDED: Final = {
    "fadd": primitive("add").scalar,
    "fsub": primitive("sub").scalar,
    "fmul": primitive("mul").scalar,
    "fdiv": primitive("div").scalar,
}


class Mask(Register):
    """The outcome of a comparison, for each number."""

    __slots__ = ()
    element = "i1"

    def _logic(self, instruction: str, other: Mask) -> Mask:
        a, b = _alike(self, other)
        return Mask(self.code, self.code.new(f"{instruction} {a.kind} {a.name}, {b.name}"), a.width)

    def __and__(self, other: Any) -> Any:
        return (self if other else False) if isinstance(other, bool) else self._logic("and", other)

    def __or__(self, other: Any) -> Any:
        return (True if other else self) if isinstance(other, bool) else self._logic("or", other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Mask:
        ones = "true" if self.width == 1 else "splat (i1 true)"
        return Mask(self.code, self.code.new(f"xor {self.kind} {self.name}, {ones}"), self.width)

    def __bool__(self) -> bool:
        raise NotArithmeticError("the outcome of a comparison is not known while code is written")

    def choose(self, yes: Any, no: Any) -> Lane:
        """``yes`` where it holds, else ``no``."""
        yes, no = (x if isinstance(x, Lane) else Lane.of(self.code, x) for x in (yes, no))
        width = max(self.width, yes.width, no.width)
        mask, yes, no = _spread(self, width), yes.spread(width), no.spread(width)
        text = f"select {mask.kind} {mask.name}, {yes.kind} {yes.name}, {no.kind} {no.name}"
        return Lane(self.code, self.code.new(text), width)

    def some(self) -> str:
        """The name of whether it holds anywhere."""
        if self.width == 1:
            return self.name
        name = f"llvm.vector.reduce.or.v{self.width}i1"
        self.code.declare("i1", name, [self.kind])
        return self.code.new(f"call i1 @{name}({self.kind} {self.name})")


def _spread(x: Mask, width: int) -> Mask:
    return Mask(x.code, _in_every_place(x, width), width)


def _in_every_place(x: Register, width: int) -> str:
    """The name of a vector of one number."""
    if x.width == width:
        return x.name
    kind = kind_of(x.element, width)
    one = x.code.new(f"insertelement {kind} poison, {x.element} {x.name}, i64 0")
    zeros = f"<{width} x i32> zeroinitializer"
    return x.code.new(f"shufflevector {kind} {one}, {kind} poison, {zeros}")


def _alike(a: Mask, b: Mask) -> tuple[Mask, Mask]:
    width = max(a.width, b.width)
    return _spread(a, width), _spread(b, width)


def choose(condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` where a condition holds, else ``no``; comparisons of constants are plain bools."""
    if isinstance(condition, bool):
        return yes if condition else no
    return condition.choose(yes, no)


class Bits(Register):
    """The 64 bits of a double, as an integer."""

    __slots__ = ()
    element = "i64"

    def _with(self, instruction: str, other: Bits | int) -> Bits:
        if isinstance(other, int):
            name = str(other) if self.width == 1 else f"splat (i64 {other})"
        else:
            name = other.name
        text = f"{instruction} {self.kind} {self.name}, {name}"
        return Bits(self.code, self.code.new(text), self.width)

    def __add__(self, other: Bits | int) -> Bits:
        return self._with("add", other)

    def __sub__(self, other: Bits | int) -> Bits:
        return self._with("sub", other)

    def __and__(self, other: Bits | int) -> Bits:
        return self._with("and", other)

    def __or__(self, other: Bits | int) -> Bits:
        return self._with("or", other)

    def __xor__(self, other: Bits | int) -> Bits:
        return self._with("xor", other)

    def __lshift__(self, places: int) -> Bits:
        return self._with("shl", places)

    def __rshift__(self, places: int) -> Bits:
        return self._with("lshr", places)

    def is_odd(self) -> Mask:
        """Whether the last bit is set."""
        text = f"trunc {self.kind} {self.name} to {kind_of('i1', self.width)}"
        return Mask(self.code, self.code.new(text), self.width)

    def number(self) -> Lane:
        """The double with these bits."""
        text = f"bitcast {self.kind} {self.name} to {kind_of('double', self.width)}"
        return Lane(self.code, self.code.new(text), self.width)


class Lane(Register):
    """A double, or a vector of them.

    Attributes:
        constant: the number, if it is known while the code is written.
    """

    __slots__ = ("constant",)
    element = "double"
    __hash__ = None  # type: ignore[assignment]  # == compares numbers, in the function

    def __init__(self, code: Code, name: str, width: int, constant: float | None = None) -> None:
        super().__init__(code, name, width)
        self.constant = constant

    @classmethod
    def of(cls, code: Code, x: float) -> Lane:
        """A constant."""
        return cls(code, spelled(float(x)), 1, float(x))

    def like(self, x: float) -> Lane:
        """A constant beside this number."""
        return Lane.of(self.code, x)

    # -- arithmetic ------------------------------------------------------------------------

    def _other(self, other: Any) -> Lane:
        if isinstance(other, Lane):
            return other
        if isinstance(other, Number):
            return Lane.of(self.code, other)
        raise NotArithmeticError(f"{type(other).__name__} is no number that code is written for")

    def _binary(self, instruction: str, other: Any, turned: bool = False) -> Lane:
        a, b = self, self._other(other)
        if a.constant is not None and b.constant is not None:
            pair = (b.constant, a.constant) if turned else (a.constant, b.constant)
            return Lane.of(self.code, _FOLDED[instruction](*pair))
        width = max(a.width, b.width)
        a, b = a.spread(width), b.spread(width)
        if turned:
            a, b = b, a
        return Lane(self.code, self.code.new(f"{instruction} {a.kind} {a.name}, {b.name}"), width)

    def __add__(self, other: Any) -> Lane:
        return self._binary("fadd", other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Lane:
        other = self._other(other)
        if other.constant == 0.0 and other.name == spelled(0.0):
            return self
        return self._binary("fsub", other)

    def __rsub__(self, other: Any) -> Lane:
        return self._binary("fsub", other, turned=True)

    def __mul__(self, other: Any) -> Lane:
        other = self._other(other)
        for a, b in ((self, other), (other, self)):
            if b.constant == 1.0 and a.width >= b.width:
                return a
            if b.constant == -1.0 and a.width >= b.width:
                return a.__neg__()
        return self._binary("fmul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Lane:
        other = self._other(other)
        if other.constant == 1.0:
            return self
        return self._binary("fdiv", other)

    def __rtruediv__(self, other: Any) -> Lane:
        return self._binary("fdiv", other, turned=True)

    def __neg__(self) -> Lane:
        if self.constant is not None:
            return Lane.of(self.code, -self.constant).spread(self.width)
        return Lane(self.code, self.code.new(f"fneg {self.kind} {self.name}"), self.width)

    def __abs__(self) -> Lane:
        if self.constant is not None:
            return Lane.of(self.code, abs(self.constant)).spread(self.width)
        return self.intrinsic("fabs")

    def fma(self, factor: Any, summand: Any) -> Lane:
        """``self * factor + summand``, rounded once."""
        return self.intrinsic("fma", factor, summand)

    def plus_product(self, a: Any, b: Any) -> Lane:
        """``self + a * b``, rounded once where the processor can."""
        product = self._other(a), self._other(b)
        if not self.code.target.fused or self.code.exact:
            return self + product[0] * product[1]
        return product[0].intrinsic("fma", product[1], self)

    # -- comparisons -----------------------------------------------------------------------

    def _compare(self, how: str, other: Any) -> Any:
        a, b = self, self._other(other)
        if a.constant is not None and b.constant is not None:
            return _COMPARISONS[how](a.constant, b.constant)
        width = max(a.width, b.width)
        a, b = a.spread(width), b.spread(width)
        return Mask(self.code, self.code.new(f"fcmp {how} {a.kind} {a.name}, {b.name}"), width)

    def __lt__(self, other: Any) -> Any:
        return self._compare("olt", other)

    def __le__(self, other: Any) -> Any:
        return self._compare("ole", other)

    def __gt__(self, other: Any) -> Any:
        return self._compare("ogt", other)

    def __ge__(self, other: Any) -> Any:
        return self._compare("oge", other)

    def __eq__(self, other: object) -> Any:
        return self._compare("oeq", other)

    def __ne__(self, other: object) -> Any:
        return self._compare("une", other)

    def __bool__(self) -> bool:
        raise NotArithmeticError("a number is not known while code is written")

    # -- other forms -----------------------------------------------------------------------

    def bits(self) -> Bits:
        """The same 64 bits as an integer."""
        text = f"bitcast {self.kind} {self.name} to {kind_of('i64', self.width)}"
        return Bits(self.code, self.code.new(text), self.width)

    def spread(self, width: int) -> Lane:
        """The scalar in every place of a vector."""
        if self.width == width:
            return self
        if self.constant is not None:
            name = f"splat (double {spelled(self.constant)})"
            return Lane(self.code, name, width, self.constant)
        return Lane(self.code, _in_every_place(self, width), width)

    def at(self, place: int) -> Lane:
        """One number of a vector."""
        if self.width == 1:
            return self
        if self.constant is not None:
            return Lane.of(self.code, self.constant)
        text = f"extractelement {self.kind} {self.name}, i64 {place}"
        return Lane(self.code, self.code.new(text), 1)

    def total(self) -> Lane:
        """The sum of a vector's numbers, in any order."""
        if self.width == 1:
            return self
        name = f"llvm.vector.reduce.fadd.v{self.width}f64"
        self.code.declare("double", name, ["double", self.kind])
        # -0.0, not 0.0, is what changes no sum.
        text = f"call reassoc double @{name}(double -0.0, {self.kind} {self.name})"
        return Lane(self.code, self.code.new(text), 1)

    # -- functions -------------------------------------------------------------------------

    def _together(self, others: tuple[Any, ...]) -> list[Lane]:
        given = [self, *map(self._other, others)]
        width = max(x.width for x in given)
        return [x.spread(width) for x in given]

    def intrinsic(self, name: str, *others: Any) -> Lane:
        """A function that LLVM knows for whole vectors."""
        given = self._together(others)
        first = given[0]
        full = f"llvm.{name}." + ("f64" if first.width == 1 else f"v{first.width}f64")
        self.code.declare(first.kind, full, [first.kind] * len(given))
        arguments = ", ".join(f"{x.kind} {x.name}" for x in given)
        text = f"call {first.kind} @{full}({arguments})"
        return Lane(self.code, self.code.new(text), first.width)

    def library(self, name: str, *others: Any) -> Lane:
        """A function of the C library, one number at a time."""
        given = self._together(others)
        # "nobuiltin": LLVM must not put something else in its place.
        self.code.declare("double", name, ["double"] * len(given), " nobuiltin nounwind")
        return self._one_by_one(given, lambda spelled: f"call double @{name}({spelled}) nobuiltin")

    def python(self, key: Any, function: Callable[..., float], *others: Any) -> Lane:
        """A function of Python's on floats, one number at a time.

        Args:
            key: what is the same for the same function.
            function: maps floats to a float.
            others: further operands.
        """
        given = self._together(others)
        name = self.code.callbacks.name(key, function, len(given))
        self.code.declare("double", name, ["double"] * len(given))
        return self._one_by_one(given, lambda spelled: f"call double @{name}({spelled})")

    def _one_by_one(self, given: list[Lane], call: Callable[[str], str]) -> Lane:
        width = given[0].width
        kind, y = kind_of("double", width), "poison"
        for place in range(width):
            one = self.code.new(call(", ".join(f"double {x.at(place).name}" for x in given)))
            if width == 1:
                return Lane(self.code, one, 1)
            y = self.code.new(f"insertelement {kind} {y}, double {one}, i64 {place}")
        return Lane(self.code, y, width)

    def unless(self, rare: Any, other: Callable[[], Lane]) -> Lane:
        """This, but where a rare condition holds for one of a vector, all of ``other()``."""
        if isinstance(rare, bool):
            return other().spread(self.width) if rare else self
        usual = self.spread(max(self.width, rare.width))
        name = self.code.rarely(rare.some(), usual, lambda: other().spread(usual.width))
        return Lane(self.code, name, usual.width)
