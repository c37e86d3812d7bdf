"""The step-through page: its text, and the page driven in a browser where there is one."""

import json
import re

import pytest

from autograd_nn import MLP, Value, parameter, scope
from autograd_nn.drawing import step_through
from autograd_nn.drawing.page import page_text

from .test_draw import HOSTILE, neuron, square


def data_of(text):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1])


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

LEFT, RIGHT, UP, DOWN = "\ue012", "\ue014", "\ue013", "\ue015"
HOME, END, ENTER, TAB, SPACE = "\ue011", "\ue010", "\ue007", "\ue004", " "


def opened(browser, value, folder, row=None):
    text = step_through(value, row).text
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(path.as_uri())
    assert browser.execute_script("return document.documentElement.dataset.ready") == "1"
    return data_of(text)


@pytest.fixture
def sized(browser):
    """Sets the size of the view for one test."""

    def size(width, height, mobile=False):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile},
        )

    size(1400, 900)
    yield size
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def table(browser):
    """What the table shows of every value, to all digits: by value, [data, grad]."""
    return browser.execute_script("""
        document.getElementById('all').click();
        const box = document.querySelector('.table'), found = {};
        for (box.scrollTop = 0; ; box.scrollTop += 10 * 26) {
          box.dispatchEvent(new Event('scroll'));
          for (const row of box.querySelectorAll('tr[data-value]'))
            found[row.dataset.value] = [row.cells[1].title, row.cells[2].title];
          if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) return found;
        }""")


def number(text):
    return float(text.replace("Infinity", "inf").replace("NaN", "nan"))


def same(shown, x):
    return number(shown) == pytest.approx(float(x), rel=1e-12, abs=1e-300, nan_ok=True)


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def step(browser):
    return int(browser.execute_script("return document.documentElement.dataset.step"))


def last_of(data):
    return len(data["forward"]) + 1 + len(data["backward"])


def focused(browser):
    """What has the focus: the id of a control, or the name of a value of the picture."""
    return browser.execute_script(
        "const e = document.activeElement; return e.id || e.getAttribute('aria-label') || e.tagName"
    )


def assert_table_is(browser, data, k):
    """The page's numbers at step ``k``, from an account of our own."""
    forward = data["forward"]
    known = {i for i, a in enumerate(data["left"]) if a < 0} | set(forward[:k])
    grads = None
    if k > len(forward):
        grads = [0.0] * len(data["left"])
        grads[data["root"]] = 1.0
        for i in data["backward"][: k - len(forward) - 1]:
            for operand, slope in zip(
                (data["left"][i], data["right"][i]), data["slopes"][i], strict=False
            ):
                grads[operand] += float(slope) * grads[i]
    shown = table(browser)
    assert len(shown) == len(data["left"])
    for i, (shown_data, shown_grad) in ((int(i), row) for i, row in shown.items()):
        assert same(shown_data, data["data"][i]) if i in known else shown_data == "not computed yet"
        assert same(shown_grad, grads[i]) if grads else shown_grad == "no gradient yet"


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
    browser.execute_script("document.querySelector('tr[data-value]').focus()")
    press(browser, DOWN, DOWN, ENTER)
    assert "∂" in browser.find_element("id", "now").text or data


def test_each_step_is_said_to_screen_readers(browser, sized, tmp_path):
    """One sentence with the step and its numbers."""
    opened(browser, neuron(), tmp_path)
    said = browser.find_element("id", "said")
    assert said.get_attribute("aria-live") == "polite"
    press(browser, RIGHT)
    assert said.get_attribute("textContent").startswith("Step 1 of ")
    press(browser, END)
    assert "back" in said.get_attribute("textContent")


def pinch(browser, frm, to, at=(400, 300)):
    """Two fingers on the stage, from one distance to another."""

    def touch(kind, distance):
        points = [
            {"x": at[0] + s * distance / 2, "y": at[1], "id": n} for n, s in enumerate((-1, 1))
        ]
        browser.execute_cdp_cmd(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if distance else []}
        )

    touch("touchStart", frm)
    for k in range(1, 9):
        touch("touchMove", frm + (to - frm) * k / 8)
    touch("touchEnd", 0)


def view(browser):
    box = browser.execute_script(
        "return document.getElementById('picture').getAttribute('viewBox')"
    )
    return [float(x) for x in box.split()]


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


# -- live ------------------------------------------------------------------------------------


def set_leaf(browser, name, x):
    """Move the slider of a leaf, as a hand does."""
    return browser.execute_script(
        """const [name, x] = arguments;
        const slider = [...document.querySelectorAll('#sliders input[type=range]')]
          .find((s) => s.getAttribute('aria-label').endsWith(name));
        slider.value = x; slider.dispatchEvent(new Event('input', {bubbles: true}));
        return Number(slider.value);""",
        name,
        x,
    )


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
            assert number(shown[str(i)][1]) == pytest.approx(node.grad, rel=1e-11, abs=1e-13)


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


def requests(browser):
    return [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in browser.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]


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
        assert browser.find_element("id", "picture").size["height"] > 100
        assert browser.find_element("id", "now").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


# -- groups ----------------------------------------------------------------------------------


def stage_of(browser):
    """The parts on the stage: how many values have one of their own, and what is open."""
    return browser.execute_script("""
        const parts = [...document.querySelectorAll('#picture .part')];
        return { open: parts.filter((g) => g.getAttribute('aria-expanded') === 'true')
                   .map((g) => g.getAttribute('aria-label')),
                 closed: parts.filter((g) => g.getAttribute('aria-expanded') === 'false')
                   .map((g) => g.getAttribute('aria-label')),
                 texts: [...document.querySelectorAll('#picture text')].map((t) => t.textContent),
                 scale: document.getElementById('picture').getScreenCTM().a,
                 sizes: [...document.querySelectorAll('#picture text')]
                   .map((t) => Number(t.getAttribute('font-size'))) };""")


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
