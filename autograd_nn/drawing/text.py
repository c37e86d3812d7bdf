"""Text in pictures: measuring it, and writing numbers.  ``labels`` makes the user's text safe."""

from __future__ import annotations

import math

from autograd_nn.labels import clean, escape

__all__ = ["clean", "escape", "number", "short_number", "text_width"]

_NARROW = frozenset("ijl.,:;|!'()[]{} ftrI1-")
_WIDE = frozenset("mwMW@%&")


def number(x: float) -> str:
    """``x`` in at most ten characters, for a box.

    >>> [number(v) for v in (2.0, -0.0, 1e-300, 1/3, 123456.0, float("-inf"))]
    ['2.0000', '-0', '1.00e-300', '0.3333', '1.23e+05', '-inf']
    """
    if not math.isfinite(x):
        return str(x)
    if x == 0.0:
        return "-0" if math.copysign(1.0, x) < 0.0 else "0"
    return f"{x:.4f}" if 1e-3 <= abs(x) < 1e4 else f"{x:.2e}"


def short_number(x: float) -> str:
    """``x`` as one writes it in a formula, to six digits: ``28``, ``0.5``, ``1e-07``."""
    return f"{x:.6g}"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide ``text`` is in Arial, in points; rather too wide than too narrow."""
    ems = 0.0
    for character in text:
        if character in _NARROW:
            ems += 0.36
        elif character in _WIDE:
            ems += 0.95
        elif ord(character) < 0x2E80:
            ems += 0.70 if character.isupper() or ord(character) > 0x7F else 0.575
        else:
            ems += 1.05
    return ems * size * (1.07 if bold else 1.0)
