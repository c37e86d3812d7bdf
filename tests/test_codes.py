"""The codes as numbers of C: one that is wrong would have the engine record another operation."""

import pytest

from autograd_nn import codes
from autograd_nn.ops import CODES, PRIMITIVES

NAMES = [name for name in vars(codes) if name.isupper() and name not in ("CODES", "MADE", "_MADE")]


@pytest.mark.parametrize("name", NAMES)
def test_a_code_is_the_place_in_the_table(name):
    assert getattr(codes, name) == CODES[name.lower()]


def test_the_code_of_a_row_of_its_own_is_the_last():
    assert len(NAMES) > 20
    assert len(PRIMITIVES) - 1 == codes.MADE


def test_roundings_lie_together():
    """The engine asks for all of them with one comparison."""
    between = [row.name for row in PRIMITIVES[codes.FLOOR : codes.RINT + 1]]
    assert between == ["floor", "ceil", "trunc", "rint"]
