"""Colourings: each entry of a matrix can be read off the products, with few colours.

A wrong colouring would add two entries up, and give a wrong matrix without a word.
"""

import itertools

import numpy as np
import pytest

from autograd_nn.transforms.colouring import bits, by_columns, by_stars, transposed


def masks(pattern):
    return [sum(1 << int(j) for j in np.flatnonzero(row)) for row in pattern]


def random_pattern(seed, symmetric):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 16))
    pattern = rng.random((n, n if symmetric else int(rng.integers(1, 16)))) < rng.uniform(0.05, 0.7)
    return pattern | pattern.T if symmetric else pattern


def read_off(matrix, colours, places):
    """The lower half of a symmetric matrix from its products with the columns of each colour."""
    products = np.stack(
        [matrix[:, np.array(colours) == c].sum(axis=1) for c in range(max(colours) + 1)]
    )
    return [products[c, i] for i, c in places]


@pytest.mark.parametrize("seed", range(60))
def test_columns_of_one_colour_share_no_row(seed):
    pattern = random_pattern(seed, symmetric=False)
    colours = by_columns(masks(pattern), pattern.shape[1])
    for a, b in itertools.combinations(range(pattern.shape[1]), 2):
        assert colours[a] != colours[b] or not (pattern[:, a] & pattern[:, b]).any()


@pytest.mark.parametrize("seed", range(200))
def test_a_star_colouring_has_every_entry_alone_somewhere(seed):
    pattern = random_pattern(seed, symmetric=True)
    n = len(pattern)
    matrix = np.where(pattern, np.random.default_rng(seed).normal(size=(n, n)), 0.0)
    matrix = np.tril(matrix) + np.tril(matrix, -1).T
    colours, places = by_stars(masks(pattern))
    lower = [matrix[i, j] for i in range(n) for j in range(i + 1) if pattern[i, j]]
    assert read_off(matrix, colours, places) == lower


def band(n, width):
    return [[abs(i - j) <= width for j in range(n)] for i in range(n)]


@pytest.mark.parametrize("n", [5, 50, 300])
def test_few_colours_do_whatever_the_size(n):
    assert max(by_columns(masks(band(n, 1)), n)) == 2
    assert max(by_stars(masks(band(n, 1)))[0]) == 2
    arrow = np.eye(n, dtype=bool)
    arrow[0] = arrow[:, 0] = True
    assert max(by_stars(masks(arrow))[0]) == 1
    assert max(by_stars(masks(np.eye(n)))[0]) == 0


def test_bits_and_transposed():
    assert list(bits(0)) == []
    assert list(bits((1 << 200) | 1)) == [0, 200]
    pattern = random_pattern(3, symmetric=False)
    assert transposed(masks(pattern), pattern.shape[1]) == masks(pattern.T)
