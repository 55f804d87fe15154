"""A child that the host forks has no part in its parent's connections."""

import pytest
from conftest import Connect
from harness.process import eventually
from harness.servers import MariaDB, Server


@pytest.mark.parametrize("ending", ["exit", "_exit"])
def test_a_child_is_refused_at_once_and_disturbs_nobody(
    engine: Server, connect: Connect, cluster: str, ending: str
) -> None:
    parent = connect(engine.url, cluster)
    assert parent.write("-", "1 1 1 ada").answer == "applied"
    before = parent.sockets()
    for version in range(1, 6):
        said = parent.reply(parent.ask(f"fork {ending}"), 15)
        # The connection is not the child's either; an ODBC driver shows nobody its own.
        sockets = len(before) if isinstance(engine, MariaDB) else 0
        assert (said.answer, said.row) == ("forked", f"{sockets} engine engine engine"), said
        assert parent.write(f"{version}.{version}", f"{version + 1} {version + 1} 1 ada").answer == "applied"
        assert parent.exchange(f"ada/7/{version}/a:1").answer == "members"
    # No farewell was said in the parent's name: the server would have ended the connection.
    assert parent.sockets() == before


def test_children_of_a_busy_parent(engine: Server, connect: Connect, cluster: str) -> None:
    parent = connect(engine.url, cluster, 20_000)
    assert parent.write("-", "1 1 1 ada").answer == "applied"
    before = parent.sockets()
    writes, forks, version = [], [], 1
    for _ in range(20):
        for _ in range(10):
            writes.append(parent.ask(f"write primary {version}.{version:x} {version + 1} {version + 1:x} 1 ada"))
            version += 1
        forks.append(parent.ask("fork exit"))
    assert {parent.reply(number, 60).answer for number in forks} == {"forked"}
    assert {parent.reply(number, 60).answer for number in writes} == {"applied"}
    assert parent.sockets() == before


def test_a_child_after_the_parent_closed(engine: Server, connect: Connect, cluster: str) -> None:
    parent = connect(engine.url, cluster)
    parent.read()
    parent.ask("close")
    eventually(lambda: parent.threads() == 1, "one thread is left", 20)
    assert parent.reply(parent.ask("fork exit"), 15).row.endswith("engine engine engine")
