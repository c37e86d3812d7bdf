"""The engine: a ``Value`` records how it was computed, ``backward()`` finds every slope.

Read it from top to bottom.  A ``Value`` holds one number.  An operation on
Values makes a new Value that remembers three things: which operation it was,
its operands, and its *local partials*, the slope of the result along each
operand at the moment of the forward pass.  That is the whole computation
graph.  ``backward()`` walks it from the result to the leaves and applies the
chain rule: each operand receives its local partial times the adjoint of the
result.

Three decisions carry the speed.  A node has no closure and no tuple, only two
operand fields and two partial fields.  A node refers to its operands, never
back, so there are no cycles and reference counting frees a graph at once.  And
every walk is a loop over an explicit stack, so depth is bounded by memory.

This file is ordinary Python.  Where a C compiler is present at install, mypyc
compiles it as it stands; without one it runs as it is, with the same results.

What is left out: the formulas of the operations (``ops``), functions over
arrays (``functions``), and everything that draws, checks or compiles graphs.
"""

from __future__ import annotations

import math
import operator
import os
import threading
from array import array
from functools import partial
from typing import Any, Final, final

import numpy as np
from mypy_extensions import i32, i64, mypyc_attr

from autograd_nn.callers import PACKAGE, user_line
from autograd_nn.checks import describe, shown
from autograd_nn.conversion import is_number, to_float
from autograd_nn.errors import AnomalyError, GraphError, UnknownNameError, WrongTypeError
from autograd_nn.handmade import Rule, as_parts
from autograd_nn.ops import (
    CODES,
    CONSTANT,
    LEAF,
    MADE,
    PARAMETER,
    PRIMITIVES,
    Primitive,
    handmade_row,
)

ADD: Final[i32] = CODES["add"]
SUB: Final[i32] = CODES["sub"]
MUL: Final[i32] = CODES["mul"]
NEG: Final[i32] = CODES["neg"]
RELU: Final[i32] = CODES["relu"]
DIV: Final[i32] = CODES["div"]
POW: Final[i32] = CODES["pow"]
DETACH: Final[i32] = CODES["detach"]
TAKE: Final[i32] = CODES["take"]
FLOOR: Final[i32] = CODES["floor"]
RINT: Final[i32] = CODES["rint"]
FLOORDIV: Final[i32] = CODES["floordiv"]
MOD: Final[i32] = CODES["mod"]
FIRST_MAX: Final[i32] = CODES["first_max"]
FIRST_MIN: Final[i32] = CODES["first_min"]
EXP: Final[i32] = CODES["exp"]
LOG: Final[i32] = CODES["log"]
SQRT: Final[i32] = CODES["sqrt"]
TANH: Final[i32] = CODES["tanh"]
SIGMOID: Final[i32] = CODES["sigmoid"]
SIN: Final[i32] = CODES["sin"]
COS: Final[i32] = CODES["cos"]

# What few nodes have is in a dict of notes, which nodes of one scope share; most have none.
# These keys are no names, so that an attribute of the user's own (v.color = "red") can be a note.
LABEL: Final = 0
SCOPE: Final = 1
ROW: Final = 2  # of a node whose operation is not in the table: a row of its own
RULE: Final = 3  # what a user assigned to ``_backward``
CHILDREN: Final = 4  # where there are more than two
_BARE: Final[dict[Any, Any]] = {}
_NOTHING: Final = ""  # what was left out, as a label or otherwise
_UNSET: Final = 0.0  # a number for __init__ to skip over; _node sets the real one without a box
_EXACT_INT: Final = 2**53  # ints up to here are floats
_hyperbolic_tangent: Final = math.tanh


