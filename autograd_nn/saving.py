"""A model's parameters as a dict of arrays, and as a file that cannot run code.

The file is an ordinary ``.npz`` (``numpy.load`` opens it) of plain numbers and one
JSON text: what is in it and how the model is built.  No pickle is written or read.
Its last 64 bytes, the zip archive's comment, are the SHA-256 of everything before, so
that any damage is found before a number is used.

A file is written beside its final place, flushed to the disk, and then renamed over
the old one: whatever happens in between, one whole version is there.  A process that
is killed can leave a file ``.NAME.RANDOM.tmp`` behind, which is safe to delete.

What is left out: the state of an optimiser, and code: to load a model of your own
class, make it first and pass it as ``into``.
"""

from __future__ import annotations

import os
from typing import Any

from autograd_nn.errors import ModelFileError
from autograd_nn.files import read_whole, write_whole
from autograd_nn.nn.architecture import build
from autograd_nn.nn.model_file import fill, naming, read, to_bytes
from autograd_nn.nn.module import Module
from autograd_nn.nn.states import load_state_dict, state_dict

__all__ = [
    "ModelFileError",
    "from_bytes",
    "load",
    "load_state_dict",
    "save",
    "state_dict",
    "to_bytes",
]


def __dir__() -> list[str]:
    return __all__


def save(module: Module, path: str | os.PathLike[str]) -> None:
    """Write the parameters to a ``.npz`` file, all or nothing.

    Args:
        module: a Neuron, Layer or MLP, or a Module of your own class.
        path: where to; an existing file is replaced in one step.

    Raises:
        TypeError: ``module`` is not a Module.
        ValueError: it has no parameters, or two of the same name.
        OSError: the file cannot be written; the old one is left as it was.

    >>> import tempfile
    >>> from autograd_nn import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [3, 1], seed=0), f"{folder}/m.npz")
    ...     load(f"{folder}/m.npz")
    MLP(
      (layers.0): Layer(2 -> 3, relu)
      (layers.1): Layer(3 -> 1, linear)
    )
    """
    write_whole(path, to_bytes(module))


def load(path: str | os.PathLike[str], into: Module | None = None) -> Any:
    """Read a model from a file that ``save`` wrote.

    Args:
        path: the file.
        into: the model to fill; needed for a class of your own.  Without it a Neuron, Layer
            or MLP is built as the file says.

    Returns:
        ``into``, or the new model.

    Raises:
        ModelFileError: the file is damaged, foreign, of a newer version or of another model.
            ``into`` is then as it was.
        OSError: the file cannot be read.

    >>> import tempfile
    >>> from autograd_nn import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [1], seed=0), f"{folder}/model.npz")
    ...     len(load(f"{folder}/model.npz").parameters())
    3
    """
    with naming(path):
        return from_bytes(read_whole(path), into)


def from_bytes(contents: bytes, into: Module | None = None) -> Any:
    """As ``load``, from the contents of a file.

    Args:
        contents: what ``to_bytes`` gave, or what a file holds that ``save`` wrote.
        into: the model to fill; see ``load``.

    Returns:
        ``into``, or the new model.

    Raises:
        ModelFileError: the contents are damaged, foreign, of a newer version or of another model.
            ``into`` is then as it was.

    >>> from autograd_nn import Neuron
    >>> neuron = from_bytes(to_bytes(Neuron(2, seed=0)))
    >>> len(neuron.parameters())
    3
    """
    architecture, state = read(contents)
    module = build(architecture, state) if into is None else into
    fill(module, state)
    return module
