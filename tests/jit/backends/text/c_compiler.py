"""C compilers for the tests: files are compiled as strictly as they can be, and called."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"]


def compiled(text, name="gcc", flags=("-O1",), kind="shared"):
    """A file compiled strictly: a library, or the path of a program."""
    folder = Path(tempfile.mkdtemp())
    source, target = folder / "made.c", folder / ("made.so" if kind == "shared" else "made")
    source.write_text(text)
    more = ["-shared", "-fPIC"] if kind == "shared" else []
    command = [name, *STRICT, *flags, *more, str(source), "-o", str(target), "-lm"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, f"{source}: {run.stderr[:3000]}"
    return ctypes.CDLL(str(target)) if kind == "shared" else target


def without_extensions(text):
    """A file as compilers see it that know C99 alone: no vectors, no pragmas of GNU."""
    return text.replace("__GNUC__", "NO_GNU").replace("__clang__", "NO_CLANG")


def run_main(text, name="gcc", flags=("-O1",)):
    """What the mains of a file print, each after a line with its name; a text where one fails."""
    path = compiled(text, name, flags, kind="program")
    env = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    run = subprocess.run([str(path)], capture_output=True, text=True, env=env)
    if run.returncode:
        return run.stdout.strip()[-2000:] + run.stderr.strip()[:2000]
    found = []
    for line in run.stdout.splitlines():
        where, _, number = line.partition(" = ")
        if "[" not in where:
            found.append((where, {}))
        else:
            found[-1][1].setdefault(where.partition("[")[0], []).append(float(number))
    return found


def address(array):
    """Where an array of doubles lies."""
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)
