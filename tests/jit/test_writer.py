"""Straight-line Python: what is written from the table's rules gives the table's numbers."""

import itertools

import numpy as np
import pytest

from autograd_nn.jit.straight import RAISED
from autograd_nn.jit.writer import Writer, number
from autograd_nn.ops import CODES, PRIMITIVES

GRID = [0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 7.0, 1e-300, -1e300, 710.0, np.inf, -np.inf, np.nan]
OPERATIONS = [row for row in PRIMITIVES if row.name and row.name != "take"]


def run(writer, result, xs):
    scope = dict(writer.names)
    scope.update({f"x{k}": x for k, x in enumerate(xs)})
    exec("\n".join([*writer.lines, f"result = {result}"]), scope)
    return scope["result"]


def same(a, b):
    return a == b or (a != a and b != b) or abs(a - b) <= 4e-16 * abs(b)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_every_operation_and_its_slopes(row, fast):
    names = [f"x{k}" for k in range(row.arity)]
    for xs in itertools.product(GRID, repeat=row.arity):
        expected = row.scalar(*xs)
        writer = Writer(fast, {})
        try:
            found = run(writer, writer.call(CODES[row.name], names), xs)
        except RAISED:
            assert fast  # where math raises, the safe form is run
            continue
        assert same(found, expected), (row.name, xs, found, expected)
        writer = Writer(fast, {})
        slopes = writer.slopes(CODES[row.name], names, repr(expected))
        try:
            found = [run(writer, slope, xs) for slope in slopes]
        except RAISED:
            assert fast
            continue
        assert all(map(same, found, row.partials(*xs, expected))), (row.name, xs, found)


def test_most_slopes_are_written_out():
    """A call of the table's rule costs several times a line of arithmetic."""
    written = []
    for row in OPERATIONS:
        writer = Writer(True, {})
        writer.slopes(CODES[row.name], [f"x{k}" for k in range(row.arity)], "y")
        written += [row.name] * (not any(name.endswith("_partials") for name in writer.names))
    assert {"add", "mul", "div", "exp", "log", "sqrt", "tanh", "sigmoid", "sin", "cos"} <= {
        *written
    }


def test_a_rule_that_compares_is_called_and_leaves_no_lines_behind():
    writer = Writer(True, {})
    slopes = writer.slopes(CODES["pow"], ["a", "b"], "y")
    (line,) = writer.lines
    assert line.endswith("= pow_partials(a, b, y)")
    assert slopes == [f"{line.split()[0]}[{i}]" for i in (0, 1)]


@pytest.mark.parametrize("n", [1, 2, 39, 40, 41, 1000])
def test_long_sums_are_cut_into_lines_that_the_parser_takes(n):
    writer = Writer(True, {})
    terms = [("+" if k % 3 else "-", f"{k}.0") for k in range(n)]
    expected = sum(k if k % 3 else -k for k in range(n))
    assert run(writer, writer.total(terms), []) == expected
    assert all(line.count("+") + line.count("-") < 100 for line in writer.lines)


@pytest.mark.parametrize("x", GRID)
def test_a_number_is_written_exactly_and_can_stand_anywhere(x):
    scope = {"inf": np.inf, "nan": np.nan}
    found = eval(f"0.0 - {number(x)}", scope)
    assert found == 0.0 - x or found != found
    assert same(eval(number(x), scope), x)
