"""One datagram at a time: what a node answers, and what it does not even look at."""

from __future__ import annotations

import dataclasses
import functools
import os

import pytest
from conftest import Town, place, state
from harness.process import Host, eventually
from peer import Peer
from sealing import LONGEST_DATAGRAM, Datagrams
from wire import Identity, Kind, Message, Record, Seat, Status, data, digest, fixed, nested, number, varint

# Fields that no message has, in all four encodings.
UNKNOWN = number(99, 7) + fixed(98, 7) + data(97, "?") + varint(96 << 3 | 5) + bytes(4)


def nothing_changed(host: Host, since: int, known: dict[str, dict[str, object]]) -> None:
    assert host.said(since, event="joined") == []
    assert [line for line in host.lines[since:] if "event" in line] == []
    assert host.members() == known


def test_a_ping_is_answered_with_an_ack_of_the_same_sequence(town: Town) -> None:
    host = town.start()
    peer = town.member(host)
    for sequence in (1, 77, 2**32 - 1):
        since = peer.mark()
        peer.send(Message(Kind.PING, sequence), place(host), host.id)
        ack = peer.wait_for(Kind.ACK, "node", since=since, sequence=sequence)
        assert ack.message.target is None
        assert ack.message.digest != 0
        assert ack.address == place(host), "answered from the one port"


def test_an_unknown_instance_gets_a_bare_ack_and_is_asked_for_its_view(town: Town) -> None:
    host = town.start()
    stranger = town.peer("stranger")
    stranger.answers = lambda message, sender: message.kind != Kind.SYNC
    ack = stranger.ping(place(host), records=(stranger.own,), digest=5)
    assert ack.message == Message(Kind.ACK, ack.message.sequence)
    asked = stranger.wait_for(Kind.SYNC, "node")
    assert asked.message.records[0].identity == asked.sender == asked.message.sender
    assert state(host, "stranger") is None, "a datagram of a stranger changes nothing"
    stranger.answers = lambda message, sender: True
    stranger.ping(place(host))
    eventually(lambda: stranger.ping(place(host)) and state(host, "stranger") == "alive", "asked again and listed")


def test_a_stranger_is_not_believed(town: Town) -> None:
    host = town.start()
    peer = town.member(host)
    stranger = town.peer("stranger")
    stranger.answers = lambda message, sender: message.kind != Kind.SYNC
    lie = peer.own.verdict(Status.DEAD, "stranger")
    for kind in (Kind.PING, Kind.GOSSIP, Kind.ACK, Kind.CHECKED):
        stranger.send(Message(kind, 9, records=(lie,)), place(host), host.id)
    stranger.ping(place(host))
    assert state(host, "peer") == "alive"


def test_unknown_fields_are_passed_over(town: Town) -> None:
    host = town.start()
    peer = town.member(host)
    changed = peer.change(name="Pia", seats=(Seat("db", number=3),))
    identity = peer.me.encoded() + UNKNOWN
    seat = changed.seats[0].encoded() + UNKNOWN
    record = nested(1, identity) + changed.encoded()[len(nested(1, peer.me.encoded())) :]
    record = record.replace(nested(8, changed.seats[0].encoded()), nested(8, seat)) + UNKNOWN
    raw = Message(Kind.PING, 4711).encoded() + nested(6, record) + UNKNOWN
    peer.udp.sendto(peer.seal.seal(raw, host.id), place(host))
    peer.wait_for(Kind.ACK, "node", sequence=4711)
    member = host.members()["peer"]
    assert member["name"] == "Pia"
    assert [seat["role"] for seat in member["seats"]] == ["db"]


def test_numbers_are_read_in_both_encodings(plain: Town) -> None:
    host = plain.start()
    peer = plain.member(host)
    peer.udp.sendto(peer.seal.seal(fixed(1, Kind.PING) + fixed(2, 31)), place(host))
    peer.wait_for(Kind.ACK, "node", sequence=31)


@pytest.mark.parametrize("kind", [14, 15, 60, 99, 255, 256, 2**63])
def test_unknown_kinds_are_ignored(plain: Town, kind: int) -> None:
    host = plain.start()
    peer = plain.member(host)
    since, known = host.mark(), host.members()
    lie = peer.own.verdict(Status.DEAD, "peer")
    peer.send(Message(kind, 5, records=(lie,)), place(host))
    peer.ping(place(host))
    nothing_changed(host, since, known)
    assert peer.said(Kind.ACK, sequence=5) == []


