from __future__ import annotations

import pathlib
import sys
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness.fixtures import add_library_option as pytest_addoption  # noqa: E402, F401
from harness.fixtures import host_program, library, network, networks_permitted, stage  # noqa: E402, F401
from harness.fixtures import tell_why_skipped  # noqa: E402


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tell_why_skipped(terminalreporter)
