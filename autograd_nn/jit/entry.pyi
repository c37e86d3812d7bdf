"""The short way into machine code, written in C; a plain build does without it."""

from typing import Any

Place = tuple[tuple[int, ...], tuple[int, ...], int, int]

class Entry:
    """Machine code for arguments of fixed types and shapes.

    Args:
        steps: the addresses of the functions that are run in turn.
        addresses: what each is given: the address of a table of the buffers' addresses.
        number: the address of the result.
        check: that of a number which is 0 where everything is finite, if slopes are wanted; or 0.
        inputs: of each argument the shape, the steps in bytes, the address, and the address of
            its buffer's place in the table if it is read in place, else 0.
        outputs: the same of each of the slopes.
        single: whether the one slope is returned by itself.
        release: whether other threads may go on meanwhile.
        kept: what must live as long.
    """

    def __init__(
        self,
        steps: tuple[int, ...],
        addresses: int,
        number: int,
        check: int,
        inputs: tuple[Place, ...],
        outputs: tuple[Place, ...],
        single: bool,
        release: bool,
        kept: Any,
        /,
    ) -> None: ...
    def __call__(self, args: tuple[Any, ...], /) -> Any:
        """The number, or the number and the slopes; None where the long way is to be taken."""
