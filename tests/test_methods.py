"""Methods that are a row of the table: one that named another row would compute something else."""

import inspect

import numpy as np
import pytest

from autograd_nn import Value
from autograd_nn.methods import Methods
from autograd_nn.ops import PRIMITIVES, primitive

ROWS = {row.name: row for row in PRIMITIVES if row.name}
FUNCTIONS = sorted(
    name for name, f in vars(Methods).items()
    if not name.startswith("_") and callable(f) and name in ROWS
)  # fmt: skip
NUMPYS = [name for name in vars(Methods) if name.startswith("arc")]


def test_every_function_of_the_table_is_a_method():
    operators = {"add", "sub", "mul", "div", "pow", "neg", "floordiv", "mod", "detach", "take"}
    assert set(ROWS) - operators <= set(dir(Value))
    assert len(FUNCTIONS) > 30


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_method_is_its_row(name):
    row = primitive(name)
    numbers = ([1.5, 0.7] if name == "acosh" else [0.7, 2.0])[: row.arity]
    operands = [Value(x) for x in numbers]
    node = getattr(operands[0], name)(*operands[1:])
    y = row.scalar(*numbers)
    np.testing.assert_equal((node.data, node.op), (y, name))
    np.testing.assert_equal(node.partials, row.partials(*numbers, y))


@pytest.mark.parametrize("name", NUMPYS)
def test_numpy_finds_its_spelling(name):
    own = name.replace("arc", "a", 1)
    x = 1.5 if name == "arccosh" else 0.5
    others = [Value(2.0)] if name == "arctan2" else []
    assert getattr(Value(x), name)(*others).op == own
    assert getattr(np, name)(np.array([Value(x)]), *others)[0].op == own


@pytest.mark.parametrize("name", [*FUNCTIONS, *NUMPYS, "fabs", "bit_length"])
def test_each_explains_itself(name):
    method = getattr(Value, name)
    assert method.__doc__
    assert "self" in inspect.signature(method).parameters


@pytest.mark.parametrize(("a", "b"), [(12, 10), (-5, 3), (1, 40)])
def test_bits_are_those_of_the_integer(a, b):
    v = round(Value(float(a)))
    assert (v & b, v | b, v ^ b, v << 3, v >> 1) == (a & b, a | b, a ^ b, a << 3, a >> 1)
    assert (b & v, b | v, b ^ v, ~v, v.bit_length()) == (b & a, b | a, b ^ a, ~a, a.bit_length())
    if a >= 0:
        assert (b << v, b >> v) == (b << a, b >> a)
    with pytest.raises(TypeError, match="integer"):
        Value(3.0) & 1
