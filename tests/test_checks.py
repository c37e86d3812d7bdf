"""Argument checks: each says which argument is wrong, how, and what is allowed.

Without them a wrong size or a misspelt name would be found steps later, by a message about
something else.
"""

import numpy as np
import pytest

from autograd_nn import checks


@pytest.mark.parametrize("given", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_of_every_kind_become_ints(given):
    assert type(checks.positive_int("n", given)) is int
    assert checks.positive_int("n", given) == 3


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (0, ValueError, "epochs is at least 1, got 0"),
        (-2, ValueError, "epochs is at least 1, got -2"),
        (True, TypeError, "epochs is a positive int, got bool True"),
        (2.0, TypeError, "epochs is a positive int, got float 2.0"),
        (np.bool_(True), TypeError, "epochs is a positive int"),
        ("3", TypeError, "epochs is a positive int, got str '3'"),
        (None, TypeError, "epochs is a positive int, got NoneType None"),
    ],
)
def test_what_is_no_positive_int_is_named(given, error, says):
    with pytest.raises(error, match=says):
        checks.positive_int("epochs", given)


def test_a_name_or_a_function_is_looked_up():
    known = {"relu": abs, "tanh": max}
    assert checks.look_up("activation", "tanh", known) is max
    assert checks.look_up("activation", min, known) is min


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ("RELU", ValueError, "unknown activation 'RELU': did you mean 'relu'"),
        ("xyz", ValueError, "unknown activation 'xyz': Known: relu, tanh, or a function"),
        (3, TypeError, r"activation is a name \(relu, tanh\) or a function, got int 3"),
        (["relu"], TypeError, "got list"),
    ],
)
def test_an_unknown_name_is_answered_with_a_near_one(given, error, says):
    with pytest.raises(error, match=says):
        checks.look_up("activation", given, {"relu": abs, "tanh": max})


def test_a_long_name_is_not_repeated_in_full():
    with pytest.raises(ValueError, match="unknown loss") as caught:
        checks.look_up("loss", "x" * 10**6, {"hinge": abs})
    assert len(str(caught.value)) < 200


def test_positions_count_from_both_ends():
    assert checks.positions_of(-1, 3) == (2,)
    assert checks.positions_of((1, 0), 2) == (1, 0)


@pytest.mark.parametrize(
    ("argnums", "error", "says"),
    [
        (3, ValueError, "argument 3, but 3 were given"),
        (-4, ValueError, "argument -4, but 3 were given"),
        ((0, -3), ValueError, "argument 0 twice"),
        ("0", TypeError, "argnums is an int or a tuple of ints, got str '0'"),
        (True, TypeError, "got bool True"),
        ((0, 1.0), TypeError, "got tuple"),
        ([0, 1], TypeError, "got list"),
    ],
)
def test_positions_that_are_none_are_named(argnums, error, says):
    with pytest.raises(error, match=says):
        checks.positions_of(argnums, 3)


def test_a_word_that_is_allowed_passes():
    for given in ("min", "max"):
        checks.check_choice("mode", given, ("min", "max"))
    checks.check_choice("view", None, (None, "values"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("mni", "mode is 'min' or 'max', got 'mni': did you mean 'min'\\?"),
        (None, "mode is 'min' or 'max', got None"),
        (3, "mode is 'min' or 'max', got 3"),
        (["min"], r"mode is 'min' or 'max', got \['min'\]"),
        (np.zeros(2), r"mode is 'min' or 'max', got array\(\[0., 0.\]\)"),
    ],
)
def test_what_is_no_choice_is_named_with_the_choices(given, says):
    """An array would else raise NumPy's message about truth values, and a list about hashes."""
    with pytest.raises(ValueError, match=says):
        checks.check_choice("mode", given, ("min", "max"))


def test_more_than_two_choices_are_listed():
    with pytest.raises(ValueError, match="view is one of None, 'a', 'b', got 'c'"):
        checks.check_choice("view", "c", (None, "a", "b"))
