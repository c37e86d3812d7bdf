"""Text of the user's that is safe to show: labels, names and scopes may hold anything.

``clean`` makes a text legal in XML, DOT, HTML and LaTeX, and short; each writer escapes the result
in its own way, ``escape`` for XML and HTML.
"""

from __future__ import annotations

import html
import re

__all__ = ["clean", "escape"]

# What XML 1.0 forbids (control characters, lone surrogates, two non-characters) and the
# characters that reorder or hide the text around them.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def clean(text: str, limit: int = 40) -> str:
    """``text`` on one line, without characters that nothing can show, at most ``limit`` long.

    >>> clean("a\\x00b\\nc")
    'a\ufffdb c'
    >>> clean("x" * 100, 10)
    'xxxxxxxxx…'
    """
    text = text[: 4 * limit]  # a label may be as long as a book; look at its beginning only
    text = " ".join(_FORBIDDEN.sub("\ufffd", text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escape(text: str) -> str:
    """Cleaned text for XML and HTML, in an element or a quoted attribute.

    >>> escape('<b a="1">')
    '&lt;b a=&quot;1&quot;&gt;'
    """
    return html.escape(text, quote=True)
