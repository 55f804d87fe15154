"""A server of each engine for the whole run, and clients of it."""
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import client  # noqa: E402
from client import Client  # noqa: E402
from harness.servers import ENGINES, Server  # noqa: E402
from harness.serving import serving  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--driver", required=True)


def pytest_configure(config: pytest.Config) -> None:
    client.DRIVER = Path(config.getoption("--driver")).resolve()


@pytest.fixture(scope="session", params=ENGINES, ids=[engine.name for engine in ENGINES])
def engine(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(request.param) as server:
        yield server


Connect = Callable[..., Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes clients that end with the test."""
    clients: list[Client] = []

    def make(*arguments: str | int) -> Client:
        clients.append(Client(*arguments))  # type: ignore[arg-type]
        assert clients[-1].opened == "open", clients[-1].opened
        return clients[-1]

    yield make
    for each in clients:
        each.close()


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> str:
    """A cluster that no other test uses: rows are never deleted."""
    return f"c{abs(hash(request.node.nodeid)) % 10**12}"
