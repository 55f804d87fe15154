from __future__ import annotations

import pathlib
import sys
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness.fixtures import add_library_option as pytest_addoption  # noqa: E402, F401
from harness.fixtures import host_program, library, network, networks_permitted, stage  # noqa: E402, F401
from harness.fixtures import tell_why_skipped  # noqa: E402
from harness.process import Host, Stage  # noqa: E402
from task_hosts import AUTHORITIES, chosen  # noqa: E402


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tell_why_skipped(terminalreporter)


@pytest.fixture(params=AUTHORITIES)
def trio(request: pytest.FixtureRequest, stage: Stage, tmp_path: pathlib.Path) -> tuple[Host, Host, Host]:  # noqa: F811
    """Three hosts for tasks, under each authority."""
    return stage.trio(**chosen(request.param, tmp_path))


@pytest.fixture
def plain_trio(stage: Stage, tmp_path: pathlib.Path) -> tuple[Host, Host, Host]:  # noqa: F811
    """The same by the members' view alone."""
    return stage.trio(**chosen("members", tmp_path))
