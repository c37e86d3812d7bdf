"""Numbers that write down what is done to them, in the words of another language.

The table in ``ops`` writes each slope once, in arithmetic for whatever is computed with.  A
``Written`` is a number of a text: adding two of them writes a sum.  So a page's JavaScript and a
program's C have the table's own formulas, and there is no second list of derivatives.

What is left out: the words, which each language's module has.
"""

from __future__ import annotations

from typing import Any

from autograd_nn.errors import NotArithmeticError

__all__ = ["Condition", "Written"]


class Written:
    """A number whose formula is being written down; a language says how three things are written.

    The operations of the table are methods (``x.exp()``), as they are of a ``Value``.
    """

    __hash__ = None  # type: ignore[assignment]  # == compares numbers, in the formula

    def infix(self, sign: str, a: Any, b: Any) -> Any:
        """``a`` and ``b`` with one of ``+ - * /`` between them."""
        raise NotImplementedError

    def compared(self, sign: str, a: Any, b: Any) -> Any:
        """``a`` and ``b`` with one of ``< <= > >= == !=`` between them."""
        raise NotImplementedError

    def call(self, name: str, *operands: Any) -> Any:
        """An operation of the table.

        Raises:
            AttributeError: the language has none of this name.
        """
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *others: self.call(name, self, *others)

    def __add__(self, other: Any) -> Any:
        return self.infix("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.infix("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.infix("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.infix("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.infix("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.infix("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.infix("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.infix("/", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.call("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.call("pow", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self.call("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self.call("floordiv", other, self)

    def __mod__(self, other: Any) -> Any:
        return self.call("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return self.call("mod", other, self)

    def __neg__(self) -> Any:
        return self.call("neg", self)

    def __abs__(self) -> Any:
        return self.call("abs", self)

    def __lt__(self, other: Any) -> Any:
        return self.compared("<", self, other)

    def __le__(self, other: Any) -> Any:
        return self.compared("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return self.compared(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.compared(">=", self, other)

    def __eq__(self, other: object) -> Any:
        return self.compared("==", self, other)

    def __ne__(self, other: object) -> Any:
        return self.compared("!=", self, other)

    def __bool__(self) -> bool:
        raise NotArithmeticError("a number is not known while its formula is written")


class Condition:
    """A comparison whose formula is being written down."""

    def joined(self, sign: str, other: Any) -> Any:
        """This and another condition with ``&`` or ``|`` between them."""
        raise NotImplementedError

    def choose(self, a: Any, b: Any) -> Any:
        """``a`` where the condition holds, else ``b``."""
        raise NotImplementedError

    def __and__(self, other: Any) -> Any:
        return (self if other else False) if isinstance(other, bool) else self.joined("&", other)

    def __or__(self, other: Any) -> Any:
        return (True if other else self) if isinstance(other, bool) else self.joined("|", other)

    __rand__, __ror__ = __and__, __or__

    def __bool__(self) -> bool:
        raise NotArithmeticError("a rule that branches has no formula")
