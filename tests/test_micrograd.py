"""Scripts written for micrograd run after changing their import lines.

The numbers were printed by micrograd 0.1.0 itself.
"""

import random

import graphviz
import pytest
from micrograd import nn

from autograd_nn import micrograd
from autograd_nn.engine import Value
from autograd_nn.nn import MLP


def test_the_example_of_micrograds_readme():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def trace(root):
    """The widely copied function, as it stands in micrograd's notebook."""
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def draw_dot(root, format="svg", rankdir="LR"):
    nodes, edges = trace(root)
    dot = graphviz.Digraph(format=format, graph_attr={"rankdir": rankdir})
    for n in nodes:
        dot.node(
            name=str(id(n)),
            label=f"{{ {n.label} | data {n.data:.4f} | grad {n.grad:.4f} }}",
            shape="record",
        )
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)
    return dot


def test_the_copied_draw_dot_works():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = (a * b).relu()
    dot = draw_dot(c)
    assert dot.source.count("shape=record") == 4
    assert 'label="*"' in dot.source
    assert "label=relu" in dot.source
    assert "a | data 2.0000" in dot.source


@pytest.mark.parametrize("name", ["_prev", "_op"])
def test_the_aliases_are_read_only(name):
    with pytest.raises(AttributeError):
        setattr(Value(1.0), name, ())


def test_micrograds_training_loop():
    random.seed(1337)
    model = MLP(2, [8, 1], init="uniform")
    xs, ys = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [1.0, -1.0, 1.0]
    history = []
    for k in range(20):
        scores = list(map(model, xs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(ys, scores, strict=False)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total = data_loss + reg_loss
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (0.3 - 0.01 * k) * p.grad
        history.append(total.data)
    assert history[-1] < 0.1 * history[0]


def test_the_weights_and_slopes_are_micrograds():
    """Number for number, beside micrograd itself."""
    random.seed(3)
    theirs = nn.MLP(2, [4, 1])
    random.seed(3)
    ours = MLP(2, [4, 1], init="uniform")
    assert repr(micrograd.MLP(2, [4, 1])) == repr(theirs)
    for model in (ours, theirs):
        (model([0.5, -0.3]) ** 2).backward()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.data == q.data
        assert p.grad == pytest.approx(q.grad, rel=1e-12)
