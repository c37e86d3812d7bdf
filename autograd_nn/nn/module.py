"""``Module``: something that owns parameters, finds them by name, and keeps them in files.

What is left out: the parts of a network (``layers``), and making a model from a file alone
(``saving``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_nn.engine import Value
from autograd_nn.files import write_whole
from autograd_nn.nn import model_file, states

__all__ = ["Module"]


class Module:
    """A part of a model: something that owns parameters.

    Write your own by setting Values from ``parameter(...)``, Modules, or lists and dicts of
    them as attributes.

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
        return [p for _, p in _walk(self, "", lambda v: v.kind == "parameter", set())]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with their names, such as ``layers.0.neurons.3.w.1``."""
        own = {id(p) for p in self.parameters()}
        return list(_walk(self, "", lambda v: id(v) in own, set()))

    def zero_grad(self) -> None:
        """Set the slope of every parameter to 0, as before each ``backward()``."""
        for p in self.parameters():
            p.grad = 0.0

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


def _walk(
    part: Any, name: str, wanted: Callable[[Value], bool], seen: set[int]
) -> Iterator[tuple[str, Value]]:
    """The Values below a module's attributes, in order, each once."""
    if isinstance(part, Value):
        if wanted(part) and id(part) not in seen:
            seen.add(id(part))
            yield name, part
        return
    if isinstance(part, Module):
        inner = vars(part).items()
    elif isinstance(part, dict):
        inner = part.items()
    elif isinstance(part, (list, tuple)):
        inner = {str(i): item for i, item in enumerate(part)}.items()
    elif isinstance(part, np.ndarray) and part.dtype == object:
        inner = {str(i): item for i, item in enumerate(part.flat)}.items()
    else:
        return
    if id(part) in seen:
        return
    seen.add(id(part))
    for key, item in inner:
        yield from _walk(item, f"{name}.{key}" if name else str(key), wanted, seen)
