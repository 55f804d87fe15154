from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "protocol"))

import browser  # noqa: E402
from harness.fixtures import add_library_option as pytest_addoption  # noqa: E402, F401
from harness.fixtures import host_program, library, network, networks_permitted, stage  # noqa: E402, F401
from harness.fixtures import tell_why_skipped  # noqa: E402
from town import Town  # noqa: E402

LAGS: list[str] = []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    reason = browser.why_not()
    if reason:
        pytest.skip(reason)
    driver = browser.start()
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium: Any) -> Iterator[browser.Page]:
    """Whatever a test does, no script of the page fails, and nobody but the node is asked."""
    page = browser.Page(chromium)
    page.look()
    yield page
    complaints, strangers = page.complaints(), page.strangers()
    page.close()
    assert not complaints
    assert not strangers


@pytest.fixture
def town(stage: Any) -> Town:  # noqa: F811
    return Town(stage)


@pytest.fixture
def told() -> list[str]:
    """Figures, for whoever reads what the run printed."""
    return LAGS


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tell_why_skipped(terminalreporter)
    for line in LAGS:
        terminalreporter.write_line(line)
