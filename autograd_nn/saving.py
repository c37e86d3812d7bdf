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

import hashlib
import io
import json
import os
import re
import secrets
import shutil
import struct
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.conversion import describe, did_you_mean
from autograd_nn.engine import Value
from autograd_nn.nn import ACTIVATIONS, MLP, Layer, Module, Neuron

__all__ = [
    "ModelFileError",
    "from_bytes",
    "load",
    "load_state_dict",
    "save",
    "state_dict",
    "to_bytes",
]

Floats = NDArray[np.float64]
State = dict[str, Floats]

FORMAT = "autograd_nn model"
VERSION = 1
_DIGEST_SIZE = 64  # a SHA-256 in hexadecimal
_MANIFEST = "manifest"
_PREFIX = "parameter/"
# The head of a .npy of float64 or bytes with one axis or none, as NumPy writes it.  NumPy's own
# reader takes any Python literal here, which is more than a file from outside should ask for.
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<dtype><f8|\|u1)', 'fortran_order': False, "
    rb"'shape': \((?:(?P<size>\d{1,18}),)?\), \} *\n",
    re.DOTALL,
)
# What zipfile, json and NumPy raise for what they cannot read.
_UNREADABLE = (
    KeyError,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
)


class ModelFileError(ValueError):
    """A file that is damaged, foreign, or of another model.  Nothing was loaded from it."""


def state_dict(module: Module) -> State:
    """The parameters' numbers by name; a list of parameters is one array.

    Returns:
        A dict such as ``{"layers.0.neurons.0.w": array of nin, "layers.0.neurons.0.b":
        array of shape ()}``, of copies: later training does not change it.

    >>> from autograd_nn import Neuron
    >>> {name: array.shape for name, array in state_dict(Neuron(3, seed=0)).items()}
    {'w': (3,), 'b': ()}
    """
    groups = _groups(module)
    return {name: np.array([p.data for p in ps]).reshape(shape) for name, shape, ps in groups}


def load_state_dict(module: Module, state: dict[str, Any]) -> None:
    """Set the parameters of ``module`` to the numbers of a ``state_dict``.

    Everything is checked first: after an error the module is as it was.

    Raises:
        TypeError: ``state`` is no dict, or holds something else than numbers.
        ValueError: a name is missing or unknown, or an array has another shape.

    >>> from autograd_nn import Neuron
    >>> neuron = Neuron(2, seed=0)
    >>> load_state_dict(neuron, {"w": [1.0, 2.0], "b": 3.0})
    >>> neuron.w[1].data
    2.0
    """
    if not isinstance(state, dict):
        raise TypeError(f"a state is a dict of arrays by name, got {describe(state)}")
    groups = _groups(module)
    expected = {name for name, _, _ in groups}
    unknown = [name for name in state if name not in expected]
    missing = [name for name, _, _ in groups if name not in state]
    if unknown or missing:
        raise ValueError("; ".join(_name_errors(unknown, missing)))
    ready: list[tuple[Value, float]] = []
    for name, shape, parameters in groups:
        array = _as_floats(name, state[name])
        if array.shape != shape:
            raise ValueError(
                f"{name!r} has shape {shape} in this model, but {array.shape} in the state; "
                "make the model with the same layer sizes"
            )
        ready += zip(parameters, array.ravel().tolist(), strict=True)
    for parameter, x in ready:
        parameter.data = x


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
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
    """
    _write_atomically(Path(os.path.realpath(path)), to_bytes(module))


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
    """
    try:
        return from_bytes(Path(path).read_bytes(), into)
    except ModelFileError as error:
        raise ModelFileError(f"{os.fspath(path)}: {error}") from error.__cause__


def from_bytes(contents: bytes, into: Module | None = None) -> Any:
    """As ``load``, from the contents of a file."""
    manifest, state = _read(contents)
    module = _build(manifest["architecture"], state) if into is None else into
    try:
        load_state_dict(module, state)
    except ValueError as error:
        raise ModelFileError(f"it holds another model: {error}") from error
    return module


