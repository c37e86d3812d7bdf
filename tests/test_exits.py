"""Ways out of the graph: outside of a recording they are the number and nothing else."""

import math
import operator

import pytest

from autograd_nn import Value
from autograd_nn.engine import constant
from autograd_nn.exits import (
    as_float,
    as_index,
    as_int,
    compare_in_context,
    here,
    integer,
    is_plainly_whole,
    is_whole,
    leave,
    outcome_of,
    unwrapped,
)
from autograd_nn.recording import in_place_of_numbers, noting_exits, tracing


@pytest.mark.parametrize("a", [-1.0, 0.0, 2.0, math.inf, math.nan])
@pytest.mark.parametrize("b", [-1.0, -0.0, 2.0, math.nan])
def test_comparisons_come_out_as_pythons(a, b):
    compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
               "==": operator.eq, "!=": operator.ne}  # fmt: skip
    for symbol, function in compare.items():
        assert outcome_of(symbol, a, b) is function(a, b)


def test_what_is_whole():
    n = constant(3)
    assert all(map(is_whole, [n, n + 1, n * n - 2, n**2, n % 2, n // 2, -n, abs(n)]))
    assert not any(map(is_whole, [constant(3.0), Value(3.0), n / 3, n + 0.5, n**-1, n.exp()]))
    assert is_plainly_whole(Value(2.5).floor())
    assert is_plainly_whole(round(Value(2.5)) + 1)
    assert not is_plainly_whole(Value(2.0) + 1)


def test_numbers_leave_as_what_they_are():
    assert [type(x) for x in (leave(constant(3), ""), leave(Value(3.0), ""))] == [int, float]
    assert (as_float(Value(2.5)), as_int(Value(-2.5)), as_index(constant(4))) == (2.5, -2, 4)
    with pytest.raises(TypeError, match="interpreted as an integer"):
        as_index(Value(4.0))
    with pytest.raises(TypeError):
        integer(2.5)


def test_exits_are_noted_with_the_line_where_somebody_asks():
    x = Value(2.0)
    with noting_exits() as exits:
        math.exp(x)  # out here
        math.isnan(Value(math.nan))
    assert [(v is x, "out here" in line) for v, line in exits] == [(True, True)]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(2.5, [(">=", 2.0), ("<", 3.0)]), (-2.5, [(">", -3.0), ("<=", -2.0)]),
     (0.5, [(">", -1.0), ("<", 1.0)])],
)  # fmt: skip
def test_int_in_a_trace_holds_for_its_interval(number, expected):
    with tracing() as tape:
        assert int(Value(number)) == int(number)
    assert [(symbol, right.data) for symbol, _, right, _ in tape.comparisons] == expected
    assert set(tape.exits.values()) == {"int()"}


def test_float_in_a_trace_holds_for_the_number_and_the_sign_of_a_zero():
    with tracing() as tape:
        float(Value(2.0))
    assert [(symbol, right.data) for symbol, _, right, _ in tape.comparisons] == [("==", 2.0)]
    with tracing() as tape:
        float(Value(-0.0))
    assert [symbol for symbol, *_ in tape.comparisons] == ["==", ">"]


def test_a_comparison_of_constants_is_no_guard():
    with tracing() as tape:
        assert compare_in_context("<", constant(1), constant(2))
        assert compare_in_context("<", Value(1.0), constant(2))
    assert len(tape.comparisons) == 1


def test_stand_ins_take_the_place_of_a_parameter():
    p, stand_in = Value(1.0), Value(5.0)
    with in_place_of_numbers({id(p): stand_in}):
        assert here(p) is stand_in
        assert p.data == 5.0
    assert here(p) is p


def test_only_what_data_gave_in_this_trace_is_unwrapped():
    with tracing():
        plain = Value(2.0).data
        assert unwrapped(plain).data == 2.0
        assert unwrapped(2.0) is None
    assert unwrapped(plain) is None
