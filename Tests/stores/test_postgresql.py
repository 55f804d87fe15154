"""What only PostgreSQL can do."""
import contextlib
import subprocess
from collections.abc import Iterator

import pytest
from conftest import Connect
from harness.process import free_port
from harness.servers import TABLES, PostgreSQL
from harness.serving import serving


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with serving(PostgreSQL) as server:
        yield server


@contextlib.contextmanager
def locked(server: PostgreSQL, cluster: str) -> Iterator[None]:
    """While somebody else has the lease of a cluster locked."""
    with subprocess.Popen(
        [f"{server.binaries()}/psql", "-qAtX", "-h", "127.0.0.1", "-p", str(server.port), "-U", "muster", "postgres"],
        env={"PGPASSWORD": "secret"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as locker:
        assert locker.stdin and locker.stdout
        locker.stdin.write(f"BEGIN; SELECT 'locked' FROM muster_lease WHERE cluster = '{cluster}' FOR UPDATE;\n")
        assert locker.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            locker.stdin.write("ROLLBACK;\n\\q\n")
            locker.stdin.close()
            locker.wait()


def test_the_next_host_is_tried(server: PostgreSQL, connect: Connect) -> None:
    hosts = f"127.0.0.1:{free_port()},127.0.0.1:{server.port}"
    client = connect(f"postgres://muster:secret@{hosts}/postgres", "hosts")
    assert client.write("-", "1 1 1 ada").answer == "applied"


def test_a_host_that_does_not_answer_is_left(server: PostgreSQL, connect: Connect) -> None:
    import socket

    # Accepts connections and says nothing.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{server.port}"
        client = connect(f"postgresql://muster:secret@{hosts}/postgres", "silent", 2000)
        # A first request may be over before the second host's turn; the connection that was begun is not.
        client.eventually("nothing")
        assert client.write("-", "1 1 1 ada").answer == "applied"


def test_a_slow_login_leaves_later_writes_their_time(server: PostgreSQL, connect: Connect) -> None:
    import socket
    import time

    with contextlib.ExitStack() as stack:
        # The last host has a twentieth of the time for connecting: 0.4 s where a request has 2 s.
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(19)]
        ports = [one.getsockname()[1] for one in silent] + [server.port]
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        client = connect(f"postgresql://muster:secret@{hosts}/postgres", "login", 2000)
        client.eventually("nothing")
    assert client.write("-", "1 1 1 ada").answer == "applied"
    with locked(server, "login"):
        number = client.ask("write primary 1.1 2 2 1 ada")
        time.sleep(1.2)
    assert client.reply(number).answer == "applied"


def test_a_read_only_server_is_refused(server: PostgreSQL, connect: Connect) -> None:
    server.sql("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    try:
        reply = connect(server.url, "standby").write("-", "1 1 1 ada")
        assert reply.answer == "failed"
        assert "read-only" in reply.error
    finally:
        server.sql("SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only",
                   "SELECT pg_reload_conf()")


def test_commits_are_kept_whatever_the_default_is(server: PostgreSQL, connect: Connect) -> None:
    server.sql("ALTER ROLE muster SET synchronous_commit = off")
    try:
        client = connect(server.url, "kept")
        expected = "-"
        for version in range(1, 20):
            assert client.write(expected, f"{version} 1 1 ada").answer == "applied"
            expected = f"{version}.1"
        server.kill()
        server.start()
        assert client.eventually("row").row == "19 1 1 ada"
    finally:
        server.sql("ALTER ROLE muster RESET synchronous_commit")


def test_a_restarted_server_is_found_again(server: PostgreSQL, connect: Connect) -> None:
    client = connect(server.url, "again")
    assert client.write("-", "1 1 1 ada").answer == "applied"
    server.kill()
    server.start()
    # The end of the connection is seen before anything is sent on it.
    assert client.write("1.1", "2 2 1 ada").answer == "applied"


def test_a_locked_row_is_answered_for_and_not_written_later(server: PostgreSQL, connect: Connect) -> None:
    client = connect(server.url, "locked", 1000)
    assert client.write("-", "1 1 1 ada").answer == "applied"
    with locked(server, "locked"):
        assert client.write("1.1", "2 2 1 ada").answer == "unknown"
        assert client.read().row == "1 1 1 ada"
    # It may still have happened, until the server ends the statement that nobody waits for.
    assert client.read().row in ("1 1 1 ada", "2 2 1 ada")


def test_missing_rights_are_said(server: PostgreSQL, connect: Connect) -> None:
    server.sql("CREATE ROLE guest LOGIN PASSWORD 'secret'")
    url = server.url.replace("muster:", "guest:")
    connect(server.url, "rights").read()
    reply = connect(url, "rights").write("-", "1 1 1 ada")
    assert reply.answer == "failed"
    assert "permission denied" in reply.error


def test_tables_of_another_version_are_refused(server: PostgreSQL, connect: Connect) -> None:
    connect(server.url, "version").read()
    server.sql("UPDATE muster_schema SET version = 2")
    try:
        reply = connect(server.url, "version").read()
        assert reply.error.startswith("schema: the tables are of version 2")
    finally:
        server.sql("UPDATE muster_schema SET version = 1")


def test_eight_clients_make_the_tables_at_once(server: PostgreSQL, connect: Connect) -> None:
    for _ in range(5):
        server.sql(f"DROP TABLE {TABLES}")
        clients = [connect(server.url, "tables", 10_000) for _ in range(8)]
        numbers = [client.ask("read primary") for client in clients]
        assert {client.reply(number).answer for client, number in zip(clients, numbers)} == {"nothing"}
        for client in clients:
            client.close()
