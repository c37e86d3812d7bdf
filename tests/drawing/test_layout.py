"""The built-in layout: order, distances and determinism."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn.drawing.layout import crossings, lay_out


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 25))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])
    edges = draw(st.lists(pairs, max_size=50)) if n > 1 else []
    paths = draw(
        st.lists(
            st.lists(st.integers(0, 1), max_size=3).map(tuple).map(numbered), min_size=n, max_size=n
        )
    )
    return n, edges, paths


def numbered(path):
    """Group numbers that tell their ancestors apart, as a picture's are."""
    return tuple(int("1" + "".join(map(str, path[: k + 1]))) for k in range(len(path)))


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_edges_run_forward_and_nothing_overlaps(graph):
    n, edges, paths = graph
    placed = lay_out(edges, [40.0] * n, [20.0] * n, paths)
    assert placed == lay_out(edges, [40.0] * n, [20.0] * n, paths)
    for tail, head in edges:
        assert placed.along[head] > placed.along[tail]
    for a, b in itertools.combinations(range(n), 2):
        if placed.along[a] == placed.along[b]:
            assert abs(placed.across[a] - placed.across[b]) >= 20.0 - 1e-6


def test_a_complete_bipartite_graph_has_its_known_crossings():
    edges = [(a, 3 + b) for a in range(3) for b in range(3)]
    placed = lay_out(edges, [10.0] * 6, [10.0] * 6)
    assert crossings([0, 0, 0, 1, 1, 1], placed.routes, placed.across) == 9  # C(3,2)**2


def test_a_tangle_that_can_be_undone_is_undone():
    n = 30
    edges = [(i, n + (7 * i) % n) for i in range(n)]
    placed = lay_out(edges, [10.0] * 2 * n, [10.0] * 2 * n)
    assert crossings([0] * n + [1] * n, placed.routes, placed.across) == 0


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        lay_out([(0, 1), (1, 0)], [1.0, 1.0], [1.0, 1.0])
