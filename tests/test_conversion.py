"""What is let in as a number, and what the refusal says."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_nn import Value
from autograd_nn.checks import describe
from autograd_nn.conversion import is_number, to_float


class Length(float):
    """A float with a unit, as libraries of units make them."""


LET_IN = [
    (0, 0.0),
    (-7, -7.0),
    (2**53 + 2, 2.0**53 + 2),
    (True, 1.0),
    (1.5, 1.5),
    (Length(2.5), 2.5),
    (float("inf"), float("inf")),
    (5e-324, 5e-324),
    (Fraction(1, 3), 1 / 3),
    (Decimal("0.1"), 0.1),
    (Decimal("Infinity"), float("inf")),
    (np.bool_(True), 1.0),
    (np.array(2.5), 2.5),
    (np.array(3), 3.0),
    (np.array(True), 1.0),
    *((kind(3), 3.0) for kind in (np.int8, np.uint64, np.float16, np.float32, np.longdouble)),
]


@pytest.mark.parametrize(("given_number", "expected"), LET_IN, ids=lambda x: repr(x)[:30])
def test_real_numbers_of_every_make_become_plain_floats(given_number, expected):
    assert is_number(given_number)
    for found in (to_float(given_number), Value(given_number).data):
        assert type(found) is float
        assert found == expected
    v = Value(0.0)
    v.data = given_number
    v.grad = given_number
    assert (type(v.data), v.data, type(v.grad), v.grad) == (float, expected, float, expected)


REFUSED = [
    ("1.5", "got str '1.5'. Convert text yourself, for example float(text)."),
    (b"1", "got bytes b'1'. Give a float"),
    (None, "got NoneType None. A function that returns nothing gives None"),
    (1j, "got complex 1j. Only real numbers have slopes here: use its .real or .imag."),
    (np.complex64(1j), "got complex64"),
    ([1.0], "got list [1.0]. Make one Value per element"),
    ((1.0, 2.0), "got tuple (1.0, 2.0). Make one Value per element"),
    (np.array([1.0]), "got ndarray array([1.]). Make one Value per element"),
    (np.array("a"), "got ndarray"),
    (np.array(1j), "got ndarray"),
    ({}, "got dict {}. Give a float"),
    ({1.0}, "got set {1.0}. Give a float"),
    (object, "got type <class 'object'>"),
    (np.datetime64("2020-01-01"), "got datetime64"),
]


@pytest.mark.parametrize(("bad", "message"), REFUSED, ids=lambda x: repr(x)[:30])
def test_what_is_no_number_is_named_with_what_to_do(bad, message):
    assert not is_number(bad)
    v = Value(2.0, "v")
    for refuse in (
        lambda: to_float(bad),
        lambda: Value(bad),
        lambda: setattr(v, "data", bad),
        lambda: setattr(v, "grad", "None" if bad is None else bad),  # None itself is allowed
        lambda: v.backward(bad),
        lambda: v.maximum(bad),
    ):
        with pytest.raises(TypeError) as caught:
            refuse()
        assert str(caught.value).startswith("expected a real number, got ")
        assert message in str(caught.value) or bad is None
    assert (v.data, v.grad, v.label) == (2.0, 0.0, "v")


def test_a_value_in_a_value_is_a_node_already():
    with pytest.raises(TypeError, match=r"a graph node already: use it as it is, or its \.data"):
        Value(Value(1.0))


@pytest.mark.parametrize("big", [10**309, -(10**400), 2**1024, Fraction(10**400, 3)])
def test_a_number_beyond_the_largest_float_is_named(big):
    for refuse in (lambda: Value(big), lambda: Value(1.0) + big, lambda: big * Value(1.0)):
        with pytest.raises(OverflowError, match=r"too large for a float \(at most about 1.8e308\)"):
            refuse()
    if isinstance(big, int):
        with pytest.raises(OverflowError, match=f"an int of {big.bit_length()} bits"):
            Value(big)


def test_the_largest_int_that_rounds_to_a_float_is_let_in():
    assert Value(2**1024 - 2**970 - 1).data == 1.7976931348623157e308


@given(st.integers(-(2**1000), 2**1000))
def test_an_int_is_rounded_as_float_rounds_it(n):
    assert Value(n).data == float(n)


@given(st.fractions())
def test_a_fraction_is_rounded_as_float_rounds_it(q):
    assert (Value(q).data, (Value(1.0) * q).data) == (float(q), float(q))


@given(st.text(max_size=200))
def test_a_description_stays_short(text):
    assert describe(text).startswith("str ")
    assert len(describe(text)) <= len("str ") + 60


def test_labels():
    assert Value(1.0, "θ₁ ✓").label == "θ₁ ✓"
    v = Value(1.0, "a")
    for bad in (None, 1, b"a", ["a"]):
        with pytest.raises(TypeError, match="a label is a str, got"):
            v.label = bad
        with pytest.raises(TypeError, match="a label is a str, got"):
            Value(1.0, bad)
    assert v.label == "a"
