"""What is on the stage of a step-through page: groups, loops, networks, a phone."""

import random

import pytest

from autograd_nn import MLP, Value, parameter

from .pages import END, ENTER, HOME, RIGHT, TAB, opened, press, set_leaf, stage_of


def test_a_large_graph_opens_on_something_readable(browser, sized, tmp_path):
    """979 values: layers with neurons as rows, text of 9 px or more, and nothing empty."""
    model = MLP(2, [16, 16, 1], seed=0)
    opened(browser, model([0.4, -0.9]), tmp_path)
    seen = stage_of(browser)
    assert {"layer 0", "layer 1", "layer 2"} <= set(seen["texts"])
    assert min(seen["sizes"]) * seen["scale"] > 8.9
    assert len(seen["closed"]) >= 12


def test_the_neuron_of_a_step_opens_and_groups_open_and_close_on_a_click(browser, sized, tmp_path):
    """Any neuron opens to its expression, also one that is left out between two that are drawn."""
    model = MLP(2, [16, 16, 1], seed=0)
    data = opened(browser, model([0.4, -0.9]), tmp_path)
    scope_of = [" / ".join(data["scopes"][k]) for k in data["scope"]]
    wanted = "layer 1 / neuron 7"
    at = next(s for s, i in enumerate(data["forward"], 1) if scope_of[i] == wanted)
    browser.execute_script(f"location.hash = '#step={at}'; dispatchEvent(new Event('hashchange'))")
    assert any("neuron 7" in name for name in stage_of(browser)["open"])
    browser.find_element("id", "fit").click()
    assert not any("neuron 7" in name for name in stage_of(browser)["open"])
    row = browser.find_element("css selector", "#picture .neuron[aria-expanded=false]")
    name = row.get_attribute("aria-label").removesuffix(", closed")
    browser.execute_script(
        "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", row
    )
    (again,) = [label for label in stage_of(browser)["open"] if label.startswith(name)]
    browser.execute_script(
        "[...document.querySelectorAll('#picture .part')].find((g) => g.getAttribute('aria-label')"
        " === arguments[0]).focus()",
        again,
    )
    press(browser, ENTER)
    assert again not in stage_of(browser)["open"]


def test_numbers_in_the_picture_are_those_of_the_step(browser, sized, tmp_path):
    """The picture follows the slider, not only the table."""
    w = parameter(2.0, "w")
    y = w * 3.0
    y.label = "y"
    opened(browser, y, tmp_path)
    assert "6" not in stage_of(browser)["texts"]
    press(browser, END)
    assert {"2", "3", "6", "1"} <= set(stage_of(browser)["texts"])
    set_leaf(browser, "w", 5.0 / 4.0)
    assert "3.75" in stage_of(browser)["texts"]


