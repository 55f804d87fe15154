"""Bytes from strangers: whatever arrives at a node's port changes nothing and costs nothing that stays."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
from collections.abc import Callable, Iterator

import pytest

from harness.process import Host, Stage, eventually, throughout

KEY = "0f" * 32
SEALED = 1
VERSION = 1
LONGEST_DATAGRAM = 1400


def fnv1a(text: str) -> int:
    number = 0xCBF29CE484222325
    for byte in text.encode():
        number = (number ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return number


def preamble(cluster: str, flags: int = 0, version: int = VERSION) -> bytes:
    return b"Mu" + bytes([version, flags]) + struct.pack(">Q", fnv1a(cluster))


def envelope(cluster: str, id: bytes, generation: int, nonce: int, flags: int = 0, version: int = VERSION) -> bytes:
    return preamble(cluster, flags, version) + bytes([len(id)]) + id + struct.pack(">QQ", generation, nonce)


def hello(cluster: str, chance: random.Random, flags: int = 0, version: int = VERSION) -> bytes:
    return preamble(cluster, flags, version) + chance.randbytes(24)


def garbage_datagrams(cluster: str, flags: int, chance: random.Random, count: int) -> Iterator[bytes]:
    """Noise of every length, and noise behind ever more of a correct beginning."""
    for index in range(count):
        length = chance.choice([0, 1, 11, 12, 13, 29, 64, 512, LONGEST_DATAGRAM, 1401, 2047, 9000])
        noise = chance.randbytes(length)
        id = chance.choice([b"b", b"stranger", b"\xff\xfe", b"", chance.randbytes(64)])
        head = [
            b"",
            b"Mu",
            preamble(cluster, flags),
            envelope(cluster, id, chance.getrandbits(64), chance.getrandbits(64), flags),
            # What looks like a message: a small first byte where the kind stands.
            envelope(cluster, b"ghost", 1, chance.getrandbits(64), flags) + bytes([chance.randrange(16)]),
        ][index % 5]
        yield head + noise


def garbage_streams(cluster: str, flags: int, chance: random.Random, count: int) -> Iterator[bytes]:
    for index in range(count):
        greeting = hello(cluster, chance, flags)
        length = chance.choice([0, 1, 65536, 65537, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
        yield [
            chance.randbytes(chance.randrange(1, 4000)),
            b"GET / HTTP/1.1\r\nHost: example\r\n\r\n",
            greeting[: chance.randrange(36)],
            greeting + struct.pack(">I", length) + chance.randbytes(200),
            greeting + struct.pack(">I", 0x80000000 | 64) + bytes([chance.randrange(16)]) + chance.randbytes(63),
        ][index % 5]


def pelt_datagrams(host: Host, datagrams: Iterator[bytes]) -> int:
    count = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            with contextlib.suppress(OSError):
                sender.sendto(datagram, ("127.0.0.1", host.port))
            count += 1
    return count


def pelt_streams(host: Host, streams: Iterator[bytes]) -> int:
    """Opens a connection for each, says it, and goes: by a close, or by a reset."""
    count = 0
    for index, stream in enumerate(streams):
        with socket.create_connection(("127.0.0.1", host.port), timeout=5) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(stream)
            if index % 3 == 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        count += 1
    return count


def unchanged(stage: Stage, hosts: tuple[Host, Host], attack: Callable[[int], int], rounds: int) -> None:
    """The attack is made again and again: the view stays, and after the first time so does the memory."""
    a, b = hosts
    events = [len(host.said(event="joined")) for host in hosts]
    total = attack(0)
    assert total > 0 and a.sees("a", "b")
    idle = a.descriptors()
    before = a.memory_kb()
    for round in range(1, rounds):
        total += attack(round)
        assert a.sees("a", "b"), "the view changed"
    eventually(lambda: a.descriptors() <= idle, "what strangers opened is closed again")
    grown = a.memory_kb() - before
    assert grown < 1024, f"{grown} KiB more after {total} pieces of garbage"
    assert b.sees("a", "b")
    for host, count in zip(hosts, events):
        assert len(host.said(event="joined")) == count
        assert not host.said(event="dead") and not host.said(event="left") and not host.said(event="duplicate")
    assert a.ask("tag still here")["result"] == 0
    eventually(lambda: b.members()["a"]["tags"] == {"still": "here"}, "the cluster goes on")


def pair(stage: Stage, key: str) -> tuple[Host, Host]:
    options = {"key": key, "bind": "127.0.0.1"} if key else {}
    a = stage.start("a", **options)
    b = stage.start("b", seeds=[a], **options)
    stage.agree(a, b)
    # Each host is told of the other a moment after it can see it.
    a.wait_for(event="joined", member="b"), b.wait_for(event="joined", member="a")
    return a, b


@pytest.mark.parametrize("key", ["", KEY], ids=["plain", "sealed"])
def test_garbage_datagrams_change_nothing(stage: Stage, key: str) -> None:
    hosts = pair(stage, key)
    flags = SEALED if key else 0

    def attack(round: int) -> int:
        return pelt_datagrams(hosts[0], garbage_datagrams(stage.name, flags, random.Random(round), 4000))

    unchanged(stage, hosts, attack, rounds=5)


@pytest.mark.parametrize("key", ["", KEY], ids=["plain", "sealed"])
def test_garbage_streams_change_nothing(stage: Stage, key: str) -> None:
    hosts = pair(stage, key)
    flags = SEALED if key else 0

    def attack(round: int) -> int:
        return pelt_streams(hosts[0], garbage_streams(stage.name, flags, random.Random(round), 800))

    unchanged(stage, hosts, attack, rounds=5)


def test_wrong_version_is_refused(stage: Stage) -> None:
    a, b = pair(stage, "")
    chance = random.Random(1)
    for version in (0, 2, 255):
        with socket.create_connection(("127.0.0.1", a.port), timeout=5) as connection:
            connection.sendall(hello(stage.name, chance, version=version))
            assert connection.recv(64) == b"", "a stream of another version is closed without a word"
        pelt_datagrams(a, iter([envelope(stage.name, b"old", 1, 1, version=version) + bytes(20)] * 50))
    with socket.create_connection(("127.0.0.1", a.port), timeout=5) as connection:
        connection.sendall(hello(stage.name, chance))
        assert connection.recv(64)[:12] == preamble(stage.name), "of this version it is answered"
    assert a.sees("a", "b")


def test_wrong_version_is_told_in_the_log(stage: Stage) -> None:
    a = stage.start("a", "host.log=2")
    pelt_datagrams(a, iter([envelope(stage.name, b"old", 1, 1, version=VERSION + 1) + bytes(20)]))
    assert "badVersion" in a.wait_for(log="line", level=2)["message"]


def test_nothing_is_said_to_a_stranger_without_a_key(stage: Stage) -> None:
    """Neither a reply to a claimed address, nor more bytes than came."""
    a, _ = pair(stage, KEY)
    chance = random.Random(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.setblocking(False)
        for datagram in garbage_datagrams(stage.name, SEALED, chance, 500):
            with contextlib.suppress(OSError):
                stranger.sendto(datagram, ("127.0.0.1", a.port))
        # By the time the members have spoken to each other it would have answered.
        assert a.ask("tag said this")["result"] == 0
        throughout(lambda: not answers(stranger), "no datagram comes back", seconds=0.5)
    with socket.create_connection(("127.0.0.1", a.port), timeout=5) as connection:
        greeting = hello(stage.name, chance, SEALED)
        connection.sendall(greeting)
        assert 0 < len(connection.recv(4096)) <= len(greeting)
        connection.sendall(struct.pack(">I", 0x80000000 | 64) + chance.randbytes(64))
        assert connection.recv(4096) == b"", "a forged frame ends the stream without a word"


def answers(stranger: socket.socket) -> bool:
    try:
        stranger.recv(4096)
    except BlockingIOError:
        return False
    return True


def test_strangers_that_hold_connections_are_let_go(stage: Stage) -> None:
    """Connections that say nothing, or stop in the middle, are closed by the node; members come through."""
    a, b = pair(stage, "")
    idle = a.descriptors()
    chance = random.Random(3)
    held = [socket.create_connection(("127.0.0.1", a.port), timeout=5) for _ in range(300)]
    try:
        for index, connection in enumerate(held):
            if index % 2:
                connection.sendall(hello(stage.name, chance)[: 1 + index % 36])
        eventually(lambda: a.descriptors() >= idle + 250, "they are accepted")
        c = stage.start("c", seeds=[a])
        stage.agree(a, b, c)
        eventually(lambda: a.descriptors() <= idle + 10, "they are closed by the node")
    finally:
        for connection in held:
            connection.close()


def test_more_connections_than_allowed_do_not_stop_the_node(stage: Stage) -> None:
    a, b = pair(stage, "")
    idle = a.descriptors()
    held: list[socket.socket] = []
    try:
        for _ in range(1500):
            held.append(socket.create_connection(("127.0.0.1", a.port), timeout=5))
        assert a.descriptors() <= idle + 1100, "the number of strangers is bounded"
        assert a.sees("a", "b") and b.sees("a", "b")
        eventually(lambda: a.descriptors() <= idle + 10, "they are closed by the node")
    finally:
        for connection in held:
            connection.close()
    c = stage.start("c", seeds=[a])
    stage.agree(a, b, c)
    for host in (a, b):
        assert not host.said(event="dead")


def test_strangers_leave_the_host_half_of_its_descriptors(stage: Stage) -> None:
    """Whoever connects takes half of them at most: the host has files of its own to open."""
    a = stage.start("a", prefix=["prlimit", "--nofile=256"])
    a.joined()
    idle = a.descriptors()
    held: list[socket.socket] = []
    most = 0

    def watched() -> int:
        nonlocal most
        most = max(most, a.descriptors())
        return most

    try:
        for _ in range(250):
            held.append(socket.create_connection(("127.0.0.1", a.port), timeout=5))
            watched()
        # The kernel connects them; a node on a busy machine takes them in later.
        eventually(lambda: watched() >= idle + 100, "half of them are taken")
        throughout(lambda: watched() <= idle + 128 + 5, "and no more than half", seconds=0.5)
    finally:
        for connection in held:
            connection.close()
    b = stage.start("b", seeds=[a])
    stage.agree(a, b)


def test_another_instance_cannot_be_made_up_by_datagrams(stage: Stage) -> None:
    """Without a key anybody can write to the port; a made-up twin still never displaces a live member."""
    a, b = pair(stage, "")
    twin = envelope(stage.name, b"b", (1 << 63) - 1, 42)
    for kind in range(16):
        pelt_datagrams(a, iter([twin + bytes([kind]) + bytes(40)] * 20))
        pelt_datagrams(b, iter([twin + bytes([kind]) + bytes(40)] * 20))
    throughout(lambda: a.sees("a", "b") and b.sees("a", "b"), "both stay", seconds=1.0)
    assert not a.said(event="dead") and b.ask("wait 2 0")["result"] == 0
