"""Builds the compiled engine where it can; the metadata is in setup.cfg.

The engine and the jit's passes over a recording are compiled by mypyc, into one library, when a C
compiler is present.  Without one, or
with ``AUTOGRAD_NN_PURE=1`` in the environment, the plain Python files are
installed, with the same behaviour, and one line says so.

Added to what mypyc makes are the docstrings, which it drops; code in C, before it and after it; and
a note of the sources that were compiled, from which ``autograd_nn.build`` tells whether they are
still the same.
"""

import ast
import os
import re
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "autograd_nn"
BUILD = runpy.run_path(str(PACKAGE / "build.py"))

COMPILED = [
    "autograd_nn/codes.py",
    "autograd_nn/state.py",
    "autograd_nn/notes.py",
    "autograd_nn/exits.py",
    "autograd_nn/walks.py",
    "autograd_nn/methods.py",
    "autograd_nn/engine.py",
    "autograd_nn/jit/capture/trace.py",
    "autograd_nn/jit/lifting/flatten.py",
    "autograd_nn/jit/lifting/pack.py",
    "autograd_nn/jit/backends/tape.py",
]
ENTRY = "autograd_nn/jit/entry.c"  # the jit does without it, and a call takes longer


def say_plain(why):
    print(f"autograd_nn: installing the plain Python engine ({why})", file=sys.stderr)


class OptionalBuild(build_ext):
    """Whatever a missing or broken compiler does, the plain file serves instead."""

    failed = False

    def run(self):
        # An extension left from an earlier build would win over today's plain file.
        inplace = self.inplace
        files = [Path(self.get_ext_fullpath(ext.name)) for ext in self.extensions]
        for file in files:
            file.unlink(missing_ok=True)
        super().run()
        if not self.failed:
            sources = [*COMPILED, ENTRY]
            folder = PACKAGE if inplace else Path(self.build_lib, "autograd_nn")
            BUILD["write_note"](folder, [name.removeprefix("autograd_nn/") for name in sources])

    def build_extension(self, ext):
        # The parts of the compiled engine need each other: after one failure, none is built.
        if self.failed:
            return
        try:
            super().build_extension(ext)
        except Exception as error:
            self.failed = ENTRY not in ext.sources
            if self.failed:
                say_plain(f"{type(error).__name__}: {str(error)[:80]}")


class PlainBuild(build_py):
    """A plain editable install must not find extensions that an earlier one left in place."""

    def run(self):
        if self.editable_mode and not self.distribution.ext_modules:
            for file in BUILD["extensions_in"](PACKAGE):
                file.unlink()
        super().run()


def docstrings():
    """By the name that mypyc gives its C function: the docstrings of what is compiled."""
    found = {}

    def visit(body, prefix):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                name = f"{prefix}___{node.name}"
                found.setdefault(name, ast.get_docstring(node) or "")  # a setter comes second
                if isinstance(node, ast.ClassDef):
                    visit(node.body, name)

    for path in COMPILED:
        visit(ast.parse((HERE / path).read_text(encoding="utf-8")).body, Path(path).stem)
    return found


def as_c(text):
    """A text as a C string, a literal for each line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').splitlines(keepends=True)
    lines = ['"' + line.replace("\n", "\\n") + '"' for line in escaped]
    octets = "\n".join(lines).encode()  # C takes ASCII everywhere
    return "".join(chr(b) if b < 128 else f"\\{b:03o}" for b in octets)


def add_docstrings(code):
    """C as mypyc wrote it, with the docstrings of functions, methods, properties and classes."""
    known = docstrings()

    def of_function(match):
        doc = known.get(match["name"], "")
        return f"{match[0][:-1]} {as_c(doc)})" if doc else match[0]

    def of_property(match):
        doc = known.get(f"{match['of']}___{match['name']}", "")
        return f"{match['before']}{as_c(doc)}, NULL}}" if doc else match[0]

    literal = r'PyDoc_STR\("(?:[^"\\]|\\.)*"\)'
    code = re.sub(
        rf"\(PyCFunction\)CPyPy_(?P<name>\w+),\s*METH_[\w| ]+, {literal}", of_function, code
    )
    return re.sub(
        r"(?P<before>\(getter\)(?P<of>\w+)_get_(?P<name>\w+),\s*(?:\(setter\)\w+|NULL),\s*)"
        r"NULL, NULL\}",
        of_property,
        code,
    )


#: By a function of the engine: what its callers call in C, with the same meaning.
IN_C = {"_tanh": "tanh", "_make": "autograd_nn_make"}


def straight_to_c(code):
    """Calls that go around what mypyc writes: it would box each number on the way."""
    for name, function in IN_C.items():
        code = code.replace(f"= CPyDef_engine___{name}(", f"= {function}(")
    return code


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
    for source in {Path(name) for extension in built for name in extension.sources}:
        if source.name.startswith("__native"):
            code = straight_to_c(add_docstrings(source.read_text(encoding="utf-8")))
            members = (PACKAGE / "members.h").read_text(encoding="utf-8")
            source.write_text(f"{code}\n{members}", encoding="utf-8")
    header = str(PACKAGE / "native.h")
    for extension in built:
        extension.optional = True  # an extension that was not built is then not looked for
        extension.extra_compile_args += ["/FI", header] if os.name == "nt" else ["-include", header]
        extension.depends += [header, str(PACKAGE / "members.h")]
    return built + entry()


def entry():
    """The jit's way into machine code, where NumPy's headers are there to build it with."""
    try:
        import numpy
    except ImportError:
        return []
    name = ENTRY.removesuffix(".c").replace("/", ".")
    return [Extension(name, [ENTRY], include_dirs=[numpy.get_include()], optional=True)]


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild, "build_py": PlainBuild})
