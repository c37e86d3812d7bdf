"""Formulas of the table as prepared calls: nothing twice, nothing in vain, little room."""

import numpy as np
import pytest

from autograd_nn.jit.backends.numpy.formulas import by_formula
from autograd_nn.jit.backends.numpy.views import SCRATCH, Calls, Named, View
from autograd_nn.ops import PRIMITIVES, primitive


def operands(count, size=5):
    return [Named(View(0, 8 * k, (size,), (1,)), (0,)) for k in range(count)]


def partial_of(name, which, size=5):
    row, calls = primitive(name), Calls(())
    found = by_formula(lambda *x: row.partials(*x)[which], operands(row.arity + 1, size), calls)
    return found, calls


def test_only_the_wanted_partial_is_computed():
    """A power's slope along its base needs no logarithm, which is slow."""
    _, along_base = partial_of("pow", 0)
    _, along_exponent = partial_of("pow", 1)
    assert np.log not in [call.function for call in along_base.found]
    assert np.power not in [call.function for call in along_exponent.found]
    assert np.log in [call.function for call in along_exponent.found]


def test_nothing_is_computed_twice():
    """The slope of tanh has ``1 + e`` twice."""
    _, calls = partial_of("tanh", 0)
    assert [call.function for call in calls.found].count(np.add) == 1


def test_room_is_used_again():
    """A long formula of a large array must not need many of them."""
    _, calls = partial_of("tanh", 0, size=800)
    assert calls.scratch[SCRATCH] <= 2 * 800


def test_operands_and_numbers_are_no_calls():
    """The slope of a product is the other factor, of a sum 1."""
    found, calls = partial_of("mul", 0)
    assert found == operands(3)[1]
    assert not calls.found
    found, calls = partial_of("sub", 1)
    assert found == -1.0
    assert not calls.found


def test_what_is_no_chain_of_functions_is_none():
    """Rows that NumPy computes number by number are left to the table."""
    row = primitive("erf")
    assert by_formula(row.array, operands(1), Calls(())) is None


@pytest.mark.parametrize("row", [row for row in PRIMITIVES if row.name])
def test_most_of_the_table_is_prepared(row):
    """A formula that cannot be prepared is slow; only special functions may be."""
    special = {"erf", "erfc", "erfinv", "lgamma", "digamma", "polygamma", "mills", "log_ndtr"}
    for which in range(row.arity):
        found, _ = partial_of(row.name, which)
        if found is None:
            assert any(name in row.name for name in special), row.name
