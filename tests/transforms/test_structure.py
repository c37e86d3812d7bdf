"""Nested arguments: what is alike, how blocks are arranged, and what a message calls them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograd_nn import Value
from autograd_nn.transforms.structure import blocks, flatten, like, numbers_in, split, with_values


@dataclass
class Line:
    slope: Any
    name: str = "line"


def test_forms_are_equal_where_structures_are():
    form = lambda x: flatten(x)[1].form
    assert form([1.0, (2.0, {"a": 3.0})]) == form([4, (Value(5.0), {"a": 6.0})])
    assert form([1.0, 2.0]) != form((1.0, 2.0))
    assert form(np.ones(2)) != form(np.ones((2, 1))) != form(1.0)
    assert form({"a": 1.0}) != form({"b": 1.0})


def test_sizes_spans_and_splitting():
    _, structure = flatten({"a": np.ones((2, 3)), "b": 1.0})
    assert structure.size == 7
    assert structure.spans == [(0, 6), (6, 7)]
    first, second = split(list(range(8)), [flatten(0.0)[1], structure])
    assert first == 0
    assert second["a"].tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert second["b"] == 7


def test_a_dataclass_keeps_what_is_no_number():
    leaves, structure = flatten([Line(2.0), Line(np.ones(2), "other")])
    assert [float(x) for x in leaves] == [2.0, 1.0, 1.0]
    rebuilt = structure.rebuild([5.0, 6.0, 7.0])
    assert (rebuilt[0].slope, rebuilt[1].name) == (5.0, "other")
    assert rebuilt[1].slope.tolist() == [6.0, 7.0]


def test_blocks_of_every_pair_of_shapes():
    outer = flatten([1.0, np.ones(2)])[1]
    inner = flatten((np.ones(2), 1.0))[1]
    (a, b), (c, d) = blocks(np.arange(9.0).reshape(3, 3), outer, inner)
    assert (a.tolist(), b) == ([0.0, 1.0], 2.0)
    assert (c.tolist(), d.tolist()) == ([[3.0, 4.0], [6.0, 7.0]], [5.0, 8.0])


def test_values_are_swapped_and_read_wherever_they_are():
    v = Value(2.0)
    held = {"a": [v, "text"], "b": np.array([v, 3.0], dtype=object), "c": Line(v)}
    swapped = with_values(held, lambda x: x * 10.0)
    assert swapped["b"][0].data == swapped["a"][0].data == swapped["c"].slope.data == 20.0
    plain = numbers_in(held)
    assert plain["a"] == [2.0, "text"]
    assert plain["b"].dtype == float
    assert held["a"][0] is v


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (1.0, "the vector has the structure number, but the point has list"),
        ([1.0] * 5, r"list of 5 x number, but the point has list\(number, array\(2,\)\)"),
        ({"a": 1.0}, r"dict\(a: number\)"),
        ([1.0, np.ones(3)], r"list\(number, array\(3,\)\)"),
    ],
)
def test_what_is_not_alike_is_shown(given, says):
    with pytest.raises(ValueError, match=says):
        like(given, flatten([1.0, np.ones(2)])[1], "the vector", "the point")
