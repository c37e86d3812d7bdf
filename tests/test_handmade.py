"""Nodes made by hand, as teaching scripts after micrograd make them, count in ``backward()``.

Each script here is written in an idiom that such scripts share; if one fails, a learner's own
script stops with an error after its import line was changed.
"""

import copy
import gc
import math
import pickle
import random
import sys

import numpy as np
import pytest

from autograd_nn import Value, draw, grad, jit, no_grad
from autograd_nn.micrograd import MLP, Layer, Neuron


def tanh_of_the_lecture(x):
    """As the zero-to-hero lecture writes it, outside of the class."""
    t = (math.exp(2 * x.data) - 1) / (math.exp(2 * x.data) + 1)
    out = Value(t, (x,), "tanh")

    def _backward():
        x.grad += (1 - t**2) * out.grad

    out._backward = _backward
    return out


def add_of_the_lecture(a, b):
    out = Value(a.data + b.data, (a, b), "+")

    def _backward():
        a.grad += 1.0 * out.grad
        b.grad += 1.0 * out.grad

    out._backward = _backward
    return out


def test_the_lectures_neuron():
    """The neuron of the lecture, with its printed slopes."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    n = add_of_the_lecture(x1 * w1 + x2 * w2, b)
    n.label = "n"
    o = tanh_of_the_lecture(n)
    o.backward()
    assert o.data == pytest.approx(0.7071067811865476)
    assert [round(v.grad, 4) for v in (x1, w1, x2, w2)] == [-1.5, 1.0, 0.5, 0.0]
    assert (o._op, n._op, n._prev[1]) == ("tanh", "+", b)


def test_backward_by_hand_node_by_node():
    """``o.grad = 1.0; o._backward(); ...`` on made and on ordinary nodes."""
    a, b = Value(2.0), Value(-3.0)
    e = a * b
    d = e + a
    o = tanh_of_the_lecture(d)
    o.grad = 1.0
    topo, visited = [], set()

    def build_topo(v):
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(o)
    for node in reversed(topo):
        node._backward()
    slope = 1 - math.tanh(-4.0) ** 2
    assert a.grad == pytest.approx(slope * -2.0)
    assert b.grad == pytest.approx(slope * 2.0)


def test_local_slopes():
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    y = Value(30.0, (a, b, c), (15.0, 10.0, 6.0))
    one = Value(1.0, (a,), (0.5,))
    (y + one).backward()
    assert (a.grad, b.grad, c.grad) == (15.5, 10.0, 6.0)
    assert y._prev == (a, b, c)


def test_prev_is_compared_with_micrograds_sets():
    """Tests that learners write for their engine compare a node's ``_prev`` with a set."""
    x, w, b = Value(2.0), Value(2.0), Value(3.0)
    assert (x * w)._prev == {x, w}
    assert (x * w)._prev != {x}
    assert (x * w)._prev != {x, b}  # equal numbers are different nodes
    assert (x * x)._prev == {x}
    assert x._prev == set() == Value(1.0)._prev
    assert Value(1.0, (x, w, b), "+")._prev == {b, w, x}
    assert (x * w)._prev == (x, w)
    assert len({(x * w)._prev, (x * w)._prev}) == 1


def test_a_rule_reaches_more_than_two_children():
    parts = [Value(float(k)) for k in range(5)]
    total = Value(sum(p.data for p in parts), parts, "sum")

    def _backward():
        for k, p in enumerate(parts):
            p.grad += k * total.grad

    total._backward = _backward
    (total * 3).backward()
    assert [p.grad for p in parts] == [0.0, 3.0, 6.0, 9.0, 12.0]


def test_a_rule_does_not_keep_its_graph_alive():
    """A training loop with such nodes must not fill the memory."""
    a = Value(1.0)

    def references():
        gc.collect()
        return sys.getrefcount(a)

    before = references()
    for _ in range(100):
        tanh_of_the_lecture(add_of_the_lecture(a, a)).backward()
    assert references() == before


def test_attributes_of_the_users_own():
    """Momentum kept on a parameter, a mark on a visited node."""
    p = Value(1.0, label="p")
    p.m, p.velocity = 0, [0.0]
    p.m = 0.9 * p.m + 1.0
    v = p * 2
    v._vis = True
    assert (p.m, p.velocity, v._vis, p.label) == (1.0, [0.0], True, "p")
    assert not hasattr(p * 3, "m")
    del p.m
    with pytest.raises(AttributeError):
        p.m
    with pytest.raises(AttributeError):
        del p.m
    for duplicate in (copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        assert duplicate(v)._vis is True
        assert duplicate(p).velocity == [0.0]
    assert getattr(Value(2.0), "grad2", None) is None


def test_constructors_keep_labels():
    a = Value(1.0)
    assert Value(2.0, (a,), "exp", "e").label == "e"
    assert Value(2.0, (a,), "exp", label="e").label == "e"
    assert Value(2.0, (), "", "x").kind == "input"
    assert Value(2.0, _children=(a,), _op="f")._op == "f"
    assert Value(2.0, label="x").label == Value(2.0, "x").label == "x"


def test_made_nodes_are_drawn_with_their_sign():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    source = draw(Value(3.0, (a, b), "plus")).source
    assert "plus" in source
    assert "a" in source


def test_no_grad_and_the_jit():
    with no_grad():
        assert tanh_of_the_lecture(Value(1.0)).kind == "constant"
    f = jit(lambda x: tanh_of_the_lecture(x * 2.0))
    with pytest.warns(UserWarning, match="makes a node by hand"):
        f(0.3)
    for x in (0.3, -0.8):
        assert grad(f)(x) == pytest.approx(2 * (1 - math.tanh(2 * x) ** 2), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: Value(1.0, (Value(1.0),), (1.0, 2.0)), ValueError, "1 operands need as many"),
        (lambda: Value(1.0, ("a",), "+"), TypeError, "operands are a tuple of Values"),
        (lambda: Value(1.0, (Value(1.0),), 3), TypeError, "a name or a tuple of local slopes"),
        (lambda: setattr(Value(1.0), "_backward", len), AttributeError, "a leaf has no operands"),
        (lambda: setattr(Value(1.0) * 2, "_backward", 3), TypeError, "a function without"),
        (lambda: grad(grad(tanh_of_the_lecture))(1.0), TypeError, "custom_op instead"),
        (lambda: copy.deepcopy(tanh_of_the_lecture(Value(1.0))), TypeError, "custom_op instead"),
    ],
)
def test_what_cannot_be_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_micrograds_demo_prints_its_numbers():
    """The moons demo of micrograd's notebook: the numbers are those that it prints."""
    datasets = pytest.importorskip("sklearn.datasets")
    np.random.seed(1337)
    random.seed(1337)
    X, y = datasets.make_moons(n_samples=100, noise=0.1)
    y = y * 2 - 1
    model = MLP(2, [16, 16, 1])
    printed = []
    for k in range(100):
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        printed.append(total.data)
    assert printed[0] == pytest.approx(0.8958441028683222, rel=1e-12)
    assert printed[99] == pytest.approx(0.010978370135492717, rel=1e-6)


def test_micrograds_classes_draw_in_its_order():
    random.seed(5)
    expected = [random.uniform(-1, 1) for _ in range(3)]
    random.seed(5)
    assert [w.data for w in Neuron(3).w] == expected
    assert len(Layer(2, 3, nonlin=False).neurons) == 3
