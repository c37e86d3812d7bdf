"""Driving a step-through page in a browser, and reading what it shows."""

import json
import re

import pytest

from autograd_nn.drawing import step_through

LEFT, RIGHT, UP, DOWN = "\ue012", "\ue014", "\ue013", "\ue015"
HOME, END, ENTER, TAB, SPACE = "\ue011", "\ue010", "\ue007", "\ue004", " "


def data_of(text):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1])


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


def requests(browser):
    return [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in browser.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]


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
