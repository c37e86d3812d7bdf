"""The step-through page: its text, its steps, and its safety, in a browser where there is one."""

import re

import pytest

from autograd_nn import MLP, Value, scope
from autograd_nn.drawing import step_through
from autograd_nn.drawing.page import page_text

from .pages import (
    DOWN,
    END,
    ENTER,
    HOME,
    LEFT,
    RIGHT,
    SPACE,
    TAB,
    assert_table_is,
    data_of,
    focused,
    last_of,
    opened,
    pinch,
    press,
    requests,
    same,
    step,
    table,
    view,
)
from .test_draw import HOSTILE, neuron, square


def test_stepping_leaves_the_graph_as_it_was():
    """A page is a look at the graph: gradients of the user's are not touched."""
    x = Value(2.0, "x")
    y = x * 3.0
    page_text(y)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_the_page_makes_no_request_and_allows_only_its_own_script():
    """It is opened from disk, on machines without a network, by people who look at its source."""
    text = page_text(neuron())
    assert "default-src 'none'" in text
    assert text.count("sha256-") == 2
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?://(?!www\.w3\.org)", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


def test_hostile_labels_cannot_end_the_script():
    """A label is data, and a title is text."""
    total = Value(1.0, "x")
    for label in HOSTILE:
        with scope(label):
            total = total * Value(1.0, label)
    text = page_text(total, title="</title><script>alert(1)</script>")
    assert text.count("<script") == 2
    assert len(data_of(text)["names"]) == 1 + 2 * len(HOSTILE)
    text.encode("utf-8")


def test_labels_of_a_megabyte_are_cut():
    """One long label must not make a page of many megabytes."""
    x = Value(1.0, "x" * 1_000_000)
    assert len(page_text(x * x)) < 200_000


def test_the_way_back_finishes_one_layer_before_the_next():
    """Stepping by layers has a place to stop at; gradients stay those of the engine."""
    model = MLP(2, [4, 3, 1], seed=0)
    data = data_of(page_text(model([1.0, -2.0])))
    layers = [data["scopes"][data["scope"][i]][0] for i in data["backward"]]
    changes = [a for a, b in zip(layers, [*layers[1:], ""], strict=True) if a != b]
    assert changes == ["layer 2", "layer 1", "layer 0"]


def test_bad_input_is_refused(tmp_path):
    """The message says what to give instead, and no file is left behind."""
    page = tmp_path / "page.html"
    with pytest.raises(TypeError, match="one Value, or a model and a row"):
        step_through([Value(1.0)], page)
    with pytest.raises(TypeError, match="before it is called"):
        step_through(MLP(2, [1], seed=0))
    with pytest.raises(ValueError, match="expects 2 inputs, got 3"):
        step_through(MLP(2, [1], seed=0), [1.0, 2.0, 3.0], page)
    with pytest.raises(TypeError, match="give no row"):
        step_through(Value(1.0), [1.0, 2.0], page)
    with pytest.raises(ValueError, match="output is from 0 to 2"):
        step_through(MLP(2, [3], seed=0), [1.0, 2.0], page, output=3)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        step_through(Value(1.0), tmp_path / "nowhere" / "page.html")
    with pytest.raises(ValueError, match="direction is one of"):
        step_through(Value(1.0), page, direction="up")
    with pytest.raises(ValueError, match="theme is one of"):
        step_through(Value(1.0), page, theme="blue")
    x = Value(1.0)
    for _ in range(50_001):
        x = x.tanh()
    with pytest.raises(ValueError, match="too many to step through"):
        step_through(x, page)
    assert list(tmp_path.iterdir()) == []


