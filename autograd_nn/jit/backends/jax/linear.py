"""A linear function for JAX whose transpose is told, where JAX would find a slower one.

JAX finds the way back of a loop by transposing each of its steps, which for a step that reads a
slice of a large array is a whole array of zeros.  The plan's own way back adds to that slice.

What is left out: both functions, which are ``evaluation``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import jax
import jax.numpy as jnp
from jax.extend import core
from jax.interpreters import ad as untyped_ad
from jax.interpreters import batching, mlir

__all__ = ["linear"]

Function = Callable[..., Sequence[Any]]
ad: Any = untyped_ad  # JAX has no types here


def linear(
    forward: Function,
    transpose: Function,
    known: Sequence[Any],
    x: Sequence[Any],
    shapes: Sequence[tuple[int, ...]],
) -> list[Any]:
    """The linear function of ``x``, with its transpose.

    Args:
        forward: takes ``known`` and ``x`` as one list each; linear in ``x``.
        transpose: takes ``known`` and what has the shapes of ``forward``'s results, as one list
            each; gives what has the shapes of ``x``.
        known: arrays.
        x: arrays of one dtype.
        shapes: of ``forward``'s results.
    """
    how = {"forward": forward, "transpose": transpose, "count": len(known), "shapes": tuple(shapes)}
    found: list[Any] = _linear.bind(*known, *x, **how)
    return found


_linear: Final[Any] = core.Primitive("autograd_nn_linear")
_linear.multiple_results = True


def _run(*given: Any, forward: Function, count: int, **_: Any) -> Any:
    return list(forward(given[:count], given[count:]))


def _shapes(*given: Any, shapes: Sequence[tuple[int, ...]], **_: Any) -> Any:
    return [jax.core.ShapedArray(shape, given[-1].dtype) for shape in shapes]


def _push(primals: Any, tangents: Any, **how: Any) -> Any:
    """Linear in ``x``, and along ``known`` whatever JAX finds in ``forward``."""
    forward, count = how["forward"], how["count"]
    y = _linear.bind(*primals, **how)
    moved = [ad.instantiate_zeros(t) for t in tangents]
    along_x = _linear.bind(*primals[:count], *moved[count:], **how)
    if all(type(t) is ad.Zero for t in tangents[:count]):
        return y, along_x
    known, x = list(primals[:count]), list(primals[count:])
    _, along_known = jax.jvp(lambda given: list(forward(given, x)), (known,), (moved[:count],))
    return y, [a + b for a, b in zip(along_x, along_known, strict=True)]


def _back(
    cotangents: Any, *given: Any, forward: Function, transpose: Function, count: int, shapes: Any
) -> Any:
    known, x = list(given[:count]), given[count:]
    back = [at.aval.shape if ad.is_undefined_primal(at) else at.shape for at in x]
    along = [ad.instantiate_zeros(c) for c in cotangents]
    found = linear(transpose, forward, known, along, back)
    wanted = [y if ad.is_undefined_primal(at) else None for y, at in zip(found, x, strict=True)]
    return [None] * count + wanted


def _batch(
    given: Any, axes: Any, *, forward: Function, transpose: Function, count: int, shapes: Any
) -> Any:
    """Many at once; what is linear gets the new axis too, so that JAX adds up its way back."""
    size = next(x.shape[k] for x, k in zip(given, axes, strict=True) if k is not None)
    moved = [x if k is None else jnp.moveaxis(x, k, 0) for x, k in zip(given, axes, strict=True)]
    at = [None if k is None else 0 for k in axes[:count]]
    for k in range(count, len(given)):
        if axes[k] is None:
            moved[k] = jnp.broadcast_to(moved[k], (size, *moved[k].shape))

    def each(function: Function) -> Function:
        def batched(known: Sequence[Any], x: Sequence[Any]) -> Any:
            return jax.vmap(lambda a, b: list(function(a, b)), in_axes=(list(at), 0))(
                list(known), list(x)
            )

        return batched

    many = [(size, *shape) for shape in shapes]
    found = linear(each(forward), each(transpose), moved[:count], moved[count:], many)
    return found, [0] * len(found)


_linear.def_impl(_run)
_linear.def_abstract_eval(_shapes)
ad.primitive_jvps[_linear] = _push
ad.primitive_transposes[_linear] = _back
batching.primitive_batchers[_linear] = _batch
mlir.register_lowering(_linear, mlir.lower_fun(_run, multiple_results=True))
