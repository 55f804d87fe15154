"""What one member, mistaken or mad, must not be able to do to the others; and what must heal by itself."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
from typing import Any

import pytest
from conftest import Town, place, state
from harness.control import Control
from harness.process import Host, eventually
from wire import Evidence, Identity, Kind, Message, Seat, SeatState, Status

BRIEF = 6.0


def test_the_highest_incarnation_can_be_refuted(plain: Town) -> None:
    host = plain.start("node")
    peer = plain.member(host)
    known = peer.knows("node")
    assert known is not None
    lie = known.but(incarnation=(1 << 62) - 1).verdict(Status.SUSPECT, "peer")
    peer.send(Message(Kind.GOSSIP, records=(lie,)), place(host))
    peer.ping(place(host))
    own = peer.request(Message(Kind.SYNC), place(host)).records[0]
    assert own.status == Status.ALIVE
    assert own.incarnation < 1 << 62, "no reader takes this record"


def test_no_record_uses_the_tokens_up(plain: Town) -> None:
    host = plain.start("node", "role=db", **{"failover.grace": "100ms"})
    host.wait_for(callback="promote")
    peer = plain.member(host)
    highest = (1 << 53) - (1 << 48)  # far more than any clock makes
    since = host.mark()
    record = peer.change(seats=(Seat("db", SeatState.PRIMARY, number=9, token=highest, highest_token=highest),))
    peer.send(Message(Kind.GOSSIP, records=(record,)), place(host))
    host.wait_for(since, callback="demote")
    peer.send(Message(Kind.GOSSIP, records=(peer.change(seats=()),)), place(host))
    assert host.wait_for(since, callback="promote")["token"] > highest


def test_a_record_that_fits_no_datagram_does_not_clog_the_news(plain: Town) -> None:
    host = plain.start("node")
    peer = plain.member(host)
    peer.change(tags=tuple((f"{index}", "x" * 500) for index in range(4)))
    with contextlib.suppress(EOFError, ConnectionResetError):
        peer.sync(place(host))
    since = peer.mark()
    peer.wait(lambda: len(peer.said(Kind.PING, "node", since)) >= 4, "two seconds of pings")
    empty = [heard for heard in peer.said(Kind.GOSSIP, "node", since) if not heard.message.records]
    assert len(empty) <= 2, f"{len(empty)} datagrams that say nothing"


def test_a_younger_start_that_is_gone_does_not_displace_a_living_one(plain: Town) -> None:
    host = plain.start("node", links="0")
    old = plain.member(host)
    young = plain.peer()
    young.view.own = young.own.but(status=Status.LEFT, incarnation=1, evidence=Evidence.FAREWELL)
    since = host.mark()
    young.sync(place(host))
    old.wait_for(Kind.CHALLENGE, "node")
    old.ping(place(host))
    assert state(host, "peer") == "alive"
    assert host.said(since, event="dead") == []


def test_the_own_incarnation_in_json_is_that_on_the_wire(plain: Town) -> None:
    host = plain.start("node", links="0")
    peer = plain.member(host)
    known = peer.knows("node")
    assert known is not None
    assert host.ask("self")["json"]["incarnation"] == 0
    lie = known.but(incarnation=41).verdict(Status.SUSPECT, "peer")
    peer.send(Message(Kind.GOSSIP, records=(lie,)), place(host))
    peer.wait(lambda: (peer.knows("node") or known).incarnation == 42, "the refutation")
    eventually(lambda: host.ask("self")["json"]["incarnation"] == 42, "told in JSON", BRIEF)


def test_the_token_in_the_primary_s_json_is_the_one_held(plain: Town) -> None:
    host = plain.start("node", "role=db", **{"failover.grace": "100ms"})
    host.wait_for(callback="promote")
    peer = plain.member(host)
    token, since = host.token("db"), host.mark()
    record = peer.change(seats=(Seat("db", SeatState.PRIMARY, number=9, token=token, highest_token=token),))
    peer.send(Message(Kind.GOSSIP, records=(record,)), place(host))
    host.wait_for(since, callback="promote")
    assert host.ask("primary db")["json"]["token"] == host.token("db")


def test_an_id_has_one_spelling(plain: Town) -> None:
    """Two that look alike to a person are not two members: only form C counts."""
    host = plain.start("node")
    plain.member(host, "\u00e9")
    with pytest.raises((EOFError, ConnectionError)):
        plain.peer("e\u0301").sync(place(host))
    assert sorted(host.members()) == ["node", "\u00e9"]


def test_a_seed_behind_eight_silent_ones_is_reached(plain: Town) -> None:
    host = plain.start("node")
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(8):
            silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            ports.append(silent.getsockname()[1])
        seeds = ",".join(f"127.0.0.1:{port}" for port in [*ports, host.port])
        late = plain.start("late", seeds=seeds)
        eventually(lambda: late.sees("late", "node"), "the ninth seed is asked", BRIEF)


@pytest.mark.parametrize("id", ["seed", "successor"])
def test_a_seed_that_left_and_came_back_is_found(plain: Town, id: str) -> None:
    seed = plain.start("seed")
    # Two, since one that is alone asks its seeds whatever it remembers of them.
    others = [plain.start(name, seeds=[seed]) for name in ("one", "two")]
    for host in (seed, *others):
        eventually(lambda host=host: host.sees("seed", "one", "two"), "all three")  # type: ignore[misc]
    port = seed.port
    seed.quit()
    for host in others:
        eventually(lambda host=host: host.sees("one", "two"), "the seed has left")  # type: ignore[misc]
    again: Host = plain.start(id, port=str(port))
    assert again.port == port
    eventually(lambda: again.sees(id, "one", "two"), "found at the address that it always had", BRIEF)


def test_no_answer_to_a_stranger_is_longer_than_what_it_answers(plain: Town) -> None:
    host = plain.start("n" * 64)
    stranger = plain.peer("s")
    stranger.answers = lambda message, sender: message.kind != Kind.SYNC
    short = stranger.sequence()
    stranger.send(Message(Kind.PING, short), place(host))
    # One that is long enough, by as much as it says besides.
    record = stranger.change(tags=(("k", "v" * 60),))
    question = Message(Kind.PING, stranger.sequence(), records=(record,))
    length = len(stranger.send(question, place(host)))
    ack = stranger.wait_for(Kind.ACK, host.id, sequence=question.sequence)
    assert ack.length <= length
    assert stranger.said(Kind.ACK, sequence=short) == []


def test_a_link_of_a_stranger_does_not_stand(plain: Town) -> None:
    host = plain.start("node")
    connection = plain.peer("stranger").link(place(host))
    connection.socket.settimeout(7)
    with contextlib.suppress(TimeoutError):
        with pytest.raises((EOFError, ConnectionResetError)):
            connection.receive()
        return
    raise AssertionError("it stands longer than the patience with strangers")


def test_messages_that_never_end_share_a_bounded_room(plain: Town, tmp_path: pathlib.Path) -> None:
    host = plain.start("node", control=str(tmp_path / "control"))
    peer = plain.member(host)
    control = Control(tmp_path / "control")
    before = host.memory_kb()

    def refused() -> int:
        return int(control.ask("stats")["broken_streams"]["no_room"])

    def crowd(count: int) -> int:
        """As many send fifteen of the sixteen megabytes that a message may have, and stop. How many were closed for it."""
        former = refused()
        with contextlib.ExitStack() as stack:
            for index in range(count):
                connection = plain.peer(f"stranger-{index}").connect(place(host))
                stack.callback(connection.close)
                beginning = connection.stream.seal(bytes(15 << 20) + b"x")[: 15 << 20]
                with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                    connection.socket.sendall(beginning)
            peer.ping(place(host))
            assert host.memory_kb() - before < 150 * 1024
            return refused() - former

    assert crowd(12) >= 12 - 4, "four of them fill the room"
    assert crowd(4) == 0, "what was closed has given it back"
    assert state(host, "peer") == "alive"
    control.close()


def test_a_thousand_strangers_do_no_lasting_harm(plain: Town) -> None:
    host = plain.start("node")
    peer = plain.member(host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        for index in range(1000):
            stranger = Identity(f"stranger-{index}", index, int.from_bytes(os.urandom(8), "little"))
            seal: Any = type(peer.seal)(peer.cluster, stranger)
            mouth.sendto(seal.seal(Message(Kind.PING, index + 1).encoded()), place(host))
            if index % 50 == 49:
                peer.ping(place(host))
    assert sorted(host.members()) == ["node", "peer"]
    assert state(host, "peer") == "alive"


def test_answers_that_nobody_reads_take_no_room(plain: Town) -> None:
    """Who asks for the view again and again and reads nothing is not asked on; others are answered meanwhile."""
    host = plain.start("node")
    peer = plain.member(host)
    crowd = [
        peer.own.but(
            identity=Identity(f"{index}", 1, index + 1), tags=(("t", "x" * 500),), port=1 + index
        )
        for index in range(200)
    ]
    for index in range(0, len(crowd), 50):
        peer.request(Message(Kind.SYNC, records=(peer.own, *crowd[index : index + 50])), place(host))
    view = len(peer.request(Message(Kind.SYNC), place(host)).encoded())
    assert view > 100_000
    before = host.memory_kb()
    stranger = plain.peer("stranger")
    held = [stranger.connect(place(host)) for _ in range(4)]
    try:
        for connection in held:
            # The hellos first, by one question that is answered.
            connection.send(Message(Kind.SYNC, sender=stranger.me))
            connection.receive()
            question = connection.stream.seal(Message(Kind.SYNC, sender=stranger.me).encoded())
            connection.socket.settimeout(0.2)
            with contextlib.suppress(OSError):
                connection.socket.sendall(question * 4000)
        for _ in range(5):
            peer.request(Message(Kind.SYNC), place(host))
            grown = host.memory_kb() - before
            assert grown < 32_768, f"{grown} KiB of answers wait for who reads none"
    finally:
        for connection in held:
            connection.close()


def test_questions_of_one_stream_are_answered_in_their_order(plain: Town) -> None:
    """All of those that came at once, also beyond what is answered in a turn, and though the answers are read late."""
    host = plain.start("node")
    peer = plain.member(host)
    connection = peer.connect(place(host))
    try:
        connection.send(Message(Kind.CHALLENGE, sender=peer.me, sequence=1))
        assert Message.decode(connection.receive()).sequence == 1
        questions = [Message(Kind.CHALLENGE, sender=peer.me, sequence=2 + index) for index in range(500)]
        connection.socket.sendall(b"".join(connection.stream.seal(question.encoded()) for question in questions))
        answers = [Message.decode(connection.receive()).sequence for _ in questions]
        assert answers == [question.sequence for question in questions]
    finally:
        connection.close()


def test_what_was_said_before_the_end_of_a_stream_counts(plain: Town) -> None:
    """All of it, also beyond what is answered in a turn, and though nobody waits for the answers."""
    host = plain.start("node")
    peer = plain.member(host)
    known = [f"m{index:02}" for index in range(40)]
    records = [
        peer.own.but(identity=Identity(id, 1, index + 1), port=1 + index) for index, id in enumerate(known)
    ]
    connection = peer.connect(place(host))
    connection.send(Message(Kind.CHALLENGE, sender=peer.me, sequence=1))
    connection.receive()
    said = [Message(Kind.SYNC, sender=peer.me, records=(peer.own, record)) for record in records]
    connection.socket.sendall(b"".join(connection.stream.seal(message.encoded()) for message in said))
    connection.close()
    reply = eventually(
        lambda: (reply := peer.request(Message(Kind.SYNC), place(host)))
        and {record.identity.id for record in reply.records} >= set(known)
        and reply,
        "all that was said is known",
    )
    assert len(reply.records) == len(known) + 2
