"""Addresses: the cells that a plan reads are those that the user's loops read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifted import assert_means, plan_of, shown

from autograd_nn.jit.lifting.address import shape_of


def cells_of(shape, k):
    """All cells of an operand, by its shape: one line a result, one column a term."""
    axes = (*shape.results, *shape.terms)
    found = np.full((), shape.starts[k])
    for size, stride in zip(axes, shape.strides[k], strict=True):
        found = found[..., None] + stride * np.arange(size)
    if shape.tables[k] is not None:
        found = found + shape.tables[k]
    return np.broadcast_to(found, axes).reshape(np.prod(shape.results, dtype=int), -1)


def assert_reads(operands):
    """Whatever axes were found, they lead to the same cells."""
    shape = shape_of(operands)
    assert np.prod(shape.results, dtype=int) == len(operands[0])
    assert np.prod(shape.terms, dtype=int) == max(x.shape[1] for x in operands)
    for k, x in enumerate(operands):
        read = cells_of(shape, k)
        np.testing.assert_array_equal(read, np.broadcast_to(x, read.shape))
    return shape


pattern = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40)), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(pattern, pattern, st.data())
def test_any_cells_are_read(results, terms, data):
    """Strides, broadcasts, windows, and cells in no order: a wrong one is a wrong number."""

    def sequence(axes):
        found = np.zeros(1, dtype=np.int64)
        for size, stride in axes:
            found = (found[:, None] + stride * np.arange(size)).ravel()
        return found

    first, last = sequence(results), sequence(terms)
    operands = [np.arange(len(first))[:, None] + 100]
    for kind in data.draw(st.lists(st.sampled_from("+ro1"), min_size=1, max_size=3)):
        if kind == "+":
            operands.append(first[:, None] + last)
        elif kind == "1":
            operands.append(first[:, None] * data.draw(st.integers(0, 2)) + 7)
        elif kind == "o":
            operands.append(np.broadcast_to(last, (len(first), len(last))).copy() + 3)
        else:
            seed = data.draw(st.integers(0, 99))
            cells = np.random.default_rng(seed).integers(0, 50, (len(first), len(last)))
            operands.append(cells)
    if all(x.shape[1] == 1 for x in operands[1:]):
        operands.append(first[:, None] + last)
    assert_reads(operands)


@pytest.mark.parametrize(
    ("f", "shapes", "line"),
    [
        (
            lambda w, x: [sum(w[4 * i + j] * x[j] for j in range(4)) for i in range(8)],
            (32, 4),
            "sum 1[8] = sum of 4: a0[8, 4] * a1[4] + 0",
        ),
        (
            lambda w, x: [sum(w[8 * j + i] * x[j] for j in range(4)) for i in range(8)],
            (32, 4),
            "sum 1[8] = sum of 4: a0[8, 4] * a1[4] + 0",
        ),
        (
            lambda k, x: [sum(k[j] * x[i + j] for j in range(3)) for i in range(10)],
            (3, 12),
            "sum 1[10] = sum of 3: a0[3] * a1[10, 3] + 0",
        ),
        (
            lambda k, x: [
                sum(k[3 * i + j] * x[6 * (r + i) + c + j] for i in range(3) for j in range(3))
                for r in range(4)
                for c in range(4)
            ],
            (9, 36),
            "sum 1[4, 4] = sum of 3 x 3: a0[3, 3] * a1[4, 4, 3, 3] + 0",
        ),
        (
            lambda x, y: [x[i] * y[(i * i) % 11] for i in range(11)],
            (11, 11),
            "sum 1[11] = a0[11] * a1[11] by a table",
        ),
    ],
)
def test_loops_are_read_as_they_were_written(f, shapes, line):
    """A matrix product or a convolution by a table of all points is many times slower."""
    args = [np.random.default_rng(k).normal(size=n) for k, n in enumerate(shapes)]
    plan = plan_of(f, *args)
    assert shown(plan) == [line]
    assert_means(plan, f, *args)


def test_a_table_has_few_axes_where_the_rest_is_a_pattern():
    """Random pairs of cameras and points, but each with its three numbers in a row."""
    pairs = np.random.default_rng(0).integers(0, 40, (200, 1))
    shape = assert_reads([np.arange(600)[:, None], (3 * pairs + np.arange(3)).reshape(-1, 1)])
    assert shape.results == (200, 3)
    assert shape.tables[1].shape == (200, 1)
