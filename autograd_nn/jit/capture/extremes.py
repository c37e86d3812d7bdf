"""Python's own ``max`` and ``min`` as one operation each, while a recording is open.

Comparisons of the recorded numbers would make a path of their own for every winner.  So the
two names in ``builtins`` stand for wrappers meanwhile, which act in recording threads only.
Whoever took hold of the originals before gets comparisons, which are right as well.

``math.isnan``, ``isinf`` and ``isfinite`` are wrapped too: they ask one question of a number,
where taking it out of the graph would hold for that number only.
"""

from __future__ import annotations

import builtins
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograd_nn.engine import Value, note_exit, require
from autograd_nn.plain import Plain
from autograd_nn.state import this_thread

__all__ = ["python_extremes"]

_NUMBERS = (Value, Plain, int, float)
_LOCK = threading.Lock()
_open: set[int] = set()  # the threads that record


def _here() -> bool:
    trace = this_thread().trace
    return trace is not None and not trace.refused


def _extreme(original: Callable[..., Any], method: Callable[[Value, Any], Value]) -> Any:
    def wrapper(*args: Any, **options: Any) -> Any:
        if not _here() or options or not args:
            return original(*args, **options)
        items = list(args[0]) if len(args) == 1 else list(args)
        if len(items) < 2 or not all(type(x) in _NUMBERS for x in items):
            return original(items)
        if not any(type(x) in (Value, Plain) for x in items):
            return original(items)
        found = require(items[0])
        for x in items[1:]:
            found = method(found, require(x))
        return found if any(type(x) is Value for x in items) else Plain(found)

    wrapper.__name__ = wrapper.__qualname__ = original.__name__
    wrapper.__doc__ = original.__doc__
    return wrapper


def _question(original: Callable[[Any], bool], ask: Callable[[Any], bool]) -> Any:
    def wrapper(x: Any, /) -> bool:
        if type(x) not in (Value, Plain) or not _here():
            return original(x)
        if type(x) is Value:
            note_exit(x)  # as float(x) would
        return ask(x)

    wrapper.__name__ = wrapper.__qualname__ = original.__name__
    wrapper.__doc__ = original.__doc__
    return wrapper


def _pair(module: Any, name: str, make: Any, rule: Any) -> tuple[Any, str, Any, Any]:
    original = getattr(module, name)
    return module, name, original, make(original, rule)


#: Module, name, original and wrapper.
_WRAPPED = [
    _pair(builtins, "max", _extreme, Value.first_max),
    _pair(builtins, "min", _extreme, Value.first_min),
    _pair(math, "isnan", _question, lambda x: x != x),
    _pair(math, "isinf", _question, lambda x: abs(x) == math.inf),
    _pair(math, "isfinite", _question, lambda x: abs(x) < math.inf),
]


def _set(which: int) -> None:
    for entry in _WRAPPED:
        setattr(entry[0], entry[1], entry[which])


@contextmanager
def python_extremes() -> Iterator[None]:
    """Have the wrappers in place until the last of the blocks that are open ends."""
    try:
        with _LOCK:
            _open.add(threading.get_ident())
            _set(3)
        yield
    finally:
        try:
            _close()
        except BaseException:  # a signal in the middle
            _close()
            raise


def _close() -> None:
    with _LOCK:
        _open.discard(threading.get_ident())
        if not _open:
            _set(2)


def _after_fork() -> None:
    """In a child no other thread records."""
    global _LOCK  # noqa: PLW0603
    _LOCK = threading.Lock()
    _open.intersection_update({threading.get_ident()})
    if not _open:
        _set(2)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
