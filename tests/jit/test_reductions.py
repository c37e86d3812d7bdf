"""The slopes of a largest or smallest of several: those of the recorded chain, ties and all."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_nn import functions, value_and_grad
from autograd_nn.jit import jit
from autograd_nn.jit.reductions import chain_shares

few = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, np.inf, -np.inf, np.nan])


def chain(name):
    return lambda xs: reduce(getattr(functions, name), xs)


@given(st.lists(few, min_size=2, max_size=9), st.sampled_from(["maximum", "minimum"]))
def test_shares_are_the_engines(xs, name):
    value, slopes = value_and_grad(chain(name))(xs)
    found = chain_shares(np.array(xs), np.array(value))
    np.testing.assert_array_equal(found, slopes)


@given(
    st.lists(st.lists(few, min_size=3, max_size=3), min_size=30, max_size=30),
    st.sampled_from(["maximum", "minimum"]),
    st.booleans(),
)
def test_a_pack_of_them_is_the_engines(table, name, turned):
    """30 chains in one pack; turned, each running result stands on the other side."""
    f = getattr(functions, name)

    def total(table):
        rows = [
            reduce((lambda a, b: f(b, a)) if turned else f, [a + 1.0 for a in row]) for row in table
        ]
        return sum(x * (k + 1) for k, x in enumerate(rows))

    found = jit(total).value_and_grad(np.array(table))
    expected = value_and_grad(total)(np.array(table))
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("n", [2, 3, 40])
def test_the_largest_of_every_prefix(name, n):
    """Of unequal lengths: the short ones are padded, and padding is never a tie."""
    bound = -np.inf if name == "maximum" else np.inf

    def f(xs):
        return sum(chain(name)([bound, *xs[: k + 1]]) * (0.5 * k + 1.0) for k in range(len(xs)))

    xs = np.round(np.random.default_rng(n).normal(size=n), 1)
    for at in (xs, np.zeros(n), np.full(n, bound)):
        found, expected = jit(f).value_and_grad(at), value_and_grad(f)(at)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_it_is_one_pack_and_prints_as_such():
    program = jit(lambda rows: [chain("maximum")(list(row)) for row in rows]).program(
        np.ones((20, 12))
    )
    assert program.packs == 1
    assert "maximum of 12: a0" in str(program)
