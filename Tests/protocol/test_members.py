"""Joining, probing, dying, refuting and leaving, as a member that is not of this house sees it."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import signal
import socket
import struct
import time
from typing import Any

import pytest
from conftest import Town, place, state
from harness.process import Host, eventually, free_port, throughout
from peer import Peer
from wire import Evidence, Finding, Identity, Kind, Message, Record, Status, parts

# Quick enough for a test, slow enough for a busy machine.
QUICK = {"probe_interval": "200ms", "probe_timeout": "100ms", "suspicion_min": "500ms"}


def events(host: Host, since: int, member: str) -> list[str]:
    return [str(line["event"]) for line in host.said(since, member=member) if "event" in line]


# -- streams


def test_a_challenge_is_answered_with_the_identity(town: Town) -> None:
    host = town.start()
    peer = town.peer()
    me = host.joined()
    answer = peer.request(Message(Kind.CHALLENGE, sequence=7), place(host))
    assert (answer.kind, answer.sequence) == (Kind.ANSWER, 7)
    assert answer.sender == Identity("node", me["generation"], int(me["instance"], 16))
    assert state(host, "peer") is None, "a challenge introduces nobody"


def test_an_answer_tells_the_wall_clock_and_the_version(town: Town) -> None:
    host = town.start()
    peer = town.peer()
    before = time.time_ns() // 1000
    answer = peer.request(Message(Kind.CHALLENGE), place(host))
    assert before <= answer.clock <= time.time_ns() // 1000
    assert re.fullmatch(r"\d+\.\d+\.\d+", answer.release)


@pytest.mark.parametrize("tells", [(0, ""), (1 << 63, "2" * 64)])
def test_whatever_an_answer_tells_it_is_one(town: Town, tells: tuple[int, str]) -> None:
    """Members that tell nothing, and those whose clocks are mad, prove that they live all the same."""
    host = town.start()
    peer = town.member(host)
    peer.tells = lambda: tells
    peer.answers = lambda message, sender: message.kind not in (Kind.PING, Kind.PING_REQUEST)
    mark = len(peer.heard)
    for _ in range(3):
        peer.wait_for(Kind.CHALLENGE, "node", since=mark)
        mark = len(peer.heard)
        time.sleep(1)
        assert state(host, "peer") == "alive"


def test_a_sync_without_a_record_is_answered_and_makes_nobody_a_member(town: Town) -> None:
    host = town.start()
    peer = town.peer()
    reply = peer.request(Message(Kind.SYNC), place(host))
    assert [record.identity.id for record in reply.records] == ["node"]
    assert set(host.members()) == {"node"}


def test_a_ping_may_be_as_long_as_a_datagram(town: Town) -> None:
    """What makes it long is passed over, and the answer is short."""
    host = town.start()
    peer = town.peer()
    padding = 1600 - len(peer.send(Message(Kind.PING, 1, padding=200), place(host)))
    assert len(peer.send(Message(Kind.PING, 1, padding=padding), place(host))) == 1400
    assert peer.ping(place(host), padding=padding, digest=0).length < 200


def test_a_sync_makes_a_member(town: Town) -> None:
    host = town.start()
    peer = town.peer(name="Pia", tags=(("zone", "a"),))
    reply = peer.sync(place(host))
    assert reply.kind == Kind.SYNC_REPLY
    own = reply.records[0]
    assert own.identity == reply.sender
    assert (own.identity.id, own.port, own.status, own.accuser) == ("node", host.port, Status.ALIVE, "")
    member = host.members()["peer"]
    assert member["state"] == "alive"
    assert (member["name"], member["port"], member["tags"]) == ("Pia", peer.port, {"zone": "a"})
    assert (member["generation"], int(member["instance"], 16)) == (peer.me.generation, peer.me.nonce)
    host.wait_for(event="joined", member="peer")


def test_a_node_joins_through_a_peer(town: Town) -> None:
    peer = town.peer()
    host = town.start("node", seeds=f"127.0.0.1:{peer.port}")
    eventually(lambda: host.sees("node", "peer"), "the node lists the peer")
    peer.wait(lambda: peer.knows("node"), "the peer knows the node")


def test_several_requests_use_one_stream(town: Town) -> None:
    host = town.start()
    peer = town.peer()
    connection = peer.connect(place(host))
    for sequence in range(1, 4):
        connection.send(Message(Kind.CHALLENGE, sequence, sender=peer.me))
        assert Message.decode(connection.receive()).sequence == sequence
    connection.close()


def test_a_message_may_come_in_many_frames_and_pieces(town: Town) -> None:
    host = town.start()
    peer = town.peer()
    connection = peer.connect(place(host))
    connection.send(Message(Kind.CHALLENGE, 1, sender=peer.me))
    connection.receive()
    frames = connection.stream.seal(Message(Kind.CHALLENGE, 2, sender=peer.me).encoded(), frame_length=3)
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start in range(0, len(frames), 5):
        connection.socket.sendall(frames[start : start + 5])
    assert Message.decode(connection.receive()).sequence == 2
    connection.close()


def is_closed(sock: socket.socket) -> bool:
    """Whether the other side closes without saying anything more than its hello."""
    got = b""
    try:
        while piece := sock.recv(4096):
            got += piece
    except ConnectionResetError:
        pass
    return len(got) <= 36


WRONG_HELLOS = [b"GET / HTTP/1.1\r\n", b"M!", b"Mu\x02", b"Mu\x01\x82", b"Mu\x01\x00\0\0", b"Mu\x01\x01\0\0"]


@pytest.mark.parametrize("first", WRONG_HELLOS)
def test_a_wrong_hello_is_refused_at_its_first_wrong_byte(town: Town, first: bytes) -> None:
    host = town.start()
    with socket.create_connection(place(host), timeout=4) as sock:
        sock.sendall(first)
        started = time.monotonic()
        assert is_closed(sock)
        assert time.monotonic() - started < 4, "not by the patience with strangers"


@pytest.mark.parametrize("head", [0, 1 << 31, 65536 + 17, (1 << 31) | 0x7FFFFFFF])
def test_a_frame_of_impossible_length_ends_the_stream(town: Town, head: int) -> None:
    host = town.start()
    peer = town.peer()
    connection = peer.connect(place(host), seconds=4)
    connection.socket.sendall(struct.pack(">I", head))
    assert is_closed(connection.socket)


@pytest.mark.parametrize("kind", [Kind.PING, Kind.GOSSIP, Kind.ANSWER, Kind.SYNC_REPLY, 99])
def test_a_stream_with_another_kind_is_closed(town: Town, kind: int) -> None:
    host = town.start()
    peer = town.peer()
    with pytest.raises((EOFError, ConnectionResetError)):
        peer.request(Message(kind, records=(peer.own,)), place(host), seconds=4)
    assert state(host, "peer") is None


def test_a_request_without_a_sender_is_closed(town: Town) -> None:
    host = town.start()
    connection = town.peer().connect(place(host), seconds=4)
    connection.send(Message(Kind.CHALLENGE, 1))
    with pytest.raises((EOFError, ConnectionResetError)):
        connection.receive()


def test_a_frame_cannot_be_repeated(sealed: Town) -> None:
    host = sealed.start()
    peer = sealed.peer()
    connection = peer.connect(place(host), seconds=4)
    connection.send(Message(Kind.CHALLENGE, 1, sender=peer.me))
    connection.receive()
    frame = connection.stream.seal(Message(Kind.CHALLENGE, 2, sender=peer.me).encoded())
    connection.socket.sendall(frame + frame)
    # What the same piece completed before the error may be lost with it.
    try:
        assert Message.decode(connection.receive()).sequence == 2
        connection.receive()
        raise AssertionError("the repeated frame was taken")
    except (EOFError, ConnectionResetError):
        pass


# -- probing and dying


def test_a_member_is_probed(town: Town) -> None:
    host = town.start("node", **QUICK)
    peer = town.member(host)
    since = peer.mark()
    peer.wait(lambda: len(peer.said(Kind.PING, "node", since)) >= 4, "pings")
    pings = peer.said(Kind.PING, "node", since)
    assert len({ping.message.sequence for ping in pings}) == len(pings)
    assert all(ping.message.digest for ping in pings)


def silent(peer: Peer) -> None:
    """From now on: no datagram is answered, every stream is closed without a word."""
    peer.answers = lambda message, sender: False


def test_silence_is_a_suspicion_and_then_a_death(town: Town) -> None:
    host = town.start("node", links="0", **QUICK)
    peer = town.member(host)
    since = host.mark()
    silent(peer)
    suspect = host.wait_for(since, event="suspect", member="peer")
    challenge = peer.wait_for(Kind.CHALLENGE, "node")
    assert challenge.message.sender is not None
    eventually(lambda: state(host, "peer") in ("suspect", None), "listed as suspect")
    dead = host.wait_for(since, event="dead", member="peer")
    assert state(host, "peer") is None
    # Nobody else could confirm: the shortest time, and with a probe's patience no more than that.
    assert 0.49 <= (dead["at"] - suspect["at"]) / 1e9 < 5
    assert events(host, since, "peer") == ["suspect", "dead"]
    # While it is suspect, it is told so with every ping; and it is tried again when it is dead.
    told = [ping.message.records for ping in peer.said(Kind.PING, "node") if ping.message.records]
    assert any(record.identity == peer.me and record.status == Status.SUSPECT for records in told for record in records)
    peer.wait(
        lambda: any(
            record.identity == peer.me and record.status == Status.DEAD
            for ping in peer.said(Kind.PING, "node")
            for record in ping.message.records
        ),
        "tried again when it is dead",
    )


def test_the_dead_come_back_by_refuting(town: Town) -> None:
    host = town.start("node", links="0", **QUICK)
    peer = town.member(host)
    silent(peer)
    host.wait_for(event="dead", member="peer")
    peer.answers = lambda message, sender: True
    since = host.mark()
    peer.send(Message(Kind.GOSSIP, records=(peer.own,)), place(host), host.id)
    peer.ping(place(host))
    peer.wait(lambda: peer.own.incarnation > 0, "hears that it is dead, and refutes")
    peer.send(Message(Kind.GOSSIP, records=(peer.own,)), place(host), host.id)
    host.wait_for(since, event="joined", member="peer")
    eventually(lambda: state(host, "peer") == "alive", "alive again")


def test_the_same_incarnation_does_not_revive(town: Town) -> None:
    host = town.start("node", links="0", **QUICK)
    peer = town.member(host)
    silent(peer)
    host.wait_for(event="dead", member="peer")
    since = host.mark()
    old = peer.own.but(version=9)
    for _ in range(3):
        peer.send(Message(Kind.GOSSIP, records=(old,)), place(host), host.id)
    other = town.peer("other")
    other.sync(place(host))
    tombstone = other.knows("peer")
    assert tombstone is not None and tombstone.status == Status.DEAD
    assert events(host, since, "peer") == []


def test_a_stopped_process_is_unresponsive(town: Town) -> None:
    host = town.start("node", suspect_max="2s", links="0", **QUICK)
    peer = town.member(host)
    since = host.mark()
    peer.answers = lambda message, sender: False
    peer.is_stalled = True
    host.wait_for(since, event="unresponsive", member="peer")
    assert events(host, since, "peer") == ["unresponsive"]
    peer.answers = lambda message, sender: True
    peer.is_stalled = False
    peer.wait(lambda: peer.own.incarnation > 0, "is told and refutes")
    peer.send(Message(Kind.GOSSIP, records=(peer.own,)), place(host), host.id)
    host.wait_for(since, event="recovered", member="peer")


def test_a_gone_port_is_a_death_without_suspicion(town: Town) -> None:
    host = town.start("node", links="0", **QUICK)
    peer = town.member(host)
    since = host.mark()
    silent(peer)
    peer.stop_listening()
    dead = host.wait_for(since, event="dead", member="peer")
    assert events(host, since, "peer") == ["dead"]
    assert "refused" in dead["detail"]


def test_a_helper_keeps_a_member_alive(town: Town) -> None:
    host = town.start("node", **QUICK)
    deaf = town.member(host, "deaf")
    helper = town.member(host, "helper")
    helper.sync(place(host))
    helper.wait(lambda: helper.knows("deaf"), "knows whom it is asked about")
    since = host.mark()
    deaf.answers = lambda message, sender: sender.id != "node"
    request = helper.wait_for(Kind.PING_REQUEST, "node")
    assert request.message.target == deaf.me
    deaf.wait_for(Kind.PING, "helper")
    count = len(helper.said(Kind.PING_REQUEST, "node"))
    helper.wait(lambda: len(helper.said(Kind.PING_REQUEST, "node")) >= count + 3, "asked again and again")
    assert events(host, since, "deaf") == []
    helper.answers = lambda message, sender: message.kind != Kind.PING_REQUEST
    host.wait_for(since, event="suspect", member="deaf")


def test_the_node_probes_for_others(town: Town) -> None:
    host = town.start()
    peer = town.member(host)
    other = town.member(host, "other")
    since = peer.mark()
    peer.send(Message(Kind.PING_REQUEST, 4711, target=other.me), place(host), host.id)
    ack = peer.wait_for(Kind.ACK, "node", since=since, sequence=4711)
    assert ack.message.target == other.me
    gone = dataclasses.replace(other.me, nonce=1)
    peer.send(Message(Kind.PING_REQUEST, 4712, target=gone), place(host), host.id)
    peer.ping(place(host))
    assert peer.said(Kind.ACK, sequence=4712) == [], "another start is nobody"


# -- links and inquests


@pytest.mark.parametrize("opened_by", ["node", "peer"])
def test_a_link_that_closes_with_a_refused_connection_is_a_death_within_a_second(town: Town, opened_by: str) -> None:
    # Of two members the one with the smaller id connects.
    host = town.start("node")
    peer = town.member(host, "zoe" if opened_by == "node" else "ada")
    if opened_by == "node":
        peer.wait(lambda: peer.links, "the node connects")
        assert peer.said(Kind.LINK, "node")[0].message.sender == peer.knows("node").identity  # type: ignore[union-attr]
    else:
        peer.link(place(host))
        peer.ping(place(host))
        assert peer.said(Kind.LINK) == []
    since = host.mark()
    # The dead answer no ping either.
    peer.answers = lambda message, sender: message.kind != Kind.PING
    peer.stop_listening()
    closed_at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    peer.close_links()
    dead = host.wait_for(since, event="dead", member=peer.me.id)
    assert (dead["at"] - closed_at) / 1e9 < 1
    assert "refused" in dead["detail"]
    assert events(host, since, peer.me.id) == ["dead"]


def test_who_answers_a_ping_is_not_dead_whatever_refuses(town: Town) -> None:
    host = town.start("node")
    peer = town.member(host, "zoe")
    peer.wait(lambda: peer.links, "the node connects")
    since, mark = host.mark(), peer.mark()
    peer.stop_listening()
    peer.close_links()
    peer.wait_for(Kind.PING, "node", since=mark)
    throughout(lambda: not events(host, since, "zoe"), "nothing is said of it", seconds=1)


def test_a_link_that_closes_alone_kills_nobody(town: Town) -> None:
    host = town.start("node")
    peer = town.member(host, "zoe")
    peer.wait(lambda: peer.links, "the node connects")
    since, mark = host.mark(), peer.mark()
    peer.close_links()
    peer.wait_for(Kind.CHALLENGE, "node", since=mark)
    peer.wait_for(Kind.LINK, "node", since=mark)
    assert events(host, since, "zoe") == []


def test_a_message_on_a_link_closes_it(town: Town) -> None:
    host = town.start("node")
    peer = town.member(host, "ada")
    link = peer.link(place(host))
    link.send(Message(Kind.CHALLENGE, sender=peer.me))
    with pytest.raises((EOFError, ConnectionResetError)):
        link.receive()


def test_observers_are_asked_before_a_death(town: Town) -> None:
    host = town.start("node")
    victim = town.start("victim", seeds=[host])
    peer = town.member(host)
    eventually(lambda: host.sees("node", "victim", "peer"), "all three")
    peer.wait(lambda: peer.knows("victim"), "the peer knows the victim")
    peer.finding = Finding.KERNEL_ONLY
    since = host.mark()
    victim.kill()
    check = peer.wait_for(Kind.CHECK, "node")
    assert check.message.target == peer.knows("victim").identity  # type: ignore[union-attr]
    count = len(peer.said(Kind.CHECK, "node"))
    peer.wait(lambda: len(peer.said(Kind.CHECK, "node")) > count, "asked a second time")
    assert host.said(since, event="dead") == [], "not without the only other observer"
    peer.finding = None
    dead = host.wait_for(since, event="dead", member="victim")
    assert dead["at"] > 0


def test_the_node_looks_for_others(town: Town) -> None:
    host = town.start("node", links="0")
    peer = town.member(host)
    other = town.member(host, "other")

    def ask(target: Identity) -> Finding:
        sequence = peer.sequence()
        peer.send(Message(Kind.CHECK, sequence, target=target), place(host), host.id)
        answer = peer.wait_for(Kind.CHECKED, "node", sequence=sequence).message
        assert answer.target == target
        return answer.finding

    assert ask(other.me) == Finding.ANSWERED
    assert ask(Identity("nobody", 1, 1)) == Finding.NOTHING
    former = dataclasses.replace(other.me, generation=1)
    assert ask(former) == Finding.ANSWERED, "the same process under a generation that it has raised"
    assert ask(dataclasses.replace(former, nonce=1)) == Finding.REFUSED, "a younger start has its place"
    other.stop_listening()
    # The dead answer no ping either.
    other.answers = lambda message, sender: message.kind != Kind.PING
    assert ask(other.me) == Finding.REFUSED
    host.ask("list")
    assert state(host, "other") == "alive", "whoever only looks accuses nobody"


# -- refuting


@pytest.mark.parametrize("status", [Status.SUSPECT, Status.UNRESPONSIVE, Status.DEAD, Status.LEFT])
def test_the_node_refutes_with_a_higher_incarnation(town: Town, status: Status) -> None:
    host = town.start()
    peer = town.member(host)
    before = peer.knows("node")
    assert before is not None
    lie = before.but(incarnation=41).verdict(status, "peer")
    peer.send(Message(Kind.GOSSIP, records=(lie,)), place(host), host.id)
    peer.wait(lambda: (peer.knows("node") or before).incarnation == 42, "the refutation")
    after = peer.knows("node")
    assert after is not None
    assert (after.status, after.identity, after.version) == (Status.ALIVE, before.identity, before.version)
    peer.send(Message(Kind.GOSSIP, records=(lie,)), place(host), host.id)
    peer.ping(place(host))
    assert peer.sync(place(host)).records[0].incarnation == 42, "old news needs no answer"


def test_confirmations_shorten_a_suspicion(plain: Town) -> None:
    host = plain.start("node", links="0", suspicion_min="2s", suspect_max="30s")
    peers = [plain.member(host, f"peer-{index}") for index in range(3)]
    accused = plain.member(host, "accused")
    silent(accused)
    since = host.mark()
    lie = accused.own.verdict(Status.SUSPECT, "peer-0")
    for index, peer in enumerate(peers):
        accusation = dataclasses.replace(lie, accuser=f"peer-{index}")
        peer.send(Message(Kind.GOSSIP, records=(accusation,)), place(host), host.id)
    suspect = host.wait_for(since, event="suspect", member="accused")
    dead = host.wait_for(since, event="dead", member="accused")
    assert 1.9 <= (dead["at"] - suspect["at"]) / 1e9 < 4, "two confirmations: the shortest time, not three times that"


def test_an_unconfirmed_suspicion_lasts_three_times_as_long(plain: Town) -> None:
    # No probe of the node falls into the time: its own confirmation would shorten it.
    host = plain.start("node", links="0", suspicion_min="500ms", probe_interval="1m", probe_timeout="30s")
    peers = [plain.member(host, f"peer-{index}") for index in range(3)]
    accused = plain.member(host, "accused")
    silent(accused)
    since = host.mark()
    peers[0].send(Message(Kind.GOSSIP, records=(accused.own.verdict(Status.SUSPECT, "peer-0"),)), place(host))
    suspect = host.wait_for(since, event="suspect", member="accused")
    dead = host.wait_for(since, event="dead", member="accused")
    assert 1.45 <= (dead["at"] - suspect["at"]) / 1e9 < 5


# -- two starts of one id


def test_a_younger_start_of_a_dead_one_takes_its_place(town: Town) -> None:
    host = town.start("node", links="0")
    old = town.member(host)
    old.end()
    since = host.mark()
    town.peer().sync(place(host))
    host.wait_for(since, event="joined", member="peer")
    assert events(host, since, "peer") == ["dead", "joined"]
    assert "younger" in host.said(since, event="dead", member="peer")[0]["detail"]


def test_a_younger_start_of_a_living_one_is_refused(town: Town) -> None:
    host = town.start("node", links="0")
    old = town.member(host)
    young = town.peer()
    since = host.mark()
    young.sync(place(host))
    challenge = old.wait_for(Kind.CHALLENGE, "node")
    assert challenge.message.target == young.me
    refusal = young.wait_for(Kind.GOSSIP, "node").message.records[0]
    assert refusal.identity == young.me
    assert (refusal.status, refusal.evidence, refusal.accuser) == (Status.DEAD, Evidence.DUPLICATE, "node")
    assert host.members()["peer"]["port"] == old.port
    assert events(host, since, "peer") == []


def test_whoever_asks_under_the_id_of_the_node_is_told_that_it_lives(town: Town) -> None:
    host = town.start("node")
    me = host.joined()
    young = town.peer("node", identity=Identity("node", me["generation"] + 10**12, 5))
    since = host.mark()
    reply = young.request(Message(Kind.SYNC, records=(young.own,)), place(host))
    assert reply.sender == Identity("node", me["generation"], int(me["instance"], 16))
    assert reply.records[0].status == Status.ALIVE
    host.wait_for(since, event="duplicate")
    assert host.members()["node"]["port"] == host.port


def test_a_node_that_asks_one_of_its_id_goes(town: Town) -> None:
    old = town.peer("node")
    host = town.start("node", seeds=f"127.0.0.1:{old.port}")
    old.wait_for(Kind.SYNC, "node")
    # A host that is slower than the answer is refused with the callback that it wants to register.
    refused: dict[str, Any] = {"failed": "on_event", "result": -8}
    eventually(lambda: host.said(event="duplicate", member="node") or host.said(**refused), "it is told")
    if not host.said(**refused):
        eventually(lambda: host.ask("members")["result"] < 0, "it is refused")


def test_the_node_obeys_a_refusal(town: Town) -> None:
    host = town.start("node")
    peer = town.member(host)
    own = peer.knows("node")
    assert own is not None
    to = place(host)
    refusal = own.verdict(Status.DEAD, "peer", Evidence.DUPLICATE)
    peer.send(Message(Kind.GOSSIP, records=(refusal,)), to, host.id)
    host.wait_for(event="duplicate", member="node")
    eventually(lambda: host.ask("members")["result"] < 0, "it is refused")
    with pytest.raises((EOFError, ConnectionError)):
        peer.request(Message(Kind.CHALLENGE), to, seconds=4)


def test_what_was_only_heard_of_the_dead_is_not_handed_on(plain: Town) -> None:
    host = plain.start("node")
    teller = plain.member(host, "teller")
    dead = teller.own.but(identity=Identity("dead", 1, 7), status=Status.DEAD)
    teller.request(Message(Kind.SYNC, records=(teller.own, dead)), place(host))
    told = teller.request(Message(Kind.SYNC, records=(teller.own,)), place(host)).records
    assert [record.identity.id for record in told] == ["node", "teller"]
    old = dead.but(status=Status.ALIVE)
    teller.request(Message(Kind.SYNC, records=(teller.own, old)), place(host))
    assert state(host, "dead") is None, "it keeps old news out all the same"


def test_the_verdict_of_another_from_silence_is_a_suspicion(plain: Town) -> None:
    host = plain.start("node", links="0", suspicion_min="2s")
    peer = plain.member(host)
    accused = plain.member(host, "accused")
    since = host.mark()
    lie = accused.own.verdict(Status.DEAD, "peer", Evidence.SUSPICION_EXPIRED)
    peer.send(Message(Kind.GOSSIP, records=(lie,)), place(host), host.id)
    host.wait_for(since, event="suspect", member="accused")
    accused.wait(lambda: accused.own.incarnation > 0, "is told and refutes")
    accused.send(Message(Kind.GOSSIP, records=(accused.own,)), place(host), host.id)
    host.wait_for(since, event="recovered", member="accused")
    assert "dead" not in events(host, since, "accused")


def test_an_older_start_that_lives_takes_its_place_back(plain: Town) -> None:
    host = plain.start("node", links="0")
    old, young = plain.peer(), plain.peer()
    young.sync(place(host))
    eventually(lambda: host.members().get("peer", {}).get("port") == young.port, "the younger is a member")
    old.sync(place(host))
    assert old.wait_for(Kind.CHALLENGE, "node").message.target == young.me
    eventually(lambda: host.members()["peer"]["port"] == old.port, "the older has its place back")
    young.wait(
        lambda: any(
            (record.identity, record.evidence) == (young.me, Evidence.DUPLICATE)
            for heard in young.said(Kind.GOSSIP, "node")
            for record in heard.message.records
        ),
        "the refusal",
    )


def test_the_node_steps_over_the_memory_of_a_start_with_a_faster_clock(town: Town) -> None:
    peer = town.peer()
    ahead = Identity("node", time.time_ns() // 1000 + 10**12, 5)
    ghost = peer.own.but(identity=ahead, status=Status.DEAD, port=free_port(), version=1)
    peer.view.others["node"] = ghost
    host = town.start("node", seeds=f"127.0.0.1:{peer.port}")
    higher = ahead.generation + 1
    peer.wait(lambda: (peer.knows("node") or ghost).identity.generation == higher, "one generation higher")
    assert (peer.knows("node") or ghost).status == Status.ALIVE
    assert host.ask("self")["json"]["generation"] == higher
    assert peer.ping(place(host)).sender.generation == higher, "the envelope says so too"


# -- leaving


def test_leaving_is_announced_and_acknowledged(town: Town) -> None:
    host = town.start()
    peer = town.member(host)
    before = peer.knows("node")
    assert before is not None
    since = peer.mark()
    assert host.ask("leave 5000")["result"] == 0
    farewell = peer.wait(
        lambda: [
            heard for heard in peer.said(Kind.PING, "node", since)
            if heard.message.records and heard.message.records[0].status == Status.LEFT
        ],
        "a farewell",
    )[0].message  # fmt: skip
    record = farewell.records[0]
    assert farewell.sequence > 0
    assert (record.identity, record.incarnation) == (before.identity, before.incarnation + 1)
    assert (record.evidence, record.accuser, record.address) == (Evidence.FAREWELL, "", before.address)


def test_a_farewell_without_an_answer_is_repeated_and_then_given_up(plain: Town) -> None:
    host = plain.start("node", links="0")
    peer = plain.member(host)
    silent(peer)
    since = peer.mark()
    started = time.monotonic()
    assert host.ask("leave 10000")["result"] == 0
    assert 1.5 < time.monotonic() - started < 8
    farewells = [heard for heard in peer.said(Kind.PING, "node", since) if heard.message.records]
    assert len(farewells) > 10


def test_closing_says_farewell_once(town: Town) -> None:
    host = town.start()
    peer = town.member(host)
    host.tell("quit")
    farewell = peer.wait(
        lambda: [
            heard for heard in peer.said(Kind.GOSSIP, "node")
            if heard.message.records and heard.message.records[0].status == Status.LEFT
        ],
        "a farewell in gossip",
    )  # fmt: skip
    assert len(farewell) == 1


def test_a_peer_leaves(town: Town) -> None:
    host = town.start()
    peer = town.member(host)
    since = host.mark()
    own = peer.own
    farewell = own.but(status=Status.LEFT, incarnation=own.incarnation + 1, evidence=Evidence.FAREWELL)
    peer.view.own = farewell
    peer.ping(place(host), records=(farewell,))
    host.wait_for(since, event="left", member="peer")
    assert state(host, "peer") is None
    back = own.but(incarnation=own.incarnation + 5)
    peer.ping(place(host), records=(back,))
    assert state(host, "peer") is None, "whoever has left does not come back within this start"
    assert events(host, since, "peer") == ["left"]


# -- news, sleep, discovery


def test_news_is_passed_on_a_bounded_number_of_times(plain: Town) -> None:
    host = plain.start("node", sync_interval="1h", probe_interval="1m")
    teller = plain.member(host, "teller")
    listener = plain.member(host, "listener")
    listener.sync(place(host))
    changed = teller.change(name="new")
    teller.send(Message(Kind.GOSSIP, records=(changed,)), place(host), host.id)
    listener.wait(lambda: listener.knows("teller") == changed, "the news")

    def told() -> int:
        return sum(
            changed in heard.message.records for peer in (teller, listener) for heard in peer.said(Kind.GOSSIP, "node")
        )

    # 4 + 2 x the bits of 3 members, to two receivers in each round.
    eventually(lambda: told() >= 8, "8 times")
    throughout(lambda: told() <= 9, "no more than once in a round that had begun", 0.5)


def test_a_node_that_slept_asks_for_the_news(town: Town) -> None:
    host = town.start("node", sync_interval="1h")
    peer = town.member(host)
    peer.ping(place(host))
    host.freeze()
    process = pathlib.Path(f"/proc/{host.pid}/stat")
    eventually(lambda: process.read_text().rsplit(")", 1)[1].split()[0] == "T", "it is stopped")
    with pytest.raises(AssertionError):
        peer.ping(place(host), seconds=0.8)
    since = peer.mark()
    host.send(signal.SIGCONT)
    peer.wait_for(Kind.SYNC, "node", since=since)


def test_beacons(town: Town) -> None:
    group, port = "239.255.78.78", free_port()
    host = town.start("node", multicast="true", multicast_port=str(port), multicast_interval="200ms")
    peer = town.peer()
    membership = socket.inet_aton(group) + struct.pack("=4si", socket.inet_aton("127.0.0.1"), 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind((group, port))
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        ear.settimeout(20)
        datagram, source = ear.recvfrom(2048)
    sender, payload = peer.seal.open(datagram)
    assert sender.id == "node"
    assert Message.decode(payload) == Message(Kind.BEACON, port=host.port)
    assert source[0] == "127.0.0.1"
    assert datagram[3] & 2 == 0, "addressed to nobody"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.bind(("127.0.0.1", 0))
        mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        mouth.sendto(peer.seal.seal(Message(Kind.BEACON, port=peer.port).encoded()), (group, port))
    asked = peer.wait_for(Kind.SYNC, "node")
    assert asked.message.records
    eventually(lambda: state(host, "peer") == "alive", "found by its beacon")


def test_large_views_are_compared_by_parts(town: Town) -> None:
    """What differs is exchanged, in both directions, and nothing else."""
    host = town.start("node", links="0")
    peer = town.member(host)
    crowd = [
        Record(Identity(f"m{index}", 1, index), address=bytes([127, 0, 0, 1]), port=1, version=1)
        for index in range(100)
    ]
    offered = peer.request(Message(Kind.OFFER, records=tuple(crowd[1:])), place(host))
    assert offered.kind == Kind.ACCEPTED
    for record in crowd[:-1]:
        peer.view.merge(record)
    answer = peer.request(Message(Kind.COMPARE, parts=parts(list(peer.view.records))), place(host))
    assert answer.kind == Kind.DIFFERENCE
    told = {record.identity.id for record in answer.records}
    assert "m99" in told
    differing = sum(a != b for a, b in zip(answer.parts, parts(list(peer.view.records)), strict=True))
    assert 1 <= differing < 20 and len(told) < 60
    for record in answer.records:
        peer.view.merge(record)
    ours = [record for record in peer.view.records if record.identity.id == "m0"]
    peer.request(Message(Kind.OFFER, records=tuple(ours)), place(host))
    assert "m0" in host.members()


def test_an_offer_of_a_stranger_is_not_merged(town: Town) -> None:
    host = town.start("node")
    stranger = town.peer("stranger")
    record = Record(Identity("m", 1, 1), address=bytes([127, 0, 0, 1]), port=1)
    assert stranger.request(Message(Kind.OFFER, records=(record,)), place(host)).kind == Kind.ACCEPTED
    assert sorted(host.members()) == ["node"]


def test_digests_of_another_number_end_the_stream(town: Town) -> None:
    host = town.start("node")
    peer = town.member(host)
    with pytest.raises((EOFError, ConnectionError)):
        peer.request(Message(Kind.COMPARE, parts=(1, 2, 3)), place(host))


def test_a_helper_without_an_answer_says_so(town: Town) -> None:
    host = town.start("node")
    peer = town.member(host)
    silent = town.member(host, "silent")
    silent.answers = lambda message, sender: False
    peer.send(Message(Kind.PING_REQUEST, 900, target=silent.me), place(host), host.id)
    peer.wait_for(Kind.NACK, host.id, sequence=900, target=silent.me)
    peer.send(Message(Kind.PING_REQUEST, 901, target=Identity("nobody", 1, 1)), place(host), host.id)
    peer.wait_for(Kind.NACK, host.id, sequence=901)
