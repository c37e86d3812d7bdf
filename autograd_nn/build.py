"""Which build of the package runs: compiled or plain, and whether it is that of today's source.

The note ``compiled.SUFFIX.txt``, written when the package is built, names each compiled file with
a checksum of its source.  This file is never compiled, and setup.py runs it before anything of the
package can be imported, so it imports nothing of it.
"""

from __future__ import annotations

import sys
import warnings
import zlib
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

__all__ = [
    "changed_sources",
    "extensions_in",
    "shadowed_build",
    "warn_if_old",
    "why_plain",
    "write_note",
]

_SUFFIX = EXTENSION_SUFFIXES[0]  # says the version of Python and the machine
REMEDY = "run  pip install -e .  in the checkout"


def _note(package: Path) -> Path:
    return package / f"compiled{_SUFFIX}.txt"


def _checksum(source: Path) -> str:
    return f"{zlib.crc32(source.read_bytes()):08x}"


def extensions_in(package: Path) -> list[Path]:
    """The compiled files in a package's folder that this Python would import, and their note."""
    return [path for ending in ("", ".txt") for path in package.rglob(f"*{_SUFFIX}{ending}")]


def write_note(package: Path, compiled: Iterable[str]) -> None:
    """Note the sources that were compiled.

    Args:
        package: the package's folder, with the sources and the compiled files in it.
        compiled: the compiled sources, relative to it.
    """
    source = Path(__file__).parent
    lines = [f"{_checksum(source / name)} {name}\n" for name in compiled]
    _note(package).write_text("".join(lines), encoding="utf-8")


def changed_sources(package: Path) -> list[str]:
    """The compiled sources that are no longer what was compiled; none without a compiled build."""
    try:
        lines = _note(package).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    listed = [line.split(" ", 1) for line in lines]
    return [
        name
        for checksum, name in listed
        if (package / name).exists() and _checksum(package / name) != checksum
    ]


def shadowed_build(package: Path) -> Path | None:
    """The installed compiled package that a plain checkout, found first, keeps from being used."""
    if _note(package).exists() or not (package.parent / "setup.py").exists():
        return None
    others = (Path(folder or ".", package.name) for folder in sys.path)
    return next((other for other in others if _note(other).exists()), None)


def warn_if_old(package: Path) -> None:
    """Say where a checkout runs another engine than the one that was built of it.

    Warns:
        RuntimeWarning: the compiled files are older than their sources, or a compiled package
            is installed, but the plain files of the checkout are found first.
    """
    changed, shadowed = changed_sources(package), shadowed_build(package)
    if changed:
        wrong = f"autograd_nn runs a build from before {', '.join(changed)} changed"
    elif shadowed is not None:
        wrong = (
            f"autograd_nn runs as plain Python from {package}, about ten times slower than "
            f"the compiled one in {shadowed}"
        )
    else:
        return
    warnings.warn(f"{wrong}: {REMEDY}", RuntimeWarning, stacklevel=3)


def why_plain(package: Path) -> str:
    """Why the plain engine runs, as far as the package's folder shows it, and what to do."""
    others = sorted({path.name.split(".", 1)[1] for path in package.glob("engine.*.so")})
    if (package.parent / "setup.py").exists():
        built = f"this checkout was built for {', '.join(others)}" if others else "not built here"
        return f"{built}: {REMEDY}"
    return "installed without a C compiler, or with AUTOGRAD_NN_PURE=1"
