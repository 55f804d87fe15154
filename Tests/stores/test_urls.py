"""URLs that cannot be used, and drivers that are not there."""
import subprocess
from pathlib import Path

import client
import pytest
from client import Client


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", "badSettings"), ("leases.db", "badSettings"), ("redis://here", "unsupported"),
        ("sqlite:", "badSettings"),
        ("sqlite::memory:", "badSettings"),
        ("sqlite://host/file", "badSettings"),
        ("postgresql://muster:secret@[::1/db", "badSettings"),
        ("postgresql://muster:secret@/?host=h1,h2&port=1,2,3", "badSettings"),
        ("postgresql://muster:secret@h1:5432,h2:70000,h3/db?port=1,2", "badSettings"),
        ("etcd://", "badSettings"), ("etcd://host:0", "badSettings"), ("etcd://host:x", "badSettings"),
        ("etcd://user:secret", "badSettings"), ("etcd://user:%zzsecret@host", "badSettings"),
        ("etcds://", "badSettings"), ("etcds://secret:secret@host?verify=no", "badSettings"),
        ("etcds://host?cert=/secret", "badSettings"), ("etcds://host?key=/secret", "badSettings"),
        ("etcds://host?cacert=", "badSettings"), ("etcds://host?cacert=/none", "badSettings"),
        ("etcds://host?cacert", "badSettings"), ("odbc:secret", "badSettings"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, kind: str) -> None:
    with Client(url) as asked:
        _, error = asked.opened.split("\t")
        assert error.startswith(f"{kind}: ")
        assert "secret" not in error


@pytest.mark.parametrize(
    ("url", "words"), [("odbc:DRIVER=/none.so;SERVER=x", "none.so"), ("odbc:DSN=nothing", "Data source name not found")]
)
def test_a_missing_driver_is_named(url: str, words: str) -> None:
    with Client(url) as asked:
        if asked.opened.startswith("error"):
            pytest.skip(asked.opened)
        reply = asked.read()
        assert reply.answer == "failed"
        assert reply.error.startswith("noDriver: ") and words in reply.error


@pytest.mark.parametrize(
    ("url", "file", "package"),
    [("sqlite:/none", "libsqlite3.so.0", "libsqlite3-0"), ("postgresql://x", "libpq.so.5", "libpq5"),
     ("odbc:DSN=x", "libodbc.so.2", "libodbc2"), ("etcds://x", "libssl.so.3", "libssl3")],
)
def test_a_missing_library_names_its_package(url: str, file: str, package: str) -> None:
    place = next(Path("/usr/lib").glob(f"*/{file}"), None)
    if place is None:
        pytest.skip(f"{file} is not installed")
    # In a name space where the library is an empty file.
    hide = f'mount --bind /dev/null {place} && exec "$@"'
    words = ["unshare", "--mount", "sh", "-c", hide, "-", str(client.DRIVER), url, "alpha", "1000"]
    said = subprocess.run(words, input="", capture_output=True, text=True, check=False)
    if "mount" in said.stderr or "unshare" in said.stderr:
        pytest.skip("no right to mount")
    assert said.stdout.startswith("error\tnoDriver: "), said
    assert file in said.stdout and f"Debian package {package}" in said.stdout
