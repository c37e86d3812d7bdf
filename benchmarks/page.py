"""What a step of the step-through page costs in a browser, and how its table scrolls.

    python -m benchmarks.page [values ...]

Needs Chromium, chromedriver and selenium.  A step is timed from the click until style and layout
are done; scrolling by the time between frames while every frame moves the table by a page.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograd_nn import MLP, Value
from autograd_nn.drawing import step_through

_STEPS = """
const cost = (act) => { const start = performance.now(); act();
  document.body.getBoundingClientRect(); return performance.now() - start; };
const slider = document.getElementById('slider'), next = document.getElementById('next');
const to = (s) => { slider.value = s; slider.dispatchEvent(new Event('input')); };
const last = Number(slider.max), every = Math.max(1, Math.floor(last / 400)), found = [];
to(0);
const jump = [cost(() => to(last)), cost(() => to(0))];
for (let s = 0; s < last; s += every) { to(s); found.push(cost(() => next.click())); }
let worst = 0; found.forEach((t, k) => { if (t > found[worst]) worst = k; });
const leaf = document.querySelector('#sliders input[type=range]');
const live = []; for (let k = 0; k < 20; k += 1) live.push(cost(() => {
  leaf.value = k / 10; leaf.dispatchEvent(new Event('input')); }));
return { median: found.sort((a, b) => a - b)[found.length >> 1], worst: found[found.length - 1],
  jump: Math.max(...jump), live: Math.max(...live) };
"""
_SCROLL = """
const done = arguments[arguments.length - 1], box = document.querySelector('.table');
document.getElementById('all').click();
const gaps = []; let before = performance.now(), frames = 0; box.scrollTop = 0;
requestAnimationFrame(function move(now) {
  gaps.push(now - before); before = now; box.scrollTop += box.clientHeight; frames += 1;
  if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) box.scrollTop = 0;
  if (frames < 240) requestAnimationFrame(move);
  else { gaps.sort((a, b) => a - b); done({ rows: box.querySelector('table').ariaRowCount ||
    box.querySelector('table').getAttribute('aria-rowcount'),
    median: gaps[120], late: gaps.filter((g) => g > 25).length }); }
});
"""


def net(values: int) -> Value:
    """The output of a network whose graph has about that many values."""
    if values < 1_000:
        return MLP(2, [16, 16, 1], seed=0)([0.4, -0.9])
    width = 16
    while 3 * width * (width + 1) * 3 < values:
        width += 1
    return MLP(2, [width, width, width, width, 1], seed=0)([0.4, -0.9])


def browser() -> Any:
    """A headless Chromium of 1,400 by 900 px."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1400,900"):
        options.add_argument(f"--{switch}")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def main(sizes: list[int]) -> None:
    """Print a line for each size."""
    driver = browser()
    print(
        f"{'values':>7} {'made s':>7} {'MB':>5} {'opens ms':>9} {'step ms':>8} {'worst':>6} "
        f"{'jump':>6} {'live':>6}   scrolling: ms a frame, frames over 25 ms of 240"
    )
    try:
        for size in sizes:
            root = net(size)
            start = time.perf_counter()
            page = step_through(root)
            made = time.perf_counter() - start
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "page.html")
                page.save(path)
                driver.get(path.as_uri())
            opened = driver.execute_script(
                "const t = performance.getEntriesByType('navigation')[0];"
                "return t.domContentLoadedEventEnd - t.responseEnd"
            )
            time.sleep(1.0)  # as a reader looks at the page before the first step
            runs = [driver.execute_script(_STEPS) for _ in range(3)]
            cost = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            scroll = driver.execute_async_script(_SCROLL)
            count = int(scroll["rows"]) - 1
            print(
                f"{count:7,} {made:7.2f} {len(page.text) / 1e6:5.1f} {opened:9.0f} "
                f"{cost['median']:8.1f} {cost['worst']:6.1f} {cost['jump']:6.1f} "
                f"{cost['live']:6.1f}   {scroll['median']:.1f}, {scroll['late']}"
            )
    finally:
        driver.quit()


if __name__ == "__main__":
    main([int(x) for x in sys.argv[1:]] or [979, 10_000])
