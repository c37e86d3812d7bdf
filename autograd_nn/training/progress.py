"""Showing how training goes: a bar where somebody watches, one line per epoch elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from autograd_nn.conversion import describe

__all__ = ["Progress"]


class Progress:
    """Reports epochs: by tqdm in a terminal or notebook, else by ``print``.

    Args:
        epochs: how many will come.
        verbose: 0 for silence, 1 for progress.

    Raises:
        ValueError: ``verbose`` is neither.
    """

    def __init__(self, epochs: int, verbose: int) -> None:
        if verbose not in (0, 1):
            raise ValueError(f"verbose is 0 (silent) or 1 (progress), got {describe(verbose)}")
        self.epochs, self.verbose = epochs, verbose
        self._bar = _bar(epochs) if verbose and _is_watched() else None

    def show(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Report a finished epoch, counted from 1."""
        shown = {name: f"{x:.4g}" for name, x in numbers.items() if name != "lr"}
        if self._bar is not None:
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update()
        elif self.verbose:
            text = "  ".join(f"{name} {x}" for name, x in shown.items())
            print(f"epoch {epoch:>{len(str(self.epochs))}}/{self.epochs}  {text}", flush=True)

    def close(self) -> None:
        """End the bar, so that what is printed next stands on its own line."""
        if self._bar is not None:
            self._bar.close()


def _bar(epochs: int) -> Any:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return None  # the extra "train" is not installed: one line per epoch serves as well
    return tqdm(total=epochs, unit="epoch")


def _is_watched() -> bool:
    shell = sys.modules.get("IPython")
    if shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell":
        return True
    return sys.stderr is not None and sys.stderr.isatty()
