"""Numbers of many Values as one array: in another order, an optimiser would train nonsense."""

import numpy as np
import pytest

from autograd_nn import Value
from autograd_nn.parameters import gather, gather_slopes, kept, scatter


def test_what_is_gathered_can_be_scattered_in_the_same_order():
    xs = [Value(float(i)) for i in range(5)]
    numbers = gather(xs)
    assert numbers.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    scatter(numbers[::-1], xs)
    assert [x.data for x in xs] == [4.0, 3.0, 2.0, 1.0, 0.0]
    assert all(type(x.data) is float for x in xs)


def test_slopes_stand_beside_their_numbers():
    xs = [Value(2.0), Value(3.0)]
    (xs[0] * xs[1] ** 2).backward()
    assert gather_slopes(xs).tolist() == [9.0, 12.0]


def test_another_number_of_numbers_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        scatter(np.zeros(1), [Value(1.0), Value(2.0)])


def test_parameters_have_their_numbers_again_after_an_error_too():
    """A check that fails half way must not leave a model with its trial numbers."""
    xs = [Value(1.0), Value(2.0)]

    def fails_half_way():
        with kept(xs) as before:
            assert before.tolist() == [1.0, 2.0]
            xs[0].data = 7.0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_half_way()
    assert [x.data for x in xs] == [1.0, 2.0]
