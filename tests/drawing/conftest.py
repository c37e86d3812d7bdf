"""A browser for the tests that look at pages in one; they are skipped where there is none."""

import shutil

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in (
        "headless=new", "no-sandbox", "disable-gpu", "no-first-run",
        "disable-background-networking", "disable-component-update",
        "disable-sync", "disable-dev-shm-usage", "touch-events=enabled",
        f"user-data-dir={tmp_path_factory.mktemp('profile')}", "window-size=1400,900",
    ):  # fmt: skip
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


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
