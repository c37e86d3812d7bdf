"""The file of a model: its parameters, and how it is built, with a checksum; no code.

``saving`` says what the format is and promises.  What is left out: building a model
(``architecture``).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_nn.checks import shown
from autograd_nn.errors import BadArgumentError, ModelFileError
from autograd_nn.files import read_whole
from autograd_nn.nn.states import Model, State, load_state_dict, state_dict

__all__ = ["fill", "load_into", "naming", "read", "to_bytes"]

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


def load_into(module: Model, path: str | os.PathLike[str]) -> None:
    """Set the parameters of ``module`` from a file; after an error it is as it was.

    Raises:
        ModelFileError, OSError: see ``saving.load``.
    """
    with naming(path):
        fill(module, read(read_whole(path))[1])


@contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{os.fspath(path)}: {error}") from error.__cause__


def fill(module: Model, state: State) -> None:
    """Set the parameters of ``module`` to those of a file.

    Raises:
        ModelFileError: they are another model's.
    """
    try:
        load_state_dict(module, state)
    except ValueError as error:
        raise ModelFileError(f"it holds another model: {error}") from error


def to_bytes(module: Model) -> bytes:
    """What ``save`` writes; the same model gives the same bytes.

    Args:
        module: a model, with ``named_parameters()``.

    Returns:
        The contents of an ``.npz`` file; ``from_bytes`` and ``load`` read it.

    Raises:
        TypeError: ``module`` is no model.

    >>> from autograd_nn import Neuron
    >>> to_bytes(Neuron(2, seed=0)) == to_bytes(Neuron(2, seed=0))
    True
    """
    state = state_dict(module)
    describe = getattr(module, "_architecture", None)  # a class of the user's own may have none
    architecture = describe() if describe is not None else None
    manifest = {"format": FORMAT, "version": VERSION, "architecture": architecture}
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


def read(contents: bytes) -> tuple[Any, State]:
    """The architecture and the parameters in the contents of a file.

    Raises:
        ModelFileError: it is damaged, foreign or of a newer version.
    """
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
    return _check_manifest(manifest)["architecture"], _check_arrays(arrays)


def _read_arrays(contents: bytes) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        for entry in archive.infolist():
            name = entry.filename.removesuffix(".npy")
            if name in arrays:
                raise BadArgumentError(f"{shown(name)} is in it twice")
            # Stored, not compressed: a small file cannot grow to fill the memory.
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > len(contents):
                raise BadArgumentError(f"{shown(name)} is compressed")
            arrays[name] = _read_array(name, archive.read(entry))
    return arrays


def _read_array(name: str, data: bytes) -> Any:
    """One ``.npy`` of numbers; its size is checked before memory is asked for."""
    header = _HEADER.match(data)
    if header is None:
        raise BadArgumentError(f"{shown(name)} is not a list of float64")
    dtype = np.dtype(header["dtype"].decode())
    shape = (int(header["size"]),) if header["size"] else ()
    start, count = header.end(), shape[0] if shape else 1
    if len(data) - start != count * dtype.itemsize:
        raise BadArgumentError(
            f"{shown(name)} says {count} numbers but holds {len(data) - start} bytes"
        )
    return np.frombuffer(data, dtype, count, start).reshape(shape)


def _check_manifest(manifest: Any) -> dict[str, Any]:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError(f"not a model file of this package: its format is not {FORMAT!r}")
    version = manifest.get("version")
    if version != VERSION:
        raise ModelFileError(
            f"written in version {shown(version)} of the format; this package reads version "
            f"{VERSION}: install the autograd_nn that wrote it"
        )
    if "architecture" not in manifest:
        raise ModelFileError("not a model file of this package: it lacks the architecture")
    return manifest


def _check_arrays(arrays: dict[str, Any]) -> State:
    for name, array in arrays.items():
        if not name.startswith(_PREFIX) or array.dtype != np.dtype("<f8"):
            raise ModelFileError(f"not a model file of this package: it holds {shown(name)}")
    return {name.removeprefix(_PREFIX): array for name, array in arrays.items()}
