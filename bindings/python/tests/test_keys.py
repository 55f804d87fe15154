"""The keys of a cluster, changed while it runs."""

from __future__ import annotations

import hashlib

import pytest

import muster
from conftest import Join, StartPeer
from harness import until

OLD, NEW = "01" * 32, "02" * 32


def name(key: str) -> str:
    secret = bytes.fromhex(key)
    return hashlib.blake2b(b"muster key fingerprint 1", key=secret, digest_size=32).hexdigest()[:16]


def test_the_key_is_changed(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a", keys=[OLD], bind="127.0.0.1")
    peer("b", [cluster.me.port], key=OLD, bind="127.0.0.1")
    cluster.wait(2, timeout=10)
    both = {"holding": ["a", "b"], "lacking": []}
    cluster.add_key(NEW, timeout=10)
    cluster.use_key(name(NEW), timeout=10)
    assert cluster.keys(timeout=10) == {
        "keys": [
            {"fingerprint": name(NEW), "sealing": ["a", "b"], **both},
            {"fingerprint": name(OLD), "sealing": [], **both},
        ],
        "unreachable": [],
    }
    cluster.remove_key(OLD)
    assert [key["fingerprint"] for key in cluster.keys()["keys"]] == [name(NEW)]


def test_a_change_that_not_all_can_make(join: Join, peer: StartPeer) -> None:
    cluster = join(node_id="a", keys=[OLD, NEW], bind="127.0.0.1")
    peer("b", [cluster.me.port], key=OLD, bind="127.0.0.1")
    cluster.wait(2, timeout=10)
    with pytest.raises(muster.Partial, match="b lacks the key"):
        cluster.use_key(NEW)
    until(lambda: cluster.keys()["keys"][0]["sealing"] == ["a", "b"])


def test_what_cannot_be(join: Join) -> None:
    with pytest.raises(muster.Unsupported):
        join().add_key(NEW)
    cluster = join(key=OLD, bind="127.0.0.1")
    for call in (cluster.add_key, cluster.use_key, cluster.remove_key):
        with pytest.raises(muster.Invalid) as refusal:
            call(NEW[:-1])
        assert NEW[:-1] not in str(refusal.value)
    with pytest.raises(muster.Invalid, match="seals"):
        cluster.remove_key(OLD)
    with pytest.raises(TypeError):
        cluster.add_key(b"bytes")  # type: ignore[arg-type]
