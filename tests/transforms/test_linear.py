"""A graph as edges: both walks, patterns, and what costs no operation in a recording."""

import pytest

from autograd_nn import Value, jit, jvp
from autograd_nn.functions import maximum, relu
from autograd_nn.transforms.linear import Linear, by_numbers, by_values, times


def graph():
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    return [a, b, c], [a * b + b, relu(c) * 2.0, Value(7.0), a]


@pytest.mark.parametrize("edges_of", [by_numbers, by_values])
def test_forward_and_back_are_transposes(edges_of):
    inputs, roots = graph()
    linear = Linear(roots, inputs, edges_of)
    number = lambda x: x.data if isinstance(x, Value) else x
    columns = [linear.push([1.0 if k == j else None for k in range(3)]) for j in range(3)]
    rows = [linear.pull([1.0 if k == i else None for k in range(4)]) for i in range(4)]
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            assert number(row[j]) == number(column[i])
    assert [number(x) for x in rows[0]] == [3.0, 3.0, None]


def test_patterns_are_structural():
    inputs, roots = graph()
    assert Linear(roots, inputs, by_numbers).patterns() == [0b011, 0b100, 0, 0b001]
    a, b = Value(1.0), Value(2.0)
    flat = [a.floor() + b, maximum(a, b), a.detach() * b, a.sign()]
    assert Linear(flat, [a, b], by_numbers).patterns() == [0b10, 0b11, 0b10, 0]


def test_ones_cost_no_operation():
    x = Value(3.0)
    assert times(1.0, x) is x
    assert times(x, 1.0) is x
    assert times(-1.0, x).op == "neg"
    # Three nodes for the inputs and two sums: the tangent is a plain number all the way.
    program = jit(lambda x: jvp(lambda x: x[0] + x[1] - x[2], (x,), ([1.0, 0.0, 1.0],))[1])
    assert program.program([1.0, 2.0, 3.0]).recorded == 5


def test_the_walks_leave_gradients_as_they_are():
    inputs, roots = graph()
    inputs[0].grad = 11.0
    Linear(roots, inputs, by_numbers).pull([1.0] * 4)
    assert inputs[0].grad == 11.0


def test_a_node_made_by_hand_has_no_second_derivative_and_says_so():
    a = Value(2.0)
    made = Value(4.0, (a,), "square")
    with pytest.raises(TypeError, match="made by hand"):
        Linear([made], [a], by_values)
