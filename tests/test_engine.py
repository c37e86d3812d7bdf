"""The engine's inner promises: operators, walks, memory, and the same messages both ways.

``test_graph`` has what a user sees first; here are the corners behind it.
"""

import gc
import math
import operator
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import Value, functions, no_grad, parameter, scope
from autograd_nn.engine import lift, record, record_dot, require, slopes_along, topological_order
from autograd_nn.ops import CODES, PRIMITIVES

FLOATS = st.floats(allow_nan=True, allow_infinity=True)


def same(a, b):
    return a == b or (a != a and b != b)


# ---- every way to write an operation records the table's row


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("add", operator.add),
        ("sub", operator.sub),
        ("mul", operator.mul),
        ("div", operator.truediv),
        ("pow", operator.pow),
        ("mod", operator.mod),
        ("floordiv", operator.floordiv),
    ],
)
@settings(max_examples=60, deadline=None)
@given(a=FLOATS, b=FLOATS)
def test_an_operator_is_its_row_on_either_side(name, written, a, b):
    row = PRIMITIVES[CODES[name]]
    y = row.scalar(a, b)
    slopes = row.partials(a, b, y)
    for node in (written(Value(a), Value(b)), written(Value(a), b), written(a, Value(b))):
        assert node.op == name
        assert same(node.data, y)
        assert all(map(same, node.partials, slopes))
        assert [x.data for x in node.operands] == pytest.approx([a, b], nan_ok=True)


@settings(max_examples=100, deadline=None)
@given(a=FLOATS, b=FLOATS)
def test_comparisons_are_those_of_the_numbers(a, b):
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        truth = compare(a, b)
        assert compare(Value(a), Value(b)) is truth
        assert compare(Value(a), b) is truth
        assert compare(a, Value(b)) is truth
    assert bool(Value(a)) is bool(a)


@pytest.mark.parametrize("row", [r for r in PRIMITIVES if r.name], ids=lambda row: row.name)
def test_record_makes_the_node_of_any_row(row):
    operands = [Value(0.3), Value(0.7)][: row.arity]
    node = record(CODES[row.name], *operands)
    assert (node.op, node.operands, node.kind) == (row.name, tuple(operands), "operation")
    assert len(node.partials) == row.arity


def test_in_place_operators_make_a_new_node():
    x = v = Value(3.0)
    v += 1
    v *= x
    v -= 2
    v /= 2
    v **= 2
    v.backward()
    assert (x.data, v.data) == (3.0, 25.0)
    assert x.grad == 2 * 5.0 * (2 * 3.0 + 1) / 2


def test_plus_v_is_v_and_minus_v_is_a_node():
    v = Value(2.0)
    assert +v is v
    assert (-v).op == "neg"


def delete_an_item(v):
    """``del v[0]`` is a statement; a parametrised case needs an expression."""
    del v[0]


@pytest.mark.parametrize(
    "unsupported",
    [
        lambda v: v % "a",
        lambda v: v // [1.0],
        lambda v: divmod(v, None),
        lambda v: v @ v,
        lambda v: v & 1,
        lambda v: ~v,
        lambda v: pow(v, 2, 3),
        lambda v: operator.add(v, [1.0]),
        lambda v: "a" * v,
        lambda v: v * 1j,
        lambda v: v[0],
        len,
        list,
        range,
        lambda v: v(),
        lambda v: v < None,
        lambda v: v.relu(1),
        lambda v: v.leaky_relu(slop=0.1),
        lambda v: v.backward(grad=1.0),
        lambda v: v.backward(1.0, 2.0),
        lambda v: Value(1.0, lable="x"),
        delete_an_item,
    ],
)
def test_what_a_value_cannot_do_is_a_type_error_in_both_engines(unsupported):
    v = Value(2.0)
    with pytest.raises(TypeError):
        unsupported(v)
    assert (v.data, v.grad, v.operands) == (2.0, 0.0, ())


