"""Every backend computes what the reference interpreter does, on random plans.

``AUTOGRAD_NN_PLANS`` in the environment says on how many; 2,000 take about a minute.
"""

import os

import pytest
from plan_agreement import assert_agrees

from autograd_nn.jit.backends import numpy, reference

COUNT = int(os.environ.get("AUTOGRAD_NN_PLANS", "200"))


@pytest.mark.parametrize("first", range(0, COUNT, 50))
def test_numpy_agrees_with_the_reference(first, monkeypatch):
    """A kind of nest, of access or of loop that is run wrongly gives the user wrong numbers."""
    monkeypatch.setattr(numpy, "_GATHERING", float("inf"))  # nothing as operations on floats
    for seed in range(first, min(first + 50, COUNT)):
        assert_agrees(numpy.compile, seed)


@pytest.mark.parametrize("first", range(0, COUNT, 50))
def test_numpy_agrees_where_it_chooses(first):
    """The same with narrow items as operations on floats."""
    for seed in range(first, min(first + 50, COUNT)):
        assert_agrees(numpy.compile, seed)


def test_the_comparison_notices_a_wrong_number():
    """A comparison that lets everything pass would hide all of that."""

    def slightly_wrong(items, sizes):
        return _Wrong(reference.compile(items, sizes))

    with pytest.raises(AssertionError, match="seed 0"):
        assert_agrees(slightly_wrong, 0)
    assert_agrees(reference.compile, 0)


class _Wrong:
    def __init__(self, code):
        self.code = code

    def bind(self, buffers):
        bound = self.code.bind(buffers)
        before = buffers[0].copy()

        def run():
            bound()
            written = buffers[0] != before
            buffers[0][written] *= 1.0 + 1e-11

        return run
