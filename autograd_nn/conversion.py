"""What is let in: turning a user's number into a float, or saying why not."""

from __future__ import annotations

import numbers
import reprlib
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches

import numpy as np

from autograd_nn.errors import TooLargeError, WrongTypeError

__all__ = ["describe", "did_you_mean", "is_number", "to_float"]


def describe(x: object) -> str:
    """``x`` for an error message: its type and a short form of what it is.

    >>> describe([1, 2])
    'list [1, 2]'
    """
    text = _short(x)
    return f"{type(x).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


class _Short(reprlib.Repr):
    """A form that never spells out more of a thing than a message shows."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxother = 60
        self.maxstring = self.maxlong = 60

    def repr_int(self, x: int, level: int) -> str:
        return f"an int of {x.bit_length()} bits" if x.bit_length() > 200 else repr(x)


def _short(x: object) -> str:
    if isinstance(x, np.ndarray):  # by its first numbers: to print a large one takes its time
        return repr(x) if x.size <= 100 else f"of shape {x.shape}"
    if isinstance(x, (str, bytes)):
        return repr(x[:60])[:-1] + "..." if len(x) > 60 else repr(x)
    return _Short().repr(x) if isinstance(x, (list, tuple, dict, set, int)) else repr(x)


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The nearest known name as a question with a space behind it; "" where none is near.

    >>> did_you_mean("rellu", ["relu", "tanh"])
    "did you mean 'relu'? "
    """
    close = get_close_matches(given, list(known), 1)
    return f"did you mean {close[0]!r}? " if close else ""


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
        # An int may be too long even to print: its size in bits names it well enough.
        name = f"an int of {x.bit_length()} bits" if isinstance(x, int) else describe(x)
        raise TooLargeError(
            f"{name} is too large for a float (at most about 1.8e308). Scale it down first."
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
