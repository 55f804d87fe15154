"""TLS to PostgreSQL: libpq's own, with the parameters of the URL."""
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Connect
from harness.certificates import Authority
from harness.servers import PostgreSQLTLS
from harness.serving import serving


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQLTLS]:
    with serving(PostgreSQLTLS) as server:
        yield server


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "stranger")


def test_a_verified_server_serves(server: PostgreSQLTLS, connect: Connect, cluster: str) -> None:
    client = connect(server.url, cluster)
    assert client.write("-", "1 1 1 ada").answer == "applied"
    assert client.read().row == "1 1 1 ada"
    assert client.exchange("ada/7/1/a:1").row == "ada/7/1/a:1"
    # Each of ours is encrypted, says the server.
    assert server.seen() == {"TLSv1.3"}
    # By name too.
    assert connect(server.way_in(server.authority, "localhost"), cluster).read().row == "1 1 1 ada"


def test_an_unknown_authority_is_not_trusted(server: PostgreSQLTLS, connect: Connect, stranger: Authority) -> None:
    reply = connect(server.way_in(stranger)).write("-", "1 1 1 ada")
    assert reply.answer == "failed"
    assert reply.error.startswith("unreachable: ") and "certificate verify failed" in reply.error, reply


def test_a_certificate_of_another_is_not_trusted(connect: Connect) -> None:
    with serving(PostgreSQLTLS) as other:
        other.kill()
        other.authority.issue("server", "DNS:other.example")
        other.start()
        reply = connect(other.url).write("-", "1 1 1 ada")
        assert reply.answer == "failed" and "server certificate for" in reply.error, reply
        # Who only wants to know the authority is content.
        assert connect(other.way_in(other.authority, mode="verify-ca")).write("-", "1 1 1 ada").answer == "applied"


def test_who_wants_no_tls_is_turned_away(server: PostgreSQLTLS, connect: Connect) -> None:
    reply = connect(server.way_in(server.authority, mode="disable")).read()
    assert reply.answer == "failed" and "no encryption" in reply.error, reply


def test_a_missing_file_is_named(server: PostgreSQLTLS, connect: Connect, tmp_path: Path) -> None:
    url = f"postgresql://muster:secret@127.0.0.1:{server.port}/postgres?sslmode=verify-full&sslrootcert={tmp_path}/none"
    reply = connect(url).write("-", "1 1 1 ada")
    assert reply.answer == "failed" and f"{tmp_path}/none" in reply.error, reply
