"""Every example in a docstring gives what it says, in the package as it is installed.

An example that no run finds would be a promise that nobody checks, so those that run are counted
against those that the source holds: the compiler, for one, drops docstrings.
"""

import ast
import doctest
import importlib
import warnings
from pathlib import Path
from types import FunctionType

import pytest

import autograd_nn

PACKAGE = Path(autograd_nn.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples_in(path):
    """How many examples the docstrings of a file hold."""
    parser, places = doctest.DocTestParser(), (ast.Module, ast.ClassDef, ast.FunctionDef)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, places)]
    return sum(len(parser.get_examples(text)) for text in found if text)


def examples_made_by(module):
    """How many examples are in docstrings that a module writes for its functions."""
    own = [f for f in vars(module).values() if getattr(f, "__module__", "") == module.__name__]
    plain = [f for f in own if isinstance(f, FunctionType) and not hasattr(f, "__wrapped__")]
    made = [f for f in plain if f.__doc__ not in f.__code__.co_consts]
    return sum(len(doctest.DocTestParser().get_examples(f.__doc__ or "")) for f in made)


COUNTS = {path.relative_to(PACKAGE).as_posix(): examples_in(path)
          for path in sorted(PACKAGE.rglob("*.py"))}  # fmt: skip
WITH_EXAMPLES = [name for name, count in COUNTS.items() if count]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_run(name):
    if name.endswith("plots.py"):
        pytest.importorskip("matplotlib").use("Agg")
    if name.endswith("sklearn.py"):
        pytest.importorskip("sklearn")
    dotted = f"autograd_nn/{name}".removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = importlib.import_module(dotted)
    with warnings.catch_warnings():
        results = doctest.testmod(module, optionflags=FLAGS)
    assert results.failed == 0
    assert results.attempted == COUNTS[name] + examples_made_by(module)


@pytest.mark.parametrize("room", sorted({"engine", "jit", "recording", *autograd_nn._MODULES}))
def test_where_users_start_there_are_examples(room):
    home = autograd_nn._MODULES.get(room, room).replace(".", "/")
    assert sum(n for name, n in COUNTS.items() if name.startswith((f"{home}/", f"{home}.py"))) > 0
