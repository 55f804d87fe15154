from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Generator
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness.fixtures import add_library_option as pytest_addoption  # noqa: E402, F401
from harness.fixtures import figures, host_program, library, network, networks_permitted, stage  # noqa: E402, F401
from harness.fixtures import tell_figures, tell_why_skipped  # noqa: E402
from harness.process import Stage  # noqa: E402

IS_LONG = os.environ.get("MUSTER_LONG", "") not in ("", "0")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tell_figures(terminalreporter)
    tell_why_skipped(terminalreporter)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whoever looks at a failure wants to know what every node said, and when."""
    report = yield
    played = getattr(item, "funcargs", {}).get("stage")
    if report.when == "call" and report.outcome != "passed" and isinstance(played, Stage):
        report.sections.append(("what the nodes said, in seconds", story(played)))
    return report


def story(stage: Stage) -> str:  # noqa: F811
    lines = [(line["at"], host.id, line) for host in stage.hosts for line in list(host.lines)]
    told = [(at, id, line) for at, id, line in lines if {"event", "callback", "sample", "log"} & set(line)]
    began = min((at for at, _, _ in lines), default=0)
    return "\n".join(
        f"{(at - began) / 1e9:8.3f} {id} " + " ".join(f"{key}={value}" for key, value in line.items() if key != "at")
        for at, id, line in sorted(told, key=lambda entry: int(entry[0]))
    )
