"""What leases and tasks have in common in every engine: a row that is read, and compared and set."""
from collections.abc import Callable

import pytest
from client import Reply
from conftest import Connect
from harness.servers import Server


class Rows:
    """A client's row of a lease, or of a task."""

    def __init__(self, kind: str, connect: Connect, url: str, cluster: str) -> None:
        self.client = connect(url, cluster)
        self.is_task = kind == "task"

    def read(self) -> Reply:
        """The row is "VERSION NONCE EPOCH HOLDER", whatever a task's has besides."""
        reply = self.client.read_task() if self.is_task else self.client.read()
        return Reply(reply.answer, reply.row.removesuffix(" 0102ff"), reply.error)

    def write(self, expected: str, row: str) -> str:
        """What is answered."""
        if self.is_task:
            return self.client.write_task(expected, row + " 0102ff").answer
        return self.client.write(expected, row).answer


@pytest.fixture(params=["lease", "task"])
def rows(request: pytest.FixtureRequest, engine: Server, connect: Connect, cluster: str) -> Callable[[], Rows]:
    return lambda: Rows(request.param, connect, engine.url, cluster)


def test_nothing_stands_there_at_first(rows: Callable[[], Rows]) -> None:
    assert rows().read().answer == "nothing"


def test_a_row_is_created_once(rows: Callable[[], Rows]) -> None:
    mine = rows()
    assert mine.write("-", "1 a 5 ada") == "applied"
    assert mine.write("-", "1 b 5 bob") == "conflict"
    assert mine.read().row == "1 a 5 ada"


def test_version_and_nonce_are_compared(rows: Callable[[], Rows]) -> None:
    mine = rows()
    assert mine.write("1.a", "2 b 5 ada") == "conflict"
    assert mine.read().answer == "nothing"
    assert mine.write("-", "1 a 5 ada") == "applied"
    assert mine.write("2.a", "3 b 5 bob") == "conflict"
    assert mine.write("1.b", "2 b 5 bob") == "conflict"
    assert mine.write("1.a", "2 b 6 bob") == "applied"
    assert mine.write("1.a", "2 c 6 ada") == "conflict"
    assert mine.read().row == "2 b 6 bob"


def test_others_see_what_was_applied(rows: Callable[[], Rows]) -> None:
    writer, reader = rows(), rows()
    expected = "-"
    for version in range(1, 30):
        assert writer.write(expected, f"{version} {version:x} 5 ada") == "applied"
        assert reader.read().row == f"{version} {version:x} 5 ada"
        expected = f"{version}.{version:x}"
