"""What a function is jitted with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_nn.checks import describe, positive_int
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.jit.backends.door import checked

__all__ = ["Options"]


class Options(NamedTuple):
    """The options of ``jit``, which explains them.

    >>> Options(rows="x").check().row_names
    ('x',)
    """

    rows: str | Sequence[str] = ()
    reduce: str | None = "mean"
    backend: str = "auto"
    threads: int = 1
    background: bool = True

    @property
    def row_names(self) -> tuple[str, ...]:
        """The names of the arguments with a row axis."""
        return (self.rows,) if isinstance(self.rows, str) else tuple(self.rows)

    @property
    def waits(self) -> bool:
        """Whether a call waits for machine code that it needs, however long that takes."""
        return not self.background or os.environ.get("AUTOGRAD_NN_BACKGROUND") == "0"

    def check(self) -> Options:
        """These options.

        Raises:
            BadArgumentError: one has a value that is not allowed.
            WrongTypeError: one is of another type.
        """
        if self.reduce not in ("mean", "sum", None):
            raise BadArgumentError(f'reduce is "mean", "sum" or None, got {describe(self.reduce)}')
        checked(self.backend)
        positive_int("threads", self.threads)
        if not isinstance(self.background, bool):
            raise WrongTypeError(f"background is True or False, got {describe(self.background)}")
        return self

    def without_rows(self) -> dict[str, Any]:
        """Those that hold for a function without rows, by name."""
        return {"backend": self.backend, "background": self.background}
