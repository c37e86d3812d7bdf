"""The step-through page: its text, and the page driven in a browser where there is one."""

import json
import re
import shutil
from pathlib import Path

import pytest

from autograd_nn import MLP, Value
from autograd_nn.drawing import step_through
from autograd_nn.drawing.page import page_text

from .test_draw import HOSTILE, neuron, square

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def data_of(text):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1])


def test_the_numbers_of_every_step_are_the_engines():
    y = square()
    data = data_of(page_text(y))
    received = [share for _, _, shares in data["backward"] for share in shares if share[0] == 0]
    assert [after for *_, after in received] == [1, 4, 7]  # a*a + a at 3: from +, then twice from *
    assert y.operands[1].grad == 7.0


def test_stepping_leaves_the_graph_as_it_was():
    x = Value(2.0, "x")
    y = x * 3.0
    page_text(y)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_the_page_makes_no_request_and_allows_only_its_own_script():
    text = page_text(neuron())
    assert "default-src 'none'" in text
    assert text.count("sha256-") == 2
    assert not re.search(r"(src|href)\s*=|url\(|@import|https?://(?!www\.w3\.org)", text)


def test_hostile_labels_cannot_end_the_script():
    total = Value(1.0, "x")
    for label in HOSTILE:
        total = total * Value(1.0, label)
    text = page_text(total, title="</title><script>alert(1)</script>")
    assert text.count("<script") == 2
    assert len(data_of(text)["nodes"]) == 1 + 2 * len(HOSTILE)


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(TypeError, match="one Value"):
        step_through([Value(1.0)], tmp_path / "page.html")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        step_through(Value(1.0), tmp_path / "nowhere" / "page.html")
    with pytest.raises(ValueError, match="direction"):
        step_through(Value(1.0), tmp_path / "page.html", direction="up")
    x = Value(1.0)
    for _ in range(4000):
        x = x.tanh()
    with pytest.raises(ValueError, match="too many to step through"):
        step_through(x, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


# -- in a browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in (
        "headless=new", "no-sandbox", "disable-gpu", "no-first-run",
        "disable-background-networking", "disable-component-update",
        "disable-sync", "disable-dev-shm-usage",
        f"user-data-dir={tmp_path_factory.mktemp('profile')}", "window-size=1200,800",
    ):  # fmt: skip
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def opened(browser, value, folder):
    path = Path(step_through(value, folder / "page.html"))
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(path.as_uri())
    assert browser.execute_script("return document.documentElement.dataset.ready") == "1"
    return data_of(path.read_text(encoding="utf-8"))


def table(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('#table tbody tr')]"
        ".map(r => [r.cells[2].textContent, r.cells[3].textContent])"
    )


def press(browser, key):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(key).perform()


def step(browser):
    return int(browser.execute_script("return document.documentElement.dataset.step"))


def same(shown, x):
    if shown in ("–", "…"):
        return False
    return float(shown) == pytest.approx(float(x), rel=6e-3, abs=5e-5)


def assert_table_is(browser, data, k):
    """The page's numbers at step ``k``, from an account of our own."""
    nodes, forward = data["nodes"], data["forward"]
    known = {i for i, n in enumerate(nodes) if not n["operands"]} | set(forward[:k])
    grads = None
    if k > len(forward):
        grads = [0.0] * len(nodes)
        grads[data["root"]] = 1.0
        for i, _, shares in data["backward"][: k - len(forward) - 1]:
            for operand, slope in zip(nodes[i]["operands"], nodes[i]["partials"], strict=True):
                grads[operand] += float(slope) * grads[i]
            assert len(shares) == len(nodes[i]["operands"])
    for i, (shown_data, shown_grad) in enumerate(table(browser)):
        assert same(shown_data, nodes[i]["data"]) if i in known else shown_data == "…"
        assert same(shown_grad, grads[i]) if grads else shown_grad == "–"


def test_keys_step_through_and_back_with_the_engines_numbers(browser, tmp_path):
    loss = neuron()
    data = opened(browser, loss, tmp_path)
    last = len(data["forward"]) + 1 + len(data["backward"])
    for k in range(last + 1):
        assert step(browser) == k
        assert_table_is(browser, data, k)
        press(browser, "\ue014")  # arrow right
    assert step(browser) == last
    from autograd_nn.drawing.graph import Simplified

    for (_, shown), node in zip(table(browser), Simplified([loss]).order, strict=True):
        assert same(shown, node.grad)
    for k in range(last, -1, -1):
        assert_table_is(browser, data, k)
        press(browser, "\ue012")  # arrow left
    press(browser, "\ue010")  # End
    assert step(browser) == last
    press(browser, "\ue011")  # Home
    assert step(browser) == 0
    assert_table_is(browser, data, 0)


def test_slider_buttons_clicks_and_theme(browser, tmp_path):
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
    browser.find_element("css selector", f"#v{forward[1]} .name").click()
    assert step(browser) == 2
    browser.find_element("id", "last").click()
    browser.find_element("css selector", f"#v{forward[-1]} .name").click()
    assert step(browser) == len(forward) + 2  # its backward step
    press(browser, "t")
    assert browser.execute_script("return document.documentElement.dataset.theme") == "light"
    browser.execute_script("location.hash = '#step=3'; dispatchEvent(new Event('hashchange'))")
    assert step(browser) == 3


def test_no_console_message_and_no_request(browser, tmp_path):
    total = Value(1.5, "x")
    for label in HOSTILE:
        total = total * Value(1.0, label)
    data = opened(browser, total, tmp_path)
    press(browser, "\ue010")
    assert_table_is(browser, data, len(data["forward"]) + 1 + len(data["backward"]))
    assert browser.get_log("browser") == []
    sent = [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in browser.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]
    assert all(url.startswith(("file:", "about:")) for url in sent)
    assert len([url for url in sent if url.startswith("file:")]) <= 1


def test_a_phone_sees_it_all_without_scrolling_sideways(browser, tmp_path):
    opened(browser, neuron(), tmp_path)
    browser.set_window_size(500, 860)
    try:
        wide = browser.execute_script(
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wide
        assert browser.find_element("id", "next").is_displayed()
    finally:
        browser.set_window_size(1200, 800)


def test_extreme_numbers_are_shown(browser, tmp_path):
    y = Value(float("inf"), "x") * Value(-0.0, "zero") + Value(1e-300, "tiny")
    opened(browser, y, tmp_path)
    press(browser, "\ue010")
    shown = {cell for row in table(browser) for cell in row}
    assert {"inf", "-0", "nan", "1.00e-300"} <= shown


def test_a_page_of_a_net(browser, tmp_path):
    model = MLP(2, [4, 4, 1], seed=0)
    y = model([1.0, -1.0]) ** 2
    data = opened(browser, y, tmp_path)
    press(browser, "\ue010")
    assert_table_is(browser, data, len(data["forward"]) + 1 + len(data["backward"]))
