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
    if name.endswith(".plots"):
        pytest.importorskip("matplotlib").use("Agg")
    if name.endswith(".sklearn"):
        pytest.importorskip("sklearn")
    module = importlib.import_module(name)
    with warnings.catch_warnings():
        results = doctest.testmod(
            module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        )
    assert results.failed == 0


def test_help_on_value_says_something_in_both_engines():
    """The compiler drops docstrings; learners type help(Value)."""
    assert "One number in a computation graph" in autograd_nn.Value.__doc__
    assert ">>> y.backward()" in autograd_nn.Value.__doc__
