"""What a Value can do beside the operators and the quick functions: the methods that are no rush.

Each function is a row of the table, found by its name; they are methods so that
``np.exp(array_of_values)`` finds them.  The bits are those of an integer, for a Value that is one.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from autograd_nn.engine import Value


@mypyc_attr(acyclic=True)
class Methods:
    """The methods of a ``Value`` that are found by a name in the table, and those of an integer."""

    __slots__ = ()

    def _apply(self, name: str, *others: object) -> Value:
        """The node of the operation ``name``: of a row of the table."""
        raise NotImplementedError

    def expm1(self) -> Value:
        """``e**x - 1``, exact for small ``x``."""
        return self._apply("expm1")

    def log1p(self) -> Value:
        """``log(1 + x)``, exact for small ``x``."""
        return self._apply("log1p")

    def softplus(self) -> Value:
        """``log(1 + e**x)``, without overflow."""
        return self._apply("softplus")

    def tan(self) -> Value:
        """The tangent of ``x`` radians."""
        return self._apply("tan")

    def asin(self) -> Value:
        """The angle in radians whose sine is ``x``; nan outside -1 to 1."""
        return self._apply("asin")

    def acos(self) -> Value:
        """The angle in radians whose cosine is ``x``; nan outside -1 to 1."""
        return self._apply("acos")

    def atan(self) -> Value:
        """The angle in radians whose tangent is ``x``."""
        return self._apply("atan")

    def sinh(self) -> Value:
        """The hyperbolic sine."""
        return self._apply("sinh")

    def cosh(self) -> Value:
        """The hyperbolic cosine."""
        return self._apply("cosh")

    def asinh(self) -> Value:
        """The number whose hyperbolic sine is ``x``."""
        return self._apply("asinh")

    def acosh(self) -> Value:
        """The number whose hyperbolic cosine is ``x``; nan below 1."""
        return self._apply("acosh")

    def atanh(self) -> Value:
        """The number whose hyperbolic tangent is ``x``; nan outside -1 to 1."""
        return self._apply("atanh")

    def log2(self) -> Value:
        """The logarithm to base 2; ``-inf`` at 0, nan below."""
        return self._apply("log2")

    def log10(self) -> Value:
        """The logarithm to base 10; ``-inf`` at 0, nan below."""
        return self._apply("log10")

    def exp2(self) -> Value:
        """``2**x``."""
        return self._apply("exp2")

    def cbrt(self) -> Value:
        """The cube root, of negative numbers too; slope inf at 0."""
        return self._apply("cbrt")

    def erf(self) -> Value:
        """The error function."""
        return self._apply("erf")

    def erfc(self) -> Value:
        """``1 - erf(x)``, exact where that is small."""
        return self._apply("erfc")

    def lgamma(self) -> Value:
        """The logarithm of ``|gamma(x)|``."""
        return self._apply("lgamma")

    def digamma(self) -> Value:
        """The slope of ``lgamma``."""
        return self._apply("digamma")

    def log_ndtr(self) -> Value:
        """The logarithm of the normal distribution's probability below ``x``."""
        return self._apply("log_ndtr")

    def mills(self) -> Value:
        """The normal distribution's density over its probability below ``x``."""
        return self._apply("mills")

    def abs(self) -> Value:
        """``|x|``, with slope 0 at 0."""
        return self._apply("abs")

    def leaky_relu(self, slope: object = 0.01) -> Value:
        """``x`` where positive, else ``slope * x``."""
        return self._apply("leaky_relu", slope)

    def polygamma(self, order: object) -> Value:
        """The slope of ``digamma`` of this order, a whole number."""
        return self._apply("polygamma", order)

    def logaddexp(self, other: object) -> Value:
        """``log(e**self + e**other)``, without overflow."""
        return self._apply("logaddexp", other)

    def maximum(self, other: object) -> Value:
        """The larger of two; at a tie each has slope 1/2."""
        return self._apply("maximum", other)

    def minimum(self, other: object) -> Value:
        """The smaller of two; at a tie each has slope 1/2."""
        return self._apply("minimum", other)

    def atan2(self, other: object) -> Value:
        """The angle in radians of the point (``other``, ``self``)."""
        return self._apply("atan2", other)

    def hypot(self, other: object) -> Value:
        """``sqrt(self**2 + other**2)``, without overflow."""
        return self._apply("hypot", other)

    # Flat functions, whose slope is 0, and Python's own max and min.

    def floor(self) -> Value:
        """The next whole number below; ``math.floor(x)`` and ``np.floor(x)`` are the same."""
        return self._apply("floor")

    def ceil(self) -> Value:
        """The next whole number above."""
        return self._apply("ceil")

    def trunc(self) -> Value:
        """The next whole number towards 0."""
        return self._apply("trunc")

    def rint(self) -> Value:
        """The nearest whole number, the even one of two; ``round(x)`` is the same."""
        return self._apply("rint")

    def step(self) -> Value:
        """1 where positive, else 0."""
        return self._apply("step")

    def sign(self) -> Value:
        """-1, 0 or 1."""
        return self._apply("sign")

    def share(self, other: object) -> Value:
        """1 where this is the larger of two, 0 where the smaller, 1/2 at a tie."""
        return self._apply("share", other)

    def greater(self, other: object) -> Value:
        """1 where this is the larger of two, else 0."""
        return self._apply("greater", other)

    def first_max(self, other: object) -> Value:
        """The larger of two as Python's ``max`` finds it: at a tie, or with a nan, the first."""
        return self._apply("first_max", other)

    def first_min(self, other: object) -> Value:
        """The smaller of two as Python's ``min`` finds it: at a tie, or with a nan, the first."""
        return self._apply("first_min", other)

    # NumPy's spellings, which it looks for on the elements of an object array.

    def arcsin(self) -> Value:
        """NumPy's name for ``asin``."""
        return self.asin()

    def arccos(self) -> Value:
        """NumPy's name for ``acos``."""
        return self.acos()

    def arctan(self) -> Value:
        """NumPy's name for ``atan``."""
        return self.atan()

    def arcsinh(self) -> Value:
        """NumPy's name for ``asinh``."""
        return self.asinh()

    def arccosh(self) -> Value:
        """NumPy's name for ``acosh``."""
        return self.acosh()

    def arctanh(self) -> Value:
        """NumPy's name for ``atanh``."""
        return self.atanh()

    def arctan2(self, other: object) -> Value:
        """NumPy's name for ``atan2``."""
        return self.atan2(other)

    def fabs(self) -> Value:
        """NumPy's other name for ``abs``."""
        return self.abs()

    # -- of an integer -------------------------------------------------------------------

    def bit_length(self) -> int:
        """That of an integer."""
        return _index(self).bit_length()

    def __and__(self, other: object) -> int:
        return _index(self) & _index(other)

    def __rand__(self, other: object) -> int:
        return _index(other) & _index(self)

    def __or__(self, other: object) -> int:
        return _index(self) | _index(other)

    def __ror__(self, other: object) -> int:
        return _index(other) | _index(self)

    def __xor__(self, other: object) -> int:
        return _index(self) ^ _index(other)

    def __rxor__(self, other: object) -> int:
        return _index(other) ^ _index(self)

    def __lshift__(self, other: object) -> int:
        return _index(self) << _index(other)

    def __rlshift__(self, other: object) -> int:
        return _index(other) << _index(self)

    def __rshift__(self, other: object) -> int:
        return _index(self) >> _index(other)

    def __rrshift__(self, other: object) -> int:
        return _index(other) >> _index(self)

    def __invert__(self) -> int:
        return ~_index(self)


def _index(x: Any) -> int:
    return operator.index(x)