def to_bytes(module: Module) -> bytes:
    """What ``save`` writes; the same model gives the same bytes."""
    state = state_dict(module)
    manifest = {"format": FORMAT, "version": VERSION, "architecture": _describe(module)}
    text = np.frombuffer(json.dumps(manifest).encode(), np.uint8)
    arrays: dict[str, Any] = {_MANIFEST: text}
    arrays |= {_PREFIX + name: array.astype("<f8") for name, array in state.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # numbers only: nothing here can be pickled
    # Room for the comment first: its size stands before it, inside what the digest covers.
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"0" * _DIGEST_SIZE
    body = buffer.getvalue()[:-_DIGEST_SIZE]
    return body + hashlib.sha256(body).hexdigest().encode()


# -- names ---------------------------------------------------------------------------------


def _groups(module: Any) -> list[tuple[str, tuple[int, ...], list[Value]]]:
    """(name, shape, parameters): ``w.0``, ``w.1``, ... of a list are one array ``w``."""
    if not isinstance(module, Module):
        raise TypeError(f"expected a Module such as MLP, got {describe(module)}")
    found: dict[str, list[Value]] = {}
    in_list: set[str] = set()
    names: set[str] = set()
    for name, p in module.named_parameters():
        if name in names:
            raise ValueError(f"two parameters are named {name!r}: rename a key or attribute")
        names.add(name)
        head, _, last = name.rpartition(".")
        grouped = head != "" and last.isdecimal()
        key = head if grouped else name
        if grouped:
            in_list.add(key)
        elif key in in_list or key in found:
            raise ValueError(f"a parameter and a list of parameters are both named {key!r}")
        found.setdefault(key, []).append(p)
    if not found:
        raise ValueError(f"{type(module).__name__} has no parameters: there is nothing to save")
    return [(name, (len(ps),) if name in in_list else (), ps) for name, ps in found.items()]


def _name_errors(unknown: list[str], missing: list[str]) -> list[str]:
    says = []
    if missing:
        says.append(f"the state lacks {_some(missing)}")
    if unknown:
        hint = did_you_mean(unknown[0], missing).rstrip()
        says.append(f"this model has no {_some(unknown)}" + (f"; {hint}" if hint else ""))
    return says


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _as_floats(name: str, numbers: Any) -> Floats:
    array = np.asarray(numbers)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name!r} must hold numbers, got {describe(numbers)}")
    return array.astype(float)


# -- bytes ---------------------------------------------------------------------------------


def _read(contents: bytes) -> tuple[dict[str, Any], State]:
    if not contents.startswith(b"PK"):
        raise ModelFileError("not a model file: it is no .npz archive; write one with save(...)")
    body, digest = contents[:-_DIGEST_SIZE], contents[-_DIGEST_SIZE:]
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ModelFileError(
            "damaged, cut short, or not written by save(...): the checksum at its end does not "
            "match. Nothing was loaded; use a copy or train again"
        )
    # The digest guards against damage, not against malice: whoever forges a file can compute
    # it too.  So nothing below trusts a size, a name or a type.
    try:
        arrays = _read_arrays(contents)
        manifest = json.loads(arrays.pop(_MANIFEST).tobytes())
    except _UNREADABLE as error:
        raise ModelFileError(f"not a model file of this package ({error})") from error
    return _check_manifest(manifest), _check_arrays(arrays)


def _read_arrays(contents: bytes) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        for entry in archive.infolist():
            name = entry.filename.removesuffix(".npy")
            if name in arrays:
                raise ValueError(f"{name!r} is in it twice")
            # Stored, not compressed: a small file cannot grow to fill the memory.
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > len(contents):
                raise ValueError(f"{name!r} is compressed")
            arrays[name] = _read_array(name, archive.read(entry))
    return arrays


def _read_array(name: str, data: bytes) -> Any:
    """One ``.npy`` of numbers; its size is checked before memory is asked for."""
    header = _HEADER.match(data)
    if header is None:
        raise ValueError(f"{name!r} is not a list of float64")
    dtype = np.dtype(header["dtype"].decode())
    shape = (int(header["size"]),) if header["size"] else ()
    start, count = header.end(), shape[0] if shape else 1
    if len(data) - start != count * dtype.itemsize:
        raise ValueError(f"{name!r} says {count} numbers but holds {len(data) - start} bytes")
    return np.frombuffer(data, dtype, count, start).reshape(shape)


