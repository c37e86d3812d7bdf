"""What ``v.data`` is while the jit records: a float that says where it goes.

In a recording the number of a Value must not leave without a word: a replay with other
arguments would go on with the old one.  So ``.data`` gives a ``Plain``, which has a float's
semantics, passes ``isinstance(x, float)``, and stays plain through arithmetic.  It holds a
node without a slope; what is done with it is recorded like the rest, and where it leaves for
good (``math.exp``, text, a key of a dict) the recording holds for that number only.

It is no subclass of float: C code would read that without asking.  Where C wants the exact
type (``json``) it raises, and the engine runs the function instead.  This file is never
compiled: a compiled class could not say that its instances are floats.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn.engine import (
    Value,
    compare_in_context,
    constant,
    lift,
)
from autograd_nn.state import this_thread

__all__ = ["Plain"]

_EXACT = 2**53  # integers beyond are not all floats


class Plain:
    """A number that left a Value by ``.data`` during a recording; see the module's docstring."""

    __slots__ = ("_node",)
    __class__ = property(lambda self: float)

    def __init__(self, node: Value) -> None:
        self._node = node

    # What ``object`` has too must be here: left out, it would say nothing.

    def __float__(self) -> float:
        return float(self._node)

    def __int__(self) -> int:
        return int(self._node)

    def __bool__(self) -> bool:
        return bool(self._node)

    def __hash__(self) -> int:
        return hash(float(self))

    def __repr__(self) -> str:
        return repr(float(self))

    def __format__(self, spec: str) -> str:
        return format(float(self), spec)

    def __reduce__(self) -> Any:
        return float, (float(self),)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__reduce__()

    def __copy__(self) -> Plain:
        return self

    def __deepcopy__(self, memo: Any) -> Plain:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(float(self), dtype or float)  # as np.array([x.data]) is float64 outside

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__array"):
            raise AttributeError(name)
        return getattr(float(self), name)  # is_integer, hex, real ...

    # Arithmetic that stays in the recording.

    def __neg__(self) -> Any:
        return Plain(-self._node) if _open() else -float(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return Plain(abs(self._node)) if _open() else abs(float(self))

    def __truediv__(self, other: Any) -> Any:
        return _quotient(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _quotient(other, self)

    # Roundings give an int, as those of a float do.

    def __floor__(self) -> int:
        return int(self._node.floor())

    def __ceil__(self) -> int:
        return int(self._node.ceil())

    def __trunc__(self) -> int:
        return int(self._node)

    def __round__(self, digits: Any = None) -> Any:
        return int(self._node.rint()) if digits is None else round(float(self), digits)


def _open() -> bool:
    """Whether this thread records, so that a node can be made of the number."""
    trace = this_thread().trace
    return trace is not None and not trace.refused


def _node(x: Any) -> Value | None:
    """The node of a number that arithmetic on a Plain takes; None for anything else."""
    return lift(x) if type(x) in (Plain, float, int, bool) else None


def _number(x: Any) -> Any:
    return float(x) if type(x) is Plain else x


def _quotient(a: Any, b: Any) -> Any:
    """A float's ``/``, which raises where the divisor is 0."""
    if isinstance(a, Value) or isinstance(b, Value):
        return NotImplemented
    top, bottom = (_node(a), _node(b)) if _open() else (None, None)
    if top is None or bottom is None:
        return _number(a) / _number(b)
    if compare_in_context("==", bottom, constant(0.0)):
        raise ZeroDivisionError("float division by zero")
    return Plain(top / bottom)


def _recorded(function: Callable[[Any, Any], Any], turned: bool) -> Callable[[Any, Any], Any]:
    """``+``, ``-`` or ``*`` on the nodes."""

    def method(self: Plain, other: Any) -> Any:
        if isinstance(other, Value):
            return NotImplemented
        node = _node(other) if _open() else None
        if node is None:
            a, b = float(self), _number(other)
            return function(b, a) if turned else function(a, b)
        return Plain(function(node, self._node) if turned else function(self._node, node))

    return method


def _frozen(function: Callable[[Any, Any], Any], turned: bool) -> Callable[[Any, Any], Any]:
    """``**``, ``%`` ...: on the numbers themselves."""

    def method(self: Plain, other: Any) -> Any:
        if isinstance(other, Value):
            return NotImplemented
        a, b = float(self), _number(other)
        return function(b, a) if turned else function(a, b)

    return method


def _compared(function: Callable[[Any, Any], bool], symbol: str) -> Callable[[Any, Any], Any]:
    def method(self: Plain, other: Any) -> Any:
        if type(other) is int and not -_EXACT <= other <= _EXACT:  # compared as it is
            return function(float(self), other)
        node = other if isinstance(other, Value) else _node(other) if _open() else None
        if node is None or not _open():
            return function(float(self), _number(other))
        return compare_in_context(symbol, self._node, node)

    return method


def _equip() -> None:
    """Give the class the operators of a float."""
    kinds = {
        _recorded: ("add", "sub", "mul"),
        _frozen: ("pow", "mod", "floordiv", "divmod"),
    }
    for make, names in kinds.items():
        for name in names:
            function = divmod if name == "divmod" else getattr(operator, name)
            setattr(Plain, f"__{name}__", make(function, False))
            setattr(Plain, f"__r{name}__", make(function, True))
    symbols = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
    for name, symbol in symbols.items():
        setattr(Plain, f"__{name}__", _compared(getattr(operator, name), symbol))


_equip()
