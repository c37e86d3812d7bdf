"""Blocks: they nest, end with errors, decorate functions, and a trace sees everything."""

import threading

import pytest

from autograd_nn import MLP, Value, detect_anomaly, functions, no_grad, scope
from autograd_nn.recording import tracing
from autograd_nn.state import this_thread


def state():
    context = this_thread()
    return context.recording, context.scope, context.trace, context.anomalies


@pytest.mark.parametrize("block", [no_grad, detect_anomaly, lambda: scope("s"), tracing])
def test_a_block_leaves_nothing_behind(block):
    before = state()
    with block(), block():
        assert state() != before
    assert state() == before
    with pytest.raises(KeyError), block():
        raise KeyError
    assert state() == before


def test_blocks_decorate_functions():
    @no_grad()
    def silent(x):
        return x * 2

    @scope("part")
    def named(x):
        return x * 2

    for _ in range(2):  # a decorator is used again and again
        assert silent(Value(1.0)).kind == "constant"
        assert named(Value(1.0)).scope == ("part",)


def test_no_grad_inside_no_grad_ends_one_at_a_time():
    x = Value(1.0)
    with no_grad():
        with no_grad():
            pass
        assert (x * 2).kind == "constant"
    assert (x * 2).kind == "operation"


def test_no_grad_keeps_no_graph_alive():
    model = MLP(2, [3, 1], seed=0)
    with no_grad():
        y = model([1.0, 2.0])
    assert y.operands == ()
    assert y.data == model([1.0, 2.0]).data
    with pytest.raises(RuntimeError, match="no operation was recorded"):
        y.backward()


def test_leaves_made_under_no_grad_are_leaves_still():
    with no_grad():
        x = Value(2.0, "x")
    (x * x).backward()
    assert (x.kind, x.grad) == ("input", 4.0)


def test_scope_nests_around_a_model_and_names_only_what_is_made_inside():
    x = Value(1.0)
    with scope("outer"):
        y = x + 1
        with scope("inner"):
            z = y + 1
        out = MLP(1, [1], seed=0)([y])
    assert (x.scope, y.scope, z.scope) == ((), ("outer",), ("outer", "inner"))
    assert out.scope[0] == "outer"
    assert len(out.scope) > 1


@pytest.mark.parametrize("bad", [None, 3, b"s", ["s"]])
def test_a_scope_without_a_name_is_refused_before_anything_opens(bad):
    before = state()
    with pytest.raises(TypeError, match="a scope's name is a str, got"), scope(bad):
        pass
    assert state() == before


def test_a_trace_lists_nodes_and_comparisons_in_the_order_of_the_program():
    x, y = Value(2.0), Value(5.0)
    with tracing() as trace:
        z = x * y
        outcome = z > 3
        w = functions.where(x == y, x, z.tanh())
    compared, equality = trace.comparisons
    assert list(map(id, trace.nodes)) == [id(z), id(w)]
    symbol, left, right, recorded = compared
    assert left is z
    assert (symbol, right.data, right.kind, recorded) == (">", 3.0, "constant", outcome)
    assert (equality[0], equality[1], equality[3]) == ("==", x, False)


def test_a_trace_sees_every_kind_of_comparison_and_the_truth_of_a_value():
    x = Value(2.0)
    with tracing() as trace:
        outcomes = [x < 1, x <= 2, x > 1, x >= 3, x == 2, x != 2, bool(x), max(x, 0) is x]
    seen = trace.comparisons
    assert [entry[0] for entry in seen] == ["<", "<=", ">", ">=", "==", "!=", "!=", "<"]
    assert [entry[3] for entry in seen[:7]] == outcomes[:7]


def test_detach_and_no_grad_in_a_trace_are_operations_of_slope_zero():
    """A constant in a trace would freeze the number of the first run."""
    x = Value(3.0)
    with tracing() as trace:
        a = x.detach()
        with no_grad():
            b = x * x
    assert (a.op, a.partials, b.op, b.partials) == ("detach", (0.0,), "detach", (0.0,))
    assert [node.op for node in trace.nodes] == ["detach", "mul", "detach"]
    (x * a + b).backward()
    assert x.grad == 3.0


def test_a_trace_belongs_to_its_thread():
    with tracing() as trace:
        worker = threading.Thread(target=lambda: Value(1.0) + 1)
        worker.start()
        worker.join()
    assert trace.nodes == []


def test_an_inner_trace_takes_its_nodes_from_the_outer_one():
    x = Value(1.0)
    with tracing() as outer:
        a = x + 1
        with tracing() as inner:
            b = x + 2
        c = x + 3
    assert [id(v) for v in inner.nodes] == [id(b)]
    assert [id(v) for v in outer.nodes] == [id(a), id(c)]
