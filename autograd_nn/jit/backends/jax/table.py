"""The rows of the table of primitives, and their slopes, as functions of JAX's arrays.

What a row computes is its own ``array``, and its slopes are its own ``partials``, run on stand-ins
that pass NumPy's functions on to ``jax.numpy``.  JAX is told those slopes, so that ``jax.grad`` of
a program has the slopes of the engine at kinks too, whatever order of derivative is asked for.

What is left out: where the numbers come from and go to, which is ``cells``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_nn.jit.backends.jax.special import digamma, lgamma, log_ndtr, mills, polygamma
from autograd_nn.ops import CODES, PRIMITIVES

__all__ = ["Standin", "partial_of", "row"]

Function = Callable[..., Any]

#: Functions that NumPy lacks, so that the table has them one number at a time.
_SPECIAL: Final[dict[str, Function]] = {
    "erf": jax.scipy.special.erf,
    "erfc": jax.scipy.special.erfc,
    "lgamma": lgamma,
    "digamma": digamma,
    "polygamma": polygamma,
    "log_ndtr": log_ndtr,
    "mills": mills,
}
#: Rows whose slopes JAX knows: linear ones, products, and what is a constant to slopes.
_PLAIN: Final[dict[str, Function]] = {
    "add": jnp.add,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "neg": jnp.negative,
    "detach": jax.lax.stop_gradient,
    "take": lambda x, index: x,
}
_OF_UFUNC: Final[dict[Any, int]] = {
    each.array: code for code, each in enumerate(PRIMITIVES) if isinstance(each.array, np.ufunc)
}


class Standin(NDArrayOperatorsMixin):
    """A JAX array in the place of a NumPy array, for the formulas of the table.

    Attributes:
        array: the JAX array.
    """

    def __init__(self, array: Any) -> None:
        self.array = array

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        if function is np.add and inputs[-1] is not self and _is_zero(inputs[-1]):
            # XLA takes it for nothing, where it is: 0.0 for -0.0.
            return Standin(jnp.where(self.array == 0.0, jnp.zeros_like(self.array), self.array))
        code = _OF_UFUNC.get(function)
        meant = getattr(jnp, function.__name__) if code is None else row(code)
        return Standin(meant(*map(_array, inputs)))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function is not np.where or options:
            return NotImplemented
        return Standin(jnp.where(*map(_array, args)))

    def __getattr__(self, name: str) -> Function:
        if name not in CODES:
            raise AttributeError(name)
        return lambda *others: Standin(row(CODES[name])(self.array, *map(_array, others)))

    def choose(self, a: Any, b: Any) -> Standin:
        """``a`` where this holds, else ``b``."""
        return Standin(jnp.where(self.array, _array(a), _array(b)))


def _is_zero(x: Any) -> bool:
    return isinstance(x, float) and x == 0.0


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Standin) else x


@cache
def row(code: int) -> Function:
    """What the row ``code`` computes of arrays, with the table's slopes."""
    found = PRIMITIVES[code]
    if found.name in _PLAIN:
        return _PLAIN[found.name]

    def slope(operand: int, *operands: Any) -> Any:
        return partial_of(code, operand)(*operands, function(*operands))

    function = _differentiable(partial(_computed, code), found.arity, slope)
    return function


@cache
def partial_of(code: int, operand: int) -> Function:
    """The partial of a row by an operand: of the operands and the result, an array or a float."""
    formula = partial(_formula, code, operand)
    whole = _differentiable(formula, PRIMITIVES[code].arity + 1, partial(_along, formula))

    def function(*numbers: Any) -> Any:
        constant = _constant(code, operand)
        return whole(*numbers) if constant is None else constant

    return function


def _computed(code: int, *operands: Any) -> Any:
    found = PRIMITIVES[code]
    if found.name in _SPECIAL:
        return _SPECIAL[found.name](*operands)
    if isinstance(found.array, np.ufunc):
        return getattr(jnp, found.array.__name__)(*operands)
    return _array(found.array(*map(Standin, operands)))


def _formula(code: int, operand: int, *numbers: Any) -> Any:
    slope = _array(PRIMITIVES[code].partials(*map(Standin, numbers))[operand])
    return jnp.broadcast_to(slope, jnp.broadcast_shapes(*map(jnp.shape, numbers)))


@cache
def _constant(code: int, operand: int) -> float | None:
    """A partial that is the same everywhere."""
    numbers = [Standin(np.ones(1)) for _ in range(PRIMITIVES[code].arity + 1)]
    with jax.ensure_compile_time_eval():
        found = PRIMITIVES[code].partials(*numbers)[operand]
    return None if isinstance(found, Standin) else float(found)


def _along(formula: Function, operand: int, *numbers: Any) -> Any:
    """The slope of an elementwise formula by one of its numbers.

    As a slope and not as what JAX makes of the formula, whose way back multiplies the 0 of a
    choice that was not taken with what may be infinite there.
    """
    arity = len(numbers)

    def slope(*given: Any) -> Any:
        # Along this operand alone: a slope of 0 along another may be infinite times 0.
        def of_one(x: Any) -> Any:
            return formula(*given[:operand], x, *given[operand + 1 :])

        one = given[operand]
        return jax.jvp(of_one, (one,), (jnp.ones_like(one),))[1]

    return _differentiable(slope, arity, partial(_along, slope))(*numbers)


def _differentiable(formula: Function, arity: int, slope: Function) -> Function:
    """A function of arrays with slopes that are told.

    Args:
        slope: takes the number of an operand and all operands; an array or a float.
    """
    function: Any = jax.custom_jvp(formula)

    def rule(primals: Any, tangents: Any) -> Any:
        y = function(*primals)
        total = jnp.zeros_like(y)
        for k, tangent in enumerate(tangents):
            if isinstance(tangent, jax.custom_derivatives.SymbolicZero):
                continue
            by = slope(k, *primals)
            if not isinstance(by, float) or by != 0.0:
                total = total + by * tangent
        return y, total

    function.defjvp(rule, symbolic_zeros=True)

    def broadcast(*numbers: Any) -> Any:
        kind = jnp.result_type(*numbers)
        shape = jnp.broadcast_shapes(*map(jnp.shape, numbers))
        return function(*(jnp.broadcast_to(jnp.asarray(x, kind), shape) for x in numbers))

    return broadcast if arity > 1 else lambda x: function(jnp.asarray(x))
