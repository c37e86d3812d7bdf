"""The graph and its walk: shared nodes, depth, copies, threads, contexts, and bad input."""

import copy
import gc
import pickle
import sys
import threading
import weakref
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from autograd_nn import AnomalyError, Value, detect_anomaly, engine_is_compiled, no_grad, scope
from autograd_nn.engine import topological_order

MILLION = 1_000_000


def chain(x, length):
    v = x
    for _ in range(length // 2):
        v = v * x + 1e-9
    return v


# ---- slopes through shared nodes


def test_a_node_used_twice_by_one_operation_has_two_edges():
    x = Value(3.0)
    y = x * x
    y.backward()
    assert y.operands == (x, x)
    assert x.grad == 6.0


def test_equal_numbers_are_different_nodes():
    a, b = Value(2.0), Value(2.0)
    (a * b + a).backward()
    assert (a.grad, b.grad) == (3.0, 2.0)
    assert a == b
    assert hash(a) != hash(b)


def test_a_diamond_of_depth_60_takes_60_steps_not_two_to_the_60():
    x = Value(1.0)
    v = x
    for _ in range(60):
        v = v + v
    v.backward()
    assert x.grad == 2.0**60


def test_backward_twice_doubles_the_leaves_and_resets_the_inside():
    a, b = Value(0.1), Value(0.7)
    inner = a * b
    y = inner * inner + a
    y.backward()
    once = a.grad, b.grad, inner.grad
    y.backward()
    assert (a.grad, b.grad, inner.grad) == (2 * once[0], 2 * once[1], once[2])


def test_two_losses_that_share_a_node_add_up_at_the_leaves():
    x = Value(2.0)
    shared = x * 3.0
    (shared * 2.0).backward()
    (shared * shared).backward()
    assert x.grad == 6.0 + 2 * 6.0 * 3.0
    assert shared.grad == 12.0


def test_setting_data_later_leaves_the_slopes_of_the_forward_pass():
    x, y = Value(2.0), Value(5.0)
    z = x * y
    x.data, y.data = 100.0, 200.0
    z.backward()
    assert (x.grad, y.grad) == (5.0, 2.0)


def test_a_sum_of_many_terms():
    xs = [Value(float(i)) for i in range(100_000)]
    total = sum(xs)
    total.backward()
    assert total.data == 99_999 * 50_000
    assert all(x.grad == 1.0 for x in xs)


def test_backward_takes_a_gradient_to_start_from():
    x = Value(2.0)
    (x * x).backward(gradient=0.5)
    assert x.grad == 2.0


def test_backward_on_a_leaf_is_the_slope_of_itself():
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0


# ---- depth, memory, copies


def test_a_chain_of_a_million_builds_runs_back_copies_pickles_and_is_freed():
    x = Value(1.0000001)
    v = chain(x, MILLION)
    v.backward()
    slope = x.grad
    twin = copy.deepcopy(v)
    loaded = pickle.loads(pickle.dumps(v))
    assert v.data == twin.data == loaded.data
    leaf = topological_order(twin)[0]
    assert leaf is not x
    leaf.grad = 0.0
    twin.backward()
    assert leaf.grad == slope
    assert x.grad == slope
    del v, twin, loaded, leaf


def test_a_graph_is_freed_at_once_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        before = sys.getrefcount(x)
        v = chain(x, 1000)
        v.backward()
        del v
        assert sys.getrefcount(x) == before
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_deepcopy_keeps_what_is_shared():
    x = Value(2.0, label="x")
    a = x * 3.0
    b = a + x
    x2, a2, b2 = copy.deepcopy([x, a, b])
    assert b2.operands == (a2, x2)
    assert b2.operands[0] is a2
    assert a2.operands[0] is x2
    assert x2.label == "x"
    b2.backward()
    assert (x.grad, x2.grad) == (0.0, 4.0)


def test_copy_is_a_node_of_its_own_on_the_same_operands():
    x = Value(2.0)
    y = x * x
    z = copy.copy(y)
    assert z is not y
    assert z.operands == (x, x)
    z.backward()
    assert x.grad == 4.0


def test_pickle_keeps_labels_slopes_kinds_and_shared_leaves():
    x = Value(2.0, label="x")
    with scope("part"):
        y = x * 3.0
    y.label = "y"
    y.backward()
    x2, y2 = pickle.loads(pickle.dumps([x, y]))
    assert y2.operands[0] is x2
    assert (y2.label, y2.op, y2.scope, y2.grad) == ("y", "mul", ("part",), 1.0)
    assert (x2.grad, y2.operands[1].kind) == (3.0, "constant")


# ---- contexts


def test_no_grad_gives_constants_only_inside_the_block_and_only_in_this_thread():
    x, seen = Value(2.0), []
    with no_grad():
        y = x * x
        worker = threading.Thread(target=lambda: seen.append((x * x).kind))
        worker.start()
        worker.join()
    assert (y.kind, y.operands, seen) == ("constant", (), ["operation"])
    assert (x * x).kind == "operation"


def test_no_grad_ends_with_an_error_too():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (Value(1.0) + 1).kind == "operation"


def test_detach_stops_the_slope():
    x = Value(3.0)
    (x * x.detach()).backward()
    assert x.grad == 3.0


def test_detect_anomaly_names_operation_operands_and_line():
    x = Value(0.0, label="width")
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        x.log()  # this very line
    assert (caught.value.op, caught.value.phase) == ("log", "forward")
    assert caught.value.operands == [("width", 0.0)]
    assert "this very line" in caught.value.line
    assert "log(width = 0.0) gave -inf" in str(caught.value)


def test_detect_anomaly_sees_the_way_back_and_leaves_slopes_as_they_were():
    x = Value(0.0)
    x.grad = 7.0
    with detect_anomaly():
        y = x.sqrt()  # made here
        with pytest.raises(AnomalyError, match="passes back the slope inf") as caught:
            y.backward()
    assert "made here" in caught.value.line
    assert x.grad == 7.0
    assert pickle.loads(pickle.dumps(caught.value)).op == "sqrt"


def test_scopes_nest():
    with scope("a"), scope("b"):
        v = Value(1.0) + 1
    assert v.scope == ("a", "b")
    assert (Value(1.0) + 1).scope == ()


def test_threads_may_share_parameters():
    w = Value(1.0)

    def work():
        for _ in range(200):
            (chain(w, 20) * 1.0).backward()

    w.grad = 0.0
    chain(w, 20).backward()
    one = w.grad
    w.grad = 0.0
    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert w.grad == pytest.approx(800 * one, rel=1e-9)


# ---- a Value as a number


def test_numbers_of_every_kind_are_let_in():
    given = [
        2,
        True,
        2.5,
        np.float32(0.5),
        np.int64(3),
        np.array(4.0),
        Fraction(1, 4),
        Decimal("0.5"),
    ]
    for x in given:
        assert Value(x).data == float(x)
        assert type(Value(x).data) is float
        assert (Value(2.0) * x).data == 2.0 * float(x)
        assert (x * Value(2.0)).data == 2.0 * float(x)


def test_conversions_and_comparisons():
    v = Value(2.75)
    assert (float(v), int(v), round(v), round(v, 1), f"{v:.1f}") == (2.75, 2, 3, 2.8, "2.8")
    assert v > 2
    assert v >= Value(2.75)
    assert v < np.float64(3)
    assert v != 2
    assert bool(v)
    assert not Value(0.0)
    assert v != "2.75"
    assert repr(Value(1.0, label="a")) == "Value(data=1.0, grad=0.0, label='a')"


@pytest.mark.parametrize(
    ("bad", "kind", "message"),
    [
        (lambda: Value("1"), TypeError, r"got str '1'. Convert text"),
        (lambda: Value(None), TypeError, "got NoneType None"),
        (lambda: Value(b"1"), TypeError, "got bytes"),
        (lambda: Value(1j), TypeError, "use its .real or .imag"),
        (lambda: Value([1.0]), TypeError, "one Value per element"),
        (lambda: Value(Value(1.0)), TypeError, "a graph node already"),
        (lambda: Value(10**400), OverflowError, "an int of 1329 bits is too large"),
        (lambda: Value(1.0, label=5), TypeError, "a label is a str, got int 5"),
        (Value, TypeError, "data"),
        (lambda: Value(1.0) + "a", TypeError, r"for \+: 'Value' and 'str'"),
        (lambda: Value(1.0) < "a", TypeError, "not supported between"),
        (lambda: Value(1.0) ** None, TypeError, r"unsupported operand type\(s\) for \*\*"),
        (lambda: Value(1.0).maximum("a"), TypeError, "got str 'a'"),
        (lambda: Value(1.0).backward("a"), TypeError, "got str 'a'"),
        (lambda: Value(1.0).gard, AttributeError, "no attribute 'gard'"),
        (lambda: setattr(Value(1.0), "data", "x"), TypeError, "got str 'x'"),
        (lambda: setattr(Value(1.0), "label", 3), TypeError, "a label is a str"),
        (lambda: delattr(Value(1.0), "data"), AttributeError, "deleter"),
        (lambda: type("Mine", (Value,), {}), TypeError, "cannot be subclassed"),
        (lambda: weakref.ref(Value(1.0)), TypeError, "weak reference to 'Value'"),
        (lambda: Value(1.0).detach().backward(), RuntimeError, "no operation was recorded"),
        (lambda: int(Value(float("nan"))), ValueError, "NaN"),
        (lambda: scope(3).__enter__(), TypeError, "a scope's name is a str"),
    ],
)
def test_bad_input_gets_a_clear_error(bad, kind, message):
    """The same in the compiled and in the plain engine."""
    with pytest.raises(kind, match=message):
        bad()


@pytest.mark.skipif(not engine_is_compiled(), reason="plain Python has no hook for it at no cost")
@pytest.mark.parametrize("slip", ["gard", "dtaa", "lable"])
def test_a_slip_of_the_keyboard_is_no_attribute_of_the_users_own(slip):
    with pytest.raises(AttributeError, match=f"no attribute '{slip}'; did you mean"):
        setattr(Value(1.0), slip, 1.0)


def test_a_grad_of_none_is_zero_as_with_pytorchs_zero_grad():
    x = Value(3.0)
    (x * x).backward()
    x.grad = None
    assert x.grad == 0.0


def test_bad_input_changes_nothing():
    x = Value(1.0, label="x")
    x.grad = 2.0
    for name, bad in [("data", "a"), ("grad", "a"), ("label", 1)]:
        with pytest.raises(TypeError):
            setattr(x, name, bad)
    assert (x.data, x.grad, x.label) == (1.0, 2.0, "x")


def test_backward_inside_no_grad_is_refused():
    y = Value(1.0) * 2
    with no_grad(), pytest.raises(RuntimeError, match="inside no_grad"):
        y.backward()


def test_keywords_work_in_both_engines():
    v = Value(label="a", data=2)
    assert (v.label, v.data) == ("a", 2.0)
    (v * v).backward(gradient=3)
    assert v.grad == 12.0


# ---- NumPy


def test_the_tutorials_lines_run_on_arrays_of_values():
    v = np.array([Value(2.0), Value(4.0)])
    x = np.array([3, 5])
    total = (x * v).sum()
    assert isinstance(total, Value)
    total.backward()
    assert [w.grad for w in v] == [3.0, 5.0]
    assert (v @ x).data == np.dot(x, v).data == 26.0
    assert v.mean().data == 3.0
    assert np.exp(v)[0].data == np.exp(2.0)
    assert np.maximum(v, 3)[1] is v[1]
    assert max(Value(-1.0), 0) == 0


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2), np.array(2.0)])
def test_numpy_scalars_on_either_side_give_a_value(scalar):
    v = Value(3.0)
    for result, expected in [
        (scalar * v, 6.0),
        (v * scalar, 6.0),
        (scalar - v, -1.0),
        (scalar / v, 2 / 3),
        (scalar**v, 8.0),
    ]:
        assert isinstance(result, Value)
        assert result.data == pytest.approx(expected)


def test_an_array_and_a_value_give_the_same_array_from_both_sides():
    v, a = Value(3.0), np.array([1.0, 2.0])
    assert [x.data for x in a * v] == [x.data for x in v * a] == [3.0, 6.0]
    assert [x.data for x in a - v] == [-2.0, -1.0]
    assert list(v > a) == [True, True]
    assert np.exp(v).data == np.exp(3.0)
