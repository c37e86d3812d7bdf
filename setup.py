"""Builds the compiled engine where it can; the metadata is in setup.cfg.

The engine and the jit's passes over a recording are compiled by mypyc, into one library, when a C
compiler is present.  Without one, or
with ``AUTOGRAD_NN_PURE=1`` in the environment, the plain Python files are
installed, with the same behaviour, and one line says so.
"""

import os
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext

COMPILED = [
    "autograd_nn/engine.py",
    "autograd_nn/jit/capture/trace.py",
    "autograd_nn/jit/flatten.py",
    "autograd_nn/jit/pack.py",
]


def say_plain(why):
    print(f"autograd_nn: installing the plain Python engine ({why})", file=sys.stderr)


class OptionalBuild(build_ext):
    """Whatever a missing or broken compiler does, the plain file serves instead."""

    failed = False

    def run(self):
        # An extension left from an earlier build would win over today's plain file.
        for ext in self.extensions:
            Path(self.get_ext_fullpath(ext.name)).unlink(missing_ok=True)
        super().run()

    def build_extension(self, ext):
        # The parts of the compiled engine need each other: after one failure, none is built.
        if self.failed:
            return
        try:
            super().build_extension(ext)
        except Exception as error:
            self.failed = True
            say_plain(f"{type(error).__name__}: {str(error)[:80]}")


def extensions():
    """The engine as a C extension, or nothing where it cannot be one."""
    if os.environ.get("AUTOGRAD_NN_PURE", "0") not in ("", "0"):
        say_plain("AUTOGRAD_NN_PURE is set")
        return []
    try:
        from mypyc.build import mypycify

        # What NumPy's types say was checked before; here they would only be in the way.
        flags = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent"]
        built = mypycify([*flags, *COMPILED], opt_level="3", group_name="autograd_nn.compiled")
    except (Exception, SystemExit) as error:  # mypyc exits on what it does not know
        say_plain(f"{type(error).__name__}: {error}")
        return []
    header = str(Path(__file__).resolve().parent / "autograd_nn" / "native.h")
    for extension in built:
        extension.optional = True  # an extension that was not built is then not looked for
        extension.extra_compile_args += ["/FI", header] if os.name == "nt" else ["-include", header]
        extension.depends.append(header)
    return built


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
