"""A host that exits while a store is at work exits in order: the libraries below clean up under no thread of ours."""
import time
from pathlib import Path

from harness.certificates import Authority
from client import Client
from harness.servers import PostgreSQL, Server
from harness.serving import serving
from test_tls import TLSServer


def exit_often(url: str) -> None:
    """Closes the store and returns from main at many a moment of the connecting that goes on."""
    for index in range(60):
        with Client(url, "exits", 20_000) as host:
            for role in range(30):
                host.ask(f"read {role}")
            assert host.process.stdin
            # Another moment each time, whatever goes on then.
            time.sleep(index % 30 / 1500)
            host.process.stdin.close()
            assert host.process.wait(30) == 0, index


def test_while_passwords_are_checked() -> None:
    with serving(PostgreSQL) as server:
        # Refused, so that every request connects anew.
        exit_often(server.wrong)


def test_while_hands_are_shaken(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    authority.issue("named", "IP:127.0.0.1")
    exit_often(TLSServer(authority, "named").url(authority))


def test_while_requests_are_under_way(engine: Server) -> None:
    exit_often(engine.url)
