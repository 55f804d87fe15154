"""URLs that cannot be used, and drivers that are not there."""
import os

import pytest
from client import Client


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", "badSettings"), ("leases.db", "badSettings"), ("redis://here", "unsupported"), ("sqlite:", "badSettings"),
        ("sqlite::memory:", "badSettings"), ("sqlite://host/file", "badSettings"),
        ("postgresql://muster:secret@[::1/db", "badSettings"), ("postgresql://muster:secret@/?host=h1,h2&port=1,2,3", "badSettings"),
        ("postgresql://muster:secret@h1:5432,h2:70000,h3/db?port=1,2", "badSettings"),
        ("etcd://", "badSettings"), ("etcd://host:0", "badSettings"), ("etcd://host:x", "badSettings"),
        ("etcd://user:secret", "badSettings"), ("etcd://user:%zzsecret@host", "badSettings"),
        ("etcds://host", "unsupported"), ("odbc:secret", "badSettings"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str, kind: str) -> None:
    with Client(url) as client:
        _, error = client.opened.split("\t")
        assert error.startswith(f"{kind}: ")
        assert "secret" not in error


@pytest.mark.parametrize(
    ("url", "words"), [("odbc:DRIVER=/none.so;SERVER=x", "none.so"), ("odbc:DSN=nothing", "Data source name not found")]
)
def test_a_missing_driver_is_named(url: str, words: str) -> None:
    with Client(url) as client:
        if client.opened.startswith("error"):
            pytest.skip(client.opened)
        reply = client.read()
        assert reply.answer == "failed"
        assert reply.error.startswith("noDriver: ") and words in reply.error
