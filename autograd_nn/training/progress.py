"""Showing how training goes: a bar where somebody watches, one line per epoch elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from autograd_nn.checks import describe
from autograd_nn.errors import BadArgumentError

__all__ = ["NotebookBar", "Progress"]

_EVERY = 0.1  # seconds between two pictures of a bar


class Progress:
    """Reports epochs: by a bar in a terminal or notebook, else by ``print``.

    A terminal's bar, and a notebook's where ipywidgets is installed, is tqdm's; a notebook without
    ipywidgets gets a bar of text.

    Args:
        epochs: how many will come.
        verbose: 0 for silence, 1 for progress, 2 for a line per epoch wherever it goes.

    Raises:
        ValueError: ``verbose`` is none of them.
    """

    def __init__(self, epochs: int, verbose: int) -> None:
        if verbose not in (0, 1, 2):
            raise BadArgumentError(
                "verbose is 0 (silent), 1 (progress) or 2 (a line per epoch), "
                f"got {describe(verbose)}"
            )
        self.epochs, self.verbose = epochs, verbose
        self._bar = _bar(epochs) if verbose == 1 else None

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


class _Bar(Protocol):
    """What is used of tqdm's bars."""

    def set_postfix(self, shown: Mapping[str, str], refresh: bool) -> None: ...
    def update(self) -> Any: ...
    def close(self) -> None: ...


def _bar(epochs: int) -> _Bar | None:
    """The bar that suits where the output goes; None where one line per epoch does."""
    notebook = _is_notebook()
    if notebook and find_spec("ipywidgets") is None:
        return NotebookBar(epochs)
    if not notebook and (sys.stderr is None or not sys.stderr.isatty()):
        return None
    try:
        tqdm = import_module("tqdm.notebook" if notebook else "tqdm").tqdm
    except ImportError:  # the extra "train" is not installed
        return NotebookBar(epochs) if notebook else None
    bar: _Bar = tqdm(total=epochs, unit="epoch")
    return bar


def _is_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


class NotebookBar:
    """A bar of text in a notebook's output, drawn anew in its place.

    >>> bar = NotebookBar(4, display=None)
    >>> bar.set_postfix({"loss": "0.5"})
    >>> bar.update()
    >>> bar
    █████░░░░░░░░░░░░░░░ 1/4 epochs  loss 0.5
    """

    def __init__(self, total: int, display: Any = True) -> None:
        self.total, self.done, self.words = total, 0, ""
        self._drawn = time.monotonic()
        self._handle: Any = None
        if display:
            self._handle = import_module("IPython.display").display(self, display_id=True)

    def set_postfix(self, shown: Mapping[str, str], refresh: bool = False) -> None:
        """The numbers beside the bar."""
        self.words = "".join(f"  {name} {x}" for name, x in shown.items())

    def update(self) -> None:
        """One epoch more."""
        self.done += 1
        if time.monotonic() - self._drawn > _EVERY:
            self._draw()

    def close(self) -> None:
        """Show how far it came."""
        self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self._handle is not None:
            self._handle.update(self)

    def __repr__(self) -> str:
        full = round(20 * self.done / max(1, self.total))
        return f"{'█' * full}{'░' * (20 - full)} {self.done}/{self.total} epochs{self.words}"
