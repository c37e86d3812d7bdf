"""Jacobians and Hessians times vectors, without the matrices: ``jvp``, ``vjp``, ``hvp``.

Source: J. Bradbury and others, JAX: the names and meanings; B. A. Pearlmutter, Fast exact
multiplication by the Hessian, Neural Computation 6 (1994): the tangent of the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograd_nn.checks import describe
from autograd_nn.conversion import to_float
from autograd_nn.engine import Value
from autograd_nn.errors import WrongTypeError
from autograd_nn.transforms.compiled import of_compiled
from autograd_nn.transforms.gradient import function
from autograd_nn.transforms.linear import Linear, by_values
from autograd_nn.transforms.run import Run, differentiating, slopes_of
from autograd_nn.transforms.structure import Structure, like, split

__all__ = ["hvp", "jvp", "linearize", "vjp"]

Function = Callable[..., Any]


def _group(given: Any, what: str) -> tuple[Any, ...]:
    if not isinstance(given, (tuple, list)):
        raise WrongTypeError(
            f"{what} are a tuple with one entry for each argument, got {describe(given)}: "
            "for one argument write (x,)"
        )
    return tuple(given)


def _pair(primals: Any, tangents: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    primals, tangents = _group(primals, "primals"), _group(tangents, "tangents")
    if len(primals) != len(tangents):
        raise WrongTypeError(f"{len(primals)} primals need as many tangents, got {len(tangents)}")
    return primals, tangents


def _along(tangents: Sequence[Any], structures: Sequence[Structure]) -> list[Any]:
    """The numbers of tangents that are structured as the arguments are."""
    found: list[Any] = []
    for k, (tangent, structure) in enumerate(zip(tangents, structures, strict=True)):
        found += like(tangent, structure, f"tangent {k}", f"argument {k}")
    return found


def _run(f: Function, primals: tuple[Any, ...], again: bool = False, has_aux: bool = False) -> Run:
    return Run(f, primals, {}, tuple(range(len(primals))), again, has_aux)


def _filled(numbers: Sequence[Any]) -> list[Any]:
    return [0.0 if x is None else x for x in numbers]


def jvp(f: Function, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """The value of ``f`` and its slope along a direction: the Jacobian times a vector.

    Args:
        f: a function of any arguments that returns numbers in any structure.
        primals: a tuple of its arguments.
        tangents: the direction, structured as ``primals``.
        has_aux: whether ``f`` returns a pair, of which the second part is handed on.

    Returns:
        The pair of ``f(*primals)`` and, in the same structure, its change a unit of step along
        ``tangents``; with ``has_aux`` the other part as a third.

    Raises:
        TypeError: ``primals`` or ``tangents`` are no tuple.
        ValueError: tangents of another structure or shape; a result without a number.

    >>> jvp(lambda x, y: [x * y, x + y], (2.0, 3.0), (1.0, 10.0))
    ([6.0, 5.0], [23.0, 11.0])
    """
    function(f, "a product with a Jacobian")
    primals, tangents = _pair(primals, tangents)
    compiled = of_compiled(f, partial(_as_jvp, has_aux=has_aux))
    if compiled is not None:
        return compiled(primals, tangents)
    run = _run(f, primals, again=True, has_aux=has_aux)
    along = _along(tangents, run.structures)
    leaves, structure = run.numbers()
    run.in_graph |= any(isinstance(x, Value) for x in along)
    pushed = _filled(run.linear(leaves).push(along))
    value = structure.rebuild([run.outward(x) for x in leaves])
    both = value, structure.rebuild(pushed)
    return (*both, run.aux) if has_aux else both


def _as_jvp(f: Function, has_aux: bool) -> Function:
    def product(primals: Any, tangents: Any) -> Any:
        return jvp(f, primals, tangents, has_aux)

    return product


def linearize(f: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``f``, and the function that ``jvp`` is of the tangents alone.

    The function is run once; each direction then costs a walk over what it did.

    Args:
        f: a function of any arguments that returns numbers in any structure.
        primals: its arguments, at which it is linearized.
        has_aux: whether ``f`` returns a pair, of which the second part is handed on.

    Returns:
        The pair of ``f(*primals)`` and a function of as many tangents; with ``has_aux`` what
        else ``f`` returned as a third.

    Raises:
        TypeError: ``f`` is no function; when the second is called: another number of tangents.
        ValueError: a result without a number; tangents of another structure or shape.

    >>> value, along = linearize(lambda x, y: x * y, 2.0, 3.0)
    >>> value, along(1.0, 0.0), along(0.0, 1.0)
    (6.0, 3.0, 2.0)
    """
    function(f, "a linearization")
    run = _run(f, primals, again=True, has_aux=has_aux)
    leaves, structure = run.numbers()
    linear = run.linear(leaves)

    def along(*tangents: Any) -> Any:
        _pair(primals, tangents)
        return structure.rebuild(_filled(linear.push(_along(tangents, run.structures))))

    both = structure.rebuild([run.outward(x) for x in leaves]), along
    return (*both, run.aux) if has_aux else both


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``f``, and a function from a weight for each result to slopes.

    Args:
        f: a function of any arguments that returns numbers in any structure.
        primals: its arguments.
        has_aux: whether ``f`` returns a pair, of which the second part is handed on.

    Returns:
        The pair of ``f(*primals)`` and a function that takes weights in the structure of the
        result (a cotangent), and returns a tuple: for each argument the slope of the weighted
        sum of the results, which is the weights times the Jacobian.  With ``has_aux`` what else
        ``f`` returned as a third.

    Raises:
        ValueError: a result without a number; when the function is called: weights of another
            structure or shape than the result.
        TypeError: ``f`` is no function.

    >>> value, back = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, back([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    function(f, "a product with a Jacobian")
    run = _run(f, primals, has_aux=has_aux)
    leaves, structure = run.numbers()
    kept: list[Linear] = [run.linear(leaves)] if run.in_graph else []

    def back(weights: Any) -> tuple[Any, ...]:
        given = like(weights, structure, "the cotangent", "the result")
        if not kept and not any(isinstance(x, Value) for x in given):
            with differentiating(run.context, 1):
                roots = [to_float(w) * x for w, x in zip(given, leaves, strict=True)]
                slopes = slopes_of(_total(roots), run.inputs)
            return tuple(split(slopes, run.structures))
        if not kept:
            with differentiating(run.context, 0):
                kept.append(Linear(leaves, run.inputs, by_values))
        return tuple(split(_filled(kept[0].pull(given)), run.structures))

    both = structure.rebuild([run.outward(x) for x in leaves]), back
    return (*both, run.aux) if has_aux else both


def _total(roots: Sequence[Any]) -> Any:
    total: Any = 0.0
    for root in roots:
        total = total + root
    return total


def hvp(f: Function, primals: Any, tangents: Any) -> Any:
    """The Hessian of ``f`` times a vector, for a few times the cost of a gradient.

    That is ``jvp(grad(f), primals, tangents)[1]``: along the tangents, the change of the slopes
    along the first argument.  The matrix is never made.

    Args:
        f: a function of any arguments that returns one number.
        primals: a tuple of its arguments.
        tangents: the vector, structured as ``primals``.

    Returns:
        The product, structured as the first argument.

    Raises:
        TypeError: ``f`` does not return one number.
        ValueError: tangents of another structure or shape.

    >>> hvp(lambda x: x[0] ** 2 * x[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    function(f, "a product with a Hessian")
    primals, tangents = _pair(primals, tangents)
    compiled = of_compiled(f, _as_hvp)
    if compiled is not None:
        return compiled(primals, tangents)
    run = _run(f, primals, again=True)
    along = _along(tangents, run.structures)
    gradient = run.gradient(run.number())
    size = run.structures[0].size
    if run.in_graph or any(isinstance(x, Value) for x in along):
        with differentiating(run.context, 0):
            linear = Linear(gradient[:size], run.inputs, by_values)
        return run.structures[0].rebuild(_filled(linear.push(along)))
    if len(primals) > 1:
        pushed = run.linear(gradient[:size]).push(along)
        return run.structures[0].rebuild(_filled(pushed))
    # The Hessian is symmetric: the slope of gradient times vector, which the engine finds faster.
    with differentiating(run.context, 1):
        total = _total([slope * x for slope, x in zip(gradient, along, strict=True)])
        return run.structures[0].rebuild(slopes_of(total, run.inputs))


def _as_hvp(f: Function) -> Function:
    def product(primals: Any, tangents: Any) -> Any:
        return hvp(f, primals, tangents)

    return product
