"""The package as it is installed: its names, its types, its few dependencies, its report."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import autograd_nn
from autograd_nn import engine, engine_is_compiled

PACKAGE = Path(autograd_nn.__file__).parent


def test_the_engine_says_truly_which_kind_it_is():
    has_extension = any(PACKAGE.glob("engine.*.so")) or any(PACKAGE.glob("engine.*.pyd"))
    assert engine_is_compiled() == has_extension
    assert engine_is_compiled() == (not engine.__file__.endswith(".py"))


def test_every_public_name_is_there():
    for name in autograd_nn.__all__:
        assert getattr(autograd_nn, name) is not None
    assert set(autograd_nn.__all__) <= set(dir(autograd_nn))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Valeu'"):
        autograd_nn.Valeu


def test_types_are_shipped():
    assert (PACKAGE / "py.typed").exists()


def test_core_dependencies_stay_few():
    required = [r for r in metadata.requires("autograd_nn") if "extra ==" not in r]
    names = {r.split(">")[0].split(";")[0].strip().replace("-", "_") for r in required}
    assert names == {"numpy", "graphviz", "mypy_extensions"}


def test_importing_the_package_imports_nothing_heavy():
    """A pytest plugin that nobody uses must not slow down a run."""
    code = "import sys, autograd_nn; print('numpy' in sys.modules)"
    path = {"PYTHONPATH": str(PACKAGE.parent)}
    run = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, env=os.environ | path
    )
    assert run.stdout.strip() == "False", run.stderr


def test_what_a_bug_report_needs():
    path = {"PYTHONPATH": str(PACKAGE.parent)}
    run = subprocess.run(
        [sys.executable, "-P", "-m", "autograd_nn"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | path,
    )
    lines = dict(line.split(maxsplit=1) for line in run.stdout.splitlines())
    assert lines["autograd_nn"] == autograd_nn.__version__
    assert lines["engine"].startswith("compiled" if engine_is_compiled() else "plain Python")
    assert lines["path"] == str(PACKAGE)
    assert list(lines)[3:] == ["path", "engine", "jit", "cache", "dot", "missing"]