def _check_manifest(manifest: Any) -> dict[str, Any]:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError(f"not a model file of this package: its format is not {FORMAT!r}")
    version = manifest.get("version")
    if version != VERSION:
        raise ModelFileError(
            f"written in version {version!r} of the format; this package reads version {VERSION}: "
            "install the autograd_nn that wrote it"
        )
    if "architecture" not in manifest:
        raise ModelFileError("not a model file of this package: it lacks the architecture")
    return manifest


def _check_arrays(arrays: dict[str, Any]) -> State:
    for name, array in arrays.items():
        if not name.startswith(_PREFIX) or array.dtype != np.dtype("<f8"):
            raise ModelFileError(f"not a model file of this package: it holds {name!r}")
    return {name.removeprefix(_PREFIX): array for name, array in arrays.items()}


def _write_atomically(path: Path, contents: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(draft, "xb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    if os.name == "posix":  # the new name itself must reach the disk too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


# -- architecture --------------------------------------------------------------------------


def _describe(module: Module) -> dict[str, Any] | None:
    """How to build a Neuron, Layer or MLP again; None for what only its own code can build."""
    if type(module) is MLP:
        layers = module.layers
    elif type(module) is Layer:
        layers = [module]
    elif type(module) is Neuron:
        return {"class": "Neuron", "layers": [_describe_neurons([module])]}
    else:
        return None
    described = [_describe_neurons(layer.neurons) for layer in layers]
    if any(d is None for d in described):
        return None
    return {"class": type(module).__name__, "layers": described}


def _describe_neurons(neurons: list[Neuron]) -> dict[str, Any] | None:
    kinds = {(len(n.w), n.activation) for n in neurons}
    if len(kinds) != 1:
        return None
    ((nin, activation),) = kinds
    if not isinstance(activation, str):
        return None
    return {"nin": nin, "nout": len(neurons), "activation": activation}


def _build(architecture: Any, state: State) -> Module:
    if architecture is None or architecture == {"class": "Neuron", "layers": [None]}:
        raise ModelFileError(
            "holds parameters of a class or activation of your own: make the model first and "
            "give it as load(path, into=model)"
        )
    try:
        kind, layers = architecture["class"], architecture["layers"]
        sizes = [(layer["nin"], layer["nout"], layer["activation"]) for layer in layers]
        chained = all(a[1] == b[0] for a, b in pairwise(sizes))
        valid = all(
            type(nin) is int and type(nout) is int and nin > 0 and nout > 0 and act in ACTIVATIONS
            for nin, nout, act in sizes
        )
        count = sum((nin + 1) * nout for nin, nout, _ in sizes)
    except (TypeError, KeyError) as error:
        raise ModelFileError(f"its architecture cannot be read ({error!r})") from None
    if not (sizes and chained and valid and kind in ("MLP", "Layer", "Neuron")):
        raise ModelFileError(f"its architecture cannot be built: {architecture}")
    # Before building: a forged size must not fill the memory.
    if count != sum(array.size for array in state.values()):
        raise ModelFileError(f"its architecture has {count} parameters, the arrays another number")
    return _build_layers(kind, sizes)


def _build_layers(kind: str, sizes: list[tuple[int, int, str]]) -> Module:
    def options(activation: str) -> dict[str, Any]:
        return {"activation": activation, "nonlin": activation != "linear", "seed": 0}

    nin, nout, activation = sizes[0]
    if kind == "Neuron":
        return Neuron(nin, **options(activation))
    if kind == "Layer":
        return Layer(nin, nout, **options(activation))
    model = MLP(nin, [nout for _, nout, _ in sizes], seed=0)
    for i, (nin, nout, activation) in enumerate(sizes):
        layer = Layer(nin, nout, **options(activation))
        layer._place((f"layer {i}",))
        model.layers[i] = layer
    return model
