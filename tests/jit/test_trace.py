"""The trace: which expressions are one, what is refused, and how it prints."""

import math

import pytest

from autograd_nn import Value
from autograd_nn.jit import TraceError
from autograd_nn.jit.capture.trace import Record, join
from autograd_nn.recording import tracing
from autograd_nn.state import this_thread


def record(f, *numbers):
    inputs = [Value(x) for x in numbers]
    with tracing() as tape:
        result = f(*inputs)
        left = this_thread().exits
    results = list(result) if isinstance(result, (list, tuple)) else [result]
    return Record(tape, inputs, results, left, {})


def trace_of(f, *numbers, order=()):
    return join(record(f, *numbers), list(order))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda x, y: x * x, lambda x, y: x**2),
        (lambda x, y: x + y, lambda x, y: y + x),
        (lambda x, y: x * y, lambda x, y: y * x),
        (lambda x, y: sum([x, y]), lambda x, y: 0.0 + x + y),
        (lambda x, y: x.maximum(0.5), lambda x, y: x.maximum(0.5)),
    ],
)
def test_spellings_that_mean_the_same_are_one_equation(one, other):
    """What is computed twice in the user's loops is computed once."""
    trace = trace_of(lambda x, y: [one(x, y), other(x, y)], 3.0, 5.0)
    assert trace.roots[0] == trace.roots[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda x, y: x, lambda x, y: x + 0),
        (lambda x, y: x, lambda x, y: 1 * x),
        (lambda x, y: x, lambda x, y: x - 0.0),
        (lambda x, y: x * 0.25, lambda x, y: x / 4),
        (lambda x, y: x * 0.25, lambda x, y: 0.25 * x),
        (lambda x, y: x - 3.0, lambda x, y: x - 3.0),
    ],
)
def test_what_is_done_with_numbers_does_not_depend_on_them(one, other):
    """They may be data: a row with a 0, a 1 or a number twice is computed as other rows are."""
    trace = trace_of(lambda x, y: [one(x, y), other(x, y)], 3.0, 5.0)
    assert trace.roots[0] != trace.roots[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda x, y: x - y, lambda x, y: y - x),
        (lambda x, y: x / y, lambda x, y: y / x),
        (lambda x, y: x / 0.0, lambda x, y: x * 0.0),
        (lambda x, y: x * 0.0, lambda x, y: x * -0.0),
        (lambda x, y: x**3, lambda x, y: x**3.5),
        (lambda x, y: x.maximum(y), lambda x, y: x.minimum(y)),
        (lambda x, y: x.detach(), lambda x, y: x),
    ],
)
def test_other_meanings_stay_apart(one, other):
    trace = trace_of(lambda x, y: [one(x, y), other(x, y)], 3.0, 3.0)
    assert trace.roots[0] != trace.roots[1]


def test_equal_numbers_are_still_two_inputs():
    trace = trace_of(lambda x, y: [x * x, x * y], 3.0, 3.0)
    assert trace.roots[0] != trace.roots[1]
    assert trace.recorded == 2


def test_captured_leaves_are_numbered_in_the_order_asked_for():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    trace = trace_of(lambda x: x * c + b * a, 5.0, order=[a, b, c])
    assert [v.data for v in trace.captured] == [1.0, 2.0, 3.0]
    trace = trace_of(lambda x: x * c + b * a, 5.0)
    assert [v.data for v in trace.captured] == [3.0, 2.0, 1.0]  # of first use


def test_it_prints_as_equations():
    trace = trace_of(lambda x: (2 * x).tanh() * x, 3.0)
    assert str(trace).splitlines() == [
        "v1 = 2.0",
        "v2 = mul(v1, v0)",
        "v3 = tanh(v2)",
        "v4 = mul(v3, v0)",
    ]


def test_comparisons_become_guards_by_node_number():
    trace = trace_of(lambda x, y: x if x * 2 > y else y, 3.0, 5.0)
    (guard,) = trace.guards
    assert (guard.symbol, guard.right, guard.outcome) == (">", 1, True)
    assert guard.left == trace.leaves


def test_a_node_from_outside_is_named():
    outside = Value(2.0).exp()
    with pytest.raises(TraceError, match="'exp' outside this function"):
        trace_of(lambda x: x * outside, 1.0)


