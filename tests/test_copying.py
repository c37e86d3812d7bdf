"""Copies and pickles of graphs: same numbers, same sharing, nothing in common with the original."""

import copy
import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_nn import MLP, Value, functions, parameter, scope
from autograd_nn.engine import topological_order


def by_deepcopy(x):
    return copy.deepcopy(x)


def by_pickle(x):
    return pickle.loads(pickle.dumps(x))


BOTH = pytest.mark.parametrize("duplicate", [by_deepcopy, by_pickle])


def described(root):
    """Everything a node shows, with operands by their position in the order."""
    order = topological_order(root)
    place = {id(v): k for k, v in enumerate(order)}
    return [
        (
            v.op,
            v.data,
            v.grad,
            v.label,
            v.kind,
            v.scope,
            v.partials,
            [place[id(x)] for x in v.operands],
        )
        for v in order
    ]


def build(steps):
    nodes = [Value(0.5, "x"), parameter(1.5, "w"), Value(2.0).detach()]
    for k, (name, i, j) in enumerate(steps):
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        with scope(f"step {k % 3}"):
            made = {
                "add": lambda a=a, b=b: a + b,
                "mul": lambda a=a, b=b: a * b,
                "tanh": lambda a=a: a.tanh(),
                "max": lambda a=a, b=b: functions.maximum(a, b),
                "constant": lambda a=a: a - 0.25,
            }[name]()
        made.label = "" if k % 2 else f"v{k}"
        nodes.append(made)
    return nodes[-1]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "mul", "tanh", "max", "constant"]),
        st.integers(0, 40),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=15,
)


@BOTH
@given(STEPS)
def test_a_random_graph_is_copied_field_by_field_with_its_sharing(duplicate, steps):
    root = build(steps)
    if root.kind == "operation":
        root.backward()
    twin = duplicate(root)
    assert described(twin) == described(root)
    assert not {id(v) for v in topological_order(root)} & {id(v) for v in topological_order(twin)}


@BOTH
def test_a_copy_has_slopes_of_its_own(duplicate):
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    twin = duplicate(y)
    leaf = twin.operands[0]
    twin.backward()
    assert (x.grad, leaf.grad) == (6.0, 12.0)
    leaf.data = 100.0
    assert x.data == 3.0


@BOTH
def test_leaves_that_two_roots_share_stay_shared(duplicate):
    x = Value(2.0, "x")
    a, b = x * 3.0, x * x
    x2, a2, b2 = duplicate((x, a, b))
    assert a2.operands[0] is x2
    assert b2.operands == (x2, x2)
    (a2 + b2).backward()
    assert (x2.grad, x.grad) == (7.0, 0.0)


@BOTH
def test_special_numbers_survive(duplicate):
    for x in (0.0, -0.0, float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308):
        node = duplicate(Value(x) * 1.0)
        assert (node.data, str(node.data)) == (x, str(x))
    nan = duplicate(Value(float("nan")) * 1.0)
    assert nan.data != nan.data


@BOTH
def test_a_network_is_copied_and_works(duplicate):
    model = MLP(2, [3, 1], seed=0)
    twin = duplicate(model)
    assert twin([0.5, -1.0]).data == model([0.5, -1.0]).data
    assert [p.label for p in twin.parameters()] == [p.label for p in model.parameters()]
    assert [name for name, _ in twin.named_parameters()] == [
        name for name, _ in model.named_parameters()
    ]
    twin([0.5, -1.0]).backward()
    assert any(p.grad for p in twin.parameters())
    assert not any(p.grad for p in model.parameters())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle(protocol):
    x = Value(2.0, "x")
    root = (x * x + 1.0).tanh()
    assert described(pickle.loads(pickle.dumps(root, protocol))) == described(root)


def test_a_pickle_is_small():
    """A graph is stored as columns of numbers, not as one object per node."""
    x = Value(1.0)
    v = x
    for _ in range(10_000):
        v = v * x
    assert len(pickle.dumps(v)) / 10_000 < 80


def test_copy_shares_operands_and_repeats_every_field():
    x = Value(2.0, "x")
    with scope("part"):
        y = x * 3.0
    y.label = "y"
    y.backward()
    twin = copy.copy(y)
    assert twin is not y
    assert described(twin) == described(y)
    assert twin.operands[0] is x
    leaf = copy.copy(x)
    assert (leaf.data, leaf.grad, leaf.label, leaf.kind) == (2.0, 3.0, "x", "input")


def test_deepcopy_of_wide_and_deep_shared_graphs_is_linear():
    """Forty doublings: without sharing there would be two to the forty nodes."""
    v = Value(1.0)
    for _ in range(40):
        v = v + v
    for twin in (by_deepcopy(v), by_pickle(v)):
        assert len(topological_order(twin)) == 41
        twin.backward()
        assert topological_order(twin)[0].grad == 2.0**40


def test_copies_in_threads_while_others_run_backward():
    x = Value(1.0)
    v = x
    for _ in range(300):
        v = v * 1.0 + x
    expected, found = v.data, []

    def work():
        for _ in range(10):
            v.backward()
            found.append(by_deepcopy(v).data)
            found.append(by_pickle(v).data)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 80
    assert x.grad == 40 * 301.0
