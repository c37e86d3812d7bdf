"""Check the built site: links, requests, accessibility; and take pictures of its pages.

    python docs/check_site.py build/site                  # links and requests
    python docs/check_site.py build/site --axe node_modules/axe-core/axe.min.js
    python docs/check_site.py build/site --pictures build/pictures

Every internal link leads to a file, and to a place in it that exists; no page loads anything from
elsewhere; addresses of other sites are listed, not asked.  ``--axe`` and ``--pictures`` need
Chromium, chromedriver and selenium, and open a dozen pages from disk at 1,400 and 390 px, light and
dark; axe-core comes from ``npm install axe-core``, and its faults are those that it calls serious
or critical.  The status is 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

#: The pages that are opened in a browser, of each kind at least one.
PAGES = (
    "index",
    "learn/07-slopes",
    "learn/how-the-jit-works",
    "howto/draw-my-network",
    "generated/operations",
    "generated/reference/autograd_nn",
    "generated/examples/index",
    "generated/benchmarks",
    "reference/errors",
    "coming_from/pytorch",
    "inside/index",
    "inside/reading",
)
SIZES = ((1400, 1000), (390, 844))
THEMES = ("light", "dark")
_TOO_WIDE = "const page = document.documentElement; return page.scrollWidth > page.clientWidth + 1"
#: Elements by which a page loads something, and the attribute that says what.
_LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
}
#: The kinds of ``<link>`` that a browser loads.
_LOADED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect"}


class Page(HTMLParser):
    """The places, links and loads of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element refers to."""
        found = {name: value or "" for name, value in attrs}
        self.places |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in _LOADS and found.get(_LOADS[tag]):
            self.loads.append(found[_LOADS[tag]])
        if tag == "link" and _LOADED_LINKS & set(found.get("rel", "").split()):
            self.loads.append(found.get("href", ""))

    handle_startendtag = handle_starttag


def read(site: Path) -> dict[Path, Page]:
    """Every page of the site by its path."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def is_foreign(address: str) -> bool:
    """Whether an address is at another site."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "mailto")


def faults(pages: dict[Path, Page]) -> Iterator[str]:
    """Links that lead nowhere, and loads from elsewhere."""
    for path, page in pages.items():
        for address in page.loads:
            if is_foreign(address):
                yield f"{path}: loads {address}"
        for address in [*page.links, *page.loads]:
            parts = urlsplit(address)
            if is_foreign(address) or parts.scheme in ("data", "javascript"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                yield f"{path}: {address} does not exist"
            elif parts.fragment and target in pages:
                place = unquote(parts.fragment)
                if place not in pages[target].places:
                    yield f"{path}: {address} has no such place"


def foreign(pages: dict[Path, Page]) -> list[str]:
    """The addresses of other sites, each once."""
    return sorted({a for page in pages.values() for a in page.links if is_foreign(a)})


# -- in a browser --------------------------------------------------------------------------


def browser() -> Any:
    """Chromium without a window."""
    from selenium import webdriver

    os.environ |= {"SE_OFFLINE": "true", "SE_AVOID_STATS": "true"}
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def search(driver: Any, site: Path) -> Iterator[str]:
    """Whether the search finds something, as a reader does who opened the page from disk."""
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.support.ui import WebDriverWait

    driver.get(f"{(site / 'search.html').resolve().as_uri()}?q=gradient")
    try:
        results = "#search-results li a"
        WebDriverWait(driver, 20).until(lambda d: d.find_elements("css selector", results))
    except TimeoutException:
        yield "search: finds nothing for 'gradient'"
    yield from (f"search: asks for {address}" for address in sorted(requested(driver)))


def views(driver: Any, site: Path) -> Iterator[str]:
    """Bring the browser to each page of the list, in each size and theme; a name of the view."""
    for width, height in SIZES:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for page in PAGES:
            driver.get((site / f"{page}.html").resolve().as_uri())
            for theme in THEMES:
                driver.execute_script(f"document.body.dataset.theme = '{theme}'")
                yield f"{page.replace('/', '_')}-{width}-{theme}"


def requested(driver: Any) -> set[str]:
    """What the browser asked the network for since this was last called."""
    found = set()
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            address = message["params"]["request"]["url"]
            found |= {address} if is_foreign(address) else set()
    return found


def opened(site: Path, axe: Path | None, pictures: Path | None) -> Iterator[str]:
    """What is wrong with the pages of the list, and the search, as a browser shows them."""
    yield from (f"{page}: no such page" for page in PAGES if not (site / f"{page}.html").exists())
    driver = browser()
    try:
        for name in views(driver, site):
            yield from (f"{name}: asks for {address}" for address in sorted(requested(driver)))
            if driver.execute_script(_TOO_WIDE):
                yield f"{name}: is wider than the window"
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                driver.save_screenshot(str(pictures / f"{name}.png"))
            if axe:
                driver.execute_script(axe.read_text(encoding="utf-8"))
                yield from (f"{name}: {fault}" for fault in inaccessible(driver))
        yield from search(driver, site)
    finally:
        driver.quit()


def inaccessible(driver: Any) -> Iterator[str]:
    """The serious and the critical faults that axe-core finds."""
    run = "const done = arguments[0]; axe.run().then(r => done(r.violations))"
    for fault in driver.execute_async_script(run):
        if fault["impact"] in ("serious", "critical"):
            where = [" ".join(map(str, node["target"])) for node in fault["nodes"]]
            yield f"{fault['id']} ({fault['impact']}): {len(where)}, as {where[0]}"


def main(argv: list[str] | None = None) -> int:
    """Check what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder that Sphinx wrote")
    parser.add_argument("--axe", type=Path, help="axe.min.js of axe-core")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the pages")
    options = parser.parse_args(argv)
    pages = read(options.site.resolve())
    if not pages:
        print(f"{options.site} holds no page; build the site first")
        return 1
    wrong = list(faults(pages))
    if options.axe or options.pictures:
        wrong += opened(options.site, options.axe, options.pictures)
    print("\n".join([f"elsewhere: {address}" for address in foreign(pages)] + wrong))
    print(f"{len(pages)} pages, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
