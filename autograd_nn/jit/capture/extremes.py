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

from autograd_nn.engine import Value, require, this_thread
from autograd_nn.plain import Plain

__all__ = ["python_extremes"]

_NUMBERS = (Value, Plain, int, float)
_LOCK = threading.Lock()
_open = 0  # how many recordings are, in all threads


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
        return ask(x) if type(x) in (Value, Plain) and _here() else original(x)

    wrapper.__name__ = wrapper.__qualname__ = original.__name__
    wrapper.__doc__ = original.__doc__
    return wrapper


_WRAPPED: list[tuple[Any, str, Any, Any]] = [
    (module, name, getattr(module, name), make(getattr(module, name), rule))
    for module, name, make, rule in (
        (builtins, "max", _extreme, Value.first_max),
        (builtins, "min", _extreme, Value.first_min),
        (math, "isnan", _question, lambda x: x != x),
        (math, "isinf", _question, lambda x: abs(x) == math.inf),
        (math, "isfinite", _question, lambda x: abs(x) < math.inf),
    )
]


def _set(which: int) -> None:
    for entry in _WRAPPED:
        setattr(entry[0], entry[1], entry[which])


@contextmanager
def python_extremes() -> Iterator[None]:
    """Have the wrappers in place until the last of the blocks that are open ends."""
    global _open  # noqa: PLW0603
    with _LOCK:
        _open += 1
        _set(3)
    try:
        yield
    finally:
        with _LOCK:
            _open -= 1
            if not _open:
                _set(2)


def _after_fork() -> None:
    """In a child no other thread records."""
    global _LOCK, _open  # noqa: PLW0603
    _LOCK = threading.Lock()
    if _open and not _here():
        _open = 0
        _set(2)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
