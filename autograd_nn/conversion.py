"""What is let in: turning a user's number into a float, or saying why not."""

from __future__ import annotations

import numbers
from decimal import Decimal

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.errors import TooLargeError, WrongTypeError

__all__ = ["is_number", "to_float"]


def is_number(x: object) -> bool:
    """Whether ``x`` is a real number that ``to_float`` takes."""
    if isinstance(x, (float, int, np.number, np.bool_, numbers.Real, Decimal)):
        return not isinstance(x, np.complexfloating)
    return isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub"


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
    if type(x).__module__.split(".")[0] == "torch":
        return "Take its number out first, with x.item(), or x.detach().numpy() for several."
    if hasattr(x, "backward"):
        return "It is a graph node already: use it as it is, or its .data for the number alone."
    return "Give a float, an int, a NumPy scalar, a Fraction or a Decimal."
