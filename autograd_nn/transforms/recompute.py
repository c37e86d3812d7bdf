"""``checkpoint``: a part of a computation that is done again backward, not remembered.

Source: A. Griewank and A. Walther, Algorithm 799: revolve, ACM Trans. Math. Software 26 (2000);
T. Chen and others, Training deep nets with sublinear memory cost, arXiv 1604.06174.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from autograd_nn.checks import describe
from autograd_nn.engine import Value
from autograd_nn.errors import GraphError, WrongTypeError
from autograd_nn.nested import leaves_of
from autograd_nn.notes import scope_of
from autograd_nn.ops import CONSTANT
from autograd_nn.recording import scope
from autograd_nn.state import Context, this_thread
from autograd_nn.transforms.joint import joint
from autograd_nn.transforms.run import differentiating, slopes_of
from autograd_nn.transforms.structure import with_values

__all__ = ["checkpoint"]

Function = Callable[..., Any]


def checkpoint(f: Function) -> Function:
    """The same function, whose inside is not kept for ``backward()``: it is computed once more.

    A loop of n steps takes memory for n steps; cut into about sqrt(n) parts, each of them a
    call of a checkpointed function, it takes memory for 2 * sqrt(n), and as much time again as
    the loop takes forward.

    Args:
        f: a function of any arguments, which gives the same for the same ones.  It may use
            Values beside its arguments, such as a model's parameters.

    Returns:
        A function of the same arguments, with the same results and slopes.

    Raises:
        TypeError: ``f`` is no function.
        GraphError: from ``backward()``: ``f`` did something else the second time.

    Within a derivative of higher order, and in a recording by the jit, ``f`` runs as it is.

    >>> def steps(x, v):
    ...     for _ in range(10):
    ...         x, v = x + 0.1 * v, v - 0.1 * x
    ...     return x, v
    >>> def walk(x, part):
    ...     v = 0.0 * x
    ...     for _ in range(10):
    ...         x, v = part(x, v)
    ...     return x
    >>> from autograd_nn import grad
    >>> grad(walk)(1.0, checkpoint(steps)) == grad(walk)(1.0, steps)
    True
    """
    if not callable(f):
        raise WrongTypeError(f"checkpoint takes a function, got {describe(f)}")

    @wraps(f)
    def recomputed(*args: Any, **kwargs: Any) -> Any:
        context = this_thread()
        if context.trace is not None or context.differentiating > 1 or not context.recording:
            return f(*args, **kwargs)
        return _Part(f, (args, kwargs), context).results()

    return recomputed


class _Part:
    """One call of a checkpointed function."""

    def __init__(self, f: Function, given: Any, context: Context) -> None:
        self._f, self._context = f, context
        # As in a recording, what is kept of the arguments are their numbers.
        self._arguments = [v for _, v in leaves_of(given, Value)]
        self._numbers = [v.data for v in self._arguments]
        places = {id(v): k for k, v in enumerate(self._arguments)}
        blank = Value(0.0)
        self._order: list[int] = []

        def forget(v: Value) -> Value:
            self._order.append(places[id(v)])
            return blank

        self._given = with_values(given, forget)
        self._blank = blank
        self._captured: list[Value] = []
        self._held: list[float] = []

    def results(self) -> Any:
        """What the function returns, on nodes that remember how to compute it again."""
        fresh = [Value(x) for x in self._numbers]
        with self._open({}) as token:
            returned = self._call(fresh)
        found = [v for _, v in leaves_of([returned], Value)]
        made = [v for v in found if _is_inside(v, token)]
        self._captured = _captured(made, token, {id(v) for v in fresh})
        self._held = [v.data for v in self._captured]
        operands = [*self._arguments, *self._captured]
        outs = joint("checkpoint", [v.data for v in made], operands, self._pull) if made else []
        swap = dict(zip(map(id, fresh), self._arguments, strict=True))
        swap |= dict(zip(map(id, made), outs, strict=True))
        return with_values(returned, lambda v: swap.get(id(v), v))

    def _pull(self, adjoints: list[float]) -> list[float]:
        """The slopes along arguments and captured Values: the function once more, backward."""
        fresh, held = [Value(x) for x in self._numbers], [Value(x) for x in self._held]
        stand_ins = dict(zip(map(id, self._captured), held, strict=True))
        with self._open(stand_ins) as token:
            returned = self._call(fresh)
            made = [v for _, v in leaves_of([returned], Value) if _is_inside(v, token)]
            if len(made) != len(adjoints):
                raise GraphError(
                    f"checkpoint: the function returned {len(adjoints)} computed Values at first, "
                    f"and {len(made)} when it was computed again: it must give the same each time"
                )
            total: Any = 0.0
            for v, adjoint in zip(made, adjoints, strict=True):
                if adjoint != 0.0:
                    total = total + adjoint * v
        return slopes_of(total, fresh + held)

    def _call(self, fresh: list[Value]) -> Any:
        order = iter(self._order)
        blank = self._blank
        args, kwargs = with_values(self._given, lambda v: fresh[next(order)] if v is blank else v)
        return self._f(*args, **kwargs)

    @contextmanager
    def _open(self, stand_ins: dict[int, Value]) -> Iterator[str]:
        """Mark what is recorded inside, with other Values in the place of captured ones."""
        token = _Token("checkpoint")
        context, before = this_thread(), this_thread().stand_ins
        with scope(token), differentiating(context, 0):
            context.stand_ins = {**(before or {}), **stand_ins} or None
            try:
                yield token
            finally:
                context.stand_ins = before


class _Token(str):
    """The name of a scope that no other scope has: it is told from others by identity."""

    __slots__ = ()


def _is_inside(v: Value, token: str) -> bool:
    return bool(v.operands) and any(name is token for name in scope_of(v))


def _captured(roots: list[Value], token: str, arguments: set[int]) -> list[Value]:
    """The Values from outside on which roots depend, other than by the arguments."""
    found: dict[int, Value] = {}
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        for v in node.operands:
            if id(v) in seen:
                continue
            seen.add(id(v))
            if _is_inside(v, token):
                waiting.append(v)
            elif id(v) not in arguments and v._code != CONSTANT:
                found[id(v)] = v
    return list(found.values())
