"""Text in pictures: measuring it, and writing numbers.  ``labels`` makes the user's text safe."""

from __future__ import annotations

import math

from autograd_nn.labels import clean, escape

__all__ = ["clean", "escape", "number", "short_number", "text_width"]

_NARROW = frozenset("ijl.,:;|!'()[]{} ftrI-")
_WIDE = frozenset("mMW@%&")


def number(x: float, digits: int = 4) -> str:
    """``x`` as one would write it, to so many digits: ``3``, ``−1.267``, ``0``, ``1.2e−7``.

    A whole number has no zeros after it, zero has no sign, what was given short stays short, and
    what is not 0 never reads 0.00.  Minus is a minus, as wide as a digit.

    >>> [number(v) for v in (2.0, -0.0, 1e-300, 1/3, 123456.5, 0.25, float("-inf"))]
    ['2', '0', '1.0e−300', '0.333', '1.2e5', '0.25', '−inf']
    """
    if not math.isfinite(x):
        return str(x).replace("-", "−")
    if x == int(x) and abs(x) < 1e5:
        return str(int(x)).replace("-", "−")
    if 1e-3 <= abs(x) < 1e5:
        whole = len(str(int(abs(x))))
        places = max(0, digits - whole)
        if abs(x) < 1.0:
            places = max(places, -math.floor(math.log10(abs(x))))
        text, given = f"{x:.{places}f}", repr(float(x))
        return (given if len(given) < len(text) else text).replace("-", "−")
    mantissa, power = f"{x:.1e}".split("e")
    return f"{mantissa}e{int(power)}".replace("-", "−")


def short_number(x: float) -> str:
    """``x`` as one writes it in a formula, to six digits: ``28``, ``0.5``, ``1e-07``."""
    return f"{x + 0.0:.6g}"  # a zero has no sign


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide ``text`` is in Arial, in points; rather too wide than too narrow."""
    ems = 0.0
    for character in text:
        if character in _NARROW:
            ems += 0.36
        elif character.isdigit() or character == "−":
            ems += 0.57
        elif character in _WIDE:
            ems += 0.95
        elif character == "w":
            ems += 0.75
        elif ord(character) < 0x2E80:
            ems += 0.70 if character.isupper() or ord(character) > 0x7F else 0.575
        else:
            ems += 1.05
    return ems * size * (1.07 if bold else 1.0)
