"""A real browser without a window, and one page in it."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import shutil
from collections.abc import Callable
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys

from harness.process import PATIENCE, eventually

HERE = pathlib.Path(__file__).resolve().parent
PHONE = (360, 740)
DESK = (1280, 900)


def why_not() -> str:
    """Why there is no browser; empty where there is one."""
    missing = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"no {' and no '.join(missing)}" if missing else ""


def start() -> webdriver.Chrome:
    options = Options()
    options.binary_location = str(shutil.which("chromium"))
    for word in ("headless=new", "disable-dev-shm-usage", "disable-gpu", "hide-scrollbars", "no-first-run"):
        options.add_argument(f"--{word}")
    if os.geteuid() == 0:
        # As root it has no sandbox to start in.
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


class Page:
    """A tab of its own, with what it asked for and complained about."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self._first = driver.current_window_handle
        driver.switch_to.new_window("tab")
        driver.get_log("browser")  # type: ignore[no-untyped-call]
        driver.get_log("performance")  # type: ignore[no-untyped-call]
        self.origin = ""
        self.command("Page.addScriptToEvaluateOnNewDocument", source=(HERE / "seen.js").read_text())

    def command(self, name: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, arguments)

    def look(self, size: tuple[int, int] = DESK, scheme: str = "light", is_calm: bool = False) -> None:
        """How large the window is, and what its user prefers."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce" if is_calm else "no-preference"},
        ]
        self.command("Emulation.setEmulatedMedia", features=features)

    def open(self, url: str, standing: str = "live") -> None:
        self.origin = url
        self.driver.get(url)
        self.wait_for(f"document.body.dataset.standing === '{standing}'", f"the page is {standing}")

    # -- what is to be seen

    def run(self, expression: str, *arguments: Any) -> Any:
        """The value of an expression, in which what was given besides is arguments[0] and so on."""
        return self.driver.execute_script(f"return {expression}", *arguments)

    def wait_for(self, expression: str, what: str, *arguments: Any, seconds: float = PATIENCE) -> Any:
        return self.wait(lambda: self.run(expression, *arguments), what, seconds)

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        try:
            return eventually(condition, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the page says\n{self.text('body')}") from error

    def text(self, selector: str) -> str:
        return str(self.run("document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def says(self, selector: str, *words: str) -> None:
        """Waits until all of these words stand there."""
        self.wait(lambda: all(word in self.text(selector) for word in words), f"{selector} says {words}")

    def seen(self, what: str) -> float:
        """When it was first to be seen, in milliseconds since 1970; waits for it."""
        expression = "window.seen.find(each => each.what.startsWith(arguments[0]))?.at"
        return float(self.wait_for(expression, f"'{what}' is seen", what))

    def time_of(self, event: str) -> int:
        """When the node says that an event happened."""
        expression = "window.seen.find(each => each.what.startsWith(arguments[0]))?.what"
        return int(self.wait_for(expression, f"'{event}' is told", f"event {event} ").split(" ")[-1])

    # -- hands

    def press(self, *keys: str) -> None:
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def tab(self) -> None:
        self.press(Keys.TAB)

    def focus(self, selector: str) -> None:
        self.run("document.querySelector(arguments[0]).focus()", selector)

    @property
    def focused(self) -> str:
        """What has the focus, in words."""
        return str(self.run("document.activeElement.ariaLabel || document.activeElement.innerText"))

    def picture(self, path: pathlib.Path) -> None:
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))

    # -- what it did

    def complaints(self) -> list[str]:
        """Errors of scripts and of the content security policy. That the node did not answer is none."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["source"] != "network" and entry["level"] == "SEVERE"]

    def strangers(self) -> list[str]:
        """Where it asked anybody but its node."""
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        asked = [json.loads(entry["message"])["message"] for entry in entries]
        urls = [entry["params"]["request"]["url"] for entry in asked if entry["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith((self.origin, "data:"))]

    def close(self) -> None:
        self.driver.close()
        self.driver.switch_to.window(self._first)
