"""A step-through page computes: sliders, fields and steps down the slope."""

import pytest

from autograd_nn import MLP, parameter

from .pages import END, TAB, number, opened, press, same, set_leaf, table


def function_of(w, x, b):
    """Most of the table in one expression."""
    y = (w * x + b).tanh() * 2.0 - (x / (w * w + 1.0)).sigmoid() + (w - b).abs().sqrt()
    y = y + (x * b).exp().log1p() ** 1.5 + w.maximum(x).atan2(b + 3.0) + (x * w).erf() - w.sin()
    return y + (w * 0.1).softplus() * b.cos() + (x + w).leaky_relu(0.1) + w.hypot(x) ** 2


def test_sliders_give_the_engines_numbers(browser, sized, tmp_path):
    """Forward and backward follow while a leaf is moved, to 1e-12."""
    at = {"w": 0.8, "x": 0.5, "b": 0.3}
    leaves = {name: parameter(x, name) for name, x in at.items()}
    opened(browser, function_of(**leaves), tmp_path)
    press(browser, END)
    for name, x in (("w", 1.25), ("x", -1.7), ("b", 1.9), ("w", -0.6), ("x", 1.0)):
        at[name] = set_leaf(browser, name, x)
        again = {name: parameter(x, name) for name, x in at.items()}
        y = function_of(**again)
        y.backward()
        from autograd_nn.drawing.graph import Simplified

        shown = table(browser)
        for i, node in enumerate(Simplified([y]).order):
            assert number(shown[str(i)][0]) == pytest.approx(node.data, rel=1e-12, abs=1e-14)
            assert number(shown[str(i)][1]) == pytest.approx(node.grad, rel=1e-12, abs=1e-12)


def test_a_field_takes_any_number_and_refuses_what_is_none(browser, sized, tmp_path):
    """A typed number counts to all its digits; a slip changes nothing and says so."""
    w = parameter(2.0, "w")
    opened(browser, w * w, tmp_path)
    press(browser, END)
    field = browser.find_element("css selector", "#sliders input[type=text]")
    for typed, result in (("1234.5", 1234.5**2), ("-1e3", 1e6), ("oops", 1e6), ("0,5", 0.25)):
        field.clear()
        field.send_keys(typed, TAB)
        shown = browser.find_element("id", "result").get_attribute("title")
        assert number(shown) == pytest.approx(result, rel=1e-15)
        assert bool(field.get_attribute("aria-invalid") is not None) == (typed == "oops")
    browser.find_element("id", "reset").click()
    assert browser.find_element("id", "result").get_attribute("title") == "4"


def test_gradient_steps_are_those_of_sgd(browser, sized, tmp_path):
    """The button does what ``optim.SGD`` does, and the result's fall is plotted."""
    from autograd_nn.optim import SGD

    model = MLP(2, [4, 1], seed=3)

    def loss():
        return (model([0.5, -1.0]) - 2.0) ** 2

    opened(browser, loss(), tmp_path)
    rate = browser.find_element("id", "rate")
    rate.clear()
    rate.send_keys("0.05")
    sgd = SGD(model.parameters(), lr=0.05)
    for _ in range(5):
        browser.find_element("id", "down").click()
        model.zero_grad()
        loss().backward()
        sgd.step()
    shown = browser.find_element("id", "result").get_attribute("title")
    assert number(shown) == pytest.approx(loss().data, rel=1e-11)
    assert (
        browser.find_element("id", "plot")
        .get_attribute("aria-label")
        .startswith("result over 5 steps")
    )


def test_what_cannot_be_recomputed_says_so_and_stays(browser, sized, tmp_path, monkeypatch):
    """An operation without a formula keeps its recorded number; the rest still follows."""
    from autograd_nn.drawing import javascript

    known = javascript.operation
    monkeypatch.setattr(
        javascript, "operation", lambda row: None if row.name == "sin" else known(row)
    )
    w = parameter(1.0, "w")
    y = w.sin() * w
    opened(browser, y, tmp_path)
    notes = browser.find_element("id", "notes").text
    assert "sin(w) stays fixed: the page has no formula for sin" in notes
    press(browser, END)
    set_leaf(browser, "w", 2.0)
    shown = table(browser)
    recorded = y.operands[0].data
    assert same(shown["1"][0], recorded)
    assert same(shown["2"][0], recorded * 2.0)


def test_many_leaves_are_collapsed_in_a_panel(browser, sized, tmp_path):
    """339 sliders would be a wall: two are shown, the rest is found by its path."""
    model = MLP(2, [16, 16, 1], seed=0)
    opened(browser, model([0.4, -0.9]), tmp_path)
    assert len(browser.find_elements("css selector", "#sliders tr")) <= 4
    panel = browser.find_element("id", "panel")
    panel.find_element("css selector", "summary").click()
    browser.find_element("id", "find").send_keys("layer 1 / neuron 3 / w1")
    assert browser.find_element("id", "found").text.startswith("7 of")  # w1, w10 ... w15
    first = browser.find_element("css selector", "#leaves input[type=text]")
    first.clear()
    first.send_keys("3", TAB)
    model.layers[1].neurons[3].w[1].data = 3.0
    shown = browser.find_element("id", "result").get_attribute("title")
    assert number(shown) == pytest.approx(model([0.4, -0.9]).data, rel=1e-12)
