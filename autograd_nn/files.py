"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

__all__ = ["check_folder", "read_whole", "write_whole"]

_LONGEST_PATH = 4096  # what Linux takes; an error of the system would repeat a longer one


def _check_length(path: str | os.PathLike[str]) -> None:
    text = os.fspath(path)
    if len(text) > _LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), text[:60] + "...")


def read_whole(path: str | os.PathLike[str]) -> bytes:
    """What is in a file.

    Raises:
        OSError: it cannot be read; the message names the file.
    """
    _check_length(path)
    return Path(path).read_bytes()


def check_folder(path: Path) -> None:
    """Raise unless ``path`` can be a file where it is meant to be.

    Raises:
        FileNotFoundError: its folder does not exist.
        IsADirectoryError: it is a folder itself.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"cannot write {str(path)!r}: the folder {str(path.parent)!r} does not exist. "
            "Make it first, for example with pathlib.Path(...).mkdir(parents=True)."
        )
    if path.is_dir():
        raise IsADirectoryError(f"cannot write {str(path)!r}: it is a folder. Add a file name.")


def write_whole(path: str | os.PathLike[str], content: bytes, durable: bool = True) -> None:
    """Write a file so that it is there whole or not at all; an old one stays until then.

    A draft beside it, ``.NAME.RANDOM.tmp``, is flushed to the disk and renamed.  The file keeps
    the mode it had; where ``path`` is a link, the file that it leads to is replaced.

    Args:
        path: where the file goes.
        content: all of it.
        durable: whether it must be there after a loss of power too, which takes milliseconds.

    Raises:
        OSError: it cannot be written; the message names the file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/a.txt", b"all of it")
    ...     Path(folder, "a.txt").read_bytes()
    b'all of it'
    """
    _check_length(path)
    final = Path(os.path.realpath(path))
    check_folder(final)
    if final.exists() and not os.access(final, os.W_OK):
        raise PermissionError(f"cannot write {str(final)!r}: the file is read-only.")
    # Cut short, so that the draft's name fits where the file's own does.
    draft = final.with_name(f".{final.name[:40]}.{secrets.token_hex(8)}.tmp")
    try:
        file = open(draft, "xb")  # noqa: SIM115  # what fails here is told apart from the rest
    except OSError as error:
        raise type(error)(f"cannot write {str(final)!r}: {error.strerror}.") from error
    try:
        with file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if final.exists():
            draft.chmod(final.stat().st_mode & 0o777)
        draft.replace(final)
    finally:
        draft.unlink(missing_ok=True)
    if durable:
        _flush_folder(final.parent)


def _flush_folder(folder: Path) -> None:
    """The new name itself must reach the disk too."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
