"""Fixtures of both suites; `--library` names the folder with libmuster.so."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from .build import TOP, compile_c, library_directory
from .process import Stage


def add_library_option(parser: pytest.Parser) -> None:
    parser.addoption("--library", default=None, help="the folder with libmuster.so (default: out/lib)")


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