def test_a_model_opens_as_circles_and_a_neuron_as_its_expression(browser, sized, tmp_path):
    """Circles for the whole, arithmetic for the one that is asked for."""
    opened(browser, MLP(2, [4, 3, 1], seed=0), tmp_path, [0.4, -0.9])
    assert browser.find_elements("css selector", "#picture circle")
    browser.execute_script(
        "document.querySelector('#picture .neuron[aria-expanded=false]')"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert any(text.startswith("× ") for text in stage_of(browser)["texts"])


def test_an_unrolled_loop_is_stepped_through_by_its_steps(browser, sized, tmp_path):
    """300 times the same names tell nothing: each value says of which step it is."""
    w, h = parameter(0.5, "w"), Value(0.1, "h0")
    for _ in range(300):
        h = (w * h).tanh()
    data = opened(browser, h, tmp_path)
    assert ["step 300"] in data["scopes"]
    browser.find_element("id", "layers").click()
    press(browser, RIGHT)
    assert browser.find_element("css selector", "#now .title").text == "Forward through step 1"
    assert len(browser.find_elements("css selector", "#picture .ring")) == 1


def test_a_phone_shows_layers_as_strips_with_the_card_of_the_step(browser, sized, tmp_path):
    """Bands beside each other do not fit 390 px: layers stand below each other."""
    sized(390, 844, mobile=True)
    model = MLP(2, [16, 16, 1], seed=0)
    opened(browser, model([0.4, -0.9]), tmp_path)
    assert len(browser.find_elements("css selector", "#phone .layer")) == 4
    assert len(browser.find_elements("css selector", "#phone circle")) == 2 + 16 + 16 + 1
    browser.execute_script(
        "document.querySelectorAll('#phone .layer circle[tabindex=\"0\"]')[1].focus()"
    )
    press(browser, RIGHT, RIGHT, ENTER)
    opened_now = [name for name in stage_of(browser)["open"] if "neuron 2" in name]
    assert any(name.startswith("layer 1 / neuron 2") for name in opened_now)
    for _ in range(3):
        browser.find_element("id", "next").click()
    card = browser.find_element("css selector", ".holder #picture")
    seen = stage_of(browser)
    assert card.is_displayed()
    assert min(seen["sizes"]) * seen["scale"] > 8.9
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(wide) <= 0


def test_a_relu_that_opens_while_a_leaf_moves_is_no_longer_pale(browser, sized, tmp_path):
    """Dashes say that a neuron is held at 0: they follow the numbers."""
    model = MLP(2, [2, 1], seed=0)
    opened(browser, model([3.0, 5.0]), tmp_path)
    off = (
        "return [...document.querySelectorAll('.neuron.held, .neuron.freed')]"
        ".map((g) => g.classList[2])"
    )
    assert browser.execute_script(off) == []
    press(browser, END)
    browser.find_element("css selector", "#panel summary").click()
    browser.find_element("id", "find").send_keys("inputs / x1")
    field = browser.find_element("css selector", "#leaves input[type=text]")
    field.clear()
    field.send_keys("-5", TAB)
    assert set(browser.execute_script(off)) == {"freed", "held"}
    browser.find_element("id", "reset").click()
    assert browser.execute_script(off) == []


def test_ten_thousand_rows_are_there_without_being_in_the_page(browser, sized, tmp_path):
    """A table of 10,000 rows scrolls like one of 30: only what is in view exists."""
    x = Value(0.5, "x")
    y = x
    for k in range(5_000):
        y = (y + x * 0.001).sin() if k % 2 else y.tanh()
    data = opened(browser, y, tmp_path)
    count = len(data["left"])
    assert count > 10_000
    browser.find_element("id", "all").click()
    seen = browser.execute_async_script("""
        const done = arguments[arguments.length - 1], box = document.querySelector('.table');
        const rows = () => [...box.querySelectorAll('tr[data-value]')];
        box.scrollTop = box.scrollHeight;
        requestAnimationFrame(() => requestAnimationFrame(() => done(
          [rows().length, rows().at(-1).dataset.value, box.scrollHeight])));
        """)
    assert seen[0] < 80
    assert int(seen[1]) == count - 1
    assert seen[2] == pytest.approx(26 * (count + 1), abs=4)


def test_a_value_that_is_closed_away_is_shown_with_what_is_around_it(browser, sized, tmp_path):
    """Of a large graph without scopes every step can still be seen as a picture."""
    rng = random.Random(1)
    values = [Value(rng.random(), f"x{i}") for i in range(9)]
    for k in range(900):
        a, b = rng.choice(values[-20:]), rng.choice(values[-20:])
        values.append([a + b, a * b, (a - b).tanh(), a.sigmoid()][k % 4])
    opened(browser, values[-1], tmp_path)
    box = browser.find_element("id", "around")
    assert not box.is_displayed()
    press(browser, RIGHT)
    assert box.is_displayed()
    shown = [text.text for text in box.find_elements("css selector", "text.bold")]
    title = browser.find_element("css selector", "#now .title").text
    assert any(title.removeprefix("Compute ").startswith(name.rstrip("…")) for name in shown)
    press(browser, HOME)
    assert not box.is_displayed()
