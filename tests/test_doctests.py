"""Every example in a docstring gives what it says, in the package as it is installed."""

import doctest
import importlib
import pkgutil
import warnings

import pytest

import autograd_nn

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(autograd_nn.__path__, "autograd_nn.")
    if not module.name.endswith(("__main__", "__mypyc", "pytest_plugin"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    if name.endswith((".plots", "training_plots")):
        pytest.importorskip("matplotlib").use("Agg")
    if name.endswith(".sklearn"):
        pytest.importorskip("sklearn")
    module = importlib.import_module(name)
    with warnings.catch_warnings():
        results = doctest.testmod(
            module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        )
    assert results.failed == 0


def test_examples_of_the_compiled_engine_are_found():
    """A compiled class keeps its docstring, so its examples are not silently lost."""
    assert ">>>" in autograd_nn.Value.__doc__
    assert ">>>" in autograd_nn.Value.backward.__doc__
