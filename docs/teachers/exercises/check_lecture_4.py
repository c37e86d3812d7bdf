"""Checks of lecture 4."""

import math
import random

import lecture_4
import numpy as np
import pytest

from autograd_nn import Value

OPERATIONS = (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a.tanh())


def build(rng, leaves):
    """A random expression of what there is so far."""
    known = list(leaves)
    for _ in range(15):
        known.append(rng.choice(OPERATIONS)(rng.choice(known), rng.choice(known)))
    return known[-1] + known[-2] * known[-3]


def test_one_product():
    a, b = lecture_4.Node(2.0), lecture_4.Node(5.0)
    (a * b).backward()
    assert (a.grad, b.grad) == (5.0, 2.0)


def test_two_uses_add():
    a = lecture_4.Node(3.0)
    (a * a + a).backward()
    assert a.grad == 7.0


def test_a_node_waits_for_all_of_its_slope():
    """From the last node to the first, in an order in which no node comes too early."""
    a = lecture_4.Node(2.0)
    b = a * a
    c = b + a
    (b * c).backward()  # a**2 * (a**2 + a)
    assert a.grad == 4 * 2.0**3 + 3 * 2.0**2


@pytest.mark.parametrize("seed", range(5))
def test_the_same_slopes_as_autograd_nn(seed):
    numbers = [random.Random(seed).uniform(-1, 1) for _ in range(3)]
    mine, theirs = [lecture_4.Node(x) for x in numbers], [Value(x) for x in numbers]
    build(random.Random(seed), mine).backward()
    build(random.Random(seed), theirs).backward()
    assert np.allclose([a.grad for a in mine], [b.grad for b in theirs], rtol=1e-12)


def test_a_long_chain():
    """Deeper than Python's stack: a loop, not recursion."""
    x = lecture_4.Node(0.0)
    y = x
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert x.grad == 20_001.0


def test_slopes_of_a_layer(gradcheck):
    rng = np.random.default_rng(0)
    X, W, D = rng.normal(size=(4, 3)), rng.normal(size=(2, 3)), rng.normal(size=(4, 2))
    gradcheck(
        lambda W, X: (D * (X @ W.T)).sum(),
        (W, X),
        lambda W, X: lecture_4.slopes_of_layer(X, W, D),
    )


@pytest.mark.parametrize("x", [0.5, 3.0, 1000.0])
def test_numeric_slope(x):
    assert math.isclose(lecture_4.numeric_slope(math.sqrt, x), 0.5 / math.sqrt(x), rel_tol=1e-6)
