"""Fixtures of both suites; `--library` names the folder with libmuster.so."""

from __future__ import annotations

import collections
import itertools
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .build import TOP, compile_c, library_directory
from .network import Network, why_not
from .process import Stage


def add_library_option(parser: pytest.Parser) -> None:
    parser.addoption("--library", default=None, help="the folder with libmuster.so (default: out/lib)")


def tell_why_skipped(reporter: Any) -> None:
    """Each reason once, however many tests it concerns; for `pytest_terminal_summary`."""
    reasons = collections.Counter(report.longrepr[2] for report in reporter.stats.get("skipped", []))
    for reason, count in reasons.items():
        reporter.write_line(f"{count} tests: {reason}")


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """What a test saw that is neither right nor wrong; told at the end of the run, whichever process it ran in."""
    return lambda text: record_property("figures", text)


def tell_figures(reporter: Any) -> None:
    """For `pytest_terminal_summary`."""
    for report in itertools.chain.from_iterable(reporter.stats.values()):
        if getattr(report, "when", "") == "call":
            for name, text in report.user_properties:
                if name == "figures":
                    reporter.write_line(f"{report.location[2]}: {text}")


@pytest.fixture(scope="session")
def library(pytestconfig: pytest.Config) -> pathlib.Path:
    return library_directory(pytestconfig.getoption("--library"))


@pytest.fixture(scope="session")
def host_program(library: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("host")
    return compile_c(TOP / "Tests/e2e/host.c", folder / "host", library)


@pytest.fixture
def stage(host_program: pathlib.Path) -> Iterator[Stage]:
    stage = Stage(host_program)
    yield stage
    stage.end()


@pytest.fixture(scope="session")
def networks_permitted() -> None:
    reason = why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def network(networks_permitted: None, stage: Stage, request: pytest.FixtureRequest) -> Iterator[Network]:
    """A network without machines; `ip_version` may be given as its parameter."""
    network = Network(getattr(request, "param", 4))
    try:
        yield network
    finally:
        # A process that is over keeps no namespace.
        stage.end()
        network.end()
