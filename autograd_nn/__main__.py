"""``python -m autograd_nn``: what runs here, and what a report of a bug needs to say."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import autograd_nn
from autograd_nn.build import REMEDY, changed_sources, why_plain
from autograd_nn.jit.backends.door import why_not
from autograd_nn.jit.backends.native import cache, machine

#: The package that each extra adds.
_EXTRAS = {
    "plot": "matplotlib",
    "train": "tqdm",
    "png": "resvg_py",
    "sklearn": "sklearn",
    "native": "llvmlite",
    "jax": "jax",
    "torch": "torch",
}


def main() -> None:
    """Print versions, the path, the kind of engine, the jit's backends and what is missing."""
    for name, text in report().items():
        print(f"{name:<11} {text}")


def report() -> dict[str, str]:
    """What ``main`` prints, by the name of each line.

    >>> list(report())
    ['autograd_nn', 'Python', 'NumPy', 'path', 'engine', 'jit', 'cache', 'dot', 'missing']
    """
    missing = [
        f"{package} (pip install 'autograd_nn[{extra}]')"
        for extra, package in _EXTRAS.items()
        if find_spec(package) is None
    ]
    dot = os.environ.get("AUTOGRAD_NN_DOT") or shutil.which("dot")
    package = Path(autograd_nn.__file__).parent
    return {
        "autograd_nn": autograd_nn.__version__,
        "Python": f"{platform.python_version()} on {platform.platform()}",
        "NumPy": np.__version__,
        "path": str(package),
        "engine": _engine(package),
        "jit": _backends(),
        "cache": _cache(),
        "dot": dot or "not found: the built-in layout draws",
        "missing": "; ".join(missing) or "nothing",
    }


def _backends() -> str:
    """The jit's backends, the preferred one first, and why machine code is not among them."""
    why = why_not("native")
    if why:
        return f"NumPy calls; no machine code: {why}"
    target, version = machine.host(), ".".join(map(str, machine.llvm().llvm_version_info))
    return f"machine code (LLVM {version}, {target.cpu}, {target.width} numbers wide), NumPy calls"


def _cache() -> str:
    """Where machine code is kept, how much of it, and how often it was found there."""
    kept, where = cache.user_cache()
    if kept is None:
        return where
    counts = kept.counts()
    size = counts.size / 1e6
    return (
        f"{where}: {counts.entries} pieces of machine code, {size:.1f} MB; "
        f"used {counts.hits:,} times, missed {counts.misses:,} times"
    )


def _engine(package: Path) -> str:
    if not autograd_nn.engine_is_compiled():
        return f"plain Python, about ten times slower ({why_plain(package)})"
    changed = changed_sources(package)
    older = f", from before {', '.join(changed)} changed: {REMEDY}" if changed else ""
    return f"compiled{older}"


if __name__ == "__main__":
    main()
