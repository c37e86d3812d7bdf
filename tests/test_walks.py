"""Walks and copies: a node visited twice or out of order would give wrong slopes and pictures."""

import copy
import math
import pickle
import random

import pytest

from autograd_nn import Value, no_grad
from autograd_nn.engine import constant
from autograd_nn.walks import chosen_operands, copied, copy_below, flatten, graph_from
from autograd_nn.walks import topological_order as order_of


def random_graph(seed, size=60):
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(0.5, 1.5), f"x{k}") for k in range(4)]
    for _ in range(size):
        a, b = rng.choice(nodes), rng.choice(nodes)
        nodes.append(rng.choice([lambda a, b: a + b, lambda a, b: a * b * 0.5])(a, b).tanh())
    return nodes


@pytest.mark.parametrize("seed", range(20))
def test_every_node_once_operands_first(seed):
    roots = random_graph(seed)[-3:]
    order = order_of(*roots)
    place = {id(v): k for k, v in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[id(x)] < place[id(v)] for v in order for x in v.operands)
    below, stack = set(), list(roots)
    while stack:
        v = stack.pop()
        if id(v) not in below:
            below.add(id(v))
            stack += v.operands
    assert below == set(place)


def test_leftmost_first():
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    assert [v.label for v in order_of((a * b) + (b * c)) if v.label] == ["a", "b", "c"]


def test_a_walk_stops_at_what_is_known():
    x = Value(1.0)
    y = x * 2
    z = y + x
    assert order_of(z, known={id(y): None}) == [x, z]
    assert order_of(z, known={id(z): None}) == []


def test_walks_do_not_disturb_each_other():
    v = random_graph(3)[-1]
    first = order_of(v)
    v.backward()
    assert list(map(id, order_of(v))) == list(map(id, first))


def test_a_deep_graph_is_walked_and_copied():
    v = x = Value(1.0)
    for _ in range(100_000):
        v = v + x
    assert len(order_of(v)) == 100_001
    assert copy.deepcopy(v).data == v.data


def test_pythons_choice_has_one_operand():
    a, b = Value(2.0), Value(3.0)
    assert chosen_operands(a.first_max(b)) == (b,)
    assert chosen_operands(a.first_min(b)) == (a,)
    assert chosen_operands(a.maximum(b)) == (a, b)


@pytest.mark.parametrize("seed", range(5))
def test_a_flattened_graph_comes_back(seed):
    root = random_graph(seed)[-1]
    root.backward()
    twin = graph_from(*flatten(root))
    pairs = list(zip(order_of(root), order_of(twin), strict=True))
    for a, b in pairs:
        assert (a.op, a.data, a.grad, a.partials, a.label) == (
            b.op, b.data, b.grad, b.partials, b.label,
        )  # fmt: skip
        assert (a is b) == (not a.operands)  # the leaves are left to pickle


def test_a_copy_has_operands_of_its_own_where_they_are_given():
    a, b = Value(2.0), Value(3.0)
    y = a * b
    y.backward()
    twin = copied(y, b, a)
    assert (twin.op, twin.operands, twin.partials, twin.grad) == ("mul", (b, a), (3.0, 2.0), 1.0)
    memo = {id(a): b}
    assert copy_below(y, memo).operands == (b, memo[id(b)])


@pytest.mark.parametrize(
    "through", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_a_whole_number_stays_one_in_a_copy(through):
    with no_grad():
        n = constant(3) + 1
    assert list(range(through(n))) == [0, 1, 2, 3]
    assert list(range(through(constant(3)))) == [0, 1, 2]
    assert math.isclose(through(Value(0.5)).data, 0.5)
