"""Packing: the loops people write fall into few packs, in an order that can be run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifted import packing_of

from autograd_nn import functions as fn
from autograd_nn.jit import jit

rng = np.random.default_rng(0)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def dense(w, xs):
    return [[dot(row, x) for row in w] for x in xs]


def triangle(w, xs):
    return [dot(row[: k + 2], xs[: k + 2]) for k, row in enumerate(w)]


def attention(q, k, v):
    """Causal: each position looks back at those before it and at itself."""
    out = []
    for t, query in enumerate(q):
        weights = fn.softmax([dot(query, key) for key in k[: t + 1]])
        out.append([dot(weights, [row[j] for row in v[: t + 1]]) for j in range(len(v[0]))])
    return out


def convolution(kernel, image):
    """Also where the window hangs over the edge: then fewer terms."""
    n, half = len(image), len(kernel) // 2
    return [
        sum(
            kernel[i + half][j + half] * image[r + i][c + j]
            for i in range(-half, half + 1)
            for j in range(-half, half + 1)
            if 0 <= r + i < n and 0 <= c + j < n
        )
        for r in range(n)
        for c in range(n)
    ]


@pytest.mark.parametrize(
    ("f", "shapes", "most"),
    [
        (dense, [(16, 8), (50, 8)], 1),
        (lambda w, xs: [[v.relu() for v in r] for r in dense(w, xs)], [(16, 8), (50, 8)], 2),
        (lambda xs: sum(x.exp() for x in xs), [(100,)], 2),
        (lambda xs: [xs[k + 1] - xs[k] ** 2 for k in range(len(xs) - 1)], [(100,)], 1),
        (triangle, [(40, 41), (41,)], 1),
        (lambda xs: [fn.logsumexp(list(row)) for row in xs], [(40, 12)], 7),
        (attention, [(12, 4)] * 3, 7 * 12),  # each length has its own largest
        # The middle, the edges and the corners each have their own shape.
        (convolution, [(3, 3), (9, 9)], 3),
        (lambda a, b: [a[i] / b[j] for i in range(9) for j in range(9)], [(9,), (9,)], 1),
    ],
)
def test_plain_loops_fall_into_few_packs(f, shapes, most):
    args = [rng.normal(size=shape) for shape in shapes]
    program = jit(f).program(*args)
    assert program.packs <= most, str(program)


def test_sums_of_unequal_length_share_a_pack_only_where_that_pays():
    """One very long sum beside many short ones would be padding for the most part."""

    def f(xs):
        return [sum(xs), *[xs[k] + xs[k + 1] for k in range(900)]]

    assert jit(f).program(np.ones(1000)).packs == 2


def test_padding_stays_apart_from_infinities():
    """A padded product is 0 times something, which is not 0 if that is infinite."""

    def f(w, xs):
        return [dot(w[k][: k + 1], xs[: k + 1]) for k in range(len(xs))]

    w, xs = rng.normal(size=(30, 30)), rng.normal(size=30)
    xs[20] = np.inf
    with np.errstate(invalid="ignore"):
        expected = [float(w[k, : k + 1] @ xs[: k + 1]) for k in range(30)]
    np.testing.assert_allclose(jit(f)(w, xs), expected, rtol=1e-12)


def test_what_only_a_comparison_needs_has_no_adjoint():
    """Its adjoint would be 0, and 0 times an infinite slope is nan."""

    def f(x):
        y = x.sqrt()
        return x * 2 if (x * 0).sqrt() <= y else x

    assert jit(f).value_and_grad(4.0) == (8.0, 2.0)


def test_operations_that_nothing_needs_are_left_out():
    def f(xs):
        unused = [x.exp() for x in xs]
        return sum(xs) + 0 * len(unused)

    assert jit(f).program(np.ones(50)).packs == 1


def test_sums_with_a_common_beginning_become_a_chain():
    """Not ragged: each is the one before and one term more (and the first begins with 0)."""
    packing = packing_of(lambda xs: [sum(xs[: k + 1]) for k in range(len(xs))], np.ones(60))
    assert sum(p.terms for p in packing.packs) == 2 * 60


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_packs_come_in_an_order_that_can_be_run(seed, size):
    """Whatever is added up or multiplied with whatever, operands lie in earlier regions."""

    def f(xs):
        choose, made = np.random.default_rng(seed), list(xs)
        for _ in range(size):
            a, b, c = (made[i] for i in choose.integers(0, len(made), 3))
            made.append([a + b, a * b, a - b * c, -a, a.maximum(b)][choose.integers(5)])
        return made[-3:]

    packing = packing_of(f, np.arange(1.0, 6.0))
    for p in packing.packs:
        assert (packing.read_by(p) < p.region).all()
        assert p.size == packing.regions[p.region].size
        for block in p.blocks:
            assert len(block.a) == p.size
            places = packing.position[block.nodes]
            assert ((places >= 0) | (block.nodes < 0)).all()
