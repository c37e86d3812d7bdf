"""Explanations of slopes: the arithmetic adds up to the engine's slope, and reads well."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_nn import MLP, Value, explain, scope

from .test_draw import HOSTILE


def test_a_chain_is_a_table_from_the_result_down():
    """A learner reads upstream times local slope, line by line, to the slope of the engine."""
    w, x = Value(5.0, "w"), Value(2.0, "x")
    error = w * x - 3.0
    error.label = "error"
    loss = error**2
    loss.label = "loss"
    found = explain(loss, wrt=w)
    loss.backward()
    assert found.slope == w.grad == 28.0
    (path,) = found.paths
    assert [link.edge for link in path] == ["loss -> error", "error -> w * x", "w * x -> w"]
    for link in path:
        assert link.product == link.upstream * link.slope
    assert path[-1].product == 28.0
    assert str(found).startswith("If w grows by a little, loss grows by 28 times as much")


def test_paths_add_up():
    """A value used three times has three contributions, and their sum is shown."""
    a = Value(3.0, "a")
    found = explain(a * a + a, wrt=a)
    assert found.count == len(found.paths) == 3
    assert found.sum == "3 + 3 + 1 = 7"
    assert "paths add up: 3 + 3 + 1 = 7" in str(found)


def test_many_paths_are_told_by_the_uses():
    """2^60 paths are not listed, and are not walked through one by one."""
    x = Value(1.0, "x")
    y = x
    for _ in range(60):
        y = y * y
    found = explain(y, wrt=x)
    assert not found.paths
    assert sum(link.product for link in found.uses) == found.slope == 2.0**60
    assert "more than 10^12 paths" in str(found)
    deep = x
    for _ in range(10_000):
        deep = deep.tanh()
    assert len(str(explain(deep, wrt=x)).splitlines()) < 10


def test_many_uses_are_cut_to_the_largest():
    """A bias used on a thousand rows does not fill a thousand lines; the sum is of all."""
    b = Value(0.5, "b")
    total = sum((float(i) * b for i in range(1000)), Value(0.0))
    found = explain(total, wrt=b)
    assert len(found.uses) == 1000
    assert len(str(found).splitlines()) < 25
    assert found.sum == "the sum of all 1,000 products is 499500"


def test_a_slope_of_zero_says_where_it_stops():
    """A dead relu is named, and contributions that cancel are not blamed on an edge."""
    x = Value(-1.0, "x")
    assert "relu(x) -> x is 0" in explain(x.relu() * 3, wrt=x).why_flat
    assert explain(x - x, wrt=x).why_flat == "The contributions cancel."
    zero = Value(0.0, "zero")
    assert "zero is inf" in explain(zero.sqrt() * 2.0, wrt=zero).why_flat


def test_the_same_names_in_two_neurons_are_told_apart():
    """``w0`` alone would not say whose."""
    model = MLP(2, [2, 1], seed=0)
    found = explain(model([1.0, 2.0]), wrt=model.layers[0].neurons[1].w[0])
    assert found.wrt == "layer 0 / neuron 1 / w0"


def test_additions_in_a_row_are_one_link():
    """Eight sums of one neuron, each with slope 1, would hide the two factors that matter."""
    model = MLP(9, [1], seed=0)
    (path,) = explain(model([1.0] * 9), wrt=model.layers[0].neurons[0].w[0]).paths
    assert [link.local for link in path] == ["9 additions", "x0"]
    assert len(path[0].at) == 9


@given(st.lists(st.sampled_from(["add", "mul", "sub", "tanh", "relu", "square"]), max_size=8))
def test_every_explanation_adds_up_to_the_engines_slope(ops):
    """Whatever the graph, what is shown is what ``backward`` computes."""
    x, other = Value(0.7, "x"), Value(-1.3, "other")
    y = x
    for op in ops:
        if op in ("tanh", "relu"):
            y = getattr(y, op)()
        elif op == "square":
            y = y**2
        else:
            y = {"add": y + x, "mul": y * x, "sub": other - y}[op]
    found = explain(y, wrt=x)
    y.backward()
    ends = [path[-1].product for path in found.paths] or [link.product for link in found.uses]
    assert found.slope == pytest.approx(x.grad, rel=1e-12)
    if ends:
        assert math.fsum(ends) == pytest.approx(x.grad, rel=1e-9, abs=1e-12)


def test_bad_input_is_refused():
    """The message says what is wrong with which of the two."""
    x, y = Value(1.0, "x"), Value(2.0, "y")
    with pytest.raises(ValueError, match="does not depend on y"):
        explain(x * 2, wrt=y)
    with pytest.raises(TypeError, match="wrt is a Value"):
        explain(x, wrt="x")
    with pytest.raises(TypeError, match="Value"):
        explain(3.0, wrt=x)
    assert "its slope along itself is 1" in explain(x, wrt=x).sentence


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_text(label):
    """A label is never markup, and never longer than a line."""
    with scope(label):
        x = Value(2.0, label)
        y = x * x
        z = y + 1.0
    z.label = label
    found = explain(z, wrt=x)
    shown = found._repr_html_()
    for mark in ("<script", "<b>bold", "<x>", "\x00", "\x1b", "\u202e", "<!--", "\ud800", "<<"):
        assert mark not in shown
    assert len(shown) < 25_000  # with its picture
    assert len(max(str(found).splitlines(), key=len)) < 400
    shown.encode("utf-8")


def test_the_paths_stand_out_in_the_picture():
    """What is on no path is pale; numbers are the slopes of what is explained."""
    w, x, other = Value(2.0, "w"), Value(3.0, "x"), Value(1.0, "other")
    y = w * x + other * 5.0
    found = explain(y, wrt=w)
    parts = {part.title.split(" ")[0]: part for part in found.draw().scene.parts if part.values}
    assert not parts["w"].faint
    assert parts["other"].faint
    assert "opacity" in found.draw().pipe(encoding="utf-8")
    assert "opacity" in found._repr_html_()
    assert (w.grad, y.grad) == (0.0, 0.0)


def test_a_large_graph_is_explained_without_its_picture():
    """Thousands of boxes would bury the table."""
    model = MLP(2, [16, 16, 1], seed=0)
    found = explain(model([1.0, 2.0]), wrt=model.layers[1].neurons[3].w[0])
    assert "<svg" not in found._repr_html_()
    assert found.draw().scene.view == "layers"
