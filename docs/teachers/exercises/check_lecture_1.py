"""Checks of lecture 1."""

import math

import lecture_1
import pytest

from autograd_nn import Value, grad

HIDDEN, OUTPUT = [[2.0, 4.0], [4.0, -5.0]], [2.0, 7.0]


def test_node_adds_products():
    assert lecture_1.node([2, 4], [3, 5]) == 26
    assert lecture_1.node([4, -5], [3, 5]) == -13


@pytest.mark.parametrize(("x", "y"), [(26.0, 26.0), (-13.0, 0.0), (0.0, 0.0)])
def test_relu_of_numbers(x, y):
    assert lecture_1.relu(x) == y


@pytest.mark.parametrize("x", [2.0, -2.0])
def test_relu_of_a_value_is_a_value(x):
    """Also where it is dead: ``max(x, 0)`` would return an int, which has no ``backward``."""
    v = Value(x)
    out = lecture_1.relu(v)
    assert isinstance(out, Value)
    out.backward()
    assert v.grad == (1.0 if x > 0 else 0.0)


def test_predict():
    assert lecture_1.predict([3, 5], HIDDEN, OUTPUT) == 52
    assert lecture_1.predict([1, -1], HIDDEN, OUTPUT) == 63


def test_the_output_has_no_relu():
    assert lecture_1.predict([3, 5], HIDDEN, [-1.0, 0.0]) == -26


def test_mean_squared_error():
    rows, targets = [[0, 3], [1, 2], [-1, -2], [4, 0]], [1, 3, 5, 7]
    hidden, output = [[2, 1], [1, 2]], [1, 1]
    assert math.isclose(lecture_1.mean_squared_error(rows, targets, hidden, output), 37.5)


def test_slopes_come_out_by_themselves():
    def loss(output_weights):
        return lecture_1.mean_squared_error([[3, 5]], [50], HIDDEN, output_weights)

    assert grad(loss)([2.0, 7.0]) == [2 * 2 * 26, 0.0]
