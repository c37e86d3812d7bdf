"""Object code that was compiled before, kept in a folder of the user's.

Object code from a cache is run, so the folder must be the user's own and closed to the writing of
others; a folder that is not is left alone, and everything is compiled anew.  An entry is a digest
of its key and its code, then the code: what was cut short, changed or swapped is not loaded.
Nothing is pickled.

What is left out: what an entry depends on, which is the key's affair (``machine``).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import Final, NamedTuple

from autograd_nn.files import write_whole

__all__ = ["CodeCache", "Counts", "user_cache"]

#: The total size of the entries, in bytes; the ones that were used longest ago go first.
BOUND: Final = 128 * 2**20
_DIGEST: Final = 32
_ENTRY: Final = ".code"
#: A tally is a file that grows by a byte each time, which needs no lock; it stops at this size.
_LONGEST_TALLY: Final = 10**6


class Counts(NamedTuple):
    """What a cache holds and how often it helped: numbers, and bytes of entries."""

    entries: int
    size: int
    hits: int
    misses: int


class CodeCache:
    """Object code by key, in a folder that only this user can write.

    Args:
        folder: made if it is not there, with the mode 0700.
        bound: the total size of the entries, in bytes.

    Raises:
        OSError: the folder cannot be made, is not the user's own, or others can write to it.
    """

    def __init__(self, folder: Path, bound: int = BOUND) -> None:
        self.folder, self.bound = folder, bound
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        reason = _why_unsafe(folder)
        if reason:
            raise PermissionError(f"{folder} {reason}: no machine code is kept there")

    def load(self, key: str) -> bytes | None:
        """The code of a key, if there is such and it is whole."""
        path = self._path(key)
        try:
            entry = path.read_bytes()
        except OSError:
            entry = b""
        digest, code = entry[:_DIGEST], entry[_DIGEST:]
        whole = digest == _digest(key, code)
        self._tally("hits" if whole else "misses")
        if not whole:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used now
        return code

    def save(self, key: str, code: bytes) -> None:
        """Keep code; a folder that cannot be written to keeps nothing, without a word."""
        with contextlib.suppress(OSError):
            write_whole(self._path(key), _digest(key, code) + code, durable=False)
            self._shrink()

    def counts(self) -> Counts:
        """What the cache holds, over all processes that used it."""
        sizes = [about.st_size for _, about in self._entries()]
        return Counts(len(sizes), sum(sizes), self._tallied("hits"), self._tallied("misses"))

    def _path(self, key: str) -> Path:
        return self.folder / (hashlib.sha256(key.encode()).hexdigest() + _ENTRY)

    def _entries(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in self.folder.glob(f"*{_ENTRY}"):
            with contextlib.suppress(OSError):  # another process may just have removed it
                found.append((path, path.stat()))
        return found

    def _shrink(self) -> None:
        """Remove what was used longest ago, until the rest is within the bound."""
        entries = sorted(self._entries(), key=lambda entry: entry[1].st_mtime_ns)
        size = sum(about.st_size for _, about in entries)
        for path, about in entries:
            if size <= self.bound:
                return
            path.unlink(missing_ok=True)
            size -= about.st_size

    def _tally(self, name: str) -> None:
        with contextlib.suppress(OSError), open(self.folder / name, "ab") as file:
            if file.tell() < _LONGEST_TALLY:
                file.write(b".")

    def _tallied(self, name: str) -> int:
        try:
            return (self.folder / name).stat().st_size
        except OSError:
            return 0


def user_cache() -> tuple[CodeCache | None, str]:
    """The user's cache, or None; and one line that says where it is, or why there is none.

    ``AUTOGRAD_NN_CACHE=0`` turns it off, ``AUTOGRAD_NN_CACHE_DIR`` names another folder.
    """
    if os.environ.get("AUTOGRAD_NN_CACHE", "1").lower() in ("0", "off", "no", "false"):
        return None, "off by AUTOGRAD_NN_CACHE"
    try:
        cache = CodeCache(_folder())
    except (OSError, RuntimeError) as error:  # Path.home() has no home to name
        return None, f"not used: {error}"
    return cache, str(cache.folder)


def _folder() -> Path:
    named = os.environ.get("AUTOGRAD_NN_CACHE_DIR")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "autograd_nn"


def _why_unsafe(folder: Path) -> str:
    """Why code from this folder might be somebody else's; nothing if it cannot."""
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode):
        return "is not a folder itself"
    if os.name != "posix":  # the folders of a Windows profile are the user's own
        return ""
    if about.st_uid != os.geteuid():
        return "belongs to another user"
    if about.st_mode & 0o022:
        return f"can be written by others (mode {stat.S_IMODE(about.st_mode):04o})"
    return ""


def _digest(key: str, code: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + code).digest()
