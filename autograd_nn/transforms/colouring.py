"""Colours for the columns of a sparse matrix: those of one colour are found by one product.

A pattern is a list with an int a row, whose bit j says that there may be an entry in column j.

Sources: A. R. Curtis, M. J. D. Powell and J. K. Reid, On the estimation of sparse Jacobian
matrices, J. Inst. Math. Appl. 13 (1974), for ``by_columns``; T. F. Coleman and J. J. More,
Estimation of sparse Jacobian matrices and graph coloring problems, SIAM J. Numer. Anal. 20
(1983), for the order; the same, Estimation of sparse Hessian matrices and graph coloring
problems, Math. Programming 28 (1984), and A. H. Gebremedhin, F. Manne and A. Pothen, What color
is your Jacobian?, SIAM Review 47 (2005), algorithm 4.1, for ``by_stars``.

What is left out: the pattern, which is ``linear``'s, and the products.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["bits", "by_columns", "by_stars", "transposed"]


def bits(mask: int) -> Iterator[int]:
    """The places of the ones in a number, from the lowest.

    >>> list(bits(0b1010))
    [1, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def transposed(pattern: Sequence[int], columns: int) -> list[int]:
    """The pattern of the transposed matrix.

    >>> transposed([0b01, 0b11], 2)
    [3, 2]
    """
    turned = [0] * columns
    for i, row in enumerate(pattern):
        for j in bits(row):
            turned[j] |= 1 << i
    return turned


def by_columns(pattern: Sequence[int], columns: int) -> list[int]:
    """A colour for each column, such that no row has entries in two columns of one colour.

    Greedily, the columns with the most neighbours first.  Columns that are full keep a colour
    of their own each, and so do all where a row is full.

    >>> by_columns([0b0011, 0b0110, 0b1100], 4)   # a matrix of two diagonals
    [1, 0, 1, 0]
    """
    rows_of = transposed(pattern, columns)
    neighbours = [0] * columns
    for row in pattern:
        for j in bits(row):
            neighbours[j] |= row
    order = sorted(range(columns), key=lambda j: -neighbours[j].bit_count())
    taken: list[int] = []  # of each colour, the rows in which it has an entry
    colours = [0] * columns
    for j in order:
        colour = next((c for c, rows in enumerate(taken) if not rows & rows_of[j]), len(taken))
        if colour == len(taken):
            taken.append(0)
        taken[colour] |= rows_of[j]
        colours[j] = colour
    return colours


def by_stars(pattern: Sequence[int]) -> tuple[list[int], list[tuple[int, int]]]:
    """A star colouring of a symmetric matrix: neighbours differ, paths of four have 3 colours.

    Then each entry can be read off the products with the columns of each colour: it stands
    alone in its row, or else its mirror image does.

    Returns:
        A colour for each column; and for every entry on or below the diagonal, row after row,
        the row and the colour where it is found.

    >>> by_stars([0b011, 0b111, 0b110])
    ([0, 1, 0], [(0, 0), (0, 1), (1, 1), (2, 1), (2, 0)])
    """
    count = len(pattern)
    colours = [-1] * count
    neighbours = [[j for j in bits(row) if j != i] for i, row in enumerate(pattern)]
    around: list[dict[int, int]] = [{} for _ in pattern]  # how many neighbours have each colour
    for i in range(count):
        forbidden = set(around[i])
        for j in neighbours[i]:
            colour = colours[j]
            if colour < 0:
                continue
            # i - j - k: one colour at i and k is right only where no path i - j - k - l, or
            # k - j - i - l, goes on with the colour of j.
            several = around[i][colour] > 1
            for k in neighbours[j]:
                if k != i and colours[k] >= 0 and (several or around[k][colour] > 1):
                    forbidden.add(colours[k])
        colours[i] = next(c for c in range(count + 1) if c not in forbidden)
        for j in neighbours[i]:
            around[j][colours[i]] = around[j].get(colours[i], 0) + 1
    return colours, _places(pattern, colours, around)


def _places(
    pattern: Sequence[int], colours: Sequence[int], around: Sequence[dict[int, int]]
) -> list[tuple[int, int]]:
    """Where each entry on or below the diagonal stands alone."""
    places = []
    for i, row in enumerate(pattern):
        for j in bits(row & ((2 << i) - 1)):
            # A neighbour never has the colour of i itself, so the diagonal is in nobody's way.
            is_alone = i == j or around[i][colours[j]] == 1
            places.append((i, colours[j]) if is_alone else (j, colours[i]))
    return places
