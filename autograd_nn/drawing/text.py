"""Text that is safe to draw: cleaning, shortening and measuring labels, and writing numbers.

Labels are the user's and may hold anything.  ``clean`` makes them legal in XML, DOT and
HTML; each writer escapes the result in its own way.
"""

from __future__ import annotations

import html
import math
import re

__all__ = ["clean", "escape", "number", "short_number", "text_width"]

# What XML 1.0 forbids (control characters, lone surrogates, two non-characters) and the
# characters that reorder or hide the text around them.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_NARROW = frozenset("ijl.,:;|!'()[]{} ftrI-")
_WIDE = frozenset("mMW@%&")


def clean(text: str, limit: int = 40) -> str:
    """``text`` on one line, without characters that no picture can show, at most ``limit`` long.

    >>> clean("a\\x00b\\nc")
    'a\ufffdb c'
    >>> clean("x" * 100, 10)
    'xxxxxxxxx…'
    """
    text = text[: 4 * limit]  # a label may be as long as a book; look at its beginning only
    text = " ".join(_FORBIDDEN.sub("\ufffd", text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escape(text: str) -> str:
    """Cleaned text for XML and HTML, in an element or a quoted attribute."""
    return html.escape(text, quote=True)


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
    return f"{x:.6g}"


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
