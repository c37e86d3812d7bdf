"""Builds the compiled engine where it can; the metadata is in setup.cfg.

``engine.py`` is compiled by mypyc when a C compiler is present.  Without one, or
with ``AUTOGRAD_NN_PURE=1`` in the environment, the plain Python file is
installed, with the same behaviour, and one line says so.
"""

import os
import sys

from setuptools import setup
from setuptools.command.build_ext import build_ext


class OptionalBuild(build_ext):
    """A failed compilation leaves the plain file in place instead of ending the install."""

    def run(self):
        try:
            super().run()
        except Exception as error:  # whatever a broken compiler does, the plain file serves
            say(f"{type(error).__name__}: {error}")

    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            say(f"{type(error).__name__}: {error}")

    def copy_extensions_to_source(self):
        self.extensions = [e for e in self.extensions if os.path.exists(self.get_ext_fullpath_built(e))]
        super().copy_extensions_to_source()

    def get_ext_fullpath_built(self, ext):
        return os.path.join(self.build_lib, self.get_ext_filename(self.get_ext_fullname(ext.name)))


def say(why):
    print(f"autograd_nn: the plain Python engine is installed, not compiled ({why})", file=sys.stderr)


def extensions():
    if os.environ.get("AUTOGRAD_NN_PURE", "0") not in ("", "0"):
        say("AUTOGRAD_NN_PURE is set")
        return []
    try:
        from mypyc.build import mypycify

        return mypycify(["autograd_nn/engine.py"], opt_level="3")
    except (Exception, SystemExit) as error:  # mypyc ends the process on an interpreter it does not know
        say(f"{type(error).__name__}: {error}")
        return []


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
