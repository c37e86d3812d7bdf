"""``Module``: something that owns parameters, finds them by name, and keeps them in files.

What is left out: the parts of a network (``layers``), and making a model from a file alone
(``saving``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from autograd_nn.engine import Value
from autograd_nn.files import write_whole
from autograd_nn.nested import leaves_of
from autograd_nn.nn import model_file, states
from autograd_nn.rich import Cell, card, table

__all__ = ["Module"]


class Module:
    """A part of a model: something that owns parameters.

    Write your own by setting Values from ``parameter(...)``, Modules, or lists, tuples, dicts,
    dataclasses and arrays of them as attributes.

    >>> from autograd_nn import parameter
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = parameter(2.0), parameter(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> [name for name, _ in Line().named_parameters()]
    ['slope', 'offset']
    """

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

    def _repr_html_(self) -> str:
        """What a notebook shows: the parts with their parameters, or the parameters."""
        parts = list(_parts(self))
        if parts:
            head = ["part", "", "parameters", "largest |grad|"]
            rows: list[list[Cell]] = [
                [name, _kind(part), len(own), max((abs(p.grad) for p in own), default=None)]
                for name, part in parts
                for own in [part.parameters()]
            ]
        else:
            head = ["parameter", "data", "grad"]
            rows = [[name, p.data, p.grad] for name, p in self.named_parameters()]
        count = len(self.parameters())
        note = f"{count:,} parameter{'s' * (count != 1)}"
        return card(_kind(self), table(head, rows, signed="grad"), note=note)

    def state_dict(self) -> states.State:
        """The parameters' numbers as arrays by name; see ``saving.state_dict``."""
        return states.state_dict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set the parameters from arrays by name; see ``saving.load_state_dict``."""
        states.load_state_dict(self, state)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to an ``.npz`` file; see ``saving.save``."""
        write_whole(path, model_file.to_bytes(self))

    def load(self, path: str | os.PathLike[str]) -> None:
        """Set the parameters from a file; ``saving.load`` makes a model from one."""
        model_file.load_into(self, path)

    def _architecture(self) -> dict[str, Any] | None:
        """How to build the model again, for its file; None for what only its own code can build."""
        return None


def _parts(module: Module) -> Iterator[tuple[str, Module]]:
    """The modules that a module holds, as attributes or in containers, with their names."""
    for (name, *keys), part in leaves_of(vars(module), Module):
        yield name + "".join(f"[{key}]" for key in keys), part


def _kind(module: Module) -> str:
    """A module in a few words: ``Layer of 16 ReLUNeuron(2)``."""
    kinds = [repr(part) for _, part in _parts(module)]
    name = type(module).__name__
    if kinds and len(set(kinds)) == 1 and len(kinds[0]) <= 24:
        return f"{name} of {len(kinds)} {kinds[0]}"
    return name if kinds or type(module).__repr__ is object.__repr__ else repr(module)
