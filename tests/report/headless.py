"""A headless Chromium for the tests of the page; skips where there is none, but never in CI."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-domain-reliability",
    "--hide-scrollbars",
)


@contextlib.contextmanager
def chromium(width: int = 1280, height: int = 900) -> Iterator[Any]:
    """Drive a fresh Chromium that logs its console and every request."""
    webdriver = pytest.importorskip("selenium.webdriver")
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        reason = "no chromium and chromedriver on this machine"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{reason}, but CI must have them")
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for option in (*OPTIONS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.ChromeService(executable_path=driver)
        window = webdriver.Chrome(options=options, service=service)
        try:
            yield window
        finally:
            window.quit()


def open_page(window: Any, path: Path) -> None:
    """Open a file in the browser, as a reader would, and wait until it is all there."""
    from selenium.webdriver.support.ui import WebDriverWait

    address = path.resolve().as_uri()
    window.get(address)
    there = "return document.readyState === 'complete' && location.href === arguments[0]"
    WebDriverWait(window, 60).until(lambda w: w.execute_script(there, address))


def requests_of(window: Any) -> list[str]:
    """Every address that was asked for since the last call."""
    asked = []
    for entry in window.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    return asked


def set_size(window: Any, width: int, height: int) -> None:
    """Give the page a width in CSS pixels, also one that no desktop window has."""
    window.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )


def screenshot(window: Any, path: Path) -> None:
    """Save the whole page, however long."""
    import base64

    picture = window.execute_cdp_cmd(
        "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True}
    )
    path.write_bytes(base64.b64decode(picture["data"]))