def test_an_argument_of_another_recording_is_named():
    kept = record(lambda x: x + 1, 2.0).inputs[0]
    with pytest.raises(TraceError, match="an argument of another jitted function"):
        trace_of(lambda x: x * kept, 1.0)


def test_how_a_number_left_the_graph_is_noted_on_its_guard():
    """What the warning about paths that keep changing names."""

    def f(x, y):
        return x * float(y) if int(x) < 5 else y

    trace = trace_of(f, 3.5, 2.0)
    assert [(g.symbol, g.outcome, g.how) for g in trace.guards] == [
        (">=", True, "int()"),
        ("<", True, "int()"),
        ("==", True, "float()"),
    ]
    assert list(trace.left) == [1]
    assert "float(y)" in trace.left[1]


def test_what_left_the_graph_is_told_by_its_leaves():
    """Also where it was computed, closed over, or chosen by max; not where it was detached."""
    held, other = Value(3.0), Value(4.0)

    def f(x, y, z):
        return z * float(max(x * held, x)) + float(y.detach() * other) * other

    trace = trace_of(f, 1.5, 2.0, 5.0)
    leaves = [*"xyz", *(f"held {v.data}" for v in trace.captured)]
    assert {leaves[leaf] for leaf in trace.left} == {"x", "held 3.0", "held 4.0"}
    assert all("float(" in line for line in trace.left.values())


def test_the_numbers_of_all_nodes_or_none_where_a_guard_fails():
    """What a path is tried by before anything is compiled."""
    trace = trace_of(lambda x, y: x if x * 2 > y else y, 3.0, 5.0)
    assert trace.numbers([2.6, 5.0], []) == [2.6, 5.0, 2.0, 5.2]
    assert trace.numbers([2.5, 5.0], []) is None
    assert trace.numbers([math.nan, 5.0], []) is None
    held = Value(7.0)
    trace = trace_of(lambda x: x if held.exp() < x else x * 2, 3.0)
    assert trace.numbers([3.0], [7.0])[trace.roots[0]] == 6.0
    assert trace.numbers([3.0], [1.0]) is None


def test_only_what_a_guard_or_a_result_needs_is_computed():
    def f(x):
        x.exp().sinh()
        return x * 3

    trace = trace_of(f, 2.0)
    assert trace.numbers([2.0], [])[trace.roots[0]] == 6.0
    unneeded = [k for k in range(trace.leaves, len(trace.codes)) if k not in trace.roots]
    assert [trace.numbers([2.0], [])[k] for k in unneeded] == [0.0, 0.0]


def test_the_slopes_along_all_leaves():
    held = Value(7.0)
    trace = trace_of(lambda x, y, z: (x * y + x.exp()) * held - y.detach(), 2.0, 3.0, 5.0)
    values = trace.numbers([1.0, 4.0, 9.0], [7.0])
    assert trace.adjoints(values) == pytest.approx([7 * (4 + math.e), 7.0, 0.0, 4 + math.e])
    constant = trace_of(lambda x: Value(2.0) * 1.0, 1.0)
    assert constant.adjoints(constant.numbers([1.0], [2.0]))[0] == 0.0


def test_plain_numbers_keep_a_place_each():
    """Two numbers of a data set are two, though they be equal."""
    trace = trace_of(lambda x: [x * v for v in (0.0, 1.0, 1.0, 0.0)], 2.0)
    assert trace.constants == [0.0, 1.0, 1.0, 0.0]
    assert len(set(trace.roots)) == 4


def test_the_sign_of_a_zero_is_kept():
    """``x + 0.0`` is 0.0 at -0.0, and ``1 / (x + 0.0)`` inf, not -inf."""
    trace = trace_of(lambda x: x + 0.0, -0.0)
    assert math.copysign(1.0, trace.numbers([-0.0], [])[trace.roots[0]]) == 1.0


def test_a_walk_over_the_graph_in_between_does_not_matter():
    """Recording marks no node before it is read, so a backward() in the function is harmless."""

    def f(x):
        y = x * x
        y.backward()
        return y * x

    trace = trace_of(f, 2.0)
    assert [trace.codes.count(code) for code in set(trace.codes[trace.leaves :])] == [2]


def test_a_million_operations_in_a_chain_need_no_recursion():
    def chain(x):
        for _ in range(1_000_000):
            x = x * 0.5 + x
        return x

    trace = trace_of(chain, 1.0)
    assert trace.recorded == 2_000_000
