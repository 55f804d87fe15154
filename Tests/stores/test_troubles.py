"""Servers that die, freeze, refuse, or are not there."""
import time

import pytest
from conftest import Connect
from harness.process import eventually
from harness.servers import Server, SQLite


@pytest.fixture
def server(engine: Server) -> Server:
    if isinstance(engine, SQLite):
        pytest.skip("SQLite has no server")
    return engine


def test_acknowledged_writes_survive_a_killed_server(server: Server, connect: Connect, cluster: str) -> None:
    client = connect(server.url, cluster)
    assert client.write("-", "1 1 1 ada").answer == "applied"
    # Many are under way when the server is killed.
    numbers = [client.ask(f"write primary {v}.{v:x} {v + 1} {v + 1:x} 1 ada") for v in range(1, 2000)]
    assert client.reply(numbers[20]).answer == "applied"
    server.kill()
    server.start()
    answers = [client.replies.pop(n).answer if n in client.replies else client.reply(n).answer for n in numbers
               if n != numbers[20]]
    applied = 1 + 1 + answers.count("applied")
    assert "unknown" in answers or "failed" in answers
    version = int(client.eventually("row").row.split()[0])
    # What was not acknowledged may have happened: one write, since each needs the one before.
    assert applied <= version <= applied + 1, (applied, version)
    assert client.write(f"{version}.{version:x}", f"{version + 1} fff 1 bob").answer == "applied"


def test_a_frozen_server_is_answered_for_in_time(server: Server, connect: Connect, cluster: str) -> None:
    client = connect(server.url, cluster, 1000)
    assert client.write("-", "1 1 1 ada").answer == "applied"
    before = client.threads()
    server.freeze()
    try:
        start = time.monotonic()
        wrote = client.write("1.1", "2 2 1 ada")
        assert wrote.answer == "unknown", wrote
        assert time.monotonic() - start < 3
        for _ in range(4):
            start = time.monotonic()
            assert client.read().answer == "failed"
            assert time.monotonic() - start < 3
        # One abandoned worker at the most.
        assert client.threads() <= before + 1
    finally:
        server.thaw()
    row = client.eventually("row").row
    assert row in ("1 1 1 ada", "2 2 1 ada")
    version, nonce = row.split()[:2]
    assert client.write(f"{version}.{nonce}", "9 9 1 bob").answer in ("applied", "conflict")
    eventually(lambda: client.threads() <= before, "the abandoned worker ends", 20)


def test_a_new_client_of_a_frozen_server_is_answered(server: Server, connect: Connect, cluster: str) -> None:
    client = connect(server.url, cluster, 1000)
    server.freeze()
    try:
        start = time.monotonic()
        # Nothing was sent: certainly nothing happened. An engine that cannot tell says so.
        assert client.write("-", "1 1 1 ada").answer in ("failed", "unknown")
        assert time.monotonic() - start < 3
    finally:
        server.thaw()
    assert client.eventually("nothing").answer == "nothing"


def test_a_wrong_password_is_refused(server: Server, connect: Connect, cluster: str) -> None:
    if not server.wrong:
        pytest.skip("no passwords here")
    client = connect(server.wrong, cluster)
    reply = client.write("-", "1 1 1 ada")
    assert reply.answer == "failed"
    assert reply.error.startswith("refused: ")
    assert "guess" not in reply.error


def test_no_server_is_said(server: Server, connect: Connect, cluster: str) -> None:
    client = connect(server.nowhere, cluster)
    reply = client.write("-", "1 1 1 ada")
    assert reply.answer == "failed"
    assert reply.error.startswith("unreachable: ")
    assert client.read().answer == "failed"
