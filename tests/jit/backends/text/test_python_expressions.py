"""Expressions keep their meaning when they are simplified, and have the brackets that they need."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn.jit.backends.text.python.expressions import leaf, number, total, where

NUMBERS = [0.0, 1.0, -1.0, 2.0, -2.5, np.inf, np.nan]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_a_simplified_expression_means_the_same(data):
    """The same operations on plain arrays: brackets, signs, ones, nan and infinities."""
    a, b, c = (np.array([1.5, -2.0, 0.0, np.inf, 3.0]), np.array([2.0, 0.5, -1.0, 1.0, np.nan]),
               np.array([-0.5, 4.0, 2.0, 0.0, 1.0]))  # fmt: skip
    held = {"a": a, "b": b, "c": c}

    def draw(depth):
        kind = data.draw(st.sampled_from(["leaf", "number", "+", "-", "*", "/", "neg"]))
        if depth == 0 or kind == "leaf":
            name = data.draw(st.sampled_from("abc"))
            return leaf(name, (5,), True), held[name]
        if kind == "number":
            x = data.draw(st.sampled_from(NUMBERS))
            return number(x), np.full(5, x)
        if kind == "neg":
            e, v = draw(depth - 1)
            return -e, -v
        (e, v), (f, w) = draw(depth - 1), draw(depth - 1)
        if kind == "+":
            return e + f, v + w
        if kind == "-":
            return e - f, v - w
        return (e * f, v * w) if kind == "*" else (e / f, v / w)

    with np.errstate(all="ignore"):
        expression, expected = draw(4)
        found = eval(str(expression), {"np": np}, held)
    np.testing.assert_allclose(np.broadcast_to(found, (5,)), expected, rtol=1e-13)


def test_what_people_leave_out():
    x, y = leaf("x", (3,), True), leaf("y", (3,), True)
    assert str(1.0 * x) == "x"
    assert str(x * -1.0) == "-x"
    assert str(x + -y) == "x - y"
    assert str(x * x) == "x**2"
    assert str(x * (1.0 / y)) == "x / y"
    negative = -x
    assert str(-negative) == "x"
    assert str(x - (y - x)) == "x - (y - x)"
    assert str((-x) ** 2.0) == "(-x)**2"
    assert str(0.0 * x) == "0 * x"  # may be nan
    assert str(where(x < y, number(1.0), number(0.0))) == "np.where(x < y, 1.0, 0.0)"
    assert str(total(x * y, [0])) == "(x * y).sum()"


def test_a_replaced_part_is_put_in_brackets():
    x, y, z = (leaf(name, (3,), True) for name in "xyz")
    product = x * y
    assert str(product.replaced(y, y + z)) == "x * (y + z)"
    assert str((x - y).replaced(y, z - x)) == "x - (z - x)"
