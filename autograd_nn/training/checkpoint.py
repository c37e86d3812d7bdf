"""The file from which an interrupted training goes on, bit for bit.

It is an ordinary ``.npz`` of numbers and one JSON text, without code, and is replaced whole after
each epoch: whenever the process is killed, one whole file is there.  It holds the weights, the
optimiser's means, the state of the random numbers, the history and the callbacks' numbers, and a
fingerprint of the data and settings, so that another training is not continued by mistake.

What is left out: the data, and the model itself, which the script makes as before.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.errors import ModelFileError
from autograd_nn.files import check_folder, write_whole
from autograd_nn.training.callbacks import Run

__all__ = ["Checkpoint", "fingerprint"]

Floats = NDArray[np.float64]
_FORMAT = "autograd_nn checkpoint 1"
_PLAIN = (bool, int, float, str, type(None))


def fingerprint(settings: dict[str, Any], arrays: list[Any]) -> str:
    """A digest of settings, which JSON must know, and of arrays or Nones."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        digest.update(b"none" if array is None else str(array.shape).encode() + array.tobytes())
    return digest.hexdigest()


class Checkpoint:
    """Writes and reads the file of one training.

    Args:
        path: the file.
        made_from: the fingerprint of data and settings.

    Raises:
        FileNotFoundError, IsADirectoryError: no file can be at ``path``.
    """

    def __init__(self, path: str | os.PathLike[str], made_from: str) -> None:
        self.path, self.made_from = Path(path), made_from
        check_folder(self.path)

    def write(self, run: Run, theta: Floats, generators: list[Any], listeners: list[Any]) -> None:
        """Replace the file by the state after an epoch."""
        arrays: dict[str, Floats] = {"theta": theta}
        held = {"optimizer": run.optimizer.state_dict()}
        held |= {f"callback {i}": _numbers_of(x) for i, x in enumerate(listeners)}
        plain: dict[str, dict[str, Any]] = {}
        for owner, state in held.items():
            plain[owner] = {k: x for k, x in state.items() if not isinstance(x, np.ndarray)}
            found = {k: x for k, x in state.items() if isinstance(x, np.ndarray)}
            arrays |= {f"{owner}/{k}": x for k, x in found.items()}
        manifest = {
            "format": _FORMAT,
            "made_from": self.made_from,
            "history": dict(run.history),
            "seconds": run.history.seconds,
            "stopped": run.history.stopped,
            "generators": [generator.bit_generator.state for generator in generators],
            "plain": plain,
        }
        text = np.frombuffer(json.dumps(manifest).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, manifest=text, **arrays)  # type: ignore[arg-type]
        write_whole(self.path, buffer.getvalue())

    def read(self, run: Run, generators: list[Any], listeners: list[Any]) -> Floats:
        """Set everything to the state in the file; gives the weights.

        Raises:
            ModelFileError: it is damaged, or of another training.  Nothing is changed then.
        """
        manifest, arrays = self._contents()
        if manifest.get("format") != _FORMAT:
            raise ModelFileError(f"{self.path}: no checkpoint of this version of autograd_nn")
        if manifest["made_from"] != self.made_from:
            raise ModelFileError(
                f"{self.path}: the checkpoint is of a training on other data or with other "
                "settings (loss, optimizer, batch_size, seed ...). Give the same again, or another "
                "file, or resume=False to begin anew"
            )
        states: dict[str, dict[str, Any]] = {k: dict(x) for k, x in manifest["plain"].items()}
        for name, array in arrays.items():
            owner, _, key = name.rpartition("/")
            if owner:
                states[owner][key] = array
        run.optimizer.load_state_dict(states["optimizer"])
        for i, listener in enumerate(listeners):
            state = states.get(f"callback {i}", {})
            if state:
                vars(listener).update(state)
        for generator, state in zip(generators, manifest["generators"], strict=True):
            generator.bit_generator.state = state
        for numbers in zip(*manifest["history"].values(), strict=True):
            took = manifest["seconds"][run.history.epochs]
            run.history.append(dict(zip(manifest["history"], numbers, strict=True)), took)
        stopped = manifest["stopped"]
        run.history.stopped = "" if stopped == "interrupted" else stopped
        return np.array(arrays["theta"])

    def _contents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            with np.load(io.BytesIO(self.path.read_bytes()), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            manifest = json.loads(arrays.pop("manifest").tobytes())
        except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ModelFileError(f"{self.path}: damaged, or no checkpoint ({error})") from error
        return manifest, arrays


def _numbers_of(listener: Any) -> dict[str, Any]:
    """What a callback remembers in plain attributes and arrays of numbers."""
    held = getattr(listener, "__dict__", {})
    return {
        name: x
        for name, x in held.items()
        if isinstance(x, _PLAIN) or (isinstance(x, np.ndarray) and x.dtype.kind in "fiub")
    }
