from __future__ import annotations

import pathlib
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from engines import Engine, PostgreSQL  # noqa: E402
from fence import Fence  # noqa: E402

from harness.build import TOP, compile_c  # noqa: E402
from harness.clocks import Clocks  # noqa: E402
from harness.fixtures import add_library_option, figures, library, stage  # noqa: E402, F401
from harness.fixtures import tell_figures, tell_why_skipped  # noqa: E402
from harness.network import Network, why_not  # noqa: E402
from harness.serving import directory, serving, skip_without  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    add_library_option(parser)
    parser.addoption("--seconds", type=float, default=None, help="how long each test is under faults")
    parser.addoption("--seed", default=None, help="what is done to whom; a number by chance if none is given")


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("--seed") or random.SystemRandom().randrange(1 << 32))


@pytest.fixture(scope="session")
def lasting(pytestconfig: pytest.Config) -> Callable[[float], float]:
    """How long faults are to last: what is asked for, or so long."""
    asked = pytestconfig.getoption("--seconds")
    return lambda seconds: seconds if asked is None else float(asked)


@pytest.fixture(scope="session")
def clocks(tmp_path_factory: pytest.TempPathFactory) -> Clocks:
    return Clocks(tmp_path_factory.mktemp("clocks"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tell_figures(terminalreporter)
    tell_why_skipped(terminalreporter)


@pytest.fixture(scope="session")
def host_program(library: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:  # noqa: F811
    """The host that writes while it is primary."""
    folder = tmp_path_factory.mktemp("host")
    return compile_c(TOP / "Tests/e2e/host.c", folder / "host", library, str(TOP / "Tests/chaos/writer.c"))


@pytest.fixture(scope="session")
def fence_server() -> Iterator[PostgreSQL]:
    with serving(PostgreSQL) as server:
        yield server


@pytest.fixture
def fence(fence_server: PostgreSQL) -> Fence:
    fence = Fence(fence_server)
    fence.make_anew()
    return fence


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    kind: type[Engine] = request.param
    skip_without(kind.kind)
    with directory(kind.name) as path:
        engine = kind(path)
        try:
            engine.start()
            yield engine
        finally:
            engine.end()


@pytest.fixture
def network(stage: Any) -> Iterator[Network | None]:  # noqa: F811
    """None where namespaces are not permitted: then nobody parts the hosts from each other."""
    if why_not():
        yield None
        return
    network = Network()
    try:
        yield network
    finally:
        stage.end()
        network.end()
