"""Addressing: whatever the shape that is found, it reads the positions that were given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_nn.jit.address import layout
from autograd_nn.jit.lifting.packs import Block

sizes = st.lists(st.integers(1, 4), min_size=1, max_size=3)


def positions(access, nest):
    """The positions that an access reads, by result and term."""
    shape = (*nest.results, *nest.terms)
    if access.gather is not None:
        found = np.broadcast_to(access.gather, shape)
    else:
        found = np.full(shape, access.start)
        for axis, (size, stride) in enumerate(zip(shape, access.strides, strict=True)):
            steps = np.arange(size) * stride
            found = found + steps.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return found.reshape(int(np.prod(nest.results)), int(np.prod(nest.terms)))


@st.composite
def affine(draw, results, terms):
    """A table of positions with a random stride for each axis; a stride of 0 repeats."""
    strides = [draw(st.integers(0, 5)) for _ in (*results, *terms)]
    grid = np.indices((*results, *terms))
    table = sum((s * g for s, g in zip(strides, grid, strict=True)), np.zeros((), int))
    return np.asarray(table).reshape(int(np.prod(results)), -1)


@st.composite
def blocks(draw):
    results, terms = draw(sizes), draw(sizes)
    a = draw(affine(results, terms))
    b = draw(st.none() | affine(results, terms))
    if draw(st.booleans()):
        a = np.random.default_rng(draw(st.integers(0, 99))).permutation(a.ravel()).reshape(a.shape)
    return Block(1.0, 0, -1 if b is None else 1, a, b)


@given(blocks())
def test_what_is_read_is_what_was_asked_for(block):
    nest = layout(block, (1000, 1000))
    assert int(np.prod(nest.results)) == len(block.a)
    np.testing.assert_array_equal(positions(nest.a, nest), block.a)
    if block.b is not None:
        np.testing.assert_array_equal(positions(nest.b, nest), block.b)


@given(blocks(), st.integers(0, 99))
def test_padding_reads_nothing_in_at_least_one_factor(block, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, block.a.shape[1] + 1, len(block.a))
    lengths[0] = block.a.shape[1]
    missing = np.arange(block.a.shape[1]) >= lengths[:, None]
    real = ~missing
    a = np.where(missing, -1, block.a)
    b = None if block.b is None else np.where(missing, -1, block.b)
    nest = layout(Block(1.0, 0, block.b_region, a, b), (60, 60))
    read = [positions(access, nest) for access in (nest.a, nest.b) if access is not None]
    for found, table in zip(read, (a, b), strict=False):
        np.testing.assert_array_equal(found[real], table[real])
        assert found.max() < 60 or table.max() >= 60
    assert (np.minimum.reduce(read)[missing] == -1).all()


def test_a_matrix_product_is_seen():
    w = np.repeat(np.arange(12).reshape(4, 3), 5, axis=0)  # 4 rows of 3, each for 5 columns
    x = np.tile(np.arange(15).reshape(5, 3), (4, 1))
    nest = layout(Block(1.0, 0, 1, w, x), (12, 15))
    assert (nest.results, nest.terms) == ((4, 5), (3,))
    assert (nest.a.strides, nest.b.strides) == ((3, 0, 1), (0, 3, 1))


def test_a_gather_repeats_nothing_that_the_other_factor_shows_to_repeat():
    """Attention over what came before: the weights do not depend on the column of the values."""
    rng = np.random.default_rng(0)
    weights = np.repeat(rng.permutation(24).reshape(4, 6), 8, axis=0)
    values = np.tile(np.arange(8)[:, None] + 8 * np.arange(6), (4, 1))
    nest = layout(Block(1.0, 0, 1, weights, values), (24, 48))
    assert nest.a.gather.shape == (4, 1, 6)
    assert nest.b.strides == (0, 1, 8)


@pytest.mark.parametrize(("strides", "repeats"), [((0, 0), 12), ((1, 0), 4), ((0, 1), 3)])
def test_terms_that_repeat_are_counted(strides, repeats):
    i, j = np.indices((3, 4))
    row = (strides[0] * i + strides[1] * j).reshape(1, -1)
    other = np.zeros_like(row)
    assert layout(Block(1.0, 0, 1, row, other), (9, 9)).repeats == repeats