@final
@mypyc_attr(acyclic=True)  # a node refers only to older nodes: the garbage collector need not look
class Value:
    """One number in a computation graph.

    Args:
        data: the number: a float, int, bool, NumPy scalar or 0-d array, Fraction or Decimal.
        label: a name for pictures, formulas and messages.

    Attributes:
        data: the number, a Python float.  Setting it changes later computations only: what
            was already computed keeps the slopes of its own forward pass.
        grad: after ``y.backward()`` the slope of ``y`` along this value.  Leaves add up over
            calls until it is set to 0; interior nodes show the adjoint of the last call.
        label: the name.

    Raises:
        TypeError: ``data`` is not a real number; the message says what to do instead.
        OverflowError: ``data`` is an integer that no float can hold.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 1
    >>> y.backward()
    >>> y.data, x.grad
    (10.0, 6.0)
    """

    __slots__ = (
        "__dict__",
        "_code",
        "_data",
        "_grad",
        "_left",
        "_left_partial",
        "_notes",
        "_pass",
        "_pending",
        "_right",
        "_right_partial",
    )

    # The fields in this order fill 96 bytes, the header included.
    def __init__(
        self,
        data: object,
        _children: object = _NOTHING,
        _op: object = _NOTHING,
        label: object = _NOTHING,
    ) -> None:
        self._data: float = data if type(data) is float else _given(data)
        self._grad: float = 0.0
        self._code: i32 = 0
        self._pending: i32 = 0  # uses of this node that the running backward pass has yet to serve
        self._left: Value | None = None
        self._right: Value | None = None
        self._left_partial: float = 0.0
        self._right_partial: float = 0.0
        self._pass: i64 = 0  # the last walk that reached this node
        self._notes: dict[Any, Any] = _BARE
        if _children is not _NOTHING or _op is not _NOTHING or label is not _NOTHING:
            _describe(self, _children, _op, label)

    def __init_subclass__(cls) -> None:
        raise WrongTypeError("Value cannot be subclassed: write functions on Values, or hold one")

    # -- what a node says of itself ------------------------------------------------------

    @property
    def data(self) -> Any:
        """The number.  Setting it leaves the slopes of earlier computations as they were."""
        return _data_in_context(self) if _state.contexts else self._data

    @data.setter
    def data(self, data: object) -> None:
        if _state.contexts:
            _refuse_in_trace("sets the .data of a Value")
        self._data = data if type(data) is float else _as_float(data)

    @property
    def grad(self) -> float:
        """The slope of the value ``backward()`` was called on, along this one."""
        if _state.contexts:
            _refuse_in_trace("reads the .grad of a Value")
        return self._grad

    @grad.setter
    def grad(self, grad: object) -> None:
        if _state.contexts:
            _refuse_in_trace("sets the .grad of a Value")
        if type(grad) is float:
            self._grad = grad
        else:  # None as PyTorch's zero_grad(set_to_none=True) sets it
            self._grad = 0.0 if grad is None else _as_float(grad)

    @property
    def label(self) -> str:
        """A name for pictures, formulas and messages; "" where none was given."""
        return label_of(self)

    @label.setter
    def label(self, label: object) -> None:
        _note(self, LABEL, _as_label(label))

    @property
    def op(self) -> str:
        """The operation's name in the table (``"add"``, ``"tanh"``); "" for a leaf or constant."""
        return row_of(self).name

    @property
    def operands(self) -> tuple[Value, ...]:
        """What the operation was applied to, in order and with repeats: ``x * x`` has two."""
        if self._left is None:
            return ()
        return (self._left,) if self._right is None else (self._left, self._right)

    @property
    def partials(self) -> tuple[float, ...]:
        """The slope of this value along each operand, from the moment of the forward pass."""
        if self._left is None:
            return ()
        if self._right is None:
            return (self._left_partial,)
        return (self._left_partial, self._right_partial)

    @property
    def kind(self) -> str:
        """``"input"``, ``"parameter"`` (of a model), ``"constant"`` or ``"operation"``."""
        return _KINDS[self._code] if self._code <= CONSTANT else "operation"

    @property
    def scope(self) -> tuple[str, ...]:
        """The names of the enclosing ``scope(...)`` blocks and model parts, outermost first."""
        return scope_of(self)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What ``isinstance`` asks: an integer argument of a jitted function is an int."""
        return int if _state.contexts and is_number_here(self) and is_whole(self) else Value

    @property
    def _prev(self) -> tuple[Value, ...]:
        """micrograd's name for ``operands``, for scripts that were written for it."""
        children: tuple[Value, ...] = self._notes.get(CHILDREN, self.operands)
        return children

    @property
    def _backward(self) -> Any:
        """micrograd's name for what hands this node's slope on to its operands.

        A function assigned here takes the place of the local partials: ``backward()`` calls it
        when this node's ``grad`` is complete, and it adds to its operands' ``grad``.
        """
        return partial(_hand_on, self)

    @_backward.setter
    def _backward(self, rule: object) -> None:
        _refuse_in_trace("assigns the _backward of a Value")
        if not callable(rule):
            raise WrongTypeError(f"_backward is a function without arguments, got {describe(rule)}")
        if self._code == CONSTANT:
            return  # under no_grad no slope is asked for
        if self._left is None:
            raise UnknownNameError(
                f"the _backward of {shown(self)}: a leaf has no operands to hand slopes on to; "
                "assign that of an operation's result, as in Value(data, (a, b), 'name')"
            )
        row = row_of(self)
        self._code = MADE
        _note(self, ROW, row)
        _note(self, RULE, Rule(rule, self))

    @property
    def _op(self) -> str:
        """micrograd's name for the operation's symbol (``"+"``), for scripts written for it."""
        return row_of(self).spelling.symbol

    def __repr__(self) -> str:
        if _state.contexts and is_number_here(self):
            return str(_leave(self, "text"))
        name = label_of(self)
        label = f", label={name!r}" if name else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from autograd_nn.rich import of_value

        return of_value(self)

    # -- operators -----------------------------------------------------------------------
    # The hot ones spell their partials here; a test holds them to the table.  "| Any" is for
    # NotImplemented, by which Python offers the operation to the other operand, such as an array.

    def __add__(self, other: object) -> Value | Any:
        right = other if isinstance(other, Value) else lift(other)
        if right is None:
            return NotImplemented
        return _node(ADD, self._data + right._data, self, right, 1.0, 1.0)

    def __mul__(self, other: object) -> Value | Any:
        right = other if isinstance(other, Value) else lift(other)
        if right is None:
            return NotImplemented
        a, b = self._data, right._data
        return _node(MUL, a * b, self, right, b, a)

    def __sub__(self, other: object) -> Value | Any:
        right = other if isinstance(other, Value) else lift(other)
        if right is None:
            return NotImplemented
        return _node(SUB, self._data - right._data, self, right, 1.0, -1.0)

    def __neg__(self) -> Value:
        return _node(NEG, -self._data, self, None, -1.0, 0.0)

    def relu(self) -> Value:
        """``max(x, 0)``, with slope 0 at 0."""
        x = self._data
        if x > 0.0:
            return _node(RELU, x, self, None, 1.0, 0.0)
        if x <= 0.0:
            return _node(RELU, 0.0, self, None, 0.0, 0.0)
        return _node(RELU, x, self, None, math.nan, 0.0)

    def __radd__(self, other: object) -> Value | Any:
        left = lift(other)
        if left is None:
            return NotImplemented
        return _node(ADD, left._data + self._data, left, self, 1.0, 1.0)

    def __rmul__(self, other: object) -> Value | Any:
        left = lift(other)
        if left is None:
            return NotImplemented
        a, b = left._data, self._data
        return _node(MUL, a * b, left, self, b, a)

    def __rsub__(self, other: object) -> Value | Any:
        left = lift(other)
        if left is None:
            return NotImplemented
        return _node(SUB, left._data - self._data, left, self, 1.0, -1.0)

    def __truediv__(self, other: object) -> Value | Any:
        right = other if isinstance(other, Value) else lift(other)
        if right is None:
            return NotImplemented
        b = right._data
        if b == 0.0 or _state.contexts:
            return record(DIV, self, right)
        y = self._data / b
        return _node(DIV, y, self, right, 1.0 / b, -y / b)

    def __rtruediv__(self, other: object) -> Value | Any:
        left = lift(other)
        return NotImplemented if left is None else left / self

    def __pow__(self, other: object, modulus: object = None) -> Value | Any:
        if modulus is not None:  # of integers
            return pow(operator.index(self), _integer(other), _integer(modulus))
        right = other if isinstance(other, Value) else lift(other)
        if right is None:
            return NotImplemented
        a, b = self._data, right._data
        if b == 2.0 and a != 0.0:  # a square, the most common power
            y = a * a
            by_exponent = y * math.log(a) if 0.0 < a < math.inf else a * y
            return _node(POW, y, self, right, 2.0 * a, by_exponent if a > 0.0 else math.nan)
        if b == 3.0 and 1e-4 < a < 1e4:
            y = math.pow(a, 3.0)
            return _node(POW, y, self, right, 3.0 * (a * a), y * math.log(a))
        if b == -1.0 and 1e-4 < a < 1e4:
            y = 1.0 / a
            return _node(POW, y, self, right, -math.pow(a, -2.0), y * math.log(a))
        if b == 0.5 and 1e-4 < a < 1e4:
            y = math.sqrt(a)
            return _node(POW, y, self, right, 0.5 * math.pow(a, -0.5), y * math.log(a))
        if 1e-4 < a < 1e4 and -64.0 < b < 64.0 and b != 0.0 and b - 1.0 + 1.0 == b:
            y = math.pow(a, b)  # within these bounds nothing overflows
            return _node(POW, y, self, right, b * math.pow(a, b - 1.0), y * math.log(a))
        if -1e4 < a < -1e-4 and abs(b - 1.0) == 2.0:  # 3 or -1
            y = math.pow(a, 3.0) if b == 3.0 else 1.0 / a
            return _node(POW, y, self, right, b * math.pow(a, b - 1.0), math.nan)
        return record(POW, self, right)

    def __rpow__(self, other: object) -> Value | Any:
        left = lift(other)
        return NotImplemented if left is None else left**self

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return record(CODES["abs"], self)

    def __mod__(self, other: object) -> Value | Any:
        right = lift(other)
        return NotImplemented if right is None else record(MOD, self, right)

    def __rmod__(self, other: object) -> Value | Any:
        left = lift(other)
        return NotImplemented if left is None else record(MOD, left, self)

    def __floordiv__(self, other: object) -> Value | Any:
        right = lift(other)
        return NotImplemented if right is None else record(FLOORDIV, self, right)

    def __rfloordiv__(self, other: object) -> Value | Any:
        left = lift(other)
        return NotImplemented if left is None else record(FLOORDIV, left, self)

    def __divmod__(self, other: object) -> Any:
        right = lift(other)
        return NotImplemented if right is None else (self // right, self % right)

    def __rdivmod__(self, other: object) -> Any:
        left = lift(other)
        return NotImplemented if left is None else (left // self, left % self)

    def __floor__(self) -> Value:
        return record(FLOOR, self)

    def __ceil__(self) -> Value:
        return record(CODES["ceil"], self)

    def __trunc__(self) -> Value:
        return record(CODES["trunc"], self)

    def __round__(self, digits: object = None) -> Any:
        if digits is None:
            return record(RINT, self)
        return round(_leave(self, "round"), digits)  # type: ignore[call-overload]

    # -- functions: as methods so that ``np.exp(array_of_values)`` finds them -------------

    def abs(self) -> Value:
        """``|x|``, with slope 0 at 0."""
        return record(CODES["abs"], self)

    def leaky_relu(self, slope: object = 0.01) -> Value:
        """``x`` where positive, else ``slope * x``."""
        return record(CODES["leaky_relu"], self, require(slope))

    def exp(self) -> Value:
        """``e**x``."""
        x = self._data
        if not -700.0 < x < 700.0:
            return record(EXP, self)
        y = math.exp(x)
        return _node(EXP, y, self, None, y, 0.0)

    def expm1(self) -> Value:
        """``e**x - 1``, exact for small ``x``."""
        return record(CODES["expm1"], self)

    def log(self) -> Value:
        """The natural logarithm; ``-inf`` at 0, nan below."""
        x = self._data
        if not 0.0 < x < math.inf:
            return record(LOG, self)
        return _node(LOG, math.log(x), self, None, 1.0 / x, 0.0)

    def log1p(self) -> Value:
        """``log(1 + x)``, exact for small ``x``."""
        return record(CODES["log1p"], self)

    def sqrt(self) -> Value:
        """The square root; nan below 0, slope inf at 0."""
        x = self._data
        if not 0.0 < x < math.inf:
            return record(SQRT, self)
        y = math.sqrt(x)
        return _node(SQRT, y, self, None, 0.5 / y, 0.0)

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        x = self._data
        if not -300.0 < x < 300.0:
            return record(TANH, self)
        e = math.exp(-2.0 * x if x > 0.0 else 2.0 * x)
        slope = 4.0 * e / ((1.0 + e) * (1.0 + e))
        return _node(TANH, _hyperbolic_tangent(x), self, None, slope, 0.0)

    def sigmoid(self) -> Value:
        """``1 / (1 + e**-x)``, without overflow."""
        x = self._data
        if not -700.0 < x < 700.0:
            return record(SIGMOID, self)
        e = math.exp(-x if x > 0.0 else x)
        y = 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)
        return _node(SIGMOID, y, self, None, e / ((1.0 + e) * (1.0 + e)), 0.0)

    def softplus(self) -> Value:
        """``log(1 + e**x)``, without overflow."""
        return record(CODES["softplus"], self)

    def sin(self) -> Value:
        """The sine of ``x`` radians."""
        x = self._data
        if not -1e9 < x < 1e9:
            return record(SIN, self)
        return _node(SIN, math.sin(x), self, None, math.cos(x), 0.0)

    def cos(self) -> Value:
        """The cosine of ``x`` radians."""
        x = self._data
        if not -1e9 < x < 1e9:
            return record(COS, self)
        return _node(COS, math.cos(x), self, None, -math.sin(x), 0.0)

    def tan(self) -> Value:
        """The tangent of ``x`` radians."""
        return record(CODES["tan"], self)

    def asin(self) -> Value:
        """The angle in radians whose sine is ``x``; nan outside -1 to 1."""
        return record(CODES["asin"], self)

    def acos(self) -> Value:
        """The angle in radians whose cosine is ``x``; nan outside -1 to 1."""
        return record(CODES["acos"], self)

    def atan(self) -> Value:
        """The angle in radians whose tangent is ``x``."""
        return record(CODES["atan"], self)

    def sinh(self) -> Value:
        """The hyperbolic sine."""
        return record(CODES["sinh"], self)

    def cosh(self) -> Value:
        """The hyperbolic cosine."""
        return record(CODES["cosh"], self)

    def erf(self) -> Value:
        """The error function."""
        return record(CODES["erf"], self)

    def log2(self) -> Value:
        """The logarithm to base 2; ``-inf`` at 0, nan below."""
        return record(CODES["log2"], self)

    def log10(self) -> Value:
        """The logarithm to base 10; ``-inf`` at 0, nan below."""
        return record(CODES["log10"], self)

    def exp2(self) -> Value:
        """``2**x``."""
        return record(CODES["exp2"], self)

    def cbrt(self) -> Value:
        """The cube root, of negative numbers too; slope inf at 0."""
        return record(CODES["cbrt"], self)

    def asinh(self) -> Value:
        """The number whose hyperbolic sine is ``x``."""
        return record(CODES["asinh"], self)

    def acosh(self) -> Value:
        """The number whose hyperbolic cosine is ``x``; nan below 1."""
        return record(CODES["acosh"], self)

    def atanh(self) -> Value:
        """The number whose hyperbolic tangent is ``x``; nan outside -1 to 1."""
        return record(CODES["atanh"], self)

    def erfc(self) -> Value:
        """``1 - erf(x)``, exact where that is small."""
        return record(CODES["erfc"], self)

    def lgamma(self) -> Value:
        """The logarithm of ``|gamma(x)|``."""
        return record(CODES["lgamma"], self)

    def digamma(self) -> Value:
        """The slope of ``lgamma``."""
        return record(CODES["digamma"], self)

    def log_ndtr(self) -> Value:
        """The logarithm of the normal distribution's probability below ``x``."""
        return record(CODES["log_ndtr"], self)

    def mills(self) -> Value:
        """The normal distribution's density over its probability below ``x``."""
        return record(CODES["mills"], self)

    def polygamma(self, order: object) -> Value:
        """The slope of ``digamma`` of this order, a whole number."""
        return record(CODES["polygamma"], self, require(order))

    def logaddexp(self, other: object) -> Value:
        """``log(e**self + e**other)``, without overflow."""
        return record(CODES["logaddexp"], self, require(other))

    def maximum(self, other: object) -> Value:
        """The larger of two; at a tie each has slope 1/2."""
        return record(CODES["maximum"], self, require(other))

    def minimum(self, other: object) -> Value:
        """The smaller of two; at a tie each has slope 1/2."""
        return record(CODES["minimum"], self, require(other))

    def atan2(self, other: object) -> Value:
        """The angle in radians of the point (``other``, ``self``)."""
        return record(CODES["atan2"], self, require(other))

    def hypot(self, other: object) -> Value:
        """``sqrt(self**2 + other**2)``, without overflow."""
        return record(CODES["hypot"], self, require(other))

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

    def arctan2(self, other: object) -> Value:
        """NumPy's name for ``atan2``."""
        return self.atan2(other)

    def arcsinh(self) -> Value:
        """NumPy's name for ``asinh``."""
        return self.asinh()

    def arccosh(self) -> Value:
        """NumPy's name for ``acosh``."""
        return self.acosh()

    def arctanh(self) -> Value:
        """NumPy's name for ``atanh``."""
        return self.atanh()

    def fabs(self) -> Value:
        """NumPy's other name for ``abs``."""
        return self.abs()

    # Flat functions, whose slope is 0, and Python's own max and min.

    def floor(self) -> Value:
        """The next whole number below; ``math.floor(x)`` and ``np.floor(x)`` are the same."""
        return record(FLOOR, self)

    def ceil(self) -> Value:
        """The next whole number above."""
        return record(CODES["ceil"], self)

    def trunc(self) -> Value:
        """The next whole number towards 0."""
        return record(CODES["trunc"], self)

    def rint(self) -> Value:
        """The nearest whole number, the even one of two; ``round(x)`` is the same."""
        return record(RINT, self)

    def step(self) -> Value:
        """1 where positive, else 0."""
        return record(CODES["step"], self)

    def sign(self) -> Value:
        """-1, 0 or 1."""
        return record(CODES["sign"], self)

    def share(self, other: object) -> Value:
        """1 where this is the larger of two, 0 where the smaller, 1/2 at a tie."""
        return record(CODES["share"], self, require(other))

    def greater(self, other: object) -> Value:
        """1 where this is the larger of two, else 0."""
        return record(CODES["greater"], self, require(other))

    def first_max(self, other: object) -> Value:
        """The larger of two as Python's ``max`` finds it: at a tie, or with a nan, the first."""
        return record(CODES["first_max"], self, require(other))

    def first_min(self, other: object) -> Value:
        """The smaller of two as Python's ``min`` finds it: at a tie, or with a nan, the first."""
        return record(CODES["first_min"], self, require(other))

    def conjugate(self) -> Value:
        """A real number is its own conjugate; ``arr.var()`` and ``arr.std()`` ask for it."""
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """A NumPy function applied to a Value: as to an array of one object."""
        if ufunc is np.isnan and method == "__call__":
            return _compare("!=", self, self)
        if ufunc is np.isfinite and method == "__call__":
            return _compare("<", self, math.inf) and _compare(">", self, -math.inf)
        return getattr(ufunc, method)(*[_as_array(x) for x in inputs], **options)

    # -- a Value as a number -------------------------------------------------------------

    def __lt__(self, other: object) -> bool:
        return _compare("<", self, other) if _is_comparable(other) else NotImplemented

    def __le__(self, other: object) -> bool:
        return _compare("<=", self, other) if _is_comparable(other) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return _compare(">", self, other) if _is_comparable(other) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return _compare(">=", self, other) if _is_comparable(other) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return _compare("==", self, other) if _is_comparable(other) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return _compare("!=", self, other) if _is_comparable(other) else NotImplemented

    def __hash__(self) -> int:
        # By identity: equal numbers are different nodes.  But a whole number, such as
        # math.floor(x), finds what an int finds, and where the jit runs a function on Values in
        # place of numbers, what those numbers find.
        if _is_plainly_whole(self) or (_state.contexts and is_number_here(self)):
            return hash(_leave(self, "a key"))
        return id(self) >> 4

    def __bool__(self) -> bool:
        return _compare("!=", self, 0.0)

    def __float__(self) -> float:
        """The plain number, outside the graph: ``math.exp(v)`` works but has no slope.

        Use ``v.exp()`` or ``autograd_nn.functions.exp(v)`` to stay in the graph.
        """
        return _leave_as_float(self)

    def __int__(self) -> int:
        return _truncated(self)

    def __index__(self) -> int:
        if not is_whole(self):
            raise TypeError("'Value' object cannot be interpreted as an integer")
        if _state.contexts:
            freeze(self, "an index")
        return int(_here(self)._data)

    def bit_length(self) -> int:
        """That of an integer."""
        return self.__index__().bit_length()

    def is_integer(self) -> bool:
        """Whether the number is whole."""
        return _compare("==", record(FLOOR, self), self)

    def __and__(self, other: object) -> int:
        return self.__index__() & _integer(other)

    def __or__(self, other: object) -> int:
        return self.__index__() | _integer(other)

    def __xor__(self, other: object) -> int:
        return self.__index__() ^ _integer(other)

    def __rand__(self, other: object) -> int:
        return _integer(other) & self.__index__()

    def __ror__(self, other: object) -> int:
        return _integer(other) | self.__index__()

    def __rxor__(self, other: object) -> int:
        return _integer(other) ^ self.__index__()

    def __lshift__(self, other: object) -> int:
        return self.__index__() << _integer(other)

    def __rlshift__(self, other: object) -> int:
        return _integer(other) << self.__index__()

    def __rshift__(self, other: object) -> int:
        return self.__index__() >> _integer(other)

    def __rrshift__(self, other: object) -> int:
        return _integer(other) >> self.__index__()

    def __invert__(self) -> int:
        return ~self.__index__()

    def __str__(self) -> str:
        return str(_leave(self, "text")) if _is_plainly_whole(self) else repr(self)

    def __format__(self, spec: str) -> str:
        if _is_plainly_whole(self) or (_state.contexts and is_number_here(self)):
            return format(_leave(self, "text"), spec)
        return format(self._data, spec) if spec else repr(self)

    # -- the slopes ----------------------------------------------------------------------

    def backward(self, gradient: object = 1.0) -> None:
        """Add the slope of this value along every leaf to the leaf's ``grad``.

        The slopes of interior nodes are set, not added: they show this call alone.  Calling
        twice therefore doubles the leaves' slopes, exactly.

        Args:
            gradient: what this value's own slope is taken to be; 1 for plain derivatives.

        Raises:
            RuntimeError: nothing was recorded: this value is a constant, or recording is off.

        >>> a, b = Value(2.0), Value(-3.0)
        >>> (a * b + a).backward()
        >>> a.grad, b.grad
        (-2.0, 2.0)
        """
        seed = to_float(gradient)
        if _state.contexts:
            _refuse_in_trace("calls backward()")
        if self._code == CONSTANT:
            raise GraphError(
                f"backward() on {shown(self)}: it is a constant, computed under no_grad() or "
                "detached, so no operation was recorded. Compute it again with recording on."
            )
        if _state.contexts and not this_thread().recording:
            raise GraphError("backward() inside no_grad(): call it after the block has ended.")
        with walking:
            leaves = _count_uses(self)
            try:
                _apply_chain_rule(self, seed)
            except BaseException:  # Ctrl-C in the middle: the leaves keep what they had
                for leaf in leaves:
                    leaf._grad = leaf._left_partial
                    leaf._left_partial = 0.0
                raise
            for leaf in leaves:
                leaf._grad = leaf._left_partial + leaf._grad
                leaf._left_partial = 0.0

    def detach(self) -> Value:
        """A constant with the same number: no slope flows through it."""
        if _state.contexts:
            here = _here(self)
            if this_thread().trace is not None:
                return _record_in_context(DETACH, here._data, here, None, 0.0, 0.0)
            return _named_constant(here._data, label_of(self), WHOLE if is_whole(here) else 0.0)
        return _named_constant(self._data, label_of(self), 0.0)

    # -- what a user keeps on a node: native.h calls these --------------------------------

    def _keep(self, name: str, what: object) -> None:
        """``v.name = what``, for a name that a Value does not have."""
        _refuse_in_trace(f"sets the attribute {name!r} of a Value")
        for known in ("data", "grad", "label"):
            if sorted(name) == sorted(known):  # a slip of the keyboard
                raise UnknownNameError(
                    f"'Value' object has no attribute {shown(name)}; did you mean {known!r}?"
                )
        _note(self, name, what)

    def _forget(self, name: str) -> None:
        """``del v.name``."""
        _refuse_in_trace(f"deletes the attribute {name!r} of a Value")
        if name not in self._notes:
            raise AttributeError(f"'Value' object has no attribute {shown(name)}")
        notes = dict(self._notes)
        del notes[name]
        self._notes = notes

    # -- copies --------------------------------------------------------------------------

    def __copy__(self) -> Value:
        """A node of its own with the same operands."""
        _refuse_in_trace("copies a Value")
        return _rebuild(self, self._left, self._right)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        """A copy of the whole graph below, without recursion."""
        _refuse_in_trace("copies a Value")
        for node in topological_order(self, known=memo):
            left, right = node._left, node._right
            memo[id(node)] = _rebuild(
                node,
                None if left is None else memo[id(left)],
                None if right is None else memo[id(right)],
            )
        copied: Value = memo[id(self)]
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: the graph as flat arrays.  Leaves stay objects, so pickle shares them."""
        _refuse_in_trace("pickles a Value")
        if self._left is None:
            return _leaf_from, (self._data, self._grad, self._code, _all_notes(self))
        return _graph_from, _flatten(self)


# ---------------------------------------------------------------------------
# Backward, in two walks.  An adjoint may be passed on only when every use of the node has
# added its share; so the first walk counts the uses, and the second serves them.


def _count_uses(root: Value) -> list[Value]:
    """Clear the adjoints below ``root`` and count the uses of each node; returns the leaves."""
    this_pass = new_pass()
    leaves: list[Value] = []
    stack: list[Value] = [root]
    root._pass = this_pass
    root._pending = 1
    while stack:
        node = stack.pop()
        if node._code <= PARAMETER:
            # A leaf adds up over calls.  Its partial fields are free: one keeps the old sum.
            node._left_partial = node._grad
            leaves.append(node)
        node._grad = 0.0
        left = node._left
        if left is not None:
            if left._pass == this_pass:
                left._pending += 1
            else:
                left._pass = this_pass
                left._pending = 1
                stack.append(left)
            right = node._right
            if right is not None:
                if right._pass == this_pass:
                    right._pending += 1
                else:
                    right._pass = this_pass
                    right._pending = 1
                    stack.append(right)
    return leaves


def _apply_chain_rule(root: Value, seed: float) -> None:
    """Pass each adjoint on to the operands, times the local partial."""
    root._grad = seed
    watched = _state.contexts > 0 and this_thread().anomalies is not None
    stack: list[Value] = [root]
    while stack:
        node = stack.pop()
        adjoint = node._grad
        if watched:
            _check_backward(node)
        left = node._left
        if left is not None:
            by_hand = node._code == MADE and _by_hand(node)
            if not by_hand:
                left._grad += node._left_partial * adjoint
            left._pending -= 1
            if left._pending == 0 and left._left is not None:
                stack.append(left)
            right = node._right
            if right is not None:
                if not by_hand:
                    right._grad += node._right_partial * adjoint
                right._pending -= 1
                if right._pending == 0 and right._left is not None:
                    stack.append(right)


def _hand_on(node: Value) -> None:
    """What ``node._backward()`` does in micrograd: add this node's share to its operands."""
    rule = node._notes.get(RULE)
    if rule is not None:
        rule(node)
        return
    left, right = node._left, node._right
    if left is not None:
        left._grad += node._left_partial * node._grad
    if right is not None:
        right._grad += node._right_partial * node._grad


def _by_hand(node: Value) -> bool:
    """Hand a slope on by the user's own rule, where the node has one."""
    rule = node._notes.get(RULE)
    if rule is None:
        return False
    rule(node)
    return True


def slopes_along(root: Value, wanted: list[Value]) -> list[float]:
    """The slope of ``root`` along each wanted node, with every leaf's ``grad`` left as it was."""
    with walking:
        leaves = _count_uses(root)
        this_pass = _state.passes
        try:
            _apply_chain_rule(root, 1.0)
            return [node._grad if node._pass == this_pass else 0.0 for node in wanted]
        finally:
            for leaf in leaves:
                leaf._grad = leaf._left_partial
                leaf._left_partial = 0.0


def topological_order(*roots: Value, known: dict[int, Any] | None = None) -> list[Value]:
    """Every node below ``roots`` once, operands before results, leftmost first.

    Args:
        known: identities of nodes to stop at; they and what is below them are left out.

    >>> x = Value(2.0, "x")
    >>> [v.op or v.label for v in topological_order(x * x + x)]
    ['x', 'mul', 'add']
    """
    with walking:
        return _topological_order(roots, known or {})


def _topological_order(roots: tuple[Value, ...], known: dict[int, Any]) -> list[Value]:
    this_pass = new_pass()
    order: list[Value] = []
    stack: list[Value] = list(reversed(roots))
    while stack:
        node = stack[-1]
        if node._pass == this_pass:  # seen before: its operands are done by now
            stack.pop()
            if node._pending == 1:
                node._pending = 0
                order.append(node)
            continue
        node._pass = this_pass
        if id(node) in known:
            node._pending = 0
            continue
        node._pending = 1
        right = node._right
        if right is not None and right._pass != this_pass:
            stack.append(right)
        left = node._left
        if left is not None and left._pass != this_pass:
            stack.append(left)
    return order


def chosen_operands(v: Value) -> tuple[Value, ...]:
    """The operands of a node; of Python's ``max`` and ``min`` the one that was chosen."""
    if FIRST_MAX <= v._code <= FIRST_MIN:
        return tuple([x for x, slope in zip(v.operands, v.partials, strict=True) if slope])
    return v.operands


# ---------------------------------------------------------------------------
# Copies


def _rebuild(node: Value, left: Value | None, right: Value | None) -> Value:
    """A node like this one, on other operands."""
    copied = _make(node._code, node._data, left, right, node._left_partial, node._right_partial)
    copied._grad = node._grad
    _take_notes(copied, _all_notes(node))
    return copied


def _flatten(root: Value) -> tuple[Any, ...]:
    """The graph below ``root``: the leaves, then one column per field of the other nodes."""
    order = topological_order(root)
    leaves = [node for node in order if node._left is None]
    inner = [node for node in order if node._left is not None]
    position = {id(node): k for k, node in enumerate(leaves + inner)}
    lefts = array("q", [position[id(node._left)] for node in inner])
    rights = array(
        "q", [-1 if node._right is None else position[id(node._right)] for node in inner]
    )
    codes = bytes([node._code for node in inner])
    numbers = array("d")
    for node in inner:
        numbers.extend((node._data, node._grad, node._left_partial, node._right_partial))
    notes = [_all_notes(node) for node in inner]
    return leaves, lefts, rights, codes, numbers, notes


def _graph_from(
    leaves: list[Value], lefts: Any, rights: Any, codes: bytes, numbers: Any, notes: list[Any]
) -> Value:
    """The inverse of ``_flatten``."""
    nodes = list(leaves)
    for k in range(len(codes)):
        right_at: int = rights[k]
        right = None if right_at < 0 else nodes[right_at]
        data, grad, left_partial, right_partial = numbers[4 * k : 4 * k + 4]
        node = _make(codes[k], data, nodes[lefts[k]], right, left_partial, right_partial)
        node._grad = grad
        _take_notes(node, notes[k])
        nodes.append(node)
    return nodes[-1]


def _leaf_from(data: float, grad: float, code: int, notes: dict[Any, Any]) -> Value:
    leaf = _make(code, data, None, None, 0.0, 0.0)
    leaf._grad = grad
    _take_notes(leaf, notes)
    return leaf


# ---------------------------------------------------------------------------
# Notes: a label, a scope, and what a user keeps on a node (``v.color = "red"``).


def label_of(v: Value) -> str:
    """The label; "" where none was given."""
    if v._notes is _BARE:
        return ""
    label: str = v._notes.get(LABEL, "")
    return label


def scope_of(v: Value) -> tuple[str, ...]:
    """The names of the enclosing scopes, outermost first."""
    if v._notes is _BARE:
        return ()
    scope: tuple[str, ...] = v._notes.get(SCOPE, ())
    return scope


def _note(v: Value, key: object, what: object) -> None:
    """Add a note to one node, in a dict of its own: others may share the old one."""
    notes = dict(v._notes)
    notes[key] = what
    v._notes = notes


def _all_notes(v: Value) -> dict[Any, Any]:
    """The notes with the user's own attributes, which plain Python keeps in ``__dict__``."""
    if RULE in v._notes:
        raise WrongTypeError(
            f"{shown(v)} cannot be copied or pickled: its _backward was written by hand and "
            "hands on to the operands it was written for; make it with custom_op instead"
        )
    return dict(v._notes) if engine_is_compiled() else {**v._notes, **vars(v)}


def _take_notes(v: Value, notes: dict[Any, Any]) -> None:
    """The inverse of ``_all_notes``."""
    if not engine_is_compiled():
        vars(v).update({key: what for key, what in notes.items() if isinstance(key, str)})
        notes = {key: what for key, what in notes.items() if not isinstance(key, str)}
    if notes:
        v._notes = notes


# ---------------------------------------------------------------------------
# Making nodes


def _make(
    code: i32,
    data: float,
    left: Value | None,
    right: Value | None,
    left_partial: float,
    right_partial: float,
) -> Value:
    """A node with these fields, whatever is open."""
    node = Value(_UNSET)
    node._data = data
    node._code = code
    node._left = left
    node._right = right
    node._left_partial = left_partial
    node._right_partial = right_partial
    return node


def _node(
    code: i32,
    data: float,
    left: Value,
    right: Value | None,
    left_partial: float,
    right_partial: float,
) -> Value:
    """The node of an operation: the one door that every operation goes through."""
    if _state.contexts:
        return _record_in_context(code, data, left, right, left_partial, right_partial)
    return _make(code, data, left, right, left_partial, right_partial)


def _number(code: i32, data: float, mark: float) -> Value:
    """A leaf or constant; ``mark`` says whether it came as an int, see ``WHOLE``."""
    node = Value(_UNSET)
    node._data = data
    node._code = code
    node._right_partial = mark
    return node


def _named_constant(data: float, label: str, mark: float) -> Value:
    node = _number(CONSTANT, data, mark)
    node.label = label
    return node


def lift(x: object) -> Value | None:
    """``x`` as a Value: itself, or a constant; None for what is not a number."""
    if isinstance(x, Value):
        return x
    if type(x) is float:
        return _number(CONSTANT, x, 0.0)
    if type(x) is int:
        n: int = x
        exact = -_EXACT_INT <= n <= _EXACT_INT
        return _number(CONSTANT, float(n) if exact else to_float(n), WHOLE)
    if _state.contexts:
        node = _unwrapped(x)
        if node is not None:
            return node
    return constant(x) if is_number(x) else None


def require(x: object) -> Value:
    """``x`` as a Value, or a TypeError that says what was given."""
    if isinstance(x, Value):
        return x
    node = _unwrapped(x) if _state.contexts else None
    return constant(x) if node is None else node


def constant(x: object) -> Value:
    """A plain number as a node; it remembers whether it was an int."""
    return _number(CONSTANT, to_float(x), WHOLE if isinstance(x, (int, np.integer)) else 0.0)


def lifted(x: object) -> Value:
    """An argument's number as a leaf, where a function runs on Values in place of numbers."""
    if type(x) is float:
        return _number(LEAF, x, FRACTIONAL)
    return _number(LEAF, to_float(x), WHOLE if isinstance(x, (int, np.integer)) else FRACTIONAL)


def _as_float(x: object) -> float:
    """``to_float``, with a short way for ints."""
    if type(x) is int:
        n: int = x
        if -_EXACT_INT <= n <= _EXACT_INT:
            return float(n)
    return to_float(x)


def _describe(v: Value, children: object, op: object, label: object) -> None:
    """The rest of ``Value(data, ...)``: a label, or a node made by hand as micrograd makes it."""
    name = label
    if isinstance(children, (tuple, list, set, frozenset)) or not _is_empty(op):
        found, sign, slopes = as_parts(children, op)
        _refuse_in_trace("makes a node by hand")
        _set_operands(v, found, handmade_row(sign, len(found)), slopes)
    elif _is_empty(label):
        name = children
    if _as_label(name):
        _note(v, LABEL, name)


def _is_empty(x: object) -> bool:
    return isinstance(x, str) and not x


def _set_operands(v: Value, children: list[Any], row: Primitive, slopes: list[float]) -> None:
    """Make the result of an operation of its own of ``v``.  More than two operands are a chain."""
    operands: list[Value] = [require(x) for x in children]
    if not operands:
        return
    if _state.contexts and not this_thread().recording:
        v._code = CONSTANT
        return
    first, slope = operands[0], slopes[0]
    for k in range(1, len(operands) - 1):
        joined = _make(MADE, v._data, first, operands[k], slope, slopes[k])
        joined._notes = {ROW: row}
        first, slope = joined, 1.0
    v._code = MADE
    v._left = first
    v._left_partial = slope
    if len(operands) > 1:
        v._right = operands[len(operands) - 1]
        v._right_partial = slopes[len(operands) - 1]
    _note(v, ROW, row)
    if len(operands) > 2:
        _note(v, CHILDREN, tuple(operands))


def custom_node(row: Primitive, data: float, operands: list[Value], slopes: list[float]) -> Value:
    """The node of an operation that is not in the table, with its row and its local slopes."""
    v = Value(data)
    if _state.contexts:
        v._notes = this_thread().notes
    _set_operands(v, list(operands), row, slopes)
    return v


def row_of(v: Value) -> Primitive:
    """The row of a node's operation: of the table, or of its own."""
    code = v._code
    row: Primitive = v._notes[ROW] if code == MADE else PRIMITIVES[code]
    return row


def _given(data: object) -> float:
    """The number of a new leaf: ``round(x)`` of a Value counts as the int that it is."""
    if isinstance(data, Value) and is_whole(data):
        return float(data._data if _state.contexts == 0 else _leave_as_float(data))
    return _as_float(data)


def _as_label(label: object) -> str:
    if not isinstance(label, str):
        raise WrongTypeError(f"a label is a str, got {describe(label)}")
    return label


def parameter(data: object, label: str = "") -> Value:
    """A leaf that a model owns and an optimiser moves; pictures show it as a parameter."""
    leaf = Value(data, label)
    leaf._code = PARAMETER
    return leaf


def record(code: i32, left: Value, right: Value | None = None) -> Value:
    """The node of any operation of the table, by the table's own rule."""
    if _state.contexts and code in (DIV, MOD, FLOORDIV):
        _refuse_zero(code, left, right)
    y, left_partial, right_partial = _by_the_table(code, left, right)
    return _node(code, y, left, right, left_partial, right_partial)


def _refuse_zero(code: i32, left: Value, right: Value | None) -> None:
    """Integers cannot be divided by 0, also where Values stand in their place."""
    if right is None or not this_thread().numbers or not (is_whole(right) and is_whole(left)):
        return
    if compare_in_context("==", right, constant(0)):
        name = "division by zero" if code == DIV else "integer division or modulo by zero"
        raise ZeroDivisionError(name)


def _by_the_table(code: i32, left: Value, right: Value | None) -> tuple[float, float, float]:
    """The number of an operation's result, and its partials."""
    row = PRIMITIVES[code]
    a = left._data
    if right is None:
        y: float = row.scalar(a)
        slope: tuple[float] = row.partials(a, y)
        return y, slope[0], 0.0
    b = right._data
    y = row.scalar(a, b)
    slopes: tuple[float, float] = row.partials(a, b, y)
    return y, slopes[0], slopes[1]


def record_dot(
    weights: list[Value], inputs: list[Value], start: Value, scope: tuple[str, ...]
) -> Value:
    """``start + w0*x0 + w1*x1 + ...`` in order, in a scope within the current one.

    The same nodes as the loop ``for w, x in zip(weights, inputs): start = start + w * x``
    in one call, which is what a neuron spends its time on.
    """
    total = start
    path = this_thread().scope + scope if _state.contexts else scope
    notes = {SCOPE: path} if path else _BARE
    for i in range(len(weights)):
        w, x = weights[i], inputs[i]
        a, b = w._data, x._data
        product = _node(MUL, a * b, w, x, b, a)
        total = _node(ADD, total._data + product._data, total, product, 1.0, 1.0)
        product._notes = notes
        total._notes = notes
    return total


def look_up(entries: list[Value], width: int, index: Value, trace: Tape) -> list[Value]:
    """In a trace, the row that an index chooses from a table with ``width`` columns."""
    start = int(index._data) * width
    chosen = [_here(x) for x in entries[start : start + width]]
    row = [_make(TAKE, x._data, x, index, 1.0, 0.0) for x in chosen]
    trace.lookups.append((len(trace.nodes), width, entries))
    trace.nodes += row
    return row if this_thread().recording else [x.detach() for x in row]


def place(node: Value, scope: tuple[str, ...]) -> Value:
    """Put ``node`` into a scope, given by its names from the outermost; returns ``node``."""
    _note(node, SCOPE, scope)
    return node


# ---------------------------------------------------------------------------
# Contexts: no_grad, detect_anomaly, scope and tracing are rare, so a node pays for them with
# one test of a counter.  What is open in which thread is then looked up here.


#: The outermost scope of what a trace records: what is met again in a later one was kept outside.
RECORDED: Final = "recorded by the jit"


@final
class Tape:
    """What a trace collects.

    Args:
        plain: the class of numbers that ``.data`` gives meanwhile; see ``Plain``.
        watching: whether to note the user's line of every comparison.

    Attributes:
        nodes: every operation, in the order it was recorded.
        comparisons: (symbol, left, right, outcome) of every comparison, in order.
        exits: by the place of a comparison among them, how a number left the graph there.
        lines: the user's line of every comparison, where they are watched.
        lookups: of every ``take`` with a recorded index: the position of its first node in
            ``nodes``, how many there are, and the table, row after row.
        signed: whether the sign of a zero matters.
        refused: what the function did that a replay would not do again; "" if nothing.
    """

    def __init__(self, plain: Any, watching: bool = False) -> None:
        self.plain, self.watching = plain, watching
        self.nodes: list[Value] = []
        self.comparisons: list[tuple[str, Value, Value, bool]] = []
        self.exits: dict[int, str] = {}
        self.lines: list[str] = []
        self.lookups: list[tuple[int, int, list[Value]]] = []
        self.signed: bool = False
        self.refused: str = ""


@final
class Context:
    """What is open in one thread; each thread starts with these defaults.

    Attributes:
        recording: False inside ``no_grad``.
        scope: the names of the open ``scope`` blocks, outermost first.
        trace: what the jit records, while it does.
        numbers: whether Values stand in the place of numbers: as keys, text and indices they
            are then what the numbers are.
        stand_ins: by identity of a parameter, the Value that takes its place.
        exits: each Value that ``float()`` took out of the graph with the user's line, where
            somebody asks.
        differentiating: how many calls of ``grad`` this thread is inside of: an inner one
            must stay in the graph.
        open: how many contexts are.
        anomalies: of ``detect_anomaly``: by identity of a node, the node and the user's line.
    """

    def __init__(self) -> None:
        self.recording: bool = True
        self.scope: tuple[str, ...] = ()
        self.notes: dict[Any, Any] = _BARE  # what a new node notes of the scope
        self.trace: Tape | None = None
        self.numbers: bool = False
        self.stand_ins: dict[int, Value] | None = None
        self.exits: list[tuple[Value, str]] | None = None
        self.differentiating: int = 0
        self.open: i64 = 0
        self.anomalies: dict[int, tuple[Value, str]] | None = None


class _State:
    """What all threads share.

    Attributes:
        contexts: how many contexts are open.
        passes: how many walks there were.
    """

    def __init__(self) -> None:
        self.contexts: i64 = 0
        self.passes: i64 = 0


_state: Final = _State()
_local: Final = threading.local()
walking: Final = threading.RLock()  # two walks at once over one graph would mix up their marks
_KINDS: Final = ("input", "parameter", "constant")


def new_pass() -> i64:
    """The number of a new walk; its marks in the nodes hold while ``walking`` is held."""
    _state.passes += 1
    return _state.passes


def this_thread() -> Context:
    """The contexts that are open in this thread; ``recording`` opens and closes them."""
    context: Context | None = getattr(_local, "context", None)
    if context is None:
        context = _local.context = Context()
    return context


def open_scope(context: Context, scope: tuple[str, ...]) -> None:
    """New nodes of a thread belong to this scope."""
    context.scope = scope
    context.notes = {SCOPE: scope} if scope else _BARE


def open_contexts(context: Context, count: i64) -> None:
    """Tell the engine how many contexts are open in a thread.

    In one step: at a signal, it is done or it is not.
    """
    with walking:
        _state.contexts += count - context.open
        context.open = count


def _record_in_context(
    code: i32,
    data: float,
    left: Value,
    right: Value | None,
    left_partial: float,
    right_partial: float,
) -> Value:
    """Make a node while some context is open."""
    context = this_thread()
    trace = context.trace
    if context.stand_ins is not None:
        first, second = _here(left), None if right is None else _here(right)
        if first is not left or second is not right:
            left, right = first, second
            data, left_partial, right_partial = _by_the_table(code, left, right)
    if not context.recording and trace is None:
        node = _number(CONSTANT, data, WHOLE if _is_whole_result(code, left, right) else 0.0)
    else:
        node = _make(code, data, left, right, left_partial, right_partial)
    node._notes = context.notes
    if trace is not None:
        trace.nodes.append(node)
        if not context.recording and code != DETACH:
            # The trace needs the operation; no_grad needs its slope to be 0.
            node = _record_in_context(DETACH, data, node, None, 0.0, 0.0)
    if context.anomalies is not None:
        line = user_line()
        context.anomalies[id(node)] = (node, line)
        if not math.isfinite(data):
            raise AnomalyError("forward", PRIMITIVES[code].name, data, _named(left, right), line)
    return node


def _check_backward(node: Value) -> None:
    """Raise if this node passes on a slope that is not finite."""
    made_at = this_thread().anomalies or {}
    adjoint = node._grad
    for operand, slope in zip(node.operands, node.partials, strict=True):
        if operand._code != CONSTANT and not math.isfinite(slope * adjoint):
            _, line = made_at.get(id(node), (node, "outside detect_anomaly()"))
            name = PRIMITIVES[node._code].name
            raise AnomalyError(
                "backward", name, slope * adjoint, _named(node._left, node._right), line
            )


def _named(left: Value | None, right: Value | None) -> list[tuple[str, float]]:
    return [(label_of(v), v._data) for v in (left, right) if v is not None]


def _is_comparable(other: object) -> bool:
    kind = type(other)
    return kind is Value or kind is float or kind is int or is_number(other)


def _compare(symbol: str, left: Value, other: object) -> bool:
    """A comparison of the numbers; a trace also remembers how it came out."""
    if _state.contexts:
        right = require(other)
        return compare_in_context(symbol, left, right)
    if isinstance(other, Value):
        return outcome_of(symbol, left._data, other._data)
    b: float = other if type(other) is float else _as_float(other)
    return outcome_of(symbol, left._data, b)


def outcome_of(symbol: str, a: float, b: float) -> bool:
    """How a comparison of two numbers comes out."""
    if symbol == "<":
        return a < b
    if symbol == "<=":
        return a <= b
    if symbol == ">":
        return a > b
    if symbol == ">=":
        return a >= b
    return a == b if symbol == "==" else a != b


def compare_in_context(symbol: str, left: Value, right: Value, how: str = "") -> bool:
    """A comparison, as a guard where a trace is open; ``how`` a number leaves by it, if one does.

    A comparison of two plain numbers holds for ever.
    """
    left, right = _here(left), _here(right)
    outcome = outcome_of(symbol, left._data, right._data)
    trace = this_thread().trace
    if trace is not None and not (left._code == CONSTANT and right._code == CONSTANT):
        if how:
            trace.exits[len(trace.comparisons)] = how
        if trace.watching:
            trace.lines.append(user_line())
        trace.comparisons.append((symbol, left, right, outcome))
    return outcome


# ---------------------------------------------------------------------------
# Ways out of the graph.  Outside of a recording they give the number.  In one, each notes for
# which numbers the recording holds: an exit is a comparison like those that a function writes.

WHOLE: Final = 1.0  # the second partial of a leaf or constant that came as an int
FRACTIONAL: Final = -1.0  # that of an argument that came as a float
_EXACT: Final = 2.0**50  # below, a float and its neighbours of one half are numbers of their own
_MOST_EXITS: Final = 1000  # of one run that are noted
_DEEP: Final[i64] = 64  # nodes that are looked at to find an integer, where nothing is recorded
_ALL: Final[i64] = 1_000_000_000


def _here(v: Value) -> Value:
    """``v``, or what stands in its place in this thread."""
    stand_ins = this_thread().stand_ins
    return v if stand_ins is None else stand_ins.get(id(v), v)


def _unwrapped(x: object) -> Value | None:
    """The node in what ``.data`` gave during a recording; None for anything else."""
    trace = this_thread().trace
    if trace is not None and type(x) is trace.plain:
        node: Value = getattr(x, "_node")  # noqa: B009
        return node
    return None


def _data_in_context(v: Value) -> Any:
    v = _here(v)
    trace = this_thread().trace
    if trace is None or trace.refused or v._code == CONSTANT:
        return v._data
    return trace.plain(_record_in_context(DETACH, v._data, v, None, 0.0, 0.0))


def is_number_here(v: Value) -> bool:
    """Whether ``v`` stands in the place of a number, and is not a Value of the user's own."""
    return this_thread().numbers and (v._code >= CONSTANT or v._right_partial != 0.0)


def is_whole(v: Value) -> bool:
    """Whether ``v`` came from integers by operations that keep them whole, or by a rounding."""
    seen: set[int] = set()
    stack: list[Value] = [v]
    most: i64 = _DEEP if _state.contexts == 0 else _ALL
    while stack:
        node = stack.pop()
        code, left, right = node._code, node._left, node._right
        if left is None:
            if node._right_partial != WHOLE:
                return False
        elif code == POW:
            if right is None or right._right_partial != WHOLE or right._data < 0.0:
                return False
            stack.append(left)
        elif code in _KEEPS_WHOLE:
            most -= 1
            if most < 0:
                return False
            if id(node) not in seen:
                seen.add(id(node))
                stack.append(left)
                if right is not None:
                    stack.append(right)
        elif not FLOOR <= code <= RINT:
            return False
    return True


def _is_plainly_whole(v: Value) -> bool:
    """Whether an operation gave a whole number, as ``round(x)`` does, which is an int to Python."""
    code = v._code
    return FLOOR <= code <= RINT or (code in _KEEPS_WHOLE and is_whole(v))


def _is_whole_result(code: i32, left: Value, right: Value | None) -> bool:
    """The same for a result that will not know its operands."""
    if FLOOR <= code <= RINT:
        return True
    return code in _KEEPS_WHOLE and is_whole(left) and (right is None or is_whole(right))


_KEEPS_WHOLE: Final = frozenset(
    {CODES[name] for name in ("add", "sub", "mul", "neg", "abs", "detach", "floordiv", "mod")}
    | {CODES["first_max"], CODES["first_min"]}
)


def freeze(v: Value, how: str) -> None:
    """The number itself leaves: nan is what differs from itself, and a zero has a sign."""
    v = _here(v)
    trace = this_thread().trace
    if trace is None or v._code == CONSTANT:
        return
    x = v._data
    compare_in_context("==", v, v if x != x else _number(CONSTANT, x, 0.0), how)
    if x == 0.0 and not is_whole(v):
        trace.signed = True
        angle = record(CODES["atan2"], v, _number(CONSTANT, -1.0, 0.0))
        compare_in_context(">", angle, _number(CONSTANT, 0.0, 0.0), how)


def _leave(v: Value, how: str) -> Any:
    """The number, as an int where it is known to be one."""
    if _state.contexts:
        freeze(v, how)
        v = _here(v)
    x = v._data
    return int(x) if x - x == 0.0 and is_whole(v) else x


def note_exit(v: Value) -> None:
    """Note that ``float(v)`` took the number out of the graph, where somebody asks."""
    exits = this_thread().exits
    # A nan has no slope to lose: math.isnan(x) is how missing numbers are found.
    if exits is not None and v._data == v._data and len(exits) < _MOST_EXITS:
        exits.append((v, user_line()))


def _leave_as_float(v: Value) -> float:
    note_exit(v)
    if _state.contexts:
        freeze(v, "float()")
        v = _here(v)
    return v._data


def _truncated(v: Value) -> int:
    """``int(v)``."""
    if _state.contexts:
        v = _here(v)
        x = v._data
        if not abs(x) < _EXACT or is_whole(v):
            freeze(v, "int()")
        else:
            n = math.trunc(x)
            low, high = n if n > 0 else n - 1, n if n < 0 else n + 1
            compare_in_context(">=" if n > 0 else ">", v, constant(low), "int()")
            compare_in_context("<=" if n < 0 else "<", v, constant(high), "int()")
    return int(v._data)


def _integer(x: object) -> int:
    """The other operand of ``&`` and its like."""
    return operator.index(x)  # type: ignore[arg-type]


def _refuse_in_trace(what: str) -> None:
    """Note that the function does what a replay would not do again."""
    if _state.contexts:
        trace = this_thread().trace
        if trace is not None and not trace.refused:
            trace.refused = f"it {what} at {user_line()}"


def _as_array(x: object) -> object:
    """A Value as an array that holds it; anything else as it is."""
    if isinstance(x, (np.longdouble, np.ndarray)) and x.dtype == np.longdouble:
        return x.astype(float)  # as an object it would hand the operation back to NumPy, for ever
    if not isinstance(x, Value):
        return x
    held = np.empty((), dtype=object)
    held[()] = x
    return held


def engine_is_compiled() -> bool:
    """Whether the compiled engine runs, not this file as plain Python."""
    return not __file__.endswith(".py")


def _restore_docstring() -> None:
    """mypyc drops docstrings; ``help(Value)`` reads the class's own from this file."""
    try:
        source = (PACKAGE / "engine.py").read_text(encoding="utf-8")
    except OSError:  # shipped without its source
        return
    _, _, rest = source.partition('class Value:\n    """')
    setattr(Value, "__doc__", rest.partition('"""')[0])  # noqa: B010


if engine_is_compiled():
    _restore_docstring()
    # mypyc leaves C's own slot empty, by which lists and ranges ask for an index.
    setattr(Value, "__index__", vars(Value)["__index__"])  # noqa: B010

if hasattr(os, "register_at_fork"):  # a child must not find a walk of another thread half done
    os.register_at_fork(
        before=walking.acquire, after_in_parent=walking.release, after_in_child=walking.release
    )
