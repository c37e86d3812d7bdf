"""Blocks that change what the engine records: ``no_grad``, ``detect_anomaly``, ``scope``.

Each holds for the current thread, nests, and works as a decorator too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import WrongTypeError
from autograd_nn.plain import Plain
from autograd_nn.state import (
    RECORDED,
    Context,
    Tape,
    open_contexts,
    open_scope,
    this_thread,
)

__all__ = ["detect_anomaly", "in_place_of_numbers", "no_grad", "noting_exits", "scope", "tracing"]


@contextmanager
def _open(**settings: Any) -> Iterator[None]:
    context = this_thread()
    before = {name: getattr(context, name) for name in settings}
    count = context.open
    try:
        open_contexts(context, count + 1)
        for name, setting in settings.items():
            _set(context, name, setting)
        yield
    finally:
        for name, setting in before.items():
            _set(context, name, setting)
        open_contexts(context, count)


def _set(context: Context, name: str, setting: Any) -> None:
    if name == "scope":
        open_scope(context, setting)
    else:
        setattr(context, name, setting)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are constants, and the memory of a graph is saved.

    Returns:
        A context manager, which is a decorator too.

    >>> from autograd_nn import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.kind
    (4.0, 'constant')
    """
    with _open(recording=False):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Stop at the first nan or infinity, forward or backward, and say where it came from.

    Slow: every operation notes the line that made it.

    Returns:
        A context manager, which is a decorator too.

    Raises:
        AnomalyError: with the operation, its operands' labels and numbers, and the line.

    >>> from autograd_nn import AnomalyError, Value
    >>> try:
    ...     with detect_anomaly():
    ...         Value(0.0, "width").log()
    ... except AnomalyError as error:
    ...     print(str(error).splitlines()[0])
    log(width = 0.0) gave -inf
    """
    with _open(anomalies={}):
        yield


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Values made inside belong to the group ``name``: pictures draw a box around them.

    Args:
        name: of the group; scopes inside of one another nest.

    Returns:
        A context manager, which is a decorator too.

    Raises:
        TypeError: ``name`` is not a str.

    >>> from autograd_nn import Value
    >>> with scope("error"):
    ...     d = Value(3.0) - 1
    >>> d.scope
    ('error',)
    """
    if not isinstance(name, str):
        raise WrongTypeError(f"a scope's name is a str, got {describe(name)}")
    with _open(scope=(*this_thread().scope, name)):
        yield


@contextmanager
def tracing(watching: bool = False, stand_ins: dict[int, Value] | None = None) -> Iterator[Tape]:
    """Collect every operation and comparison of this thread, in order; the jit reads the tape.

    Args:
        watching: whether to note the user's line of every comparison.
        stand_ins: by identity of a parameter, the Value that takes its place meanwhile.
    """
    tape, scope = Tape(Plain, watching), (RECORDED, *this_thread().scope)
    settings: dict[str, Any] = {"numbers": True, "recording": True, "exits": []}
    with _open(trace=tape, scope=scope, stand_ins=stand_ins, **settings):
        yield tape


class noting_exits:  # noqa: N801 - it stands beside the functions above, and costs half of one
    """Collect the Values whose numbers leave the graph as floats, with the user's lines."""

    def __enter__(self) -> list[tuple[Value, str]]:
        self._context = this_thread()
        self._before = self._context.exits
        left: list[tuple[Value, str]] = [] if self._before is None else self._before
        self._context.exits = left
        return left

    def __exit__(self, *_: object) -> None:
        self._context.exits = self._before


@contextmanager
def in_place_of_numbers(stand_ins: dict[int, Value] | None = None) -> Iterator[None]:
    """Run a function on Values as in a recording, without one: as keys and indices they are ints
    and floats.
    """
    with _open(numbers=True, recording=True, stand_ins=stand_ins, exits=[]):
        yield
