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

from collections.abc import Callable, Iterator, Sequence

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

    >>> colours, places = by_stars([0b011, 0b111, 0b110])
    >>> colours, places
    ([0, 1, 2], [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)])
    """
    count = len(pattern)
    colours = [-1] * count
    neighbours = [[j for j in bits(row) if j != i] for i, row in enumerate(pattern)]
    for i in range(count):
        forbidden = set()
        for j in neighbours[i]:
            if colours[j] < 0:
                continue
            forbidden.add(colours[j])
            beyond = [k for k in neighbours[j] if k != i and colours[k] >= 0]
            seen = [colours[k] for k in neighbours[i] if colours[k] == colours[j]]
            for k in beyond:
                # i - j - k: the same colour at i and k is right only where j is the hub of a star
                # of that colour, and i has no second neighbour of the colour of j.
                if len(seen) > 1 or _is_no_leaf(k, j, colours, neighbours):
                    forbidden.add(colours[k])
        colours[i] = next(c for c in range(count + 1) if c not in forbidden)
    return colours, _places(pattern, colours, neighbours)


def _is_no_leaf(
    k: int, j: int, colours: Sequence[int], neighbours: Sequence[Sequence[int]]
) -> bool:
    """Whether k has another neighbour than j of the colour of j."""
    return any(m != j and colours[m] == colours[j] for m in neighbours[k])


def _places(
    pattern: Sequence[int], colours: Sequence[int], neighbours: Sequence[Sequence[int]]
) -> list[tuple[int, int]]:
    counts: list[dict[int, int]] = []  # in every row, how many entries each colour has
    for i, others in enumerate(neighbours):
        count = {colours[i]: 1} if pattern[i] >> i & 1 else {}
        for j in others:
            count[colours[j]] = count.get(colours[j], 0) + 1
        counts.append(count)
    alone: Callable[[int, int], bool] = lambda i, j: counts[i][colours[j]] == 1  # noqa: E731
    places = []
    for i, row in enumerate(pattern):
        for j in bits(row & ((2 << i) - 1)):
            places.append((i, colours[j]) if alone(i, j) else (j, colours[i]))
    return places
