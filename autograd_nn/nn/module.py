"""``Module``: something that owns parameters, finds them by name, and keeps them in files.

What is left out: the parts of a network (``layers``), and making a model from a file alone
(``saving``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Self

import numpy as np

from autograd_nn.engine import Value
from autograd_nn.files import write_whole
from autograd_nn.nested import is_container, leaves_of, parts_of
from autograd_nn.nn import model_file, states
from autograd_nn.nn.summary import Line, as_text, lines_of
from autograd_nn.rich import Cell, card, table

__all__ = ["Module"]


class Module:
    """A part of a model: something that owns parameters.

    Write your own with a method ``__call__``, or ``forward``, and by setting as attributes Values
    from ``parameter(...)``, Modules, or lists, tuples, dicts, dataclasses and arrays of them.

    >>> from autograd_nn import parameter
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = parameter(2.0), parameter(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> [name for name, _ in Line().named_parameters()]
    ['slope', 'offset']
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A class that calls it ``forward``, as PyTorch does, is called all the same."""
        super().__init_subclass__(**kwargs)
        if "forward" in vars(cls) and "__call__" not in vars(cls):
            cls.__call__ = vars(cls)["forward"]  # type: ignore[method-assign]

    #: Whether the module is in training; ``Dropout`` asks.  ``train()`` and ``eval()`` set it.
    training = True

    def train(self, mode: bool = True) -> Self:
        """Set the module and all its parts to training; gives the module itself, as PyTorch.

        Args:
            mode: whether to training; False is ``eval()``.

        Returns:
            The module.

        >>> from autograd_nn.nn import Dropout
        >>> Dropout(0.5).eval().training
        False
        """
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Set the module and all its parts to use: nothing is dropped at random."""
        return self.train(False)

    def modules(self) -> list[Module]:
        """The module itself and all that it holds, to any depth, each once."""
        found, waiting = {id(self): self}, [self]
        while waiting:
            for part in _held(waiting.pop()):
                if id(part) not in found:
                    found[id(part)] = part
                    waiting.append(part)
        return list(found.values())

    def parameters(self) -> list[Value]:
        """The parameters in the order of their creation, each once."""
        return [p for _, p in leaves_of(self, Value, (Module,)) if p.kind == "parameter"]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with their names, such as ``layers.0.neurons.3.w.1``."""
        own = {id(p) for p in self.parameters()}
        leaves = leaves_of(self, Value, (Module,))
        return [(".".join(map(str, path)), p) for path, p in leaves if id(p) in own]

    def zero_grad(self) -> None:
        """Set the slope of every parameter to 0, as before each ``backward()``."""
        for p in self.parameters():
            p.grad = 0.0

    def __repr__(self) -> str:
        """The parts as a tree, a line for each; equal ones beside each other are one line."""
        name, lines = type(self).__name__, self._lines()
        if not lines:
            return f"{name}({_count(self)})"
        shown = [f"({part}): {kind}".replace("\n", "\n  ") for part, kind in _runs(lines)]
        return "\n  ".join([f"{name}(", *shown]) + "\n)"

    def _lines(self) -> list[tuple[str, str]]:
        """Each part's name and ``repr``."""
        return [(name, repr(part)) for name, part in _parts(self)]

    def _in_turn(self) -> list[Any] | None:
        """The layers, where each takes what the one before gives; else None."""
        return None

    def summary(self, row: Any = None) -> None:
        """Print the table of layers, output sizes and parameters that Keras users know.

        Args:
            row: an input, from which the sizes are found; by default zeros, where the layers say
                how many numbers they take.

        >>> from autograd_nn import MLP
        >>> MLP(784, [128, 10], seed=0).summary()
        MLP
        layer     kind                      output  parameters
        ------------------------------------------------------
        layers.0  Layer(784 -> 128, relu)   (128,)     100,480
        layers.1  Layer(128 -> 10, linear)  (10,)        1,290
        ------------------------------------------------------
        total                                          101,770
        """
        print(as_text(type(self).__name__, self._table(row), len(self.parameters())))

    def _table(self, row: Any = None) -> list[Line]:
        layers = self._in_turn()
        if layers is not None:
            return lines_of([(f"layers.{i}", x) for i, x in enumerate(layers)], True, row)
        return lines_of(list(_parts(self)), False)

    def _repr_html_(self) -> str:
        """What a notebook shows: the parts with their parameters, or the parameters."""
        lines = self._table()
        if lines:
            parts = self._in_turn() or [part for _, part in _parts(self)]
            head = ["layer", "", "output", "parameters", "largest |grad|"]
            rows: list[list[Cell]] = [
                [line.name, line.kind, line.size, line.parameters, _steepest(part)]
                for line, part in zip(lines, parts, strict=True)
            ]
        else:
            head = ["parameter", "data", "grad"]
            rows = [[name, p.data, p.grad] for name, p in self.named_parameters()]
        return card(type(self).__name__, table(head, rows, signed="grad"), note=_count(self))

    def state_dict(self) -> states.State:
        """The parameters' numbers as arrays by name; see ``saving.state_dict``."""
        return states.state_dict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set the parameters from arrays by name; see ``saving.load_state_dict``.

        Args:
            state: arrays or lists of numbers by name.

        Raises:
            TypeError, ValueError: as ``saving.load_state_dict``; the module is then as it was.
        """
        states.load_state_dict(self, state)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to an ``.npz`` file; see ``saving.save``.

        Args:
            path: the file; an old one stays until the new one is whole.

        Raises:
            OSError: it cannot be written.
        """
        write_whole(path, model_file.to_bytes(self))

    def load(self, path: str | os.PathLike[str]) -> None:
        """Set the parameters from a file; ``saving.load`` makes a model from one.

        Args:
            path: a file that ``save`` wrote.

        Raises:
            ModelFileError: it is damaged, foreign, or of another model; this one is then as it was.
            OSError: it cannot be read.
        """
        model_file.load_into(self, path)

    def _architecture(self) -> dict[str, Any] | None:
        """How to build the model again, for its file; None for what only its own code can build."""
        return None


def _parts(module: Module) -> Iterator[tuple[str, Module]]:
    """The modules that a module holds, as attributes or in containers, with their names."""
    for path, part in leaves_of(vars(module), Module):
        yield ".".join(map(str, path)), part


def _held(module: Module) -> list[Module]:
    """As ``_parts``, without names, and quick where there are many weights."""
    found: list[Module] = []
    seen: set[int] = set()
    waiting = list(vars(module).values())[::-1]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Module):
            found.append(part)
        elif is_container(part) or (isinstance(part, np.ndarray) and part.dtype == object):
            inside = list(part.flat) if isinstance(part, np.ndarray) else parts_of(part)
            if id(part) not in seen and set(map(type, inside)) != {Value}:
                seen.add(id(part))
                waiting += inside[::-1]
    return found


def _runs(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Lines, with equal ones that follow each other in a list made one."""
    joined: list[tuple[str, str]] = []
    for (_, kind), group in groupby(lines, key=lambda line: (line[0].rpartition(".")[0], line[1])):
        names = [name for name, _ in group]
        if len(names) == 1 or not names[0].rpartition(".")[2].isdecimal():
            joined += [(name, kind) for name in names]
        else:
            last = names[-1].rpartition(".")[2]
            joined.append((f"{names[0]}-{last}", f"{len(names)} x {kind}"))
    return joined


def _steepest(part: Any) -> float | None:
    owned = part.parameters() if hasattr(part, "parameters") else []
    return max((abs(p.grad) for p in owned), default=None)


def _count(module: Module) -> str:
    count = len(module.parameters())
    return f"{count:,} parameter{'s' * (count != 1)}"
