"""The place in the user's code that a message names.

This stays plain Python where the engine is compiled: it looks at Python's own frames.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
from pathlib import Path
from typing import Any

__all__ = ["PACKAGE", "is_user_file", "user_frame", "user_line"]

#: The folder of this package, from a file that is never compiled: a compiled one learns where it
#: lies only after it has run.
PACKAGE = Path(__file__).parent
_PACKAGE = str(PACKAGE)


_LIBRARIES = tuple({sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib")})


def is_user_file(name: str) -> bool:
    """Whether a file of code is neither of this package, nor Python's, nor another package's."""
    return not (
        name.startswith((_PACKAGE, *_LIBRARIES)) or "site-packages" in name or name[:7] == "<frozen"
    )


def user_frame() -> tuple[Any, int]:
    """The innermost frame of the user's code, and how far up from the caller it is.

    Where all code is a library's, the innermost outside this package.
    """
    frame, level, outside = sys._getframe(1), 0, None
    while not is_user_file(frame.f_code.co_filename):
        if outside is None and not frame.f_code.co_filename.startswith(_PACKAGE):
            outside = frame, level
        if frame.f_back is None:
            return outside or (frame, level)
        frame, level = frame.f_back, level + 1
    return frame, level


def user_line() -> str:
    """The innermost line of code outside this package, as ``file:line: code``."""
    frame, _ = user_frame()
    name, number = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(name, number).strip()
    return f"{name}:{number}" + (f": {code}" if code else "")