@pytest.mark.parametrize("name", ["op", "operands", "partials", "kind", "scope", "_prev", "_op"])
def test_what_describes_a_node_cannot_be_set(name):
    v = Value(2.0) * 3
    before = getattr(v, name)
    with pytest.raises(AttributeError, match=name):
        setattr(v, name, before)
    with pytest.raises(AttributeError):
        delattr(v, name)
    assert getattr(v, name) == before


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("floor", math.floor),
        ("ceil", math.ceil),
        ("trunc", math.trunc),
        ("rint", round),
        ("floordiv", lambda v: divmod(v, 0.75)[0]),
        ("mod", lambda v: divmod(v, 0.75)[1]),
        ("mod", lambda v: divmod(9.0, v)[1]),
        ("floordiv", lambda v: divmod(9.0, v)[0]),
    ],
)
@pytest.mark.parametrize("x", [2.5, -2.5, 3.5, -0.25, 1e300, 5e-324])
def test_roundings_stay_in_the_graph_and_are_the_numbers_of_python(name, written, x):
    """``x - math.floor(x)`` has the slope 1: the floor is part of the graph, and flat."""
    v = Value(x)
    y = written(v)
    assert (y.op, y.data) == (name, written(x))
    assert round(v, 1) == round(x, 1)


def test_a_rounding_counts_as_the_int_that_it_is_outside_of_the_graph():
    """What plain Python gives for indexing still indexes."""
    v = Value(2.7)
    for whole in (math.floor(v), math.ceil(v) - 1, round(v) - 1, math.trunc(v), v // 1 * 1):
        if whole.op != "mul":
            assert [10, 20, 30, 40][whole] == 30
            assert list(range(whole)) == [0, 1]
        assert int(whole) == 2
    assert {2: "two"}[math.floor(v)] == "two"
    assert hash(round(v)) == hash(3)
    assert (math.floor(v) & 3, math.floor(v) | 1, 1 << math.floor(v)) == (2, 3, 4)
    with pytest.raises(TypeError, match="interpreted as an integer"):
        [1, 2, 3][v]
    with pytest.raises(TypeError, match="interpreted as an integer"):
        [1, 2, 3][Value(1)]  # a number of the user's own, which may be trained


def test_conversions_of_numbers_that_are_not_finite_fail_as_floats_do():
    for convert in (int, lambda v: math.floor(v).__index__(), lambda v: [0][round(v)]):
        for x in (math.inf, math.nan):
            with pytest.raises((OverflowError, ValueError)) as expected:
                int(x)
            with pytest.raises(expected.type):
                convert(Value(x))
    with pytest.raises(ValueError, match="format"):
        format(Value(1.0), "z!")


def test_text_of_a_value():
    v = Value(-0.5, "w")
    v.grad = math.inf
    assert repr(v) == str(v) == f"{v}" == "Value(data=-0.5, grad=inf, label='w')"
    assert (f"{v:+.2e}", f"{v:.1f}") == ("-5.00e-01", "-0.5")


def test_sorting_and_sets_keep_the_nodes():
    a, b, c = Value(3.0), Value(1.0), Value(2.0)
    assert [id(v) for v in sorted([a, b, c])] == [id(b), id(c), id(a)]
    assert max(a, b, c) is a
    twins = {Value(1.0), Value(1.0), a, a}
    assert len(twins) == 3


# ---- backward


def test_a_gradient_that_is_no_number_changes_nothing():
    x = Value(2.0)
    x.grad = 5.0
    y = x * x
    y.grad = 7.0
    for bad in ("1", None, [1.0], 1j):
        with pytest.raises(TypeError):
            y.backward(bad)
    assert (x.grad, y.grad) == (5.0, 7.0)


def test_backward_leaves_other_graphs_alone():
    x = Value(2.0)
    other = x * 5.0
    other.backward()
    x.grad = 0.0
    (x * 3.0).backward()
    assert (other.grad, x.grad) == (1.0, 3.0)


def test_backward_from_inside_a_graph_stops_at_what_is_below():
    x = Value(2.0)
    inner = x * x
    outer = inner * 10.0
    inner.backward()
    assert (x.grad, inner.grad, outer.grad) == (4.0, 1.0, 0.0)


def test_a_leaf_used_a_hundred_thousand_times():
    x = Value(0.5)
    total = Value(0.0)
    for _ in range(100_000):
        total = total + x
    total.backward()
    assert (total.data, x.grad) == (50_000.0, 100_000.0)


def test_infinite_and_missing_slopes_go_by_ieee():
    x = Value(0.0)
    x.sqrt().backward()
    assert x.grad == math.inf
    y = Value(0.0)
    (y.sqrt() * 0.0).backward()
    assert math.isnan(y.grad)


def test_slopes_along_reads_without_adding():
    x, y, unrelated = Value(2.0), Value(3.0), Value(4.0)
    x.grad = 9.0
    inner = x * y
    assert slopes_along(inner * inner, [x, y, inner, unrelated]) == [36.0, 24.0, 12.0, 0.0]
    assert (x.grad, y.grad) == (9.0, 0.0)


# ---- walks


def test_the_order_has_operands_first_each_node_once_for_all_roots():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    left, right = a * b, b + a
    root = left - right
    order = topological_order(root, right, left)
    assert [id(v) for v in order] == [id(v) for v in (a, b, left, right, root)]
    assert topological_order() == []


def test_the_order_stops_at_known_nodes():
    a = Value(1.0)
    inner = a * a
    root = inner + 1.0
    order = topological_order(root, known={id(inner): None})
    assert [v.kind for v in order] == ["constant", "operation"]
    assert order[-1] is root


def test_a_walk_inside_backward_of_another_thread_does_not_mix_up_its_counts():
    """Integers in floats add exactly, so one lost share would show."""
    shared = Value(1.0)

    def work(times):
        for _ in range(times):
            v = shared
            for _ in range(10):
                v = v + v
            topological_order(v)
            v.backward()

    threads = [threading.Thread(target=work, args=(50,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.grad == 8 * 50 * 1024.0


def test_no_grad_belongs_to_its_thread_even_when_blocks_overlap():
    inside, leave = threading.Barrier(2), threading.Barrier(2)
    kinds = {}

    def recording():
        inside.wait()
        kinds["recording"] = (Value(1.0) * 2).kind
        leave.wait()

    def silent():
        with no_grad():
            inside.wait()
            kinds["silent"] = (Value(1.0) * 2).kind
            leave.wait()

    threads = [threading.Thread(target=f) for f in (recording, silent)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds == {"recording": "operation", "silent": "constant"}
    assert (Value(1.0) * 2).kind == "operation"


# ---- memory


@pytest.mark.parametrize(
    "build",
    [
        lambda x: x * x + x,
        lambda x: functions.softmax([x, x * 2.0])[0],
        lambda x: sum([x * float(i) for i in range(50)]),
        lambda x: functions.where(x > 0, x.tanh(), 0.0),
    ],
)
def test_no_graph_makes_a_reference_cycle(build):
    build(Value(1.0)).backward()
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            build(Value(1.0)).backward()
        assert gc.collect() == 0
    finally:
        gc.enable()


# ---- what nn builds on


def test_record_dot_makes_the_nodes_of_the_written_loop():
    ws = [Value(float(i), f"w{i}") for i in range(4)]
    xs = [Value(0.5 * i - 1.0) for i in range(4)]
    bias = parameter(3.0, "b")
    with scope("outer"):
        fused = record_dot(ws, xs, bias, ("neuron",))
        written = bias
        with scope("neuron"):
            for w, x in zip(ws, xs, strict=True):
                written = written + w * x
    a, b = topological_order(fused), topological_order(written)
    assert [(v.op, v.data, v.partials, v.scope) for v in a] == [
        (v.op, v.data, v.partials, v.scope) for v in b
    ]
    assert fused.scope == ("outer", "neuron")


def test_lift_and_require():
    v = Value(1.0)
    assert lift(v) is v
    assert require(v) is v
    assert lift("a") is None
    assert (lift(2).kind, require(2).kind) == ("constant", "constant")
    with pytest.raises(TypeError, match="got str 'a'"):
        require("a")


def test_kinds_of_leaves():
    assert [v.kind for v in (Value(1.0), parameter(1.0, "w"), Value(1.0).detach())] == [
        "input",
        "parameter",
        "constant",
    ]
    p = parameter(2, "w")
    (p * p).backward()
    assert (p.data, p.grad, p.label, p.op, p.operands, p.partials) == (2.0, 4.0, "w", "", (), ())
