"""``grad`` and ``value_and_grad``: from a function to the function of its slopes, as in JAX.

Arguments may be numbers, arrays, and lists, tuples and dicts of them to any
depth; a gradient has the structure of its argument.  Where an argument is a
Value, or inside another ``grad``, the slopes come back as Values of the same
graph, so that ``grad(grad(f))`` is the second derivative and a penalty on a
slope can be trained.

What is left out: the chain rule on numbers, which is ``backward()`` in ``engine``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, NamedTuple

from autograd_nn.checks import check_argnums, describe
from autograd_nn.errors import WrongTypeError
from autograd_nn.transforms.compiled import of_compiled
from autograd_nn.transforms.run import Run
from autograd_nn.transforms.structure import split

__all__ = ["Derivative", "derivative_of", "function", "grad", "value_and_grad"]

Argnums = int | tuple[int, ...] | list[int]


class Derivative(NamedTuple):
    """What ``grad`` or ``value_and_grad`` made.

    Attributes:
        made: the function of slopes.
        function: the function it differentiates.
        argnums: along which arguments.
        with_value: whether it returns the value too.

    >>> derivative_of(grad(abs)).argnums
    0
    """

    made: Callable[..., Any]
    function: Callable[..., Any]
    argnums: int | tuple[int, ...]
    with_value: bool


def derivative_of(f: Callable[..., Any]) -> Derivative | None:
    """How ``f`` was made, if ``grad`` or ``value_and_grad`` returned it: a jit can do better.

    Args:
        f: any function.

    Returns:
        What made it, or None where it is another function.

    >>> derivative_of(grad(abs, argnums=0)).function is abs
    True
    >>> derivative_of(abs) is None
    True
    """
    found: Derivative | None = getattr(f, "_derivative", None)
    # A decorator around it may have copied the attribute.
    return found if found is not None and found.made is f else None


def function(f: Any, what: str) -> Callable[..., Any]:
    """``f``, or an error that says what a derivative is of."""
    if not callable(f):
        raise WrongTypeError(f"{what} is of a function, got {describe(f)}")
    return f  # type: ignore[no-any-return]


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the slopes of ``f`` along one or several arguments.

    Args:
        f: a function of any arguments that returns one number.
        argnums: the position of the argument to differentiate, or a tuple or list of positions.
        has_aux: whether ``f`` returns a pair: the number, and anything else, which is handed on.

    Returns:
        A function of the same arguments: the gradient, structured as the argument is; a
        tuple of gradients where ``argnums`` is a tuple or list.  With ``has_aux`` the pair of
        that and what ``f`` returned beside.

    Raises:
        TypeError: ``f`` is no function; when called: it does not return one number, or an argument
            to be differentiated holds something else than numbers.
        ValueError: when called: there is no argument at that position, or it is asked for twice.
        LeakError: when called: numbers of an argument left the graph, and the result does not
            depend on it otherwise.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"] * 5 + p["b"])({"w": 2.0, "b": 1.0})
    {'w': 5.0, 'b': 1.0}
    """
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    made = derivative_of(both)
    if made is not None:
        gradient._derivative = made._replace(made=gradient, with_value=False)  # type: ignore[attr-defined]
    return gradient


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As ``grad``, but the function returns the pair (value, gradient).

    With ``has_aux`` the value is what ``f`` returned: the pair of its number and the rest.

    Args:
        f, argnums, has_aux: as for ``grad``.

    Returns:
        A function of the same arguments, which returns the pair of the value and the gradient.

    Raises:
        TypeError: when called: ``f`` does not return one number, or an argument to be
            differentiated holds something else than numbers.
        ValueError: when called: there is no argument at that position, or it is asked for twice.

    >>> value_and_grad(lambda w, x: (w * x - 7) ** 2)(2.0, 5.0)
    (9.0, 30.0)
    """
    function(f, "a gradient")
    positions = check_argnums(argnums)
    several = not isinstance(argnums, int)
    # A function that knows its own derivative, such as a jitted one, is asked for it.
    own = getattr(f, "value_and_grad", None)
    if own is not None and has_aux:
        own = None
        compiled = of_compiled(f, partial(value_and_grad, argnums=argnums, has_aux=True))
        if compiled is not None:
            return compiled

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        if own is not None:
            return own(*args, argnums=tuple(positions) if several else argnums, **kwargs)
        run = Run(f, args, kwargs, positions, has_aux=has_aux)
        result = run.number()
        slopes = split(run.gradient(result), run.structures)
        value = run.outward(result)
        return (value, run.aux) if has_aux else value, tuple(slopes) if several else slopes[0]

    if not has_aux:
        along = positions if several else positions[0]
        made = Derivative(value_and_gradient, f, along, True)
        value_and_gradient._derivative = made  # type: ignore[attr-defined]
    return value_and_gradient
