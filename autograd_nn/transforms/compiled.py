"""What a transform and the jit, which stands above, say to each other.

A jitted function offers ``transformed(make)``: the jit of what a transform makes of the function
inside.  A transform whose result no program returns (a sparse matrix) says how the jit is to
build it: ``built_by``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Finished", "builder_of", "by_recording", "of_compiled"]

Function = Callable[..., Any]


def of_compiled(f: Function, make: Callable[[Function], Function]) -> Function | None:
    """The jitted transform of a jitted function; None where ``f`` is not jitted."""
    transformed = getattr(f, "transformed", None)
    return None if transformed is None else transformed(make)


def by_recording(
    made: Function, build: Callable[[Callable[[Function], Any]], Function]
) -> Function:
    """Note how the jit builds ``made``: from parts that it records; returns ``made``."""
    made._built_by = (made, build)  # type: ignore[attr-defined]
    return made


def builder_of(f: Function) -> Callable[[Callable[[Function], Any]], Function] | None:
    """How the jit builds ``f``; None where it records ``f`` itself."""
    made, build = getattr(f, "_built_by", (None, None))
    return build if made is f else None


class Finished:
    """A jitted function, and what is done with its result outside of the recording.

    Attributes:
        jitted: the recorded part.
    """

    def __init__(self, jitted: Any, finish: Callable[[Any], Any]) -> None:
        self.jitted, self._finish = jitted, finish

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._finish(self.jitted(*args, **kwargs))

    def program(self, *args: Any) -> Any:
        """The program for arguments like these; see ``Jitted.program``."""
        return self.jitted.program(*args)

    def __repr__(self) -> str:
        return repr(self.jitted)
