"""What is let in: turning a user's number into a float, or saying why not.

Numbers and arrays of other libraries (PyTorch, JAX and whoever else has the DLPack protocol) are
let in as NumPy's; none of these libraries is imported for it.
"""

from __future__ import annotations

import numbers
import sys
from decimal import Decimal
from typing import Any

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.errors import TooLargeError, WrongTypeError
from autograd_nn.nested import is_container, parts_of, with_parts

__all__ = ["as_numpy", "in_numpy", "is_foreign", "is_number", "to_float"]


def is_number(x: object) -> bool:
    """Whether ``x`` is a real number: ``to_float`` takes it, or says what to do first."""
    if isinstance(x, (float, int, np.number, np.bool_, numbers.Real, Decimal)):
        return not isinstance(x, np.complexfloating)
    if isinstance(x, np.ndarray):
        return x.ndim == 0 and x.dtype.kind in "fiub"
    return is_foreign(x) and getattr(x, "shape", None) == () and not _is_complex(x)


def is_foreign(x: object) -> bool:
    """Whether ``x`` is an array of another library than NumPy, of any shape.

    >>> is_foreign(np.ones(2)), is_foreign([1.0, 2.0])
    (False, False)
    """
    return hasattr(type(x), "__dlpack__") and not isinstance(x, (np.ndarray, np.generic))


def as_numpy(x: Any) -> Any:
    """The NumPy array of the numbers in another library's array.

    Raises:
        TypeError: its numbers are not known yet (a tracer of JAX), slopes would end here (a
            tensor of PyTorch that requires grad), or it lies where NumPy cannot read it.
    """
    if _is_tracer(x):
        raise WrongTypeError(
            f"{_kind(x)} is a number that JAX is still tracing, and has no value yet: outside of "
            "jax.jit, jax.grad and jax.vmap call the function itself, and inside of them "
            "jit(f).program(...).to_jax(), which is a function of JAX arrays"
        )
    if getattr(x, "requires_grad", False):
        raise WrongTypeError(
            f"{_kind(x)} requires grad, and its slopes would end here: give x.detach(), or wrap "
            "the function with as_torch_function, which hands slopes on to PyTorch"
        )
    try:
        array: Any = np.asarray(x) if hasattr(x, "__array__") else np.from_dlpack(x)
    except (TypeError, RuntimeError, BufferError) as error:
        raise WrongTypeError(
            f"{_kind(x)} cannot be read as a NumPy array: {error} Give one of float32 or float64 "
            "in the processor's memory (x.float(), x.cpu())."
        ) from None
    if array.dtype.kind not in "fiub" and "float" in array.dtype.name:  # bfloat16 and its kin
        return array.astype(float)
    return array


def in_numpy(x: Any) -> Any:
    """A structure with NumPy's arrays in the place of those of other libraries.

    What holds none is given back as it is, and so is a model.

    Raises:
        TypeError: an array cannot be read; see ``as_numpy``.
    """
    if is_foreign(x):
        return as_numpy(x)
    if not is_container(x) or hasattr(x, "parameters"):
        return x
    parts = parts_of(x)
    found = [in_numpy(part) for part in parts]
    changed = any(a is not b for a, b in zip(found, parts, strict=True))
    return with_parts(x, found) if changed else x


def _kind(x: object) -> str:
    return f"{type(x).__module__.split('.')[0]}'s {type(x).__name__}"


def _is_tracer(x: object) -> bool:
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(x, jax.core.Tracer)


def _is_complex(x: Any) -> bool:
    return "complex" in str(getattr(x, "dtype", ""))


def to_float(x: object) -> float:
    """The float that ``x`` stands for.

    Raises:
        TypeError: ``x`` is not a real number.
        OverflowError: ``x`` is an integer or fraction beyond the largest float.

    >>> to_float(True), to_float(np.float32(0.5))
    (1.0, 0.5)
    """
    if not is_number(x):
        raise WrongTypeError(f"expected a real number, got {describe(x)}. {_remedy(x)}")
    if is_foreign(x):
        x = as_numpy(x)
    try:
        return float(x)  # type: ignore[arg-type]
    except OverflowError:
        raise TooLargeError(
            f"{describe(x)} is too large for a float (at most about 1.8e308). Scale it down first."
        ) from None


def _remedy(x: object) -> str:
    if isinstance(x, str):
        return "Convert text yourself, for example float(text)."
    if isinstance(x, (complex, np.complexfloating)):
        return "Only real numbers have slopes here: use its .real or .imag."
    if isinstance(x, (list, tuple, np.ndarray)):
        return "Make one Value per element, for example [Value(x) for x in xs]."
    if x is None:
        return "A function that returns nothing gives None: check for a missing return."
    if is_foreign(x):
        return "Make one Value per element, for example [Value(x) for x in xs]."
    if hasattr(x, "backward"):
        return "It is a graph node already: use it as it is, or its .data for the number alone."
    return "Give a float, an int, a NumPy scalar, a Fraction or a Decimal."
