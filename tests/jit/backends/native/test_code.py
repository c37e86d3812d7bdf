"""The text that is written is what was computed: nothing needed goes, nothing is joined wrongly.

A line that is left out, or taken from another round of a loop, is a wrong number in some jitted
function, far from its cause.
"""

import numpy as np
import pytest
from native_rows import Compiled

from autograd_nn.errors import NotArithmeticError
from autograd_nn.jit.backends.native.lane import Lane, choose


def test_lines_that_nobody_needs_are_left_out():
    made = Compiled()

    def f(code, x):
        _ = x.library("tan") + x.sin()  # with a choice in it, which goes too
        return [x + 1.0]

    made.add("f", f, 1, 1, 4)
    assert "@tan(double %" not in made.text()
    assert "fdiv" not in made.text()
    np.testing.assert_array_equal(made("f", np.arange(4.0))[0], np.arange(1.0, 5.0))


def test_choices_inside_choices():
    made = Compiled()

    def f(code, x):
        def inner():
            return (x * 2.0).unless(x > 20.0, lambda: x * 3.0)

        y = (x + 1.0).unless(x > 10.0, inner)
        return [y, y + 0.5]

    made.add("f", f, 1, 2, 1)
    x = np.array([1.0, 11.0, 21.0])
    for found, more in zip(made("f", x), (0.0, 0.5), strict=True):
        np.testing.assert_array_equal(found, [2.0 + more, 22.0 + more, 63.0 + more])


def test_loops_carry_numbers_and_know_what_was_before():
    made = Compiled()

    def power(code, x):
        square = x * x
        loop = code.loop(3)
        name, to = loop.carry(x)
        to(Lane(code, name, x.width) * (x * x))  # x * x is known from before the loop
        loop.close()
        return [Lane(code, name, x.width), square]

    made.add("f", power, 1, 2, 2)
    assert made.text().count("fmul <2 x double>") == 2
    x = np.array([2.0, 3.0])
    found = made("f", x)
    np.testing.assert_array_equal(found[0], x**5)  # at the beginning of the last round
    np.testing.assert_array_equal(found[1], x**2)


def test_a_comparison_cannot_be_taken_for_a_truth():
    made = Compiled()

    def f(code, x):
        with pytest.raises(NotArithmeticError):
            bool(x > 0.0)
        with pytest.raises(NotArithmeticError):
            bool(x)
        with pytest.raises(NotArithmeticError):
            x + "1"
        assert choose(Lane.of(code, 1.0) > 0.0, 5, 6) == 5  # of constants it is one
        return [x]

    made.add("f", f, 1, 1, 1)
    made.text()


def test_only_what_is_exact_is_folded():
    made = Compiled()

    def f(code, x):
        assert x * 1.0 is x
        assert x / 1.0 is x
        assert x - 0.0 is x
        return [x + 0.0, x * 0.0, x - -0.0, -1.0 * x, 0.0 - x]

    made.add("f", f, 1, 5, 1)
    x = np.array([-0.0, np.inf, 2.0])
    with np.errstate(invalid="ignore"):
        want = [x + 0.0, x * 0.0, x - -0.0, -1.0 * x, 0.0 - x]
    for found, each in zip(made("f", x), want, strict=True):
        np.testing.assert_array_equal(found, each)
        np.testing.assert_array_equal(np.signbit(found[:1]), np.signbit(each[:1]))