BROKEN = {
    "no kind": Message(0, 5).encoded() + number(2, 5),
    "a group": Message(Kind.PING, 5).encoded() + b"\x0b",
    "field 0": Message(Kind.PING, 5).encoded() + b"\x00\x01",
    "cut short": Message(Kind.PING, 5).encoded() + b"\x32\x10abc",
    "a sequence of 33 bits": number(1, Kind.PING) + number(2, 2**32 + 5),
    "a text where a number stands": number(1, Kind.PING) + data(2, "\x05"),
    "an id of 65 bytes": Message(Kind.PING, 5, target=Identity("x" * 65, 1, 1)).encoded(),
    "a control character": Message(Kind.PING, 5, target=Identity("a\nb", 1, 1)).encoded(),
    "an id that is no UTF-8": number(1, Kind.PING) + number(2, 5) + nested(4, nested(1, b"\xff")),
    "a status of 6": number(1, Kind.PING) + number(2, 5)
    + nested(6, nested(1, Identity("x", 1, 1).encoded()) + number(3, 6)),
    "an incarnation of 63 bits": Message(
        Kind.PING, 5, records=(Record(Identity("x", 1, 1), incarnation=1 << 62),)
    ).encoded(),
    "an address of 5 bytes": Message(
        Kind.PING, 5, records=(Record(Identity("x", 1, 1), address=bytes(5), port=1),)
    ).encoded(),
    "an address without a port": Message(
        Kind.PING, 5, records=(Record(Identity("x", 1, 1), address=bytes(4)),)
    ).encoded(),
    "33 tags": Message(
        Kind.PING, 5, records=(Record(Identity("x", 1, 1), tags=tuple((f"{i}", "") for i in range(33))),)
    ).encoded(),
    "17 seats": Message(
        Kind.PING, 5, records=(Record(Identity("x", 1, 1), seats=tuple(Seat(f"{i}") for i in range(17))),)
    ).encoded(),
    "a token out of range": Message(
        Kind.PING, 5, records=(Record(Identity("x", 1, 1), seats=(Seat("r", token=1 << 53),)),)
    ).encoded(),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_message_is_dropped_whole(plain: Town, what: str) -> None:
    host = plain.start()
    peer = plain.member(host)
    since, known = host.mark(), host.members()
    peer.udp.sendto(peer.seal.seal(BROKEN[what]), place(host))
    peer.ping(place(host))
    assert peer.said(Kind.ACK, sequence=5) == []
    nothing_changed(host, since, known)


def foreign(town: Town, peer: Peer, what: str) -> bytes:
    """A datagram that would kill the peer in the node's eyes, if it were accepted."""
    payload = Message(Kind.PING, 5, records=(peer.own.verdict(Status.DEAD, "peer"),)).encoded()
    own, me, key = peer.seal, peer.me, town.key
    match what:
        case "version":
            return own.seal(payload, version=2)
        case "cluster":
            return Datagrams(town.stage.name + "x", me, key).seal(payload)
        case "key":
            return Datagrams(own.cluster, me, os.urandom(32), counter=1000).seal(payload)
        case "mode":
            return Datagrams(own.cluster, me, None if key else os.urandom(32)).seal(payload)
        case "flag":
            datagram = bytearray(own.seal(payload))
            datagram[3] |= 4
            return bytes(datagram)
        case "magic":
            return b"MU" + own.seal(payload)[2:]
        case "length":
            return own.seal(payload + data(99, bytes(1400)))[:1401].ljust(1401, b"\0")
        case "changed":
            datagram = bytearray(own.seal(payload))
            datagram[-1] ^= 1
            return bytes(datagram)
        case "receiver":
            return own.seal(payload, to="somebody")
        case "counter":
            return Datagrams(own.cluster, me, key, counter=-1).seal(payload)
        case _:
            return own.seal(payload)[:29]


EVERYWHERE = ["version", "cluster", "mode", "flag", "magic", "length", "short"]


@pytest.mark.parametrize("what", EVERYWHERE)
def test_what_is_not_for_this_node_changes_nothing(town: Town, what: str) -> None:
    host = town.start()
    peer = town.member(host)
    since, known = host.mark(), host.members()
    peer.udp.sendto(foreign(town, peer, what), place(host))
    peer.ping(place(host))
    assert peer.said(Kind.ACK, sequence=5) == []
    nothing_changed(host, since, known)


@pytest.mark.parametrize("what", ["key", "changed", "receiver", "counter"])
def test_what_only_a_seal_can_tell(sealed: Town, what: str) -> None:
    host = sealed.start()
    peer = sealed.member(host)
    since, known = host.mark(), host.members()
    peer.udp.sendto(foreign(sealed, peer, what), place(host))
    peer.ping(place(host))
    assert peer.said(Kind.ACK, sequence=5) == []
    nothing_changed(host, since, known)


def test_a_replay_is_refused(sealed: Town) -> None:
    host = sealed.start()
    peer = sealed.member(host)
    peer.ping(place(host))
    recorded = peer.send(Message(Kind.PING, 4711), place(host), host.id)
    peer.wait_for(Kind.ACK, "node", sequence=4711)
    # From another address as well: the envelope, not the address, says who speaks.
    for sock in (peer.udp, sealed.peer("other").udp):
        sock.sendto(recorded, place(host))
    peer.ping(place(host))
    assert len(peer.said(Kind.ACK, sequence=4711)) == 1


def test_datagrams_out_of_order_are_accepted_once_within_the_window(sealed: Town) -> None:
    host = sealed.start()
    peer = sealed.member(host)
    peer.ping(place(host))
    late = [peer.seal.seal(Message(Kind.PING, 5000 + step).encoded()) for step in range(3)]
    peer.seal.counter += 1020
    peer.ping(place(host))
    for datagram in (*late, *late):
        peer.udp.sendto(datagram, place(host))
    peer.ping(place(host))
    answered = [step for step in range(3) if peer.said(Kind.ACK, sequence=5000 + step)]
    assert answered == [0, 1, 2]
    assert all(len(peer.said(Kind.ACK, sequence=5000 + step)) == 1 for step in range(3))
    beyond = peer.seal.seal(Message(Kind.PING, 6000).encoded())
    peer.seal.counter += 1024
    peer.ping(place(host))
    peer.udp.sendto(beyond, place(host))
    peer.ping(place(host))
    assert peer.said(Kind.ACK, sequence=6000) == []


def test_a_datagram_from_before_the_first_admitted_one_is_refused(sealed: Town) -> None:
    host = sealed.start()
    peer = sealed.peer()
    before = peer.seal.seal(Message(Kind.PING, 4711).encoded())
    peer.sync(place(host))
    sealed.prove(peer, host)
    peer.udp.sendto(before, place(host))
    peer.ping(place(host))
    assert peer.said(Kind.ACK, sequence=4711) == []


def test_replays_do_not_keep_a_silent_member_alive(sealed: Town) -> None:
    host = sealed.start()
    peer = sealed.peer()
    recorded = [peer.seal.seal(Message(Kind.PING, index).encoded(), host.id) for index in range(4000, 4200)]
    # It is known, and says nothing that the node could take for new.
    peer.answers = lambda message, sender: message.kind == Kind.SYNC
    peer.is_stalled = True
    peer.sync(place(host))

    def replay() -> bool:
        if recorded:
            sealed.peer("replayer").udp.sendto(recorded.pop(0), place(host))
        return state(host, "peer") != "alive"

    eventually(replay, "silence, whatever is replayed")
    assert recorded, "there was something to replay all the time"
    assert peer.said(Kind.ACK, sequence=4000) == [] or peer.said(Kind.ACK, sequence=4000)[0].address == place(host)


def test_no_datagram_is_longer_than_1400_bytes(town: Town) -> None:
    host = town.start()
    peers = [town.member(host, f"peer-{index}") for index in range(3)]
    for index in range(12):
        assert host.ask(f"tag key-{index} {'v' * 60}")["result"] == 0
    for peer in peers:
        # Records of more than 1000 bytes: two never fit.
        peer.change(tags=tuple((f"{key:02}", "w" * 90) for key in range(10)))
        assert 1000 < len(peer.own.encoded()) <= 1100
        peer.send(Message(Kind.GOSSIP, records=(peer.own,)), place(host), host.id)
    for peer in peers:
        for other in peers:
            if other is not peer:
                told = functools.partial(peer.knows, other.me.id)
                eventually(lambda told=told, own=other.own: told() == own, "the others' news")  # type: ignore[misc]
        assert max(len(datagram) for datagram in peer.datagrams) > 1000
        assert all(len(datagram) <= LONGEST_DATAGRAM for datagram in peer.datagrams)


def test_the_digests_are_equal(town: Town) -> None:
    host = town.start("node", "role=db")
    host.wait_for(callback="promote")
    peer = town.member(host, seats=(Seat("db", number=2),), tags=(("zone", "a"),))
    assert host.ask("tag rack 7")["result"] == 0
    peer.wait(lambda: (peer.knows("node") or peer.own).tags[:1], "the node's tag")
    node = peer.knows("node")
    assert node is not None and node.tags == (("rack", "7", node.version),)
    town.member(host, "second")
    # An answer repeats no digest.
    eventually(lambda: peer.ping(place(host)).message.digest == 0, "the same digest")
    assert peer.ping(place(host), digest=1).message.digest == peer.view.digest
    reply = peer.sync(place(host))
    assert reply.digest == digest(list(reply.records)) == peer.view.digest


def test_a_digest_that_differs_twice_makes_the_node_fetch_the_view(town: Town) -> None:
    host = town.start("node", sync_interval="1h")
    peer = town.member(host)
    since = peer.mark()

    def differs() -> bool:
        peer.ping(place(host), digest=12345)
        return bool(peer.said(Kind.SYNC, "node", since))

    eventually(differs, "the node asks for the whole view")
    assert len(peer.said(Kind.ACK, "node", since)) >= 2


def test_a_record_of_another_start_with_the_same_number_is_another_member(plain: Town) -> None:
    host = plain.start()
    peer = plain.member(host)
    lie = dataclasses.replace(peer.me, nonce=peer.me.nonce ^ 1, generation=peer.me.generation - 1)
    peer.send(Message(Kind.GOSSIP, records=(Record(lie, status=Status.DEAD),)), place(host))
    peer.ping(place(host))
    assert state(host, "peer") == "alive", "an older start's death is nobody's"
