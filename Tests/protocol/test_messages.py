"""What hosts tell each other, as a member that is not of this house sees it."""

from __future__ import annotations

import dataclasses

import pytest
from conftest import Town, place
from harness.process import Host, eventually, throughout
from peer import Peer
from wire import Identity, Kind, Malformed, Message, Receipt, Status, UserMessage

INVALID, TIMEOUT, NO_MEMBER, UNWANTED, FULL = -1, -4, -14, -15, -16


def start(town: Town, id: str = "node", **options: str) -> Host:
    return town.start(id, **{"host.messages": "1", **options})


def told(host: Host, **wanted: object) -> list[str]:
    return [line["text"] for line in host.lines if "message" in line and wanted.items() <= line.items()]


def broadcasts(peer: Peer, since: int = 0) -> list[UserMessage]:
    return [told for heard in peer.heard[since:] for told in heard.message.broadcasts]


def identity(host: Host) -> Identity:
    me = host.joined()
    return Identity(me["id"], me["generation"], int(me["instance"], 16))


# -- to all


def test_a_broadcast_is_told_a_bounded_number_of_times(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    for text in ("one", "two"):
        assert host.ask(f"broadcast topic {text}")["result"] == 0
    wanted = [UserMessage(number, "topic", text, identity(host)) for number, text in ((1, b"one"), (2, b"two"))]
    peer.wait(lambda: set(broadcasts(peer)) == set(wanted), "both, numbered from 1, with their maker")
    # 4 + 2 x bits(2) turns each, and silence then.
    eventually(lambda: len(broadcasts(peer)) == 16, "eight times each")
    throughout(lambda: len(broadcasts(peer)) == 16, "not told any more", seconds=1.5)
    kinds = {heard.message.kind for heard in peer.heard if heard.message.broadcasts}
    assert kinds <= {Kind.PING, Kind.ACK, Kind.GOSSIP, Kind.PING_REQUEST, Kind.CHECK, Kind.CHECKED, Kind.NACK}
    assert not told(host)


def test_a_broadcast_is_delivered_once_and_passed_on(town: Town) -> None:
    host = start(town)
    peer, third = town.member(host), town.member(host, "third")
    message = UserMessage(7, "news", b"hello", peer.me)
    for _ in range(3):
        peer.send(Message(Kind.GOSSIP, broadcasts=(message,)), place(host), host.id)
    host.wait_for(message="broadcast", sender="peer", topic="news", text="hello")
    third.wait(lambda: message in broadcasts(third), "passed on as it came")
    # Another brings it, in an ack this time; and one that is older, which is new.
    third.send(Message(Kind.ACK, 99, broadcasts=(message,)), place(host), host.id)
    older = dataclasses.replace(message, sequence=1, data=b"older")
    third.send(Message(Kind.PING, 5, broadcasts=(older,)), place(host), host.id)
    host.wait_for(message="broadcast", text="older")
    far = dataclasses.replace(message, sequence=1000, data=b"far")
    gone = dataclasses.replace(message, sequence=936, data=b"gone")
    for next in (far, gone, dataclasses.replace(gone, sequence=937, data=b"just")):
        peer.send(Message(Kind.GOSSIP, broadcasts=(next,)), place(host), host.id)
    host.wait_for(message="broadcast", text="just")
    peer.ping(place(host))
    assert told(host) == ["hello", "older", "far", "just"]


def test_a_broadcast_of_nobody_known_is_nothing(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    stranger = town.peer("stranger")
    former = dataclasses.replace(peer.me, nonce=peer.me.nonce ^ 1)
    for origin in (stranger.me, former, identity(host)):
        peer.send(Message(Kind.GOSSIP, broadcasts=(UserMessage(1, "", b"x", origin),)), place(host), host.id)
    mine = UserMessage(1, "", b"y", stranger.me)
    stranger.answers = lambda message, sender: message.kind != Kind.SYNC
    stranger.send(Message(Kind.GOSSIP, broadcasts=(mine,)), place(host), host.id)
    peer.ping(place(host))
    peer.request(Message(Kind.SYNC, records=(peer.own,), broadcasts=(UserMessage(2, "", b"z", peer.me),)), place(host))
    peer.ping(place(host))
    assert told(host) == [], "nor what comes in a stream"


@pytest.mark.parametrize(
    "wrong",
    [
        UserMessage(1, "", b"x" * 513),
        UserMessage(1, "t" * 65),
        UserMessage(1, "bell\7"),
        UserMessage(0, "", b"x"),
        UserMessage(1 << 62, "", b"x"),
    ],
    ids=["long", "long topic", "control character", "no number", "too large a number"],
)
def test_beyond_its_limits_the_whole_datagram_is_dropped(town: Town, wrong: UserMessage) -> None:
    host = start(town)
    peer = town.member(host)
    wrong = dataclasses.replace(wrong, origin=peer.me)
    right = UserMessage(5, "t" * 64, b"x" * 100, peer.me)
    farewell = peer.own.verdict(Status.LEFT, "")
    peer.send(Message(Kind.GOSSIP, records=(farewell,), broadcasts=(right, wrong)), place(host), host.id)
    nobody = dataclasses.replace(right, origin=None)
    peer.send(Message(Kind.GOSSIP, records=(farewell,), broadcasts=(nobody,)), place(host), host.id)
    peer.ping(place(host))
    assert told(host) == [] and "peer" in host.members()
    peer.send(Message(Kind.GOSSIP, broadcasts=(right,)), place(host), host.id)
    host.wait_for(message="broadcast", length=100)


def test_what_may_be_a_replay_brings_no_broadcast(sealed: Town) -> None:
    host = start(sealed)
    peer = sealed.peer()
    peer.answers = lambda message, sender: message.kind != Kind.PING
    peer.sync(place(host))
    host.wait_for(event="joined", member="peer")
    message = UserMessage(1, "", b"x", peer.me)
    peer.send(Message(Kind.GOSSIP, broadcasts=(message,)), place(host), host.id)
    peer.wait_for(Kind.PING, "node")
    assert told(host) == []
    peer.answers = lambda message, sender: True
    sealed.prove(peer, host)

    def is_told() -> bool:
        # The answer that proves it may still be on its way; what is said again is told once.
        peer.send(Message(Kind.GOSSIP, broadcasts=(message,)), place(host), host.id)
        return bool(told(host))

    eventually(is_told, "the broadcast")
    host.wait_for(message="broadcast", text="x")


# -- to one


def test_a_message_is_delivered_and_acknowledged(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    assert host.ask("send peer 5000 topic hello")["result"] == 0
    heard = peer.wait_for(Kind.DELIVER, "node")
    assert heard.message.target == peer.me and heard.message.sender == identity(host)
    assert heard.message.message == UserMessage(1, "topic", b"hello")
    assert heard.message.sequence == 1
    assert host.ask("send peer 5000 - again")["result"] == 0
    again = peer.wait_for(Kind.DELIVER, "node", sequence=2)
    assert again.message.message == UserMessage(2, "", b"again")
    assert again.address == heard.address, "on the same connection"


@pytest.mark.parametrize(
    ("receipt", "result"),
    [(Receipt.UNWANTED, UNWANTED), (Receipt.FULL, FULL), (Receipt.NONE, TIMEOUT), (Receipt.OUTDATED, TIMEOUT)],
)
def test_what_the_answer_means(town: Town, receipt: Receipt, result: int) -> None:
    host = start(town)
    peer = town.member(host)
    peer.receipt = receipt
    assert host.ask("send peer 5000 - x")["result"] == result
    assert len(peer.said(Kind.DELIVER)) == 1, "asked once"


def test_a_stranger_is_asked_again(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    peer.receipt = Receipt.STRANGER
    since = host.tell("send peer 20000 - x")
    peer.wait(lambda: len(peer.said(Kind.DELIVER)) >= 3, "the same again")
    assert {heard.message.message for heard in peer.said(Kind.DELIVER)} == {UserMessage(1, "", b"x")}
    peer.receipt = Receipt.TAKEN
    assert host.wait_for(since, reply="send")["result"] == 0


def test_without_an_answer_nobody_knows(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    peer.answers = lambda message, sender: message.kind != Kind.DELIVER
    closed = host.ask("send peer 20000 - x")
    assert closed["result"] == TIMEOUT and "may have arrived" in closed["error"]
    peer.answers = lambda message, sender: True
    peer.is_stalled = True
    late = host.ask("send peer 500 - x")
    assert late["result"] == TIMEOUT


def test_a_member_that_cannot_be_connected_to(town: Town) -> None:
    host = start(town, links="0")
    peer = town.member(host)
    peer.stop_listening()
    refused = host.ask("send peer 5000 - x")
    assert refused["result"] == NO_MEMBER and "not sent" in refused["error"]


def deliver(peer: Peer, host: Host, sequence: int, data: bytes = b"x", **more: object) -> Receipt:
    message = Message(
        Kind.DELIVER, sequence & 0xFFFFFFFF, target=identity(host), message=UserMessage(sequence, "t", data)
    )
    message = dataclasses.replace(message, **more)  # type: ignore[arg-type]
    answer = peer.request(message, place(host))
    assert (answer.kind, answer.sequence, answer.sender) == (Kind.DELIVERED, message.sequence, identity(host))
    return answer.receipt


def test_a_node_takes_messages_of_members_in_their_order(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    assert deliver(peer, host, 5, b"five") == Receipt.TAKEN
    assert deliver(peer, host, 5, b"five") == Receipt.OUTDATED
    assert deliver(peer, host, 4, b"four") == Receipt.OUTDATED
    assert deliver(peer, host, 1 << 40, b"six") == Receipt.TAKEN
    # Another start counts anew, another member for itself.
    assert deliver(town.member(host, "other"), host, 1, b"seven") == Receipt.TAKEN
    eventually(lambda: told(host) == ["five", "six", "seven"], "each once")


def test_several_on_one_connection(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    connection = peer.connect(place(host))
    for number in range(1, 6):
        told = UserMessage(number, "", b"%d" % number)
        connection.send(Message(Kind.DELIVER, number, target=identity(host), message=told, sender=peer.me))
    receipts = [Message.decode(connection.receive()) for _ in range(5)]
    assert [(answer.sequence, answer.receipt) for answer in receipts] == [(n, Receipt.TAKEN) for n in range(1, 6)]


def test_what_a_node_does_not_take(town: Town) -> None:
    host = start(town)
    peer = town.member(host)
    assert deliver(town.peer("stranger"), host, 1) == Receipt.STRANGER
    elsewhere = dataclasses.replace(identity(host), nonce=1)
    assert deliver(peer, host, 1, target=elsewhere) == Receipt.STRANGER
    assert deliver(peer, host, 1, target=peer.me) == Receipt.STRANGER
    twin = dataclasses.replace(peer.me, nonce=peer.me.nonce ^ 1)
    assert deliver(peer, host, 1, sender=twin) == Receipt.STRANGER
    deaf = town.start("deaf", seeds=[host])
    eventually(lambda: "peer" in deaf.members(), "the news")
    assert deliver(peer, deaf, 1) == Receipt.UNWANTED
    for message in (None, UserMessage(1, "", b"x" * ((1 << 20) + 1)), UserMessage(1, "a\nb")):
        with pytest.raises((EOFError, ConnectionError, Malformed)):
            deliver(peer, host, 1, message=message)
    with pytest.raises((EOFError, ConnectionError)):
        deliver(peer, host, 1, target=None)
    assert told(host) == []
    assert deliver(peer, host, 1, b"y" * (1 << 20)) == Receipt.TAKEN
    host.wait_for(message="sent", length=1 << 20)