def test_without_a_path_the_page_is_returned(tmp_path):
    """A notebook shows it, in a frame that cannot reach the notebook."""
    page = step_through(square())
    assert repr(page).startswith("Page(")
    shown = page._repr_html_()
    assert '<iframe class="autograd-nn" sandbox="allow-scripts"' in shown
    assert "<script" not in shown  # it is all inside the attribute
    assert page.save(tmp_path / "page.html") == str(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.text


# -- in a browser ----------------------------------------------------------------------------


def test_keys_step_through_and_back_with_the_engines_numbers(browser, sized, tmp_path):
    """Every number of every step, forwards and backwards."""
    loss = neuron()
    data = opened(browser, loss, tmp_path)
    last = last_of(data)
    for k in range(last + 1):
        assert step(browser) == k
        assert_table_is(browser, data, k)
        press(browser, RIGHT)
    from autograd_nn.drawing.graph import Simplified

    shown = table(browser)
    for i, node in enumerate(Simplified([loss]).order):
        assert same(shown[str(i)][1], node.grad)
    for k in range(last, -1, -1):
        assert_table_is(browser, data, k)
        press(browser, LEFT)
    press(browser, END)
    assert step(browser) == last
    press(browser, HOME)
    assert step(browser) == 0


def test_a_value_used_twice_shows_both_arrivals(browser, sized, tmp_path):
    """a*a + a at 3: 1 from the sum, then 3 and 3 from the product."""
    y = square()
    opened(browser, y, tmp_path)
    press(browser, END)
    words = browser.find_element("id", "now").text
    assert "1 + 3 = 4" in words
    assert "4 + 3 = 7" in words
    assert "contributions add up" in words


def test_the_page_calls_the_result_by_its_label(browser, sized, tmp_path):
    """The user's word is ``loss``, not L; without a label it is the result."""
    opened(browser, neuron(), tmp_path)
    press(browser, END)
    assert "∂loss/∂" in browser.find_element("id", "now").text
    opened(browser, Value(2.0, "x") * 3.0, tmp_path)
    press(browser, END)
    assert "∂result/∂x" in browser.find_element("id", "now").text


def test_slider_buttons_clicks_and_theme(browser, sized, tmp_path):
    """Every way to go somewhere goes there."""
    data = opened(browser, neuron(), tmp_path)
    forward = data["forward"]
    browser.execute_script(
        "const s = document.getElementById('slider'); s.value = 4;"
        "s.dispatchEvent(new Event('input'))"
    )
    assert_table_is(browser, data, 4)
    browser.find_element("id", "next").click()
    browser.find_element("id", "previous").click()
    assert step(browser) == 4
    browser.find_element("css selector", f"tr[data-value='{forward[1]}']").click()
    assert step(browser) == 2
    browser.find_element("id", "last").click()
    browser.find_element("css selector", f"tr[data-value='{forward[-1]}']").click()
    assert step(browser) == len(forward) + 2  # its backward step
    press(browser, "t")
    assert browser.execute_script("return document.documentElement.dataset.theme") == "light"
    browser.execute_script("location.hash = '#step=3'; dispatchEvent(new Event('hashchange'))")
    assert step(browser) == 3


def test_the_player_comes_first_and_space_on_a_value_does_not_play(browser, sized, tmp_path):
    """Keyboard only: the buttons are reached by Tab at once, values by arrows, not one by one."""
    data = opened(browser, neuron(), tmp_path)
    reached = []
    for _ in range(14):
        press(browser, TAB)
        reached.append(focused(browser))
    assert reached[:4] == ["play", "next", "last", "layers"]  # first and previous rest at step 0
    values = [name for name in reached if ", data " in name]
    assert len(values) == 1
    browser.execute_script("document.querySelector('#picture [tabindex=\"0\"]').focus()")
    before = focused(browser)
    press(browser, RIGHT)
    assert focused(browser) != before  # to a neighbour
    assert step(browser) == 0
    press(browser, SPACE)
    assert browser.find_element("id", "play").text.endswith("play")  # it did not start
    at = step(browser)
    press(browser, "n")
    assert step(browser) == at + 1
    press(browser, "p")
    press(browser, "p")
    assert step(browser) == max(0, at - 1)
    press(browser, HOME)
    rows = browser.find_elements("css selector", "tr[data-value]")
    values = [int(row.get_attribute("data-value")) for row in rows]
    down = next(k for k, i in enumerate(values) if i in data["forward"])
    browser.execute_script("arguments[0].focus()", rows[0])
    press(browser, *[DOWN] * down, ENTER)
    assert step(browser) == data["forward"].index(values[down]) + 1


def test_each_step_is_said_to_screen_readers(browser, sized, tmp_path):
    """One sentence with the step and its numbers."""
    opened(browser, neuron(), tmp_path)
    said = browser.find_element("id", "said")
    assert said.get_attribute("aria-live") == "polite"
    press(browser, RIGHT)
    assert said.get_attribute("textContent").startswith("Step 1 of ")
    press(browser, END)
    assert "back" in said.get_attribute("textContent")


def test_pinch_wheel_and_drag_move_the_view(browser, sized, tmp_path):
    """Two fingers zoom about their middle; the wheel zooms; dragging moves; Fit comes back."""
    opened(browser, neuron(), tmp_path)
    whole = view(browser)
    pinch(browser, 100, 200)
    nearer = view(browser)
    assert nearer[2] == pytest.approx(whole[2] / 2, rel=0.02)
    pinch(browser, 200, 100)
    assert view(browser)[2] == pytest.approx(whole[2], rel=0.02)
    wheel = {"type": "mouseWheel", "x": 300, "y": 300, "deltaX": 0, "deltaY": -200}
    browser.execute_cdp_cmd("Input.dispatchMouseEvent", wheel)
    zoomed = view(browser)
    assert zoomed[2] < whole[2]
    for kind, x in (("mousePressed", 300), ("mouseMoved", 350), ("mouseReleased", 350)):
        mouse = {"type": kind, "x": x, "y": 200, "button": "left", "buttons": 1, "clickCount": 1}
        browser.execute_cdp_cmd("Input.dispatchMouseEvent", mouse)
    assert view(browser)[0] < zoomed[0]
    browser.find_element("id", "fit").click()
    assert view(browser) == whole


# -- large graphs, safety, small screens -----------------------------------------------------


def test_the_table_says_whose_and_scrolls_to_the_active_row(browser, sized, tmp_path):
    """``b, w0, b, w0`` tells nothing; only the rows in view exist."""
    model = MLP(2, [16, 16, 1], seed=0)
    data = opened(browser, model([0.4, -0.9]), tmp_path)
    browser.find_element("id", "all").click()
    press(browser, END)
    rows = browser.find_elements("css selector", "#table tr[data-value]")
    assert 5 < len(rows) < 80 < len(data["left"])
    (first, *_) = browser.find_elements("css selector", "#table tr.on")
    assert "layer 0 / neuron" in first.text or "inputs" in first.text
    boxes = browser.execute_script(
        "const on = document.querySelector('#table tr.on').getBoundingClientRect(),"
        " box = document.querySelector('.table').getBoundingClientRect();"
        "return [on.top, on.bottom, box.top, box.bottom]"
    )
    assert boxes[2] <= boxes[0] < boxes[1] <= boxes[3]


def test_no_console_message_and_no_request(browser, sized, tmp_path):
    """Hostile labels everywhere: nothing runs, nothing is asked for, every step works."""
    total = Value(1.5, "x")
    for label in HOSTILE:
        with scope(label):
            total = total * Value(1.0, label)
    data = opened(browser, total, tmp_path)
    press(browser, END)
    assert_table_is(browser, data, last_of(data))
    for _ in range(12):
        press(browser, LEFT)
    browser.find_element("id", "down").click()
    assert browser.get_log("browser") == []
    sent = requests(browser)
    assert all(url.startswith(("file:", "about:")) for url in sent)
    assert len([url for url in sent if url.startswith("file:")]) <= 1
    assert not browser.execute_script("return [...document.querySelectorAll('script')].length > 2")


def test_a_phone_sees_it_all_without_scrolling_sideways(browser, sized, tmp_path):
    """At 390 px text is at least 9 px, the player is at hand, and nothing sticks out."""
    opened(browser, neuron(), tmp_path)
    sized(390, 844, mobile=True)
    wide = browser.execute_script(
        "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    assert not wide
    assert browser.find_element("id", "next").is_displayed()
    browser.refresh()
    sizes = browser.execute_script(
        "const scale = document.getElementById('picture').getScreenCTM().a;"
        "return [...document.querySelectorAll('#picture text')]"
        ".map((t) => scale * Number(t.getAttribute('font-size')))"
    )
    assert min(sizes) > 8.9
    assert browser.find_element("id", "follow").get_attribute("aria-pressed") == "true"


def test_extreme_numbers_are_shown(browser, sized, tmp_path):
    """nan and infinities are numbers too."""
    y = Value(float("inf"), "x") * Value(-0.0, "zero") + Value(1e-300, "tiny")
    opened(browser, y, tmp_path)
    press(browser, END)
    shown = {cell for row in table(browser).values() for cell in row}
    assert {"Infinity", "NaN", "1e-300"} <= shown
    assert browser.get_log("browser") == []


def test_a_model_is_stepped_through_layer_by_layer(browser, sized, tmp_path):
    """Seven stops instead of a hundred steps; one operation at a time on demand."""
    model = MLP(2, [4, 3, 1], seed=0)
    data = opened(browser, model, tmp_path, [0.4, -0.9])
    heads = []
    while step(browser) < last_of(data):
        press(browser, RIGHT)
        heads.append(browser.find_element("css selector", "#now .title").text)
    assert heads == [
        "Forward through layer 0", "Forward through layer 1", "Forward through layer 2",
        "Seed the gradient",
        "Back through layer 2", "Back through layer 1", "Back through layer 0",
    ]  # fmt: skip
    browser.find_element("id", "layers").click()
    press(browser, LEFT)
    assert step(browser) == last_of(data) - 1


def test_light_dark_and_reduced_motion(browser, sized, tmp_path):
    """The page follows the system unless told otherwise."""
    opened(browser, neuron(), tmp_path)
    background = "return getComputedStyle(document.body).backgroundColor"
    for scheme, colour in (("dark", "rgb(13, 17, 23)"), ("light", "rgb(255, 255, 255)")):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        assert browser.execute_script(background) == colour
    press(browser, "t", "t")
    assert browser.execute_script(background) == "rgb(13, 17, 23)"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_print_shows_the_picture_and_all_words(browser, sized, tmp_path):
    """A teacher hands it out on paper: no buttons, nothing cut off by a scroll bar."""
    opened(browser, neuron(), tmp_path)
    press(browser, END)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not browser.find_element("id", "play").is_displayed()
        box = browser.execute_async_script(
            "const done = arguments[0], seen = () => document.getElementById('picture')"
            ".getAttribute('viewBox'); requestAnimationFrame(() => "
            "requestAnimationFrame(() => done(seen())));"
        )
        assert box.startswith("0.00 0.00 ")  # the whole, not the part that was looked at
        assert browser.find_element("id", "now").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
