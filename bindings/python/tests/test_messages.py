"""Messages between hosts: to all and to one."""

from __future__ import annotations

import threading

import pytest

import muster
from conftest import Join
from harness import until


def pair(join: Join) -> tuple[muster.Cluster, muster.Cluster]:
    a = join(node_id="a")
    b = join(node_id="b", seeds=f"127.0.0.1:{a.me.port}")
    for cluster in (a, b):
        cluster.wait(2, timeout=10)
    return a, b


def test_a_message_to_one(join: Join) -> None:
    a, b = pair(join)
    got: list[muster.Message] = []
    b.on_message(got.append)
    a.send("b", b"\0bytes\xff", topic="t\u00e4g")
    a.send(next(member for member in a.members() if member.id == "b"), bytearray(b"x" * (1 << 20)))
    a.send("b", b"", timeout=None)
    until(lambda: len(got) == 3, "three messages")
    assert got[0] == muster.Message("a", "t\u00e4g", b"\0bytes\xff", False)
    assert got[1].data == b"x" * (1 << 20)
    assert got[2] == muster.Message("a", "", b"", False)


def test_a_broadcast(join: Join) -> None:
    a, b = pair(join)
    got: list[muster.Message] = []
    own: list[muster.Message] = []
    a.on_message(own.append)

    @b.on_message
    def heard(message: muster.Message) -> None:
        got.append(message)

    a.broadcast(b"\0all", topic="t")
    a.broadcast(memoryview(b""))
    until(lambda: len(got) == 2, "two broadcasts")
    wanted = [muster.Message("a", "t", b"\0all", True), muster.Message("a", "", b"", True)]
    assert sorted(got, key=lambda message: -len(message.topic)) == wanted
    assert own == []


def test_a_callback_may_answer(join: Join) -> None:
    a, b = pair(join)
    answered = threading.Event()
    a.on_message(lambda message: answered.set() if message.data == b"pong" else None)
    b.on_message(lambda message: b.send(message.sender, b"pong"))
    a.send("b", b"ping")
    assert answered.wait(10)


def test_what_is_refused(join: Join) -> None:
    a, b = pair(join)
    with pytest.raises(muster.Unwanted):
        a.send("b", b"x")
    with pytest.raises(muster.NoMember, match="nobody"):
        a.send("nobody", b"x")
    with pytest.raises(muster.TooBig):
        a.broadcast(b"x" * 513)
    with pytest.raises(muster.TooBig):
        a.send("b", b"x" * ((1 << 20) + 1))
    with pytest.raises(muster.Invalid):
        a.broadcast(b"x", topic="t" * 65)
    with pytest.raises(muster.Invalid):
        a.send("b", b"x", timeout=0)
    with pytest.raises(TypeError):
        a.send("b", "text")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        a.on_message(3)  # type: ignore[type-var]
    with pytest.raises(muster.Full):
        for _ in range(1000):
            a.broadcast(b"x" * 500)
    b.close()
    with pytest.raises(muster.Closed):
        b.broadcast(b"x")


def test_no_more_messages_after_unregistering(join: Join) -> None:
    a, b = pair(join)
    got: list[bytes] = []
    b.on_message(lambda message: got.append(message.data))
    a.send("b", b"1")
    until(lambda: got == [b"1"], "the first")
    b.on_message(None)
    with pytest.raises(muster.Unwanted):
        a.send("b", b"2")
    assert got == [b"1"]
