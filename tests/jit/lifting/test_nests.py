"""Nests: blocks of one sum become one axis, missing terms read what changes nothing."""

import numpy as np
import pytest
from lifted import assert_means, plan_of, shown

from autograd_nn.jit.plan import PADDING, Nest, walk

rng = np.random.default_rng(0)
W, X = rng.normal(size=1600), rng.normal(size=40)


def triangle(w, x):
    """Sums of 3 to 40 terms."""
    return [sum(w[40 * i + j] * x[j] for j in range(i + 3)) for i in range(38)]


def test_sums_of_unequal_length_are_one_nest():
    """Causal attention has a sum of each length: a nest each would be slow to compile and run."""
    plan = plan_of(triangle, W, X)
    assert len(list(walk(plan.items))) == 1
    assert_means(plan, lambda w, x: triangle(w, x)[0], W, X)


@pytest.mark.parametrize("number", [np.inf, np.nan, -np.inf])
def test_missing_terms_read_the_padding(number):
    """Were they cells of an argument times 0, one infinity there would make all sums nan."""
    x = X.copy()
    x[-1] = number  # read by the last sum only
    plan = plan_of(triangle, W, x)
    numbers = plan.run([W, x, []]).numbers[:, 0]
    assert np.isfinite(numbers[:37]).all()
    assert not np.isfinite(numbers[37])
    buffers = plan.buffers()
    np.testing.assert_array_equal(buffers[0][: len(PADDING)], PADDING)


def test_terms_of_two_kinds_are_set_and_then_added():
    """A dense layer with a bias."""

    def f(w, b, x):
        return [sum((w[4 * i + j] * x[j] for j in range(4)), b[i]) for i in range(9)]

    plan = plan_of(f, W[:36], W[:9], X[:4])
    first, second = (item for item, _ in walk(plan.items))
    assert isinstance(first, Nest)
    assert not first.add
    assert second.add
    assert_means(plan, f, W[:36], W[:9], X[:4])


def test_signs_and_factors_belong_to_the_nest():
    """``a - b * c`` is one pass, not a negation and a sum."""

    def f(x, y):
        return [a - 3.0 * b for a, b in zip(x, y, strict=True)]

    plan = plan_of(f, X, X[::-1])
    assert shown(plan) == ["sum 1[40] = -3 * a1[40]", "sum 1[40] += a0[40]"]
    assert_means(plan, f, X, X[::-1])


def test_the_largest_of_several_is_one_nest():
    """And its slope goes to the largest; at ties as in the chain of two-operand operations."""

    def f(x):
        found = x[0]
        for v in x[1:]:
            found = found.maximum(v)
        return found

    for x in (X, [1.0, 2.0, 2.0, 2.0, 0.0, 1.0], [3.0] * 7):
        plan = plan_of(f, x)
        assert [item.kind for item, _ in walk(plan.items)] == ["extreme"]
        assert_means(plan, f, x)


def test_what_does_not_change_along_an_axis_is_read_once():
    """An outer product: each factor along an axis of its own."""

    def f(x, y):
        return [a * b for a in x for b in y]

    plan = plan_of(f, X, X[:5])
    assert shown(plan) == ["sum 1[40, 5] = a0[40] * a1[5]"]
    assert_means(plan, f, X, X[:5])
