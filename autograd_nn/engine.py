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

What is left out: the formulas of the operations (``ops``) and the methods that are a row of it and
no more (``methods``), what is open in a thread (``state``), how numbers leave the graph
(``exits``), walks in the order of the graph, and copies (``walks``), labels and the like
(``notes``), nodes made by hand (``handmade``), functions over arrays (``functions``), and
everything that draws, checks or compiles graphs.
"""

from __future__ import annotations

import inspect
import math
import operator
from functools import partial
from typing import Any, Final, final

import numpy as np
from mypy_extensions import i16, i32, i64, mypyc_attr

from autograd_nn.callers import PACKAGE, user_line
from autograd_nn.checks import shown
from autograd_nn.codes import (
    ADD,
    COS,
    DETACH,
    DIV,
    EXP,
    FLOOR,
    FLOORDIV,
    LOG,
    MADE,
    MOD,
    MUL,
    NEG,
    POW,
    RELU,
    RINT,
    SIGMOID,
    SIN,
    SQRT,
    SUB,
    TAKE,
    TANH,
)
from autograd_nn.conversion import is_number, to_float
from autograd_nn.errors import AnomalyError, GraphError, UnknownNameError, WrongTypeError
from autograd_nn.exits import (
    FRACTIONAL,
    UNKNOWN,
    WHOLE,
    as_float,
    as_index,
    as_int,
    compare_in_context,
    data_in_context,
    here,
    integer,
    is_number_here,
    is_plainly_whole,
    is_whole,
    is_whole_result,
    leave,
    note_exit,
    outcome_of,
    unwrapped,
)
from autograd_nn.handmade import Children, as_parts, assign_rule, set_operands
from autograd_nn.methods import Methods
from autograd_nn.notes import (
    CHILDREN,
    LABEL,
    RULE,
    add_note,
    all_notes,
    as_label,
    label_of,
    place,
    remove_note,
    row_of,
    scope_of,
    take_notes,
)
from autograd_nn.ops import CODES, CONSTANT, LEAF, PARAMETER, PRIMITIVES, Primitive, handmade_row
from autograd_nn.state import (
    BARE,
    SCOPE,
    Tape,
    new_pass,
    refuse_in_trace,
    shared,
    this_thread,
    walking,
)
from autograd_nn.walks import (
    chosen_operands,
    copied,
    copy_below,
    flatten,
    graph_from,
    topological_order,
)

__all__ = [
    "Value",
    "chosen_operands",
    "compare_in_context",
    "constant",
    "custom_node",
    "engine_is_compiled",
    "lift",
    "lifted",
    "look_up",
    "note_exit",
    "outcome_of",
    "parameter",
    "place",
    "record",
    "record_dot",
    "require",
    "row_of",
    "slopes_along",
    "topological_order",
]

_NOTHING: Final = ""  # what was left out, as a label or otherwise
_UNSET: Final = 0.0  # a number for __init__, until _make sets the real one
_EXACT_INT: Final = 2**53  # ints up to here are floats
_KINDS: Final = ("input", "parameter", "constant")


@final
@mypyc_attr(acyclic=True)  # a node refers only to older nodes: the garbage collector need not look
class Value(Methods):
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
        "_number",
        "_origin",
        "_pass",
        "_right",
        "_right_partial",
    )

    # -- the fields: in this order they fill 96 bytes, the header included ------------------

    def __init__(
        self,
        data: object,
        _children: object = _NOTHING,
        _op: object = _NOTHING,
        label: object = _NOTHING,
    ) -> None:
        self._data: float = data if type(data) is float else _given(data)
        self._grad: float = 0.0
        self._code: i16 = 0  # the operation's row in the table; 0 is an input
        self._origin: i16 = 0  # whether a leaf's or constant's number came as an int, see exits
        self._number: i32 = 0  # the walk's own number for the node that it reached
        self._left: Value | None = None  # the operands
        self._right: Value | None = None
        self._left_partial: float = 0.0  # the slope along each, from the forward pass
        self._right_partial: float = 0.0
        self._pass: i64 = 0  # the last walk that reached this node
        self._notes: dict[Any, Any] = BARE  # what few nodes have
        if _children is not _NOTHING or _op is not _NOTHING or label is not _NOTHING:
            _describe(self, _children, _op, label)

    @property
    def data(self) -> Any:
        """The number.  Setting it leaves the slopes of earlier computations as they were."""
        return data_in_context(self) if shared.contexts else self._data

    @data.setter
    def data(self, data: object) -> None:
        if shared.contexts:
            refuse_in_trace("sets the .data of a Value")
        self._data = data if type(data) is float else _as_float(data)

    @property
    def grad(self) -> float:
        """The slope of the value ``backward()`` was called on, along this one."""
        if shared.contexts:
            refuse_in_trace("reads the .grad of a Value")
        return self._grad

    @grad.setter
    def grad(self, grad: object) -> None:
        if shared.contexts:
            refuse_in_trace("sets the .grad of a Value")
        if type(grad) is float:
            self._grad = grad
        else:  # None as PyTorch's zero_grad(set_to_none=True) sets it
            self._grad = 0.0 if grad is None else _as_float(grad)

    # -- the operators: each makes a node of its number, operands and local partials --------
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

    # -- backward, in two walks.  An adjoint may be passed on only when every use of the node
    # has added its share; so the first walk counts the uses, and the second serves them. -----

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
        if shared.contexts:
            refuse_in_trace("calls backward()")
        if self._code == CONSTANT:
            raise GraphError(
                f"backward() on {shown(self)}: it is a constant, computed under no_grad() or "
                "detached, so no operation was recorded. Compute it again with recording on."
            )
        if shared.contexts and not this_thread().recording:
            raise GraphError("backward() inside no_grad(): call it after the block has ended.")
        with walking:
            before: list[float] = []
            leaves = self._count_uses(before)
            try:
                self._apply_chain_rule(seed)
            except BaseException:  # Ctrl-C in the middle: the leaves keep what they had
                for k in range(len(leaves)):
                    leaves[k]._grad = before[k]
                raise
            for k in range(len(leaves)):  # a leaf adds up over calls
                leaves[k]._grad = before[k] + leaves[k]._grad

    def _count_uses(self, before: list[float]) -> list[Value]:
        """Clear the adjoints below, and number each node by its uses.

        Args:
            before: gets the ``grad`` that each leaf had.

        Returns:
            the leaves.
        """
        this_pass = new_pass()
        leaves: list[Value] = []
        stack: list[Value] = [self]
        self._pass = this_pass
        self._number = 1
        while stack:
            node = stack.pop()
            if node._code <= PARAMETER:
                before.append(node._grad)
                leaves.append(node)
            node._grad = 0.0
            left = node._left
            if left is not None:
                if left._pass == this_pass:
                    left._number += 1
                else:
                    left._pass = this_pass
                    left._number = 1
                    stack.append(left)
                right = node._right
                if right is not None:
                    if right._pass == this_pass:
                        right._number += 1
                    else:
                        right._pass = this_pass
                        right._number = 1
                        stack.append(right)
        return leaves

    def _apply_chain_rule(self, seed: float) -> None:
        """Pass each adjoint on to the operands, times the local partial."""
        self._grad = seed
        watched = shared.contexts > 0 and this_thread().anomalies is not None
        stack: list[Value] = [self]
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
                left._number -= 1
                if left._number == 0 and left._left is not None:
                    stack.append(left)
                right = node._right
                if right is not None:
                    if not by_hand:
                        right._grad += node._right_partial * adjoint
                    right._number -= 1
                    if right._number == 0 and right._left is not None:
                        stack.append(right)

    # ======================================================================================
    # You may stop here: this is the engine.  What follows is more operators, what a node says
    # of itself, a Value in the place of a number, and the ways to make nodes.
    # ======================================================================================

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
        if b == 0.0 or shared.contexts:
            return record(DIV, self, right)
        y = self._data / b
        return _node(DIV, y, self, right, 1.0 / b, -y / b)

    def __rtruediv__(self, other: object) -> Value | Any:
        left = lift(other)
        return NotImplemented if left is None else left / self

    def __pow__(self, other: object, modulus: object = None) -> Value | Any:
        if modulus is not None:  # of integers
            return pow(operator.index(self), integer(other), integer(modulus))
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

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return self.abs()

    def __floor__(self) -> Value:
        return self.floor()

    def __ceil__(self) -> Value:
        return self.ceil()

    def __trunc__(self) -> Value:
        return self.trunc()

    def __round__(self, digits: object = None) -> Any:
        if digits is None:
            return record(RINT, self)
        return round(leave(self, "round"), digits)  # type: ignore[call-overload]

    # -- functions that are used by the million: a test holds these short ways to the table ----

    def _apply(self, name: str, *others: object) -> Value:
        """Any other function, by its row."""
        return record(CODES[name], self, require(others[0]) if others else None)

    def exp(self) -> Value:
        """``e**x``."""
        x = self._data
        if not -700.0 < x < 700.0:
            return record(EXP, self)
        y = math.exp(x)
        return _node(EXP, y, self, None, y, 0.0)

    def log(self) -> Value:
        """The natural logarithm; ``-inf`` at 0, nan below."""
        x = self._data
        if not 0.0 < x < math.inf:
            return record(LOG, self)
        return _node(LOG, math.log(x), self, None, 1.0 / x, 0.0)

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
        return _node(TANH, _tanh(x), self, None, slope, 0.0)

    def sigmoid(self) -> Value:
        """``1 / (1 + e**-x)``, without overflow."""
        x = self._data
        if not -700.0 < x < 700.0:
            return record(SIGMOID, self)
        e = math.exp(-x if x > 0.0 else x)
        y = 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)
        return _node(SIGMOID, y, self, None, e / ((1.0 + e) * (1.0 + e)), 0.0)

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

    # -- what a node says of itself ----------------------------------------------------------

    @property
    def label(self) -> str:
        """A name for pictures, formulas and messages; "" where none was given."""
        return label_of(self)

    @label.setter
    def label(self, label: object) -> None:
        add_note(self, LABEL, as_label(label))

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
        return int if shared.contexts and is_number_here(self) and is_whole(self) else Value

    def __init_subclass__(cls) -> None:
        raise WrongTypeError("Value cannot be subclassed: write functions on Values, or hold one")

    def __repr__(self) -> str:
        if shared.contexts and is_number_here(self):
            return str(leave(self, "text"))
        name = label_of(self)
        label = f", label={name!r}" if name else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from autograd_nn.rich import of_value

        return of_value(self)

    # -- micrograd's names, for scripts that were written for it -----------------------------

    @property
    def _prev(self) -> tuple[Value, ...]:
        """micrograd's name for ``operands``."""
        return Children(self._notes.get(CHILDREN, self.operands))

    @property
    def _op(self) -> str:
        """micrograd's name for the operation's symbol (``"+"``)."""
        return row_of(self).spelling.symbol

    @property
    def _backward(self) -> Any:
        """micrograd's name for what hands this node's slope on to its operands.

        A function assigned here takes the place of the local partials: ``backward()`` calls it
        when this node's ``grad`` is complete, and it adds to its operands' ``grad``.
        """
        return partial(_hand_on, self)

    @_backward.setter
    def _backward(self, rule: object) -> None:
        assign_rule(self, rule)

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
        if is_plainly_whole(self) or (shared.contexts and is_number_here(self)):
            return hash(leave(self, "a key"))
        return id(self) >> 4

    def __bool__(self) -> bool:
        return _compare("!=", self, 0.0)

    def __float__(self) -> float:
        """The plain number, outside the graph: ``math.exp(v)`` works but has no slope.

        Use ``v.exp()`` or ``autograd_nn.functions.exp(v)`` to stay in the graph.
        """
        return as_float(self)

    def __int__(self) -> int:
        return as_int(self)

    def __index__(self) -> int:
        return as_index(self)

    def is_integer(self) -> bool:
        """Whether the number is whole."""
        return _compare("==", record(FLOOR, self), self)

    def __str__(self) -> str:
        return str(leave(self, "text")) if is_plainly_whole(self) else repr(self)

    def __format__(self, spec: str) -> str:
        if is_plainly_whole(self) or (shared.contexts and is_number_here(self)):
            return format(leave(self, "text"), spec)
        return format(self._data, spec) if spec else repr(self)

    def detach(self) -> Value:
        """A constant with the same number: no slope flows through it."""
        if shared.contexts:
            v = here(self)
            if this_thread().trace is not None:
                return _record_in_context(DETACH, v._data, v, None, 0.0, 0.0)
            return _named_constant(v._data, label_of(self), WHOLE if is_whole(v) else UNKNOWN)
        return _named_constant(self._data, label_of(self), UNKNOWN)

    # -- what a user keeps on a node: native.h calls these --------------------------------

    def _keep(self, name: str, what: object) -> None:
        """``v.name = what``, for a name that a Value does not have."""
        refuse_in_trace(f"sets the attribute {name!r} of a Value")
        for known in ("data", "grad", "label"):
            if sorted(name) == sorted(known):  # a slip of the keyboard
                raise UnknownNameError(
                    f"'Value' object has no attribute {shown(name)}; did you mean {known!r}?"
                )
        add_note(self, name, what)

    def _forget(self, name: str) -> None:
        """``del v.name``."""
        refuse_in_trace(f"deletes the attribute {name!r} of a Value")
        if name not in self._notes:
            raise AttributeError(f"'Value' object has no attribute {name!r}")
        remove_note(self, name)

    # -- copies --------------------------------------------------------------------------

    def __copy__(self) -> Value:
        """A node of its own with the same operands."""
        refuse_in_trace("copies a Value")
        return copied(self, self._left, self._right)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        """A copy of the whole graph below."""
        refuse_in_trace("copies a Value")
        return copy_below(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: the graph as flat arrays.  Leaves stay objects, so pickle shares them."""
        refuse_in_trace("pickles a Value")
        if self._left is None:
            return _leaf_from, (self._data, self._grad, self._code, all_notes(self), self._origin)
        return graph_from, flatten(self)


def _hand_on(node: Value) -> None:
    """What ``node._backward()`` does in micrograd: add this node's share to its operands."""
    if _by_hand(node):
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
        before: list[float] = []
        leaves = root._count_uses(before)
        this_pass = root._pass
        try:
            root._apply_chain_rule(1.0)
            return [node._grad if node._pass == this_pass else 0.0 for node in wanted]
        finally:
            for k in range(len(leaves)):
                leaves[k]._grad = before[k]


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


# ---------------------------------------------------------------------------
# Making nodes


def _node(
    code: i16,
    data: float,
    left: Value,
    right: Value | None,
    left_partial: float,
    right_partial: float,
) -> Value:
    """The node of an operation: the one door that every operation goes through."""
    if shared.contexts:
        return _record_in_context(code, data, left, right, left_partial, right_partial)
    return _make(code, data, left, right, left_partial, right_partial)


def _make(
    code: i16,
    data: float,
    left: Value | None,
    right: Value | None,
    left_partial: float,
    right_partial: float,
) -> Value:
    """A node with these fields, whatever is open; compiled, it is the one of members.h."""
    node = Value(_UNSET)
    node._data = data
    node._code = code
    node._left = left
    node._right = right
    node._left_partial = left_partial
    node._right_partial = right_partial
    return node


def _record_in_context(
    code: i16,
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
        first, second = here(left), None if right is None else here(right)
        if first is not left or second is not right:
            left, right = first, second
            data, left_partial, right_partial = _by_the_table(code, left, right)
    if not context.recording and trace is None:
        whole = is_whole_result(code, left, right)
        node = _plain(CONSTANT, data, WHOLE if whole else UNKNOWN)
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


def record(code: i16, left: Value, right: Value | None = None) -> Value:
    """The node of any operation of the table, by the table's own rule."""
    if shared.contexts and code in (DIV, MOD, FLOORDIV):
        _refuse_zero(code, left, right)
    y, left_partial, right_partial = _by_the_table(code, left, right)
    return _node(code, y, left, right, left_partial, right_partial)


def _refuse_zero(code: i16, left: Value, right: Value | None) -> None:
    """Integers cannot be divided by 0, also where Values stand in their place."""
    if right is None or not this_thread().numbers or not (is_whole(right) and is_whole(left)):
        return
    if compare_in_context("==", right, constant(0)):
        name = "division by zero" if code == DIV else "integer division or modulo by zero"
        raise ZeroDivisionError(name)


def _by_the_table(code: i16, left: Value, right: Value | None) -> tuple[float, float, float]:
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
    path = this_thread().scope + scope if shared.contexts else scope
    notes = {SCOPE: path} if path else BARE
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
    chosen = [here(x) for x in entries[start : start + width]]
    row = [_make(TAKE, x._data, x, index, 1.0, 0.0) for x in chosen]
    trace.lookups.append((len(trace.nodes), width, entries))
    trace.nodes += row
    return row if this_thread().recording else [x.detach() for x in row]


def custom_node(row: Primitive, data: float, operands: list[Value], slopes: list[float]) -> Value:
    """The node of an operation that is not in the table, with its row and its local slopes."""
    v = Value(data)
    if shared.contexts:
        v._notes = this_thread().notes
    _become(v, list(operands), row, slopes)
    return v


def _describe(v: Value, children: object, op: object, label: object) -> None:
    """The rest of ``Value(data, ...)``: a label, or a node made by hand as micrograd makes it."""
    name = label
    if isinstance(children, (tuple, list, set, frozenset)) or not _is_empty(op):
        found, sign, slopes = as_parts(children, op)
        refuse_in_trace("makes a node by hand")
        _become(v, [require(x) for x in found], handmade_row(sign, len(found)), slopes)
    elif _is_empty(label):
        name = children
    if as_label(name):
        add_note(v, LABEL, name)


def _is_empty(x: object) -> bool:
    return isinstance(x, str) and not x


def _become(v: Value, operands: list[Value], row: Primitive, slopes: list[float]) -> None:
    """Make ``v`` the result of an operation of its own, or a constant where nothing records."""
    if not operands:
        return
    if shared.contexts and not this_thread().recording:
        v._code = CONSTANT
        return
    set_operands(v, operands, row, slopes)


# ---------------------------------------------------------------------------
# Leaves and constants


def _plain(code: i16, data: float, origin: i16) -> Value:
    """A leaf or constant; ``origin`` says whether its number came as an int."""
    node = _make(code, data, None, None, 0.0, 0.0)
    node._origin = origin
    return node


def _named_constant(data: float, label: str, origin: i16) -> Value:
    node = _plain(CONSTANT, data, origin)
    node.label = label
    return node


def lift(x: object) -> Value | None:
    """``x`` as a Value: itself, or a constant; None for what is not a number."""
    if isinstance(x, Value):
        return x
    if type(x) is float:
        return _plain(CONSTANT, x, UNKNOWN)
    if type(x) is int:
        n: int = x
        exact = -_EXACT_INT <= n <= _EXACT_INT
        return _plain(CONSTANT, float(n) if exact else to_float(n), WHOLE)
    if shared.contexts:
        node = unwrapped(x)
        if node is not None:
            return node
    return constant(x) if is_number(x) else None


def require(x: object) -> Value:
    """``x`` as a Value, or a TypeError that says what was given."""
    if isinstance(x, Value):
        return x
    node = unwrapped(x) if shared.contexts else None
    return constant(x) if node is None else node


def constant(x: object) -> Value:
    """A plain number as a node; it remembers whether it was an int."""
    return _plain(CONSTANT, to_float(x), WHOLE if isinstance(x, (int, np.integer)) else UNKNOWN)


def lifted(x: object) -> Value:
    """An argument's number as a leaf, where a function runs on Values in place of numbers."""
    if type(x) is float:
        return _plain(LEAF, x, FRACTIONAL)
    return _plain(LEAF, to_float(x), WHOLE if isinstance(x, (int, np.integer)) else FRACTIONAL)


def parameter(data: object, label: str = "") -> Value:
    """A leaf that a model owns and an optimiser moves; pictures show it as a parameter.

    Args:
        data: the number.
        label: its name.

    Returns:
        A Value.

    Raises:
        TypeError: ``data`` is no real number, or ``label`` no str.

    >>> parameter(0.5, "w").kind
    'parameter'
    """
    leaf = Value(data, label)
    leaf._code = PARAMETER
    return leaf


def _leaf_from(
    data: float, grad: float, code: int, notes: dict[Any, Any], origin: int = 0
) -> Value:
    """A leaf as it was pickled."""
    leaf = _plain(code, data, origin)
    leaf._grad = grad
    take_notes(leaf, notes)
    return leaf


def _given(data: object) -> float:
    """The number of a new leaf: ``round(x)`` of a Value counts as the int that it is."""
    if isinstance(data, Value) and is_whole(data):
        return float(data._data if shared.contexts == 0 else as_float(data))
    return _as_float(data)


def _as_float(x: object) -> float:
    """``to_float``, with a short way for ints."""
    if type(x) is int:
        n: int = x
        if -_EXACT_INT <= n <= _EXACT_INT:
            return float(n)
    return to_float(x)


# ---------------------------------------------------------------------------
# Comparisons, and what NumPy and Python ask for


def _is_comparable(other: object) -> bool:
    kind = type(other)
    return kind is Value or kind is float or kind is int or is_number(other)


def _compare(symbol: str, left: Value, other: object) -> bool:
    """A comparison of the numbers; a trace also remembers how it came out."""
    if shared.contexts:
        return compare_in_context(symbol, left, require(other))
    if isinstance(other, Value):
        return outcome_of(symbol, left._data, other._data)
    b: float = other if type(other) is float else _as_float(other)
    return outcome_of(symbol, left._data, b)


def _tanh(x: float) -> float:
    """``math.tanh``; setup.py has the compiled engine call C's own, without a float in between."""
    return math.tanh(x)


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
    """Whether the compiled engine runs, not this file as plain Python.

    Returns:
        True for machine code, False for plain Python, about ten times slower.

    >>> engine_is_compiled() in (True, False)
    True
    """
    return not __file__.endswith(".py")


def _restore_docstring() -> None:
    """mypyc drops docstrings; ``help(Value)`` reads the class's own from this file."""
    try:
        source = (PACKAGE / "engine.py").read_text(encoding="utf-8")
    except OSError:  # shipped without its source
        return
    _, _, rest = source.partition('class Value(Methods):\n    """')
    setattr(Value, "__doc__", rest.partition('"""')[0])  # noqa: B010


def _show_public_names_only() -> None:
    """``inspect`` and ``help`` show ``Value(data, label="")``.

    The constructor also takes what micrograd's takes, between the two.
    """
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    shown = [inspect.Parameter("data", either), inspect.Parameter("label", either, default="")]
    setattr(Value, "__signature__", inspect.Signature(shown))  # noqa: B010
    if engine_is_compiled():
        delattr(Value, "__mypyc_attrs__")  # the fields, for a way to pickle that is not used
    else:
        method: Any = vars(Value)["__init__"]
        method.__signature__ = inspect.Signature([inspect.Parameter("self", either), *shown])


_show_public_names_only()
if engine_is_compiled():
    _restore_docstring()
    # mypyc leaves C's own slot empty, by which lists and ranges ask for an index.
    setattr(Value, "__index__", vars(Value)["__index__"])  # noqa: B010
