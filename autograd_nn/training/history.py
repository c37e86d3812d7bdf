"""What training did, epoch by epoch: numbers by name, a table in a file, a picture."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from typing import Any

from autograd_nn.checks import did_you_mean, shown
from autograd_nn.errors import BadArgumentError, UnknownNameError
from autograd_nn.rich import Cell, card, curve, table
from autograd_nn.training.plots import plot_history

__all__ = ["History"]


class History(Mapping[str, list[float]]):
    """Numbers by name, one for each epoch that was finished.

    Attributes:
        epochs: how many epochs were finished.
        stopped: why training ended before its time ("interrupted", "early stopping: ..."); ""
            where it ran to its end.
        not_compiled: why the training began through the engine; "" where it ran compiled.
        seconds: how long each epoch took.
        classes: the labels that the model's outputs stand for, where they are text.

    >>> history = History()
    >>> history.append({"loss": 0.5}, seconds=0.1)
    >>> history.append({"loss": 0.25}, seconds=0.1)
    >>> history["loss"], history.epochs
    ([0.5, 0.25], 2)
    """

    def __init__(self) -> None:
        self._columns: dict[str, list[float]] = {}
        self.epochs = 0
        self.stopped = ""
        self.not_compiled = ""
        self.seconds: list[float] = []
        self.classes: list[Any] = []

    def append(self, numbers: Mapping[str, float], seconds: float) -> None:
        """Add one epoch.

        Args:
            numbers: by name, the same names in every epoch.
            seconds: how long it took.

        Raises:
            ValueError: the names are not those of the epochs before.
        """
        if self.epochs and set(numbers) != set(self._columns):
            raise BadArgumentError(
                f"every epoch has {list(self._columns)}, got {shown(list(numbers))}"
            )
        for name, x in numbers.items():
            self._columns.setdefault(name, []).append(float(x))
        self.seconds.append(seconds)
        self.epochs += 1

    def __getitem__(self, name: str) -> list[float]:
        if not isinstance(name, str) or name not in self._columns:
            hint = did_you_mean(name, self._columns) if isinstance(name, str) else ""
            known = ", ".join(self._columns) or "nothing yet"
            raise UnknownNameError(f"no {shown(name)} in this history: {hint}It holds {known}.")
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return self._columns == other._columns and self.stopped == other.stopped

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {column[-1]:.6g}" for name, column in self._columns.items())
        stopped = f", stopped: {self.stopped}" if self.stopped else ""
        return f"History({self.epochs} epochs{': ' + last if last else ''}{stopped})"

    def _repr_html_(self) -> str:
        rows: list[list[Cell]] = []
        for name, column in self._columns.items():
            known = [x for x in column if x == x] or column
            rows.append([name, column[0], min(known), max(known), column[-1]])
        numbers = table(["", "first", "lowest", "highest", "last"], rows)
        loss = self._columns.get("loss", [])
        line = curve(loss, f"loss over {len(loss)} epochs") if len(loss) > 1 else ""
        took = f"{self.epochs} epochs in {sum(self.seconds):.3g} s"
        return card("History", line, numbers, note=f"{took}  {self.stopped}")

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write one row per epoch, with a head: epoch (from 1), then every name.

        Numbers are written so that reading them gives the same floats.

        Args:
            path: the file.

        Raises:
            OSError: the file cannot be written.
        """
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["epoch", *self._columns])
            for i in range(self.epochs):
                writer.writerow([i + 1, *(repr(column[i]) for column in self._columns.values())])

    def plot(self, ax: Any = None) -> Any:
        """Draw the losses, and below them the metrics; needs matplotlib (the extra ``plot``).

        Args:
            ax: matplotlib axes for the losses alone; without it a new figure holds everything.

        Returns:
            The matplotlib figure.

        Raises:
            ImportError: matplotlib is not installed; the message says how to.
            ValueError: no epoch was finished.
        """
        return plot_history(self, ax)
