"""A drawing in a notebook: closed parts open on a click, light or dark as the notebook is."""

import html
import json
import re

import pytest

from autograd_nn import MLP, Value, draw, explain, scope

from .test_draw import HOSTILE


def shown(drawing):
    return drawing._repr_mimebundle_(include={"text/html"})["text/html"]


def document(drawing):
    """The document in the frame of a cell."""
    return html.unescape(re.search(r"srcdoc='(.*)'", shown(drawing), re.S)[1])


def net():
    y = MLP(2, [16, 16, 1], seed=0)([0.4, -0.9])
    y.backward()
    return y


def test_what_is_open_as_a_whole_is_a_picture_in_the_cell():
    """Nothing to click: the SVG itself, which a saved notebook keeps without a script."""
    text = shown(draw(Value(2.0, "x") * 3.0))
    assert "<svg" in text
    assert "iframe" not in text
    assert "light-dark(" in text
    assert '<div class="autograd-nn" tabindex="0"' in text  # keys scroll what is too wide


def test_what_is_closed_comes_with_its_scenes():
    """A frame that allows its own script only, and cannot reach the notebook."""
    text = document(draw(net()))
    assert "default-src 'none'" in text
    assert 'sandbox="allow-scripts"' in shown(draw(net()))
    data = json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1])
    assert {"", "g1-0", "g2-7"} <= set(data["scenes"])


def test_numbers_that_changed_since_are_not_mixed_with_those_that_were_drawn():
    """A picture shows one moment: what would open with other numbers does not open."""
    y = net()
    drawing = draw(y)
    y.data = 123.0
    assert "iframe" not in shown(drawing)


def test_hostile_labels_are_text():
    """In a script's data, in a title and in an attribute of a frame."""
    model = MLP(2, [16, 16, 1], seed=0)
    total = Value(0.0)
    for label in HOSTILE:
        with scope(label):
            y = model([Value(1.0, label), 2.0])
            y.label = label
            total = total + y
    total.label = HOSTILE[12]
    text = document(draw(total))
    assert text.count("<script") == 2
    for mark in ("<b>bold", "<x>", "\x00", "\x1b", "\u202e", "\ud800"):
        assert mark not in text
    text.encode("utf-8")


def test_paths_of_an_explanation_stand_out_in_all_that_opens():
    """Also in the neuron that is opened later."""
    model = MLP(2, [16, 16, 1], seed=0)
    found = explain(model([0.4, -0.9]), wrt=model.layers[0].neurons[1].w[0])
    data = json.loads(
        re.search(r'<script id="data"[^>]*>(.*?)</script>', document(found.draw()), re.S)[1]
    )
    for state in ("", "g1-1", "g2-3"):
        parts = [data["parts"][at] for at, _ in data["scenes"][state]["parts"]]
        assert any(part.get("q") for part in parts), state
        assert any(part.get("v") and not part.get("q") for part in parts), state


def test_groups_open_and_close_on_a_click_and_by_keyboard(browser, tmp_path):
    """What does not fit is closed, and one click away."""
    path = tmp_path / "cell.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'>{shown(draw(net()))}", encoding="utf-8")
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(path.as_uri())
    browser.switch_to.frame(browser.find_element("css selector", "iframe"))
    try:
        assert browser.execute_script("return document.documentElement.dataset.ready") == "1"
        opened = "return document.querySelectorAll('.neuron[aria-expanded=true]').length"
        before = browser.execute_script(opened)
        row = browser.find_element("css selector", ".neuron[aria-expanded=false]")
        browser.execute_script(
            "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", row
        )
        assert browser.execute_script(opened) == before + 1
        browser.execute_script(
            "document.activeElement.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"
        )
        assert browser.execute_script(opened) == before
        assert browser.get_log("browser") == []
    finally:
        browser.switch_to.default_content()


@pytest.mark.parametrize("attribute", ["data-jp-theme-light", "data-theme"])
@pytest.mark.parametrize(("scheme", "colour"), [("light", "255, 255, 255"), ("dark", "33, 43, 58")])
def test_colours_follow_the_scheme_around_the_picture(browser, tmp_path, scheme, colour, attribute):
    """The theme of a notebook, or of a site of documentation, is not always the system's."""
    y = Value(2.0, "x") * 3.0 + 1.0
    path = tmp_path / "cell.html"
    said = scheme if attribute == "data-theme" else str(scheme == "light").lower()
    body = f'<body {attribute}="{said}">'
    path.write_text(
        f"<!doctype html><meta charset='utf-8'>{body}{shown(draw(y))}", encoding="utf-8"
    )
    browser.get(path.as_uri())
    fill = browser.execute_script("return getComputedStyle(document.querySelector('.f-card')).fill")
    assert fill == f"rgb({colour})"
