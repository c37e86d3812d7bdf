"""Unrolled loops are found in the graph: steps, operations in each, and what they carry."""

import math

import pytest

from autograd_nn import Value, functions, parameter
from autograd_nn.drawing.graph import Simplified
from autograd_nn.drawing.repeats import find_loop


def found(root):
    loop = find_loop(Simplified([root]))
    return None if loop is None else (loop.period, loop.count, len(loop.carried))


def test_one_operation_again_and_again():
    x = Value(1.0)
    for _ in range(100):
        x = x.tanh()
    assert found(x) == (1, 100, 1)


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("after", [0, 2])
def test_a_recurrent_net_with_something_before_and_after(before, after):
    w, u, b, h = parameter(0.9), parameter(0.1), parameter(0.2), Value(0.5)
    for _ in range(before):
        h = h.exp()
    for t in range(60):
        h = (w * h + u * Value(math.sin(t)) + b).tanh()
    for _ in range(after):
        h = h.sin()
    assert found(h) == (5, 60, 1)


def test_two_values_are_carried_whatever_the_order_of_the_lines():
    length, angle, speed = Value(1.0), Value(1.2), Value(0.0)
    stiffness = 9.81 / length
    for _ in range(50):
        pull = -(stiffness * functions.sin(angle) + 0.3 * speed)
        angle = angle + 0.1 * speed
        speed = speed + 0.1 * pull
    period, count, carried = found(angle * speed)
    assert period == 9
    assert count >= 49
    assert carried == 2


def test_a_vector_is_carried_whole():
    weights = [[parameter(0.1 * i - 0.2 * j) for i in range(4)] for j in range(4)]
    h = [Value(0.1 * i) for i in range(4)]
    for _ in range(30):
        h = [sum(w * x for w, x in zip(row, h, strict=True)).tanh() for row in weights]
    period, count, carried = found(sum(h))
    assert period == 4 * 8
    assert count >= 29
    assert carried == 4


def test_a_running_total_is_carried_too():
    h, total = Value(1.0), Value(0.0)
    for t in range(40):
        h = (h * 0.9).sin()
        total = total + (h - float(t)) ** 2
    period, count, carried = found(total)
    assert (period, carried) == (5, 2)
    assert count >= 39


def test_a_long_step_is_found():
    x = Value(0.3)
    for _ in range(12):
        for k in range(200):
            x = x.sin() if k % 7 % 3 else x * 1.01
    assert found(x) == (200, 12, 1)


def test_what_does_not_repeat_is_no_loop():
    x = Value(0.3)
    for k in range(1, 40):
        for _ in range(k):
            x = x.sin()
        x = x.exp() * float(k)
    loop = find_loop(Simplified([x]))
    assert loop is None or loop.size < len(loop.operations) / 2
    assert find_loop(Simplified([Value(1.0)])) is None


def test_rows_that_know_nothing_of_each_other_carry_their_sum_alone():
    w = parameter(0.5)
    total = sum((w * Value(float(i)) - 1.0) ** 2 for i in range(50))
    assert found(total)[2] == 1
